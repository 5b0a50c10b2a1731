//! People in an order, from a place on: each order is read from its own index, and rows are fetched for a page only.

use std::cmp::{Ordering, Reverse};
use std::collections::{HashMap, HashSet, VecDeque};

use db::{DbError, Tx, sql};
use words::WorkspaceId;

use super::{EVERY_STAGE, ListedPerson, people_by_number};
use crate::profiles::SortBy;
use crate::profiles::model::visit_step;

/// Where somebody stands in an order: what he is sorted by, and his number.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub value: i64,
    pub text: String,
    pub number: i64,
}

impl Place {
    pub fn of(person: &ListedPerson, sort: SortBy) -> Self {
        let row = &person.row;
        let (value, text) = match sort {
            SortBy::LastSeen => (visit_step(row.last_seen_at).as_millis(), String::new()),
            SortBy::Newest => (0, String::new()),
            SortBy::Name => (0, row.name_folded()),
            SortBy::Revenue => (row.revenue_minor, String::new()),
            SortBy::Orders => (row.orders_count, String::new()),
        };
        Self { value, text, number: person.number }
    }

    /// Which of two comes first. Names go up and the nameless come last; everything else goes down.
    pub fn order(&self, other: &Self, sort: SortBy) -> Ordering {
        let by_name = |place: &Self| (place.text.is_empty(), place.text.clone(), place.number);
        let downwards = |place: &Self| Reverse((place.value, place.number));
        match sort {
            SortBy::Name => by_name(self).cmp(&by_name(other)),
            SortBy::LastSeen | SortBy::Newest | SortBy::Revenue | SortBy::Orders => {
                downwards(self).cmp(&downwards(other))
            }
        }
    }
}

/// A walk through people in an order. People without a name are left out of the order of names.
pub struct Walk {
    sort: SortBy,
    lanes: Vec<Lane>,
}

/// One index range. The index of the last visit leads with the stage, so there each stage is a lane of its own.
struct Lane {
    stage: &'static str,
    waiting: VecDeque<Place>,
    /// From where to read on.
    after: Option<Place>,
    is_read: bool,
}

impl Walk {
    pub fn new(sort: SortBy, after: Option<&Place>) -> Self {
        match sort {
            SortBy::LastSeen => Self::over(sort, &EVERY_STAGE, after),
            SortBy::Newest | SortBy::Name | SortBy::Revenue | SortBy::Orders => Self::over(sort, &[""], after),
        }
    }

    /// Through one stage only, by the last visit.
    pub fn in_stage(stage: &'static str, after: Option<&Place>) -> Self {
        Self::over(SortBy::LastSeen, &[stage], after)
    }

