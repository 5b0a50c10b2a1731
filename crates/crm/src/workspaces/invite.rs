//! Inviting somebody: a link for one person and one role, shown once.

use std::collections::HashMap;

use db::{DbError, Tx};
use thiserror::Error;
use uuid::Uuid;
use words::EmailAddress;

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::model::Closed;
use super::notices::foot;
use super::one_time_links::{Concerns, NewLink, OneTimeLink, Purpose, new_link};
use super::store;
use crate::kernel::texts::{t, t_with};
use crate::kernel::{Actor, ActorKind, App, Role};
use crate::outbox::{self, Kind, Message, State};

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

/// The address of an invitation that works once, for seven days, and goes to the person by mail where mail is set up. An
/// earlier one for the same person ends.
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
            for earlier in store::delete_invitations_of(tx, actor.workspace, &email)? {
                outbox::take_back(tx, actor.workspace, earlier)?;
            }
            store::insert_link(tx, &link.row, &link.digest, &actor.to_string())?;
            let entry = AuditEntry::new("member_invited", &link.row.id).detail(&role);
            record_audit(tx, &actor, &moment, &entry)?;
            if let Some(letter) = letter(tx, &actor, &moment, (&email, role), &link)? {
                moment.post.put(tx, (actor.workspace, link.row.id), Kind::Invitation, &letter)?;
            }
            Ok(link.url.clone())
        })
        .await
}

/// In the language of who has an account here already, else in the shop's.
fn letter(
    tx: &mut Tx,
    actor: &Actor,
    moment: &AuditMoment,
    (email, role): (&EmailAddress, Role),
    link: &NewLink,
) -> Result<Option<Message>, DbError> {
    if !moment.post.is_open() {
        return Ok(None);
    }
    let Some(workspace) = store::workspace(tx, actor.workspace)? else { return Ok(None) };
    let known = match store::account(tx, email)? {
        Some(account) => store::reader(tx, account.user)?.map(|reader| reader.language),
        None => None,
    };
    let (language, shop) = (known.unwrap_or(workspace.settings.language), workspace.settings.name.as_str());
    let role = t(language, &format!("role-{role}")).into_owned();
    let variables = [("shop", shop.into()), ("role", role.into())];
    let letter = Message::new(email.clone(), language, t_with(language, "mail-invitation", &variables).into_owned())
        .before(t_with(language, "mail-invitation-text", &variables))
        .link(t(language, "mail-invitation-link"), link.url.as_str())
        .after(t(language, "mail-invitation-once"))
        .after(foot(language, shop, &moment.post.address_of("")));
    Ok(Some(letter))
}

/// Invitations that still wait for an answer, the newest first, and where their letters stand.
pub(super) async fn list_invitations(
    app: &App,
    actor: &Actor,
) -> Result<(Vec<OneTimeLink>, HashMap<Uuid, State>), DbError> {
    let (workspace, now) = (actor.workspace, app.now());
    app.db
        .read(move |tx| {
            let invitations = store::invitations(tx, workspace, now)?;
            let ids: Vec<Uuid> = invitations.iter().map(|invitation| invitation.id).collect();
            Ok((invitations, outbox::letters(tx, workspace, &ids)?))
        })
        .await
}

/// Ends an invitation, and takes its letter back where it still waits.
pub(super) async fn withdraw_invitation(app: &App, actor: &Actor, invitation: Uuid) -> Result<Closed, DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            let closed = store::end_invitation(tx, actor.workspace, invitation, moment.now)?;
            if closed == Closed::Now {
                let entry = AuditEntry::new("invitation_withdrawn", &invitation);
                record_audit(tx, &actor, &moment, &entry)?;
                outbox::take_back(tx, actor.workspace, invitation)?;
            }
            Ok(closed)
        })
        .await
}

pub(super) fn is_owner(actor: &Actor) -> bool {
    matches!(actor.kind, ActorKind::Member { role: Role::Owner, .. } | ActorKind::System)
}
