//! Events waiting for their instant: they leave in time order, and those of one instant in an order that repeats.

use super::DemoEvent;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A queue of events by their time.
#[derive(Debug, Clone, Default)]
pub struct Timeline(BinaryHeap<Waiting>);

impl Timeline {
    /// Puts the events of one visit of one person into the queue, in their order.
    pub fn add(&mut self, person: u64, visit: u64, events: Vec<DemoEvent>) {
        let waiting =
            |(place, event): (usize, DemoEvent)| Waiting { key: (event.at.as_millis(), person, visit, place), event };
        self.0.extend(events.into_iter().enumerate().map(waiting));
    }

    /// Takes the first event when it happens at the given instant or before.
    pub fn next_until(&mut self, instant_ms: i64) -> Option<DemoEvent> {
        let is_due = self.0.peek().is_some_and(|waiting| waiting.key.0 <= instant_ms);
        if is_due { self.0.pop().map(|waiting| waiting.event) } else { None }
    }
}

#[derive(Debug, Clone)]
struct Waiting {
    key: (i64, u64, u64, usize),
    event: DemoEvent,
}

/// The standard heap gives the greatest first, so the earliest must be the greatest.
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Waiting {}
