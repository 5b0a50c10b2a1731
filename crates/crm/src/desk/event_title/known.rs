//! The events that everybody knows, each with its picture and with what its properties say in a line.

use engine::event::EventRecord;
use serde_json::Value;
use words::{Currency, Money};

use super::{Category, page_title, segment_label};
use crate::kernel::texts::Language;
use crate::kernel::texts::Value as Word;
use crate::ui::{Icon, PageContext, Tone};

/// A known event: its own name, the key of its text, how it looks, and what tells its detail.
pub(super) struct Known {
    pub name: &'static str,
    pub key: &'static str,
    pub icon: Icon,
    pub tone: Tone,
    pub category: Category,
    pub detail: fn(&PageContext, &EventRecord) -> String,
}

const fn known(
    name: &'static str,
    key: &'static str,
    icon: Icon,
    tone: Tone,
    category: Category,
    detail: fn(&PageContext, &EventRecord) -> String,
) -> Known {
    Known { name, key, icon, tone, category, detail }
}

use Category::{Cart, Consent, Identity, Order, Segment, Visit};
use Tone::{Accent, Bad, Good, Neutral, Warning};

/// The Segment specification's e-commerce and identity events, and those that Entente writes itself.
pub(super) const KNOWN: &[Known] = &[
    known("Page Viewed", "page-viewed", Icon::Eye, Neutral, Visit, page),
    known("Screen Viewed", "screen-viewed", Icon::Smartphone, Neutral, Visit, page),
    known("Products Searched", "products-searched", Icon::Search, Neutral, Visit, query),
    known("Product List Viewed", "product-list-viewed", Icon::Layers, Neutral, Visit, list),
    known("Product List Filtered", "product-list-filtered", Icon::Filter, Neutral, Visit, list),
    known("Promotion Viewed", "promotion-viewed", Icon::Megaphone, Neutral, Visit, product),
    known("Promotion Clicked", "promotion-clicked", Icon::MousePointerClick, Neutral, Visit, product),
    known("Product Clicked", "product-clicked", Icon::MousePointerClick, Neutral, Visit, product),
    known("Product Viewed", "product-viewed", Icon::Tag, Neutral, Visit, product),
    known("Product Shared", "product-shared", Icon::Send, Neutral, Visit, product),
    known("Product Reviewed", "product-reviewed", Icon::Star, Accent, Visit, product),
    known("Product Added", "product-added", Icon::ShoppingCart, Accent, Cart, product),
    known("Product Removed", "product-removed", Icon::CircleMinus, Neutral, Cart, product),
    known("Product Added to Wishlist", "wishlist-added", Icon::Heart, Accent, Cart, product),
    known("Product Removed from Wishlist", "wishlist-removed", Icon::Heart, Neutral, Cart, product),
    known("Cart Viewed", "cart-viewed", Icon::ShoppingCart, Neutral, Cart, cart),
    known("Cart Cleared", "cart-cleared", Icon::ShoppingCart, Neutral, Cart, nothing),
    known("Cart Shared", "cart-shared", Icon::Send, Neutral, Cart, nothing),
    known("Checkout Started", "checkout-started", Icon::CreditCard, Accent, Cart, cart),
    known("Checkout Step Viewed", "checkout-step-viewed", Icon::CreditCard, Neutral, Cart, nothing),
    known("Checkout Step Completed", "checkout-step-completed", Icon::CreditCard, Neutral, Cart, nothing),
    known("Payment Info Entered", "payment-info-entered", Icon::CreditCard, Neutral, Cart, nothing),
    known("Coupon Entered", "coupon-entered", Icon::Gift, Neutral, Cart, coupon),
    known("Coupon Applied", "coupon-applied", Icon::Gift, Neutral, Cart, coupon),
    known("Coupon Denied", "coupon-denied", Icon::Gift, Warning, Cart, coupon),
    known("Coupon Removed", "coupon-removed", Icon::Gift, Neutral, Cart, coupon),
    known("Order Completed", "order-completed", Icon::ShoppingBag, Good, Order, order),
    known("Order Updated", "order-updated", Icon::Receipt, Neutral, Order, order),
    known("Order Refunded", "order-refunded", Icon::RotateCcw, Warning, Order, order),
    known("Order Cancelled", "order-cancelled", Icon::Ban, Bad, Order, order),
    known("Order Refused", "order-refused", Icon::TriangleAlert, Bad, Order, reason),
    known("Traits Refused", "traits-refused", Icon::TriangleAlert, Warning, Identity, reason),
    known("Identified", "identified", Icon::UserCheck, Accent, Identity, email),
    known("Aliased", "aliased", Icon::Link, Neutral, Identity, nothing),
    known("Grouped", "grouped", Icon::Building2, Neutral, Identity, some_name_of),
    known("Signed Up", "signed-up", Icon::UserPlus, Accent, Identity, nothing),
    known("Signed In", "signed-in", Icon::LogIn, Neutral, Identity, nothing),
    known("Signed Out", "signed-out", Icon::LogOut, Neutral, Identity, nothing),
    known("Newsletter Subscribed", "newsletter-subscribed", Icon::Mail, Accent, Consent, nothing),
    known("Newsletter Unsubscribed", "newsletter-unsubscribed", Icon::Mail, Warning, Consent, nothing),
    known("Consent Updated", "consent-updated", Icon::ShieldCheck, Neutral, Consent, consent),
    known("Consent Suppressed", "consent-suppressed", Icon::Shield, Warning, Consent, consent),
    known("Consent Claimed", "consent-claimed", Icon::Shield, Warning, Consent, consent),
    known("Segment Entered", "segment-entered", Icon::LogIn, Good, Segment, segment),
    known("Segment Left", "segment-left", Icon::LogOut, Neutral, Segment, segment),
    known("Lifecycle Stage Changed", "stage-changed", Icon::Route, Accent, Segment, stage),
];

