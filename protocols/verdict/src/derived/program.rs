//! An expression made ready to be computed often: names are positions, parameters numbers.
//!
//! Invariant: the operations are those of [`Expression::evaluate`], in the same order, so that the
//! same bits come out.

use trial::expression::{Expression, Function, Operation};

/// A node of the ready expression.
#[derive(Debug, Clone)]
pub(super) enum Program {
    Number(f64),
    /// Position among the inputs.
    Input(usize),
    Negate(Box<Program>),
    Power(Box<Program>, i8),
    Binary(Operation, Box<Program>, Box<Program>),
    Call(Function, Vec<Program>),
}

impl Program {
    /// Makes an expression ready whose names are all inputs; another name is no number.
    pub fn new(expression: &Expression, input: &dyn Fn(&str) -> Option<usize>) -> Program {
        let inner = |expression: &Expression| Box::new(Program::new(expression, input));
        match expression {
            Expression::Number(number, _) => Program::Number(*number),
            Expression::Name(name) => input(name).map_or(Program::Number(f64::NAN), Program::Input),
            Expression::Negate(operand) => Program::Negate(inner(operand)),
            Expression::Power(base, exponent) => Program::Power(inner(base), *exponent),
            Expression::Binary(operation, left, right) => {
                Program::Binary(*operation, inner(left), inner(right))
            }
            Expression::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| Program::new(argument, input));
                Program::Call(*function, arguments.collect())
            }
        }
    }

    /// The value for the values of the inputs.
    pub fn evaluate(&self, inputs: &[f64]) -> f64 {
        match self {
            Program::Number(number) => *number,
            Program::Input(position) => inputs[*position],
            Program::Negate(operand) => -operand.evaluate(inputs),
            Program::Power(base, exponent) => {
                let base = base.evaluate(inputs);
                (1..*exponent).fold(base, |product, _| product * base)
            }
            Program::Binary(operation, left, right) => {
                operation.apply(left.evaluate(inputs), right.evaluate(inputs))
            }
            Program::Call(function, arguments) => {
                function.apply(arguments.iter().map(|argument| argument.evaluate(inputs)))
            }
        }
    }
}
