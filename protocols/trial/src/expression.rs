//! Expressions over names, with units: `0.7 * rated_flow`, `1.034 MPa`, `sqrt(a/b)`.
//!
//! Invariants:
//! - All arithmetic is in coherent SI units and IEEE 754 basic operations, left to right as
//!   written, so that every machine gets the same bits.
//! - A mismatch of units or of pressure kinds is found before anything is evaluated, by
//!   [`Expression::measure`].
//! - Functions that need the past of a signal ([`Function::is_over_time`]) have no value of their
//!   own here; who evaluates a signal replaces them by channels.
//! - Length and depth are bounded; no text makes the parser panic.

mod cursor;
mod derivative;
mod measure;

use words::{Message, message};

pub(crate) use cursor::Cursor;

pub use measure::{Kind, Measure};

use crate::unit::{Dimension, Unit};

/// Longest expression, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 512;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 32;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A number, in coherent SI units.
    Number(f64, Dimension),
    /// A role, parameter or derived channel.
    Name(String),
    /// `−x`.
    Negate(Box<Expression>),
    /// `a ∘ b`.
    Binary(Operation, Box<Expression>, Box<Expression>),
    /// `x^n` with a whole exponent from 1 to 8, computed by repeated multiplication.
    Power(Box<Expression>, i8),
    /// A function of its arguments.
    Call(Function, Vec<Expression>),
}

/// A binary operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Absolute value.
    Abs,
    /// Square root.
    Sqrt,
    /// Smallest argument.
    Min,
    /// Largest argument.
    Max,
    /// `mean(x, 1 s)`: mean over the time before, as far as it was observed.
    Mean,
    /// `median(x, 1 s)`: median of the samples of the time before.
    Median,
    /// `rms(x, 1 s)`: root of the mean square over the time before.
    Rms,
    /// `lowest(x, 1 s)`: smallest value of the time before.
    Lowest,
    /// `highest(x, 1 s)`: largest value of the time before.
    Highest,
    /// `peak_to_peak(x, 1 s)`: largest less smallest value of the time before.
    PeakToPeak,
    /// `integral(x)`: integral over time from the beginning of the recording.
    Integral,
    /// `rate(x, 1 s)`: change over the time before, divided by that time.
    Rate,
    /// `frequency(x)`: reciprocal of the time between rising passages through zero.
    Frequency,
    /// `ground_speed(latitude, longitude, 1 s)`: way over ground over the time before, divided by
    /// that time.
    GroundSpeed,
    /// `ground_track(latitude, longitude)`: way over ground from the first position.
    GroundTrack,
}

/// The functions by their names, with the number of arguments that each takes; a window of time is
/// the last argument.
const FUNCTIONS: [(&str, Function, std::ops::RangeInclusive<usize>); 15] = [
    ("abs", Function::Abs, 1..=1),
    ("sqrt", Function::Sqrt, 1..=1),
    ("min", Function::Min, 1..=8),
    ("max", Function::Max, 1..=8),
    ("mean", Function::Mean, 2..=2),
    ("median", Function::Median, 2..=2),
    ("rms", Function::Rms, 2..=2),
    ("lowest", Function::Lowest, 2..=2),
    ("highest", Function::Highest, 2..=2),
    ("peak_to_peak", Function::PeakToPeak, 2..=2),
    ("integral", Function::Integral, 1..=1),
    ("rate", Function::Rate, 2..=2),
    ("frequency", Function::Frequency, 1..=1),
    ("ground_speed", Function::GroundSpeed, 3..=3),
    ("ground_track", Function::GroundTrack, 2..=2),
];

impl Operation {
    /// The result for two operands.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Operation::Add => left + right,
            Operation::Subtract => left - right,
            Operation::Multiply => left * right,
            Operation::Divide => left / right,
        }
    }
}

impl Function {
    /// The result for its arguments; NaN for a function over time.
    pub fn apply(self, mut values: impl Iterator<Item = f64>) -> f64 {
        let first = values.next().unwrap_or(f64::NAN);
        match self {
            Function::Abs => first.abs(),
            Function::Sqrt => first.sqrt(),
            Function::Min => values.fold(first, |a, b| pick(a, b, b < a)),
            Function::Max => values.fold(first, |a, b| pick(a, b, b > a)),
            _ => f64::NAN,
        }
    }

