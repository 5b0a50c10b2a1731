//! The trail of who did what: one entry for each change, written in the change's own transaction, and chained.
//!
//! Each entry carries a MAC over itself and the MAC before it, under a key that is sealed with the installation's key
//! file. Who can write to the database but has no key file cannot change, remove or reorder entries unseen. Taking the
//! whole database back to an earlier day is seen only by comparing with a trail kept elsewhere.

use std::fmt;

use db::{DbError, Tx};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use words::{ProfileId, Span, Timestamp, WorkspaceId};

use super::brake::{Tries, is_worth_a_line};
use super::notices;
use super::store;
use super::store::trail::{self, AuditHead};
use crate::kernel::{Actor, App, Chance, Place, Vault, corrupt, random_bytes};
use crate::outbox::Post;

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

/// When an entry was made, and what chains it to those before: taken before the transaction begins.
#[derive(Clone)]
pub struct AuditMoment {
    pub now: Timestamp,
    vault: Vault,
    /// For the key of a chain that begins.
    chance: Chance,
    /// For letters about what is noted.
    pub(super) post: Post,
}

impl AuditMoment {
    pub fn of(app: &App) -> Self {
        Self { now: app.now(), vault: app.settings.vault.clone(), chance: app.chance.clone(), post: Post::of(app) }
    }
}

/// An authentication code of the chain.
pub(super) type Mac = [u8; 32];

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub struct AuditLine {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
    pub(super) mac: Mac,
}

impl AuditLine {
    /// Its authentication code in hexadecimal digits.
    pub fn mac_digits(&self) -> String {
        self.mac.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Which entries a reader wants; an empty text stands for all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub actor: String,
    pub action: String,
}

/// Adds an entry to the trail of the actor's workspace, and tells by mail whom it concerns, where it is about an account.
pub fn record_audit(tx: &mut Tx, actor: &Actor, moment: &AuditMoment, entry: &AuditEntry) -> Result<(), DbError> {
    let workspace = actor.workspace;
    let head = lock_head(tx, workspace, moment)?;
    let key = moment.vault.open(place_of_key(&workspace.to_string()), &head.key).map_err(corrupt)?;
    let mut line = AuditLine {
        seq: head.seq + 1,
        at: moment.now,
        actor: actor.to_string(),
        action: entry.action.to_owned(),
        subject: entry.subject.clone(),
        detail: entry.detail.clone(),
        mac: [0; 32],
    };
    line.mac = mac_of(&key, workspace, &head.mac, &line)?;
    trail::insert_audit_line(tx, workspace, &line)?;
    trail::move_audit_head(tx, workspace, line.seq, &line.mac)?;
    notices::tell(tx, actor, moment, entry)
}

fn lock_head(tx: &mut Tx, workspace: WorkspaceId, moment: &AuditMoment) -> Result<AuditHead, DbError> {
    if let Some(head) = trail::lock_audit_head(tx, workspace)? {
        return Ok(head);
    }
    let key: [u8; 32] = random_bytes(&moment.chance);
    let key = moment.vault.seal(&moment.chance, place_of_key(&workspace.to_string()), &key);
    trail::insert_audit_head(tx, workspace, &AuditHead { seq: 0, mac: [0; 32], key })?;
    trail::lock_audit_head(tx, workspace)?.ok_or_else(|| corrupt("the audit trail has lost its head"))
}

/// Notes that a member was refused what this route does; at most a hundred at once, and one a minute.
pub async fn record_denial(app: &App, actor: &Actor, route: &'static str) -> Result<(), DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            if let Some(user) = actor.user()
                && !is_worth_a_line(tx, &user, moment.now)?
            {
                return Ok(());
            }
            record_audit(tx, &actor, &moment, &AuditEntry::new("access_denied", &route))
        })
        .await
}

