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
expression-unknown-function = "{ $name }" is not a function; there are abs, sqrt, min, max, and over time mean, median, rms, lowest, highest, peak_to_peak, integral, rate, frequency, ground_speed and ground_track.
expression-mismatch = The units do not fit: { $left } where { $right } is needed.
expression-kinds = The kinds do not fit: { $left } where { $right } is needed.
expression-over-time-misplaced = A function over time stands in a derived channel or a formula, not in a limit.
expression-window-varies = The window (argument { $window }) is a time over parameters; no signal may stand in it.
expression-odd-root = There is no square root of the dimension { $dimension }.
expression-not-finite = The value is not a finite number.
condition-wrong-form = "{ $text }" is not a condition; write a signal, a comparison and a limit, as in "flow >= 0.7 * rated_flow".

## Device profiles
profile-point-count = A profile has 1 to { $limit } points.
profile-needs-modbus = A profile of the dialect "modbus" needs a [modbus] table.
profile-modbus-misplaced = A [modbus] table stands only in profiles of the dialect "modbus".
profile-address-base = address_base is 0 (as on the wire) or 1 (as in many manuals).
profile-max-registers = max_registers is 1 to { $limit }.
profile-needs-frame = A profile of the dialect "sync-sum" needs a [frame] table with sync and length, and nothing else.
profile-frame-misplaced = A [frame] table stands only in profiles of the dialects "sync-sum" and "frame".
profile-frame-length = The length of a frame is 4 to { $limit } bytes, with sync and sum.
profile-bad-number = The numbers of point "{ $point }" must be finite and its scale not zero.
profile-foreign-key = Point "{ $point }" has the key "{ $key }", which this dialect does not know.
profile-missing-key = Point "{ $point }" needs the key "{ $key }".
profile-bad-address = The registers of point "{ $point }" do not lie within 0 to 65535, as on the wire.
profile-bad-offset = The bytes of point "{ $point }" do not lie between the identifier and the sum of the frame.

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
plan-stream-has-no-unit = Device "{ $device }" speaks no Modbus: it has no unit and no listen, and a timeout only if it is asked.
plan-stream-needs-serial = Device "{ $device }" speaks no Modbus and needs a link of kind "serial" or "bytes-over-tcp".
plan-listen-needs-serial = Device "{ $device }" is listened to and needs a link of kind "serial".
plan-every-missing = Device "{ $device }" is polled and needs every = "100ms" or the like; "0s" is back to back.
plan-every-misplaced = Device "{ $device }" is not polled; remove every.
plan-period-misplaced = Device "{ $device }" is polled; its period is given by every.
plan-bad-unit = The unit of device "{ $device }" must be 1 to 247 on a serial bus.
plan-mixed-link = Link "{ $link }" may be polled, or listened to, or carry one stream; not two of these.
plan-unit-twice = Two devices on link "{ $link }" have the unit { $unit }.
plan-unknown-point = "{ $point }" is not a point; write device.point.
plan-unknown-role = The scenario has no role "{ $role }". Its roles: { $known }
plan-reading-role = Role "{ $role }" is read by a person and has no channel; enter readings with daq amend.
plan-unknown-channel = There is no channel "{ $channel }".
plan-role-quantity = Role "{ $role }" needs the quantity { $wanted }, but channel "{ $channel }" measures { $found }.
plan-unknown-parameter = The scenario has no parameter "{ $name }". Its parameters: { $known }
plan-parameter-origin = Parameter "{ $name }": from is "nameplate", "customer" or "standard".
plan-parameter-missing = The scenario needs the parameter "{ $name }"; add it below [parameters] with a value in { $unit } and its origin.
plan-link-key-missing = Link "{ $link }" needs the key "{ $key }".
plan-link-key-misplaced = Link "{ $link }" has the key "{ $key }", which its kind does not know.
plan-bad-baud = The baud of link "{ $link }" is 50 to 4000000.
plan-bad-frame = The frame of link "{ $link }" is written as "8N1", "8E1", "7E2" and the like.
plan-bad-address = The address of link "{ $link }", "{ $address }", is not an IP address with a port, such as 192.168.1.10:502; names are not resolved.

## Scenarios
scenario-item-count = A scenario has at least one criterion, and at most { $limit } of each kind of item.
scenario-bad-name = "{ $id }" can't be a name in expressions: use ASCII letters, digits and "_", beginning with a letter.
scenario-bad-rate = The min_rate_hz of "{ $id }" must be above 0.
scenario-unknown-phase = Criterion "{ $id }" names the phase "{ $phase }", which does not exist.
scenario-bad-coverage = min_coverage is 0 to 1.
scenario-hold-needs-end = A hold needs low or high or both.
scenario-bad-trigger = A trigger is {"{"} mark = "…" {"}"}, {"{"} when = ["…"], for = "2 s" {"}"} or {"{"} event = "…" {"}"}; a phase may also begin or end {"{"} at = "10 min" {"}"}, and end {"{"} after = "20 min" {"}"}.
scenario-condition-count = One to eight conditions stand together.
scenario-unknown-signal = "{ $name }" is neither a role nor a derived channel of this scenario.
scenario-unknown-event = The scenario has no event "{ $event }"; define it with [[event]].
scenario-unknown-criterion = The scenario has no criterion "{ $id }".
scenario-guard-factor = guard_factor is a number of at least 0.
scenario-verified-by-whom = A limit whose status is verified says by whom (verified_by) and when (verified_on, YYYY-MM-DD).
scenario-bad-repeats = The repeats of criterion "{ $id }": count is 1 to { $limit }, need is 1 to count; with an aggregate (min, max, mean, spread) need is left out.
scenario-bad-filter = The filter of criterion "{ $id }" takes 2 to { $limit } samples.
scenario-unknown-level = "{ $level }" is no level; there are min, max, mean, p05, p95, initial, final, "mean first 10 s", "mean last 10 s", "after 60 s" and "at EVENT".
scenario-limits-form = Limits are compare with limit, or low, high or both (ends included).
scenario-allowance-form = An allowance has limit (absolute) or relative; with both it says combine = "max" or "sum", else it has no combine.
scenario-drop-form = A drop ends after over, or at the level to, not both.
scenario-drift-form = A drift has measure = "slope", or measure = "difference" with over, the time of the means at both ends.
scenario-excursion-form = An excur needs above or below or both.
scenario-any-of = An any_of has 2 to { $limit } operators, and no any_of among them.
scenario-no-rounding = The result of "{ $operator }" is no number that could be rounded.

## Viewer: start and errors
viewer-error = viewer: { $detail }
trial-file-io = { $path } can't be read: { $why }
trial-file-foreign = { $path } is not a trial file: { $why }. Give the .h5 file of a trial.
trial-file-newer = { $path } has layout version { $found }; this build reads up to { $known }. Use a newer one.
trial-file-damaged = The trial file is not what its layout promises: { $why }
trial-file-refused = { $object } in the trial file was refused, and nothing was read from the file: { $why }. Trial files that this program writes have no such thing: take the file from its source anew, and don't trust this copy.
trial-file-reader = The process that reads { $path } failed, and was ended: { $why }. The file is damaged or made to do harm: take it from its source anew, and don't trust this copy.
refused-soft-link = it is a soft link
refused-external-link = it is a link into another file
refused-unknown-link = it is a link of an unknown kind
refused-name = a member has a name that is no text, or is too long
refused-group-twice = this group is reached by two ways, as in a cycle
refused-too-deep = groups lie within one another more than { $limit } deep
refused-too-many-objects = the file has more than { $limit } objects
refused-unknown-object = it is neither a group nor a dataset
refused-external-storage = its data lie in other files
refused-virtual-dataset = it is put together from other datasets
refused-filter = it needs filter { $found }, which this program does not take
refused-rank = it has { $found } dimensions; { $limit } is the most
refused-declared-bytes = it declares { $found } bytes; a file of this length can hold { $limit } at most
refused-chunk-bytes = its chunks have { $found } bytes; { $limit } is the most
refused-element-type = its elements are neither numbers nor rows of numbers
refused-attribute-bytes = it has an attribute of { $found } bytes; { $limit } is the most
refused-too-many-attributes = it has { $found } attributes; { $limit } is the most
refused-attribute-type = it has an attribute that is neither a text nor a number
reader-killed = signal { $signal } ended it
reader-ended = it ended without an answer
reader-too-slow = it did not answer within { $seconds } s
reader-nonsense = it answered something else than was asked
viewer-no-display = There is no display. On a machine without one: xvfb-run -a viewer …
viewer-no-window = The window can't be opened: { $why }. Without a graphics display or driver: xvfb-run -a viewer …
viewer-bad-size = "{ $text }" is not a size; write WIDTHxHEIGHT in pixels, each { $low } to { $high }, such as 1280x800.
viewer-bad-language = "{ $text }" is not a language; write zh or en.
viewer-bad-time = "{ $text }" is not a time from the start of the trial; write for example "12.5s" or "3min".
viewer-unknown-criterion = There is no finding on the criterion "{ $id }". Criteria of this file: { $known }
viewer-wrong-picture-size = The window system gave { $found } pixels instead of { $wanted }. Try: xvfb-run -a -s "-screen 0 { $wanted }x24" viewer …
viewer-picture-not-written = The picture { $path } can't be written: { $why }
viewer-no-picture = The window was closed before the picture was taken.

