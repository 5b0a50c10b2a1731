//! How late a copy is, for whoever watches it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use words::{Span, Timestamp};

/// A write of the copy that takes longer is a failure too.
const STUCK_MS: i64 = 30_000;

/// What is told of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyStatus {
    /// What was committed before this instant can be restored from it; none before its first base is whole.
    pub holds_until: Option<Timestamp>,
    /// Since then, or since the start.
    pub behind: Span,
    /// Why it cannot be written, in a sentence.
    pub problem: Option<String>,
}

#[derive(Debug)]
pub struct Status(Mutex<State>);

#[derive(Debug)]
struct State {
    started_at_ms: i64,
    until_ms: Option<i64>,
    problem: Option<String>,
    /// When the work under way began.
    working_since_ms: Option<i64>,
}

impl Status {
    pub fn new(started_at_ms: i64) -> Self {
        Self(Mutex::new(State { started_at_ms, until_ms: None, problem: None, working_since_ms: None }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begins(&self, now_ms: i64) {
        self.lock().working_since_ms = Some(now_ms);
    }

    /// Logs what begins to fail, and what works again.
    pub fn ended(&self, problem: Option<String>) {
        let mut state = self.lock();
        state.working_since_ms = None;
        match (&state.problem, &problem) {
            (before, Some(now)) if before.as_ref() != Some(now) => {
                tracing::error!(problem = now, "the copy cannot be written; it falls behind");
            }
            (Some(_), None) => tracing::info!("the copy is written again"),
            _ => {}
        }
        state.problem = problem;
    }

    pub fn copied_until(&self, until_ms: i64) {
        self.lock().until_ms = Some(until_ms);
    }

    pub fn told(&self, now: Timestamp) -> CopyStatus {
        let state = self.lock();
        let now_ms = now.as_millis();
        let is_stuck = state.working_since_ms.is_some_and(|since| now_ms - since > STUCK_MS);
        let stuck = is_stuck.then(|| "its disk does not answer".to_owned());
        let since_ms = state.until_ms.unwrap_or(state.started_at_ms);
        CopyStatus {
            holds_until: state.until_ms.map(Timestamp::from_millis),
            behind: Span::from_millis((now_ms - since_ms).max(0)),
            problem: state.problem.clone().or(stuck),
        }
    }
}
