//! Why one person is in a segment, or not.

use std::collections::HashMap;

use db::{DbError, Tx};
use engine::explain::{Explanation, FilterText, Reason, explain};
use engine::{EventRecord, PlanError};
use serde_json::Value;
use thiserror::Error;
use words::{SegmentId, Timestamp, WorkspaceId};

use crate::kernel::{App, Field, Hidden, MASK, Sight};
use crate::profiles;
use crate::segments::Definition;
use crate::stream::log::LogRow;
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

/// Why the person of this number (a root profile) is in the segment, or not, at this moment; what was compared and found is
/// hidden where the asker may not see it.
pub async fn explain_membership(
    app: &App,
    workspace: WorkspaceId,
    number: i64,
    segment: SegmentId,
    sight: Sight,
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
            let records: Vec<EventRecord> = life.iter().map(LogRow::unmasked).collect();
            let mut explanation = explain(&book.plan, &definition.condition, &state.facts, &records, now)?;
            mask(&mut explanation, sight);
            let mut named = Vec::new();
            collect_evidence(&explanation, &mut named);
            let evidence = life.iter().filter(|row| named.contains(&row.seq));
            let evidence = evidence.map(|row| (row.seq, row.told(sight))).collect();
            let since = state.standing.memberships.get(&definition.no).copied();
            Ok(Explained { definition, since, explanation, evidence })
        })
        .await
}

/// The person's events of these names.
fn life_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64], names: &[String]) -> Result<Vec<LogRow>, DbError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    stream::log::named_events_of(tx, workspace, numbers, names)
}

/// Hides what a node compared and found; since when and until when would tell it too, also in the nodes above. Answers
/// whether something was hidden.
fn mask(node: &mut Explanation, sight: Sight) -> bool {
    let is_hidden = match &mut node.reason {
        Reason::All { parts } | Reason::Any { parts } => {
            parts.iter_mut().fold(false, |is_hidden, part| mask(part, sight) | is_hidden)
        }
        Reason::Not { part } | Reason::Segment { part, .. } => mask(part, sight),
        Reason::Trait { name, op, value, measured } => mask_trait(name, op, value, measured, sight),
        Reason::Event { event, filters, sum_of, value, measured, .. } => {
            let is_summed = sum_of.as_ref().is_some_and(|property| !sight.may_sum(event, property));
            if is_summed {
                (*value, *measured) = (MASK.into(), MASK.into());
            }
            filters.iter_mut().fold(is_summed, |is_hidden, filter| mask_filter(event, filter, sight) | is_hidden)
        }
        Reason::Metric { .. } | Reason::Consent { .. } => false,
    };
    if is_hidden {
        (node.since, node.until) = (None, None);
    }
    is_hidden
}

fn mask_trait(name: &str, op: &str, value: &mut Option<Value>, measured: &mut Option<Value>, sight: Sight) -> bool {
    let field = Field::Trait(name);
    let is_open = sight.may_ask(field, op, value.as_ref());
    if !is_open {
        *value = Some(MASK.into());
    }
    *measured = measured.take().map(|found| sight.value(field, &found, Hidden::Marked));
    !is_open
}

fn mask_filter(event: &str, filter: &mut FilterText, sight: Sight) -> bool {
    let field = Field::Property { event, path: &filter.property };
    let is_open = sight.may_ask(field, filter.op, filter.value.as_ref());
    if !is_open {
        filter.value = Some(MASK.into());
    }
    !is_open
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
