//! Putting letters into the outbox, and what is told of them.

use std::collections::HashMap;
use std::time::Duration;

use db::{DbError, Tx};
use uuid::Uuid;
use words::{Timestamp, WorkspaceId};

use super::message::Message;
use super::model::{Kind, LetterLine, State};
use super::{send, store};
use crate::kernel::{App, Chance, Place, Vault, corrupt, random_bytes};

/// What letters are put in with, taken before the transaction begins.
#[derive(Clone)]
pub struct Post {
    now: Timestamp,
    vault: Vault,
    chance: Chance,
    public_url: String,
    is_open: bool,
}

impl Post {
    pub fn of(app: &App) -> Self {
        Self {
            now: app.now(),
            vault: app.settings.vault.clone(),
            chance: app.chance.clone(),
            public_url: app.settings.public_url.clone(),
            is_open: app.relay.is_some(),
        }
    }

    /// Whether letters leave: the settings name a relay.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The address of a page of this installation. The host comes from the settings and never from a request.
    pub fn address_of(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// The id of a letter that belongs to nothing that has one.
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now.as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes(&self.chance)).into_uuid()
    }

    /// Puts a letter in, in the transaction of what it tells of; nothing happens while no letters leave. Its id is the key
    /// that makes a repeat harmless.
    pub fn put(
        &self,
        tx: &mut Tx,
        (workspace, id): (WorkspaceId, Uuid),
        kind: Kind,
        message: &Message,
    ) -> Result<(), DbError> {
        if !self.is_open {
            return Ok(());
        }
        let content = serde_json::to_vec(message).map_err(corrupt)?;
        let sealed = self.vault.seal(&self.chance, place_of(&id.to_string()), &content);
        store::insert(tx, workspace, (id, kind, &sealed), self.now, self.now.plus(kind.lifetime()))
    }
}

/// Where a letter is sealed.
pub(super) fn place_of(row: &str) -> Place<'_> {
    Place { table: "outbox", row, column: "letter" }
}

/// The newest letters of a workspace.
pub async fn last_letters(app: &App, workspace: WorkspaceId) -> Result<Vec<LetterLine>, DbError> {
    app.db.read(move |tx| store::last(tx, workspace)).await
}

/// Where the letters with these ids stand; those of long ago are forgotten.
pub fn letters(tx: &mut Tx, workspace: WorkspaceId, ids: &[Uuid]) -> Result<HashMap<Uuid, State>, DbError> {
    let mut found = HashMap::new();
    for id in ids {
        if let Some(state) = store::state(tx, workspace, *id)? {
            found.insert(*id, state);
        }
    }
    Ok(found)
}

/// Takes back a letter that still waits, in the transaction in which what it says ends.
pub fn take_back(tx: &mut Tx, workspace: WorkspaceId, id: Uuid) -> Result<(), DbError> {
    store::delete_waiting(tx, workspace, id)
}

/// Waits a little until a letter was tried, for who wants to see what comes of it.
pub async fn until_tried(app: &App, workspace: WorkspaceId, id: Uuid) -> Result<(), DbError> {
    for _ in 0..send::LOOK_EVERY.as_millis() * 8 / LOOKED_AT_EVERY.as_millis() {
        if app.db.read(move |tx| store::was_tried(tx, workspace, id)).await? {
            break;
        }
        tokio::time::sleep(LOOKED_AT_EVERY).await;
    }
    Ok(())
}

const LOOKED_AT_EVERY: Duration = Duration::from_millis(200);