/// Characters of a detail: a line of a list holds no more.
const MAX_DETAIL_CHARACTERS: usize = 120;

fn nothing(_: &PageContext, _: &EventRecord) -> String {
    String::new()
}

fn page(context: &PageContext, event: &EventRecord) -> String {
    let page = &event.context["page"];
    let places = [
        &event.properties["title"],
        &page["title"],
        &event.properties["name"],
        &event.properties["path"],
        &page["path"],
        &page["url"],
    ];
    page_title(context, &first_text(&places)).to_owned()
}

fn query(context: &PageContext, event: &EventRecord) -> String {
    let query = first_text(&[&event.properties["query"]]);
    if query.is_empty() {
        return query;
    }
    context.t_with("event-query", &[("query", query.into())]).into_owned()
}

fn list(_: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    first_text(&[&properties["category"], &properties["list_id"]])
}

fn product(context: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    let name = first_text(&[&properties["name"], &properties["product_id"], &properties["sku"]]);
    let price = amount(context, properties, &["price"]);
    joined(&[name, price])
}

fn cart(context: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    let products = properties["products"].as_array().map_or(0, Vec::len);
    joined(&[products_text(context, products), amount(context, properties, &["value", "total", "revenue"])])
}

fn order(context: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    let number = first_text(&[&properties["order_id"]]);
    joined(&[amount(context, properties, &["total", "revenue", "value"]), number])
}

fn products_text(context: &PageContext, count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    context.t_with("event-products", &[("count", Word::from(count))]).into_owned()
}

fn coupon(_: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    first_text(&[&properties["coupon_name"], &properties["coupon_id"], &properties["coupon"]])
}

fn reason(_: &PageContext, event: &EventRecord) -> String {
    first_text(&[&event.properties["reason"]])
}

fn email(_: &PageContext, event: &EventRecord) -> String {
    event.traits.as_ref().map(|traits| first_text(&[&traits["email"], &traits["name"]])).unwrap_or_default()
}

fn some_name_of(_: &PageContext, event: &EventRecord) -> String {
    some_name(&event.properties)
}

fn consent(context: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    let state = |value: &Value| {
        let word = match value {
            Value::Bool(true) => "granted",
            Value::Bool(false) => "denied",
            other => other.as_str().unwrap_or_default(),
        };
        match word {
            "granted" => context.t("event-consent-granted").into_owned(),
            "denied" | "withdrawn" => context.t("event-consent-denied").into_owned(),
            other => other.to_owned(),
        }
    };
    let choice = |purpose: &str, value: &Value| {
        let variables = [("purpose", Word::from(purpose.to_owned())), ("state", Word::from(state(value)))];
        context.t_with("event-consent-choice", &variables).into_owned()
    };
    match (properties["purpose"].as_str(), properties["purposes"].as_object()) {
        (Some(purpose), _) => joined(&[first_text(&[&properties["channel"]]), choice(purpose, &properties["state"])]),
        (None, Some(purposes)) => {
            joined(&purposes.iter().take(4).map(|(purpose, value)| choice(purpose, value)).collect::<Vec<_>>())
        }
        (None, None) => String::new(),
    }
}

fn segment(context: &PageContext, event: &EventRecord) -> String {
    let properties = &event.properties;
    segment_label(context, properties["segment"].as_str().unwrap_or_default(), properties["ready_made"].as_str())
}

fn stage(context: &PageContext, event: &EventRecord) -> String {
    let word = |value: &Value| match value.as_str() {
        Some(code) => context.t(&format!("event-stage-{code}")).into_owned(),
        None => String::new(),
    };
    format!("{} → {}", word(&event.properties["from"]), word(&event.properties["to"]))
}

pub(super) fn some_name(properties: &Value) -> String {
    first_text(&[&properties["name"], &properties["title"], &properties["label"]])
}

/// The first of these that says something, cut to a line.
fn first_text(places: &[&Value]) -> String {
    let texts = places.iter().filter_map(|place| match place {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    texts.take(1).map(|text| text.chars().take(MAX_DETAIL_CHARACTERS).collect()).next().unwrap_or_default()
}

fn joined(parts: &[String]) -> String {
    let spoken: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    spoken.join(" · ")
}

/// An amount with its currency; a bare number where the event names none.
fn amount(context: &PageContext, properties: &Value, names: &[&str]) -> String {
    let Some(number) = names.iter().find_map(|name| properties[*name].as_f64()) else { return String::new() };
    let currency = properties["currency"].as_str().and_then(|code| code.parse::<Currency>().ok());
    match currency.map(|currency| Money::from_f64(number, currency)) {
        Some(Ok(money)) => context.money(money),
        _ => bare(number, context.language),
    }
}

fn bare(number: f64, language: Language) -> String {
    let decimals = if number.fract() == 0.0 { 0 } else { 2 };
    crate::kernel::texts::format_decimal(number, decimals, language)
}
