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
expression-unknown-function = "{ $name }" 不是函数;可用 abs、sqrt、min、max,以及随时间的 mean、median、rms、lowest、highest、peak_to_peak、integral、rate、frequency、ground_speed、ground_track。
expression-mismatch = 单位不符:此处为 { $left },应为 { $right }。
expression-kinds = 量的种类不符:此处为 { $left },应为 { $right }。
expression-over-time-misplaced = 随时间变化的函数只能用于派生通道或公式,不能用于限值。
expression-window-varies = 时间窗(第 { $window } 个参数)须为参数给定的时间,其中不得含信号。
expression-odd-root = 量纲 { $dimension } 不能开平方。
expression-not-finite = 数值不是有限数。
condition-wrong-form = "{ $text }" 不是条件;请写信号、比较符和限值,如 "flow >= 0.7 * rated_flow"。

## 设备配置
profile-point-count = 设备配置须有 1 至 { $limit } 个测点。
profile-needs-modbus = "modbus" 类设备配置须有 [modbus] 表。
profile-modbus-misplaced = [modbus] 表只能用于 "modbus" 类设备配置。
profile-address-base = address_base 为 0(线上地址)或 1(手册常用)。
profile-max-registers = max_registers 为 1 至 { $limit }。
profile-needs-frame = 方言 "sync-sum" 的设备配置需要只含 sync 与 length 的 [frame] 表。
profile-frame-misplaced = [frame] 表只用于方言 "sync-sum" 和 "frame" 的设备配置。
profile-frame-length = 帧长为 4 至 { $limit } 字节,含同步字节与校验和。
profile-bad-number = 测点 "{ $point }" 的数值须为有限数,且 scale 不为零。
profile-foreign-key = 测点 "{ $point }" 的键 "{ $key }" 不属于此类设备。
profile-missing-key = 测点 "{ $point }" 缺少键 "{ $key }"。
profile-bad-address = 测点 "{ $point }" 的寄存器不在线上地址 0 至 65535 之内。
profile-bad-offset = 测点 "{ $point }" 的字节不在帧的标识与校验和之间。

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
plan-stream-has-no-unit = 设备 "{ $device }" 不使用 Modbus:不设 unit 和 listen;仅在被查询时可设 timeout。
plan-stream-needs-serial = 设备 "{ $device }" 不使用 Modbus,链路须为 kind = "serial" 或 "bytes-over-tcp"。
plan-listen-needs-serial = 设备 "{ $device }" 为旁听,须接在 "serial" 链路上。
plan-every-missing = 设备 "{ $device }" 为轮询,须写 every = "100ms" 之类;"0s" 为连续轮询。
plan-every-misplaced = 设备 "{ $device }" 不轮询,请删去 every。
plan-period-misplaced = 设备 "{ $device }" 为轮询,其周期由 every 给出。
plan-bad-unit = 设备 "{ $device }" 的站号在串行总线上须为 1 至 247。
plan-mixed-link = 链路 "{ $link }" 只能轮询、旁听或承载一路数据流,三者择一。
plan-unit-twice = 链路 "{ $link }" 上有两台设备的站号为 { $unit }。
plan-unknown-point = "{ $point }" 不是测点;请写 设备.测点。
plan-unknown-role = 场景没有角色 "{ $role }"。其角色:{ $known }
plan-reading-role = 角色 "{ $role }" 由人读数,不绑定通道;读数用 daq amend 录入。
plan-unknown-channel = 没有通道 "{ $channel }"。
plan-role-quantity = 角色 "{ $role }" 需要量 { $wanted },而通道 "{ $channel }" 测的是 { $found }。
plan-unknown-parameter = 场景没有参数 "{ $name }"。其参数:{ $known }
plan-parameter-origin = 参数 "{ $name }":from 为 "nameplate"、"customer" 或 "standard"。
plan-parameter-missing = 场景需要参数 "{ $name }";请在 [parameters] 下给出以 { $unit } 计的值及其来源。
plan-link-key-missing = 链路 "{ $link }" 缺少键 "{ $key }"。
plan-link-key-misplaced = 链路 "{ $link }" 的键 "{ $key }" 不属于此类链路。
plan-bad-baud = 链路 "{ $link }" 的波特率为 50 至 4000000。
plan-bad-frame = 链路 "{ $link }" 的字符格式写作 "8N1"、"8E1"、"7E2" 等。
plan-bad-address = 链路 "{ $link }" 的地址 "{ $address }" 不是带端口的 IP 地址,例如 192.168.1.10:502;不解析主机名。

## 场景
scenario-item-count = 场景至少有一条判据,每类条目至多 { $limit } 个。
scenario-bad-name = "{ $id }" 不能用作表达式中的名称:请用 ASCII 字母、数字和 "_",以字母开头。
scenario-bad-rate = "{ $id }" 的 min_rate_hz 须大于 0。
scenario-unknown-phase = 判据 "{ $id }" 所写阶段 "{ $phase }" 不存在。
scenario-bad-coverage = min_coverage 为 0 至 1。
scenario-hold-needs-end = 保持判据须有 low 或 high,或两者都有。
scenario-bad-trigger = 触发写作 {"{"} mark = "…" {"}"}、{"{"} when = ["…"], for = "2 s" {"}"} 或 {"{"} event = "…" {"}"};阶段还可写 {"{"} at = "10 min" {"}"},退出还可写 {"{"} after = "20 min" {"}"}。
scenario-condition-count = 同时成立的条件为一至八个。
scenario-unknown-signal = "{ $name }" 既不是本场景的角色,也不是其派生通道。
scenario-unknown-event = 场景没有事件 "{ $event }";请用 [[event]] 定义。
scenario-unknown-criterion = 场景没有判据 "{ $id }"。
scenario-guard-factor = guard_factor 为不小于 0 的数。
scenario-verified-by-whom = 状态为 verified 的限值须写明核对人 verified_by 和日期 verified_on(YYYY-MM-DD)。
scenario-bad-repeats = 判据 "{ $id }" 的 repeats:count 为 1 至 { $limit },need 为 1 至 count;取统计值(min、max、mean、spread)时不写 need。
scenario-bad-filter = 判据 "{ $id }" 的滤波取 2 至 { $limit } 个样本。
scenario-unknown-level = "{ $level }" 不是取值方式;可用 min、max、mean、p05、p95、initial、final、"mean first 10 s"、"mean last 10 s"、"after 60 s"、"at 事件"。
scenario-limits-form = 限值写作 compare 加 limit,或写 low、high(可只写其一,含端点)。
scenario-allowance-form = 允差写 limit(绝对)或 relative(相对);两者都写时须加 combine = "max" 或 "sum",否则不写 combine。
scenario-drop-form = drop 的终点写 over 或 to,不可都写。
scenario-drift-form = drift 写 measure = "slope",或 measure = "difference" 加 over(首尾求均值的时间)。
scenario-excursion-form = excur 至少写 above、below 之一。
scenario-any-of = any_of 含 2 至 { $limit } 个判据,其中不再含 any_of。
scenario-no-rounding = "{ $operator }" 的结果不是一个数,不能修约。

## 回放:启动与错误
viewer-error = viewer:{ $detail }
trial-file-io = 无法读取 { $path }:{ $why }
trial-file-foreign = { $path } 不是试验文件:{ $why }。请给出试验的 .h5 文件。
trial-file-newer = { $path } 的布局版本为 { $found };本程序最高支持 { $known }。请使用新版程序。
trial-file-damaged = 试验文件与其布局不符:{ $why }
trial-file-refused = 试验文件中的 { $object } 被拒绝,未从该文件读取任何内容:{ $why }。本程序写出的试验文件不含此类内容;请从来源重新获取该文件,不要信任此副本。
trial-file-reader = 读取 { $path } 的进程失败,已被终止:{ $why }。该文件已损坏或有意造成危害;请从来源重新获取,不要信任此副本。
refused-soft-link = 它是软链接
refused-external-link = 它是指向其他文件的链接
refused-unknown-link = 它是未知类型的链接
refused-name = 其中有成员的名称不是文本或过长
refused-group-twice = 该组可经两条路径到达(例如循环)
refused-too-deep = 组的嵌套超过 { $limit } 层
refused-too-many-objects = 文件中的对象超过 { $limit } 个
refused-unknown-object = 它既不是组,也不是数据集
refused-external-storage = 其数据位于其他文件中
refused-virtual-dataset = 它由其他数据集拼成
refused-filter = 它需要过滤器 { $found },本程序不接受
refused-rank = 它有 { $found } 维;最多 { $limit } 维
refused-declared-bytes = 它声明 { $found } 字节;该长度的文件最多容纳 { $limit } 字节
refused-chunk-bytes = 其分块为 { $found } 字节;最多 { $limit } 字节
refused-element-type = 其元素既不是数值,也不是数值行
refused-attribute-bytes = 它有一个 { $found } 字节的属性;最多 { $limit } 字节
refused-too-many-attributes = 它有 { $found } 个属性;最多 { $limit } 个
refused-attribute-type = 它有一个既非文本也非数值的属性
reader-killed = 信号 { $signal } 终止了它
reader-ended = 它未作回答即结束
reader-too-slow = 它在 { $seconds } 秒内未作回答
reader-nonsense = 它的回答与请求不符
viewer-no-display = 没有显示设备。无显示的机器请用:xvfb-run -a viewer …
viewer-no-window = 无法打开窗口:{ $why }。没有显示设备或图形驱动时请用:xvfb-run -a viewer …
viewer-bad-size = "{ $text }" 不是尺寸;请写 宽x高(像素),各为 { $low } 至 { $high },如 1280x800。
viewer-bad-language = "{ $text }" 不是可用语言;请写 zh 或 en。
viewer-bad-time = "{ $text }" 不是自试验开始的时间;写法如 "12.5s" 或 "3min"。
viewer-unknown-criterion = 没有准则 "{ $id }" 的评判结果。本文件的准则:{ $known }
viewer-wrong-picture-size = 窗口系统给出 { $found } 像素,而非 { $wanted }。请试:xvfb-run -a -s "-screen 0 { $wanted }x24" viewer …
viewer-picture-not-written = 无法写出图片 { $path }:{ $why }
viewer-no-picture = 窗口在截图完成前已关闭。

