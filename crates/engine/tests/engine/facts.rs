//! Facts are a commutative monoid, folding commutes with merging, and bytes give back what was written.

use std::collections::BTreeMap;

use engine::condition::{Condition, ConsentState};
use engine::event::EventRecord;
use engine::{Facts, FactsError, FactsView, Plan, Stamp};
use proptest::prelude::*;
use serde_json::json;
use words::{Currency, Timestamp};

use crate::generate::{Draft, at, condition, config, draft};
use crate::membership::{fold_order, plan_of};

/// A profile's events one after another, with consents between them.
fn lived(plan: &Plan, leaf: usize, drafts: &[Draft]) -> Facts {
    let mut facts = Facts::new();
    let mut orders = BTreeMap::new();
    for record in records(leaf, drafts) {
        plan.fold_event(&mut facts, &record.fact(), record.received_at);
        fold_order(&mut orders, &record, &mut [&mut facts]);
        let state = ConsentState::ALL[1 + record.seq as usize % 3];
        facts.set_consent("email", "marketing", state, Stamp { at: record.at, seq: record.seq });
    }
    facts
}

fn records(leaf: usize, drafts: &[Draft]) -> Vec<EventRecord> {
    let numbered = drafts.iter().enumerate();
    numbered
        .map(|(index, draft)| {
            let now = at(index as i64 * 1_500);
            draft.arrive((index * 10 + leaf) as i64, now, leaf)
        })
        .collect()
}

fn merged(left: &Facts, right: &Facts) -> Facts {
    let mut both = left.clone();
    both.merge(right);
    both
}

/// The form in which equal facts are equal: settled.
fn settled(mut facts: Facts, plan: &Plan) -> Facts {
    facts.retain(plan);
    facts
}

