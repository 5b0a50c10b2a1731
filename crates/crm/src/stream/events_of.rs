//! The events of people, found by their places: those that are written down, and the newest, which wait in their states.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use db::{DbError, Tx};
use words::{Timestamp, WorkspaceId};

use crate::kernel::EventPlace;
use crate::profiles::store::recent_events_of;

use super::store::{self, LogRow, Named, places};

/// The numbers of all events of these profiles, in the order of arrival.
fn seqs_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<i64>, DbError> {
    let mut seqs = places::seqs_of(tx, workspace, numbers)?;
    seqs.extend(recent_events_of(tx, workspace, numbers)?.into_iter().map(|place| place.seq));
    seqs.sort_unstable();
    // A transaction that joined people has written theirs down already, and their states not yet.
    seqs.dedup();
    Ok(seqs)
}

/// The events of these profiles in the order of arrival, up to an instant of arrival.
pub fn events_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    received_by: Timestamp,
) -> Result<Vec<LogRow>, DbError> {
    let seqs = seqs_of(tx, workspace, numbers)?;
    Ok(in_order_of_arrival(store::arrived_at(tx, workspace, &seqs, received_by)?))
}

/// The events of these profiles that bear one of the names, in the order of arrival; what Entente itself wrote is left
/// out, as the stream folds it nowhere.
pub fn named_events_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    names: &[String],
) -> Result<Vec<LogRow>, DbError> {
    let seqs = seqs_of(tx, workspace, numbers)?;
    Ok(in_order_of_arrival(store::named_at(tx, workspace, &seqs, names)?))
}

fn in_order_of_arrival(mut rows: Vec<LogRow>) -> Vec<LogRow> {
    rows.sort_unstable_by_key(|row| row.seq);
    rows
}

/// When the newest event of these profiles arrived, for `doctor`.
pub fn newest_arrival(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Option<Timestamp>, DbError> {
    let newest = seqs_of(tx, workspace, numbers)?.pop();
    let Some(newest) = newest else { return Ok(None) };
    Ok(store::event_at(tx, workspace, newest)?.map(|row| row.received_at))
}

/// Places that a timeline is looked through for names at a time.
const MAX_STEP: usize = 4_096;

/// A person's timeline, newest first by the events' own time, from a place on.
pub fn timeline(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    named: Named<'_>,
    before: (Timestamp, i64),
    rows: usize,
) -> Result<Vec<LogRow>, DbError> {
    let mut way = WayBack::from(tx, workspace, numbers, before)?;
    let (mut found, mut step) = (Vec::new(), rows);
    while found.len() < rows {
        let places = way.next(tx, workspace, step)?;
        let seqs: Vec<i64> = places.iter().map(|place| place.seq).collect();
        found.extend(store::rows_at(tx, workspace, &seqs, named)?);
        if places.len() < step {
            break;
        }
        step = (step * 4).min(MAX_STEP);
    }
    found.sort_by_key(|row| Reverse((row.at, row.seq)));
    found.truncate(rows);
    Ok(found)
}

/// Deletes so many events of these profiles at most; answers how many, and the names that they bore. The place of none of
/// them may wait in a state.
pub fn delete_some(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    rows: usize,
) -> Result<(usize, BTreeSet<String>), DbError> {
    let places = WayBack::from(tx, workspace, numbers, (Timestamp::MAX, i64::MAX))?.next(tx, workspace, rows)?;
    let seqs: Vec<i64> = places.iter().map(|place| place.seq).collect();
    let names = store::names_at(tx, workspace, &seqs)?;
    store::delete_events(tx, workspace, &places)?;
    Ok((places.len(), names))
}

/// Of these events those whose places are neither written down nor wait in a state, for `doctor`.
pub fn without_place(tx: &mut Tx<'_>, workspace: WorkspaceId, events: &[EventPlace]) -> Result<Vec<i64>, DbError> {
    let numbers: BTreeSet<i64> = events.iter().map(|event| event.number).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let waiting: BTreeSet<EventPlace> = recent_events_of(tx, workspace, &numbers)?.into_iter().collect();
    let mut without = Vec::new();
    for event in events.iter().filter(|event| !waiting.contains(event)) {
        if !places::contains(tx, workspace, *event)? {
            without.push(event.seq);
        }
    }
    Ok(without)
}

/// A way back through the events of profiles, newest first by the events' own time.
struct WayBack<'n> {
    numbers: &'n [i64],
    waiting: Vec<EventPlace>,
    before: (Timestamp, i64),
}

impl<'n> WayBack<'n> {
    fn from(
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        numbers: &'n [i64],
        before: (Timestamp, i64),
    ) -> Result<Self, DbError> {
        Ok(Self { numbers, waiting: recent_events_of(tx, workspace, numbers)?, before })
    }

    /// The next places; fewer than asked for at the end only.
    fn next(&mut self, tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<EventPlace>, DbError> {
        let is_ahead = |place: &&EventPlace| (place.at, place.seq) < self.before;
        let mut next: Vec<EventPlace> = self.waiting.iter().filter(is_ahead).copied().collect();
        for number in self.numbers {
            next.extend(places::before(tx, workspace, *number, self.before, rows)?);
        }
        next.sort_unstable_by_key(|place| Reverse((place.at, place.seq)));
        next.dedup();
        next.truncate(rows);
        if let Some(last) = next.last() {
            self.before = (last.at, last.seq);
        }
        Ok(next)
    }
}
