//! The worker: hands letters to the relay, one after the other, and notes what came of each.
//!
//! That a letter is handed over is on disk before its content leaves, and the answer right after it came. Whoever dies in
//! between leaves a letter that says so. It is handed over once more, under the same `Message-ID`: a member who reads twice
//! that his password was changed is better off than one who never does. After a second doubt it is *uncertain*, and stays so.

use std::time::Duration;

use outgoing::{Cause, Fate, Letter, Line, MailError, Offered, Relay};
use words::{Span, Timestamp};

use super::message::Message;
use super::model::{Due, Key, Kind, Outcome, State};
use super::post::place_of;
use super::store;
use crate::kernel::App;
use crate::leases::{self, Lease, Refused};

/// How often the outbox is looked at while nothing is due.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often letters are forgotten where no relay is named any more.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// How often letters whose time is over are looked for.
const SORT_OUT_EVERY: Span = Span::from_minutes(1);
/// That a letter went is told for a month.
pub const TOLD_FOR: Span = Span::from_days(30);
/// The first pause of a letter that did not go; each doubles it.
const FIRST_PAUSE: Span = Span::from_minutes(1);
const LONGEST_PAUSE: Span = Span::from_hours(1);
/// A letter that nobody answered for is handed over once more.
const MOST_DOUBTS: i64 = 2;

/// Runs for the life of the process, in one process at a time. Who has no relay leaves the work to who has one, and only
/// forgets what was put in while there was one.
pub async fn run(app: App) {
    if app.relay.is_some() {
        return leases::alone(app, Sending::default()).await;
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(FORGET_EVERY) => {}
            () = app.ending.announced() => return,
        }
        if let Err(error) = Sending::default().sort_out(&app, None).await {
            tracing::warn!(%error, "letters whose time is over were not sorted out; trying again later");
        }
    }
}

/// Hands over what is due, without a lease: for a process that is alone. Answers how many letters it looked at.
pub async fn send_due(app: &App) -> Result<usize, db::DbError> {
    let (mut sending, mut count) = (Sending::default(), 0);
    while sending.take_one(app, None).await?.is_some() {
        count += 1;
    }
    sending.leave().await;
    Ok(count)
}

#[derive(Default)]
struct Sending {
    /// Open while letters follow each other.
    line: Option<Line>,
    sorted_out_at: Option<Timestamp>,
}

impl leases::Work for Sending {
    const NAME: &'static str = "mail";
    /// An answer that is on its way is waited for, so that an orderly end leaves no doubt.
    const FINISHES_WITHIN: Duration = Duration::from_secs(20);

    async fn step(&mut self, app: &App, lease: Lease) -> Result<Duration, Refused> {
        if self.take_one(app, Some(lease)).await?.is_some() {
            return Ok(Duration::ZERO);
        }
        self.leave().await;
        Ok(LOOK_EVERY)
    }
}

/// How far a letter came.
enum Handed {
    /// The end of the process was announced before the content left.
    NotYet,
    Yes(Offered),
}

impl Sending {
    /// Takes the letter that has waited longest, if one is due.
    async fn take_one(&mut self, app: &App, lease: Option<Lease>) -> Result<Option<()>, Refused> {
        self.sort_out(app, lease).await?;
        let Some(relay) = &app.relay else { return Ok(None) };
        if app.ending.is_announced() {
            return Ok(None);
        }
        let now = app.now();
        let Some(due) = app.db.read(move |tx| store::next_due(tx, now)).await? else { return Ok(None) };
        if due.state == State::Handed {
            tracing::warn!(letter = %due.key.id, "nobody knows what became of this letter: a process died over it");
            // The mail server did nothing wrong: it need not be spared.
            let doubted = Outcome { due_at: now, ..doubted(&due, "answer lost", now) };
            record(app, lease, due.key, doubted).await?;
        } else if due.kind == Kind::Nobody {
            delete(app, lease, due.key).await?;
        } else if due.expires_at <= now {
            record(app, lease, due.key, decided(&due, State::Expired, now)).await?;
        } else {
            match opened(app, &due) {
                Ok(letter) => self.hand_over(app, lease, relay, (&due, &letter)).await?,
                Err(trouble) => record(app, lease, due.key, refused(&due, trouble, now)).await?,
            }
        }
        Ok(Some(()))
    }

    async fn hand_over(
        &mut self,
        app: &App,
        lease: Option<Lease>,
        relay: &Relay,
        (due, letter): (&Due, &Letter),
    ) -> Result<(), Refused> {
        let offer = Box::pin(self.offer(app, relay, letter));
        let offered = match leases::wait_holding(app, lease, offer).await? {
            Ok(Handed::Yes(offered)) => offered,
            Ok(Handed::NotYet) => return Ok(()),
            Err(error) => return self.failed(app, lease, due, error).await,
        };
        let Some(line) = &mut self.line else { return Ok(()) };
        if !hand(app, lease, due.key).await? {
            self.line = None;
            return Ok(());
        }
        match leases::wait_holding(app, lease, Box::pin(line.deliver(offered))).await? {
            Ok(()) => record(app, lease, due.key, decided(due, State::Sent, app.now())).await,
            Err(error) => self.failed(app, lease, due, error).await,
        }
    }

