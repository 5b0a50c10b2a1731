//! Orders as computed values need them: what each came to, without its lines.

use std::collections::BTreeMap;

use words::{Currency, Timestamp};

use super::{FactsError, Sales};
use crate::bytes::{Reader, Writer};
use crate::orders::{OrderStanding, OrderStatus};

/// A person's orders by their id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    orders: BTreeMap<Box<str>, OrderFact>,
    times: OrderTimes,
}

/// What one order comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderFact {
    /// When it was placed.
    pub ordered_at: Timestamp,
    /// Whether it counts: it is neither cancelled nor known by a refund only.
    pub counts: bool,
    /// What it brought, net of refunds.
    pub net_minor: i64,
    /// What was given back.
    pub refunded_minor: i64,
    /// Its currency.
    pub currency: Currency,
}

/// The instants at which orders that count were placed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OrderTimes {
    pub count: u64,
    pub first: Option<Timestamp>,
    pub third: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

impl OrderFact {
    pub(super) fn of(standing: &OrderStanding) -> Self {
        let is_void = matches!(standing.status, OrderStatus::Cancelled | OrderStatus::Pending);
        Self {
            ordered_at: standing.ordered_at,
            counts: !is_void,
            net_minor: standing.net_minor,
            refunded_minor: standing.refunded_minor,
            currency: standing.currency,
        }
    }
}

impl Orders {
    /// Every order with its id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &OrderFact)> {
        self.orders.iter().map(|(id, fact)| (&**id, fact))
    }

    pub(super) fn times(&self) -> OrderTimes {
        self.times
    }

    pub(super) fn set(&mut self, id: &str, fact: OrderFact) {
        self.orders.insert(id.into(), fact);
        self.count_again();
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.orders.remove(id);
        self.count_again();
    }

    /// An order belongs to one profile; should two hold it, the larger fact wins, whatever the order of merging.
    pub(super) fn merge(&mut self, other: &Self) {
        for (id, fact) in &other.orders {
            let own = self.orders.entry(id.clone()).or_insert(*fact);
            *own = (*fact).max(*own);
        }
        self.count_again();
    }

    fn count_again(&mut self) {
        let counting = self.orders.values().filter(|order| order.counts);
        let mut times: Vec<Timestamp> = counting.map(|order| order.ordered_at).collect();
        times.sort_unstable();
        self.times = OrderTimes {
            count: times.len() as u64,
            first: times.first().copied(),
            third: times.get(2).copied(),
            last: times.last().copied(),
        };
    }

    /// What the orders in one currency come to.
    pub fn sales(&self, currency: Currency) -> Sales {
        let mut sales = Sales::default();
        let counting = self.orders.values().filter(|order| order.counts);
        for order in counting.filter(|order| order.currency == currency) {
            sales.orders += 1;
            sales.net_minor = sales.net_minor.saturating_add(order.net_minor);
            sales.refunded_minor = sales.refunded_minor.saturating_add(order.refunded_minor);
        }
        sales
    }

    /// The currencies, each once.
    fn currencies(&self) -> Vec<Currency> {
        let mut currencies: Vec<Currency> = self.orders.values().map(|order| order.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        currencies
    }

    /// The sales of each currency: what amounts are decided from without reading the orders.
    pub(super) fn write_sales(&self, writer: &mut Writer) {
        for currency in self.currencies() {
            writer.text(currency.as_str());
            self.sales(currency).write(writer);
        }
    }

    /// The sales in one currency from the written section.
    pub(super) fn find_sales(mut reader: Reader<'_>, currency: Currency) -> Result<Sales, FactsError> {
        while !reader.is_empty() {
            let is_wanted = reader.slice()? == currency.as_str().as_bytes();
            let sales = Sales::read(&mut reader)?;
            if is_wanted {
                return Ok(sales);
            }
        }
        Ok(Sales::default())
    }

    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        if self.orders.is_empty() {
            return;
        }
        let currencies = self.currencies();
        writer.unsigned(currencies.len() as u64);
        for currency in &currencies {
            writer.text(currency.as_str());
        }
        for (id, order) in &self.orders {
            let currency = currencies.binary_search(&order.currency).unwrap_or_default();
            writer.text(id);
            writer.instant(order.ordered_at, base);
            writer.byte(u8::from(order.counts));
            writer.unsigned(currency as u64);
            writer.signed(order.net_minor);
            writer.signed(order.refunded_minor);
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let mut read = Self::default();
        if reader.is_empty() {
            return Ok(read);
        }
        let mut currencies = Vec::new();
        for _ in 0..reader.count()? {
            let currency: Result<Currency, _> = reader.text()?.parse();
            currencies.push(currency.map_err(|_| FactsError::Malformed)?);
        }
        while !reader.is_empty() {
            let id = reader.text()?.into();
            let order = read_order(&mut reader, &currencies, base)?;
            read.orders.insert(id, order);
        }
        read.count_again();
        Ok(read)
    }
}

fn read_order(reader: &mut Reader<'_>, currencies: &[Currency], base: Timestamp) -> Result<OrderFact, FactsError> {
    let ordered_at = reader.instant(base)?;
    let counts = reader.byte()? == 1;
    let currency = usize::try_from(reader.unsigned()?).ok();
    let currency = currency.and_then(|index| currencies.get(index));
    Ok(OrderFact {
        ordered_at,
        counts,
        currency: *currency.ok_or(FactsError::Malformed)?,
        net_minor: reader.signed()?,
        refunded_minor: reader.signed()?,
    })
}
