//! Inviting somebody: a link for one person and one role, shown once.

use db::DbError;
use thiserror::Error;
use uuid::Uuid;
use words::EmailAddress;

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::model::Closed;
use super::one_time_links::{Concerns, OneTimeLink, Purpose, new_link};
use super::store;
use crate::kernel::{Actor, ActorKind, App, Role};

/// Why nobody was invited.
#[derive(Debug, Error)]
pub enum InviteError {
    #[error("this person is a member already")]
    AlreadyMember,
    #[error("only an owner may make owners")]
    OnlyOwners,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The address of an invitation that works once, for seven days. An earlier one for the same person ends.
pub async fn invite(app: &App, actor: &Actor, email: EmailAddress, role: Role) -> Result<String, InviteError> {
    if role == Role::Owner && !is_owner(actor) {
        return Err(InviteError::OnlyOwners);
    }
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    let concerns = Concerns {
        workspace: Some(actor.workspace),
        role: Some(role),
        email: Some(email.clone()),
        ..Concerns::default()
    };
    let link = new_link(app, Purpose::Join, concerns);
    app.db
        .write(move |tx| {
            if store::is_member_address(tx, actor.workspace, &email)? {
                return Err(InviteError::AlreadyMember);
            }
            store::delete_invitations_of(tx, actor.workspace, &email)?;
            store::insert_link(tx, &link.row, &link.digest, &actor.to_string())?;
            let entry = AuditEntry::new("member_invited", &link.row.id).detail(&role);
            record_audit(tx, &actor, &moment, &entry)?;
            Ok(link.url.clone())
        })
        .await
}

/// Invitations that still wait for an answer, the newest first.
pub(super) async fn list_invitations(app: &App, actor: &Actor) -> Result<Vec<OneTimeLink>, DbError> {
    let (workspace, now) = (actor.workspace, app.now());
    app.db.read(move |tx| store::invitations(tx, workspace, now)).await
}

/// Ends an invitation.
pub(super) async fn withdraw_invitation(app: &App, actor: &Actor, invitation: Uuid) -> Result<Closed, DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            let closed = store::end_invitation(tx, actor.workspace, invitation, moment.now)?;
            if closed == Closed::Now {
                let entry = AuditEntry::new("invitation_withdrawn", &invitation);
                record_audit(tx, &actor, &moment, &entry)?;
            }
            Ok(closed)
        })
        .await
}

pub(super) fn is_owner(actor: &Actor) -> bool {
    matches!(actor.kind, ActorKind::Member { role: Role::Owner, .. } | ActorKind::System)
}
