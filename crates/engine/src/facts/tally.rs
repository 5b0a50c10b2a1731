//! Tallies: the least that decides a condition over events.
//!
//! Each event leaf of each segment build has one tally. Its canonical form depends only on which events were folded and on
//! the latest `now`, never on their order; [`Tallies::settle`] brings it about.

use std::collections::BTreeMap;

use words::{Span, Timestamp};

use super::FactsError;
use crate::bytes::{Reader, Writer};
use crate::periods::is_before_end;

/// Which tally: the build of a segment, and the event leaf in depth-first order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafKey {
    pub build: u32,
    pub index: u32,
}

/// What a leaf's tally must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Everything counts for ever: one number.
    Total,
    /// A count within a window: the newest `keep` instants.
    Recent { within: Span, keep: u32 },
    /// A sum within a window, or filters that move with time: each event's amount and when it counts.
    Spans,
}

/// What was tallied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tally {
    Total(i128),
    Recent(Recent),
    Spans(Spans),
}

/// The newest instants within a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub within: Span,
    pub keep: u32,
    /// In order; those still to come are all kept.
    pub instants: Vec<Timestamp>,
}

/// Amounts and when they count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    /// What counts for ever already.
    pub settled: i128,
    /// By (start, end), each pair once; the end [`Timestamp::MAX`] means for ever.
    pub spans: BTreeMap<(Timestamp, Timestamp), i128>,
}

impl Tally {
    pub fn new(shape: Shape) -> Self {
        match shape {
            Shape::Total => Self::Total(0),
            Shape::Recent { within, keep } => {
                Self::Recent(Recent { within, keep, instants: Vec::new() })
            }
            Shape::Spans => Self::Spans(Spans::default()),
        }
    }

    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Total(total), Self::Total(more)) => *total = total.saturating_add(*more),
            (Self::Recent(recent), Self::Recent(more)) => {
                recent.instants.extend_from_slice(&more.instants);
                recent.instants.sort_unstable();
            }
            (Self::Spans(spans), Self::Spans(more)) => {
                spans.settled = spans.settled.saturating_add(more.settled);
                for ((start, end), amount) in &more.spans {
                    spans.add(*start, *end, *amount);
                }
            }
            // A leaf's shape is fixed by its build, and builds are never reused.
            _ => {}
        }
    }

    fn settle(&mut self, as_of: Timestamp) {
        match self {
            Self::Total(_) => {}
            Self::Recent(recent) => recent.settle(as_of),
            Self::Spans(spans) => spans.settle(as_of),
        }
    }

    /// Whether it says no more than no tally at all.
    fn is_empty(&self) -> bool {
        match self {
            Self::Total(total) => *total == 0,
            Self::Recent(recent) => recent.instants.is_empty(),
            Self::Spans(spans) => spans.settled == 0 && spans.spans.is_empty(),
        }
    }
}

impl Recent {
    /// Adds an instant; says whether the tally is another one then.
    pub fn add(&mut self, at: Timestamp, as_of: Timestamp) -> bool {
        let decided = self.instants.partition_point(|instant| *instant <= as_of);
        let is_full = decided >= self.keep as usize;
        if is_full && at <= self.instants[decided - self.keep as usize] {
            return false;
        }
        let place = self.instants.partition_point(|instant| *instant <= at);
        self.instants.insert(place, at);
        self.settle(as_of);
        true
    }

    /// Keeps the newest `keep` of those up to `as_of` that still count, and all that are to come.
    fn settle(&mut self, as_of: Timestamp) {
        let decided = self.instants.partition_point(|instant| *instant <= as_of);
        let over = decided.saturating_sub(self.keep as usize);
        let mut counting = self.instants[over..decided].iter();
        let past = counting.position(|instant| is_before_end(as_of, instant.plus(self.within)));
        let gone = past.map_or(decided, |past| over + past);
        if gone > 0 {
            self.instants.drain(..gone);
        }
        self.thin_out();
    }

    /// Events may claim to be up to five minutes ahead, and a flood of them must not swell the facts: an instant that
    /// has `keep` others on both sides within one window never decides anything. Ordinary tallies are far below.
    fn thin_out(&mut self) {
        let keep = self.keep as usize;
        if self.instants.len() <= 2 * keep + SLACK {
            return;
        }
        let mut index = keep;
        while index + keep < self.instants.len() {
            let first_end = self.instants[index - keep].plus(self.within);
            if self.instants[index + keep] < first_end {
                self.instants.remove(index);
            } else {
                index += 1;
            }
        }
    }
}

/// How many instants beyond twice the kept ones a tally may hold before it is thinned out.
const SLACK: usize = 256;

impl Spans {
    pub fn add(&mut self, start: Timestamp, end: Timestamp, amount: i128) {
        let sum = self.spans.entry((start, end)).or_insert(0);
        *sum = sum.saturating_add(amount);
        if *sum == 0 {
            self.spans.remove(&(start, end));
        }
    }

