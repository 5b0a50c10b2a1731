//! What happens in a life, and what is asked about it.

use engine::condition::{Condition, ConsentState};
use engine::identity::{Claim, Trust};
use serde_json::{Value, json};

use crate::random::Random;
use crate::shop::Shop;

/// One thing that happens.
pub enum Step {
    Call(Box<Call>),
    /// A message that came before comes again.
    Repeat(usize),
    /// Time passes, and the ticker wakes who is due.
    Wait {
        millis: i64,
    },
    /// The machine's clock is set.
    SetClock {
        by_millis: i64,
    },
    Merge {
        from: i64,
        into: i64,
    },
    /// Undoes one of the merges that stand.
    Part {
        which: usize,
    },
    Define(Condition),
    /// Gives a segment another condition.
    Redefine {
        which: usize,
        condition: Condition,
    },
    /// The backfill takes a step.
    Build,
}

/// A call as it arrives.
#[derive(Clone)]
pub struct Call {
    pub name: &'static str,
    pub claims: Vec<Claim>,
    pub trust: Trust,
    /// Before the clock of the shop; ahead of it when negative.
    pub lag_ms: i64,
    pub properties: Value,
    pub traits: Option<Value>,
    pub consent: Option<ConsentState>,
}

const WINDOWS: [&str; 6] = ["1s", "2s", "5s", "10s", "1m", "90d"];
const OPERATORS: [&str; 6] = ["eq", "ne", "lt", "lte", "gt", "gte"];
const NAMES: [&str; 3] = ["A", "B", "Order Completed"];

pub fn conditions(random: &mut Random) -> Vec<Condition> {
    (0..1 + random.below(3)).map(|_| condition(random)).collect()
}

pub fn condition(random: &mut Random) -> Condition {
    let json = match random.below(6) {
        0 => json!({ "all": [leaf(random), leaf(random)] }),
        1 => json!({ "any": [leaf(random), { "not": leaf(random) }] }),
        2 => json!({ "not": leaf(random) }),
        _ => leaf(random),
    };
    Condition::parse(&json).unwrap()
}

fn leaf(random: &mut Random) -> Value {
    match random.below(10) {
        0..=2 => counted(random),
        3 | 4 => summed(random),
        5 => json!({ "trait": random.pick(&["t", "u"]), "op": random.pick(&OPERATORS), "value": random.between(0, 4) }),
        6 => {
            let stages = ["visitor", "prospect", "customer", "loyal", "dormant"];
            json!({ "metric": "lifecycle_stage", "op": "eq", "value": random.pick(&stages) })
        }
        7 => {
            let states = ["granted", "denied", "withdrawn", "unknown"];
            json!({ "consent": { "channel": "email", "purpose": "marketing" }, "state": random.pick(&states) })
        }
        8 => {
            let moments = ["first_seen_at", "last_seen_at", "first_order_at", "last_order_at"];
            let op = random.pick(&["within_last", "not_within_last"]);
            json!({ "metric": random.pick(&moments), "op": op, "value": random.pick(&WINDOWS) })
        }
        _ => {
            let sums = ["orders_count", "revenue", "refunded_total", "events_count", "cart_items", "cart_value"];
            json!({ "metric": random.pick(&sums), "op": random.pick(&OPERATORS), "value": random.between(0, 6) })
        }
    }
}

fn counted(random: &mut Random) -> Value {
    let mut leaf =
        json!({ "event": random.pick(&NAMES), "count": { "op": random.pick(&OPERATORS), "value": random.below(4) } });
    if !random.once_in(5) {
        leaf["within"] = json!(random.pick(&WINDOWS));
    }
    if random.once_in(3) {
        leaf["where"] = json!([{ "property": "p", "op": random.pick(&OPERATORS), "value": random.between(0, 4) }]);
    }
    leaf
}

fn summed(random: &mut Random) -> Value {
    let sum = json!({ "op": random.pick(&OPERATORS), "property": "n", "value": random.between(-1, 10) });
    json!({ "event": random.pick(&NAMES), "sum": sum, "within": random.pick(&WINDOWS) })
}

pub fn step(random: &mut Random, shop: &Shop) -> Step {
    match random.below(24) {
        0..=11 => Step::Call(Box::new(call(random))),
        12 if shop.messages() > 0 => Step::Repeat(random.below(shop.messages() as u64) as usize),
        13 => Step::SetClock { by_millis: random.between(-20_000, 20_000) },
        14 | 15 => {
            let people = shop.roots();
            match people.len() {
                0 | 1 => Step::Build,
                _ => Step::Merge { from: random.pick(&people), into: random.pick(&people) },
            }
        }
        16 => Step::Part { which: random.below(8) as usize },
        17 => Step::Define(condition(random)),
        18 => Step::Redefine { which: random.below(4) as usize, condition: condition(random) },
        19 | 20 => Step::Build,
        _ => Step::Wait { millis: if random.once_in(8) { 70_000 } else { random.between(0, 12) * 500 } },
    }
}

fn call(random: &mut Random) -> Call {
    let events =
        ["A", "A", "A", "B", "Page Viewed", "Consent Updated", "Product Added", "Product Removed", "Cart Cleared"];
    let orders = ["Order Completed", "Order Refunded", "Order Cancelled"];
    let name = if random.once_in(4) { random.pick(&orders) } else { random.pick(&events) };
    let total = random.between(0, 5);
    let properties = json!({
        "p": random.between(0, 4), "n": random.between(-1, 5), "order_id": format!("o{}", random.below(4)), "total": total,
        "product_id": format!("p{}", random.below(3)), "price": total,
    });
    let lag_ms = match random.below(9) {
        0..=3 => 0,
        4..=6 => random.between(0, 20) * 500,
        7 => random.between(-10, 0) * 500,
        _ => 60_000,
    };
    let traits = random.once_in(4).then(|| json!({ "t": random.between(0, 4), "u": random.between(0, 4) }));
    let states = ConsentState::ALL[1..].to_vec();
    let consent = (name == "Consent Updated").then(|| random.pick(&states));
    let trust = if random.once_in(3) { Trust::Public } else { Trust::Server };
    Call { name, claims: claims(random), trust, lag_ms, properties, traits, consent }
}

fn claims(random: &mut Random) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut claim = |kind: &str, value: String| claims.push(Claim { kind: kind.to_owned(), value });
    let way = random.below(8);
    if way != 1 {
        claim("anonymous_id", format!("visitor-{}", random.below(5)));
    }
    if way <= 2 {
        claim("user_id", format!("user-{}", random.below(3)));
    }
    if way == 3 {
        claim("email", format!("e{}@shop.example", random.below(3)));
    }
    claims
}
