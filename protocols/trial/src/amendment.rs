//! Amendments: what is said about a trial after its file was closed.
//!
//! The file itself never changes. Amendments stand beside it, numbered, one after another; none is
//! ever taken back, a later one says what is different.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::{TrialTime, WallTime};

/// Longest text of an amendment, in bytes.
pub const MAX_TEXT_BYTES: usize = 16 << 10;

/// As whom somebody signs a trial off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignOffRole {
    /// Who ran the trial.
    Operator,
    /// Who checked the records (校核).
    Reviewer,
    /// Who is answerable for the result (批准).
    Approver,
    /// Who was present for the customer or an authority (见证).
    Witness,
}

/// A value that a person read from an instrument and that is entered after the trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateReading {
    /// Role of the scenario, or channel of the plan, that the value is for.
    pub of: String,
    /// The value as it was read, in decimal digits: what is behind the point says how finely.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Smallest step of the instrument's scale, in the same unit.
    pub resolution: String,
    /// The instrument, with its number.
    pub instrument: String,
    /// When it was read.
    pub observed_at: WallTime,
    /// When it was entered.
    pub entered_at: WallTime,
}

/// A file that belongs to a statement: it is kept beside, and known by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Name of the file.
    pub name: String,
    /// BLAKE3 digest of its bytes, in hexadecimal.
    pub blake3: String,
}

/// Most attachments of one statement.
pub const MAX_ATTACHMENTS: usize = 64;

/// What an amendment says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Amendment {
    /// The trial was judged again.
    ReEvaluation {
        /// Scenario by which it was judged.
        scenario: String,
        /// BLAKE3 digest of the scenario's bytes, in hexadecimal.
        digest: String,
        /// The findings, as JSON.
        findings: Box<RawValue>,
    },
    /// Somebody signs the trial off.
    SignOff {
        /// As whom.
        role: SignOffRole,
        /// What is stated.
        statement: String,
    },
    /// A value is entered late.
    Reading(LateReading),
    /// Somebody who was present states what was seen.
    Witness {
        /// What was seen.
        statement: String,
        /// The criterion that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        criterion: Option<String>,
        /// Whether the criterion's statement is true.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<bool>,
        /// Photos and videos that show it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    },
    /// An instrument was checked after the trial.
    PostCheck {
        /// Channel of the plan.
        channel: String,
        /// Whether it passed.
        passed: bool,
        /// How it was checked, and what came out.
        statement: String,
    },
    /// From an instant on a channel was another sensor.
    Rebound {
        /// Channel of the plan.
        channel: String,
        /// From when on.
        at: TrialTime,
        /// Number of the sensor, and its calibration.
        sensor: String,
    },
    /// The trial was not done as agreed.
    Deviation {
        /// From what: a clause, a step of the plan.
        from: String,
        /// What was done instead.
        instead: String,
        /// Who of the customer consented, and how; empty if nobody has.
        consent: String,
    },
    /// Anything else.
    Note {
        /// The text.
        text: String,
    },
    /// A mark of the run is restated or taken back.
    MarkCorrection {
        /// Number of the mark.
        mark: u32,
        /// What it should say; the same as before if it is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// When it should be; as before if it is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TrialTime>,
        /// Whether it is taken back.
        retracts: bool,
    },
}

impl PartialEq for Amendment {
    fn eq(&self, other: &Amendment) -> bool {
        // Two that are written alike are alike: findings are kept as they were written.
        match (serde_json::to_string(self), serde_json::to_string(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }
}

impl Amendment {
    /// The stable English name of its kind, as JSON carries it.
    pub fn name(&self) -> &'static str {
        match self {
            Amendment::ReEvaluation { .. } => "re-evaluation",
            Amendment::SignOff { .. } => "sign-off",
            Amendment::Reading(_) => "reading",
            Amendment::Witness { .. } => "witness",
            Amendment::PostCheck { .. } => "post-check",
            Amendment::Rebound { .. } => "rebound",
            Amendment::Deviation { .. } => "deviation",
            Amendment::Note { .. } => "note",
            Amendment::MarkCorrection { .. } => "mark-correction",
        }
    }

    /// Whether every text has its length, and numbers are numbers.
    pub fn is_in_form(&self) -> bool {
        let fits = |texts: &[&str]| texts.iter().all(|text| text.len() <= MAX_TEXT_BYTES);
        match self {
            Amendment::ReEvaluation { scenario, digest, .. } => fits(&[scenario, digest]),
            Amendment::SignOff { statement, .. } => fits(&[statement]),
            Amendment::Witness { statement, criterion, attachments, .. } => {
                let files = attachments.iter().all(|file| fits(&[&file.name, &file.blake3]));
                files
                    && attachments.len() <= MAX_ATTACHMENTS
                    && fits(&[statement, criterion.as_deref().unwrap_or_default()])
            }
            Amendment::PostCheck { channel, statement, .. } => fits(&[channel, statement]),
            Amendment::Rebound { channel, sensor, .. } => fits(&[channel, sensor]),
            Amendment::Reading(reading) => {
                let LateReading { of, value, unit, resolution, instrument, .. } = reading;
                let texts = fits(&[of, value, unit, resolution, instrument]);
                texts && is_decimal(value) && (resolution.is_empty() || is_decimal(resolution))
            }
            Amendment::Deviation { from, instead, consent } => fits(&[from, instead, consent]),
            Amendment::Note { text } => fits(&[text]),
            Amendment::MarkCorrection { text, .. } => fits(&[text.as_deref().unwrap_or_default()]),
        }
    }
}

/// Whether a text is a number in decimal digits, with an exponent at most.
pub fn is_decimal(text: &str) -> bool {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e'));
    digits && text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decimal_numbers() {
        for good in ["2.50", "-0.3", "1e-3", "7"] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in ["", "nan", "inf", "2,5", "2.5 MPa", "1e999", "0x10", "."] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }

    #[test]
    fn the_kind_is_the_one_that_json_names() {
        let note = Amendment::Note { text: "x".to_owned() };
        let deviation = Amendment::Deviation {
            from: "6.2".to_owned(),
            instead: "y".to_owned(),
            consent: String::new(),
        };
        let correction =
            Amendment::MarkCorrection { mark: 1, text: None, at: None, retracts: true };
        for amendment in [note, deviation, correction] {
            let text = serde_json::to_string(&amendment).unwrap();
            assert!(text.starts_with(&format!("{{\"{}\":", amendment.name())), "{text}");
            assert_eq!(serde_json::from_str::<Amendment>(&text).unwrap(), amendment);
        }
    }
}
