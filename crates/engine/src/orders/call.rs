//! Reads an order event from a call's properties.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use thiserror::Error;
use words::{Currency, Timestamp};

use crate::value::{Num, text_or_number};

/// The names of the events that speak of orders.
pub const ORDER_EVENTS: [&str; 5] =
    ["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Order Canceled"];

/// What one call says about one order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderEvent {
    /// The shop's id of the order.
    pub order_id: String,
    /// The call's place in the log.
    pub seq: i64,
    /// The call's own time.
    pub at: Timestamp,
    /// What happened.
    pub change: OrderChange,
}

/// What happened to an order.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderChange {
    /// It was placed.
    Completed(OrderContent),
    /// It was changed; what the call does not mention stays.
    Updated(OrderContent),
    /// Something was given back.
    Refunded(OrderRefund),
    /// It was cancelled.
    Cancelled,
}

/// What a call says an order holds. Amounts in millionths of the major unit, because the currency may come later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderContent {
    /// What the person pays; `revenue` where a shop sends no `total`.
    pub total: Option<i64>,
    /// Shipping.
    pub shipping: Option<i64>,
    /// Tax.
    pub tax: Option<i64>,
    /// Discount.
    pub discount: Option<i64>,
    /// Coupon code.
    pub coupon: Option<String>,
    /// Currency.
    pub currency: Option<Currency>,
    /// The lines.
    pub lines: Option<Vec<OrderLine>>,
}

/// One product of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrderLine {
    /// The shop's id of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Its stock number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The price of one, in millionths; none where the call names no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// How many, in thousandths: some goods are sold by weight.
    pub quantity_thousandths: i64,
}

/// What a refund gives back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefund {
    /// The amount in millionths. With neither amount nor lines the whole order is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// The products given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<OrderLine>,
    /// Currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// Why a call named like an order's says nothing of one. The event itself stays in the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrderProblem {
    /// There is no usable id.
    #[error("an order needs an \"order_id\" of 1 to {MAX_ID_BYTES} bytes")]
    NoOrderId,
    /// An amount is not a number, or not one of money.
    #[error("{field:?} is not an amount; send a number such as 59.8")]
    BadAmount {
        /// The property.
        field: String,
    },
    /// The currency is unknown.
    #[error("the currency is not one of ISO 4217; send three letters such as \"EUR\"")]
    BadCurrency,
    /// The products are not a list of objects.
    #[error("\"products\" is not a list of objects")]
    BadProducts,
    /// The order was refunded too often to be true.
    #[error("an order with more than {} refunds is not accepted", super::history::MAX_REFUNDS)]
    TooManyRefunds,
}

/// Bytes of an order's id.
const MAX_ID_BYTES: usize = 255;
/// The largest amount: a trillion units, so that no sum of lines overflows.
const MAX_AMOUNT_MICROS: i128 = 1_000_000_000_000_000_000;
/// The largest quantity of one line.
const MAX_QUANTITY: f64 = 1_000_000.0;

impl OrderEvent {
    /// What a call says about an order; none when its name is not an order's.
    pub fn from_call(name: &str, properties: &Value, seq: i64, at: Timestamp) -> Option<Result<Self, OrderProblem>> {
        let read: fn(&Map<String, Value>) -> Result<OrderChange, OrderProblem> = match name {
            "Order Completed" => |fields| content(fields).map(OrderChange::Completed),
            "Order Updated" => |fields| content(fields).map(OrderChange::Updated),
            "Order Refunded" => |fields| refund(fields).map(OrderChange::Refunded),
            "Order Cancelled" | "Order Canceled" => |_| Ok(OrderChange::Cancelled),
            _ => return None,
        };
        let nothing = Map::new();
        let fields = properties.as_object().unwrap_or(&nothing);
        Some(order_id(fields).and_then(|order_id| {
            let change = read(fields)?;
            Ok(Self { order_id, seq, at, change })
        }))
    }
}

