//! A link that only listens: a stream, or a bus that another master polls.
//!
//! Invariants:
//! - Nothing is ever sent.
//! - What waited while the station stood still, or while the journal was full, is not kept: its
//!   time is not known, and the kernel may have dropped what came behind it.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;
use trial::plan::LinkKind;
use trial::record::{Body, DiscardCause, Discarded};
use trial::time::TrialTime;

use super::pulse::Pulse;
use super::{Line, LinkContext};
use crate::limits::{
    BACKLOG_LONGEST, BACKLOG_QUIET, FLOOD_PAUSE, FLOOD_TELL_PERIOD, READ_BYTES, SILENT_STREAM,
    SILENT_STREAM_PERIODS,
};

/// Journals every byte until the run ends; opens the line again when it is lost.
pub async fn run(context: LinkContext, pulse: Pulse, line: Line) {
    let mut line = Some(line);
    let mut stop = context.stop.clone();
    let mut connector = context.connector();
    let mut reader = Reader { stalls_seen: context.clock.now(), context, pulse };
    let patience = reader.patience();
    let mut heard_at = Instant::now();
    while !reader.context.is_stopping() {
        let held_since = reader.context.wait_for_room().await;
        let Some(open) = line.as_mut() else {
            tokio::select! {
                again = connector.opened() => {
                    reader.context.push_state(true, "opened again");
                    heard_at = Instant::now();
                    line = Some(again);
                }
                _ = stop.wait_for(|stopping| *stopping) => return,
            }
            continue;
        };
        let result = match held_since {
            Some(since) => reader.discard_backlog(open, since, DiscardCause::HeldBack, 0).await,
            None => tokio::select! {
                result = reader.read_once(open) => result,
                () = silence(heard_at, patience) => Err(io::ErrorKind::TimedOut.into()),
                _ = stop.wait_for(|stopping| *stopping) => return,
            },
        };
        match result {
            Ok(()) => {
                heard_at = Instant::now();
                connector.proved();
            }
            Err(error) => {
                reader.context.push_state(false, error.to_string());
                line = None;
                connector.lost();
            }
        }
    }
}

/// Ends when nothing was heard for as long as the stream's patience goes; never where it has none.
async fn silence(heard_at: Instant, patience: Option<Duration>) {
    match patience {
        Some(patience) => tokio::time::sleep_until(heard_at + patience).await,
        None => std::future::pending().await,
    }
}

struct Reader {
    context: LinkContext,
    pulse: Pulse,
    /// Stalls until here have been dealt with.
    stalls_seen: TrialTime,
}

impl Reader {
    /// Silence after which a TCP connection is opened anew, since a peer may keep one that it has
    /// forgotten; `None` for a serial line, and where the plan declares no period.
    fn patience(&self) -> Option<Duration> {
        if matches!(self.context.link().kind, LinkKind::Serial { .. }) {
            return None;
        }
        let devices = self.context.plan.devices.iter();
        let mut here = devices.filter(|device| device.link == self.context.index);
        let period = here.find_map(|device| device.period)?;
        Some(SILENT_STREAM.max(period * SILENT_STREAM_PERIODS))
    }

    /// One read: journalled at once, unless the station stood still before it. A link that floods
    /// is read at a walking pace; one that falls silent behind its flood has its last count told.
    async fn read_once(&mut self, line: &mut Line) -> io::Result<()> {
        let mut bytes = [0; READ_BYTES];
        let count = if self.context.intake.is_flooded() {
            tokio::time::sleep(FLOOD_PAUSE).await;
            match tokio::time::timeout(FLOOD_TELL_PERIOD, read_some(line, &mut bytes)).await {
                Ok(read) => read?,
                Err(_) => {
                    self.context.intake.look(self.context.clock.now());
                    return Ok(());
                }
            }
        } else {
            read_some(line, &mut bytes).await?
        };
        match self.pulse.stall_since(self.stalls_seen) {
            None => {
                self.context.intake.take(self.context.clock.now(), &bytes[..count]);
                Ok(())
            }
            Some(stall) => {
                self.discard_backlog(line, stall.start, DiscardCause::Stalled, count).await
            }
        }
    }

    /// Takes off the line what waited there since nobody read it.
    async fn discard_backlog(
        &mut self,
        line: &mut Line,
        since: TrialTime,
        why: DiscardCause,
        first: usize,
    ) -> io::Result<()> {
        let mut bytes = [0; READ_BYTES];
        let mut count = first as u64;
        let until = Instant::now() + BACKLOG_LONGEST;
        while Instant::now() < until {
            match tokio::time::timeout(BACKLOG_QUIET, read_some(line, &mut bytes)).await {
                Ok(Ok(more)) => count += more as u64,
                // The next read meets the same trouble, after what was lost is told.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        if count > 0 {
            let link = &self.context.link().id;
            tracing::warn!(link, bytes = count, "not kept, they had waited for an unknown time");
            self.context.push(Body::Discarded(Discarded { bytes: count, since, why }));
        }
        self.stalls_seen = self.context.clock.now();
        Ok(())
    }
}

async fn read_some(line: &mut Line, bytes: &mut [u8]) -> io::Result<usize> {
    match line.read(bytes).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}
