//! Reads SQLite's write-ahead log from its file, as <https://www.sqlite.org/fileformat.html#the_write_ahead_log> tells it.
//!
//! Opening this file beside SQLite is harmless. Its other two must never be opened here: with the first one closed, the
//! system would drop SQLite's locks of this process on it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const HEAD_BYTES: usize = 32;
const FRAME_HEAD_BYTES: usize = 24;
/// The last bit tells in which order the bytes of checksums are added up.
const MAGIC: u32 = 0x377f_0682;
/// Frames read at once.
const STRIDE: usize = 64;
/// A look ahead ends with the first commit behind so many frames: 16 MB.
const LOOK_FRAMES: u32 = 4_096;

/// A frame of a log, by what nobody else's has: the salts of its log and the sum of all bytes up to its end. The frame
/// before the first is number 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub salts: [u32; 2],
    pub frame: u32,
    pub sum: [u32; 2],
}

/// The end of a transaction that was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub place: Place,
    /// How many pages the database has from then on.
    pub pages: u32,
}

/// What the log begins with.
#[derive(Clone, Copy)]
struct Head {
    is_big_endian: bool,
    page_bytes: usize,
    start: Place,
}

#[derive(Debug)]
pub struct Log {
    path: PathBuf,
}

impl Log {
    /// The log of the database at `path`.
    pub fn of(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        Self { path: PathBuf::from(name) }
    }

    /// Whether there is none, or nothing in it.
    pub fn is_empty(&self) -> io::Result<bool> {
        match std::fs::metadata(&self.path) {
            Ok(found) => Ok(found.len() == 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Bytes from a place to the end of the file.
    pub fn bytes_behind(&self, place: &Place) -> io::Result<u64> {
        let Some((file, head)) = self.open()? else { return Ok(0) };
        let read = if head.start.salts == place.salts { place.frame } else { 0 };
        Ok(file.metadata()?.len().saturating_sub(offset(&head, read + 1)))
    }

    /// A commit behind `from`, and where the log has begun anew, behind its beginning. It is not much further than 16 MB, if no single
    /// transaction is longer.
    pub fn commit_behind(&self, from: &Place) -> io::Result<Option<Commit>> {
        let Some((file, head)) = self.open()? else { return Ok(None) };
        let mut found = None;
        let first = if head.start.salts == from.salts { *from } else { head.start };
        walk(&file, &head, first, |commit| {
            found = commit.or(found);
            commit.is_none_or(|commit| commit.place.frame - first.frame < LOOK_FRAMES)
        })?;
        Ok(found)
    }

    /// Whether the log holds this place, with everything before it unharmed.
    pub fn holds(&self, place: &Place) -> io::Result<bool> {
        let Some((file, head)) = self.open()? else { return Ok(false) };
        if head.start.salts != place.salts {
            return Ok(false);
        }
        let mut is_there = head.start == *place;
        walk(&file, &head, head.start, |commit| {
            is_there |= commit.is_some_and(|commit| commit.place == *place);
            !is_there
        })?;
        Ok(is_there)
    }

    /// Hands out the frames behind `from` up to `to` until `take` has had enough: a page's number, what it holds, and the
    /// place. All of them stand before a commit that was found, so they are whole.
    pub fn frames(&self, from: &Place, to: &Place, mut take: impl FnMut(u32, &[u8], Place) -> bool) -> io::Result<()> {
        let lost = || io::Error::new(io::ErrorKind::InvalidData, "the write-ahead log began anew before it was read");
        let (file, head) = self.open()?.ok_or_else(lost)?;
        if head.start.salts != to.salts {
            return Err(lost());
        }
        let mut frame = if from.salts == to.salts { from.frame } else { 0 };
        let frame_bytes = FRAME_HEAD_BYTES + head.page_bytes;
        let mut buffer = Vec::new();
        while frame < to.frame {
            let count = STRIDE.min((to.frame - frame) as usize);
            buffer.resize(count * frame_bytes, 0);
            file.read_exact_at(&mut buffer, offset(&head, frame + 1))?;
            for bytes in buffer.chunks_exact(frame_bytes) {
                frame += 1;
                let word = |at: usize| word(bytes, at);
                if [word(8), word(12)] != to.salts {
                    return Err(lost());
                }
                let place = Place { salts: to.salts, frame, sum: [word(16), word(20)] };
                if !take(word(0), &bytes[FRAME_HEAD_BYTES..], place) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn open(&self) -> io::Result<Option<(File, Head)>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = [0; HEAD_BYTES];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(head(&bytes).map(|head| (file, head))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// None while it is being written.
fn head(bytes: &[u8; HEAD_BYTES]) -> Option<Head> {
    let magic = word(bytes, 0);
    let is_big_endian = magic & 1 == 1;
    let sum = add_up([0, 0], &bytes[..24], is_big_endian);
    let page_bytes = word(bytes, 8) as usize;
    let is_sound = magic & !1 == MAGIC && [word(bytes, 24), word(bytes, 28)] == sum && page_bytes.is_power_of_two();
    let start = Place { salts: [word(bytes, 16), word(bytes, 20)], frame: 0, sum };
    is_sound.then_some(Head { is_big_endian, page_bytes, start })
}

/// Frames are numbered from 1.
fn offset(head: &Head, frame: u32) -> u64 {
    let before = u64::from(frame.saturating_sub(1));
    HEAD_BYTES as u64 + before * (FRAME_HEAD_BYTES + head.page_bytes) as u64
}

/// Goes from frame to frame while they follow upon each other, and tells `seen` of each whether it ends a transaction.
fn walk(file: &File, head: &Head, from: Place, mut seen: impl FnMut(Option<Commit>) -> bool) -> io::Result<()> {
    let frame_bytes = FRAME_HEAD_BYTES + head.page_bytes;
    let mut buffer = vec![0; STRIDE * frame_bytes];
    let mut place = from;
    loop {
        let read = read_at_most(file, &mut buffer, offset(head, place.frame + 1))?;
        let mut met = 0;
        for bytes in buffer[..read].chunks_exact(frame_bytes) {
            let Some(next) = follower(head, &place, bytes) else { return Ok(()) };
            (place, met) = (next, met + 1);
            let pages = word(bytes, 4);
            if !seen((pages > 0).then_some(Commit { place, pages })) {
                return Ok(());
            }
        }
        if met < STRIDE {
            return Ok(());
        }
    }
}

/// The place behind this frame, if it is of this log and follows upon `before`.
fn follower(head: &Head, before: &Place, bytes: &[u8]) -> Option<Place> {
    if [word(bytes, 8), word(bytes, 12)] != before.salts {
        return None;
    }
    let sum = add_up(before.sum, &bytes[..8], head.is_big_endian);
    let sum = add_up(sum, &bytes[FRAME_HEAD_BYTES..], head.is_big_endian);
    let is_sound = [word(bytes, 16), word(bytes, 20)] == sum;
    is_sound.then_some(Place { salts: before.salts, frame: before.frame + 1, sum })
}

fn add_up(sum: [u32; 2], bytes: &[u8], is_big_endian: bool) -> [u32; 2] {
    let word = |four: &[u8; 4]| if is_big_endian { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
    let [mut one, mut two] = sum;
    for pair in bytes.as_chunks::<4>().0.chunks_exact(2) {
        one = one.wrapping_add(word(&pair[0])).wrapping_add(two);
        two = two.wrapping_add(word(&pair[1])).wrapping_add(one);
    }
    [one, two]
}

fn read_at_most(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
