//! Formulas of a small temporal logic over signals, and their text form:
//! `always[0 s, 600 s](p >= 10 kPa)`, `eventually[0 s, 5 s](flow > 0.5 L/s and p > 50 kPa)`,
//! `until[0 s, 2 min](valve < 0.5, p >= 2 MPa)`, `not (a) -> b or c`.
//!
//! Invariants:
//! - An interval is closed, its ends are times over parameters; without one an operator reaches to
//!   the end of the phase.
//! - Length and depth are bounded; no text makes the parser panic, and its time is at most the
//!   square of the length.

use words::{Message, message};

use crate::expression::{Compare, Cursor, Expression};

/// Longest formula, in bytes.
pub const MAX_FORMULA_BYTES: usize = 2048;

/// A formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// `left ∘ right`: a signal expression compared with another.
    Compare {
        /// Over roles, derived channels and parameters.
        left: Expression,
        /// How.
        compare: Compare,
        /// Over roles, derived channels and parameters.
        right: Expression,
    },
    /// Not.
    Not(Box<Formula>),
    /// Both.
    And(Box<Formula>, Box<Formula>),
    /// At least one.
    Or(Box<Formula>, Box<Formula>),
    /// The second wherever the first; where the first never is, nothing was put to the test.
    Implies(Box<Formula>, Box<Formula>),
    /// At every instant of the interval.
    Always(Interval, Box<Formula>),
    /// At some instant of the interval.
    Eventually(Interval, Box<Formula>),
    /// The second at some instant of the interval, and the first from now until then, that instant
    /// included.
    Until(Interval, Box<Formula>, Box<Formula>),
}

/// A closed interval of time ahead, over parameters; `None` reaches to the end of the phase.
pub type Interval = Option<(Expression, Expression)>;

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// A message that says where reading stopped.
    pub fn parse(text: &str) -> Result<Formula, Message> {
        if text.len() > MAX_FORMULA_BYTES {
            return Err(message!("expression-too-long", limit = MAX_FORMULA_BYTES));
        }
        let mut parser = Cursor::new(text);
        let formula = parser.implication()?;
        parser.skip_space();
        if parser.at < text.len() { Err(parser.wrong()) } else { Ok(formula) }
    }

    /// Calls `visit` with every comparison in it.
    pub fn comparisons<'a>(
        &'a self,
        visit: &mut dyn FnMut(&'a Expression, Compare, &'a Expression),
    ) {
        match self {
            Formula::Compare { left, compare, right } => visit(left, *compare, right),
            Formula::Not(inner) | Formula::Always(_, inner) | Formula::Eventually(_, inner) => {
                inner.comparisons(visit);
            }
            Formula::And(left, right)
            | Formula::Or(left, right)
            | Formula::Implies(left, right)
            | Formula::Until(_, left, right) => {
                left.comparisons(visit);
                right.comparisons(visit);
            }
        }
    }

    /// Calls `visit` with every interval in it.
    pub fn intervals<'a>(&'a self, visit: &mut dyn FnMut(&'a Interval)) {
        match self {
            Formula::Compare { .. } => {}
            Formula::Not(inner) => inner.intervals(visit),
            Formula::Always(interval, inner) | Formula::Eventually(interval, inner) => {
                visit(interval);
                inner.intervals(visit);
            }
            Formula::And(left, right)
            | Formula::Or(left, right)
            | Formula::Implies(left, right) => {
                left.intervals(visit);
                right.intervals(visit);
            }
            Formula::Until(interval, left, right) => {
                visit(interval);
                left.intervals(visit);
                right.intervals(visit);
            }
        }
    }
}

/// What may stand behind a closing parenthesis if what is inside is a number.
const AFTER_NUMBER: [char; 7] = ['+', '-', '*', '/', '^', '<', '>'];

