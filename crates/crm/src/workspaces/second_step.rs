//! What lets a member in: a session at once, or first the second step of a sign-in.

use db::{DbError, Tx};
use serde_json::Value;
use thiserror::Error;
use words::{Span, Timestamp, UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::brake::{Payment, pay_for_code};
use super::notices::meet_device;
use super::one_time_links::{Concerns, NewLink, Purpose, find_link, new_link, use_link};
use super::passkeys::{Ceremony, PasskeyError, Signed, begin_proof, has_passkeys_here, record_refusal};
use super::second_factor::{has_app, has_second_factor, use_code};
use super::secrets::digest;
use super::sessions::{NewSession, SessionRow, begin, new_session_row};
use super::store;
use crate::kernel::{Actor, ActorKind, App, Role, Vault};

/// What somebody gets who proved his first factor.
#[derive(Clone, Debug)]
pub enum Entry {
    Session(NewSession),
    /// The token of the second step, for a cookie; not stored, not logged.
    SecondStep(String),
}

/// What an entry needs, made before its transaction: which of both it will be is known only inside.
#[derive(Clone)]
pub(super) struct Door {
    session: SessionRow,
    step: NewLink,
    moment: AuditMoment,
}

impl Door {
    pub fn new(app: &App, device: String) -> Self {
        Self {
            session: new_session_row(app, device),
            step: new_link(app, Purpose::SecondStep, Concerns::default()),
            moment: AuditMoment::of(app),
        }
    }

    /// Lets in whoever proved his first factor. Every way to a session goes through here or through the second step.
    pub fn enter(&self, tx: &mut Tx, workspace: WorkspaceId, user: UserId, role: Role) -> Result<Entry, DbError> {
        if has_second_factor(tx, user)? {
            return self.ask_for_second_step(tx, workspace, user);
        }
        let actor = Actor { workspace, kind: ActorKind::Member { user, role } };
        record_sign_in(tx, &actor, "signed_in", &self.session.device, &self.moment)?;
        begin(tx, workspace, user, role, &self.session).map(Entry::Session)
    }

    /// Lets in whoever proved both factors at once: with a passkey that verified him.
    pub fn enter_with_both(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
    ) -> Result<NewSession, DbError> {
        let actor = Actor { workspace, kind: ActorKind::Member { user, role } };
        record_sign_in(tx, &actor, "signed_in_with_passkey", &self.session.device, &self.moment)?;
        begin(tx, workspace, user, role, &self.session)
    }

    /// The same for whom an identity provider signed in. Its second factor counts only where the administrator says so,
    /// and a session is fresh only as far as the provider says when he proved himself.
    pub fn enter_proved_elsewhere(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
        proved: ProvedElsewhere,
    ) -> Result<Entry, DbError> {
        if !proved.has_second_factor && has_second_factor(tx, user)? {
            return self.ask_for_second_step(tx, workspace, user);
        }
        let actor = Actor { workspace, kind: ActorKind::Member { user, role } };
        record_sign_in(tx, &actor, "signed_in", &self.session.device, &self.moment)?;
        let proved_at = proved.proved_at.unwrap_or(Timestamp::UNIX_EPOCH).min(self.session.now);
        begin(tx, workspace, user, role, &SessionRow { proved_at, ..self.session.clone() }).map(Entry::Session)
    }

    fn ask_for_second_step(&self, tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<Entry, DbError> {
        let mut link = self.step.row.clone();
        link.concerns = Concerns { workspace: Some(workspace), user: Some(user), ..Concerns::default() };
        store::insert_link(tx, &link, &self.step.digest, &user.to_string())?;
        Ok(Entry::SecondStep(self.step.token.clone()))
    }
}

/// What an identity provider says of how somebody signed in there.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProvedElsewhere {
    /// One that counts here.
    pub has_second_factor: bool,
    pub proved_at: Option<Timestamp>,
}

/// Every sign-in leaves an entry, and its browser is remembered.
fn record_sign_in(
    tx: &mut Tx,
    actor: &Actor,
    action: &'static str,
    device: &str,
    moment: &AuditMoment,
) -> Result<(), DbError> {
    if let Some(user) = actor.user() {
        record_audit(tx, actor, moment, &AuditEntry::new(action, &user))?;
    }
    meet_device(tx, actor, moment, device)
}

/// Why the second step did not lead in.
#[derive(Debug, Error)]
pub enum SecondStepError {
    #[error("this took too long; sign in again")]
    Gone,
    #[error("this code or passkey is not right, or was used already")]
    NotRight,
    #[error("too many tries; wait {} s", wait.as_millis() / 1000)]
    TooSoon { wait: Span },
    #[error("no passkey works under this address")]
    Impossible,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PasskeyError> for SecondStepError {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::Impossible(_) => Self::Impossible,
            PasskeyError::Refused => Self::NotRight,
            PasskeyError::TooSoon { wait } => Self::TooSoon { wait },
            PasskeyError::Db(error) => Self::Db(error),
        }
    }
}

