//! The evaluator: a fold over blocks of samples in order of time.
//!
//! Invariants:
//! - The observations of one instant are taken together, so that no value that never was (one
//!   signal new, the other not yet) is judged.
//! - How samples are cut into blocks changes nothing: live, at the cursor and at the end the same
//!   findings come out.

mod findings;

use std::sync::Arc;

use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::Mark;
use trial::time::TrialTime;

use crate::compile::Compiled;
use crate::derived::{BankState, carry};
use crate::doubts::Doubts;
use crate::phase::PhaseFold;
use crate::said::Said;
use crate::signal::{Column, Held, Observation, View};

/// Most occurrences of one phase that are judged; beyond them its criteria end as errors.
pub const MAX_OCCURRENCES: usize = 1024;

/// Judges a trial while its observations come in. Memory is bounded by the scenario, not by the
/// length of the trial.
#[derive(Debug, Clone)]
pub struct Evaluator {
    compiled: Arc<Compiled>,
    marks: Arc<[Mark]>,
    next_mark: usize,
    bank: BankState,
    /// The last samples before the block.
    carried: Vec<Option<Held>>,
    /// Observations of the instant `now`, not yet judged: columns of the roles.
    gathered: Vec<Column>,
    now: TrialTime,
    phases: Vec<PhaseFold>,
}

impl Evaluator {
    /// Makes an evaluator for the plan's scenario and the marks that stand.
    pub fn new(plan: &Plan, marks: &[Mark]) -> Evaluator {
        Evaluator::with(plan, marks, Said::default(), Doubts::default())
    }

    /// The same, with what people have said of the trial and what throws doubt on it.
    pub(crate) fn with(plan: &Plan, marks: &[Mark], said: Said, doubts: Doubts) -> Evaluator {
        let mut marks = marks.to_vec();
        marks.sort_by_key(|mark| (mark.at, mark.number));
        let compiled = Arc::new(Compiled::new(plan, &marks, said, doubts));
        let signals = compiled.bank.signals();
        let phases = 0..compiled.scenario.phases.len();
        let phases =
            phases.filter_map(|phase| PhaseFold::new(&compiled, phase, MAX_OCCURRENCES)).collect();
        Evaluator {
            bank: compiled.bank.state(),
            carried: vec![None; signals],
            gathered: vec![Column::default(); compiled.scenario.roles.len()],
            now: TrialTime::MIN,
            next_mark: 0,
            marks: marks.into(),
            phases,
            compiled,
        }
    }

    /// Takes the next observation. Times never descend: an earlier one is taken as of the latest
    /// instant. A signal that is not a role of the scenario is left out.
    pub fn feed(&mut self, observation: &Observation) {
        let signal = observation.signal.0 as usize;
        if signal >= self.gathered.len() {
            return;
        }
        if observation.time > self.now {
            self.judge_gathered();
        }
        self.now = self.now.max(observation.time);
        let held = Held::of(&Observation { time: self.now, ..*observation });
        self.gathered[signal].push(&held);
    }

    /// Takes a block: a column for each role, all samples after those before it.
    pub(crate) fn feed_block(&mut self, columns: &mut Vec<Column>) {
        self.judge_gathered();
        let last = columns.iter().filter_map(|column| column.times.last()).max();
        let Some(last) = last.copied() else { return };
        self.now = last;
        columns.resize_with(self.compiled.bank.signals(), Column::default);
        self.compiled.bank.run(&mut self.bank, columns, &self.carried);
        let mut carried = std::mem::take(&mut self.carried);
        self.judge(View { columns, carried: &carried }, last);
        carry(columns, &mut carried);
        self.carried = carried;
    }

    /// Takes a mark that lies behind all that was judged.
    pub(crate) fn add_mark(&mut self, mark: &Mark) {
        let mut marks = self.marks.to_vec();
        marks.push(mark.clone());
        marks[self.next_mark..].sort_by_key(|mark| (mark.at, mark.number));
        self.marks = marks.into();
    }

    /// Takes the statements that another evaluator of the same plan knows in place of its own;
    /// what was observed stays.
    pub(crate) fn knows(&mut self, other: Evaluator) {
        self.compiled = other.compiled;
    }

    fn judge_gathered(&mut self) {
        if self.gathered.iter().all(|column| column.times.is_empty()) {
            return;
        }
        let mut columns = std::mem::take(&mut self.gathered);
        let roles = columns.len();
        self.feed_block(&mut columns);
        columns.truncate(roles);
        columns.iter_mut().for_each(Column::clear);
        self.gathered = columns;
    }

    /// Judges up to `until`, with the marks up to there.
    fn judge(&mut self, view: View<'_>, until: TrialTime) {
        let marks = &self.marks[self.next_mark..];
        let due = marks.partition_point(|mark| mark.at <= until);
        for phase in &mut self.phases {
            phase.run(view, &marks[..due], until);
        }
        self.next_mark += due;
    }

    /// The findings, with the trial ending at `end` (or at the last observation, if that is
    /// later). For the findings so far, finish a clone.
    pub fn finish(mut self, end: TrialTime) -> Findings {
        self.judge_gathered();
        let end = end.max(self.now);
        let columns = vec![Column::default(); self.compiled.bank.signals()];
        let carried = std::mem::take(&mut self.carried);
        let view = View { columns: &columns, carried: &carried };
        self.judge(view, end);
        for phase in &mut self.phases {
            phase.finish(view, end);
        }
        self.findings()
    }
}