impl Cursor<'_> {
    fn require(&mut self, symbol: &str) -> Result<(), Message> {
        if self.take(symbol) { Ok(()) } else { Err(self.wrong()) }
    }

    /// Takes a whole word.
    fn word(&mut self, word: &str) -> bool {
        self.skip_space();
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let found = self.rest().strip_prefix(word).is_some_and(ends);
        if found {
            self.at += word.len();
        }
        found
    }

    fn implication(&mut self) -> Result<Formula, Message> {
        self.deeper()?;
        let left = self.disjunction()?;
        let formula = if self.take("->") {
            let right = self.implication()?;
            Formula::Implies(Box::new(left), Box::new(right))
        } else {
            left
        };
        self.depth -= 1;
        Ok(formula)
    }

    fn disjunction(&mut self) -> Result<Formula, Message> {
        let mut left = self.conjunction()?;
        while self.word("or") {
            left = Formula::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Formula, Message> {
        let mut left = self.unary()?;
        while self.word("and") {
            left = Formula::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Formula, Message> {
        if self.word("not") {
            self.deeper()?;
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(Formula::Not(Box::new(inner)));
        }
        if self.word("always") {
            let interval = self.interval()?;
            return Ok(Formula::Always(interval, Box::new(self.group()?)));
        }
        if self.word("eventually") {
            let interval = self.interval()?;
            return Ok(Formula::Eventually(interval, Box::new(self.group()?)));
        }
        if self.word("until") {
            let interval = self.interval()?;
            self.require("(")?;
            let left = self.implication()?;
            self.require(",")?;
            let right = self.implication()?;
            self.require(")")?;
            return Ok(Formula::Until(interval, Box::new(left), Box::new(right)));
        }
        self.skip_space();
        if self.rest().starts_with('(') && !self.is_number_group() {
            self.group()
        } else {
            self.comparison()
        }
    }

    fn group(&mut self) -> Result<Formula, Message> {
        self.require("(")?;
        let inner = self.implication()?;
        self.require(")")?;
        Ok(inner)
    }

    /// Whether the parenthesis that opens here holds a number: what follows it tells.
    fn is_number_group(&self) -> bool {
        self.closing(0)
            .map(|end| self.rest()[end..].trim_start())
            .is_some_and(|after| after.starts_with(AFTER_NUMBER) && !after.starts_with("->"))
    }

    /// Length of the text from here to behind the parenthesis or bracket that closes what opens
    /// at `from`.
    fn closing(&self, from: usize) -> Option<usize> {
        let mut open = 0usize;
        for (at, symbol) in self.rest()[from..].char_indices() {
            match symbol {
                '(' | '[' => open += 1,
                ')' | ']' => {
                    open = open.checked_sub(1)?;
                    if open == 0 {
                        return Some(from + at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn interval(&mut self) -> Result<Interval, Message> {
        self.skip_space();
        if !self.rest().starts_with('[') {
            return Ok(None);
        }
        let end = self.closing(0).ok_or_else(|| self.wrong())?;
        let inside = &self.rest()[1..end - 1];
        let comma = top_level(inside, |rest| rest.starts_with(',')).ok_or_else(|| self.wrong())?;
        let from = Expression::parse(&inside[..comma])?;
        let to = Expression::parse(&inside[comma + 1..])?;
        self.at += end;
        Ok(Some((from, to)))
    }

    fn comparison(&mut self) -> Result<Formula, Message> {
        let rest = self.rest();
        let sign =
            top_level(rest, |rest| rest.starts_with(['<', '>'])).ok_or_else(|| self.wrong())?;
        let equal = rest[sign + 1..].starts_with('=');
        let compare = match (rest.as_bytes()[sign], equal) {
            (b'>', true) => Compare::AtLeast,
            (b'>', false) => Compare::MoreThan,
            (_, true) => Compare::AtMost,
            (_, false) => Compare::LessThan,
        };
        let start = sign + 1 + usize::from(equal);
        let end = top_level(&rest[start..], ends_comparison).map_or(rest.len(), |end| start + end);
        let left = Expression::parse(&rest[..sign])?;
        let right = Expression::parse(&rest[start..end])?;
        self.at += end;
        Ok(Formula::Compare { left, compare, right })
    }
}

/// Whether what stands here ends a comparison: a closing parenthesis, a comma, or a word of logic.
fn ends_comparison(rest: &str) -> bool {
    let trimmed = rest.trim_start();
    let word = |word: &str| {
        let ends =
            |after: &str| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        trimmed.len() < rest.len() && trimmed.strip_prefix(word).is_some_and(ends)
    };
    rest.starts_with([')', ',']) || rest.starts_with("->") || word("and") || word("or")
}

/// Position of the first place outside of parentheses where `found` says so.
fn top_level(text: &str, found: impl Fn(&str) -> bool) -> Option<usize> {
    let mut open = 0usize;
    for (at, symbol) in text.char_indices() {
        if open == 0 && found(&text[at..]) {
            return Some(at);
        }
        match symbol {
            '(' | '[' => open += 1,
            ')' | ']' => open = open.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The formula with all its parentheses.
    fn shown(formula: &Formula) -> String {
        let interval = |interval: &Interval| interval.as_ref().map_or("", |_| "[]").to_owned();
        match formula {
            Formula::Compare { compare, .. } => compare.shown().to_owned(),
            Formula::Not(inner) => format!("!{}", shown(inner)),
            Formula::And(left, right) => format!("({} & {})", shown(left), shown(right)),
            Formula::Or(left, right) => format!("({} | {})", shown(left), shown(right)),
            Formula::Implies(left, right) => format!("({} > {})", shown(left), shown(right)),
            Formula::Always(at, inner) => format!("G{}{}", interval(at), shown(inner)),
            Formula::Eventually(at, inner) => format!("F{}{}", interval(at), shown(inner)),
            Formula::Until(at, left, right) => {
                format!("U{}({}, {})", interval(at), shown(left), shown(right))
            }
        }
    }

    #[test]
    fn formulas_are_read() {
        for (text, expected) in [
            ("p >= 10 kPa", Some("≥")),
            ("always[0 s, 600 s](p >= 10)", Some("G[]≥")),
            ("always(p >= 10 and q < 2 or r > 1)", Some("G((≥ & <) | >)")),
            ("p > 1 -> eventually[0, 2 * hold](q > 1)", Some("(> > F[]>)")),
            ("until[0 s, max(1 s, 2 s)](p > 1, (q < 2) and (r <= 3))", Some("U[](>, (< & ≤))")),
            ("not (p > 1) or not q > 2", Some("(!> | !>)")),
            ("(p + 1) * 2 > 3", Some(">")),
            ("((p + 1) > 3)", Some(">")),
            ("always(sound >= 90 dB(A))", Some("G≥")),
            ("a > 1 and b > 2 and c > 3", Some("((> & >) & >)")),
            ("a > orange and b < android", Some("(> & <)")),
            ("a > -1 -> b < 1", Some("(> > <)")),
            ("always[0 s](p > 1)", None),
            ("p", None),
            ("(p > 1", None),
            ("p > 1)", None),
            ("p > 1 and", None),
            ("", None),
        ] {
            let found = Formula::parse(text).map(|formula| shown(&formula));
            assert_eq!(found.as_deref().ok(), expected, "{text}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z0-9 ()\\[\\],<>=+*-]{0,80}|\\PC{0,60}") {
            let _ = Formula::parse(&text);
        }

        #[test]
        fn nesting_is_bounded(count in 0usize..900) {
            for open in ["(", "not ", "always("] {
                let _ = Formula::parse(&open.repeat(count));
            }
        }
    }
}
