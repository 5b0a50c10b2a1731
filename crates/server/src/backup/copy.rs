//! `entente db copy`: moves an installation from the embedded database to PostgreSQL.

use std::sync::mpsc::sync_channel;
use std::thread;

use db::Db;
use serde::Serialize;

use super::fill::{FillError, fill};
use super::record::{Record, TableTotals};
use super::{place, progress, source};
use crate::command::DbCopyArguments;
use crate::failure::Failure;
use crate::settings::{InstallationSettings, Place};
use crate::{say, telemetry};

/// Batches of rows on their way from one database to the other.
const BATCHES_AHEAD: usize = 8;

#[derive(Serialize)]
struct Copied {
    rows: u64,
    tables: Vec<TableTotals>,
}

pub async fn run(arguments: DbCopyArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    if !matches!(settings.place, Place::Folder(_)) {
        return Err(Failure::usage("db copy moves the embedded database; name its folder with --data"));
    }
    // The lock of the folder keeps a server out: what it took meanwhile would be left behind.
    place::refuse_missing(&settings.place)?;
    let from = place::open_at(&settings.place, crm::MIGRATIONS).await?;
    let to = place::open_at(&Place::Postgres(arguments.to.clone()), crm::MIGRATIONS).await?;
    let (source, target) = (from.db.clone(), to.db.clone());
    let work = move || copy(&source, &target);
    let tables = tokio::task::spawn_blocking(work).await.map_err(Failure::failed)?;
    let tables = tables.map_err(|error| error.about("the PostgreSQL database"))?;
    for table in &tables {
        say::to_people(&format!("  {:<24} {:>12} rows  {}", table.table, table.rows, table.digest));
    }
    let rows = tables.iter().map(|table| table.rows).sum();
    say::to_people(&format!("{rows} rows copied; every table has the same count and digest in both databases."));
    say::to_people("From now on start with --database-url; the folder is as it was.");
    from.close().await;
    to.close().await;
    if arguments.json {
        say::json(&Copied { rows, tables })?;
    }
    Ok(())
}

fn copy(from: &Db, to: &Db) -> Result<Vec<TableTotals>, FillError> {
    let (send, receive) = sync_channel::<Result<Record, FillError>>(BATCHES_AHEAD);
    let bar = progress();
    let (shown, from) = (bar.clone(), from.clone());
    let reading = thread::spawn(move || {
        let sender = send.clone();
        // A refusal means that the other side has given up, and says why itself.
        let read = from.read_blocking(move |tx| source::read(tx, |record| sender.send(Ok(record))));
        if let Err(error) = read {
            let _ = send.send(Err(FillError::Db(error)));
        }
    });
    let filled = to.write_once_blocking(move |tx| fill(tx, &mut receive.into_iter(), &shown));
    bar.finish_and_clear();
    match reading.join() {
        Ok(()) => filled,
        Err(_) => Err(FillError::Source("the embedded database could not be read to its end".to_owned())),
    }
}