## 回放:页眉
viewer-title = 回放 – { $trial }
viewer-run = 第 { $number } 次运行
viewer-origin-simulated = 仿真数据
viewer-origin-replayed = 回放数据
viewer-origin-imported = 导入数据
viewer-unsealed = 未签封
viewer-unsealed-hint = 文件没有签名:可发现损坏,不能发现伪造。
viewer-incomplete = 未记录结束
viewer-no-findings = 文件中没有评判结果。可用 `daq evaluate FILE` 评判。

## 回放:评判结果
viewer-verdict-pass = 符合
viewer-verdict-conditional-pass = 有条件符合
viewer-verdict-conditional-fail = 有条件不符合
viewer-verdict-fail = 不符合
viewer-verdict-inconclusive = 无法判定
viewer-verdict-not-exercised = 未触发
viewer-verdict-not-applicable = 不适用
viewer-verdict-not-tested = 未试验
viewer-verdict-error = 评判出错
viewer-findings = 评判结果
viewer-class = { $class } 类
viewer-mandatory = 必备项
viewer-optional = 可选项
viewer-measured = 实测值
viewer-limit = 限值
viewer-margin = 裕量
viewer-margin-in-u = 以 U 计
viewer-cause = 未判定
viewer-precondition = 前提条件
viewer-unbounded = 未知
viewer-not-told = –
viewer-coverage = 数据覆盖 { $percent } %
viewer-status-verified = 已核实
viewer-status-declared = 声明值
viewer-status-illustrative = 示例值
viewer-evidence = 依据 { $number }/{ $count }

## 回放:曲线
viewer-reduced = 已抽稀:{ $samples } 个采样
viewer-computed = 计算通道
viewer-no-data = 无数据
viewer-unreadable = 无法读取:{ $why }
quality-good = 正常
quality-stale = 重复值
quality-out-of-range = 超出量程
quality-sentinel = 无效标记值
quality-device-error = 设备错误 { $code }
quality-not-finite = 非数值
quality-flagged = 设备标记异常
quality-corrupt = 不符合声明的格式
quality-unscaled = 换算寄存器未读到
quality-counter-reset = 计数器已复位
viewer-flaws-hidden = 有缺测或坏值,请放大查看
gap-refused = 设备拒绝,异常码 { $code }
gap-timeout = 应答超时
gap-overrun = 调度无余量
gap-link-down = 链路断开
gap-backed-off = 设备无应答,本次略过
gap-wrong-unit = 应答站号不符
gap-wrong-transaction = 应答事务号不符
gap-wrong-function = 应答功能码不符
gap-wrong-count = 应答寄存器数不符
gap-corrupt = 应答损坏
gap-run-ended = 运行已结束
gap-stalled = 采集站停顿
gap-foreign-traffic = 总线上另有主站
gap-silence = 静默
gap-skipped = 字节不成帧
gap-stopped = 采集未运行
gap-unknown = 未知原因({ $name })
viewer-gap-at = 缺测:{ $cause },{ $duration }
viewer-gaps-more = 此处另有 { $count } 处
viewer-mark-at = 标记 { $number }({ $by }):{ $text },± { $uncertainty }
viewer-phase-incomplete = { $title }(记录在此阶段内结束)
viewer-phases = 阶段
viewer-marks = 标记
viewer-axis-seconds = 试验时间,s
viewer-axis-clock = 试验时间,h:mm:ss
viewer-axis-wall = 现场时间,{ $offset }

## 回放:页脚
viewer-cursor = 光标
viewer-at-cursor = 光标处
viewer-cursor-none = 单击曲线区放置光标。
viewer-keys = 滚轮:缩放 · 拖动:平移 · Shift+拖动:框选放大 · 双击:全部 · N/P:逐项结果 · L:English

## 判定:理由与结论
verdict-limit-not-finite = 按本方案的参数,场景中的 "{ $what }" 得不到可用的数值。
verdict-parameter-missing = 参数 "{ $name }" 没有值。
verdict-role-not-bound = 方案未绑定通道:{ $roles }。
verdict-phase-never-came = 未出现阶段"{ $phase }"。
verdict-phase-open = 记录结束时该阶段尚未结束。
verdict-occurrence = 第 { $number } 次,共 { $count } 次。
verdict-too-many-occurrences = 该阶段出现超过 { $limit } 次,其余未作判定。
verdict-too-many = 须同时保留的样本超过 { $limit } 个。
verdict-bad = "{ $signal }"自 { $start } s 起的数值不可用于评判,最长 { $seconds } s;缺测部分可能改变结果。
verdict-gap = "{ $signal }"自 { $start } s 起缺测,最长 { $seconds } s;缺测部分可能改变结果。
verdict-coverage-short = 仅观测到 { $share } % 的时间,要求 { $least } %。
verdict-bound = "{ $signal }"{ $level } { $value },要求 { $limit }。
level-min = 最小值
level-max = 最大值
level-mean = 时间平均值
level-p05 = 第 5 百分位数
level-p95 = 第 95 百分位数
level-initial = 初值
level-final = 终值
level-mean-first = 前 { $seconds } s 平均值
level-mean-last = 末 { $seconds } s 平均值
level-after = { $seconds } s 时的值
level-at = 事件发生时的值
verdict-raw = 未经滤波:{ $value }。
verdict-uncertainty = U = { $u }(k = { $k })。
verdict-uncertainty-unknown = 判定规则需要测量不确定度,但未知:请声明本判据所用各仪器的校准。
verdict-bad-value = "{ $signal }"在 { $start } s 处的数值不可用于评判。
verdict-not-observed = "{ $signal }"在 { $start } s 处缺测。
verdict-phase-short = 阶段时长不足。
verdict-never-settled = 阶段在规定的稳定时间之前已结束。
verdict-does-not-apply = 不适用于此参数的样品。
verdict-event-never-came = 阶段内未发生该事件。
verdict-step-uncertain = 事件是否发生、何时发生缺测。
verdict-no-reference = 阶跃前的值缺测。
verdict-no-rated-value = 作为 100 % 的值为 0:请给出"rated"。
verdict-drop = "{ $signal }"变化 { $change }({ $earlier } { $before },{ $later } { $after }),允许 { $limit }。
verdict-excursion-up = "{ $signal }"向上最大偏差 { $value },允许 { $limit }。
verdict-excursion-down = "{ $signal }"向下最大偏差 { $value },允许 { $limit }。
verdict-recovery = 恢复到容差带内并保持用时 { $time },允许 { $limit }。
verdict-accumulated = "{ $signal }"累计 { $value },要求 { $limit }。
verdict-totaliser-fell = 其间累积量回落:计数器已复位,差值无意义。
verdict-error-of-reference = 示值误差 { $error }(示值 { $item },参考值 { $reference }),允许 { $limit }。
verdict-cycles = 正确循环 { $count } 次,失败 { $failed } 次,未完整观测 { $unsure } 次;要求 { $needed } 次且无一失败。
verdict-drift = "{ $signal }"漂移 { $value },允许 ±{ $limit }。
verdict-motion = 按定位测得 { $value },要求 { $limit }。
verdict-condition-alone = "{ $signal }" { $limit } 单独最长保持 { $held },最有利值 { $best }。
verdict-formula = 公式的裕度为 { $low } 至 { $high }。
verdict-formula-unobserved = 缺测部分可能改变结果。
verdict-formula-idle = "->" 前的条件从未成立:未触发,无从检验。
verdict-interval-empty = 公式中某时间区间的终点早于起点。
verdict-alternative = 共 { $count } 个可选判据,取第 { $number } 个。
verdict-no-alternative = 没有可判的可选判据。
verdict-no-reading = "{ $role }"尚无读数;请用 daq amend 录入。
verdict-reading = "{ $role }"读数 { $value }(仪器 { $instrument }),要求 { $limit }。
verdict-no-statement = 尚无人声明;请用 daq amend 录入,或在试验中设标记 "witness 判据 yes"。
verdict-stated-true = 已声明属实:{ $statement }("{ $words }";附件 { $attachments } 个)。
verdict-stated-false = 已声明不属实:{ $statement }("{ $words }";附件 { $attachments } 个)。
verdict-n-of-m = { $count } 次中 { $passed } 次符合,需 { $need } 次。
verdict-least-of = { $count } 次中最小 { $value },要求 { $limit }。
verdict-most-of = { $count } 次中最大 { $value },要求 { $limit }。
verdict-mean-of = { $count } 次平均 { $value },要求 { $limit }。
verdict-spread-of = { $count } 次极差 { $value },要求 { $limit }。
verdict-too-few = 要求 { $count } 次,实有 { $found } 次。
verdict-nothing-to-aggregate = 没有可合并统计的结果。
verdict-precondition-unmet = 未判定:前提条件"{ $precondition }"不满足或无法判定。记录经委托方同意的偏离后可重新判定。
verdict-precondition-consented = 前提条件"{ $precondition }"不满足;按委托方同意的偏离记录判定。
verdict-calibration-due = "{ $signal }"所用仪器的校准有效期至 { $due },试验时已过期。
verdict-sensor-rebound = "{ $signal }"其间更换了传感器。
verdict-failed-check = "{ $signal }"所用仪器试验后核查不合格。
verdict-unfit-rate = 按方案"{ $signal }"每秒采样 { $given } 次,场景要求 { $wanted } 次。
verdict-unfit-refresh = "{ $signal }"的仪表每 { $refresh } 才有一个新值,场景要求每 { $wanted } 一个。
verdict-unfit-uncertainty = "{ $signal }"的扩展不确定度至少为 { $is },场景允许 { $wanted }。
verdict-headline-conforms = 符合 { $standard }:必做项全部符合。
verdict-headline-conforms-conditionally = 有条件符合 { $standard }:部分项目处于保护带内。
verdict-headline-does-not-conform = 不符合 { $standard }:必做项有不符合。
verdict-headline-undecided = 无法判定是否符合 { $standard }:必做项有无法判定者。
verdict-headline-tolerated = 汇总规则允许范围内的不符合项:{ $count } 项。
verdict-headline-retest = 允许加倍抽样复检。
verdict-held = 连续保持 { $held },要求 { $needed }。
verdict-hold-worst = 该时长的最佳区段内,"{ $signal }"最不利值 { $value }。
verdict-ripple = "{ $signal }"在窗口内的最大峰峰值为标称值的 { $value },允许 { $limit }。
verdict-ripple-short = 阶段短于统计窗口。
verdict-timeto = 用时 { $elapsed },允许 { $limit }。
verdict-timeto-near = 计入标记与采样的时间不确定度,用时在 { $least } 至 { $most } 之间;判定规则用于实测时间。
verdict-timeto-latency = 已扣除仪器的已知延迟:第一事件 { $first },第二事件 { $second }。
verdict-timeto-not-reached = { $waited } 内未达到,允许 { $limit }。
verdict-timeto-no-start = 未出现起始事件。
verdict-headline-pass = 合格
verdict-headline-conditional = 有条件合格
verdict-headline-fail = 不合格
verdict-headline-inconclusive = 无法判定
verdict-headline-declared-pass = 按声明值给出的结果:必做项全部符合。含示例限值,须以现行有效版本标准替换。
verdict-headline-declared-conditional = 按声明值给出的结果:必做项有条件符合。含示例限值,须以现行有效版本标准替换。
verdict-headline-declared-fail = 按声明值给出的结果:必做项有不符合。含示例限值,须以现行有效版本标准替换。
verdict-headline-declared-inconclusive = 按声明值给出的结果:无法判定。含示例限值,须以现行有效版本标准替换。

