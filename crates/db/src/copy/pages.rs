//! A file of pages: a line that names its form, then a compressed stream of a head, pages, and an end, with a digest of
//! everything. The digest is of what was compressed; that the compressed bytes are still the same, and all there, is
//! known by a checksum of each block, and by the end of the stream, at which the file must end.
//!
//! A file comes into being under another name and is renamed when it is on the disk: one that bears its name is whole.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use lz4_flex::frame::{FrameDecoder, FrameEncoder, FrameInfo};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::log::Place;

const MAGIC: &str = "entente-copy ";
const VERSION: u32 = 1;
/// SQLite's largest page; heads and ends are shorter.
const MAX_FRAME_BYTES: u32 = 65_536;

const HEAD: u8 = b'H';
const PAGE: u8 = b'P';
const END: u8 = b'E';
const LAST: u8 = b'Z';

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The program that made it.
    pub program: String,
    /// The version of the database's schema.
    pub schema: i32,
    /// A base: the first piece that is to be laid over it. A piece: its own number.
    pub number: u64,
}

/// What is known once all pages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many pages the database has; none when a transaction goes on in the next piece.
    pub pages: Option<u32>,
    /// How far the log was read.
    pub place: Place,
    /// What was committed before this instant is in it, or in an earlier one; Unix milliseconds.
    pub holds_until_ms: i64,
    /// What was committed after this instant is not.
    pub taken_at_ms: i64,
}

pub fn name_of_partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// A file under way.
pub struct Writer {
    stream: FrameEncoder<BufWriter<File>>,
    digest: Sha256,
    partial: PathBuf,
}

impl Writer {
    /// Begins a file for its owner's eyes only, in the place of one that was given up.
    pub fn create(partial: PathBuf, head: &Head) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        let mut file = BufWriter::new(file);
        writeln!(file, "{MAGIC}{VERSION}")?;
        let form = FrameInfo::new().block_checksums(true);
        let mut writer = Self { stream: FrameEncoder::with_frame_info(form, file), digest: Sha256::new(), partial };
        writer.frame(HEAD, 0, &serde_json::to_vec(head)?)?;
        Ok(writer)
    }

    pub fn page(&mut self, number: u32, bytes: &[u8]) -> io::Result<()> {
        self.frame(PAGE, number, bytes)
    }

    /// Closes the file and sees it onto the disk, under the name that it has so far; answers its size.
    pub fn finish(mut self, end: &End) -> io::Result<(PathBuf, u64)> {
        self.frame(END, 0, &serde_json::to_vec(end)?)?;
        let digest = self.digest.clone().finalize();
        self.frame(LAST, 0, &digest)?;
        self.stream.try_finish()?;
        let file = self.stream.get_mut();
        file.flush()?;
        file.get_ref().sync_all()?;
        Ok((self.partial, file.get_ref().metadata()?.len()))
    }

    fn frame(&mut self, tag: u8, number: u32, bytes: &[u8]) -> io::Result<()> {
        let mut head = [tag; 9];
        head[1..5].copy_from_slice(&number.to_be_bytes());
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        head[5..].copy_from_slice(&length.to_be_bytes());
        for part in [&head, bytes] {
            self.digest.update(part);
            self.stream.write_all(part)?;
        }
        Ok(())
    }
}

/// A file for its owner's eyes only, on the disk before it answers.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives a file that is on the disk its name.
pub fn rename(partial: &Path, path: &Path) -> io::Result<()> {
    std::fs::rename(partial, path)?;
    sync_folder(path)
}

