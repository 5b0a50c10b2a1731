//! At the start and after a restore: the database and the ledger are brought to tell the same, before anybody reads.
//!
//! Whoever stands in the ledger and not in the database was erased after the database's backup was made: he is found by
//! the ids of his profiles and by the marks of his identifiers, and erased again. What only the database knows (another
//! server on the same PostgreSQL began it) is added to this ledger.

use std::collections::{HashMap, HashSet};

use db::{DbError, Tx};
use thiserror::Error;
use words::{ErasureId, WorkspaceId};

use super::erase::bury;
use super::finish::{FinishError, all_unfinished, finish};
use super::ledger::{self, Begun, LedgerError, Line};
use super::model::{Erasure, Issued, mark_of};
use super::store;
use crate::consent;
use crate::kernel::{Actor, App, Ledger};
use crate::profiles::{self, IdentifierPlace};
use crate::stream::{self, Whom};
use crate::workspaces::{self, AuditEntry, AuditMoment, record_audit};

/// Identifiers read at once.
const IDENTIFIERS_A_STEP: usize = 5_000;

#[derive(Debug, Error)]
pub enum SettleError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Finish(#[from] FinishError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What had to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// People erased again, as an older copy still held them.
    pub again: usize,
    /// Erasures that had been interrupted.
    pub finished: usize,
    /// Lines that this ledger did not have.
    pub noted: usize,
}

/// Applies the ledger and finishes what was interrupted. Nothing is read, listened to or sent before it has answered.
pub async fn settle(app: &App) -> Result<Settled, SettleError> {
    let lines = ledger::read(app).await?;
    let issued: HashMap<ErasureId, Issued> = lines.iter().filter_map(done_of).collect();
    let begun: Vec<Begun> = lines.iter().filter_map(begun_of).collect();
    let mut settled = Settled::default();
    for workspace in app.db.read(workspaces::all).await? {
        let known: Vec<Erasure> = app.db.read(move |tx| store::all(tx, workspace)).await?;
        let ids: HashSet<ErasureId> = known.iter().map(|erasure| erasure.id).collect();
        let pending = begun.iter().filter(|one| one.workspace == workspace && !ids.contains(&one.id));
        let pending: Vec<Begun> = pending.cloned().collect();
        settled.again += erase_again(app, workspace, pending, &issued).await?;
    }
    let left: Vec<_> = all_unfinished(app).await?.into_iter().map(|(workspace, one)| (workspace, one.id)).collect();
    finish(app, &left, None).await?;
    settled.finished = left.len();
    settled.noted = note_missing(app).await?;
    Ok(settled)
}

fn done_of(line: &Line) -> Option<(ErasureId, Issued)> {
    match line {
        Line::Done { id, issued, .. } => Some((*id, issued.clone())),
        Line::Begun(_) => None,
    }
}

fn begun_of(line: &Line) -> Option<Begun> {
    match line {
        Line::Begun(begun) => Some(begun.clone()),
        Line::Done { .. } => None,
    }
}

async fn erase_again(
    app: &App,
    workspace: WorkspaceId,
    pending: Vec<Begun>,
    issued: &HashMap<ErasureId, Issued>,
) -> Result<usize, SettleError> {
    if pending.is_empty() {
        return Ok(0);
    }
    let mut found = numbers_marked(app, workspace, &pending).await?;
    let mut again = 0;
    for begun in pending {
        let numbers = found.remove(&begun.id).unwrap_or_default();
        let issued = issued.get(&begun.id).cloned();
        again += usize::from(apply(app, begun, numbers, issued).await?);
    }
    Ok(again)
}

/// Walks through all identifiers: whose mark stands in which tombstone.
async fn numbers_marked(
    app: &App,
    workspace: WorkspaceId,
    pending: &[Begun],
) -> Result<HashMap<ErasureId, Vec<i64>>, DbError> {
    let wanted: HashMap<&str, &Begun> =
        pending.iter().flat_map(|one| one.marks.iter().map(move |mark| (mark.as_str(), one))).collect();
    let mut found: HashMap<ErasureId, Vec<i64>> = HashMap::new();
    let mut place = IdentifierPlace::default();
    loop {
        let after = place.clone();
        let read = move |tx: &mut Tx<'_>| profiles::identifiers_after(tx, workspace, &after, IDENTIFIERS_A_STEP);
        let identifiers = app.db.read(read).await?;
        let Some(last) = identifiers.last() else { return Ok(found) };
        place = (last.identifier.kind.clone(), last.identifier.value.clone());
        for linked in &identifiers {
            let mark = mark_of(&app.settings.vault, workspace, &linked.identifier.kind, &linked.identifier.value);
            // Who came back after he was erased is somebody new.
            if let Some(begun) = wanted.get(mark.as_str()).filter(|begun| linked.linked_at <= begun.asked_at) {
                found.entry(begun.id).or_default().push(linked.number);
            }
        }
    }
}

