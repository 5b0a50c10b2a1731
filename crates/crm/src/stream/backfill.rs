//! Builds new and changed segments: visits everybody once, in short steps between the groups of the stream.
//!
//! For each person the tallies of the build are folded anew from the log inside the step's transaction, so the result
//! is exact whatever arrives meanwhile; the progress is stored with each step, so a killed process goes on where it was.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use db::DbError;
use engine::facts::Facts;
use words::WorkspaceId;

use crate::kernel::{App, Changed};
use crate::leases::{self, Lease, Refused};
use crate::segments::{self, Definition};
use crate::{profiles, workspaces};

use super::log;
use super::log::LogRow;
use super::settle::Cause;
use super::work::Work;

/// People of one step: some milliseconds, so that events hardly wait.
const PEOPLE_A_STEP: usize = 250;
/// Events that are read at once: some ten megabytes.
const EVENTS_A_READING: u64 = 10_000;
/// The pause between steps leaves the writer to the stream.
const PAUSE: Duration = Duration::from_millis(1);
const IDLE: Duration = Duration::from_millis(200);

/// Takes one step for each unbuilt segment; answers whether there is more to do.
pub async fn step(app: &App, workspace: WorkspaceId) -> Result<bool, DbError> {
    Ok(take_step(app, workspace, None).await?)
}

/// The same under a lease, for a process that is not alone.
async fn take_step(app: &App, workspace: WorkspaceId, lease: Option<Lease>) -> Result<bool, Refused> {
    let (plans, chance, now) = (app.stream.plans().clone(), app.chance.clone(), app.now());
    let unbuilt: Vec<Definition> = app.db.read(move |tx| segments::store::definitions(tx, workspace)).await?;
    if unbuilt.iter().all(|definition| definition.is_built) {
        return Ok(false);
    }
    let seq: i64 = app
        .db
        .write(move |tx| {
            leases::hold_if_given(tx, lease)?;
            let mut work = Work::open(tx, workspace, now, &plans, &chance)?;
            work.build_step()?;
            Ok::<_, Refused>(work.finish()?)
        })
        .await?;
    app.news.tell(Changed { workspace, seq });
    Ok(true)
}

/// Runs for the life of the process, in one process at a time.
pub async fn run(app: App) {
    leases::alone(app, Building::default()).await;
}

#[derive(Default)]
struct Building {
    /// The revision of the definitions of which all was built.
    built: HashMap<WorkspaceId, i64>,
}

impl leases::Work for Building {
    const NAME: &'static str = "building segments";

    async fn step(&mut self, app: &App, lease: Lease) -> Result<Duration, Refused> {
        Ok(if step_all(app, lease, &mut self.built).await? { PAUSE } else { IDLE })
    }
}

/// A step in every workspace whose definitions are not those of which all was `built`.
async fn step_all(app: &App, lease: Lease, built: &mut HashMap<WorkspaceId, i64>) -> Result<bool, Refused> {
    let revisions: Vec<(WorkspaceId, i64)> = app
        .db
        .read(|tx| {
            let all = workspaces::all(tx)?.into_iter();
            all.map(|workspace| Ok((workspace, segments::store::revision(tx, workspace)?)))
                .collect::<Result<_, DbError>>()
        })
        .await?;
    let mut has_more = false;
    for (workspace, revision) in revisions {
        if built.get(&workspace) == Some(&revision) {
            continue;
        }
        if take_step(app, workspace, Some(lease)).await? {
            has_more = true;
        } else {
            built.insert(workspace, revision);
        }
    }
    Ok(has_more)
}

impl Work<'_, '_> {
    /// The segments that are furthest behind take a step together: one reading of people serves all of them.
    fn build_step(&mut self) -> Result<(), DbError> {
        let Some(from) = self.book.unbuilt().map(|definition| definition.built_through).min() else {
            return Ok(());
        };
        self.is_round = true;
        let building: Vec<Definition> =
            self.book.unbuilt().filter(|definition| definition.built_through == from).cloned().collect();
        let states = profiles::store::states_after(self.tx, self.workspace, from, PEOPLE_A_STEP)?;
        let is_last = states.len() < PEOPLE_A_STEP;
        let through = states.last().map_or(from, |state| state.number);
        let readings = in_readings(states.iter().map(|state| (state.number, state.facts.figures().events_count)));
        self.adopt(states)?;
        for roots in readings {
            self.build_for(&roots, &building)?;
        }
        for definition in building {
            segments::store::set_progress(self.tx, self.workspace, definition.no, through, is_last)?;
        }
        segments::store::bump_revision(self.tx, self.workspace)
    }

