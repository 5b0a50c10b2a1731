//! One transaction from its begin to its end, and again where PostgreSQL undid it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use crate::error::DbError;
use crate::tx::{Mode, Session, Tx};

/// How often a transaction runs again that PostgreSQL undid for another's sake, and how long it waits before the first
/// time; before each next one it waits twice as long.
const AGAIN: u32 = 3;
const PAUSE_BEFORE_AGAIN: Duration = Duration::from_millis(5);

/// A transaction that writes, again when it met a conflict: it was undone as a whole, so nothing happens twice.
pub fn transact_again<T, E, F>(session: &mut Session, run: F) -> Result<T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone,
    E: From<DbError>,
{
    // SQLite waited long enough before it said so, and its one writer holds up everybody.
    let again = if matches!(session, Session::Postgres(_)) { AGAIN } else { 0 };
    for turn in 0..again {
        let (outcome, met_conflict) = transact(session, Mode::Write, run.clone());
        if !met_conflict {
            return outcome;
        }
        tracing::debug!("a transaction met another one and runs again");
        thread::sleep(PAUSE_BEFORE_AGAIN * 2_u32.pow(turn));
    }
    transact(session, Mode::Write, run).0
}

/// One transaction from its begin to its end, and whether it was undone because another one was in the way.
pub fn transact<T, E, F>(session: &mut Session, mode: Mode, run: F) -> (Result<T, E>, bool)
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
    E: From<DbError>,
{
    if let Err(error) = session.begin(mode) {
        return (Err(error.into()), false);
    }
    let mut tx = Tx::new(session);
    // The session is rolled back below, so no half-done state of it is seen after a panic.
    let outcome = catch_unwind(AssertUnwindSafe(|| run(&mut tx)));
    let (has_failed, mut met_conflict) = (tx.has_failed(), tx.met_conflict());
    let after_commit = tx.take_after_commit();
    let failure = match outcome {
        Ok(Ok(value)) if !has_failed => match session.commit() {
            Ok(()) => {
                after_commit.into_iter().for_each(|run| run());
                return (Ok(value), false);
            }
            Err(error) => {
                met_conflict = matches!(error, DbError::Conflict { .. });
                error.into()
            }
        },
        Ok(Ok(_)) => DbError::Aborted.into(),
        Ok(Err(error)) => error,
        Err(panic) => DbError::Panicked { message: panic_message(panic.as_ref()) }.into(),
    };
    session.roll_back();
    (Err(failure), met_conflict)
}

/// Writes and commits one page.
pub fn probe(session: &mut Session) -> Result<(), DbError> {
    session.begin(Mode::Write)?;
    let done = session.probe().and_then(|()| session.commit());
    if done.is_err() {
        session.roll_back();
    }
    done
}

/// What a panic said.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
