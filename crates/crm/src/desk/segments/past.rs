//! Who was in a segment at an instant of the past: each person's log is lived again up to then.
//!
//! What had arrived by the instant counts, exactly as it counted then: events, orders, consents, since when somebody was
//! known, and who belonged to whom. So the answer is what the segment, with today's condition, would have held then.

use db::{DbError, Tx};
use engine::condition::Condition;
use engine::evaluate::WithTallies;
use engine::facts::Tallies;
use engine::{CompiledCondition, FactsView, Plan, PlanError};
use thiserror::Error;
use words::{ProfileId, SegmentId, Timestamp, WorkspaceId};

use crate::kernel::{App, corrupt};
use crate::stream::{Past, Workbook};
use crate::{profiles, segments, stream};

/// Profiles whose logs are read together.
const PROFILES_A_STEP: usize = 50;
/// Profiles of one answer: with some thirty events each, about a third of a second. The cursor leads on.
const MAX_PROFILES: usize = 2_000;

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
    // No segments: what the condition counts is folded beside the facts.
    let nothing = Plan::empty(book.plan.currency());
    let (mut numbers, mut place, mut visited) = (Vec::new(), Some(after), 0);
    while let Some(from) = place {
        if numbers.len() >= rows || visited >= MAX_PROFILES {
            break;
        }
        let then = stream::people_then(tx, workspace, at, from, PROFILES_A_STEP)?;
        visited += PROFILES_A_STEP;
        place = then.next_after;
        let pasts = stream::pasts_of(tx, workspace, book, &nothing, &then.people, at)?;
        for (person, past) in then.people.iter().zip(&pasts) {
            if was_member(&compiled, past, at)? {
                numbers.push(person[0]);
            }
        }
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

fn was_member(compiled: &CompiledCondition, past: &Past, at: Timestamp) -> Result<bool, DbError> {
    let mut tallies = Tallies::default();
    for record in &past.records {
        compiled.fold(&mut tallies, &record.fact(), record.received_at);
    }
    let bytes = past.facts.encode();
    let stored = FactsView::new(&bytes).map_err(corrupt)?;
    let evidence = WithTallies { stored: &stored, tallies: &tallies };
    Ok(compiled.evaluate(&evidence, at).is_member)
}
