//! The program under attack, briefly: every fault once on both databases, and its disk seen from below. The long runs are
//! `cargo xtask chaos`; docs/promises.md tells what is promised.

#![allow(clippy::print_stderr, reason = "a test that does nothing must say so to the person who runs it")]

use std::time::{SystemTime, UNIX_EPOCH};

use chaos::{Database, Extent, Fault, Plan, power_cuts, run, synced_before_acknowledged};

/// The same in every run, so that a change of ours is what makes it fail.
const SEED: u64 = 20_261_122;

fn short(database: Database, seed: u64, faults: &[Fault]) -> Plan {
    Plan { database, seed, length: None, extent: Extent::Short, faults: faults.to_vec() }
}

fn check(plan: &Plan) {
    if let Err(broken) = run(plan) {
        panic!("{broken}");
    }
}

/// Another one in every run; it is printed, and with the failure so is the command that does the same again.
fn random_seed() -> u64 {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    eprintln!("a seed of this run alone: {seed}");
    seed
}

/// What costs a second or two, for the random seed.
const QUICK: [Fault; 3] = [Fault::Kill, Fault::Pause, Fault::PostgresStop];

#[test]
fn whatever_goes_wrong_what_was_acknowledged_is_there_once_on_sqlite() {
    check(&short(Database::Sqlite, SEED, &[]));
    check(&short(Database::Sqlite, random_seed(), &QUICK));
}

#[test]
fn whatever_goes_wrong_what_was_acknowledged_is_there_once_on_postgres() {
    if !testkit::databases::is_postgres_skipped() {
        check(&short(Database::Postgres, SEED, &[]));
        check(&short(Database::Postgres, random_seed(), &QUICK));
    }
}

fn is_trace_skipped() -> bool {
    let is_skipped = !chaos::can_trace();
    if is_skipped {
        eprintln!("LEFT OUT: strace is not here, or may not trace");
    }
    is_skipped
}

#[test]
fn a_thousand_acknowledgements_each_come_after_the_sync_of_their_log() {
    if !is_trace_skipped() {
        let seen = synced_before_acknowledged(SEED, 1_000).unwrap_or_else(|broken| panic!("{broken}"));
        assert!(seen.acknowledgements >= 1_000 && seen.syncs > 0, "{seen:?}");
    }
}

#[test]
fn after_twenty_five_power_cuts_the_database_is_whole_and_everything_acknowledged_is_there() {
    if !is_trace_skipped() {
        let seen = power_cuts(SEED, 300, 25).unwrap_or_else(|broken| panic!("{broken}"));
        assert!(seen.cuts == 25 && seen.lost_writes > 0, "{seen:?}");
    }
}
