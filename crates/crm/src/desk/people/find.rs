//! Which people a list holds: those who pass all of its filters, in an order, page by page.
//!
//! Few candidates (those of a search, of a small segment or stage) are read whole and sorted here. Otherwise the walk
//! follows the index of the order and keeps who passes. It ends with a full page, or when it has looked at as many as
//! one request may: then the page says so and the next one goes on from there.

use std::cmp::Reverse;

use db::{DbError, Tx};
use engine::lifecycle::Stage;
use words::{SegmentId, WorkspaceId};

use super::search::search_numbers;
use crate::desk::segments::Question;
use crate::kernel::{Sight, corrupt};
use crate::profiles::SortBy;
use crate::profiles::store::{self, ListedPerson, Place, Walk};
use crate::segments::{self, Members};

/// What must be true of everybody in the list, besides a condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub stage: Option<Stage>,
    pub segment: Option<SegmentId>,
    /// What was searched for; never empty.
    pub search: Option<String>,
}

/// What a page is asked for.
pub struct Asked<'a> {
    pub filter: &'a Filter,
    /// Of who asks.
    pub sight: Sight,
    pub question: Option<&'a Question>,
    pub sort: SortBy,
    pub after: Option<&'a Place>,
    pub rows: usize,
}

/// A page of people.
pub struct Listing {
    pub people: Vec<ListedPerson>,
    /// Where the next page begins.
    pub next: Option<Place>,
    /// How many there are in all, where that is known without looking at everybody.
    pub total: Option<i64>,
    pub end: PageEnd,
}

impl Listing {
    pub fn nobody() -> Self {
        Self { people: Vec::new(), next: None, total: None, end: PageEnd::Natural }
    }
}

/// Why a page holds no more people than it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// It is full, or there are no more.
    Natural,
    /// So many people were looked at, and more are left.
    LookedThrough(usize),
    /// A search found more people than it takes: these are the first.
    FirstFound(usize),
}

/// Candidates that are read whole and sorted here: some milliseconds.
const FEW: usize = 1_000;
/// People that a search finds at most: nobody reads on, he types on. Each is a place of its own on the disk.
const MOST_FOUND: usize = 300;
/// Places that a walk may pass in one request: some 50 ms where only bits are asked, or a stage.
const MAX_WALKED: usize = 50_000;
const MAX_WALKED_FOR_STAGE: usize = 15_000;
/// People for whom a condition is decided in one request: up to a second, and the facts of neighbours lie together.
const MAX_DECIDED_IN_KEY_ORDER: usize = 150_000;
const MAX_DECIDED_ELSEWHERE: usize = 30_000;
/// Places read at a time.
const MAX_STEP: usize = 4_096;

/// A page of the list; `None` when the segment does not exist.
pub fn list(tx: &mut Tx<'_>, workspace: WorkspaceId, asked: &Asked<'_>) -> Result<Option<Listing>, DbError> {
    let mut sieve = Sieve { members: None, stage: asked.filter.stage, question: asked.question };
    let mut total = None;
    if let Some(id) = asked.filter.segment {
        let Some(definition) = segments::store::definition(tx, workspace, id)? else { return Ok(None) };
        sieve.members = Some(segments::store::members(tx, workspace, definition.no)?);
        total = Some(segments::store::count(tx, workspace, definition.no)?);
    }
    let mut listing = match few(tx, workspace, asked, &sieve, total)? {
        Some((numbers, end)) => sorted(tx, workspace, asked, &sieve, (numbers, end))?,
        None => {
            let mut walked = walk(tx, workspace, asked, &sieve)?;
            let is_first = asked.after.is_none();
            let is_whole = is_first && walked.next.is_none();
            walked.total = match (asked.question, asked.filter.segment, asked.filter.stage) {
                _ if is_whole && asked.sort != SortBy::Name => Some(walked.people.len() as i64),
                (None, Some(_), None) => total,
                (None, None, Some(stage)) => Some(store::count_people_in_stage(tx, workspace, stage.as_str())?),
                (None, None, None) => Some(store::count_people(tx, workspace)?),
                _ => None,
            };
            walked
        }
    };
    if asked.sort == SortBy::LastSeen {
        // That order goes in steps; within one of them a page is in the order of time.
        listing.people.sort_by_key(|person| Reverse(person.row.last_seen_at));
    }
    Ok(Some(listing))
}

