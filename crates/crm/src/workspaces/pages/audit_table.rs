//! `GET /audit/export`: the trail as a CSV file, for a spreadsheet or an auditor.

use std::convert::Infallible;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use db::DbError;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use words::WorkspaceId;

use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit};
use crate::workspaces::audit::{AuditEntry, AuditFilter, AuditLine, AuditMoment, list_audit, record_audit};

/// What leaves the shop's walls is asked for by somebody who just proved who he is.
pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Member(Permission::SeeAudit);
    table.add_proved(Method::GET, "/audit/export", see, Proof::Fresh, export);
}

/// Entries read at once.
const STEP: usize = 1_000;
/// Parts of the file that wait for a slow reader.
const WAITING: usize = 2;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ExportQuery {
    actor: String,
    action: String,
}

async fn export(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let (actor, moment) = (visit.actor.clone(), AuditMoment::of(&app));
    let workspace = actor.workspace;
    let noted = move |tx: &mut db::Tx<'_>| {
        record_audit(tx, &actor, &moment, &AuditEntry::new("audit_exported", &actor.workspace))
    };
    app.db.write(noted).await?;
    let (sender, body) = Channel::<Bytes, Infallible>::new(WAITING);
    let filter = AuditFilter { actor: query.actor, action: query.action };
    tokio::spawn(write(app, workspace, filter, sender));
    let mut answer = Body::new(body).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\""));
    Ok(answer)
}

async fn write(app: App, workspace: WorkspaceId, filter: AuditFilter, sender: Sender<Bytes, Infallible>) {
    if let Err(error) = write_all(&app, workspace, &filter, sender).await {
        tracing::error!(%error, "an export of the audit trail was cut short: the database could not be read");
    }
}

/// The newest entry first, as on the screen. Whoever stops reading ends it.
async fn write_all(
    app: &App,
    workspace: WorkspaceId,
    filter: &AuditFilter,
    mut sender: Sender<Bytes, Infallible>,
) -> Result<(), DbError> {
    let mut part = line_of(["number", "at", "who", "what", "concerns", "details", "chain"].map(str::to_owned));
    let mut before = i64::MAX;
    loop {
        let lines = list_audit(app, workspace, filter.clone(), before, STEP as i64).await?;
        part.extend(lines.iter().map(row));
        if sender.send_data(Bytes::from(std::mem::take(&mut part))).await.is_err() {
            return Ok(());
        }
        match lines.last() {
            Some(last) if lines.len() == STEP => before = last.seq,
            _ => return Ok(()),
        }
    }
}

fn row(line: &AuditLine) -> String {
    let AuditLine { seq, at, actor, action, subject, detail, .. } = line.clone();
    line_of([seq.to_string(), at.to_string(), actor, action, subject, detail, line.mac_digits()])
}

/// Quoted cells, as RFC 4180 has them.
fn line_of(cells: [String; 7]) -> String {
    cells.map(|cell| format!("\"{}\"", harmless(&cell).replace('"', "\"\""))).join(",") + "\r\n"
}

/// A spreadsheet takes what begins with one of these for a formula, and runs it: an apostrophe makes it text (OWASP, CSV
/// injection).
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_ends_early() {
        let cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "plain \"text\"", "a,b"].map(str::to_owned);
        assert_eq!(
            line_of(cells),
            "\"'=1+1\",\"'+1\",\"'-1\",\"'@SUM(A1)\",\"'\t=1\",\"plain \"\"text\"\"\",\"a,b\"\r\n"
        );
    }
}
