//! The queue in front of the transaction: while one group commits, the next gathers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use db::{Db, DbError};
use tokio::sync::{mpsc, oneshot};
use words::{Timestamp, WorkspaceId};

use crate::kernel::{Chance, Changed, Clock, News, Vault};

use super::apply::{apply, by_workspace};
use super::dead_letters::DeadLetter;
use super::log::body_of;
use super::model::{Group, Receipt, StreamError};
use super::plans::Plans;
use super::store;

/// Requests that may wait; beyond it the sender is told to come back.
const MAX_WAITING: usize = 4_096;
/// Events of one transaction: enough to make the fsync cheap, few enough that senders make ready the next while it runs.
const MAX_EVENTS: usize = 4_000;
/// Times a transaction is tried before the database counts as away, or an event as poison.
const TRIES: u32 = 3;
const PAUSE_BETWEEN_TRIES: Duration = Duration::from_millis(50);

struct Job {
    group: Group,
    answer: oneshot::Sender<Result<Receipt, StreamError>>,
}

/// What calls itself must be boxed.
type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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
    pub fn start(db: Db, clock: Clock, chance: Chance, news: News, vault: Vault) -> Self {
        let (jobs, queue) = mpsc::channel(MAX_WAITING);
        let plans = Plans::new(vault);
        let around = Surroundings { db, clock, chance, plans: plans.clone(), news };
        tokio::spawn(conduct(queue, around));
        Self { jobs, plans }
    }

    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Answers when the group's events are on disk and every segment tells the truth.
    pub async fn submit(&self, mut group: Group) -> Result<Receipt, StreamError> {
        let place = self.jobs.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => StreamError::Busy,
            mpsc::error::TrySendError::Closed(()) => StreamError::Stopped,
        })?;
        for event in &mut group.events {
            event.stored = body_of(event);
        }
        let (answer, answered) = oneshot::channel();
        place.send(Job { group, answer });
        answered.await.unwrap_or(Err(StreamError::Stopped))
    }
}

async fn conduct(mut queue: mpsc::Receiver<Job>, around: Surroundings) {
    while let Some(first) = queue.recv().await {
        let mut jobs = vec![first];
        let mut events = jobs[0].group.events.len();
        while events < MAX_EVENTS {
            let Ok(job) = queue.try_recv() else { break };
            events += job.group.events.len();
            jobs.push(job);
        }
        let (groups, answers): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.group, job.answer)).unzip();
        for (answer, result) in answers.into_iter().zip(around.apply_all(groups).await) {
            // The sender may have gone away; its events are on disk all the same.
            let _ = answer.send(result);
        }
    }
}

impl Surroundings {
    async fn apply_all(&self, groups: Vec<Group>) -> Vec<Result<Receipt, StreamError>> {
        if !self.db.has_room() {
            return vec![Err(StreamError::Full); groups.len()];
        }
        let mut results = vec![Err(StreamError::Unavailable); groups.len()];
        for (workspace, part) in by_workspace(groups) {
            let (places, groups): (Vec<usize>, Vec<Group>) = part.into_iter().unzip();
            for (place, result) in places.into_iter().zip(self.apply_part(workspace, groups).await) {
                results[place] = result;
            }
        }
        results
    }

    /// All groups in one transaction. When something in it cannot be applied, it is looked for by halves: the neighbours
    /// of one bad event among thousands wait for some dozen transactions, and not for one each.
    fn apply_part(
        &self,
        workspace: WorkspaceId,
        mut groups: Vec<Group>,
    ) -> Later<'_, Vec<Result<Receipt, StreamError>>> {
        Box::pin(async move {
            let shared = Arc::new(groups);
            let error = match self.attempt_patiently(workspace, &shared).await {
                Ok(receipts) => return receipts.into_iter().map(Ok).collect(),
                Err(error) => error,
            };
            groups = Arc::unwrap_or_clone(shared);
            if !is_poison(&error) {
                let told =
                    if matches!(error, DbError::Full { .. }) { StreamError::Full } else { StreamError::Unavailable };
                return vec![Err(told); groups.len()];
            }
            if groups.len() > 1 {
                tracing::warn!(%error, groups = groups.len(), "a transaction of events failed; trying its halves");
                let second = groups.split_off(groups.len() / 2);
                let mut results = self.apply_part(workspace, groups).await;
                results.extend(self.apply_part(workspace, second).await);
                return results;
            }
            let Some(group) = groups.pop() else { return Vec::new() };
            vec![self.apply_halves(workspace, group, &error).await]
        })
    }

    /// The events of one group by halves; one that is alone and still fails is set aside.
    async fn apply_halves(
        &self,
        workspace: WorkspaceId,
        mut group: Group,
        error: &DbError,
    ) -> Result<Receipt, StreamError> {
        if group.events.len() <= 1 {
            return self.apply_alone(workspace, group, error).await;
        }
        let second = Group { events: group.events.split_off(group.events.len() / 2), ..group.clone() };
        let mut whole = Receipt::default();
        for half in [group, second] {
            for receipt in self.apply_part(workspace, vec![half]).await {
                let receipt = receipt?;
                whole.accepted += receipt.accepted;
                whole.repeated += receipt.repeated;
                whole.dead += receipt.dead;
            }
        }
        Ok(whole)
    }

    /// One event that has failed once by itself.
    async fn apply_alone(&self, workspace: WorkspaceId, group: Group, error: &DbError) -> Result<Receipt, StreamError> {
        let (groups, mut reason) = (Arc::new(vec![group]), error.to_string());
        for _ in 1..TRIES {
            match self.attempt(workspace, Arc::clone(&groups)).await {
                Ok(receipts) => return receipts.first().copied().ok_or(StreamError::Unavailable),
                Err(error) if is_poison(&error) => reason = error.to_string(),
                Err(_) => return Err(StreamError::Unavailable),
            }
        }
        self.bury(workspace, groups, reason).await
    }

    /// Tries again what may go well without anybody acting.
    async fn attempt_patiently(
        &self,
        workspace: WorkspaceId,
        groups: &Arc<Vec<Group>>,
    ) -> Result<Vec<Receipt>, DbError> {
        let mut tries = 1;
        loop {
            match self.attempt(workspace, Arc::clone(groups)).await {
                Err(error) if error.is_retryable() && tries < TRIES => tries += 1,
                outcome => return outcome,
            }
            tokio::time::sleep(PAUSE_BETWEEN_TRIES).await;
        }
    }

    async fn bury(
        &self,
        workspace: WorkspaceId,
        groups: Arc<Vec<Group>>,
        reason: String,
    ) -> Result<Receipt, StreamError> {
        tracing::error!(%reason, "an event failed three times and was set aside; see Sources");
        let now = (self.clock)();
        let letters: Vec<DeadLetter> = groups
            .iter()
            .flat_map(|group| group.events.iter().map(|event| DeadLetter::of(group, event, now, &reason)))
            .collect();
        let dead = letters.len();
        let written: Result<(), DbError> =
            self.db.write(move |tx| store::insert_dead_letters(tx, workspace, letters)).await;
        written.map_err(|_| StreamError::Unavailable)?;
        Ok(Receipt { dead, ..Receipt::default() })
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
