//! Orders from calls: completed, updated, refunded, cancelled, in whatever order the calls arrive.
//!
//! A call becomes an [`OrderEvent`]; events fold into an [`OrderHistory`], the same whatever their order and however
//! often one comes again; a history has one [`OrderStanding`], which is what the shop and the person's computed values
//! are told. Names and properties are those of the Segment e-commerce specification, version 2.

mod call;
mod history;
mod standing;

pub use call::{ORDER_EVENTS, OrderChange, OrderContent, OrderEvent, OrderLine, OrderProblem, OrderRefund};
pub use history::OrderHistory;
pub use standing::{OrderStanding, OrderStatus, StandingLine};
