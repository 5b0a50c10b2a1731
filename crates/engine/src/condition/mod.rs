//! Conditions: the language in which a merchant says whom he means.
//!
//! A [`Condition`] is parsed from JSON once, at the border, and is valid from then on: every operand has its type, every
//! name is known, no tree is deeper or wider than [`limits`] allow. [`Condition::print`] writes it back. What it means is
//! said in the contract; how it is decided is in [`crate::evaluate`].

mod fields;
mod limits;
mod metric;
mod model;
mod parse;
mod parse_event;
mod parse_test;
mod print;

pub use fields::{ConditionError, ErrorCode};
pub use limits::{MAX_DEPTH, MAX_FILTERS, MAX_LEAVES, MAX_LIST, MAX_TEXT_BYTES, MAX_WINDOW, MAX_WINDOWED_COUNT};
pub use metric::{Metric, MetricKind};
pub use model::{
    Condition, ConsentState, EventCondition, Instant, Measure, NumberOperator, PropertyTest, Scalar, Test, Window,
};
