//! What sources did, gathered in memory and written once a second: figures for a screen, not part of any promise.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use db::DbError;
use words::{Timestamp, WorkspaceId};

use super::model::{Reject, SourceDay};
use super::store;
use crate::kernel::{App, day_of, random_bytes};
use crate::workspaces;

const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Rejects of one source kept between two writes.
const MAX_REJECTS: usize = 20;
/// Characters of a refused call that are kept.
pub const SAMPLE_CHARACTERS: usize = 500;

#[derive(Clone, Default)]
struct Gathered {
    day: SourceDay,
    rejects: Vec<Reject>,
}

/// Shared by all requests of a process.
#[derive(Clone, Default)]
pub struct Health {
    gathered: Arc<Mutex<BTreeMap<(WorkspaceId, i64), Gathered>>>,
    repeated: Arc<AtomicU64>,
}

impl Health {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(WorkspaceId, i64), Gathered>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Messages since the start of the process that had been taken before.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    pub fn add(&self, workspace: WorkspaceId, source_no: i64, day: &SourceDay) {
        self.repeated.fetch_add(day.repeated.unsigned_abs(), Ordering::Relaxed);
        let mut all = self.lock();
        let sum = &mut all.entry((workspace, source_no)).or_default().day;
        sum.accepted += day.accepted;
        sum.repeated += day.repeated;
        sum.rejected += day.rejected;
        sum.bots += day.bots;
        sum.last_at = sum.last_at.max(day.last_at);
    }

    pub fn add_reject(&self, workspace: WorkspaceId, source_no: i64, reject: Reject) {
        let mut all = self.lock();
        let rejects = &mut all.entry((workspace, source_no)).or_default().rejects;
        if rejects.len() < MAX_REJECTS {
            rejects.push(reject);
        }
    }

    /// Writes what was gathered.
    pub async fn write(&self, app: &App) -> Result<(), DbError> {
        let gathered = std::mem::take(&mut *self.lock());
        if gathered.is_empty() {
            return Ok(());
        }
        let (chance, now) = (app.chance.clone(), app.now());
        app.db
            .write(move |tx| {
                for ((workspace, source_no), one) in gathered {
                    let Some(shop) = workspaces::shop(tx, workspace)? else { continue };
                    let last_at = Timestamp::from_millis(one.day.last_at);
                    let day = SourceDay { day: day_of(last_at, &shop.time_zone), ..one.day };
                    store::add_day(tx, workspace, source_no, &day)?;
                    let rejects = one
                        .rejects
                        .into_iter()
                        .map(|reject| (words::SourceId::from_parts(now, random_bytes(&chance)).as_uuid(), reject))
                        .collect();
                    store::insert_rejects(tx, workspace, source_no, rejects)?;
                }
                Ok(())
            })
            .await
    }

    /// Runs for the life of the process.
    pub async fn run(self, app: App) {
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            match self.write(&app).await {
                Ok(()) => {}
                Err(DbError::Closed) => return,
                Err(error) => tracing::warn!(%error, "the health figures of sources were not written"),
            }
        }
    }
}
