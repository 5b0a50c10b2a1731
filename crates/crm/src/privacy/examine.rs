//! What `entente doctor` looks at: nobody who was erased is back, certificates are whole, ledger and database agree.

use std::collections::{HashMap, HashSet};

use db::{DbError, Tx};
use words::{ErasureId, Timestamp, WorkspaceId};

use super::ledger::{self, Line};
use super::model::{State, mark_of};
use super::store;
use crate::kernel::{App, Vault};
use crate::profiles;
use crate::profiles::LinkedIdentifier;

/// Something that does not hold, as a sentence.
pub type Unsound = String;

/// The numbers whose events are still being deleted.
pub fn numbers_leaving(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<HashSet<i64>, DbError> {
    let left = store::unfinished(tx, workspace)?.into_iter().filter_map(|erasure| erasure.unfinished);
    Ok(left.flat_map(|left| left.numbers).collect())
}

/// Erasures whose people are there, or whose certificate was changed.
pub fn unsound_erasures(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    vault: &Vault,
    now: Timestamp,
) -> Result<Vec<Unsound>, DbError> {
    let mut unsound = Vec::new();
    for erasure in store::all(tx, workspace)? {
        let id = erasure.id;
        for number in profiles::numbers_of(tx, workspace, &erasure.profiles)? {
            unsound.push(format!("profile {number} is there and was erased by {id}"));
        }
        if erasure.state == State::Done && !erasure.is_genuine(vault, workspace) {
            unsound.push(format!("the certificate of {id} is not the one that was given out"));
        }
        if erasure.state == State::Begun && erasure.asked_at.plus(words::Span::from_hours(1)) < now {
            unsound.push(format!("{id} began at {} and is not done", erasure.asked_at));
        }
    }
    Ok(unsound)
}

/// Those of these identifiers that are of somebody who was erased after they had been linked.
pub fn people_back(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    vault: &Vault,
    identifiers: &[LinkedIdentifier],
) -> Result<Vec<Unsound>, DbError> {
    let mut marks: HashMap<String, (ErasureId, Timestamp)> = HashMap::new();
    for erasure in store::all(tx, workspace)? {
        marks.extend(erasure.marks.iter().map(|mark| (mark.clone(), (erasure.id, erasure.asked_at))));
    }
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let back = identifiers.iter().filter_map(|linked| {
        let mark = mark_of(vault, workspace, &linked.identifier.kind, &linked.identifier.value);
        let (id, asked_at) = marks.get(&mark)?;
        let told = format!("an identifier of profile {} is of somebody whom {id} erased", linked.number);
        (linked.linked_at < *asked_at).then_some(told)
    });
    Ok(back.collect())
}

/// Whether ledger and database tell the same.
pub async fn examine_ledger(app: &App, workspace: WorkspaceId) -> Result<Vec<Unsound>, DbError> {
    if app.settings.ledger.path().is_none() {
        return Ok(Vec::new());
    }
    let lines = match ledger::read(app).await {
        Ok(lines) => lines,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let told: HashSet<ErasureId> = lines
        .into_iter()
        .filter_map(|line| match line {
            Line::Begun(begun) if begun.workspace == workspace => Some(begun.id),
            _ => None,
        })
        .collect();
    let known: HashSet<ErasureId> =
        app.db.read(move |tx| store::all(tx, workspace)).await?.into_iter().map(|erasure| erasure.id).collect();
    let missing = known.difference(&told).map(|id| format!("{id} does not stand in the ledger; start the server once"));
    let unapplied =
        told.difference(&known).map(|id| format!("{id} of the ledger is not applied; start the server once"));
    Ok(missing.chain(unapplied).collect())
}