## 采集守护进程:链路与启动
link-refused = 链路 "{ $link }":无法连接 { $address }({ $why })。请检查线缆、地址和端口。
link-port-missing = 链路 "{ $link }":没有串口 { $port }。请检查线缆;`ls -l /dev/serial/by-id` 可列出已插入的设备。
link-port-busy-or-missing = 链路 "{ $link }":串口 { $port } 不存在或被其他程序占用({ $why })。
link-port-permission = 链路 "{ $link }":无权打开串口 { $port }。它属于用户组 { $group };请执行 `sudo usermod -aG { $group } $USER` 后重新登录。
link-port-trouble = 链路 "{ $link }":无法打开串口 { $port }({ $why })。
plan-unreadable = 无法读取试验方案:{ $why }。
plan-overbooked = 链路 "{ $link }" 承载不了本方案:轮询占总线 { $share } %。方案要求每秒 { $polls } 次,最多可达每秒 { $possible } 次。请降低轮询频率、提高波特率或拆分总线。
plan-rts-not-implemented = 链路 "{ $link }":本版本不支持 rts = true;请使用自动换向的适配器。
run-disk-too-full = { $folder } 可用空间 { $free } MB;{ $minutes } min 试验需要 { $needed } MB。请清理磁盘,用 --out 另选目录,或用 --for 声明更短的时长。
run-recover-hint = 已确认的数据安全。请执行:daq recover { $folder }
run-failed = 试验因故障结束:{ $why }。此前的记录在 { $file }。
run-started = 正在记录 { $trial } 第 { $run } 次试验,目录 { $folder }。按回车或输入 "m 文字" 打标记;Ctrl-C 正常结束。
run-file = 试验文件:
demo-about = 模拟试验水池上的消防泵,约 35 s,含注入的故障。方案:{ $plan }
demo-next =
    下一步:
      viewer { $file }
      daq evaluate { $file }
      daq verify { $file } --trust { $key }
status-line = { $seconds } s · 记录 { $written } 条 · 已落盘 { $safe } · 未落盘 { $unsafe } · 写入滞后 { $lag } · { $megabytes } MB · 队列峰值 { $queue }
status-device =   { $device } { $rate } 行/s · 延迟 { $latency } ms · 缺测 { $gaps }

## 采集守护进程:控制
control-marked = 已设标记 { $number }。
control-ending = 正在结束试验。
control-abort-reason = 中止须说明原因:--reason "…"
control-not-running = 试验 { $trial } 未在运行:{ $why }
control-no-run = { $folder } 下没有正在运行的试验 { $trial }。请用 --out 指明输出目录。
control-refused = 未执行:{ $why }

## 文件
verdict-pass = 符合
verdict-conditional-pass = 有条件符合
verdict-conditional-fail = 有条件不符合
verdict-fail = 不符合
verdict-inconclusive = 无法判定
verdict-not-exercised = 未触发
verdict-not-applicable = 不适用
verdict-not-tested = 未试验
verdict-error = 评判出错
findings-by = 依据场景 { $scenario },版次 { $edition }
findings-class = { $class } 类
findings-met = 符合 { $count }
findings-failed = 不符合 { $count }
findings-undecided = 未判定 { $count }
findings-not-applicable = 不适用 { $count }
findings-no-retest = 不允许复验。
findings-retest-double = 复验:允许加倍抽样。
findings-criteria = 判据
findings-preconditions = 前提条件
finding-occurrence = 第 { $number } 次
finding-mandatory = 必备项
finding-optional = 可选项
finding-not-counted = 与其他各次合并计入
finding-undecided = 未判定
finding-measured = 实测值
finding-raw = 未滤波值
finding-limit = 限值
finding-source = 来源
finding-margin = 裕量
finding-uncertainty = 不确定度
finding-u = U = { $value }(k = { $k })
finding-u-unknown = 未知
finding-probability = p_c
finding-rule = 判定规则
finding-guard = { $rule },w = { $factor } U
finding-judged = 评判时段
finding-evidence = 证据
finding-more-evidence = 另有 { $count } 处
finding-reason = 理由
cause-gap = 记录中有缺口
cause-bad-quality = 存在不可用于评判的数值
cause-too-short = 记录或阶段过短
cause-precondition = 前提条件不满足或未判定
cause-instrument-unfit = 仪器不足以判定
cause-calibration-out-of-date = 试验前校准已到期
cause-sensor-rebound = 期间更换过传感器
cause-failed-post-check = 仪器未通过试验后核查
cause-uncertainty-unknown = 不确定度未知
cause-too-few = 出现次数不足
rule-simple-acceptance = 简单接受
rule-guard-band = 保护带
rule-four-zones = 四区判定
rule-commission = 按委托约定
source-verified-by = 由 { $by } 于 { $on } 核对
basis-restated = 取自公开文本或转述
basis-unread = 通用知识,未查阅原文
basis-example = 示例值
evaluate-no-amendments = 补充记录:未采用。
evaluate-amendments = 采用补充记录 { $used } 条,共 { $of } 条(可信密钥签名 { $trusted },未知密钥签名 { $unknown },未签名 { $unsigned })。
evaluate-amendments-broken = 补充记录 { $file } 自第 { $number } 条起校验不符;链条不完整,其内容不计入。请用副本恢复该文件,或不采用补充记录进行评判:--amendments 0
evaluate-too-few-amendments = 补充记录共 { $of } 条,不足 { $wanted } 条;请查看:daq amend FILE list
evaluate-calibrations-unreadable = 无法读取校准文件 { $file }:{ $why }
evaluate-recalibrated = 已重新校准:{ $channel } 的数值按校准 { $calibration } 由原始数重新计算,采用证书 { $certificate },原为 { $before }。
evaluate-compared = 之前(场景 { $scenario },版次 { $edition },按原记录)与现在对照:
evaluate-as-of = 截至试验时间 { $time }:按记录到此为止进行评判。
timeline-from = 起始时刻
timeline-stood = 当时判定
timeline-margin = 裕量
timeline-cut-short = 变化超过 { $limit } 次,其后的变化未列出。
compared-criterion = 判据
compared-before = 之前
compared-after = 现在
compared-changed = 已变
compared-missing = –
compared-sum = { $count } 项判定中有 { $changed } 项改变。
recalibrate-unknown = 方案中没有校准“{ $id }”;现有:{ $known }
recalibrate-other-unit = 校准“{ $id }”给出的量或单位与方案原有的不同;请使其一致。
recalibrate-not-alone = { $channel } 的数值不只由其原始数得出(另有寄存器定标,或为累计量计数),无法重新校准。
scenario-family = 场景类别
scenario-cluster = 产品集群
scenario-edition = 版次
scenario-standard = 标准
scenario-no-standard = 无:不作符合标准的结论
scenario-conclusion = 结论规则
scenario-all-mandatory = 全部必备判据均应符合
scenario-allowed = 必备判据均应符合;其余允许不符合:A 类 { $a } 项,B 类 { $b } 项,C 类 { $c } 项。
scenario-roles = 角色(信号与读数)
scenario-parameters = 参数
scenario-derived = 导出通道
scenario-phases = 阶段
scenario-preconditions = 前提条件
scenario-criteria = 判据
scenario-reading = 人工读数
scenario-rate = 不低于 { $rate } Hz
scenario-max-u = U 不大于 { $value }(k = 2)
scenario-refresh = 每 { $ms } ms 内须有新值
scenario-from-plan = 由方案给出,{ $unit }
scenario-phase = 阶段 { $phase }
scenario-illustrative = 示例性限值:示例值,须以现行有效版本标准替换 / illustrative - replace with the edition in force
family-earthquake-and-geology = 地震和地质灾害
family-flood = 洪水
family-urban-flood = 城市内涝
family-ice-and-snow = 冰雪
family-forest-fire = 森林草原火灾
family-urban-fire = 城市特殊场景火灾
family-hazardous-chemicals = 危化品安全事故
family-mine-and-tunnel = 矿山(隧道)安全事故
family-emergency-medical = 紧急生命救护
family-household = 家庭应急
family-empty = 尚无场景
cluster-fire-rescue = 消防救援装备
cluster-rescue-tools = 应急救援器具
cluster-medical-relief = 医疗物资救护产品
cluster-emergency-support = 应急保障产品
cluster-digital-security = 数字安防
limit-verified = 已核对
limit-declared = 声明值
limit-illustrative = 示例值,须以现行有效版本标准替换
origin-live = 实测
origin-simulated = 仿真
origin-replayed = 回放
origin-imported = 导入
info-head =
    { $trial } 第 { $run } 次 · { $title }
    来源 { $origin } · 开始 { $start } · { $seconds } s
    软件 { $software } · 结束 { $end }
    缺测 { $gaps } · 标记 { $marks } · 事件 { $events }
