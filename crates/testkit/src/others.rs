//! Where programs of others are installed: below the target folder, so that what is there stays for the next run.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "it stands in tests only, which a panic fails")]

use std::fs::File;
use std::path::PathBuf;

/// The folder of the program `name`.
pub fn folder(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release")).unwrap();
    target.parent().unwrap().join("tmp").join(name)
}

/// The same, made and kept from other tests until the file is dropped: several run at once, and one of them installs. None,
/// and a line that says so, where the variable `skip` asks for tests without it.
pub(crate) fn held(name: &str, skip: &str) -> Option<(PathBuf, File)> {
    if std::env::var_os(skip).is_some() {
        eprintln!("SKIPPED: {skip} is set");
        return None;
    }
    let folder = folder(name);
    std::fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    Some((folder, lock))
}
