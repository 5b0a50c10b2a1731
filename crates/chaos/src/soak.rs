//! Hours of load: whether memory and open files grow.

use std::time::{Duration, Instant};

use crate::load::{Load, USUAL, Weight};
use crate::plan::Plan;
use crate::rig::Rig;
use crate::{Outcome, ensure};

const LOOK_EVERY: Duration = Duration::from_secs(5);
const LONGEST_FILLING: Duration = Duration::from_secs(600);

/// Some 200 messages a second: as much as a large shop sends for hours, on a machine that has other things to do too.
const STEADY: Weight = Weight { pause: Duration::from_millis(200), ..USUAL };

/// Messages that fill the bounded caches, as fast as they are taken: the pages alone may take 160 MB.
const FILLING: usize = 400_000;
const FILLING_BATCH: Weight = Weight { batch: 400, ..USUAL };
/// What the filling took beyond what it needs is given back in the first third.
const WARM_UP: usize = 3;

/// Sends for the length of the plan and prints how memory and open files develop after the warm-up.
pub fn soak(plan: &Plan) -> Outcome<()> {
    let mut rig = Rig::new(plan.database, plan.seed)?;
    rig.start()?;
    fill(&mut rig);
    let load = Load::start(&rig.target, &mut rig.random, STEADY);
    let begun = Instant::now();
    let length = plan.length.unwrap_or(Duration::from_secs(60));
    let mut looks = Vec::new();
    while begun.elapsed() < length {
        std::thread::sleep(LOOK_EVERY.min(length));
        let Some(server) = rig.server.as_ref() else { break };
        let files = std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).map_or(0, Iterator::count);
        looks.push((begun.elapsed().as_secs_f64() / 3600.0, server.memory("VmRSS") as f64 / 1e6, files as f64));
    }
    load.stop();
    let answers = rig.check()?;
    ensure(answers.by_status.keys().all(|status| *status == 200), || format!("answers {:?}", answers.by_status))?;
    let warm = &looks[looks.len() / WARM_UP..];
    let memory: Vec<(f64, f64)> = warm.iter().map(|(hours, memory, _)| (*hours, *memory)).collect();
    let files: Vec<(f64, f64)> = warm.iter().map(|(hours, _, files)| (*hours, *files)).collect();
    let (memory_slope, memory_mean) = slope(&memory);
    println!(
        "soak on {}, {:.0} s, {} messages: memory {memory_mean:.0} MB, {:+.1} % an hour, {} MB at most in each quarter; \
         files {:.0}, {:+.1} an hour",
        plan.database,
        begun.elapsed().as_secs_f64(),
        rig.ledger().acknowledged(),
        memory_slope / memory_mean * 100.0,
        highest_of_quarters(&memory).join(", "),
        slope(&files).1,
        slope(&files).0
    );
    rig.terminate()
}

fn fill(rig: &mut Rig) {
    let load = Load::start(&rig.target, &mut rig.random, FILLING_BATCH);
    let begun = Instant::now();
    while rig.ledger().acknowledged() < FILLING && begun.elapsed() < LONGEST_FILLING {
        std::thread::sleep(Duration::from_secs(1));
    }
    load.stop();
}

/// What waits in memory for a while and is then written comes and goes by some megabytes: the highest tells more than the slope.
fn highest_of_quarters(points: &[(f64, f64)]) -> Vec<String> {
    let highest = |part: &[(f64, f64)]| part.iter().map(|point| point.1).fold(0.0, f64::max);
    points.chunks(points.len().div_ceil(4).max(1)).map(|part| format!("{:.0}", highest(part))).collect()
}

/// Least squares: how much a figure grows by the hour, and its mean.
fn slope(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len().max(1) as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = points.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum();
    (if below > 0.0 { above / below } else { 0.0 }, mean_y)
}
