//! The binary as its users meet it: command line, sockets, signals, files, kill -9.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod acme;
mod alerts;
mod audit;
mod backup;
mod bad_input;
mod clients;
mod command_line;
mod copy;
mod doctor;
mod erasure;
mod http1;
mod http2;
mod import;
mod injection;
mod killed_work;
mod kills;
mod limits;
mod mail;
mod nodes;
mod oidc;
mod outgoing;
mod policy;
mod releases;
mod running;
mod schema;
mod secrets;
mod serve;
mod slow;
mod tls;
