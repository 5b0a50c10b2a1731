//! The queue in front of the transaction: while one group commits, the next gathers.

use std::sync::Arc;
use std::time::Duration;

use db::{Db, DbError};
use tokio::sync::{mpsc, oneshot};
use words::{Timestamp, WorkspaceId};

use crate::kernel::{Chance, Changed, Clock, News, random_bytes};

use super::apply::{apply, by_workspace};
use super::log::body_of;
use super::model::{Group, Receipt, StreamError};
use super::plans::Plans;
use super::store;

/// Requests that may wait; beyond it the sender is told to come back.
const MAX_WAITING: usize = 4_096;
/// Events of one transaction: enough to make the fsync cheap, few enough to keep it short.
const MAX_EVENTS: usize = 8_000;
/// Times a transaction is tried before the database counts as away, or an event as poison.
const TRIES: u32 = 3;
const PAUSE_BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Senders answered at once from which on the next group is waited for, and how long: below it nobody waits.
const MANY_SENDERS: usize = 16;
const GATHER: Duration = Duration::from_millis(1);

struct Job {
    group: Group,
    answer: oneshot::Sender<Result<Receipt, StreamError>>,
}

/// The way into the loop. Cheap to clone.
#[derive(Clone)]
pub struct Stream {
    jobs: mpsc::Sender<Job>,
    plans: Plans,
}

/// What the stream needs of the process around it.
#[derive(Clone)]
struct Surroundings {
    db: Db,
    clock: Clock,
    chance: Chance,
    plans: Plans,
    news: News,
}

impl Stream {
    /// Starts the conductor on the current tokio runtime; it ends when every `Stream` is gone.
    pub fn start(db: Db, clock: Clock, chance: Chance, news: News) -> Self {
        let (jobs, queue) = mpsc::channel(MAX_WAITING);
        let plans = Plans::default();
        let around = Surroundings { db, clock, chance, plans: plans.clone(), news };
        tokio::spawn(conduct(queue, around));
        Self { jobs, plans }
    }

    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Answers when the group's events are on disk and every segment tells the truth.
    pub async fn submit(&self, group: Group) -> Result<Receipt, StreamError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job { group, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StreamError::Busy,
            mpsc::error::TrySendError::Closed(_) => StreamError::Stopped,
        })?;
        answered.await.unwrap_or(Err(StreamError::Stopped))
    }
}

async fn conduct(mut queue: mpsc::Receiver<Job>, around: Surroundings) {
    let mut answered = 0;
    while let Some(first) = queue.recv().await {
        if answered >= MANY_SENDERS {
            // They were answered a moment ago and are about to send again: together they cost one commit.
            tokio::time::sleep(GATHER).await;
        }
        let mut jobs = vec![first];
        let mut events = jobs[0].group.events.len();
        while events < MAX_EVENTS {
            let Ok(job) = queue.try_recv() else { break };
            events += job.group.events.len();
            jobs.push(job);
        }
        let (groups, answers): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.group, job.answer)).unzip();
        answered = answers.len();
        for (answer, result) in answers.into_iter().zip(around.apply_all(groups).await) {
            // The sender may have gone away; its events are on disk all the same.
            let _ = answer.send(result);
        }
    }
}

impl Surroundings {
    async fn apply_all(&self, groups: Vec<Group>) -> Vec<Result<Receipt, StreamError>> {
        let mut results = vec![Err(StreamError::Unavailable); groups.len()];
        for (workspace, part) in by_workspace(groups) {
            let (places, groups): (Vec<usize>, Vec<Group>) = part.into_iter().unzip();
            for (place, result) in places.into_iter().zip(self.apply_part(workspace, groups).await) {
                results[place] = result;
            }
        }
        results
    }

    /// All groups in one transaction; when that fails, one by one, so that a bad one does not touch its neighbours.
    async fn apply_part(&self, workspace: WorkspaceId, groups: Vec<Group>) -> Vec<Result<Receipt, StreamError>> {
        let groups = Arc::new(groups);
        match self.attempt(workspace, Arc::clone(&groups)).await {
            Ok(receipts) => receipts.into_iter().map(Ok).collect(),
            Err(error) => {
                tracing::warn!(%error, "a group of events failed as a whole; trying its parts");
                let mut results = Vec::with_capacity(groups.len());
                for group in groups.iter() {
                    results.push(self.apply_alone(workspace, group.clone()).await);
                }
                results
            }
        }
    }

    async fn apply_alone(&self, workspace: WorkspaceId, group: Group) -> Result<Receipt, StreamError> {
        let mut failure = None;
        for _ in 0..TRIES {
            match self.attempt(workspace, Arc::new(vec![group.clone()])).await {
                Ok(receipts) => return receipts.first().copied().ok_or(StreamError::Unavailable),
                Err(error) => failure = Some(error),
            }
            tokio::time::sleep(PAUSE_BETWEEN_TRIES).await;
        }
        match failure {
            Some(error) if is_poison(&error) => self.isolate_poison(workspace, group).await,
            _ => Err(StreamError::Unavailable),
        }
    }

    /// Applies the events of a failing group one at a time; those that still fail are kept as dead letters.
    async fn isolate_poison(&self, workspace: WorkspaceId, group: Group) -> Result<Receipt, StreamError> {
        let mut whole = Receipt::default();
        for event in group.events.clone() {
            let single = Group { events: vec![event], ..group.clone() };
            match self.attempt(workspace, Arc::new(vec![single.clone()])).await {
                Ok(receipts) => {
                    whole.accepted += receipts.iter().map(|receipt| receipt.accepted).sum::<usize>();
                    whole.repeated += receipts.iter().map(|receipt| receipt.repeated).sum::<usize>();
                }
                Err(error) if is_poison(&error) => {
                    self.bury(workspace, single, error.to_string()).await?;
                    whole.dead += 1;
                }
                Err(_) => return Err(StreamError::Unavailable),
            }
        }
        Ok(whole)
    }

    async fn bury(&self, workspace: WorkspaceId, group: Group, reason: String) -> Result<(), StreamError> {
        tracing::error!(%reason, "an event failed three times and was set aside as a dead letter");
        let now = (self.clock)();
        let id = uuid::Uuid::from_bytes(random_bytes(&self.chance));
        let written: Result<(), DbError> = self
            .db
            .write(move |tx| {
                for event in &group.events {
                    let body = body_of(event);
                    store::insert_dead_letter(tx, workspace, id, now, group.source_no, &reason, &body)?;
                }
                Ok(())
            })
            .await;
        written.map_err(|_| StreamError::Unavailable)
    }

    async fn attempt(&self, workspace: WorkspaceId, groups: Arc<Vec<Group>>) -> Result<Vec<Receipt>, DbError> {
        let (plans, chance, now): (_, _, Timestamp) = (self.plans.clone(), self.chance.clone(), (self.clock)());
        let applied: Result<(Vec<Receipt>, i64), DbError> =
            self.db.write(move |tx| apply(tx, workspace, &groups, now, &plans, &chance)).await;
        let (receipts, seq) = applied?;
        self.news.tell(Changed { workspace, seq });
        Ok(receipts)
    }
}

/// Whether the fault lies in the event and not in the database.
fn is_poison(error: &DbError) -> bool {
    matches!(
        error,
        DbError::Panicked { .. }
            | DbError::Type { .. }
            | DbError::Parameter { .. }
            | DbError::Constraint { .. }
            | DbError::Unique { .. }
            | DbError::Sql { .. }
            | DbError::NoRow { .. }
            | DbError::SeveralRows { .. }
    )
}
