//! Judging a trial while it goes on: the evaluator, fed by whatever comes from devices and people in
//! the order in which it comes.
//!
//! Invariants:
//! - What is said as of an instant is what the recording, ended there, will say, except for samples
//!   that come later than [`MOST_WAITING`] others that lie behind them.
//! - A mark that says something of what has been judged already is never taken in silently: the
//!   judge asks to be fed from the beginning again.

use std::sync::Arc;

use trial::channel::{ChannelIndex, Quality};
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::Mark;
use trial::recording::standing_marks;
use trial::time::{TrialTime, WallTime};

use crate::doubts::Doubts;
use crate::evaluator::Evaluator;
use crate::said::{Said, states_something};
use crate::signal::{BoundSignal, Observation, bound_signals};

/// Most observations that wait for others which may lie before them.
pub const MOST_WAITING: usize = 1 << 16;

/// The judge of a trial that goes on. Memory is bounded by the scenario and the number of marks.
#[derive(Debug)]
pub struct Live {
    plan: Arc<Plan>,
    bound: Vec<BoundSignal>,
    /// All marks as they came, retracted ones too.
    marks: Vec<(TrialTime, Mark)>,
    waiting: Vec<Observation>,
    evaluator: Evaluator,
    judged: TrialTime,
    outdated: bool,
}

impl Live {
    /// A judge of a trial that began at `start`. It knows the marks of an earlier one, or none.
    pub fn new(plan: &Arc<Plan>, start: WallTime, marks: Vec<(TrialTime, Mark)>) -> Live {
        let (standing, doubts) = (standing_marks(&marks), Doubts::at(plan, start));
        Live {
            bound: bound_signals(plan),
            evaluator: Evaluator::with(plan, &standing, Said::default(), doubts),
            plan: Arc::clone(plan),
            marks,
            waiting: Vec::new(),
            judged: TrialTime::MIN,
            outdated: false,
        }
    }

    /// Takes a sample of a channel, in the channel's unit.
    pub fn sample(
        &mut self,
        channel: ChannelIndex,
        time: TrialTime,
        time_uncertainty_ns: u32,
        value: f64,
        quality: Quality,
    ) {
        let roles = self.bound.iter().filter(|bound| bound.channel == channel);
        let observed =
            roles.filter_map(|role| role.observation(time, time_uncertainty_ns, value, quality));
        self.waiting.extend(observed);
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.sort_by_key(|observation| observation.time);
            let middle = self.waiting[self.waiting.len() / 2].time;
            self.judge(middle);
        }
    }

    /// Takes a mark, recorded at `recorded`. One that is known is no news.
    pub fn mark(&mut self, recorded: TrialTime, mark: &Mark) {
        if self.marks.iter().any(|(_, known)| known.number == mark.number) {
            return;
        }
        self.marks.push((recorded, mark.clone()));
        if mark.corrects.is_some() || mark.at <= self.judged || states_something(mark) {
            self.outdated = true;
        } else {
            self.evaluator.add_mark(mark);
        }
    }

    /// The marks, once one has changed what was judged: a new judge must know them and be fed from
    /// the beginning.
    pub fn outdated(&self) -> Option<Vec<(TrialTime, Mark)>> {
        self.outdated.then(|| self.marks.clone())
    }

    /// Judges what came up to an instant; it never goes back.
    pub fn judge(&mut self, until: TrialTime) {
        self.waiting.sort_by_key(|observation| observation.time);
        let due = self.waiting.partition_point(|observation| observation.time <= until);
        for observation in self.waiting.drain(..due) {
            self.evaluator.feed(&observation);
        }
        self.judged = self.judged.max(until);
    }

    /// What stands as of the instant up to which it has judged.
    pub fn findings(&self) -> Findings {
        self.evaluator.clone().finish(self.judged)
    }

    /// The instant up to which it has judged.
    pub fn judged(&self) -> TrialTime {
        self.judged
    }

    /// The plan by which it judges.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}
