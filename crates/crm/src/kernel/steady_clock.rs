//! A wall clock that does not jump: what this machine shows, unless it leaps by more than a correction does.
//!
//! A clock that is suddenly forty days ahead would let thousands of people leave their segments for good. So a jump of more
//! than ten minutes is not followed at once: time goes on from where it was, counted by a clock that nobody can set, and the
//! jump is told. It is believed when the new time has held for ten minutes, or when the server is started anew. If the clock
//! jumps back before, nothing has happened.

use std::sync::{Arc, Mutex, PoisonError};

use words::{Span, Timestamp};

/// What a jump must exceed, ahead or back; daemons that keep clocks right correct less.
const MAX_STEP: Span = Span::from_minutes(10);
/// How long the new time must hold until it is believed.
const HOLD: Span = Span::from_minutes(10);

/// One look at both clocks of a machine.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What the machine shows, and anybody may set.
    pub wall: Timestamp,
    /// Milliseconds since some instant, which nobody can set.
    pub steady_ms: i64,
}

impl Reading {
    fn offset_ms(self) -> i64 {
        self.wall.as_millis().saturating_sub(self.steady_ms)
    }
}

/// A jump that is not believed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// How far the machine's clock is ahead of the time that is counted; negative when it is behind.
    pub by_ms: i64,
    offset_ms: i64,
    since_ms: i64,
}

/// Cheap to clone; all clones are one clock.
#[derive(Clone, Default)]
pub struct SteadyClock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Wall time less steady time, as believed; none before the first reading.
    offset_ms: Option<i64>,
    jump: Option<Jump>,
}

impl SteadyClock {
    /// The time to go by.
    pub fn read(&self, reading: Reading) -> Timestamp {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let believed = *state.offset_ms.get_or_insert(reading.offset_ms());
        if !is_jump(believed, reading.offset_ms()) {
            if state.jump.take().is_some() {
                tracing::warn!("the machine's clock is back where it was; its jump changed nothing");
            }
            state.offset_ms = Some(reading.offset_ms());
            return reading.wall;
        }
        let same = state.jump.filter(|jump| !is_jump(jump.offset_ms, reading.offset_ms()));
        let since_ms = same.map_or(reading.steady_ms, |jump| jump.since_ms);
        let by_ms = reading.offset_ms().saturating_sub(believed);
        if reading.steady_ms.saturating_sub(since_ms) >= HOLD.as_millis() {
            tracing::error!(by_ms, "the machine's clock has held for ten minutes and is believed");
            *state = State { offset_ms: Some(reading.offset_ms()), jump: None };
            return reading.wall;
        }
        if same.is_none() {
            tracing::error!(
                by_ms,
                "the machine's clock jumped; time goes on as if it had not, for ten minutes: set it right, or restart to \
                 believe it at once"
            );
        }
        state.jump = Some(Jump { by_ms, offset_ms: reading.offset_ms(), since_ms });
        Timestamp::from_millis(reading.steady_ms.saturating_add(believed))
    }

    /// The jump that is not believed yet.
    pub fn jump(&self) -> Option<Jump> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).jump
    }
}

fn is_jump(from_ms: i64, to_ms: i64) -> bool {
    from_ms.abs_diff(to_ms) > MAX_STEP.as_millis().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    /// What the wall shows when the steady clock shows 0.
    const BEGIN: i64 = 1_763_817_600_000;

    /// Each look: the steady clock, how far the wall is off, and how far off the time to go by is.
    fn check(looks: &[(i64, i64, i64)]) {
        let clock = SteadyClock::default();
        for (at, off, expected) in looks {
            let reading = Reading { wall: Timestamp::from_millis(BEGIN + at + off), steady_ms: *at };
            let shown = clock.read(reading).as_millis() - BEGIN - at;
            assert_eq!(shown, *expected, "at {at} with the wall off by {off}");
            let expected = (shown != *off).then_some(off - expected);
            assert_eq!(clock.jump().map(|jump| jump.by_ms), expected, "at {at}");
        }
    }

    #[test]
    fn a_correction_is_followed_at_once() {
        check(&[
            (0, 0, 0),
            (1000, 9 * MINUTE, 9 * MINUTE),
            (2000, 18 * MINUTE, 18 * MINUTE),
            (3000, 10 * MINUTE, 10 * MINUTE),
        ]);
    }

    #[test]
    fn a_jump_that_is_taken_back_changes_nothing() {
        check(&[(0, 0, 0), (1000, 40 * DAY, 0), (5 * MINUTE, 40 * DAY, 0), (6 * MINUTE, 0, 0)]);
        check(&[(0, 0, 0), (1000, -DAY, 0), (5 * MINUTE, -DAY, 0), (6 * MINUTE, 0, 0)]);
    }

    #[test]
    fn a_jump_that_holds_is_believed_after_ten_minutes() {
        check(&[
            (0, 0, 0),
            (1000, 40 * DAY, 0),
            (1000 + 10 * MINUTE - 1, 40 * DAY, 0),
            (1000 + 10 * MINUTE, 40 * DAY, 40 * DAY),
        ]);
        check(&[(0, 0, 0), (1000, -DAY, 0), (1000 + 10 * MINUTE, -DAY, -DAY)]);
    }

    #[test]
    fn a_clock_that_goes_on_jumping_is_not_believed() {
        check(&[
            (0, 0, 0),
            (MINUTE, DAY, 0),
            (8 * MINUTE, 2 * DAY, 0),
            (15 * MINUTE, DAY, 0),
            (24 * MINUTE, DAY, 0),
            (25 * MINUTE, DAY, DAY),
        ]);
    }

    #[test]
    fn a_long_sleep_of_the_process_is_no_jump_when_both_clocks_go_on() {
        check(&[(0, 0, 0), (3 * DAY, 0, 0), (6 * DAY, 2000, 2000)]);
    }
}
