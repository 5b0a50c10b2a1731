//! What must hold of every letter, and letters of a database that was put back.

use db::{DbError, Tx};
use words::{Span, Timestamp, WorkspaceId};

use super::model::Waiting;
use super::store;

/// A sentence for each letter that contradicts itself or was left lying.
pub fn unsound_letters(tx: &mut Tx, workspace: WorkspaceId, now: Timestamp) -> Result<Vec<String>, DbError> {
    let mut found = Vec::new();
    for id in store::contradictory(tx, workspace)? {
        found.push(format!("letter {id} is decided and still sealed here, or waits and says nothing"));
    }
    for id in store::waiting_past_end(tx, workspace, now.minus(LEFT_LYING))? {
        found.push(format!("letter {id} waits past its end; nobody hands out mail: look whether `entente serve` runs"));
    }
    Ok(found)
}

/// The worker looks far more often.
const LEFT_LYING: Span = Span::from_hours(1);

/// How many letters were refused, came too late or are uncertain since an instant.
pub fn count_in_trouble(tx: &mut Tx, workspace: WorkspaceId, since: Timestamp) -> Result<i64, DbError> {
    store::count_in_trouble(tx, workspace, since)
}

/// How many letters wait, since when, and how many are uncertain.
pub fn waiting(tx: &mut Tx) -> Result<Waiting, DbError> {
    store::waiting(tx)
}

/// After a restore: what waited when the backup was made may have gone since, and is not sent again by itself. Answers
/// how many letters that are.
pub fn doubt_all(tx: &mut Tx, now: Timestamp) -> Result<usize, DbError> {
    store::doubt_all(tx, now)
}
