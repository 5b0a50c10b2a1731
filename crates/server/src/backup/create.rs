//! `entente backup`: everything into one file, while the server runs.

use std::path::Path;

use crm::backups::{self, Backup};
use indicatif::ProgressBar;
use serde::Serialize;

use super::file::{Header, Reader, Writer};
use super::record::{Record, TableTotals};
use super::{place, progress, source};
use crate::command::BackupArguments;
use crate::failure::Failure;
use crate::settings::{InstallationSettings, Place};
use crate::{installation, say, telemetry};

#[derive(Serialize)]
struct Made<'a> {
    file: String,
    bytes: u64,
    rows: u64,
    #[serde(flatten)]
    header: &'a Header,
    tables: Vec<TableTotals>,
}

pub async fn run(arguments: BackupArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let db = place::open_beside(&settings.place).await?;
    let made_at = installation::system_clock()();
    let header =
        Header { program: installation::program(), made_at: made_at.to_string(), schema: place::schema_version() };
    let (path, head) = (arguments.file.clone(), header.clone());
    let work = move || write(&db, &path, &head);
    let bytes = tokio::task::spawn_blocking(work).await.map_err(Failure::failed)??;
    // What cannot be read back is no backup.
    let path = arguments.file.clone();
    let checked = tokio::task::spawn_blocking(move || Reader::check(&path)).await.map_err(Failure::failed)?;
    let (_, tables) = checked.map_err(|error| Failure::failed(format!("{}: {error}", arguments.file.display())))?;
    note(&settings.place, Backup { made_at, size_bytes: bytes.cast_signed() }).await;
    let rows = tables.iter().map(|table| table.rows).sum();
    let file = arguments.file.display().to_string();
    say::to_people(&format!("{file}: {rows} rows of {} tables, {bytes} bytes, read back and checked", tables.len()));
    say::to_people(
        "Keep elsewhere what is no part of the database: entente.toml, the key file (entente.key) and the ledger of erasures (entente.erasures).",
    );
    if arguments.json {
        say::json(&Made { file, bytes, rows, header: &header, tables })?;
    }
    Ok(())
}

/// Lets the database know. The file is whole, whatever comes of that.
async fn note(place: &Place, backup: Backup) {
    if let Err(failure) = try_to_note(place, backup).await {
        say::to_people(&format!(
            "The database could not be told of this backup, and goes on speaking of the one before: {failure}"
        ));
    }
}

async fn try_to_note(place: &Place, backup: Backup) -> Result<(), Failure> {
    let db = place::open_beside_to_write(place).await?;
    let noted = db.write(move |tx| backups::note(tx, &backup)).await;
    db.close().await;
    Ok(noted?)
}

fn write(db: &db::Db, path: &Path, header: &Header) -> Result<u64, Failure> {
    let refused = |error: std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
    let mut writer = Writer::create(path, header).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{}: there is such a file already; name another", path.display()))
        }
        _ => refused(error),
    })?;
    let bar = progress();
    let shown = bar.clone();
    let written = db.read_blocking(move |tx| {
        let taken = source::read(tx, |record| writer.write(&counted(record, &shown)));
        taken.map(|outcome| outcome.map(|()| writer))
    });
    bar.finish_and_clear();
    let writer = written?.map_err(refused)?;
    writer.finish().map_err(refused)
}

fn counted(record: Record, bar: &ProgressBar) -> Record {
    if let Record::Rows(rows) = &record {
        bar.inc(rows.len() as u64);
    }
    record
}
