//! Every bound of the daemon, in one place.

use std::time::Duration;

/// Records that wait for the sequencer. At 60,000 transactions a second this is an eighth of a
/// second; a link stops reading while fewer than [`QUEUE_RESERVE`] places are free.
pub const QUEUE_RECORDS: usize = 32_768;
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
/// Longest pause before a lost link is tried again.
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(2);
/// Missed polls in a row after which a device is asked less often.
pub const PATIENCE_POLLS: u32 = 3;
/// A silent device may cost its bus one part in this many of the time.
pub const SILENT_DEVICE_SHARE: u32 = 10;
/// Longest pause before a silent device is asked again.
pub const SILENT_DEVICE_LONGEST: Duration = Duration::from_secs(10);
/// Silence after a missed answer before a line counts as quiet.
pub const QUIET_INTERVAL: Duration = Duration::from_millis(20);
/// Longest wait for a line to become quiet.
pub const QUIET_LONGEST: Duration = Duration::from_millis(500);
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
/// How long a link is given to end its last transaction.
pub const LINK_GRACE: Duration = Duration::from_secs(2);
