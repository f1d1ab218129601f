//! Operators with numbers in the place of expressions.

use std::sync::Arc;

use trial::expression::Compare;
use trial::finding::AppliedLimit;
use trial::scenario::{
    Accumulation, Allowance, Combine, Criterion, Direction, DriftMeasure, Formula, Interpolation,
    Level, LimitEnd, Limits, Motion, Operator, Trigger,
};
use trial::unit::Unit;

use super::names::{Blocked, Names, blocked_by_number};
use super::{Spec, TriggerSpec};
use crate::condition::{Test, Tests};
use crate::logic::{Node, compile_formula};

/// The ends that a number must keep, in the coherent SI unit; the flag says that the end is out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ends {
    pub low: Option<(f64, bool)>,
    pub high: Option<(f64, bool)>,
}

/// Share of a limit by which the arithmetic may be off: binary fractions must not decide.
const NOISE: f64 = 1e-12;

impl Ends {
    /// At most so much.
    pub fn at_most(limit: f64) -> Ends {
        Ends { low: None, high: Some((limit, false)) }
    }

    /// At least so much.
    pub fn at_least(limit: f64) -> Ends {
        Ends { low: Some((limit, false)), high: None }
    }

    fn comparisons(self) -> impl Iterator<Item = (Compare, f64)> {
        let low = self.low.map(|(limit, strict)| {
            (if strict { Compare::MoreThan } else { Compare::AtLeast }, limit)
        });
        let high = self.high.map(|(limit, strict)| {
            (if strict { Compare::LessThan } else { Compare::AtMost }, limit)
        });
        low.into_iter().chain(high)
    }

    /// The value, or the limit from which it differs by no more than the noise of the arithmetic: 27 L
    /// less 15 L are 12 L, and so is the mean of many samples of 12 L.
    pub fn without_noise(self, value: f64) -> f64 {
        let limits = self.comparisons().map(|(_, limit)| limit);
        let mut equal = limits.filter(|limit| (value - limit).abs() <= limit.abs() * NOISE);
        equal.next().unwrap_or(value)
    }

    /// Whether a value keeps them.
    pub fn holds(self, value: f64) -> bool {
        self.comparisons().all(|(compare, limit)| compare.holds(value, limit))
    }

    /// How far a value is inside; negative outside.
    pub fn margin(self, value: f64) -> f64 {
        self.comparisons()
            .map(|(compare, limit)| compare.margin(value, limit))
            .fold(f64::INFINITY, |least, margin| if margin < least { margin } else { least })
    }

    /// The value between `low` and `high` that is furthest inside.
    pub fn best(self, low: f64, high: f64) -> f64 {
        let wanted = match (self.low, self.high) {
            (Some((bottom, _)), Some((top, _))) => bottom + (top - bottom) / 2.0,
            (Some(_), None) => f64::INFINITY,
            _ => f64::NEG_INFINITY,
        };
        if wanted < low {
            low
        } else if wanted > high {
            high
        } else {
            wanted
        }
    }

    /// As people read them, in `unit`.
    pub fn shown(self, unit: Unit) -> String {
        let each = self.comparisons().map(|(compare, limit)| {
            format!("{} {}", compare.shown(), crate::outcome::with_unit(unit.from_si(limit), unit))
        });
        each.collect::<Vec<_>>().join(", ")
    }

    /// As findings carry them, in `unit`.
    pub fn applied(self, unit: Unit) -> Vec<AppliedLimit> {
        let each = self.comparisons();
        each.map(|(compare, limit)| AppliedLimit { compare, value: unit.from_si(limit), unit })
            .collect()
    }
}

/// A level with numbers.
#[derive(Debug, Clone)]
pub(crate) enum LevelSpec {
    Min,
    Max,
    Mean,
    P05,
    P95,
    Initial,
    Final,
    /// In nanoseconds.
    MeanFirst(i64),
    /// In nanoseconds.
    MeanLast(i64),
    /// In nanoseconds.
    After(i64),
    At(TriggerSpec),
}

impl LevelSpec {
    fn signals(&self) -> Vec<usize> {
        match self {
            LevelSpec::At(trigger) => trigger.signals(),
            _ => Vec::new(),
        }
    }
}

/// An allowance with numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AllowanceSpec {
    pub absolute: Option<f64>,
    pub relative: Option<f64>,
    pub combine: Combine,
}

