//! Orders against the order events of the log, folded anew.

use std::collections::HashMap;

use db::{DbError, Tx};
use engine::orders::{OrderEvent, OrderHistory};

use super::{Place, Report};
use crate::commerce::store;
use crate::stream::log::{self, StoredBody};

const ORDER_EVENTS: [&str; 5] =
    ["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Order Canceled"];
/// Profiles whose orders are read at once.
const STEP: usize = 500;
/// Orders of so many people are more than anybody has.
const MAX_ORDERS: usize = 1_000_000;

/// The orders of these profiles; calls of other people may have spoken of them too.
pub(super) fn check(tx: &mut Tx<'_>, place: Place<'_>, numbers: &[i64], report: &mut Report) -> Result<(), DbError> {
    let mut folded: HashMap<String, OrderHistory> = HashMap::new();
    for step in numbers.chunks(STEP) {
        let orders = store::orders_of(tx, place.workspace, step, MAX_ORDERS)?;
        folded.extend(orders.into_iter().map(|order| (order.order_id, OrderHistory::default())));
    }
    for name in ORDER_EVENTS {
        log::each_named(tx, place.workspace, name, words::Timestamp::MIN, |_, seq, at, _, body| {
            fold(&mut folded, name, seq, at, body);
            Ok(())
        })?;
    }
    report.orders = folded.len() as u64;
    for (order_id, history) in folded {
        let stored = store::order(tx, place.workspace, &order_id)?;
        if stored.is_none_or(|stored| stored.history != history) {
            report.find("orders", format!("order {order_id} is not what the log's events make of it"));
        }
    }
    Ok(())
}

fn fold(folded: &mut HashMap<String, OrderHistory>, name: &str, seq: i64, at: words::Timestamp, body: &str) {
    let properties = StoredBody::parse(body).properties.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let Some(Some(Ok(event))) = properties.map(|properties| OrderEvent::from_call(name, &properties, seq, at)) else {
        return;
    };
    if let Some(history) = folded.get_mut(&event.order_id) {
        // What is refused now was refused when it arrived.
        let _ = history.fold(&event);
    }
}
