//! `audit_log`: every new entry of the audit trail as a line of a file, for whatever collects logs.
//!
//! Beside the file stands `FILE.position`, which tells the last entry written of each workspace. It is written after the
//! lines are on the disk: a crash in between writes a few lines twice, and never loses one. The file is opened anew each
//! time, so that it may be moved away at any moment.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crm::kernel::App;
use crm::workspaces::{AuditRecord, audit_ends, audit_records};
use serde::{Deserialize, Serialize};
use words::{Timestamp, WorkspaceId};

use crate::audit::lines_of;
use crate::failure::Failure;

/// How often to look for new entries.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The last entry of a workspace that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    seq: i64,
    /// By its code the entry is known again: after a restore another one may stand in its place.
    mac: String,
}

type Positions = BTreeMap<String, Position>;

pub struct AuditLog {
    file: PathBuf,
    positions: Positions,
}

impl AuditLog {
    /// Makes the file, if there is none, and reads how far it is.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let refused = |error: &dyn std::fmt::Display| Failure::usage(format!("audit_log {}: {error}", file.display()));
        append(file, b"").map_err(|error| refused(&error))?;
        let positions = match std::fs::read(position_file(file)) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| refused(&error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Positions::new(),
            Err(error) => return Err(refused(&error)),
        };
        Ok(Self { file: file.to_owned(), positions })
    }

    /// Writes what is new until the process ends. What it cannot write now it writes later, and says so once.
    pub async fn follow(mut self, app: App) {
        let mut is_failing = false;
        loop {
            match self.catch_up(&app).await {
                Ok(()) => is_failing = false,
                Err(error) if !is_failing => {
                    is_failing = true;
                    tracing::error!(%error, "the audit log is not written; its entries stay in the database");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = app.ending.announced() => return,
            }
        }
    }

    async fn catch_up(&mut self, app: &App) -> Result<(), Failure> {
        for (workspace, end) in app.db.read(audit_ends).await? {
            if self.positions.get(&workspace.to_string()).is_none_or(|position| position.seq != end) {
                self.catch_up_workspace(app, workspace).await?;
            }
        }
        Ok(())
    }

    async fn catch_up_workspace(&mut self, app: &App, workspace: WorkspaceId) -> Result<(), Failure> {
        let name = workspace.to_string();
        loop {
            let known = self.positions.get(&name).cloned();
            // From the last written entry on, to see whether it is still there.
            let after = known.as_ref().map_or(0, |position| position.seq - 1);
            let mut records = app.db.read(move |tx| audit_records(tx, workspace, after, Timestamp::MIN)).await?;
            if let Some(known) = known {
                if !records.first().is_some_and(|record| record.seq == known.seq && record.mac == known.mac) {
                    tracing::error!(
                        workspace = name,
                        seq = known.seq,
                        "the audit trail is another one than was written to the audit log, as after a restore: all of it is written again"
                    );
                    self.positions.remove(&name);
                    continue;
                }
                records.remove(0);
            }
            let Some(last) = records.last() else { return Ok(()) };
            self.positions.insert(name.clone(), Position { seq: last.seq, mac: last.mac.clone() });
            let (file, positions) = (self.file.clone(), self.positions.clone());
            let written = tokio::task::spawn_blocking(move || write(&file, &records, &positions)).await;
            if let Err(failure) = written.map_err(Failure::failed).flatten() {
                // As far as it came before; the lines may be there, and come again.
                self.positions = Self::open(&self.file).map(|log| log.positions).unwrap_or_default();
                return Err(failure);
            }
        }
    }
}

fn write(file: &Path, records: &[AuditRecord], positions: &Positions) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", file.display()));
    append(file, &lines_of(records)?).map_err(failed)?;
    let text = serde_json::to_vec(positions).map_err(Failure::failed)?;
    let target = position_file(file);
    let fresh = target.with_extension("new");
    private()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&fresh)
        .and_then(|mut new| sync(&mut new, &text))
        .map_err(failed)?;
    std::fs::rename(fresh, target).map_err(failed)
}

fn append(file: &Path, lines: &[u8]) -> std::io::Result<()> {
    sync(&mut private().create(true).append(true).open(file)?, lines)
}

fn sync(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    file.write_all(bytes)?;
    file.sync_data()
}

/// For its owner's eyes only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn position_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".position");
    name.into()
}