impl AllowanceSpec {
    /// What is allowed where the relative part is of `reference`.
    pub fn of(&self, reference: f64) -> f64 {
        let relative = self.relative.map(|share| share * reference.abs());
        match (self.absolute, relative) {
            (Some(absolute), Some(relative)) => match self.combine {
                Combine::Sum => absolute + relative,
                Combine::Max if relative > absolute => relative,
                Combine::Max => absolute,
            },
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => 0.0,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct DropSpec {
    pub signal: usize,
    pub from: LevelSpec,
    pub to: LevelSpec,
    pub direction: Direction,
    pub allowance: AllowanceSpec,
}

#[derive(Debug, Clone)]
pub(crate) struct ExcursionSpec {
    pub signal: usize,
    pub step: TriggerSpec,
    pub reference: Option<f64>,
    pub rated: Option<f64>,
    pub above: Option<f64>,
    pub below: Option<f64>,
    pub band: f64,
    pub steady_ns: i64,
    pub recovery_ns: i64,
    pub stay_ns: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct ErrorSpec {
    pub item: usize,
    pub reference: usize,
    pub allowance: AllowanceSpec,
    pub at: Option<LevelSpec>,
}

#[derive(Debug, Clone)]
pub(crate) struct CyclesSpec {
    pub rest: Tests,
    pub reach: Tests,
    pub count: f64,
    pub within_ns: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct MotionSpec {
    pub latitude: usize,
    pub longitude: usize,
    pub measure: Motion,
    pub from: Option<TriggerSpec>,
    pub to: Option<TriggerSpec>,
    pub ends: Ends,
}

#[derive(Debug, Clone)]
pub(crate) enum OperatorSpec {
    Bound { signal: usize, level: LevelSpec, ends: Ends, raw: Option<usize> },
    Hold { signal: usize, low: Option<f64>, high: Option<f64>, tests: Tests, duration_ns: i64 },
    Pair { tests: Tests, duration_ns: i64 },
    TimeTo { from: TriggerSpec, to: TriggerSpec, within_ns: i64 },
    Drop(DropSpec),
    Excursion(Box<ExcursionSpec>),
    Ripple { signal: usize, window_ns: i64, nominal: f64, limit: f64 },
    Accumulate { signal: usize, how: Accumulation, interpolation: Interpolation, ends: Ends },
    Error(ErrorSpec),
    Cycles(CyclesSpec),
    Drift { signal: usize, over_ns: Option<i64>, limit: f64 },
    Motion(Box<MotionSpec>),
    Formula { node: Arc<Node>, unit: Unit, interpolation: Interpolation },
    AnyOf(Vec<Arc<Spec>>),
}

impl OperatorSpec {
    /// The signals that it looks at, each once.
    pub fn signals(&self) -> Vec<usize> {
        let mut used = match self {
            OperatorSpec::Bound { signal, level, raw, .. } => {
                let mut used = vec![*signal];
                used.extend(raw);
                used.extend(level.signals());
                used
            }
            OperatorSpec::Hold { signal, .. }
            | OperatorSpec::Ripple { signal, .. }
            | OperatorSpec::Accumulate { signal, .. }
            | OperatorSpec::Drift { signal, .. } => vec![*signal],
            OperatorSpec::Pair { tests, .. } => tests.signals().collect(),
            OperatorSpec::TimeTo { from, to, .. } => {
                let mut used = to.signals();
                used.extend(from.signals());
                used
            }
            OperatorSpec::Drop(spec) => {
                let mut used = vec![spec.signal];
                used.extend(spec.from.signals());
                used.extend(spec.to.signals());
                used
            }
            OperatorSpec::Excursion(spec) => {
                let mut used = vec![spec.signal];
                used.extend(spec.step.signals());
                used
            }
            OperatorSpec::Error(spec) => {
                let mut used = vec![spec.item, spec.reference];
                used.extend(spec.at.iter().flat_map(LevelSpec::signals));
                used
            }
            OperatorSpec::Cycles(spec) => spec.rest.signals().chain(spec.reach.signals()).collect(),
            OperatorSpec::Motion(spec) => {
                let mut used = vec![spec.latitude, spec.longitude];
                used.extend(spec.from.iter().flat_map(TriggerSpec::signals));
                used.extend(spec.to.iter().flat_map(TriggerSpec::signals));
                used
            }
            OperatorSpec::Formula { node, .. } => node.signals(),
            OperatorSpec::AnyOf(specs) => {
                specs.iter().flat_map(|spec| spec.signals.iter().copied()).collect()
            }
        };
        let mut once = Vec::new();
        used.retain(|signal| !once.contains(signal) && (once.push(*signal), true).1);
        used
    }
}

impl Names<'_> {
    pub fn operator(&mut self, criterion: &Criterion) -> Result<OperatorSpec, Blocked> {
        self.one(criterion, &criterion.operator)
    }

    /// A signal as the criterion's filter shows it.
    fn filtered(&mut self, criterion: &Criterion, name: &str) -> Result<usize, Blocked> {
        let signal = self.signal(name)?;
        let Some(filter) = criterion.filter else { return Ok(signal) };
        let hidden = self.bank.add_filter(signal, filter, criterion.quality.max_gap_ns);
        self.hide_as(hidden, signal);
        Ok(hidden)
    }

    fn one(&mut self, criterion: &Criterion, operator: &Operator) -> Result<OperatorSpec, Blocked> {
        let gap_ns = criterion.quality.max_gap_ns;
        Ok(match operator {
            Operator::Bound { signal, level, limits } => {
                let raw = self.signal(signal)?;
                OperatorSpec::Bound {
                    signal: self.filtered(criterion, signal)?,
                    level: self.level(level, gap_ns)?,
                    ends: self.ends(limits)?,
                    raw: criterion.filter.map(|_| raw),
                }
            }
            Operator::Trip { signal, when, limits } => OperatorSpec::Bound {
                signal: self.filtered(criterion, signal)?,
                level: LevelSpec::At(self.trigger(when, gap_ns)?),
                ends: self.ends(limits)?,
                raw: None,
            },
            Operator::Hold { signal, low, high, duration } => {
                let signal = self.filtered(criterion, signal)?;
                let low = low.as_ref().map(|end| self.number(end, "low")).transpose()?;
                let high = high.as_ref().map(|end| self.number(end, "high")).transpose()?;
                let test = |compare, limit| Test { signal, compare, limit };
                let lower = low.map(|limit| test(Compare::AtLeast, limit));
                let upper = high.map(|limit| test(Compare::AtMost, limit));
                let tests = Tests { tests: lower.into_iter().chain(upper).collect(), gap_ns };
                let duration_ns = self.duration(duration, "for")?;
                OperatorSpec::Hold { signal, low, high, tests, duration_ns }
            }
            Operator::Pair { conditions, duration } => OperatorSpec::Pair {
                tests: self.tests(conditions, gap_ns)?,
                duration_ns: self.duration(duration, "for")?,
            },
            Operator::TimeTo { from, to, within } => OperatorSpec::TimeTo {
                from: self.trigger(from, gap_ns)?,
                to: self.trigger(to, gap_ns)?,
                within_ns: self.duration(within, "within")?,
            },
            Operator::Ripple { signal, window, nominal, limit } => OperatorSpec::Ripple {
                signal: self.filtered(criterion, signal)?,
                window_ns: self.duration(window, "window")?,
                nominal: Some(self.number(nominal, "nominal")?)
                    .filter(|nominal| *nominal > 0.0)
                    .ok_or_else(|| blocked_by_number("nominal"))?,
                limit: self.number(limit, "limit")?,
            },
            Operator::Formula(formula) => self.formula(formula, criterion)?,
            Operator::AnyOf(operators) => {
                let mut specs = Vec::with_capacity(operators.len());
                for operator in operators {
                    specs.push(Arc::new(self.alternative(criterion, operator)?));
                }
                OperatorSpec::AnyOf(specs)
            }
            _ => self.change(criterion, operator)?,
        })
    }

    /// The operators about changes, errors, counts and ways.
    fn change(
        &mut self,
        criterion: &Criterion,
        operator: &Operator,
    ) -> Result<OperatorSpec, Blocked> {
        let gap_ns = criterion.quality.max_gap_ns;
        Ok(match operator {
            Operator::Drop { signal, from, to, direction, allowance } => {
                OperatorSpec::Drop(DropSpec {
                    signal: self.filtered(criterion, signal)?,
                    from: self.level(from, gap_ns)?,
                    to: self.level(to, gap_ns)?,
                    direction: *direction,
                    allowance: self.allowance(allowance)?,
                })
            }
            Operator::Excursion { .. } => self.excursion(criterion, operator)?,
            Operator::Accumulate { signal, how, limits } => OperatorSpec::Accumulate {
                signal: self.signal(signal)?,
                how: *how,
                interpolation: criterion.quality.interpolation,
                ends: self.ends(limits)?,
            },
            Operator::ErrorOfReference { item, reference, allowance, at } => {
                OperatorSpec::Error(ErrorSpec {
                    item: self.filtered(criterion, item)?,
                    reference: self.filtered(criterion, reference)?,
                    allowance: self.allowance(allowance)?,
                    at: at.as_ref().map(|level| self.level(level, gap_ns)).transpose()?,
                })
            }
            Operator::Cycles { rest, reach, count, within } => OperatorSpec::Cycles(CyclesSpec {
                rest: self.tests(rest, gap_ns)?,
                reach: self.tests(reach, gap_ns)?,
                count: self.number(count, "count")?,
                within_ns: within
                    .as_ref()
                    .map(|within| self.duration(within, "within"))
                    .transpose()?,
            }),
            Operator::Drift { signal, measure, limit } => OperatorSpec::Drift {
                signal: self.filtered(criterion, signal)?,
                over_ns: match measure {
                    DriftMeasure::Slope => None,
                    DriftMeasure::Difference(over) => Some(self.duration(over, "over")?),
                },
                limit: self.number(limit, "limit")?,
            },
            Operator::Motion { latitude, longitude, measure, from, to, limits } => {
                let event = |names: &Self, trigger: &Option<Trigger>| {
                    trigger.as_ref().map(|trigger| names.trigger(trigger, gap_ns)).transpose()
                };
                OperatorSpec::Motion(Box::new(MotionSpec {
                    latitude: self.signal(latitude)?,
                    longitude: self.signal(longitude)?,
                    measure: *measure,
                    from: event(self, from)?,
                    to: event(self, to)?,
                    ends: self.ends(limits)?,
                }))
            }
            // Everything else is prepared by its own function.
            _ => return Err(blocked_by_number("operator")),
        })
    }

    fn excursion(
        &mut self,
        criterion: &Criterion,
        operator: &Operator,
    ) -> Result<OperatorSpec, Blocked> {
        let Operator::Excursion {
            signal,
            step,
            reference,
            rated,
            above,
            below,
            band,
            steady,
            recovery,
            stay,
        } = operator
        else {
            return Err(blocked_by_number("operator"));
        };
        let optional = |names: &Self, value: &Option<trial::expression::Expression>, what| {
            value.as_ref().map(|value| names.number(value, what)).transpose()
        };
        Ok(OperatorSpec::Excursion(Box::new(ExcursionSpec {
            signal: self.filtered(criterion, signal)?,
            step: self.trigger(step, criterion.quality.max_gap_ns)?,
            reference: optional(self, reference, "reference")?,
            rated: optional(self, rated, "rated")?,
            above: optional(self, above, "above")?,
            below: optional(self, below, "below")?,
            band: self.number(band, "band")?,
            steady_ns: self.duration(steady, "steady")?,
            recovery_ns: self.duration(recovery, "recovery")?,
            stay_ns: self.instant(stay, "stay")?,
        })))
    }

    fn alternative(&mut self, criterion: &Criterion, operator: &Operator) -> Result<Spec, Blocked> {
        let operator = self.one(criterion, operator)?;
        let signals = operator.signals();
        Ok(Spec {
            gate: criterion.quality,
            roles: self.roles_of(&signals),
            signals: signals.into(),
            limits: self.applied_limits(&operator),
            operator,
            decision: self.decision(criterion),
            rounding: None,
        })
    }

    fn formula(
        &mut self,
        formula: &Formula,
        criterion: &Criterion,
    ) -> Result<OperatorSpec, Blocked> {
        let interpolation = criterion.quality.interpolation;
        let linear = interpolation == Interpolation::Linear;
        let (node, unit) = compile_formula(self, formula, criterion.quality.max_gap_ns, linear)?;
        Ok(OperatorSpec::Formula { node: Arc::new(node), unit, interpolation })
    }

    fn level(&self, level: &Level, gap_ns: i64) -> Result<LevelSpec, Blocked> {
        Ok(match level {
            Level::Min => LevelSpec::Min,
            Level::Max => LevelSpec::Max,
            Level::Mean => LevelSpec::Mean,
            Level::P05 => LevelSpec::P05,
            Level::P95 => LevelSpec::P95,
            Level::Initial => LevelSpec::Initial,
            Level::Final => LevelSpec::Final,
            Level::MeanFirst(time) => LevelSpec::MeanFirst(self.duration(time, "mean first")?),
            Level::MeanLast(time) => LevelSpec::MeanLast(self.duration(time, "mean last")?),
            Level::After(time) => LevelSpec::After(self.instant(time, "after")?),
            Level::At(trigger) => LevelSpec::At(self.trigger(trigger, gap_ns)?),
        })
    }

    fn allowance(&self, allowance: &Allowance) -> Result<AllowanceSpec, Blocked> {
        let part = |part: &Option<trial::expression::Expression>, what| {
            part.as_ref().map(|part| self.number(part, what)).transpose()
        };
        Ok(AllowanceSpec {
            absolute: part(&allowance.absolute, "limit")?,
            relative: part(&allowance.relative, "relative")?,
            combine: allowance.combine,
        })
    }

    pub fn ends(&self, limits: &Limits) -> Result<Ends, Blocked> {
        let end = |end: &Option<LimitEnd>| -> Result<Option<(f64, bool)>, Blocked> {
            let Some(LimitEnd { value, strict }) = end else { return Ok(None) };
            Ok(Some((self.number(value, "limit")?, *strict)))
        };
        Ok(Ends { low: end(&limits.low)?, high: end(&limits.high)? })
    }
}