    /// Whether the value at an instant depends on what the arguments were before.
    pub fn is_over_time(self) -> bool {
        !matches!(self, Function::Abs | Function::Sqrt | Function::Min | Function::Max)
    }

    /// Whether the last argument is a window of time.
    pub fn has_window(self) -> bool {
        match self {
            Function::Mean
            | Function::Median
            | Function::Rms
            | Function::Lowest
            | Function::Highest
            | Function::PeakToPeak
            | Function::Rate
            | Function::GroundSpeed => true,
            Function::Abs
            | Function::Sqrt
            | Function::Min
            | Function::Max
            | Function::Integral
            | Function::Frequency
            | Function::GroundTrack => false,
        }
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Compare {
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// More than.
    #[serde(rename = ">")]
    MoreThan,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Less than.
    #[serde(rename = "<")]
    LessThan,
}

impl Compare {
    /// Whether `value ∘ limit` holds. A NaN on either side never holds.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Compare::AtLeast => value >= limit,
            Compare::MoreThan => value > limit,
            Compare::AtMost => value <= limit,
            Compare::LessThan => value < limit,
        }
    }

    /// How far `value` is on the right side of `limit`; negative on the wrong side.
    pub fn margin(self, value: f64, limit: f64) -> f64 {
        match self {
            Compare::AtLeast | Compare::MoreThan => value - limit,
            Compare::AtMost | Compare::LessThan => limit - value,
        }
    }

    /// The sign as people read it.
    pub fn shown(self) -> &'static str {
        match self {
            Compare::AtLeast => "≥",
            Compare::MoreThan => ">",
            Compare::AtMost => "≤",
            Compare::LessThan => "<",
        }
    }
}

/// `signal ∘ limit`, where the limit is an expression over parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Name of a role or derived channel.
    pub signal: String,
    /// How the two are compared.
    pub compare: Compare,
    /// The limit.
    pub limit: Expression,
}

impl Condition {
    /// Reads `outlet_pressure >= 0.05 MPa`.
    ///
    /// # Errors
    /// Not of that form; the message shows the right one.
    pub fn parse(text: &str) -> Result<Condition, Message> {
        let Comparison { left, compare, right } = Comparison::parse(text)?;
        match left {
            Expression::Name(signal) => Ok(Condition { signal, compare, limit: right }),
            _ => Err(message!("condition-wrong-form", text = words::printable(text))),
        }
    }
}

/// `left ∘ right`, both over parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Left side.
    pub left: Expression,
    /// How the two are compared.
    pub compare: Compare,
    /// Right side.
    pub right: Expression,
}

