//! Files become the same calls that shops send: contacts, orders and events from CSV, JSON Lines and Excel workbooks.
//!
//! A *mapping* says which column is which identifier, trait or property; without one, columns are known by their usual
//! names. Each row (each run of rows of one order) becomes one call of the tracking API with a message id made of its
//! content, so a second run of the same file changes nothing. A row that cannot be used is refused with its line and
//! the reason, and its neighbours go on. Files are read as a stream: memory does not grow with them
//! (but for the shared texts of a workbook).

mod calls;
mod mapping;
mod rows;
mod run;
mod sheet;
mod times;

pub use calls::{Calls, ImportedCall, RefusedRow};
pub use mapping::{Column, ColumnKind, Format, ImportKind, Mapping, MappingError, TimeColumn};
pub use rows::ImportFile;
pub use run::{ImportError, Progress, Summary, import};
