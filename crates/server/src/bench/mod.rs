//! `entente bench`: the figures of the README, reproducible by anyone, with the machine named beside them.
//!
//! The load comes from a second process over loopback sockets, as it would from a shop; pages and previews are timed
//! inside, as the server sees them.

pub mod client;
mod fill;
mod ingest;
mod machine;
mod nodes;
mod pages;
mod segments;

use std::path::PathBuf;

use crm::kernel::App;
use serde::Serialize;

use crate::command::{BenchArguments, BenchKind, LogFormat};
use crate::failure::Failure;
use crate::settings::{InstallationSettings, Place};
use crate::{installation, say, telemetry};
use machine::Machine;

/// One measured figure.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
}

pub fn figure(what: impl Into<String>, value: f64, unit: &'static str) -> Figure {
    Figure { what: what.into(), value, unit }
}

#[derive(Serialize)]
struct Results {
    machine: Machine,
    database: &'static str,
    profiles: usize,
    figures: Vec<Figure>,
}

pub async fn run(arguments: BenchArguments) -> Result<(), Failure> {
    telemetry::start("warn", LogFormat::Text)?;
    if cfg!(debug_assertions) {
        say::to_people("This is a debug build: its figures say little. Build with --release.");
    }
    if let Some(folder) = arguments.copy_dir.as_deref().filter(|folder| !folder.is_dir()) {
        return Err(Failure::usage(format!("--copy-dir: there is no folder {}", folder.display())));
    }
    // Kept until the end: dropping it removes the folder.
    let (place, _folder) = place(&arguments)?;
    let opened =
        installation::open_copied(&InstallationSettings::of_place(place.clone()), arguments.copy_dir.as_deref())
            .await?;
    let (listener, address) = crate::http::bind(([127, 0, 0, 1], 0).into()).await?;
    let settings = installation::settings_of(&format!("http://{address}"), Vec::new(), &opened);
    let app = installation::app(opened.db.clone(), settings);
    let mut figures = Vec::new();
    let shop = fill::fill(&app, arguments.profiles, arguments.views, &mut figures).await?;
    if is_wanted(&arguments, BenchKind::Segments) {
        segments::measure(&app, &mut figures).await?;
    }
    if is_wanted(&arguments, BenchKind::Pages) {
        pages::measure(&app, &mut figures).await?;
    }
    if let Some(count) = arguments.nodes {
        let Place::Postgres(url) = &place else {
            return Err(Failure::usage("--nodes needs --database-url: an embedded database has one process"));
        };
        let (profiles, seconds) = (arguments.profiles, arguments.seconds);
        let nodes = nodes::Nodes { count: count.get(), url, ingest_key: &shop.ingest_key, profiles, seconds };
        nodes::measure(&nodes, &mut figures).await?;
    } else if is_wanted(&arguments, BenchKind::Ingest) {
        let load = ingest::Load { listener, address, seconds: arguments.seconds, profiles: arguments.profiles };
        ingest::measure(&app, &shop, load, &mut figures).await?;
    }
    let database = match app.db.engine() {
        db::Engine::Sqlite => "SQLite",
        db::Engine::Postgres => "PostgreSQL",
    };
    close(app).await;
    drop(opened);
    if is_wanted(&arguments, BenchKind::Ingest) && arguments.nodes.is_none() {
        ingest::measure_restart(&place, &mut figures).await?;
    }
    tell(&arguments, &Results { machine: Machine::here(), database, profiles: arguments.profiles, figures })
}

async fn close(app: App) {
    app.db.clone().close().await;
}

fn is_wanted(arguments: &BenchArguments, kind: BenchKind) -> bool {
    arguments.kind == kind || arguments.kind == BenchKind::All
}

/// Where the database is: given, or a folder that goes away with the command.
fn place(arguments: &BenchArguments) -> Result<(Place, Option<tempfile::TempDir>), Failure> {
    if let Some(url) = &arguments.database_url {
        return Ok((Place::Postgres(url.clone()), None));
    }
    if let Some(data) = &arguments.data {
        return Ok((Place::Folder(PathBuf::from(data)), None));
    }
    let folder = tempfile::Builder::new().prefix("entente-bench-").tempdir().map_err(Failure::failed)?;
    Ok((Place::Folder(folder.path().to_owned()), Some(folder)))
}

fn tell(arguments: &BenchArguments, results: &Results) -> Result<(), Failure> {
    if arguments.json {
        return say::json(results);
    }
    let Results { machine, database, profiles, figures } = results;
    say::data(&format!("{machine}\n{database}, {profiles} people, 100 live segments\n"));
    say::data("| what | figure | unit |\n|---|---:|---|");
    for one in figures {
        say::data(&format!("| {} | {} | {} |", one.what, rounded(one.value), one.unit));
    }
    Ok(())
}

/// Three digits that mean something.
fn rounded(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The value below which this share of the sorted samples lies.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let index = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(0.0)
}
