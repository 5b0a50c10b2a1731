//! `entente doctor`: every invariant of every workspace; one line per finding.

use crm::doctor::{Report, Sample, examine};
use crm::workspaces;
use serde::Serialize;
use words::WorkspaceId;

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
    let opened = installation::open_beside(&settings).await?;
    let app = installation::app_without_address(&opened);
    let sample = if arguments.all { Sample::Everybody } else { Sample::People(arguments.sample) };
    let all: Vec<WorkspaceId> = app.db.read(workspaces::all).await?;
    let mut examined = Vec::with_capacity(all.len());
    for workspace in all {
        examined.push(Examined { workspace, report: examine(&app, workspace, sample).await? });
    }
    app.db.clone().close().await;
    tell(&arguments, &examined)
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
