//! Opening a lost line again, beside whatever its link does meanwhile.
//!
//! Invariants:
//! - Attempts go on until one succeeds, at most [`RECONNECT_LONGEST`] and its jitter apart.
//! - The pauses grow until the new line has proved itself: a peer that takes every connection and
//!   drops it at once is not hurried.
//! - What began live stays live: where a program has come in the place of equipment, the line is
//!   not taken.

use std::time::Duration;

use tokio::task::JoinHandle;
use trial::plan::Link;

use super::{ConnectError, Line, connect};
use crate::limits::{RECONNECT_FIRST, RECONNECT_LONGEST};

/// Opens the line of one link again.
#[derive(Debug)]
pub struct Connector {
    link: Link,
    live: bool,
    backoff: Backoff,
    connecting: Option<JoinHandle<Result<Line, ConnectError>>>,
}

impl Connector {
    /// A connector that does nothing yet. With `live` it takes no line that is not live.
    pub fn new(link: Link, live: bool) -> Connector {
        Connector { link, live, backoff: Backoff::new(), connecting: None }
    }

    /// The line was lost: opens it again after the pause that is its turn.
    pub fn lost(&mut self) {
        let pause = self.backoff.pause();
        self.start(pause);
    }

    /// The line was dropped on purpose: opens it again at once.
    pub fn dropped(&mut self) {
        self.start(Duration::ZERO);
    }

    /// The line carries answers: the next pause is the shortest again.
    pub fn proved(&mut self) {
        self.backoff = Backoff::new();
    }

    /// The line, once it is open; waits for ever where none is being opened. May be dropped and
    /// called again.
    pub async fn opened(&mut self) -> Line {
        loop {
            let Some(connecting) = &mut self.connecting else {
                return std::future::pending().await;
            };
            let opened = connecting.await;
            self.connecting = None;
            match opened {
                Ok(Ok(line)) => return line,
                Ok(Err(error)) => tracing::debug!(link = self.link.id, %error),
                Err(error) => tracing::error!(link = self.link.id, %error),
            }
            self.lost();
        }
    }

    fn start(&mut self, pause: Duration) {
        let (link, live) = (self.link.clone(), self.live);
        self.connecting = Some(tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            let line = connect(&link).await?;
            match line.not_live().filter(|_| live) {
                Some(why) => {
                    let why = why.message(&link);
                    tracing::error!(link = link.id, %why, "the run is live; the line is not taken");
                    Err(ConnectError(why))
                }
                None => Ok(line),
            }
        }));
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        if let Some(connecting) = &self.connecting {
            connecting.abort();
        }
    }
}

/// Pauses between attempts: doubled each time, with jitter so that many links don't return at one
/// instant.
#[derive(Debug)]
struct Backoff {
    next: Duration,
}

impl Backoff {
    fn new() -> Backoff {
        Backoff { next: RECONNECT_FIRST }
    }

    fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(RECONNECT_LONGEST);
        pause.mul_f64(0.75 + fastrand::f64() * 0.5)
    }
}

#[cfg(test)]
mod tests {
    use trial::plan::LinkKind;

    use super::*;

    #[tokio::test]
    async fn a_live_run_takes_no_line_that_is_not() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for live in [false, true] {
            let link = Link {
                id: "gateway".to_owned(),
                kind: LinkKind::Tcp { address },
                latency: Duration::ZERO,
            };
            let mut connector = Connector::new(link, live);
            connector.dropped();
            let opened = connector.connecting.take().unwrap().await.unwrap();
            assert_eq!(opened.is_err(), live, "{opened:?}");
        }
    }

    #[test]
    fn pauses_grow_to_a_bound_that_lets_a_serial_port_return_in_two_seconds() {
        let mut backoff = Backoff::new();
        let pauses: Vec<Duration> = (0..100).map(|_| backoff.pause()).collect();
        assert!(pauses[0] <= RECONNECT_FIRST.mul_f64(1.25));
        assert!(pauses.iter().all(|pause| *pause <= RECONNECT_LONGEST.mul_f64(1.25)));
        assert!(pauses[50..].iter().all(|pause| *pause >= RECONNECT_LONGEST.mul_f64(0.75)));
        assert!(RECONNECT_LONGEST.mul_f64(1.25) < Duration::from_secs(2));
        assert!(pauses[50..].iter().any(|pause| *pause != pauses[50]), "there is jitter");
    }
}
