//! The account of the provider that belongs to a member, as his own page shows it.

use db::DbError;
use words::{Timestamp, UserId};

use super::provider::Provider;
use crate::kernel::{Actor, App};
use crate::workspaces::audit::{AuditEntry, AuditMoment, record_audit};
use crate::workspaces::store::single_sign_on as store;

/// A member who signs in with the provider's account.
#[derive(Clone, Copy, Debug)]
pub(in crate::workspaces) struct Link {
    pub linked_at: Timestamp,
}

/// Whether this member signs in with the provider's account, and since when.
pub(in crate::workspaces) async fn find_link(
    app: &App,
    provider: &Provider,
    user: UserId,
) -> Result<Option<Link>, DbError> {
    let issuer = provider.settings.issuer.clone();
    app.db.read(move |tx| store::link_of(tx, user, &issuer)).await
}

/// Parts a member's account from that of the provider.
pub(in crate::workspaces) async fn remove_link(
    app: &App,
    provider: &Provider,
    actor: &Actor,
    user: UserId,
) -> Result<(), DbError> {
    let (actor, moment, issuer) = (actor.clone(), AuditMoment::of(app), provider.settings.issuer.clone());
    app.db
        .write(move |tx| {
            if store::delete_link(tx, user, &issuer)? {
                record_audit(tx, &actor, &moment, &AuditEntry::new("sso_unlinked", &user).detail(&issuer))?;
            }
            Ok(())
        })
        .await
}
