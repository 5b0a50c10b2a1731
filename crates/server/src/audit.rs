//! `entente audit`: the trail of who did what, written out and checked.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter};
use std::path::Path;

use crm::kernel::App;
use crm::workspaces::{AuditRecord, audit_ends, audit_records, compare_audit, verify_audit};
use words::{Timestamp, WorkspaceId};

use crate::command::{AuditCommand, AuditExportArguments, AuditVerifyArguments};
use crate::failure::Failure;
use crate::settings::InstallationSettings;
use crate::{installation, say, telemetry};

pub async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Export(arguments) => export(&arguments).await,
        AuditCommand::Verify(arguments) => verify(&arguments).await,
    }
}

async fn export(arguments: &AuditExportArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let opened = installation::open_beside(&settings).await?;
    let app = installation::app_without_address(&opened);
    let since = arguments.since.unwrap_or(Timestamp::MIN);
    let mut output = BufWriter::new(std::io::stdout());
    for (workspace, _) in app.db.read(audit_ends).await? {
        if !export_workspace(&app, workspace, since, &mut output).await? {
            break;
        }
    }
    app.db.clone().close().await;
    Ok(())
}

/// Answers false when the reader went away (`… | head`), which is no failure.
async fn export_workspace(
    app: &App,
    workspace: WorkspaceId,
    since: Timestamp,
    output: &mut impl std::io::Write,
) -> Result<bool, Failure> {
    let mut after = 0;
    loop {
        let records = app.db.read(move |tx| audit_records(tx, workspace, after, since)).await?;
        let Some(last) = records.last() else { return Ok(true) };
        after = last.seq;
        if output.write_all(&lines_of(&records)?).and_then(|()| output.flush()).is_err() {
            return Ok(false);
        }
    }
}

/// One line of JSON each.
pub fn lines_of(records: &[AuditRecord]) -> Result<Vec<u8>, Failure> {
    let mut lines = Vec::new();
    for record in records {
        serde_json::to_writer(&mut lines, record).map_err(Failure::failed)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

async fn verify(arguments: &AuditVerifyArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let kept = arguments.against.as_deref().map(read_kept).transpose()?.unwrap_or_default();
    let opened = installation::open_beside(&settings).await?;
    let (vault, count) = (opened.vault.clone(), kept.len());
    let checked = opened.db.read(move |tx| {
        let (mut findings, mut entries) = (compare_audit(tx, &kept)?, 0);
        for workspace in crm::workspaces::all(tx)? {
            let found = verify_audit(tx, workspace, &vault)?;
            findings.extend(found.into_iter().map(|finding| format!("{workspace}: {finding}")));
        }
        for (_, end) in audit_ends(tx)? {
            entries += end;
        }
        Ok::<_, db::DbError>((findings, entries))
    });
    let (findings, entries) = checked.await?;
    opened.db.clone().close().await;
    findings.iter().for_each(|finding| say::data(finding));
    let compared = if count > 0 { format!(", compared with {count} lines that were kept") } else { String::new() };
    say::to_people(&format!("{entries} entries{compared}: {} findings", findings.len()));
    if findings.is_empty() { Ok(()) } else { Err(Failure::failed("the audit trail is not as it was written")) }
}

/// Lines that `entente audit export` or `audit_log` wrote. A last line without its end was being written.
fn read_kept(file: &Path) -> Result<Vec<AuditRecord>, Failure> {
    let refused = |reason: String| Failure::usage(format!("{}: {reason}", file.display()));
    let mut reader = BufReader::new(File::open(file).map_err(|error| refused(error.to_string()))?);
    let (mut kept, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).map_err(|error| refused(error.to_string()))? > 0 && line.ends_with('\n') {
        let record = serde_json::from_str(&line)
            .map_err(|error| refused(format!("line {}: {error}; is it of `entente audit export`?", kept.len() + 1)))?;
        kept.push(record);
        line.clear();
    }
    Ok(kept)
}
