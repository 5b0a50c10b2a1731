//! The assembly room: the screens and answers that several slices make together.
//!
//! A page of the desk reads from many slices' doors and owns no table: SQL stays with the slice that owns the rows. Each
//! part adds its routes here; `event_title` gives events the words that all screens share.

mod event_title;

pub use event_title::{Category, EventTitle, event_label, segment_label, title as event_title};

use crate::kernel::RouteTable;

/// The routes of all parts of the desk.
pub fn routes(table: &mut RouteTable) {
    let _ = table;
}
