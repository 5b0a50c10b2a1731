//! What must hold after every step of a life.

use engine::orders::{OrderEvent, OrderHistory};
use engine::{Facts, FactsView};
use words::{Currency, Timestamp};

use crate::shop::Shop;

impl Shop {
    pub fn check(&self) {
        self.check_memberships();
        self.check_facts();
        self.check_orders();
    }

    /// Membership is what a naive reading of the log says; entries and exits tell the same, and no timer was missed.
    fn check_memberships(&self) {
        for (root, person) in &self.people {
            let life = self.life(*root);
            for segment in self.segments.iter().filter(|segment| self.is_live_for(segment.no, *root)) {
                let is_in = person.memberships.contains_key(&segment.no);
                let is_true = life.is_true(&segment.condition, self.now);
                assert_eq!(is_in, is_true, "person {root} at {}: {}", self.now, segment.condition.print());
            }
            for segment in &self.segments {
                let by_moves = self.moves.contains(&(segment.no, *root));
                assert_eq!(by_moves, person.memberships.contains_key(&segment.no), "the moves of {root}");
            }
            assert!(person.timer_at.is_none_or(|at| at > self.now), "person {root} was not woken");
        }
        assert!(self.moves.iter().all(|(_, root)| self.people.contains_key(root)), "somebody who is gone is still in");
    }

    /// At the instant at which time alone moved somebody, the naive answer changes too.
    pub fn check_instant(&self, root: i64, no: u32, at: Timestamp, is_in: bool) {
        let condition = &self.segments.iter().find(|segment| segment.no == no).unwrap().condition;
        let life = self.life(root);
        assert_eq!(life.is_true(condition, at), is_in, "person {root} moves at {at}: {}", condition.print());
        let before = Timestamp::from_millis(at.as_millis() - 1);
        assert_ne!(life.is_true(condition, before), is_in, "person {root} moves late at {at}: {}", condition.print());
    }

    /// A person's facts are the sum of his profiles', in whatever order they are added; their bytes say the same.
    fn check_facts(&self) {
        for (root, person) in &self.people {
            let numbers = self.numbers_of(*root);
            let leaves: Vec<&Facts> = numbers.iter().map(|number| &self.leaves[number].facts).collect();
            let bytes = person.facts.encode();
            assert_eq!(Facts::decode(&bytes).unwrap(), person.facts, "the bytes of {root}");
            let view = FactsView::new(&bytes).unwrap();
            for (no, _, _) in self.plan.segments() {
                assert_eq!(self.plan.evaluate(no, &view, self.now), self.plan.evaluate(no, &person.facts, self.now));
            }
            let sum = |order: &mut dyn Iterator<Item = &Facts>| {
                let mut sum = Facts::new();
                order.for_each(|leaf| sum.merge(leaf));
                sum
            };
            let (one, other) = (sum(&mut leaves.iter().copied()), sum(&mut leaves.iter().rev().copied()));
            assert_eq!(one.encode(), other.encode(), "the sum of {root} in another order");
            if let [first, second, third, ..] = leaves[..] {
                let mut nested = second.clone();
                nested.merge(third);
                let mut right = first.clone();
                right.merge(&nested);
                assert_eq!(right.encode(), sum(&mut [first, second, third].into_iter()).encode(), "another grouping");
            }
        }
    }

    /// An order comes to the same in whatever order its calls arrive, and one told twice changes nothing.
    fn check_orders(&self) {
        for (id, order) in &self.orders {
            let mut backwards = OrderHistory::default();
            for (_, call) in order.told.iter().rev().chain(order.told.first()) {
                let event = OrderEvent::from_call(&call.name, &call.properties, call.seq, call.at).unwrap().unwrap();
                backwards.fold(&event).unwrap();
            }
            let standing = |history: &OrderHistory| history.standing(id, Currency::EUR);
            assert_eq!(standing(&backwards), standing(&order.history), "order {id} told backwards");
        }
    }
}
