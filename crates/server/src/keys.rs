//! `entente keys create`: a key, shown once.

use crm::intake::{SourceKind, create_source, parse_origin};
use crm::kernel::{Actor, App, Scope};
use crm::workspaces::{create_api_key, parse_name};
use serde::Serialize;

use crate::command::{KeyKind, KeysCommand, KeysCreateArguments};
use crate::failure::Failure;
use crate::settings::InstallationSettings;
use crate::{installation, say, telemetry};

#[derive(Serialize)]
struct Created {
    id: String,
    key: String,
}

pub async fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Create(arguments) => create(arguments).await,
    }
}

async fn create(arguments: KeysCreateArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let opened = installation::open(&settings).await?;
    let app = installation::app_without_address(&opened);
    let created = match arguments.kind {
        KeyKind::Ingest => ingest_key(&app, &arguments).await?,
        KeyKind::Api => api_key(&app, &arguments).await?,
    };
    app.db.clone().close().await;
    if arguments.json {
        return say::json(&created);
    }
    say::data(&created.key);
    Ok(())
}

/// An ingest key belongs to a source: a site when pages send with it, else a server.
async fn ingest_key(app: &App, arguments: &KeysCreateArguments) -> Result<Created, Failure> {
    if !arguments.scopes.is_empty() {
        return Err(Failure::usage("an ingest key only adds events; --scope goes with --kind api"));
    }
    let origins: Vec<String> = arguments
        .origins
        .iter()
        .map(|origin| parse_origin(origin))
        .collect::<Result<_, _>>()
        .map_err(Failure::usage)?;
    let workspace = installation::first_workspace(app).await?;
    let kind = if origins.is_empty() { SourceKind::Server } else { SourceKind::Site };
    let source = create_source(app, workspace, &arguments.name, kind, origins).await.map_err(Failure::failed)?;
    Ok(Created { id: source.id.to_string(), key: source.ingest_key })
}

async fn api_key(app: &App, arguments: &KeysCreateArguments) -> Result<Created, Failure> {
    if !arguments.origins.is_empty() {
        return Err(Failure::usage("an api key never sits in a page; --origin goes with --kind ingest"));
    }
    let name = parse_name(&arguments.name).map_err(Failure::usage)?;
    let scopes = if arguments.scopes.is_empty() { usual_scopes() } else { arguments.scopes.clone() };
    let workspace = installation::first_workspace(app).await?;
    let key = create_api_key(app, &Actor::system(workspace), name, scopes, None).await.map_err(Failure::failed)?;
    Ok(Created { id: key.id.to_string(), key: key.secret })
}

/// Everything but what cannot be undone: that must be named.
fn usual_scopes() -> Vec<Scope> {
    Scope::ALL.into_iter().filter(|scope| *scope != Scope::ProfilesErase).collect()
}