/// What somebody answers to the second step.
#[derive(Clone)]
pub(super) enum SecondAnswer {
    /// Of the app, or a recovery code.
    Code(String),
    /// What cannot be read is no answer, and paid for like one.
    Passkey(Option<Box<Signed>>),
}

/// An answer to the second step, and where it comes from.
pub(super) struct SecondStep {
    pub token: String,
    pub answer: SecondAnswer,
    pub device: String,
    /// The token of the session that this browser has: it ends.
    pub previous_token: Option<String>,
}

/// What a second step can be taken with, besides a recovery code.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways {
    pub has_app: bool,
    pub has_passkey: bool,
}

/// The ways of the second step of this token, while it waits.
pub(super) async fn waiting(app: &App, token: String) -> Result<Option<Ways>, DbError> {
    let Some(user) = waits_for(app, token).await? else { return Ok(None) };
    let has_passkey = has_passkeys_here(app, user).await?;
    let has_app = app.db.read(move |tx| has_app(tx, user)).await?;
    Ok(Some(Ways { has_app, has_passkey }))
}

/// What a browser hands to an authenticator to take the second step of this token.
pub(super) async fn begin_passkey_step(app: &App, token: String) -> Result<Value, SecondStepError> {
    let user = waits_for(app, token.clone()).await?.ok_or(SecondStepError::Gone)?;
    Ok(begin_proof(app, Ceremony::SecondStep, &token, user).await?)
}

async fn waits_for(app: &App, token: String) -> Result<Option<UserId>, DbError> {
    let now = app.now();
    app.db
        .read(move |tx| Ok(find_link(tx, Purpose::SecondStep, &token, now)?.and_then(|link| link.concerns.user)))
        .await
}

/// Begins the session for who has the code or passkey too. A wrong answer is paid for and leaves the step open.
pub(super) async fn take_second_step(app: &App, step: SecondStep) -> Result<NewSession, SecondStepError> {
    let session = new_session_row(app, step.device.clone());
    let (moment, vault) = (AuditMoment::of(app), app.settings.vault.clone());
    let previous = step.previous_token.as_deref().map(digest);
    // An answer inside an answer: a wrong one keeps what was paid for it, a failure rolls back.
    app.db
        .write(move |tx| {
            let now = moment.now;
            let link = find_link(tx, Purpose::SecondStep, &step.token, now)?;
            let Some((workspace, user)) = link.and_then(|link| link.concerns.workspace.zip(link.concerns.user)) else {
                return Ok(Err(SecondStepError::Gone));
            };
            store::second_factor::lock_user(tx, user)?;
            if let Payment::Wait(wait) = pay_for_code(tx, user, now)? {
                return Ok(Err(SecondStepError::TooSoon { wait }));
            }
            let Some(role) = store::open_role(tx, workspace, user)? else { return Ok(Err(SecondStepError::Gone)) };
            if !is_right(tx, workspace, user, &step.answer, (&vault, &moment))? {
                return Ok(Err(SecondStepError::NotRight));
            }
            if use_link(tx, Purpose::SecondStep, &step.token, now)?.is_none() {
                return Ok(Err(SecondStepError::Gone));
            }
            if let Some(previous) = previous {
                store::delete_session_of_token(tx, &previous)?;
            }
            let actor = Actor { workspace, kind: ActorKind::Member { user, role } };
            record_sign_in(tx, &actor, "signed_in", &session.device, &moment)?;
            Ok::<_, DbError>(Ok(begin(tx, workspace, user, role, &session)?))
        })
        .await?
}

/// Whether the answer is one of this user; another one leaves its line in the trail.
fn is_right(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    answer: &SecondAnswer,
    (vault, moment): (&Vault, &AuditMoment),
) -> Result<bool, DbError> {
    match answer {
        SecondAnswer::Code(code) if use_code(tx, user, code, vault, moment.now)? => Ok(true),
        SecondAnswer::Code(_) => {
            let entry = AuditEntry::new("second_factor_refused", &user);
            record_audit(tx, &Actor::system(workspace), moment, &entry)?;
            Ok(false)
        }
        SecondAnswer::Passkey(None) => Ok(false),
        SecondAnswer::Passkey(Some(signed)) => match signed.check(tx, moment.now)? {
            Ok(proved) => Ok(proved == user),
            Err(refusal) => {
                record_refusal(tx, &refusal, moment)?;
                Ok(false)
            }
        },
    }
}
