//! Two people become one, and one becomes two again, exactly.

use std::collections::HashMap;

use db::DbError;
use engine::facts::Facts;
use words::MergeId;

use crate::profiles::{self, Merge, Standing};
use crate::segments::Move;

use super::settle::Cause;
use super::work::{Person, Work};

/// Which rule and event, or which member, made a merge.
pub(super) struct JoinReason {
    pub rule: String,
    pub event_seq: Option<i64>,
    pub actor: String,
}

impl JoinReason {
    pub fn by_event(rule: &str, seq: i64) -> Self {
        Self { rule: rule.to_owned(), event_seq: Some(seq), actor: "system".to_owned() }
    }
}

impl Work<'_, '_> {
    /// Merges the person `from` into the person `into`; both are roots and in memory or loaded here.
    pub fn join(&mut self, from: i64, into: i64, reason: &JoinReason) -> Result<(), DbError> {
        self.load_people(&[from, into])?;
        self.write_places_of(from)?;
        let gone = self.people.remove(&from).ok_or_else(|| crate::kernel::corrupt("a person is missing"))?;
        self.leave_all(from, &gone.standing);
        self.absorb(from, gone, into)?;
        self.record_join(from, into, reason)?;
        self.rebuild_unbuilt(into)?;
        let all = self.book.plan.touched_all();
        let now = self.now;
        self.settle(into, &all, now, Cause::Life)
    }

    pub(super) fn leave_all(&mut self, root: i64, standing: &Standing) {
        let at = self.now;
        let moves = standing.memberships.keys().map(|no| Move {
            segment_no: *no,
            number: root,
            is_in: false,
            is_news: false,
            at,
        });
        self.moves.extend(moves);
    }

    fn absorb(&mut self, from: i64, gone: Person, into: i64) -> Result<(), DbError> {
        let at = self.now;
        let person = self.person(into)?;
        person.is_changed = true;
        if person.leaves.is_empty() {
            person.leaves.insert(into, person.facts.clone());
        }
        if gone.leaves.is_empty() {
            person.leaves.insert(from, gone.facts.clone());
        }
        person.leaves.extend(gone.leaves);
        person.standing.leaves.push(from);
        person.standing.leaves.extend(gone.standing.leaves);
        person.standing.visits.merge(gone.standing.visits);
        person.facts.merge(&gone.facts);
        let mut inherited = Vec::new();
        for (no, since) in gone.standing.memberships {
            if let std::collections::btree_map::Entry::Vacant(place) = person.standing.memberships.entry(no) {
                place.insert(since);
                inherited.push(Move { segment_no: no, number: into, is_in: true, is_news: false, at });
            }
        }
        self.moves.extend(inherited);
        Ok(())
    }

    fn record_join(&mut self, from: i64, into: i64, reason: &JoinReason) -> Result<(), DbError> {
        if let Some(profile) = self.profiles.get_mut(&from) {
            profile.merged_into = Some(into);
        }
        profiles::store::set_merged_into(self.tx, self.workspace, from, Some(into))?;
        profiles::store::delete_state(self.tx, self.workspace, from)?;
        let merge = Merge {
            id: MergeId::from_parts(self.now, self.id_bytes()),
            from_number: from,
            into_number: into,
            at: self.now,
            rule: reason.rule.clone(),
            event_seq: reason.event_seq,
            actor: reason.actor.clone(),
            undone_at: None,
        };
        profiles::store::insert_merge(self.tx, self.workspace, &merge)
    }

    /// Parts what `merge` joined: the profile `from`, with all that was merged into it, stands alone again.
    pub fn part(&mut self, merge: &Merge) -> Result<(), DbError> {
        let from = merge.from_number;
        self.load_profiles(&[from])?;
        let root = self.root(from)?;
        self.load_people(&[root])?;
        self.write_places_of(root)?;
        let leaves = self.person(root)?.standing.leaves.clone();
        self.load_profiles(&leaves)?;
        let parting: Vec<i64> = leaves.iter().copied().filter(|leaf| self.is_below(*leaf, from)).collect();
        if let Some(profile) = self.profiles.get_mut(&from) {
            profile.merged_into = None;
        }
        profiles::store::set_merged_into(self.tx, self.workspace, from, None)?;
        let before = self.person(root)?.standing.clone();
        let freed = self.take_out(root, &parting)?;
        self.stand_alone(from, freed)?;
        let all = self.book.plan.touched_all();
        let now = self.now;
        for person in [root, from] {
            self.rebuild_unbuilt(person)?;
            self.settle(person, &all, now, Cause::Rearrangement)?;
            self.person(person)?.standing.keep_dates_of(&before);
        }
        Ok(())
    }

    fn is_below(&self, leaf: i64, top: i64) -> bool {
        let mut current = Some(leaf);
        while let Some(number) = current {
            if number == top {
                return true;
            }
            current = self.profiles.get(&number).and_then(|profile| profile.merged_into);
        }
        false
    }

    /// Takes profiles out of a person, whose facts are then those of the profiles that stay.
    fn take_out(&mut self, root: i64, parting: &[i64]) -> Result<HashMap<i64, Facts>, DbError> {
        let person = self.person(root)?;
        person.is_changed = true;
        let mut freed = HashMap::new();
        for leaf in parting {
            if let Some(facts) = person.leaves.remove(leaf) {
                freed.insert(*leaf, facts);
            }
        }
        person.standing.leaves.retain(|leaf| !parting.contains(leaf));
        person.facts = sum(person.leaves.values());
        let mut obsolete = Vec::new();
        if person.leaves.len() == 1 {
            person.leaves.clear();
            obsolete.push(root);
        }
        if freed.len() == 1 {
            obsolete.extend(parting);
        }
        profiles::store::delete_leaf_facts(self.tx, self.workspace, &obsolete)?;
        Ok(freed)
    }

    fn stand_alone(&mut self, root: i64, mut leaves: HashMap<i64, Facts>) -> Result<(), DbError> {
        let id = self.profiles.get(&root).map(|profile| profile.id);
        let id = id.ok_or_else(|| crate::kernel::corrupt("a profile is missing"))?;
        let mut person = Person::standing_alone(id, sum(leaves.values()));
        person.standing.leaves = leaves.keys().copied().filter(|leaf| *leaf != root).collect();
        person.standing.leaves.sort_unstable();
        if leaves.len() == 1 {
            leaves.clear();
        }
        person.leaves = leaves;
        self.people.insert(root, person);
        Ok(())
    }
}

fn sum<'f>(parts: impl Iterator<Item = &'f Facts>) -> Facts {
    let mut whole = Facts::default();
    for part in parts {
        whole.merge(part);
    }
    whole
}
