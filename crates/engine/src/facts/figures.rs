//! The computed values of a person, as far as they need no list.

use words::Timestamp;

use super::{Facts, FactsError};
use crate::bytes::{Reader, Writer};

/// Computed values of a person that do not depend on a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The time of the earliest event.
    pub first_seen: Option<Timestamp>,
    /// The time of the newest event.
    pub last_seen: Option<Timestamp>,
    /// Since when an identifier tells who this is.
    pub known_at: Option<Timestamp>,
    /// How many events there are.
    pub events_count: u64,
    /// Orders that count: neither cancelled nor known by a refund only.
    pub orders_count: u64,
    /// When the first of them was placed.
    pub first_order_at: Option<Timestamp>,
    /// When the third of them was placed.
    pub third_order_at: Option<Timestamp>,
    /// When the newest of them was placed.
    pub last_order_at: Option<Timestamp>,
    /// How many articles lie in the cart.
    pub cart_items: u64,
    /// What they are worth, in millionths.
    pub cart_value_micros: i128,
}

/// What a person's orders in one currency come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sales {
    /// How many there are.
    pub orders: u64,
    /// What they brought, net of refunds.
    pub net_minor: i64,
    /// What was given back.
    pub refunded_minor: i64,
}

impl Figures {
    pub(super) fn of(facts: &Facts) -> Self {
        let times = facts.orders.times();
        Self {
            first_seen: facts.first_seen,
            last_seen: facts.last_seen,
            known_at: facts.known_at,
            events_count: facts.events_count,
            orders_count: times.count,
            first_order_at: times.first,
            third_order_at: times.third,
            last_order_at: times.last,
            cart_items: facts.cart.items(),
            cart_value_micros: facts.cart.value_micros(),
        }
    }

    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        writer.signed(base.as_millis());
        writer.maybe_instant(self.first_seen, base);
        writer.maybe_instant(self.last_seen, base);
        writer.maybe_instant(self.known_at, base);
        writer.unsigned(self.events_count);
        writer.unsigned(self.orders_count);
        writer.maybe_instant(self.first_order_at, base);
        writer.maybe_instant(self.third_order_at, base);
        writer.maybe_instant(self.last_order_at, base);
        writer.unsigned(self.cart_items);
        writer.wide(self.cart_value_micros);
    }

    pub(super) fn read(mut reader: Reader<'_>) -> Result<(Timestamp, Self), FactsError> {
        let base = read_base(&mut reader)?;
        let figures = Self {
            first_seen: reader.maybe_instant(base)?,
            last_seen: reader.maybe_instant(base)?,
            known_at: reader.maybe_instant(base)?,
            events_count: reader.unsigned()?,
            orders_count: reader.unsigned()?,
            first_order_at: reader.maybe_instant(base)?,
            third_order_at: reader.maybe_instant(base)?,
            last_order_at: reader.maybe_instant(base)?,
            cart_items: reader.unsigned()?,
            cart_value_micros: reader.wide()?,
        };
        Ok((base, figures))
    }
}

/// The instant from which all others of the written facts are counted; it stands first.
pub(super) fn read_base(reader: &mut Reader<'_>) -> Result<Timestamp, FactsError> {
    reader.signed().map(Timestamp::from_millis)
}

impl Sales {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.unsigned(self.orders);
        writer.signed(self.net_minor);
        writer.signed(self.refunded_minor);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, FactsError> {
        Ok(Self { orders: reader.unsigned()?, net_minor: reader.signed()?, refunded_minor: reader.signed()? })
    }
}
