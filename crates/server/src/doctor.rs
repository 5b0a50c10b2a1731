//! `entente doctor`: every invariant of every workspace; one line per finding.

use std::path::Path;

use crm::backups::{self, Backup};
use crm::doctor::{Report, Sample, examine};
use crm::kernel::Language;
use crm::kernel::texts::format_duration;
use crm::workspaces;
use db::newest_part;
use serde::Serialize;
use words::{Timestamp, WorkspaceId};

use crate::command::DoctorArguments;
use crate::failure::Failure;
use crate::settings::InstallationSettings;
use crate::{installation, say, telemetry};

#[derive(Serialize)]
struct Examined {
    workspace: WorkspaceId,
    #[serde(flatten)]
    report: Report,
}

pub async fn run(arguments: DoctorArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let copy_dir = InstallationSettings::copy_dir(&arguments.installation, arguments.copy_dir.clone());
    let copy_dir = copy_dir.map_err(Failure::usage)?;
    let opened = installation::open_beside(&settings).await?;
    let app = installation::app_without_address(&opened);
    let sample = if arguments.all { Sample::Everybody } else { Sample::People(arguments.sample) };
    let all: Vec<WorkspaceId> = app.db.read(workspaces::all).await?;
    let mut examined = Vec::with_capacity(all.len());
    for workspace in all {
        examined.push(Examined { workspace, report: examine(&app, workspace, sample).await? });
    }
    let last = app.db.read(backups::last).await?;
    app.db.clone().close().await;
    let told = tell(&arguments, &examined);
    tell_backup(last, app.now());
    if let Some(folder) = &copy_dir {
        tell_copy(folder, app.now());
    }
    told
}

fn tell_backup(last: Option<Backup>, now: Timestamp) {
    say::to_people(&match last {
        Some(backup) => format!("the last backup was made at {}, {} ago", backup.made_at, age(backup.made_at, now)),
        None => "no backup by `entente backup` is known".to_owned(),
    });
}

/// So far as the folder tells it: whether somebody writes there knows the server.
fn tell_copy(folder: &Path, now: Timestamp) {
    let name = folder.display();
    say::to_people(&match newest_part(folder) {
        Ok(Some(at)) => format!("the newest part of the copy in {name} is of {at}, {} ago", age(at, now)),
        Ok(None) => format!("the copy in {name} holds nothing that could be restored"),
        Err(error) => format!("the copy in {name} cannot be read: {error}"),
    });
}

fn age(since: Timestamp, now: Timestamp) -> String {
    format_duration(now.since(since).as_millis().max(0).unsigned_abs() / 1000, Language::English)
}

fn tell(arguments: &DoctorArguments, examined: &[Examined]) -> Result<(), Failure> {
    if arguments.json {
        say::json(&examined)?;
    }
    let mut findings = 0;
    for Examined { workspace, report } in examined {
        for finding in &report.findings {
            findings += 1;
            if !arguments.json {
                say::data(&format!("{workspace} {}: {}", finding.check, finding.detail));
            }
        }
        say::to_people(&format!(
            "{workspace}: {} people, {} of them and {} orders recomputed from the log, {} findings{}",
            report.people,
            report.recomputed,
            report.orders,
            report.findings.len(),
            if report.is_cut { " and more" } else { "" }
        ));
    }
    if findings == 0 { Ok(()) } else { Err(Failure::failed("not everything holds")) }
}
