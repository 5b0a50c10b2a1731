//! A person is taken out of everything: at once out of all that is read, and then, in steps, out of the log.
//!
//! What the shop as a whole came to (sums of orders, visitors a day, movements of segments) stays: it is about nobody. So
//! do the message ids, which are digests: a call of his that is sent again changes nothing.

use std::collections::BTreeSet;

use db::{DbError, Tx};
use engine::orders::OrderHistory;
use serde::{Deserialize, Serialize};
use words::{ProfileId, Timestamp, WorkspaceId};

use crate::commerce;
use crate::commerce::store::Share;
use crate::consent;
use crate::kernel::{Chance, corrupt};
use crate::profiles::{self, Identifier, Profile};

use super::dead_letters::letters_about;
use super::events_of::delete_some;
use super::messages::index_messages;
use super::plans::Plans;
use super::recompute::calls_of;
use super::store;
use super::work::Work;

/// Events deleted in one transaction: some milliseconds, so that the stream hardly waits.
const EVENTS_A_STEP: usize = 2_000;

/// How much was taken away, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Erased {
    pub events: u64,
    pub profiles: u64,
    pub identifiers: u64,
    pub orders: u64,
    pub order_lines: u64,
    pub merges: u64,
    pub conflicts: u64,
    pub memberships: u64,
    /// Events that had been set aside.
    pub dead_letters: u64,
    /// Samples of refused calls.
    pub rejects: u64,
    /// Answers kept for repeated requests.
    pub kept_answers: u64,
}

/// Who has been taken out, told once: none of it is stored.
#[derive(Debug, Default)]
pub struct Leaving {
    pub profiles: Vec<ProfileId>,
    /// The numbers that his events still bear.
    pub numbers: Vec<i64>,
    pub identifiers: Vec<Identifier>,
    /// The texts that were known of him, to find him in samples of refused calls.
    pub texts: Vec<String>,
    /// Channels that he had refused.
    pub refused: BTreeSet<String>,
    pub erased: Erased,
}

/// Whom to take out.
pub enum Whom<'w> {
    /// The person that a profile's id leads to.
    PersonOf(ProfileId),
    /// These profiles and nobody else, whomever they belong to now: an older copy of the database is set right.
    Profiles(&'w [i64]),
}

/// Takes somebody out of everything but the log; none when there is no such person. Answers the newest event too.
pub fn take_out(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    whom: &Whom<'_>,
    now: Timestamp,
    (plans, chance): (&Plans, &Chance),
) -> Result<Option<(Leaving, i64)>, DbError> {
    let mut work = Work::open(tx, workspace, now, plans, chance)?;
    let roots = match whom {
        Whom::PersonOf(id) => match profiles::store::profile_by_id(work.tx, workspace, *id)? {
            Some(profile) => vec![work.root_of_profile(&profile)?],
            None => return Ok(None),
        },
        Whom::Profiles(numbers) => work.stand_apart(numbers)?,
    };
    let mut leaving = Leaving::default();
    for root in roots {
        work.take_out_person(root, &mut leaving)?;
    }
    let letters = letters_about(work.tx, workspace, &leaving.identifiers)?;
    leaving.erased.dead_letters = letters.len() as u64;
    for letter in letters {
        store::delete_dead_letter(work.tx, workspace, letter)?;
    }
    let seq = work.finish()?;
    Ok(Some((leaving, seq)))
}

/// Deletes some of the events of profiles that were taken out; answers how many. Their messages stay known.
pub fn delete_events(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    now: Timestamp,
) -> Result<usize, DbError> {
    tx.lock_workspace(super::lock_key(workspace))?;
    index_messages(tx, workspace, now)?;
    let (count, names) = delete_some(tx, workspace, numbers, EVENTS_A_STEP)?;
    store::forget_unused_names(tx, workspace, &names)?;
    Ok(count)
}

impl Work<'_, '_> {
    fn root_of_profile(&mut self, profile: &Profile) -> Result<i64, DbError> {
        self.load_profiles(&[profile.number])?;
        self.root(profile.number)
    }

    /// Undoes those merges of the wanted profiles that join them with others, and answers the people they are then.
    fn stand_apart(&mut self, wanted: &[i64]) -> Result<Vec<i64>, DbError> {
        let present = profiles::store::profiles_by_number(self.tx, self.workspace, wanted)?;
        let wanted: BTreeSet<i64> = present.iter().map(|profile| profile.number).collect();
        let numbers: Vec<i64> = wanted.iter().copied().collect();
        self.load_profiles(&numbers)?;
        let merges = profiles::store::merges_of(self.tx, self.workspace, &numbers)?;
        for merge in merges.iter().filter(|merge| merge.undone_at.is_none()) {
            if wanted.contains(&merge.from_number) != wanted.contains(&merge.into_number) {
                self.part(merge)?;
                profiles::store::mark_undone(self.tx, self.workspace, merge.id, "system", self.now)?;
            }
        }
        let roots = numbers.iter().map(|number| self.root(*number)).collect::<Result<BTreeSet<_>, _>>()?;
        Ok(roots.into_iter().collect())
    }

