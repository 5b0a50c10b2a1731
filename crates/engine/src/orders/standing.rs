//! What an order comes to, from its history.

use serde::{Deserialize, Serialize};
use words::{Currency, Timestamp};

use super::call::OrderLine;
use super::history::{OrderHistory, Refund, Said};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Only a refund was seen; the order itself may still arrive. It counts nowhere.
    Pending,
    /// Placed.
    Completed,
    /// Placed, and changed since.
    Updated,
    /// Part of it was given back.
    PartiallyRefunded,
    /// All of it was given back.
    Refunded,
    /// Cancelled: for good, whatever else is said. It counts nowhere.
    Cancelled,
}

impl OrderStatus {
    /// The word in answers and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Updated => "updated",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What an order comes to. Amounts in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderStanding {
    /// The shop's id of the order.
    pub order_id: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Its currency.
    pub currency: Currency,
    /// What was to be paid.
    pub total_minor: i64,
    /// What was given back, at most the total.
    pub refunded_minor: i64,
    /// What remains; nothing of a cancelled order.
    pub net_minor: i64,
    /// Shipping, if it was named.
    pub shipping_minor: Option<i64>,
    /// Tax, if it was named.
    pub tax_minor: Option<i64>,
    /// Discount, if it was named.
    pub discount_minor: Option<i64>,
    /// Coupon code.
    pub coupon: Option<String>,
    /// When it was placed; of an order known by its refund or cancellation only, when that was.
    pub ordered_at: Timestamp,
    /// Its lines.
    pub lines: Vec<StandingLine>,
}

/// One product of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingLine {
    /// The shop's id of the product.
    pub product_id: Option<String>,
    /// Its stock number.
    pub sku: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// Its brand.
    pub brand: Option<String>,
    /// The price of one in minor units; 0 where no price was named.
    pub price_minor: i64,
    /// How many, in thousandths.
    pub quantity_thousandths: i64,
}

impl OrderHistory {
    /// What the order comes to; none before any event. An order that names no currency is in `default_currency`.
    pub fn standing(&self, order_id: &str, default_currency: Currency) -> Option<OrderStanding> {
        let ordered_at = self.ordered_at()?;
        let currency = self.currency(default_currency);
        let total = self.total_micros();
        let refunded = self.refunded_micros(total);
        let status = self.status(total, refunded);
        let minor = |micros: i128| to_minor(micros, currency);
        let said = |field: &Option<Said<i64>>| field.as_ref().map(|said| minor(i128::from(said.value)));
        let (total_minor, refunded_minor) = (minor(total), minor(refunded));
        let net_minor = match status {
            OrderStatus::Cancelled | OrderStatus::Pending => 0,
            _ => total_minor - refunded_minor,
        };
        Some(OrderStanding {
            order_id: order_id.to_owned(),
            status,
            currency,
            total_minor,
            refunded_minor,
            net_minor,
            shipping_minor: said(&self.shipping),
            tax_minor: said(&self.tax),
            discount_minor: said(&self.discount),
            coupon: self.coupon.as_ref().map(|said| said.value.clone()),
            ordered_at,
            lines: self.lines().iter().map(|line| StandingLine::of(line, currency)).collect(),
        })
    }

    fn ordered_at(&self) -> Option<Timestamp> {
        let placed = self.completed_at.or(self.updated_at);
        let given_back = self.refunds.values().map(|refund| refund.at);
        placed.or_else(|| given_back.chain(self.cancelled_at).min())
    }

    fn currency(&self, default_currency: Currency) -> Currency {
        let said = self.currency.as_ref().map(|said| said.value);
        let of_refund = || self.refunds.values().find_map(|refund| refund.refund.currency);
        said.or_else(of_refund).unwrap_or(default_currency)
    }

    fn lines(&self) -> &[OrderLine] {
        self.lines.as_ref().map_or(&[], |said| &said.value)
    }

    /// The total that was named, else what the lines add up to.
    fn total_micros(&self) -> i128 {
        match &self.total {
            Some(said) => i128::from(said.value),
            None => {
                let lines = self.lines().iter();
                lines.map(|line| line.worth(line.price.unwrap_or(0))).sum()
            }
        }
    }

    /// What was given back, at most `total`.
    fn refunded_micros(&self, total: i128) -> i128 {
        let most = total.max(0);
        let refunds = self.refunds.values();
        let sum: i128 = refunds.map(|refund| self.given_back(refund).unwrap_or(most)).sum();
        sum.clamp(0, most)
    }

    /// What one refund gives back; none when it is the whole order.
    fn given_back(&self, refund: &Refund) -> Option<i128> {
        let refund = &refund.refund;
        if let Some(amount) = refund.amount {
            return Some(i128::from(amount));
        }
        if refund.lines.is_empty() {
            return None;
        }
        let lines = refund.lines.iter();
        Some(lines.map(|line| line.worth(self.price_of(line))).sum())
    }

    /// The price that a refunded line names, else the one at which it was ordered.
    fn price_of(&self, refunded: &OrderLine) -> i64 {
        let ordered = || {
            let mut lines = self.lines().iter();
            lines.find(|line| line.is_same_product(refunded))?.price
        };
        refunded.price.or_else(ordered).unwrap_or(0)
    }

    fn status(&self, total: i128, refunded: i128) -> OrderStatus {
        if self.cancelled_at.is_some() {
            return OrderStatus::Cancelled;
        }
        if self.completed_at.is_none() && self.updated_at.is_none() {
            return OrderStatus::Pending;
        }
        let is_whole = self.refunds.values().any(|refund| self.given_back(refund).is_none());
        if is_whole || (refunded > 0 && refunded == total) {
            return OrderStatus::Refunded;
        }
        if refunded > 0 {
            return OrderStatus::PartiallyRefunded;
        }
        if self.updated_at.is_some() {
            return OrderStatus::Updated;
        }
        OrderStatus::Completed
    }
}

impl StandingLine {
    fn of(line: &OrderLine, currency: Currency) -> Self {
        Self {
            product_id: line.product_id.clone(),
            sku: line.sku.clone(),
            name: line.name.clone(),
            category: line.category.clone(),
            brand: line.brand.clone(),
            price_minor: to_minor(i128::from(line.price.unwrap_or(0)), currency),
            quantity_thousandths: line.quantity_thousandths,
        }
    }
}

/// Millionths in minor units, rounded half away from zero.
fn to_minor(micros: i128, currency: Currency) -> i64 {
    let divisor = 10_i128.pow(6 - u32::from(currency.minor_digits()));
    let half = divisor / 2 * micros.signum();
    i64::try_from((micros + half) / divisor).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}
