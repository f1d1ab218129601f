//! Derivatives of expressions, by forward differentiation (dual numbers): how much a result
//! changes with one of its names, which is the sensitivity of an uncertainty budget
//! (JCGM 100:2008, 5.1.3).
//!
//! Invariants:
//! - The value is bit for bit that of [`Expression::evaluate`]: the same operations in the same
//!   order.
//! - A derivative is exact but for the rounding of its own operations: no step width is chosen.

use super::{Expression, Function, Operation, pick};

/// A value and its derivative.
#[derive(Clone, Copy)]
struct Dual {
    value: f64,
    slope: f64,
}

impl Expression {
    /// The value in coherent SI units and its partial derivative with respect to the name `by`;
    /// NaN for a name without value.
    ///
    /// Where the derivative jumps, that of one side is given: of `abs` at 0 the one to the right,
    /// of `min` and `max` of equal arguments that of the first. `sqrt` at 0 has an infinite one.
    pub fn slope(&self, of: &dyn Fn(&str) -> Option<f64>, by: &str) -> (f64, f64) {
        let dual = self.dual(of, by);
        (dual.value, dual.slope)
    }

    fn dual(&self, of: &dyn Fn(&str) -> Option<f64>, by: &str) -> Dual {
        match self {
            Expression::Number(number, _) => Dual { value: *number, slope: 0.0 },
            Expression::Name(name) => {
                let slope = if name == by { 1.0 } else { 0.0 };
                Dual { value: of(name).unwrap_or(f64::NAN), slope }
            }
            Expression::Negate(inner) => {
                let inner = inner.dual(of, by);
                Dual { value: -inner.value, slope: -inner.slope }
            }
            Expression::Power(inner, exponent) => power(inner.dual(of, by), *exponent),
            Expression::Binary(operation, left, right) => {
                binary(*operation, left.dual(of, by), right.dual(of, by))
            }
            Expression::Call(function, arguments) => {
                call(*function, &mut arguments.iter().map(|argument| argument.dual(of, by)))
            }
        }
    }
}

fn power(base: Dual, exponent: i8) -> Dual {
    // The product before the last factor is the power by one lower.
    let multiply = |(_, product): (f64, f64), _| (product, product * base.value);
    let (lower, value) = (1..exponent).fold((1.0, base.value), multiply);
    Dual { value, slope: f64::from(exponent) * lower * base.slope }
}

fn binary(operation: Operation, left: Dual, right: Dual) -> Dual {
    match operation {
        Operation::Add => Dual { value: left.value + right.value, slope: left.slope + right.slope },
        Operation::Subtract => {
            Dual { value: left.value - right.value, slope: left.slope - right.slope }
        }
        Operation::Multiply => Dual {
            value: left.value * right.value,
            slope: left.slope * right.value + left.value * right.slope,
        },
        Operation::Divide => {
            let value = left.value / right.value;
            Dual { value, slope: (left.slope - value * right.slope) / right.value }
        }
    }
}

fn call(function: Function, arguments: &mut dyn Iterator<Item = Dual>) -> Dual {
    let first = arguments.next().unwrap_or(Dual { value: f64::NAN, slope: f64::NAN });
    match function {
        Function::Abs => {
            let slope = if first.value < 0.0 { -first.slope } else { first.slope };
            Dual { value: first.value.abs(), slope }
        }
        Function::Sqrt => {
            let value = first.value.sqrt();
            // What does not depend on the name has no slope, even at 0.
            let slope = if first.slope == 0.0 { 0.0 } else { first.slope / (2.0 * value) };
            Dual { value, slope }
        }
        Function::Min => arguments.fold(first, |a, b| pick_dual(a, b, b.value < a.value)),
        Function::Max => arguments.fold(first, |a, b| pick_dual(a, b, b.value > a.value)),
        // A function over time has no value at an instant, and no slope.
        Function::Mean
        | Function::Median
        | Function::Rms
        | Function::Lowest
        | Function::Highest
        | Function::PeakToPeak
        | Function::Integral
        | Function::Rate
        | Function::Frequency
        | Function::GroundSpeed
        | Function::GroundTrack => Dual { value: f64::NAN, slope: f64::NAN },
    }
}

