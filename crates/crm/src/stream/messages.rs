//! Which messages are new: an event counts once, however often it is sent.
//!
//! The index of message ids (`message_ids`) has no order in time, so a row written there for each event would be a page of
//! its own for each event. But the log has every message with its id, in order. So ids are written to the index in rounds,
//! a slice of all digests at a time and many to a page, and until then the end of the log is the memory of them: every
//! process keeps its digests (`Tail`), reads what other processes added before each transaction, and reads all of it anew
//! when it starts. What the index surely does not have, `strangers` knows. The counter [`THROUGH`] tells up to which event
//! the index has them all.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use db::{DbError, Tx};
use sha2::{Digest as _, Sha256};
use words::{Timestamp, WorkspaceId};

use super::model::{Group, Incoming, Remembered};
use super::store;
use super::strangers::Strangers;

/// The counter of the last event up to which the index of message ids is complete.
pub const THROUGH: &str = "messages_through";
/// A day that no retention reaches.
const FOR_EVER: i64 = i64::MAX;
/// Ids that wait before a round begins: some twenty megabytes, and enough that a page of the index takes several at once.
const A_ROUND: usize = 262_144;
/// A slice is all digests with one first byte.
pub const SLICES: usize = 256;
/// Events in whose time a slice of the index is written, or read: a round writes ids faster than they come.
const EVENTS_A_SLICE: usize = 256;

/// The first half of the SHA-256 of a message id.
pub type MessageDigest = [u8; 16];
/// A message id: its digest and the source that it came from.
pub type Message = (MessageDigest, i64);

pub fn digest(message_id: &str) -> MessageDigest {
    let mut half = MessageDigest::default();
    half.copy_from_slice(&Sha256::digest(message_id.as_bytes())[..16]);
    half
}

pub fn slice_of(digest: &MessageDigest) -> usize {
    usize::from(digest[0])
}

/// The digests of a slice: from the first to before the second.
pub fn bounds_of(slice: u8) -> (Vec<u8>, Vec<u8>) {
    // Digests have 16 bytes: 17 of the highest lie after all of the last slice.
    let until = slice.checked_add(1).map_or_else(|| vec![u8::MAX; 17], |next| vec![next]);
    (vec![slice], until)
}

/// Days since 1970 in UTC: the step in which message ids are forgotten.
pub fn utc_day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(86_400_000)
}

/// The ids of a workspace's newest events, as far as the index may not have them.
#[derive(Default)]
struct Tail {
    /// The last event of the log whose id is known here.
    seq: i64,
    /// The event up to which the index has all ids.
    through: i64,
    /// Each id with an event at or before which it came.
    ids: BTreeMap<Message, i64>,
    /// Of all other ids, those that the index surely does not have.
    strangers: Strangers,
    round: Option<Round>,
}

/// A round under way: ids up to an event go to the index, slice by slice.
#[derive(Clone, Copy)]
struct Round {
    through: i64,
    next: usize,
}

/// What a transaction learned of messages, to be known to the next one when it is committed.
#[derive(Default)]
pub struct Learned {
    new: Vec<Message>,
    written: Range<usize>,
}

/// The ends of the logs of all workspaces, as this process knows them. Cheap to clone.
#[derive(Clone)]
pub struct Tails {
    tails: Arc<Mutex<HashMap<WorkspaceId, Arc<Mutex<Tail>>>>>,
    a_round: usize,
}

impl Default for Tails {
    fn default() -> Self {
        Self { tails: Arc::default(), a_round: A_ROUND }
    }
}

/// Where the log and its index are when a transaction begins.
#[derive(Clone, Copy)]
pub struct Position {
    pub workspace: WorkspaceId,
    /// The last event of the log.
    pub seq: i64,
    /// The counter [`THROUGH`].
    pub through: i64,
}

