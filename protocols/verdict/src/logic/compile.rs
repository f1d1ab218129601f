//! From the formula of a scenario to its nodes.

use trial::document::Title;
use trial::expression::{Compare, Expression, Operation};
use trial::finding::Verdict;
use trial::scenario::{Formula, Interval};
use trial::unit::{Dimension, Unit};
use words::message;

use super::{Node, Window};
use crate::compile::difference_unit;
use crate::compile::names::Names;
use crate::derived::signal_position;
use crate::outcome::bilingual;

type Blocked = (Verdict, Title);

/// The nodes of a formula, and the unit of its margins.
///
/// Comparisons of one dimension have margins in a unit of it; where they are of several, each margin
/// is divided by its own limit, and is a plain number.
pub(crate) fn compile_formula(
    names: &mut Names<'_>,
    formula: &Formula,
    gap_ns: i64,
    linear: bool,
) -> Result<(Node, Unit), Blocked> {
    let mut signals: Vec<Option<usize>> = Vec::new();
    let mut dimensions: Vec<Option<Dimension>> = Vec::new();
    formula.comparisons(&mut |left, _, _| {
        let named = match left {
            Expression::Name(name) => signal_position(names.scenario, name),
            _ => None,
        };
        signals.push(named);
        dimensions.push(named.map(|signal| names.signals[signal].unit.dimension));
    });
    let first = dimensions.first().copied().flatten();
    let one = first.filter(|_| dimensions.iter().all(|dimension| *dimension == first));
    let unit = match (one, signals.first()) {
        (Some(_), Some(Some(signal))) => difference_unit(names.signals[*signal].unit),
        _ => Unit::ONE,
    };
    let relative = one.is_none() && dimensions.len() > 1;
    let mut compiler = Compiler { names, gap_ns, relative, linear };
    let node = compiler.node(formula)?;
    Ok((node, unit))
}

struct Compiler<'a, 'b> {
    names: &'a mut Names<'b>,
    gap_ns: i64,
    relative: bool,
    linear: bool,
}

impl Compiler<'_, '_> {
    fn node(&mut self, formula: &Formula) -> Result<Node, Blocked> {
        Ok(match formula {
            Formula::Compare { left, compare, right } => self.compare(left, *compare, right)?,
            Formula::Not(inner) => self.node(inner)?.negated(),
            Formula::And(left, right) => {
                Node::And(Box::new(self.node(left)?), Box::new(self.node(right)?))
            }
            Formula::Or(left, right) => Node::or(self.node(left)?, self.node(right)?),
            Formula::Implies(left, right) => {
                Node::Implies(Box::new(self.node(left)?), Box::new(self.node(right)?))
            }
            Formula::Always(interval, inner) => {
                Node::Always(self.window(interval)?, Box::new(self.node(inner)?))
            }
            Formula::Eventually(interval, inner) => {
                Node::eventually(self.window(interval)?, self.node(inner)?)
            }
            Formula::Until(interval, left, right) => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                let window = self.window(interval)?;
                match self.linear {
                    true => Node::until_on_lines(window, left, right),
                    false => Node::Until(window, Box::new(left), Box::new(right)),
                }
            }
        })
    }

    fn window(&self, interval: &Interval) -> Result<Window, Blocked> {
        let Some((from, to)) = interval else { return Ok(None) };
        let (from, to) = (self.names.instant(from, "from")?, self.names.instant(to, "to")?);
        if from > to {
            let reason = bilingual(|_| message!("verdict-interval-empty"));
            return Err((Verdict::Error, reason));
        }
        Ok(Some((from, to)))
    }

    fn compare(
        &mut self,
        left: &Expression,
        compare: Compare,
        right: &Expression,
    ) -> Result<Node, Blocked> {
        let gap_ns = self.gap_ns;
        let (signal, limit) = if self.has_signal(right) {
            let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
            let difference = Expression::Binary(Operation::Subtract, left, right);
            (self.names.bank.add(self.names.plan, &difference, None), 0.0)
        } else {
            let signal = self.names.bank.add(self.names.plan, left, None);
            (signal, self.names.number(right, "limit")?)
        };
        self.names.hide_new_signals();
        let scale = if self.relative && limit != 0.0 { limit.abs() } else { 1.0 };
        Ok(Node::Compare { signal, compare, limit, scale, gap_ns })
    }

    fn has_signal(&self, expression: &Expression) -> bool {
        let mut found = expression.is_over_time();
        expression.names(&mut |name| {
            let role = self.names.scenario.roles.iter().find(|role| role.id == name);
            found |= signal_position(self.names.scenario, name).is_some()
                && !role.is_some_and(|role| role.reading);
        });
        found
    }
}
