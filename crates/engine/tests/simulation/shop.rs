//! A shop in memory: what the stream does with a call, with the database left out.

use std::collections::{BTreeMap, BTreeSet};

use engine::condition::{Condition, Metric};
use engine::event::EventRecord;
use engine::identity::{Claim, IdentifierRule, Owner, Subject, default_rules, resolve};
use engine::orders::{OrderEvent, OrderHistory};
use engine::{Facts, Plan, SegmentSource, Stamp, Touched, lifecycle};
use serde_json::Value;
use words::{Currency, SegmentId, Timestamp};

use crate::oracle::Life;
use crate::script::{Call, Step};

/// 2026-01-01T00:00:00Z.
const START_MS: i64 = 1_767_225_600_000;
/// A call may lie so far ahead of the clock.
const MOST_AHEAD_MS: i64 = 300_000;
/// People of one step of the backfill.
const PEOPLE_A_STEP: usize = 2;
/// More flips than a life can have at one instant.
const MAX_WAKES: usize = 10_000;

pub struct Shop {
    rules: Vec<IdentifierRule>,
    pub plan: Plan,
    pub segments: Vec<Segment>,
    builds: u32,
    /// The machine's clock, which may jump; the shop's own never runs back.
    machine: Timestamp,
    pub now: Timestamp,
    seq: i64,
    pub leaves: BTreeMap<i64, Leaf>,
    pub people: BTreeMap<i64, Person>,
    owners: BTreeMap<(String, String), i64>,
    pub orders: BTreeMap<String, Order>,
    /// Merges that stand: who was merged, and into whom. And those that a person undid.
    merges: Vec<(i64, i64)>,
    parted: Vec<(i64, i64)>,
    calls: Vec<(String, Call)>,
    known: BTreeSet<String>,
    /// Who is in, by the entries and exits alone.
    pub moves: BTreeSet<(u32, i64)>,
}

pub struct Segment {
    pub no: u32,
    build: u32,
    pub condition: Condition,
    built_through: i64,
    is_built: bool,
}

/// A profile: its own facts, and all that happened to it.
#[derive(Default)]
pub struct Leaf {
    pub facts: Facts,
    life: Life,
    merged_into: Option<i64>,
    identifiers: Vec<(String, String)>,
}

/// A person: what is stored of him.
#[derive(Clone, Default)]
pub struct Person {
    pub facts: Facts,
    pub memberships: BTreeMap<u32, Timestamp>,
    stage: Option<lifecycle::Stage>,
    pub timer_at: Option<Timestamp>,
}

#[derive(Default)]
pub struct Order {
    owner: Option<i64>,
    pub history: OrderHistory,
    /// Who said what, as it arrived.
    pub told: Vec<(i64, EventRecord)>,
}

/// Whether a difference is an entry or exit that the person made.
#[derive(Clone, Copy, PartialEq)]
enum Cause {
    Event,
    /// Time alone, at an instant of its own.
    Time,
    Rearrangement,
}

impl Shop {
    pub fn open(conditions: Vec<Condition>) -> Self {
        let start = Timestamp::from_millis(START_MS);
        let mut shop = Self {
            rules: default_rules(),
            plan: Plan::empty(Currency::EUR),
            segments: Vec::new(),
            builds: 0,
            machine: start,
            now: start,
            seq: 0,
            leaves: BTreeMap::new(),
            people: BTreeMap::new(),
            owners: BTreeMap::new(),
            orders: BTreeMap::new(),
            merges: Vec::new(),
            parted: Vec::new(),
            calls: Vec::new(),
            known: BTreeSet::new(),
            moves: BTreeSet::new(),
        };
        conditions.into_iter().for_each(|condition| shop.define(condition));
        while shop.build() {}
        shop
    }

    pub fn messages(&self) -> usize {
        self.calls.len()
    }

    pub fn roots(&self) -> Vec<i64> {
        self.people.keys().copied().collect()
    }

    pub fn step(&mut self, step: Step) {
        self.now = self.now.max(self.machine);
        match step {
            Step::Call(call) => self.take(format!("m{}", self.calls.len()), *call),
            Step::Repeat(which) => {
                let (id, call) = self.calls[which].clone();
                let before = self.seq;
                self.take(id, call);
                assert_eq!(self.seq, before, "a message that is repeated changes nothing");
            }
            Step::Wait { millis } => {
                self.machine = Timestamp::from_millis(self.machine.as_millis() + millis);
                self.now = self.now.max(self.machine);
                self.tick();
            }
            Step::SetClock { by_millis } => {
                self.machine = Timestamp::from_millis(self.machine.as_millis() + by_millis);
                self.now = self.now.max(self.machine);
                self.tick();
            }
            Step::Merge { from, into } => self.merge_by_hand(from, into),
            Step::Part { which } => {
                if let Some(merge) = self.merges.get(which).copied() {
                    self.part(merge);
                }
            }
            Step::Define(condition) => self.define(condition),
            Step::Redefine { which, condition } => self.redefine(which, condition),
            Step::Build => {
                self.build();
            }
        }
        self.tick();
    }

