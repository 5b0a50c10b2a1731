//! The law: live membership is what a recomputation from the log says, at every instant.

use std::collections::{BTreeMap, BTreeSet};

use engine::condition::{Condition, ConsentState, Metric};
use engine::evaluate::WithTallies;
use engine::event::EventRecord;
use engine::facts::Tallies;
use engine::orders::{OrderEvent, OrderHistory};
use engine::{Facts, FactsView, Plan, SegmentSource, Stamp, Touched, Verdict};
use proptest::prelude::*;
use words::{Currency, SegmentId, Timestamp};

use crate::generate::{
    Draft, at, cart_condition, cart_draft, condition, config, counting_condition, draft, moving_condition,
    summed_draft, summing_condition, timed_draft,
};
use crate::oracle::Life;

const PROFILES: usize = 3;

/// One thing that happens in the world.
#[derive(Debug, Clone)]
enum Step {
    Event {
        profile: usize,
        draft: Box<Draft>,
    },
    Wait {
        millis: i64,
    },
    /// Two profiles become one person, with everybody merged into them before.
    Merge {
        left: usize,
        right: usize,
    },
    /// A profile leaves its person.
    Unmerge {
        profile: usize,
    },
    Consent {
        profile: usize,
        state: ConsentState,
    },
    Identify {
        profile: usize,
    },
}

fn step(draft: impl Strategy<Value = Draft>) -> impl Strategy<Value = Step> {
    let profile = || 0..PROFILES;
    let waits = prop_oneof![
        8 => (0_i64..12).prop_map(|steps| steps * 500),
        1 => Just(70_000_i64),
        1 => Just(100 * 86_400_000),
    ];
    prop_oneof![
        6 => (profile(), draft).prop_map(|(profile, draft)| Step::Event { profile, draft: Box::new(draft) }),
        4 => waits.prop_map(|millis| Step::Wait { millis }),
        1 => (profile(), profile()).prop_map(|(left, right)| Step::Merge { left, right }),
        1 => profile().prop_map(|profile| Step::Unmerge { profile }),
        1 => (profile(), prop::sample::select(ConsentState::ALL[1..].to_vec()))
            .prop_map(|(profile, state)| Step::Consent { profile, state }),
        1 => profile().prop_map(|profile| Step::Identify { profile }),
    ]
}

/// What the stream keeps: each profile's facts, each person's merged facts and memberships.
struct World {
    plan: Plan,
    conditions: Vec<Condition>,
    now: Timestamp,
    seq: i64,
    leaves: Vec<Facts>,
    lives: Vec<Life>,
    orders: BTreeMap<String, OrderHistory>,
    /// Who is whom.
    root_of: Vec<usize>,
    people: BTreeMap<usize, Person>,
}

#[derive(Default)]
struct Person {
    facts: Facts,
    verdicts: Vec<Verdict>,
}

impl World {
    fn new(conditions: Vec<Condition>) -> Self {
        let plan = plan_of(&conditions);
        let mut world = Self {
            plan,
            conditions,
            now: at(0),
            seq: 0,
            leaves: vec![Facts::new(); PROFILES],
            lives: vec![Life::default(); PROFILES],
            orders: BTreeMap::new(),
            root_of: (0..PROFILES).collect(),
            people: BTreeMap::new(),
        };
        for root in 0..PROFILES {
            world.meet(root);
        }
        world
    }

    fn members(&self, root: usize) -> Vec<usize> {
        (0..PROFILES).filter(|profile| self.root_of[*profile] == root).collect()
    }

