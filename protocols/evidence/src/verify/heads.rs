//! The signed heads of a journal, each against its place.

use journal::{ChainValue, RunTag};
use trial::record::{Body, Head, Origin, Record};

use super::{Difference, HeadFault};
use crate::heads::{Checkpoints, key_of};
use crate::signature::verify_head;
use crate::{MAX_WITNESSED_HEADS, PublicKey};

/// What was found of the heads of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadsFound {
    /// Heads that are the statement of the run's key about their place.
    pub good: u64,
    /// Whether one stands right behind the records that every run begins with.
    pub first: bool,
    /// Whether the run ended and a head is the last record.
    pub last: bool,
    /// What the first one signs: the chain value behind the records that every run begins with.
    pub first_chain: Option<ChainValue>,
}

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Tag of the run, as the journal says it.
    pub tag: Option<RunTag>,
    /// Chain value before the block.
    pub chain: ChainValue,
    /// Whether the block holds one record.
    pub alone: bool,
}

/// Looks at every record for what it says of heads.
#[derive(Debug, Default)]
pub(super) struct HeadCheck {
    key: Option<PublicKey>,
    begun: bool,
    ended: bool,
    /// First record that belongs behind the first head.
    first_covered: Option<u64>,
    found: HeadsFound,
    places: Vec<(u64, ChainValue)>,
    listed: Checkpoints,
    first_bad: Option<Difference>,
}

impl HeadCheck {
    pub fn take(&mut self, record: &Record<'_>, place: Place) {
        self.found.last = false;
        match &record.body {
            Body::Origin(origin) if record.sequence == 0 => self.key = key_of(origin),
            Body::Head(head) => self.head(record.sequence, head, place),
            Body::Document(_) | Body::RequestPlan(_) => {}
            // A recovery may have found a run that ended before it came to its first head.
            Body::Recovered(_) => self.begun = true,
            Body::End(_) => (self.begun, self.ended) = (true, true),
            _ => {
                self.begun = true;
                self.first_covered.get_or_insert(record.sequence);
            }
        }
    }

    fn head(&mut self, record: u64, head: &Head, place: Place) {
        let fault = match (self.key, place.tag) {
            (Some(key), Some(tag)) => match verify_head(head, tag, record, place.chain) {
                Ok(by) if by != key => Some(HeadFault::OtherKey),
                Ok(_) if !place.alone => Some(HeadFault::NotAlone),
                Ok(_) => None,
                Err(why) => Some(HeadFault::Signature(why)),
            },
            _ => Some(HeadFault::NoKey),
        };
        self.listed.push(record, head);
        if let Some(why) = fault {
            self.first_bad.get_or_insert(Difference::Head { record, why });
            return;
        }
        self.found.good += 1;
        self.found.last = self.ended;
        if !self.begun {
            self.found.first = true;
            self.found.first_chain.get_or_insert(place.chain);
        }
        if self.places.len() < MAX_WITNESSED_HEADS {
            self.places.push((record, place.chain));
        }
    }

    /// The good heads: number of the record, chain value before its block.
    pub fn places(&self) -> &[(u64, ChainValue)] {
        &self.places
    }

    pub fn found(&self) -> &HeadsFound {
        &self.found
    }

    /// The list for readers that belongs into the file of this journal; `None` if it can't be
    /// made.
    pub fn listed(&self, origin: &Origin) -> Option<String> {
        self.listed.to_json(origin).ok()
    }

    /// What is wrong with the heads.
    ///
    /// That the last record of an ended run is no head is none of it: a run that was recovered
    /// where its key was not at hand has none there, and only the seal covers its end.
    pub fn differences(&self) -> Vec<Difference> {
        let uncovered = self.first_covered.filter(|_| self.key.is_some() && !self.found.first);
        let uncovered = uncovered.map(|record| Difference::FirstHead { record });
        self.first_bad.iter().cloned().chain(uncovered).collect()
    }
}