impl Tails {
    /// For each event of all groups, in their order, whether its message is new.
    pub fn sort_out(
        &self,
        tx: &mut Tx<'_>,
        at: Position,
        groups: &[Group],
        now: Timestamp,
    ) -> Result<(Vec<bool>, Learned), DbError> {
        let tail = self.of(at.workspace);
        let mut tail = lock(&tail);
        tail.catch_up(tx, at)?;
        let events = groups.iter().map(|group| group.events.len()).sum();
        tail.strangers.read_on(tx, at.workspace, slices_in(events))?;
        let (answers, new) = tail.sort_out(tx, at.workspace, groups)?;
        let written = tail.write_slices(tx, at, answers.len(), now)?;
        Ok((answers, Learned { new, written }))
    }

    /// Takes in what a transaction learned that began at `before` and is committed; its last event was `seq`.
    pub fn learn(&self, before: Position, seq: i64, learned: Learned) {
        let tail = self.of(before.workspace);
        let mut tail = lock(&tail);
        tail.learn(before, seq, learned);
        tail.begin_round(self.a_round);
    }

    fn of(&self, workspace: WorkspaceId) -> Arc<Mutex<Tail>> {
        Arc::clone(lock(&self.tails).entry(workspace).or_default())
    }
}

/// Slices that are written, or read, in the time of so many events.
fn slices_in(events: usize) -> usize {
    1 + events / EVENTS_A_SLICE
}

/// What is locked here is changed by single steps that cannot panic, or read anew from the log.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tail {
    /// Reads what other processes, or this one before its start, added to the log since.
    fn catch_up(&mut self, tx: &mut Tx<'_>, at: Position) -> Result<(), DbError> {
        if at.through > self.seq {
            // Others wrote ids to the index that this process never read in the log, and some may be in the log no more.
            self.strangers.forget();
        }
        if at.through > self.through {
            self.through = at.through;
            let (waiting, indexed) = std::mem::take(&mut self.ids).into_iter().partition(|(_, seq)| *seq > at.through);
            self.ids = waiting;
            BTreeMap::into_keys(indexed).for_each(|message| self.strangers.remove(&message));
        }
        if at.seq > self.seq {
            store::messages_after(tx, at.workspace, self.seq.max(at.through), |source_no, message_id, seq| {
                self.ids.insert((digest(message_id), source_no), seq);
            })?;
            self.seq = at.seq;
        }
        Ok(())
    }

    fn sort_out(
        &mut self,
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        groups: &[Group],
    ) -> Result<(Vec<bool>, Vec<Message>), DbError> {
        let messages: Vec<(Message, Remembered)> = groups
            .iter()
            .flat_map(|group| group.events.iter().map(|event| (message_of(group, event), group.remembered)))
            .collect();
        let is_waiting: Vec<bool> = messages.iter().map(|(message, _)| self.ids.contains_key(message)).collect();
        let others = messages.iter().zip(&is_waiting).filter(|(_, is_waiting)| !**is_waiting);
        let perhaps = others.map(|((message, _), _)| *message).filter(|message| !self.strangers.has(message));
        let mut known = store::known_messages(tx, workspace, perhaps)?;
        let (mut answers, mut new, mut for_ever) = (Vec::with_capacity(messages.len()), Vec::new(), Vec::new());
        for ((message, remembered), is_waiting) in messages.into_iter().zip(is_waiting) {
            let is_new = !is_waiting && known.insert(message);
            answers.push(is_new);
            match remembered {
                _ if !is_new => {}
                Remembered::AsPromised => new.push(message),
                // The log does not tell how long an id counts, so it does not wait for a round.
                Remembered::ForEver => for_ever.push(message),
            }
        }
        store::insert_messages(tx, workspace, for_ever.iter(), FOR_EVER)?;
        for_ever.iter().for_each(|message| self.strangers.remove(message));
        Ok((answers, new))
    }

    /// Writes the next slices of the round under way, more of them the more events come; answers which.
    fn write_slices(
        &self,
        tx: &mut Tx<'_>,
        at: Position,
        events: usize,
        now: Timestamp,
    ) -> Result<Range<usize>, DbError> {
        let Some(round) = self.round else { return Ok(0..0) };
        let slices = round.next..SLICES.min(round.next + slices_in(events));
        let ids = slices.clone().flat_map(|slice| self.slice(slice, round.through));
        store::insert_messages(tx, at.workspace, ids, utc_day(now))?;
        if slices.end == SLICES {
            store::set_counters(tx, at.workspace, &[(THROUGH, round.through.max(at.through))])?;
        }
        Ok(slices)
    }

    /// The ids of one slice that came up to an event.
    fn slice(&self, slice: usize, through: i64) -> impl Iterator<Item = &Message> {
        let mut first = MessageDigest::default();
        first[0] = slice as u8;
        self.ids
            .range((first, i64::MIN)..)
            .take_while(move |((digest, _), _)| slice_of(digest) == slice)
            .filter(move |(_, seq)| **seq <= through)
            .map(|(message, _)| message)
    }

    fn learn(&mut self, before: Position, seq: i64, learned: Learned) {
        self.ids.extend(learned.new.into_iter().map(|message| (message, seq)));
        if self.seq >= before.seq {
            self.seq = self.seq.max(seq);
        }
        let Some(round) = self.round else { return };
        for slice in learned.written.clone() {
            let written: Vec<Message> = self.slice(slice, round.through).copied().collect();
            for message in written {
                self.ids.remove(&message);
                self.strangers.remove(&message);
            }
        }
        let next = round.next.max(learned.written.end);
        self.round = (next < SLICES).then_some(Round { next, ..round });
    }

    fn begin_round(&mut self, of: usize) {
        if self.round.is_none() && self.ids.len() >= of {
            self.round = Some(Round { through: self.seq, next: 0 });
        }
    }
}

