//! The binary as its users meet it: command line, sockets, signals, files, kill -9.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod bad_input;
mod clients;
mod command_line;
mod doctor;
mod import;
mod kills;
mod running;
mod serve;
