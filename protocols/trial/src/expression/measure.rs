//! What an expression measures: its dimension, and whether it is a pressure or temperature of a
//! certain kind.
//!
//! Invariants:
//! - A number with a unit has no kind and fits every kind of its dimension.
//! - Gauge, absolute, differential and vacuum pressure never mix silently: a sum or difference of
//!   two kinds has a meaning of its own, or is refused.
//! - A product or quotient of two quantities has no kind; a quantity times a plain number keeps it.

use words::{Message, message};

use super::{Expression, Function, Operation};
use crate::unit::{Dimension, Quantity};

/// The kinds that one dimension may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// None: a number, a product, or a quantity of which there is only one kind.
    Any,
    /// Pressure above the atmosphere's.
    Gauge,
    /// Pressure above vacuum.
    Absolute,
    /// Pressure between two points.
    Differential,
    /// Pressure below the atmosphere's, counted downwards.
    Vacuum,
    /// Temperature.
    Temperature,
    /// Difference of two temperatures.
    TemperatureDifference,
}

/// What a name or expression measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Measure {
    /// Its dimension.
    pub dimension: Dimension,
    /// Its kind.
    pub kind: Kind,
}

impl Measure {
    /// A plain number.
    pub const NONE: Measure = Measure::any(Dimension::NONE);
    /// A time.
    pub const TIME: Measure = Measure::any(Dimension::TIME);

    /// A dimension of no certain kind.
    pub const fn any(dimension: Dimension) -> Measure {
        Measure { dimension, kind: Kind::Any }
    }

    /// What a quantity measures.
    pub fn of(quantity: Quantity) -> Measure {
        let kind = match quantity {
            Quantity::PressureGauge => Kind::Gauge,
            Quantity::PressureAbsolute => Kind::Absolute,
            Quantity::PressureDifferential => Kind::Differential,
            Quantity::PressureVacuum => Kind::Vacuum,
            Quantity::Temperature => Kind::Temperature,
            Quantity::TemperatureDifference => Kind::TemperatureDifference,
            _ => Kind::Any,
        };
        Measure { dimension: quantity.dimension(), kind }
    }

    /// Accepts an expression where `self` is wanted.
    ///
    /// # Errors
    /// Another dimension, or another kind of pressure or temperature.
    pub fn ensure(self, found: Measure) -> Result<(), Message> {
        if found.dimension != self.dimension {
            let (left, right) = (found.dimension, self.dimension);
            return Err(message!("expression-mismatch", left = left, right = right));
        }
        if self.kind == found.kind || self.kind == Kind::Any || found.kind == Kind::Any {
            return Ok(());
        }
        Err(kinds(found.kind, self.kind))
    }

    fn plain(self) -> bool {
        self.dimension == Dimension::NONE
    }
}

impl Kind {
    /// The name as documents write the quantity.
    fn name(self) -> &'static str {
        match self {
            Kind::Any => "number",
            Kind::Gauge => Quantity::PressureGauge.name(),
            Kind::Absolute => Quantity::PressureAbsolute.name(),
            Kind::Differential => Quantity::PressureDifferential.name(),
            Kind::Vacuum => Quantity::PressureVacuum.name(),
            Kind::Temperature => Quantity::Temperature.name(),
            Kind::TemperatureDifference => Quantity::TemperatureDifference.name(),
        }
    }
}

fn kinds(left: Kind, right: Kind) -> Message {
    message!("expression-kinds", left = left.name(), right = right.name())
}

