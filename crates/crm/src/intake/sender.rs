//! Who sends: the source of an ingest key, or a program with an API key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use db::DbError;
use words::{Country, Timestamp, WorkspaceId};

use super::define::{key_digest, source_for};
use super::model::SourceKind;
use super::store;
use crate::kernel::{App, Permission, Problem};
use crate::stream::Trust;
use crate::{profiles, workspaces};

/// What intake knows of a sender while it reads his request.
#[derive(Debug)]
pub struct Sender {
    pub workspace: WorkspaceId,
    pub source_no: i64,
    pub trust: Trust,
    pub origins: Vec<String>,
    pub country: Country,
    /// Identifier types by precedence.
    pub kinds: Vec<String>,
}

/// Senders by key. An entry holds for a second, so that a disabled source is heard no longer than that.
#[derive(Clone, Default)]
pub struct Senders(Arc<Mutex<Kept>>);

/// By key: when it was looked up, and what was found.
type Kept = HashMap<String, (Timestamp, Arc<Sender>)>;

const HOLDS_MS: i64 = 1_000;
/// Keys kept; beyond it the cache starts over.
const MAX_KEPT: usize = 10_000;

impl Senders {
    /// The sender of a key; 401 when nobody has it, 403 when it may not send.
    pub async fn find(&self, app: &App, key: &str) -> Result<Arc<Sender>, Problem> {
        let now = app.now();
        if let Some(sender) = self.kept(key, now) {
            return Ok(sender);
        }
        let sender = Arc::new(look_up(app, key, now).await?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(key.to_owned(), (now, Arc::clone(&sender)));
        Ok(sender)
    }

    fn kept(&self, key: &str, now: Timestamp) -> Option<Arc<Sender>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, sender) = kept.get(key)?;
        let age_ms = now.as_millis() - at.as_millis();
        (0..HOLDS_MS).contains(&age_ms).then(|| Arc::clone(sender))
    }
}

fn unknown_key() -> Problem {
    Problem::unauthorized(
        "the key is not known; send an ingest key as the user name of HTTP Basic, in writeKey or in X-Write-Key",
    )
}

async fn look_up(app: &App, key: &str, now: Timestamp) -> Result<Sender, Problem> {
    if key.starts_with("ent_api_") {
        return program(app, key, now).await;
    }
    let digest = key_digest(key);
    let found = app
        .db
        .read(move |tx| {
            let Some((workspace, source)) = store::source_by_key(tx, &digest)? else { return Ok(None) };
            Ok::<_, DbError>(Some((
                source.disabled_at,
                sender_of(tx, workspace, source.no, Trust::Public, source.origins)?,
            )))
        })
        .await?;
    match found {
        None => Err(unknown_key()),
        Some((Some(_), _)) => {
            Err(Problem::forbidden("this source is switched off; switch it on again on the page Sources"))
        }
        Some((None, sender)) => Ok(sender),
    }
}

async fn program(app: &App, secret: &str, now: Timestamp) -> Result<Sender, Problem> {
    let program = workspaces::authenticate(app, secret).await?.ok_or_else(unknown_key)?;
    let actor = program.actor();
    if !actor.may(Permission::SendEvents) {
        return Err(Problem::forbidden("this API key may not send events; it needs the scope events:write"));
    }
    let chance = app.chance.clone();
    let workspace = actor.workspace;
    let kept = app.db.read(move |tx| store::source_of_kind(tx, workspace, SourceKind::Api)).await?;
    let source = match kept {
        Some(source) => source,
        None => app.db.write(move |tx| source_for(tx, workspace, SourceKind::Api, &chance, now)).await?,
    };
    Ok(app.db.read(move |tx| sender_of(tx, workspace, source.no, Trust::Server, Vec::new())).await?)
}

fn sender_of(
    tx: &mut db::Tx<'_>,
    workspace: WorkspaceId,
    source_no: i64,
    trust: Trust,
    origins: Vec<String>,
) -> Result<Sender, DbError> {
    let country = workspaces::phone_country(tx, workspace)?;
    let rules = profiles::identifier_rules(tx, workspace)?;
    Ok(Sender {
        workspace,
        source_no,
        trust,
        origins,
        country,
        kinds: rules.into_iter().map(|rule| rule.kind).collect(),
    })
}