/// Everybody who may be in the list, when they are few.
fn few(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    asked: &Asked<'_>,
    sieve: &Sieve<'_>,
    members: Option<i64>,
) -> Result<Option<(Vec<i64>, PageEnd)>, DbError> {
    let is_few = |count: i64| count <= FEW as i64;
    if let Some(text) = &asked.filter.search {
        let mut numbers = search_numbers(tx, workspace, text, MOST_FOUND + 1, asked.sight)?;
        let end = if numbers.len() > MOST_FOUND { PageEnd::FirstFound(MOST_FOUND) } else { PageEnd::Natural };
        numbers.truncate(MOST_FOUND);
        return Ok(Some((numbers, end)));
    }
    if let Some(question) = sieve.question
        && question.count_candidates().is_some_and(|count| is_few(count as i64))
        && let Some(candidates) = question.candidates()
    {
        return Ok(Some((candidates, PageEnd::Natural)));
    }
    if let (Some(all), Some(count)) = (&sieve.members, members)
        && is_few(count)
    {
        return Ok(Some((all.before(i64::MAX).collect(), PageEnd::Natural)));
    }
    if let Some(stage) = sieve.stage
        && asked.sort != SortBy::LastSeen
        && is_few(store::count_people_in_stage(tx, workspace, stage.as_str())?)
    {
        let numbers = store::numbers_in_stage(tx, workspace, stage.as_str(), FEW)?;
        return Ok(Some((numbers, PageEnd::Natural)));
    }
    Ok(None)
}

fn sorted(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    asked: &Asked<'_>,
    sieve: &Sieve<'_>,
    (numbers, end): (Vec<i64>, PageEnd),
) -> Result<Listing, DbError> {
    let passing = sieve.passing(tx, workspace, numbers, sieve.stage)?;
    let people = store::people_by_number(tx, workspace, &passing)?;
    let total = match end {
        PageEnd::Natural => Some(people.len() as i64),
        PageEnd::LookedThrough(_) | PageEnd::FirstFound(_) => None,
    };
    let mut placed: Vec<(Place, ListedPerson)> =
        people.into_iter().map(|person| (Place::of(&person, asked.sort), person)).collect();
    placed.sort_by(|(one, _), (other, _)| one.order(other, asked.sort));
    if let Some(after) = asked.after {
        placed.retain(|(place, _)| place.order(after, asked.sort).is_gt());
    }
    let has_more = placed.len() > asked.rows;
    placed.truncate(asked.rows);
    let next = placed.last().filter(|_| has_more).map(|(place, _)| place.clone());
    Ok(Listing { people: placed.into_iter().map(|(_, person)| person).collect(), next, total, end })
}

/// Follows the order and keeps who passes.
fn walk(tx: &mut Tx<'_>, workspace: WorkspaceId, asked: &Asked<'_>, sieve: &Sieve<'_>) -> Result<Listing, DbError> {
    let mut path = Path::new(asked, sieve);
    // The stage of a path through one stage needs no look.
    let stage = if path.is_in_stage() { None } else { sieve.stage };
    let most = most_walked(asked, stage);
    // One more than the page holds: it tells whether there is a next page.
    let (mut kept, mut walked, mut step): (Vec<Place>, usize, usize) = (Vec::new(), 0, asked.rows + 1);
    let mut last = None;
    while kept.len() <= asked.rows && walked < most {
        let places = path.next(tx, workspace, step.min(most - walked))?;
        let Some(end) = places.last() else { break };
        (walked, last, step) = (walked + places.len(), Some(end.clone()), (step * 4).min(MAX_STEP));
        let numbers: Vec<i64> = places.iter().map(|place| place.number).collect();
        let passing: std::collections::HashSet<i64> =
            sieve.passing(tx, workspace, numbers, stage)?.into_iter().collect();
        kept.extend(places.into_iter().filter(|place| passing.contains(&place.number)));
    }
    let is_full = kept.len() > asked.rows;
    let is_stopped = !is_full && walked >= most;
    kept.truncate(asked.rows);
    let next = if is_full { kept.last().cloned() } else { last.filter(|_| is_stopped) };
    let numbers: Vec<i64> = kept.iter().map(|place| place.number).collect();
    let end = if is_stopped { PageEnd::LookedThrough(walked) } else { PageEnd::Natural };
    Ok(Listing { people: store::people_in_order(tx, workspace, &numbers)?, next, total: None, end })
}