info-device = { $device }:轮询 { $requested } = 应答 { $answered } + 拒绝 { $refused } + 缺失 { $missed }
info-link = { $link }:{ $received } 字节 = 成帧 { $framed } + 跳过 { $skipped };未保存 { $discarded };发送 { $sent };问答对 { $pairs }(写 { $writes }),无应答 { $unanswered },无请求 { $orphans },数据流帧 { $stream },配置外寄存器 { $unmapped }
evaluate-scenario-unreadable = 无法读取场景 { $file }:{ $why }。
verify-altered = { $file }:已被改动或损坏:
recover-done = { $run }:已恢复 { $records } 条记录至 { $file }(截去残缺尾部 { $cut } 字节)。
recover-failed = { $run }:未能恢复:{ $why }
recover-nothing-recorded = { $run }:守护进程在记录任何数据之前已停止;其结束已记入台账。
recover-nothing = { $folder } 中没有未完成的试验。
catalogue-unknown = 没有 "{ $id }";`{ $command }` 列出已有的。
catalogue-like = 没有 "{ $id }"。相近的有:{ $like }
check-in-order = { $trial } 无误:场景 { $scenario },{ $channels } 个通道。
check-requests = 请求(链路、设备、功能码、寄存器、周期、线上时间):
check-back-to-back = 连续
check-buses = 总线(占用率、每秒轮询次数):
check-fit = 仪表是否适合各判据(结论、判据;其下为应作的改动):
check-fit-yes = 适合
check-fit-reserve = 有保留
check-fit-no = 不适合
check-fit-people = 由人
check-fit-not-applicable = 不适用

## 帮助
help-about = 采集救援装备现场试验数据并作出判定。
help-demo = 对模拟设备做一次完整试验。
help-check = 检查试验方案:文件、请求及其总线占用。
help-run = 进行试验。
help-mark = 在运行中的试验里打标记。
help-end = 正常结束运行中的试验。
help-abort = 中止运行中的试验。
help-info = 显示试验文件的内容。
help-evaluate = 按其场景或另一场景判定试验文件。
help-verify = 由日志重新推导试验文件并比对。
help-recover = 完成守护进程意外退出的试验。
help-scenarios = 列出场景,或显示其一。
help-devices = 列出设备配置,或显示其一。
help-completions = 输出命令行补全脚本。
help-arg-lang = 语言:zh 或 en。
help-arg-version = 显示软件与格式的版本。
help-arg-out = 输出目录。
help-arg-format = text 供人阅读,json 供程序读取。
help-arg-plan = 试验方案(TOML 文件)。
help-arg-for = 到时自动结束,如 20min。
help-arg-spare = 第二块磁盘上的文件夹;第一块磁盘出错时日志在此继续。
help-arg-resume = 继续该试验方案未完成的那次试验,仍为同一次。
help-arg-text = 标记文字;场景的阶段以其标记文字开始。
help-arg-trial = 试验编号。
help-arg-uncertainty = 标记的时间不确定度;默认 0.3 s。
help-arg-corrects = 所更正标记的编号。
help-arg-retract = 仅撤回所更正的标记。
help-arg-reason = 原因。
help-arg-file = 试验文件。
help-arg-scenario = 另一场景:目录中的标识或 TOML 文件。
help-arg-amendments = 只采用文件旁的前 N 条补充记录;0 表示不采用。不给出则全部采用。
help-arg-calibrations = 含 [[calibration]] 表的文件,写法同方案:由原始数重新计算数值。
help-arg-judge-reason = 以此原因将按另一场景所作的评判存为已签名的补充记录。
help-arg-judge-at = 按记录到此试验时刻为止进行评判,例如 12.5s 或 3min。
help-arg-timeline = 列出各判据的判定及其起始时刻。
help-arg-schema = 打印 --format json 输出的 JSON 模式。
help-arg-folder = 输出目录,或某次试验的目录。
help-arg-id = 要显示的文件标识。
help-arg-shell = 命令行解释器。

## 设备配置:请求
profile-wide-point = 测点 "{ $point }" 占用的寄存器数超过 max_registers 所允许的单次读取数;一个数值不会分两次读取。

## 试验文件与试验次
trial-file-not-plain = 不是普通文件
trial-file-too-short = 文件过短
trial-file-no-mark = 开头没有试验文件的标志
trial-file-unknown-seal = 签封状态未知
evidence-locked = { $path } 正被进程 { $holder } 使用,请先结束该进程。
evidence-exists = { $path } 已存在,不会被覆盖。
evidence-no-resume = { $path } 中的试验尚未开始或已经结束;请用 `daq recover` 完成。
run-resume-one = { $folder } 中 { $trial } 的未完成试验不是恰好一次;只有因崩溃中断的那一次可以继续。
run-resume-differs = 试验方案、场景、设备配置或请求与 { $run } 开始时不同。试验只能按完全相同的文件继续;请用 `daq recover` 完成它,再开始新的一次。
run-resume-not-live = 该试验始于真实设备,不能在此继续:{ $why }
run-leftover-large = { $run } 未完成且较大,暂不处理。试验结束后请运行 `daq recover { $folder }`。
evidence-nothing = { $path } 中的日志开头没有试验文件。未删除任何内容,请从副本恢复。
evidence-ledger = 台账 { $path } 的第 { $entry } 条校验不符,请恢复或移走该文件。
evidence-too-many-runs = 本方案已有 { $limit } 次试验,请另选输出目录。
recover-no-folder = 没有目录 { $folder }。请给出输出目录或某次试验的目录。

## Bytes that were not kept
gap-flooded = 链路数据洪泛,超量部分未保存
gap-held-back = 日志队列满,期间数据未保存
gap-journal-damaged = 此处日志已损坏

## Device profiles: tables, types, layouts
profile-max-bits = max_bits 为 1 至 { $limit }。
profile-bad-hole = 空洞由 from 和 to 给出,from 不大于 to,且都不小于 address_base。
profile-retries = retries 最多为 { $limit }。
profile-scaled-by-scaled = 测点 "{ $point }":用来换算的测点须是同一设备的数值,且自身不再被换算。
profile-frame-one-end = 方言 "frame" 的设备配置需要 [frame] 表,且 end、length、length_field、escape 恰取其一。
profile-frame-sync = 方言 "frame" 没有 sync,请写 start = [0x55]。
profile-frame-ends = 定长帧和自述长度的帧需要起始字节;带转义的帧没有起始字节;length 与 max_length 不并用;end 不为空。
profile-separator = separator 为一个字符。
profile-length-field = length_field 的类型为 u8 或 u16,且位于帧内。
profile-message-misplaced = [[message]] 只用于方言 "frame" 的设备配置。
profile-message-count = 方言 "frame" 的设备配置有 1 至 { $limit } 个 [[message]]。
profile-message-bytes = 报文 "{ $message }":literal 和 query 为 1 至 { $limit } 个字节,literal 位于帧内。
profile-message-unknown = 报文 "{ $message }" 无法与其他报文区分:请给出 literal、pattern 或 query。
profile-bad-pattern = 报文 "{ $message }":pattern 不是正则表达式,或超过 512 字节。
profile-query-mixed = 要么每个报文都有 query,要么都没有。
profile-polling-misplaced = 该设备不被查询,请删除 timeout、turnaround、retries 和 connect_pause。
profile-entries = 测点 "{ $point }" 的变比、标志或无效码超过 { $limit } 个。
profile-bad-sentinel = 测点 "{ $point }":无效码为有限数,或以文本给出其各位,如 "0x7FC00000"。
profile-unknown-point = 测点 "{ $point }" 引用了 "{ $other }",本设备配置中没有这个测点。
profile-bit-has-no-type = 测点 "{ $point }" 是一个位:请删除 type、order 和 bits。
profile-text-length = 测点 "{ $point }":type = "string" 须给出寄存器数 length,其他类型没有 length。
profile-type-of-registers = 测点 "{ $point }":寄存器存放 16、32 或 64 位的类型;取其中一个字节用 u16 加 bits = [0, 7] 或 [8, 15]。
profile-point-in-hole = 测点 "{ $point }" 位于空洞内。
profile-text-or-number = 测点 "{ $point }" 要么是文本(field 或 at),要么是二进制数(offset_bytes 与 type)。
profile-unknown-message = 测点 "{ $point }":没有报文 "{ $message }"。已知:{ $known }
profile-bad-field = 测点 "{ $point }":field 为从 1 起的序号(需 [frame] 中的 separator)或报文 pattern 的命名组;at 为 [偏移, 长度]。
profile-beyond-frame = 测点 "{ $point }" 超出最长的帧。
profile-bad-bits = 测点 "{ $point }":bits = [最低位, 最高位] 位于无符号数之内。
profile-bad-factors = 测点 "{ $point }":unit_in 的 factors 为非零有限数,如 {"{"} kg = 1.0 {"}"}。
profile-bad-flag = 测点 "{ $point }":标志由 field 或 at 加 is 给出,或由 offset_bytes 加 bits 和 equals 给出;并有 means。
profile-order-of-64 = 测点 "{ $point }":八个字母的字节序只用于 64 位类型。

