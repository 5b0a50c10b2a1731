//! What is counted, remembered or due: numbers in use, message ids, kept sums, timers.

use std::collections::{BTreeMap, HashSet};

use db::{DbError, Tx};
use words::{Span, Timestamp};

use super::{Place, Report};
use crate::kernel::{EventPlace, Sight};
use crate::profiles::store as people;
use crate::stream::log::LogRow;
use crate::{privacy, segments, stream};

/// Newest events whose message ids must be remembered, or a repeat would count twice.
const EVENTS_LOOKED_UP: usize = 2_000;
/// A timer later than this, while the stream went on, was missed and not merely waiting for its turn.
const LATE: Span = Span::from_minutes(1);
/// Clocks of two machines may differ by so much.
const AHEAD: Span = Span::from_minutes(10);
/// Late timers that are listed.
const MAX_LATE: usize = 100;

pub(super) fn check(tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report) -> Result<(), DbError> {
    numbers(tx, place, report)?;
    states(tx, place, report)?;
    newest_events(tx, place, report)?;
    sums(tx, place, report)?;
    for (due_at, number) in people::due_timers(tx, place.workspace, place.instant.minus(LATE), MAX_LATE)? {
        report.find("timers", format!("the timer of person {number} was due at {due_at} and did not go off"));
    }
    Ok(())
}

fn numbers(tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report) -> Result<(), DbError> {
    let pairs = [
        ("seq", stream::log::newest_seq(tx, place.workspace)?),
        ("profile_number", people::highest_number(tx, place.workspace)?),
    ];
    let counters = stream::store::counters(tx, place.workspace)?;
    for (name, in_use) in pairs {
        let counter = counters.get(name).copied().unwrap_or_default();
        if counter < in_use {
            report.find("counters", format!("the counter {name} stands at {counter} where {in_use} is in use"));
        }
    }
    Ok(())
}

/// The stream never goes back: after a clock that was wrongly ahead it stands still until the time has come.
pub(super) fn check_clock(place: Place<'_>, now: Timestamp, report: &mut Report) {
    if place.instant > now.plus(AHEAD) {
        let told = "this machine's clock is behind that; no segment changes by time until then";
        report.find("clock", format!("the stream acted at {}, and {told}", place.instant));
    }
}

/// What somebody must look at although nothing is wrong in the data: a clock that is not believed, events set aside.
fn states(tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report) -> Result<(), DbError> {
    let counters = stream::store::counters(tx, place.workspace)?;
    let jump = counters.get(stream::ticker::CLOCK_JUMP).copied().unwrap_or_default();
    if jump != 0 {
        let told = "and is not believed yet; set it right, or restart to believe it at once";
        report.find("clock", format!("the clock of the server jumped by {jump} s {told}"));
    }
    let dead = stream::count_dead_letters(tx, place.workspace)?;
    if dead > 0 {
        report.find("dead_letters", format!("{dead} events could not be applied and were set aside; see Sources"));
    }
    Ok(())
}

fn newest_events(tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report) -> Result<(), DbError> {
    let rows = stream::store::newest(tx, place.workspace, EVENTS_LOOKED_UP)?;
    let mut met = HashSet::new();
    let named = rows.iter().filter_map(|row| Some((row, row.message_id(Sight::Whole).text()?)));
    for (row, message_id) in named {
        if !stream::messages::knows(tx, place.workspace, row)? {
            report.find("message_ids", format!("the message id of event {} is not remembered", row.seq));
        }
        if !met.insert((row.source_no, message_id)) {
            report.find("message_ids", format!("event {} stands in the log a second time", row.seq));
        }
    }
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).filter(|number| *number != 0).collect();
    let there: HashSet<i64> =
        people::profiles_by_number(tx, place.workspace, &numbers)?.into_iter().map(|profile| profile.number).collect();
    let leaving = privacy::numbers_leaving(tx, place.workspace)?;
    let is_known = |number: i64| number == 0 || there.contains(&number) || leaving.contains(&number);
    for row in rows.iter().filter(|row| !is_known(row.number)) {
        report.find("events", format!("event {} belongs to profile {}, which is not there", row.seq, row.number));
    }
    let theirs: Vec<EventPlace> = rows.iter().filter(|row| there.contains(&row.number)).map(LogRow::place).collect();
    for seq in stream::log::without_place(tx, place.workspace, &theirs)? {
        report.find("places", format!("event {seq} is not found among those of its person"));
    }
    Ok(())
}

fn sums(tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report) -> Result<(), DbError> {
    let (kept, counted) = (people::kept_stages(tx, place.workspace)?, people::counted_stages(tx, place.workspace)?);
    compare(&kept, &counted, |stage, kept, counted| {
        report.find("sums", format!("{kept} people are counted in stage “{stage}” where {counted} are listed"));
    });
    let (kept, counted) =
        (segments::store::counts(tx, place.workspace)?, segments::store::summed_members(tx, place.workspace)?);
    compare(&kept, &counted, |no, kept, counted| {
        let id = place.book.definition(*no).map_or_else(|| no.to_string(), |definition| definition.id.to_string());
        report.find("sums", format!("{kept} members of {id} are counted where {counted} are marked"));
    });
    Ok(())
}

/// Tells every key whose two amounts differ; one that is missing counts as nothing.
pub(super) fn compare<K: Ord + Clone, T: Copy + Default + PartialEq>(
    kept: &BTreeMap<K, T>,
    counted: &BTreeMap<K, T>,
    mut tell: impl FnMut(&K, T, T),
) {
    let mut keys: Vec<&K> = kept.keys().chain(counted.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (one, other) = (kept.get(key).copied().unwrap_or_default(), counted.get(key).copied().unwrap_or_default());
        if one != other {
            tell(key, one, other);
        }
    }
}
