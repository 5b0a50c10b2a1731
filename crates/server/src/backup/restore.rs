//! `entente restore`: a backup into an empty installation, of either database.

use std::path::{Path, PathBuf};

use crm::backups::{self, Backup};
use crm::kernel::Ledger;
use crm::{outbox, privacy};
use db::{Db, Step};
use serde::Serialize;

use super::file::{Header, Reader};
use super::fill::{FillError, fill};
use super::record::TableTotals;
use super::{from_copy, place, progress};
use crate::command::RestoreArguments;
use crate::failure::Failure;
use crate::settings::{InstallationSettings, Place};
use crate::{installation, say, telemetry};

#[derive(Serialize)]
struct Restored {
    file: String,
    rows: u64,
    #[serde(flatten)]
    header: Header,
    /// As the backup had them.
    tables: Vec<TableTotals>,
    /// People who were erased after the backup was made; not told when there is no ledger to know them by.
    erased_again: Option<usize>,
}

pub async fn run(arguments: RestoreArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    if arguments.file.is_dir() {
        return from_copy::run(arguments, settings).await;
    }
    if arguments.at.is_some() {
        return Err(Failure::usage("--at is for the folder of a copy; a backup's file holds one instant"));
    }
    let file = arguments.file.clone();
    let checked = tokio::task::spawn_blocking(move || Reader::check(&file)).await.map_err(Failure::failed)?;
    let (header, _) = checked.map_err(|error| Failure::usage(format!("{}: {error}", arguments.file.display())))?;
    let steps = steps_of(&header, &arguments.file)?;
    if let Place::Folder(folder) = &settings.place {
        refuse_foreign(folder)?;
    }
    let opened = place::open_at(&settings.place, steps).await?;
    let target = place::name_of(&settings.place);
    let tables = take_in(&opened.db, &arguments.file).await.map_err(|error| error.about(&target))?;
    opened.close().await;
    // Brings what an older program had made to this program's schema.
    let opened = place::open_at(&settings.place, crm::MIGRATIONS).await?;
    doubt_letters(&opened.db).await?;
    note_origin(&opened.db, &header, &arguments.file).await?;
    opened.close().await;
    let erased_again = erase_again(&settings, arguments.erasures.as_deref()).await?;
    let rows = tables.iter().map(|table| table.rows).sum();
    let file = arguments.file.display().to_string();
    say::to_people(&format!(
        "{rows} rows of {} tables are in {target}, each table equal to the backup's, which was made at {}",
        tables.len(),
        header.made_at
    ));
    if arguments.json {
        say::json(&Restored { file, rows, header, tables, erased_again })?;
    }
    Ok(())
}

/// The file itself is the last backup of what is there now: it knows of the one before it only.
async fn note_origin(db: &Db, header: &Header, file: &Path) -> Result<(), Failure> {
    let Ok(made_at) = header.made_at.parse() else { return Ok(()) };
    let size_bytes = std::fs::metadata(file).map_err(Failure::failed)?.len().cast_signed();
    Ok(db.write(move |tx| backups::note(tx, &Backup { made_at, size_bytes })).await?)
}

/// What waited to be sent then may have been sent since, and is not sent again by itself.
pub async fn doubt_letters(db: &Db) -> Result<(), Failure> {
    let now = installation::system_clock()();
    let doubted = db.write(move |tx| outbox::doubt_all(tx, now)).await?;
    if doubted > 0 {
        say::to_people(&format!("{doubted} letters waited to be sent; they are not sent again by themselves"));
    }
    Ok(())
}

/// Erases again whoever was erased since the backup was made; none when nothing tells who that is.
pub async fn erase_again(settings: &InstallationSettings, named: Option<&Path>) -> Result<Option<usize>, Failure> {
    let own = settings.ledger_file();
    let ledger = named.unwrap_or(&own);
    if !ledger.is_file() {
        let told = format!(
            "There is no ledger of erasures at {}: whoever was erased since this backup was made is back. If anybody \
             was, put the ledger there before you start the server",
            ledger.display()
        );
        if named.is_some() {
            return Err(Failure::usage(told));
        }
        say::to_people(&told);
        return Ok(None);
    }
    if !settings.key_file.is_file() {
        say::to_people(&format!(
            "The key file is not at {}: the erasures of {} are applied when the server starts with both",
            settings.key_file.display(),
            ledger.display()
        ));
        return Ok(None);
    }
    let opened = installation::open(settings).await?;
    let app = installation::app_without_address(&opened);
    if named.is_some_and(|named| named != own) {
        privacy::adopt_ledger(&app, Ledger::at(ledger)).await.map_err(Failure::failed)?;
    }
    let settled = privacy::settle(&app).await.map_err(Failure::failed)?;
    say::to_people(&format!("{} people who were erased since are erased again", settled.again));
    app.db.clone().close().await;
    Ok(Some(settled.again))
}

/// The schema that the backup has.
fn steps_of(header: &Header, file: &Path) -> Result<&'static [Step], Failure> {
    let known = place::schema_version();
    let count = crm::MIGRATIONS.iter().take_while(|step| i64::from(step.version) <= header.schema).count();
    if header.schema > known || count == 0 {
        return Err(Failure::usage(format!(
            "{}: it has schema version {}, this program knows 1 to {known}; restore it with {} or newer",
            file.display(),
            header.schema,
            header.program
        )));
    }
    Ok(&crm::MIGRATIONS[..count])
}

/// Only an installation's own files may be there: a folder with others was not meant.
pub fn refuse_foreign(folder: &Path) -> Result<(), Failure> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(Failure::failed)?;
        if !entry.file_name().to_string_lossy().starts_with("entente.") {
            let (folder, name) = (folder.display(), entry.file_name());
            return Err(Failure::usage(format!("{folder} is not empty (it holds {name:?}); name an empty folder")));
        }
    }
    Ok(())
}

async fn take_in(db: &Db, file: &Path) -> Result<Vec<TableTotals>, FillError> {
    let (db, file): (Db, PathBuf) = (db.clone(), file.to_owned());
    let work = move || {
        let mut records = Reader::open(&file)?;
        let bar = progress();
        let shown = bar.clone();
        let filled = db.write_once_blocking(move |tx| fill(tx, &mut records, &shown));
        bar.finish_and_clear();
        filled
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| FillError::Source(error.to_string()))?
}
