//! References between segments, and the past.

use engine::event::EventRecord;
use engine::{Condition, Facts, Plan, PlanError, SegmentSource};
use proptest::prelude::*;
use serde_json::json;
use words::{Currency, SegmentId};

use crate::generate::{at, condition, config, draft};
use crate::membership::plan_of;
use crate::oracle::Life;

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn the_past_is_answered_as_the_log_of_then_says(
        conditions in prop::collection::vec(condition(), 1..4),
        drafts in prop::collection::vec(draft(), 1..15),
        step in 0_i64..40,
    ) {
        let numbered = drafts.iter().enumerate();
        let events: Vec<EventRecord> =
            numbered.map(|(seq, draft)| draft.arrive(seq as i64, at(seq as i64 * 1_000), 0)).collect();
        let plan = plan_of(&conditions);
        let then = at(step * 500);
        let facts = engine::replay::facts_at(&plan, &events, then, |_, _| {});
        let life = Life { events, ..Life::default() };
        for (no, condition) in conditions.iter().enumerate() {
            let verdict = plan.evaluate(no as u32, &facts, then);
            prop_assert_eq!(verdict.is_member, life.is_true(condition, then), "{}", condition.print());
        }
    }
}

fn id(no: u8) -> SegmentId {
    SegmentId::from_parts(at(0), [no; 10])
}

fn source(no: u8, condition: &serde_json::Value) -> SegmentSource {
    SegmentSource {
        id: id(no),
        no: u32::from(no),
        build: u32::from(no) + 100,
        condition: Condition::parse(condition).unwrap(),
    }
}

fn compile(sources: Vec<SegmentSource>) -> Result<Plan, PlanError> {
    Plan::compile(sources, Currency::EUR)
}

#[test]
fn a_reference_means_the_other_condition_and_names_its_dependents() {
    let is_in = |no: u8| json!({ "segment": id(no).to_string() });
    let plan = compile(vec![
        source(1, &json!({ "event": "A", "within": "1d" })),
        source(2, &json!({ "not": is_in(1) })),
        source(3, &json!({ "all": [is_in(2), { "trait": "t", "op": "exists" }] })),
        source(4, &json!({ "trait": "t", "op": "exists" })),
    ])
    .unwrap();
    assert_eq!(plan.dependents_of(1), [2, 3]);
    assert_eq!(plan.dependents_of(2), [3]);
    assert_eq!(plan.dependents_of(3), Vec::<u32>::new());
    assert_eq!(plan.event_names_of(3), ["A"]);
    assert!(plan.needs_events(3) && plan.is_time_sensitive(3));
    assert!(!plan.needs_events(4) && !plan.is_time_sensitive(4));
    assert_eq!((plan.no_of(id(3)), plan.no_of(id(9))), (Some(3), None));
    assert!(plan.evaluate(2, &Facts::new(), at(0)).is_member);
}

#[test]
fn references_that_end_nowhere_or_in_themselves_are_refused_with_their_chain() {
    let is_in = |no: u8| json!({ "segment": id(no).to_string() });
    let circle = compile(vec![source(1, &is_in(2)), source(2, &json!({ "any": [is_in(1)] }))]);
    assert_eq!(circle.unwrap_err(), PlanError::Circle { chain: vec![id(1), id(2), id(1)] });
    let unknown = compile(vec![source(1, &json!({ "not": is_in(7) }))]);
    assert_eq!(unknown.unwrap_err(), PlanError::Unknown { chain: vec![id(1), id(7)] });
    let plan = compile(vec![source(1, &json!({ "all": [] })), source(2, &is_in(1))]).unwrap();
    let own = Condition::parse(&is_in(2)).unwrap();
    let refused = plan.compile_condition(Some(id(1)), &own);
    assert_eq!(refused.unwrap_err(), PlanError::Circle { chain: vec![id(1), id(2), id(1)] });
}

#[test]
fn references_that_multiply_are_refused() {
    let many = |no: u8| json!({ "any": vec![json!({ "segment": id(no).to_string() }); 50] });
    let refused = compile(vec![
        source(1, &many(2)),
        source(2, &many(3)),
        source(3, &many(4)),
        source(4, &json!({ "trait": "t", "op": "exists" })),
    ]);
    assert!(matches!(refused.unwrap_err(), PlanError::TooLarge { .. }));
}

#[test]
fn of_two_builds_of_one_segment_the_first_answers_and_both_are_tallied() {
    let mut next = source(1, &json!({ "event": "B" }));
    next.build = 200;
    let plan = compile(vec![source(1, &json!({ "event": "A" })), next]).unwrap();
    let mut facts = Facts::new();
    let event = EventRecord {
        seq: 1,
        name: "B".to_owned(),
        at: at(0),
        received_at: at(0),
        properties: json!({}),
        context: json!({}),
        traits: None,
    };
    let touched = plan.fold_event(&mut facts, &event.fact(), at(0));
    assert_eq!(touched.iter().collect::<Vec<u32>>(), [1]);
    assert!(!plan.evaluate(1, &facts, at(0)).is_member);
    assert!(plan.evaluate_build(200, &facts, at(0)).is_member);
}
