//! Programs of others from npm, each in a folder of its own below the target folder, installed once.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "it stands in tests only, which a panic fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::others;

/// A copy of the folder `source` with what its lock file pins; none, and a line that says so, where it cannot be had.
pub fn project(name: &str, source: &Path) -> Option<PathBuf> {
    let (folder, _lock) = others::held(name, "ENTENTE_TEST_SKIP_NODE_CLIENTS")?;
    for file in fs::read_dir(source).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    let (pinned, installed) = (fs::read(folder.join("package-lock.json")).unwrap(), folder.join("installed"));
    if fs::read(&installed).is_ok_and(|installed| installed == pinned) {
        return Some(folder);
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
    if !npm.status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: {name} cannot be had here; it needs node and npm");
        return None;
    }
    fs::write(installed, pinned).unwrap();
    Some(folder)
}
