//! How many events a second the engine folds and decides on one core, and how long a stored person takes to be decided.
//!
//! `cargo run --release -p engine --example speed`: 100 segments of which 5 read each event, 120,000 people in memory of
//! whom a few are busy (Zipf), and properties as the text in which they arrive.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use engine::event::EventFact;
use engine::{Condition, Facts, FactsView, LazyJson, Plan, SegmentSource};
use serde_json::json;
use words::{Currency, SegmentId, Timestamp};

const PEOPLE: usize = 120_000;
const EVENTS: usize = 5_000_000;
const NAMES: usize = 20;

/// 100 segments: five for each of twenty event names, as shops make them.
fn plan() -> Plan {
    let sources = (0..100_u32).map(|no| {
        let name = format!("Event {}", no as usize % NAMES);
        let json = match no as usize / NAMES {
            0 => json!({ "event": name, "within": "30d" }),
            1 => json!({ "event": name, "count": { "op": "gte", "value": 3 }, "within": "7d",
                "where": [{ "property": "category", "op": "eq", "value": "shoes" }] }),
            2 => json!({ "event": name, "count": { "op": "gte", "value": 10 } }),
            3 => json!({ "event": name, "sum": { "property": "price", "op": "gte", "value": 500 } }),
            _ => json!({ "all": [
                { "event": name, "where": [{ "property": "price", "op": "gt", "value": 50 }] },
                { "trait": "country", "op": "eq", "value": "FR" },
            ]}),
        };
        SegmentSource {
            id: SegmentId::from_parts(Timestamp::UNIX_EPOCH, [no as u8; 10]),
            no,
            build: no + 1,
            condition: Condition::parse(&json).unwrap(),
        }
    });
    Plan::compile(sources.collect(), Currency::EUR).unwrap()
}

/// A small generator of even numbers of chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Person `n` about as often as 1/n.
    fn person(&mut self) -> usize {
        let even = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = ((PEOPLE as f64).ln() * even).exp();
        (rank as usize).min(PEOPLE - 1)
    }
}

struct Arrival {
    name: String,
    properties: String,
}

fn arrivals(chance: &mut Chance, count: usize) -> Vec<Arrival> {
    let categories = ["shoes", "hats", "bags", "coats"];
    (0..count)
        .map(|_| {
            let name = format!("Event {}", chance.next() as usize % NAMES);
            let category = categories[chance.next() as usize % 4];
            let price = (chance.next() % 10_000) as f64 / 100.0;
            let properties =
                format!(r#"{{"product_id":"P-1001","category":"{category}","price":{price},"quantity":1}}"#);
            Arrival { name, properties }
        })
        .collect()
}

fn main() {
    let plan = plan();
    let mut chance = Chance(88_172_645_463_325_252);
    let mut people = vec![Facts::new(); PEOPLE];
    // An event comes to the engine straight from the parser, still in the cache; people come from memory.
    let pool = arrivals(&mut chance, 10_000);
    let persons: Vec<u32> = (0..EVENTS).map(|_| chance.person() as u32).collect();
    let parsed: Vec<serde_json::Value> =
        pool.iter().map(|arrival| serde_json::from_str(&arrival.properties).unwrap()).collect();
    for is_parsed in [false, true] {
        let started = Instant::now();
        let mut decided = 0_usize;
        for seq in 0..EVENTS {
            let arrival = &pool[seq % pool.len()];
            let properties = if is_parsed {
                LazyJson::value(&parsed[seq % pool.len()])
            } else {
                LazyJson::text(&arrival.properties)
            };
            let now = Timestamp::from_millis(1_767_225_600_000 + seq as i64);
            let event = EventFact {
                seq: seq as i64,
                name: &arrival.name,
                at: now,
                properties,
                context: LazyJson::text("{}"),
                traits: None,
            };
            let facts = &mut people[persons[seq] as usize];
            let touched = plan.fold_event(facts, &event, now);
            for no in touched.iter() {
                decided += usize::from(plan.evaluate(no, facts, now).is_member);
            }
        }
        black_box(decided);
        let form = if is_parsed { "parsed values" } else { "JSON text" };
        report(&format!("events folded and decided, properties as {form}"), EVENTS, started);
    }
    stored(&plan, &people);
}

/// The preview: every stored person decided from bytes.
fn stored(plan: &Plan, people: &[Facts]) {
    let started = Instant::now();
    let bytes: Vec<Vec<u8>> = people.iter().map(Facts::encode).collect();
    report("people encoded", PEOPLE, started);
    println!("{} bytes a person", bytes.iter().map(Vec::len).sum::<usize>() / PEOPLE);
    for json in [
        json!({ "trait": "country", "op": "eq", "value": "FR" }),
        json!({ "all": [{ "metric": "events_count", "op": "gte", "value": 5 },
            { "metric": "revenue", "op": "lt", "value": 100 }, { "metric": "lifecycle_stage", "op": "eq", "value": "visitor" }] }),
    ] {
        let condition = plan.compile_condition(None, &Condition::parse(&json).unwrap()).unwrap();
        let started = Instant::now();
        let now = Timestamp::from_millis(1_780_000_000_000);
        let members = bytes.iter().filter(|bytes| {
            let view = FactsView::new(bytes).unwrap();
            condition.evaluate(&view, now).is_member
        });
        let members = black_box(members.count());
        report(&format!("stored people decided ({members} members)"), PEOPLE, started);
    }
    let started = Instant::now();
    let decoded = bytes.iter().map(|bytes| Facts::decode(bytes).unwrap().figures().events_count);
    black_box(decoded.sum::<u64>());
    report("people decoded", PEOPLE, started);
}

fn report(what: &str, count: usize, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{what}: {:.0} a second, {:.2} µs each", count as f64 / seconds, seconds * 1e6 / count as f64);
}
