//! What traits, properties, computed values, channels and purposes are called on screen.

use engine::Metric;

use crate::ui::PageContext;

pub(super) fn metric_label(context: &PageContext, metric: Metric) -> String {
    context.t(&format!("segment-metric-{}", metric.as_str().replace('_', "-"))).into_owned()
}

/// Traits and properties of the Segment specification, by every spelling under which shops send them.
const KNOWN_TRAITS: [(&str, &str); 22] = [
    ("email", "email"),
    ("phone", "phone"),
    ("name", "name"),
    ("firstName", "first-name"),
    ("first_name", "first-name"),
    ("lastName", "last-name"),
    ("last_name", "last-name"),
    ("country", "country"),
    ("city", "city"),
    ("postalCode", "postcode"),
    ("postal_code", "postcode"),
    ("address.country", "country"),
    ("address.city", "city"),
    ("address.postalCode", "postcode"),
    ("birthday", "birthday"),
    ("gender", "gender"),
    ("language", "language"),
    ("locale", "language"),
    ("company", "company"),
    ("createdAt", "created-at"),
    ("created_at", "created-at"),
    ("title", "title"),
];

const KNOWN_PROPERTIES: [(&str, &str); 24] = [
    ("category", "category"),
    ("name", "name"),
    ("brand", "brand"),
    ("variant", "variant"),
    ("price", "price"),
    ("quantity", "quantity"),
    ("currency", "currency"),
    ("total", "total"),
    ("revenue", "revenue"),
    ("value", "value"),
    ("subtotal", "subtotal"),
    ("shipping", "shipping"),
    ("tax", "tax"),
    ("discount", "discount"),
    ("coupon", "coupon"),
    ("query", "query"),
    ("product_id", "product-id"),
    ("sku", "sku"),
    ("order_id", "order-id"),
    ("url", "url"),
    ("path", "path"),
    ("title", "title"),
    ("context.page.path", "path"),
    ("context.page.url", "url"),
];

/// How a trait is called; one that nobody knows keeps its own name.
pub(super) fn trait_label(context: &PageContext, name: &str) -> String {
    label_among(context, &KNOWN_TRAITS, "segment-trait", name)
}

pub(super) fn property_label(context: &PageContext, name: &str) -> String {
    label_among(context, &KNOWN_PROPERTIES, "segment-property", name)
}

fn label_among(context: &PageContext, known: &[(&str, &str)], prefix: &str, name: &str) -> String {
    match known.iter().find(|(known, _)| *known == name) {
        Some((_, key)) => context.t(&format!("{prefix}-{key}")).into_owned(),
        None => name.to_owned(),
    }
}

const KNOWN_CHANNELS: [&str; 6] = ["email", "sms", "phone", "push", "post", "site"];
const KNOWN_PURPOSES: [&str; 4] = ["marketing", "analytics", "personalization", "newsletter"];

/// The words of channels and purposes of consent that are known.
pub(super) fn known_word(context: &PageContext, list: &str, word: &str) -> String {
    let is_known = if list == "channel" { KNOWN_CHANNELS.contains(&word) } else { KNOWN_PURPOSES.contains(&word) };
    if is_known { context.t(&format!("segment-{list}-{word}")).into_owned() } else { word.to_owned() }
}

pub(super) fn known_words(list: &str) -> Vec<&'static str> {
    if list == "channel" { KNOWN_CHANNELS.to_vec() } else { KNOWN_PURPOSES.to_vec() }
}
