//! An opened installation: its database, the clock, the operating system's chance, and the lock that keeps a second
//! process out of the same folder.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crm::kernel::{App, Chance, Clock, Settings};
use crm::workspaces;
use db::Db;
use words::{Timestamp, WorkspaceId};

use crate::failure::Failure;
use crate::settings::Place;

const DATABASE_FILE: &str = "entente.sqlite";
const LOCK_FILE: &str = "entente.lock";

/// Holds the folder's lock for as long as it lives; PostgreSQL may be shared and has none.
pub struct Installation {
    pub db: Db,
    _lock: Option<File>,
}

/// Opens the database and brings its schema to this program's version.
pub async fn open(place: &Place) -> Result<Installation, Failure> {
    let place = place.clone();
    // Opening waits for the disk or the network; what it is given is this command's only task.
    let opened = tokio::task::spawn_blocking(move || open_blocking(&place)).await;
    opened.map_err(Failure::failed)?
}

fn open_blocking(place: &Place) -> Result<Installation, Failure> {
    match place {
        Place::Folder(folder) => {
            let lock = lock(folder)?;
            let db = Db::open_sqlite(&folder.join(DATABASE_FILE), crm::MIGRATIONS)?;
            Ok(Installation { db, _lock: Some(lock) })
        }
        Place::Postgres(url) => Ok(Installation { db: Db::open_postgres(url, crm::MIGRATIONS)?, _lock: None }),
    }
}

/// The operating system drops the lock with the process, however it ends.
fn lock(folder: &Path) -> Result<File, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    let file =
        options.create(true).truncate(false).write(true).mode(0o600).open(folder.join(LOCK_FILE)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::failed(format!(
            "another entente works on {}; stop it first, or send to it over HTTP, or use PostgreSQL, which many may share",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The product on this machine's clock and chance.
pub fn app(db: Db, settings: Settings) -> App {
    App::new(db, system_clock(), system_chance(), settings)
}

/// For commands that serve nothing: no address is shown.
pub fn app_without_address(db: Db) -> App {
    app(db, settings_of("http://127.0.0.1:8080", Vec::new()))
}

pub fn settings_of(public_url: &str, trusted_proxies: Vec<std::net::IpAddr>) -> Settings {
    Settings {
        public_url: public_url.to_owned(),
        is_secure: public_url.starts_with("https://"),
        trusted_proxies,
        shows_gallery: cfg!(debug_assertions),
    }
}

pub fn system_clock() -> Clock {
    Arc::new(|| {
        // A clock before 1970 counts as 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

pub fn system_chance() -> Chance {
    Arc::new(|buffer: &mut [u8]| {
        getrandom::fill(buffer).expect("the operating system has a random source; without it no key would be secret");
    })
}

/// The workspace that the command line means.
pub async fn first_workspace(app: &App) -> Result<WorkspaceId, Failure> {
    let first = app.db.read(workspaces::the_first).await?;
    first.map(|workspace| workspace.id).ok_or_else(|| {
        Failure::failed("nothing is set up here yet; run `entente admin create`, or `entente serve` and open its link")
    })
}