fn message_of(group: &Group, event: &Incoming) -> Message {
    (digest(&event.message_id), group.source_no)
}

/// Brings the index up to the end of the log, so that it no longer needs the log to remember: before events are erased.
pub fn index_messages(tx: &mut Tx<'_>, workspace: WorkspaceId, now: Timestamp) -> Result<(), DbError> {
    let at = Position::of(workspace, &store::counters(tx, workspace)?);
    let mut tail = Tail::default();
    tail.catch_up(tx, at)?;
    store::insert_messages(tx, workspace, tail.ids.keys(), utc_day(now))?;
    store::set_counters(tx, workspace, &[(THROUGH, at.seq)])
}

/// Whether a repeat of this event's message would be known, for `doctor`.
pub fn knows(tx: &mut Tx<'_>, workspace: WorkspaceId, row: &store::LogRow) -> Result<bool, DbError> {
    let at = Position::of(workspace, &store::counters(tx, workspace)?);
    let message = (digest(&row.message_id), row.source_no);
    Ok(row.seq > at.through || !store::known_messages(tx, workspace, std::iter::once(message))?.is_empty())
}

impl Position {
    pub fn of(workspace: WorkspaceId, counters: &BTreeMap<String, i64>) -> Self {
        let counter = |name: &str| counters.get(name).copied().unwrap_or_default();
        Self { workspace, seq: counter(super::work::SEQ), through: counter(THROUGH) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;
    use testkit::databases::Db;

    use super::*;
    use crate::stream::{Trust, store::LogRow};

    const NOW: Timestamp = Timestamp::from_millis(1_763_817_600_000);
    const A_SMALL_ROUND: usize = 40;

    fn event(message_id: &str) -> Incoming {
        Incoming {
            message_id: message_id.to_owned(),
            call: engine::calls::Call::Track,
            name: "Ping".to_owned(),
            claims: Vec::new(),
            blocked: Vec::new(),
            previous_id: None,
            at: NOW,
            received_at: NOW,
            properties: json!({}),
            context: json!({}),
            traits: None,
            rest: serde_json::Map::new(),
            is_bot: false,
            stored: String::new(),
        }
    }

    fn row(group: &Group, event: &Incoming, seq: i64) -> LogRow {
        LogRow {
            seq,
            number: 0,
            source_no: group.source_no,
            kind: 1,
            name: event.name.clone(),
            at: NOW,
            received_at: NOW,
            message_id: event.message_id.clone(),
            body: "{}".to_owned(),
        }
    }

    fn some_groups(random: &mut fastrand::Rng, workspace: WorkspaceId) -> Vec<Group> {
        let group = |random: &mut fastrand::Rng| Group {
            workspace,
            source_no: random.i64(1..3),
            trust: Trust::Server,
            remembered: if random.u8(..10) == 0 { Remembered::ForEver } else { Remembered::AsPromised },
            events: (0..random.usize(1..12)).map(|_| event(&format!("m{}", random.u32(..10_000)))).collect(),
        };
        (0..random.usize(1..4)).map(|_| group(random)).collect()
    }

    /// One transaction as the stream makes it, or one that fails at its end.
    async fn apply(db: &Db, tails: &Tails, groups: Vec<Group>, fails: bool) -> Option<Vec<bool>> {
        let tails = tails.clone();
        let applied: Result<Vec<bool>, DbError> = db
            .write(move |tx| {
                let workspace = groups[0].workspace;
                let before = Position::of(workspace, &store::counters(tx, workspace)?);
                let (answers, learned) = tails.sort_out(tx, before, &groups, NOW)?;
                let events = groups.iter().flat_map(|group| group.events.iter().map(move |event| (group, event)));
                let fresh = events.zip(&answers).filter(|(_, is_new)| **is_new);
                let rows: Vec<LogRow> =
                    fresh.zip(before.seq + 1..).map(|(((group, event), _), seq)| row(group, event, seq)).collect();
                let seq = rows.last().map_or(before.seq, |row| row.seq);
                store::append(tx, workspace, rows)?;
                store::set_counters(tx, workspace, &[(super::super::work::SEQ, seq)])?;
                if fails {
                    return Err(crate::kernel::corrupt("it fails at its end"));
                }
                let tails = tails.clone();
                tx.after_commit(move || tails.learn(before, seq, learned));
                Ok(answers)
            })
            .await;
        applied.ok()
    }

    /// What an erasure does, by a process that is neither of the two, to all events at once.
    async fn erase_the_log(db: &Db, workspace: WorkspaceId) {
        let erased: Result<(), DbError> = db
            .write(move |tx| {
                index_messages(tx, workspace, NOW)?;
                tx.execute(db::sql("DELETE FROM events WHERE workspace_id = $1"), &[&workspace])?;
                Ok(())
            })
            .await;
        erased.unwrap();
    }

    testkit::on_both!(crate::MIGRATIONS;
    a_message_is_new_once_whatever_process_takes_it_fails_starts_anew_or_erases_the_log, |db| async move {
        let mut random = fastrand::Rng::with_seed(7);
        let workspace = WorkspaceId::from_parts(NOW, [7; 10]);
        let process = || Tails { a_round: A_SMALL_ROUND, ..Tails::default() };
        let mut processes = [process(), process()];
        let mut met = HashSet::new();
        for _ in 0..1_500 {
            let one = random.usize(..2);
            if random.u16(..300) == 0 {
                processes[one] = process();
            }
            if random.u8(..40) == 0 {
                erase_the_log(&db, workspace).await;
            }
            let groups = some_groups(&mut random, workspace);
            let messages: Vec<Message> =
                groups.iter().flat_map(|group| group.events.iter().map(|event| message_of(group, event))).collect();
            let Some(answers) = apply(&db, &processes[one], groups, random.u8(..10) == 0).await else { continue };
            let expected: Vec<bool> = messages.into_iter().map(|message| met.insert(message)).collect();
            assert_eq!(answers, expected);
        }
        let indexed: Result<_, DbError> = db.write(move |tx| {
            let rounds = Position::of(workspace, &store::counters(tx, workspace)?).through;
            index_messages(tx, workspace, NOW)?;
            Ok((rounds, store::known_messages(tx, workspace, met.clone().into_iter())? == met))
        }).await;
        let (rounds, is_whole) = indexed.unwrap();
        assert!(rounds > 0, "rounds came to their end");
        assert!(is_whole, "the index has all of them");
    });
}
