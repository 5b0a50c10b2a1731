//! The network between the program and PostgreSQL loses every packet, without a word, and comes back.

use std::time::{Duration, Instant};

use crate::machine::OwnNetwork;
use crate::plan::Extent;
use crate::rig::Rig;
use crate::{Outcome, ensure};

use super::HEALTHY_WITHIN;

/// Shorter and longer than a connection waits for a word of its server, and longer than a client waits for an answer.
const SHORT_MS: [u64; 2] = [2_500, 14_000];
const LONG_MS: [u64; 5] = [500, 5_000, 9_000, 20_000, 45_000];
/// An outage of this length cannot be waited out: somebody is told 503.
const MUST_REFUSE_MS: u64 = 14_000;

/// The program stays, answers 503 and nothing else to whom it cannot serve, and is well again soon after the network is.
pub fn lost(outer: &mut Rig, extent: Extent) -> Outcome<String> {
    let network = OwnNetwork::lay()?;
    let mut rig = Rig::behind(&network, outer.random.below(u64::MAX))?;
    rig.start()?;
    let outages = if extent == Extent::Short { &SHORT_MS[..] } else { &LONG_MS[..] };
    let told: Outcome<Vec<String>> = outages.iter().map(|time_ms| outage(&mut rig, &network, *time_ms)).collect();
    let told = told?;
    rig.doctor(&["--all"])?;
    rig.terminate()?;
    Ok(told.join("; "))
}

fn outage(rig: &mut Rig, network: &OwnNetwork, time_ms: u64) -> Outcome<String> {
    rig.ledger().take_answers();
    let took = rig.under_load(|rig| {
        rig.wait_some(300, 900);
        network.cut()?;
        std::thread::sleep(Duration::from_millis(time_ms));
        network.mend()?;
        let begun = Instant::now();
        ensure(rig.is_ready(HEALTHY_WITHIN), || {
            format!("not healthy {HEALTHY_WITHIN:?} after a network that was lost for {time_ms} ms is back")
        })?;
        let took = begun.elapsed();
        rig.wait_some(100, 300);
        Ok(took)
    })?;
    let answers = rig.ledger().take_answers();
    let is_well = answers.broken == 0 && answers.by_status.keys().all(|status| matches!(status, 200 | 503));
    ensure(is_well, || {
        format!("during {time_ms} ms without network: {:?}, {} broken", answers.by_status, answers.broken)
    })?;
    let refused = answers.of(503);
    ensure(refused > 0 || time_ms < MUST_REFUSE_MS, || format!("nobody was refused in {time_ms} ms"))?;
    rig.check()?;
    Ok(format!("lost for {time_ms} ms, {refused} times 503, healthy {} ms after it is back", took.as_millis()))
}
