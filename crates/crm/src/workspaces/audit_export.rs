//! The trail on its way out: as lines of JSON for programs and other places, as a table for whoever reads it.
//!
//! A line carries its place in the chain and its authentication code. Kept elsewhere, it shows what the trail alone cannot:
//! that the whole database was taken back to an earlier day.

use db::{DbError, Tx};
use serde::{Deserialize, Serialize};
use words::{Timestamp, WorkspaceId};

use super::audit::AuditLine;
use super::store::trail;

/// Entries read at once.
pub const AUDIT_STEP: i64 = 1_000;

/// An entry as it leaves the database: one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    pub workspace: WorkspaceId,
    /// Its place in the chain of the workspace, from 1 on, without gaps.
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
    /// The authentication code of this entry and of all before it, in hexadecimal digits.
    pub mac: String,
}

impl AuditRecord {
    fn of(workspace: WorkspaceId, line: AuditLine) -> Self {
        let mac = line.mac_digits();
        let AuditLine { seq, at, actor, action, subject, detail, .. } = line;
        Self { workspace, seq, at, actor, action, subject, detail, mac }
    }
}

/// The entries of a workspace after this one and since this instant, the oldest first, [`AUDIT_STEP`] at most.
pub fn audit_records(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: i64,
    since: Timestamp,
) -> Result<Vec<AuditRecord>, DbError> {
    let lines = trail::audit_lines_after(tx, workspace, after, since, AUDIT_STEP)?;
    Ok(lines.into_iter().map(|line| AuditRecord::of(workspace, line)).collect())
}

/// Every workspace that has a trail, with the place of its newest entry.
pub fn audit_ends(tx: &mut Tx) -> Result<Vec<(WorkspaceId, i64)>, DbError> {
    trail::audit_ends(tx)
}

/// What does not hold between lines that were kept elsewhere and the trail, a sentence each.
pub fn compare_audit(tx: &mut Tx, kept: &[AuditRecord]) -> Result<Vec<String>, DbError> {
    let mut findings = Vec::new();
    for record in kept {
        let there = trail::audit_lines_after(tx, record.workspace, record.seq - 1, Timestamp::MIN, 1)?;
        let there = there.into_iter().find(|line| line.seq == record.seq);
        match there.map(|line| AuditRecord::of(record.workspace, line)) {
            None => findings.push(format!("{}: entry {} was kept and is gone", record.workspace, record.seq)),
            Some(there) if there != *record => {
                findings.push(format!("{}: entry {} is another one than was kept", record.workspace, record.seq));
            }
            Some(_) => {}
        }
    }
    Ok(findings)
}
