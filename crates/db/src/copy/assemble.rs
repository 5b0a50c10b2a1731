//! Makes a database's file of a copy: the newest base that is whole, and the pieces after it, for as long as they follow
//! upon each other unharmed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
use words::Timestamp;

use super::folder::{self, Base, Line, Piece};
use super::pages::{self, End, Head, damaged};

#[derive(Debug, Error)]
pub enum AssembleError {
    #[error("{0}: there is no copy of a database here that could be used")]
    NoCopy(PathBuf),
    #[error("the copy holds nothing that was whole at {0}; its oldest instant is {1}")]
    TooEarly(Timestamp, Timestamp),
    #[error("no base of the copy is whole: {}", .0.join("; "))]
    NoBase(Vec<String>),
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// The program that wrote the base, and the version of its schema.
    pub program: String,
    pub schema: i32,
    /// Everything that was committed before this instant is there.
    pub holds_until: Timestamp,
    pub pieces: u64,
    pub bytes: u64,
    /// What could not be used, in sentences; what is there ends before it.
    pub damage: Vec<String>,
}

/// Makes the file `into` of the copy in `folder`: of all of it, or of what it held at an instant.
///
/// # Errors
/// [`AssembleError`]; then `into` is no database.
pub fn assemble(folder: &Path, at: Option<Timestamp>, into: &Path) -> Result<Assembled, AssembleError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| AssembleError::Io { path, error }
    };
    let lines = folder::lines(folder).map_err(failed(folder))?;
    let oldest = lines.iter().flat_map(|line| &line.bases).map(|base| base.taken_at_ms).min();
    let oldest = oldest.ok_or_else(|| AssembleError::NoCopy(folder.to_owned()))?;
    let until_ms = at.map_or(i64::MAX, Timestamp::as_millis);
    let bases = lines.iter().rev().flat_map(|line| line.bases.iter().rev().map(move |base| (line, base)));
    let mut damage = Vec::new();
    for (line, base) in bases.filter(|(_, base)| base.taken_at_ms <= until_ms) {
        let mut target = Target::create(into).map_err(failed(into))?;
        match target.fill(line, base, until_ms) {
            Ok(filled) => {
                target.file.sync_all().map_err(failed(into))?;
                damage.extend(filled.damage);
                return Ok(Assembled {
                    program: filled.head.program,
                    schema: filled.head.schema,
                    holds_until: Timestamp::from_millis(filled.end.holds_until_ms),
                    pieces: filled.pieces,
                    bytes: target.file.metadata().map_err(failed(into))?.len(),
                    damage,
                });
            }
            Err(told) => damage.push(told),
        }
    }
    match at {
        Some(at) if damage.is_empty() => Err(AssembleError::TooEarly(at, Timestamp::from_millis(oldest))),
        _ => Err(AssembleError::NoBase(damage)),
    }
}

struct Target {
    file: File,
    page_bytes: u64,
}

struct Filled {
    head: Head,
    end: End,
    pieces: u64,
    damage: Option<String>,
}

impl Target {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        Ok(Self { file, page_bytes: 0 })
    }

    fn fill(&mut self, line: &Line, base: &Base, until_ms: i64) -> Result<Filled, String> {
        let read = pages::read(&base.path, |number, content| self.write(number, content));
        let (head, mut end) = read.map_err(|error| told(&base.path, &error))?;
        let (mut applied, mut damage) = (0, None);
        let mut next = base.first;
        loop {
            match self.lay_over(line, next, until_ms) {
                Ok(Some((last, its_end))) => {
                    (applied, end) = (applied + last + 1 - next, its_end);
                    next = last + 1;
                }
                Ok(None) => break,
                Err(told) => {
                    damage = Some(told);
                    break;
                }
            }
        }
        if next <= base.last {
            let missing = || format!("{}: the pieces that it needs are not whole", base.path.display());
            return Err(damage.unwrap_or_else(missing));
        }
        let bytes = u64::from(end.pages.unwrap_or_default()) * self.page_bytes;
        self.file.set_len(bytes).map_err(|error| error.to_string())?;
        Ok(Filled { head, end, pieces: applied, damage })
    }

    /// Lays the pieces of the next transactions over the file, once all of them are known to be whole; the last of them.
    fn lay_over(&mut self, line: &Line, first: u64, until_ms: i64) -> Result<Option<(u64, End)>, String> {
        let mut number = first;
        let mut kept: Vec<(u32, Vec<u8>)> = Vec::new();
        loop {
            let Some(piece) = line.piece(number) else { return missing(line, number) };
            if piece.taken_at_ms > until_ms {
                return Ok(None);
            }
            kept.clear();
            let keep = |page: u32, content: &[u8]| {
                kept.push((page, content.to_vec()));
                Ok(())
            };
            let end = read_piece(piece, keep)?;
            if end.pages.is_some() {
                for before in (first..number).filter_map(|number| line.piece(number)) {
                    read_piece(before, |page, content| self.write(page, content))?;
                }
                let written = kept.iter().try_for_each(|(page, content)| self.write(*page, content));
                return written.map(|()| Some((number, end))).map_err(|error| told(&piece.path, &error));
            }
            number += 1;
        }
    }

    fn write(&mut self, number: u32, content: &[u8]) -> io::Result<()> {
        if self.page_bytes == 0 {
            self.page_bytes = content.len() as u64;
        }
        if content.len() as u64 != self.page_bytes || number == 0 {
            return Err(damaged("a page of another size"));
        }
        self.file.write_all_at(content, u64::from(number - 1) * self.page_bytes)
    }
}

fn read_piece(piece: &Piece, take: impl FnMut(u32, &[u8]) -> io::Result<()>) -> Result<End, String> {
    let (head, end) = pages::read(&piece.path, take).map_err(|error| told(&piece.path, &error))?;
    if head.number == piece.number { Ok(end) } else { Err(told(&piece.path, &damaged("its number"))) }
}

/// The copy ends here, unless later pieces are there. A transaction whose end was not copied any more is left out.
fn missing(line: &Line, number: u64) -> Result<Option<(u64, End)>, String> {
    if line.pieces.last().is_none_or(|last| last.number < number) {
        return Ok(None);
    }
    Err(format!("{}: piece {number} is missing", line.path.display()))
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
