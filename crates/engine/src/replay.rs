//! The past: a person's facts as they were at an instant, from his log.

use std::collections::BTreeMap;

use words::{Currency, Timestamp};

use crate::event::EventRecord;
use crate::facts::Facts;
use crate::orders::{OrderEvent, OrderHistory, OrderStanding};
use crate::plan::Plan;

/// What was known of a person at `at`: every event that had arrived by then is folded as it was then, with its orders.
///
/// `events` are the person's, in the order of the log. What the engine does not read from events itself (consents, since
/// when somebody is known) is added by `note`, which is called after each event that is folded.
pub fn facts_at<'a>(
    plan: &Plan,
    events: impl IntoIterator<Item = &'a EventRecord>,
    at: Timestamp,
    mut note: impl FnMut(&mut Facts, &EventRecord),
) -> Facts {
    let mut facts = Facts::new();
    let mut orders: BTreeMap<String, OrderHistory> = BTreeMap::new();
    for event in events.into_iter().filter(|event| event.received_at <= at) {
        // The log is in order of arrival, so `now` never goes back but for clocks that were set back.
        let now = event.received_at.max(facts.as_of);
        plan.fold_event(&mut facts, &event.fact(), now);
        fold_order(plan, &mut facts, &mut orders, event);
        note(&mut facts, event);
    }
    facts
}

fn fold_order(plan: &Plan, facts: &mut Facts, orders: &mut BTreeMap<String, OrderHistory>, event: &EventRecord) {
    let read = OrderEvent::from_call(&event.name, &event.properties, event.seq, event.at);
    // A call that says nothing of an order made none when it arrived, and makes none now.
    let Some(Ok(order)) = read else {
        return;
    };
    let history = orders.entry(order.order_id.clone()).or_default();
    if history.fold(&order).is_err() {
        return;
    }
    if let Some(standing) = history.standing(&order.order_id, plan.currency()) {
        facts.set_order(&standing);
    }
}

/// Whose an order is and what it comes to, from all that was said of it, by whom, in the order of arrival; none before
/// the first call.
pub fn order_at(
    order_id: &str,
    calls: &[(i64, OrderEvent)],
    default_currency: Currency,
) -> Option<(i64, OrderStanding)> {
    let (mut history, mut owner) = (OrderHistory::default(), None);
    for (caller, event) in calls {
        // What is refused now was refused when it arrived.
        if let Ok(now) = history.fold_call_of(owner, *caller, event) {
            owner = Some(now);
        }
    }
    Some((owner?, history.standing(order_id, default_currency)?))
}
