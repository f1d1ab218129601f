//! Operators.

use words::{Message, message};

use super::{Lowering, NameKind, Over};
use crate::expression::{Compare, Expression, Kind, Measure};
use crate::scenario::raw::{
    RawDrift, RawDriftMeasure, RawDrop, RawErrorOfReference, RawExcursion, RawHold, RawMotion,
    RawOperator, RawTrigger,
};
use crate::scenario::{
    Accumulation, Allowance, Combine, Direction, DriftMeasure, Formula, Level, LimitEnd, Limits,
    MAX_ALTERNATIVES, Motion, Operator, Trigger,
};
use crate::unit::{Dimension, Quantity};

/// The ends of limits as they are written: a comparison, or one or two closed ends.
struct RawLimits<'a> {
    compare: Option<Compare>,
    limit: &'a Option<String>,
    low: &'a Option<String>,
    high: &'a Option<String>,
}

impl Lowering<'_> {
    pub(super) fn operator(&self, raw: &RawOperator) -> Result<Operator, Message> {
        Ok(match raw {
            RawOperator::Bound { signal, statistic, compare, limit, low, high } => {
                let limits = RawLimits { compare: *compare, limit, low, high };
                Operator::Bound {
                    signal: signal.clone(),
                    level: self.level(statistic)?,
                    limits: self.limits(&limits, self.signal_or_reading(signal)?)?,
                }
            }
            RawOperator::Hold(raw) => self.hold(raw)?,
            RawOperator::Pair { conditions, duration } => Operator::Pair {
                conditions: self.conditions(conditions)?,
                duration: self.time(duration)?,
            },
            RawOperator::TimeTo { from, to, within } => Operator::TimeTo {
                from: self.event(from)?,
                to: self.event(to)?,
                within: self.time(within)?,
            },
            RawOperator::Drop(raw) => self.drop(raw)?,
            RawOperator::Excur(raw) => self.excursion(raw)?,
            RawOperator::Ripple { signal, window, nominal, limit } => Operator::Ripple {
                signal: signal.clone(),
                window: self.time(window)?,
                // What 100 % is may be of another kind: the rated net pressure for an outlet.
                nominal: self.over_parameters(nominal, plain(self.signal(signal)?))?,
                limit: self.over_parameters(limit, Measure::NONE)?,
            },
            RawOperator::Trip { signal, when, compare, limit, low, high } => {
                let limits = RawLimits { compare: *compare, limit, low, high };
                Operator::Trip {
                    signal: signal.clone(),
                    when: self.event(when)?,
                    limits: self.limits(&limits, self.signal(signal)?)?,
                }
            }
            RawOperator::Accum { signal, how, compare, limit, low, high } => {
                let limits = RawLimits { compare: *compare, limit, low, high };
                let sum = self.sum(signal, *how)?;
                let limits = self.limits(&limits, sum)?;
                Operator::Accumulate { signal: signal.clone(), how: *how, limits }
            }
            RawOperator::ErrRef(raw) => self.error_of_reference(raw)?,
            RawOperator::Cycles { rest, reach, count, within } => Operator::Cycles {
                rest: self.conditions(rest)?,
                reach: self.conditions(reach)?,
                count: self.over_parameters(count, Measure::NONE)?,
                within: self.optional(within.as_deref(), Measure::TIME)?,
            },
            RawOperator::Drift(raw) => self.drift(raw)?,
            RawOperator::Kine(raw) => self.motion(raw)?,
            RawOperator::Witness { statement, by } => {
                Operator::Witness { statement: statement.clone(), by: *by }
            }
            RawOperator::Formula(text) => Operator::Formula(self.formula(text)?),
            RawOperator::AnyOf(raw) => self.any_of(raw)?,
        })
    }

    fn hold(&self, raw: &RawHold) -> Result<Operator, Message> {
        if raw.low.is_none() && raw.high.is_none() {
            return Err(message!("scenario-hold-needs-end"));
        }
        let measure = self.signal(&raw.signal)?;
        Ok(Operator::Hold {
            signal: raw.signal.clone(),
            low: self.optional(raw.low.as_deref(), measure)?,
            high: self.optional(raw.high.as_deref(), measure)?,
            duration: self.time(&raw.duration)?,
        })
    }

    fn drift(&self, raw: &RawDrift) -> Result<Operator, Message> {
        let measure = match (&raw.measure, &raw.over) {
            (RawDriftMeasure::Slope, None) => DriftMeasure::Slope,
            (RawDriftMeasure::Difference, Some(over)) => DriftMeasure::Difference(self.time(over)?),
            _ => return Err(message!("scenario-drift-form")),
        };
        let limit = self.over_parameters(&raw.limit, self.change(&raw.signal)?)?;
        Ok(Operator::Drift { signal: raw.signal.clone(), measure, limit })
    }

    fn motion(&self, raw: &RawMotion) -> Result<Operator, Message> {
        for role in [&raw.latitude, &raw.longitude] {
            Measure::of(Quantity::Angle).ensure(self.signal(role)?)?;
        }
        let event = |raw: &Option<RawTrigger>| -> Result<Option<Trigger>, Message> {
            raw.as_ref().map(|raw| self.event(raw)).transpose()
        };
        let limits =
            RawLimits { compare: raw.compare, limit: &raw.limit, low: &raw.low, high: &raw.high };
        Ok(Operator::Motion {
            latitude: raw.latitude.clone(),
            longitude: raw.longitude.clone(),
            measure: raw.measure,
            from: event(&raw.from)?,
            to: event(&raw.to)?,
            limits: self.limits(&limits, motion(raw.measure))?,
        })
    }

    fn any_of(&self, raw: &[RawOperator]) -> Result<Operator, Message> {
        let nested = raw.iter().any(|raw| matches!(raw, RawOperator::AnyOf(_)));
        if nested || !(2..=MAX_ALTERNATIVES).contains(&raw.len()) {
            return Err(message!("scenario-any-of", limit = MAX_ALTERNATIVES));
        }
        let operators = raw.iter().map(|raw| self.operator(raw)).collect::<Result<_, _>>()?;
        Ok(Operator::AnyOf(operators))
    }

    fn drop(&self, raw: &RawDrop) -> Result<Operator, Message> {
        let level = |text: &Option<String>, default: Level| match text {
            None => Ok(default),
            Some(text) => self.level(text),
        };
        let to = match (&raw.over, &raw.to) {
            (Some(over), None) => Level::After(self.time(over)?),
            (None, _) => level(&raw.to, Level::Final)?,
            (Some(_), Some(_)) => return Err(message!("scenario-drop-form")),
        };
        let change = self.change(&raw.signal)?;
        Ok(Operator::Drop {
            signal: raw.signal.clone(),
            from: level(&raw.from, Level::Initial)?,
            to,
            direction: raw.direction.unwrap_or(Direction::Fall),
            allowance: self.allowance(&raw.limit, &raw.relative, raw.combine, change)?,
        })
    }

    fn excursion(&self, raw: &RawExcursion) -> Result<Operator, Message> {
        let measure = self.signal(&raw.signal)?;
        if raw.above.is_none() && raw.below.is_none() {
            return Err(message!("scenario-excursion-form"));
        }
        let share = |text: &Option<String>| self.optional(text.as_deref(), Measure::NONE);
        let value = |text: &Option<String>| self.optional(text.as_deref(), measure);
        Ok(Operator::Excursion {
            signal: raw.signal.clone(),
            step: self.event(&raw.step)?,
            reference: value(&raw.reference)?,
            rated: value(&raw.rated)?,
            above: share(&raw.above)?,
            below: share(&raw.below)?,
            band: self.over_parameters(&raw.band, Measure::NONE)?,
            steady: self.time(&raw.steady)?,
            recovery: self.time(&raw.recovery)?,
            stay: self.time(&raw.stay)?,
        })
    }

    fn error_of_reference(&self, raw: &RawErrorOfReference) -> Result<Operator, Message> {
        let measure = self.signal(&raw.item)?;
        measure.ensure(self.signal(&raw.reference)?)?;
        let change = self.change(&raw.item)?;
        Ok(Operator::ErrorOfReference {
            item: raw.item.clone(),
            reference: raw.reference.clone(),
            allowance: self.allowance(&raw.limit, &raw.relative, raw.combine, change)?,
            at: raw.at.as_deref().map(|text| self.level(text)).transpose()?,
        })
    }

    fn allowance(
        &self,
        absolute: &Option<String>,
        relative: &Option<String>,
        combine: Option<Combine>,
        measure: Measure,
    ) -> Result<Allowance, Message> {
        let both = absolute.is_some() && relative.is_some();
        if (absolute.is_none() && relative.is_none()) || both != combine.is_some() {
            return Err(message!("scenario-allowance-form"));
        }
        Ok(Allowance {
            absolute: self.optional(absolute.as_deref(), measure)?,
            relative: self.optional(relative.as_deref(), Measure::NONE)?,
            combine: combine.unwrap_or(Combine::Max),
        })
    }

    fn limits(&self, raw: &RawLimits<'_>, measure: Measure) -> Result<Limits, Message> {
        let end = |text: &str, strict| -> Result<Option<LimitEnd>, Message> {
            Ok(Some(LimitEnd { value: self.over_parameters(text, measure)?, strict }))
        };
        let mut limits = Limits::default();
        match raw {
            RawLimits { compare: Some(compare), limit: Some(limit), low: None, high: None } => {
                match compare {
                    Compare::AtLeast => limits.low = end(limit, false)?,
                    Compare::MoreThan => limits.low = end(limit, true)?,
                    Compare::AtMost => limits.high = end(limit, false)?,
                    Compare::LessThan => limits.high = end(limit, true)?,
                }
            }
            RawLimits { compare: None, limit: None, low, high }
                if low.is_some() || high.is_some() =>
            {
                if let Some(low) = low {
                    limits.low = end(low, false)?;
                }
                if let Some(high) = high {
                    limits.high = end(high, false)?;
                }
            }
            _ => return Err(message!("scenario-limits-form")),
        }
        Ok(limits)
    }

    /// Reads a level.
    fn level(&self, text: &str) -> Result<Level, Message> {
        let named = match text {
            "min" => Some(Level::Min),
            "max" => Some(Level::Max),
            "mean" => Some(Level::Mean),
            "p05" => Some(Level::P05),
            "p95" => Some(Level::P95),
            "initial" => Some(Level::Initial),
            "final" => Some(Level::Final),
            _ => None,
        };
        if let Some(level) = named {
            return Ok(level);
        }
        if let Some(time) = text.strip_prefix("mean first ") {
            Ok(Level::MeanFirst(self.time(time)?))
        } else if let Some(time) = text.strip_prefix("mean last ") {
            Ok(Level::MeanLast(self.time(time)?))
        } else if let Some(time) = text.strip_prefix("after ") {
            Ok(Level::After(self.time(time)?))
        } else if let Some(event) = text.strip_prefix("at ") {
            Ok(Level::At(self.named_event(event.trim())?))
        } else {
            Err(message!("scenario-unknown-level", level = words::printable(text)))
        }
    }

    fn formula(&self, text: &str) -> Result<Formula, Message> {
        let formula = Formula::parse(text)?;
        let mut wrong = None;
        formula.comparisons(&mut |left, _, right| {
            let fits = self
                .measure(left, Over::Signals)
                .and_then(|left| left.ensure(self.measure(right, Over::Signals)?));
            if let Err(message) = fits {
                wrong.get_or_insert(message);
            }
        });
        formula.intervals(&mut |interval| {
            let Some((from, to)) = interval else { return };
            for end in [from, to] {
                if let Err(message) = self.check_time(end) {
                    wrong.get_or_insert(message);
                }
            }
        });
        wrong.map_or(Ok(formula), Err)
    }

    /// A plain 0 needs no unit.
    fn check_time(&self, end: &Expression) -> Result<(), Message> {
        if *end == Expression::Number(0.0, Dimension::NONE) {
            return Ok(());
        }
        self.check(end, Measure::TIME, Over::Parameters)
    }

    fn time(&self, text: &str) -> Result<Expression, Message> {
        self.over_parameters(text, Measure::TIME)
    }

    fn over_parameters(&self, text: &str, wanted: Measure) -> Result<Expression, Message> {
        self.expression(text, wanted, Over::Parameters)
    }

    fn optional(&self, text: Option<&str>, wanted: Measure) -> Result<Option<Expression>, Message> {
        text.map(|text| self.over_parameters(text, wanted)).transpose()
    }

    fn signal_or_reading(&self, name: &str) -> Result<Measure, Message> {
        match self.names.get(name) {
            Some((NameKind::Reading, measure)) => Ok(*measure),
            _ => self.signal(name),
        }
    }

    /// What a change of a signal measures.
    fn change(&self, signal: &str) -> Result<Measure, Message> {
        let measure = self.signal(signal)?;
        let kind = match measure.kind {
            Kind::Temperature | Kind::TemperatureDifference => Kind::TemperatureDifference,
            Kind::Any => Kind::Any,
            _ => Kind::Differential,
        };
        Ok(Measure { kind, ..measure })
    }

    fn sum(&self, signal: &str, how: Accumulation) -> Result<Measure, Message> {
        match how {
            Accumulation::Difference => self.change(signal),
            Accumulation::Integral => {
                let dimension = self.signal(signal)?.dimension.times(Dimension::TIME);
                Ok(Measure::any(dimension))
            }
        }
    }

    /// What the result of an operator measures, for its rounding.
    pub(super) fn dimension_of_result(&self, operator: &Operator) -> Result<Measure, Message> {
        Ok(match operator {
            Operator::Bound { signal, .. } => plain(self.signal_or_reading(signal)?),
            Operator::Trip { signal, .. } => plain(self.signal(signal)?),
            Operator::Drop { signal, .. } | Operator::Drift { signal, .. } => {
                plain(self.change(signal)?)
            }
            Operator::Accumulate { signal, how, .. } => plain(self.sum(signal, *how)?),
            Operator::ErrorOfReference { item, .. } => plain(self.change(item)?),
            Operator::TimeTo { .. } => Measure::TIME,
            Operator::Motion { measure, .. } => motion(*measure),
            Operator::Ripple { .. } => Measure::NONE,
            _ => return Err(message!("scenario-no-rounding", operator = operator.name())),
        })
    }
}

/// The same dimension of any kind.
fn plain(measure: Measure) -> Measure {
    Measure::any(measure.dimension)
}

fn motion(measure: Motion) -> Measure {
    Measure::any(match measure {
        Motion::Speed => Quantity::Velocity.dimension(),
        Motion::Distance | Motion::Track | Motion::Lateral => Quantity::Length.dimension(),
        Motion::LateralShare => Dimension::NONE,
    })
}
