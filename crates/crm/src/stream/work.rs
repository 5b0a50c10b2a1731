//! One transaction's work on one workspace: people loaded once, changed in memory, written once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use db::{DbError, Tx};
use engine::facts::Facts;
use words::{ProfileId, Timestamp, WorkspaceId};

use crate::kernel::{Chance, Vault, corrupt, day_of, day_start, random_bytes, step_of_day};
use crate::profiles::{self, Identifier, LinkedIdentifier, PersonRow, Profile, RecentEvents, Standing, StoredState};
use crate::segments::{self, Move};

use super::kept::{Keeper, Kept};
use super::messages::{Learned, Position, Tails};
use super::model::Group;
use super::plans::{Plans, Workbook};
use super::store::{self, LogRow};

pub(super) const SEQ: &str = "seq";
const PROFILE_NUMBER: &str = "profile_number";
/// The latest instant at which the stream acted: its clock never runs back.
const INSTANT: &str = "instant";
/// The number of the stream's last transaction: see [`super::kept`].
const TRANSACTION: &str = "transaction";

/// A person while a transaction works on him.
pub(super) struct Person {
    pub id: ProfileId,
    pub facts: Facts,
    pub standing: Standing,
    /// The facts of each of his profiles, when there are several.
    pub leaves: HashMap<i64, Facts>,
    recent: RecentEvents,
    row_before: Option<PersonRow>,
    timer_before: Option<Timestamp>,
    pub is_changed: bool,
}

impl Person {
    /// Somebody of whom no state is stored yet.
    pub fn standing_alone(id: ProfileId, facts: Facts) -> Self {
        Self {
            id,
            facts,
            standing: Standing::default(),
            leaves: HashMap::new(),
            recent: RecentEvents::default(),
            row_before: None,
            timer_before: None,
            is_changed: true,
        }
    }

    /// Applies a change to the person's facts and to those of each of his profiles.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut Facts)) {
        self.is_changed = true;
        self.leaves.values_mut().for_each(&mut change);
        change(&mut self.facts);
    }

    /// The timer's row was deleted: the next timer is written even when it is the same instant.
    pub fn forget_timer_row(&mut self) {
        self.is_changed = true;
        self.timer_before = None;
    }

    /// Applies the same change to the profile's own facts and to the person's.
    pub fn change<T>(&mut self, leaf: i64, mut change: impl FnMut(&mut Facts) -> T) -> T {
        self.is_changed = true;
        if let Some(own) = self.leaves.get_mut(&leaf) {
            change(own);
        }
        change(&mut self.facts)
    }
}

pub(super) struct Work<'w, 'tx> {
    pub tx: &'w mut Tx<'tx>,
    pub workspace: WorkspaceId,
    pub now: Timestamp,
    pub book: Arc<Workbook>,
    pub chance: Chance,
    pub vault: Vault,
    pub people: BTreeMap<i64, Person>,
    pub profiles: HashMap<i64, Profile>,
    /// The profile each looked-up identifier belongs to, new ones included.
    pub owners: HashMap<Identifier, Option<i64>>,
    pub shared: BTreeSet<Identifier>,
    seq: i64,
    number: i64,
    /// The number of this transaction.
    transaction: i64,
    kept: Kept,
    keeper: Keeper,
    tails: Tails,
    /// Where the log was before.
    before: Position,
    messages: Learned,
    /// It visits everybody, which says nothing of who is busy.
    pub is_round: bool,
    new_profiles: Vec<i64>,
    new_identifiers: Vec<LinkedIdentifier>,
    pub log: Vec<LogRow>,
    pub moves: Vec<Move>,
    pub names: BTreeSet<String>,
    /// First visits by day and step of the day.
    visitors: BTreeMap<(i64, i64), i64>,
}

