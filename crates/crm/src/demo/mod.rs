//! Maison Lumière, a demo shop that lives again from a seed.
//!
//! It sells lamps and things for the home to people in six countries, and tells what they do as tracking events in the
//! shape of the Segment specification. `history` is its past, `live` its present; both are pure: the same seed and the
//! same instants give the same bytes. It is the fixture of `entente demo`, of the benchmarks and of the browser tests.
//! People, addresses, telephone numbers and networks lie in ranges that are reserved for examples, so nothing in it can
//! reach or name anybody.

mod catalogue;
mod devices;
mod diary;
mod history;
mod journey;
mod live;
mod names;
mod order;
mod pages;
mod people;
mod phones;
pub mod random;
mod rhythm;
mod teller;
#[cfg(test)]
mod tests;
mod timeline;
pub mod zipf;

pub use history::History;
pub use live::LiveVisitors;

use order::Taste;
use serde_json::Value;
use words::Timestamp;

/// A demo shop and the people who know it. It holds no events: they are told when asked for.
#[derive(Debug, Clone)]
pub struct Shop {
    seed: u64,
    profiles: u64,
    taste: Taste,
}

impl Shop {
    /// A shop with so many people, from strangers to best customers. A few of them are one person twice, so an identity
    /// graph ends with somewhat fewer profiles; crawlers come on top.
    pub fn new(seed: u64, profiles: usize) -> Shop {
        Shop { seed, profiles: profiles as u64, taste: Taste::new() }
    }

    /// The events of the `days` days that end at `now`, oldest first; about thirty for each person.
    pub fn history(&self, now: Timestamp, days: u32) -> History<'_> {
        History::new(self, now, days)
    }

    /// Visitors who move through the shop from `from` on, `rate` events a second on average. Another seed gives other
    /// visitors; its order ids and message ids meet neither those of the past nor, for seeds that differ modulo 900,
    /// each other's.
    pub fn live(&self, seed: u64, from: Timestamp, rate: f64) -> LiveVisitors {
        LiveVisitors::new(self.clone(), seed, from, rate)
    }
}

/// Something that happens in the shop.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoEvent {
    pub at: Timestamp,
    /// An item of a Segment batch: `type`, `messageId`, `anonymousId` or `userId` or both, `timestamp`, `context`, and
    /// what the type asks for.
    pub body: Value,
}
