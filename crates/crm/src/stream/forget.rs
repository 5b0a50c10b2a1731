//! Forgets message ids when the promise of deduplication has ended, a slice at a time, so that the writer never waits.

use std::time::Duration;

use db::DbError;
use words::{Span, Timestamp, WorkspaceId};

use super::messages::{bounds_of, utc_day};
use super::store;
use crate::kernel::App;
use crate::leases::{self, Lease, Refused};
use crate::workspaces;

/// Message ids are remembered at least this long; the contract asks for 30 days.
pub const REMEMBERED_FOR: Span = Span::from_days(32);
/// A slice is all digests with one first byte: 1 of 256, each once a day or so.
const SLICE_EVERY: Duration = Duration::from_secs(300);
/// How often the clock is asked whether the next slice's time has come.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Runs for the life of the process, in one process at a time.
pub async fn run(app: App) {
    leases::alone(app, Forgetting::default()).await;
}

#[derive(Default)]
struct Forgetting {
    done: Option<i64>,
}

impl leases::Work for Forgetting {
    const NAME: &'static str = "forgetting";

    async fn step(&mut self, app: &App, lease: Lease) -> Result<Duration, Refused> {
        let now = app.now();
        // The clock tells whose turn it is, so nothing need be stored.
        let turn = now.as_millis() / SLICE_EVERY.as_millis() as i64;
        if self.done != Some(turn) {
            forget(app, turn.rem_euclid(256) as u8, now, Some(lease)).await?;
            self.done = Some(turn);
        }
        Ok(LOOK_EVERY)
    }
}

/// Forgets the outdated ids whose digest begins with `first`; answers how many.
pub async fn forget_slice(app: &App, first: u8, now: Timestamp) -> Result<usize, DbError> {
    Ok(forget(app, first, now, None).await?)
}

/// The same under a lease, for a process that is not alone.
async fn forget(app: &App, first: u8, now: Timestamp, lease: Option<Lease>) -> Result<usize, Refused> {
    let workspaces: Vec<WorkspaceId> = app.db.read(workspaces::all).await?;
    let mut forgotten = 0;
    for workspace in workspaces {
        let sources = app.db.read(move |tx| store::sources_remembered(tx, workspace)).await?;
        for source_no in sources {
            let forget = move |tx: &mut db::Tx<'_>| {
                leases::hold_if_given(tx, lease)?;
                let (from, until) = bounds_of(first);
                let before = utc_day(now.minus(REMEMBERED_FOR));
                Ok::<_, Refused>(store::forget_messages(tx, workspace, source_no, (&from, &until), before)?)
            };
            forgotten += app.db.write(forget).await?;
        }
    }
    Ok(forgotten)
}
