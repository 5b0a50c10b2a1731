//! The binary `entente`: the command line, the configuration, and the wiring of the product to sockets and the machine.

mod acme;
mod admin;
mod alerts;
mod audit;
mod audit_log;
mod backup;
mod bench;
mod command;
mod connection;
mod demo;
mod doctor;
mod failure;
mod http;
mod import;
mod installation;
mod key_file;
mod keys;
mod mail;
mod metrics;
mod oidc;
mod patience;
mod redirect;
mod say;
mod serve;
mod settings;
mod shutdown;
mod telemetry;
mod tls;
mod upload;

use std::process::ExitCode;

use clap::Parser as _;

use command::{Command, CommandLine, DbCommand};
use failure::Failure;

/// 5 to 10 % more requests a second than the system's allocator, and memory that goes back when it is idle.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // clap answers `--help` and `--version` with 0 and wrong usage with 2, each on the right stream.
    let line = CommandLine::parse();
    match run(line.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::to_people(&format!("entente: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the asynchronous runtime does not start: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Serve(arguments) => Box::pin(serve::run(*arguments)).await,
            Command::Demo(arguments) => Box::pin(demo::run(arguments)).await,
            Command::Admin(arguments) => Box::pin(admin::run(arguments)).await,
            Command::Keys(arguments) => Box::pin(keys::run(arguments)).await,
            Command::Import(arguments) => Box::pin(import::run(arguments)).await,
            Command::Backup(arguments) => Box::pin(backup::create(arguments)).await,
            Command::Restore(arguments) => Box::pin(backup::restore(arguments)).await,
            Command::Db(DbCommand::Copy(arguments)) => Box::pin(backup::copy(arguments)).await,
            Command::Audit(command) => Box::pin(audit::run(command)).await,
            Command::Doctor(arguments) => Box::pin(doctor::run(arguments)).await,
            Command::Bench(arguments) => Box::pin(bench::run(arguments)).await,
            Command::BenchClient(arguments) => Box::pin(bench::client::run(arguments)).await,
        }
    })
}