## Plans: calibrations, limits, links of bytes
plan-calibration-count = 试验方案最多有 { $limit } 份校准。
plan-calibration-date = 校准 "{ $id }":date 和 due 为日期,如 2026-03-31。
plan-calibration-model = 校准 "{ $id }":linear 给出 gain 和 offset;polynomial 给出 1 至 10 个系数;table 至少 2 个点且第一个数递增;均为有限数,且不混用其他模型的键。
plan-calibration-gives = 校准 "{ $id }":quantity 与 unit 须同时给出。
plan-calibration-uncertainty = 校准 "{ $id }":uncertainty = {"{"} expanded, coverage_factor, degrees_of_freedom {"}"},expanded 不为负,coverage_factor 不小于 1;如给出 degrees_of_freedom,不小于 1。
plan-component-count = 校准 "{ $id }" 最多有 { $limit } 个不确定度分量。
plan-component-amount = 分量 "{ $id }":half_width(配 distribution "rectangular"、"triangular" 或 "u-shaped")、expanded(配不小于 1 的 coverage_factor,distribution 为 "normal")、standard 三者给出且只给出一个;须为有限数且不为负,以修正后值的单位计;如给出 of = "reading" 或 "full-scale",则为百分数。
plan-component-freedom = 分量 "{ $id }":degrees_of_freedom 不小于 1;分量充分可靠时不必给出。
plan-component-twofold = 校准 "{ $id }":分量 "{ $component }" 是制造商给出的技术指标,适用于不作修正的示值;证书的不确定度和修正后的残差适用于修正后的值。二者择一:只用技术指标,或用 uncertainty 加 "residual"、"drift" 分量;同时使用会重复计入同一误差。
plan-component-full-scale = 通道 "{ $channel }":其校准的分量 "{ $component }" 按满量程的百分数给出;请为该通道给出 range = [下限, 上限](以校准后的单位计)。
plan-unknown-calibration = 没有 id 为 "{ $calibration }" 的 [[calibration]]。
plan-bad-limit = "{ $channel }" 的限值需要 above 或 below,为有限数,且 below 小于 above。
plan-modbus-over-bytes = 设备 "{ $device }" 使用 Modbus:其链路须为 kind = "tcp" 或 "rtu-over-tcp"。

## 演示:发电机组
demo-about-generator = 模拟负载箱上的应急发电机组,约 65 s,线路上偶有个别故障。试验方案:{ $plan }
help-arg-rig = pump:试验水池上的消防泵;generator:突加突卸试验中的应急发电机组。

## Red limits
run-red-limit = 红线越限  { $text }

## 设备目录
device-column-id = 标识
device-column-title = 名称
device-column-dialect = 方言
device-column-points = 测点数
device-column-point = 测点
device-column-where = 位置
device-column-type = 类型
device-column-order = 字节序
device-column-unit = 单位
device-column-scale = 换算
device-column-valid = 有效范围
device-source = 来源:{ $source }
device-dialect = 方言:{ $dialect }
device-asked = 轮询:等待应答 { $timeout } ms,重问 { $retries } 次,下一请求前静默 { $turnaround } ms,线路打开后等待 { $pause } ms。周期由方案中的 every 给出。
device-speaks = 自行发送;方案可给出其周期,以便发现静默。
device-addresses = 地址为线上地址,从 0 起;许多手册从 1 起。
device-joined = 单次请求最多读 { $registers } 个寄存器或 { $bits } 个位,两个测点之间最多跨 { $gap } 个未用地址。
device-apart = 测点不合并读取,重叠者除外。
device-hole = 从不读取:{ $table } { $from } 至 { $to }
device-sync-frame = 帧:同步字节 { $sync },含标识与校验和共 { $length } 字节。
device-start = 以 { $bytes } 开头
device-start-none = 无起始字节
device-end-delimiter = 以 { $bytes } 结尾
device-end-length = 定长 { $length } 字节
device-end-declared = 长度为字节 { $byte } 处的 { $kind } 加 { $plus }
device-end-escape = 用 { $name } 转义
device-frame = 帧:{ $start },{ $end };最长 { $longest } 字节。
device-checksum = 校验:{ $kind },从字节 { $from } 起,其前 { $uncovered } 字节不计入,掩码 { $mask },{ $order },{ $form }。
device-no-checksum = 校验:无。受干扰的字符可能变成错误的数值。
device-message = 报文 { $id }:{ $what }
device-query = 由 { $bytes } 查询
device-literal = 字节 { $byte } 处为 { $bytes }
device-pattern = 匹配 { $pattern }
device-field = 字段 { $field }
device-group = 字段 { $name }
device-bytes = 字节 { $from } 至 { $to }
device-byte = 字节 { $byte }
device-bit = 字节 { $byte } 的第 { $bit } 位
device-bits = 字节 { $byte } 的第 { $low } 至 { $high } 位
device-weight = 行内数值
device-valid-when = 当{ $place } = { $is }
device-point-sentinels = 无效码:{ $values }
device-point-fault = 传感器或线路故障:不高于 { $low } 或不低于 { $high } { $unit }
device-point-exponent = × 10^({ $point } − { $minus })
device-point-divided = ÷ 10^({ $point } − { $minus })
device-point-ratios = × { $points }
device-point-totaliser = 累积量:到 { $wraps } 归零;每秒超过 { $rate } 个计数视为复位
device-point-decimals = 小数位数:{ $bits },减 { $minus }
device-point-negative = 负号:{ $bits }
device-point-unit = 单位在{ $place }:{ $factors };其他单位加标志
device-means-unstable = 不稳定(标志 1)
device-means-invalid = 无效(标志 3)
device-means-overload = 超上限(无值)
device-means-underload = 超下限(无值)
device-means-missing = 文字表示无值(无值)
device-means-refused = 拒绝执行(设备错误 1)

## 采集程序:故障原因
status-disk-slow =   磁盘缓慢:已有 { $seconds } s 没有数据落盘
status-values =  { " " }· 数值:{ $values }
status-link-down =   链路 { $link } 已断开({ $why }),共断开 { $count } 次
status-events =   事件:{ $events }
status-criteria =   截至 { $seconds } s 的判据:符合 { $met } · 不符合 { $failed } · 未判定 { $undecided } · 未进行 { $waiting }{ $unsafe }
status-criteria-unsafe =  { " " }(所依据的数据尚未落盘)
status-criteria-trouble =   运行中不再评判判据:{ $why }(试验结束时仍按记录评判)
status-criterion =     { $verdict }  { $title }  { $margin }
status-recent =     { $seconds } s:{ $text }
event-clock-step = 系统时钟跳变
event-queue-full = 日志队列满
event-disagreement = 两种解码不一致
event-foreign-write = 另一主站写入
event-foreign-master = 另一主站查询
event-stalled = 采集站停顿
event-link = 链路变化
event-flood = 链路数据洪泛
event-held-back = 队列满期间数据未保存
event-sync-slow = 磁盘缓慢
event-red-limit = 红线越限
event-device-text = 设备文本
event-scaling-changed = 设备量程比例变化
event-counter-reset = 设备计数器复位
event-journal-moved = 日志改写到第二块磁盘
event-file-failed = 试验文件将在运行结束后生成
event-witness-failed = 签名链头未能复制到见证目录
event-note = 备注
info-causes =   { $device } 缺测:{ $gaps }
info-events = 事件:{ $events }

## 占用者
evidence-link = { $path } 是符号链接。试验文件不跟随链接到别处;请移除它。
link-port-in-use = 链路 "{ $link }":串口 { $port } 正被进程 { $process }({ $name })使用,该进程自 { $since } 起运行。请先结束它。

## 试验中的磁盘空间
run-disk-fills = 磁盘仅剩 { $free } MB,正常完成试验文件需要 { $needed } MB;请清理磁盘后重新开始试验
output-lost = 要打印的内容未能全部写到标准输出: { $why }
run-make-room = { $folder } 所在磁盘可用空间 { $free } MB;完成试验文件需要 { $needed } MB。请先清理磁盘。

## daq check: advice
check-port-name = 链路 "{ $link }":重新插拔适配器后 { $port } 会改变;请用 /dev/serial/by-id/… 指定端口。
check-calibration-due = 校准 "{ $calibration }" 已于 { $due } 到期。

