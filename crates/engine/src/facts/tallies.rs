//! The tallies of a profile: one for each event leaf of each segment build that has counted something.

use words::Timestamp;

use super::FactsError;
use super::tally::{Shape, Tally};
use crate::bytes::{Reader, Writer};

/// Which tally: a tag of the event's name, the build of the segment, the event leaf in depth-first order.
///
/// The tag comes first so that the tallies which one event changes lie side by side in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafKey(u64);

impl LeafKey {
    /// The key of a leaf. That two names may share a tag does not matter: builds and leaves are told apart.
    pub fn new(event: &str, build: u32, leaf: u16) -> Self {
        let bytes = event.bytes();
        let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self::of_parts((hash >> 16) as u16 ^ hash as u16, build, leaf)
    }

    fn of_parts(tag: u16, build: u32, leaf: u16) -> Self {
        Self(u64::from(tag) << 48 | u64::from(build) << 16 | u64::from(leaf))
    }

    fn tag(self) -> u16 {
        (self.0 >> 48) as u16
    }

    fn build(self) -> u32 {
        (self.0 >> 16) as u32
    }

    fn leaf(self) -> u16 {
        self.0 as u16
    }

    /// Few bytes after a smaller key: the step of the tag, then the build (its step within one tag), then the leaf.
    fn write(self, writer: &mut Writer, before: Self) {
        let build_before = if self.tag() == before.tag() { before.build() } else { 0 };
        writer.unsigned(u64::from(self.tag() - before.tag()));
        writer.unsigned(u64::from(self.build() - build_before));
        writer.unsigned(u64::from(self.leaf()));
    }

    fn read(reader: &mut Reader<'_>, before: Self) -> Result<Self, FactsError> {
        let step = u16::try_from(reader.unsigned()?).map_err(|_| FactsError::Malformed)?;
        let build_before = if step == 0 { before.build() } else { 0 };
        let tag = before.tag().checked_add(step).ok_or(FactsError::Malformed)?;
        let build = build_before.checked_add(reader.number_u32()?).ok_or(FactsError::Malformed)?;
        let leaf = u16::try_from(reader.unsigned()?).map_err(|_| FactsError::Malformed)?;
        Ok(Self::of_parts(tag, build, leaf))
    }
}

/// All tallies of a profile, in order of their keys. The keys stand apart so that a search stays in a few cache lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies {
    keys: Vec<LeafKey>,
    tallies: Vec<Tally>,
}

impl Tallies {
    pub(crate) fn get(&self, key: LeafKey) -> Option<&Tally> {
        let place = self.keys.binary_search(&key).ok()?;
        Some(&self.tallies[place])
    }

    /// The tally to add to.
    pub(crate) fn entry(&mut self, key: LeafKey, shape: Shape) -> &mut Tally {
        let place = match self.keys.binary_search(&key) {
            Ok(place) => place,
            Err(place) => {
                self.keys.insert(place, key);
                self.tallies.insert(place, Tally::new(shape));
                place
            }
        };
        &mut self.tallies[place]
    }

    fn iter(&self) -> impl Iterator<Item = (LeafKey, &Tally)> {
        self.keys.iter().copied().zip(&self.tallies)
    }

    /// Adds a tally whose key is larger than all others.
    fn push(&mut self, key: LeafKey, tally: Tally) {
        self.keys.push(key);
        self.tallies.push(tally);
    }

    pub(super) fn merge(&mut self, other: &Self, as_of: Timestamp) {
        for (key, tally) in other.iter() {
            match self.keys.binary_search(&key) {
                Ok(place) => self.tallies[place].merge(tally),
                Err(place) => {
                    self.keys.insert(place, key);
                    self.tallies.insert(place, tally.clone());
                }
            }
        }
        self.settle(as_of);
    }

    pub(super) fn short_builds(&self) -> Vec<u32> {
        let short = self.iter().filter(|(_, tally)| tally.is_short());
        let mut builds: Vec<u32> = short.map(|(key, _)| key.build()).collect();
        builds.sort_unstable();
        builds.dedup();
        builds
    }

    pub(super) fn settle(&mut self, as_of: Timestamp) {
        for tally in &mut self.tallies {
            tally.settle(as_of);
        }
        self.keep(|_, tally| !tally.is_empty());
    }

    pub(super) fn thin_out(&mut self, as_of: Timestamp) {
        for tally in &mut self.tallies {
            tally.thin_out(as_of);
        }
    }

    pub(super) fn retain(&mut self, is_known: impl Fn(u32) -> bool) {
        self.keep(|key, _| is_known(key.build()));
    }

    fn keep(&mut self, is_kept: impl Fn(LeafKey, &Tally) -> bool) {
        if self.iter().all(|(key, tally)| is_kept(key, tally)) {
            return;
        }
        let all = std::mem::take(self);
        for (key, tally) in all.keys.into_iter().zip(all.tallies) {
            if is_kept(key, &tally) {
                self.push(key, tally);
            }
        }
    }

    /// Each as key, length, body: a reader skips those it does not want.
    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        let mut before = LeafKey(0);
        let mut body = Writer::default();
        for (key, tally) in self.iter() {
            key.write(writer, before);
            before = key;
            body.bytes.clear();
            tally.write(&mut body, base);
            writer.unsigned(body.bytes.len() as u64);
            writer.bytes.extend_from_slice(&body.bytes);
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let mut tallies = Self::default();
        let mut before = LeafKey(0);
        while !reader.is_empty() {
            let key = LeafKey::read(&mut reader, before)?;
            if key <= before && !tallies.keys.is_empty() {
                return Err(FactsError::Malformed);
            }
            before = key;
            tallies.push(key, Tally::read(Reader::new(reader.slice()?), base)?);
        }
        Ok(tallies)
    }

    /// One tally from the written section.
    pub(super) fn find(mut reader: Reader<'_>, wanted: LeafKey, base: Timestamp) -> Option<Tally> {
        let mut before = LeafKey(0);
        while !reader.is_empty() {
            let key = LeafKey::read(&mut reader, before).ok()?;
            let body = reader.slice().ok()?;
            if key >= wanted {
                return (key == wanted).then(|| Tally::read(Reader::new(body), base).ok()).flatten();
            }
            before = key;
        }
        None
    }
}
