//! What other processes on the same database changed, told to the open screens of this one.

use std::collections::HashMap;
use std::time::Duration;

use db::{DbError, Engine};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use words::WorkspaceId;

use super::store;
use crate::kernel::{App, Changed};
use crate::{segments, workspaces};

/// How long a screen may not know of it: less than the second in which screens are told.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What shows that something changed: the newest event, and the revision of the definitions.
type Seen = HashMap<WorkspaceId, (i64, i64)>;

/// Runs for the life of the process; a file has no other process.
pub async fn run(app: App) {
    if app.db.engine() == Engine::Sqlite {
        return;
    }
    let (mut news, mut seen) = (app.news.listen(), Seen::new());
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            told = news.recv() => match told {
                Ok(told) => note(&mut seen, told),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            _ = look.tick() => match look_around(&app, &mut seen).await {
                Ok(()) => {}
                Err(DbError::Closed) => return,
                Err(error) => tracing::warn!(%error, "what other processes changed was not seen; looking again"),
            },
        }
    }
}

/// What this process has told by itself is no news.
fn note(seen: &mut Seen, told: Changed) {
    if let Some((seq, _)) = seen.get_mut(&told.workspace) {
        *seq = told.seq.max(*seq);
    }
}

async fn look_around(app: &App, seen: &mut Seen) -> Result<(), DbError> {
    // Nobody but this worker listens: whoever opens a screen is shown what is true then.
    if app.news.listeners() <= 1 {
        seen.clear();
        return Ok(());
    }
    let found: Vec<(WorkspaceId, i64, i64)> = app
        .db
        .read(|tx| {
            let all = workspaces::all(tx)?.into_iter();
            all.map(|workspace| {
                let seq = store::newest_seq(tx, workspace)?;
                Ok((workspace, seq, segments::store::revision(tx, workspace)?))
            })
            .collect::<Result<_, DbError>>()
        })
        .await?;
    for (workspace, seq, revision) in found {
        let before = seen.insert(workspace, (seq, revision));
        if before.is_none_or(|before| before.0 < seq || before.1 != revision) {
            app.news.tell(Changed { workspace, seq });
        }
    }
    Ok(())
}
