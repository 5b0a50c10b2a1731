//! People against a recomputation from the log: memberships, stage, timers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

use db::{DbError, Tx};
use words::{Span, Timestamp};

use super::{Place, Report};
use crate::profiles::PersonRow;
use crate::profiles::store::{self, PersonState};
use crate::stream::backfill::in_readings;
use crate::stream::{self, Past, pasts_of};

/// Checks these people, every so manieth against the log; answers the numbers of the profiles of those.
pub(super) fn check(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    states: &[PersonState],
    every: i64,
    report: &mut Report,
) -> Result<Vec<i64>, DbError> {
    let (Some(first), Some(last)) = (states.first(), states.last()) else { return Ok(Vec::new()) };
    let numbers = first.number..=last.number;
    check_rows(tx, place, numbers.clone(), states, report)?;
    let counted = (report.people as i64 + 1..).zip(states);
    let sampled: Vec<&PersonState> = counted.filter(|(count, _)| count % every == 0).map(|(_, state)| state).collect();
    report.people += states.len() as u64;
    report.recomputed += sampled.len() as u64;
    check_timers(tx, place, numbers, &sampled, report)?;
    // What is stored is true until the next timer, which may be due and not yet gone off.
    let (true_now, due): (Vec<&PersonState>, Vec<&PersonState>) =
        sampled.iter().partition(|state| state.standing.timer_at.is_none_or(|timer_at| timer_at > place.now));
    let mut rest = true_now.as_slice();
    for reading in in_readings(true_now.iter().map(|state| (state.number, state.facts.figures().events_count))) {
        let (together, others) = rest.split_at(reading.len());
        compare_with_log(tx, place, together, place.now, report)?;
        rest = others;
    }
    for state in due {
        let until = state.standing.timer_at.map_or(place.now, |timer_at| timer_at.minus(Span::from_millis(1)));
        if !has_changed_since(tx, place, &profiles_of(state), until)? {
            compare_with_log(tx, place, &[state], until, report)?;
        }
    }
    Ok(sampled.into_iter().flat_map(profiles_of).collect())
}

/// The numbers of the profiles that are this person, his own the last.
fn profiles_of(state: &PersonState) -> Vec<i64> {
    state.standing.leaves.iter().copied().chain([state.number]).collect()
}

/// What the list of people shows, against what is known of them.
fn check_rows(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    numbers: RangeInclusive<i64>,
    states: &[PersonState],
    report: &mut Report,
) -> Result<(), DbError> {
    let all: Vec<i64> = states.iter().map(|state| state.number).collect();
    let rows: HashMap<i64, PersonRow> = store::people_by_number(tx, place.workspace, &all)?
        .into_iter()
        .map(|person| (person.number, person.row))
        .collect();
    let mut visits: BTreeMap<String, Vec<(Timestamp, i64)>> = BTreeMap::new();
    for state in states {
        let row = PersonRow::of(&state.facts, &state.standing, place.book.shop.currency);
        if rows.get(&state.number) != Some(&row) {
            report.find("list", format!("person {} is listed otherwise than he is known", state.number));
        }
        let visit = row.last_visit();
        visits.entry(visit.stage).or_default().push((visit.at, state.number));
    }
    for (stage, wanted) in visits {
        let there =
            |instants: &[Timestamp]| store::last_visits_at(tx, place.workspace, &stage, numbers.clone(), instants);
        for (_, number) in missing(wanted, there)? {
            report.find("list", format!("person {number} is missing where people stand by last visit"));
        }
    }
    Ok(())
}

fn check_timers(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    numbers: RangeInclusive<i64>,
    states: &[&PersonState],
    report: &mut Report,
) -> Result<(), DbError> {
    let waiting = states.iter().filter_map(|state| Some((state.standing.timer_at?, state.number)));
    for (at, number) in missing(waiting.collect(), |instants| store::timers_at(tx, place.workspace, numbers, instants))?
    {
        report.find("timers", format!("person {number} waits for {at}, and no timer is set"));
    }
    Ok(())
}

/// Those of the wanted places, an instant and a number each, that are not among what is there at their instants.
fn missing(
    wanted: Vec<(Timestamp, i64)>,
    there: impl FnOnce(&[Timestamp]) -> Result<Vec<(Timestamp, i64)>, DbError>,
) -> Result<Vec<(Timestamp, i64)>, DbError> {
    let instants: Vec<Timestamp> = wanted.iter().map(|(at, _)| *at).collect();
    let there: HashSet<(Timestamp, i64)> = there(&instants)?.into_iter().collect();
    Ok(wanted.into_iter().filter(|place| !there.contains(place)).collect())
}

/// Whether something of these profiles arrived, or they were merged or parted, after an instant.
fn has_changed_since(tx: &mut Tx<'_>, place: Place<'_>, numbers: &[i64], at: Timestamp) -> Result<bool, DbError> {
    let arrived = stream::log::newest_arrival(tx, place.workspace, numbers)?;
    let merges = store::merges_of(tx, place.workspace, numbers)?;
    let merged = merges.iter().any(|one| one.at > at || one.undone_at.is_some_and(|undone_at| undone_at > at));
    Ok(merged || arrived.is_some_and(|arrived| arrived > at))
}

/// Memberships and stages of these people, which are true at that instant, against the log, read at once.
fn compare_with_log(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    states: &[&PersonState],
    at: Timestamp,
    report: &mut Report,
) -> Result<(), DbError> {
    let people: Vec<Vec<i64>> = states.iter().map(|state| profiles_of(state)).collect();
    let pasts = pasts_of(tx, place.workspace, place.book, &place.book.plan, &people, at)?;
    states.iter().zip(pasts).for_each(|(state, past)| compare_with_past(place, state, &past, at, report));
    Ok(())
}

fn compare_with_past(place: Place<'_>, state: &PersonState, past: &Past, at: Timestamp, report: &mut Report) {
    let (number, standing) = (state.number, &state.standing);
    for definition in place.book.definitions.iter().filter(|definition| definition.is_live_for(number)) {
        let should_be_in = place.book.plan.evaluate(definition.no, &past.facts, at).is_member;
        let is_in = standing.memberships.contains_key(&definition.no);
        if is_in != should_be_in {
            let stored = if is_in { "is a member" } else { "is no member" };
            let id = definition.id;
            report.find("memberships", format!("person {number} {stored} of {id}; the log says otherwise at {at}"));
        }
    }
    let stage = engine::lifecycle::stage(&past.facts, at).stage;
    if standing.stage.as_ref().is_some_and(|stored| stored.stage != stage) {
        report
            .find("stages", format!("person {number} is in another stage than {}, which the log says", stage.as_str()));
    }
}
