//! A tally: the least that decides a condition over events.
//!
//! Its canonical form depends only on which events were folded and on the latest `now`, never on their order;
//! [`Tally::settle`] brings it about.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use words::{Span, Timestamp};

use super::FactsError;
use crate::bytes::{Reader, Writer};
use crate::periods::is_before_end;

/// What a leaf's tally must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Everything counts for ever: one number.
    Total,
    /// A count within a window: the newest `keep` instants.
    Recent { window: Window },
    /// A sum within a window, or filters that move with time: each event's amount and when it counts.
    Spans,
}

/// A window and how many instants in it decide. Small, because it stands beside every tally of every profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    within_s: u32,
    keep: u16,
}

impl Window {
    /// A window of whole seconds (the smallest unit of the contract) and at most 100 years, and the count that it is
    /// compared with, at most 1,000: both as the parser has made sure. One instant more than the count tells "more than
    /// n" from "n".
    pub fn new(within: Span, compared_with: i128) -> Self {
        Self {
            within_s: u32::try_from(within.as_millis() / 1_000).unwrap_or(u32::MAX),
            keep: u16::try_from(compared_with + 1).unwrap_or(u16::MAX),
        }
    }

    pub fn within(self) -> Span {
        Span::from_secs(i64::from(self.within_s))
    }

    fn keep(self) -> usize {
        usize::from(self.keep)
    }
}

/// What was tallied. Kept within 40 bytes: deciding is bound by the cache lines that it touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tally {
    Total(Total),
    Recent(Recent),
    Spans(Box<Spans>),
}

/// A number of 128 bits without their alignment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total([u8; 16]);

impl Total {
    pub fn of(number: i128) -> Self {
        Self(number.to_ne_bytes())
    }

    pub fn get(self) -> i128 {
        i128::from_ne_bytes(self.0)
    }

    pub fn add(&mut self, amount: i128) {
        *self = Self::of(self.get().saturating_add(amount));
    }
}

/// The newest instants within a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub window: Window,
    /// In order; those still to come are all kept.
    pub instants: SmallVec<[Timestamp; 3]>,
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
            Shape::Total => Self::Total(Total::default()),
            Shape::Recent { window } => Self::Recent(Recent { window, instants: SmallVec::new() }),
            Shape::Spans => Self::Spans(Box::default()),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Total(total), Self::Total(more)) => total.add(more.get()),
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

    pub fn settle(&mut self, as_of: Timestamp) {
        match self {
            Self::Total(_) => {}
            Self::Recent(recent) => recent.settle(as_of),
            Self::Spans(spans) => spans.settle(as_of),
        }
    }

    /// Whether it says no more than no tally at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Total(total) => total.get() == 0,
            Self::Recent(recent) => recent.instants.is_empty(),
            Self::Spans(spans) => spans.settled == 0 && spans.spans.is_empty(),
        }
    }
}

impl Recent {
    /// Adds an instant; says whether the tally is another one then.
    pub fn add(&mut self, at: Timestamp, as_of: Timestamp) -> bool {
        let decided = self.instants.partition_point(|instant| *instant <= as_of);
        let is_full = decided >= self.window.keep();
        if is_full && at <= self.instants[decided - self.window.keep()] {
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
        let over = decided.saturating_sub(self.window.keep());
        let mut counting = self.instants[over..decided].iter();
        let past = counting.position(|instant| is_before_end(as_of, instant.plus(self.window.within())));
        let gone = past.map_or(decided, |past| over + past);
        if gone > 0 {
            self.instants.drain(..gone);
        }
        self.thin_out();
    }

    /// Events may claim to be up to five minutes ahead, and a flood of them must not swell the facts: an instant that
    /// has `keep` others on both sides within one window never decides anything. Ordinary tallies are far below.
    fn thin_out(&mut self) {
        let keep = self.window.keep();
        if self.instants.len() <= 2 * keep + SLACK {
            return;
        }
        let mut index = keep;
        while index + keep < self.instants.len() {
            let first_end = self.instants[index - keep].plus(self.window.within());
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

    pub fn settle(&mut self, as_of: Timestamp) {
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

impl Tally {
    pub fn write(&self, writer: &mut Writer, base: Timestamp) {
        match self {
            Self::Total(total) => {
                writer.byte(0);
                writer.wide(total.get());
            }
            Self::Recent(recent) => {
                writer.byte(1);
                writer.unsigned(u64::from(recent.window.within_s));
                writer.unsigned(u64::from(recent.window.keep));
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

    pub fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        match reader.byte()? {
            0 => reader.wide().map(|total| Self::Total(Total::of(total))),
            1 => {
                let within_s = reader.number_u32()?;
                let keep = u16::try_from(reader.unsigned()?).map_err(|_| FactsError::Malformed)?;
                let mut instants = SmallVec::new();
                let mut before = base;
                while !reader.is_empty() {
                    before = reader.instant(before)?;
                    instants.push(before);
                }
                let window = Window { within_s, keep };
                Ok(Self::Recent(Recent { window, instants }))
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
                Ok(Self::Spans(Box::new(Spans { settled, spans })))
            }
            _ => Err(FactsError::Malformed),
        }
    }
}
