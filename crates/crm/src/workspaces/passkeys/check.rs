//! Whether an authenticator's signature is right: the challenge, the origin, the name, the user, and that it verified him.

use db::{DbError, Tx};
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PublicKeyCredential, WebauthnError};
use words::{Span, Timestamp, UserId};

use super::super::secrets::{Digest, digest};
use super::super::store;
use super::challenge::{Ceremony, answered_challenge, keep, take};
use super::relying_party::{NoPasskeys, RelyingParty, relying_party};
use crate::kernel::{App, corrupt};

/// Why a passkey proved nothing. Unknown passkey, wrong signature and disabled member are one answer.
#[derive(Debug, Error)]
pub(in crate::workspaces) enum PasskeyError {
    #[error(transparent)]
    Impossible(#[from] NoPasskeys),
    #[error("this passkey is not one that lets in here")]
    Refused,
    #[error("too many tries; wait {} s", wait.as_millis() / 1000)]
    TooSoon { wait: Span },
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a browser gives of an authenticator's answer.
#[derive(Clone)]
struct Given {
    credential: PublicKeyCredential,
    challenge: Digest,
}

impl Given {
    /// Reads the JSON that our script made of it.
    pub fn parse(text: &str) -> Option<Self> {
        let credential: PublicKeyCredential = serde_json::from_str(text).ok()?;
        let challenge = answered_challenge(&credential.response.client_data_json)?;
        Some(Self { credential, challenge })
    }
}

/// An answer to a challenge of one ceremony, by whoever holds a token.
#[derive(Clone)]
pub(in crate::workspaces) struct Signed {
    party: RelyingParty,
    ceremony: Ceremony,
    holder: Digest,
    given: Given,
}

/// Nobody was proved; of whom it was tried, as far as that is known.
pub(in crate::workspaces) struct Refusal {
    pub user: Option<UserId>,
    /// For the trail: `counter` when the passkey may have been copied.
    pub why: &'static str,
}

impl Refusal {
    pub(super) fn of(user: Option<UserId>) -> Self {
        Self { user, why: "" }
    }
}

impl Signed {
    /// Reads an answer; one that cannot be read is refused.
    pub fn parse(app: &App, ceremony: Ceremony, holder: &str, text: &str) -> Result<Self, PasskeyError> {
        let party = relying_party(&app.settings.public_url)?;
        let given = Given::parse(text).ok_or(PasskeyError::Refused)?;
        Ok(Self { party, ceremony, holder: digest(holder), given })
    }

    /// Whose passkey signed. The challenge is used up, whatever comes out; a failure is an answer inside the answer, so
    /// that it stays used up.
    pub fn check(&self, tx: &mut Tx, now: Timestamp) -> Result<Result<UserId, Refusal>, DbError> {
        let Some(challenge) = take(tx, self.ceremony, &self.holder, &self.given.challenge, now)? else {
            return Ok(Err(Refusal::of(None)));
        };
        let credential_id = self.given.credential.get_credential_id();
        let Some(owner) = store::passkeys::owner(tx, &self.party.id, credential_id)? else {
            return Ok(Err(Refusal::of(challenge.user)));
        };
        if challenge.user.is_some_and(|asked| asked != owner) || !self.names(owner) {
            return Ok(Err(Refusal::of(challenge.user.or(Some(owner)))));
        }
        store::second_factor::lock_user(tx, owner)?;
        let Some((id, stored)) = store::passkeys::credential(tx, owner, credential_id)? else {
            return Ok(Err(Refusal::of(Some(owner))));
        };
        match self.verify(&challenge.state, &stored)? {
            Ok(used) => {
                store::passkeys::use_passkey(tx, owner, id, &used, now)?;
                Ok(Ok(owner))
            }
            Err(why) => Ok(Err(Refusal { user: Some(owner), why })),
        }
    }

    /// The authenticator names the user for whom the passkey was made; it must where nobody else does.
    fn names(&self, owner: UserId) -> bool {
        match self.given.credential.get_user_unique_id() {
            Some(handle) => Uuid::from_slice(handle).is_ok_and(|named| named == owner.as_uuid()),
            None => self.ceremony != Ceremony::SignIn,
        }
    }

    /// The passkey as it is to be stored after its use, or a word on why not.
    fn verify(&self, state: &str, stored: &str) -> Result<Result<String, &'static str>, DbError> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(corrupt)?;
        let mut passkey: Passkey = serde_json::from_str(stored).map_err(corrupt)?;
        let webauthn = &self.party.webauthn;
        let outcome = webauthn.finish_discoverable_authentication_v2(&self.given.credential, state, &passkey);
        match outcome {
            Ok(proved) if proved.user_verified() => {
                passkey.update_credential(&proved);
                Ok(Ok(serde_json::to_string(&passkey).map_err(corrupt)?))
            }
            Err(WebauthnError::CredentialPossibleCompromise) => Ok(Err("counter")),
            Ok(_) | Err(_) => Ok(Err("")),
        }
    }
}

/// What a browser hands to an authenticator to prove that it is this user who sits there.
pub(in crate::workspaces) async fn begin_proof(
    app: &App,
    ceremony: Ceremony,
    holder: &str,
    user: UserId,
) -> Result<Value, PasskeyError> {
    let party = relying_party(&app.settings.public_url)?;
    let name = party.id.clone();
    let known = app.db.read(move |tx| store::passkeys::credential_ids(tx, user, &name)).await?;
    let (mut options, state) = start(&party)?;
    let known = known.iter().map(|id| json!({"type": "public-key", "id": base64url(id)}));
    options["publicKey"]["allowCredentials"] = known.collect();
    Ok(keep(app, (ceremony, Some(user)), holder, options, &state).await?)
}

/// Options and state of a proof that asks for user verification. Which passkeys may answer is looked up when one does:
/// it may have been used or removed meanwhile.
pub(super) fn start(party: &RelyingParty) -> Result<(Value, DiscoverableAuthentication), DbError> {
    let (options, state) = party.webauthn.start_discoverable_authentication().map_err(corrupt)?;
    Ok((serde_json::to_value(options).map_err(corrupt)?, state))
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
