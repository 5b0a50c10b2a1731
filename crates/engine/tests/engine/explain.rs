//! An explanation gives the answer of the plan, and its reasons are true.

use engine::event::EventRecord;
use engine::explain::{Explanation, explain};
use engine::{Condition, Facts, SegmentSource};
use proptest::prelude::*;
use serde_json::json;
use words::{Currency, SegmentId, Timestamp};

use crate::generate::{Draft, at, condition, config, counting_condition, draft, moving_condition, timed_draft};
use crate::membership::plan_of;
use crate::oracle::Life;

/// Events half a second apart.
fn arrive(drafts: &[Draft]) -> Vec<EventRecord> {
    let numbered = drafts.iter().enumerate();
    numbered.map(|(seq, draft)| draft.arrive(seq as i64, at(seq as i64 * 500), 0)).collect()
}

fn explained(condition: &Condition, events: &[EventRecord], now: Timestamp) -> Explanation {
    let plan = plan_of(std::slice::from_ref(condition));
    let facts = engine::replay::facts_at(&plan, events, now, |_, _| {});
    let explanation = explain(&plan, condition, &facts, events, now).unwrap();
    let verdict = plan.evaluate(0, &facts, now);
    assert_eq!((explanation.is_true, explanation.until), (verdict.is_member, verdict.flips_at));
    explanation
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn an_explanation_answers_as_the_plan_does(
        condition in condition(), drafts in prop::collection::vec(draft(), 0..15), later in 0_i64..40,
    ) {
        let events = arrive(&drafts);
        let now = at(drafts.len() as i64 * 500 + later * 500);
        let explanation = explained(&condition, &events, now);
        prop_assert!(explanation.since.is_none_or(|since| since <= now || !drafts.is_empty()));
    }

    #[test]
    fn a_leaf_has_been_so_since_exactly_then(
        condition in prop_oneof![counting_condition(), moving_condition()],
        drafts in prop::collection::vec(timed_draft(), 1..15),
        later in 0_i64..40,
    ) {
        let events = arrive(&drafts);
        let now = at(drafts.len() as i64 * 500 + later * 500);
        let explanation = explained(&condition, &events, now);
        let life = Life { events, ..Life::default() };
        let since = explanation.since.unwrap_or(at(-1_000_000));
        let mut instant = since;
        while instant <= now {
            prop_assert_eq!(life.is_true(&condition, instant), explanation.is_true);
            instant = Timestamp::from_millis(instant.as_millis() + 500);
        }
        if explanation.since.is_some() {
            let before = Timestamp::from_millis(since.as_millis() - 1);
            prop_assert_ne!(life.is_true(&condition, before), explanation.is_true);
        }
    }
}

#[test]
fn a_membership_is_told_with_its_numbers_and_events() {
    let view = |seq: i64, category: &str| EventRecord {
        seq,
        name: "Product Viewed".to_owned(),
        at: at(seq * 1_000),
        received_at: at(seq * 1_000),
        properties: json!({ "category": category }),
        context: json!({}),
        traits: Some(json!({ "country": "FR" })),
    };
    let events = [view(1, "shoes"), view(2, "hats"), view(3, "Shoes")];
    let shoes = Condition::parse(&json!({
        "event": "Product Viewed",
        "where": [{ "property": "category", "op": "eq", "value": "shoes" }],
        "count": { "op": "gte", "value": 2 },
        "within": "30d",
    }));
    let id = |no: u8| SegmentId::from_parts(at(0), [no; 10]);
    let french = json!({ "all": [
        { "trait": "country", "op": "eq", "value": "fr" },
        { "segment": id(1).to_string() },
    ]});
    let french = Condition::parse(&french).unwrap();
    let source =
        |no: u8, condition: Condition| SegmentSource { id: id(no), no: u32::from(no), build: u32::from(no), condition };
    let sources = vec![source(1, shoes.unwrap()), source(2, french.clone())];
    let plan = engine::Plan::compile(sources, Currency::EUR).unwrap();
    let mut facts = Facts::new();
    for event in &events {
        plan.fold_event(&mut facts, &event.fact(), event.received_at);
    }
    let explanation = explain(&plan, &french, &facts, &events, at(5_000)).unwrap();
    assert_eq!(
        serde_json::to_value(explanation).unwrap(),
        json!({
            "kind": "all",
            "is_true": true, "since": "2026-01-01T00:00:03.000Z", "until": "2026-01-31T00:00:01.000Z",
            "parts": [
                {
                    "kind": "trait", "name": "country", "op": "eq", "value": "fr", "measured": "FR",
                    "is_true": true, "since": "2026-01-01T00:00:03.000Z", "until": null,
                },
                {
                    "kind": "segment", "segment": id(1).to_string(),
                    "is_true": true, "since": "2026-01-01T00:00:03.000Z", "until": "2026-01-31T00:00:01.000Z",
                    "part": {
                        "kind": "event", "event": "Product Viewed",
                        "where": [{ "property": "category", "op": "eq", "value": "shoes" }],
                        "sum_of": null, "op": "gte", "value": 2, "within": "30d",
                        "measured": 2, "evidence": [3, 1],
                        "is_true": true, "since": "2026-01-01T00:00:03.000Z", "until": "2026-01-31T00:00:01.000Z",
                    },
                },
            ],
        })
    );
}