fn order_id(fields: &Map<String, Value>) -> Result<String, OrderProblem> {
    let id = fields.get("order_id").and_then(text_or_number);
    id.filter(|id| id.len() <= MAX_ID_BYTES).ok_or(OrderProblem::NoOrderId)
}

fn content(fields: &Map<String, Value>) -> Result<OrderContent, OrderProblem> {
    let total = match amount(fields, "total")? {
        None => amount(fields, "revenue")?,
        total => total,
    };
    Ok(OrderContent {
        total,
        shipping: amount(fields, "shipping")?,
        tax: amount(fields, "tax")?,
        discount: amount(fields, "discount")?,
        coupon: fields.get("coupon").and_then(text_or_number),
        currency: currency(fields)?,
        lines: lines(fields)?,
    })
}

fn refund(fields: &Map<String, Value>) -> Result<OrderRefund, OrderProblem> {
    let mut given_back = None;
    for field in ["total", "amount", "revenue", "refund"] {
        if given_back.is_none() {
            given_back = amount(fields, field)?;
        }
    }
    Ok(OrderRefund {
        // Some shops send what they give back as a negative number.
        amount: given_back.map(i64::abs),
        lines: lines(fields)?.unwrap_or_default(),
        currency: currency(fields)?,
    })
}

/// An amount as a number, or as the text of one, which many shops send.
fn amount(fields: &Map<String, Value>, field: &str) -> Result<Option<i64>, OrderProblem> {
    let bad = || OrderProblem::BadAmount { field: field.to_owned() };
    let number = match fields.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => Num::of(number),
        Some(Value::String(text)) => {
            let number: Number = serde_json::from_str(text.trim()).map_err(|_| bad())?;
            Num::of(&number)
        }
        Some(_) => return Err(bad()),
    };
    let micros = number.micros();
    if micros.abs() > MAX_AMOUNT_MICROS {
        return Err(bad());
    }
    i64::try_from(micros).map(Some).map_err(|_| bad())
}

fn currency(fields: &Map<String, Value>) -> Result<Option<Currency>, OrderProblem> {
    match fields.get("currency") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| OrderProblem::BadCurrency),
        Some(_) => Err(OrderProblem::BadCurrency),
    }
}

fn lines(fields: &Map<String, Value>) -> Result<Option<Vec<OrderLine>>, OrderProblem> {
    let products = match fields.get("products") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(products)) => products,
        Some(_) => return Err(OrderProblem::BadProducts),
    };
    let objects = products.iter();
    objects
        .map(|product| line(product.as_object().ok_or(OrderProblem::BadProducts)?))
        .collect::<Result<_, _>>()
        .map(Some)
}

fn line(product: &Map<String, Value>) -> Result<OrderLine, OrderProblem> {
    let text = |field| product.get(field).and_then(text_or_number);
    let quantity = match product.get("quantity") {
        Some(Value::String(text)) => text.trim().parse().unwrap_or(1.0),
        Some(value) => value.as_f64().unwrap_or(1.0),
        None => 1.0,
    };
    Ok(OrderLine {
        product_id: text("product_id"),
        sku: text("sku"),
        name: text("name"),
        category: text("category"),
        brand: text("brand"),
        price: amount(product, "price")?,
        quantity_thousandths: (quantity.clamp(0.0, MAX_QUANTITY) * 1_000.0).round() as i64,
    })
}

impl OrderLine {
    /// What the line comes to at a price, in millionths.
    pub(super) fn worth(&self, price: i64) -> i128 {
        i128::from(price) * i128::from(self.quantity_thousandths) / 1_000
    }

    /// Whether both lines are of one product.
    pub(super) fn is_same_product(&self, other: &Self) -> bool {
        if self.product_id.is_some() && other.product_id.is_some() {
            return self.product_id == other.product_id;
        }
        self.sku.is_some() && self.sku == other.sku
    }
}