## Origin and audit trail
not-live = { $origin }:这不是真实试验的记录。
not-live-pseudo-terminal = 链路 "{ $link }":{ $port } 是伪终端,另一端是程序而非仪器。
not-live-emulated-port = 链路 "{ $link }":{ $port } 是本机的仿真串口,不是真实串行线路。
not-live-loopback = 链路 "{ $link }":{ $address } 是回环地址,另一端是本机上的程序。
not-live-own-address = 链路 "{ $link }":{ $address } 是本机自身的地址。
not-live-unknown = 链路 "{ $link }":系统无法说明 { $place } 是什么。
control-bad-name = --by 给出的姓名须为 1 至 { $most } 字节,且不含控制字符。
control-correction-reason = 更正必须说明原因:--why 文字。
help-arg-why = 更正另一标记的原因;使用 --corrects 时必填。
help-arg-by = 操作人;与系统账户一并记录。

## 密钥、签名与信任
signature-bad-key = 公钥无效
signature-bad-form = 签名格式不符
signature-mismatch = 签名不相符
signature-other-chain = 所签的链值与实际链值不同
trust-no-key = { $given } 不是公钥。请给出 64 位十六进制数、.pub 文件或存放 .pub 文件的文件夹。
trust-empty-folder = { $given } 中没有含公钥的 .pub 文件。
trust-unreadable = 无法读取 { $given }:{ $why }
key-name = "{ $name }"不能用作密钥名称。请使用字母、数字、"-"、"_"和"."。
key-exists = { $folder } 中已有或曾有名为 { $name } 的密钥。请用 --name 另取名称。
key-unknown = { $folder } 中没有私钥 { $name }。请先生成:daq key new --name { $name } --keys { $folder }
key-several = { $folder } 中有多个密钥({ $names })。请指明使用哪一个。
key-retired = 密钥 { $name } 已停用,其后继密钥为 { $by }。
key-exposed = 私钥 { $path } 可被他人读取或写入(权限 { $mode })。接触过它的人都能以本台站名义签名:请用"daq key new"生成新密钥。若确认无人接触,请执行:chmod 600 { $path }
key-exposed-folder = 他人可写入密钥文件夹 { $path },可能以其密钥替换您的密钥。请执行:chmod 700 { $path }
key-link = { $path } 是符号链接,密钥不会跟随链接读取。请用 --keys 指明密钥所在的文件夹。
key-malformed = { $path } 已损坏或内容与名称不符。请从副本恢复。
key-counter = 运行计数文件 { $path } 缺失、损坏或属于其他密钥。请从副本恢复,或用"daq key rotate"换用新密钥。
viewer-unchecked = 已封签,未核验
viewer-unchecked-hint = 文件带有台站封签,本窗口尚未核验。请用"daq verify FILE --trust KEY"核验。

## Audit trail
help-audit = 说明何人、何时、为何做了什么:针对一个试验文件、一次进行中的运行,或一个目录的全部运行。
help-arg-recording = 试验文件、某次运行的目录,或输出目录。
audit-head = { $trial } 第 { $run } 次试验的审计追踪:记录号、UTC、现场时间({ $zone })、事项、[操作人]。共 { $records } 条记录,其中签名链头 { $heads } 个。
audit-start = 开始
audit-link-up = 链路接通
audit-link-down = 链路断开
audit-mark = 标记
audit-correction = 更正,标记
audit-retraction = 撤回,标记
audit-discarded = 未保存的字节
audit-recovered = 恢复
audit-damage = 日志损坏
audit-resumed = 续接
audit-ended = 结束
audit-time-over = 到时结束
audit-signal = 由信号结束
audit-red-limit = 越红线结束
audit-aborted = 已中止
audit-crashed = 已崩溃
audit-failed = 已失败
audit-host = 主机 { $host }。
audit-key = 以密钥 { $key } 签名,为该密钥的第 { $run } 次运行。
audit-corrects = 更正标记 { $mark }。
audit-mark-at = 所述发生时刻为 { $seconds } s。
audit-discarded-bytes = 自 { $since } s 起 { $bytes } 字节。
audit-cut = 截去残缺尾部 { $bytes } 字节;最后一条完好记录在 { $seconds } s。
audit-damaged-place = 缺少记录 { $first } 至 { $next } 之前一条;第 { $segment } 段,偏移 { $offset }。
audit-resumed-by-wall-clock = 机器曾重新启动:时间按系统时钟接续,± { $seconds } s。
audit-resumed-by-boot-clock = 时间按从未中断的开机时钟接续。
audit-why = 原因:{ $why }
audit-struck = 已被标记 { $mark } 划去。
audit-done-link-down = 处置:链路恢复前均记为缺测。
audit-done-discarded = 处置:已计数,并记为缺测。
audit-done-recovered = 处置:日志已闭合或运行已续接,其间记为缺测。
audit-done-damage = 处置:损坏字节保持原样;缺少部分记为缺测。
audit-done-clock-step = 处置:样本按开机时钟计时;已记录新的时钟对。
audit-done-stalled = 处置:记为缺测;到达时刻不明的数据不予采用。
audit-done-queue-full = 处置:链路暂停收发,直至有余量。
audit-done-sync-slow = 处置:其间未确认任何记录。
audit-done-journal-moved = 处置:尚未确认的记录已重新写入;运行继续。
audit-done-file-failed = 处置:运行继续;文件将在结束后由日志生成。
audit-done-witness-failed = 处置:运行继续;签名链头保存在日志中。
audit-done-disagreement = 处置:以所记录的字节为准判断该应答。
audit-left-out = 另有 { $count } 条未显示。
audit-no-end = 没有结束记录:运行仍在进行,或守护进程未正常结束即停止。
audit-unreadable = 日志无法读至末尾:{ $why }
audit-not-verified = 以上仅为读取结果,未经核验:核验请用 daq verify。
audit-no-run = { $path } 中没有试验运行。
audit-no-runs = { $folder } 中没有试验运行,也没有台账。
audit-run = { $trial } 第 { $run } 次:开始 { $begun },结束 { $ended },{ $fate }
audit-run-ended = 已结束
audit-run-running = 进行中
audit-run-unfinished = 从未结束:用 daq recover 完成
audit-run-not-in-ledger = 不在本目录台账中
audit-file-missing = 其试验文件不在本目录中。

## 补充记录
evidence-amendments = 补充记录 { $path } 的第 { $number } 条核验不符。未追加任何内容,请从副本恢复。
evidence-amendment-form = 补充记录过长、格式不符或条数已满。数值须为十进制数(如 2.50),文字不超过 16 KiB。

## daq key
help-key = 本台站用于对记录签名的密钥。
help-key-new = 生成密钥。
help-key-list = 列出密钥。
help-key-rotate = 停用密钥:由其签名指定新的后继密钥,随后销毁。
help-arg-keys = 密钥文件夹;缺省为 PROVING_GROUND_KEYS,再缺省为用户数据文件夹中的 proving-ground/keys。
help-arg-key = 用于签名的密钥名称;缺省为唯一在用的密钥。
help-arg-key-name = 新密钥的名称。
help-arg-old-name = 待停用密钥的名称;缺省为唯一在用的密钥。
help-arg-keep = 保留已停用密钥的私钥,以完成用它开始的运行。
key-made = 已在 { $folder } 中生成密钥 "{ $name }"。
key-rotated = 密钥 "{ $old }" 已停用,并已签名指定 "{ $new }" 为其后继密钥。
key-fingerprint = 指纹  { $digits }
key-public = 公钥  { $file }
key-what-it-says = 请将公钥交给需要核验记录的各方,并请其经另一途径核对指纹。
    用此密钥所作的封签说明记录出自哪个台站;它不是任何人的个人电子签名。
key-destroyed = 已停用的私钥已覆写并删除;备份中的副本和磁盘残留须自行清除。
    它所封签的文件仍可用其 .pub 文件核验,该文件予以保留。
key-kept = 已停用的私钥已保留。它不能再开始新的运行;其最后一次运行结束后请将其删除。
key-none = { $folder } 中没有密钥。请先生成:daq key new
key-folder = { $folder } 中的密钥:
key-runs = 运行 { $runs } 次
key-runs-unknown = 运行次数不明:计数文件缺失或损坏
key-state-in-use = 在用
key-state-missing = 此处没有私钥
key-state-retired = 已停用,后继为 { $by }
key-state-retired-kept = 已停用,后继为 { $by };私钥仍在此处

