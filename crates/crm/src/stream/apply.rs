//! One group of the loop: deduplicate, identify, fold, decide, write.

use std::borrow::Cow;
use std::collections::BTreeMap;

use db::{DbError, Tx};
use engine::calls::Call;
use engine::condition::Metric;
use engine::facts::Stamp;
use engine::orders::OrderEvent;
use engine::suppression::{self, Teller};
use engine::{ConsentState, Touched};
use serde_json::json;
use words::{Timestamp, WorkspaceId};

use crate::commerce::{self, RecordError};
use crate::consent;
use crate::kernel::Chance;

use super::log::body_of;
use super::model::{Group, Incoming, Receipt, Remembered, Trust};
use super::plans::Plans;
use super::settle::Cause;
use super::store::LogRow;
use super::work::Work;

const ORDER_REFUSED: &str = "Order Refused";
/// Consent that a public key claims for somebody else stands in the log under this name and changes nothing.
const CONSENT_CLAIMED: &str = "Consent Claimed";

/// Applies groups of one workspace in one transaction; answers each group's receipt and the newest event.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    groups: &[Group],
    now: Timestamp,
    plans: &Plans,
    chance: &Chance,
) -> Result<(Vec<Receipt>, i64), DbError> {
    let mut work = Work::open(tx, workspace, now, plans, chance)?;
    let mut receipts = Vec::with_capacity(groups.len());
    let mut fresh: Vec<Vec<&Incoming>> = Vec::with_capacity(groups.len());
    let mut is_new = work.sort_out(groups)?.into_iter();
    for group in groups {
        let new: Vec<&Incoming> = group.events.iter().filter(|_| is_new.next().unwrap_or_default()).collect();
        receipts.push(Receipt { accepted: new.len(), repeated: group.events.len() - new.len(), dead: 0 });
        fresh.push(new);
    }
    work.look_up(fresh.iter().flatten().copied())?;
    for (group, events) in groups.iter().zip(fresh) {
        for incoming in events {
            work.take(group, incoming)?;
        }
    }
    Ok((receipts, work.finish()?))
}

impl Work<'_, '_> {
    fn take(&mut self, group: &Group, incoming: &Incoming) -> Result<(), DbError> {
        let seq = self.next_seq();
        let number = if incoming.is_bot { None } else { self.whose(incoming, group.trust, seq)? };
        let incoming = &*self.within_trait_limit(number, incoming)?;
        let incoming = &*of_nobody(number, incoming);
        let name = self.name_of(group, number, incoming)?;
        self.log.push(LogRow {
            seq,
            number: number.unwrap_or(0),
            source_no: group.source_no,
            kind: kind_of(incoming.call),
            name: name.to_owned(),
            at: incoming.at,
            received_at: self.now,
            message_id: incoming.message_id.clone(),
            body: if incoming.stored.is_empty() { body_of(incoming) } else { incoming.stored.clone() },
        });
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
        match number {
            Some(number) => self.fold(number, incoming, name, seq),
            None => Ok(()),
        }
    }

