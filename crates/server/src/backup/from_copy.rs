//! `entente restore` of the folder that `serve` keeps up to date: the newest base, and what was copied after it.

use std::path::{Path, PathBuf};

use crm::kernel::Ledger;
use db::{AssembleError, Assembled, assemble};
use serde::Serialize;
use words::Timestamp;

use super::place;
use super::restore::{doubt_letters, erase_again, refuse_foreign};
use crate::command::RestoreArguments;
use crate::failure::Failure;
use crate::installation::{DATABASE_FILE, LEDGER_IN_COPY, lock};
use crate::say;
use crate::settings::{InstallationSettings, Place};

const INTO_POSTGRES: &str =
    "a copy restores into a folder; restore it there, then `entente db copy` moves it to PostgreSQL";

#[derive(Serialize)]
struct Restored {
    folder: String,
    program: String,
    schema: i32,
    /// Whatever was acknowledged before this instant is there.
    holds_until: Timestamp,
    pieces: u64,
    bytes: u64,
    /// What could not be used; what is there ends before it.
    damage: Vec<String>,
    /// People whom the ledger names and this copy still held.
    erased_again: Option<usize>,
}

pub async fn run(arguments: RestoreArguments, settings: InstallationSettings) -> Result<(), Failure> {
    let Place::Folder(data) = settings.place.clone() else { return Err(Failure::usage(INTO_POSTGRES)) };
    refuse_foreign(&data)?;
    refuse_data(&data)?;
    let (copy, at) = (arguments.file.clone(), arguments.at);
    let work = move || put_into(&copy, at, &data);
    let assembled = tokio::task::spawn_blocking(work).await.map_err(Failure::failed)??;
    // Brings what an older program had made to this program's schema.
    let opened = place::open_at(&settings.place, crm::MIGRATIONS).await?;
    doubt_letters(&opened.db).await?;
    opened.close().await;
    let erased_again = erase(&settings, &arguments).await?;
    tell(&assembled, &settings);
    if arguments.json {
        let Assembled { program, schema, holds_until, pieces, bytes, damage } = assembled;
        let folder = arguments.file.display().to_string();
        say::json(&Restored { folder, program, schema, holds_until, pieces, bytes, damage, erased_again })?;
    }
    Ok(())
}

/// Also what is left of a log: SQLite would take it for that of the restored file.
fn refuse_data(data: &Path) -> Result<(), Failure> {
    let of = |ending: &str| data.join(format!("{DATABASE_FILE}{ending}"));
    match ["", "-wal", "-shm"].map(of).into_iter().find(|path| path.exists()) {
        Some(path) => Err(Failure::usage(format!(
            "{}: it holds data already; only an empty installation is filled",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// The file bears the database's name when it is whole and on the disk.
fn put_into(copy: &Path, at: Option<Timestamp>, data: &Path) -> Result<Assembled, Failure> {
    let _lock = lock(data)?;
    let file = data.join(DATABASE_FILE);
    let partial: PathBuf = data.join(format!("{DATABASE_FILE}.partial"));
    let assembled = assemble(copy, at, &partial).map_err(|error| match error {
        AssembleError::Io { .. } => Failure::failed(error),
        _ => Failure::usage(error),
    })?;
    if i64::from(assembled.schema) > place::schema_version() {
        let (schema, known) = (assembled.schema, place::schema_version());
        return Err(Failure::usage(format!(
            "{}: it has schema version {schema}, this program knows 1 to {known}; restore it with {} or newer",
            copy.display(),
            assembled.program
        )));
    }
    std::fs::rename(&partial, &file).map_err(Failure::failed)?;
    std::fs::File::open(data).and_then(|folder| folder.sync_all()).map_err(Failure::failed)?;
    Ok(assembled)
}

/// The copy has the ledger with it; what it knows goes into the installation's own, which every start reads.
async fn erase(settings: &InstallationSettings, arguments: &RestoreArguments) -> Result<Option<usize>, Failure> {
    let own = settings.ledger_file();
    adopt(&arguments.file.join(LEDGER_IN_COPY), &own)
        .map_err(|error| Failure::failed(format!("the ledger of erasures {}: {error}", own.display())))?;
    if arguments.erasures.is_none() && !own.is_file() {
        say::to_people("The copy has no ledger of erasures: nobody had been erased");
        return Ok(Some(0));
    }
    erase_again(settings, arguments.erasures.as_deref()).await
}

fn adopt(other: &Path, own: &Path) -> std::io::Result<()> {
    let (other, own) = (Ledger::at(other).read()?, Ledger::at(own));
    let known = own.read()?;
    let new: Vec<String> = other.into_iter().filter(|line| !known.contains(line)).collect();
    own.append(&new)
}

fn tell(assembled: &Assembled, settings: &InstallationSettings) {
    for told in &assembled.damage {
        say::to_people(&format!("DAMAGED      {told}"));
    }
    say::to_people(&format!(
        "Everything that was acknowledged until {} is in {}: {} bytes, each page as it was copied",
        assembled.holds_until,
        place::name_of(&settings.place),
        assembled.bytes
    ));
    if !assembled.damage.is_empty() {
        say::to_people("What was copied after the damage could not be used.");
    }
}
