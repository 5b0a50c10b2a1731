//! The two streams of a command: data for programs on standard output, text for people on standard error.

use std::io::Write as _;

use serde::Serialize;

use crate::failure::Failure;

/// A line of data. A reader that went away (`… | head`) is no failure.
pub fn data(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line for whoever sits at the console.
pub fn to_people(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// One JSON document as data.
pub fn json(document: &impl Serialize) -> Result<(), Failure> {
    data(&serde_json::to_string_pretty(document).map_err(Failure::failed)?);
    Ok(())
}
