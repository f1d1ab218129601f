//! What people have said of a trial: readings, statements, deviations, checks.
//!
//! Invariant: the last word on a thing counts; amendments are never taken back, a later one says
//! what is different.

use std::collections::BTreeMap;

use trial::amendment::{Amendment, LateReading};
use trial::plan::Plan;
use trial::record::Mark;
use trial::time::TrialTime;
use trial::unit::Unit;

/// How a mark says that the statement of a criterion is true or not: `witness CRITERION yes`.
const WITNESS_MARK: &str = "witness ";

/// A value that a person read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadValue {
    /// In the coherent SI unit.
    pub si: f64,
    /// Smallest step of the instrument's scale, in the coherent SI unit; 0 if it is not known.
    pub resolution_si: f64,
    /// The instrument, with its number.
    pub instrument: String,
}

/// A statement on a criterion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// Whether the criterion's statement is true.
    pub holds: bool,
    /// When it was said, where it was said during the trial.
    pub at: Option<TrialTime>,
    /// The words.
    pub words: String,
    /// Number of photos and videos that show it.
    pub attachments: usize,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// By role.
    pub readings: BTreeMap<String, ReadValue>,
    /// By criterion.
    pub statements: BTreeMap<String, Statement>,
    /// What was deviated from, with the customer's consent.
    pub consented: Vec<String>,
    /// Channels whose instruments failed their check after the trial.
    pub failed_checks: Vec<String>,
    /// Channels that were bound to another sensor, and from when on.
    pub rebound: Vec<(String, TrialTime)>,
}

impl Said {
    /// What amendments say, in their order.
    pub fn of(plan: &Plan, amendments: &[Amendment]) -> Said {
        let mut said = Said::default();
        for amendment in amendments {
            said.take(plan, amendment);
        }
        said
    }

    fn take(&mut self, plan: &Plan, amendment: &Amendment) {
        match amendment {
            Amendment::Reading(reading) => {
                if let Some(value) = read_value(plan, reading) {
                    self.readings.insert(reading.of.clone(), value);
                }
            }
            Amendment::Witness {
                statement,
                criterion: Some(criterion),
                holds: Some(holds),
                attachments,
            } => {
                let (words, attachments) = (statement.clone(), attachments.len());
                let statement = Statement { holds: *holds, at: None, words, attachments };
                self.statements.insert(criterion.clone(), statement);
            }
            Amendment::Deviation { from, consent, .. } if !consent.is_empty() => {
                self.consented.push(from.clone());
            }
            Amendment::PostCheck { channel, passed, .. } => {
                self.failed_checks.retain(|known| known != channel);
                if !passed {
                    self.failed_checks.push(channel.clone());
                }
            }
            Amendment::Rebound { channel, at, .. } => self.rebound.push((channel.clone(), *at)),
            _ => {}
        }
    }

    /// Adds what marks say, where nobody said anything later.
    pub fn take_marks(&mut self, marks: &[Mark]) {
        let mut by_marks: BTreeMap<String, Statement> = BTreeMap::new();
        for mark in marks {
            let Some((criterion, holds)) = statement(mark) else { continue };
            let (at, words) = (Some(mark.at), mark.text.clone());
            let statement = Statement { holds, at, words, attachments: 0 };
            by_marks.insert(criterion.to_owned(), statement);
        }
        for (criterion, statement) in by_marks {
            self.statements.entry(criterion).or_insert(statement);
        }
    }
}

/// The criterion of which a mark says something, and whether its statement is true.
fn statement(mark: &Mark) -> Option<(&str, bool)> {
    let (criterion, answer) = mark.text.strip_prefix(WITNESS_MARK)?.rsplit_once(' ')?;
    match answer {
        "yes" => Some((criterion, true)),
        "no" => Some((criterion, false)),
        _ => None,
    }
}

/// Whether a mark is a statement on a criterion.
pub(crate) fn states_something(mark: &Mark) -> bool {
    statement(mark).is_some()
}

/// The value of a reading for its role; `None` if the unit does not fit.
fn read_value(plan: &Plan, reading: &LateReading) -> Option<ReadValue> {
    let role = plan.scenario.roles.iter().find(|role| role.id == reading.of)?;
    let unit = Unit::parse(&reading.unit).filter(|unit| role.quantity.accepts(*unit))?;
    let value: f64 = reading.value.parse().ok()?;
    let step: f64 = reading.resolution.parse().unwrap_or(0.0);
    Some(ReadValue {
        si: unit.to_si(value),
        resolution_si: step.abs() * unit.factor,
        instrument: reading.instrument.clone(),
    })
}

/// The marks that stand after the corrections among amendments.
pub(crate) fn corrected_marks(mut marks: Vec<Mark>, amendments: &[Amendment]) -> Vec<Mark> {
    for amendment in amendments {
        let Amendment::MarkCorrection { mark: number, text, at, retracts } = amendment else {
            continue;
        };
        if *retracts {
            marks.retain(|mark| mark.number != *number);
            continue;
        }
        for mark in marks.iter_mut().filter(|mark| mark.number == *number) {
            if let Some(text) = text {
                mark.text.clone_from(text);
            }
            mark.at = at.unwrap_or(mark.at);
        }
    }
    marks.sort_by_key(|mark| (mark.at, mark.number));
    marks
}