impl<'w, 'tx> Work<'w, 'tx> {
    /// Takes the workspace's lock, so that two processes never number or link at once.
    pub fn open(
        tx: &'w mut Tx<'tx>,
        workspace: WorkspaceId,
        now: Timestamp,
        plans: &Plans,
        chance: &Chance,
    ) -> Result<Self, DbError> {
        tx.lock_workspace(lock_key(workspace))?;
        let book = plans.of(tx, workspace)?;
        let counters = store::counters(tx, workspace)?;
        let counter = |name: &str| counters.get(name).copied().unwrap_or_default();
        let keeper = plans.keeper.clone();
        Ok(Self {
            tx,
            workspace,
            now: now.max(Timestamp::from_millis(counter(INSTANT))),
            book,
            chance: chance.clone(),
            vault: plans.vault.clone(),
            people: BTreeMap::new(),
            profiles: HashMap::new(),
            owners: HashMap::new(),
            shared: BTreeSet::new(),
            seq: counter(SEQ),
            number: counter(PROFILE_NUMBER),
            transaction: counter(TRANSACTION) + 1,
            kept: keeper.take(workspace, counter(TRANSACTION)),
            keeper,
            tails: plans.tails.clone(),
            before: Position::of(workspace, &counters),
            messages: Learned::default(),
            is_round: false,
            new_profiles: Vec::new(),
            new_identifiers: Vec::new(),
            log: Vec::new(),
            moves: Vec::new(),
            names: BTreeSet::new(),
            visitors: BTreeMap::new(),
        })
    }

    /// For each event of all groups, in their order, whether its message is new; the new ones are remembered.
    pub fn sort_out(&mut self, groups: &[Group]) -> Result<Vec<bool>, DbError> {
        let (answers, learned) = self.tails.sort_out(self.tx, self.before, groups, self.now)?;
        self.messages = learned;
        Ok(answers)
    }

    pub fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    pub fn id_bytes(&self) -> [u8; 10] {
        random_bytes(&self.chance)
    }

    /// The profile of an identifier that an earlier transaction met.
    pub fn kept_owner(&mut self, identifier: &Identifier) -> Option<i64> {
        self.kept.owners.pop(identifier)
    }

    /// A new profile of somebody not met before.
    pub fn new_person(&mut self) -> i64 {
        self.number += 1;
        let number = self.number;
        let id = ProfileId::from_parts(self.now, self.id_bytes());
        self.profiles.insert(number, Profile { number, id, created_at: self.now, merged_into: None });
        self.new_profiles.push(number);
        self.people.insert(number, Person::standing_alone(id, Facts::default()));
        number
    }

    pub fn link(&mut self, identifier: Identifier, number: i64, rule: &str, event_seq: i64) {
        self.owners.insert(identifier.clone(), Some(number));
        self.new_identifiers.push(LinkedIdentifier {
            identifier,
            number,
            linked_at: self.now,
            rule: rule.to_owned(),
            event_seq,
        });
    }

    /// Forgets what is in memory of profiles that are no more.
    pub fn forget(&mut self, numbers: &[i64], identifiers: &[Identifier]) {
        for number in numbers {
            self.people.remove(number);
            self.profiles.remove(number);
            self.kept.people.pop(number);
            self.kept.profiles.pop(number);
        }
        for identifier in identifiers {
            self.owners.remove(identifier);
            self.kept.owners.pop(identifier);
        }
    }

    /// All identifiers of these profiles, those of this transaction included.
    pub fn identifiers_of(&mut self, numbers: &[i64]) -> Result<Vec<Identifier>, DbError> {
        let stored = profiles::store::identifiers_of(self.tx, self.workspace, numbers)?;
        let fresh = self.new_identifiers.iter().filter(|linked| numbers.contains(&linked.number));
        Ok(stored.iter().chain(fresh).map(|linked| linked.identifier.clone()).collect())
    }

    /// Brings these profiles and the roots above them into memory.
    pub fn load_profiles(&mut self, numbers: &[i64]) -> Result<(), DbError> {
        let mut missing = Vec::from(numbers);
        loop {
            missing.retain(|number| !self.knows_profile(*number));
            if missing.is_empty() {
                return Ok(());
            }
            missing.sort_unstable();
            missing.dedup();
            let found = profiles::store::profiles_by_number(self.tx, self.workspace, &missing)?;
            missing = found.iter().filter_map(|profile| profile.merged_into).collect();
            self.profiles.extend(found.into_iter().map(|profile| (profile.number, profile)));
        }
    }

    /// Whether the profile and those above it are in memory, or were kept there.
    fn knows_profile(&mut self, number: i64) -> bool {
        let mut next = Some(number);
        while let Some(number) = next {
            if !self.profiles.contains_key(&number) {
                let Some(kept) = self.kept.profiles.pop(&number) else { return false };
                self.profiles.insert(number, kept);
            }
            next = self.profiles.get(&number).and_then(|profile| profile.merged_into);
        }
        true
    }