    /// The name under which an event stands in the log: a consent that is not applied has one of its own.
    fn name_of<'i>(&mut self, group: &Group, number: Option<i64>, incoming: &'i Incoming) -> Result<&'i str, DbError> {
        let name = log_name(incoming, group.trust);
        let Some(leaf) = number.filter(|_| name == consent::CONSENT_UPDATED) else { return Ok(name) };
        // What is remembered for ever is a file.
        let teller = match group.remembered {
            Remembered::ForEver => Teller::Others,
            Remembered::AsPromised => consent::teller(&incoming.properties),
        };
        for choice in consent::choices(name, &incoming.properties) {
            if choice.state == ConsentState::Granted && !self.may_grant(leaf, &choice.channel, teller)? {
                return Ok(consent::CONSENT_SUPPRESSED);
            }
        }
        Ok(name)
    }

    /// Whether a consent for a channel counts; the person's own word takes his addresses off the suppression list.
    fn may_grant(&mut self, leaf: i64, channel: &str, teller: Teller) -> Result<bool, DbError> {
        let Some(kind) = consent::kind_of(channel) else { return Ok(true) };
        let root = self.root(leaf)?;
        self.load_people(&[root])?;
        let mut numbers = self.person(root)?.standing.leaves.clone();
        numbers.push(root);
        let addresses = self.identifiers_of(&numbers)?.into_iter().filter(|one| one.kind == kind);
        let marks: Vec<Vec<u8>> =
            addresses.map(|one| consent::mark_of(&self.vault, self.workspace, channel, &one.value).to_vec()).collect();
        let is_suppressed = consent::store::is_suppressed(self.tx, self.workspace, channel, &marks)?;
        if is_suppressed && teller == Teller::Himself {
            for mark in &marks {
                consent::store::release(self.tx, self.workspace, channel, mark)?;
            }
        }
        Ok(suppression::applies(ConsentState::Granted, teller, is_suppressed))
    }

    fn fold(&mut self, leaf: i64, incoming: &Incoming, name: &str, seq: i64) -> Result<(), DbError> {
        let root = self.root(leaf)?;
        self.load_people(&[root])?;
        self.wake(root)?;
        let book = self.book.clone();
        let now = self.now;
        let mut fact = incoming.fact(seq);
        fact.name = name;
        let person = self.person(root)?;
        let is_new = person.standing.stage.is_none();
        let mut touched = person.change(leaf, |facts| book.plan.fold_event(facts, &fact, now));
        self.count_short_again(root)?;
        if is_visit(incoming) {
            self.count_visit(root, incoming.at)?;
        }
        self.record_choices(leaf, incoming, name, seq, &mut touched)?;
        if self.record_order(leaf, incoming, name, seq)? {
            book.plan.touched_by_metrics(&Metric::OF_ORDERS, &mut touched);
        }
        if is_new {
            // "Fewer than 3 orders" is true of somebody who did nothing yet.
            touched = book.plan.touched_all();
        }
        self.settle(root, &touched, now, Cause::Life)
    }

    fn record_choices(
        &mut self,
        leaf: i64,
        incoming: &Incoming,
        name: &str,
        seq: i64,
        touched: &mut Touched,
    ) -> Result<(), DbError> {
        let stamp = Stamp { at: incoming.at, seq };
        let root = self.root(leaf)?;
        for choice in consent::choices(name, &incoming.properties) {
            let person = self.person(root)?;
            person.change(leaf, |facts| facts.set_consent(&choice.channel, &choice.purpose, choice.state, stamp));
            self.book.plan.touched_by_consent(&choice.channel, &choice.purpose, touched);
        }
        Ok(())
    }

    /// Whether the call spoke of an order.
    fn record_order(&mut self, leaf: i64, incoming: &Incoming, name: &str, seq: i64) -> Result<bool, DbError> {
        let currency = self.book.shop.currency;
        let event = match OrderEvent::from_call(name, &incoming.properties, seq, incoming.at) {
            None => return Ok(false),
            Some(Ok(event)) => event,
            Some(Err(problem)) => return Ok(self.refuse_order(leaf, name, &problem)),
        };
        let recorded = match commerce::record_order(self.tx, self.workspace, leaf, &event, currency) {
            Ok(recorded) => recorded,
            Err(RecordError::Db(error)) => return Err(error),
            Err(problem) => return Ok(self.refuse_order(leaf, name, &problem)),
        };
        if let Some(former) = recorded.former_owner {
            self.change_orders(former, |facts| facts.remove_order(&recorded.standing.order_id))?;
        }
        self.change_orders(recorded.owner, |facts| facts.set_order(&recorded.standing))?;
        Ok(true)
    }

    /// The event stays in the log; beside it stands why it made no order.
    fn refuse_order(&mut self, leaf: i64, name: &str, problem: &dyn std::fmt::Display) -> bool {
        let now = self.now;
        self.tell(leaf, ORDER_REFUSED, now, &json!({ "event": name, "reason": problem.to_string() }));
        false
    }

    pub(super) fn change_orders(
        &mut self,
        leaf: i64,
        change: impl FnMut(&mut engine::facts::Facts),
    ) -> Result<(), DbError> {
        self.load_profiles(&[leaf])?;
        let root = self.root(leaf)?;
        self.load_people(&[root])?;
        self.person(root)?.change(leaf, change);
        let mut touched = Touched::default();
        self.book.plan.touched_by_metrics(&Metric::OF_ORDERS, &mut touched);
        let now = self.now;
        self.settle(root, &touched, now, Cause::Life)
    }
}

/// What belongs to nobody keeps nothing that tells of somebody: nobody could ask for it, and no erasure would find it.
fn of_nobody(number: Option<i64>, incoming: &Incoming) -> Cow<'_, Incoming> {
    if number.is_some() || (incoming.traits.is_none() && incoming.context.get("traits").is_none()) {
        return Cow::Borrowed(incoming);
    }
    let mut left = Incoming { traits: None, stored: String::new(), ..incoming.clone() };
    if let Some(context) = left.context.as_object_mut() {
        context.remove("traits");
    }
    Cow::Owned(left)
}

/// Whether the call tells of somebody looking at the shop; what servers report of him is no visit.
fn is_visit(incoming: &Incoming) -> bool {
    matches!(incoming.call, Call::Page | Call::Screen) || incoming.context.get("page").is_some()
}

pub(super) fn kind_of(call: Call) -> i64 {
    match call {
        Call::Track => 1,
        Call::Page => 2,
        Call::Screen => 3,
        Call::Identify => 4,
        Call::Group => 5,
        Call::Alias => 6,
    }
}

/// A public key may record the choice of its own visitor, for this site, only.
fn log_name(incoming: &Incoming, trust: Trust) -> &str {
    let names_somebody = incoming.claims.iter().any(|claim| claim.kind != "anonymous_id");
    let is_own = !names_somebody && consent::is_of_visit(&incoming.properties);
    if trust == Trust::Public && incoming.name == consent::CONSENT_UPDATED && !is_own {
        return CONSENT_CLAIMED;
    }
    &incoming.name
}

/// Groups by workspace, each with its place in the whole.
pub(super) fn by_workspace(groups: Vec<Group>) -> BTreeMap<WorkspaceId, Vec<(usize, Group)>> {
    let mut parts: BTreeMap<WorkspaceId, Vec<(usize, Group)>> = BTreeMap::new();
    for (place, group) in groups.into_iter().enumerate() {
        parts.entry(group.workspace).or_default().push((place, group));
    }
    parts
}
