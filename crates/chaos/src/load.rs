//! Clients: they send events, orders and who is who, alone and in batches, and send again what was not taken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crm::demo::random::Random;
use serde_json::{Value, json};
use testkit::process::{Answer, post};

use crate::Outcome;
use crate::ledger::{Call, Ledger};

/// A client library waits too before it sends again.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(20);
const PEOPLE: u64 = 60;
const ORDERS: u64 = 40;

/// Bodies that must be refused with 4xx, whatever else happens.
const BAD: [&str; 6] = [
    "nonsense",
    r#"{"batch":7}"#,
    r#"{"event":"E","anonymousId":"a","properties":{"a":1e400}}"#,
    r#"{"event":"E","anonymousId":"a","properties":{"a":"\ud800"}}"#,
    r#"{"anonymousId":"a","event":"E","event":"F"}"#,
    r#"{"event":"nobody"}"#,
];

/// Where the clients send, and with what.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub key: String,
    pub ledger: Arc<Ledger>,
}

/// How many clients, and how much each sends at once.
#[derive(Clone, Copy)]
pub struct Weight {
    pub clients: u64,
    /// Events of a batch at most; 1 sends single calls only.
    pub batch: u64,
    /// What a client waits between two requests.
    pub pause: Duration,
}

pub const USUAL: Weight = Weight { clients: 4, batch: 40, pause: Duration::ZERO };
/// As many, but the machine has room for what is done to the program meanwhile, and for the tests beside.
pub const STEADY: Weight = Weight { pause: Duration::from_millis(40), ..USUAL };
/// A shop on a good day: some ten requests a second.
pub const SHOP: Weight = Weight { clients: 2, batch: 10, pause: Duration::from_millis(150) };

/// Clients at work until they are told to stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    pub fn start(target: &Target, random: &mut Random, weight: Weight) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..weight.clients)
            .map(|number| {
                let (target, stop) = (target.clone(), Arc::clone(&stop));
                let mut own = Random::of(&[random.below(u64::MAX), number]);
                // Half of them send calls one by one, as browsers do.
                let batch = if number % 2 == 0 { 1 } else { weight.batch };
                std::thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        step(&target, &mut own, batch);
                        std::thread::sleep(weight.pause);
                    }
                })
            })
            .collect();
        Self { stop, clients }
    }

    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            // A client that panicked told why on standard error.
            let _ = client.join();
        }
    }
}

fn step(target: &Target, random: &mut Random, batch: u64) {
    if random.chance(0.02) {
        send_bad(target, random);
    }
    let again = if random.chance(0.5) { target.ledger.take_open() } else { None };
    let call = again.unwrap_or_else(|| fresh(&target.ledger, random, batch));
    if !send(target, call) {
        std::thread::sleep(PAUSE_AFTER_REFUSAL);
    }
}

/// Sends what is open until nothing is, or the time is over.
pub fn send_open(target: &Target, within: Duration) -> Outcome<()> {
    let begun = Instant::now();
    while let Some(call) = target.ledger.take_open() {
        if !send(target, call) {
            std::thread::sleep(PAUSE_AFTER_REFUSAL);
        }
        if begun.elapsed() > within {
            return Err(format!("after {within:?} {} requests are still refused", target.ledger.open_calls() + 1));
        }
    }
    Ok(())
}

/// Sends one call and notes what came of it; whether it was taken.
pub fn send(target: &Target, call: Call) -> bool {
    let ledger = &target.ledger;
    ledger.note_sent(&call);
    let begun = Instant::now();
    match post(target.address, call.path, &[("x-write-key", &target.key)], call.body.as_bytes()) {
        Ok(answer) if answer.status == 200 && !answer.body.contains("rejected") => {
            ledger.note_acknowledged(call, begun.elapsed());
            true
        }
        Ok(answer) if may_refuse(&answer) => {
            ledger.note_refused(call, Some(answer.status));
            false
        }
        Ok(answer) => {
            ledger.note_strange(format!("{} {} to {}", answer.status, answer.body, call.body));
            false
        }
        Err(_) => {
            ledger.note_refused(call, None);
            false
        }
    }
}

/// Refusals after which a client sends the same again. Those that come from the product say when.
fn may_refuse(answer: &Answer) -> bool {
    match answer.status {
        429 | 503 | 507 => !answer.header("retry-after").is_empty(),
        // The server stood still for a minute.
        408 => true,
        _ => false,
    }
}

fn send_bad(target: &Target, random: &mut Random) {
    let body = *random.pick(&BAD);
    let Ok(answer) = post(target.address, "/v1/track", &[("x-write-key", &target.key)], body.as_bytes()) else {
        return;
    };
    if !matches!(answer.status, 400..=499 | 503 | 507) {
        target.ledger.note_strange(format!("{} {} to {body}", answer.status, answer.body));
    }
}

/// A request that was never sent before.
pub fn fresh(ledger: &Ledger, random: &mut Random, batch: u64) -> Call {
    let size = if batch == 1 { 1 } else { 1 + random.below(batch) };
    let (mut calls, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..size {
        let id = format!("m{}", ledger.number());
        calls.push(event(random, &id));
        ids.push(id);
    }
    Call { path: "/v1/batch", body: json!({ "batch": calls }).to_string(), ids }
}

fn event(random: &mut Random, id: &str) -> Value {
    let person = random.below(PEOPLE);
    let visitor = format!("v{}", person * 3 + random.below(3));
    match random.below(10) {
        0 => json!({"type": "identify", "messageId": id, "anonymousId": visitor, "userId": format!("u{person}"),
                    "traits": {"email": format!("person{person}@example.com"), "city": "Lyon"}}),
        1 | 2 => order(random, id),
        3 | 4 => json!({"type": "page", "messageId": id, "anonymousId": visitor,
                        "context": {"page": {"path": "/shoes", "url": "https://shop.example/shoes"}}}),
        _ => json!({"type": "track", "event": "Product Viewed", "messageId": id, "anonymousId": visitor,
                    "properties": {"product_id": format!("p{}", random.below(30)), "price": 19.9}}),
    }
}

/// Calls of one order in whatever order chance makes them come; its person stays the same.
fn order(random: &mut Random, id: &str) -> Value {
    let number = random.below(ORDERS);
    let user = format!("u{}", number % PEOPLE);
    let event =
        *random.pick(&["Order Completed", "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"]);
    json!({"type": "track", "event": event, "messageId": id, "userId": user,
           "properties": {"order_id": format!("o{number}"), "total": 20 + number, "currency": "EUR",
                          "products": [{"product_id": "p1", "name": "Shoe", "price": 20 + number, "quantity": 1}]}})
}

/// Counts what got through while something else goes on.
pub struct Pulse(AtomicU64);

impl Pulse {
    pub fn of(ledger: &Ledger) -> Self {
        Self(AtomicU64::new(ledger.acknowledged() as u64))
    }

    /// Acknowledged messages since the last beat.
    pub fn beat(&self, ledger: &Ledger) -> u64 {
        let now = ledger.acknowledged() as u64;
        now - self.0.swap(now, Ordering::Relaxed)
    }
}
