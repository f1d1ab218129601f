//! Causes of trouble in the words of the user's language.

use trial::channel::Quality;
use trial::record::{Cause, EventKind};
use trial::recording::GapCause;
use words::{Language, Message, message};

use crate::status::{Counts, Named};

/// Causes with their counts, `no answer in time 3, link down 1`; `None` if nothing was counted.
pub fn counted<T: Named>(
    counts: &Counts<T>,
    word: fn(T) -> Message,
    language: Language,
) -> Option<String> {
    let told: Vec<String> = counts
        .iter()
        .map(|(cause, count)| format!("{} {count}", word(cause).in_language(language)))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Why samples are missing.
pub fn gap(cause: GapCause) -> Message {
    match cause {
        GapCause::Poll(poll) => outcome(poll),
        GapCause::Silence => message!("viewer-gap-silence"),
        GapCause::Skipped => message!("viewer-gap-skipped"),
        GapCause::Stopped => message!("viewer-gap-stopped"),
        GapCause::Flooded => message!("viewer-gap-flooded"),
        GapCause::HeldBack => message!("viewer-gap-held-back"),
    }
}

fn outcome(cause: Cause) -> Message {
    match cause {
        Cause::Refused(code) => message!("viewer-gap-refused", code = code),
        Cause::Timeout => message!("viewer-gap-timeout"),
        Cause::Overrun => message!("viewer-gap-overrun"),
        Cause::LinkDown => message!("viewer-gap-link-down"),
        Cause::BackedOff => message!("viewer-gap-backed-off"),
        Cause::WrongUnit => message!("viewer-gap-wrong-unit"),
        Cause::WrongTransaction => message!("viewer-gap-wrong-transaction"),
        Cause::WrongFunction => message!("viewer-gap-wrong-function"),
        Cause::WrongCount => message!("viewer-gap-wrong-count"),
        Cause::Corrupt => message!("viewer-gap-corrupt"),
        Cause::RunEnded => message!("viewer-gap-run-ended"),
        Cause::Stalled => message!("viewer-gap-stalled"),
        Cause::ForeignTraffic => message!("viewer-gap-foreign-traffic"),
        Cause::Flooded => message!("viewer-gap-flooded"),
        Cause::HeldBack => message!("viewer-gap-held-back"),
        // These leave no gap; whoever counts one is shown its name.
        Cause::Answered | Cause::ProbeAnswered => {
            message!("viewer-gap-unknown", name = cause.name())
        }
    }
}

/// What is wrong with a sample.
pub fn quality(quality: Quality) -> Message {
    match quality {
        Quality::Good => message!("viewer-quality-good"),
        Quality::Stale => message!("viewer-quality-stale"),
        Quality::OutOfRange => message!("viewer-quality-out-of-range"),
        Quality::Sentinel => message!("viewer-quality-sentinel"),
        Quality::DeviceError(code) => message!("viewer-quality-device-error", code = code),
        Quality::NotFinite => message!("viewer-quality-not-finite"),
        Quality::Flagged(_) => message!("viewer-quality-flagged"),
        Quality::Corrupt => message!("viewer-quality-corrupt"),
        Quality::Unscaled => message!("viewer-quality-unscaled"),
        Quality::CounterReset => message!("viewer-quality-counter-reset"),
    }
}

/// What happened to the station or one of its links.
pub fn event(kind: EventKind) -> Message {
    match kind {
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
        EventKind::Note => message!("event-note"),
    }
}
