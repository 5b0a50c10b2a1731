//! The engine's laws and tables, from outside.
// Tables read better without a `&` before every value.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod conditions;
mod explain;
mod facts;
mod generate;
mod identity;
mod lifecycle;
mod membership;
mod operators;
mod oracle;
mod orders;
mod replay;
