//! What a file of others may not contain, and the words for it.
//!
//! A file that this product wrote has none of these, so each is a sign that the file was made or
//! changed by something else; it is refused before anything is read from it.

use words::{Message, message};

/// Why a file was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A soft link.
    SoftLink,
    /// A link into another file.
    ExternalLink,
    /// A link of a kind that a program of its own would have to follow.
    UnknownLink,
    /// A name that is no text, or is longer than [`crate::check::MAX_NAME_BYTES`].
    Name,
    /// A group that is reached by more than one way: a cycle, or a way round.
    GroupTwice,
    /// Groups within groups beyond the limit.
    TooDeep,
    /// More objects than the limit.
    TooManyObjects,
    /// Neither a group nor a dataset.
    UnknownObject,
    /// Data that lies in other files.
    ExternalStorage,
    /// A dataset put together from others.
    VirtualDataset,
    /// A filter that is not among the standard ones, or not in this build; the number is the filter's.
    Filter,
    /// More dimensions than the limit.
    Rank,
    /// More bytes declared than the file can hold.
    DeclaredBytes,
    /// A chunk larger than the limit.
    ChunkBytes,
    /// Elements that are neither numbers nor rows of numbers.
    ElementType,
    /// An attribute larger than the limit.
    AttributeBytes,
    /// More attributes at an object than the limit.
    TooManyAttributes,
    /// An attribute that is neither a text nor a number.
    AttributeType,
}

impl Refusal {
    /// All of them; the position is the number in a message.
    pub(crate) const ALL: [Refusal; 18] = [
        Refusal::SoftLink,
        Refusal::ExternalLink,
        Refusal::UnknownLink,
        Refusal::Name,
        Refusal::GroupTwice,
        Refusal::TooDeep,
        Refusal::TooManyObjects,
        Refusal::UnknownObject,
        Refusal::ExternalStorage,
        Refusal::VirtualDataset,
        Refusal::Filter,
        Refusal::Rank,
        Refusal::DeclaredBytes,
        Refusal::ChunkBytes,
        Refusal::ElementType,
        Refusal::AttributeBytes,
        Refusal::TooManyAttributes,
        Refusal::AttributeType,
    ];

    pub(crate) fn number(self) -> u8 {
        Refusal::ALL.iter().position(|one| *one == self).map_or(u8::MAX, |at| at as u8)
    }

    pub(crate) fn from_number(number: u8) -> Option<Refusal> {
        Refusal::ALL.get(usize::from(number)).copied()
    }
}

/// A refusal with its place and its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Path of the object in the file.
    pub object: String,
    /// Why.
    pub refusal: Refusal,
    /// What was found, where that is a number; else 0.
    pub found: u64,
    /// What is permitted at most, where there is a limit; else 0.
    pub limit: u64,
}

impl Refused {
    /// What is wrong, as a clause about the object.
    pub fn why(&self) -> Message {
        let (found, limit) = (self.found, self.limit);
        match self.refusal {
            Refusal::SoftLink => message!("refused-soft-link"),
            Refusal::ExternalLink => message!("refused-external-link"),
            Refusal::UnknownLink => message!("refused-unknown-link"),
            Refusal::Name => message!("refused-name"),
            Refusal::GroupTwice => message!("refused-group-twice"),
            Refusal::TooDeep => message!("refused-too-deep", limit = limit),
            Refusal::TooManyObjects => message!("refused-too-many-objects", limit = limit),
            Refusal::UnknownObject => message!("refused-unknown-object"),
            Refusal::ExternalStorage => message!("refused-external-storage"),
            Refusal::VirtualDataset => message!("refused-virtual-dataset"),
            Refusal::Filter => message!("refused-filter", found = found),
            Refusal::Rank => message!("refused-rank", found = found, limit = limit),
            Refusal::DeclaredBytes => {
                message!("refused-declared-bytes", found = found, limit = limit)
            }
            Refusal::ChunkBytes => message!("refused-chunk-bytes", found = found, limit = limit),
            Refusal::ElementType => message!("refused-element-type"),
            Refusal::AttributeBytes => {
                message!("refused-attribute-bytes", found = found, limit = limit)
            }
            Refusal::TooManyAttributes => {
                message!("refused-too-many-attributes", found = found, limit = limit)
            }
            Refusal::AttributeType => message!("refused-attribute-type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use words::Language;

    #[test]
    fn every_refusal_has_a_number_and_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_number(refusal.number()), Some(refusal));
            let refused = Refused { object: String::new(), refusal, found: 71, limit: 72 };
            for language in [Language::English, Language::Chinese] {
                assert!(seen.insert(refused.why().in_language(language)), "{refusal:?}");
            }
        }
    }
}
