//! A challenge that this server made, that one browser holds, and that counts once and for a short while.
//!
//! It is kept in the database, so that whichever process gets the answer knows it. Who may answer is whoever holds the
//! token of the session, of the second step, or of the sign-in page to which it was given.

use db::{DbError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use words::{Span, Timestamp, UserId};

use super::super::secrets::{Digest, digest};
use super::super::store;
use crate::kernel::{App, corrupt};

/// What a challenge is for: an answer to one is none to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workspaces) enum Ceremony {
    Add,
    SignIn,
    SecondStep,
    ProveAnew,
}

impl Ceremony {
    pub const ALL: [Self; 4] = [Self::Add, Self::SignIn, Self::SecondStep, Self::ProveAnew];

    pub fn code(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign-in",
            Self::SecondStep => "second-step",
            Self::ProveAnew => "prove-anew",
        }
    }
}

/// Time to fetch a phone and unlock it.
pub(in crate::workspaces) const LIFETIME: Span = Span::from_minutes(5);

/// A challenge as it is stored.
#[derive(Clone)]
pub(in crate::workspaces) struct Challenge {
    pub digest: Digest,
    pub ceremony: Ceremony,
    /// The digest of the token of whoever may answer.
    pub holder: Digest,
    /// Who must answer; nobody in particular at the sign-in page.
    pub user: Option<UserId>,
    /// What the library keeps of it, as JSON.
    pub state: String,
    pub expires_at: Timestamp,
}

/// Keeps the challenge of these options, and gives what the browser hands to the authenticator.
pub(super) async fn keep(
    app: &App,
    (ceremony, user): (Ceremony, Option<UserId>),
    holder: &str,
    mut options: Value,
    state: &impl Serialize,
) -> Result<Value, DbError> {
    let options = options["publicKey"].take();
    let now = app.now();
    let challenge = Challenge {
        digest: digest(options["challenge"].as_str().unwrap_or_default()),
        ceremony,
        holder: digest(holder),
        user,
        state: serde_json::to_string(state).map_err(corrupt)?,
        expires_at: now.plus(LIFETIME),
    };
    app.db
        .write(move |tx| {
            store::passkeys::forget_old_challenges(tx, now)?;
            store::passkeys::insert_challenge(tx, &challenge)
        })
        .await?;
    Ok(options)
}

/// The challenge that this browser holds, used up: of two answers that come at once, one gets it.
pub(super) fn take(
    tx: &mut Tx,
    ceremony: Ceremony,
    holder: &Digest,
    challenge: &Digest,
    now: Timestamp,
) -> Result<Option<Challenge>, DbError> {
    let found = store::passkeys::challenge(tx, challenge)?;
    let is_right = |found: &Challenge| found.ceremony == ceremony && found.holder == *holder && found.expires_at > now;
    let Some(found) = found.filter(is_right) else { return Ok(None) };
    Ok(store::passkeys::delete_challenge(tx, challenge)?.then_some(found))
}

/// What the browser wrote beside the signature, as far as it is read here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    challenge: String,
    #[serde(default)]
    cross_origin: bool,
}

/// The digest of the challenge that was answered, and by a page that no other site has framed.
pub(super) fn answered_challenge(client_data: &[u8]) -> Option<Digest> {
    let data: ClientData = serde_json::from_slice(client_data).ok()?;
    (!data.cross_origin).then(|| digest(&data.challenge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_from_inside_a_frame_of_another_site_is_none() {
        let said = |rest: &str| answered_challenge(format!(r#"{{"challenge": "abc"{rest}}}"#).as_bytes());
        assert_eq!(said(""), Some(digest("abc")));
        assert_eq!(said(r#", "crossOrigin": false, "type": "webauthn.get""#), Some(digest("abc")));
        assert_eq!(said(r#", "crossOrigin": true"#), None);
        assert_eq!(answered_challenge(b"{}"), None);
        assert_eq!(answered_challenge(b"not json"), None);
    }
}
