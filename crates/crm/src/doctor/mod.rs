//! Checks what must always hold: everything that is kept beside the log against the log, and links against their ends.
//!
//! The shop may be served meanwhile: each check compares what one reading sees of one state of the database. A finding is
//! a sentence with ids in it, never with personal data; none means that everything holds.

mod counters;
mod erasures;
mod links;
mod members;
mod orders;
mod people;

use std::time::Duration;

use db::{DbError, Tx};
use serde::Serialize;
use words::{Timestamp, WorkspaceId};

use crate::kernel::App;
use crate::stream::{self, Workbook};
use crate::{outbox, segments, workspaces};

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which invariant, stable.
    pub check: &'static str,
    pub detail: String,
}

/// How many people are recomputed from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    Everybody,
    /// So many, evenly spread over all.
    People(usize),
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub people: u64,
    /// Of these so many were recomputed from the log.
    pub recomputed: u64,
    pub orders: u64,
    pub findings: Vec<Finding>,
    /// There were more findings than are listed.
    pub is_cut: bool,
}

/// Findings of one workspace that are listed; behind so many stands one cause.
const MAX_FINDINGS: usize = 1_000;

impl Report {
    fn find(&mut self, check: &'static str, detail: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { check, detail: detail.into() });
        } else {
            self.is_cut = true;
        }
    }
}

/// Examines one workspace, in short readings with a pause after each as long as it took: a shop that is served meanwhile
/// loses half a processor at most, and its database never has to keep an old state for long.
pub async fn examine(app: &App, workspace: WorkspaceId, sample: Sample) -> Result<Report, DbError> {
    let doctor = Doctor { app, workspace };
    let vault = app.settings.vault.clone();
    let now = app.now();
    let ahead = move |tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report| {
        counters::check_clock(place, now, report);
        counters::check(tx, place, report)
    };
    let mut report = doctor.read(Report::default(), ahead).await?;
    report = doctor
        .read(report, move |tx, place, report| {
            let found = workspaces::verify_audit(tx, place.workspace, &vault)?;
            found.into_iter().for_each(|finding| report.find("audit", finding));
            let letters = outbox::unsound_letters(tx, place.workspace, place.now)?;
            letters.into_iter().for_each(|finding| report.find("outbox", finding));
            links::check_merges(tx, place.workspace, report)
        })
        .await?;
    let people = app.db.read(move |tx| crate::profiles::store::count_people(tx, workspace)).await?;
    let last = app.db.read(move |tx| crate::profiles::store::highest_number(tx, workspace)).await?;
    let every = match sample {
        Sample::Everybody => 1,
        Sample::People(sample) => (people / (sample.max(1) as i64)).max(1),
    };
    for chunk in 0..=segments::place(last).0 {
        report = doctor.read(report, move |tx, place, report| block(tx, place, chunk, last, every, report)).await?;
    }
    let report = orders::walk(&doctor, report).await?;
    erasures::check(&doctor, report).await
}

/// 4,096 profiles by number: their links, their people, and the members of every segment among them.
fn block(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    chunk: i64,
    last: i64,
    every: i64,
    report: &mut Report,
) -> Result<(), DbError> {
    let start = chunk * segments::CHUNK;
    // What points behind the last profile is looked for with the last ones.
    let end = if chunk == segments::place(last).0 { i64::MAX } else { start + segments::CHUNK };
    links::check(tx, place.workspace, start..end, report)?;
    let states = crate::profiles::store::states_between(tx, place.workspace, start, end)?;
    let examined = people::check(tx, place, &states, every, report)?;
    members::check(tx, place, chunk, &states, report)?;
    orders::check(tx, place, &examined, report)
}

/// Reads one workspace in steps.
struct Doctor<'a> {
    app: &'a App,
    workspace: WorkspaceId,
}

/// The longest pause between two readings.
const MAX_PAUSE: Duration = Duration::from_millis(250);

impl Doctor<'_> {
    /// Adds to the report what one look at one state of the database finds, and pauses.
    async fn read<F>(&self, report: Report, check: F) -> Result<Report, DbError>
    where
        F: FnOnce(&mut Tx<'_>, Place<'_>, &mut Report) -> Result<(), DbError> + Send + 'static,
    {
        let (plans, workspace, now) = (self.app.stream.plans().clone(), self.workspace, self.app.now());
        let mut report = report;
        let read = self.app.db.read(move |tx| {
            let book = plans.of(tx, workspace)?;
            // Nothing that is stored happened later than the stream's own clock, which may be ahead of this one.
            let instant = stream::store::counters(tx, workspace)?.get("instant").copied().unwrap_or_default();
            let instant = Timestamp::from_millis(instant);
            check(tx, Place { workspace, book: &book, now: now.max(instant), instant }, &mut report)?;
            Ok::<_, DbError>(report)
        });
        let report = read.await?;
        let took_ms = self.app.now().as_millis().saturating_sub(now.as_millis()).max(0);
        tokio::time::sleep(Duration::from_millis(took_ms.unsigned_abs()).min(MAX_PAUSE)).await;
        Ok(report)
    }
}

/// What every check is given.
#[derive(Clone, Copy)]
struct Place<'a> {
    workspace: WorkspaceId,
    book: &'a Workbook,
    now: Timestamp,
    /// The latest instant at which the stream acted.
    instant: Timestamp,
}
