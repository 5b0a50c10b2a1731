//! Everything that an installation holds, as a stream of tables: into a file, out of one, or from one database into
//! another.
//!
//! There is one form for both engines, so that a backup of either restores into either; docs/decisions tells why.
//! `source` reads every table in one snapshot, beside a running server. `file` writes the stream with its version and
//! checksums and reads it back, refusing what is cut or damaged. `fill` takes a stream into an empty database in one
//! transaction, reads every table back and compares, and only then commits. `from_copy` restores the folder that `serve`
//! keeps up to date, which holds the embedded database's own pages.

mod copy;
mod create;
mod file;
mod fill;
mod from_copy;
mod place;
mod record;
mod restore;
mod source;

pub use copy::run as copy;
pub use create::run as create;
pub use restore::run as restore;

use indicatif::{ProgressBar, ProgressStyle};

/// Counts rows: how many there are is known at the end.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("  {spinner} {human_pos} rows, {elapsed}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
