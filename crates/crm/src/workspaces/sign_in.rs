//! Signing in: the brake, the password, a new session.

use db::DbError;
use thiserror::Error;
use words::{Span, UserId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::brake::{Attempt, Payment, Tries};
use super::client_address::ClientAddress;
use super::password::{HashError, Verdict, compare_password, hash_password};
use super::second_step::{Door, Entry};
use super::secrets::digest;
use super::store::{self, Account};
use crate::kernel::{Actor, App};

/// What somebody typed, and from where.
#[derive(Clone)]
pub struct Credentials {
    pub email: String,
    pub password: String,
    pub address: ClientAddress,
    /// "Firefox · Windows", for the list of sessions.
    pub device: String,
    /// The token of the session that this browser has: it ends, so that nobody can have planted it.
    pub previous_token: Option<String>,
}

/// Why nobody was signed in. Unknown address, wrong password and disabled member are one answer, after the same time.
#[derive(Debug, Error)]
pub enum SignInError {
    #[error("the address or the password is not right")]
    Refused,
    #[error("too many tries; wait {} s", wait.as_millis() / 1000)]
    TooSoon { wait: Span },
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Lets in who knows the password, or leads him to the second step.
pub async fn sign_in(app: &App, credentials: Credentials) -> Result<Entry, SignInError> {
    let account = prove_identity(app, &credentials).await?.ok_or(SignInError::Refused)?;
    let (now, door) = (app.now(), Door::new(app, credentials.device));
    let previous = credentials.previous_token.map(|token| digest(&token));
    app.db
        .write(move |tx| {
            if let Some(previous) = previous {
                store::delete_session_of_token(tx, &previous)?;
            }
            let Some((workspace, role)) = store::first_membership(tx, account.user)? else {
                return Err(SignInError::Refused);
            };
            store::delete_old_links(tx, now)?;
            Ok(door.enter(tx, workspace, account.user, role)?)
        })
        .await
}

/// Pays for a try and compares the password; hashes it again when the parameters have grown.
pub(super) async fn prove_identity(app: &App, credentials: &Credentials) -> Result<Option<Account>, SignInError> {
    let account = pay_and_find(app, credentials).await?;
    let stored = account.as_ref().and_then(|account| account.password_hash.clone());
    let verdict = compare_password(credentials.password.clone(), stored).await?;
    let refused = account.as_ref().map(|account| account.user);
    let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
        record_refusal(app, refused).await?;
        return Ok(None);
    };
    let stronger = match verdict {
        Verdict::RightButWeak => Some(hash_password(&app.chance, credentials.password.clone()).await?),
        _ => None,
    };
    let attempt = Attempt::new(&credentials.email, credentials.address);
    let (now, user) = (app.now(), account.user);
    app.db
        .write(move |tx| {
            if let Some(hash) = &stronger {
                store::set_password_hash(tx, user, hash)?;
            }
            attempt.forgive(tx, now)
        })
        .await?;
    Ok(Some(account))
}

/// Somebody unknown belongs to no shop's trail. A row that is forgotten at once is written for him instead, so that he
/// waits for the disk as long as somebody known.
async fn record_refusal(app: &App, user: Option<UserId>) -> Result<(), DbError> {
    let moment = AuditMoment::of(app);
    app.db
        .write(move |tx| {
            let shop = match user {
                Some(user) => store::first_membership(tx, user)?.map(|(workspace, _)| (user, workspace)),
                None => None,
            };
            let Some((user, workspace)) = shop else {
                return store::put_tries(tx, "nobody", Tries { count: 0, last_at: moment.now }, moment.now);
            };
            record_audit(tx, &Actor::system(workspace), &moment, &AuditEntry::new("sign_in_refused", &user))
        })
        .await
}

async fn pay_and_find(app: &App, credentials: &Credentials) -> Result<Option<Account>, SignInError> {
    let attempt = Attempt::new(&credentials.email, credentials.address);
    let (now, email) = (app.now(), credentials.email.parse().ok());
    app.db
        .write(move |tx| match attempt.pay(tx, now)? {
            Payment::Wait(wait) => Err(SignInError::TooSoon { wait }),
            Payment::Paid => Ok(match &email {
                Some(email) => store::account(tx, email)?,
                None => None,
            }),
        })
        .await
}
