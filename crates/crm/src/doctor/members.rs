//! Member bitmaps against where each person stands.

use std::collections::BTreeMap;

use db::{DbError, Tx};

use super::{Place, Report};
use crate::profiles::store as people;
use crate::segments;

/// People read at once.
const STEP: usize = 1_000;

/// People of one segment in one row of the bitmaps.
type Chunks = BTreeMap<(u32, i64), Vec<i64>>;

pub(super) fn check(tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report) -> Result<(), DbError> {
    let mut stood: Chunks = BTreeMap::new();
    let (mut after, mut chunk) = (0, 0);
    loop {
        let states = people::states_after(tx, place.workspace, after, STEP)?;
        for state in &states {
            let (here, _) = segments::place(state.number);
            if here != chunk {
                compare(tx, place, chunk..here, std::mem::take(&mut stood), report)?;
                chunk = here;
            }
            for no in state.standing.memberships.keys().filter(|no| place.book.definition(**no).is_some()) {
                stood.entry((*no, here)).or_default().push(state.number);
            }
        }
        match states.last() {
            Some(last) => after = last.number,
            None => return compare(tx, place, chunk..chunk + 1, stood, report),
        }
    }
}

fn compare(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    chunks: std::ops::Range<i64>,
    mut stood: Chunks,
    report: &mut Report,
) -> Result<(), DbError> {
    for chunk in chunks {
        for (no, members) in segments::store::members_in_chunk(tx, place.workspace, chunk)? {
            if place.book.definition(no).is_none() {
                continue;
            }
            let standing = stood.remove(&(no, chunk)).unwrap_or_default();
            note(place, no, &members, &standing, report);
        }
    }
    for ((no, _), standing) in stood {
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
