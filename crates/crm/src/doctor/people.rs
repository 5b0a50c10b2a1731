//! People against a recomputation from the log: memberships, stage, timers.

use std::collections::HashMap;

use db::{DbError, Tx};
use words::{Span, Timestamp};

use super::{Place, Report};
use crate::profiles::PersonRow;
use crate::profiles::store::{self, PersonState};
use crate::stream::{self, past_of};

/// Checks these people, every so manieth against the log; answers the numbers of the profiles of those.
pub(super) fn check(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    states: &[PersonState],
    every: i64,
    report: &mut Report,
) -> Result<Vec<i64>, DbError> {
    check_rows(tx, place, states, report)?;
    let mut examined = Vec::new();
    for state in states {
        report.people += 1;
        if report.people as i64 % every == 0 {
            report.recomputed += 1;
            examined.push(state.number);
            examined.extend(&state.standing.leaves);
            check_person(tx, place, state, report)?;
        }
    }
    Ok(examined)
}

/// What the list of people shows, against what is known of them.
fn check_rows(tx: &mut Tx<'_>, place: Place<'_>, states: &[PersonState], report: &mut Report) -> Result<(), DbError> {
    let numbers: Vec<i64> = states.iter().map(|state| state.number).collect();
    let rows: HashMap<i64, PersonRow> = store::people_by_number(tx, place.workspace, &numbers)?
        .into_iter()
        .map(|person| (person.number, person.row))
        .collect();
    for state in states {
        let row = PersonRow::of(&state.facts, &state.standing, place.book.shop.currency);
        if rows.get(&state.number) != Some(&row) {
            report.find("list", format!("person {} is listed otherwise than he is known", state.number));
        }
        if !store::has_last_visit(tx, place.workspace, state.number, &row.last_visit())? {
            report.find("list", format!("person {} is missing where people stand by last visit", state.number));
        }
    }
    Ok(())
}

/// Whether something of these profiles arrived, or they were merged or parted, after an instant.
fn has_changed_since(tx: &mut Tx<'_>, place: Place<'_>, numbers: &[i64], at: Timestamp) -> Result<bool, DbError> {
    let arrived = stream::log::newest_arrival(tx, place.workspace, numbers)?;
    let merges = store::merges_of(tx, place.workspace, numbers)?;
    let merged = merges.iter().any(|one| one.at > at || one.undone_at.is_some_and(|undone_at| undone_at > at));
    Ok(merged || arrived.is_some_and(|arrived| arrived > at))
}

fn check_person(tx: &mut Tx<'_>, place: Place<'_>, state: &PersonState, report: &mut Report) -> Result<(), DbError> {
    let (number, standing) = (state.number, &state.standing);
    if let Some(timer_at) = standing.timer_at
        && !store::has_timer(tx, place.workspace, timer_at, number)?
    {
        report.find("timers", format!("person {number} waits for {timer_at}, and no timer is set"));
    }
    // What is stored is true until the next timer, which may be due and not yet gone off.
    let until = standing.timer_at.map_or(place.now, |timer_at| timer_at.minus(Span::from_millis(1)));
    let at = place.now.min(until);
    let numbers: Vec<i64> = standing.leaves.iter().copied().chain([number]).collect();
    if at < place.now && has_changed_since(tx, place, &numbers, at)? {
        return Ok(());
    }
    let past = past_of(tx, place.workspace, place.book, &place.book.plan, &numbers, at)?;
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
    Ok(())
}