fn pick_dual(a: Dual, b: Dual, take_b: bool) -> Dual {
    Dual { value: pick(a.value, b.value, take_b), slope: if take_b { b.slope } else { a.slope } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Dimension;
    use proptest::prelude::*;

    fn slope(text: &str, by: &str) -> (f64, f64) {
        let names = |name: &str| match name {
            "a" => Some(3.0),
            "b" => Some(4.0),
            "zero" => Some(0.0),
            _ => None,
        };
        Expression::parse(text).unwrap().slope(&names, by)
    }

    #[test]
    fn slopes_are_those_of_the_calculus() {
        for (text, by, value, derivative) in [
            ("7", "a", 7.0, 0.0),
            ("a", "a", 3.0, 1.0),
            ("a", "b", 3.0, 0.0),
            ("-a", "a", -3.0, -1.0),
            ("a - b", "b", -1.0, -1.0),
            ("a * b", "a", 12.0, 4.0),
            ("a * a", "a", 9.0, 6.0),
            ("a / b", "a", 0.75, 0.25),
            ("a / b", "b", 0.75, -0.1875),
            ("a ^ 1", "a", 3.0, 1.0),
            ("a ^ 3", "a", 27.0, 27.0),
            ("sqrt(b)", "b", 2.0, 0.25),
            ("sqrt(a ^ 2 + b ^ 2)", "a", 5.0, 0.6),
            ("abs(a - b)", "a", 1.0, -1.0),
            ("max(a, b)", "a", 4.0, 0.0),
            ("max(a, b, 2 * b)", "b", 8.0, 2.0),
            ("min(a, b)", "a", 3.0, 1.0),
            ("sqrt(zero)", "a", 0.0, 0.0),
            ("sqrt(zero)", "zero", 0.0, f64::INFINITY),
        ] {
            assert_eq!(slope(text, by), (value, derivative), "{text} by {by}");
        }
        assert!(slope("missing + a", "a").0.is_nan());
    }

    fn expressions() -> impl Strategy<Value = Expression> {
        let leaf = prop_oneof![
            (0.5f64..4.0).prop_map(|number| Expression::Number(number, Dimension::NONE)),
            Just(Expression::Name("a".to_owned())),
            Just(Expression::Name("b".to_owned())),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            let operation = prop_oneof![
                Just(Operation::Add),
                Just(Operation::Subtract),
                Just(Operation::Multiply),
                Just(Operation::Divide),
            ];
            let function = prop_oneof![Just(Function::Min), Just(Function::Max)];
            prop_oneof![
                inner.clone().prop_map(|e| Expression::Negate(Box::new(e))),
                (operation, inner.clone(), inner.clone()).prop_map(|(o, a, b)| Expression::Binary(
                    o,
                    Box::new(a),
                    Box::new(b)
                )),
                (inner.clone(), 1i8..4).prop_map(|(e, n)| Expression::Power(Box::new(e), n)),
                inner.clone().prop_map(|e| Expression::Call(Function::Abs, vec![e])),
                inner.clone().prop_map(|e| {
                    let size = Expression::Call(Function::Abs, vec![e]);
                    Expression::Call(Function::Sqrt, vec![size])
                }),
                (function, prop::collection::vec(inner, 1..4))
                    .prop_map(|(f, all)| Expression::Call(f, all)),
            ]
        })
    }

    proptest! {
        #[test]
        fn slopes_agree_with_differences(
            expression in expressions(),
            a in 0.5f64..4.0,
            b in 0.5f64..4.0,
        ) {
            let at = |a: f64| {
                expression.evaluate(&|name| Some(if name == "a" { a } else { b }))
            };
            let (value, slope) =
                expression.slope(&|name| Some(if name == "a" { a } else { b }), "a");
            prop_assert_eq!(value.to_bits(), at(a).to_bits());
            let quotient = |step: f64| (at(a + step) - at(a - step)) / (2.0 * step);
            let (near, far) = (quotient(1e-5), quotient(2e-5));
            // Where the difference quotient itself does not settle, at kinks and poles, or where
            // its rounding errors are large, it says nothing.
            let settled = (near - far).abs() <= 1e-6 * near.abs().max(1.0);
            let smooth = slope.is_finite() && near.is_finite() && value.abs() < 1e3;
            prop_assume!(settled && smooth);
            prop_assert!((slope - near).abs() <= 1e-4 * near.abs().max(1.0), "{slope} {near}");
        }
    }
}
