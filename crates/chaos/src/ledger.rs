//! What the senders know: every message they sent, and those that were acknowledged.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crm::workspaces;
use db::sql;
use testkit::process::Data;

use crate::{Outcome, ensure};

/// One request, as it is sent once and again.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: &'static str,
    pub body: String,
    pub ids: Vec<String>,
}

#[derive(Default)]
pub struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    sent: HashSet<String>,
    acknowledged: BTreeSet<String>,
    /// Sent and not answered with success: a client library sends them again.
    open: Vec<Call>,
    next: u64,
    answers: Answers,
    /// Ids that were found in the log, and the last row that was looked at.
    stored: HashSet<String>,
    looked_through: i64,
}

/// How the program answered.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub by_status: BTreeMap<u16, u64>,
    /// Connections that were refused or broke.
    pub broken: u64,
    /// Answers that no client may ever get.
    pub strange: Vec<String>,
    /// How long the answers of success took, in milliseconds.
    pub took_ms: Vec<f64>,
}

impl Answers {
    pub fn of(&self, status: u16) -> u64 {
        self.by_status.get(&status).copied().unwrap_or(0)
    }

    /// The time within which 99 of 100 were answered.
    pub fn p99_ms(&self) -> f64 {
        let mut times = self.took_ms.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(0.0)
    }
}

/// Strange answers that are kept to be shown.
const MAX_STRANGE: usize = 5;

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a message that nobody sent before.
    pub fn number(&self) -> u64 {
        let mut pages = self.lock();
        pages.next += 1;
        pages.next
    }

    pub fn note_sent(&self, call: &Call) {
        self.lock().sent.extend(call.ids.iter().cloned());
    }

    pub fn note_acknowledged(&self, call: Call, took: Duration) {
        let mut pages = self.lock();
        *pages.answers.by_status.entry(200).or_default() += 1;
        pages.answers.took_ms.push(took.as_secs_f64() * 1000.0);
        pages.acknowledged.extend(call.ids);
    }

    /// The call was not taken; it is sent again later.
    pub fn note_refused(&self, call: Call, status: Option<u16>) {
        let mut pages = self.lock();
        match status {
            Some(status) => *pages.answers.by_status.entry(status).or_default() += 1,
            None => pages.answers.broken += 1,
        }
        pages.open.push(call);
    }

    pub fn note_strange(&self, what: String) {
        let mut pages = self.lock();
        if pages.answers.strange.len() < MAX_STRANGE {
            pages.answers.strange.push(what);
        }
    }

    /// A call that waits to be sent again.
    pub fn take_open(&self) -> Option<Call> {
        self.lock().open.pop()
    }

    pub fn open_calls(&self) -> usize {
        self.lock().open.len()
    }

    pub fn acknowledged(&self) -> usize {
        self.lock().acknowledged.len()
    }

    /// The answers since this was last asked.
    pub fn take_answers(&self) -> Answers {
        std::mem::take(&mut self.lock().answers)
    }

    /// Compares with the log what was added since the last look, and checks the whole: acknowledged ⊆ stored ⊆ sent, and
    /// nothing twice. `aside` are acknowledged and wait to be tried again.
    pub fn compare(&self, data: &Data, aside: &BTreeSet<String>) -> Outcome<()> {
        let after = self.lock().looked_through;
        let rows = stored_after(data, after)?;
        let mut pages = self.lock();
        for (seq, id) in rows {
            pages.looked_through = pages.looked_through.max(seq);
            ensure(pages.sent.contains(&id), || format!("{id} is stored and was never sent"))?;
            ensure(pages.stored.insert(id.clone()), || format!("{id} is stored twice"))?;
        }
        let lost = pages.acknowledged.iter().filter(|id| !pages.stored.contains(*id) && !aside.contains(*id));
        let lost: Vec<&String> = lost.take(10).collect();
        ensure(lost.is_empty(), || format!("acknowledged and not stored, among others: {lost:?}"))
    }

    /// Forgets what was seen in the log: the next comparison reads all of it.
    pub fn look_anew(&self) {
        let mut pages = self.lock();
        pages.stored.clear();
        pages.looked_through = 0;
    }
}

/// Messages of clients in the log behind a row.
pub fn stored_after(data: &Data, after: i64) -> Outcome<Vec<(i64, String)>> {
    let db = data.open_beside();
    let rows: Result<Vec<(i64, String)>, db::DbError> = db.read_blocking(move |tx| {
        let Some(workspace) = workspaces::the_first(tx)? else { return Ok(Vec::new()) };
        tx.query(
            sql("SELECT seq, message_id
                 FROM events
                 WHERE workspace_id = $1 AND seq > $2 AND message_id <> ''
                 ORDER BY seq"),
            &[&workspace.id, &after],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    });
    db.close_blocking();
    rows.map_err(|error| format!("the log cannot be read: {error}"))
}
