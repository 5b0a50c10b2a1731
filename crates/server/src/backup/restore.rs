//! `entente restore`: a backup into an empty installation, of either database.

use std::path::{Path, PathBuf};

use db::{Db, Step};
use serde::Serialize;

use super::file::{Header, Reader};
use super::fill::{FillError, fill};
use super::record::TableTotals;
use super::{place, progress};
use crate::command::RestoreArguments;
use crate::failure::Failure;
use crate::settings::{InstallationSettings, Place};
use crate::{say, telemetry};

#[derive(Serialize)]
struct Restored {
    file: String,
    rows: u64,
    #[serde(flatten)]
    header: Header,
    tables: Vec<TableTotals>,
}

pub async fn run(arguments: RestoreArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
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
    place::open_at(&settings.place, crm::MIGRATIONS).await?.close().await;
    let rows = tables.iter().map(|table| table.rows).sum();
    let file = arguments.file.display().to_string();
    say::to_people(&format!(
        "{rows} rows of {} tables are in {target}, each table equal to the backup's, which was made at {}",
        tables.len(),
        header.made_at
    ));
    if arguments.json {
        say::json(&Restored { file, rows, header, tables })?;
    }
    Ok(())
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
fn refuse_foreign(folder: &Path) -> Result<(), Failure> {
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
