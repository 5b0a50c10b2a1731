//! Whether a new process can go on with the line of the one before: the log still holds where that one ended, or everybody
//! had closed the database, nobody opened it since, and so there is no log.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{self, Line};
use super::log::{Log, Place};
use super::pages;

/// A line that goes on.
#[derive(Debug)]
pub struct Resumed {
    pub line: PathBuf,
    pub place: Place,
    pub next_number: u64,
    pub base_taken_at_ms: i64,
    pub base_bytes: u64,
    pub piece_bytes: u64,
}

/// The database's file after its last connection was closed.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Stopped {
    last: u64,
    bytes: u64,
    modified_ns: i128,
}

/// Notes that everything up to the piece `last` is in the database's file, which nobody has open.
pub fn note_stopped(database: &Path, line: &Path, last: u64) -> io::Result<()> {
    if !Log::of(database).is_empty()? {
        return Ok(());
    }
    let path = line.join(folder::STOPPED);
    let partial = pages::name_of_partial(&path);
    pages::write_private(&partial, &serde_json::to_vec(&stopped(database, last)?)?)?;
    pages::rename(&partial, &path)
}

fn stopped(database: &Path, last: u64) -> io::Result<Stopped> {
    let found = fs::metadata(database)?;
    let modified_ns = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
    Ok(Stopped { last, bytes: found.len(), modified_ns })
}

/// The newest line, if it can go on; asked before anybody opens the database.
pub fn find(copy: &Path, database: &Path, schema: i32) -> io::Result<Option<Resumed>> {
    let Some(line) = folder::lines(copy)?.pop() else { return Ok(None) };
    let Some(base) = line.bases.last() else { return Ok(None) };
    let (last, newest) = match line.pieces.last() {
        Some(piece) => (piece.number, &piece.path),
        None => (base.last, &base.path),
    };
    let (head, end) = pages::read(newest, |_, _| Ok(()))?;
    let place = end.place;
    if head.schema != schema || end.pages.is_none() || last < base.last || !goes_on(database, &line, last, &place)? {
        return Ok(None);
    }
    let sizes = line.pieces.iter().filter(|piece| piece.number >= base.first).map(|piece| size(&piece.path));
    Ok(Some(Resumed {
        place,
        next_number: last + 1,
        base_taken_at_ms: base.taken_at_ms,
        base_bytes: size(&base.path)?,
        piece_bytes: sizes.sum::<io::Result<u64>>()?,
        line: line.path,
    }))
}

fn goes_on(database: &Path, line: &Line, last: u64, place: &Place) -> io::Result<bool> {
    let log = Log::of(database);
    if log.holds(place)? {
        return Ok(true);
    }
    let Ok(noted) = fs::read(line.path.join(folder::STOPPED)) else { return Ok(false) };
    let noted: Option<Stopped> = serde_json::from_slice(&noted).ok();
    Ok(log.is_empty()? && noted == stopped(database, last).ok())
}

fn size(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.len())
}
