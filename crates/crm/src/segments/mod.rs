//! Who is in which group, exact at every instant.
//!
//! A segment is a name and a condition. `engine` decides; this slice keeps the definitions, the members (bitmaps of
//! 4,096 people a row), the daily movements behind the sparklines and the ready-made segments every shop starts with.
//! A new or changed condition gets a new *build*: the stream's backfill visits everybody once and the segment is live
//! for each person from that moment on.

mod bitmap;
mod define;
mod model;
pub mod ready_made;
mod restore;
pub mod store;

pub use bitmap::{CHUNK, Members, place};
pub use define::{Change, DefineError, DefinedAt, change_segment, create_segment, define_in, delete_segment};
pub use model::{Definition, Move, Status};
pub use restore::restore_segment;
