//! Counts and sums of events explained, from the events themselves.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use words::Timestamp;

use super::tree::{Answer, Case, Explanation, FilterText, Reason};
use crate::compile::{EventLeaf, Threshold};
use crate::condition::{EventCondition, Measure};
use crate::periods::is_before_end;
use crate::value::MICROS;
use crate::walk::spans_verdict;

/// How many events are named as evidence: what a screen shows.
const MAX_EVIDENCE: usize = 10;

/// An event's amount and when it counts: not before it arrived.
struct Counting {
    start: Timestamp,
    end: Timestamp,
    amount: i128,
    at: Timestamp,
    seq: i64,
}

impl Counting {
    fn counts_at(&self, now: Timestamp) -> bool {
        self.start <= now && is_before_end(now, self.end)
    }
}

pub(super) fn explain_event(case: &Case<'_>, event: &EventCondition) -> Explanation {
    let leaf = EventLeaf::new(event, 0, 0);
    let counting = counting(case, &leaf);
    let spans = counting.iter().map(|part| (part.start, part.end, part.amount));
    let verdict = spans_verdict(leaf.threshold, 0, spans, case.now);
    let present = counting.iter().filter(|part| part.counts_at(case.now));
    let measured: i128 = present.map(|part| part.amount).sum();
    let since = since(leaf.threshold, &counting, case.now);
    let (sum_of, op, value) = threshold(event);
    Answer { verdict, since }.with(Reason::Event {
        event: event.event.clone(),
        filters: filters(event),
        sum_of,
        op,
        value,
        within: event.within.as_ref().map(|window| window.text.clone()),
        measured: shown(measured, leaf.threshold),
        evidence: evidence(&counting, case.now),
    })
}

fn counting(case: &Case<'_>, leaf: &EventLeaf) -> Vec<Counting> {
    let arrived = case.events.iter().filter(|event| event.received_at <= case.now);
    let mut counting = Vec::new();
    for event in arrived.filter(|event| event.name == leaf.event) {
        let fact = event.fact();
        let amount = leaf.amount(&fact);
        if amount == 0 {
            continue;
        }
        for (start, end) in leaf.periods(&fact).iter() {
            let start = start.max(event.received_at);
            if start < end {
                counting.push(Counting { start, end, amount, at: event.at, seq: event.seq });
            }
        }
    }
    counting
}

/// The last instant up to `now` at which the answer became what it is; none when it was never otherwise.
fn since(threshold: Threshold, counting: &[Counting], now: Timestamp) -> Option<Timestamp> {
    let mut changes: BTreeMap<Timestamp, i128> = BTreeMap::new();
    for part in counting {
        *changes.entry(part.start).or_default() += part.amount;
        if part.end < Timestamp::MAX {
            *changes.entry(part.end).or_default() -= part.amount;
        }
    }
    let mut value = 0;
    let mut is_true = threshold.accepts(0);
    let mut since = None;
    for (at, change) in changes.range(..=now) {
        value += change;
        if threshold.accepts(value) != is_true {
            is_true = !is_true;
            since = Some(*at);
        }
    }
    since
}

fn evidence(counting: &[Counting], now: Timestamp) -> Vec<i64> {
    let present = counting.iter().filter(|part| part.counts_at(now));
    let mut newest: Vec<(Timestamp, i64)> = present.map(|part| (part.at, part.seq)).collect();
    newest.sort_unstable_by(|left, right| right.cmp(left));
    newest.dedup();
    newest.truncate(MAX_EVIDENCE);
    newest.into_iter().map(|(_, seq)| seq).collect()
}

fn threshold(event: &EventCondition) -> (Option<String>, &'static str, Value) {
    match &event.measure {
        None => (None, "gte", json!(1)),
        Some(Measure::Count { op, value }) => (None, op.as_str(), json!(value)),
        Some(Measure::Sum { property, op, value }) => (Some(property.clone()), op.as_str(), json!(value)),
    }
}

fn filters(event: &EventCondition) -> Vec<FilterText> {
    let filters = event.filters.iter();
    filters
        .map(|filter| FilterText {
            property: filter.property.clone(),
            op: filter.test.op(),
            value: filter.test.value(),
        })
        .collect()
}

fn shown(measured: i128, threshold: Threshold) -> Value {
    if threshold.is_sum {
        return json!(measured as f64 / MICROS as f64);
    }
    json!(u64::try_from(measured).unwrap_or(u64::MAX))
}
