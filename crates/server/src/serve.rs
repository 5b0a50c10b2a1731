//! `entente serve`: opens the installation, listens, and ends gracefully.

use std::time::Duration;

use crm::kernel::App;
use crm::workspaces;
use words::WorkspaceId;

use crate::command::ServeArguments;
use crate::connection::Connections;
use crate::failure::Failure;
use crate::http::{self, Front};
use crate::metrics::{self, Metrics};
use crate::settings::ServeSettings;
use crate::shutdown::{self, Ending};
use crate::{installation, say, telemetry};

/// How long requests may still run after the end was announced.
const GRACE: Duration = Duration::from_secs(10);

pub async fn run(arguments: ServeArguments) -> Result<(), Failure> {
    let settings = ServeSettings::resolve(&arguments).map_err(Failure::usage)?;
    telemetry::start(&settings.installation.log, settings.installation.log_format)?;
    let ending = shutdown::listen()?;
    let opened = installation::open(&settings.installation.place).await?;
    let (listener, bound) = http::bind(settings.listen).await?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{bound}"));
    let app_settings = installation::settings_of(&public_url, settings.trusted_proxies.clone());
    let app = installation::app(opened.db.clone(), app_settings);
    provision_all(&app).await?;
    let front = front(&app);
    if let Some(address) = settings.metrics_listen {
        let bound = metrics::serve(&app, &front, address, ending.clone()).await?;
        say::to_people(&format!("Metrics:     http://{bound}/metrics"));
    }
    say::to_people(&format!("Entente:     {public_url}"));
    if let Some(link) = workspaces::ensure_setup_link(&app).await? {
        say::to_people(&format!("Set it up:   {link}   (works once, for one hour)"));
    }
    serve_until_the_end(&app, front, listener, ending, GRACE).await;
    Ok(())
}

/// The product's router with its limits.
pub fn front(app: &App) -> Front {
    Front {
        router: crm::web::router(app.clone()),
        trusted_proxies: app.settings.trusted_proxies.clone(),
        metrics: Metrics::default(),
        connections: Connections::default(),
    }
}

/// Serves, then writes what is only in memory and closes the database.
pub async fn serve_until_the_end(
    app: &App,
    front: Front,
    listener: tokio::net::TcpListener,
    ending: Ending,
    grace: Duration,
) {
    app.start_workers();
    http::serve(front, listener, ending, grace).await;
    if let Err(error) = app.health.write(app).await {
        tracing::warn!(%error, "the last health figures of sources were not written");
    }
    app.db.clone().close().await;
    tracing::info!("ended gracefully");
}

/// Gives every workspace what each must have: ready-made segments and a first source.
pub async fn provision_all(app: &App) -> Result<(), Failure> {
    let all: Vec<WorkspaceId> = app.db.read(workspaces::all).await?;
    for workspace in all {
        crm::desk::provision(app, workspace).await.map_err(Failure::failed)?;
    }
    Ok(())
}
