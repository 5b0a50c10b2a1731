//! How a copy lies in its folder.
//!
//! ```text
//! copy-1764446400000/                    one unbroken line of pieces, by the instant at which it began
//!   base-0000000012-0000000014-1764…     all pages, once pieces 12 to 14 are laid over them
//!   piece-0000000012-1764446410000       the pages that changed since piece 11
//!   stopped                              the database's file as it was when everybody had closed it
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use words::Timestamp;

use super::pages;

pub const STOPPED: &str = "stopped";

/// Every page, read while others wrote: it is whole when the pieces from `first` to `last` are laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    pub first: u64,
    pub last: u64,
    /// The instant at which it was whole.
    pub taken_at_ms: i64,
    pub path: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub number: u64,
    /// Nothing that was committed after this instant is in it.
    pub taken_at_ms: i64,
    pub path: PathBuf,
}

/// What belongs together: bases and pieces in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub path: PathBuf,
    pub begun_at_ms: i64,
    pub bases: Vec<Base>,
    pub pieces: Vec<Piece>,
}

impl Line {
    pub fn piece(&self, number: u64) -> Option<&Piece> {
        let at = self.pieces.binary_search_by_key(&number, |piece| piece.number).ok()?;
        self.pieces.get(at)
    }
}

pub fn line_path(folder: &Path, begun_at_ms: i64) -> PathBuf {
    folder.join(format!("copy-{begun_at_ms}"))
}

pub fn base_path(line: &Path, first: u64, last: u64, taken_at_ms: i64) -> PathBuf {
    line.join(format!("base-{first:010}-{last:010}-{taken_at_ms}"))
}

pub fn piece_path(line: &Path, number: u64, taken_at_ms: i64) -> PathBuf {
    line.join(format!("piece-{number:010}-{taken_at_ms}"))
}

/// All lines, the oldest first. What bears other names is left alone.
pub fn lines(folder: &Path) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some([begun_at_ms]), true) = (numbers(&path, "copy-"), path.is_dir()) {
            lines.push(line(path, begun_at_ms)?);
        }
    }
    lines.sort_by_key(|line| line.begun_at_ms);
    Ok(lines)
}

fn line(path: PathBuf, begun_at_ms: i64) -> io::Result<Line> {
    let (mut bases, mut pieces) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&path)? {
        let path = entry?.path();
        if let Some([first, last, taken_at_ms]) = numbers(&path, "base-") {
            bases.push(Base { first: first.unsigned_abs(), last: last.unsigned_abs(), taken_at_ms, path });
        } else if let Some([number, taken_at_ms]) = numbers(&path, "piece-") {
            pieces.push(Piece { number: number.unsigned_abs(), taken_at_ms, path });
        }
    }
    bases.sort_by_key(|base| base.first);
    pieces.sort_by_key(|piece| piece.number);
    Ok(Line { path, begun_at_ms, bases, pieces })
}

fn numbers<const N: usize>(path: &Path, prefix: &str) -> Option<[i64; N]> {
    let rest = path.file_name()?.to_str()?.strip_prefix(prefix)?;
    let found: Vec<i64> = rest.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    found.try_into().ok()
}

/// The instant of the newest part that can be restored, as the names tell it. While nothing changes no part is written: the
/// copy may hold more than this.
///
/// # Errors
/// When the folder cannot be read.
pub fn newest_part(folder: &Path) -> io::Result<Option<Timestamp>> {
    let lines = lines(folder)?;
    let Some(line) = lines.iter().rev().find(|line| !line.bases.is_empty()) else { return Ok(None) };
    let bases = line.bases.iter().map(|base| base.taken_at_ms);
    let newest = bases.chain(line.pieces.iter().map(|piece| piece.taken_at_ms)).max();
    Ok(newest.map(Timestamp::from_millis))
}

/// Removes what the newest `keep` bases do not need, and never anything of the newest line that a base to come will need.
pub fn prune(folder: &Path, keep: usize) -> io::Result<()> {
    let mut lines = lines(folder)?;
    let newest = lines.last().map(|line| line.path.clone());
    let mut left = keep;
    while let Some(line) = lines.pop() {
        let kept = line.bases.len().min(left);
        left -= kept;
        let (old, kept) = line.bases.split_at(line.bases.len() - kept);
        match kept.first() {
            Some(oldest) => {
                // A base goes before the pieces without which it is none.
                for base in old {
                    fs::remove_file(&base.path)?;
                }
                for piece in line.pieces.iter().filter(|piece| piece.number < oldest.first) {
                    fs::remove_file(&piece.path)?;
                }
            }
            None if Some(&line.path) != newest.as_ref() => remove(&line)?,
            None => {}
        }
    }
    Ok(())
}

fn remove(line: &Line) -> io::Result<()> {
    for base in &line.bases {
        fs::remove_file(&base.path)?;
    }
    fs::remove_dir_all(&line.path)
}

/// Removes what a killed process left half done.
pub fn sweep(line: &Path) -> io::Result<()> {
    for entry in fs::read_dir(line)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "partial") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Makes a folder for its owner's eyes only, on the disk before it answers.
pub fn make_line(path: &Path) -> io::Result<()> {
    std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700).create(path)?;
    pages::sync_folder(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for line in lines(folder).unwrap() {
            let name = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
            found.extend(line.bases.iter().map(|base| name(&base.path)));
            found.extend(line.pieces.iter().map(|piece| name(&piece.path)));
        }
        found
    }

    fn filled(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn the_newest_bases_stay_with_all_that_comes_after_them() {
        let all = ["copy-5/base-1-2-7", "copy-5/piece-1-6", "copy-9/base-1-2-11", "copy-9/base-4-4-15"];
        let all =
            [&all[..], &["copy-9/piece-2-10", "copy-9/piece-4-14", "copy-9/piece-5-16", "copy-9/notes.txt"]].concat();
        let folder = filled(&all);
        prune(folder.path(), 2).unwrap();
        let kept =
            ["copy-9/base-1-2-11", "copy-9/base-4-4-15", "copy-9/piece-2-10", "copy-9/piece-4-14", "copy-9/piece-5-16"];
        assert_eq!(files(folder.path()), kept);
        prune(folder.path(), 1).unwrap();
        assert_eq!(files(folder.path()), ["copy-9/base-4-4-15", "copy-9/piece-4-14", "copy-9/piece-5-16"]);
        assert!(folder.path().join("copy-9/notes.txt").exists());
    }

    #[test]
    fn the_newest_part_is_of_the_newest_line_that_has_a_base() {
        let newest = |names: &[&str]| newest_part(filled(names).path()).unwrap().map(Timestamp::as_millis);
        assert_eq!(newest(&[]), None);
        assert_eq!(newest(&["copy-9/piece-1-10"]), None);
        assert_eq!(newest(&["copy-5/base-1-2-7", "copy-5/piece-3-8", "copy-9/piece-1-10"]), Some(8));
        assert_eq!(newest(&["copy-5/base-1-2-7", "copy-9/piece-1-10", "copy-9/base-1-1-11"]), Some(11));
    }

    #[test]
    fn a_line_whose_first_base_is_under_way_takes_nothing_from_the_one_before() {
        let all = ["copy-5/base-1-2-7", "copy-5/piece-3-6", "copy-9/piece-1-10"];
        let folder = filled(&all);
        prune(folder.path(), 2).unwrap();
        assert_eq!(files(folder.path()), all);
    }
}