    // definitions

    fn define(&mut self, condition: Condition) {
        self.builds += 1;
        let no = self.segments.len() as u32 + 1;
        self.segments.push(Segment { no, build: self.builds, condition, built_through: 0, is_built: false });
        self.compile();
    }

    fn redefine(&mut self, which: usize, condition: Condition) {
        let Some(segment) = self.segments.get_mut(which) else { return };
        self.builds += 1;
        (segment.build, segment.condition) = (self.builds, condition);
        (segment.built_through, segment.is_built) = (0, false);
        self.compile();
    }

    fn compile(&mut self) {
        let sources = self.segments.iter().map(|segment| SegmentSource {
            id: SegmentId::from_parts(Timestamp::from_millis(START_MS), [segment.no as u8; 10]),
            no: segment.no,
            build: segment.build,
            condition: segment.condition.clone(),
        });
        self.plan = Plan::compile(sources.collect(), Currency::EUR).unwrap();
    }

    pub fn is_live_for(&self, no: u32, root: i64) -> bool {
        self.segments.iter().any(|one| one.no == no && (one.is_built || root <= one.built_through))
    }

    /// A step of the backfill; whether there is more to do.
    fn build(&mut self) -> bool {
        let unbuilt = self.segments.iter().filter(|segment| !segment.is_built);
        let Some(from) = unbuilt.map(|segment| segment.built_through).min() else { return false };
        let next: Vec<i64> = self.people.range(from + 1..).map(|(root, _)| *root).take(PEOPLE_A_STEP).collect();
        let is_building = |segment: &&mut Segment| !segment.is_built && segment.built_through == from;
        let building: Vec<(u32, u32)> =
            self.segments.iter_mut().filter(is_building).map(|segment| (segment.no, segment.build)).collect();
        for root in &next {
            self.build_for(*root, &building);
        }
        for segment in self.segments.iter_mut().filter(is_building) {
            segment.built_through = next.last().copied().unwrap_or(from);
            segment.is_built = next.len() < PEOPLE_A_STEP;
        }
        next.iter().for_each(|root| self.store(*root));
        true
    }

    fn build_for(&mut self, root: i64, building: &[(u32, u32)]) {
        let builds: Vec<u32> = building.iter().map(|(_, build)| *build).collect();
        self.count_again(root, &builds);
        for (no, _) in building {
            self.decide(root, *no, self.now, Cause::Rearrangement);
        }
    }

    /// Folds builds anew from the log, for the person and for each of his profiles.
    fn count_again(&mut self, root: i64, builds: &[u32]) {
        for number in self.numbers_of(root) {
            let leaf = self.leaves.get_mut(&number).unwrap();
            recount(&self.plan, &mut leaf.facts, builds, &leaf.life.events, self.now);
        }
        let events = self.events_of(root);
        let person = self.people.get_mut(&root).unwrap();
        recount(&self.plan, &mut person.facts, builds, &events, self.now);
    }

    // people

    fn root(&self, number: i64) -> i64 {
        let mut current = number;
        while let Some(into) = self.leaves[&current].merged_into {
            current = into;
        }
        current
    }

    /// All profiles of a person.
    pub fn numbers_of(&self, root: i64) -> Vec<i64> {
        self.leaves.keys().copied().filter(|number| self.root(*number) == root).collect()
    }

    fn events_of(&self, root: i64) -> Vec<EventRecord> {
        let lives = self.numbers_of(root).into_iter().flat_map(|number| &self.leaves[&number].life.events);
        lives.cloned().collect()
    }