## daq amend
help-amend = 在试验文件关闭后补充说明,写入其旁的文件。
help-amend-sign-off = 签署确认试验。
help-amend-note = 补充备注。
help-amend-deviation = 说明与约定不同的做法及同意人。
help-amend-reading = 补录人工读取的仪表数值。
help-amend-witness = 记录在场人员的见证陈述。
help-amend-post-check = 说明仪表试验后核查的结果。
help-amend-rebound = 说明某通道自某时刻起换用了另一传感器。
help-amend-mark = 更正或撤回运行中的标记。
help-amend-re-evaluation = 重新评判试验并保存评判结果。
help-amend-list = 列出补充记录及其担保者。
help-arg-amend-why = 此时补充的原因。
help-arg-role = 身份:operator(操作)、reviewer(校核)、approver(批准)或 witness(见证)。
help-arg-statement = 陈述内容。
help-arg-criterion = 要求作出该陈述的判据或前提条件。
help-arg-holds = 其陈述是否成立:yes 或 no。
help-arg-attach = 佐证的照片或录像:仅保存文件名和 BLAKE3 摘要,文件留在原处。可重复给出。
help-arg-channel = 方案中的通道。
help-arg-passed = 仪表核查是否合格:yes 或 no。
help-arg-check-statement = 如何核查,结果如何。
help-arg-at = 自何时起:从试验开始计的时间,如 12.5s 或 3min。
help-arg-sensor = 另一传感器的编号及其校准。
help-arg-note = 备注内容。
help-arg-from = 偏离何处:条款、方案中的步骤,或前提条件的标识(经委托方同意后,其判据重新评判)。
help-arg-instead = 实际的做法。
help-arg-consent = 委托方何人于何时以何种方式同意。
help-arg-reading-of = 该数值所属的场景角色或通道。
help-arg-value = 读取的数值,如 2.50。
help-arg-unit = 单位。
help-arg-resolution = 仪表的分度值。
help-arg-instrument = 仪表及其编号。
help-arg-observed-at = 读取时间,如 2026-06-15T14:05:00+08:00。
help-arg-number = 标记的序号。
help-arg-mark-text = 标记应有的文字。
help-arg-trust = 您信任的公钥:64 位十六进制数、.pub 文件或存放此类文件的文件夹。可重复给出。
amend-altered = { $file } 已非关闭时的状态:封签或摘要不相符。未追加任何内容;请查看:daq verify
amend-why-empty = 请用 --why 说明原因。
amend-known-none = 无
amend-no-such-statement = 本试验自身的场景不要求陈述“{ $id }”;仅在要求它的场景下才起作用。该场景要求的陈述:{ $known }
amend-no-such-channel = 试验方案中没有通道“{ $id }”。现有通道:{ $known }
amend-too-many-attachments = 一条陈述最多 { $limit } 个附件;请分成多条陈述。
amend-attachment-unreadable = 无法读取 { $file }:{ $why }。未追加任何内容。
amend-added = 已将第 { $number } 条补充记录写入 { $file }
amend-root = 所属记录的日志根值  { $root } …
amend-fingerprint = 本条指纹  { $digits }  (请另行记下:日后可据此证明截至本条没有被删除的内容)
amend-signed = 已用台站密钥 "{ $name }"({ $digits })签名。它担保内容是在本台站、按本台站时钟的时间录入的;它不是任何人的个人电子签名。
amend-unsigned = 未签名,因为没有密钥:任何能写入该文件的人都可能追加此条。请生成密钥:daq key new
amend-none = { $file }:没有补充记录。
amend-bad = { $file }:第 { $number } 条核验不符:该条或其前未签名的某条已被更改。该条及其后内容不予显示;请从副本恢复该文件。
amend-end-unseen = 最后一条的指纹:{ $digits }。其后的补充记录若被删除,此处无法察觉:请与另行记下的指纹核对。
amend-head = { $number }. { $kind } · { $by } · { $at }
amend-reason = 原因:{ $why }
amend-trusted = 由受信任的台站密钥签名({ $digits })
amend-unknown = 由此处未知的台站密钥签名({ $digits })
amend-nobody = 未签名:任何能写入该文件的人都可能追加此条
amend-kind-re-evaluation = 重新评判
amend-kind-sign-off = 签署确认
amend-kind-reading = 补录读数
amend-kind-witness = 见证陈述
amend-kind-post-check = 试验后核查
amend-kind-rebound = 换用传感器
amend-kind-deviation = 偏离
amend-kind-note = 备注
amend-kind-mark = 标记更正
amend-role-operator = 操作
amend-role-reviewer = 校核
amend-role-approver = 批准
amend-role-witness = 见证
amend-judged = 按 { $scenario } 评判(摘要 { $digest }…);评判结果存于该文件
amend-sign-off = 身份为{ $role }:{ $statement }
amend-said = { $text }
amend-holds = 判据 { $criterion }:陈述成立
amend-does-not-hold = 判据 { $criterion }:陈述不成立
amend-about = 判据 { $criterion }
amend-attached = 附件:{ $name }(BLAKE3 { $digest })
amend-check-passed = { $channel } 核查合格:{ $statement }
amend-check-failed = { $channel } 核查不合格:{ $statement }
amend-rebound = { $channel } 自 { $at } s 起换用:{ $sensor }
amend-deviation = 偏离 { $from }:{ $instead }
amend-consent = 同意:{ $consent }
amend-no-consent = 委托方同意:无记录
amend-mark-retracted = 撤回标记 { $mark }
amend-mark-restated = 标记 { $mark } 应为:{ $text }
amend-reading = { $of } = { $value } { $unit }
amend-reading-times = 读取于 { $observed },录入于 { $entered }
amend-instrument = 仪表:{ $instrument }
amend-instrument-step = 仪表:{ $instrument },分度值 { $step } { $unit }

## 验证:何处不符
differs-digest = 文件摘要与用户块中的摘要不符
differs-seal-signature = 封签:{ $why }
differs-seal-key = 封签所用密钥不是本次运行开始时的密钥
differs-seal-tag = 封签属于另一次运行,而非内嵌日志的运行
differs-name = 文件名属于另一次运行,而非文件所含的运行
differs-journal = 记录 { $record }:内嵌日志自此处起校验不通过:{ $what }
differs-root = 内嵌日志的根与用户块中的根不符
differs-head = 记录 { $record }:签名链头不成立:{ $why }
differs-first-head = 记录 { $record }:其前没有签名链头,因此方案未在首个样本之前固定
differs-channel = 记录 { $record }:通道 { $channel },样本 { $sample }:{ $column } 与日志推导结果不符
differs-channel-length = 通道 { $channel }:自样本 { $sample } 起,长度与日志推导结果不符
differs-derived = 计算通道 { $channel } 与所记录通道的计算结果不符
differs-document = 文档 { $name } 与其旁所载摘要不符
differs-part = { $part }:与日志推导结果不符
differs-amendment = 第 { $number } 条补充记录校验不通过
differs-witness-missing = 记录 { $record }:见证方在此存有签名链头,而本记录没有:末尾被截去,或记录被重新制作
differs-witness-other = 记录 { $record }:见证方在此存有不同的签名链头:本记录被重新制作
differs-witness-run = 记录 { $record }:见证方存有同名的另一份记录的签名链头:本记录被重新制作
head-other-key = 所用密钥不是本次运行开始时的密钥
head-not-alone = 未独占其数据块
head-no-key = 本次运行开始时没有密钥
part-groups = 通道组列表
part-gaps = 缺口列表
part-marks = 标记列表
part-events = 事件列表
part-clock = 时钟对列表
part-accounting = 计数
part-accounting-sums = 计数的总和
part-documents = 文档集
part-origin = 来源
part-end = 运行的结束
part-length = 运行的长度
part-findings = 评定结果列表
part-checkpoints = 签名链头列表

## 事后签封
seal-sealed-already = 该文件已签封,保留原封签;请查看:daq verify
seal-altered = 该文件已非关闭时的状态,不予签封:{ $what }。请从副本恢复文件。
seal-no-key = 该次运行开始时没有密钥:事后无法签封。请在下次运行前生成密钥:daq key new
seal-key-missing = 只能用该次运行开始时的密钥签封(指纹 { $digits }),而该私钥不在此处。请指明其文件夹:--keys DIR
seal-refused = { $file } 未签封。{ $why }
seal-done = { $file } 已用该次运行开始时的密钥签封(指纹 { $digits })。只写入了首个数据块。
seal-state-none = 未签封:可发现损坏,不能发现伪造
seal-state = 台站封签,密钥 { $digits },此处未核验;请查看:daq verify
seal-state-no-key = 封签所载并非密钥;请查看:daq verify
help-seal = 为恢复时密钥不在手边的文件补加台站封签。
help-arg-witness = 见证方的文件夹,应在另一磁盘或机器上:试验进行时将签名链头复制至此,验证时与之比对。

## 签名的运行
run-signed = 台站密钥“{ $name }”为本次运行签名(指纹 { $digits })。
run-unsealed = 本次运行未签名:没有台站密钥,其文件将保持未签封。请在下次运行前生成:daq key new
run-start-fingerprint = 起始指纹:{ $digits }(涵盖方案及首个样本之前固定的一切;请记录在纸上)
run-root-fingerprint = 结束指纹:{ $digits }(涵盖整个日志;请记录在纸上)
run-witness-no-key = 见证方保存的是签名链头,而没有可用于签名的密钥。请先生成:daq key new
run-witness-no-folder = 见证方文件夹 { $folder } 不存在。请挂载或创建,或去掉 --witness。
recover-unsealed =   文件未签封:该次运行开始时的私钥(指纹 { $digits })不在此处。取得后请运行:daq seal { $file } --keys DIR
audit-begun-with = 以台站密钥 { $digits } 开始,为该密钥的第 { $run } 次运行
audit-no-key = 开始时没有台站密钥

