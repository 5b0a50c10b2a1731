//! The shop's past, told in time order without ever holding it: for each person only the next visit is remembered.

use super::diary::{Visit, diary_of};
use super::journey::events_of;
use super::people::Person;
use super::rhythm::Window;
use super::timeline::Timeline;
use super::{DemoEvent, Shop};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use words::Timestamp;

/// The events of the window, oldest first. Memory: 24 bytes for each person plus the visits under way.
pub struct History<'a> {
    shop: &'a Shop,
    window: Window,
    /// Start of the next visit, person, and the visit's number.
    upcoming: BinaryHeap<Reverse<(i64, u64, u64)>>,
    under_way: Timeline,
}

impl<'a> History<'a> {
    pub(super) fn new(shop: &'a Shop, now: Timestamp, days: u32) -> Self {
        let window = Window::ending_at(now, days);
        let mut history = Self { shop, window, upcoming: BinaryHeap::new(), under_way: Timeline::default() };
        let crawlers = (0..=shop.profiles / PROFILES_A_CRAWLER).map(|number| Person::crawler(shop.seed, number));
        let people = (0..shop.profiles).map(|index| Person::of(shop.seed, index));
        history.upcoming = people
            .chain(crawlers)
            .filter_map(|person| history.visit(&person, 0).map(|visit| entry(&person, &visit)))
            .collect();
        history
    }

    /// A person's visit of the given number, if it begins by now. Her diary is drawn again each time: that costs
    /// microseconds, and keeping a million diaries would cost hundreds of megabytes.
    fn visit(&self, person: &Person, number: usize) -> Option<Visit> {
        let visit = diary_of(self.shop.seed, person, self.window).into_iter().nth(number)?;
        (visit.start_ms <= self.window.now_ms).then_some(visit)
    }

    fn begin_next_visit(&mut self) -> Option<()> {
        let Reverse((_, index, number)) = self.upcoming.pop()?;
        let person = Person::of(self.shop.seed, index);
        let visit = self.visit(&person, number as usize)?;
        let mut events = events_of(self.shop, self.shop.seed, &person, &visit);
        events.retain(|event| event.at.as_millis() <= self.window.now_ms);
        self.under_way.add(index, number, events);
        let next = self.visit(&person, number as usize + 1);
        self.upcoming.extend(next.map(|next| entry(&person, &next)));
        Some(())
    }
}

impl Iterator for History<'_> {
    type Item = DemoEvent;

    fn next(&mut self) -> Option<DemoEvent> {
        loop {
            let horizon_ms = self.upcoming.peek().map_or(i64::MAX, |Reverse((start_ms, ..))| *start_ms);
            if let Some(event) = self.under_way.next_until(horizon_ms) {
                return Some(event);
            }
            self.begin_next_visit()?;
        }
    }
}

/// Search engines read every shop; their events must not become people.
const PROFILES_A_CRAWLER: u64 = 400;

fn entry(person: &Person, visit: &Visit) -> Reverse<(i64, u64, u64)> {
    Reverse((visit.start_ms, person.index, visit.number))
}
