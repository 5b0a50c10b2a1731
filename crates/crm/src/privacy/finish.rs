//! What follows the beginning of an erasure, in steps that a crash may interrupt anywhere: events, kept answers, what is
//! left on the disk, the certificate.

use std::time::Duration;

use db::{DbError, Tx};
use thiserror::Error;
use words::{ErasureId, Span, WorkspaceId};

use super::ledger::{self, LedgerError, Line};
use super::model::{Erasure, Issued, State};
use super::settle::note_missing;
use super::store;
use crate::idempotency::{self, AnswerPlace};
use crate::kernel::{App, Changed};
use crate::leases::{self, Lease, Refused};
use crate::stream;
use crate::workspaces;

/// The tables that an erasure deletes from.
const TABLES: &[&str] = &[
    "blocked_identifiers",
    "dead_letters",
    "event_names",
    "event_places",
    "events",
    "idempotency_keys",
    "identifiers",
    "identity_conflicts",
    "leaf_states",
    "merges",
    "order_lines",
    "order_speakers",
    "orders",
    "people",
    "person_states",
    "profiles",
    "rejects",
    "timers",
];

/// How often unfinished erasures are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// So long whoever began one is left to finish it.
const ABANDONED_AFTER: Span = Span::from_millis(30_000);

#[derive(Debug, Error)]
pub enum FinishError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<DbError> for FinishError {
    fn from(error: DbError) -> Self {
        Self::Refused(Refused::Db(error))
    }
}

/// Finishes these erasures together: what is left on the disk is overwritten once for all of them. One that a long reader
/// keeps from being finished stays begun, and is tried again.
pub async fn finish(app: &App, which: &[(WorkspaceId, ErasureId)], lease: Option<Lease>) -> Result<(), FinishError> {
    for (workspace, id) in which {
        while delete_some_events(app, *workspace, *id, lease).await? {}
        forget_answers(app, *workspace, *id, lease).await?;
    }
    if which.is_empty() || !app.db.scrub(TABLES).await? {
        return Ok(());
    }
    for (workspace, id) in which {
        certify(app, *workspace, *id, lease).await?;
    }
    Ok(())
}

/// A step through the events; whether there is more to do.
async fn delete_some_events(
    app: &App,
    workspace: WorkspaceId,
    id: ErasureId,
    lease: Option<Lease>,
) -> Result<bool, Refused> {
    let (news, now) = (app.news.clone(), app.now());
    let step = move |tx: &mut Tx<'_>| {
        leases::hold_if_given(tx, lease)?;
        let Some(mut erasure) = unfinished(tx, workspace, id)? else { return Ok(false) };
        let numbers = erasure.unfinished.as_ref().map(|left| left.numbers.clone()).unwrap_or_default();
        let deleted = stream::delete_events(tx, workspace, &numbers, now)?;
        if deleted == 0 {
            return Ok(false);
        }
        erasure.counts.erased.events += deleted as u64;
        store::update(tx, workspace, &erasure)?;
        let seq = stream::log::newest_seq(tx, workspace)?;
        tx.after_commit(move || news.tell(Changed { workspace, seq }));
        Ok::<_, Refused>(true)
    };
    app.db.write(step).await
}

/// Steps through the answers that are kept for repeated requests.
async fn forget_answers(app: &App, workspace: WorkspaceId, id: ErasureId, lease: Option<Lease>) -> Result<(), Refused> {
    let mut place: Option<AnswerPlace> = Some(Default::default());
    while let Some(after) = place {
        let step = move |tx: &mut Tx<'_>| {
            leases::hold_if_given(tx, lease)?;
            let Some(mut erasure) = unfinished(tx, workspace, id)? else { return Ok(None) };
            let ids: Vec<String> = erasure.profiles.iter().map(ToString::to_string).collect();
            let (forgotten, next) = idempotency::forget_answers_about(tx, workspace, &ids, &after)?;
            if forgotten > 0 {
                erasure.counts.erased.kept_answers += forgotten as u64;
                store::update(tx, workspace, &erasure)?;
            }
            Ok::<_, Refused>(next)
        };
        place = app.db.write(step).await?;
    }
    Ok(())
}

/// Ends an erasure of which nothing is left, in the database and then in the ledger.
async fn certify(app: &App, workspace: WorkspaceId, id: ErasureId, lease: Option<Lease>) -> Result<(), FinishError> {
    let (vault, now) = (app.settings.vault.clone(), app.now());
    let end = move |tx: &mut Tx<'_>| {
        leases::hold_if_given(tx, lease)?;
        tx.lock_workspace(stream::lock_key(workspace))?;
        let Some(mut erasure) = unfinished(tx, workspace, id)? else { return Ok(None) };
        let left = erasure.unfinished.take().unwrap_or_default();
        erasure.state = State::Done;
        match left.issued {
            Some(Issued { done_at, counts, code }) => {
                (erasure.done_at, erasure.counts, erasure.code) = (Some(done_at), counts, code);
            }
            None => {
                erasure.done_at = Some(now.max(erasure.asked_at));
                erasure.code = erasure.proof(&vault, workspace);
            }
        }
        store::update(tx, workspace, &erasure)?;
        Ok::<_, Refused>(Some(erasure))
    };
    let ended: Option<Erasure> = app.db.write(end).await?;
    let line = ended.and_then(|erasure| Line::done(workspace, &erasure));
    Ok(ledger::append(app, line.into_iter().collect()).await?)
}

fn unfinished(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ErasureId) -> Result<Option<Erasure>, DbError> {
    Ok(store::erasure(tx, workspace, id)?.filter(|erasure| erasure.unfinished.is_some()))
}

/// Runs for the life of the process, in one process at a time: finishes what others left.
pub async fn run(app: App) {
    leases::alone(app, Erasing).await;
}

struct Erasing;

impl leases::Work for Erasing {
    const NAME: &'static str = "erasing";

    async fn step(&mut self, app: &App, lease: Lease) -> Result<Duration, Refused> {
        let before = app.now().minus(ABANDONED_AFTER);
        let mut abandoned = all_unfinished(app).await?;
        abandoned.retain(|(_, erasure)| erasure.asked_at <= before);
        let which: Vec<_> = abandoned.into_iter().map(|(workspace, erasure)| (workspace, erasure.id)).collect();
        // Whoever began one may have been interrupted before it stood in the ledger.
        let noted = if which.is_empty() { Ok(0) } else { note_missing(app).await };
        if let Err(error) = noted {
            tracing::error!(%error, "the ledger of erasures could not be written; trying again");
            return Ok(LOOK_EVERY);
        }
        match finish(app, &which, Some(lease)).await {
            Ok(()) => Ok(LOOK_EVERY),
            Err(FinishError::Refused(refused)) => Err(refused),
            Err(FinishError::Ledger(error)) => {
                tracing::error!(%error, "the ledger of erasures could not be written; trying again");
                Ok(LOOK_EVERY)
            }
        }
    }
}

/// The unfinished erasures of all workspaces.
pub(super) async fn all_unfinished(app: &App) -> Result<Vec<(WorkspaceId, Erasure)>, DbError> {
    app.db
        .read(|tx| {
            let mut found = Vec::new();
            for workspace in workspaces::all(tx)? {
                found.extend(store::unfinished(tx, workspace)?.into_iter().map(|erasure| (workspace, erasure)));
            }
            Ok(found)
        })
        .await
}
