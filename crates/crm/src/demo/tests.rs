//! The claims the demo shop makes about its past.

#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);
const DAYS: u32 = 365;
const PROFILES: usize = 2_000;

static PAST: LazyLock<Vec<DemoEvent>> = LazyLock::new(|| Shop::new(42, PROFILES).history(NOW, DAYS).collect());

fn text<'a>(event: &'a DemoEvent, path: &str) -> &'a str {
    event.body.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn named(name: &str) -> impl Iterator<Item = &'static DemoEvent> {
    PAST.iter().filter(move |event| text(event, "/event") == name)
}

fn is_crawler(event: &DemoEvent) -> bool {
    text(event, "/context/userAgent").to_lowercase().contains("bot")
}

#[test]
fn the_same_seed_and_now_give_the_same_bytes_and_another_seed_does_not() {
    let bytes = |seed| {
        let shop = Shop::new(seed, 200);
        shop.history(NOW, DAYS).map(|event| event.body.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn time_runs_forward_within_the_window_and_stands_in_every_body() {
    assert!(PAST.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let from = Timestamp::from_millis(NOW.as_millis() - i64::from(DAYS) * rhythm::DAY_MS);
    for event in PAST.iter() {
        assert!((from..=NOW).contains(&event.at));
        assert_eq!(text(event, "/timestamp"), event.at.to_string());
    }
}

#[test]
fn every_event_has_what_its_type_asks_for() {
    let mut message_ids = HashSet::new();
    for event in PAST.iter() {
        assert!(message_ids.insert(text(event, "/messageId")));
        assert!(!text(event, "/anonymousId").is_empty() || !text(event, "/userId").is_empty());
        assert!(event.body["context"].is_object());
        let has_its_fields = match text(event, "/type") {
            "track" => !text(event, "/event").is_empty() && event.body["properties"].is_object(),
            "page" => !text(event, "/name").is_empty() && !text(event, "/context/page/url").is_empty(),
            "identify" => text(event, "/traits/email").contains('@'),
            _ => false,
        };
        assert!(has_its_fields, "{}", event.body);
        assert!(event.body.to_string().len() < 32 * 1024);
    }
}

#[test]
fn a_person_makes_between_25_and_40_events_on_average() {
    let mean = PAST.iter().filter(|event| !is_crawler(event)).count() as f64 / PROFILES as f64;
    assert!((25.0..40.0).contains(&mean), "{mean}");
    assert!(PAST.iter().any(is_crawler));
}

#[test]
fn every_order_is_completed_once_and_its_amounts_add_up() {
    let mut ids = HashSet::new();
    for event in named("Order Completed") {
        assert!(ids.insert(text(event, "/properties/order_id")));
        let cents = |field: &str| (event.body["properties"][field].as_f64().unwrap() * 100.0).round() as i64;
        assert_eq!(cents("revenue") + cents("shipping") + cents("tax"), cents("total"));
        let lines = event.body["properties"]["products"].as_array().unwrap();
        let goods: f64 =
            lines.iter().map(|line| line["price"].as_f64().unwrap() * line["quantity"].as_f64().unwrap()).sum();
        assert_eq!((goods * 100.0).round() as i64, cents("total") - cents("shipping") + cents("discount"));
    }
    assert!(ids.len() > PROFILES / 2);
}

#[test]
fn refunds_and_cancellations_follow_an_order_and_never_exceed_it() {
    let mut totals: HashMap<&str, f64> = HashMap::new();
    let mut followed = 0;
    for event in PAST.iter() {
        let order_id = text(event, "/properties/order_id");
        let total = || event.body["properties"]["total"].as_f64().unwrap();
        match text(event, "/event") {
            "Order Completed" => drop(totals.insert(order_id, total())),
            "Order Refunded" | "Order Cancelled" => {
                assert!(total() <= totals[order_id], "{order_id}");
                followed += 1;
            }
            _ => {}
        }
    }
    assert!((totals.len() / 30..totals.len() / 8).contains(&followed), "{followed} of {}", totals.len());
}

#[test]
fn about_a_third_never_says_a_name_and_customers_are_heavy_tailed() {
    let mut named_devices = HashSet::new();
    let mut devices = HashSet::new();
    let mut orders: HashMap<String, usize> = HashMap::new();
    for event in PAST.iter().filter(|event| !is_crawler(event)) {
        let device = text(event, "/anonymousId");
        devices.insert(device);
        if text(event, "/type") == "identify" {
            named_devices.insert(device);
        }
        if text(event, "/event") == "Order Completed" {
            let user_id = text(event, "/userId");
            *orders.entry(if user_id.is_empty() { device } else { user_id }.to_owned()).or_default() += 1;
        }
    }
    let anonymous_share = 1.0 - named_devices.len() as f64 / devices.len() as f64;
    assert!((0.28..0.45).contains(&anonymous_share), "{anonymous_share}");
    let share = |least: usize| orders.values().filter(|count| **count >= least).count() as f64 / orders.len() as f64;
    assert!((0.35..0.60).contains(&share(2)), "{}", share(2));
    assert!((0.01..0.08).contains(&share(8)), "{}", share(8));
    assert!((0.40..0.55).contains(&(orders.len() as f64 / PROFILES as f64)), "{}", orders.len());
}

#[test]
fn some_people_use_two_devices_and_some_write_their_address_in_other_letters() {
    let mut devices_of: HashMap<&str, HashSet<&str>> = HashMap::new();
    let mut spellings: HashMap<String, HashSet<&str>> = HashMap::new();
    let mut accounts: HashMap<String, HashSet<&str>> = HashMap::new();
    for event in PAST.iter().filter(|event| text(event, "/type") == "identify") {
        let (email, user_id) = (text(event, "/traits/email"), text(event, "/userId"));
        spellings.entry(email.to_lowercase()).or_default().insert(email);
        if !user_id.is_empty() {
            devices_of.entry(user_id).or_default().insert(text(event, "/anonymousId"));
            accounts.entry(email.to_lowercase()).or_default().insert(user_id);
        }
    }
    let many = |count: usize, total: usize| count * 100 / total;
    assert!((3..25).contains(&many(devices_of.values().filter(|devices| devices.len() > 1).count(), devices_of.len())));
    assert!(spellings.values().any(|spellings| spellings.len() == 2));
    assert!(accounts.values().any(|accounts| accounts.len() == 2));
}

#[test]
fn carts_were_left_in_the_last_days_and_some_customers_have_gone_quiet() {
    let days_ago = |event: &DemoEvent| (NOW.as_millis() - event.at.as_millis()) / rhythm::DAY_MS;
    assert!(named("Product Added").filter(|event| days_ago(event) < 4).count() > PROFILES / 50);
    let mut last_order: HashMap<&str, i64> = HashMap::new();
    for event in named("Order Completed").filter(|event| !text(event, "/userId").is_empty()) {
        last_order.insert(text(event, "/userId"), days_ago(event));
    }
    let quiet = last_order.values().filter(|days| **days >= 180).count() as f64 / last_order.len() as f64;
    assert!((0.15..0.45).contains(&quiet), "{quiet}");
}

#[test]
fn addresses_stand_in_the_documentation_networks_and_titles_in_the_readers_language() {
    for event in PAST.iter().filter(|event| text(event, "/type") == "page") {
        let ip = text(event, "/context/ip");
        assert!(["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|network| ip.starts_with(network)), "{ip}");
        let is_french = text(event, "/context/locale").starts_with("fr");
        assert!(text(event, "/context/page/path").starts_with(if is_french { "/fr/" } else { "/en/" }));
    }
}

#[test]
fn a_short_past_has_every_kind_of_customer_too_and_an_empty_shop_has_only_crawlers() {
    let month: Vec<DemoEvent> = Shop::new(42, 400).history(NOW, 30).collect();
    assert!(month.iter().any(|event| text(event, "/event") == "Order Refunded"));
    assert!(Shop::new(42, 0).history(NOW, 30).all(|event| is_crawler(&event)));
}
