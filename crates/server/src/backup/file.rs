//! A backup as a file: a line that names it, then the stream, compressed, with a digest of everything at its end.
//!
//! A file comes into being under another name and is renamed when it is on disk: one that bears its name is whole.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use db::Value;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::fill::FillError;
use super::record::{Record, TableHead, TableTotals, Totals, read_row, write_row};

/// How a file begins, with the version of its form.
const MAGIC: &str = "entente-backup ";
const VERSION: u32 = 1;
/// A frame beyond it is damage: a batch of rows has some hundred kilobytes, and one row never this much.
const MAX_FRAME_BYTES: u64 = 256 * 1024 * 1024;
/// Twice as fast as the best, and nearly as small.
const LEVEL: Compression = Compression::new(4);

const HEADER: u8 = b'H';
const TABLE: u8 = b'T';
const ROWS: u8 = b'R';
const END: u8 = b'E';
const LAST: u8 = b'Z';

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The program that made it.
    pub program: String,
    pub made_at: String,
    /// The version of the schema that its tables have.
    pub schema: i64,
}

#[derive(Debug, Error)]
pub enum FileError {
    #[error("it is no backup made by entente")]
    NotABackup,
    #[error("it is a backup of form {0}, which a newer program made; this one reads form {VERSION}")]
    NewerForm(u32),
    #[error("it is cut off or damaged ({0}); nothing of it was used")]
    Damaged(&'static str),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A file under way; dropped before its end, it leaves nothing.
pub struct Writer {
    gzip: GzEncoder<BufWriter<File>>,
    digest: Sha256,
    partial: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl Writer {
    /// Begins a file that must not be there yet, for its owner's eyes only.
    pub fn create(path: &Path, header: &Header) -> std::io::Result<Self> {
        if path.exists() {
            return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is such a file already"));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        let mut file = BufWriter::new(file);
        writeln!(file, "{MAGIC}{VERSION}")?;
        let gzip = GzEncoder::new(file, LEVEL);
        let mut writer = Self { gzip, digest: Sha256::new(), partial, path: path.to_owned(), is_finished: false };
        writer.frame(HEADER, &serde_json::to_vec(header)?)?;
        Ok(writer)
    }

    pub fn write(&mut self, record: &Record) -> std::io::Result<()> {
        match record {
            Record::Table(head) => self.frame(TABLE, &serde_json::to_vec(head)?),
            Record::Rows(rows) => {
                let mut bytes = Vec::new();
                rows.iter().for_each(|row| write_row(row, &mut bytes));
                self.frame(ROWS, &bytes)
            }
            Record::End(totals) => self.frame(END, &totals.to_bytes()),
        }
    }

    /// Closes the file, sees it onto the disk and gives it its name; answers its size.
    pub fn finish(mut self) -> std::io::Result<u64> {
        let digest = self.digest.clone().finalize();
        self.frame(LAST, &digest)?;
        self.gzip.try_finish()?;
        let file = self.gzip.get_mut();
        file.flush()?;
        file.get_ref().sync_all()?;
        let bytes = file.get_ref().metadata()?.len();
        std::fs::rename(&self.partial, &self.path)?;
        self.is_finished = true;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(bytes)
    }

    fn frame(&mut self, tag: u8, bytes: &[u8]) -> std::io::Result<()> {
        let mut head = [tag; 9];
        head[1..].copy_from_slice(&(bytes.len() as u64).to_be_bytes());
        for part in [&head, bytes] {
            self.digest.update(part);
            self.gzip.write_all(part)?;
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_finished {
            // The next backup of this name begins it anew, if it cannot be removed.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

/// The records of a file, each checked; one that ends too early or differs from its digest ends with an error.
pub struct Reader {
    pub header: Header,
    gzip: BufReader<GzDecoder<BufReader<File>>>,
    digest: Sha256,
    /// Columns of the table under way, and what its rows have come to.
    table: Option<(usize, Totals)>,
    has_ended: bool,
}

impl Reader {
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let mut file = BufReader::new(File::open(path)?);
        check_form(&mut file)?;
        let gzip = BufReader::with_capacity(128 * 1024, GzDecoder::new(file));
        let header = Header { program: String::new(), made_at: String::new(), schema: 0 };
        let mut reader = Self { header, gzip, digest: Sha256::new(), table: None, has_ended: false };
        let (tag, bytes) = reader.frame()?;
        let header = serde_json::from_slice(&bytes).ok().filter(|_| tag == HEADER);
        reader.header = header.ok_or(FileError::Damaged("its head"))?;
        Ok(reader)
    }

    /// Reads the file to its end and tells what is in it.
    pub fn check(path: &Path) -> Result<(Header, Vec<TableTotals>), FileError> {
        let mut reader = Self::open(path)?;
        let (mut tables, mut name) = (Vec::new(), String::new());
        while let Some(record) = reader.next_record()? {
            match record {
                Record::Table(head) => name = head.table,
                Record::Rows(_) => {}
                Record::End(totals) => tables.push(totals.of_table(&name)),
            }
        }
        Ok((reader.header, tables))
    }

    fn next_record(&mut self) -> Result<Option<Record>, FileError> {
        let before = self.digest.clone();
        let (tag, bytes) = self.frame()?;
        match (tag, self.table.take()) {
            (TABLE, None) => {
                let head: TableHead =
                    serde_json::from_slice(&bytes).map_err(|_| FileError::Damaged("a table's head"))?;
                self.table = Some((head.columns.len(), Totals::default()));
                Ok(Some(Record::Table(head)))
            }
            (ROWS, Some((width, mut totals))) => {
                let rows = rows(&bytes, width, &mut totals).ok_or(FileError::Damaged("a row"))?;
                self.table = Some((width, totals));
                Ok(Some(Record::Rows(rows)))
            }
            (END, Some((_, totals))) => match Totals::from_bytes(&bytes) {
                Some(told) if told == totals => Ok(Some(Record::End(totals))),
                _ => Err(FileError::Damaged("the rows of a table")),
            },
            (LAST, None) if *bytes == *before.finalize() => self.end().map(|()| None),
            _ => Err(FileError::Damaged("its order")),
        }
    }

    /// Nothing may follow.
    fn end(&mut self) -> Result<(), FileError> {
        self.has_ended = true;
        let mut more = [0];
        let is_over =
            self.gzip.read(&mut more).map_err(cut)? == 0 && self.gzip.get_mut().get_mut().read(&mut more)? == 0;
        if is_over { Ok(()) } else { Err(FileError::Damaged("something behind its end")) }
    }

    fn frame(&mut self) -> Result<(u8, Vec<u8>), FileError> {
        let mut head = [0; 9];
        self.gzip.read_exact(&mut head).map_err(cut)?;
        let [tag, length @ ..] = head;
        let length = u64::from_be_bytes(length);
        if length > MAX_FRAME_BYTES {
            return Err(FileError::Damaged("a length"));
        }
        // Grows with what is there, never with what the length claims.
        let mut bytes = Vec::new();
        let read = (&mut self.gzip).take(length).read_to_end(&mut bytes).map_err(cut)?;
        if read as u64 != length {
            return Err(FileError::Damaged("its end is missing"));
        }
        self.digest.update(head);
        self.digest.update(&bytes);
        Ok((tag, bytes))
    }
}

impl Iterator for Reader {
    type Item = Result<Record, FillError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let record = self.next_record();
        self.has_ended |= record.is_err();
        record.map_err(FillError::File).transpose()
    }
}

fn rows(bytes: &[u8], width: usize, totals: &mut Totals) -> Option<Vec<Vec<Value>>> {
    let (mut rest, mut rows) = (bytes, Vec::new());
    while !rest.is_empty() {
        let before = rest;
        rows.push(read_row(&mut rest, width)?);
        totals.add(&before[..before.len() - rest.len()]);
        if before.len() == rest.len() {
            return None;
        }
    }
    Some(rows)
}

fn check_form(file: &mut BufReader<File>) -> Result<(), FileError> {
    let mut line = Vec::new();
    for byte in file.by_ref().take(MAGIC.len() as u64 + 10).bytes() {
        match byte? {
            b'\n' => break,
            byte => line.push(byte),
        }
    }
    let version = std::str::from_utf8(&line).ok().and_then(|line| line.strip_prefix(MAGIC)?.parse::<u32>().ok());
    match version {
        Some(VERSION) => Ok(()),
        Some(newer) if newer > VERSION => Err(FileError::NewerForm(newer)),
        _ => Err(FileError::NotABackup),
    }
}

/// What the decompressor says of a damaged file is damage; what the disk says is the disk's.
fn cut(error: std::io::Error) -> FileError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => FileError::Damaged("its end is missing"),
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => FileError::Damaged("its compression"),
        _ => FileError::Io(error),
    }
}
