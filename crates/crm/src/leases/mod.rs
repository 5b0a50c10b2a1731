//! Work that one process does at a time, however many share the database.
//!
//! A lease is a row with a token that grows whenever somebody else takes it. Whoever holds it renews it while he works;
//! when he does not, because he died, hangs or was cut off, another takes it after [`LEASE`]. Every transaction of the work
//! begins with [`hold`], which compares the token and keeps the row until the commit: a process that was stopped, lost its
//! lease and goes on is refused and writes nothing late. Time is the database's own, so that clocks of machines need not
//! agree.

mod run;
mod store;

pub use run::{LEASE, Lease, Refused, Work, alone, hold, hold_if_given, wait_holding};