    /// Makes a person anew from his profiles.
    fn meet(&mut self, root: usize) {
        let leaves = self.members(root).into_iter().map(|profile| &self.leaves[profile]);
        let facts = self.stored(Facts::merged(leaves), &self.members(root));
        let verdicts = (0..self.conditions.len()).map(|no| self.plan.evaluate(no as u32, &facts, self.now)).collect();
        self.people.insert(root, Person { facts, verdicts });
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Event { profile, draft } => self.event(*profile, draft),
            Step::Wait { millis } => self.wait(*millis),
            Step::Merge { left, right } => self.merge(*left, *right),
            Step::Unmerge { profile } => self.unmerge(*profile),
            Step::Consent { profile, state } => self.consent(*profile, *state),
            Step::Identify { profile } => self.identify(*profile),
        }
    }

    fn event(&mut self, profile: usize, draft: &Draft) {
        self.seq += 1;
        let record = draft.arrive(self.seq, self.now, profile);
        let root = self.root_of[profile];
        self.plan.fold_event(&mut self.leaves[profile], &record.fact(), self.now);
        let person = self.people.get_mut(&root).unwrap();
        let mut touched = self.plan.fold_event(&mut person.facts, &record.fact(), self.now);
        if fold_order(&mut self.orders, &record, &mut [&mut self.leaves[profile], &mut person.facts]) {
            self.plan.touched_by_metrics(&Metric::OF_ORDERS, &mut touched);
        }
        self.lives[profile].events.push(record);
        self.store(profile, root);
        self.decide(root, &touched);
    }

    /// Brings facts into the form in which they are stored, as the stream does after every event.
    fn store(&mut self, profile: usize, root: usize) {
        self.leaves[profile] = self.stored(self.leaves[profile].clone(), &[profile]);
        let facts = self.people[&root].facts.clone();
        self.people.get_mut(&root).unwrap().facts = self.stored(facts, &self.members(root));
    }

    /// What is short is counted anew from the log.
    fn stored(&self, mut facts: Facts, members: &[usize]) -> Facts {
        for build in facts.short_builds() {
            facts.forget_build(build);
            for event in members.iter().flat_map(|profile| &self.lives[*profile].events) {
                // Not later than the facts are.
                self.plan.fold_build(&mut facts, &event.fact(), build, Timestamp::MIN);
            }
        }
        facts.retain(&self.plan);
        facts
    }

    fn consent(&mut self, profile: usize, state: ConsentState) {
        self.seq += 1;
        let stamp = Stamp { at: self.now, seq: self.seq };
        let root = self.root_of[profile];
        for facts in [&mut self.leaves[profile], &mut self.people.get_mut(&root).unwrap().facts] {
            facts.set_consent("email", "marketing", state, stamp);
        }
        self.lives[profile].consents.push((self.now, self.seq, state, self.now));
        let mut touched = Touched::default();
        self.plan.touched_by_consent("email", "marketing", &mut touched);
        self.decide(root, &touched);
    }

    fn identify(&mut self, profile: usize) {
        let root = self.root_of[profile];
        for facts in [&mut self.leaves[profile], &mut self.people.get_mut(&root).unwrap().facts] {
            facts.set_known_at(self.now);
        }
        let known_at = &mut self.lives[profile].known_at;
        *known_at = Some(known_at.unwrap_or(self.now));
        let mut touched = Touched::default();
        self.plan.touched_by_metrics(&Metric::OF_KNOWN, &mut touched);
        self.decide(root, &touched);
    }

    /// Only what was touched is decided again, as in the stream.
    fn decide(&mut self, root: usize, touched: &Touched) {
        let person = self.people.get_mut(&root).unwrap();
        for no in touched.iter() {
            person.verdicts[no as usize] = self.plan.evaluate(no, &person.facts, self.now);
        }
    }

    fn merge(&mut self, left: usize, right: usize) {
        let (into, from) = (self.root_of[left], self.root_of[right]);
        if into == from {
            return;
        }
        for root in &mut self.root_of {
            if *root == from {
                *root = into;
            }
        }
        // Two people's facts merge into what their profiles' facts merge into.
        let gone = self.people.remove(&from).unwrap();
        let mut both = self.people[&into].facts.clone();
        both.merge(&gone.facts);
        self.meet(into);
        let both = self.stored(both, &self.members(into));
        assert_eq!(both.encode(), self.people[&into].facts.encode());
    }

    fn unmerge(&mut self, profile: usize) {
        let root = self.root_of[profile];
        let others: Vec<usize> = self.members(root).into_iter().filter(|other| *other != profile).collect();
        let Some(next_root) = others.first().copied() else {
            return;
        };
        self.people.remove(&root);
        for other in others {
            self.root_of[other] = next_root;
        }
        self.root_of[profile] = profile;
        self.meet(profile);
        self.meet(next_root);
    }

    /// Lets the clock run: every timer rings at its instant, and at every instant that could matter the answers are
    /// compared with the oracle's.
    fn wait(&mut self, millis: i64) {
        let until = Timestamp::from_millis(self.now.as_millis() + millis);
        let mut instants = self.instants(until);
        loop {
            let timers = self.people.values().flat_map(|person| &person.verdicts);
            let rings = timers.filter_map(|verdict| verdict.flips_at).min();
            let next = rings.into_iter().chain(instants.first().copied()).min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            assert!(next >= self.now, "a timer lies in the past");
            self.now = next;
            instants.remove(&next);
            self.ring();
            self.compare();
        }
        self.now = until;
        self.compare();
    }

    fn ring(&mut self) {
        for person in self.people.values_mut() {
            for (no, verdict) in person.verdicts.iter_mut().enumerate() {
                if verdict.flips_at.is_some_and(|at| at <= self.now) {
                    *verdict = self.plan.evaluate(no as u32, &person.facts, self.now);
                    let is_ahead = verdict.flips_at.is_none_or(|at| at > self.now);
                    assert!(is_ahead, "a timer that rings must be set to a later instant");
                }
            }
        }
    }

    /// Every instant up to `until` at which time alone may change an answer, and the instant before it.
    fn instants(&self, until: Timestamp) -> BTreeSet<Timestamp> {
        const SPANS: [i64; 9] =
            [0, 1_000, 2_000, 5_000, 10_000, 60_000, 90 * 86_400_000, 180 * 86_400_000, 365 * 86_400_000];
        let events = self.lives.iter().flat_map(|life| &life.events).map(|event| event.at.as_millis());
        // Times inside properties and traits lie on the half second around the start.
        let values = (-20_i64..40).map(|step| at(step * 500).as_millis());
        let bounds = events.chain(values).flat_map(|at| SPANS.map(|span| at + span));
        let instants = bounds.flat_map(|bound| [bound - 1, bound]).map(Timestamp::from_millis);
        instants.filter(|instant| *instant > self.now && *instant <= until).collect()
    }

    fn compare(&self) {
        for (root, person) in &self.people {
            let life = self.life(*root);
            for (condition, verdict) in self.conditions.iter().zip(&person.verdicts) {
                assert_eq!(
                    verdict.is_member,
                    life.is_true(condition, self.now),
                    "at {}: {}\n{life:#?}",
                    self.now,
                    condition.print()
                );
            }
        }
    }

    fn life(&self, root: usize) -> Life {
        let mut whole = Life::default();
        for profile in self.members(root) {
            let life = &self.lives[profile];
            whole.events.extend(life.events.iter().cloned());
            whole.consents.extend(life.consents.iter().copied());
            whole.known_at = match (whole.known_at, life.known_at) {
                (Some(left), Some(right)) => Some(left.min(right)),
                (left, right) => left.or(right),
            };
        }
        whole
    }

    /// Facts read from bytes answer as those in memory, and come back as they were.
    fn compare_stored(&self) {
        for person in self.people.values() {
            let bytes = person.facts.encode();
            assert_eq!(Facts::decode(&bytes).unwrap(), person.facts);
            let view = FactsView::new(&bytes).unwrap();
            for no in 0..self.conditions.len() as u32 {
                let stored = self.plan.evaluate(no, &view, self.now);
                assert_eq!(stored, self.plan.evaluate(no, &person.facts, self.now));
            }
        }
    }
}

