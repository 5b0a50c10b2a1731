//! The keys of programs: a secret that is shown once, what it may do, and until when.

use db::DbError;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use words::{ApiKeyId, Span, Timestamp, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::secrets::{Digest, digest, new_token_after};
use super::store;
use crate::kernel::{Actor, ActorKind, App, Scope};

/// A key as it is listed: everything but the secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// The first letters of the secret, to tell keys apart.
    pub prefix: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub id: ApiKeyId,
    /// `ent_api_…`, shown this once.
    pub secret: String,
}

/// The program behind a secret.
#[derive(Clone, Debug)]
pub struct Program {
    pub workspace: WorkspaceId,
    pub key: ApiKeyId,
    pub scopes: Vec<Scope>,
}

impl Program {
    pub fn actor(self) -> Actor {
        Actor { workspace: self.workspace, kind: ActorKind::Program { key: self.key, scopes: self.scopes } }
    }
}

/// Why no key was made or revoked.
#[derive(Debug, Error)]
pub enum ApiKeyError {
    #[error("choose at least one thing that the key may do")]
    NoScope,
    #[error("the key would have expired already; choose a later day")]
    ExpiresInThePast,
    #[error("there is no such key")]
    NoSuchKey,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// How every secret begins, so that people and secret scanners know it.
const SECRET_PREFIX: &str = "ent_api_";
/// Letters of the secret that are kept readable: 4 of 43 tell keys apart and leave 232 bits unknown.
const SHOWN_CHARS: usize = SECRET_PREFIX.len() + 4;

/// Makes a key; the name is one that `parse_name` made.
pub async fn create_api_key(
    app: &App,
    actor: &Actor,
    name: String,
    scopes: Vec<Scope>,
    expires_at: Option<Timestamp>,
) -> Result<NewApiKey, ApiKeyError> {
    let moment = AuditMoment::of(app);
    if scopes.is_empty() {
        return Err(ApiKeyError::NoScope);
    }
    if expires_at.is_some_and(|end| end <= moment.now) {
        return Err(ApiKeyError::ExpiresInThePast);
    }
    let secret = new_token_after(SECRET_PREFIX, &app.chance);
    let key = ApiKey {
        id: ApiKeyId::from_parts(moment.now, app.id_bytes()),
        name,
        prefix: secret.text[..SHOWN_CHARS].to_owned(),
        scopes,
        created_at: moment.now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let (actor, id) = (actor.clone(), key.id);
    app.db
        .write(move |tx| {
            store::insert_api_key(tx, actor.workspace, &key, &secret.digest)?;
            let entry = AuditEntry::new("api_key_created", &key.id).detail(&store::scope_codes(&key.scopes));
            record_audit(tx, &actor, &moment, &entry)?;
            Ok(NewApiKey { id, secret: secret.text.clone() })
        })
        .await
}

/// All keys of the workspace, the newest first; revoked ones stay in the list.
pub async fn list_api_keys(app: &App, workspace: WorkspaceId) -> Result<Vec<ApiKey>, DbError> {
    app.db.read(move |tx| store::api_keys(tx, workspace)).await
}

/// Ends a key: the next request with it is refused.
pub async fn revoke_api_key(app: &App, actor: &Actor, key: ApiKeyId) -> Result<(), ApiKeyError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            if !store::revoke_api_key(tx, actor.workspace, key, moment.now)? {
                return Err(ApiKeyError::NoSuchKey);
            }
            record_audit(tx, &actor, &moment, &AuditEntry::new("api_key_revoked", &key))?;
            Ok(())
        })
        .await
}

/// The program that holds this secret. Nothing is kept in memory between requests: a revoked key ends at once.
pub async fn authenticate(app: &App, secret: &str) -> Result<Option<Program>, DbError> {
    if !secret.starts_with(SECRET_PREFIX) {
        return Ok(None);
    }
    let (digest, now) = (digest(secret), app.now());
    let Some(found) = app.db.read(move |tx| store::api_key_of(tx, &digest)).await? else { return Ok(None) };
    if !found.is_of(&digest) || !found.works_at(now) {
        return Ok(None);
    }
    let program = Program { workspace: found.workspace, key: found.key.id, scopes: found.key.scopes };
    if found.key.last_used_at.is_none_or(|last| now.since(last) >= USED_EVERY) {
        let (workspace, key) = (program.workspace, program.key);
        app.db.write(move |tx| store::use_api_key(tx, workspace, key, now)).await?;
    }
    Ok(Some(program))
}

/// `last_used_at` is written at most this often.
const USED_EVERY: Span = Span::from_minutes(1);

/// A key as it is found by its digest.
pub(super) struct FoundKey {
    pub workspace: WorkspaceId,
    pub key: ApiKey,
    pub secret_digest: Digest,
}

impl FoundKey {
    /// The index found equal digests; this says so in constant time.
    fn is_of(&self, digest: &Digest) -> bool {
        self.secret_digest.ct_eq(digest).into()
    }

    fn works_at(&self, now: Timestamp) -> bool {
        self.key.revoked_at.is_none() && self.key.expires_at.is_none_or(|end| now < end)
    }
}