## Viewer: header
viewer-title = Replay – { $trial }
viewer-run = run { $number }
viewer-origin-simulated = SIMULATED
viewer-origin-replayed = REPLAYED
viewer-origin-imported = IMPORTED
viewer-unsealed = unsealed
viewer-unsealed-hint = The file carries no signature: damage can be found, forgery can't.
viewer-incomplete = no end recorded
viewer-no-findings = The file holds no findings. `daq evaluate FILE` judges it.

## Viewer: verdicts
viewer-verdict-pass = Pass
viewer-verdict-conditional-pass = Conditional pass
viewer-verdict-conditional-fail = Conditional fail
viewer-verdict-fail = Fail
viewer-verdict-inconclusive = Inconclusive
viewer-verdict-not-exercised = Not exercised
viewer-verdict-not-applicable = Not applicable
viewer-verdict-not-tested = Not tested
viewer-verdict-error = Evaluation error
viewer-findings = Findings
viewer-class = class { $class }
viewer-mandatory = mandatory
viewer-optional = optional
viewer-measured = Measured
viewer-limit = Limit
viewer-margin = Margin
viewer-margin-in-u = in U
viewer-cause = Undecided
viewer-precondition = precondition
viewer-unbounded = open
viewer-not-told = –
viewer-coverage = { $percent } % observed
viewer-status-verified = verified
viewer-status-declared = declared
viewer-status-illustrative = illustrative
viewer-evidence = evidence { $number } of { $count }

## Viewer: lanes
viewer-reduced = reduced: { $samples } samples
viewer-computed = computed
viewer-no-data = no data
viewer-unreadable = can't be read: { $why }
quality-good = good
quality-stale = repeated
quality-out-of-range = out of range
quality-sentinel = marked as no value
quality-device-error = device error { $code }
quality-not-finite = not a number
quality-flagged = flagged by the device
quality-corrupt = not in its declared form
quality-unscaled = scaling register not read
quality-counter-reset = counter was reset
viewer-flaws-hidden = gaps or values that are not good; zoom in
gap-refused = refused by the device, exception { $code }
gap-timeout = no answer in time
gap-overrun = no room in the schedule
gap-link-down = link down
gap-backed-off = left out, device is silent
gap-wrong-unit = answer of another unit
gap-wrong-transaction = answer to another request
gap-wrong-function = answer of another function
gap-wrong-count = wrong number of registers
gap-corrupt = damaged answer
gap-run-ended = the run ended
gap-stalled = the station stood still
gap-foreign-traffic = another master on the bus
gap-silence = silence
gap-skipped = bytes that are no frame
gap-stopped = acquisition not running
gap-unknown = unknown cause ({ $name })
viewer-gap-at = Gap: { $cause }, { $duration }
viewer-gaps-more = and { $count } more here
viewer-mark-at = Mark { $number } by { $by }: { $text }, ± { $uncertainty }
viewer-phase-incomplete = { $title } (the recording ended in it)
viewer-phases = Phases
viewer-marks = Marks
viewer-axis-seconds = Trial time, s
viewer-axis-clock = Trial time, h:mm:ss
viewer-axis-wall = Site time, { $offset }

## Viewer: foot
viewer-cursor = Cursor
viewer-at-cursor = at cursor
viewer-cursor-none = Click into the lanes to place the cursor.
viewer-keys = Wheel: zoom · drag: pan · Shift+drag: zoom to box · double click: all · N/P: findings · L: 中文

## Verdicts: reasons and headlines
verdict-limit-not-finite = The scenario's "{ $what }" has no usable value with the parameters of this plan.
verdict-parameter-missing = The parameter "{ $name }" has no value.
verdict-role-not-bound = The plan binds no channel to: { $roles }.
verdict-phase-never-came = The phase "{ $phase }" never came.
verdict-phase-open = The recording ends before the phase does.
verdict-occurrence = Occurrence { $number } of { $count }.
verdict-too-many-occurrences = The phase came more than { $limit } times; the rest is not judged.
verdict-too-many = More than { $limit } samples would have to be kept at a time.
verdict-bad = "{ $signal }" had values that may not be judged for up to { $seconds } s, from { $start } s on; what was not observed could change the result.
verdict-gap = "{ $signal }" was not observed for up to { $seconds } s, from { $start } s on; what was not observed could change the result.
verdict-coverage-short = Only { $share } % of the time was observed; { $least } % is needed.
verdict-bound = { $level } of "{ $signal }": { $value }; required { $limit }.
level-min = Smallest value
level-max = Largest value
level-mean = Mean over time
level-p05 = 5th percentile
level-p95 = 95th percentile
level-initial = Initial value
level-final = Final value
level-mean-first = Mean of the first { $seconds } s
level-mean-last = Mean of the last { $seconds } s
level-after = Value after { $seconds } s
level-at = Value at the event
verdict-raw = Without the filter: { $value }.
verdict-uncertainty = U = { $u } (k = { $k }).
verdict-uncertainty-unknown = The decision rule needs the uncertainty, and none is known: declare the calibration of every instrument of this criterion.
verdict-bad-value = "{ $signal }" had a value that may not be judged at { $start } s.
verdict-not-observed = "{ $signal }" was not observed at { $start } s.
verdict-phase-short = The phase is too short for it.
verdict-never-settled = The phase was over before its settling time was.
verdict-does-not-apply = Does not apply to an item with these parameters.
verdict-event-never-came = The event did not come during the phase.
verdict-step-uncertain = When the event came, or whether, was not observed.
verdict-no-reference = The value before the step was not observed.
verdict-no-rated-value = What 100 % is comes out as 0: give "rated".
verdict-drop = "{ $signal }" changed by { $change } ({ $earlier }: { $before }; { $later }: { $after }); permitted { $limit }.
verdict-excursion-up = Largest deviation of "{ $signal }" upwards: { $value }; permitted { $limit }.
verdict-excursion-down = Largest deviation of "{ $signal }" downwards: { $value }; permitted { $limit }.
verdict-recovery = Back in the band to stay after { $time }; permitted { $limit }.
verdict-accumulated = "{ $signal }" adds up to { $value }; required { $limit }.
verdict-totaliser-fell = The totaliser fell meanwhile: it was reset, and its difference says nothing.
verdict-error-of-reference = Error { $error } (indicated { $item }, reference { $reference }); permitted { $limit }.
verdict-cycles = { $count } correct cycles, { $failed } failed, { $unsure } not wholly observed; required { $needed }, none failing.
verdict-drift = "{ $signal }" drifted by { $value }; permitted { $limit } either way.
verdict-motion = Measured over ground: { $value }; required { $limit }.
verdict-condition-alone = "{ $signal }" { $limit } held for { $held } at the longest; its most favourable value was { $best }.
verdict-formula = Margin of the formula: { $low } to { $high }.
verdict-formula-unobserved = What was not observed could change the result.
verdict-formula-idle = The condition in front of "->" was never seen to hold: nothing was put to the test.
verdict-interval-empty = An interval of the formula ends before it begins.
verdict-alternative = Alternative { $number } of { $count }.
verdict-no-alternative = There is no alternative to judge.
verdict-no-reading = Nobody has entered a reading of "{ $role }"; enter it with daq amend.
verdict-reading = Reading of "{ $role }": { $value } (instrument { $instrument }); required { $limit }.
verdict-no-statement = Nobody has stated it; enter the statement with daq amend, or set the mark "witness CRITERION yes" during the trial.
verdict-stated-true = Stated as true: { $statement } ("{ $words }"; { $attachments } attachments).
verdict-stated-false = Stated as not true: { $statement } ("{ $words }"; { $attachments } attachments).
verdict-n-of-m = { $passed } of { $count } met; { $need } needed.
verdict-least-of = Smallest of { $count }: { $value }; required { $limit }.
verdict-most-of = Largest of { $count }: { $value }; required { $limit }.
verdict-mean-of = Mean of { $count }: { $value }; required { $limit }.
verdict-spread-of = Spread of { $count }: { $value }; required { $limit }.
verdict-too-few = { $found } occurrences of { $count } that are asked for.
verdict-nothing-to-aggregate = No occurrence has a result that could be taken together with others.
verdict-precondition-unmet = Not judged: the precondition "{ $precondition }" is not met, or undecided. It counts again once a deviation from it is recorded with the customer's consent.
verdict-precondition-consented = The precondition "{ $precondition }" is not met; judged by recorded deviation with the customer's consent.
verdict-calibration-due = The calibration of the instrument of "{ $signal }" was due on { $due }, before the trial.
verdict-sensor-rebound = "{ $signal }" was bound to another sensor meanwhile.
verdict-failed-check = The instrument of "{ $signal }" failed its check after the trial.
verdict-unfit-rate = "{ $signal }" was sampled { $given } times a second by the plan, the scenario asks for { $wanted }.
verdict-unfit-refresh = The instrument of "{ $signal }" has a new value every { $refresh }, the scenario asks for one every { $wanted }.
verdict-unfit-uncertainty = "{ $signal }" has an uncertainty of { $is } at best, the scenario allows { $wanted }.
verdict-headline-conforms = Conforms to { $standard }: all mandatory criteria are met.
verdict-headline-conforms-conditionally = Conforms to { $standard }, some criteria within the guard band.
verdict-headline-does-not-conform = Does not conform to { $standard }: mandatory criteria are not met.
verdict-headline-undecided = No decision on { $standard }: mandatory criteria are undecided.
verdict-headline-tolerated = Criteria not met within what the roll-up allows: { $count }.
verdict-headline-retest = A retest with a sample of twice the size is allowed.
verdict-held = Held without a break for { $held }; required { $needed }.
verdict-hold-worst = Least favourable value of "{ $signal }" in the best stretch of that length: { $value }.
verdict-ripple = Largest peak-to-peak value of "{ $signal }" in a window: { $value } of the nominal value; permitted { $limit }.
verdict-ripple-short = The phase is shorter than the window.
verdict-timeto = It took { $elapsed }; permitted { $limit }.
verdict-timeto-near = With the time uncertainty of marks and samples it took { $least } to { $most }; the decision rule is applied to the measured time.
verdict-timeto-latency = Known latencies of the instruments are taken off: { $first } of the first event, { $second } of the second.
verdict-timeto-not-reached = Not reached within { $waited }; permitted { $limit }.
verdict-timeto-no-start = The first event never came.
verdict-headline-pass = All mandatory criteria are met.
verdict-headline-conditional = All mandatory criteria are met, some within the guard band.
verdict-headline-fail = Mandatory criteria are not met.
verdict-headline-inconclusive = No decision: mandatory criteria are undecided.
verdict-headline-declared-pass = Result against declared values: all mandatory criteria met. Some limits are illustrative - replace with the edition in force.
verdict-headline-declared-conditional = Result against declared values: all mandatory criteria met, some within the guard band. Some limits are illustrative - replace with the edition in force.
verdict-headline-declared-fail = Result against declared values: mandatory criteria not met. Some limits are illustrative - replace with the edition in force.
verdict-headline-declared-inconclusive = Result against declared values: no decision. Some limits are illustrative - replace with the edition in force.

