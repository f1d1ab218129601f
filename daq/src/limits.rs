//! Every bound of the daemon, in one place.

use std::time::Duration;

/// Records that wait for the sequencer. At 60,000 transactions a second this is an eighth of a
/// second; a link stops reading while fewer than [`QUEUE_RESERVE`] places are free.
pub const QUEUE_RECORDS: usize = 32_768;
/// Bytes of the line that wait for the sequencer; a link stops reading when there are more. Beside
/// them the daemon holds a block being collected, one read of each link, and what the recorder
/// collects for its columns, so that no line can make it take much more.
pub const QUEUE_BYTES: usize = 16 << 20;
/// Free places below which a link waits before it reads or sends.
pub const QUEUE_RESERVE: usize = 1_024;
/// How long a link waits for room in the queue before it looks again.
pub const QUEUE_WAIT: Duration = Duration::from_millis(1);
/// How often the sequencer gathers what waits into a block.
pub const SEQUENCER_TICK: Duration = Duration::from_millis(2);
/// Bytes that make the sequencer write a block before it has gathered everything.
pub const BLOCK_TARGET_BYTES: usize = 1 << 20;
/// Time from the beginning of one sync to that of the next, if there is something to sync.
pub const SYNC_PERIOD: Duration = Duration::from_millis(10);
/// How often the recorder looks for new blocks.
pub const RECORDER_TICK: Duration = Duration::from_millis(4);
/// By how much the recorder gives way to acquisition where there are too few processors for
/// both (one step of niceness is a factor of about 1.25 in the share of a processor).
pub const RECORDER_NICENESS: i32 = 15;
/// Bytes that one read of a link takes.
pub const READ_BYTES: usize = 4_096;
/// Longest wait for a TCP connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// First pause before a lost link is tried again; doubled each time.
pub const RECONNECT_FIRST: Duration = Duration::from_millis(50);
/// Longest pause before a lost link is tried again, but for its jitter of a quarter: a serial
/// adapter that is back works again within two seconds.
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(1);
/// Idle time after which a TCP connection is asked whether its peer is still there.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(2);
/// Time between two such questions.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
/// Unanswered questions after which the connection is lost.
pub const KEEPALIVE_PROBES: u32 = 3;
/// Time for which sent bytes may go unacknowledged on a TCP connection.
pub const UNACKNOWLEDGED_LONGEST: Duration = Duration::from_secs(5);
/// Silence of a stream with a declared period after which its TCP connection is opened anew; at
/// least [`SILENT_STREAM_PERIODS`] periods.
pub const SILENT_STREAM: Duration = Duration::from_secs(3);
/// See [`SILENT_STREAM`].
pub const SILENT_STREAM_PERIODS: u32 = 10;
/// Exchanges in a row, for each device of a link of RTU over TCP, of which nothing at all is heard
/// before the connection is opened anew.
pub const SILENT_LINK_EXCHANGES: u32 = 3;
/// Missed polls in a row after which a device is asked less often.
pub const PATIENCE_POLLS: u32 = 3;
/// A silent device may cost its bus one part in this many of the time.
pub const SILENT_DEVICE_SHARE: u32 = 20;
/// Longest pause before a silent device is asked again.
pub const SILENT_DEVICE_LONGEST: Duration = Duration::from_secs(30);
/// How often it is recorded of a silent device that would be polled back to back that it is left
/// alone.
pub const BACKED_OFF_PERIOD: Duration = Duration::from_millis(100);
/// Shortest wait for the answer to a probe.
pub const PROBE_SHORTEST: Duration = Duration::from_millis(50);
/// A probe waits this many times as long as the device ever took to answer.
pub const PROBE_TIMES: u32 = 4;
/// Every so many missed polls a probe waits as long as the plan says.
pub const FULL_PROBE_EVERY: u32 = 4;
/// Silence after a damaged or foreign answer before a line counts as quiet.
pub const QUIET_INTERVAL: Duration = Duration::from_millis(20);
/// Longest wait for a line to become quiet.
pub const QUIET_LONGEST: Duration = Duration::from_millis(500);
/// Timeouts for which the line of an instrument that missed an answer is given time to settle.
pub const SETTLE_TIMES: u32 = 4;
/// Silence after bytes that nobody asked for before a request is sent.
pub const LISTEN_BEFORE_SENDING: Duration = Duration::from_millis(5);
/// How long the answer to another master's request is waited for where its device is not in the
/// plan.
pub const FOREIGN_ANSWER: Duration = Duration::from_millis(200);
/// Bytes kept of what came while nothing was asked, to find another master's requests in.
pub const OVERHEARD_BYTES: usize = 512;
/// How often a link feels its pulse.
pub const PULSE: Duration = Duration::from_millis(50);
/// Missing pulse that counts as a stall of the station.
pub const STALL: Duration = Duration::from_millis(500);
/// Stalls that a link remembers.
pub const REMEMBERED_STALLS: usize = 16;
/// Longest time for which a link takes off its line what waited there during a stall.
pub const BACKLOG_LONGEST: Duration = Duration::from_millis(50);
/// Silence that ends that: nothing waits any more.
pub const BACKLOG_QUIET: Duration = Duration::from_millis(2);
/// How often the wall clock is compared with the boot clock.
pub const CLOCK_CHECK: Duration = Duration::from_millis(100);
/// How often a pair of wall and boot time is recorded.
pub const CLOCK_PAIR_PERIOD: Duration = Duration::from_secs(10);
/// Movement of the wall clock between two checks that counts as a step.
pub const CLOCK_STEP: Duration = Duration::from_millis(50);
/// How often the free room on the disk is looked at.
pub const DISK_CHECK: Duration = Duration::from_secs(1);
/// Room that must stay free beside what the finished file needs, in bytes.
pub const DISK_RESERVE_BYTES: u64 = 64 << 20;
/// Time for which room is asked before the start where no time is declared.
pub const UNDECLARED_TRIAL: Duration = Duration::from_secs(3_600);
/// Longest line of the control socket and of the terminal.
pub const MAX_COMMAND_BYTES: u64 = 4_096;
/// How often status is shown on a terminal.
pub const STATUS_PERIOD: Duration = Duration::from_millis(500);
/// By how much the criteria give way: the recorder goes first, too.
pub const CRITERIA_NICENESS: i32 = 19;
/// How often the criteria are judged while a trial goes on.
pub const LIVE_TICK: Duration = Duration::from_millis(250);
/// How far behind the newest value they are judged: a device may answer that much later than another.
pub const LIVE_LATENESS: Duration = Duration::from_secs(1);
/// How long a link is given to end its last transaction.
pub const LINK_GRACE: Duration = Duration::from_secs(2);
/// Crossings of red limits that wait to be marked; their thread waits while it is full.
pub const CROSSINGS: usize = 256;
/// Time after a crossing within which no other one of the same limit is told: a value that trembles
/// about its limit must not fill the journal with marks.
pub const CROSSING_REST: Duration = Duration::from_secs(1);

