# 用户所见文字(中文)。en.ftl 含有相同的键。

## 文件:试验方案、设备配置、场景
document-too-large = 文件超过 { $limit } 字节。
document-not-utf8 = 文件不是 UTF-8 文本,请另存为 UTF-8。
document-wrong-form = { $detail }
document-bad-identifier = "{ $id }" 不能作标识:请用 1 至 64 个 ASCII 字母、数字、"_"、"-" 或 ".",以字母或数字开头。
document-twice = "{ $id }" 在此重复出现;每个标识只能用一次。
document-bad-range = "{ $id }" 的范围须写作 [下限, 上限],且下限 < 上限。
document-bad-duration = 不是 0 至 { $limit } 的时长;写法如 "100ms"、"0.5 s"、"20 min"。
document-unknown-unit = 未知单位 "{ $unit }"。可用单位:{ $known }
document-unit-mismatch = 单位 "{ $unit }" 与量 "{ $quantity }" 不符。
expression-too-long = 表达式不得超过 { $limit } 字节。
expression-too-deep = 表达式嵌套不得超过 { $limit } 层。
expression-wrong-form = "{ $text }" 自第 { $position } 位起无法读取;写法如 "0.7 * rated_flow" 或 "1.03 MPa"。
expression-unknown-name = "{ $name }" 不是此处可用的名称。
expression-unknown-function = "{ $name }" 不是函数;可用 abs、sqrt、min、max。
expression-mismatch = 单位不符:此处为 { $left },应为 { $right }。
expression-odd-root = 量纲 { $dimension } 不能开平方。
expression-not-finite = 数值不是有限数。
condition-wrong-form = "{ $text }" 不是条件;请写信号、比较符和限值,如 "flow >= 0.7 * rated_flow"。

## 设备配置
profile-point-count = 设备配置须有 1 至 { $limit } 个测点。
profile-needs-modbus = "modbus" 类设备配置须有 [modbus] 表。
profile-modbus-misplaced = [modbus] 表只能用于 "modbus" 类设备配置。
profile-address-base = address_base 为 0(线上地址)或 1(手册常用)。
profile-max-registers = max_registers 为 1 至 { $limit }。
profile-needs-frame = "sync-sum" 类设备配置须有含 sync 和 length 的 [frame] 表。
profile-frame-misplaced = [frame] 表只能用于 "sync-sum" 类设备配置。
profile-frame-length = 帧长为 4 至 { $limit } 字节,含同步字节与校验和。
profile-bad-number = 测点 "{ $point }" 的数值须为有限数,且 scale 不为零。
profile-foreign-key = 测点 "{ $point }" 的键 "{ $key }" 不属于此类设备。
profile-missing-key = 测点 "{ $point }" 缺少键 "{ $key }"。
profile-bad-address = 测点 "{ $point }" 的寄存器不在线上地址 0 至 65535 之内。
profile-bad-offset = 测点 "{ $point }" 的字节不在帧的标识与校验和之间。
profile-type-not-implemented = 测点 "{ $point }":寄存器与帧可用 u16、i16、u32、i32 或 f32。

## 试验方案
plan-missing = 没有试验方案。
plan-unknown-zone = "{ $zone }" 不是 IANA 时区;写法如 "Asia/Shanghai"。
plan-unknown-scenario = 场景 "{ $name }" 既不在随附目录(见 `daq scenarios`),也不是可读的文件。
plan-unknown-profile = 设备配置 "{ $name }" 既不在随附目录(见 `daq devices`),也不是可读的文件。
plan-link-count = 试验方案须有 1 至 { $limit } 条链路。
plan-device-count = 试验方案须有 1 至 { $limit } 台设备。
plan-channel-count = 试验方案至多有 { $limit } 个通道。
plan-line-twice = 链路 "{ $link }" 与 "{ $other }" 使用同一串口。
plan-unknown-link = 没有链路 "{ $link }"。本方案的链路:{ $known }
plan-stream-has-no-unit = 设备 "{ $device }" 自行发送:不用 unit、timeout 或 listen。
plan-stream-needs-serial = 设备 "{ $device }" 自行发送,须接在 "serial" 链路上。
plan-listen-needs-serial = 设备 "{ $device }" 为旁听,须接在 "serial" 链路上。
plan-every-missing = 设备 "{ $device }" 为轮询,须写 every = "100ms" 之类;"0s" 为连续轮询。
plan-every-misplaced = 设备 "{ $device }" 不轮询,请删去 every。
plan-period-misplaced = 设备 "{ $device }" 为轮询,其周期由 every 给出。
plan-bad-unit = 设备 "{ $device }" 的站号在串行总线上须为 1 至 247。
plan-mixed-link = 链路 "{ $link }" 只能轮询、旁听或承载一路数据流,三者择一。
plan-unit-twice = 链路 "{ $link }" 上有两台设备的站号为 { $unit }。
plan-unknown-point = "{ $point }" 不是测点;请写 设备.测点。
plan-unknown-role = 场景没有角色 "{ $role }"。其角色:{ $known }
plan-unknown-channel = 没有通道 "{ $channel }"。
plan-role-quantity = 角色 "{ $role }" 需要量 { $wanted },而通道 "{ $channel }" 测的是 { $found }。
plan-unknown-parameter = 场景没有参数 "{ $name }"。其参数:{ $known }
plan-parameter-origin = 参数 "{ $name }":from 为 "nameplate"、"customer" 或 "standard"。
plan-parameter-missing = 场景需要参数 "{ $name }";请在 [parameters] 下给出以 { $unit } 计的值及其来源。
plan-link-key-missing = 链路 "{ $link }" 缺少键 "{ $key }"。
plan-link-key-misplaced = 链路 "{ $link }" 的键 "{ $key }" 不属于此类链路。
plan-bad-baud = 链路 "{ $link }" 的波特率为 50 至 4000000。
plan-bad-frame = 链路 "{ $link }" 的字符格式写作 "8N1"、"8E1"、"7E2" 等。
plan-bad-address = 链路 "{ $link }" 的地址 "{ $address }" 不是 IP:端口;不解析主机名。

## 场景
scenario-item-count = 场景至少有一条判据,每类条目至多 { $limit } 个。
scenario-bad-name = "{ $id }" 不能用作表达式中的名称:请用 ASCII 字母、数字和 "_",以字母开头。
scenario-bad-rate = "{ $id }" 的 min_rate_hz 须大于 0。
scenario-unknown-phase = 判据 "{ $id }" 所写阶段 "{ $phase }" 不存在。
scenario-bad-coverage = min_coverage 为 0 至 1。
scenario-hold-needs-end = 保持判据须有 low 或 high,或两者都有。
scenario-bad-trigger = 触发写作 {"{"} mark = "…" {"}"} 或 {"{"} when = ["…"], for = "2 s" {"}"}。
scenario-condition-count = 同时成立的条件为一至八个。
scenario-unknown-signal = "{ $name }" 既不是本场景的角色,也不是其派生通道。