pub fn plan_of(conditions: &[Condition]) -> Plan {
    let sources = conditions.iter().enumerate().map(|(no, condition)| SegmentSource {
        id: SegmentId::from_parts(at(0), [no as u8; 10]),
        no: no as u32,
        build: no as u32 * 3 + 1,
        condition: condition.clone(),
    });
    Plan::compile(sources.collect(), Currency::EUR).unwrap()
}

/// Puts the order's new standing into both facts; says whether the event was an order's.
pub fn fold_order(orders: &mut BTreeMap<String, OrderHistory>, record: &EventRecord, facts: &mut [&mut Facts]) -> bool {
    let read = OrderEvent::from_call(&record.name, &record.properties, record.seq, record.at);
    let Some(order) = read else {
        return false;
    };
    let order = order.unwrap();
    let history = orders.entry(order.order_id.clone()).or_default();
    history.fold(&order).unwrap();
    let standing = history.standing(&order.order_id, Currency::EUR).unwrap();
    for facts in facts {
        facts.set_order(&standing);
    }
    true
}

/// Lives the steps, and then long enough for every window to close.
fn live(conditions: Vec<Condition>, steps: &[Step]) {
    let mut world = World::new(conditions);
    for step in steps {
        world.step(step);
        world.compare();
    }
    world.compare_stored();
    world.wait(200 * 86_400_000);
    world.compare_stored();
}

