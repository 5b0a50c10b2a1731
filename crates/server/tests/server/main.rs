//! The binary as its users meet it: command line, sockets, signals, files, kill -9.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod clients;
mod command_line;
mod import;
mod kills;
mod running;
mod serve;
