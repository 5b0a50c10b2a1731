//! Builds new and changed segments: visits everybody once, in short steps between the groups of the stream.
//!
//! For each person the tallies of the build are folded anew from the log inside the step's transaction, so the result
//! is exact whatever arrives meanwhile; the progress is stored with each step, so a killed process goes on where it was.

use std::collections::HashMap;
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
        let numbers: Vec<i64> = states.iter().map(|state| state.number).collect();
        self.adopt(states)?;
        for number in &numbers {
            self.build_for(*number, &building)?;
        }
        let through = numbers.last().copied().unwrap_or(from);
        for definition in building {
            segments::store::set_progress(self.tx, self.workspace, definition.no, through, is_last)?;
        }
        segments::store::bump_revision(self.tx, self.workspace)
    }

    /// Counts the builds of one person anew and decides his memberships.
    fn build_for(&mut self, root: i64, building: &[Definition]) -> Result<(), DbError> {
        self.count_again(root, building)?;
        let now = self.now;
        for definition in building {
            self.decide(root, definition.no, now, Cause::Rearrangement)?;
        }
        Ok(())
    }

    /// Folds the builds' events of one person anew: those in the log, and those of this transaction.
    fn count_again(&mut self, root: i64, building: &[Definition]) -> Result<(), DbError> {
        let book = self.book.clone();
        let mut names: Vec<String> =
            building.iter().flat_map(|definition| book.plan.event_names_of(definition.no)).collect();
        names.sort_unstable();
        names.dedup();
        let person = self.person(root)?;
        for definition in building {
            person.change_all(|facts| facts.forget_build(definition.build));
        }
        if names.is_empty() {
            return Ok(());
        }
        let mut numbers = self.person(root)?.standing.leaves.clone();
        numbers.push(root);
        let mut rows = log::named_events_of(self.tx, self.workspace, &numbers, &names)?;
        let is_counted = |row: &&LogRow| !row.is_own() && numbers.contains(&row.number) && names.contains(&row.name);
        rows.extend(self.log.iter().filter(is_counted).cloned());
        for row in rows {
            self.fold_builds(root, &row, building)?;
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
        self.build_for(root, &passed)
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
        self.count_again(root, &definitions)
    }
}
