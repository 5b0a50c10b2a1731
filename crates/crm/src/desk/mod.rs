//! The assembly room: the screens and answers that several slices make together.
//!
//! A page of the desk reads from many slices' doors and owns no table: SQL stays with the slice that owns the rows. Each
//! part adds its routes here; `event_title` gives events the words that all screens share.

mod event_title;
mod events;
mod home;
mod live;
mod openapi;
mod palette;
pub mod people;
mod privacy;
mod provision;
mod roots;
pub mod segments;
mod sources;
mod welcome;

pub use event_title::{Category, EventTitle, event_label, segment_label, title as event_title};
pub use openapi::document as openapi_document;
pub use provision::{ProvisionError, provision};

use crate::kernel::RouteTable;

/// The routes of all parts of the desk.
pub fn routes(table: &mut RouteTable) {
    home::routes(table);
    openapi::routes(table);
    people::routes(table);
    segments::routes(table);
    live::routes(table);
    sources::routes(table);
    welcome::routes(table);
    palette::routes(table);
    events::routes(table);
    privacy::routes(table);
}