impl Comparison {
    /// Reads `rated_flow > 47 L/s`.
    ///
    /// # Errors
    /// Not of that form; the message shows the right one.
    pub fn parse(text: &str) -> Result<Comparison, Message> {
        let wrong = || message!("condition-wrong-form", text = words::printable(text));
        let at = text.find(['<', '>']).ok_or_else(wrong)?;
        let (compare, length) = match (&text[at..at + 1], text[at + 1..].starts_with('=')) {
            (">", true) => (Compare::AtLeast, 2),
            (">", false) => (Compare::MoreThan, 1),
            (_, true) => (Compare::AtMost, 2),
            (_, false) => (Compare::LessThan, 1),
        };
        let left = Expression::parse(&text[..at])?;
        Ok(Comparison { left, compare, right: Expression::parse(&text[at + length..])? })
    }
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// A message that says where reading stopped.
    pub fn parse(text: &str) -> Result<Expression, Message> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(message!("expression-too-long", limit = MAX_EXPRESSION_BYTES));
        }
        let mut parser = Cursor::new(text);
        let expression = parser.sum()?;
        parser.skip_space();
        if parser.at < text.len() { Err(parser.wrong()) } else { Ok(expression) }
    }

    /// The value in coherent SI units; NaN for a name without value, and for a function over time.
    pub fn evaluate(&self, of: &dyn Fn(&str) -> Option<f64>) -> f64 {
        match self {
            Expression::Number(number, _) => *number,
            Expression::Name(name) => of(name).unwrap_or(f64::NAN),
            Expression::Negate(inner) => -inner.evaluate(of),
            Expression::Power(inner, exponent) => {
                let base = inner.evaluate(of);
                (1..*exponent).fold(base, |product, _| product * base)
            }
            Expression::Binary(operation, left, right) => {
                operation.apply(left.evaluate(of), right.evaluate(of))
            }
            Expression::Call(function, arguments) => {
                function.apply(arguments.iter().map(|argument| argument.evaluate(of)))
            }
        }
    }

    /// Whether a function over time stands in it.
    pub fn is_over_time(&self) -> bool {
        match self {
            Expression::Number(..) | Expression::Name(_) => false,
            Expression::Negate(inner) | Expression::Power(inner, _) => inner.is_over_time(),
            Expression::Binary(_, left, right) => left.is_over_time() || right.is_over_time(),
            Expression::Call(function, arguments) => {
                function.is_over_time() || arguments.iter().any(Expression::is_over_time)
            }
        }
    }

    /// Calls `visit` with every name in the expression.
    pub fn names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Expression::Number(..) => {}
            Expression::Name(name) => visit(name),
            Expression::Negate(inner) | Expression::Power(inner, _) => inner.names(visit),
            Expression::Binary(_, left, right) => {
                left.names(visit);
                right.names(visit);
            }
            Expression::Call(_, arguments) => arguments.iter().for_each(|a| a.names(visit)),
        }
    }
}

/// `a`, or `b` if it is to be taken; NaN if either is NaN.
fn pick(a: f64, b: f64, take_b: bool) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if take_b {
        b
    } else {
        a
    }
}

