//! A member's passkeys: what he sees of them, their names, and giving one up.

use db::DbError;
use uuid::Uuid;
use words::{Timestamp, UserId};

use super::super::audit::{AuditEntry, AuditMoment, record_audit};
use super::super::second_factor::forget_codes_without_factor;
use super::super::store;
use super::relying_party::relying_party;
use crate::kernel::{Actor, App};

/// One line of the list of one's own passkeys.
#[derive(Clone, Debug)]
pub(in crate::workspaces) struct PasskeyLine {
    pub id: Uuid,
    pub name: String,
    /// The name of the address for which it was made: it works under no other.
    pub party: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A user's passkeys, the newest first.
pub(in crate::workspaces) async fn list_passkeys(app: &App, user: UserId) -> Result<Vec<PasskeyLine>, DbError> {
    app.db.read(move |tx| store::passkeys::passkeys(tx, user)).await
}

/// Whether this user holds a passkey that works under the public address.
pub(in crate::workspaces) async fn has_passkeys_here(app: &App, user: UserId) -> Result<bool, DbError> {
    let Ok(party) = relying_party(&app.settings.public_url) else { return Ok(false) };
    app.db.read(move |tx| Ok(!store::passkeys::credential_ids(tx, user, &party.id)?.is_empty())).await
}

/// Calls a passkey something else; false when it is not the user's.
pub(in crate::workspaces) async fn rename_passkey(
    app: &App,
    actor: &Actor,
    (user, passkey): (UserId, Uuid),
    name: String,
) -> Result<bool, DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            if !store::passkeys::rename(tx, user, passkey, &name)? {
                return Ok(false);
            }
            record_audit(tx, &actor, &moment, &AuditEntry::new("passkey_renamed", &user).detail(&name))?;
            Ok(true)
        })
        .await
}

/// Gives a passkey up and ends the user's other sessions; false when it is not his.
pub(in crate::workspaces) async fn remove_passkey(
    app: &App,
    actor: &Actor,
    (user, passkey): (UserId, Uuid),
    session: Uuid,
) -> Result<bool, DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            store::second_factor::lock_user(tx, user)?;
            let Some(name) = store::passkeys::name(tx, user, passkey)? else { return Ok(false) };
            store::passkeys::delete(tx, user, passkey)?;
            forget_codes_without_factor(tx, user)?;
            store::delete_other_sessions(tx, user, session)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("passkey_removed", &user).detail(&name))?;
            Ok(true)
        })
        .await
}
