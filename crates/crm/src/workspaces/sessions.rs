//! Sessions: an opaque token in a cookie, its digest in the database, and an end that comes by itself.

use db::{DbError, Tx};
use uuid::Uuid;
use words::{Span, Timestamp, UserId, WorkspaceId};

use super::audit::new_row_id;
use super::model::{Closed, ShopSettings};
use super::secrets::{Digest, digest, new_token};
use super::store;
use crate::kernel::{App, Language, Role};

/// A session that was just begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// For the cookie; not stored, not logged.
    pub token: String,
    /// After this long it ends, whatever happens.
    pub longest: Span,
}

/// Who is behind a session's token, and what pages need to know of him.
#[derive(Clone, Debug)]
pub struct OpenSession {
    pub id: Uuid,
    pub user: UserId,
    pub user_name: String,
    pub user_email: String,
    pub language: Language,
    pub theme: String,
    pub density: String,
    pub role: Role,
    pub workspace: WorkspaceId,
    pub settings: ShopSettings,
    /// A passkey or an authenticator app.
    pub has_second_factor: bool,
    pub has_passkeys: bool,
    /// The shop asks members of this role for a second factor, and he has none.
    pub owes_second_factor: bool,
    pub has_other_shops: bool,
    pub(super) created_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) proved_at: Timestamp,
}

impl OpenSession {
    /// Whether the member proved who he is so short a while ago that he may do what would let an intruder stay.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.proved_at) < FRESH_FOR
    }
}

/// One line of the list of one's own sessions.
#[derive(Clone, Debug)]
pub(super) struct SessionLine {
    pub id: Uuid,
    pub device: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// A session to insert: made before the transaction, so that nothing random happens inside.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    pub id: Uuid,
    pub token: String,
    pub digest: Digest,
    pub device: String,
    pub now: Timestamp,
    /// When he proved who he is: now, unless somebody else says when it was.
    pub proved_at: Timestamp,
}

pub(super) fn new_session_row(app: &App, device: String) -> SessionRow {
    let token = new_token(&app.chance);
    let now = app.now();
    SessionRow { id: new_row_id(app), token: token.text, digest: token.digest, device, now, proved_at: now }
}

/// Begins the session and forgets the user's ended ones.
pub(super) fn begin(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    row: &SessionRow,
) -> Result<NewSession, DbError> {
    store::delete_sessions_begun_before(tx, user, row.now.minus(longest(Role::Viewer)))?;
    store::insert_session(tx, workspace, user, row)?;
    Ok(NewSession { token: row.token.clone(), longest: longest(role) })
}

/// Begins a session for a member without a password: for the demo shop and for tests.
pub async fn start_session(
    app: &App,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    device: &str,
) -> Result<NewSession, DbError> {
    let row = new_session_row(app, device.to_owned());
    app.db.write(move |tx| begin(tx, workspace, user, role, &row)).await
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A person did something.
    Person,
    /// A page that somebody left open asks by itself for what is new.
    OpenPage,
}

/// Who holds this token, if his session still lasts and he is still a member. What a person does extends it; a page left
/// open is no presence.
pub async fn open_session(app: &App, token: &str, sender: Sender) -> Result<Option<OpenSession>, DbError> {
    let now = app.now();
    let digest = digest(token);
    let Some(session) = app.db.read(move |tx| store::session(tx, &digest)).await? else { return Ok(None) };
    if has_ended(&session, now) {
        return Ok(None);
    }
    if sender == Sender::Person && now.since(session.last_seen_at) >= SEEN_EVERY {
        app.db.write(move |tx| store::see_session(tx, &digest, now)).await?;
    }
    Ok(Some(session))
}

/// Ends the session of this token, if there is one.
pub(super) async fn sign_out(app: &App, token: &str) -> Result<(), DbError> {
    let digest = digest(token);
    app.db.write(move |tx| store::delete_session_of_token(tx, &digest)).await
}

/// The sessions of a user in which he is still signed in, the last seen first.
pub(super) async fn list_sessions(app: &App, user: UserId, role: Role) -> Result<Vec<SessionLine>, DbError> {
    let now = app.now();
    let (begun_after, seen_after) = (now.minus(longest(role)), now.minus(idle(role)));
    app.db.read(move |tx| store::sessions(tx, user, begun_after, seen_after)).await
}

/// Ends one of the user's own sessions.
pub(super) async fn end_session(app: &App, user: UserId, session: Uuid) -> Result<Closed, DbError> {
    let now = app.now();
    app.db.write(move |tx| store::end_session(tx, user, session, now)).await
}

/// Ends all of the user's sessions but this one.
pub(super) async fn end_other_sessions(app: &App, user: UserId, kept: Uuid) -> Result<(), DbError> {
    app.db.write(move |tx| store::delete_other_sessions(tx, user, kept)).await
}

/// Long enough to carry out what one came for, short enough that a screen left alone is of little use.
const FRESH_FOR: Span = Span::from_minutes(10);

/// `last_seen_at` is written at most this often: a page view costs no write.
const SEEN_EVERY: Span = Span::from_minutes(1);

fn has_ended(session: &OpenSession, now: Timestamp) -> bool {
    now.since(session.created_at) >= longest(session.role) || now.since(session.last_seen_at) >= idle(session.role)
}

/// Without a request for this long, a session ends (ASVS 7.3.1).
fn idle(role: Role) -> Span {
    if is_powerful(role) { Span::from_hours(1) } else { Span::from_hours(8) }
}

/// However busy, a session ends after this long (ASVS 7.3.2).
fn longest(role: Role) -> Span {
    if is_powerful(role) { Span::from_hours(12) } else { Span::from_days(7) }
}

/// How much of its longest time a session has left.
pub(super) fn time_left(begun: Timestamp, role: Role, now: Timestamp) -> Span {
    longest(role).minus(now.since(begun))
}

fn is_powerful(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Owner)
}
