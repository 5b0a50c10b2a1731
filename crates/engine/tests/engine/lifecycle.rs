//! The stage of a person, by rule.

use engine::Facts;
use engine::event::EventRecord;
use engine::lifecycle::{Stage, StageReason, stage};
use engine::orders::{OrderEvent, OrderHistory};
use serde_json::json;
use words::{Currency, Timestamp};

use crate::generate::START_MS;

fn day(day: i64) -> Timestamp {
    Timestamp::from_millis(START_MS + day * 86_400_000)
}

/// Somebody seen on day 0, who orders on these days.
fn customer(order_days: &[i64], last_seen: i64) -> Facts {
    let mut facts = Facts::new();
    let plan = engine::Plan::empty(Currency::EUR);
    for seen in [0, last_seen] {
        let record = EventRecord {
            seq: seen,
            name: "Page Viewed".to_owned(),
            at: day(seen),
            received_at: day(seen),
            properties: json!({}),
            context: json!({}),
            traits: None,
        };
        plan.fold_event(&mut facts, &record.fact(), day(seen));
    }
    for order_day in order_days {
        let properties = json!({ "order_id": order_day, "total": 10 });
        let event = OrderEvent::from_call("Order Completed", &properties, *order_day, day(*order_day));
        let mut history = OrderHistory::new();
        history.fold(&event.unwrap().unwrap()).unwrap();
        facts.set_order(&history.standing(&order_day.to_string(), Currency::EUR).unwrap());
    }
    facts
}

#[track_caller]
fn check(facts: &Facts, today: i64, expected: Stage, since: i64, flips: Option<i64>) {
    let verdict = stage(facts, day(today));
    assert_eq!(
        (verdict.stage, verdict.since, verdict.flips_at),
        (expected, Some(day(since)), flips.map(day)),
        "{verdict:?}"
    );
}

#[test]
fn a_person_moves_through_the_stages_by_rule() {
    let mut visitor = customer(&[], 3);
    check(&visitor, 5, Stage::Visitor, 0, None);
    visitor.set_known_at(day(2));
    check(&visitor, 5, Stage::Prospect, 2, None);
    check(&customer(&[10], 10), 20, Stage::Customer, 10, Some(190));
    check(&customer(&[10], 100), 189, Stage::Customer, 10, Some(280));
    check(&customer(&[10, 20, 30], 30), 31, Stage::Loyal, 30, Some(210));
    check(&customer(&[10, 20, 30, 40], 300), 310, Stage::Loyal, 30, Some(405));
    check(&customer(&[10, 20, 30, 40], 300), 405, Stage::Customer, 405, Some(480));
    check(&customer(&[10], 10), 190, Stage::Dormant, 190, None);
    check(&customer(&[10, 20, 30], 30), 500, Stage::Dormant, 210, None);
}

#[test]
fn the_reason_is_told_with_its_numbers() {
    let reason = |facts: &Facts, today| stage(facts, day(today)).reason;
    assert_eq!(reason(&customer(&[10], 10), 20), StageReason::HasOrdered { orders: 1 });
    assert_eq!(reason(&customer(&[10], 100), 290), StageReason::InactiveSince { last_active_at: day(100) });
    assert_eq!(
        serde_json::to_value(reason(&customer(&[1, 2, 3], 3), 4)).unwrap(),
        json!({ "code": "orders_often", "orders": 3, "last_order_at": "2026-01-04T00:00:00.000Z" })
    );
}
