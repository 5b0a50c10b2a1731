//! An event that cannot be applied, among others that can.

use std::time::Duration;

use serde_json::json;

use crate::ledger::Call;
use crate::load::send;
use crate::rig::Rig;
use crate::{Outcome, ensure};

/// The database refuses rows of this name, every time.
const SQLITE_POISON: &str = "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.name = 'Poison'
BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
const POSTGRES_POISON: &str = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''poisoned'' USING ERRCODE = ''23514''; END';
CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.name = 'Poison') EXECUTE FUNCTION poison()";
const SQLITE_CURE: &str = "DROP TRIGGER poison";
const POSTGRES_CURE: &str = "DROP TRIGGER poison ON events; DROP FUNCTION poison()";

const BATCHES: u64 = 5;
const NEIGHBOURS: u64 = 20;
/// Past this the neighbours were not let go on but waited for something.
const LONGEST_LAG_MS: f64 = 5_000.0;

/// The event is set aside with its neighbours applied, it is told, and when its cause is gone it is applied after all.
pub fn among_others(rig: &mut Rig) -> Outcome<String> {
    rig.ledger().take_answers();
    let told_before = rig.alerts_told("dead_letters");
    rig.meddle(SQLITE_POISON, POSTGRES_POISON)?;
    rig.under_load(|rig| {
        for _ in 0..BATCHES {
            let (call, poison) = batch(rig);
            ensure(send(&rig.target, call), || "a batch with one bad event was refused".to_owned())?;
            rig.aside.insert(poison);
            rig.wait_some(50, 200);
        }
        Ok(())
    })?;
    let answers = rig.ledger().take_answers();
    let lag = answers.took_ms.iter().copied().fold(0.0, f64::max);
    ensure(lag < LONGEST_LAG_MS, || format!("a neighbour waited {lag:.0} ms"))?;
    rig.ledger().compare(&rig.data, &rig.aside)?;
    let told = rig.findings();
    ensure(told.contains(&format!("dead_letters: {BATCHES} events")), || format!("entente doctor tells {told:?}"))?;
    rig.wait_for_alert("dead_letters", true)?;
    rig.meddle(SQLITE_CURE, POSTGRES_CURE)?;
    let cookie = rig.sign_in()?;
    let answer = rig.post_form("/sources/dead-letters", &cookie, "")?;
    ensure(answer.status == 303, || format!("trying again was answered with {}", answer.status))?;
    rig.aside.clear();
    rig.wait_for_alert("dead_letters", false)?;
    let times = rig.alerts_told("dead_letters") - told_before;
    ensure(times == 1, || format!("that events were set aside was told {times} times"))?;
    std::thread::sleep(Duration::from_millis(50));
    Ok(format!("{BATCHES} set aside and applied later; the longest answer took {lag:.0} ms"))
}

/// A batch with a bad event at a place that chance chooses, and the id of that event.
fn batch(rig: &mut Rig) -> (Call, String) {
    let place = rig.random.below(NEIGHBOURS);
    let (mut calls, mut ids) = (Vec::new(), Vec::new());
    for number in 0..NEIGHBOURS {
        let id = format!("m{}", rig.ledger().number());
        let name = if number == place { "Poison" } else { "Product Viewed" };
        calls.push(json!({"type": "track", "event": name, "messageId": id, "anonymousId": format!("v{number}")}));
        ids.push(id);
    }
    let poison = ids[usize::try_from(place).unwrap_or(0)].clone();
    (Call { path: "/v1/batch", body: json!({ "batch": calls }).to_string(), ids }, poison)
}