pub fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Reads a file to its end, handing out its pages; whoever takes them believes them only when this has answered well.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a file that is cut off, damaged, or of another form.
pub fn read(path: &Path, mut take: impl FnMut(u32, &[u8]) -> io::Result<()>) -> io::Result<(Head, End)> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    (&mut file).take(MAGIC.len() as u64 + 10).read_until(b'\n', &mut line)?;
    if line != format!("{MAGIC}{VERSION}\n").as_bytes() {
        return Err(damaged("it is no copy made by this program"));
    }
    let stream = FrameDecoder::new(Source { file, has_ended: false });
    let mut reader = Reader { stream: BufReader::with_capacity(256 * 1024, stream), digest: Sha256::new() };
    let mut bytes = Vec::new();
    let head: Head = match reader.frame(&mut bytes)? {
        (HEAD, _) => parse(&bytes)?,
        _ => return Err(damaged("its head")),
    };
    let end: End = loop {
        match reader.frame(&mut bytes)? {
            (PAGE, number) if number > 0 => take(number, &bytes)?,
            (END, _) => break parse(&bytes)?,
            _ => return Err(damaged("its order")),
        }
    };
    let digest = reader.digest.clone().finalize();
    if !matches!(reader.frame(&mut bytes)?, (LAST, _)) || *bytes != *digest {
        return Err(damaged("its digest"));
    }
    reader.is_over()?;
    Ok((head, end))
}

struct Reader {
    stream: BufReader<FrameDecoder<Source>>,
    digest: Sha256,
}

impl Reader {
    fn frame(&mut self, bytes: &mut Vec<u8>) -> io::Result<(u8, u32)> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).map_err(cut)?;
        let [tag, a, b, c, d, length @ ..] = head;
        let length = u32::from_be_bytes(length);
        if length > MAX_FRAME_BYTES {
            return Err(damaged("a length"));
        }
        bytes.resize(length as usize, 0);
        self.stream.read_exact(bytes).map_err(cut)?;
        self.digest.update(head);
        self.digest.update(&bytes);
        Ok((tag, u32::from_be_bytes([a, b, c, d])))
    }

    /// The stream ends here by its own mark, and so does the file.
    fn is_over(&mut self) -> io::Result<()> {
        let mut more = [0];
        let is_over = self.stream.read(&mut more).map_err(cut)? == 0;
        let source = self.stream.get_mut().get_mut();
        if source.has_ended {
            return Err(damaged("its end is missing"));
        }
        if is_over && source.read(&mut more)? == 0 { Ok(()) } else { Err(damaged("something behind its end")) }
    }
}

/// The file; the decompressor takes its end, where the mark should stand, for the end of the stream.
struct Source {
    file: BufReader<File>,
    has_ended: bool,
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.has_ended |= read == 0;
        Ok(read)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(|_| damaged("its head"))
}

pub fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it is cut off or damaged ({what})"))
}

/// What the decompressor says of a damaged file is damage; what the disk says is the disk's.
fn cut(error: io::Error) -> io::Error {
    match error.kind() {
        _ if error.raw_os_error().is_some() => error,
        io::ErrorKind::UnexpectedEof => damaged("its end is missing"),
        _ => damaged("its compression"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Pages as SQLite has them: little at both ends, and nothing between.
    #[test]
    fn no_bit_can_turn_and_no_byte_come_or_go_without_being_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("piece");
        let head = Head { program: "a test".to_owned(), schema: 3, number: 7 };
        let mut writer = Writer::create(path.clone(), &head).unwrap();
        for number in 1..=3 {
            let mut page = vec![0; 4096];
            page[..4].copy_from_slice(&[13, 0, 0, number]);
            page[4090..].copy_from_slice(b"shoes.");
            writer.page(u32::from(number), &page).unwrap();
        }
        let end = End { pages: Some(3), place: Place::default(), holds_until_ms: 5, taken_at_ms: 6 };
        writer.finish(&end).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(read(&path, |_, _| Ok(())).unwrap(), (head, end));
        let read_of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read(&path, |_, _| Ok(())).is_ok()
        };
        let bits = (0..whole.len() * 8).filter(|bit| {
            let mut bad = whole.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            read_of(&bad)
        });
        let unnoticed: Vec<(usize, usize)> = bits.map(|bit| (bit / 8, bit % 8)).collect();
        assert_eq!(unnoticed, [], "of {} bytes", whole.len());
        let cuts: Vec<usize> = (0..whole.len()).filter(|length| read_of(&whole[..*length])).collect();
        assert_eq!(cuts, [0; 0], "of {} bytes", whole.len());
        let grown = (1..20).filter(|more| read_of(&[&whole[..], &vec![0; *more]].concat()));
        assert_eq!(grown.collect::<Vec<usize>>(), [0; 0], "zeros behind the end");
    }
}
