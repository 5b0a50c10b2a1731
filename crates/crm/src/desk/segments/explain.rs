//! Why one person is in a segment, or not.

use std::collections::HashMap;

use db::{DbError, Tx};
use engine::explain::{Explanation, Reason, explain};
use engine::{EventRecord, PlanError};
use thiserror::Error;
use words::{SegmentId, Timestamp, WorkspaceId};

use crate::kernel::App;
use crate::profiles;
use crate::segments::Definition;
use crate::{segments, stream};

#[derive(Debug, Error)]
pub enum ExplainError {
    #[error("there is no such segment")]
    NoSuchSegment,
    #[error("there is no such person")]
    NoSuchPerson,
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// An answer with its reasons and the events that are named in it.
pub struct Explained {
    pub definition: Definition,
    /// Since when the person has been a member without a break; `None` when he is none.
    pub since: Option<Timestamp>,
    pub explanation: Explanation,
    /// The events that the explanation names, by their place in the log.
    pub evidence: HashMap<i64, EventRecord>,
}

/// Why the person of this number (a root profile) is in the segment, or not, at this moment.
pub async fn explain_membership(
    app: &App,
    workspace: WorkspaceId,
    number: i64,
    segment: SegmentId,
) -> Result<Explained, ExplainError> {
    let (plans, now) = (app.stream.plans().clone(), app.now());
    app.db
        .read(move |tx| {
            let book = plans.of(tx, workspace)?;
            let definition = segments::store::definition(tx, workspace, segment)?.ok_or(ExplainError::NoSuchSegment)?;
            let state =
                profiles::store::states_of(tx, workspace, &[number])?.pop().ok_or(ExplainError::NoSuchPerson)?;
            let names = book.plan.compile_condition(None, &definition.condition)?.event_names();
            let mut numbers = state.standing.leaves.clone();
            numbers.push(number);
            let life = life_of(tx, workspace, &numbers, &names)?;
            let explanation = explain(&book.plan, &definition.condition, &state.facts, &life, now)?;
            let mut named = Vec::new();
            collect_evidence(&explanation, &mut named);
            let evidence = life.into_iter().filter(|event| named.contains(&event.seq));
            let evidence = evidence.map(|event| (event.seq, event)).collect();
            let since = state.standing.memberships.get(&definition.no).copied();
            Ok(Explained { definition, since, explanation, evidence })
        })
        .await
}

/// The person's events of these names.
fn life_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    names: &[String],
) -> Result<Vec<EventRecord>, DbError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = stream::log::named_events_of(tx, workspace, numbers, names)?;
    Ok(rows.iter().map(stream::log::LogRow::record).collect())
}

fn collect_evidence(explanation: &Explanation, named: &mut Vec<i64>) {
    match &explanation.reason {
        Reason::All { parts } | Reason::Any { parts } => {
            parts.iter().for_each(|part| collect_evidence(part, named));
        }
        Reason::Not { part } | Reason::Segment { part, .. } => collect_evidence(part, named),
        Reason::Event { evidence, .. } => named.extend_from_slice(evidence),
        Reason::Trait { .. } | Reason::Metric { .. } | Reason::Consent { .. } => {}
    }
}