fn most_walked(asked: &Asked<'_>, stage: Option<Stage>) -> usize {
    match (asked.question, asked.sort, stage) {
        (Some(_), SortBy::Newest, _) => MAX_DECIDED_IN_KEY_ORDER,
        (Some(_), ..) => MAX_DECIDED_ELSEWHERE,
        (None, _, Some(_)) => MAX_WALKED_FOR_STAGE,
        (None, _, None) => MAX_WALKED,
    }
}

/// Where a walk goes along.
enum Path<'a> {
    Index(Walk),
    /// One stage by its last visit.
    Stage(Walk),
    /// The members of a segment, or the candidates of a condition, the newest first.
    Members(Box<dyn Iterator<Item = i64> + 'a>),
}

impl<'a> Path<'a> {
    fn new(asked: &Asked<'_>, sieve: &'a Sieve<'_>) -> Self {
        match (&sieve.members, sieve.stage, asked.sort) {
            (Some(members), _, SortBy::Newest) => {
                Self::Members(Box::new(members.before(asked.after.map_or(i64::MAX, |place| place.number))))
            }
            (None, _, SortBy::Newest) if let Some(mut candidates) = asked.question.and_then(Question::candidates) => {
                let before = asked.after.map_or(i64::MAX, |place| place.number);
                candidates.truncate(candidates.partition_point(|number| *number < before));
                Self::Members(Box::new(candidates.into_iter().rev()))
            }
            (_, Some(stage), SortBy::LastSeen) => Self::Stage(Walk::in_stage(stage.as_str(), asked.after)),
            _ => Self::Index(Walk::new(asked.sort, asked.after)),
        }
    }

    fn is_in_stage(&self) -> bool {
        matches!(self, Self::Stage(_))
    }

    fn next(&mut self, tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<Place>, DbError> {
        match self {
            Self::Index(walk) | Self::Stage(walk) => walk.next(tx, workspace, rows),
            Self::Members(numbers) => {
                Ok(numbers.take(rows).map(|number| Place { value: 0, text: String::new(), number }).collect())
            }
        }
    }
}

/// What everybody must pass, the cheapest first.
struct Sieve<'a> {
    members: Option<Members>,
    stage: Option<Stage>,
    question: Option<&'a Question>,
}

impl Sieve<'_> {
    fn passing(
        &self,
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        mut numbers: Vec<i64>,
        stage: Option<Stage>,
    ) -> Result<Vec<i64>, DbError> {
        if let Some(members) = &self.members {
            numbers.retain(|number| members.has(*number));
        }
        if let Some(question) = self.question {
            numbers.retain(|number| question.may_hold(*number));
        }
        if let Some(stage) = stage {
            let found = store::those_in_stage(tx, workspace, stage.as_str(), &numbers)?;
            numbers.retain(|number| found.contains(number));
        }
        match self.question {
            Some(question) => decided(tx, workspace, question, &numbers),
            None => Ok(numbers),
        }
    }
}

fn decided(tx: &mut Tx<'_>, workspace: WorkspaceId, question: &Question, numbers: &[i64]) -> Result<Vec<i64>, DbError> {
    let (mut passing, mut damaged) = (Vec::new(), None);
    store::each_facts_of(tx, workspace, numbers, |number, facts| match question.holds(number, facts) {
        Ok(true) => passing.push(number),
        Ok(false) => {}
        Err(error) => damaged = Some(error),
    })?;
    match damaged {
        Some(error) => Err(corrupt(error)),
        None => Ok(passing),
    }
}
