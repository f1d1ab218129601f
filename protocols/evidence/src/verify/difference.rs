//! What a verification finds altered, in words.

use words::{Language, Message, message};

use crate::signature::SignatureError;
use crate::witness::WitnessFinding;

/// Something in a file that does not agree with its journal, its digest or its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The digest of the file.
    Digest,
    /// The signature of the seal.
    SealSignature(SignatureError),
    /// The seal is by another key than the one with which the run was begun.
    SealKey,
    /// The seal names another run than that of the journal.
    SealTag,
    /// The file has the name that the file of another run is given.
    Name,
    /// The embedded journal.
    Journal {
        /// Records that do check; so this is the number of the first that does not.
        good_records: u64,
        /// What does not.
        what: String,
    },
    /// The root of the journal.
    Root,
    /// A signed head.
    Head {
        /// Number of its record.
        record: u64,
        /// What is wrong with it.
        why: HeadFault,
    },
    /// No signed head covers the beginning.
    FirstHead {
        /// The first record that had to stand behind one.
        record: u64,
    },
    /// A channel.
    Channel {
        /// Which channel.
        channel: String,
        /// First differing sample.
        sample: usize,
        /// Which column.
        column: &'static str,
        /// Number of the journal record that the sample comes from, if it comes from one.
        record: Option<u64>,
    },
    /// A computed channel.
    Derived {
        /// Which channel.
        channel: String,
    },
    /// The digests that a document carries.
    Document {
        /// Name of the document.
        name: String,
    },
    /// Another part of the file.
    Part(Part),
    /// An amendment.
    Amendment {
        /// Number of the first bad one, from 1.
        number: u64,
    },
    /// What the witness keeps.
    Witness(WitnessFinding),
}

/// What is wrong with a signed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadFault {
    /// Its signature.
    Signature(SignatureError),
    /// It is by another key than the one with which the run was begun.
    OtherKey,
    /// It does not stand alone in its block.
    NotAlone,
    /// The run was begun without a key.
    NoKey,
}

/// A part of the file that is compared as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Which channels are sampled together.
    Groups,
    /// Gaps.
    Gaps,
    /// Marks.
    Marks,
    /// Events.
    Events,
    /// Pairs of clocks.
    Clock,
    /// Counts of polls and bytes.
    Accounting,
    /// Polls or bytes that are in no count.
    AccountingSums,
    /// Documents.
    Documents,
    /// The first record.
    Origin,
    /// The end of the run.
    End,
    /// The length of the run.
    Length,
    /// Findings.
    Findings,
    /// The list of signed heads.
    Checkpoints,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl Difference {
    /// The record of the journal that it is about, where there is one.
    pub fn record(&self) -> Option<u64> {
        match self {
            Difference::Journal { good_records: record, .. }
            | Difference::Head { record, .. }
            | Difference::FirstHead { record } => Some(*record),
            Difference::Channel { record, .. } => *record,
            Difference::Witness(
                WitnessFinding::Missing { sequence }
                | WitnessFinding::OtherChain { sequence }
                | WitnessFinding::OtherRun { sequence },
            ) => Some(*sequence),
            _ => None,
        }
    }

    /// The text in `language`.
    pub fn in_language(&self, language: Language) -> String {
        self.message(language).in_language(language)
    }

    fn message(&self, language: Language) -> Message {
        match self {
            Difference::Digest => message!("differs-digest"),
            Difference::SealSignature(why) => {
                message!("differs-seal-signature", why = why.in_language(language))
            }
            Difference::SealKey => message!("differs-seal-key"),
            Difference::SealTag => message!("differs-seal-tag"),
            Difference::Name => message!("differs-name"),
            Difference::Journal { good_records, what } => {
                message!("differs-journal", record = good_records, what = words::printable(what))
            }
            Difference::Root => message!("differs-root"),
            Difference::Head { record, why } => {
                let why = why.in_language(language);
                message!("differs-head", record = record, why = why)
            }
            Difference::FirstHead { record } => message!("differs-first-head", record = record),
            Difference::Channel { channel, sample, column, record } => {
                let channel = words::printable(channel);
                match record {
                    Some(record) => message!(
                        "differs-channel",
                        record = record,
                        channel = channel,
                        sample = sample,
                        column = column
                    ),
                    None => message!("differs-channel-length", channel = channel, sample = sample),
                }
            }
            Difference::Derived { channel } => {
                message!("differs-derived", channel = words::printable(channel))
            }
            Difference::Document { name } => {
                message!("differs-document", name = words::printable(name))
            }
            Difference::Part(part) => {
                message!("differs-part", part = part.message().in_language(language))
            }
            Difference::Amendment { number } => message!("differs-amendment", number = number),
            Difference::Witness(finding) => witness_message(*finding),
        }
    }
}

fn witness_message(finding: WitnessFinding) -> Message {
    match finding {
        WitnessFinding::Missing { sequence } => {
            message!("differs-witness-missing", record = sequence)
        }
        WitnessFinding::OtherChain { sequence } => {
            message!("differs-witness-other", record = sequence)
        }
        WitnessFinding::OtherRun { sequence } => message!("differs-witness-run", record = sequence),
    }
}

impl HeadFault {
    fn in_language(self, language: Language) -> String {
        let message = match self {
            HeadFault::Signature(why) => return why.in_language(language),
            HeadFault::OtherKey => message!("head-other-key"),
            HeadFault::NotAlone => message!("head-not-alone"),
            HeadFault::NoKey => message!("head-no-key"),
        };
        message.in_language(language)
    }
}

impl Part {
    fn message(self) -> Message {
        match self {
            Part::Groups => message!("part-groups"),
            Part::Gaps => message!("part-gaps"),
            Part::Marks => message!("part-marks"),
            Part::Events => message!("part-events"),
            Part::Clock => message!("part-clock"),
            Part::Accounting => message!("part-accounting"),
            Part::AccountingSums => message!("part-accounting-sums"),
            Part::Documents => message!("part-documents"),
            Part::Origin => message!("part-origin"),
            Part::End => message!("part-end"),
            Part::Length => message!("part-length"),
            Part::Findings => message!("part-findings"),
            Part::Checkpoints => message!("part-checkpoints"),
        }
    }
}
