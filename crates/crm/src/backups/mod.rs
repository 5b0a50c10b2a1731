//! When the database was last backed up.
//!
//! `entente backup` notes in the database what it made, and `entente restore` what it restored from: all processes see it, and
//! a restored database claims no backup that is younger than its data. How old a backup may be is a setting. A continuous copy
//! that does what is promised of it makes up for an old one.

mod examine;
mod model;
mod store;

pub use examine::{COPY_IS_LATE, is_copy_well, is_overdue};
pub use model::Backup;
pub use store::{last, note};
