//! The engine's laws and tables, from outside.
#![allow(clippy::unwrap_used)]

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
