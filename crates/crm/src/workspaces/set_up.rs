//! The first start: a link that is printed on the console lets one person, once, become the owner.

use db::DbError;
use thiserror::Error;
use words::{EmailAddress, UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::model::ShopSettings;
use super::one_time_links::{Concerns, Purpose, find_link, new_link, use_link};
use super::password::{HashError, PasswordError, check_password, hash_password};
use super::second_step::{Door, Entry};
use super::security::roles_of_a_new_shop;
use super::store::{self, NewUser};
use crate::kernel::{Actor, ActorKind, App, Role};

/// Why the set-up did not happen.
#[derive(Debug, Error)]
pub enum SetUpError {
    #[error("this set-up link does not work (any more); start the server again for a new one")]
    NoSuchLink,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The first owner, parsed.
pub(super) struct FirstOwner {
    pub name: String,
    pub email: EmailAddress,
    pub password: String,
    pub shop: ShopSettings,
    pub device: String,
}

/// The address of the set-up page while there is no owner: the server prints it at each start. Earlier links end.
pub async fn ensure_setup_link(app: &App) -> Result<Option<String>, DbError> {
    let link = new_link(app, Purpose::SetUp, Concerns::default());
    app.db
        .write(move |tx| {
            if store::has_owner(tx)? {
                return Ok(None);
            }
            store::delete_links_of(tx, Purpose::SetUp)?;
            store::insert_link(tx, &link.row, &link.digest, "system")?;
            Ok(Some(link.url.clone()))
        })
        .await
}

/// Whether a set-up link works now.
pub(super) async fn may_set_up(app: &App, token: String) -> Result<bool, DbError> {
    let now = app.now();
    app.db.read(move |tx| Ok(!store::has_owner(tx)? && find_link(tx, Purpose::SetUp, &token, now)?.is_some())).await
}

/// Makes the owner and his shop, uses the link up, and signs him in.
pub(super) async fn set_up(app: &App, token: String, owner: FirstOwner) -> Result<Entry, SetUpError> {
    if !may_set_up(app, token.clone()).await? {
        return Err(SetUpError::NoSuchLink);
    }
    check_password(&owner.password, &[&owner.name, owner.email.as_str(), &owner.shop.name])?;
    let password_hash = Some(hash_password(&app.chance, owner.password.clone()).await?);
    let (now, moment) = (app.now(), AuditMoment::of(app));
    let workspace = WorkspaceId::from_parts(now, app.id_bytes());
    let user = UserId::from_parts(now, app.id_bytes());
    let door = Door::new(app, owner.device.clone());
    let second_factor_roles = roles_of_a_new_shop(app);
    let row = NewUser { id: user, email: owner.email, name: owner.name, password_hash, language: owner.shop.language };
    app.db
        .write(move |tx| {
            if store::has_owner(tx)? || use_link(tx, Purpose::SetUp, &token, now)?.is_none() {
                return Err(SetUpError::NoSuchLink);
            }
            let workspace = store::put_first_workspace(tx, workspace, &owner.shop, now)?;
            store::set_second_factor_roles(tx, workspace, &second_factor_roles)?;
            let user = store::put_user(tx, &row, now)?;
            store::put_member(tx, workspace, user, Role::Owner, now)?;
            store::delete_links_of(tx, Purpose::SetUp)?;
            let actor = Actor { workspace, kind: ActorKind::Member { user, role: Role::Owner } };
            record_audit(tx, &actor, &moment, &AuditEntry::new("workspace_set_up", &workspace))?;
            Ok(door.enter(tx, workspace, user, Role::Owner)?)
        })
        .await
}
