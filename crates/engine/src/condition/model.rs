//! What a condition is made of.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use words::{SegmentId, Span, Timestamp};

use super::metric::Metric;

/// A statement about one person that is true or false at every instant.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every part is true; without parts: true.
    All(Vec<Condition>),
    /// Some part is true; without parts: false.
    Any(Vec<Condition>),
    /// The part is false.
    Not(Box<Condition>),
    /// A trait of the person passes.
    Trait {
        /// The trait's name, or a dotted path into it.
        name: String,
        /// What it must pass.
        test: Test,
    },
    /// The person's events pass.
    Event(EventCondition),
    /// A computed value passes.
    Metric {
        /// Which value.
        metric: Metric,
        /// What it must pass.
        test: Test,
    },
    /// The person is in another segment.
    Segment(SegmentId),
    /// The person's consent for a channel and a purpose is in a state.
    Consent {
        /// Such as `email`.
        channel: String,
        /// Such as `marketing`.
        purpose: String,
        /// The state asked for.
        state: ConsentState,
    },
}

/// How often, or how much, something happened.
#[derive(Debug, Clone, PartialEq)]
pub struct EventCondition {
    /// The event's exact name, synonyms of calls already replaced.
    pub event: String,
    /// What an event's properties must pass, all of them.
    pub filters: Vec<PropertyTest>,
    /// What is compared; nothing given means at least once.
    pub measure: Option<Measure>,
    /// How far back events count; nothing given means for ever.
    pub within: Option<Window>,
}

/// A property of an event, and what it must pass.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyTest {
    /// The property's name, or a dotted path; `context.` leads into the event's context.
    pub property: String,
    /// What it must pass.
    pub test: Test,
}

/// What is compared over the events.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// How many there are.
    Count {
        /// The comparison.
        op: NumberOperator,
        /// With what.
        value: u64,
    },
    /// What a numeric property adds up to.
    Sum {
        /// The property's name or path.
        property: String,
        /// The comparison.
        op: NumberOperator,
        /// With what.
        value: Number,
    },
}

/// A comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberOperator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
}

/// What one value must pass. Types never mix: a value of another type, or none, fails (and passes `Ne`, `NotIn`,
/// `NotExists` and `NotWithinLast`, the exact negations).
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is this.
    Eq(Scalar),
    /// It is not this.
    Ne(Scalar),
    /// It is one of these.
    In(Vec<Scalar>),
    /// It is none of these.
    NotIn(Vec<Scalar>),
    /// It is less.
    Lt(Scalar),
    /// It is less or equal.
    Lte(Scalar),
    /// It is greater.
    Gt(Scalar),
    /// It is greater or equal.
    Gte(Scalar),
    /// It is a text with this inside, or a list with this as an element.
    Contains(Scalar),
    /// It is a text that begins so.
    StartsWith(String),
    /// It is a text that ends so.
    EndsWith(String),
    /// It is there and not null.
    Exists,
    /// It is not there, or null.
    NotExists,
    /// It is a time earlier than this.
    Before(Instant),
    /// It is a time later than this.
    After(Instant),
    /// It is a time `t` with `now − window < t ≤ now`.
    WithinLast(Window),
    /// It is no such time.
    NotWithinLast(Window),
}

/// One value of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Bool(bool),
}

/// An instant, as it was written and as it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

impl Instant {
    /// The instant meant.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// A length of time, as it was written (`14d` stays `14d`) and as it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Window {
    /// The length meant.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// What a person allows on a channel for a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Nothing was ever said.
    Unknown,
    /// Yes.
    Granted,
    /// Yes, and later no.
    Withdrawn,
    /// No.
    Denied,
}

impl ConsentState {
    /// Every state, in the order of their strictness.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Granted, Self::Withdrawn, Self::Denied];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
            Self::Denied => "denied",
        }
    }

    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}
