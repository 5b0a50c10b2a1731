//! What was known of a person at an instant, from the log alone: for replays of the past, explanations and `doctor`.
//!
//! Identity is today's: the events of all profiles that are one person now. An order counts for its owner only, although
//! calls of other people may have spoken of it.

use db::{DbError, Tx};
use engine::event::EventRecord;
use engine::facts::{Facts, Stamp};
use engine::orders::OrderStanding;
use engine::plan::Plan;
use engine::replay::facts_at;
use words::{Timestamp, WorkspaceId};

use super::log;
use super::plans::Workbook;
use crate::{commerce, consent, profiles};

/// Orders of one person that a replay looks at; nobody has more.
const MAX_ORDERS: usize = 100_000;

/// A person's past: his events as far as they had arrived, and his facts as they were.
pub struct Past {
    pub records: Vec<EventRecord>,
    pub facts: Facts,
}

/// Recomputes the facts of the person made of these profiles, with the tallies of `plan`.
pub fn past_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    plan: &Plan,
    numbers: &[i64],
    at: Timestamp,
) -> Result<Past, DbError> {
    let mut records = log::records_of(tx, workspace, numbers, Timestamp::MAX)?;
    let known = records.len();
    records.retain(|record| record.received_at <= at);
    let is_whole = records.len() == known;
    let mut facts = facts_at(plan, &records, at, note_choices);
    if let Some(known_at) = known_since(tx, workspace, book, numbers, at)? {
        facts.set_known_at(known_at);
    }
    correct_orders(tx, workspace, book, numbers, &mut facts, is_whole)?;
    Ok(Past { records, facts })
}

/// Puts the choices that an event records into facts, as the stream does when it arrives.
pub fn note_choices(facts: &mut Facts, event: &EventRecord) {
    for choice in consent::choices(&event.name, &event.properties) {
        let stamp = Stamp { at: event.at, seq: event.seq };
        facts.set_consent(&choice.channel, &choice.purpose, choice.state, stamp);
    }
}

fn known_since(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    numbers: &[i64],
    at: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let makes_known = |kind: &str| book.rules.iter().any(|rule| rule.kind == kind && rule.makes_known);
    let linked = profiles::store::identifiers_of(tx, workspace, numbers)?;
    let known = linked.iter().filter(|one| makes_known(&one.identifier.kind) && one.linked_at <= at);
    Ok(known.map(|one| one.linked_at).min())
}

/// Takes away the orders of other people, and gives the person's own their whole standing when the past is the present.
fn correct_orders(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    numbers: &[i64],
    facts: &mut Facts,
    is_present: bool,
) -> Result<(), DbError> {
    let owned: Vec<String> = commerce::store::orders_of(tx, workspace, numbers, MAX_ORDERS)?
        .into_iter()
        .map(|order| order.order_id)
        .collect();
    let folded: Vec<String> = facts.orders().iter().map(|(order_id, _)| order_id.to_owned()).collect();
    for order_id in folded.iter().filter(|order_id| !owned.contains(order_id)) {
        facts.remove_order(order_id);
    }
    for order_id in owned.iter().filter(|_| is_present) {
        if let Some(standing) = standing_of(tx, workspace, book, order_id)? {
            facts.set_order(&standing);
        }
    }
    Ok(())
}

fn standing_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    order_id: &str,
) -> Result<Option<OrderStanding>, DbError> {
    let stored = commerce::store::order(tx, workspace, order_id)?;
    Ok(stored.and_then(|stored| stored.history.standing(order_id, book.shop.currency)))
}
