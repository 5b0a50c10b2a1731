//! Member bitmaps against where each person stands.

use std::collections::BTreeMap;

use db::{DbError, Tx};

use super::{Place, Report};
use crate::profiles::store::PersonState;
use crate::segments;

/// Of one chunk, whose people are these.
pub(super) fn check(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    chunk: i64,
    states: &[PersonState],
    report: &mut Report,
) -> Result<(), DbError> {
    let mut stood: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for state in states {
        for no in state.standing.memberships.keys().filter(|no| place.book.definition(**no).is_some()) {
            stood.entry(*no).or_default().push(state.number);
        }
    }
    for (no, count, members) in segments::store::members_in_chunk(tx, place.workspace, chunk)? {
        if count != members.len() as i64 {
            let marked = members.len();
            report.find("sums", format!("chunk {chunk} of segment {no} counts {count} members and marks {marked}"));
        }
        if place.book.definition(no).is_some() {
            note(place, no, &members, &stood.remove(&no).unwrap_or_default(), report);
        }
    }
    for (no, standing) in stood {
        note(place, no, &[], &standing, report);
    }
    Ok(())
}

fn note(place: Place<'_>, no: u32, members: &[i64], standing: &[i64], report: &mut Report) {
    let id = place.book.definition(no).map_or_else(String::new, |definition| definition.id.to_string());
    for number in members.iter().filter(|number| standing.binary_search(number).is_err()) {
        report.find("members", format!("{id} lists person {number}, who does not stand in it"));
    }
    for number in standing.iter().filter(|number| members.binary_search(number).is_err()) {
        report.find("members", format!("{id} does not list person {number}, who stands in it"));
    }
}
