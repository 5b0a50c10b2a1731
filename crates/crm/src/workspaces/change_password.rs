//! A member changes his own password: he proves the old one, and his other sessions end.

use db::DbError;
use thiserror::Error;
use uuid::Uuid;
use words::{Span, UserId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::password::{HashError, PasswordError, check_password, hash_password};
use super::sign_in::{Credentials, SignInError, prove_identity};
use super::store;
use crate::kernel::{Actor, App};

/// Why the password stays.
#[derive(Debug, Error)]
pub enum ChangePasswordError {
    #[error("this is not your password")]
    WrongPassword,
    #[error("too many tries; wait {} s", wait.as_millis() / 1000)]
    TooSoon { wait: Span },
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SignInError> for ChangePasswordError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::WrongPassword,
            SignInError::TooSoon { wait } => Self::TooSoon { wait },
            SignInError::Hash(error) => Self::Hash(error),
            SignInError::Db(error) => Self::Db(error),
        }
    }
}

/// The member, in the session that goes on.
pub(super) struct PasswordChange {
    pub user: UserId,
    pub session: Uuid,
    pub names: [String; 2],
    /// The address and the old password.
    pub proof: Credentials,
    pub new_password: String,
}

pub(super) async fn change_password(
    app: &App,
    actor: &Actor,
    change: PasswordChange,
) -> Result<(), ChangePasswordError> {
    let [user_name, shop_name] = &change.names;
    check_password(&change.new_password, &[&change.proof.email, user_name, shop_name])?;
    prove_identity(app, &change.proof).await?.ok_or(ChangePasswordError::WrongPassword)?;
    let hash = hash_password(&app.chance, change.new_password).await?;
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    let (user, session) = (change.user, change.session);
    app.db
        .write(move |tx| {
            store::set_password_hash(tx, user, &hash)?;
            store::delete_other_sessions(tx, user, session)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("password_changed", &user))?;
            Ok(())
        })
        .await
}
