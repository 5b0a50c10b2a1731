//! What a shop asks of its members when they sign in, and proofs that are asked for anew.

use db::DbError;
use uuid::Uuid;
use words::UserId;

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::brake::{Payment, pay_for_code};
use super::passkeys::{Ceremony, PasskeyError, Signed, record_refusal};
use super::sign_in::{Credentials, SignInError, prove_identity};
use super::store;
use crate::kernel::{Actor, App, Role};

/// On a public address, who may do everything needs more than a password. On one's own machine nobody is asked.
pub(super) fn roles_of_a_new_shop(app: &App) -> Vec<Role> {
    if app.settings.is_secure { vec![Role::Admin, Role::Owner] } else { Vec::new() }
}

/// The roles that may do nothing without a second factor.
pub(super) async fn second_factor_roles(app: &App, actor: &Actor) -> Result<Vec<Role>, DbError> {
    let workspace = actor.workspace;
    let found = app.db.read(move |tx| store::workspace(tx, workspace)).await?;
    Ok(found.map(|found| found.second_factor_roles).unwrap_or_default())
}

/// Asks members of these roles for a second factor from their next request on.
pub async fn require_second_factor(app: &App, actor: &Actor, roles: Vec<Role>) -> Result<(), DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            store::set_second_factor_roles(tx, actor.workspace, &roles)?;
            let codes: Vec<&str> = roles.iter().map(|role| role.code()).collect();
            let entry = AuditEntry::new("second_factor_roles_changed", &actor.workspace).detail(&codes.join(" "));
            record_audit(tx, &actor, &moment, &entry)
        })
        .await
}

/// Proves anew, in a session, that it is still the member who sits there.
pub(super) async fn prove_again(
    app: &App,
    user: UserId,
    session: Uuid,
    credentials: &Credentials,
) -> Result<(), SignInError> {
    prove_identity(app, credentials).await?.ok_or(SignInError::Refused)?;
    let now = app.now();
    app.db.write(move |tx| Ok(store::prove_session(tx, session, user, now)?)).await
}

/// The same with a passkey of this member, in place of the password.
pub(super) async fn prove_again_with_passkey(
    app: &App,
    (user, session): (UserId, Uuid),
    holder: &str,
    credential: &str,
) -> Result<(), PasskeyError> {
    let signed = Signed::parse(app, Ceremony::ProveAnew, holder, credential)?;
    let moment = AuditMoment::of(app);
    // An answer inside an answer: a refusal keeps what was paid for it and the challenge used up.
    app.db
        .write(move |tx| {
            if let Payment::Wait(wait) = pay_for_code(tx, user, moment.now)? {
                return Ok(Err(PasskeyError::TooSoon { wait }));
            }
            match signed.check(tx, moment.now)? {
                Ok(proved) if proved == user => store::prove_session(tx, session, user, moment.now).map(Ok),
                Ok(_) => Ok(Err(PasskeyError::Refused)),
                Err(refusal) => {
                    record_refusal(tx, &refusal, &moment)?;
                    Ok(Err(PasskeyError::Refused))
                }
            }
        })
        .await?
}