    fn settle(&mut self, as_of: Timestamp) {
        let settled = &mut self.settled;
        self.spans.retain(|(start, end), amount| {
            let has_started = *start <= as_of;
            if has_started && *end == Timestamp::MAX {
                *settled = settled.saturating_add(*amount);
                return false;
            }
            is_before_end(as_of, *end)
        });
    }
}

/// All tallies of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies(BTreeMap<LeafKey, Tally>);

impl Tallies {
    pub(crate) fn get(&self, key: LeafKey) -> Option<&Tally> {
        self.0.get(&key)
    }

    /// The tally to add to.
    pub(crate) fn entry(&mut self, key: LeafKey, shape: Shape) -> &mut Tally {
        self.0.entry(key).or_insert_with(|| Tally::new(shape))
    }

    pub(super) fn merge(&mut self, other: &Self, as_of: Timestamp) {
        for (key, tally) in &other.0 {
            match self.0.get_mut(key) {
                Some(own) => own.merge(tally),
                None => {
                    self.0.insert(*key, tally.clone());
                }
            }
        }
        self.settle(as_of);
    }

    pub(crate) fn settle_one(&mut self, key: LeafKey, as_of: Timestamp) {
        if let Some(tally) = self.0.get_mut(&key) {
            tally.settle(as_of);
        }
    }

    pub(super) fn settle(&mut self, as_of: Timestamp) {
        self.0.retain(|_, tally| {
            tally.settle(as_of);
            !tally.is_empty()
        });
    }

    pub(super) fn retain(&mut self, mut is_known: impl FnMut(u32) -> bool) {
        self.0.retain(|key, _| is_known(key.build));
    }

    /// Each as build (less the one before), leaf, length, body: a reader skips those it does not want.
    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        let mut build_before = 0;
        let mut body = Writer::default();
        for (key, tally) in &self.0 {
            writer.unsigned(u64::from(key.build - build_before));
            build_before = key.build;
            writer.unsigned(u64::from(key.index));
            body.bytes.clear();
            tally.write(&mut body, base);
            writer.unsigned(body.bytes.len() as u64);
            writer.bytes.extend_from_slice(&body.bytes);
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let mut tallies = BTreeMap::new();
        let mut build = 0_u32;
        while !reader.is_empty() {
            let (key, body) = next(&mut reader, build)?;
            build = key.build;
            tallies.insert(key, Tally::read(Reader::new(body), base)?);
        }
        Ok(Self(tallies))
    }

    /// One tally from the written section.
    pub(super) fn find(mut reader: Reader<'_>, wanted: LeafKey, base: Timestamp) -> Option<Tally> {
        let mut build = 0_u32;
        while !reader.is_empty() {
            let (key, body) = next(&mut reader, build).ok()?;
            build = key.build;
            if key == wanted {
                return Tally::read(Reader::new(body), base).ok();
            }
            if key > wanted {
                return None;
            }
        }
        None
    }
}

fn next<'a>(reader: &mut Reader<'a>, build: u32) -> Result<(LeafKey, &'a [u8]), FactsError> {
    let build = build.checked_add(reader.number_u32()?).ok_or(FactsError::Malformed)?;
    let index = reader.number_u32()?;
    Ok((LeafKey { build, index }, reader.slice()?))
}

impl Tally {
    fn write(&self, writer: &mut Writer, base: Timestamp) {
        match self {
            Self::Total(total) => {
                writer.byte(0);
                writer.wide(*total);
            }
            Self::Recent(recent) => {
                writer.byte(1);
                writer.unsigned(recent.within.as_millis().unsigned_abs() / 1_000);
                writer.unsigned(u64::from(recent.keep));
                let mut before = base;
                for instant in &recent.instants {
                    writer.instant(*instant, before);
                    before = *instant;
                }
            }
            Self::Spans(spans) => {
                writer.byte(2);
                writer.wide(spans.settled);
                let mut before = base;
                for ((start, end), amount) in &spans.spans {
                    writer.instant(*start, before);
                    writer.instant(*end, *start);
                    writer.wide(*amount);
                    before = *start;
                }
            }
        }
    }

    fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        match reader.byte()? {
            0 => reader.wide().map(Self::Total),
            1 => {
                let seconds = i64::try_from(reader.unsigned()?).map_err(|_| FactsError::Malformed)?;
                let within = Span::from_secs(seconds);
                let keep = reader.number_u32()?;
                let mut instants = Vec::new();
                let mut before = base;
                while !reader.is_empty() {
                    before = reader.instant(before)?;
                    instants.push(before);
                }
                Ok(Self::Recent(Recent { within, keep, instants }))
            }
            2 => {
                let settled = reader.wide()?;
                let mut spans = BTreeMap::new();
                let mut before = base;
                while !reader.is_empty() {
                    let start = reader.instant(before)?;
                    let end = reader.instant(start)?;
                    spans.insert((start, end), reader.wide()?);
                    before = start;
                }
                Ok(Self::Spans(Spans { settled, spans }))
            }
            _ => Err(FactsError::Malformed),
        }
    }
}
