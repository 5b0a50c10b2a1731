//! Checks what must always hold: everything that is kept beside the log against the log, and links against their ends.
//!
//! All checks run inside one reading transaction, so that they see one state of the shop even while it is served. A
//! finding is a sentence with ids in it, never with personal data; none means that everything holds.

mod links;
mod members;
mod orders;
mod people;

use db::{DbError, Tx};
use serde::Serialize;
use words::{Timestamp, WorkspaceId};

use crate::kernel::App;
use crate::stream::{self, Plans, Workbook};

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

/// Examines one workspace.
pub async fn examine(app: &App, workspace: WorkspaceId, sample: Sample) -> Result<Report, DbError> {
    let (plans, now) = (app.stream.plans().clone(), app.now());
    app.db.read(move |tx| examine_in(tx, workspace, &plans, now, sample)).await
}

fn examine_in(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    plans: &Plans,
    now: Timestamp,
    sample: Sample,
) -> Result<Report, DbError> {
    let book = plans.of(tx, workspace)?;
    let mut report = Report::default();
    check_counters(tx, workspace, &mut report)?;
    links::check(tx, workspace, &mut report)?;
    let examined = people::check(tx, Place { workspace, book: &book, now }, sample, &mut report)?;
    members::check(tx, Place { workspace, book: &book, now }, &mut report)?;
    orders::check(tx, Place { workspace, book: &book, now }, &examined, &mut report)?;
    Ok(report)
}

/// What every check is given.
#[derive(Clone, Copy)]
struct Place<'a> {
    workspace: WorkspaceId,
    book: &'a Workbook,
    now: Timestamp,
}

/// Message ids of the newest events must be remembered, or a repeat would count twice.
const EVENTS_LOOKED_UP: usize = 2_000;

fn check_counters(tx: &mut Tx<'_>, workspace: WorkspaceId, report: &mut Report) -> Result<(), DbError> {
    let pairs = [
        ("seq", stream::log::newest_seq(tx, workspace)?),
        ("profile_number", crate::profiles::store::highest_number(tx, workspace)?),
    ];
    for (name, in_use) in pairs {
        let counter = stream::store::counter(tx, workspace, name)?;
        if counter < in_use {
            report.find("counters", format!("the counter {name} stands at {counter} where {in_use} is in use"));
        }
    }
    for row in stream::log::newest(tx, workspace, EVENTS_LOOKED_UP)? {
        let is_own = row.message_id.is_empty();
        if !is_own && !stream::store::knows_message(tx, workspace, row.source_no, &row.message_id)? {
            report.find("message_ids", format!("the message id of event {} is not remembered", row.seq));
        }
    }
    Ok(())
}
