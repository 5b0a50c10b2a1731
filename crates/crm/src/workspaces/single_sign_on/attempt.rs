//! The way to the provider: a state that works once, for ten minutes, in the browser that began.
//!
//! The browser's cookie holds 256 random bits, the address another 256; the database holds the digests of both. Nonce and
//! code verifier are made from the two, so nobody who reads the database can go on with somebody's sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use words::{Span, Timestamp, UserId};

use super::SignOnError;
use super::provider::{Proofs, Provider};
use crate::kernel::App;
use crate::workspaces::brake::{Payment, pay_for_departure};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::secrets::{Digest, digest, new_token};
use crate::workspaces::store::single_sign_on as store;

/// What somebody goes to the provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workspaces) enum Aim {
    SignIn,
    /// To prove in an open session that it is still he.
    Prove,
    /// To link his account to that of the provider.
    Link,
}

impl Aim {
    pub const ALL: [Self; 3] = [Self::SignIn, Self::Prove, Self::Link];

    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Prove => "prove",
            Self::Link => "link",
        }
    }
}

/// Somebody on his way to the provider and back.
#[derive(Clone, Debug)]
pub(in crate::workspaces) struct Attempt {
    pub aim: Aim,
    /// The session in which he proves himself or links his account, and whose it is.
    pub session: Option<(Uuid, UserId)>,
    /// Where he wanted to go.
    pub next: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Attempt {
    /// Time to find one's password, and no more.
    pub const LIFETIME: Span = Span::from_minutes(10);
}

/// From where somebody leaves, and where he wants to be afterwards.
#[derive(Clone, Copy)]
pub(in crate::workspaces) struct Leaving<'a> {
    pub address: ClientAddress,
    pub next: &'a str,
}

/// Where to send the browser, and the cookie it keeps meanwhile.
pub(in crate::workspaces) struct Begun {
    pub url: String,
    pub cookie: String,
}

/// A path of ours is a few hundred letters at most.
const LONGEST_NEXT: usize = 2_000;

/// Remembers the attempt and answers where it goes on.
pub(in crate::workspaces) async fn begin(
    app: &App,
    provider: &Provider,
    aim: Aim,
    session: Option<(Uuid, UserId)>,
    leaving: Leaving<'_>,
) -> Result<Begun, SignOnError> {
    let now = app.now();
    let (state, browser) = (new_token(&app.chance), new_token(&app.chance));
    let proofs = proofs(&state.text, &browser.text);
    let url = provider.address_to(app, aim, &state.text, &proofs).await?;
    let (address, next) = (leaving.address, leaving.next);
    let next = if next.len() > LONGEST_NEXT { "/" } else { next }.to_owned();
    let attempt = Attempt { aim, session, next, created_at: now, expires_at: now.plus(Attempt::LIFETIME) };
    app.db
        .write(move |tx| {
            if let Payment::Wait(_) = pay_for_departure(tx, address, now)? {
                return Err(SignOnError::TooSoon);
            }
            store::delete_old_attempts(tx, now)?;
            Ok(store::insert_attempt(tx, &state.digest, &browser.digest, &attempt)?)
        })
        .await?;
    Ok(Begun { url, cookie: browser.text })
}

/// The attempt of this state and this browser, used up: of two requests that come at once, one gets it.
pub(super) async fn take(app: &App, state: &str, browser: &str) -> Result<Attempt, SignOnError> {
    let (now, digests): (_, [Digest; 2]) = (app.now(), [digest(state), digest(browser)]);
    let taken = app
        .db
        .write(move |tx| {
            let found = store::attempt(tx, &digests[0], &digests[1], now)?;
            let is_mine = found.is_some() && store::delete_attempt(tx, &digests[0])?;
            Ok::<_, db::DbError>(found.filter(|_| is_mine))
        })
        .await?;
    taken.ok_or(SignOnError::Gone)
}

/// What the provider gets at the beginning and sees confirmed at the end.
pub(super) fn proofs(state: &str, browser: &str) -> Proofs {
    Proofs { nonce: derived(browser, "nonce", state), verifier: derived(browser, "code verifier", state) }
}

/// 43 letters, as RFC 7636 asks of a verifier.
fn derived(browser: &str, label: &str, state: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(browser.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(state.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonce_and_verifier_belong_to_one_attempt_of_one_browser() {
        let one = proofs("state", "browser");
        assert_eq!((one.nonce.len(), one.verifier.len()), (43, 43));
        assert_ne!(one.nonce, one.verifier);
        for other in [proofs("state2", "browser"), proofs("state", "browser2")] {
            assert!(one.nonce != other.nonce && one.verifier != other.verifier);
        }
    }
}