    /// The person a loaded profile belongs to.
    pub fn root(&self, number: i64) -> Result<i64, DbError> {
        let mut current = number;
        loop {
            let profile =
                self.profiles.get(&current).ok_or_else(|| corrupt(format!("profile {current} is missing")))?;
            match profile.merged_into {
                Some(into) => current = into,
                None => return Ok(current),
            }
        }
    }

    /// Brings people into memory: two reads for all of them.
    pub fn load_people(&mut self, roots: &[i64]) -> Result<(), DbError> {
        let mut missing: Vec<i64> = roots.iter().copied().filter(|root| !self.people.contains_key(root)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        missing.dedup();
        self.load_profiles(&missing)?;
        missing.retain(|root| match self.kept.people.pop(root) {
            Some(person) => {
                self.people.insert(*root, person);
                false
            }
            None => true,
        });
        if missing.is_empty() {
            return Ok(());
        }
        let states = profiles::store::states_of(self.tx, self.workspace, &missing)?;
        self.adopt(states)
    }

    /// Takes stored states into memory, with the facts of each profile of merged people.
    pub fn adopt(&mut self, states: Vec<profiles::store::PersonState>) -> Result<(), DbError> {
        let merged: Vec<i64> = states
            .iter()
            .filter(|state| state.standing.is_merged())
            .flat_map(|state| state.standing.leaves.iter().copied().chain([state.number]))
            .collect();
        let mut leaf_facts = profiles::store::leaf_facts(self.tx, self.workspace, &merged)?;
        let numbers: Vec<i64> = states.iter().map(|state| state.number).collect();
        self.load_profiles(&numbers)?;
        for state in states {
            self.kept.people.pop(&state.number);
            let mine = state.standing.leaves.iter().copied().chain([state.number]);
            let leaves = mine.filter_map(|leaf| leaf_facts.remove(&leaf).map(|facts| (leaf, facts))).collect();
            let id = self.profiles.get(&state.number).map(|profile| profile.id);
            let id = id.ok_or_else(|| corrupt(format!("profile {} is missing", state.number)))?;
            let currency = self.book.shop.currency;
            let person = Person {
                id,
                row_before: Some(PersonRow::of(&state.facts, &state.standing, currency)),
                timer_before: state.standing.timer_at,
                facts: state.facts,
                standing: state.standing,
                leaves,
                recent: state.recent,
                is_changed: false,
            };
            self.people.insert(state.number, person);
        }
        Ok(())
    }

    pub fn person(&mut self, root: i64) -> Result<&mut Person, DbError> {
        self.people.get_mut(&root).ok_or_else(|| corrupt(format!("person {root} is missing")))
    }

    /// Counts a person among the visitors of a day, once.
    pub fn count_visit(&mut self, root: i64, at: Timestamp) -> Result<(), DbError> {
        let book = self.book.clone();
        let day = day_of(at, &book.shop.time_zone);
        let person = self.person(root)?;
        if person.standing.visits.add(day) {
            person.is_changed = true;
            let step = step_of_day(at, day_start(day, &book.shop.time_zone));
            *self.visitors.entry((day, step)).or_default() += 1;
        }
        Ok(())
    }

    /// Writes everything that changed, each table once and in key order.
    pub fn finish(mut self) -> Result<i64, DbError> {
        let workspace = self.workspace;
        let fresh: Vec<Profile> =
            self.new_profiles.iter().filter_map(|number| self.profiles.get(number).cloned()).collect();
        profiles::store::insert_profiles(self.tx, workspace, &fresh)?;
        profiles::store::insert_identifiers(self.tx, workspace, &self.new_identifiers)?;
        let log = std::mem::take(&mut self.log);
        self.write_places(&log)?;
        self.write_people()?;
        store::append(self.tx, workspace, log)?;
        let names = std::mem::take(&mut self.names).into_iter().collect();
        store::note_names(self.tx, workspace, names, self.now)?;
        store::add_day_figures(self.tx, workspace, store::VISITORS, &self.visitors)?;
        let zone = self.book.shop.time_zone.clone();
        segments::store::apply_moves(self.tx, workspace, &self.moves, |at| day_of(at, &zone))?;
        let counters = [
            (SEQ, self.seq),
            (PROFILE_NUMBER, self.number),
            (INSTANT, self.now.as_millis()),
            (TRANSACTION, self.transaction),
        ];
        store::set_counters(self.tx, workspace, &counters)?;
        let seq = self.seq;
        self.keep();
        Ok(seq)
    }

    /// Keeps whom this transaction worked on for the next one.
    fn keep(self) {
        let Self { tx, workspace, transaction, mut kept, keeper, is_round, people, profiles, owners, shared, .. } =
            self;
        let (tails, before, seq, messages) = (self.tails, self.before, self.seq, self.messages);
        if !is_round {
            // What identifies nobody is asked for each time.
            for (identifier, number) in owners.into_iter().filter(|(identifier, _)| !shared.contains(identifier)) {
                if let Some(number) = number {
                    kept.owners.put(identifier, number);
                }
            }
            for (number, profile) in profiles {
                kept.profiles.put(number, profile);
            }
            for (number, person) in people {
                kept.people.put(number, person);
            }
        }
        tx.after_commit(move || {
            keeper.give_back(workspace, transaction, kept);
            tails.learn(before, seq, messages);
        });
    }

    /// Notes in each person's state where his new events stand, and writes down the places of those who have many.
    fn write_places(&mut self, log: &[LogRow]) -> Result<(), DbError> {
        let mut places = Vec::new();
        for row in log.iter().filter(|row| row.number != 0) {
            let place = row.place();
            let root = self.root(row.number).ok();
            match root.and_then(|root| self.people.get_mut(&root)) {
                Some(person) => {
                    person.recent.add(place);
                    person.is_changed = true;
                }
                None => places.push(place),
            }
        }
        for person in self.people.values_mut().filter(|person| person.recent.are_many()) {
            places.extend(person.recent.take());
        }
        store::places::append(self.tx, self.workspace, places)
    }

    /// Writes down the places that wait in somebody's state: his profiles will not be his alone.
    pub fn write_places_of(&mut self, root: i64) -> Result<(), DbError> {
        let person = self.person(root)?;
        person.is_changed = true;
        let places = person.recent.take();
        store::places::append(self.tx, self.workspace, places)
    }

    fn write_people(&mut self) -> Result<(), DbError> {
        let workspace = self.workspace;
        let currency = self.book.shop.currency;
        let (mut states, mut leaves, mut timers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows, mut visits) = (Vec::new(), Vec::new());
        for (number, person) in self.people.iter_mut().filter(|(_, person)| person.is_changed) {
            let plan = &self.book.plan;
            person.facts.retain(plan);
            person.leaves.values_mut().for_each(|facts| facts.retain(plan));
            states.push(StoredState::of(*number, &person.facts, &person.standing, &person.recent));
            leaves.extend(person.leaves.iter().map(|(leaf, facts)| (*leaf, facts.encode())));
            let row = PersonRow::of(&person.facts, &person.standing, currency);
            let (visit_before, visit) = (person.row_before.as_ref().map(PersonRow::last_visit), row.last_visit());
            if visit_before.as_ref() != Some(&visit) {
                visits.push((*number, visit_before, visit));
            }
            if !person.row_before.as_ref().is_some_and(|before| before.differs_in_last_visit_at_most(&row)) {
                rows.push((*number, person.id, row.clone()));
            }
            if person.standing.timer_at != person.timer_before {
                timers.extend(person.standing.timer_at.map(|due_at| (due_at, *number)));
            }
            person.row_before = Some(row);
            person.timer_before = person.standing.timer_at;
            person.is_changed = false;
        }
        leaves.sort_by_key(|(leaf, _)| *leaf);
        timers.sort_unstable();
        profiles::store::put_states(self.tx, workspace, states)?;
        profiles::store::put_leaf_facts(self.tx, workspace, leaves)?;
        profiles::store::put_people(self.tx, workspace, rows)?;
        profiles::store::put_last_visits(self.tx, workspace, visits)?;
        profiles::store::insert_timers(self.tx, workspace, timers)
    }
}

/// A lock's key: 64 bits of the workspace's id.
pub fn lock_key(workspace: WorkspaceId) -> i64 {
    let (high, low) = workspace.as_uuid().as_u64_pair();
    (high ^ low) as i64
}
