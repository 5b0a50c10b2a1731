//! What people browse with, from which address, and which advertisement or link sent them.

use super::people::Kind;
use super::random::{Random, mix};
use uuid::Builder;

/// One browser of one person: the cookie it keeps, the name it gives itself, the address it calls from.
#[derive(Debug, Clone)]
pub struct Device {
    pub anonymous_id: String,
    pub user_agent: &'static str,
    pub ip: String,
}

/// A device named by seed, person and number.
pub fn device_of(random: &mut Random, kind: Kind, name: [u64; 3]) -> Device {
    let user_agent = if kind == Kind::Crawler { random.pick(&CRAWLERS) } else { random.weighted(&BROWSERS) };
    let network = random.pick(&DOCUMENTATION_NETWORKS);
    Device {
        anonymous_id: uuid_text(mix(&[DEVICE_STREAM, name[0], name[1], name[2]]), mix(&[name[1], name[2], name[0]])),
        user_agent,
        ip: format!("{network}.{}", random.between(1..=254)),
    }
}

/// A version 4 UUID of the given bits.
pub fn uuid_text(high: u64, low: u64) -> String {
    let bits = (u128::from(high) << 64) | u128::from(low);
    Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}

/// How a visit began.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    pub referrer: &'static str,
    pub campaign: Option<Campaign>,
}

/// The UTM parameters of a visit.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub source: &'static str,
    pub medium: &'static str,
    pub name: &'static str,
}

pub const DIRECT: Arrival = Arrival { referrer: "", campaign: None };

/// The newsletter brings only people who get it.
pub fn arrival(random: &mut Random, kind: Kind) -> Arrival {
    match kind {
        Kind::Crawler => DIRECT,
        Kind::Anonymous => *random.weighted(&STRANGERS_COME_FROM),
        _ => *random.weighted(&CUSTOMERS_COME_FROM),
    }
}

const DEVICE_STREAM: u64 = 2;

/// Networks that RFC 5737 keeps for documentation.
const DOCUMENTATION_NETWORKS: [&str; 3] = ["192.0.2", "198.51.100", "203.0.113"];

const fn link(referrer: &'static str) -> Arrival {
    Arrival { referrer, campaign: None }
}

const fn ad(referrer: &'static str, source: &'static str, medium: &'static str, name: &'static str) -> Arrival {
    Arrival { referrer, campaign: Some(Campaign { source, medium, name }) }
}

const SEARCH: Arrival = link("https://www.google.com/");
const SEARCH_AD: Arrival = ad("https://www.google.com/", "google", "cpc", "luminaires-marque");
const SHOPPING_AD: Arrival = ad("https://www.google.com/", "google", "cpc", "shopping-deco");
const INSTAGRAM_AD: Arrival = ad("https://l.instagram.com/", "instagram", "paid_social", "collection-automne");
const FACEBOOK_AD: Arrival = ad("https://l.facebook.com/", "facebook", "paid_social", "retargeting-panier");
const NEWSLETTER: Arrival = ad("", "newsletter", "email", "nouveautes-du-mois");
const BLOG: Arrival = link("https://blog-deco.example/selection-luminaires");

const STRANGERS_COME_FROM: [(u32, Arrival); 9] = [
    (20, DIRECT),
    (30, SEARCH),
    (5, link("https://duckduckgo.com/")),
    (12, SEARCH_AD),
    (9, SHOPPING_AD),
    (12, INSTAGRAM_AD),
    (5, link("https://www.pinterest.fr/")),
    (3, FACEBOOK_AD),
    (4, BLOG),
];

const CUSTOMERS_COME_FROM: [(u32, Arrival); 7] =
    [(38, DIRECT), (22, SEARCH), (8, SEARCH_AD), (4, INSTAGRAM_AD), (5, FACEBOOK_AD), (20, NEWSLETTER), (3, BLOG)];

const BROWSERS: [(u32, &str); 10] = [
    (
        26,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    (
        22,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    ),
    (
        3,
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    ),
    (
        4,
        "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    ),
    (
        20,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    ),
    (
        6,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
    ),
    (6, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0"),
    (
        7,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    ),
    (
        4,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    ),
    (2, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
];

const CRAWLERS: [&str; 3] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
];
