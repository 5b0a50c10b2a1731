//! Answering an invitation: a new member chooses his name and password; somebody who signs in elsewhere proves himself.

use db::DbError;
use thiserror::Error;
use words::{EmailAddress, Span, UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::client_address::ClientAddress;
use super::one_time_links::{OneTimeLink, Purpose, find_link, use_link};
use super::password::{HashError, PasswordError, check_password, hash_password};
use super::second_step::{Door, Entry};
use super::sign_in::{Credentials, SignInError, prove_identity};
use super::store::{self, NewUser};
use crate::kernel::{Actor, ActorKind, App, Language, Role};

/// Why nobody joined.
#[derive(Debug, Error)]
pub enum JoinError {
    #[error("this invitation does not work (any more); ask for a new one")]
    NoSuchInvitation,
    #[error("the password is not the one of this address")]
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

impl From<SignInError> for JoinError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::WrongPassword,
            SignInError::TooSoon { wait } => Self::TooSoon { wait },
            SignInError::Hash(error) => Self::Hash(error),
            SignInError::Db(error) => Self::Db(error),
        }
    }
}

/// What the invited person is shown.
#[derive(Clone, Debug)]
pub(super) struct Invitation {
    pub shop_name: String,
    pub email: EmailAddress,
    pub role: Role,
    /// He signs in to another workspace with this address: he has a name and a password.
    pub is_known: bool,
}

/// What the invited person answers.
pub(super) struct Answer {
    pub name: String,
    pub password: String,
    pub language: Language,
    pub device: String,
    pub address: ClientAddress,
}

/// The invitation of a link that still works.
pub(super) async fn find_invitation(app: &App, token: String) -> Result<Option<Invitation>, DbError> {
    let now = app.now();
    app.db
        .read(move |tx| {
            let Some(offer) = find_link(tx, Purpose::Join, &token, now)?.as_ref().and_then(offer_of) else {
                return Ok(None);
            };
            let Some(workspace) = store::workspace(tx, offer.workspace)? else { return Ok(None) };
            let is_known = store::account(tx, &offer.email)?.is_some();
            Ok(Some(Invitation { shop_name: workspace.settings.name, email: offer.email, role: offer.role, is_known }))
        })
        .await
}

/// Makes the invited person a member, uses the link up, and signs him in.
pub(super) async fn join(app: &App, token: String, answer: Answer) -> Result<Entry, JoinError> {
    let invitation = find_invitation(app, token.clone()).await?.ok_or(JoinError::NoSuchInvitation)?;
    let newcomer = prove_or_make_user(app, &invitation, &answer).await?;
    let (now, moment) = (app.now(), AuditMoment::of(app));
    let door = Door::new(app, answer.device);
    app.db
        .write(move |tx| {
            let used = use_link(tx, Purpose::Join, &token, now)?;
            let offer = used.as_ref().and_then(offer_of).ok_or(JoinError::NoSuchInvitation)?;
            let user = match &newcomer {
                Newcomer::Known(user) => *user,
                // Somebody who became known since the page was shown has a password that no invitation may replace.
                Newcomer::New(row) if store::account(tx, &row.email)?.is_some() => {
                    return Err(JoinError::NoSuchInvitation);
                }
                Newcomer::New(row) => store::put_user(tx, row, now)?,
            };
            store::put_member(tx, offer.workspace, user, offer.role, now)?;
            let actor = Actor { workspace: offer.workspace, kind: ActorKind::Member { user, role: offer.role } };
            record_audit(tx, &actor, &moment, &AuditEntry::new("member_joined", &user).detail(&offer.role))?;
            Ok(door.enter(tx, offer.workspace, user, offer.role)?)
        })
        .await
}

/// What an invitation's row must hold; one without it was not made by `invite`.
pub(super) struct Offer {
    pub workspace: WorkspaceId,
    pub email: EmailAddress,
    pub role: Role,
}

pub(super) fn offer_of(link: &OneTimeLink) -> Option<Offer> {
    let concerns = link.concerns.clone();
    Some(Offer { workspace: concerns.workspace?, email: concerns.email?, role: concerns.role? })
}

#[derive(Clone)]
enum Newcomer {
    Known(UserId),
    New(NewUser),
}

async fn prove_or_make_user(app: &App, invitation: &Invitation, answer: &Answer) -> Result<Newcomer, JoinError> {
    if invitation.is_known {
        let credentials = Credentials {
            email: invitation.email.to_string(),
            password: answer.password.clone(),
            address: answer.address,
            device: answer.device.clone(),
            previous_token: None,
        };
        let account = prove_identity(app, &credentials).await?.ok_or(JoinError::WrongPassword)?;
        return Ok(Newcomer::Known(account.user));
    }
    check_password(&answer.password, &[&answer.name, invitation.email.as_str(), &invitation.shop_name])?;
    Ok(Newcomer::New(NewUser {
        id: UserId::from_parts(app.now(), app.id_bytes()),
        email: invitation.email.clone(),
        name: answer.name.clone(),
        password_hash: Some(hash_password(&app.chance, answer.password.clone()).await?),
        language: answer.language,
    }))
}