impl Cursor<'_> {
    fn sum(&mut self) -> Result<Expression, Message> {
        let mut left = self.product()?;
        loop {
            let operation = if self.take("+") {
                Operation::Add
            } else if self.take("-") {
                Operation::Subtract
            } else {
                return Ok(left);
            };
            left = Expression::Binary(operation, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, Message> {
        let mut left = self.factor()?;
        loop {
            let operation = if self.take("*") {
                Operation::Multiply
            } else if self.take("/") {
                Operation::Divide
            } else {
                return Ok(left);
            };
            left = Expression::Binary(operation, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Result<Expression, Message> {
        self.deeper()?;
        let inner = if self.take("-") {
            match self.negative_number()? {
                Some(number) => number,
                None => Expression::Negate(Box::new(self.factor()?)),
            }
        } else {
            let atom = self.atom()?;
            if self.take("^") {
                self.skip_space();
                let exponent = self.rest().chars().next().and_then(|digit| digit.to_digit(10));
                let exponent =
                    exponent.filter(|n| (1..=8).contains(n)).ok_or_else(|| self.wrong())?;
                self.at += 1;
                Expression::Power(Box::new(atom), exponent as i8)
            } else {
                atom
            }
        };
        self.depth -= 1;
        Ok(inner)
    }

    /// A number behind a minus sign: `-20 degC` is a temperature below zero, not 20 °C with the
    /// sign of its kelvins turned. A power binds more tightly than the sign.
    fn negative_number(&mut self) -> Result<Option<Expression>, Message> {
        let start = self.at;
        self.skip_space();
        if self.rest().starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            let number = self.number(-1.0)?;
            if !self.take("^") {
                return Ok(Some(number));
            }
        }
        self.at = start;
        Ok(None)
    }

    fn atom(&mut self) -> Result<Expression, Message> {
        self.skip_space();
        let first = self.rest().chars().next().ok_or_else(|| self.wrong())?;
        if self.take("(") {
            let inner = self.sum()?;
            return if self.take(")") { Ok(inner) } else { Err(self.wrong()) };
        }
        if first.is_ascii_digit() || first == '.' {
            return self.number(1.0);
        }
        let length = self.rest().find(|c: char| !is_name_part(c)).unwrap_or(self.rest().len());
        if length == 0 || first.is_ascii_digit() {
            return Err(self.wrong());
        }
        let name = self.rest()[..length].to_owned();
        self.at += length;
        if self.take("(") { self.call(&name) } else { Ok(Expression::Name(name)) }
    }

    fn call(&mut self, name: &str) -> Result<Expression, Message> {
        let known = FUNCTIONS.iter().find(|(known, ..)| *known == name);
        let (_, function, arity) =
            known.ok_or_else(|| message!("expression-unknown-function", name = name))?;
        let mut arguments = vec![self.sum()?];
        while self.take(",") {
            arguments.push(self.sum()?);
        }
        if !self.take(")") || !arity.contains(&arguments.len()) {
            return Err(self.wrong());
        }
        Ok(Expression::Call(*function, arguments))
    }

    fn number(&mut self, sign: f64) -> Result<Expression, Message> {
        let rest = self.rest();
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut length = digits(rest);
        if rest[length..].starts_with('.') {
            length += 1 + digits(&rest[length + 1..]);
        }
        if rest[length..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
            let exponent = digits(&rest[length + 1 + sign..]);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let number: f64 = rest[..length].parse().map_err(|_| self.wrong())?;
        self.at += length;
        let unit = self.unit().unwrap_or(Unit::ONE);
        Ok(Expression::Number(unit.to_si(sign * number), unit.dimension))
    }

    /// The longest unit symbol that stands here and is not the beginning of a name.
    fn unit(&mut self) -> Option<Unit> {
        let start = self.at;
        self.skip_space();
        let rest = self.rest();
        let symbol = Unit::known_symbols()
            .filter(|symbol| *symbol != "1" && rest.starts_with(symbol))
            .filter(|symbol| !rest[symbol.len()..].starts_with(is_name_part))
            .max_by_key(|symbol| symbol.len());
        match symbol {
            Some(symbol) => self.at += symbol.len(),
            None => self.at = start,
        }
        symbol.and_then(Unit::parse)
    }
}

fn is_name_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> f64 {
        let names = |name: &str| (name == "rated_flow").then_some(0.06);
        Expression::parse(text).unwrap().evaluate(&names)
    }

    #[test]
    fn expressions_follow_the_usual_order() {
        assert_eq!(value("1 + 2 * 3"), 7.0);
        assert_eq!(value("-(1 + 2) * 3"), -9.0);
        assert_eq!(value("2 ^ 3 / 4"), 2.0);
        assert_eq!(value("0.5 * rated_flow"), 0.03);
        assert_eq!(value("max(1, 3, 2) - min(4, 2)"), 1.0);
        assert_eq!(value("1.034 MPa"), 1.034e6);
        assert_eq!(value("60 L/s"), 0.06);
        assert_eq!(value("20 min / 2"), 600.0);
        assert_eq!(value("1e3 Pa"), 1000.0);
        assert!((value("-20 degC") - 253.15).abs() < 1e-9);
        assert_eq!(value("- 2 ^ 2"), -4.0);
        assert_eq!(value("1 - 2"), -1.0);
        assert!(value("missing + 1").is_nan());
    }

    #[test]
    fn units_are_checked_before_evaluation() {
        let dimension =
            |text: &str| Expression::parse(text).unwrap().measure(&|_| None).map(|m| m.dimension);
        assert_eq!(dimension("998 kg/m3 * 2 m/s ^ 2"), dimension("1 Pa"));
        assert!(dimension("1 MPa + 1 s").is_err());
        assert!(dimension("a").is_err());
        assert!(dimension("sqrt(1 m)").is_err());
    }

    #[test]
    fn conditions_have_a_signal_on_the_left() {
        let condition = Condition::parse("flow >= 0.7 * rated_flow").unwrap();
        assert_eq!((condition.signal.as_str(), condition.compare), ("flow", Compare::AtLeast));
        assert!(Condition::parse("1 >= flow").is_err());
        assert!(Condition::parse("flow").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
            let _ = Expression::parse(&text);
            let _ = Condition::parse(&text);
        }

        #[test]
        fn nesting_is_bounded(count in 0usize..600) {
            let _ = Expression::parse(&"(".repeat(count));
            let _ = Expression::parse(&"-".repeat(count));
        }
    }
}
