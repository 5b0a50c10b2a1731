//! Orders and their lines.
//!
//! All order calls of one `order_id` make one order, whatever order they arrive in and however often: the history is
//! folded by `engine::orders`. An order belongs to the profile of its first completing call, else of its first call;
//! its standing is handed back to the stream, which puts it into that person's facts.

mod record;
pub mod store;

pub use record::{RecordError, Recorded, record_order};