    fn take_out_person(&mut self, root: i64, leaving: &mut Leaving) -> Result<(), DbError> {
        self.load_people(&[root])?;
        self.write_places_of(root)?;
        let person = self.people.remove(&root).ok_or_else(|| corrupt(format!("person {root} is missing")))?;
        let mut numbers = person.standing.leaves.clone();
        numbers.push(root);
        let found = profiles::store::profiles_by_number(self.tx, self.workspace, &numbers)?;
        let identifiers = self.identifiers_of(&numbers)?;
        self.leave_all(root, &person.standing);
        leaving.erased.memberships += person.standing.memberships.len() as u64;
        leaving.texts.extend(identifiers.iter().map(|one| one.value.clone()));
        leaving.texts.extend(person.facts.traits().iter().filter_map(|(_, fact)| text_of(fact.json())));
        let channels = consent::CHANNELS.iter().map(|(channel, _)| *channel);
        let refused = channels.filter(|channel| consent::refuses(&person.facts, channel));
        leaving.refused.extend(refused.map(str::to_owned));
        self.take_out_orders(&numbers, &mut leaving.erased)?;
        let timer = person.standing.timer_at;
        let gone = profiles::store::delete_profiles(self.tx, self.workspace, root, &numbers, timer)?;
        leaving.erased.profiles += gone.profiles as u64;
        leaving.erased.identifiers += gone.identifiers as u64;
        leaving.erased.merges += gone.merges as u64;
        leaving.erased.conflicts += gone.conflicts as u64;
        self.forget(&numbers, &identifiers);
        leaving.profiles.extend(found.into_iter().map(|profile| profile.id));
        leaving.numbers.extend(numbers);
        leaving.identifiers.extend(identifiers);
        Ok(())
    }

    /// Orders that are his alone go; one of which others spoke too becomes what their calls make of it.
    fn take_out_orders(&mut self, numbers: &[i64], erased: &mut Erased) -> Result<(), DbError> {
        for order_id in commerce::store::orders_touched_by(self.tx, self.workspace, numbers)? {
            let stored = commerce::store::order(self.tx, self.workspace, &order_id)?;
            let (owner, share) = stored.map_or((None, None), |one| (Some(one.number), Some(one.share)));
            let speakers = commerce::store::speakers_of(self.tx, self.workspace, std::slice::from_ref(&order_id))?;
            let mut others: BTreeSet<i64> = speakers.into_iter().map(|(_, number)| number).collect();
            others.extend(owner);
            others.retain(|number| !numbers.contains(number));
            if others.is_empty() || !self.leave_order_to(&order_id, &others, share)? {
                erased.orders += u64::from(owner.is_some());
                let lines = commerce::store::delete_order(self.tx, self.workspace, &order_id, share)?;
                erased.order_lines += lines as u64;
            }
        }
        Ok(())
    }

    /// Folds an order anew from the calls of those who stay; false when their calls make no order.
    fn leave_order_to(
        &mut self,
        order_id: &str,
        others: &BTreeSet<i64>,
        former: Option<Share>,
    ) -> Result<bool, DbError> {
        let speakers = others.iter().map(|number| (order_id.to_owned(), *number)).collect();
        let calls = calls_of(self.tx, self.workspace, speakers, Timestamp::MAX)?;
        let (mut history, mut owner) = (OrderHistory::default(), None);
        for (caller, event) in calls.into_values().flatten() {
            owner = history.fold_call_of(owner, caller, &event).ok().or(owner);
        }
        let standing = history.standing(order_id, self.book.shop.currency);
        for other in others {
            self.change_orders(*other, |facts| facts.remove_order(order_id))?;
        }
        let (Some(owner), Some(standing)) = (owner, standing) else { return Ok(false) };
        commerce::store::put_order(self.tx, self.workspace, (owner, &history), &standing, former)?;
        let left: Vec<i64> = others.iter().copied().collect();
        commerce::store::set_speakers(self.tx, self.workspace, order_id, &left)?;
        self.change_orders(owner, |facts| facts.set_order(&standing))?;
        Ok(true)
    }
}

/// The text that a trait's JSON is, if it is one.
fn text_of(json: &str) -> Option<String> {
    serde_json::from_str::<String>(json).ok()
}
