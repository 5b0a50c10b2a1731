//! The segments that every shop starts with.

use db::Tx;
use engine::condition::Condition;
use serde_json::{Value, json};
use words::{Timestamp, WorkspaceId};

use super::define::{DefineError, DefinedAt, define_in};

/// A segment offered from the first day; its name is the text `segment-ready-{code}`.
pub struct ReadyMade {
    pub code: &'static str,
    /// The name until a screen shows it in the reader's language.
    pub name: &'static str,
    condition: fn() -> Value,
}

/// Time frames follow the usual rhythm of a shop; each is an ordinary segment that may be changed.
pub const ALL: [ReadyMade; 8] = [
    ReadyMade { code: "new_visitors", name: "New visitors", condition: new_visitors },
    ReadyMade { code: "prospects", name: "Prospects", condition: prospects },
    ReadyMade { code: "first_time_buyers", name: "First-time buyers", condition: first_time_buyers },
    ReadyMade { code: "repeat_buyers", name: "Repeat buyers", condition: repeat_buyers },
    ReadyMade { code: "vip", name: "VIP", condition: vip },
    ReadyMade { code: "at_risk", name: "At risk", condition: at_risk },
    ReadyMade { code: "dormant", name: "Dormant", condition: dormant },
    ReadyMade { code: "cart_left", name: "Cart left", condition: cart_left },
];

fn new_visitors() -> Value {
    json!({"all": [
        {"metric": "lifecycle_stage", "op": "eq", "value": "visitor"},
        {"metric": "first_seen_at", "op": "within_last", "value": "7d"},
    ]})
}

fn prospects() -> Value {
    json!({"metric": "lifecycle_stage", "op": "eq", "value": "prospect"})
}

fn first_time_buyers() -> Value {
    json!({"all": [
        {"metric": "orders_count", "op": "eq", "value": 1},
        {"metric": "first_order_at", "op": "within_last", "value": "90d"},
    ]})
}

fn repeat_buyers() -> Value {
    json!({"metric": "orders_count", "op": "gte", "value": 2})
}

fn vip() -> Value {
    json!({"all": [
        {"metric": "orders_count", "op": "gte", "value": 3},
        {"metric": "revenue", "op": "gte", "value": 500},
        {"metric": "last_order_at", "op": "within_last", "value": "365d"},
    ]})
}

fn at_risk() -> Value {
    json!({"all": [
        {"metric": "orders_count", "op": "gte", "value": 2},
        {"metric": "last_order_at", "op": "not_within_last", "value": "90d"},
        {"metric": "last_order_at", "op": "within_last", "value": "180d"},
    ]})
}

fn dormant() -> Value {
    json!({"metric": "lifecycle_stage", "op": "eq", "value": "dormant"})
}

/// Something in the cart, nothing done about it for an hour, and not older than a week.
fn cart_left() -> Value {
    json!({"all": [
        {"metric": "cart_items", "op": "gt", "value": 0},
        {"event": "Product Added", "count": {"op": "gte", "value": 1}, "within": "7d"},
        {"metric": "last_seen_at", "op": "not_within_last", "value": "1h"},
    ]})
}

/// Defines those that are not there yet.
pub fn define_all(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    now: Timestamp,
    mut id_bytes: impl FnMut() -> [u8; 10],
) -> Result<(), DefineError> {
    let existing = super::store::definitions(tx, workspace)?;
    for ready in &ALL {
        if existing.iter().any(|one| one.ready_made.as_deref() == Some(ready.code)) {
            continue;
        }
        let condition = Condition::parse(&(ready.condition)()).map_err(crate::kernel::corrupt)?;
        let at = DefinedAt { now, id_bytes: id_bytes() };
        define_in(tx, workspace, ready.name, condition, Some(ready.code), at)?;
    }
    Ok(())
}
