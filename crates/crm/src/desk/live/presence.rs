//! From the newest rows of the log to who is there: a fold without a database.

use std::collections::HashMap;

use engine::event::EventRecord;
use serde_json::Value;
use words::{Span, Timestamp};

use crate::kernel::Sight;
use crate::stream::log::LogRow;

/// Who did something within this time is in the shop.
pub const HERE_WITHIN: Span = Span::from_minutes(5);
/// A longer pause ends a visit.
const VISIT_PAUSE: Span = Span::from_minutes(30);

/// Somebody in the shop.
#[derive(Clone, Debug, PartialEq)]
pub struct Presence {
    pub last_at: Timestamp,
    /// When the visit began, as far as the rows reach.
    pub since: Timestamp,
    pub page_title: String,
    pub page_url: String,
    pub browser: String,
    pub device: String,
    /// The campaign, else the site that led here.
    pub origin: String,
}

impl Presence {
    fn seen_at(at: Timestamp) -> Self {
        let nothing = String::new;
        Self {
            last_at: at,
            since: at,
            page_title: nothing(),
            page_url: nothing(),
            browser: nothing(),
            device: nothing(),
            origin: nothing(),
        }
    }
}

/// Products by the id that carts know them by.
pub type ProductNames = HashMap<String, String>;

/// Everybody who is there at `now`, by person; `rows` come newest first, `root_of` leads from profile to person.
pub fn presences(
    rows: &[LogRow],
    now: Timestamp,
    sight: Sight,
    root_of: impl Fn(i64) -> Option<i64>,
) -> (HashMap<i64, Presence>, ProductNames) {
    let mut here: HashMap<i64, Presence> = HashMap::new();
    let mut names = ProductNames::new();
    let seen = rows.iter().filter(|row| is_of_a_visit(row));
    for row in seen {
        let Some(root) = root_of(row.number) else { continue };
        match here.get_mut(&root) {
            Some(presence) if presence.since.since(row.received_at) <= VISIT_PAUSE => {
                presence.since = row.received_at;
                learn(presence, &mut names, &row.told(sight));
            }
            Some(_) => {}
            None if now.since(row.received_at) <= HERE_WITHIN => {
                let mut presence = Presence::seen_at(row.received_at);
                learn(&mut presence, &mut names, &row.told(sight));
                here.insert(root, presence);
            }
            None => {}
        }
    }
    (here, names)
}

/// What Entente writes itself, bots, and events that arrived long after they happened are no presence.
pub fn is_of_a_visit(row: &LogRow) -> bool {
    row.number != 0 && row.source_no != 0 && row.received_at.since(row.at) <= VISIT_PAUSE
}

/// Takes from an older row what newer ones did not say.
fn learn(presence: &mut Presence, names: &mut ProductNames, record: &EventRecord) {
    let (properties, context) = (&record.properties, &record.context);
    let page = &context["page"];
    if presence.page_url.is_empty() && presence.page_title.is_empty() {
        fill(&mut presence.page_url, &[&page["url"], &properties["url"], &page["path"]]);
        fill(&mut presence.page_title, &[&page["title"], &properties["title"], &properties["name"], &page["path"]]);
    }
    let client = &context["client"];
    fill(&mut presence.browser, &[&client["browser"]]);
    fill(&mut presence.device, &[&client["device"]]);
    fill(&mut presence.origin, &[&context["campaign"]["name"], &context["campaign"]["source"]]);
    if presence.origin.is_empty() {
        presence.origin = foreign_site(page).unwrap_or_default();
    }
    learn_products(names, properties);
}

fn fill(place: &mut String, values: &[&Value]) {
    if place.is_empty()
        && let Some(text) = values.iter().find_map(|value| value.as_str().filter(|text| !text.is_empty()))
    {
        *place = text.chars().take(MAX_CHARACTERS).collect();
    }
}

/// Titles and addresses longer than this are cut: they come from outside.
const MAX_CHARACTERS: usize = 200;

/// The host of the page before, when it was on another site.
fn foreign_site(page: &Value) -> Option<String> {
    let host = |value: &Value| {
        let rest = value.as_str()?.split_once("://")?.1;
        Some(rest.split(['/', '?', '#']).next()?.trim_start_matches("www.").to_owned())
    };
    let referrer = host(&page["referrer"])?;
    (host(&page["url"]).as_ref() != Some(&referrer)).then_some(referrer)
}

fn learn_products(names: &mut ProductNames, properties: &Value) {
    let single = std::iter::once(properties);
    let many = properties["products"].as_array().into_iter().flatten();
    for product in single.chain(many) {
        if let (Some(id), Some(name)) = (product["product_id"].as_str(), product["name"].as_str()) {
            names.entry(id.to_owned()).or_insert_with(|| name.chars().take(MAX_CHARACTERS).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::log::row_of;

    const NOW: Timestamp = Timestamp::from_millis(1_763_817_600_000);

    fn row(seq: i64, number: i64, minutes_ago: i64, body: &Value) -> LogRow {
        let at = NOW.minus(Span::from_minutes(minutes_ago));
        row_of(seq, number, at, body)
    }

    fn on_page(title: &str) -> Value {
        serde_json::json!({ "context": { "page": { "title": title, "url": format!("https://shop.example/{title}") } } })
    }

    #[test]
    fn the_newest_page_counts_and_a_visit_begins_after_a_pause() {
        let rows = [
            row(5, 1, 1, &on_page("cart")),
            row(4, 2, 6, &on_page("home")),
            row(3, 10, 20, &on_page("lamp")),
            row(2, 1, 40, &on_page("home")),
            row(1, 1, 90, &on_page("long-ago")),
        ];
        let (here, _) = presences(&rows, NOW, Sight::Whole, |number| Some(if number == 10 { 1 } else { number }));
        assert_eq!(here.len(), 1, "who was last seen six minutes ago has gone");
        assert_eq!(here[&1].page_title, "cart");
        assert_eq!(NOW.since(here[&1].since), Span::from_minutes(40));
    }

    #[test]
    fn an_event_that_arrives_late_and_one_of_our_own_are_no_presence() {
        let mut late = row(2, 1, 0, &on_page("home"));
        late.at = NOW.minus(Span::from_hours(3));
        let mut own = row(1, 2, 0, &on_page("home"));
        own.source_no = 0;
        assert!(presences(&[late, own], NOW, Sight::Whole, Some).0.is_empty());
    }

    #[test]
    fn the_site_before_is_an_origin_unless_it_is_the_shop() {
        let page = |referrer: &str| serde_json::json!({ "url": "https://www.shop.example/a", "referrer": referrer });
        assert_eq!(foreign_site(&page("https://www.search.example/?q=lamp")).as_deref(), Some("search.example"));
        assert_eq!(foreign_site(&page("https://shop.example/b")), None);
        assert_eq!(foreign_site(&page("")), None);
    }
}
