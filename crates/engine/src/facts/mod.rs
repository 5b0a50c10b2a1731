//! What is known of one profile: a commutative monoid.
//!
//! [`Facts`] of two profiles merge into the facts of both, in any order and grouping, and folding an event commutes with
//! merging. So a person's facts are the merge of the facts of his profiles, and undoing a merge is merging the others
//! again: nothing is replayed, nothing is lost. Stored as bytes ([`Facts::encode`]) in sections, of which [`FactsView`]
//! reads only those that a condition looks at.

mod cart;
mod consents;
mod encode;
mod figures;
mod orders;
mod tallies;
mod tally;
mod traits;
mod view;

use serde_json::Value;
use thiserror::Error;
use words::{Currency, Timestamp};

use crate::condition::ConsentState;
use crate::event::EventFact;
use crate::orders::OrderStanding;
use crate::plan::Plan;

pub use cart::Cart;
pub use consents::{ConsentFact, Consents};
pub use figures::{Figures, Sales};
pub use orders::{OrderFact, Orders};
pub use traits::{TraitFact, Traits};
pub use view::FactsView;

pub(crate) use tallies::LeafKey;
pub use tallies::Tallies;
pub(crate) use tally::{Enough, Shape, Tally, Window};

/// What decides between two writers of one value: the later event time, then the later arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// The event's own time.
    pub at: Timestamp,
    /// Its place in the log.
    pub seq: i64,
}

/// What is known of one profile, or of a person as the merge of his profiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The latest `now` of any fold: what no window of that instant or later reads is let go.
    pub(crate) as_of: Timestamp,
    pub(crate) first_seen: Option<Timestamp>,
    pub(crate) last_seen: Option<Timestamp>,
    pub(crate) known_at: Option<Timestamp>,
    pub(crate) events_count: u64,
    pub(crate) traits: Traits,
    pub(crate) consents: Consents,
    pub(crate) cart: Cart,
    pub(crate) orders: Orders,
    pub(crate) tallies: Tallies,
}

impl Default for Facts {
    /// Nothing known: merging it changes nothing.
    fn default() -> Self {
        Self {
            as_of: Timestamp::MIN,
            first_seen: None,
            last_seen: None,
            known_at: None,
            events_count: 0,
            traits: Traits::default(),
            consents: Consents::default(),
            cart: Cart::default(),
            orders: Orders::default(),
            tallies: Tallies::default(),
        }
    }
}

impl Facts {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The facts of all these profiles together.
    pub fn merged<'a>(profiles: impl IntoIterator<Item = &'a Facts>) -> Self {
        let mut person = Self::new();
        for profile in profiles {
            person.merge(profile);
        }
        person
    }

    /// Adds what is known of another profile.
    pub fn merge(&mut self, other: &Self) {
        self.as_of = self.as_of.max(other.as_of);
        self.first_seen = earliest(self.first_seen, other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.known_at = earliest(self.known_at, other.known_at);
        self.events_count = self.events_count.saturating_add(other.events_count);
        self.traits.merge(&other.traits);
        self.consents.merge(&other.consents);
        self.cart.merge(&other.cart);
        self.orders.merge(&other.orders);
        self.tallies.merge(&other.tallies, self.as_of);
    }

    /// Folds what an event means whatever the segments are: seen times, traits, cart. The plan folds the rest.
    pub(crate) fn note_event(&mut self, event: &EventFact<'_>, now: Timestamp) {
        self.as_of = self.as_of.max(now);
        self.first_seen = earliest(self.first_seen, Some(event.at));
        self.last_seen = self.last_seen.max(Some(event.at));
        self.events_count = self.events_count.saturating_add(1);
    }

    /// Sets a trait, or unsets it with null, unless a later stamp has spoken.
    pub fn set_trait(&mut self, name: &str, value: &Value, stamp: Stamp) -> bool {
        self.traits.set(name, value, stamp)
    }

    /// The trait's value, if it is set.
    pub fn trait_value(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.traits.json(name)?).ok()
    }

    /// All traits, also those that were unset.
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// Records what the person said about a channel and a purpose, unless a later stamp has spoken.
    pub fn set_consent(&mut self, channel: &str, purpose: &str, state: ConsentState, stamp: Stamp) -> bool {
        self.consents.set(channel, purpose, state, stamp)
    }

    /// The consents.
    pub fn consents(&self) -> &Consents {
        &self.consents
    }

    /// Puts an order's present standing in the place of its former one.
    pub fn set_order(&mut self, standing: &OrderStanding) {
        self.orders.set(&standing.order_id, OrderFact::of(standing));
    }

    /// Takes an order away.
    pub fn remove_order(&mut self, order_id: &str) {
        self.orders.remove(order_id);
    }

    /// The orders, as far as computed values need them.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Says since when at least one identifier tells who this is; the earliest call wins.
    pub fn set_known_at(&mut self, at: Timestamp) -> bool {
        let known_at = earliest(self.known_at, Some(at));
        let is_news = known_at != self.known_at;
        self.known_at = known_at;
        is_news
    }

    /// The cart.
    pub fn cart(&self) -> &Cart {
        &self.cart
    }

    /// The computed numbers that need no currency.
    pub fn figures(&self) -> Figures {
        Figures::of(self)
    }

    /// What the orders in one currency come to.
    pub fn sales(&self, currency: Currency) -> Sales {
        self.orders.sales(currency)
    }

    /// Drops the tallies of one build, which a backfill then counts anew.
    pub fn forget_build(&mut self, build: u32) {
        self.tallies.retain(|other| other != build);
    }

    /// The builds whose tallies must be counted anew from the log, because an amount that takes away came after amounts
    /// had been let go.
    pub fn short_builds(&self) -> Vec<u32> {
        self.tallies.short_builds()
    }

    /// Drops the tallies of builds that the plan does not know, and what no window reads any more: before facts are
    /// stored. Facts that are still folded from the log's beginning are not settled between the events.
    pub fn retain(&mut self, plan: &Plan) {
        self.tallies.retain(|build| plan.has_build(build));
        self.tallies.settle(self.as_of);
        self.tallies.thin_out(self.as_of);
    }
}

/// The earlier of two instants that may be missing.
fn earliest(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

/// Why bytes are no facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FactsError {
    /// They were written by a newer version of the program.
    #[error("the stored facts are of version {0}, which this program does not know; start a newer one")]
    UnknownVersion(u8),
    /// They end too early.
    #[error("the stored facts are cut off; rebuild them from the log")]
    Truncated,
    /// They hold what was never written.
    #[error("the stored facts are damaged; rebuild them from the log")]
    Malformed,
}
