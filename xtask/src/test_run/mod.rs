//! `cargo xtask test`: everything CI checks, step by step, with what it needs provided.

mod bounded;
mod checkout;
mod count;
mod fuzz;
mod needs;
// The tests start the same server when they run alone; there is one text for both.
#[path = "../../../crates/testkit/src/ports.rs"]
mod ports;
#[path = "../../../crates/testkit/src/postgres_server.rs"]
mod postgres_server;
mod programs;
mod steps;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::{Outcome, files};
use checkout::Checkout;
use count::Count;
use steps::{Ended, Run, Step};

/// How much to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Everything,
    /// The inner loop: no PostgreSQL, no browser and no fuzzing.
    Quick,
}

/// What became of a step.
struct Report {
    heading: &'static str,
    ended: Ended,
    took: Duration,
}

/// Runs every step, also after one that failed, and says at the end what ran, what failed and what was left out.
pub fn run(extent: Extent) -> Outcome<ExitCode> {
    let root = files::repository()?;
    let mut run = Run::new(root, extent);
    if !needs::provide(extent, &mut run)? {
        return Ok(ExitCode::FAILURE);
    }
    let checkout = compare(&run)?;
    let reports: Vec<Report> = steps::ALL.iter().map(|step| carry_out(step, &mut run)).collect();
    run.postgres = None;
    let code = summary(&reports, &run.left_out, run.count);
    checkout.map(Checkout::keep).transpose()?;
    Ok(code)
}

/// Only where the checkout does not hold what is built from it: else the times of its files are true.
fn compare(run: &Run) -> Outcome<Option<Checkout>> {
    let target = steps::target_folder(run.root());
    if target.starts_with(run.root()) {
        return Ok(None);
    }
    let (checkout, kept) = Checkout::compare(run.root(), &target)?;
    println!("==> {kept} of {} files and folders are as in the run before", checkout.len());
    Ok(Some(checkout))
}

fn carry_out(step: &Step, run: &mut Run) -> Report {
    println!("\n==> {}", step.heading);
    let started = Instant::now();
    let ended = (step.carry_out)(run).unwrap_or_else(|error| Ended::Failed(error.to_string()));
    let took = started.elapsed();
    println!("<== {}: {} ({})", step.heading, ended.word(), seconds(took));
    Report { heading: step.heading, ended, took }
}

fn summary(reports: &[Report], left_out: &[String], count: Count) -> ExitCode {
    println!("\n==> Summary");
    for report in reports {
        println!(
            "    {:<10} {:>7}  {}{}",
            report.ended.word(),
            seconds(report.took),
            report.heading,
            report.ended.reason()
        );
    }
    for what in left_out {
        println!("    left out: {what}");
    }
    let failed: Vec<&str> =
        reports.iter().filter(|report| report.ended.is_failure()).map(|report| report.heading).collect();
    if !failed.is_empty() {
        println!("    failed: {}", failed.join(", "));
    }
    println!("{count}");
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seconds(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::postgres_server::PrivateServer;

    fn answers(url: &str) -> bool {
        let address = url.split(['@', '/']).nth(3).expect("postgres://user@address/database");
        TcpStream::connect(address).is_ok()
    }

    #[test]
    fn a_postgres_server_answers_while_it_is_held_and_not_after() {
        if std::env::var_os("ENTENTE_TEST_SKIP_POSTGRES").is_some() {
            return;
        }
        let server = PrivateServer::start().expect("PostgreSQL starts");
        let url = server.url().to_owned();
        assert!(answers(&url));
        drop(server);
        assert!(!answers(&url));
    }
}