## Daemon: links and start
link-refused = Link "{ $link }": { $address } can't be reached ({ $why }). Check cable, address and port.
link-port-missing = Link "{ $link }": there is no port { $port }. Check the cable; `ls -l /dev/serial/by-id` lists what is plugged in.
link-port-busy-or-missing = Link "{ $link }": the port { $port } is missing or used by another program ({ $why }).
link-port-permission = Link "{ $link }": the port { $port } may not be opened. It belongs to the group { $group }; run `sudo usermod -aG { $group } $USER` and log in again.
link-port-trouble = Link "{ $link }": the port { $port } can't be opened ({ $why }).
plan-unreadable = The plan can't be read: { $why }.
plan-overbooked = Link "{ $link }" can't carry the plan: its polls take { $share } % of the wire. It asks for { $polls } polls/s, { $possible } polls/s are possible. Poll less often, raise the baud or split the bus.
plan-rts-not-implemented = Link "{ $link }": rts = true is not supported by this version; use an adapter that switches by itself.
run-disk-too-full = { $folder } has { $free } MB free; { $needed } MB are needed for { $minutes } min. Make room, choose another folder with --out, or declare a shorter time with --for.
run-recover-hint = What was acknowledged is safe. Run: daq recover { $folder }
run-failed = The run ended because of trouble: { $why }. What was recorded until then is in { $file }.
run-started = { $trial } run { $run } is being recorded into { $folder }. Enter or "m TEXT" marks; Ctrl-C ends in order.
run-file = Trial file:
demo-about = A fire pump on a simulated test tank, about 35 s, with injected faults. Plan: { $plan }
demo-next =
    Next:
      viewer { $file }
      daq evaluate { $file }
      daq verify { $file } --trust { $key }
status-line = { $seconds } s · records { $written } · safe { $safe } · not yet safe { $unsafe } · recorder lags { $lag } · { $megabytes } MB · queue peak { $queue }
status-device =   { $device } { $rate } rows/s · latency { $latency } ms · gaps { $gaps }

## Daemon: control
control-marked = Mark { $number } is set.
control-ending = The trial is being ended.
control-abort-reason = An abort needs a reason: --reason "…"
control-not-running = Trial { $trial } is not running: { $why }
control-no-run = There is no running trial { $trial } below { $folder }. Name its output folder with --out.
control-refused = Not done: { $why }

