//! A developer's tasks: `cargo xtask test`, `chaos`, `tidy`, `screenshots`, `sbom`, `release`, `vendor`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task speaks to the person at the console")]

mod files;
mod release;
mod rules;
mod sbom;
mod test_run;
mod tidy;
mod vendor;

use std::error::Error;
use std::process::{Command, ExitCode};

/// What a task answers; the error's text says what to do.
type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "\
cargo xtask test [--quick]   everything CI checks: format, clippy, tidy, tests on both databases and in a browser
                             --quick leaves out PostgreSQL, the browser and fuzzing
cargo xtask chaos …          attacks the program for as long as you like; `--help` tells more
cargo xtask tidy             the walls of ARCHITECTURE.md and what no file may hold
cargo xtask screenshots      renders every screen of the demo shop to docs/screenshots, in real Chromium
cargo xtask sbom             what the binary is made of, as CycloneDX, on standard output
cargo xtask release          the binary of the last commit, built twice and compared, with its bill of materials and checksums;
                             --key FILE signs these with an SSH key
cargo xtask vendor           fetches the browser libraries, fonts and icons again, as pinned in xtask/src/vendor.rs
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test_run::run(test_run::Extent::Everything),
        ["test", "--quick"] => test_run::run(test_run::Extent::Quick),
        ["chaos", rest @ ..] => chaos(rest),
        ["tidy"] => tidy::run(),
        ["screenshots"] => screenshots(),
        ["sbom"] => sbom::run(),
        ["release", rest @ ..] => release::run(rest),
        ["vendor"] => vendor::run(),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The harness is a program of its own beside the one that it attacks.
fn chaos(arguments: &[&str]) -> Outcome<ExitCode> {
    let built =
        Command::new("cargo").args(["build", "--quiet", "--package", "server", "--package", "chaos"]).status()?;
    if !built.success() {
        return Ok(ExitCode::FAILURE);
    }
    let mut command = Command::new("cargo");
    let status = command.args(["run", "--quiet", "--package", "chaos", "--"]).args(arguments).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The program that takes the pictures needs the product; xtask itself stays small.
fn screenshots() -> Outcome<ExitCode> {
    let status =
        Command::new("cargo").args(["run", "--quiet", "--package", "testkit", "--example", "screenshots"]).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
