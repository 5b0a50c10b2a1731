//! What is as it was in the run before is not compiled anew. Cargo tells by the times of files what has changed, and in a fresh
//! checkout every file is new: so those with the same content get the time back that they had then, and all others that of now.
//!
//! Compiled code must never pass for that of other files. When the checkout stands elsewhere, which some of it is told, when
//! anybody else has built in the target folder since, or the run before did not come to its end, everything counts as changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::vendor::sha256;
use crate::{Outcome, files};

/// In the target folder: what the run before has built from.
const RECORD: &str = "checkout.json";

/// In the target folder: cargo writes here whenever it builds something.
const BUILT: &str = "debug/.fingerprint";

/// The folder and the package that cargo compiles before they can look.
const OURSELVES: &str = "xtask";

/// Files and folders, each with a digest of its content or of the names in it, and since when it is so.
type Files = BTreeMap<String, (String, SystemTime)>;

/// What a run builds from.
pub struct Checkout {
    root: PathBuf,
    target: PathBuf,
    files: Files,
}

impl Checkout {
    /// Gives every file its time, and tells how many of how many are as they were.
    pub fn compare(root: &Path, target: &Path) -> Outcome<(Self, usize)> {
        let now = SystemTime::now();
        let before = read(root, target)?;
        let mut checkout = Self { root: root.to_owned(), target: target.to_owned(), files: Files::new() };
        let mut kept = 0;
        for (path, digest) in digests(root)? {
            let known = before.get(&path).filter(|(known, _)| *known == digest);
            let since = known.map_or(now, |(_, since)| *since);
            kept += usize::from(known.is_some());
            File::open(root.join(&path))?.set_modified(since)?;
            checkout.files.insert(path, (digest, since));
        }
        Ok((checkout, kept))
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// For the next run, when all is built; without what has been changed meanwhile.
    pub fn keep(mut self) -> Outcome<()> {
        self.files.retain(|path, (_, since)| modified(&self.root.join(path)).is_ok_and(|time| time == *since));
        let record = serde_json::to_vec(&(self.root, newest(&self.target.join(BUILT))?, self.files))?;
        Ok(fs::write(self.target.join(RECORD), record)?)
    }
}

/// Nothing, unless what is built is still what was built then.
fn read(root: &Path, target: &Path) -> Outcome<Files> {
    let record = fs::read(target.join(RECORD)).unwrap_or_default();
    let record: Option<(PathBuf, SystemTime, Files)> = serde_json::from_slice(&record).ok();
    let built = newest(&target.join(BUILT))?;
    let same = record.filter(|(place, until, _)| place == root && *until == built);
    Ok(same.map(|(_, _, files)| files).unwrap_or_default())
}

/// Every file but our own, and every folder that leads to one.
fn digests(root: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for path in files::written_files(root)? {
        if path.split('/').next() == Some(OURSELVES) {
            continue;
        }
        found.insert(path.clone(), sha256(&fs::read(root.join(&path))?));
        let mut inner = path.as_str();
        while let Some((folder, name)) = inner.rsplit_once('/') {
            names.entry(folder.to_owned()).or_default().insert(name.to_owned());
            inner = folder;
        }
    }
    found.extend(names.into_iter().map(|(folder, names)| (folder, sha256(format!("{names:?}").as_bytes()))));
    Ok(found)
}

/// When cargo last built anything but ourselves.
fn newest(built: &Path) -> Outcome<SystemTime> {
    let mut newest = UNIX_EPOCH;
    for unit in fs::read_dir(built).into_iter().flatten() {
        let unit = unit?;
        if unit.file_name().to_string_lossy().starts_with(&format!("{OURSELVES}-")) {
            continue;
        }
        for file in fs::read_dir(unit.path())? {
            newest = newest.max(modified(&file?.path())?);
        }
    }
    Ok(newest)
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;

    fn write(folder: &TempDir, files: &[(&str, &str)]) {
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    fn time(folder: &TempDir, path: &str) -> SystemTime {
        modified(&folder.path().join(path)).unwrap()
    }

    /// A folder in which something has been built, and a checkout from which it was.
    fn built() -> (TempDir, TempDir, Checkout) {
        let (target, first) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(&target, &[("debug/.fingerprint/crm-1/lib", ""), ("debug/.fingerprint/xtask-1/bin", "")]);
        write(&first, &[("crates/crm/lib.rs", "crm"), ("crates/db/lib.rs", "db"), ("xtask/main.rs", "task")]);
        let (checkout, kept) = Checkout::compare(first.path(), target.path()).unwrap();
        assert_eq!((checkout.len(), kept), (5, 0), "two files and three folders, all new");
        (target, first, checkout)
    }

    /// Another checkout where the first one stood, which has gone.
    fn again(first: &TempDir, files: &[(&str, &str)]) {
        fs::remove_dir_all(first.path()).unwrap();
        write(first, files);
    }

    #[test]
    fn the_next_checkout_gets_the_times_back_of_what_is_the_same() {
        let (target, first, checkout) = built();
        let then = time(&first, "crates");
        checkout.keep().unwrap();
        write(&target, &[("debug/.fingerprint/xtask-1/bin", "cargo builds us before we look")]);
        again(&first, &[("crates/crm/lib.rs", "crm"), ("crates/crm/new.rs", ""), ("crates/db/lib.rs", "other")]);
        let (checkout, kept) = Checkout::compare(first.path(), target.path()).unwrap();
        assert_eq!((checkout.len(), kept), (6, 3));
        for same in ["crates/crm/lib.rs", "crates", "crates/db"] {
            assert_eq!(time(&first, same), then, "{same}");
        }
        for other in ["crates/crm/new.rs", "crates/crm", "crates/db/lib.rs"] {
            assert!(time(&first, other) > then, "{other} is of now");
        }
    }

    #[test]
    fn all_is_new_in_a_checkout_that_stands_elsewhere() {
        let (target, _, checkout) = built();
        checkout.keep().unwrap();
        let second = tempfile::tempdir().unwrap();
        write(&second, &[("crates/crm/lib.rs", "crm"), ("crates/db/lib.rs", "db")]);
        assert_eq!(Checkout::compare(second.path(), target.path()).unwrap().1, 0);
    }

    #[test]
    fn all_is_new_where_somebody_else_has_built_or_a_run_did_not_end() {
        let (target, first, _) = built();
        let compare = || Checkout::compare(first.path(), target.path()).unwrap();
        let (checkout, kept) = compare();
        assert_eq!(kept, 0, "the run before has kept nothing");
        checkout.keep().unwrap();
        assert_eq!(compare().1, 5);
        let unit = File::open(target.path().join("debug/.fingerprint/crm-1/lib")).unwrap();
        unit.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
        assert_eq!(compare().1, 0);
    }

    #[test]
    fn a_file_that_is_changed_while_it_is_built_from_is_not_known_afterwards() {
        let (target, first, checkout) = built();
        write(&first, &[("crates/crm/lib.rs", "edited"), ("crates/crm/lib.rs", "crm")]);
        checkout.keep().unwrap();
        assert_eq!(Checkout::compare(first.path(), target.path()).unwrap().1, 4);
    }
}
