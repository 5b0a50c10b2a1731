//! Sends a file's calls through the stream, group by group.

use db::DbError;
use serde::Serialize;
use thiserror::Error;
use tokio::task::JoinHandle;
use words::{Country, WorkspaceId};

use super::super::call::{Surroundings, parse_call};
use super::super::{SourceKind, source_for};
use super::calls::{Calls, ImportedCall, RefusedRow};
use crate::kernel::{App, corrupt};
use crate::profiles;
use crate::stream::{Group, Incoming, Receipt, Remembered, StreamError, Trust};
use crate::workspaces::{self, ClientAddress};

/// Calls of one transaction: enough to make the fsync cheap.
const CALLS_A_GROUP: usize = 5_000;

#[derive(Debug, Error)]
pub enum ImportError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the rejected rows cannot be written: {0}")]
    Rejects(std::io::Error),
}

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows of data.
    pub read: u64,
    /// Calls that were new; a row each, or an order each.
    pub accepted: u64,
    /// Calls that an earlier run had brought.
    pub repeated: u64,
    /// Rows refused.
    pub rejected: u64,
}

/// Whether anything is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows are read and checked.
    DryRun,
    /// And applied.
    Apply,
}

/// Reads all calls and applies them; `on_refused` is told each row that cannot be used.
pub async fn import(
    app: &App,
    workspace: WorkspaceId,
    calls: Calls,
    progress: Progress,
    mut on_refused: impl FnMut(&RefusedRow) -> std::io::Result<()>,
) -> Result<Summary, ImportError> {
    let setting = Setting::of(app, workspace).await?;
    let mut summary = Summary::default();
    let mut events: Vec<Incoming> = Vec::with_capacity(CALLS_A_GROUP);
    let mut under_way: Option<JoinHandle<Result<Receipt, StreamError>>> = None;
    for call in calls {
        match call.and_then(|call| setting.read(app, call)) {
            Ok((rows, event)) => {
                summary.read += rows;
                events.push(event);
            }
            Err(refused) => {
                summary.read += 1;
                summary.rejected += 1;
                on_refused(&refused).map_err(ImportError::Rejects)?;
            }
        }
        if events.len() >= CALLS_A_GROUP {
            summary.settle(under_way.take()).await?;
            under_way = setting.send(app, std::mem::take(&mut events), progress, &mut summary);
        }
    }
    summary.settle(under_way.take()).await?;
    let last = setting.send(app, events, progress, &mut summary);
    summary.settle(last).await?;
    Ok(summary)
}

impl Summary {
    /// Waits for the group under way and counts it.
    async fn settle(&mut self, under_way: Option<JoinHandle<Result<Receipt, StreamError>>>) -> Result<(), ImportError> {
        let Some(group) = under_way else { return Ok(()) };
        let receipt = group.await.map_err(corrupt)??;
        self.accepted += receipt.accepted as u64;
        self.repeated += receipt.repeated as u64;
        self.rejected += receipt.dead as u64;
        Ok(())
    }
}

/// What every call of the file shares.
struct Setting {
    workspace: WorkspaceId,
    source_no: i64,
    country: Country,
    kinds: Vec<String>,
}

impl Setting {
    async fn of(app: &App, workspace: WorkspaceId) -> Result<Self, DbError> {
        let (chance, now) = (app.chance.clone(), app.now());
        app.db
            .write(move |tx| {
                let source = source_for(tx, workspace, SourceKind::Import, &chance, now)?;
                let country = workspaces::phone_country(tx, workspace)?;
                let kinds = profiles::identifier_rules(tx, workspace)?.into_iter().map(|rule| rule.kind).collect();
                Ok(Self { workspace, source_no: source.no, country, kinds })
            })
            .await
    }

    fn read(&self, app: &App, call: ImportedCall) -> Result<(u64, Incoming), RefusedRow> {
        let around = Surroundings {
            received_at: app.now(),
            sent_at: None,
            country: self.country,
            kinds: &self.kinds,
            peer: ClientAddress(None),
            has_browser: false,
            // Every imported call has an id: this is never asked for.
            fresh_id: &String::new,
        };
        let (line, raw) = (call.line, call.raw);
        let event = parse_call(call.body, None, &around);
        event.map(|event| (call.rows, event)).map_err(|refused| RefusedRow { line, reason: refused.detail, raw })
    }

    /// Hands a group to the stream, which works on it while the next rows are read.
    fn send(
        &self,
        app: &App,
        events: Vec<Incoming>,
        progress: Progress,
        summary: &mut Summary,
    ) -> Option<JoinHandle<Result<Receipt, StreamError>>> {
        if events.is_empty() {
            return None;
        }
        if progress == Progress::DryRun {
            summary.accepted += events.len() as u64;
            return None;
        }
        let group = Group {
            workspace: self.workspace,
            source_no: self.source_no,
            trust: Trust::Server,
            remembered: Remembered::ForEver,
            events,
        };
        let stream = app.stream.clone();
        Some(tokio::spawn(async move { stream.submit(group).await }))
    }
}