    /// What the naive oracle is told of a person.
    pub fn life(&self, root: i64) -> Life {
        let numbers = self.numbers_of(root);
        let mut whole = Life { events: self.events_of(root), ..Life::default() };
        for leaf in numbers.iter().map(|number| &self.leaves[number]) {
            whole.consents.extend(leaf.life.consents.iter().copied());
            whole.known_at = match (whole.known_at, leaf.life.known_at) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        let orders = self.orders.values().filter(|order| numbers.contains(&naive_owner(&order.told)));
        whole.orders_told = Some(orders.flat_map(|order| order.told.iter().map(|(_, call)| call.clone())).collect());
        whole
    }

    // calls

    fn take(&mut self, id: String, call: Call) {
        if !self.known.insert(id.clone()) {
            return;
        }
        self.calls.push((id, call.clone()));
        self.seq += 1;
        let seq = self.seq;
        let number = self.whose(&call);
        let root = self.root(number);
        self.wake(root);
        let ahead = (-call.lag_ms).min(MOST_AHEAD_MS);
        let record = EventRecord {
            seq,
            name: call.name.to_owned(),
            at: Timestamp::from_millis(self.now.as_millis() + ahead),
            received_at: self.now,
            properties: call.properties,
            context: Value::Null,
            traits: call.traits,
        };
        let is_new = self.people[&root].stage.is_none();
        let mut touched = self.change(number, |plan, facts, now| plan.fold_event(facts, &record.fact(), now));
        self.leaves.get_mut(&number).unwrap().life.events.push(record.clone());
        self.recount_short(root);
        if let Some(state) = call.consent {
            let stamp = Stamp { at: record.at, seq };
            self.change(number, |_, facts, _| facts.set_consent("email", "marketing", state, stamp));
            self.leaves.get_mut(&number).unwrap().life.consents.push((record.at, seq, state, self.now));
            self.plan.touched_by_consent("email", "marketing", &mut touched);
        }
        self.take_order(number, &record);
        self.plan.touched_by_metrics(&Metric::OF_ORDERS, &mut touched);
        if is_new {
            touched = self.plan.touched_all();
        }
        self.settle(root, &touched, self.now, Cause::Event);
        self.store(root);
    }

    /// The same change of the profile's own facts and of the person's.
    fn change<T>(&mut self, number: i64, mut change: impl FnMut(&Plan, &mut Facts, Timestamp) -> T) -> T {
        let root = self.root(number);
        change(&self.plan, &mut self.leaves.get_mut(&number).unwrap().facts, self.now);
        change(&self.plan, &mut self.people.get_mut(&root).unwrap().facts, self.now)
    }

    fn take_order(&mut self, number: i64, record: &EventRecord) {
        let read = OrderEvent::from_call(&record.name, &record.properties, record.seq, record.at);
        let Some(event) = read.map(Result::unwrap) else { return };
        let order = self.orders.entry(event.order_id.clone()).or_default();
        let former = order.owner;
        let owner = order.history.fold_call_of(former, number, &event).unwrap();
        order.owner = Some(owner);
        order.told.push((number, record.clone()));
        let standing = order.history.standing(&event.order_id, Currency::EUR);
        if let Some(former) = former.filter(|former| *former != owner) {
            self.change(former, |_, facts, _| facts.remove_order(&event.order_id));
            self.settle_orders(former);
        }
        if let Some(standing) = standing {
            self.change(owner, |_, facts, _| facts.set_order(&standing));
        }
        self.settle_orders(owner);
    }

    fn settle_orders(&mut self, number: i64) {
        let root = self.root(number);
        let mut touched = Touched::default();
        self.plan.touched_by_metrics(&Metric::OF_ORDERS, &mut touched);
        self.wake(root);
        self.settle(root, &touched, self.now, Cause::Event);
        self.store(root);
    }

    fn whose(&mut self, call: &Call) -> i64 {
        let owners: Vec<Option<Owner>> = call.claims.iter().map(|claim| self.owner(claim)).collect();
        let resolution = resolve(&self.rules, call.trust, &call.claims, &owners);
        let number = match resolution.subject {
            Subject::Existing { leaf, .. } => leaf,
            Subject::New => self.meet(),
        };
        for attached in &resolution.attach {
            let claim = &call.claims[attached.claim];
            let identifier = (claim.kind.clone(), claim.value.clone());
            assert!(self.owners.insert(identifier.clone(), number).is_none(), "an identifier has one owner");
            self.leaves.get_mut(&number).unwrap().identifiers.push(identifier);
            if self.rules.iter().any(|rule| rule.kind == claim.kind && rule.makes_known) {
                self.change(number, |_, facts, now| facts.set_known_at(now));
                let known_at = &mut self.leaves.get_mut(&number).unwrap().life.known_at;
                *known_at = Some(known_at.unwrap_or(self.now));
            }
        }
        for join in &resolution.joins {
            let (from, into) = (self.root(join.from_root), self.root(join.into_root));
            if from != into && !self.was_parted(from, into) {
                self.join(from, into);
            }
        }
        number
    }

    fn owner(&self, claim: &Claim) -> Option<Owner> {
        let leaf = *self.owners.get(&(claim.kind.clone(), claim.value.clone()))?;
        let root = self.root(leaf);
        let mut owner = Owner { leaf, root, strong: Vec::new(), counts: Vec::new(), is_known: false };
        let numbers = self.numbers_of(root);
        let identifiers: Vec<&(String, String)> =
            numbers.iter().flat_map(|number| &self.leaves[number].identifiers).collect();
        for rule in &self.rules {
            let count = identifiers.iter().filter(|(kind, _)| *kind == rule.kind).count();
            if count > 0 {
                owner.counts.push((rule.kind.clone(), count as u32));
                owner.is_known |= rule.makes_known;
            }
        }
        let is_strong = |kind: &str| self.rules.iter().any(|rule| rule.kind == kind && rule.is_strong);
        owner.strong = identifiers.into_iter().filter(|(kind, _)| is_strong(kind)).cloned().collect();
        Some(owner)
    }

    fn meet(&mut self) -> i64 {
        let number = self.leaves.len() as i64 + 1;
        self.leaves.insert(number, Leaf::default());
        self.people.insert(number, Person::default());
        number
    }

    // merges and partings

    fn was_parted(&self, from: i64, into: i64) -> bool {
        let (one, other) = (self.numbers_of(from), self.numbers_of(into));
        let is_between =
            |(a, b): &(i64, i64)| (one.contains(a) && other.contains(b)) || (one.contains(b) && other.contains(a));
        self.parted.iter().any(is_between)
    }

    fn merge_by_hand(&mut self, from: i64, into: i64) {
        if from == into {
            return;
        }
        self.wake(from);
        self.wake(into);
        let before = [from, into].map(|root| (root, self.people[&root].clone()));
        self.join(from, into);
        self.check();
        // Undone at once, both are as they were.
        self.part((from, into));
        for (root, person) in before {
            let after = &self.people[&root];
            // What is still being built may be counted further than it was.
            if self.segments.iter().all(|segment| segment.is_built) {
                let (was, is) = (self.bytes_now(&person.facts), self.bytes_now(&after.facts));
                assert_eq!(was, is, "the facts of {root}, merged and parted");
            }
            let live = |person: &Person| -> Vec<u32> {
                person.memberships.keys().copied().filter(|no| self.is_live_for(*no, root)).collect()
            };
            assert_eq!(live(after), live(&person), "the segments of {root}, merged and parted");
        }
        self.parted.pop();
        self.join(from, into);
    }

    /// The bytes of facts that were all looked at just now: when they were looked at last is not what they say.
    fn bytes_now(&self, facts: &Facts) -> Vec<u8> {
        let mut facts = facts.clone();
        let last = EventRecord {
            seq: i64::MAX,
            name: "Looked At".to_owned(),
            at: self.now,
            received_at: self.now,
            properties: Value::Null,
            context: Value::Null,
            traits: None,
        };
        self.plan.fold_event(&mut facts, &last.fact(), self.now);
        facts.retain(&self.plan);
        facts.encode()
    }

    fn join(&mut self, from: i64, into: i64) {
        let gone = self.people.remove(&from).unwrap();
        for no in gone.memberships.keys() {
            self.note_move(*no, from, false);
        }
        self.leaves.get_mut(&from).unwrap().merged_into = Some(into);
        self.merges.push((from, into));
        let person = self.people.get_mut(&into).unwrap();
        person.facts.merge(&gone.facts);
        let inherited: Vec<(u32, Timestamp)> =
            gone.memberships.into_iter().filter(|(no, _)| !person.memberships.contains_key(no)).collect();
        person.memberships.extend(inherited.iter().copied());
        for (no, _) in inherited {
            self.note_move(no, into, true);
        }
        self.rebuild_unbuilt(into);
        self.settle(into, &self.plan.touched_all(), self.now, Cause::Event);
        self.store(into);
    }

    /// The profile that was merged, with all that was merged into it, stands alone again.
    fn part(&mut self, merge: (i64, i64)) {
        let (from, _) = merge;
        let root = self.root(from);
        if self.leaves[&from].merged_into != Some(merge.1) {
            return;
        }
        self.wake(root);
        self.merges.retain(|one| *one != merge);
        self.parted.push(merge);
        self.leaves.get_mut(&from).unwrap().merged_into = None;
        self.people.insert(from, Person::default());
        for person in [root, from] {
            let leaves = self.numbers_of(person);
            self.people.get_mut(&person).unwrap().facts =
                Facts::merged(leaves.iter().map(|leaf| &self.leaves[leaf].facts));
            self.rebuild_unbuilt(person);
            self.settle(person, &self.plan.touched_all(), self.now, Cause::Rearrangement);
            self.store(person);
        }
    }

    fn rebuild_unbuilt(&mut self, root: i64) {
        self.recount_short(root);
        let unbuilt = self.segments.iter().filter(|one| !one.is_built && root <= one.built_through);
        let passed: Vec<(u32, u32)> = unbuilt.map(|one| (one.no, one.build)).collect();
        self.build_for(root, &passed);
    }

    /// Sums that keep only what decides need the log when an amount takes away.
    fn recount_short(&mut self, root: i64) {
        let leaves = self.numbers_of(root);
        let mut short = self.people[&root].facts.short_builds();
        short.extend(leaves.iter().flat_map(|leaf| self.leaves[leaf].facts.short_builds()));
        short.sort_unstable();
        short.dedup();
        if !short.is_empty() {
            self.count_again(root, &short);
        }
    }

    /// Brings facts into the form in which they are stored.
    fn store(&mut self, root: i64) {
        for number in self.numbers_of(root) {
            self.leaves.get_mut(&number).unwrap().facts.retain(&self.plan);
        }
        self.people.get_mut(&root).unwrap().facts.retain(&self.plan);
    }

    // time and memberships

    /// Wakes everybody who is due.
    fn tick(&mut self) {
        let now = self.now;
        let due = self.people.iter().filter(|(_, person)| person.timer_at.is_some_and(|at| at <= now));
        let due: Vec<i64> = due.map(|(root, _)| *root).collect();
        due.into_iter().for_each(|root| self.wake(root));
    }

    /// Lets time pass for a person: every flip happens at its own instant.
    fn wake(&mut self, root: i64) {
        for _ in 0..MAX_WAKES {
            let now = self.now;
            let person = self.people.get_mut(&root).unwrap();
            let Some(due_at) = person.timer_at.filter(|due_at| *due_at <= now) else { return };
            person.timer_at = None;
            self.settle(root, &self.plan.touched_all(), due_at, Cause::Time);
        }
        panic!("person {root} is woken again and again");
    }

    fn settle(&mut self, root: i64, touched: &Touched, at: Timestamp, cause: Cause) {
        for no in touched.iter() {
            if self.is_live_for(no, root) {
                self.decide(root, no, at, cause);
            }
        }
        let person = self.people.get_mut(&root).unwrap();
        let verdict = lifecycle::stage(&person.facts, at);
        wake_by(person, verdict.flips_at);
        if person.stage.replace(verdict.stage) != Some(verdict.stage) {
            let mut touched = Touched::default();
            self.plan.touched_by_metrics(&[Metric::LifecycleStage], &mut touched);
            for no in touched.iter().filter(|no| self.is_live_for(*no, root)).collect::<Vec<_>>() {
                self.decide(root, no, at, cause);
            }
        }
    }

    fn decide(&mut self, root: i64, no: u32, at: Timestamp, cause: Cause) {
        let person = self.people.get_mut(&root).unwrap();
        let verdict = self.plan.evaluate(no, &person.facts, at);
        assert!(verdict.flips_at.is_none_or(|flip| flip > at), "an answer ends after it begins");
        wake_by(person, verdict.flips_at);
        if person.memberships.contains_key(&no) == verdict.is_member {
            return;
        }
        match verdict.is_member {
            true => person.memberships.insert(no, at),
            false => person.memberships.remove(&no),
        };
        self.note_move(no, root, verdict.is_member);
        if cause == Cause::Time {
            self.check_instant(root, no, at, verdict.is_member);
        }
    }

    /// Entries and exits alternate.
    fn note_move(&mut self, no: u32, root: i64, is_in: bool) {
        let is_turn = if is_in { self.moves.insert((no, root)) } else { self.moves.remove(&(no, root)) };
        assert!(is_turn, "person {root} enters segment {no} twice, or leaves it without being in");
    }
}

fn recount(plan: &Plan, facts: &mut Facts, builds: &[u32], events: &[EventRecord], now: Timestamp) {
    for build in builds {
        facts.forget_build(*build);
        for event in events {
            plan.fold_build(facts, &event.fact(), *build, now);
        }
    }
}

/// Brings the timer forward and never back, as a stored one.
fn wake_by(person: &mut Person, flips_at: Option<Timestamp>) {
    person.timer_at = match (person.timer_at, flips_at) {
        (Some(timer), Some(flip)) => Some(timer.min(flip)),
        (timer, flip) => timer.or(flip),
    };
}

/// Whose an order is, from all that was said of it: of the first who completed it, else of the first who spoke of it.
fn naive_owner(told: &[(i64, EventRecord)]) -> i64 {
    let completed = told.iter().find(|(_, call)| call.name == "Order Completed");
    completed.or(told.first()).unwrap().0
}
