//! The cart: for each product the last word about it counts, unless the cart was emptied later.

use std::collections::BTreeMap;

use serde_json::Value;
use words::Timestamp;

use super::{FactsError, Stamp};
use crate::bytes::{Reader, Writer};
use crate::event::EventFact;
use crate::value::{Num, text_or_number};

/// What lies in the cart, whatever order the events arrived in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cart {
    /// What was said before this no longer counts.
    emptied: Option<Stamp>,
    lines: BTreeMap<Box<str>, CartLine>,
}

/// The last word about one product. A product that was taken out stays, with no quantity, until the cart is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CartLine {
    stamp: Stamp,
    quantity: u32,
    /// The price of one, in millionths; bounded so that no sum overflows.
    price_micros: i64,
}

/// Products of one cart: more are no shopping. The ones last spoken of are kept.
const MAX_LINES: usize = 200;
/// The largest quantity of one product.
const MAX_QUANTITY: f64 = 100_000.0;
/// The largest price: a billion units.
const MAX_PRICE_MICROS: i128 = 1_000_000_000_000_000;

impl Cart {
    /// How many articles lie in it.
    pub fn items(&self) -> u64 {
        self.lines.values().map(|line| u64::from(line.quantity)).sum()
    }

    /// What they are worth, in millionths of the shop's currency.
    pub fn value_micros(&self) -> i128 {
        let lines = self.lines.values();
        lines.map(|line| i128::from(line.quantity) * i128::from(line.price_micros)).sum()
    }

    /// The products in it with their quantities.
    pub fn products(&self) -> impl Iterator<Item = (&str, u32)> {
        let present = self.lines.iter().filter(|(_, line)| line.quantity > 0);
        present.map(|(product, line)| (&**product, line.quantity))
    }

    /// Folds an event; says whether the cart has changed.
    pub(crate) fn fold(&mut self, event: &EventFact<'_>) -> bool {
        if !FOLDED.contains(&event.name) {
            return false;
        }
        let stamp = Stamp { at: event.at, seq: event.seq };
        let before = (self.items(), self.value_micros());
        match event.name {
            "Product Added" => self.speak_of(event.properties.get(), stamp, true),
            "Product Removed" => self.speak_of(event.properties.get(), stamp, false),
            "Cart Viewed" => self.show(event.properties.get(), stamp),
            _ => self.empty(stamp),
        }
        self.settle();
        before != (self.items(), self.value_micros())
    }

    fn speak_of(&mut self, product: &Value, stamp: Stamp, is_inside: bool) {
        if let Some((key, line)) = line_of(product, stamp, is_inside) {
            self.put(&key, line);
        }
    }

    /// A cart that was seen whole: what is not in it is not in it.
    fn show(&mut self, properties: &Value, stamp: Stamp) {
        let Some(products) = properties.get("products").and_then(Value::as_array) else {
            return;
        };
        self.empty(stamp);
        for product in products.iter().take(MAX_LINES) {
            self.speak_of(product, stamp, true);
        }
    }

    fn empty(&mut self, stamp: Stamp) {
        self.emptied = self.emptied.max(Some(stamp));
    }

    fn put(&mut self, key: &str, line: CartLine) {
        match self.lines.get_mut(key) {
            Some(own) => *own = line.max(*own),
            None => {
                self.lines.insert(key.into(), line);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.emptied = self.emptied.max(other.emptied);
        for (key, line) in &other.lines {
            self.put(key, *line);
        }
        self.settle();
    }

    /// Drops what was said before the cart was emptied, and of too many products those spoken of longest ago.
    fn settle(&mut self) {
        if let Some(emptied) = self.emptied {
            self.lines.retain(|_, line| line.stamp >= emptied);
        }
        while self.lines.len() > MAX_LINES {
            let lines = self.lines.iter();
            let oldest = lines.min_by_key(|(key, line)| (line.stamp, std::cmp::Reverse(*key)));
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.lines.remove(&key);
        }
    }

    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        if self.emptied.is_none() && self.lines.is_empty() {
            return;
        }
        match self.emptied {
            None => writer.byte(0),
            Some(stamp) => {
                writer.byte(1);
                write_stamp(writer, stamp, base);
            }
        }
        for (key, line) in &self.lines {
            writer.text(key);
            write_stamp(writer, line.stamp, base);
            writer.unsigned(u64::from(line.quantity));
            writer.signed(line.price_micros);
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let mut cart = Self::default();
        if reader.is_empty() {
            return Ok(cart);
        }
        if reader.byte()? == 1 {
            cart.emptied = Some(read_stamp(&mut reader, base)?);
        }
        while !reader.is_empty() {
            let key = reader.text()?;
            let line = CartLine {
                stamp: read_stamp(&mut reader, base)?,
                quantity: reader.number_u32()?,
                price_micros: reader.signed()?,
            };
            cart.lines.insert(key.into(), line);
        }
        Ok(cart)
    }
}

/// The events that change a cart.
const FOLDED: [&str; 5] = ["Product Added", "Product Removed", "Cart Viewed", "Cart Cleared", "Order Completed"];

fn write_stamp(writer: &mut Writer, stamp: Stamp, base: Timestamp) {
    writer.instant(stamp.at, base);
    writer.signed(stamp.seq);
}

fn read_stamp(reader: &mut Reader<'_>, base: Timestamp) -> Result<Stamp, FactsError> {
    Ok(Stamp { at: reader.instant(base)?, seq: reader.signed()? })
}

/// The product's key and its line; nothing of a product that does not say which it is.
fn line_of(product: &Value, stamp: Stamp, is_inside: bool) -> Option<(String, CartLine)> {
    let names = ["product_id", "sku", "name"];
    let key = names.iter().find_map(|name| text_or_number(product.get(name)?))?;
    let quantity = product.get("quantity").and_then(Value::as_f64).unwrap_or(1.0);
    let price = product.get("price").and_then(Value::as_number);
    let price_micros = price.map_or(0, |price| Num::of(price).micros().clamp(0, MAX_PRICE_MICROS));
    let line = CartLine {
        stamp,
        quantity: if is_inside { quantity.clamp(0.0, MAX_QUANTITY) as u32 } else { 0 },
        price_micros: i64::try_from(price_micros).unwrap_or(0),
    };
    Some((key, line))
}
