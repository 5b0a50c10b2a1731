//! What was known of people at an instant, from the log alone: for replays of the past and for `doctor`.
//!
//! What had arrived by then counts as it counted then: events, orders, consents, since when somebody was known, and who
//! belonged to whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use db::{DbError, Tx};
use engine::event::EventRecord;
use engine::facts::{Facts, Stamp};
use engine::orders::{ORDER_EVENTS, OrderEvent};
use engine::plan::Plan;
use engine::replay::{facts_at, order_at};
use words::{Timestamp, WorkspaceId};

use super::log::{self, LogRow};
use super::plans::Workbook;
use crate::{commerce, consent, profiles};

/// A person's past: what had arrived of him, and his facts as they were.
#[derive(Clone, Debug)]
pub struct Past {
    pub records: Vec<EventRecord>,
    pub facts: Facts,
}

/// People at an instant, each with the profiles that were he, the root first.
pub struct PeopleThen {
    pub people: Vec<Vec<i64>>,
    /// The number after which the next people begin; none behind the last.
    pub next_after: Option<i64>,
}

/// Among the next profiles by number those that were people of their own at `at`.
pub fn people_then(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    at: Timestamp,
    after: i64,
    profiles: usize,
) -> Result<PeopleThen, DbError> {
    let numbers = profiles::store::numbers_after(tx, workspace, at, after, profiles)?;
    let next_after = numbers.last().copied().filter(|_| numbers.len() == profiles);
    let merges = merges_then(tx, workspace, at, &numbers)?;
    let is_merged: BTreeSet<i64> = merges.iter().map(|(from, _)| *from).collect();
    let mut people: Vec<Vec<i64>> =
        numbers.into_iter().filter(|number| !is_merged.contains(number)).map(|number| vec![number]).collect();
    let mut root_of: HashMap<i64, usize> = people.iter().enumerate().map(|(index, one)| (one[0], index)).collect();
    let mut edges = merges;
    loop {
        let mut found = Vec::new();
        for (from, into) in edges {
            if let Some(person) = root_of.get(&into).copied()
                && root_of.insert(from, person).is_none()
            {
                people[person].push(from);
                found.push(from);
            }
        }
        if found.is_empty() {
            return Ok(PeopleThen { people, next_after });
        }
        edges = merges_then(tx, workspace, at, &found)?;
    }
}

/// The merges of these profiles that stood at `at`: from and into.
fn merges_then(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    at: Timestamp,
    numbers: &[i64],
) -> Result<Vec<(i64, i64)>, DbError> {
    let merges = profiles::store::merges_of(tx, workspace, numbers)?;
    let standing = merges.iter().filter(|one| one.at <= at && one.undone_at.is_none_or(|undone_at| undone_at > at));
    Ok(standing.map(|one| (one.from_number, one.into_number)).collect())
}

/// The past of each of these people, who are given by their profiles, with the tallies of `plan`.
pub fn pasts_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    plan: &Plan,
    people: &[Vec<i64>],
    at: Timestamp,
) -> Result<Vec<Past>, DbError> {
    let numbers: Vec<i64> = people.iter().flatten().copied().collect();
    let mut rows: HashMap<i64, Vec<LogRow>> = HashMap::new();
    for row in log::events_of(tx, workspace, &numbers, at)?.into_iter().filter(|row| !row.is_own()) {
        rows.entry(row.number).or_default().push(row);
    }
    let known = known_since(tx, workspace, book, &numbers, at)?;
    let mut pasts = Vec::with_capacity(people.len());
    for person in people {
        let mut own: Vec<LogRow> = person.iter().flat_map(|number| rows.remove(number).unwrap_or_default()).collect();
        own.sort_unstable_by_key(|row| row.seq);
        let records: Vec<EventRecord> = own.iter().map(LogRow::unmasked).collect();
        let mut facts = facts_at(plan, &records, at, note_choices);
        if let Some(known_at) = person.iter().filter_map(|number| known.get(number)).min() {
            facts.set_known_at(*known_at);
        }
        pasts.push(Past { records, facts });
    }
    settle_shared_orders(tx, workspace, book, people, &mut pasts, at)?;
    Ok(pasts)
}

/// Puts the choices that an event records into facts, as the stream does when it arrives.
fn note_choices(facts: &mut Facts, event: &EventRecord) {
    for choice in consent::choices(&event.name, &event.properties) {
        let stamp = Stamp { at: event.at, seq: event.seq };
        facts.set_consent(&choice.channel, &choice.purpose, choice.state, stamp);
    }
}

/// Since when an identifier has told who a profile is, for those of which one had by then.
fn known_since(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    numbers: &[i64],
    at: Timestamp,
) -> Result<HashMap<i64, Timestamp>, DbError> {
    let makes_known = |kind: &str| book.rules.iter().any(|rule| rule.kind == kind && rule.makes_known);
    let mut known: HashMap<i64, Timestamp> = HashMap::new();
    for linked in profiles::store::identifiers_of(tx, workspace, numbers)? {
        if linked.linked_at <= at && makes_known(&linked.identifier.kind) {
            let since = known.entry(linked.number).or_insert(linked.linked_at);
            *since = linked.linked_at.min(*since);
        }
    }
    Ok(known)
}

/// An order of which several profiles spoke counts for its owner only, and all their calls make it.
fn settle_shared_orders(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    people: &[Vec<i64>],
    pasts: &mut [Past],
    at: Timestamp,
) -> Result<(), DbError> {
    let folded = pasts.iter().flat_map(|past| past.facts.orders().iter().map(|(order_id, _)| order_id.to_owned()));
    let folded: BTreeSet<String> = folded.collect();
    let folded: Vec<String> = folded.into_iter().collect();
    let speakers = commerce::store::speakers_of(tx, workspace, &folded)?;
    if speakers.is_empty() {
        return Ok(());
    }
    let calls = calls_of(tx, workspace, speakers, at)?;
    for (order_id, calls) in calls {
        let Some((owner, standing)) = order_at(&order_id, &calls, book.shop.currency) else { continue };
        for (person, past) in people.iter().zip(pasts.iter_mut()) {
            past.facts.remove_order(&order_id);
            if person.contains(&owner) {
                past.facts.set_order(&standing);
            }
        }
    }
    Ok(())
}

/// Who said something of an order, and what.
pub type OrderCall = (i64, OrderEvent);

/// What these profiles had said of these orders by then, in the order of arrival.
pub fn calls_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    speakers: Vec<(String, i64)>,
    at: Timestamp,
) -> Result<BTreeMap<String, Vec<OrderCall>>, DbError> {
    let numbers: BTreeSet<i64> = speakers.iter().map(|(_, number)| *number).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let mut calls: BTreeMap<String, Vec<OrderCall>> =
        speakers.into_iter().map(|(order_id, _)| (order_id, Vec::new())).collect();
    let names = ORDER_EVENTS.map(str::to_owned);
    for row in log::named_events_of(tx, workspace, &numbers, &names)? {
        if row.received_at > at {
            continue;
        }
        let record = row.unmasked();
        let event = OrderEvent::from_call(&record.name, &record.properties, record.seq, record.at);
        if let Some(Ok(event)) = event
            && let Some(own) = calls.get_mut(&event.order_id)
        {
            own.push((row.number, event));
        }
    }
    Ok(calls)
}
