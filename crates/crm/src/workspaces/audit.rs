//! The trail of who did what: one entry for each change, written in the change's own transaction.

use std::fmt;

use db::{DbError, Tx};
use uuid::Uuid;
use words::Timestamp;

use super::store;
use crate::kernel::{Actor, App};

/// What happened, to what. Never personal data beyond ids: entries outlive the people they speak of.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// A verb in the past: `member_invited`.
    pub action: &'static str,
    /// The id of what was changed.
    pub subject: String,
    /// What else a reader needs: the new role, the name of the key.
    pub detail: String,
}

impl AuditEntry {
    pub fn new(action: &'static str, subject: &dyn fmt::Display) -> Self {
        Self { action, subject: subject.to_string(), detail: String::new() }
    }

    pub fn detail(mut self, detail: &dyn fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}

/// When an entry was made, with the random part of its id: taken before the transaction begins.
#[derive(Clone, Copy, Debug)]
pub struct AuditMoment {
    pub now: Timestamp,
    random: [u8; 10],
}

impl AuditMoment {
    pub fn of(app: &App) -> Self {
        Self { now: app.now(), random: app.id_bytes() }
    }
}

/// Writes one entry. A verb writes at most one for each `AuditMoment`.
pub fn record_audit(tx: &mut Tx, actor: &Actor, moment: AuditMoment, entry: &AuditEntry) -> Result<(), DbError> {
    let millis = u64::try_from(moment.now.as_millis()).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &moment.random).into_uuid();
    store::insert_audit_entry(tx, actor.workspace, id, moment.now, &actor.to_string(), entry)
}

/// Ids of rows that people do not name: sessions, pending links.
pub(super) fn new_row_id(app: &App) -> Uuid {
    let millis = u64::try_from(app.now().as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &app.id_bytes()).into_uuid()
}