/// Erases again whom one tombstone names; whether anybody was found.
async fn apply(app: &App, begun: Begun, marked: Vec<i64>, issued: Option<Issued>) -> Result<bool, DbError> {
    let (plans, chance, moment) = (app.stream.plans().clone(), app.chance.clone(), AuditMoment::of(app));
    let workspace = begun.workspace;
    let again = move |tx: &mut Tx<'_>| {
        let mut numbers = profiles::numbers_of(tx, workspace, &begun.profiles)?;
        numbers.extend(&marked);
        numbers.sort_unstable();
        numbers.dedup();
        let whom = Whom::Profiles(&numbers);
        let taken = stream::take_out(tx, workspace, &whom, moment.now, (&plans, &chance))?;
        // Another process on the same database was quicker; the lock of the workspace is held by now.
        if store::knows(tx, workspace, begun.id)? {
            return Ok(false);
        }
        let leaving = taken.map(|(leaving, _)| leaving).unwrap_or_default();
        let is_found = !leaving.profiles.is_empty();
        let profiles = begun.profiles.iter().chain(&leaving.profiles).copied();
        let profiles: std::collections::BTreeSet<_> = profiles.collect();
        let no = free_no(tx, &begun)?;
        // The certificate names the profiles that it named when it was given out.
        let named = if issued.is_some() { begun.profiles.clone() } else { profiles.into_iter().collect() };
        let own = Begun { no, profiles: named, ..begun };
        bury(tx, &own, leaving, issued)?;
        let entry = AuditEntry::new("person_erased_again", &own.id);
        record_audit(tx, &Actor::system(workspace), &moment, &entry)?;
        Ok::<_, DbError>(is_found)
    };
    app.db.write(again).await
}

/// The number that the erasure had, unless another has taken it since.
fn free_no(tx: &mut Tx<'_>, begun: &Begun) -> Result<i64, DbError> {
    let taken = store::erasures_before(tx, begun.workspace, begun.no.saturating_add(1), 1)?;
    let is_free = taken.first().is_none_or(|other| other.no != begun.no);
    Ok(if is_free { begun.no } else { store::highest_no(tx, begun.workspace)? + 1 })
}

/// Adds to the ledger what the database alone knows.
pub(super) async fn note_missing(app: &App) -> Result<usize, SettleError> {
    if app.settings.ledger.path().is_none() {
        return Ok(0);
    }
    let lines = ledger::read(app).await?;
    let begun: HashSet<ErasureId> = lines.iter().filter_map(begun_of).map(|one| one.id).collect();
    let done: HashSet<ErasureId> = lines.iter().filter_map(done_of).map(|(id, _)| id).collect();
    let mut missing = Vec::new();
    for workspace in app.db.read(workspaces::all).await? {
        for erasure in app.db.read(move |tx| store::all(tx, workspace)).await?.into_iter().rev() {
            if !begun.contains(&erasure.id) {
                let at = erasure.asked_at;
                let suppressed = app.db.read(move |tx| consent::suppressed_at(tx, workspace, at)).await?;
                missing.push(Line::begun(workspace, &erasure, suppressed));
            }
            missing.extend(Line::done(workspace, &erasure).filter(|_| !done.contains(&erasure.id)));
        }
    }
    let count = missing.len();
    ledger::append(app, missing).await?;
    Ok(count)
}

/// Copies what another ledger holds into this one, for a restore; answers how many lines were new.
pub async fn adopt_ledger(app: &App, other: Ledger) -> Result<usize, SettleError> {
    let own = ledger::read(app).await?;
    let mut new = ledger::read_from(app, other).await?;
    new.retain(|line| !own.contains(line));
    let count = new.len();
    ledger::append(app, new).await?;
    Ok(count)
}
