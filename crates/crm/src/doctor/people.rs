//! People against a recomputation from the log: memberships, stage, timers.

use db::{DbError, Tx};
use words::{Span, Timestamp};

use super::{Place, Report, Sample};
use crate::profiles::store::{self, PersonState};
use crate::stream::{self, past_of};

/// People read at once.
const STEP: usize = 500;

/// Checks the people of the sample; answers the numbers of their profiles.
pub(super) fn check(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    sample: Sample,
    report: &mut Report,
) -> Result<Vec<i64>, DbError> {
    let total = store::count_people(tx, place.workspace)?;
    let every = match sample {
        Sample::Everybody => 1,
        Sample::People(people) => (total / (people.max(1) as i64)).max(1),
    };
    // The stream's clock never runs back: after the machine's was set back, it is ahead.
    let instant = Timestamp::from_millis(stream::store::counter(tx, place.workspace, "instant")?);
    let place = Place { now: place.now.max(instant), ..place };
    let (mut after, mut examined) = (0, Vec::new());
    loop {
        let states = store::states_after(tx, place.workspace, after, STEP)?;
        let Some(last) = states.last().map(|state| state.number) else { return Ok(examined) };
        after = last;
        for state in states {
            report.people += 1;
            if report.people as i64 % every == 0 {
                report.recomputed += 1;
                examined.push(state.number);
                examined.extend(&state.standing.leaves);
                check_person(tx, place, &state, report)?;
            }
        }
    }
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