fn plan() -> impl Strategy<Value = Plan> {
    prop::collection::vec(condition(), 1..6).prop_map(|conditions| plan_of(&conditions))
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec(draft(), 0..12)
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn merging_is_commutative_associative_and_nothing_changes_nothing(
        plan in plan(), a in drafts(), b in drafts(), c in drafts(),
    ) {
        let [a, b, c] = [lived(&plan, 0, &a), lived(&plan, 1, &b), lived(&plan, 2, &c)];
        let same = |left: Facts, right: Facts| settled(left, &plan) == settled(right, &plan);
        prop_assert!(same(merged(&a, &b), merged(&b, &a)));
        prop_assert!(same(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c))));
        prop_assert!(same(merged(&a, &Facts::new()), a.clone()));
        prop_assert!(same(merged(&Facts::new(), &a), a));
    }

    #[test]
    fn folding_an_event_commutes_with_merging(plan in plan(), a in drafts(), b in drafts(), last in draft()) {
        let [a, b] = [lived(&plan, 0, &a), lived(&plan, 1, &b)];
        let now = at(30_000);
        let event = last.arrive(1_000, now, 0);
        let mut before = a.clone();
        plan.fold_event(&mut before, &event.fact(), now);
        before.merge(&b);
        let mut after = merged(&a, &b);
        plan.fold_event(&mut after, &event.fact(), now);
        prop_assert_eq!(settled(before, &plan), settled(after, &plan));
    }

    #[test]
    fn events_that_arrive_together_may_be_folded_in_any_order(plan in plan(), drafts in drafts(), turn in 0_usize..12) {
        let records = records(0, &drafts);
        let now = at(60_000);
        let fold = |records: &[EventRecord]| {
            let mut facts = Facts::new();
            for record in records {
                plan.fold_event(&mut facts, &record.fact(), now);
            }
            settled(facts, &plan)
        };
        let mut turned = records.clone();
        turned.rotate_left(turn.min(drafts.len()));
        turned.reverse();
        prop_assert_eq!(fold(&records), fold(&turned));
    }

    #[test]
    fn bytes_give_back_what_was_written(plan in plan(), drafts in drafts()) {
        let facts = settled(lived(&plan, 0, &drafts), &plan);
        let bytes = facts.encode();
        prop_assert_eq!(&Facts::decode(&bytes).unwrap(), &facts);
        prop_assert_eq!(Facts::decode(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn damaged_bytes_never_panic(plan in plan(), drafts in drafts(), cut in 0_usize..400, flip in any::<u8>()) {
        let bytes = lived(&plan, 0, &drafts).encode();
        let cut = cut.min(bytes.len());
        prop_assert!(Facts::decode(&bytes[..cut]).is_err() || cut == bytes.len());
        let mut flipped = bytes.clone();
        if let Some(byte) = flipped.get_mut(cut) {
            *byte ^= flip;
        }
        let _ = Facts::decode(&flipped);
        if let Ok(view) = FactsView::new(&flipped) {
            for no in 0..5 {
                plan.evaluate(no, &view, at(0));
            }
        }
    }

    #[test]
    fn a_build_filled_from_the_log_is_the_build_that_was_folded_live(
        conditions in prop::collection::vec(condition(), 2..5), drafts in drafts(), from in 0_usize..12,
    ) {
        let plan = plan_of(&conditions);
        let records = records(0, &drafts);
        let now = records.last().map_or(at(0), |record| record.received_at);
        let mut whole = Facts::new();
        for record in &records {
            plan.fold_event(&mut whole, &record.fact(), record.received_at);
        }
        // The last build comes when `from` events are in the log: what follows is folded live, what came before, behind it.
        let plan_before = plan_of(&conditions[..conditions.len() - 1]);
        let new_build = plan.segments().last().unwrap().1;
        let (old, live) = records.split_at(from.min(records.len()));
        let mut facts = Facts::new();
        for record in old {
            plan_before.fold_event(&mut facts, &record.fact(), record.received_at);
        }
        for record in live {
            plan.fold_event(&mut facts, &record.fact(), record.received_at);
        }
        for record in old {
            plan.fold_build(&mut facts, &record.fact(), new_build, now);
        }
        prop_assert_eq!(settled(facts, &plan), settled(whole, &plan));
    }
}

#[test]
fn the_later_word_about_a_trait_wins_and_null_unsets_it() {
    let mut facts = Facts::new();
    let stamp = |millis, seq| Stamp { at: at(millis), seq };
    assert!(facts.set_trait("city", &json!("Lyon"), stamp(10, 1)));
    assert!(!facts.set_trait("city", &json!("Paris"), stamp(5, 2)));
    assert_eq!(facts.trait_value("city"), Some(json!("Lyon")));
    assert!(!facts.set_trait("city", &json!("Lyon"), stamp(20, 3)));
    assert!(facts.set_trait("city", &json!(null), stamp(20, 4)));
    assert_eq!(facts.trait_value("city"), None);
    assert!(!facts.set_trait("city", &json!("Nice"), stamp(15, 5)));
    assert!(!facts.set_trait("street", &json!(null), stamp(15, 6)));
}

#[test]
fn tallies_of_unknown_builds_are_dropped() {
    let plan = plan_of(&[Condition::parse(&json!({"event": "A"})).unwrap()]);
    let mut facts = Facts::new();
    plan.fold_event(&mut facts, &record("A", 1).fact(), at(0));
    assert!(plan.evaluate(0, &facts, at(0)).is_member);
    facts.retain(&Plan::empty(Currency::EUR));
    assert!(!plan.evaluate(0, &facts, at(0)).is_member);
}

#[test]
fn bytes_of_a_newer_version_are_refused() {
    let mut bytes = Facts::new().encode();
    bytes[0] = 9;
    assert_eq!(Facts::decode(&bytes), Err(FactsError::UnknownVersion(9)));
}

#[test]
fn a_flood_of_events_from_the_near_future_does_not_swell_the_facts() {
    let json = json!({"event": "A", "count": {"op": "gte", "value": 3}, "within": "30d"});
    let plan = plan_of(&[Condition::parse(&json).unwrap()]);
    let mut facts = Facts::new();
    let mut times: Vec<Timestamp> = (0..5_000).map(|seq| at(1 + (seq * 7_919) % 300_000)).collect();
    for (seq, time) in times.iter().enumerate() {
        let record = EventRecord { at: *time, ..record("A", seq as i64) };
        plan.fold_event(&mut facts, &record.fact(), at(0));
    }
    assert!(facts.encode().len() < 4_000);
    times.sort_unstable();
    let verdict = plan.evaluate(0, &facts, at(0));
    assert_eq!((verdict.is_member, verdict.flips_at), (false, Some(times[2])));
    let verdict = plan.evaluate(0, &facts, times[2]);
    let third_newest_ends = times[4_997].plus("30d".parse().unwrap());
    assert_eq!((verdict.is_member, verdict.flips_at), (true, Some(third_newest_ends)));
}

/// An event without properties, at the start.
fn record(name: &str, seq: i64) -> EventRecord {
    EventRecord {
        seq,
        name: name.to_owned(),
        at: at(0),
        received_at: at(0),
        properties: json!({}),
        context: json!({}),
        traits: None,
    }
}
