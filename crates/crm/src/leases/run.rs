//! Who works, who waits, and how one follows the other.

use std::time::Duration;

use db::{DbError, Engine, Tx};
use thiserror::Error;

use super::store;
use crate::kernel::App;

/// How long a lease lasts without a sign of its holder: so long nobody works after a crash.
pub const LEASE: Duration = Duration::from_secs(5);
/// Three signs in the life of a lease.
const RENEW_EVERY: Duration = Duration::from_millis(1_600);
/// How often those who wait look whether it is their turn.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After a failure of the work itself.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// The right to do a work, as long as nobody else took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    name: &'static str,
    token: i64,
}

/// Why a step of the work did not happen.
#[derive(Debug, Error)]
pub enum Refused {
    #[error("another process has taken over; this one wrote nothing")]
    Lost,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<Refused> for DbError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Lost => Self::Conflict { message: refused.to_string() },
            Refused::Db(error) => error,
        }
    }
}

/// What one process does at a time.
pub trait Work: Send {
    /// The name of its lease.
    const NAME: &'static str;
    /// How long a step that is under way may go on when the end of the process is announced.
    const FINISHES_WITHIN: Duration = Duration::ZERO;

    /// Does some of it, and answers how long to wait before the next step. Every transaction that writes begins with
    /// [`hold`].
    fn step(&mut self, app: &App, lease: Lease) -> impl Future<Output = Result<Duration, Refused>> + Send;
}

/// Begins a transaction of the work: it is refused when another process has taken over, and until it ends none can.
///
/// # Errors
/// [`Refused::Lost`].
pub fn hold(tx: &mut Tx<'_>, lease: Lease) -> Result<(), Refused> {
    let until = tx.clock_ms()? + lease_ms();
    if store::renew(tx, lease.name, lease.token, until)? { Ok(()) } else { Err(Refused::Lost) }
}

/// [`hold`] for a step that is also done outside the work, where no lease is given.
///
/// # Errors
/// [`Refused::Lost`].
pub fn hold_if_given(tx: &mut Tx<'_>, lease: Option<Lease>) -> Result<(), Refused> {
    lease.map_or(Ok(()), |lease| hold(tx, lease))
}

/// Waits for something outside of the database, and gives signs meanwhile: a step that takes longer than a lease keeps it.
/// What is waited for is dropped when the lease is lost.
///
/// # Errors
/// [`Refused::Lost`].
pub async fn wait_holding<T>(app: &App, lease: Option<Lease>, outside: impl Future<Output = T>) -> Result<T, Refused> {
    let Some(lease) = lease.filter(|_| app.db.engine() == Engine::Postgres) else { return Ok(outside.await) };
    tokio::pin!(outside);
    loop {
        tokio::select! {
            done = &mut outside => return Ok(done),
            () = tokio::time::sleep(RENEW_EVERY) => app.db.write(move |tx| hold(tx, lease)).await?,
        }
    }
}

/// Does a work in steps for as long as the process lives, but only while no other process does it. At the end the lease is
/// given back, so that another goes on at once.
pub async fn alone<W: Work>(app: App, mut work: W) {
    let mut held = None;
    {
        let turns = take_turns(&app, &mut work, &mut held);
        tokio::pin!(turns);
        tokio::select! {
            () = &mut turns => {}
            // The turns end by themselves after the step that is under way; a step that takes longer is dropped.
            () = app.ending.announced() => drop(tokio::time::timeout(W::FINISHES_WITHIN, turns).await),
        }
    }
    if let Some(lease) = held {
        give_back(&app, lease).await;
    }
}

async fn take_turns<W: Work>(app: &App, work: &mut W, held: &mut Option<Lease>) {
    let name = W::NAME;
    let mut unsigned = Duration::ZERO;
    while !app.ending.is_announced() {
        let done = match *held {
            None => wait_for_turn(app, name, held).await,
            Some(lease) => match work.step(app, lease).await {
                Ok(pause) => rest(app, lease, pause, &mut unsigned).await,
                Err(refused) => Err(refused),
            },
        };
        match done {
            Ok(()) => {}
            Err(Refused::Lost) => {
                tracing::warn!(work = name, "another process has taken over this work");
                *held = None;
                if app.db.engine() == Engine::Sqlite {
                    return;
                }
            }
            Err(Refused::Db(DbError::Closed)) => return,
            Err(Refused::Db(error)) => {
                tracing::error!(work = name, %error, "a step of this work failed; trying again");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

async fn wait_for_turn(app: &App, name: &'static str, held: &mut Option<Lease>) -> Result<(), Refused> {
    *held = take(app, name).await?;
    match held {
        Some(lease) => tracing::info!(work = name, token = lease.token, "this process does this work now"),
        None => tokio::time::sleep(LOOK_EVERY).await,
    }
    Ok(())
}

/// A file has one process (the folder's lock sees to it): who starts last takes over at once, for good, and needs give no
/// signs.
async fn take(app: &App, name: &'static str) -> Result<Option<Lease>, DbError> {
    let is_shared = app.db.engine() == Engine::Postgres;
    if is_shared {
        let is_free = move |tx: &mut Tx<'_>| {
            let now = tx.clock_ms()?;
            Ok::<_, DbError>(store::held_until(tx, name)?.is_none_or(|until| until <= now || until > latest(now)))
        };
        if !app.db.read(is_free).await? {
            return Ok(None);
        }
    }
    let take = move |tx: &mut Tx<'_>| {
        let now = tx.clock_ms()?;
        let ended_by = if is_shared { now } else { i64::MAX };
        store::take(tx, name, now + lease_ms(), ended_by, latest(now))
    };
    Ok(app.db.write(take).await?.map(|token| Lease { name, token }))
}

/// A lease that claims to end later than this was given before the database's clock was set back.
fn latest(now: i64) -> i64 {
    now + 2 * lease_ms()
}

/// Waits, and gives a sign in time.
async fn rest(app: &App, lease: Lease, pause: Duration, unsigned: &mut Duration) -> Result<(), Refused> {
    let mut left = pause;
    loop {
        let part = left.min(RENEW_EVERY);
        tokio::select! {
            () = tokio::time::sleep(part) => {}
            () = app.ending.announced() => return Ok(()),
        }
        left -= part;
        *unsigned += part;
        if *unsigned >= RENEW_EVERY && app.db.engine() == Engine::Postgres {
            app.db.write(move |tx| hold(tx, lease)).await?;
            *unsigned = Duration::ZERO;
        }
        if left.is_zero() {
            return Ok(());
        }
    }
}

async fn give_back(app: &App, lease: Lease) {
    match app.db.write(move |tx| store::renew(tx, lease.name, lease.token, 0)).await {
        // Who closed the database before the end was announced did not want it given back.
        Ok(_) | Err(DbError::Closed) => {}
        Err(error) => tracing::warn!(work = lease.name, %error, "a lease was not given back; it ends by itself"),
    }
}

fn lease_ms() -> i64 {
    LEASE.as_millis() as i64
}