    fn over(sort: SortBy, stages: &[&'static str], after: Option<&Place>) -> Self {
        let lane =
            |stage: &&'static str| Lane { stage, waiting: VecDeque::new(), after: after.cloned(), is_read: false };
        Self { sort, lanes: stages.iter().map(lane).collect() }
    }

    /// The next ones in order; fewer than asked for at the end only.
    pub fn next(&mut self, tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<Place>, DbError> {
        let mut found = Vec::with_capacity(rows);
        while found.len() < rows {
            for lane in &mut self.lanes {
                lane.refill(tx, workspace, self.sort, rows)?;
            }
            let first = self.lanes.iter_mut().filter(|lane| !lane.waiting.is_empty()).min_by(|one, other| {
                let (one, other) = (one.waiting.front(), other.waiting.front());
                one.zip(other).map_or(Ordering::Equal, |(one, other)| one.order(other, self.sort))
            });
            match first.and_then(|lane| lane.waiting.pop_front()) {
                Some(place) => found.push(place),
                None => break,
            }
        }
        Ok(found)
    }
}

impl Lane {
    fn refill(&mut self, tx: &mut Tx<'_>, workspace: WorkspaceId, sort: SortBy, rows: usize) -> Result<(), DbError> {
        if self.is_read || !self.waiting.is_empty() {
            return Ok(());
        }
        let read = places_after(tx, workspace, sort, self.stage, self.after.as_ref(), rows)?;
        self.is_read = read.len() < rows;
        self.after = read.last().cloned().or_else(|| self.after.take());
        self.waiting = read.into();
        Ok(())
    }
}

/// The places after one, in an order; of one stage where the order is that of the last visit.
fn places_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    sort: SortBy,
    stage: &str,
    after: Option<&Place>,
    rows: usize,
) -> Result<Vec<Place>, DbError> {
    let rows = rows as i64;
    let value = after.map_or(i64::MAX, |place| place.value);
    let number = after.map_or(i64::MAX, |place| place.number);
    // The order of names begins after the last one without a name.
    let text = after.map_or("", |place| place.text.as_str());
    let with_value = |row: &db::Row<'_>| Ok(Place { value: row.get(0)?, text: String::new(), number: row.get(1)? });
    match sort {
        SortBy::LastSeen => tx.query(
            sql("SELECT seen_at, number
                 FROM last_visits
                 WHERE workspace_id = $1 AND stage = $2 AND (seen_at, number) < ($3, $4)
                 ORDER BY seen_at DESC, number DESC
                 LIMIT $5"),
            &[&workspace, &stage, &value, &number, &rows],
            with_value,
        ),
        SortBy::Revenue => tx.query(
            sql("SELECT revenue_minor, number
                 FROM people
                 WHERE workspace_id = $1 AND (revenue_minor, number) < ($2, $3)
                 ORDER BY revenue_minor DESC, number DESC
                 LIMIT $4"),
            &[&workspace, &value, &number, &rows],
            with_value,
        ),
        SortBy::Orders => tx.query(
            sql("SELECT orders_count, number
                 FROM people
                 WHERE workspace_id = $1 AND (orders_count, number) < ($2, $3)
                 ORDER BY orders_count DESC, number DESC
                 LIMIT $4"),
            &[&workspace, &value, &number, &rows],
            with_value,
        ),
        SortBy::Newest => tx.query(
            sql("SELECT number
                 FROM people
                 WHERE workspace_id = $1 AND number < $2
                 ORDER BY number DESC
                 LIMIT $3"),
            &[&workspace, &number, &rows],
            |row| Ok(Place { value: 0, text: String::new(), number: row.get(0)? }),
        ),
        SortBy::Name => tx.query(
            sql("SELECT name_folded, number
                 FROM people
                 WHERE workspace_id = $1 AND (name_folded, number) > ($2, $3)
                 ORDER BY name_folded, number
                 LIMIT $4"),
            &[&workspace, &text, &number, &rows],
            |row| Ok(Place { value: 0, text: row.get(0)?, number: row.get(1)? }),
        ),
    }
}

/// A page of everybody.
pub fn list_people(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    sort: SortBy,
    after: Option<&Place>,
    rows: usize,
) -> Result<Vec<ListedPerson>, DbError> {
    let places = Walk::new(sort, after).next(tx, workspace, rows)?;
    let numbers: Vec<i64> = places.iter().map(|place| place.number).collect();
    people_in_order(tx, workspace, &numbers)
}

/// The rows of these people, in the order given.
pub fn people_in_order(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<ListedPerson>, DbError> {
    let places: HashMap<i64, usize> = numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
    let mut people = people_by_number(tx, workspace, numbers)?;
    people.sort_by_key(|person| places.get(&person.number).copied());
    Ok(people)
}

/// Those of the people who are in a stage.
pub fn those_in_stage(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    stage: &str,
    numbers: &[i64],
) -> Result<HashSet<i64>, DbError> {
    let found = tx.query(
        sql("SELECT number FROM people WHERE workspace_id = $1 AND number IN LIST($2) AND stage = $3"),
        &[&workspace, &numbers, &stage],
        |row| row.get(0),
    )?;
    Ok(found.into_iter().collect())
}

/// Everybody in a stage, while they are few.
pub fn numbers_in_stage(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    stage: &str,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT number FROM last_visits WHERE workspace_id = $1 AND stage = $2 LIMIT $3"),
        &[&workspace, &stage, &(rows as i64)],
        |row| row.get(0),
    )
}
