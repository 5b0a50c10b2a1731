//! A new password for a member who lost his: an administrator makes a link, the member chooses.

use db::DbError;
use thiserror::Error;
use words::{EmailAddress, UserId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::manage_members::{MemberError, changeable_member};
use super::one_time_links::{Concerns, Purpose, find_link, new_link, use_link};
use super::password::{HashError, PasswordError, check_password, hash_password};
use super::store;
use crate::kernel::{Actor, App};

/// Why the password stays.
#[derive(Debug, Error)]
pub enum ResetError {
    #[error("this link does not work (any more); ask for a new one")]
    NoSuchLink,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The address under which the member chooses a new password, once, within 30 minutes. A member of other workspaces is
/// not for one administrator alone to let in.
pub(super) async fn make_reset_link(app: &App, actor: &Actor, user: UserId) -> Result<String, MemberError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    let concerns = Concerns { workspace: Some(actor.workspace), user: Some(user), ..Concerns::default() };
    let link = new_link(app, Purpose::ResetPassword, concerns);
    app.db
        .write(move |tx| {
            changeable_member(tx, &actor, user)?;
            if store::is_member_elsewhere(tx, actor.workspace, user)? {
                return Err(MemberError::SignsInElsewhere);
            }
            store::delete_reset_links_of(tx, user)?;
            store::insert_link(tx, &link.row, &link.digest, &actor.to_string())?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("password_reset_link_made", &user))?;
            Ok(link.url.clone())
        })
        .await
}

/// Whose password a link that still works is for.
pub(super) async fn find_reset(app: &App, token: String) -> Result<Option<EmailAddress>, DbError> {
    let now = app.now();
    app.db
        .read(move |tx| match find_link(tx, Purpose::ResetPassword, &token, now)?.and_then(|link| link.concerns.user) {
            Some(user) => store::address_of(tx, user),
            None => Ok(None),
        })
        .await
}

/// Sets the new password and ends every session of the member. He signs in with it like anybody else.
pub(super) async fn reset_password(app: &App, token: String, password: String) -> Result<(), ResetError> {
    let email = find_reset(app, token.clone()).await?.ok_or(ResetError::NoSuchLink)?;
    check_password(&password, &[email.as_str()])?;
    let hash = hash_password(&app.chance, password).await?;
    let (now, moment) = (app.now(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            let concerns = use_link(tx, Purpose::ResetPassword, &token, now)?.map(|link| link.concerns);
            let Some((user, workspace)) = concerns.and_then(|concerns| concerns.user.zip(concerns.workspace)) else {
                return Err(ResetError::NoSuchLink);
            };
            store::set_password_hash(tx, user, &hash)?;
            store::delete_sessions_of(tx, user)?;
            store::delete_reset_links_of(tx, user)?;
            record_audit(tx, &Actor::system(workspace), &moment, &AuditEntry::new("password_reset", &user))?;
            Ok(())
        })
        .await
}
