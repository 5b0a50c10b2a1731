//! What an event is called on screen: a title, a detail and a picture instead of a name and JSON.

mod known;

use engine::event::EventRecord;

use self::known::{KNOWN, some_name};
use crate::ui::{Icon, PageContext, Tone};

/// An event in a person's words.
#[derive(Clone, Debug)]
pub struct EventTitle {
    pub icon: Icon,
    pub tone: Tone,
    /// "Product viewed", or the event's own name when nobody knows it.
    pub title: String,
    /// What it was about: "Lamp · €49.00"; may be empty.
    pub detail: String,
    pub category: Category,
}

/// What an event has to do with: the kinds by which a timeline filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Visit,
    Cart,
    Order,
    Identity,
    Consent,
    Segment,
    Other,
}

impl Category {
    pub const ALL: [Category; 7] = [
        Category::Visit,
        Category::Cart,
        Category::Order,
        Category::Identity,
        Category::Consent,
        Category::Segment,
        Category::Other,
    ];

    /// The word in addresses; its text is `event-category-{code}`.
    pub fn code(self) -> &'static str {
        match self {
            Category::Visit => "visit",
            Category::Cart => "cart",
            Category::Order => "order",
            Category::Identity => "identity",
            Category::Consent => "consent",
            Category::Segment => "segment",
            Category::Other => "other",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }

    /// The names of the known events of this category; none of `Other`, which is everything else.
    pub fn event_names(self) -> Vec<&'static str> {
        KNOWN.iter().filter(|known| known.category == self).map(|known| known.name).collect()
    }
}

/// The title of an event as the reader reads it.
pub fn title(context: &PageContext, event: &EventRecord) -> EventTitle {
    let Some(known) = KNOWN.iter().find(|known| known.name == event.name) else {
        return EventTitle {
            icon: Icon::Zap,
            tone: Tone::Neutral,
            title: event.name.clone(),
            detail: some_name(&event.properties),
            category: Category::Other,
        };
    };
    EventTitle {
        icon: known.icon,
        tone: known.tone,
        title: context.t(&format!("event-{}", known.key)).into_owned(),
        detail: (known.detail)(context, event),
        category: known.category,
    }
}

/// The name of an event in the reader's language, for lists of names; unknown ones stay as they are.
pub fn event_label(context: &PageContext, name: &str) -> String {
    match KNOWN.iter().find(|known| known.name == name) {
        Some(known) => context.t(&format!("event-{}", known.key)).into_owned(),
        None => name.to_owned(),
    }
}

/// The title of a page without the shop's own name, which most titles end or begin with: "Lamps | Maison Lumière".
pub fn page_title<'a>(context: &PageContext, title: &'a str) -> &'a str {
    const SEPARATORS: [&str; 6] = [" | ", " - ", " – ", " — ", " · ", " : "];
    let shop = context.shop_name.as_str();
    let own = SEPARATORS.iter().find_map(|separator| {
        let before = title.strip_suffix(shop).and_then(|rest| rest.strip_suffix(separator));
        before.or_else(|| title.strip_prefix(shop)?.strip_prefix(separator))
    });
    own.filter(|own| !shop.is_empty() && !own.trim().is_empty()).unwrap_or(title)
}

/// The name of a segment: ready-made ones follow the reader's language.
pub fn segment_label(context: &PageContext, name: &str, ready_made: Option<&str>) -> String {
    match ready_made {
        Some(code) => context.t(&format!("segment-ready-{}", code.replace('_', "-"))).into_owned(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use words::Timestamp;

    use super::*;
    use crate::kernel::texts::{Language, t};

    fn titled(language: Language, name: &str, properties: Value) -> EventTitle {
        let event = EventRecord {
            seq: 1,
            name: name.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            received_at: Timestamp::UNIX_EPOCH,
            properties,
            context: json!({ "page": { "title": "Lamps" } }),
            traits: None,
        };
        title(&PageContext::new(language, Timestamp::UNIX_EPOCH), &event)
    }

    #[test]
    fn the_shop_s_own_name_is_left_out_of_the_titles_of_its_pages() {
        let mut context = PageContext::new(Language::English, Timestamp::UNIX_EPOCH);
        assert_eq!(page_title(&context, "Lamps | Lumière"), "Lamps | Lumière");
        context.shop_name = "Lumière".to_owned();
        for (title, shown) in [
            ("Lamps | Lumière", "Lamps"),
            ("Lumière – Vases - blue", "Vases - blue"),
            ("Lumière, light for the home", "Lumière, light for the home"),
            ("Our-Lumière", "Our-Lumière"),
            ("Lumière", "Lumière"),
            (" | Lumière", " | Lumière"),
        ] {
            assert_eq!(page_title(&context, title), shown);
        }
    }

    #[test]
    fn every_known_event_and_category_has_a_text_in_both_languages() {
        let keys = KNOWN.iter().map(|known| format!("event-{}", known.key));
        let categories = Category::ALL.map(|category| format!("event-category-{}", category.code()));
        for key in keys.chain(categories) {
            for language in Language::ALL {
                assert_ne!(t(language, &key), key.as_str(), "{language:?}");
            }
        }
    }

    #[test]
    fn an_event_says_what_it_was_about() {
        let check = |name: &str, properties: Value, wanted: &str| {
            assert_eq!(titled(Language::English, name, properties).detail, wanted, "{name}");
        };
        check("Page Viewed", json!({}), "Lamps");
        check("Product Added", json!({ "name": "Oak lamp", "price": 49.5, "currency": "EUR" }), "Oak lamp · €49.50");
        check("Cart Viewed", json!({ "products": [{}, {}], "value": 99 }), "2 products · 99");
        check("Order Completed", json!({ "order_id": "A-1", "total": 120, "currency": "EUR" }), "€120.00 · A-1");
        check(
            "Consent Updated",
            json!({ "channel": "email", "purpose": "marketing", "state": "granted" }),
            "email · marketing: granted",
        );
        check("Consent Updated", json!({ "purposes": { "analytics": false } }), "analytics: refused");
        check("Lifecycle Stage Changed", json!({ "from": "prospect", "to": "customer" }), "Prospect → Customer");
        check("Quiz Done", json!({ "title": "Which lamp?" }), "Which lamp?");
    }

    #[test]
    fn ready_made_segments_follow_the_language_of_the_reader() {
        let entered = |language| {
            titled(language, "Segment Entered", json!({ "segment": "New visitors", "ready_made": "new_visitors" }))
        };
        assert_eq!(entered(Language::English).detail, "New visitors");
        assert_eq!(entered(Language::French).detail, "Nouveaux visiteurs");
        assert_eq!(titled(Language::French, "Segment Left", json!({ "segment": "Amis" })).detail, "Amis");
    }
}
