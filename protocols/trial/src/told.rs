//! What a person reads in place of a cause, a quality or an event: the same words in every program.

use words::{Message, message};

use crate::channel::Quality;
use crate::record::{Cause, EventKind};
use crate::recording::GapCause;

impl GapCause {
    /// Why samples are missing.
    pub fn message(self) -> Message {
        match self {
            GapCause::Poll(poll) => poll.message(),
            GapCause::Silence => message!("gap-silence"),
            GapCause::Skipped => message!("gap-skipped"),
            GapCause::Stopped => message!("gap-stopped"),
            GapCause::Flooded => message!("gap-flooded"),
            GapCause::HeldBack => message!("gap-held-back"),
            GapCause::JournalDamaged => message!("gap-journal-damaged"),
        }
    }
}

impl Cause {
    /// Why a poll gave no value.
    pub fn message(self) -> Message {
        match self {
            Cause::Refused(code) => message!("gap-refused", code = code),
            Cause::Timeout => message!("gap-timeout"),
            Cause::Overrun => message!("gap-overrun"),
            Cause::LinkDown => message!("gap-link-down"),
            Cause::BackedOff => message!("gap-backed-off"),
            Cause::WrongUnit => message!("gap-wrong-unit"),
            Cause::WrongTransaction => message!("gap-wrong-transaction"),
            Cause::WrongFunction => message!("gap-wrong-function"),
            Cause::WrongCount => message!("gap-wrong-count"),
            Cause::Corrupt => message!("gap-corrupt"),
            Cause::RunEnded => message!("gap-run-ended"),
            Cause::Stalled => message!("gap-stalled"),
            Cause::ForeignTraffic => message!("gap-foreign-traffic"),
            Cause::Flooded => message!("gap-flooded"),
            Cause::HeldBack => message!("gap-held-back"),
            // These leave no gap; whoever counts one is shown its name.
            Cause::Answered | Cause::ProbeAnswered => {
                message!("gap-unknown", name = self.name())
            }
        }
    }
}

impl Quality {
    /// How good a sample is, or what is wrong with it.
    pub fn message(self) -> Message {
        match self {
            Quality::Good => message!("quality-good"),
            Quality::Stale => message!("quality-stale"),
            Quality::OutOfRange => message!("quality-out-of-range"),
            Quality::Sentinel => message!("quality-sentinel"),
            Quality::DeviceError(code) => message!("quality-device-error", code = code),
            Quality::NotFinite => message!("quality-not-finite"),
            Quality::Flagged(_) => message!("quality-flagged"),
            Quality::Corrupt => message!("quality-corrupt"),
            Quality::Unscaled => message!("quality-unscaled"),
            Quality::CounterReset => message!("quality-counter-reset"),
        }
    }
}

impl EventKind {
    /// What happened to the station or one of its links.
    pub fn message(self) -> Message {
        match self {
            EventKind::ClockStep => message!("event-clock-step"),
            EventKind::QueueFull => message!("event-queue-full"),
            EventKind::Disagreement => message!("event-disagreement"),
            EventKind::ForeignWrite => message!("event-foreign-write"),
            EventKind::ForeignMaster => message!("event-foreign-master"),
            EventKind::Stalled => message!("event-stalled"),
            EventKind::Link => message!("event-link"),
            EventKind::Flood => message!("event-flood"),
            EventKind::HeldBack => message!("event-held-back"),
            EventKind::SyncSlow => message!("event-sync-slow"),
            EventKind::RedLimit => message!("event-red-limit"),
            EventKind::DeviceText => message!("event-device-text"),
            EventKind::ScalingChanged => message!("event-scaling-changed"),
            EventKind::CounterReset => message!("event-counter-reset"),
            EventKind::JournalMoved => message!("event-journal-moved"),
            EventKind::FileFailed => message!("event-file-failed"),
            EventKind::WitnessFailed => message!("event-witness-failed"),
            EventKind::Note => message!("event-note"),
        }
    }
}

#[cfg(test)]
mod tests {
    use words::Language;

    use super::*;

    #[test]
    fn every_cause_of_a_gap_has_a_word() {
        for number in 0..=u8::MAX {
            if let Some(gap) = GapCause::from_numbers(number, 0) {
                for language in Language::ALL {
                    let word = gap.message().in_language(language);
                    assert!(!word.is_empty() && !word.starts_with('['), "{gap:?}: {word}");
                }
            }
        }
    }
}
