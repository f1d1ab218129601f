# Texts that a user reads, in English. zh.ftl holds the same keys.

## Documents: plans, profiles, scenarios
document-too-large = The document is larger than { $limit } bytes.
document-not-utf8 = The document is not UTF-8 text; save it as UTF-8.
document-wrong-form = { $detail }
document-bad-identifier = "{ $id }" is not an identifier: use 1 to 64 ASCII letters, digits, "_", "-" or ".", beginning with a letter or digit.
document-twice = "{ $id }" stands here for the second time; every id is used once.
document-bad-range = The range of "{ $id }" must be [low, high] with low < high.
document-bad-duration = Not a duration from 0 to { $limit }; write for example "100ms", "0.5 s", "20 min".
document-unknown-unit = The unit "{ $unit }" is not known. Known units: { $known }
document-unit-mismatch = The unit "{ $unit }" does not fit the quantity "{ $quantity }".
expression-too-long = An expression has at most { $limit } bytes.
expression-too-deep = An expression is nested at most { $limit } deep.
expression-wrong-form = "{ $text }" can't be read from position { $position } on; write for example "0.7 * rated_flow" or "1.03 MPa".
expression-unknown-name = "{ $name }" is not a name that may stand here.
expression-unknown-function = "{ $name }" is not a function; there are abs, sqrt, min and max.
expression-mismatch = The units do not fit: { $left } where { $right } is needed.
expression-odd-root = There is no square root of the dimension { $dimension }.
expression-not-finite = The value is not a finite number.
condition-wrong-form = "{ $text }" is not a condition; write a signal, a comparison and a limit, as in "flow >= 0.7 * rated_flow".

## Device profiles
profile-point-count = A profile has 1 to { $limit } points.
profile-needs-modbus = A profile of the dialect "modbus" needs a [modbus] table.
profile-modbus-misplaced = A [modbus] table stands only in profiles of the dialect "modbus".
profile-address-base = address_base is 0 (as on the wire) or 1 (as in many manuals).
profile-max-registers = max_registers is 1 to { $limit }.
profile-needs-frame = A profile of the dialect "sync-sum" needs a [frame] table with sync and length.
profile-frame-misplaced = A [frame] table stands only in profiles of the dialect "sync-sum".
profile-frame-length = The length of a frame is 4 to { $limit } bytes, with sync and sum.
profile-bad-number = The numbers of point "{ $point }" must be finite and its scale not zero.
profile-foreign-key = Point "{ $point }" has the key "{ $key }", which this dialect does not know.
profile-missing-key = Point "{ $point }" needs the key "{ $key }".
profile-bad-address = The registers of point "{ $point }" do not lie within 0 to 65535, as on the wire.
profile-bad-offset = The bytes of point "{ $point }" do not lie between the identifier and the sum of the frame.
profile-type-not-implemented = Point "{ $point }": registers and frames hold u16, i16, u32, i32 or f32.

## Plans
plan-missing = There is no plan.
plan-unknown-zone = "{ $zone }" is not an IANA time zone; write for example "Asia/Shanghai".
plan-unknown-scenario = The scenario "{ $name }" is neither shipped (see `daq scenarios`) nor a file that can be read.
plan-unknown-profile = The profile "{ $name }" is neither shipped (see `daq devices`) nor a file that can be read.
plan-link-count = A plan has 1 to { $limit } links.
plan-device-count = A plan has 1 to { $limit } devices.
plan-channel-count = A plan has at most { $limit } channels.
plan-line-twice = The links "{ $link }" and "{ $other }" name the same serial port.
plan-unknown-link = There is no link "{ $link }". Links of this plan: { $known }
plan-stream-has-no-unit = Device "{ $device }" sends by itself: it has no unit, timeout or listen.
plan-stream-needs-serial = Device "{ $device }" sends by itself and needs a link of kind "serial".
plan-listen-needs-serial = Device "{ $device }" is listened to and needs a link of kind "serial".
plan-every-missing = Device "{ $device }" is polled and needs every = "100ms" or the like; "0s" is back to back.
plan-every-misplaced = Device "{ $device }" is not polled; remove every.
plan-period-misplaced = Device "{ $device }" is polled; its period is given by every.
plan-bad-unit = The unit of device "{ $device }" must be 1 to 247 on a serial bus.
plan-mixed-link = Link "{ $link }" may be polled, or listened to, or carry one stream; not two of these.
plan-unit-twice = Two devices on link "{ $link }" have the unit { $unit }.
plan-unknown-point = "{ $point }" is not a point; write device.point.
plan-unknown-role = The scenario has no role "{ $role }". Its roles: { $known }
plan-unknown-channel = There is no channel "{ $channel }".
plan-role-quantity = Role "{ $role }" needs the quantity { $wanted }, but channel "{ $channel }" measures { $found }.
plan-unknown-parameter = The scenario has no parameter "{ $name }". Its parameters: { $known }
plan-parameter-origin = Parameter "{ $name }": from is "nameplate", "customer" or "standard".
plan-parameter-missing = The scenario needs the parameter "{ $name }"; add it below [parameters] with a value in { $unit } and its origin.
plan-link-key-missing = Link "{ $link }" needs the key "{ $key }".
plan-link-key-misplaced = Link "{ $link }" has the key "{ $key }", which its kind does not know.
plan-bad-baud = The baud of link "{ $link }" is 50 to 4000000.
plan-bad-frame = The frame of link "{ $link }" is written as "8N1", "8E1", "7E2" and the like.
plan-bad-address = The address of link "{ $link }", "{ $address }", is not IP:port; names are not resolved.

## Scenarios
scenario-item-count = A scenario has at least one criterion, and at most { $limit } of each kind of item.
scenario-bad-name = "{ $id }" can't be a name in expressions: use ASCII letters, digits and "_", beginning with a letter.
scenario-bad-rate = The min_rate_hz of "{ $id }" must be above 0.
scenario-unknown-phase = Criterion "{ $id }" names the phase "{ $phase }", which does not exist.
scenario-bad-coverage = min_coverage is 0 to 1.
scenario-hold-needs-end = A hold needs low or high or both.
scenario-bad-trigger = A trigger is either {"{"} mark = "…" {"}"} or {"{"} when = ["…"], for = "2 s" {"}"}.
scenario-condition-count = One to eight conditions stand together.
scenario-unknown-signal = "{ $name }" is neither a role nor a derived channel of this scenario.
