//! Folds an event into facts: what every event means, and what the planned segments count.

use serde_json::Value;
use words::Timestamp;

use crate::compile::{CompiledCondition, EventLeaf};
use crate::condition::Metric;
use crate::event::EventFact;
use crate::facts::{Facts, Shape, Stamp, Tallies, Tally};
use crate::periods::is_before_end;
use crate::plan::Plan;
use crate::touched::Touched;

impl Plan {
    /// Folds an event into a profile's facts, and says which segments may have another answer. `now` never goes back.
    pub fn fold_event(&self, facts: &mut Facts, event: &EventFact<'_>, now: Timestamp) -> Touched {
        let mut touched = Touched::default();
        self.fold_seen(facts, event, now, &mut touched);
        self.fold_traits(facts, event, &mut touched);
        if facts.cart.fold(event) {
            self.touched_by_metrics(&[Metric::CartItems, Metric::CartValue], &mut touched);
        }
        let as_of = facts.as_of;
        for (no, leaf) in self.leaves_of(event.name) {
            if fold_leaf(leaf, &mut facts.tallies, event, as_of) {
                touched.add(no);
            }
        }
        touched
    }

    fn fold_seen(&self, facts: &mut Facts, event: &EventFact<'_>, now: Timestamp, touched: &mut Touched) {
        let before = (facts.first_seen, facts.last_seen);
        facts.note_event(event, now);
        self.touched_by_metrics(&[Metric::EventsCount], touched);
        if before.0 != facts.first_seen {
            self.touched_by_metrics(&[Metric::FirstSeenAt], touched);
        }
        if before.1 != facts.last_seen {
            self.touched_by_metrics(&[Metric::LastSeenAt, Metric::LifecycleStage], touched);
        }
    }

    fn fold_traits(&self, facts: &mut Facts, event: &EventFact<'_>, touched: &mut Touched) {
        let Some(Value::Object(traits)) = event.traits.as_ref().map(|traits| traits.get()) else {
            return;
        };
        let stamp = Stamp { at: event.at, seq: event.seq };
        for (name, value) in traits {
            if facts.set_trait(name, value, stamp) {
                self.touched_by_traits([name.as_str()], touched);
            }
        }
    }

    /// Folds an event into the tallies of one build only: a backfill reads the log behind the stream, which meanwhile
    /// folds what arrives. Says whether the tallies have changed.
    pub fn fold_build(&self, facts: &mut Facts, event: &EventFact<'_>, build: u32, now: Timestamp) -> bool {
        let Some(compiled) = self.condition_of_build(build) else {
            return false;
        };
        facts.as_of = facts.as_of.max(now);
        compiled.fold(&mut facts.tallies, event, facts.as_of)
    }
}

impl CompiledCondition {
    /// Folds an event into this condition's tallies; says whether they have changed. For previews and backfills.
    pub fn fold(&self, tallies: &mut Tallies, event: &EventFact<'_>, now: Timestamp) -> bool {
        let mut has_changed = false;
        for leaf in self.leaves.iter().filter(|leaf| leaf.event == event.name) {
            has_changed |= fold_leaf(leaf, tallies, event, now);
        }
        has_changed
    }
}

/// Folds an event of the leaf's name; says whether the tally is another one then.
fn fold_leaf(leaf: &EventLeaf, tallies: &mut Tallies, event: &EventFact<'_>, now: Timestamp) -> bool {
    match leaf.shape {
        Shape::Total => {
            let amount = if leaf.passes(event) { leaf.amount(event) } else { 0 };
            if amount == 0 {
                return false;
            }
            if let Tally::Total(total) = tallies.entry(leaf.key, leaf.shape) {
                total.add(amount);
            }
            true
        }
        Shape::Recent { window } => {
            if !is_before_end(now, event.at.plus(window.within())) || !leaf.passes(event) {
                return false;
            }
            match tallies.entry(leaf.key, leaf.shape) {
                Tally::Recent(recent) => recent.add(event.at, now),
                _ => false,
            }
        }
        Shape::Sums { enough } => {
            if !is_before_end(now, event.at.plus(enough.within())) || !leaf.passes(event) {
                return false;
            }
            let amount = leaf.amount(event);
            match tallies.entry(leaf.key, leaf.shape) {
                Tally::Sums(sums) if amount != 0 => sums.add(event.at, amount),
                _ => false,
            }
        }
        Shape::Spans => {
            let amount = leaf.amount(event);
            if amount == 0 {
                return false;
            }
            let periods = leaf.periods(event);
            let coming = periods.iter().filter(|(_, end)| is_before_end(now, *end));
            let coming: Vec<(Timestamp, Timestamp)> = coming.collect();
            if coming.is_empty() {
                return false;
            }
            if let Tally::Spans(spans) = tallies.entry(leaf.key, leaf.shape) {
                for (start, end) in coming {
                    spans.add(start, end, amount);
                }
                spans.settle(now);
            }
            true
        }
    }
}
