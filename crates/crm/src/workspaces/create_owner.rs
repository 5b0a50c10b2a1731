//! `entente admin create`: an owner from the command line, and the way back in for one who lost his password.

use db::DbError;
use thiserror::Error;
use words::{EmailAddress, UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::model::ShopSettings;
use super::one_time_links::Purpose;
use super::password::{HashError, PasswordError, check_password, hash_password};
use super::store::{self, NewUser};
use crate::kernel::{Actor, App, Language, Role};

/// Why no owner was made.
#[derive(Debug, Error)]
pub enum CreateOwnerError {
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Makes this address an owner of the first workspace, and the workspace too when there is none. Somebody known gets the
/// new password, is let in again, and his sessions end.
pub async fn create_owner(
    app: &App,
    email: EmailAddress,
    password: String,
    language: Language,
) -> Result<UserId, CreateOwnerError> {
    check_password(&password, &[email.as_str()])?;
    let password_hash = Some(hash_password(&app.chance, password).await?);
    let (now, moment) = (app.now(), AuditMoment::of(app));
    let workspace = WorkspaceId::from_parts(now, app.id_bytes());
    let name = email.as_str().split('@').next().unwrap_or_default().to_owned();
    let row = NewUser { id: UserId::from_parts(now, app.id_bytes()), email, name, password_hash, language };
    app.db
        .write(move |tx| {
            let workspace = match store::first_workspace(tx)? {
                Some(first) => first.id,
                None => store::put_first_workspace(tx, workspace, &ShopSettings::of_a_new_installation(language), now)?,
            };
            let user = store::put_user(tx, &row, now)?;
            store::put_member(tx, workspace, user, Role::Owner, now)?;
            store::delete_sessions_of(tx, user)?;
            store::delete_links_of(tx, Purpose::SetUp)?;
            record_audit(tx, &Actor::system(workspace), &moment, &AuditEntry::new("owner_created", &user))?;
            Ok(user)
        })
        .await
}
