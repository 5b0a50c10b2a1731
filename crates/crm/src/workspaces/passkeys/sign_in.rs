//! Signing in with a passkey alone: no address, no password, and no second step after it.

use db::{DbError, Tx};
use serde_json::Value;

use super::super::audit::{AuditEntry, AuditMoment, record_audit};
use super::super::brake::{Payment, Tries, forgive_network, pay_for_network};
use super::super::client_address::ClientAddress;
use super::super::second_step::Door;
use super::super::secrets::digest;
use super::super::sessions::NewSession;
use super::super::store;
use super::challenge::{Ceremony, keep};
use super::check::{PasskeyError, Refusal, Signed, start};
use super::relying_party::relying_party;
use crate::kernel::{Actor, App};

/// What a browser hands to an authenticator at the sign-in page: the same for everybody.
pub(in crate::workspaces) async fn begin_sign_in(app: &App, holder: &str) -> Result<Value, PasskeyError> {
    let party = relying_party(&app.settings.public_url)?;
    let (options, state) = start(&party)?;
    Ok(keep(app, (Ceremony::SignIn, None), holder, options, &state).await?)
}

/// An authenticator's answer, and where it comes from.
pub(in crate::workspaces) struct PasskeySignIn {
    /// The token that the browser was given with the challenge.
    pub holder: String,
    pub credential: String,
    pub address: ClientAddress,
    pub device: String,
    /// The token of the session that this browser has: it ends, so that nobody can have planted it.
    pub previous_token: Option<String>,
}

/// Lets in who holds a passkey that verified him.
pub(in crate::workspaces) async fn sign_in_with_passkey(
    app: &App,
    given: PasskeySignIn,
) -> Result<NewSession, PasskeyError> {
    let signed = Signed::parse(app, Ceremony::SignIn, &given.holder, &given.credential)?;
    let (moment, door, address) = (AuditMoment::of(app), Door::new(app, given.device), given.address);
    let previous = given.previous_token.map(|token| digest(&token));
    // An answer inside an answer: a refusal keeps what was paid for it and the challenge used up.
    app.db
        .write(move |tx| {
            let now = moment.now;
            if let Payment::Wait(wait) = pay_for_network(tx, address, now)? {
                return Ok(Err(PasskeyError::TooSoon { wait }));
            }
            let refusal = match signed.check(tx, now)? {
                Err(refusal) => refusal,
                Ok(user) => match store::first_membership(tx, user)? {
                    None => Refusal::of(Some(user)),
                    Some((workspace, role)) => {
                        if let Some(previous) = previous {
                            store::delete_session_of_token(tx, &previous)?;
                        }
                        forgive_network(tx, address, now)?;
                        return Ok(Ok(door.enter_with_both(tx, workspace, user, role)?));
                    }
                },
            };
            record_refusal(tx, &refusal, &moment)?;
            Ok::<_, DbError>(Err(PasskeyError::Refused))
        })
        .await?
}

/// Somebody unknown belongs to no shop's trail; a row that is forgotten at once is written for him instead.
pub(in crate::workspaces) fn record_refusal(
    tx: &mut Tx,
    refusal: &Refusal,
    moment: &AuditMoment,
) -> Result<(), DbError> {
    let shop = match refusal.user {
        Some(user) => store::first_membership(tx, user)?.map(|(workspace, _)| (user, workspace)),
        None => None,
    };
    let Some((user, workspace)) = shop else {
        return store::put_tries(tx, "nobody", Tries { count: 0, last_at: moment.now }, moment.now);
    };
    let entry = AuditEntry::new("passkey_refused", &user).detail(&refusal.why);
    record_audit(tx, &Actor::system(workspace), moment, &entry)
}
