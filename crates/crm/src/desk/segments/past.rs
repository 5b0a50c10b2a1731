//! Who was in a segment at an instant of the past: each person's log is lived again up to then.
//!
//! What had arrived by the instant counts, exactly as it counted then: events, orders, consents, since when somebody was
//! known. Who belongs to whom is as of today: people that were merged since count as one.

use std::collections::HashMap;

use db::{DbError, Tx};
use engine::condition::Condition;
use engine::evaluate::WithTallies;
use engine::event::EventRecord;
use engine::facts::Tallies;
use engine::identity::IdentifierRule;
use engine::{CompiledCondition, FactsView, Plan, PlanError};
use thiserror::Error;
use words::{ProfileId, SegmentId, Timestamp, WorkspaceId};

use crate::kernel::{App, corrupt};
use crate::profiles::store::PersonState;
use crate::profiles::{self, LinkedIdentifier};
use crate::stream::Workbook;
use crate::{segments, stream};

/// People whose logs are read together.
const PEOPLE_A_STEP: usize = 50;
/// People of one answer: with some thirty events each, about a third of a second. The cursor leads on.
const MAX_PEOPLE: usize = 2_000;

#[derive(Debug, Error)]
pub enum PastError {
    #[error("there is no such segment")]
    NoSuchSegment,
    #[error("the instant lies in the future; leave “at” out to ask for now")]
    InTheFuture,
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Members in the order of their numbers, and the number after which the next page begins.
pub struct MembersPage {
    pub members: Vec<ProfileId>,
    pub next_after: Option<i64>,
}

/// The members of a segment, now or at an instant of the past. A page of the past may hold fewer rows than asked for,
/// or none, and still lead on.
pub async fn members_at(
    app: &App,
    workspace: WorkspaceId,
    segment: SegmentId,
    at: Option<Timestamp>,
    after: i64,
    rows: usize,
) -> Result<MembersPage, PastError> {
    if at.is_some_and(|at| at > app.now()) {
        return Err(PastError::InTheFuture);
    }
    let plans = app.stream.plans().clone();
    app.db
        .read(move |tx| {
            let definition = segments::store::definition(tx, workspace, segment)?.ok_or(PastError::NoSuchSegment)?;
            match at {
                None => Ok(members_now(tx, workspace, definition.no, after, rows)?),
                Some(at) => {
                    let book = plans.of(tx, workspace)?;
                    members_then(tx, workspace, &book, &definition.condition, at, after, rows)
                }
            }
        })
        .await
}

fn members_now(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    no: u32,
    after: i64,
    rows: usize,
) -> Result<MembersPage, DbError> {
    let mut numbers = segments::store::members_after(tx, workspace, no, after, rows + 1)?;
    let has_more = numbers.len() > rows;
    numbers.truncate(rows);
    let next_after = numbers.last().copied().filter(|_| has_more);
    Ok(MembersPage { members: ids_of(tx, workspace, &numbers)?, next_after })
}

fn members_then(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    book: &Workbook,
    condition: &Condition,
    at: Timestamp,
    after: i64,
    rows: usize,
) -> Result<MembersPage, PastError> {
    let compiled = book.plan.compile_condition(None, condition)?;
    let past = Past { compiled: &compiled, nothing: Plan::empty(book.plan.currency()), rules: &book.rules, at };
    let (mut numbers, mut place, mut visited) = (Vec::new(), Some(after), 0);
    while let Some(from) = place {
        if numbers.len() >= rows || visited >= MAX_PEOPLE {
            break;
        }
        let states = profiles::store::states_after(tx, workspace, from, PEOPLE_A_STEP)?;
        visited += states.len();
        place = states.last().map(|state| state.number).filter(|_| states.len() == PEOPLE_A_STEP);
        numbers.extend(past.members_among(tx, workspace, &states)?);
    }
    if numbers.len() > rows {
        numbers.truncate(rows);
        place = numbers.last().copied();
    }
    Ok(MembersPage { members: ids_of(tx, workspace, &numbers)?, next_after: place })
}

fn ids_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<ProfileId>, DbError> {
    let mut found = profiles::store::profiles_by_number(tx, workspace, numbers)?;
    found.sort_by_key(|profile| profile.number);
    Ok(found.into_iter().map(|profile| profile.id).collect())
}

/// One condition at one instant.
struct Past<'a> {
    compiled: &'a CompiledCondition,
    /// No segments: what the condition counts is folded beside the facts.
    nothing: Plan,
    rules: &'a [IdentifierRule],
    at: Timestamp,
}

impl Past<'_> {
    fn members_among(
        &self,
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        states: &[PersonState],
    ) -> Result<Vec<i64>, DbError> {
        let roots: HashMap<i64, i64> = states
            .iter()
            .flat_map(|state| state.standing.leaves.iter().chain([&state.number]).map(|leaf| (*leaf, state.number)))
            .collect();
        let profiles: Vec<i64> = roots.keys().copied().collect();
        let mut lives: HashMap<i64, Vec<EventRecord>> = HashMap::new();
        for row in stream::log::events_of(tx, workspace, &profiles, self.at)?.iter().filter(|row| !row.is_own()) {
            lives.entry(roots[&row.number]).or_default().push(row.record());
        }
        let mut known_at: HashMap<i64, Timestamp> = HashMap::new();
        for linked in profiles::store::identifiers_of(tx, workspace, &profiles)? {
            if self.made_known(&linked) {
                let known = known_at.entry(roots[&linked.number]).or_insert(linked.linked_at);
                *known = linked.linked_at.min(*known);
            }
        }
        let mut members = Vec::new();
        for (root, life) in states.iter().filter_map(|state| Some((state.number, lives.get(&state.number)?))) {
            if self.is_member(life, known_at.get(&root).copied())? {
                members.push(root);
            }
        }
        Ok(members)
    }

    fn made_known(&self, linked: &LinkedIdentifier) -> bool {
        let kind = &linked.identifier.kind;
        linked.linked_at <= self.at && self.rules.iter().any(|rule| rule.makes_known && rule.kind == *kind)
    }

    fn is_member(&self, life: &[EventRecord], known_at: Option<Timestamp>) -> Result<bool, DbError> {
        let mut tallies = Tallies::default();
        let mut facts = engine::replay::facts_at(&self.nothing, life, self.at, |facts, event| {
            stream::note_choices(facts, event);
            self.compiled.fold(&mut tallies, &event.fact(), event.received_at);
        });
        if let Some(at) = known_at {
            facts.set_known_at(at);
        }
        let bytes = facts.encode();
        let stored = FactsView::new(&bytes).map_err(corrupt)?;
        let evidence = WithTallies { stored: &stored, tallies: &tallies };
        Ok(self.compiled.evaluate(&evidence, self.at).is_member)
    }
}
