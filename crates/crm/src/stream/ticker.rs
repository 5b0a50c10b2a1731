//! Wakes the people whose truth changes with time alone, at the instant at which it changes.

use std::time::Duration;

use db::DbError;
use words::{Timestamp, WorkspaceId};

use crate::kernel::{App, Changed};
use crate::leases::{self, Lease, Refused};
use crate::{profiles, workspaces};

use super::work::Work;

/// People woken in one transaction.
const WAKES_A_STEP: usize = 500;
/// How long the ticker sleeps when nothing is due: new timers of other processes are seen at the latest then.
const LONGEST_SLEEP: Duration = Duration::from_millis(1_000);
/// A floor, so that a timer due this instant does not spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// The counter that holds a jump of the clock, in seconds, while it is not believed; 0 otherwise.
pub const CLOCK_JUMP: &str = "clock_jump";

/// Wakes who is due; answers how many were and when the next one is.
pub async fn wake_due(app: &App, workspace: WorkspaceId) -> Result<(usize, Option<Timestamp>), DbError> {
    Ok(wake(app, workspace, None).await?)
}

/// The same under a lease, for a process that is not alone.
async fn wake(app: &App, workspace: WorkspaceId, lease: Option<Lease>) -> Result<(usize, Option<Timestamp>), Refused> {
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
            leases::hold_if_given(tx, lease)?;
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
            Ok::<_, Refused>((woken, work.finish()?))
        })
        .await?;
    app.news.tell(Changed { workspace, seq });
    Ok((woken, Some(now)))
}

/// Runs for the life of the process, in one process at a time.
pub async fn run(app: App) {
    leases::alone(app, Timers::default()).await;
}

#[derive(Default)]
struct Timers {
    /// The jump of the clock that was noted last.
    told: Option<i64>,
}

impl leases::Work for Timers {
    const NAME: &'static str = "timers";

    async fn step(&mut self, app: &App, lease: Lease) -> Result<Duration, Refused> {
        tell_jump(app, lease, &mut self.told).await?;
        Ok(wake_all(app, lease).await?.map_or(LONGEST_SLEEP, |next| until(next, app.now())))
    }
}

/// Notes in the database, for who looks from outside, that the machine's clock jumped and is not believed yet.
async fn tell_jump(app: &App, lease: Lease, told: &mut Option<i64>) -> Result<(), Refused> {
    let seconds = app.steady_clock.jump().map_or(0, |jump| jump.by_ms / 1000);
    if *told == Some(seconds) {
        return Ok(());
    }
    app.db
        .write(move |tx| {
            leases::hold(tx, lease)?;
            for workspace in workspaces::all(tx)? {
                let known = super::store::counters(tx, workspace)?.get(CLOCK_JUMP).copied().unwrap_or_default();
                if known != seconds {
                    super::store::set_counters(tx, workspace, &[(CLOCK_JUMP, seconds)])?;
                }
            }
            Ok::<_, Refused>(())
        })
        .await?;
    *told = Some(seconds);
    Ok(())
}

async fn wake_all(app: &App, lease: Lease) -> Result<Option<Timestamp>, Refused> {
    let workspaces: Vec<WorkspaceId> = app.db.read(workspaces::all).await?;
    let mut next: Option<Timestamp> = None;
    for workspace in workspaces {
        let (_, due) = wake(app, workspace, Some(lease)).await?;
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
