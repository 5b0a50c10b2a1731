//! Where transactions wait for a thread.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use tokio::sync::oneshot;

use crate::error::DbError;
use crate::tx::Session;

/// Transactions that may wait for a thread. A closure is small; past this the database is too slow for its callers, and
/// they are told [`DbError::Busy`].
const QUEUED_TRANSACTIONS: usize = 10_000;

/// What a thread is to do with its connection.
pub type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// Transactions that wait for one of several threads. Of those with nothing to do the last one that worked goes on: its
/// connection is open and has its statements prepared, and a shop with little to do opens no others.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: Vec<Thread>,
    is_closed: bool,
}

impl Queue {
    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Lets a thread run this, and answers when it has.
    pub async fn run<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.push(Box::new(move |session| {
            // Nobody waits any more when the caller was dropped.
            let _ = sender.send(run(session));
        }))?;
        receiver.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    /// The same for threads that may block.
    pub fn run_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.push(Box::new(move |session| {
            let _ = sender.send(run(session));
        }))?;
        receiver.recv().unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    /// Stands a job in the queue; nobody is told when it has run.
    pub fn push(&self, job: Job) -> Result<(), DbError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(DbError::Closed);
        }
        if state.jobs.len() >= QUEUED_TRANSACTIONS {
            return Err(DbError::Busy);
        }
        state.jobs.push_back(job);
        let woken = state.idle.pop();
        drop(state);
        woken.inspect(Thread::unpark);
        Ok(())
    }

    /// The next job, when there is one; nothing when the queue is closed and empty.
    pub fn pop(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            let this = thread::current();
            state.idle.push(this.clone());
            drop(state);
            thread::park();
            state = self.lock();
            // A thread may wake without having been woken.
            state.idle.retain(|idle| idle.id() != this.id());
        }
    }

    /// Takes no more jobs. Those that wait are still done.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.idle.drain(..).for_each(|idle| idle.unpark());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
