//! Databases as rows alone: whole tables are moved without opening what is sealed in them, so no key is asked for.

use std::fs::File;

use db::{Db, Step};

use crate::failure::Failure;
use crate::installation::{DATABASE_FILE, lock};
use crate::settings::Place;

/// A database that nobody else changes; the lock of its folder is held as long as this lives.
pub struct Held {
    pub db: Db,
    _lock: Option<File>,
}

impl Held {
    pub async fn close(self) {
        self.db.close().await;
    }
}

/// Opens the database to read, beside whoever works on it.
pub async fn open_beside(place: &Place) -> Result<Db, Failure> {
    refuse_missing(place)?;
    let place = place.clone();
    blocking(move || match &place {
        Place::Folder(folder) => Ok(Db::read_sqlite(&folder.join(DATABASE_FILE), crm::MIGRATIONS)?),
        Place::Postgres(url) => Ok(Db::read_postgres(url, crm::MIGRATIONS)?),
    })
    .await
}

/// The same to write a word into it.
pub async fn open_beside_to_write(place: &Place) -> Result<Db, Failure> {
    refuse_missing(place)?;
    let place = place.clone();
    blocking(move || open(&place, crm::MIGRATIONS)).await
}

/// Opens the database, or makes it, with these steps of the schema.
pub async fn open_at(place: &Place, steps: &'static [Step]) -> Result<Held, Failure> {
    let place = place.clone();
    blocking(move || {
        let lock = match &place {
            Place::Folder(folder) => Some(lock(folder)?),
            Place::Postgres(_) => None,
        };
        Ok(Held { db: open(&place, steps)?, _lock: lock })
    })
    .await
}

fn open(place: &Place, steps: &[Step]) -> Result<Db, Failure> {
    match place {
        Place::Folder(folder) => Ok(Db::open_sqlite(&folder.join(DATABASE_FILE), steps)?),
        Place::Postgres(url) => Ok(Db::open_postgres(url, steps)?),
    }
}

/// The version of the schema that this program works with.
pub fn schema_version() -> i64 {
    crm::MIGRATIONS.iter().map(|step| i64::from(step.version)).max().unwrap_or(0)
}

/// Looking for an installation must not make one.
pub fn refuse_missing(place: &Place) -> Result<(), Failure> {
    match place {
        Place::Folder(folder) if !folder.join(DATABASE_FILE).is_file() => Err(Failure::usage(format!(
            "{}: there is no installation here; name its folder with --data, or its database with --database-url",
            folder.display()
        ))),
        _ => Ok(()),
    }
}

/// Without the password that a database's address may hold.
pub fn name_of(place: &Place) -> String {
    match place {
        Place::Folder(folder) => folder.display().to_string(),
        Place::Postgres(_) => "the PostgreSQL database".to_owned(),
    }
}

/// Opening waits for the disk or the network.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::failed)?
}
