//! Events that could not be applied, set aside whole so that their neighbours go on, and tried again when somebody asks.

use db::{DbError, Tx};
use engine::calls::Call;
use engine::identity::Claim;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use words::{Timestamp, WorkspaceId};

use crate::kernel::{App, Shown, Sight, corrupt};
use crate::profiles::Identifier;

use super::apply::kind_of;
use super::model::{Group, Incoming, Remembered, StreamError, Trust};
use super::store;

/// Letters that one request tries again: each is a transaction.
const LETTERS_A_STEP: usize = 200;

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Made of the source and the message id: an event that is sent again is set aside once.
    pub id: Uuid,
    pub at: Timestamp,
    pub source_no: i64,
    pub name: String,
    /// Why it could not be applied: a text of the failure, which may quote the event.
    pub(super) reason: String,
    pub(super) body: String,
}

/// The stored form of an event with all that the stream must know to apply it.
#[derive(Serialize, Deserialize)]
struct Body {
    message_id: String,
    kind: i64,
    is_public: bool,
    is_for_ever: bool,
    claims: Vec<Claim>,
    blocked: Vec<(Claim, String)>,
    previous_id: Option<String>,
    at_ms: i64,
    received_at_ms: i64,
    properties: Value,
    context: Value,
    traits: Option<Value>,
    rest: Map<String, Value>,
    is_bot: bool,
}

impl DeadLetter {
    pub fn reason(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.reason)
    }

    pub(super) fn of(group: &Group, event: &Incoming, now: Timestamp, reason: &str) -> Self {
        let body = Body {
            message_id: event.message_id.clone(),
            kind: kind_of(event.call),
            is_public: group.trust == Trust::Public,
            is_for_ever: group.remembered == Remembered::ForEver,
            claims: event.claims.clone(),
            blocked: event.blocked.clone(),
            previous_id: event.previous_id.clone(),
            at_ms: event.at.as_millis(),
            received_at_ms: event.received_at.as_millis(),
            properties: event.properties.clone(),
            context: event.context.clone(),
            traits: event.traits.clone(),
            rest: event.rest.clone(),
            is_bot: event.is_bot,
        };
        Self {
            id: id_of(group.source_no, &event.message_id),
            at: now,
            source_no: group.source_no,
            name: event.name.clone(),
            reason: reason.to_owned(),
            // Values read from JSON are always JSON again.
            body: serde_json::to_string(&body).unwrap_or_default(),
        }
    }

    fn group(&self, workspace: WorkspaceId) -> Result<Group, DbError> {
        let body: Body = serde_json::from_str(&self.body).map_err(corrupt)?;
        let call = call_of(body.kind).ok_or_else(|| corrupt(format!("call {}", body.kind)))?;
        let event = Incoming {
            message_id: body.message_id,
            call,
            name: self.name.clone(),
            claims: body.claims,
            blocked: body.blocked,
            previous_id: body.previous_id,
            at: Timestamp::from_millis(body.at_ms),
            received_at: Timestamp::from_millis(body.received_at_ms),
            properties: body.properties,
            context: body.context,
            traits: body.traits,
            rest: body.rest,
            is_bot: body.is_bot,
            stored: String::new(),
        };
        Ok(Group {
            workspace,
            source_no: self.source_no,
            trust: if body.is_public { Trust::Public } else { Trust::Server },
            remembered: if body.is_for_ever { Remembered::ForEver } else { Remembered::AsPromised },
            events: vec![event],
        })
    }
}

fn id_of(source_no: i64, message_id: &str) -> Uuid {
    let digest = Sha256::new().chain_update(source_no.to_be_bytes()).chain_update(message_id).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

fn call_of(kind: i64) -> Option<Call> {
    [Call::Track, Call::Page, Call::Screen, Call::Identify, Call::Group, Call::Alias]
        .into_iter()
        .find(|call| kind_of(*call) == kind)
}

/// Letters read at once when all are looked through.
const LETTERS_A_LOOK: usize = 500;

/// The letters that name one of these identifiers.
pub(super) fn letters_about(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    identifiers: &[Identifier],
) -> Result<Vec<Uuid>, DbError> {
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let letters = store::dead_letters(tx, workspace, Some(after), LETTERS_A_LOOK)?;
        let Some(last) = letters.last() else { return Ok(found) };
        after = last.id;
        let names = |claim: &Claim| identifiers.iter().any(|one| one.kind == claim.kind && one.value == claim.value);
        let is_about = |letter: &&DeadLetter| match serde_json::from_str::<Body>(&letter.body) {
            Ok(body) => body.claims.iter().chain(body.blocked.iter().map(|(claim, _)| claim)).any(names),
            // What cannot be read cannot be applied either, and may be about anybody.
            Err(_) => true,
        };
        found.extend(letters.iter().filter(is_about).map(|letter| letter.id));
    }
}

/// How many events of a workspace are set aside.
pub fn count_dead_letters(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    store::count_dead_letters(tx, workspace)
}

/// Those set aside last, newest first.
pub fn dead_letters(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<DeadLetter>, DbError> {
    store::dead_letters(tx, workspace, None, rows)
}

/// What became of the letters that were tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    pub applied: usize,
    /// They failed again and stay where they are.
    pub failed: usize,
}

/// Hands letters to the stream again, in the order of their ids, at most so many that a request may wait for it. An event
/// is applied once, whenever this is interrupted: its message id tells.
pub async fn retry_dead_letters(app: &App, workspace: WorkspaceId) -> Result<Retried, StreamError> {
    let unavailable = |error: DbError| {
        tracing::error!(%error, "events that were set aside could not be read");
        StreamError::Unavailable
    };
    let (mut retried, mut after) = (Retried::default(), None);
    while retried.applied + retried.failed < LETTERS_A_STEP {
        let from = after.unwrap_or(Uuid::nil());
        let read = app.db.read(move |tx| store::dead_letters(tx, workspace, Some(from), 1)).await;
        let Some(letter) = read.map_err(unavailable)?.pop() else { break };
        after = Some(letter.id);
        let group = letter.group(workspace).map_err(unavailable)?;
        if app.stream.submit(group).await?.dead > 0 {
            retried.failed += 1;
            continue;
        }
        let id = letter.id;
        app.db.write(move |tx| store::delete_dead_letter(tx, workspace, id)).await.map_err(unavailable)?;
        retried.applied += 1;
    }
    Ok(retried)
}
