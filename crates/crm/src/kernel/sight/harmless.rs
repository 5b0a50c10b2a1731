//! What tells nothing of who somebody is, as data: the whole list is on this page.
//!
//! It names what is shown and not what is hidden, because shops call their fields as they like: a name that nobody has
//! thought of is hidden. Groups of many people (country, city, language), figures, products and what was done are harmless;
//! names, addresses, numbers of persons, birthdays, free text and searches are not. Names are compared without case and
//! underscores.

use super::Field;

/// In which form a harmless value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// A number; a text under its name could be anything.
    Figure,
    /// The place of a page in its site, without its query and without parts that look like a person's.
    Path,
    /// A whole address, of which the site and the path are shown.
    Url,
    /// A whole address, of which only the site is shown.
    Site,
}

/// Traits. Birthday, title, company and postcode are left out: a title is free text, a company is often its owner, and
/// a postcode is a street in some countries.
const TRAITS: &[&str] = &[
    "country",
    "city",
    "region",
    "state",
    "address.country",
    "address.city",
    "address.region",
    "address.state",
    "language",
    "locale",
    "currency",
    "timezone",
    "gender",
    "industry",
    "plan",
    "createdAt",
];

const FIGURES_OF_PEOPLE: &[&str] = &["age", "employees", "logins"];

/// Properties of any event: what a product or an order is. What an item of `products` is
/// called is a product; what an event of the shop's own calls `name` may be a person.
const PROPERTIES: &[&str] = &[
    "order_id",
    "product_id",
    "sku",
    "category",
    "brand",
    "variant",
    "currency",
    "coupon",
    "coupon_id",
    "coupon_name",
    "shipping_method",
    "payment_method",
    "list_id",
    "promotion_id",
    "products.product_id",
    "products.sku",
    "products.name",
    "products.category",
    "products.brand",
    "products.variant",
    "products.currency",
    "products.coupon",
];

/// Money, numbers of things, places in a list.
const FIGURES: &[&str] = &[
    "price",
    "quantity",
    "total",
    "revenue",
    "value",
    "subtotal",
    "shipping",
    "tax",
    "discount",
    "position",
    "step",
    "rating",
    "products.price",
    "products.quantity",
    "products.position",
];

/// Events whose `name` is that of a product, a promotion or a screen.
const OF_THINGS: &[&str] = &[
    "Page Viewed",
    "Screen Viewed",
    "Promotion Viewed",
    "Promotion Clicked",
    "Product Clicked",
    "Product Viewed",
    "Product Shared",
    "Product Reviewed",
    "Product Added",
    "Product Removed",
    "Product Added to Wishlist",
    "Product Removed from Wishlist",
];

/// What single events say beside that: consents, and what Entente itself writes of segments and stages.
const OF_EVENTS: &[(&str, &[&str])] = &[
    ("Consent Updated", CONSENT),
    ("Consent Suppressed", CONSENT),
    ("Consent Claimed", CONSENT),
    ("Segment Entered", SEGMENT),
    ("Segment Left", SEGMENT),
    ("Lifecycle Stage Changed", &["from", "to"]),
];

const CONSENT: &[&str] = &["channel", "purpose", "state", "purposes"];
const SEGMENT: &[&str] = &["segment", "segment_id", "ready_made"];

/// The context of any event.
const CONTEXT: &[&str] = &[
    "campaign.name",
    "campaign.source",
    "campaign.medium",
    "client.browser",
    "client.device",
    "client.system",
    "device.type",
    "os.name",
    "library.name",
    "library.version",
    "locale",
    "timezone",
];

/// Addresses of pages, in properties and in the context.
const PLACES: &[(&str, Kind)] = &[
    ("path", Kind::Path),
    ("url", Kind::Url),
    ("referrer", Kind::Site),
    ("context.page.path", Kind::Path),
    ("context.page.url", Kind::Url),
    ("context.page.referrer", Kind::Site),
];

/// How a field is shown; `None` when it is hidden.
pub(super) fn kind_of(field: Field<'_>) -> Option<Kind> {
    match field {
        Field::Trait(path) if has(FIGURES_OF_PEOPLE, path) => Some(Kind::Figure),
        Field::Trait(path) => has(TRAITS, path).then_some(Kind::Plain),
        Field::Property { event, path } => property(event, path),
    }
}

fn property(event: &str, path: &str) -> Option<Kind> {
    if let Some((_, kind)) = PLACES.iter().find(|(known, _)| folded(known) == folded(path)) {
        return Some(*kind);
    }
    if has(FIGURES, path) {
        return Some(Kind::Figure);
    }
    let is_plain = match path.strip_prefix("context.") {
        Some(path) => has(CONTEXT, path),
        None => {
            has(PROPERTIES, path)
                || (folded(path) == "name" && OF_THINGS.contains(&event))
                || OF_EVENTS.iter().any(|(known, paths)| *known == event && has(paths, path))
        }
    };
    is_plain.then_some(Kind::Plain)
}

/// Whether something below this place may be shown: then its parts are looked at one by one.
pub(super) fn has_parts(field: Field<'_>) -> bool {
    let below = |list: &[&str], path: &str| {
        let beginning = if path.is_empty() { String::new() } else { format!("{}.", folded(path)) };
        list.iter().any(|known| folded(known).starts_with(&beginning))
    };
    match field {
        Field::Trait(path) => below(TRAITS, path),
        Field::Property { path: "" | "context" | "context.page", .. } => true,
        Field::Property { path, .. } => match path.strip_prefix("context.") {
            Some(path) => below(CONTEXT, path),
            None => below(PROPERTIES, path),
        },
    }
}

fn has(list: &[&str], path: &str) -> bool {
    list.iter().any(|known| folded(known) == folded(path))
}

fn folded(path: &str) -> String {
    path.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase).collect()
}
