//! A run: faults that the seed chooses, one after the other, on one installation.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crm::demo::random::Random;

use crate::Outcome;
use crate::fault::Fault;
use crate::rig::Rig;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// How much each fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Seconds, for the test command.
    Short,
    /// Up to a minute.
    Long,
    /// Each call of the first fifty fails once.
    Everything,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub database: Database,
    pub seed: u64,
    /// Goes on for so long; with no time, every fault happens once.
    pub length: Option<Duration>,
    pub extent: Extent,
    /// Only these; all when there are none.
    pub faults: Vec<Fault>,
}

/// Runs the plan. Whatever breaks a promise ends it with the seed and the command that does the same again.
pub fn run(plan: &Plan) -> Outcome<()> {
    let attempt = catch_unwind(AssertUnwindSafe(|| carry_out(plan)));
    let outcome = attempt.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    });
    outcome.map_err(|broken| format!("{broken}\nseed {}; again: {}", plan.seed, again(plan)))
}

fn again(plan: &Plan) -> String {
    let minutes = plan.length.map(|length| format!(" --minutes {}", length.as_secs().div_ceil(60))).unwrap_or_default();
    let extent = if plan.extent == Extent::Everything { " --everything" } else { "" };
    let only: String = plan.faults.iter().map(|fault| format!(" --fault {fault:?}")).collect();
    format!("cargo xtask chaos --seed {} --database {}{minutes}{extent}{only}", plan.seed, plan.database)
}

fn carry_out(plan: &Plan) -> Outcome<()> {
    let mut random = Random::of(&[plan.seed, 1]);
    let mut rig = Rig::new(plan.database, plan.seed)?;
    let begun = Instant::now();
    let faults = possible(plan);
    let mut bag = Vec::new();
    let mut struck = 0;
    println!("chaos on {}, seed {}", plan.database, plan.seed);
    loop {
        if bag.is_empty() {
            if struck > 0 && plan.length.is_none_or(|length| begun.elapsed() >= length) {
                break;
            }
            // Each fault once, in an order that the seed chooses, and then all of them again.
            bag.clone_from(&faults);
        }
        if plan.length.is_some_and(|length| begun.elapsed() >= length) {
            break;
        }
        let fault = bag.swap_remove(usize::try_from(random.below(bag.len() as u64)).unwrap_or(0));
        let since = Instant::now();
        let told = fault.strike(&mut rig, plan.extent).map_err(|broken| format!("{fault:?}: {broken}"))?;
        println!("  {:>6.1} s  {fault:?}: {told}", since.elapsed().as_secs_f64());
        struck += 1;
    }
    rig.ledger().look_anew();
    rig.ledger().compare(&rig.data, &rig.aside)?;
    rig.doctor(&["--all"])?;
    rig.terminate()?;
    rig.check_file()?;
    println!("  {struck} faults, {} messages acknowledged: all there, once", rig.ledger().acknowledged());
    Ok(())
}

/// What this machine does not allow is said loudly.
fn possible(plan: &Plan) -> Vec<Fault> {
    let asked = if plan.faults.is_empty() { &Fault::ALL[..] } else { &plan.faults[..] };
    let is_possible = |fault: &&Fault| match fault.is_possible(plan.database) {
        Ok(is_possible) => is_possible,
        Err(reason) => {
            eprintln!("LEFT OUT on {}: {fault:?}: {reason}", plan.database);
            false
        }
    };
    asked.iter().filter(is_possible).copied().collect()
}