impl Expression {
    /// What the result measures, given what the names do.
    ///
    /// # Errors
    /// An unknown name, or operands that do not fit.
    pub fn measure(&self, of: &dyn Fn(&str) -> Option<Measure>) -> Result<Measure, Message> {
        match self {
            Expression::Number(_, dimension) => Ok(Measure::any(*dimension)),
            Expression::Name(name) => {
                of(name).ok_or_else(|| message!("expression-unknown-name", name = name))
            }
            Expression::Negate(inner) => {
                let inner = inner.measure(of)?;
                let kind = match inner.kind {
                    Kind::Gauge => Kind::Vacuum,
                    Kind::Vacuum => Kind::Gauge,
                    Kind::Absolute | Kind::Temperature => Kind::Any,
                    kind => kind,
                };
                Ok(Measure { kind, ..inner })
            }
            Expression::Power(inner, exponent) => {
                Ok(Measure::any(inner.measure(of)?.dimension.power(*exponent)))
            }
            Expression::Binary(operation, left, right) => {
                binary(*operation, left.measure(of)?, right.measure(of)?)
            }
            Expression::Call(function, arguments) => {
                let arguments: Vec<Measure> = arguments
                    .iter()
                    .map(|argument| argument.measure(of))
                    .collect::<Result<_, _>>()?;
                call(*function, &arguments)
            }
        }
    }
}

fn binary(operation: Operation, left: Measure, right: Measure) -> Result<Measure, Message> {
    let kept = match (left.plain(), right.plain()) {
        (false, true) => left.kind,
        (true, false) => right.kind,
        _ => Kind::Any,
    };
    match operation {
        Operation::Multiply => {
            Ok(Measure { dimension: left.dimension.times(right.dimension), kind: kept })
        }
        Operation::Divide => {
            let kind = if right.plain() { kept } else { Kind::Any };
            Ok(Measure { dimension: left.dimension.times(right.dimension.power(-1)), kind })
        }
        Operation::Add | Operation::Subtract => {
            same(left, right)?;
            let kind = if operation == Operation::Add {
                sum(left.kind, right.kind)
            } else {
                difference(left.kind, right.kind)
            };
            let kind = kind.ok_or_else(|| kinds(left.kind, right.kind))?;
            Ok(Measure { dimension: left.dimension, kind })
        }
    }
}

/// The kind of a sum; `None` where it has no meaning. Two of one kind are added for their mean.
fn sum(left: Kind, right: Kind) -> Option<Kind> {
    match (left, right) {
        (Kind::Any, kind) | (kind, Kind::Any) => Some(kind),
        (Kind::Gauge, Kind::Absolute) | (Kind::Absolute, Kind::Gauge) => Some(Kind::Absolute),
        (kind @ (Kind::Gauge | Kind::Absolute), Kind::Differential)
        | (Kind::Differential, kind @ (Kind::Gauge | Kind::Absolute)) => Some(kind),
        (Kind::Temperature, Kind::TemperatureDifference)
        | (Kind::TemperatureDifference, Kind::Temperature) => Some(Kind::Temperature),
        (left, right) => (left == right).then_some(left),
    }
}

/// The kind of a difference; `None` where it has no meaning.
fn difference(left: Kind, right: Kind) -> Option<Kind> {
    match (left, right) {
        (Kind::Any, kind) | (kind, Kind::Any) => Some(kind),
        (Kind::Temperature, Kind::Temperature) => Some(Kind::TemperatureDifference),
        (Kind::Temperature, Kind::TemperatureDifference) => Some(Kind::Temperature),
        (Kind::TemperatureDifference, Kind::TemperatureDifference) => {
            Some(Kind::TemperatureDifference)
        }
        (kind @ (Kind::Gauge | Kind::Absolute), Kind::Differential) => Some(kind),
        (Kind::Absolute, Kind::Gauge) => Some(Kind::Absolute),
        (left, right) => (left == right).then_some(Kind::Differential),
    }
}

