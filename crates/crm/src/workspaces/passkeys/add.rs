//! A member adds a passkey to his account. With the first second factor come recovery codes, and other sessions end.

use db::DbError;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;
use webauthn_rs::prelude::{Passkey, PasskeyRegistration, RegisterPublicKeyCredential};
use words::UserId;

use super::super::audit::{AuditEntry, AuditMoment, new_row_id, record_audit};
use super::super::second_factor::{digests_of, has_second_factor, new_recovery_codes};
use super::super::secrets::{Digest, digest};
use super::super::sessions::OpenSession;
use super::super::store;
use super::challenge::{Ceremony, answered_challenge, keep, take};
use super::relying_party::{NoPasskeys, RelyingParty, relying_party};
use crate::kernel::{Actor, App, corrupt};

/// Why no passkey was added.
#[derive(Debug, Error)]
pub(in crate::workspaces) enum AddPasskeyError {
    #[error(transparent)]
    Impossible(#[from] NoPasskeys),
    #[error("this took too long, or the answer of the device was not right; begin again")]
    NotRight,
    #[error("this device holds a passkey for an account here already")]
    KnownAlready,
    #[error("an account has at most 20 passkeys; remove one first")]
    TooMany,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// More devices and keys than anybody carries; every use of one is looked up among them.
const MAX_PASSKEYS: usize = 20;

/// Longer ids are forbidden (Web Authentication level 3, section 4).
const MAX_CREDENTIAL_ID_BYTES: usize = 1023;

/// What a browser hands to an authenticator to have a passkey made.
pub(in crate::workspaces) async fn begin_to_add(
    app: &App,
    session: &OpenSession,
    holder: &str,
) -> Result<Value, AddPasskeyError> {
    let party = relying_party(&app.settings.public_url)?;
    let (user, name) = (session.user, party.id.clone());
    let known = app.db.read(move |tx| store::passkeys::credential_ids(tx, user, &name)).await?;
    if known.len() >= MAX_PASSKEYS {
        return Err(AddPasskeyError::TooMany);
    }
    let started =
        party.webauthn.start_passkey_registration(user.as_uuid(), &session.user_email, &session.user_name, Some(known));
    let (options, state) = started.map_err(corrupt)?;
    let mut options = serde_json::to_value(options).map_err(corrupt)?;
    // A passkey that is found without a list of ids signs in without an address. The library leaves this to the device.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("required");
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(true);
    Ok(keep(app, (Ceremony::Add, Some(user)), holder, options, &state).await?)
}

/// An authenticator's new passkey, and how the member calls it.
pub(in crate::workspaces) struct NewPasskey {
    /// The token of the session in which it was begun.
    pub holder: String,
    pub credential: String,
    pub name: String,
}

/// A passkey to insert.
#[derive(Clone)]
pub(in crate::workspaces) struct PasskeyRow {
    pub id: Uuid,
    pub credential_id: Vec<u8>,
    pub party: String,
    /// The library's form of it, as JSON.
    pub credential: String,
    pub name: String,
}

/// Adds the passkey and ends the member's other sessions. Answers his recovery codes if it is his first second factor.
pub(in crate::workspaces) async fn add_passkey(
    app: &App,
    actor: &Actor,
    (user, session): (UserId, Uuid),
    new: NewPasskey,
) -> Result<Option<Vec<String>>, AddPasskeyError> {
    let attempt = Attempt::parse(app, new)?;
    let codes = new_recovery_codes(app);
    let digests = digests_of(&codes);
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    // An answer inside an answer: a refusal leaves the challenge used up.
    let is_first = app
        .db
        .write(move |tx| {
            store::second_factor::lock_user(tx, user)?;
            let challenge = take(tx, Ceremony::Add, &attempt.holder, &attempt.challenge, moment.now)?;
            let Some(challenge) = challenge.filter(|challenge| challenge.user == Some(user)) else {
                return Ok(Err(AddPasskeyError::NotRight));
            };
            let Some(row) = attempt.finish(&challenge.state)? else { return Ok(Err(AddPasskeyError::NotRight)) };
            if store::passkeys::count(tx, user)? >= MAX_PASSKEYS as i64 {
                return Ok(Err(AddPasskeyError::TooMany));
            }
            let is_first = !has_second_factor(tx, user)?;
            if !store::passkeys::insert(tx, user, &row, moment.now)? {
                return Ok(Err(AddPasskeyError::KnownAlready));
            }
            if is_first {
                store::second_factor::delete_recovery_codes(tx, user)?;
                store::second_factor::insert_recovery_codes(tx, user, &digests)?;
            }
            store::delete_other_sessions(tx, user, session)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("passkey_added", &user).detail(&row.name))?;
            Ok::<_, DbError>(Ok(is_first))
        })
        .await??;
    Ok(is_first.then_some(codes))
}

/// What came back from the browser, read.
#[derive(Clone)]
struct Attempt {
    id: Uuid,
    name: String,
    holder: Digest,
    challenge: Digest,
    party: RelyingParty,
    given: RegisterPublicKeyCredential,
}

impl Attempt {
    fn parse(app: &App, new: NewPasskey) -> Result<Self, AddPasskeyError> {
        let party = relying_party(&app.settings.public_url)?;
        let given: RegisterPublicKeyCredential =
            serde_json::from_str(&new.credential).map_err(|_| AddPasskeyError::NotRight)?;
        let challenge = answered_challenge(&given.response.client_data_json).ok_or(AddPasskeyError::NotRight)?;
        Ok(Self { id: new_row_id(app), name: new.name, holder: digest(&new.holder), challenge, party, given })
    }

    /// The row to insert, if the answer is one to this challenge and its user was verified.
    fn finish(&self, state: &str) -> Result<Option<PasskeyRow>, DbError> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(corrupt)?;
        let Ok(passkey) = self.party.webauthn.finish_passkey_registration(&self.given, &state) else {
            return Ok(None);
        };
        if passkey.cred_id().len() > MAX_CREDENTIAL_ID_BYTES {
            return Ok(None);
        }
        self.row(&passkey).map(Some)
    }

    fn row(&self, passkey: &Passkey) -> Result<PasskeyRow, DbError> {
        Ok(PasskeyRow {
            id: self.id,
            credential_id: passkey.cred_id().to_vec(),
            party: self.party.id.clone(),
            credential: serde_json::to_string(passkey).map_err(corrupt)?,
            name: self.name.clone(),
        })
    }
}
