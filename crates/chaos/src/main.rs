//! `cargo xtask chaos`: attacks the program for as long as one likes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to the person who runs it")]

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chaos::{Database, Extent, Fault, Outcome, Plan, power_cuts, run, soak, synced_before_acknowledged};

const USAGE: &str = "\
cargo xtask chaos [--seed N] [--minutes M] [--database sqlite|postgres] [--everything] [--fault NAME]… [--soak | --trace]

  --seed N        what goes wrong, and when [default: chosen by the clock, and printed]
  --minutes M     for how long; without it every fault happens once
  --database      one of the two [default: both, one after the other]
  --everything    each of the first fifty syncs and writes fails once
  --fault NAME    only this one; may be given several times
  --soak          no faults: load for M minutes, and how memory and open files develop
  --trace         1,000 acknowledgements and the syncs before them, then power cuts (sqlite)
  --cuts N        how many power cuts; from 200 on the write-ahead log is carried over meanwhile [default: 200]
";

#[derive(Default)]
struct Asked {
    seed: Option<u64>,
    minutes: Option<u64>,
    databases: Vec<Database>,
    is_everything: bool,
    faults: Vec<Fault>,
    is_soak: bool,
    is_trace: bool,
    cuts: Option<u32>,
}

fn main() -> ExitCode {
    let Some(asked) = read(std::env::args().skip(1)) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match carry_out(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(broken) => {
            eprintln!("chaos: {broken}");
            ExitCode::FAILURE
        }
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seed" => asked.seed = Some(words.next()?.parse().ok()?),
            "--minutes" => asked.minutes = Some(words.next()?.parse().ok()?),
            "--database" => asked.databases.push(match words.next()?.as_str() {
                "sqlite" => Database::Sqlite,
                "postgres" => Database::Postgres,
                _ => return None,
            }),
            "--everything" => asked.is_everything = true,
            "--fault" => asked.faults.push(fault_called(&words.next()?)?),
            "--soak" => asked.is_soak = true,
            "--cuts" => asked.cuts = Some(words.next()?.parse().ok()?),
            "--trace" => asked.is_trace = true,
            _ => return None,
        }
    }
    Some(asked)
}

fn fault_called(name: &str) -> Option<Fault> {
    Fault::ALL.into_iter().find(|fault| format!("{fault:?}").eq_ignore_ascii_case(name))
}

fn carry_out(asked: &Asked) -> Outcome<()> {
    let by_clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let seed = asked.seed.unwrap_or_else(by_clock);
    if asked.is_trace {
        println!("{:?}", synced_before_acknowledged(seed, 1_000)?);
        println!("{:?}", power_cuts(seed, 1_000, asked.cuts.unwrap_or(200))?);
        return Ok(());
    }
    let databases = match asked.databases.as_slice() {
        [] => vec![Database::Sqlite, Database::Postgres],
        some => some.to_vec(),
    };
    for database in databases {
        let length = asked.minutes.map(|minutes| Duration::from_secs(minutes * 60));
        let extent = if asked.is_everything { Extent::Everything } else { Extent::Long };
        let plan = Plan { database, seed, length, extent, faults: asked.faults.clone() };
        if asked.is_soak { soak(&plan)? } else { run(&plan)? }
    }
    Ok(())
}