## 验证:结论
verify-trusted = { $file }:完整,并由您信任的密钥签封。
verify-unconfirmed = { $file }:完整,但没有您信任的一方为其全部内容作证。
verify-derived = 已核查:文件摘要;日志的 { $records } 条记录,各在链中其位;由其重新推导的 { $samples } 个样本,逐位一致;文档、计数与评定结果。
verify-key-trusted = 封签:由受信任的台站密钥 { $digits } 签署。日志的链头由同一密钥签名。
verify-key-unknown = 封签:由台站密钥 { $digits } 签署,而您未指明信任该密钥。请向台站所有者索取其 .pub 文件,经另一途径核对此指纹,再以 --trust 文件 验证。
verify-unsealed = 封签:无,且该次运行开始时没有密钥。可发现损坏,但能写入该文件的人也能重新制作它。
verify-unsealed-signed = 封签:无,尽管该次运行以密钥开始:恢复时密钥不在手边。取得密钥后:daq seal 文件 --keys 文件夹
verify-heads = 签名链头:{ $heads } 个,均由本次运行的密钥对其位置签名。此为该密钥的第 { $run } 次运行。
verify-no-last-head = 运行的结束位于最后一个签名链头之后:恢复时密钥不在手边。只有封签涵盖它。
verify-amendments = 补充记录:{ $count } 条,均由受信任的密钥签名且次序无误。
verify-amendments-unknown = 补充记录:{ $count } 条,次序无误,但并非全部由您信任的密钥签名;请查看:daq amend 文件 list。这只涉及事后所述,不涉及记录本身。
verify-witness = 见证方:存有本次运行的 { $heads } 个链头,记录中全部具备。
verify-witness-none = 见证方:没有由本次运行的密钥或受信任密钥签名的链头,因此不能证实任何内容。
verify-trusted-means = 这表示:这些字节即该密钥持有者关闭文件时的内容,且方案在首个样本之前已固定。这是台站封签,不是任何人的个人签名;它不说明时钟或传感器是否准确。
verify-unconfirmed-means = 这表示:文件自身相符。由谁制作、是否被重新制作,未得到证明。
verify-altered-means = 这表示:该文件不是台站关闭时的内容。请勿采信,并索取另一副本。

## 导入
plan-of-import = 这是导入方案,没有可运行的内容;请连同数据文件交给 `daq import`。
profile-decimal = decimal 为 "." 或 ",",且不得与分隔符相同。
import-misplaced = [[{ $key }]] 只能与 [import] 一起出现在导入方案中。
import-with-links = 导入方案用 [[column]] 代替链路、设备和通道。
import-key-of-csv = 键 "{ $key }" 只用于文本文件;Parquet 文件有自己的格式。
import-separator = separator 为 "," ";" "|" ":" "~" "^"、制表符("\t")或空格之一。
import-words = comment 和 missing 各最多 { $most } 条,每条不超过 { $limit } 字节,首尾无空白。
import-column-count = 一个文件导入 1 至 { $limit } 列,每列写一个 [[column]]。
import-header-lines = header_lines 为 0 至 { $limit }。
import-columns = 没有表头的文件须给出 columns,即每行的字段数:1 至 { $limit }。
import-without-file = 这是导入方案;须连同数据文件由 `daq import` 读取。
import-names-line = names_in_line 为 1 至 { $lines },且文件中须有该行:文件在此之前已结束。
import-not-utf8 = 列名所在行不是 UTF-8。请将文件另存为 UTF-8,或按位置指定列:name = 3。
import-names-broken = 文件第 { $line } 行(列名行)的引号未闭合。
import-no-position = 没有第 { $position } 个字段:每行有 { $fields } 个字段。位置从 1 起计。
import-no-column = 文件中没有列 "{ $name }"。现有列:{ $known }
import-column-twice = 文件中有多个列 "{ $name }";请按位置指定:name = 3。
import-mark-count = 导入方案最多有 { $limit } 个标记。
import-mark-time = at 为时刻,如 "2026-05-01T08:00:12+08:00" 或现场时间 "2026-05-01 08:00:12",或自首行起的时长,如 "12.5 s"。
import-mark-outside = 标记 "{ $text }" 不在文件各行的时间范围内。
import-start = start 为时刻,如 "2026-05-01T08:00:00+08:00",或现场时间 "2026-05-01 08:00:00"。
import-start-missing = 此处须给出 start,即数值 0 或首行对应的时刻,如 "2026-05-01T08:00:00+08:00"。
import-start-misplaced = start 仅用于 "seconds"、"milliseconds" 和 every;此处各行自带时刻。
import-times = [import] 须给出 time 和 period(超过三个周期无数据即为间断),或给出 every 和 start。
import-time-format = format 为 "rfc3339"、"seconds"、"milliseconds"、"unix-seconds"、"unix-milliseconds",或日期时间格式,如 "%Y-%m-%d %H:%M:%S%.f"。
import-time-columns = 时刻由 1 至 { $limit } 列组成。
import-unreadable = 无法读取该文件:{ $why }
import-no-file = 这不是文件,而是目录、管道之类;导入须将文件读两遍。
import-not-csv = 这是 Parquet 文件;请在 [import] 下写 format = "parquet"。
import-not-parquet = 这不是可读取的 Parquet 文件:{ $why }
import-utf16 = 该文件为 UTF-16 编码;请另存为 UTF-8。
import-line-too-long = 有一行超过 { $limit } 字节;这是按行的文本文件吗?
import-head-too-long = 首行数据之前的内容超过 { $limit } 字节;请检查 header_lines。
import-parquet-kind = 列 "{ $name }" 既不是数值、时刻,也不是文本。
import-no-rows = 没有一行有 { $fields } 个字段:请检查 separator、header_lines 和 columns。
import-bad-time = "{ $text }" 不是所声明格式的时刻。若此类行不是数据行,请将其开头文字列为 comment。
import-skipped-time = "{ $text }" 在所声明的时区中不存在:时钟在此向前拨过。
import-time-range = "{ $text }" 超出 1678 至 2261 年的范围。
import-backwards = 时刻 { $time } 早于上一行的 { $before }。各行须按时间先后排列。
import-changed = 该文件在读取期间被改动;未导入任何内容。
import-not-plan = 该方案没有 [import];运行试验请用 `daq run`。
import-counts = 已导入 { $file }:{ $rows } 行,损坏 { $damaged } 行,{ $seconds } s。
import-first-damaged = 第一处损坏在第 { $line } 行;其内容记为间断。
import-unfinished = 最后一行没有行结束符,可能已被截断;未作为数据行。
import-digests = { $bytes } 字节,BLAKE3 { $blake3 },SM3 { $sm3 }
help-import = 将其他记录仪的 CSV 或 Parquet 文件转成试验文件。
help-arg-data = 其他记录仪的数据文件。
help-arg-mapping = 导入方案,含 [import] 与 [[column]] 的 TOML 文件。

## 仪表是否适合判据
fit-unbound = "{ $signal }"没有通道。请在 [roles] 中绑定:{ $role } = "…"。
fit-rate = "{ $signal }"每秒采样 { $given } 次,判据需要 { $wanted } 次。请每 { $period } 或更频繁地询问。
fit-rate-bus = "{ $signal }"在其总线上每秒约得 { $given } 个采样,判据需要 { $wanted } 个。请提高波特率,降低同一总线上其他设备的询问频率,或让该仪表独占一条总线。
fit-period-unknown = "{ $signal }"的采样周期未知,判据需要每秒 { $wanted } 次。请声明 `every` 或 `period`。
fit-gap = "{ $signal }"每 { $period } 采样一次,而一个采样只在 { $gap } 内有效:每个采样之后都有缺测。请每 { $gap } 或更频繁地询问。
fit-refresh = "{ $signal }"的仪表每 { $refresh } 才有一个新值,判据需要每 { $wanted } 一个。请使用刷新周期不超过 { $wanted } 的仪表。
fit-few-refreshes = "{ $signal }"的仪表每 { $interval } 才有一个新值,而所判定的过程为 { $window }。请使用刷新周期不超过 { $wanted } 的仪表。
fit-few-samples = "{ $signal }"每 { $interval } 采样一次,而所判定的过程为 { $window }。请每 { $wanted } 或更频繁地询问。
fit-event-period = 按"{ $signal }"确定的时间,其不确定度为 ±{ $uncertainty }(k = 2),事件最多晚记 { $late }:时限 { $limit } 之内,不超过 { $sure } 才有把握。请每 { $wanted } 或更频繁地询问。
fit-event-instrument = 按"{ $signal }"确定的时间,其不确定度为 ±{ $uncertainty }(k = 2),事件最多晚记 { $late }:时限 { $limit } 之内,不超过 { $sure } 才有把握。请使用刷新周期与响应时间不超过 { $wanted } 的仪表。
fit-event-both = 按"{ $signal }"确定的时间,其不确定度为 ±{ $uncertainty }(k = 2),事件最多晚记 { $late }:时限 { $limit } 之内,不超过 { $sure } 才有把握。请每 { $wanted } 或更频繁地询问,并使用刷新周期与响应时间不超过 { $wanted } 的仪表。
fit-event-mark = 人工标记的时刻不确定至 ±{ $mark }:时限 { $limit } 之内,不超过 { $sure } 才有把握。请由信号确定该事件的时刻;若标记时刻更准确,请用 `daq mark --uncertainty` 说明。
fit-uncertainty-needed = 判定规则需要"{ $signal }"的不确定度。请声明通道 { $channel } 的校准及其不确定度。
fit-uncertainty-unknown = 场景限定了"{ $signal }"的不确定度,而该值未知。请声明通道 { $channel } 的校准及其不确定度。
fit-uncertainty = "{ $signal }"的扩展不确定度至少为 { $is }(k = 2),场景允许 { $wanted }。请使用不超过 { $wanted } 的仪表。
fit-ratio = "{ $signal }"的测试不确定度比为 { $ratio }(U = { $is }),宜不小于 4。请使用 U 不超过 { $wanted } 的仪表,或使结果与两侧限值各保持 { $guard } 的距离。
fit-share = "{ $signal }"在限值 { $limit } 处的扩展不确定度为 { $is }。请使用 U 不超过 { $wanted } 的仪表,否则限值附近的结果只能有条件判定。
fit-range = "{ $signal }"的量程 { $low } 至 { $high } 不含限值 { $limit }。请使用其他量程的仪表。
fit-calibration-due = 校准 "{ $calibration }" 已于 { $due } 到期。请重新校准该仪表,或更换仪表。
