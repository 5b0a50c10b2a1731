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
    /// A sum within a window that is compared with "at least so much": the newest amounts that reach it.
    Sums { enough: Enough },
    /// Any other sum within a window, or filters that move with time: each event's amount and when it counts.
    Spans,
}

/// A window and the sum within it that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enough {
    within_s: u32,
    /// In millionths; more than nothing.
    sum: i128,
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

impl Enough {
    /// A window as in [`Window::new`] and the least sum, in millionths, that is enough; none when nothing is enough.
    pub fn new(within: Span, sum: i128) -> Option<Self> {
        let within_s = u32::try_from(within.as_millis() / 1_000).unwrap_or(u32::MAX);
        (sum > 0).then_some(Self { within_s, sum })
    }

    pub fn within(self) -> Span {
        Span::from_secs(i64::from(self.within_s))
    }
}

/// What was tallied. Kept within 40 bytes: deciding is bound by the cache lines that it touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tally {
    Total(Total),
    Recent(Recent),
    Sums(Box<Sums>),
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

/// The newest amounts within a window, as many as make enough: an earlier one leaves the window before any of them, so
/// that it never decides. That holds while nothing takes away; a negative amount may need what was let go, and the tally
/// is then short until it is counted anew from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub enough: Enough,
    /// In order, one for each instant, none of them nothing.
    pub amounts: Vec<(Timestamp, i128)>,
    /// The instant of the newest amount that would still count but was let go.
    let_go: Option<Timestamp>,
    is_short: bool,
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
            Shape::Sums { enough } => Self::Sums(Box::new(Sums::new(enough))),
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
            (Self::Sums(sums), Self::Sums(more)) => sums.merge(more),
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
            Self::Sums(sums) => sums.settle(as_of),
            Self::Spans(spans) => spans.settle(as_of),
        }
    }

    /// Lets go what decides nothing while nothing takes away. Not done while a log is folded as a whole.
    pub fn thin_out(&mut self, as_of: Timestamp) {
        if let Self::Sums(sums) = self {
            sums.thin_out(as_of);
        }
    }

    /// Whether it must be counted anew from the log: see [`Sums`].
    pub fn is_short(&self) -> bool {
        matches!(self, Self::Sums(sums) if sums.is_short)
    }

    /// Whether it says no more than no tally at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Total(total) => total.get() == 0,
            Self::Recent(recent) => recent.instants.is_empty(),
            Self::Sums(sums) => sums.amounts.is_empty() && sums.let_go.is_none(),
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

impl Sums {
    fn new(enough: Enough) -> Self {
        Self { enough, amounts: Vec::new(), let_go: None, is_short: false }
    }

    /// Adds an amount; says whether the tally is another one then.
    pub fn add(&mut self, at: Timestamp, amount: i128) -> bool {
        if amount > 0 && self.let_go.is_some_and(|let_go| at <= let_go) {
            return false;
        }
        self.is_short |= amount < 0 && self.let_go.is_some();
        self.put(at, amount);
        true
    }

    fn put(&mut self, at: Timestamp, amount: i128) {
        let place = self.amounts.partition_point(|(instant, _)| *instant < at);
        match self.amounts.get_mut(place).filter(|(instant, _)| *instant == at) {
            None => self.amounts.insert(place, (at, amount)),
            Some((_, sum)) => {
                *sum = sum.saturating_add(amount);
                if *sum == 0 {
                    self.amounts.remove(place);
                }
            }
        }
    }

    fn takes_away(&self) -> bool {
        self.amounts.iter().any(|(_, amount)| *amount < 0)
    }

    fn merge(&mut self, other: &Self) {
        self.is_short |= other.is_short
            || self.let_go.is_some() && other.takes_away()
            || other.let_go.is_some() && self.takes_away();
        self.let_go = self.let_go.max(other.let_go);
        for (at, amount) in &other.amounts {
            self.put(*at, *amount);
        }
    }

    fn settle(&mut self, as_of: Timestamp) {
        let within = self.enough.within();
        self.amounts.retain(|(at, _)| is_before_end(as_of, at.plus(within)));
        self.let_go = self.let_go.filter(|at| is_before_end(as_of, at.plus(within)));
    }

    /// Lets go, while nothing takes away, what lies before enough.
    fn thin_out(&mut self, as_of: Timestamp) {
        if self.takes_away() {
            return;
        }
        let decided = self.amounts.partition_point(|(at, _)| *at <= as_of);
        let mut sum = 0_i128;
        let enough_from = self.amounts[..decided].iter().rposition(|(_, amount)| {
            sum = sum.saturating_add(*amount);
            sum >= self.enough.sum
        });
        let newest_gone = self.amounts.drain(..enough_from.unwrap_or(0)).next_back().map(|(at, _)| at);
        self.let_go = self.let_go.max(newest_gone);
    }
}

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
            Self::Sums(sums) => {
                writer.byte(3);
                writer.unsigned(u64::from(sums.enough.within_s));
                writer.wide(sums.enough.sum);
                writer.byte(u8::from(sums.is_short));
                writer.maybe_instant(sums.let_go, base);
                let mut before = base;
                for (at, amount) in &sums.amounts {
                    writer.instant(*at, before);
                    writer.wide(*amount);
                    before = *at;
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
            3 => Sums::read(reader, base).map(|sums| Self::Sums(Box::new(sums))),
            _ => Err(FactsError::Malformed),
        }
    }
}

impl Sums {
    fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let enough = Enough { within_s: reader.number_u32()?, sum: reader.wide()? };
        let is_short = reader.byte()? == 1;
        let let_go = reader.maybe_instant(base)?;
        let mut amounts = Vec::new();
        let mut before = base;
        while !reader.is_empty() {
            before = reader.instant(before)?;
            amounts.push((before, reader.wide()?));
        }
        Ok(Self { enough, amounts, let_go, is_short })
    }
}
