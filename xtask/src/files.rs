//! The files of the repository, as a fresh checkout would hold them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// Folders that are made, not written.
const MADE: [&str; 5] = [".git", "target", "node_modules", "entente-data", ".playwright"];

/// The folder that holds the workspace's `Cargo.toml`, above the present one.
pub fn repository() -> Outcome<PathBuf> {
    let start = std::env::current_dir()?;
    let root = start.ancestors().find(|folder| folder.join("xtask").join("Cargo.toml").is_file());
    Ok(root.ok_or("no workspace here: run this inside the repository")?.to_path_buf())
}

/// Every written file below `root`, as a path with `/`, sorted.
pub fn written_files(root: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let entry = entry?;
            let is_made = entry.file_name().to_str().is_some_and(|name| MADE.contains(&name));
            if is_made {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(relative(root, &entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
