//! Everything that Live shows, read in one snapshot.

use std::collections::HashMap;

use db::{DbError, Tx};
use words::{ProfileId, Timestamp, WorkspaceId};

use super::presence::{Presence, ProductNames, is_of_a_visit, presences};
use crate::desk::roots::roots_of;
use crate::kernel::Sight;
use crate::profiles::PersonRow;
use crate::profiles::store::{people_by_number, states_of};
use crate::{segments, stream};

/// Rows of the log that are looked through: five minutes of a busy shop.
const ROWS: usize = 2_000;
/// People on the screen; the head says how many there are in all.
const SHOWN: usize = 100;
/// Pages in the list of pages.
const PAGES: usize = 8;

pub struct Live {
    /// Everybody, also those who are not shown.
    pub count: usize,
    /// Whether the rows ended before the five minutes did.
    pub is_cut: bool,
    pub visitors: Vec<Visitor>,
    /// The pages most people are on.
    pub pages: Vec<(String, usize)>,
}

pub struct Visitor {
    pub id: ProfileId,
    pub number: i64,
    pub row: PersonRow,
    pub presence: Presence,
    pub cart: Option<Cart>,
    /// Name and code of ready-made segments.
    pub segments: Vec<(String, Option<String>)>,
}

pub struct Cart {
    pub items: u64,
    pub value_micros: i128,
    /// Names of products, as far as they are known.
    pub names: Vec<String>,
}

pub fn read(tx: &mut Tx<'_>, workspace: WorkspaceId, now: Timestamp, sight: Sight) -> Result<Live, DbError> {
    let rows = stream::log::newest(tx, workspace, ROWS)?;
    let numbers: Vec<i64> = rows.iter().filter(|row| is_of_a_visit(row)).map(|row| row.number).collect();
    let roots = roots_of(tx, workspace, &numbers)?;
    let (here, names) = presences(&rows, now, sight, |number| roots.get(&number).copied());
    let oldest = rows.last().map(|row| row.received_at);
    let is_cut = rows.len() == ROWS && oldest.is_some_and(|at| now.since(at) < super::presence::HERE_WITHIN);
    Ok(Live { count: here.len(), is_cut, pages: pages_of(&here), visitors: visitors(tx, workspace, here, &names)? })
}

fn pages_of(here: &HashMap<i64, Presence>) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for presence in here.values().filter(|presence| !presence.page_title.is_empty()) {
        *counts.entry(presence.page_title.as_str()).or_default() += 1;
    }
    let mut pages: Vec<(String, usize)> = counts.into_iter().map(|(title, count)| (title.to_owned(), count)).collect();
    pages.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    pages.truncate(PAGES);
    pages
}

fn visitors(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    here: HashMap<i64, Presence>,
    names: &ProductNames,
) -> Result<Vec<Visitor>, DbError> {
    let mut latest: Vec<(i64, Presence)> = here.into_iter().collect();
    latest.sort_by_key(|(root, presence)| std::cmp::Reverse((presence.last_at, *root)));
    latest.truncate(SHOWN);
    let numbers: Vec<i64> = latest.iter().map(|(root, _)| *root).collect();
    let mut people: HashMap<i64, _> =
        people_by_number(tx, workspace, &numbers)?.into_iter().map(|person| (person.number, person)).collect();
    let states: HashMap<i64, _> =
        states_of(tx, workspace, &numbers)?.into_iter().map(|state| (state.number, state)).collect();
    let definitions = segments::store::definitions(tx, workspace)?;
    let visitors = latest.into_iter().filter_map(|(root, presence)| {
        let person = people.remove(&root)?;
        let state = states.get(&root)?;
        let members = definitions.iter().filter(|one| state.standing.memberships.contains_key(&one.no));
        Some(Visitor {
            id: person.id,
            number: person.number,
            row: person.row,
            presence,
            cart: cart_of(state.facts.cart(), names),
            segments: members.map(|one| (one.name.clone(), one.ready_made.clone())).collect(),
        })
    });
    Ok(visitors.collect())
}

fn cart_of(cart: &engine::facts::Cart, names: &ProductNames) -> Option<Cart> {
    let items = cart.items();
    let known = cart.products().filter_map(|(product, _)| names.get(product).cloned());
    (items > 0).then(|| Cart { items, value_micros: cart.value_micros(), names: known.collect() })
}