fn call(function: Function, arguments: &[Measure]) -> Result<Measure, Message> {
    let first = arguments.first().copied().unwrap_or(Measure::NONE);
    if function.has_window()
        && let Some(window) = arguments.last()
    {
        Measure::TIME.ensure(*window)?;
    }
    let second = Dimension::TIME;
    let of_dimension = |dimension| Ok(Measure::any(dimension));
    match function {
        Function::Sqrt => {
            let root = first.dimension.square_root();
            let root =
                root.ok_or_else(|| message!("expression-odd-root", dimension = first.dimension))?;
            of_dimension(root)
        }
        Function::Abs => of_dimension(first.dimension),
        Function::Min | Function::Max => arguments.iter().try_fold(first, |first, next| {
            same(first, *next)?;
            let kind = if first.kind == Kind::Any { next.kind } else { first.kind };
            Measure { kind, ..first }.ensure(*next)?;
            Ok(Measure { kind, ..first })
        }),
        Function::Mean | Function::Median | Function::Lowest | Function::Highest => Ok(first),
        Function::Rms => of_dimension(first.dimension),
        Function::PeakToPeak => {
            let kind = difference(first.kind, first.kind).unwrap_or(Kind::Any);
            Ok(Measure { kind, ..first })
        }
        Function::Integral => of_dimension(first.dimension.times(second)),
        Function::Rate => of_dimension(first.dimension.times(second.power(-1))),
        Function::Frequency => of_dimension(second.power(-1)),
        Function::GroundSpeed | Function::GroundTrack => {
            for angle in &arguments[..2.min(arguments.len())] {
                Measure::NONE.ensure(*angle)?;
            }
            let metre = Quantity::Length.dimension();
            let track = function == Function::GroundTrack;
            of_dimension(if track { metre } else { metre.times(second.power(-1)) })
        }
    }
}

fn same(left: Measure, right: Measure) -> Result<(), Message> {
    if left.dimension == right.dimension {
        Ok(())
    } else {
        let (left, right) = (left.dimension, right.dimension);
        Err(message!("expression-mismatch", left = left, right = right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<Measure> {
        let quantity = match name {
            "gauge" => Quantity::PressureGauge,
            "absolute" => Quantity::PressureAbsolute,
            "between" => Quantity::PressureDifferential,
            "vacuum" => Quantity::PressureVacuum,
            "warm" => Quantity::Temperature,
            "flow" => Quantity::VolumeFlow,
            "latitude" | "longitude" => Quantity::Angle,
            _ => return None,
        };
        Some(Measure::of(quantity))
    }

    /// What a text measures: the quantity that it fits and no other kind of it.
    fn check(text: &str, quantity: Option<Quantity>) {
        let found = Expression::parse(text).unwrap().measure(&of);
        let fits: Vec<&str> = Quantity::ALL
            .iter()
            .filter(|known| found.as_ref().is_ok_and(|found| Measure::of(**known) == *found))
            .map(|known| known.name())
            .collect();
        match quantity {
            Some(quantity) => assert!(fits.contains(&quantity.name()), "{text}: {found:?}"),
            None => assert!(found.is_err(), "{text}: {found:?}"),
        }
    }

    #[test]
    fn kinds_of_pressure_never_mix_silently() {
        for (text, quantity) in [
            ("gauge - gauge", Some(Quantity::PressureDifferential)),
            ("gauge + between", Some(Quantity::PressureGauge)),
            ("gauge + 1 kPa", Some(Quantity::PressureGauge)),
            ("gauge + absolute", Some(Quantity::PressureAbsolute)),
            ("(gauge + gauge) / 2", Some(Quantity::PressureGauge)),
            ("-gauge", Some(Quantity::PressureVacuum)),
            ("0.7 * between", Some(Quantity::PressureDifferential)),
            ("max(gauge, 1 kPa)", Some(Quantity::PressureGauge)),
            ("mean(gauge, 1 s)", Some(Quantity::PressureGauge)),
            ("peak_to_peak(gauge, 1 s)", Some(Quantity::PressureDifferential)),
            ("gauge - absolute", None),
            ("gauge - vacuum", None),
            ("vacuum + between", None),
            ("max(gauge, absolute)", None),
            ("warm - warm", Some(Quantity::TemperatureDifference)),
            ("warm - between", None),
            ("flow * between", Some(Quantity::Power)),
            ("integral(flow)", Some(Quantity::Volume)),
            ("rate(integral(flow), 1 s)", Some(Quantity::VolumeFlow)),
            ("rate(flow, 1 m)", None),
            ("ground_track(latitude, longitude)", Some(Quantity::Length)),
            ("ground_speed(latitude, flow, 1 s)", None),
        ] {
            check(text, quantity);
        }
    }
}
