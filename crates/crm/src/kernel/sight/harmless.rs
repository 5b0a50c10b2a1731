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

/// How the events of buying begin, in which `value` is an amount. In an event of the shop's own it may be what somebody typed.
const OF_BUYING: &[&str] = &["Product ", "Cart ", "Checkout ", "Order ", "Coupon ", "Promotion "];

/// Events whose `path`, `url` and `referrer` are those of a page of the shop, and not a link to somebody.
const OF_PAGES: &[&str] = &["Page Viewed", "Screen Viewed"];

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

/// Addresses of the page on which something was done.
const PLACES: &[(&str, Kind)] = &[("path", Kind::Path), ("url", Kind::Url), ("referrer", Kind::Site)];

/// How a field is shown; `None` when it is hidden.
pub(super) fn kind_of(field: Field<'_>) -> Option<Kind> {
    match field {
        Field::Trait(path) if has(FIGURES_OF_PEOPLE, path) => Some(Kind::Figure),
        Field::Trait(path) => has(TRAITS, path).then_some(Kind::Plain),
        Field::Property { event, path } => property(event, path),
    }
}

fn property(event: &str, path: &str) -> Option<Kind> {
    let of_page = path.strip_prefix("context.page.").or_else(|| OF_PAGES.contains(&event).then_some(path));
    if let Some(kind) = of_page.and_then(place) {
        return Some(kind);
    }
    let is_amount = path == "value" && OF_BUYING.iter().any(|beginning| event.starts_with(beginning));
    if has(FIGURES, path) || is_amount {
        return Some(Kind::Figure);
    }
    let is_plain = match path.strip_prefix("context.") {
        Some(path) => has(CONTEXT, path),
        None => {
            has(PROPERTIES, path)
                || (path == "name" && OF_THINGS.contains(&event))
                || OF_EVENTS.iter().any(|(known, paths)| *known == event && has(paths, path))
        }
    };
    is_plain.then_some(Kind::Plain)
}

fn place(name: &str) -> Option<Kind> {
    PLACES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// Whether something below this place may be shown: then its parts are looked at one by one.
pub(super) fn has_parts(field: Field<'_>) -> bool {
    let below = |list: &[&str], path: &str| list.iter().any(|known| is_below(known, path));
    match field {
        Field::Trait(path) => path.is_empty() || below(TRAITS, path),
        Field::Property { path: "" | "context" | "context.page", .. } => true,
        Field::Property { path, .. } => match path.strip_prefix("context.") {
            Some(path) => below(CONTEXT, path),
            None => below(PROPERTIES, path),
        },
    }
}

fn is_below(known: &str, path: &str) -> bool {
    let mut known = letters(known);
    letters(path).all(|letter| known.next() == Some(letter)) && known.next() == Some(b'.')
}

fn has(list: &[&str], path: &str) -> bool {
    list.iter().any(|known| letters(known).eq(letters(path)))
}

/// What of a name is compared.
fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|letter| !matches!(letter, b'_' | b'-')).map(|letter| letter.to_ascii_lowercase())
}