    /// Offers the letter on the open line, or on a new one. An end that is announced meanwhile comes first.
    async fn offer(&mut self, app: &App, relay: &Relay, letter: &Letter) -> Result<Handed, MailError> {
        let line = &mut self.line;
        let offer = async {
            let open = match line.take() {
                Some(open) => open,
                None => relay.open().await?,
            };
            line.insert(open).offer(letter).await
        };
        tokio::select! {
            offered = offer => offered.map(Handed::Yes),
            () = app.ending.announced() => Ok(Handed::NotYet),
        }
    }

    /// Notes why a letter did not go. The line is not used again; leave is taken of who still answers.
    async fn failed(&mut self, app: &App, lease: Option<Lease>, due: &Due, error: MailError) -> Result<(), Refused> {
        match error.cause {
            Cause::Refused(_) | Cause::Unwritable => self.leave().await,
            _ => self.line = None,
        }
        let now = app.now();
        let trouble = error.to_string();
        tracing::warn!(letter = %due.key.id, kind = due.kind.code(), trouble, "a letter was not handed over");
        let outcome = match error.fate() {
            Fate::TryLater => put_off(due, trouble, now),
            Fate::GiveUp => refused(due, trouble, now),
            Fate::Unknown => doubted(due, &trouble, now),
        };
        record(app, lease, due.key, outcome).await
    }

    async fn leave(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }

    async fn sort_out(&mut self, app: &App, lease: Option<Lease>) -> Result<(), Refused> {
        let now = app.now();
        if self.sorted_out_at.is_some_and(|last| now.since(last) < SORT_OUT_EVERY) {
            return Ok(());
        }
        app.db
            .write(move |tx| {
                leases::hold_if_given(tx, lease)?;
                store::expire(tx, now)?;
                Ok::<_, Refused>(store::forget(tx, now.minus(TOLD_FOR))?)
            })
            .await?;
        self.sorted_out_at = Some(now);
        Ok(())
    }
}

fn opened(app: &App, due: &Due) -> Result<Letter, &'static str> {
    let content = app.settings.vault.open(place_of(&due.key.id.to_string()), &due.sealed).map_err(|_| "sealed")?;
    let message: Message = serde_json::from_slice(&content).map_err(|_| "sealed")?;
    Ok(message.letter(due.key.id, due.created_at))
}

async fn hand(app: &App, lease: Option<Lease>, key: Key) -> Result<bool, Refused> {
    app.db
        .write(move |tx| {
            leases::hold_if_given(tx, lease)?;
            Ok::<_, Refused>(store::hand(tx, key.workspace, key.id)?)
        })
        .await
}

async fn record(app: &App, lease: Option<Lease>, key: Key, outcome: Outcome) -> Result<(), Refused> {
    app.db
        .write(move |tx| {
            leases::hold_if_given(tx, lease)?;
            Ok::<_, Refused>(store::record(tx, key.workspace, key.id, &outcome)?)
        })
        .await
}

async fn delete(app: &App, lease: Option<Lease>, key: Key) -> Result<(), Refused> {
    app.db
        .write(move |tx| {
            leases::hold_if_given(tx, lease)?;
            Ok::<_, Refused>(store::delete(tx, key.workspace, key.id)?)
        })
        .await
}

/// The fate of a letter after this many tries, this one included.
fn decided(due: &Due, state: State, now: Timestamp) -> Outcome {
    let tries = if state == State::Expired { due.tries } else { due.tries + 1 };
    Outcome { state, due_at: now, tries, doubts: due.doubts, trouble: String::new(), decided_at: Some(now) }
}

fn refused(due: &Due, trouble: impl Into<String>, now: Timestamp) -> Outcome {
    Outcome { trouble: trouble.into(), ..decided(due, State::Refused, now) }
}

/// Another time, unless its time will be over.
fn put_off(due: &Due, trouble: String, now: Timestamp) -> Outcome {
    let tries = due.tries + 1;
    let due_at = now.plus(pause_after(tries)).min(due.expires_at);
    Outcome { state: State::Waiting, due_at, tries, doubts: due.doubts, trouble, decided_at: None }
}

fn doubted(due: &Due, trouble: &str, now: Timestamp) -> Outcome {
    let doubts = due.doubts + 1;
    // A process that died had counted its try already.
    let tries = due.tries + i64::from(due.state == State::Waiting);
    if doubts >= MOST_DOUBTS {
        let trouble = trouble.to_owned();
        return Outcome { state: State::Uncertain, due_at: now, tries, doubts, trouble, decided_at: Some(now) };
    }
    let due_at = now.plus(FIRST_PAUSE).min(due.expires_at);
    Outcome { state: State::Waiting, due_at, tries, doubts, trouble: trouble.to_owned(), decided_at: None }
}

/// One minute, two, four, up to an hour: a letter of two days is tried some fifty times.
fn pause_after(tries: i64) -> Span {
    let doublings = (tries - 1).clamp(0, 10);
    Span::from_millis((FIRST_PAUSE.as_millis() << doublings).min(LONGEST_PAUSE.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_minute_to_an_hour() {
        let minutes: Vec<i64> = (1..9).map(|tries| pause_after(tries).as_millis() / 60_000).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause_after(i64::MAX), LONGEST_PAUSE);
    }

    #[test]
    fn a_letter_is_tried_a_bounded_number_of_times() {
        let (mut waited, mut tries) = (0, 0);
        while waited < Kind::Notice.lifetime().as_millis() {
            tries += 1;
            waited += pause_after(tries).as_millis();
        }
        assert!(tries < 60, "{tries}");
    }
}
