//! Wakes the people whose truth changes with time alone, at the instant at which it changes.

use std::time::Duration;

use db::DbError;
use words::{Timestamp, WorkspaceId};

use crate::kernel::{App, Changed};
use crate::{profiles, workspaces};

use super::work::Work;

/// People woken in one transaction.
const WAKES_A_STEP: usize = 500;
/// How long the ticker sleeps when nothing is due: new timers of other processes are seen at the latest then.
const LONGEST_SLEEP: Duration = Duration::from_millis(1_000);
/// A floor, so that a timer due this instant does not spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// Wakes who is due; answers how many were and when the next one is.
pub async fn wake_due(app: &App, workspace: WorkspaceId) -> Result<(usize, Option<Timestamp>), DbError> {
    let now = app.now();
    let (due, next): (usize, Option<Timestamp>) = app
        .db
        .read(move |tx| {
            let due = profiles::store::due_timers(tx, workspace, now, 1)?.len();
            Ok::<_, DbError>((due, profiles::store::next_timer(tx, workspace)?))
        })
        .await?;
    if due == 0 {
        return Ok((0, next));
    }
    let (plans, chance) = (app.stream.plans().clone(), app.chance.clone());
    let (woken, seq): (usize, i64) = app
        .db
        .write(move |tx| {
            let mut work = Work::open(tx, workspace, now, &plans, &chance)?;
            let timers = profiles::store::due_timers(work.tx, workspace, work.now, WAKES_A_STEP)?;
            let numbers: Vec<i64> = timers.iter().map(|(_, number)| *number).collect();
            let states = profiles::store::states_of(work.tx, workspace, &numbers)?;
            let roots: Vec<i64> = states.iter().map(|state| state.number).collect();
            work.adopt(states)?;
            let woken = timers.len();
            profiles::store::delete_timers(work.tx, workspace, timers)?;
            for root in roots {
                work.rearm(root)?;
                work.wake(root)?;
            }
            Ok::<_, DbError>((woken, work.finish()?))
        })
        .await?;
    app.news.tell(Changed { workspace, seq });
    Ok((woken, Some(now)))
}

/// Runs for the life of the process.
pub async fn run(app: App) {
    loop {
        let mut sleep = LONGEST_SLEEP;
        match wake_all(&app).await {
            Ok(Some(next)) => sleep = until(next, app.now()),
            Ok(None) => {}
            Err(DbError::Closed) => return,
            Err(error) => tracing::error!(%error, "waking people whose time has come failed; trying again"),
        }
        tokio::time::sleep(sleep).await;
    }
}

async fn wake_all(app: &App) -> Result<Option<Timestamp>, DbError> {
    let workspaces: Vec<WorkspaceId> = app.db.read(workspaces::all).await?;
    let mut next: Option<Timestamp> = None;
    for workspace in workspaces {
        let (_, due) = wake_due(app, workspace).await?;
        next = match (next, due) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(next)
}

fn until(next: Timestamp, now: Timestamp) -> Duration {
    let wait_ms = next.as_millis().saturating_sub(now.as_millis()).max(0);
    Duration::from_millis(wait_ms.unsigned_abs()).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
}