    /// Counts the builds of these people anew and decides their memberships.
    fn build_for(&mut self, roots: &[i64], building: &[Definition]) -> Result<(), DbError> {
        self.count_again(roots, building)?;
        let now = self.now;
        for root in roots {
            for definition in building {
                self.decide(*root, definition.no, now, Cause::Rearrangement)?;
            }
        }
        Ok(())
    }

    /// Folds the builds' events of these people anew: those in the log, and those of this transaction.
    fn count_again(&mut self, roots: &[i64], building: &[Definition]) -> Result<(), DbError> {
        let book = self.book.clone();
        let mut names: Vec<String> =
            building.iter().flat_map(|definition| book.plan.event_names_of(definition.no)).collect();
        names.sort_unstable();
        names.dedup();
        let mut root_of: BTreeMap<i64, i64> = BTreeMap::new();
        for root in roots {
            let person = self.person(*root)?;
            for definition in building {
                person.change_all(|facts| facts.forget_build(definition.build));
            }
            root_of.extend(person.standing.leaves.iter().chain([root]).map(|number| (*number, *root)));
        }
        if names.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = root_of.keys().copied().collect();
        let mut rows = log::named_events_of(self.tx, self.workspace, &numbers, &names)?;
        let is_counted =
            |row: &&LogRow| !row.is_own() && root_of.contains_key(&row.number) && names.contains(&row.name);
        rows.extend(self.log.iter().filter(is_counted).cloned());
        for row in rows {
            if let Some(root) = root_of.get(&row.number) {
                self.fold_builds(*root, &row, building)?;
            }
        }
        Ok(())
    }

    fn fold_builds(&mut self, root: i64, row: &LogRow, building: &[Definition]) -> Result<(), DbError> {
        let book = self.book.clone();
        let now = self.now;
        let record = row.unmasked();
        let fact = record.fact();
        self.person(root)?.change(row.number, |facts| {
            for definition in building {
                book.plan.fold_build(facts, &fact, definition.build, now);
            }
        });
        Ok(())
    }

    /// After a merge or a parting: the segments under construction that had already passed this person, and what the
    /// merge left short.
    pub(super) fn rebuild_unbuilt(&mut self, root: i64) -> Result<(), DbError> {
        self.count_short_again(root)?;
        let passed: Vec<Definition> =
            self.book.unbuilt().filter(|definition| definition.is_live_for(root)).cloned().collect();
        if passed.is_empty() {
            return Ok(());
        }
        self.build_for(&[root], &passed)
    }

    /// Sums that keep only what decides need the log when an amount takes away.
    pub(super) fn count_short_again(&mut self, root: i64) -> Result<(), DbError> {
        let person = self.person(root)?;
        let mut short = person.facts.short_builds();
        short.extend(person.leaves.values().flat_map(Facts::short_builds));
        if short.is_empty() {
            return Ok(());
        }
        let is_short = |definition: &&Definition| short.contains(&definition.build);
        let definitions: Vec<Definition> = self.book.definitions.iter().filter(is_short).cloned().collect();
        self.count_again(&[root], &definitions)
    }
}

/// People with the number of their events, in the order given, so many at a time that their events are read at once.
pub fn in_readings(people: impl Iterator<Item = (i64, u64)>) -> Vec<Vec<i64>> {
    let mut readings: Vec<Vec<i64>> = Vec::new();
    let mut room = 0;
    for (number, events) in people {
        match readings.last_mut() {
            Some(last) if events <= room => last.push(number),
            _ => {
                readings.push(vec![number]);
                room = EVENTS_A_READING;
            }
        }
        room = room.saturating_sub(events);
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_together_until_their_events_are_too_many() {
        let half = EVENTS_A_READING / 2;
        let people = [(1, half), (2, half), (3, 1), (4, EVENTS_A_READING * 9), (5, 0), (6, half)];
        assert_eq!(in_readings(people.into_iter()), [vec![1, 2], vec![3], vec![4, 5], vec![6]]);
        assert!(in_readings([].into_iter()).is_empty());
    }
}