/// Times its own baud that a serial link may bring: only an adapter or a pseudo-terminal that keeps
/// no baud brings more than once.
pub const FLOOD_BAUD_FACTOR: u64 = 2;
/// Bytes a second that a TCP connection may bring beside the answers that it was asked for.
pub const FLOOD_TCP_BYTES_PER_SECOND: u64 = 1 << 20;
/// Bytes that each question adds to what a link may bring: twice the longest frame of Modbus TCP.
pub const FLOOD_ANSWER_BYTES: u64 = 2 * 260;
/// Bytes that a link may bring at once. The kernel keeps up to 68 KiB of a serial line and more of
/// a connection while the daemon is held up; that is no flood.
pub const FLOOD_BURST_BYTES: u64 = 256 << 10;
/// Time for which a link must keep its bound until its flood is over.
pub const FLOOD_WINDOW: Duration = Duration::from_millis(250);
/// How often the bytes discarded in a flood that goes on are recorded.
pub const FLOOD_TELL_PERIOD: Duration = Duration::from_secs(1);
/// Pause between two reads of a link that floods: whoever sends is slowed down where the line lets
/// itself be slowed down, and the other links keep the processor.
pub const FLOOD_PAUSE: Duration = Duration::from_millis(1);
/// A sync that takes longer is told: what was written since is not acknowledged meanwhile.
pub const SYNC_SLOW: Duration = Duration::from_secs(1);
/// By how much the wall clock may be wrong after the machine was started anew, in nanoseconds: it
/// then goes by the machine's own clock, which counts whole seconds and was read and set once each.
pub const RESUMED_CLOCK_DOUBT_NS: i64 = 2_000_000_000;
/// Largest journal of an unfinished run that a start finishes by itself before it begins, in bytes:
/// some seconds of work.
pub const LEFTOVER_BYTES: u64 = 256 << 20;
/// Time from one signed head of the journal to the next.
pub const HEAD_PERIOD: Duration = Duration::from_secs(60);
/// Signed heads that wait to be copied to a witness, an hour's worth; when there are more the oldest
/// are left out, since later ones cover them.
pub const WITNESS_QUEUE: usize = 64;
/// How often the witness's thread looks whether a head is durable or the run has ended.
pub const WITNESS_TICK: Duration = Duration::from_millis(10);
/// How long the witness's folder is given to take the last heads.
pub const WITNESS_GRACE: Duration = Duration::from_secs(5);
/// How long the journal's thread holds new records back for a signed head where a spare disk is named.
pub const HEAD_HOLD: Duration = Duration::from_millis(50);
/// Time until a signed head is tried again that could not be taken while records were held back.
pub const HEAD_RETRY: Duration = Duration::from_secs(2);