proptest! {
    #![proptest_config(config(250))]

    #[test]
    fn live_membership_is_what_the_log_says_at_every_instant(
        conditions in prop::collection::vec(condition(), 1..6),
        steps in prop::collection::vec(step(draft()), 1..40),
    ) {
        live(conditions, &steps);
    }

    #[test]
    fn live_counts_in_windows_are_what_the_log_says_at_every_instant(
        conditions in prop::collection::vec(counting_condition(), 3..8),
        steps in prop::collection::vec(step(timed_draft()), 20..40),
    ) {
        live(conditions, &steps);
    }

    #[test]
    fn live_sums_in_windows_are_what_the_log_says_at_every_instant(
        conditions in prop::collection::vec(summing_condition(), 3..8),
        steps in prop::collection::vec(step(summed_draft()), 20..60),
    ) {
        live(conditions, &steps);
    }

    #[test]
    fn live_carts_are_what_the_log_says_at_every_instant(
        conditions in prop::collection::vec(cart_condition(), 4..8),
        steps in prop::collection::vec(step(cart_draft()), 10..30),
    ) {
        live(conditions, &steps);
    }

    #[test]
    fn live_filters_that_move_with_time_are_what_the_log_says_at_every_instant(
        conditions in prop::collection::vec(moving_condition(), 3..8),
        steps in prop::collection::vec(step(timed_draft()), 10..30),
    ) {
        live(conditions, &steps);
    }

    #[test]
    fn what_events_decide_holds_whatever_else_is_known(
        condition in condition(),
        counted in prop::collection::vec(draft(), 0..12),
        known in prop::collection::vec(draft(), 0..6),
    ) {
        let plan = Plan::empty(Currency::EUR);
        let compiled = plan.compile_condition(None, &condition).expect("no references");
        let now = at(60_000);
        let arrive = |drafts: &[Draft]| -> Vec<EventRecord> {
            drafts.iter().enumerate().map(|(seq, draft)| draft.arrive(seq as i64 + 1, now, 0)).collect()
        };
        let mut tallies = Tallies::default();
        for record in arrive(&counted) {
            compiled.fold(&mut tallies, &record.fact(), now);
        }
        let mut facts = Facts::new();
        for record in arrive(&known) {
            plan.fold_event(&mut facts, &record.fact(), now);
        }
        let bytes = facts.encode();
        let stored = FactsView::new(&bytes).expect("just written");
        let evidence = WithTallies { stored: &stored, tallies: &tallies };
        if let Some(decided) = compiled.decided_by_events(&tallies, now) {
            prop_assert_eq!(compiled.evaluate(&evidence, now).is_member, decided);
        }
    }
}
