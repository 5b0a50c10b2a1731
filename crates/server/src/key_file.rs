//! The key file: what opens the secrets of the database, made with the database and kept apart from its backups.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crm::kernel::Vault;
use crm::workspaces;
use db::Db;

use crate::failure::Failure;
use crate::installation::system_chance;

/// The vault of a database: its key file, or a new one for a database that holds no secret yet.
pub async fn vault_of(db: &Db, path: &Path) -> Result<Vault, Failure> {
    let vault = match fs::read_to_string(path) {
        Ok(text) => Vault::parse(&text).map_err(|error| at(path, &error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return new_vault(db, path).await,
        Err(error) => return Err(at(path, &error)),
    };
    let tested = vault.clone();
    let outcome = db.read(move |tx| workspaces::check_vault(tx, &tested)).await?;
    outcome.map(|()| vault).map_err(|error| at(path, &format!("a secret of this database does not open: {error}")))
}

async fn new_vault(db: &Db, path: &Path) -> Result<Vault, Failure> {
    if db.read(workspaces::has_sealed_secrets).await? {
        return Err(at(
            path,
            &"there is no key file here, and the database holds secrets; put its key file back, or name it with --key-file",
        ));
    }
    let vault = Vault::new(&system_chance());
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| at(folder, &error))?;
    }
    let beside = path.with_extension(format!("key.{}", std::process::id()));
    write(&beside, &vault).map_err(|error| at(&beside, &error))?;
    // Of two processes that start at once on a new PostgreSQL database, the first to link makes the key for both.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(|error| at(&beside, &error))?;
    match linked {
        Ok(()) => Ok(vault),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
            Vault::parse(&text).map_err(|error| at(path, &error))
        }
        Err(error) => Err(at(path, &error)),
    }
}

/// Puts another vault into the key file, whole or not at all.
pub fn replace(path: &Path, vault: &Vault) -> Result<(), Failure> {
    let beside = path.with_extension("key.new");
    let failed = |error: std::io::Error| at(path, &error);
    write(&beside, vault).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// For the server's user alone, and on disk before it returns.
fn write(path: &Path, vault: &Vault) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(vault.to_file().as_bytes())?;
    file.sync_all()
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}
