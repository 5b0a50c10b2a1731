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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier, mpsc};
    use std::thread::{JoinHandle, ThreadId};

    use super::*;
    use crate::postgres::{self, PostgresSession};
    use crate::tx::Mode;

    const THREADS: usize = 3;

    /// Sessions that no job uses, and so that never connect.
    fn workers(queue: &Arc<Queue>) -> Vec<JoinHandle<()>> {
        let work = |queue: Arc<Queue>| {
            let server = postgres::server("postgres://nobody@127.0.0.1/nothing").unwrap();
            let mut session = Session::Postgres(Box::new(PostgresSession::new(server, Mode::Read)));
            while let Some(job) = queue.pop() {
                job(&mut session);
            }
        };
        (0..THREADS).map(|_| Arc::clone(queue)).map(|queue| thread::spawn(move || work(queue))).collect()
    }

    fn end(queue: &Queue, workers: Vec<JoinHandle<()>>) {
        queue.close();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    }

    #[test]
    fn of_idle_threads_the_one_that_worked_last_goes_on() {
        let queue = Arc::new(Queue::default());
        let workers = workers(&queue);
        let mut seen: HashSet<ThreadId> = HashSet::new();
        for _ in 0..100 {
            while queue.lock().idle.len() < THREADS {
                thread::yield_now();
            }
            seen.insert(queue.run_blocking(|_| Ok::<_, DbError>(thread::current().id())).unwrap());
        }
        assert_eq!(seen.len(), 1);
        end(&queue, workers);
    }

    #[test]
    fn jobs_at_once_have_a_thread_each() {
        let queue = Arc::new(Queue::default());
        let workers = workers(&queue);
        let (met, all_met) = (Arc::new(Barrier::new(THREADS)), mpsc::channel());
        for _ in 0..THREADS {
            let (met, told) = (Arc::clone(&met), all_met.0.clone());
            queue
                .push(Box::new(move |_| {
                    met.wait();
                    told.send(()).unwrap();
                }))
                .unwrap();
        }
        (0..THREADS).for_each(|_| all_met.1.recv().unwrap());
        end(&queue, workers);
    }

    #[test]
    fn each_job_is_done_once_and_those_that_wait_at_the_end_too() {
        let queue = Arc::new(Queue::default());
        let (workers, done) = (workers(&queue), Arc::new(AtomicUsize::new(0)));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let done = Arc::clone(&done);
                        queue
                            .push(Box::new(move |_| {
                                done.fetch_add(1, Ordering::Relaxed);
                            }))
                            .unwrap();
                    }
                });
            }
        });
        end(&queue, workers);
        assert_eq!(done.load(Ordering::Relaxed), 8_000);
        assert!(matches!(queue.push(Box::new(|_| {})), Err(DbError::Closed)));
    }
}
