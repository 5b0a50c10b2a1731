//! One test of a condition, prepared for speed: operands folded and parsed once.

use std::cmp::Ordering;
use std::collections::HashSet;

use words::{Span, Timestamp, fold};

use crate::condition::{NumberOperator, Scalar, Test};
use crate::periods::Periods;
use crate::value::{Num, Sight, Source, time_of};

/// A prepared [`Test`].
#[derive(Debug, Clone)]
pub struct Check {
    predicate: Predicate,
    is_negated: bool,
}

#[derive(Debug, Clone)]
enum Predicate {
    OneOf(Vec<Operand>),
    OneOfMany { texts: HashSet<String>, others: Vec<Operand> },
    Order(NumberOperator, Operand),
    Contains(Operand),
    StartsWith(String),
    EndsWith(String),
    Exists,
    Before(Timestamp),
    After(Timestamp),
    WithinLast(Span),
}

#[derive(Debug, Clone)]
enum Operand {
    Text { folded: String, time: Option<Timestamp> },
    Number(Num),
    Bool(bool),
}

/// From this many values on, a set is faster than a list.
const MANY: usize = 12;

impl Check {
    /// Prepares a test.
    pub fn new(test: &Test) -> Self {
        use NumberOperator::{Gt, Gte, Lt, Lte};
        let order = |op, scalar| Predicate::Order(op, Operand::new(scalar));
        let (predicate, is_negated) = match test {
            Test::Eq(scalar) => (one_of(std::slice::from_ref(scalar)), false),
            Test::Ne(scalar) => (one_of(std::slice::from_ref(scalar)), true),
            Test::In(scalars) => (one_of(scalars), false),
            Test::NotIn(scalars) => (one_of(scalars), true),
            Test::Lt(scalar) => (order(Lt, scalar), false),
            Test::Lte(scalar) => (order(Lte, scalar), false),
            Test::Gt(scalar) => (order(Gt, scalar), false),
            Test::Gte(scalar) => (order(Gte, scalar), false),
            Test::Contains(scalar) => (Predicate::Contains(Operand::new(scalar)), false),
            Test::StartsWith(text) => (Predicate::StartsWith(fold(text)), false),
            Test::EndsWith(text) => (Predicate::EndsWith(fold(text)), false),
            Test::Exists => (Predicate::Exists, false),
            Test::NotExists => (Predicate::Exists, true),
            Test::Before(instant) => (Predicate::Before(instant.at()), false),
            Test::After(instant) => (Predicate::After(instant.at()), false),
            Test::WithinLast(window) => (Predicate::WithinLast(window.span()), false),
            Test::NotWithinLast(window) => (Predicate::WithinLast(window.span()), true),
        };
        Self { predicate, is_negated }
    }

    /// Whether its truth can change by time alone.
    pub fn is_moving(&self) -> bool {
        matches!(self.predicate, Predicate::WithinLast(_))
    }

    /// Whether the value, or some value at the path, passes.
    pub fn holds(&self, source: &Source<'_>, now: Timestamp) -> bool {
        source.any(&mut |sight| self.predicate.accepts(sight, now)) != self.is_negated
    }

    /// When the value, or some value at the path, passes.
    pub fn periods(&self, source: &Source<'_>) -> Periods {
        let Predicate::WithinLast(span) = self.predicate else {
            return Periods::fixed(self.holds(source, Timestamp::MIN));
        };
        let mut periods = Periods::never();
        source.any(&mut |sight| {
            if let Some(at) = sight.time() {
                periods = std::mem::take(&mut periods).or(Periods::between(at, at.plus(span)));
            }
            false
        });
        if self.is_negated { periods.negated() } else { periods }
    }
}

fn one_of(scalars: &[Scalar]) -> Predicate {
    let operands = scalars.iter().map(Operand::new);
    if scalars.len() < MANY {
        return Predicate::OneOf(operands.collect());
    }
    let mut texts = HashSet::new();
    let mut others = Vec::new();
    for operand in operands {
        match operand {
            Operand::Text { folded, time: None } => {
                texts.insert(folded);
            }
            // A text that is a time must also equal instants, which the set cannot see.
            other => others.push(other),
        }
    }
    Predicate::OneOfMany { texts, others }
}

impl Predicate {
    fn accepts(&self, sight: Sight<'_>, now: Timestamp) -> bool {
        match self {
            Self::OneOf(operands) => operands.iter().any(|operand| operand.equals(sight)),
            Self::OneOfMany { texts, others } => {
                let is_named = matches!(sight, Sight::Text(text) if texts.contains(&fold(text)));
                is_named || others.iter().any(|operand| operand.equals(sight))
            }
            Self::Order(op, operand) => {
                let order = operand.compared_to(sight);
                order.is_some_and(|order| op.accepts(order))
            }
            Self::Contains(operand) => operand.is_inside(sight),
            Self::StartsWith(folded) => starts_with(sight, folded),
            Self::EndsWith(folded) => {
                matches!(sight, Sight::Text(text) if fold(text).ends_with(folded.as_str()))
            }
            Self::Exists => true,
            Self::Before(bound) => sight.time().is_some_and(|at| at < *bound),
            Self::After(bound) => sight.time().is_some_and(|at| at > *bound),
            Self::WithinLast(span) => sight.time().is_some_and(|at| Periods::between(at, at.plus(*span)).holds_at(now)),
        }
    }
}

fn starts_with(sight: Sight<'_>, folded: &str) -> bool {
    let Sight::Text(text) = sight else {
        return false;
    };
    if !text.is_ascii() {
        return fold(text).starts_with(folded);
    }
    let start = text.as_bytes().get(..folded.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(folded.as_bytes()))
}

impl NumberOperator {
    /// Whether a value that compares so with the operand passes.
    pub(crate) fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Lte => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Gte => order.is_ge(),
        }
    }
}

impl Operand {
    fn new(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Text(text) => Self::Text { folded: fold(text), time: time_of(text) },
            Scalar::Number(number) => Self::Number(Num::of(number)),
            Scalar::Bool(claim) => Self::Bool(*claim),
        }
    }

    fn equals(&self, sight: Sight<'_>) -> bool {
        match (self, sight) {
            (Self::Text { folded, .. }, Sight::Text(text)) => equals_folded(text, folded),
            (Self::Text { time, .. }, Sight::Time(at)) => *time == Some(at),
            (Self::Number(number), Sight::Number(value)) => value.compare(*number) == Some(Ordering::Equal),
            (Self::Bool(claim), Sight::Bool(value)) => *claim == value,
            _ => false,
        }
    }

    /// How the value compares with this operand; texts only when both are times.
    fn compared_to(&self, sight: Sight<'_>) -> Option<Ordering> {
        match (self, sight) {
            (Self::Number(number), Sight::Number(value)) => value.compare(*number),
            (Self::Text { time, .. }, Sight::Text(_) | Sight::Time(_)) => {
                let bound = (*time)?;
                Some(sight.time()?.cmp(&bound))
            }
            _ => None,
        }
    }

    fn is_inside(&self, sight: Sight<'_>) -> bool {
        match (self, sight) {
            (Self::Text { folded, .. }, Sight::Text(text)) => fold(text).contains(folded.as_str()),
            (_, Sight::List(items)) => {
                let mut sights = items.iter().filter_map(Sight::of);
                sights.any(|sight| self.equals(sight))
            }
            _ => false,
        }
    }
}

/// `fold(text) == folded`, without making the folded text where it is not needed.
fn equals_folded(text: &str, folded: &str) -> bool {
    if text.is_ascii() {
        return text.eq_ignore_ascii_case(folded);
    }
    fold(text) == folded
}
