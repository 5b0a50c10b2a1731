//! Links that work once and for a short while: set-up, invitation, new password.
//!
//! The address holds 256 random bits, the database their digest. The host comes from the settings and never from a
//! request, so that nobody can have a link made that leads elsewhere.

use db::{DbError, Tx};
use uuid::Uuid;
use words::{EmailAddress, Span, Timestamp, UserId, WorkspaceId};

use super::audit::new_row_id;
use super::secrets::{Digest, digest, new_token};
use super::store;
use crate::kernel::{App, Role};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    SetUp,
    Join,
    ResetPassword,
    /// Signing in with one click: made for the demo shop alone.
    SignIn,
    /// The password was right; the second factor is still to come. Kept in a cookie instead of an address.
    SecondStep,
}

impl Purpose {
    pub const ALL: [Self; 5] = [Self::SetUp, Self::Join, Self::ResetPassword, Self::SignIn, Self::SecondStep];

    /// The word in the database and the first part of the path.
    pub fn code(self) -> &'static str {
        match self {
            Self::SetUp => "setup",
            Self::Join => "join",
            Self::ResetPassword => "reset",
            Self::SignIn => "enter",
            Self::SecondStep => "second-step",
        }
    }

    pub const LONGEST: Span = Span::from_days(7);

    pub fn lifetime(self) -> Span {
        match self {
            Self::SetUp => Span::from_hours(1),
            Self::Join => Self::LONGEST,
            Self::ResetPassword => Span::from_minutes(30),
            Self::SignIn => Span::from_hours(1),
            Self::SecondStep => Span::from_minutes(10),
        }
    }
}

/// Whom a link concerns, as far as is known when it is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Concerns {
    pub workspace: Option<WorkspaceId>,
    pub user: Option<UserId>,
    pub role: Option<Role>,
    pub email: Option<EmailAddress>,
}

/// A link as it is stored.
#[derive(Clone, Debug)]
pub(super) struct OneTimeLink {
    pub id: Uuid,
    pub purpose: Purpose,
    pub concerns: Concerns,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A new link: the row to insert, its digest, and the address to show once.
#[derive(Clone)]
pub(super) struct NewLink {
    pub row: OneTimeLink,
    pub digest: Digest,
    pub token: String,
    pub url: String,
}

pub(super) fn new_link(app: &App, purpose: Purpose, concerns: Concerns) -> NewLink {
    let token = new_token(&app.chance);
    let now = app.now();
    NewLink {
        row: OneTimeLink {
            id: new_row_id(app),
            purpose,
            concerns,
            created_at: now,
            expires_at: now.plus(purpose.lifetime()),
        },
        digest: token.digest,
        token: token.text.clone(),
        url: format!("{}/{}/{}", app.settings.public_url, purpose.code(), token.text),
    }
}

/// The link of a token that still works.
pub(super) fn find_link(
    tx: &mut Tx,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> Result<Option<OneTimeLink>, DbError> {
    store::one_time_link(tx, purpose, &digest(token), now)
}

/// The same, used up: of two requests that come at once, one gets it.
pub(super) fn use_link(
    tx: &mut Tx,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> Result<Option<OneTimeLink>, DbError> {
    let digest = digest(token);
    if !store::mark_link_used(tx, purpose, &digest, now)? {
        return Ok(None);
    }
    store::used_link(tx, &digest)
}