## Files
verdict-pass = pass
verdict-conditional-pass = conditional pass
verdict-conditional-fail = conditional fail
verdict-fail = fail
verdict-inconclusive = inconclusive
verdict-not-exercised = not exercised
verdict-not-applicable = not applicable
verdict-not-tested = not tested
verdict-error = evaluation error
findings-by = by scenario { $scenario }, edition { $edition }
findings-class = class { $class }
findings-met = { $count } met
findings-failed = { $count } not met
findings-undecided = { $count } undecided
findings-not-applicable = { $count } not applicable
findings-no-retest = No retest is allowed.
findings-retest-double = Retest: a sample of twice the size is allowed.
findings-criteria = Criteria
findings-preconditions = Preconditions
finding-occurrence = occurrence { $number }
finding-mandatory = mandatory
finding-optional = optional
finding-not-counted = counted together with the other occurrences
finding-undecided = undecided
finding-measured = measured
finding-raw = without filter
finding-limit = limit
finding-source = source
finding-margin = margin
finding-uncertainty = uncertainty
finding-u = U = { $value } (k = { $k })
finding-u-unknown = not known
finding-probability = p_c
finding-rule = decision rule
finding-guard = { $rule }, w = { $factor } U
finding-judged = judged over
finding-evidence = evidence
finding-more-evidence = and { $count } more
finding-reason = reason
cause-gap = a gap in the recording
cause-bad-quality = values that may not be judged
cause-too-short = a recording or phase that is too short
cause-precondition = a precondition that is not met, or undecided
cause-instrument-unfit = an instrument that can't decide it
cause-calibration-out-of-date = a calibration that was due before the trial
cause-sensor-rebound = a sensor that was changed meanwhile
cause-failed-post-check = an instrument that failed its check after the trial
cause-uncertainty-unknown = an uncertainty that is not known
cause-too-few = too few occurrences
rule-simple-acceptance = simple acceptance
rule-guard-band = guard band
rule-four-zones = four zones
rule-commission = as agreed in the commission
source-verified-by = verified by { $by } on { $on }
basis-restated = read in a public copy or restatement
basis-unread = general knowledge, the text was not read
basis-example = example value
evaluate-no-amendments = Amendments: none used.
evaluate-amendments = Amendments used: { $used } of { $of } (signed by a trusted key { $trusted }, by an unknown key { $unknown }, not signed { $unsigned }).
evaluate-amendments-broken = The amendments { $file } do not check at number { $number }; what a broken chain says does not count. Restore the file from a copy, or judge without it: --amendments 0
evaluate-too-few-amendments = There are { $of } amendments, not { $wanted }; see: daq amend FILE list
evaluate-calibrations-unreadable = The calibrations { $file } can't be read: { $why }
evaluate-recalibrated = RECALIBRATED: the values of { $channel } were worked out anew from its raw numbers by calibration { $calibration }, certificate { $certificate } instead of { $before }.
evaluate-compared = Before (scenario { $scenario }, edition { $edition }, as recorded) and now:
evaluate-as-of = AS OF { $time } of the trial: judged as if the recording had ended there.
timeline-from = from
timeline-stood = what stood
timeline-margin = margin
timeline-cut-short = There were more than { $limit } changes; what came behind them is not told.
compared-criterion = criterion
compared-before = before
compared-after = now
compared-changed = CHANGED
compared-missing = –
compared-sum = { $changed } of { $count } verdicts changed.
recalibrate-unknown = The plan has no calibration "{ $id }"; it has: { $known }
recalibrate-other-unit = Calibration "{ $id }" gives another quantity or unit than the plan's own; give it the same.
recalibrate-not-alone = Values of { $channel } are made of more than its raw number (registers that scale it, or a totaliser's count); they can't be recalibrated.
scenario-family = family
scenario-cluster = product cluster
scenario-edition = edition
scenario-standard = standard
scenario-no-standard = none: no conformity with a standard is stated
scenario-conclusion = conclusion
scenario-all-mandatory = all mandatory criteria must be met
scenario-allowed = all mandatory criteria must be met; of the others { $a } of class A, { $b } of class B, { $c } of class C may fail.
scenario-roles = Roles (signals and readings)
scenario-parameters = Parameters
scenario-derived = Derived channels
scenario-phases = Phases
scenario-preconditions = Preconditions
scenario-criteria = Criteria
scenario-reading = read by a person
scenario-rate = at least { $rate } Hz
scenario-max-u = U at most { $value } (k = 2)
scenario-refresh = a new value every { $ms } ms
scenario-from-plan = from the plan, { $unit }
scenario-phase = phase { $phase }
scenario-illustrative = Illustrative limits: 示例值,须以现行有效版本标准替换 / illustrative - replace with the edition in force
family-earthquake-and-geology = Earthquakes and geological disasters
family-flood = Floods
family-urban-flood = Urban waterlogging
family-ice-and-snow = Ice and snow
family-forest-fire = Forest and grassland fires
family-urban-fire = Fires in special urban places
family-hazardous-chemicals = Accidents with hazardous chemicals
family-mine-and-tunnel = Accidents in mines and tunnels
family-emergency-medical = Emergency medical rescue
family-household = Household emergencies
family-empty = no scenario yet
cluster-fire-rescue = fire and rescue equipment
cluster-rescue-tools = rescue tools
cluster-medical-relief = medical relief products
cluster-emergency-support = emergency support products
cluster-digital-security = digital security
limit-verified = verified
limit-declared = declared
limit-illustrative = illustrative - replace with the edition in force
origin-live = live
origin-simulated = SIMULATED
origin-replayed = REPLAYED
origin-imported = IMPORTED
info-head =
    { $trial } run { $run } · { $title }
    origin { $origin } · start { $start } · { $seconds } s
    software { $software } · end { $end }
    gaps { $gaps } · marks { $marks } · events { $events }
info-device = { $device }: { $requested } polls = { $answered } answered + { $refused } refused + { $missed } missed
info-link = { $link }: { $received } bytes = { $framed } framed + { $skipped } skipped; not kept { $discarded }; sent { $sent }; pairs { $pairs } (writes { $writes }), unanswered { $unanswered }, orphans { $orphans }, stream frames { $stream }, registers outside profiles { $unmapped }
evaluate-scenario-unreadable = The scenario { $file } can't be read: { $why }.
verify-altered = { $file }: ALTERED or damaged:
recover-done = { $run }: recovered { $records } records into { $file } ({ $cut } bytes of a torn tail were cut).
recover-failed = { $run }: not recovered: { $why }
recover-nothing-recorded = { $run }: the daemon had stopped before anything was recorded; its end is in the ledger.
recover-nothing = { $folder } holds no unfinished run.
catalogue-unknown = There is no "{ $id }"; `{ $command }` lists what there is.
catalogue-like = There is no "{ $id }". Like it: { $like }
check-in-order = { $trial } is in order: scenario { $scenario }, { $channels } channels.
check-requests = Requests (link, device, function, registers, period, time on the wire):
check-back-to-back = back to back
check-buses = Buses (share of the wire, polls/s):
check-fit = Fit for the criteria (verdict, criterion; beneath it what to change):
check-fit-yes = fit
check-fit-reserve = reserve
check-fit-no = UNFIT
check-fit-people = people
check-fit-not-applicable = n/a

## Help
help-about = Acquires field trials of rescue equipment and judges them.
help-demo = Run a whole trial against simulated equipment.
help-check = Check a plan: documents, requests, what they take of each bus.
help-run = Run a trial.
help-mark = Set a mark in a running trial.
help-end = End a running trial in order.
help-abort = Give a running trial up.
help-info = Show what a trial file holds.
help-evaluate = Judge a trial file against its scenario or another.
help-verify = Derive a trial file anew from its journal and compare.
help-recover = Finish the runs whose daemon died.
help-scenarios = List the scenarios, or show one.
help-devices = List the device profiles, or show one.
help-completions = Print a completion script for a shell.
help-arg-lang = Language: zh or en.
help-arg-version = Print the versions of software and formats.
help-arg-out = Output folder.
help-arg-format = text for people, json for programs.
help-arg-plan = The plan, a TOML file.
help-arg-for = Time after which the run ends by itself, such as 20min.
help-arg-spare = Folder on a second disk; the journal goes on there if the first disk fails.
help-arg-resume = Go on with the unfinished run of the plan, as the same run.
help-arg-text = Text of the mark; a phase of the scenario begins with its mark's text.
help-arg-trial = Id of the trial.
help-arg-uncertainty = Time uncertainty of the mark; 0.3 s unless given.
help-arg-corrects = Number of the mark that this one restates.
help-arg-retract = Only take the corrected mark back.
help-arg-reason = Why.
help-arg-file = A trial file.
help-arg-scenario = Another scenario: an id of the catalogue, or a TOML file.
help-arg-amendments = Use the first N amendments beside the file; 0 none. All where this is not given.
help-arg-calibrations = A document of [[calibration]] tables, as in a plan: values are worked out anew from the raw numbers.
help-arg-judge-reason = Keeps the evaluation by another scenario as a signed amendment, for this reason.
help-arg-judge-at = Judge as if the recording had ended at this time of the trial, such as 12.5s or 3min.
help-arg-timeline = Tell what stood of every criterion, and from when on.
help-arg-schema = Prints the JSON schema of what --format json gives.
help-arg-folder = An output folder, or the folder of one run.
help-arg-id = Id of the document to show.
help-arg-shell = The shell.

## Device profiles: requests
profile-wide-point = Point "{ $point }" takes more registers than max_registers lets one request read; a value is never read in two pieces.

## Trial files and runs
trial-file-not-plain = it is not a plain file
trial-file-too-short = it is too short
trial-file-no-mark = it does not begin with the mark of a trial file
trial-file-unknown-seal = its seal has an unknown state
evidence-locked = { $path } is in use by process { $holder }; end that one first.
evidence-exists = { $path } exists already and is not overwritten.
evidence-no-resume = The run in { $path } has not begun, or has ended; finish it with `daq recover`.
run-resume-one = There is not exactly one unfinished run of { $trial } in { $folder }; only one that a crash cut can go on.
run-resume-differs = The plan, scenario, profiles or requests are not those with which { $run } began. A run goes on with the very same documents; finish it with `daq recover` and start a new one.
run-resume-not-live = The run began on real equipment and can't go on on this: { $why }
run-leftover-large = { $run } is unfinished and large; it is left as it is. Finish it with `daq recover { $folder }` when the trial is over.
evidence-nothing = The journal in { $path } does not begin with the documents of a run. Nothing was removed; restore it from a copy.
evidence-ledger = The ledger { $path } does not check at entry { $entry }; restore it or move it away.
evidence-too-many-runs = There are { $limit } runs of this plan already; choose another output folder.
recover-no-folder = There is no folder { $folder }. Name an output folder, or the folder of one run.

## Bytes that were not kept
gap-flooded = the link was flooded
gap-held-back = not kept while the journal was full
gap-journal-damaged = the journal was damaged here

## Device profiles: tables, types, layouts
profile-max-bits = max_bits is 1 to { $limit }.
profile-bad-hole = A hole has from and to, from not above to, and both at least address_base.
profile-retries = retries is at most { $limit }.
profile-scaled-by-scaled = Point "{ $point }": what scales a point is a number of the same device that no other point scales.
profile-frame-one-end = A profile of the dialect "frame" needs a [frame] table with exactly one of end, length, length_field and escape.
profile-frame-sync = The dialect "frame" has no sync; write start = [0x55].
profile-frame-ends = A frame of fixed or declared length needs start bytes; one with escapes has none; length and max_length do not stand together; end is not empty.
profile-separator = separator is one character.
profile-length-field = A length_field has the type u8 or u16, and stands inside the frame.
profile-message-misplaced = [[message]] stands only in profiles of the dialect "frame".
profile-message-count = A profile of the dialect "frame" has 1 to { $limit } [[message]].
profile-message-bytes = Message "{ $message }": literal and query have 1 to { $limit } bytes, and a literal lies inside the frame.
profile-message-unknown = Message "{ $message }" can't be told from the others: give it a literal, a pattern or a query.
profile-bad-pattern = Message "{ $message }": the pattern is no regular expression of at most 512 bytes.
profile-query-mixed = Either every message has a query or none.
profile-polling-misplaced = Nothing is asked of this device; remove timeout, turnaround, retries and connect_pause.
profile-entries = Point "{ $point }" has more than { $limit } ratios, flags or sentinels.
profile-bad-sentinel = Point "{ $point }": a sentinel is a finite number, or its bits as a text such as "0x7FC00000".
profile-unknown-point = Point "{ $point }" names "{ $other }", which is no point of this profile.
profile-bit-has-no-type = Point "{ $point }" is one bit: remove type, order and bits.
profile-text-length = Point "{ $point }": type = "string" goes with length, its number of registers; no other type has one.
profile-type-of-registers = Point "{ $point }": registers hold types of 16, 32 or 64 bits; a byte of one is u16 with bits = [0, 7] or [8, 15].
profile-point-in-hole = Point "{ $point }" lies in a hole.
profile-text-or-number = Point "{ $point }" is either a text, with field or at, or a binary number, with offset_bytes and type.
profile-unknown-message = Point "{ $point }": there is no message "{ $message }". Known: { $known }
profile-bad-field = Point "{ $point }": field is a number from 1 (with separator in [frame]) or a named group of the message's pattern; at is [offset, length].
profile-beyond-frame = Point "{ $point }" reaches beyond the longest frame.
profile-bad-bits = Point "{ $point }": bits = [lowest, highest] lie inside an unsigned number.
profile-bad-factors = Point "{ $point }": factors of unit_in are finite and not zero, such as {"{"} kg = 1.0 {"}"}.
profile-bad-flag = Point "{ $point }": a flag has field or at with is, or offset_bytes with bits and equals; and means.
profile-order-of-64 = Point "{ $point }": an order of eight letters is for types of 64 bits.

## Plans: calibrations, limits, links of bytes
plan-calibration-count = A plan has at most { $limit } calibrations.
plan-calibration-date = Calibration "{ $id }": date and due are days such as 2026-03-31.
plan-calibration-model = Calibration "{ $id }": linear has gain and offset; polynomial 1 to 10 coefficients; table at least 2 points with ascending first numbers; all finite, and nothing of another model.
plan-calibration-gives = Calibration "{ $id }": quantity and unit stand together.
plan-calibration-uncertainty = Calibration "{ $id }": uncertainty = {"{"} expanded, coverage_factor, degrees_of_freedom {"}"} with expanded not negative, coverage_factor at least 1 and, where given, degrees_of_freedom at least 1.
plan-component-count = Calibration "{ $id }" has at most { $limit } components.
plan-component-amount = Component "{ $id }": give exactly one of half_width (with distribution "rectangular", "triangular" or "u-shaped"), expanded with coverage_factor of at least 1 (distribution "normal"), standard; finite, not negative, in the unit of the corrected value, or in percent with of = "reading" or "full-scale".
plan-component-freedom = Component "{ $id }": degrees_of_freedom is at least 1; leave it out where the component is well known.
plan-component-twofold = Calibration "{ $id }": component "{ $component }" is the maker's specification of an instrument whose values are not corrected; the uncertainty of a certificate and a residual are those of corrected values. Keep the specification, or keep uncertainty with components of kind "residual" and "drift", not both: the same errors would count twice.
plan-component-full-scale = Channel "{ $channel }": component "{ $component }" of its calibration is a share of full scale; give the channel range = [low, high] in the unit after calibration.
plan-unknown-calibration = There is no [[calibration]] with the id "{ $calibration }".
plan-bad-limit = The limit of "{ $channel }" needs above or below, finite, and below less than above.
plan-modbus-over-bytes = Device "{ $device }" speaks Modbus: its link is of kind "tcp" or "rtu-over-tcp".

## Demonstration: the generating set
demo-about-generator = An emergency generating set at a simulated load bank, about 65 s, on lines with single faults. Plan: { $plan }
help-arg-rig = pump: a fire pump on a test tank; generator: an emergency generating set under load steps.

## Red limits
run-red-limit = RED LIMIT  { $text }

## Catalogue of devices
device-column-id = id
device-column-title = title
device-column-dialect = dialect
device-column-points = points
device-column-point = point
device-column-where = where
device-column-type = type
device-column-order = order
device-column-unit = unit
device-column-scale = scale
device-column-valid = valid
device-source = Source: { $source }
device-dialect = Dialect: { $dialect }
device-asked = Asked: waits { $timeout } ms for an answer, asks { $retries } times again, leaves { $turnaround } ms of silence before the next request and { $pause } ms after the line opens. The period is given by every in the plan.
device-speaks = Speaks by itself; the plan may say its period, so that silence is noticed.
device-addresses = Addresses are as on the wire, from 0; many manuals count from 1.
device-joined = One request reads at most { $registers } registers or { $bits } bits, and at most { $gap } unused ones between two points.
device-apart = Points are not joined into requests, unless they overlap.
device-hole = Never read: { $table } { $from } to { $to }
device-sync-frame = Frame: sync { $sync }, { $length } bytes with identifier and sum.
device-start = begins with { $bytes }
device-start-none = has no start bytes
device-end-delimiter = ends with { $bytes }
device-end-length = is { $length } bytes long
device-end-declared = has a length of { $kind } at byte { $byte } plus { $plus }
device-end-escape = is escaped by { $name }
device-frame = Frame: { $start }, { $end }; at most { $longest } bytes.
device-checksum = Checksum: { $kind } from byte { $from }, { $uncovered } bytes before it not covered, mask { $mask }, { $order }, { $form }.
device-no-checksum = Checksum: none. A disturbed character may become a wrong value.
device-message = Message { $id }: { $what }
device-query = asked by { $bytes }
device-literal = known by { $bytes } at byte { $byte }
device-pattern = known by the pattern { $pattern }
device-field = field { $field }
device-group = field { $name }
device-bytes = bytes { $from } to { $to }
device-byte = byte { $byte }
device-bit = bit { $bit } of byte { $byte }
device-bits = bits { $low } to { $high } of byte { $byte }
device-weight = number of the line
device-valid-when = if { $place } = { $is }
device-point-sentinels = no value: { $values }
device-point-fault = sensor or line broken: at most { $low } or at least { $high } { $unit }
device-point-exponent = × 10^({ $point } − { $minus })
device-point-divided = ÷ 10^({ $point } − { $minus })
device-point-ratios = × { $points }
device-point-totaliser = totaliser: begins again at { $wraps }; more than { $rate } counts a second is a reset
device-point-decimals = decimals: { $bits }, minus { $minus }
device-point-negative = negative: { $bits }
device-point-unit = unit in { $place }: { $factors }; any other is flagged
device-means-unstable = moving (flagged 1)
device-means-invalid = not valid (flagged 3)
device-means-overload = over range (no value)
device-means-underload = under range (no value)
device-means-missing = no value, by the text (no value)
device-means-refused = refused (device error 1)

## Daemon: causes of trouble
status-disk-slow =   DISK SLOW: nothing has become safe for { $seconds } s
status-values =  { " " }· values: { $values }
status-link-down =   link { $link } is down ({ $why }); down { $count } times
status-events =   events: { $events }
status-criteria =   criteria as of { $seconds } s: met { $met } · NOT MET { $failed } · undecided { $undecided } · not yet come { $waiting }{ $unsafe }
status-criteria-unsafe =  { " " }(rests on values not yet safe)
status-criteria-trouble =   criteria are no longer judged while the trial runs: { $why } (the recording is judged at its end)
status-criterion =     { $verdict }  { $title }  { $margin }
status-recent =     { $seconds } s: { $text }
event-clock-step = wall clock stepped
event-queue-full = journal queue full
event-disagreement = decoders disagree
event-foreign-write = another master wrote
event-foreign-master = another master asked
event-stalled = station stood still
event-link = link changed
event-flood = link flooded
event-held-back = bytes not kept while the queue was full
event-sync-slow = disk slow
event-red-limit = red limit crossed
event-device-text = text of a device
event-scaling-changed = scaling of a device changed
event-counter-reset = counter of a device began again
event-journal-moved = journal goes on on the second disk
event-file-failed = trial file will be built after the run
event-witness-failed = signed heads could not be copied to the witness
event-note = note
info-causes =   gaps of { $device }: { $gaps }
info-events = events: { $events }

## Who is in the way
evidence-link = { $path } is a symbolic link. The files of runs are never followed elsewhere; remove it.
link-port-in-use = Link "{ $link }": the port { $port } is used by process { $process } ({ $name }), which has run since { $since }. End that one first.

## Room on the disk during a run
run-disk-fills = only { $free } MB are left on the disk, { $needed } MB are needed to finish the file in order; make room on the disk, then start the trial again
output-lost = Not all that was to be printed could be written to standard output: { $why }
run-make-room = The disk of { $folder } has { $free } MB free; { $needed } MB are needed to finish the file. Make room first.

## daq check: advice
check-port-name = Link "{ $link }": { $port } changes when the adapter is plugged in again; name the port by /dev/serial/by-id/….
check-calibration-due = Calibration "{ $calibration }" was due on { $due }.

## Origin and audit trail
not-live = { $origin }: this is no recording of a live trial.
not-live-pseudo-terminal = Link "{ $link }": { $port } is a pseudo-terminal, behind which is a program, not an instrument.
not-live-emulated-port = Link "{ $link }": { $port } is an emulated port of this machine, not a serial line.
not-live-loopback = Link "{ $link }": { $address } is a loopback address, behind which is a program of this machine.
not-live-own-address = Link "{ $link }": { $address } is an address of this machine itself.
not-live-unknown = Link "{ $link }": the system does not tell what { $place } is.
control-bad-name = A name given with --by has 1 to { $most } bytes and no control characters.
control-correction-reason = A correction needs its reason: --why TEXT.
help-arg-why = Why the other mark is corrected; needed with --corrects.
help-arg-by = Who does it; recorded together with the account of the system.

## Keys, signatures and whom to trust
signature-bad-key = the public key is none
signature-bad-form = the signature is not of its form
signature-mismatch = the signature does not match
signature-other-chain = the signed chain value is another than the one found
trust-no-key = { $given } is no public key. Give 64 hexadecimal digits, a .pub file, or a folder of .pub files.
trust-empty-folder = { $given } holds no .pub file with a public key.
trust-unreadable = { $given } can't be read: { $why }
key-name = "{ $name }" is no name for a key. Take letters, digits, "-", "_" and ".".
key-exists = { $folder } holds a key of the name { $name } already, or had one. Choose another name with --name.
key-unknown = { $folder } holds no private key { $name }. Make one: daq key new --name { $name } --keys { $folder }
key-several = { $folder } holds several keys ({ $names }). Say which one.
key-retired = The key { $name } is retired; its successor is { $by }.
key-exposed = The private key { $path } may be read or written by others (mode { $mode }). Whoever had access can sign as this station: take a new one with "daq key new". If nobody had, run: chmod 600 { $path }
key-exposed-folder = Others may write into the key folder { $path }; they could put their key in place of yours. Run: chmod 700 { $path }
key-link = { $path } is a symbolic link, and keys are never followed elsewhere. Name their own folder with --keys.
key-malformed = { $path } is damaged or not what its name says. Restore it from a copy.
key-counter = The counter of runs { $path } is missing, damaged or that of another key. Restore it from a copy, or take a new key with "daq key rotate".
viewer-unchecked = sealed, not checked
viewer-unchecked-hint = The file carries a station seal that this window has not checked. "daq verify FILE --trust KEY" does.

## Audit trail
help-audit = Tells who did what, when and why: of a trial file, of a run that goes on, or of every run of a folder.
help-arg-recording = A trial file, the folder of a run, or an output folder.
audit-head = Audit trail of { $trial } run { $run }: record, UTC, time at the site ({ $zone }), what happened, [who]. { $records } records, { $heads } of them signed heads.
audit-start = started
audit-link-up = link up
audit-link-down = link down
audit-mark = mark
audit-correction = correction, mark
audit-retraction = retraction, mark
audit-discarded = bytes not kept
audit-recovered = recovered
audit-damage = damaged journal
audit-resumed = resumed
audit-ended = ended
audit-time-over = time over
audit-signal = ended by a signal
audit-red-limit = ended by a red limit
audit-aborted = ABORTED
audit-crashed = CRASHED
audit-failed = FAILED
audit-host = On { $host }.
audit-key = Signed with the key { $key }, its run { $run }.
audit-corrects = Corrects mark { $mark }.
audit-mark-at = Said to have happened at { $seconds } s.
audit-discarded-bytes = { $bytes } bytes since { $since } s.
audit-cut = { $bytes } bytes of a torn tail were cut; the last good record is of { $seconds } s.
audit-damaged-place = Records { $first } to the one before { $next } are missing; segment { $segment }, offset { $offset }.
audit-resumed-by-wall-clock = The machine was started anew: time goes on by the wall clock, ± { $seconds } s.
audit-resumed-by-boot-clock = Time goes on by the boot clock, which had never stopped.
audit-why = Why: { $why }
audit-struck = STRUCK by mark { $mark }.
audit-done-link-down = Done: gaps are recorded until the link is up again.
audit-done-discarded = Done: counted, and recorded as a gap.
audit-done-recovered = Done: the journal was closed, or the run taken up again, with the time in between as a gap.
audit-done-damage = Done: the damaged bytes stay as they are; what is missing is a gap.
audit-done-clock-step = Done: samples are dated by the boot clock; the new pair of clocks was recorded.
audit-done-stalled = Done: recorded as a gap; what came at an unknown time is not used.
audit-done-queue-full = Done: the link was held back until there was room.
audit-done-sync-slow = Done: nothing was acknowledged meanwhile.
audit-done-journal-moved = Done: what was not yet acknowledged was written anew; the run went on.
audit-done-file-failed = Done: the run went on; the file is built from the journal at its end.
audit-done-witness-failed = Done: the run went on; the heads are in the journal.
audit-done-disagreement = Done: the answer was judged by the recorded bytes.
audit-left-out = { $count } more entries are not shown.
audit-no-end = No end is recorded: the run goes on, or its daemon stopped without ending it.
audit-unreadable = THE JOURNAL CAN'T BE READ TO ITS END: { $why }
audit-not-verified = What is told here was read, not verified: daq verify does that.
audit-no-run = { $path } holds no run.
audit-no-runs = { $folder } holds no run, and no ledger.
audit-run = { $trial } run { $run }: begun { $begun }, ended { $ended }, { $fate }
audit-run-ended = ended
audit-run-running = goes on
audit-run-unfinished = NEVER ENDED: daq recover finishes it
audit-run-not-in-ledger = NOT IN THE LEDGER of this folder
audit-file-missing = ITS TRIAL FILE IS NOT IN THIS FOLDER.

## Amendments
evidence-amendments = The amendments { $path } do not check at number { $number }. Nothing was added; restore them from a copy.
evidence-amendment-form = The amendment is too long, is not in its form, or is one too many. A value is a decimal number such as 2.50, a text has up to 16 KiB.

## daq key
help-key = The keys with which this station signs its recordings.
help-key-new = Makes a key.
help-key-list = Lists the keys.
help-key-rotate = Retires a key: it signs which new key follows it, and is destroyed.
help-arg-keys = Folder of the keys; else PROVING_GROUND_KEYS, else proving-ground/keys in the user's data folder.
help-arg-key = Name of the key that signs; else the only one that is in use.
help-arg-key-name = Name of the new key.
help-arg-old-name = Name of the key that is to be retired; else the only one that is in use.
help-arg-keep = Keep the private half of the retired key, to finish runs that began with it.
key-made = Key "{ $name }" was made in { $folder }.
key-rotated = Key "{ $old }" is retired, and has signed that "{ $new }" follows it.
key-fingerprint = fingerprint  { $digits }
key-public = public key   { $file }
key-what-it-says = Give the public key to whoever is to verify your recordings, and let them compare the fingerprint by another way.
    A seal made with this key says which station recorded; it is nobody's personal electronic signature.
key-destroyed = The retired private key was overwritten and removed; copies in backups, and what a disk kept of it, are yours to remove.
    Files that it sealed still verify with its .pub file, which stays.
key-kept = The retired private key was kept. It begins no new run; remove it once its last run is finished.
key-none = { $folder } holds no keys. Make one: daq key new
key-folder = Keys in { $folder }:
key-runs = { $runs } runs
key-runs-unknown = runs unknown: the counter is missing or damaged
key-state-in-use = in use
key-state-missing = the private half is not here
key-state-retired = retired, followed by { $by }
key-state-retired-kept = retired, followed by { $by }; its private half is still here

## daq amend
help-amend = Says something about a trial after its file was closed, in a file beside it.
help-amend-sign-off = Signs the trial off.
help-amend-note = Adds a note.
help-amend-deviation = Tells what was done otherwise than agreed, and who consented.
help-amend-reading = Enters a value that a person read from an instrument.
help-amend-witness = Tells what somebody who was present saw.
help-amend-post-check = Tells how the check of an instrument after the trial came out.
help-amend-rebound = Tells that from an instant on another sensor was on a channel.
help-amend-mark = Restates a mark of the run, or takes it back.
help-amend-re-evaluation = Judges the trial again and keeps the findings.
help-amend-list = Lists what was said, and who vouches for it.
help-arg-amend-why = Why this is said now.
help-arg-role = As whom: operator, reviewer, approver or witness.
help-arg-statement = What is stated.
help-arg-criterion = The criterion or precondition that asks for the statement.
help-arg-holds = Whether its statement is true: yes or no.
help-arg-attach = A photo or video that shows it: its name and BLAKE3 digest are kept, the file stays where it is. May be repeated.
help-arg-channel = The channel of the plan.
help-arg-passed = Whether the instrument passed: yes or no.
help-arg-check-statement = How it was checked, and what came out.
help-arg-at = From when on: a time from the start of the trial, such as 12.5s or 3min.
help-arg-sensor = Number of the other sensor, and its calibration.
help-arg-note = The note.
help-arg-from = From what: a clause, a step of the plan, or the id of a precondition, whose criteria are judged again with the customer's consent.
help-arg-instead = What was done instead.
help-arg-consent = Who of the customer consented, when and how.
help-arg-reading-of = The role of the scenario, or the channel, that the value is for.
help-arg-value = The value as it was read, such as 2.50.
help-arg-unit = Its unit.
help-arg-resolution = The smallest step of the instrument's scale.
help-arg-instrument = The instrument, with its number.
help-arg-observed-at = When it was read, such as 2026-06-15T14:05:00+08:00.
help-arg-number = Number of the mark.
help-arg-mark-text = What the mark should say.
help-arg-trust = A public key that you trust: 64 hexadecimal digits, a .pub file, or a folder of them. May be repeated.
amend-altered = { $file } is not as it was closed: its seal or its digest does not match. Nothing was added; see: daq verify
amend-why-empty = Say why, with --why.
amend-known-none = none
amend-no-such-statement = The trial's own scenario asks for no statement "{ $id }"; it counts only with a scenario that does. Statements that it asks for: { $known }
amend-no-such-channel = The plan of the trial has no channel "{ $id }". Channels: { $known }
amend-too-many-attachments = A statement has at most { $limit } attachments; make several statements.
amend-attachment-unreadable = { $file } can't be read: { $why }. Nothing was added.
amend-added = Amendment { $number } was added to { $file }
amend-root = belongs to the recording with journal root  { $root } …
amend-fingerprint = fingerprint of this amendment  { $digits }  (note it elsewhere: it shows later that nothing up to here was removed)
amend-signed = Signed with the station key "{ $name }" ({ $digits }). It vouches for what was entered on this station, and when by its clock; it is nobody's personal electronic signature.
amend-unsigned = Not signed, since there is no key: anyone who may write the file could have added it. Make a key: daq key new
amend-none = { $file }: no amendments.
amend-bad = { $file }: number { $number } does not check: it, or an unsigned one before it, was changed. It and what follows are not shown; restore the file from a copy.
amend-end-unseen = Fingerprint of the last one: { $digits }. That others were taken from the end can't be seen here: compare it with one noted elsewhere.
amend-head = { $number }. { $kind } · { $by } · { $at }
amend-reason = why: { $why }
amend-trusted = signed by a trusted station key ({ $digits })
amend-unknown = signed by a station key that is not known here ({ $digits })
amend-nobody = NOT SIGNED: anyone who may write the file could have added it
amend-kind-re-evaluation = re-evaluation
amend-kind-sign-off = sign-off
amend-kind-reading = late reading
amend-kind-witness = witness statement
amend-kind-post-check = check after the trial
amend-kind-rebound = other sensor
amend-kind-deviation = deviation
amend-kind-note = note
amend-kind-mark = correction of a mark
amend-role-operator = operator
amend-role-reviewer = reviewer
amend-role-approver = approver
amend-role-witness = witness
amend-judged = judged by { $scenario } (digest { $digest }…); the findings stand in the file
amend-sign-off = as { $role }: { $statement }
amend-said = { $text }
amend-holds = criterion { $criterion }: the statement is true
amend-does-not-hold = criterion { $criterion }: the statement is not true
amend-about = criterion { $criterion }
amend-attached = attached: { $name } (BLAKE3 { $digest })
amend-check-passed = { $channel } passed: { $statement }
amend-check-failed = { $channel } failed: { $statement }
amend-rebound = { $channel }, from { $at } s on: { $sensor }
amend-deviation = from { $from }: { $instead }
amend-consent = consent: { $consent }
amend-no-consent = consent of the customer: none recorded
amend-mark-retracted = mark { $mark } is taken back
amend-mark-restated = mark { $mark } should say: { $text }
amend-reading = { $of } = { $value } { $unit }
amend-reading-times = read { $observed }, entered { $entered }
amend-instrument = instrument: { $instrument }
amend-instrument-step = instrument: { $instrument }, resolution { $step } { $unit }

## Verification: what differs
differs-digest = the file's digest is not the one in its user block
differs-seal-signature = the seal: { $why }
differs-seal-key = the seal is by another key than the one that the run was begun with
differs-seal-tag = the seal belongs to another run than the embedded journal
differs-name = the file has the name of another run than the one that it holds
differs-journal = record { $record }: the embedded journal does not check from here on: { $what }
differs-root = the root of the embedded journal is not the one in the user block
differs-head = record { $record }: the signed head does not hold: { $why }
differs-first-head = record { $record }: no signed head stands before it, so the plan was not fixed before the first sample
differs-channel = record { $record }: channel { $channel }, sample { $sample }: { $column } is not what the journal gives
differs-channel-length = channel { $channel }: its length is not what the journal gives, from sample { $sample } on
differs-derived = the computed channel { $channel } is not what the recorded ones give
differs-document = the document { $name } does not have the digests that stand beside it
differs-part = { $part }: not what the journal gives
differs-amendment = amendment { $number } does not check
differs-witness-missing = record { $record }: the witness has a signed head there that this recording lacks: its end was cut off, or it was made anew
differs-witness-other = record { $record }: the witness has another signed head there: this recording was made anew
differs-witness-run = record { $record }: the witness has a signed head of another recording by this name: this one was made anew
head-other-key = it is by another key than the one that the run was begun with
head-not-alone = it does not stand alone in its block
head-no-key = the run was begun without a key
part-groups = the list of groups
part-gaps = the list of gaps
part-marks = the list of marks
part-events = the list of events
part-clock = the list of clock pairs
part-accounting = the accounting
part-accounting-sums = the sums of the accounting
part-documents = the set of documents
part-origin = the origin
part-end = the end of the run
part-length = the length of the run
part-findings = the list of findings
part-checkpoints = the list of signed heads

## Sealing later
seal-sealed-already = It is sealed already and keeps that seal; see: daq verify
seal-altered = It is not as it was closed, so it is not sealed: { $what }. Restore the file from a copy.
seal-no-key = Its run was begun without a key: no seal can be added afterwards. Make a key before the next run: daq key new
seal-key-missing = It can only be sealed with the key that its run was begun with (fingerprint { $digits }), and that private key is not here. Name its folder: --keys DIR
seal-refused = { $file } is not sealed. { $why }
seal-done = { $file } is sealed with the key that its run was begun with (fingerprint { $digits }). Nothing but its first block was written.
seal-state-none = unsealed: damage can be found, forgery can't
seal-state = station seal by the key { $digits }, not checked here; see: daq verify
seal-state-no-key = sealed with what is no key; see: daq verify
help-seal = Seal a file that was recovered where its key was not at hand.
help-arg-witness = Folder of a witness, on another disk or machine: signed heads are copied there while the trial runs, and compared by verify.

## Signed runs
run-signed = The station key "{ $name }" signs this run (fingerprint { $digits }).
run-unsealed = THIS RUN IS NOT SIGNED: there is no station key, and its file will stay unsealed. Make one before the next run: daq key new
run-start-fingerprint = Start fingerprint: { $digits } (of the plan and all that was fixed before the first sample; note it on paper)
run-root-fingerprint = End fingerprint: { $digits } (of the whole journal; note it on paper)
run-witness-no-key = A witness keeps signed heads, and there is no key to sign them with. Make one: daq key new
run-witness-no-folder = The witness's folder { $folder } is not there. Mount or make it, or leave --witness out.
recover-unsealed =   The file is unsealed: the private key that the run was begun with (fingerprint { $digits }) is not here. With it: daq seal { $file } --keys DIR
audit-begun-with = begun with the station key { $digits }, as run { $run } of that key
audit-no-key = begun without a station key

## Verification: what it comes to
verify-trusted = { $file }: WHOLE, and sealed by a key that you trust.
verify-unconfirmed = { $file }: WHOLE, but nobody whom you trust vouches for all of it.
verify-derived = Checked: the digest of the file; { $records } records of its journal, each in its place of the chain; { $samples } samples, derived anew from them and equal bit for bit; documents, counts, findings.
verify-key-trusted = Seal: by the trusted station key { $digits }. The same key signed the heads of the journal.
verify-key-unknown = Seal: by the station key { $digits }, which you have not named as trusted. Get its .pub file from the station's owner, compare this fingerprint by another way, and verify with --trust FILE.
verify-unsealed = Seal: none, and the run was begun without a key. Damage can be found, but whoever could write the file could also make it anew.
verify-unsealed-signed = Seal: none, though the run was begun with a key: it was recovered where that was not at hand. With the key: daq seal FILE --keys DIR
verify-heads = Signed heads: { $heads }, each by the run's key over its place. It was run { $run } of that key.
verify-no-last-head = The end of the run stands behind its last signed head: it was recovered where the key was not at hand. Only a seal covers it.
verify-amendments = Amendments: { $count }, all of them by trusted keys and in their order.
verify-amendments-unknown = Amendments: { $count }, in their order, but not all of them by a key that you trust; see: daq amend FILE list. This concerns what was said later, not the recording.
verify-witness = Witness: it keeps { $heads } heads of this run, and all of them are in the recording.
verify-witness-none = Witness: it keeps no head of this run that is by the run's key or by a trusted one, so it confirms nothing.
verify-trusted-means = This means: these are the bytes that the holder of that key closed, and the plan was fixed before the first sample. It is a station seal and nobody's personal signature; it does not say that a clock or a sensor was right.
verify-unconfirmed-means = This means: the file agrees with itself. Who made it, and that it was not made anew, is not shown.
verify-altered-means = This means: the file is not what a station closed. Do not rely on it; ask for another copy.

## Imports
plan-of-import = This is the plan of an import, and there is nothing to run; give it to `daq import` with the file.
profile-decimal = decimal is "." or ",", and not the separator.
import-misplaced = [[{ $key }]] stands only in the plan of an import, beside [import].
import-with-links = The plan of an import has [[column]] in place of links, devices and channels.
import-key-of-csv = The key "{ $key }" is for text files; a Parquet file has its own form.
import-separator = separator is one of "," ";" "|" ":" "~" "^", a tabulator ("\t") or a blank.
import-words = Of comment and missing there are at most { $most } texts, each of up to { $limit } bytes without blanks at its ends.
import-column-count = A file has 1 to { $limit } columns that are imported, each with its own [[column]].
import-header-lines = header_lines is 0 to { $limit }.
import-columns = A file without a header needs columns, the number of fields of a row: 1 to { $limit }.
import-without-file = This is the plan of an import; it needs the file, and is read by `daq import`.
import-names-line = names_in_line is 1 to { $lines }, and that line must be there: the file ends before.
import-not-utf8 = The line with the names of the columns is not UTF-8. Save the file as UTF-8, or name the columns by their positions: name = 3.
import-names-broken = Line { $line } of the file, with the names of the columns, has a quote that is not closed.
import-no-position = There is no field { $position }: a row has { $fields } fields. Positions count from 1.
import-no-column = The file has no column "{ $name }". Its columns: { $known }
import-column-twice = The file has several columns "{ $name }"; name the column by its position: name = 3.
import-mark-count = The plan of an import has at most { $limit } marks.
import-mark-time = at is a time such as "2026-05-01T08:00:12+08:00" or "2026-05-01 08:00:12" at the site, or a duration since the first row such as "12.5 s".
import-mark-outside = The mark "{ $text }" lies outside of the rows of the file.
import-start = start is a time such as "2026-05-01T08:00:00+08:00", or "2026-05-01 08:00:00" at the site.
import-start-missing = Here start is needed, the wall time at the number 0 or of the first row, such as "2026-05-01T08:00:00+08:00".
import-start-misplaced = start is for "seconds", "milliseconds" and every alone; here the rows tell their time.
import-times = [import] needs either time and period (silence for more than three periods is a gap), or every and start.
import-time-format = format is "rfc3339", "seconds", "milliseconds", "unix-seconds", "unix-milliseconds", or a pattern of a date and a time such as "%Y-%m-%d %H:%M:%S%.f".
import-time-columns = A time is made of 1 to { $limit } columns.
import-unreadable = The file can't be read: { $why }
import-no-file = This is no file but a folder, a pipe or the like; an import reads its file twice.
import-not-csv = This is a Parquet file; write format = "parquet" below [import].
import-not-parquet = This is not a Parquet file that can be read: { $why }
import-utf16 = The file is UTF-16; save it as UTF-8.
import-line-too-long = A line is longer than { $limit } bytes; is it a text file with lines?
import-head-too-long = The lines before the first row are longer than { $limit } bytes; check header_lines.
import-parquet-kind = The column "{ $name }" holds neither numbers, times nor texts.
import-no-rows = No line has { $fields } fields, as a row should: check separator, header_lines and columns.
import-bad-time = "{ $text }" is no time of the declared format. If such lines are no rows, give the text with which they begin as comment.
import-skipped-time = "{ $text }" does not exist in the declared zone: the clocks were put forward over it.
import-time-range = "{ $text }" lies outside of the years 1678 to 2261.
import-backwards = The time { $time } lies before that of the row before, { $before }. Rows must be in the order of time.
import-changed = The file was changed while it was read; nothing was imported.
import-not-plan = The plan has no [import]; for a trial that runs use `daq run`.
import-counts = Imported { $file }: { $rows } rows, { $damaged } damaged lines, { $seconds } s.
import-first-damaged = The first damaged line is { $line }; what it held is a gap.
import-unfinished = The last line has no end, so that it may be cut short; it was not taken as a row.
import-digests = { $bytes } bytes, BLAKE3 { $blake3 }, SM3 { $sm3 }
help-import = Make a trial file out of the CSV or Parquet file of another logger.
help-arg-data = The file of the other logger.
help-arg-mapping = The plan of the import, a TOML file with [import] and [[column]].

## Fit for the criterion
fit-unbound = No channel for "{ $signal }". Bind one in [roles]: { $role } = "…".
fit-rate = "{ $signal }" is sampled { $given } times a second, the criterion needs { $wanted }. Ask for it every { $period } or oftener.
fit-rate-bus = "{ $signal }" gets about { $given } samples a second of its bus, the criterion needs { $wanted }. Raise the baud rate, ask the other devices of the bus less often, or give the instrument a bus of its own.
fit-period-unknown = How often "{ $signal }" is sampled is not known, the criterion needs { $wanted } times a second. Declare `every` or `period`.
fit-gap = "{ $signal }" is sampled every { $period }, but a sample counts for { $gap } only: after each there is a gap. Ask for it every { $gap } or oftener.
fit-refresh = The instrument of "{ $signal }" has a new value every { $refresh }, the criterion needs one every { $wanted }. Use an instrument with a refresh of at most { $wanted }.
fit-few-refreshes = The instrument of "{ $signal }" has a new value every { $interval }, what is judged lasts { $window }. Use an instrument with a refresh of at most { $wanted }.
fit-few-samples = "{ $signal }" is sampled every { $interval }, what is judged lasts { $window }. Ask for it every { $wanted } or oftener.
fit-event-period = Times by "{ $signal }" are uncertain by ±{ $uncertainty } (k = 2), an event is dated up to { $late } late: of the limit of { $limit } a time up to { $sure } is sure. Ask for it every { $wanted } or oftener.
fit-event-instrument = Times by "{ $signal }" are uncertain by ±{ $uncertainty } (k = 2), an event is dated up to { $late } late: of the limit of { $limit } a time up to { $sure } is sure. Use an instrument with refresh and response of at most { $wanted }.
fit-event-both = Times by "{ $signal }" are uncertain by ±{ $uncertainty } (k = 2), an event is dated up to { $late } late: of the limit of { $limit } a time up to { $sure } is sure. Ask for it every { $wanted } or oftener, and use an instrument with refresh and response of at most { $wanted }.
fit-event-mark = A mark set by hand lies within ±{ $mark }: of the limit of { $limit } a time up to { $sure } is sure. Let a signal date the event, or set the mark with `daq mark --uncertainty` where it is known better.
fit-uncertainty-needed = The decision rule needs the uncertainty of "{ $signal }". Declare the calibration of channel { $channel } with its uncertainty.
fit-uncertainty-unknown = The scenario limits the uncertainty of "{ $signal }", and it is not known. Declare the calibration of channel { $channel } with its uncertainty.
fit-uncertainty = "{ $signal }" has an uncertainty of { $is } (k = 2) at best, the scenario allows { $wanted }. Use an instrument of at most { $wanted }.
fit-ratio = "{ $signal }" has a test uncertainty ratio of { $ratio } (U = { $is }), 4 is wished for. Use an instrument with U of at most { $wanted }, or keep { $guard } away from both limits.
fit-share = "{ $signal }" has an uncertainty of { $is } at the limit of { $limit }. Use an instrument with U of at most { $wanted }, or expect results near the limit to stay conditional.
fit-range = The range of "{ $signal }", { $low } to { $high }, does not contain the limit of { $limit }. Use an instrument of another range.
fit-calibration-due = Calibration "{ $calibration }" was due on { $due }. Have the instrument calibrated, or use another.