/// Notes that a member looked at a person: once an hour for each of both, so that a page view seldom costs a write.
pub async fn record_view(app: &App, actor: &Actor, person: ProfileId) -> Result<(), DbError> {
    let Some(user) = actor.user() else { return Ok(()) };
    let (actor, moment, entry) = (actor.clone(), AuditMoment::of(app), AuditEntry::new("person_viewed", &person));
    let bucket = format!("view {user} {person}");
    let (looked_up, now) = (bucket.clone(), moment.now);
    if app.db.read(move |tx| store::tries(tx, &looked_up, now)).await?.is_some() {
        return Ok(());
    }
    app.db
        .write(move |tx| {
            store::put_tries(tx, &bucket, Tries { count: 1, last_at: now }, now.plus(VIEW_NOTED_FOR))?;
            record_audit(tx, &actor, &moment, &entry)
        })
        .await
}

const VIEW_NOTED_FOR: Span = Span::from_hours(1);

/// Where the key of a chain is sealed.
pub(super) fn place_of_key(workspace: &str) -> Place<'_> {
    Place { table: "audit_heads", row: workspace, column: "chain_key" }
}

/// The code of an entry after the one with the code `before`. Every field stands with its length, so that no two entries
/// read alike.
fn mac_of(key: &[u8], workspace: WorkspaceId, before: &Mac, line: &AuditLine) -> Result<Mac, DbError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(corrupt)?;
    let (seq, at) = (line.seq.to_be_bytes(), line.at.as_millis().to_be_bytes());
    let workspace = workspace.to_string();
    let texts = [&workspace, &line.actor, &line.action, &line.subject, &line.detail].map(String::as_bytes);
    for field in [&before[..], &seq, &at].into_iter().chain(texts) {
        mac.update(&(field.len() as u64).to_be_bytes());
        mac.update(field);
    }
    Ok(mac.finalize().into_bytes().into())
}

/// A page of the trail, the newest entry first: those before `before`, and one more than `limit` when there are more.
pub async fn list_audit(
    app: &App,
    workspace: WorkspaceId,
    filter: AuditFilter,
    before: i64,
    limit: i64,
) -> Result<Vec<AuditLine>, DbError> {
    app.db.read(move |tx| trail::audit_lines_before(tx, workspace, &filter, before, limit)).await
}

/// The actors and the actions of the trail, to choose from.
pub(super) async fn audit_words(app: &App, workspace: WorkspaceId) -> Result<(Vec<String>, Vec<String>), DbError> {
    app.db.read(move |tx| trail::audit_words(tx, workspace)).await
}

/// Entries checked at once.
const STEP: i64 = 1_000;

/// What does not hold of a workspace's trail, a sentence each; nothing when it is whole.
pub fn verify_audit(tx: &mut Tx, workspace: WorkspaceId, vault: &Vault) -> Result<Vec<String>, DbError> {
    let mut findings = Vec::new();
    let Some(head) = trail::audit_head(tx, workspace)? else {
        if !trail::audit_lines_after(tx, workspace, i64::MIN, Timestamp::MIN, 1)?.is_empty() {
            findings.push("the head of the chain was removed".to_owned());
        }
        return Ok(findings);
    };
    let key = match vault.open(place_of_key(&workspace.to_string()), &head.key) {
        Ok(key) => key,
        Err(error) => return Ok(vec![format!("the key of the chain does not open: {error}")]),
    };
    let (mut seq, mut mac) = (0, [0; 32]);
    let mut after = i64::MIN;
    loop {
        let lines = trail::audit_lines_after(tx, workspace, after, Timestamp::MIN, STEP)?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            after = line.seq;
            if line.seq != seq + 1 {
                findings.push(format!("entry {} stands where entry {} was", line.seq, seq + 1));
            } else if mac_of(&key, workspace, &mac, &line)? != line.mac {
                findings.push(format!("entry {} was changed, or the one before it", line.seq));
            }
            (seq, mac) = (line.seq, line.mac);
        }
    }
    if (seq, mac) != (head.seq, head.mac) {
        findings.push(format!("the trail ends with entry {seq}, its head with entry {}", head.seq));
    }
    Ok(findings)
}

/// Ids of rows that people do not name: sessions, pending links.
pub(super) fn new_row_id(app: &App) -> Uuid {
    let millis = u64::try_from(app.now().as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &app.id_bytes()).into_uuid()
}
