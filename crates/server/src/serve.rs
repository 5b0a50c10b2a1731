//! `entente serve`: opens the installation, listens, and ends gracefully.

use std::time::Duration;

use crm::kernel::{App, Parts, Settings};
use crm::{privacy, workspaces};
use words::WorkspaceId;

use crate::acme::Acme;
use crate::alerts::Alerts;
use crate::audit_log::AuditLog;
use crate::command::ServeArguments;
use crate::connection::Connections;
use crate::failure::Failure;
use crate::http::{self, Front, Wire};
use crate::metrics::{self, Metrics};
use crate::oidc::OidcSettings;
use crate::redirect::{self, Challenges};
use crate::settings::{ServeSettings, TlsSettings};
use crate::tls::{self, Certificates};
use crate::{installation, say, shutdown, telemetry};

/// How long requests may still run after the end was announced.
const GRACE: Duration = Duration::from_secs(10);
/// The same for figures and redirects, which nobody misses.
pub const GRACE_OF_SIDE_DOORS: Duration = Duration::from_secs(1);

pub async fn run(arguments: ServeArguments) -> Result<(), Failure> {
    let settings = ServeSettings::resolve(&arguments).map_err(Failure::usage)?;
    telemetry::start(&settings.installation.log, settings.installation.log_format)?;
    let ending = shutdown::listen(Duration::from_secs(settings.drain_seconds))?;
    let opened = installation::open_copied(&settings.installation, settings.copy_dir.as_deref()).await?;
    if let Some(copy_dir) = &settings.copy_dir {
        say::to_people(&format!("Copy:        {}", copy_dir.display()));
    }
    let audit_log = settings.audit_log.as_deref().map(AuditLog::open).transpose()?;
    let (listener, bound) = http::bind(settings.listen).await?;
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("{scheme}://{bound}"));
    let app_settings = Settings {
        security_contact: settings.security_contact.clone(),
        max_backup_age: settings.max_backup_age,
        copy_dir: settings.copy_dir.as_deref().map(installation::absolute),
        ..installation::settings_of(&public_url, settings.trusted_proxies.clone(), &opened)
    };
    let provider = settings.oidc.clone().map(OidcSettings::open).transpose().map_err(Failure::usage)?;
    let relay = settings.mail.clone().map(|mail| mail.open(&public_url)).transpose().map_err(Failure::usage)?;
    let app = App::from(Parts { ending, provider, relay, ..installation::parts(opened.db.clone(), app_settings) });
    app.db.keep_free(settings.min_free_mb.saturating_mul(1024 * 1024));
    settle_erasures(&app).await?;
    provision_all(&app).await?;
    if let Some(log) = audit_log {
        tokio::spawn(log.follow(app.clone()));
    }
    let certificates = Certificates::default();
    let front = Front { wire: wire(&settings, &certificates, &app).await?, ..front(&app) };
    let alerts = Alerts::default();
    if let Some(address) = settings.metrics_listen {
        let bound = metrics::serve(&app, &front, &certificates, &alerts, address).await?;
        say::to_people(&format!("Metrics:     http://{bound}/metrics"));
    }
    say::to_people(&format!("Entente:     {public_url}"));
    if let Some(link) = workspaces::ensure_setup_link(&app).await? {
        say::to_people(&format!("Set it up:   {link}   (works once, for one hour)"));
    }
    tokio::spawn(alerts.watch(app.clone(), certificates));
    tokio::select! {
        () = serve_until_the_end(&app, front, listener, GRACE) => Ok(()),
        message = app.db.disk_failed() => Err(disk_failure(&message)),
    }
}

/// Whoever was erased is erased in this database too, and what was interrupted is finished: before anybody is served.
pub async fn settle_erasures(app: &App) -> Result<privacy::Settled, Failure> {
    let settled = privacy::settle(app).await.map_err(Failure::failed)?;
    if settled != privacy::Settled::default() {
        say::to_people(&format!(
            "Erasures:    {} applied again, {} finished, {} lines noted in the ledger",
            settled.again, settled.finished, settled.noted
        ));
    }
    Ok(settled)
}

/// The process ends at once: nobody knows what the disk took since, and only who opens the database anew reads what is
/// really there.
fn disk_failure(message: &str) -> Failure {
    Failure::failed(format!(
        "the disk failed under the database: {message}. What was acknowledged before is on it. Look at the disk and the          system's log, start again, and run `entente doctor`"
    ))
}

/// Plain, or TLS with somebody who keeps its certificate fresh.
async fn wire(settings: &ServeSettings, certificates: &Certificates, app: &App) -> Result<Wire, Failure> {
    let Some(tls) = settings.tls.clone() else { return Ok(Wire::Plain) };
    let mut hangups = tls::hangups()?;
    let challenges = Challenges::default();
    if let Some(address) = settings.http_listen {
        let (listener, bound) = http::bind(address).await?;
        let router = redirect::router(app.settings.public_url.clone(), challenges.clone());
        let own = Front { router, ..front(app) };
        tokio::spawn(http::serve(own, listener, app.ending.clone(), GRACE_OF_SIDE_DOORS));
        say::to_people(&format!("Redirect:    http://{bound}"));
    }
    match tls {
        TlsSettings::Files(files) => {
            let held = files.show(certificates).map_err(Failure::usage)?;
            tokio::spawn(files.follow(certificates.clone(), held, hangups));
        }
        TlsSettings::Acme(settings) => {
            let acme = Acme { settings, certificates: certificates.clone(), challenges };
            acme.show_kept();
            tokio::spawn(acme.run());
            // There is nothing to read again, and a supervisor that asks for it must not end us.
            tokio::spawn(async move { while hangups.recv().await.is_some() {} });
        }
    }
    Ok(Wire::Tls(certificates.acceptor()?))
}

/// The product's router with its limits, not encrypted.
pub fn front(app: &App) -> Front {
    Front {
        router: crm::web::router(app.clone()),
        wire: Wire::Plain,
        trusted_proxies: app.settings.trusted_proxies.clone(),
        metrics: Metrics::default(),
        connections: Connections::default(),
        ending: app.ending.clone(),
    }
}

/// Serves, then writes what is only in memory and closes the database.
pub async fn serve_until_the_end(app: &App, front: Front, listener: tokio::net::TcpListener, grace: Duration) {
    let workers = app.start_workers();
    http::serve(front, listener, app.ending.clone(), grace).await;
    workers.ended().await;
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
