//! A few seconds of every fuzz target: enough to meet its seeds again, and whatever is easy to find.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Extent;
use super::bounded::{self, Bounded};
use super::needs::succeeds;
use super::steps::{Ended, Run};
use crate::Outcome;

/// Seconds for each target.
const SECONDS: u32 = 3;
/// For one target with its start, its seeds and its end; it is asked to end by itself long before.
const TARGET_WITHIN: Duration = Duration::from_secs(3 * 60);
/// A cold build compiles the product and all that it stands on anew, under the sanitizer. What a stopped build has
/// compiled stays, so the next run goes on from there.
const BUILD_WITHIN: Duration = Duration::from_secs(10 * 60);
const BUILD_TOOK_TOO_LONG: &str = "the build under the sanitizer was stopped after 10 minutes; \
    what it compiled stays, so run this again, or once `cargo +nightly fuzz build` in fuzz/";
/// The first phone number loads the plans of the world, which takes ten seconds under the sanitizer.
const LIMITS: [&str; 2] = ["-timeout=60", "-rss_limit_mb=2048"];

pub fn carry_out(run: &mut Run) -> Outcome<Ended> {
    if run.extent() == Extent::Quick {
        return Ok(Ended::LeftOut("--quick"));
    }
    if !succeeds("cargo", &["+nightly", "fuzz", "--version"]) {
        run.left_out.push("fuzzing of every parser: the nightly toolchain or cargo-fuzz is not installed".to_owned());
        return Ok(Ended::LeftOut("`rustup toolchain install nightly` and `cargo install cargo-fuzz` bring it"));
    }
    let folder = run.root().join("fuzz");
    let targets = targets(&folder)?;
    println!(
        "    {} targets, {SECONDS} seconds each; before that they are built, which takes minutes the first time",
        targets.len()
    );
    match fuzz(&folder, &["build"], BUILD_WITHIN)? {
        Bounded::Well => {}
        Bounded::Failed => return Ok(Ended::Failed("cargo +nightly fuzz build".to_owned())),
        Bounded::Stopped => {
            run.left_out.push(format!("fuzzing of every parser: {BUILD_TOOK_TOO_LONG}"));
            return Ok(Ended::LeftOut(BUILD_TOOK_TOO_LONG));
        }
    }
    let mut failed = Vec::new();
    for target in targets {
        let corpus = format!("target/corpus/{target}");
        std::fs::create_dir_all(folder.join(&corpus))?;
        let (seeds, words) = (format!("seeds/{target}"), format!("-dict=dictionaries/{target}.dict"));
        let seconds = format!("-max_total_time={SECONDS}");
        let mut arguments = vec!["run", &target, &corpus, &seeds, "--", &words, &seconds, "-verbosity=0"];
        arguments.extend(LIMITS);
        if fuzz(&folder, &arguments, TARGET_WITHIN)? != Bounded::Well {
            failed.push(format!("cargo +nightly fuzz run {target}"));
        }
    }
    Ok(if failed.is_empty() { Ended::Well } else { Ended::Failed(failed.join(", ")) })
}

/// The targets are the files that bear their names; `rows.rs` is what two of them share.
fn targets(folder: &Path) -> Outcome<Vec<String>> {
    let names = std::fs::read_dir(folder.join("seeds"))?.map(|entry| Ok(entry?.file_name()));
    let names: Result<Vec<_>, std::io::Error> = names.collect();
    let mut targets: Vec<String> = names?.into_iter().filter_map(|name| name.into_string().ok()).collect();
    targets.sort();
    Ok(targets)
}

fn fuzz(folder: &Path, arguments: &[&str], within: Duration) -> Outcome<Bounded> {
    let mut command = Command::new("cargo");
    // Inside `cargo run`, the toolchain of this build is named in the environment and would win over `+nightly`.
    for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC", "RUSTFLAGS", "CARGO_TARGET_DIR"] {
        command.env_remove(name);
    }
    bounded::run(command.args(["+nightly", "fuzz"]).args(arguments).current_dir(folder), within)
}
