//! Which people a list holds: all, a stage, a segment, or what was searched for; page by page.

use std::collections::HashSet;

use db::{DbError, Tx};
use engine::lifecycle::Stage;
use words::{Country, Phone, ProfileId, SegmentId, WorkspaceId, fold};

use crate::profiles::identity::{Reading, read_identifier};
use crate::profiles::store::{self, ListedPerson, Place};
use crate::profiles::{self, SortBy};
use crate::{commerce, segments, workspaces};

/// The people that a list is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    All,
    Stage(Stage),
    Segment(SegmentId),
    Search(String),
}

/// A page of people.
pub struct Listing {
    pub people: Vec<ListedPerson>,
    /// Where the next page begins.
    pub next: Option<Place>,
    /// How many there are in all; none of a search, which ends with its first page.
    pub total: Option<i64>,
}

/// Whether the reader wants to know how many there are in all: counting costs more than a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Wanted,
    NotWanted,
}

/// A page of the list; `None` when the segment does not exist.
pub fn list(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    which: &Which,
    sort: SortBy,
    after: Option<&Place>,
    (rows, count): (usize, Count),
) -> Result<Option<Listing>, DbError> {
    match which {
        Which::Search(text) => {
            let people = search(tx, workspace, text, rows)?;
            Ok(Some(Listing { people, next: None, total: None }))
        }
        Which::Segment(id) => list_segment(tx, workspace, *id, after, (rows, count)),
        Which::All => {
            let people = store::list_people(tx, workspace, sort, after, rows + 1)?;
            let total = match count {
                Count::Wanted => Some(store::count_people(tx, workspace)?),
                Count::NotWanted => None,
            };
            Ok(Some(cut(people, rows, sort, total)))
        }
        Which::Stage(stage) => {
            let people = store::list_people_in_stage(tx, workspace, stage.as_str(), sort, after, rows + 1)?;
            let total = match count {
                Count::Wanted => Some(store::count_people_in_stage(tx, workspace, stage.as_str())?),
                Count::NotWanted => None,
            };
            Ok(Some(cut(people, rows, sort, total)))
        }
    }
}

/// Members stand in the order of their numbers, oldest first: that is how a segment keeps them.
fn list_segment(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SegmentId,
    after: Option<&Place>,
    (rows, count): (usize, Count),
) -> Result<Option<Listing>, DbError> {
    let Some(definition) = segments::store::definition(tx, workspace, id)? else { return Ok(None) };
    let after = after.map_or(0, |place| place.number);
    let mut numbers = segments::store::members_after(tx, workspace, definition.no, after, rows + 1)?;
    let has_more = numbers.len() > rows;
    numbers.truncate(rows);
    let last = numbers.last().copied();
    let next = last.filter(|_| has_more).map(|number| Place { value: 0, text: String::new(), number });
    let total = match count {
        Count::Wanted => Some(segments::store::count(tx, workspace, definition.no)?),
        Count::NotWanted => None,
    };
    Ok(Some(Listing { people: store::people_by_number(tx, workspace, &numbers)?, next, total }))
}

/// One row more than the page was read: it tells whether there is a next page.
fn cut(mut people: Vec<ListedPerson>, rows: usize, sort: SortBy, total: Option<i64>) -> Listing {
    let has_more = people.len() > rows;
    people.truncate(rows);
    let next = people.last().filter(|_| has_more).map(|last| place_of(last, sort));
    Listing { people, next, total }
}

fn place_of(person: &ListedPerson, sort: SortBy) -> Place {
    let row = &person.row;
    let (value, text) = match sort {
        SortBy::LastSeen => (row.last_seen_at.as_millis(), String::new()),
        SortBy::Newest => (0, String::new()),
        SortBy::Name => (0, row.name_folded()),
        SortBy::Revenue => (row.revenue_minor, String::new()),
        SortBy::Orders => (row.orders_count, String::new()),
    };
    Place { value, text, number: person.number }
}

/// People by the beginning of their name or of an identifier, by an order's number, or by their id.
pub fn search(tx: &mut Tx<'_>, workspace: WorkspaceId, text: &str, rows: usize) -> Result<Vec<ListedPerson>, DbError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    if let Ok(id) = text.parse::<ProfileId>() {
        numbers.extend(store::profile_by_id(tx, workspace, id)?.map(|profile| profile.number));
    }
    numbers.extend(commerce::store::owner_of(tx, workspace, text)?);
    for rule in profiles::identifier_rules(tx, workspace)? {
        let prefix = prefix_of(tx, workspace, &rule.kind, text)?;
        numbers.extend(store::identifiers_with_prefix(tx, workspace, &rule.kind, &prefix, rows)?);
    }
    let mut people = people_of(tx, workspace, &numbers, rows)?;
    let known: HashSet<i64> = people.iter().map(|person| person.number).collect();
    let named = store::people_named(tx, workspace, &fold(text), rows)?;
    people.extend(named.into_iter().filter(|person| !known.contains(&person.number)));
    people.truncate(rows);
    Ok(people)
}

/// What was typed, in the form in which identifiers of this kind are stored.
fn prefix_of(tx: &mut Tx<'_>, workspace: WorkspaceId, kind: &str, text: &str) -> Result<String, DbError> {
    Ok(match kind {
        "email" => fold(text),
        "phone" => {
            let country = country_of(tx, workspace)?;
            match Phone::parse(text, country) {
                Ok(phone) => phone.as_str().to_owned(),
                Err(_) => text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect(),
            }
        }
        _ => text.to_owned(),
    })
}

fn country_of(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Country, DbError> {
    let shop = workspaces::shop(tx, workspace)?;
    Ok(shop.and_then(|shop| shop.country.parse().ok()).unwrap_or(Country::FR))
}

/// The people of these profiles, each once, in the order of the profiles.
fn people_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    rows: usize,
) -> Result<Vec<ListedPerson>, DbError> {
    let mut roots = Vec::new();
    for number in numbers {
        let Some(root) = root_by_number(tx, workspace, *number)? else { continue };
        if !roots.contains(&root) && roots.len() < rows {
            roots.push(root);
        }
    }
    let mut people = store::people_by_number(tx, workspace, &roots)?;
    people.sort_by_key(|person| roots.iter().position(|root| *root == person.number));
    Ok(people)
}

fn root_by_number(tx: &mut Tx<'_>, workspace: WorkspaceId, number: i64) -> Result<Option<i64>, DbError> {
    let Some(profile) = store::profiles_by_number(tx, workspace, &[number])?.pop() else { return Ok(None) };
    Ok(Some(store::root_of(tx, workspace, profile)?.number))
}

/// The person with exactly this identifier, written in any form (`Ana@Example.com`, `06 12 34 56 78`).
pub fn by_identifier(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: &str,
    value: &str,
) -> Result<Vec<ListedPerson>, DbError> {
    let country = country_of(tx, workspace)?;
    let Reading::Identity(claim) = read_identifier(kind, value, country) else { return Ok(Vec::new()) };
    let owners = store::owners_of(tx, workspace, &claim.kind, &[claim.value])?;
    let numbers: Vec<i64> = owners.into_iter().map(|(_, number)| number).collect();
    people_of(tx, workspace, &numbers, 1)
}
