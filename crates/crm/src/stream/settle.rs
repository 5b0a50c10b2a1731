//! Where a person stands after something changed or time has passed: memberships, stage, next timer.

use db::DbError;
use engine::Touched;
use engine::condition::Metric;
use engine::lifecycle;
use serde_json::{Value, json};
use words::Timestamp;

use crate::profiles::StageSince;
use crate::segments::Move;

use super::log::own_body;
use super::store::{LogRow, OWN_EVENT};
use super::work::Work;

/// Timers of one person that one transaction follows; a person with more flips is woken again.
const MAX_WAKES: usize = 1_000;

pub const SEGMENT_ENTERED: &str = "Segment Entered";
pub const SEGMENT_LEFT: &str = "Segment Left";
pub const STAGE_CHANGED: &str = "Lifecycle Stage Changed";

/// Why memberships are decided: whether a difference is an entry or exit that the person made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// An event or the passing of time: entries and exits are events.
    Life,
    /// A definition was built or people were merged or parted: members change, nobody moved.
    Rearrangement,
}

impl Work<'_, '_> {
    /// Decides the touched segments and the stage of a person at an instant.
    pub fn settle(&mut self, root: i64, touched: &Touched, at: Timestamp, cause: Cause) -> Result<(), DbError> {
        let book = self.book.clone();
        for no in touched.iter() {
            let is_live = book.definition(no).is_some_and(|definition| definition.is_live_for(root));
            if is_live {
                self.decide(root, no, at, cause)?;
            }
        }
        self.decide_stage(root, at, cause)
    }

    pub fn decide(&mut self, root: i64, no: u32, at: Timestamp, cause: Cause) -> Result<(), DbError> {
        let book = self.book.clone();
        let person = self.person(root)?;
        let verdict = book.plan.evaluate(no, &person.facts, at);
        let timer = person.standing.timer_at;
        person.standing.wake_by(verdict.flips_at);
        person.is_changed |= person.standing.timer_at != timer;
        let was_in = person.standing.memberships.contains_key(&no);
        if was_in == verdict.is_member {
            return Ok(());
        }
        person.is_changed = true;
        if verdict.is_member {
            person.standing.memberships.insert(no, at);
        } else {
            person.standing.memberships.remove(&no);
        }
        let is_news = cause == Cause::Life;
        self.moves.push(Move { segment_no: no, number: root, is_in: verdict.is_member, is_news, at });
        if is_news {
            self.tell_move(root, no, verdict.is_member, at);
        }
        Ok(())
    }

    fn tell_move(&mut self, root: i64, no: u32, is_in: bool, at: Timestamp) {
        let Some(definition) = self.book.definition(no) else { return };
        let properties = json!({
            "segment_id": definition.id,
            "segment": definition.name,
            "ready_made": definition.ready_made,
        });
        self.tell(root, if is_in { SEGMENT_ENTERED } else { SEGMENT_LEFT }, at, &properties);
    }

    /// Writes an event of Entente's own into the log.
    pub fn tell(&mut self, number: i64, name: &str, at: Timestamp, properties: &Value) {
        let seq = self.next_seq();
        self.log.push(LogRow {
            seq,
            number,
            source_no: 0,
            kind: OWN_EVENT,
            name: name.to_owned(),
            at,
            received_at: self.now,
            message_id: String::new(),
            body: own_body(properties),
        });
    }

    fn decide_stage(&mut self, root: i64, at: Timestamp, cause: Cause) -> Result<(), DbError> {
        let person = self.person(root)?;
        let verdict = lifecycle::stage(&person.facts, at);
        let timer = person.standing.timer_at;
        person.standing.wake_by(verdict.flips_at);
        person.is_changed |= person.standing.timer_at != timer;
        let before = person.standing.stage.as_ref().map(|stage| stage.stage);
        if before == Some(verdict.stage) {
            return Ok(());
        }
        person.is_changed = true;
        let reason = json!(verdict.reason).to_string();
        person.standing.stage = Some(StageSince { stage: verdict.stage, since: at, reason: reason.clone() });
        let Some(before) = before.filter(|_| cause == Cause::Life) else { return Ok(()) };
        let properties = json!({ "from": before.as_str(), "to": verdict.stage.as_str(), "reason": verdict.reason });
        self.tell(root, STAGE_CHANGED, at, &properties);
        let mut touched = Touched::default();
        self.book.plan.touched_by_metrics(&[Metric::LifecycleStage], &mut touched);
        for no in touched.iter() {
            self.decide(root, no, at, cause)?;
        }
        Ok(())
    }

    /// Forgets the stored timer, whose row is gone, so that the next one is written again whatever it is.
    pub fn rearm(&mut self, root: i64) -> Result<(), DbError> {
        self.person(root)?.forget_timer_row();
        Ok(())
    }

    /// Lets time pass for a person: every flip that lies at or before `now` happens at its own instant.
    pub fn wake(&mut self, root: i64) -> Result<(), DbError> {
        for _ in 0..MAX_WAKES {
            let now = self.now;
            let person = self.person(root)?;
            let Some(due_at) = person.standing.timer_at.filter(|due_at| *due_at <= now) else { return Ok(()) };
            person.standing.timer_at = None;
            person.is_changed = true;
            let all = self.book.plan.touched_all();
            self.settle(root, &all, due_at, Cause::Life)?;
        }
        Ok(())
    }
}
