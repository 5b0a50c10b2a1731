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

    /// What was held once is held on: only a clock that was set back takes an instant back.
    pub fn copied_until(&self, until_ms: i64, now_ms: i64) {
        let mut state = self.lock();
        let before = state.until_ms.filter(|before| *before <= now_ms);
        state.until_ms = before.max(Some(until_ms));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_as_old_as_what_it_holds_and_a_clock_that_was_set_back_does_not_make_it_younger() {
        let status = Status::new(1_000);
        let told = |now_ms: i64| {
            let told = status.told(Timestamp::from_millis(now_ms));
            (told.holds_until.map(Timestamp::as_millis), told.behind.as_millis())
        };
        assert_eq!(told(4_000), (None, 3_000), "since the start");
        status.copied_until(5_000, 5_000);
        status.copied_until(3_000, 6_000);
        assert_eq!(told(7_000), (Some(5_000), 2_000));
        status.copied_until(2_500, 2_600);
        assert_eq!(told(4_000), (Some(2_500), 1_500));
    }

    #[test]
    fn a_disk_that_does_not_answer_is_a_failure_too() {
        let status = Status::new(0);
        status.begins(1_000);
        assert_eq!(status.told(Timestamp::from_millis(30_000)).problem, None);
        assert!(status.told(Timestamp::from_millis(32_000)).problem.is_some());
        status.ended(None);
        assert_eq!(status.told(Timestamp::from_millis(32_000)).problem, None);
    }
}
