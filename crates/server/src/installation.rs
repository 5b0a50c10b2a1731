//! An opened installation: its database, the clock, the operating system's chance, and the lock that keeps a second
//! process out of the same folder.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crm::kernel::{App, Chance, Clock, Ledger, Parts, PlaceFlags, Reading, Settings, SteadyClock, Vault};
use crm::workspaces;
use db::{CopySettings, Db};
use words::{Span, Timestamp, WorkspaceId};

use crate::failure::Failure;
use crate::key_file;
use crate::settings::{DEFAULT_MAX_BACKUP_AGE_DAYS, InstallationSettings, Place};

pub const DATABASE_FILE: &str = "entente.sqlite";
/// The ledger of erasures in the folder of a copy, whatever the key file beside it is called.
pub const LEDGER_IN_COPY: &str = "entente.erasures";
const LOCK_FILE: &str = "entente.lock";

/// Holds the folder's lock for as long as it lives; PostgreSQL may be shared and has none.
pub struct Installation {
    pub db: Db,
    /// Opens the secrets of this database.
    pub vault: Vault,
    /// Who was erased, beside the key file.
    pub ledger: Ledger,
    /// How other commands name it.
    flags: PlaceFlags,
    _lock: Option<File>,
}

/// Opens the database, brings its schema to this program's version, and finds the key of its secrets.
pub async fn open(settings: &InstallationSettings) -> Result<Installation, Failure> {
    open_as(settings, Company::Alone, None).await
}

/// The same, with a copy of the embedded database that is kept up to date in this folder.
pub async fn open_copied(settings: &InstallationSettings, copy_dir: Option<&Path>) -> Result<Installation, Failure> {
    let copy = copy_dir.map(|folder| CopySettings {
        // Never the key file: what it seals is to stay sealed for whoever finds the copy.
        beside: vec![(settings.ledger_file(), LEDGER_IN_COPY)],
        ..CopySettings::new(folder.to_owned(), program(), system_clock())
    });
    open_as(settings, Company::Alone, copy).await
}

/// What a backup names as its maker.
pub fn program() -> String {
    format!("entente {}", env!("CARGO_PKG_VERSION"))
}

/// The same for a command that only reads and may work beside a server.
pub async fn open_beside(settings: &InstallationSettings) -> Result<Installation, Failure> {
    open_as(settings, Company::Beside, None).await
}

/// Whether another process may work on the same folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    Alone,
    Beside,
}

async fn open_as(
    settings: &InstallationSettings,
    company: Company,
    copy: Option<CopySettings>,
) -> Result<Installation, Failure> {
    let place = settings.place.clone();
    // Opening waits for the disk or the network; what it is given is this command's only task.
    let opened = tokio::task::spawn_blocking(move || open_blocking(&place, company, copy)).await;
    let (db, lock) = opened.map_err(Failure::failed)??;
    let vault = key_file::vault_of(&db, &settings.key_file).await?;
    let flags = flags_of(&settings.place);
    Ok(Installation { db, vault, ledger: Ledger::at(&settings.ledger_file()), flags, _lock: lock })
}

fn flags_of(place: &Place) -> PlaceFlags {
    match place {
        Place::Folder(folder) => PlaceFlags::of_folder(&absolute(folder)),
        Place::Postgres(_) => PlaceFlags::of_postgres(),
    }
}

/// For somebody who works in another folder.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// An installation of its own in a folder: the demo and the benchmark.
pub async fn open_here(place: Place) -> Result<Installation, Failure> {
    open(&InstallationSettings::of_place(place)).await
}

fn open_blocking(place: &Place, company: Company, copy: Option<CopySettings>) -> Result<(Db, Option<File>), Failure> {
    match place {
        Place::Folder(folder) => {
            let lock = match company {
                Company::Alone => Some(lock(folder)?),
                Company::Beside => None,
            };
            let file = folder.join(DATABASE_FILE);
            let db = match copy {
                Some(copy) => Db::open_sqlite_copied(&file, crm::MIGRATIONS, copy)?,
                None => Db::open_sqlite(&file, crm::MIGRATIONS)?,
            };
            Ok((db, lock))
        }
        Place::Postgres(url) => Ok((Db::open_postgres(url, crm::MIGRATIONS)?, None)),
    }
}

/// The operating system drops the lock with the process, however it ends.
pub fn lock(folder: &Path) -> Result<File, Failure> {
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
    parts(db, settings).into()
}

/// [`app`] while its parts can still be exchanged.
pub fn parts(db: Db, settings: Settings) -> Parts {
    let steady_clock = SteadyClock::default();
    let clock = steady(&steady_clock);
    Parts { steady_clock, ..Parts::new(db, clock, system_chance(), settings) }
}

/// The machine's time, without its jumps.
fn steady(clock: &SteadyClock) -> Clock {
    let (clock, wall, begun) = (clock.clone(), system_clock(), Instant::now());
    Arc::new(move || {
        let steady_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        clock.read(Reading { wall: wall(), steady_ms })
    })
}

/// For commands that serve nothing: no address is shown.
pub fn app_without_address(opened: &Installation) -> App {
    app(opened.db.clone(), settings_of("http://127.0.0.1:8080", Vec::new(), opened))
}

pub fn settings_of(public_url: &str, trusted_proxies: Vec<std::net::IpAddr>, opened: &Installation) -> Settings {
    Settings {
        public_url: public_url.to_owned(),
        is_secure: public_url.starts_with("https://"),
        trusted_proxies,
        vault: opened.vault.clone(),
        ledger: opened.ledger.clone(),
        security_contact: None,
        max_backup_age: Span::from_days(DEFAULT_MAX_BACKUP_AGE_DAYS.into()),
        place: opened.flags.clone(),
        copy_dir: None,
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
