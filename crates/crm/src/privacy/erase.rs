//! Erases a person: begins in one transaction, and answers with the certificate when everything is gone.

use std::time::Duration;

use db::{DbError, Tx};
use thiserror::Error;
use words::{ErasureId, ProfileId, Timestamp, WorkspaceId};

use super::finish::finish;
use super::ledger::{self, Begun, LedgerError, Line};
use super::model::{Counts, EraseWanted, Erasure, Issued, State, Unfinished, mark_of};
use super::store;
use crate::consent::{self, Suppression, SuppressionReason};
use crate::intake;
use crate::kernel::{Actor, App, Changed, Mark, Vault};
use crate::stream::{self, Leaving, Whom};
use crate::workspaces::{AuditEntry, AuditMoment, record_audit};

/// How long a caller waits for the certificate; the erasure goes on without him.
const WAIT: Duration = Duration::from_secs(20);

#[derive(Debug, Error)]
pub enum EraseError {
    #[error("there is no such person")]
    NotFound,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Erases the whole person that a profile's id leads to. Who was erased before has his certificate told again.
///
/// When it answers, the tombstone is in the database and in the ledger, and nobody finds the person any more; the
/// erasure is [`State::Begun`] when deleting what is left takes longer than a caller waits.
pub async fn erase_person(
    app: &App,
    actor: &Actor,
    profile: ProfileId,
    wanted: EraseWanted,
) -> Result<Erasure, EraseError> {
    let workspace = actor.workspace;
    let begun = match begin(app, actor, profile, wanted).await? {
        Beginning::New(erasure, suppressions) => {
            ledger::append(app, vec![Line::begun(workspace, &erasure, suppressions)]).await?;
            *erasure
        }
        Beginning::Old(erasure) if erasure.state == State::Done => return Ok(*erasure),
        Beginning::Old(erasure) => *erasure,
    };
    let (own, id) = (app.clone(), begun.id);
    // Goes on when the caller goes away; what a crash interrupts, the worker or the next start finishes.
    let work = tokio::spawn(async move { finish(&own, &[(workspace, id)], None).await });
    match tokio::time::timeout(WAIT, work).await {
        Ok(Ok(Err(error))) => tracing::error!(%error, "an erasure has begun and was interrupted; it is tried again"),
        Ok(Err(error)) => tracing::error!(%error, "an erasure has begun and was interrupted; it is tried again"),
        Ok(Ok(Ok(()))) | Err(_) => {}
    }
    let now = app.db.read(move |tx| store::erasure(tx, workspace, id)).await?;
    Ok(now.unwrap_or(begun))
}

enum Beginning {
    New(Box<Erasure>, Vec<Suppression>),
    /// Somebody had begun it before.
    Old(Box<Erasure>),
}

async fn begin(app: &App, actor: &Actor, profile: ProfileId, wanted: EraseWanted) -> Result<Beginning, EraseError> {
    let (actor, moment, vault) = (actor.clone(), AuditMoment::of(app), app.settings.vault.clone());
    let id = ErasureId::from_parts(moment.now, app.id_bytes());
    let (plans, chance) = (app.stream.plans().clone(), app.chance.clone());
    let (workspace, news) = (actor.workspace, app.news.clone());
    let begin = move |tx: &mut Tx<'_>| {
        let whom = Whom::PersonOf(profile);
        let taken = stream::take_out(tx, workspace, &whom, moment.now, (&plans, &chance))?;
        let Some((leaving, seq)) = taken else {
            let old = store::erasure_of_profile(tx, workspace, profile)?.ok_or(EraseError::NotFound)?;
            return Ok(Beginning::Old(Box::new(old)));
        };
        let suppressions = suppressions_of(&vault, workspace, &leaving, wanted, moment.now);
        let begun = Begun {
            workspace,
            id,
            no: store::highest_no(tx, workspace)? + 1,
            reason: wanted.reason,
            asked_by: actor.to_string(),
            asked_at: moment.now,
            profiles: leaving.profiles.clone(),
            marks: marks_of(&vault, workspace, &leaving),
            suppressions,
        };
        let erasure = bury(tx, &begun, leaving, None)?;
        record_audit(tx, &actor, &moment, &AuditEntry::new("person_erased", &profile).detail(&id))?;
        tx.after_commit(move || news.tell(Changed { workspace, seq }));
        Ok::<_, EraseError>(Beginning::New(Box::new(erasure), begun.suppressions))
    };
    app.db.write(begin).await
}

/// Writes the tombstone of somebody who was just taken out, with all that is done in the same transaction.
pub(super) fn bury(
    tx: &mut Tx<'_>,
    begun: &Begun,
    leaving: Leaving,
    issued: Option<Issued>,
) -> Result<Erasure, DbError> {
    let workspace = begun.workspace;
    let mut erased = leaving.erased;
    erased.rejects = intake::forget_rejects_about(tx, workspace, &leaving.texts)? as u64;
    consent::suppress(tx, workspace, &begun.suppressions)?;
    let erasure = Erasure {
        no: begun.no,
        id: begun.id,
        state: State::Begun,
        reason: begun.reason,
        asked_by: begun.asked_by.clone(),
        asked_at: begun.asked_at,
        done_at: None,
        profiles: begun.profiles.clone(),
        marks: begun.marks.clone(),
        counts: Counts { erased, suppressed: begun.suppressions.len() as u64 },
        unfinished: Some(Unfinished { numbers: leaving.numbers, issued }),
        code: Mark::default(),
    };
    store::insert(tx, workspace, &erasure)?;
    Ok(erasure)
}

fn marks_of(vault: &Vault, workspace: WorkspaceId, leaving: &Leaving) -> Vec<String> {
    leaving.identifiers.iter().map(|one| mark_of(vault, workspace, &one.kind, &one.value)).collect()
}

/// Of each channel the addresses that must not be written to again.
fn suppressions_of(
    vault: &Vault,
    workspace: WorkspaceId,
    leaving: &Leaving,
    wanted: EraseWanted,
    at: Timestamp,
) -> Vec<Suppression> {
    let mut all = Vec::new();
    for (channel, kind) in consent::CHANNELS {
        let reason = match (wanted.never_contact, leaving.refused.contains(channel)) {
            (true, _) => SuppressionReason::NeverAgain,
            (false, true) => SuppressionReason::Refused,
            (false, false) => continue,
        };
        let addresses = leaving.identifiers.iter().filter(|one| one.kind == kind);
        all.extend(addresses.map(|one| Suppression {
            channel: channel.to_owned(),
            mark: consent::mark_of(vault, workspace, channel, &one.value),
            reason,
            at,
        }));
    }
    all
}
