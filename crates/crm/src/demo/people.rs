//! Who comes to the shop: each person follows from the seed and a place in line, so nobody has to be stored.

use super::catalogue::{CATEGORIES, Category};
use super::devices::{Device, device_of};
use super::names::{names_of, slug};
use super::phones::phone;
use super::random::Random;

/// The country a person lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    France,
    Belgium,
    UnitedKingdom,
    Ireland,
    Germany,
    UnitedStates,
}

impl Country {
    #[cfg(test)]
    pub const ALL: [Country; 6] = [
        Country::France,
        Country::Belgium,
        Country::UnitedKingdom,
        Country::Ireland,
        Country::Germany,
        Country::UnitedStates,
    ];

    /// ISO 3166-1 alpha-2.
    pub fn code(self) -> &'static str {
        match self {
            Country::France => "FR",
            Country::Belgium => "BE",
            Country::UnitedKingdom => "GB",
            Country::Ireland => "IE",
            Country::Germany => "DE",
            Country::UnitedStates => "US",
        }
    }

    /// The locale a browser of that country reports.
    pub fn locale(self) -> &'static str {
        match self {
            Country::France => "fr-FR",
            Country::Belgium => "fr-BE",
            Country::UnitedKingdom => "en-GB",
            Country::Ireland => "en-IE",
            Country::Germany => "de-DE",
            Country::UnitedStates => "en-US",
        }
    }

    /// The shop speaks French and English; Germans read it in English.
    pub fn language(self) -> Language {
        match self {
            Country::France | Country::Belgium => Language::French,
            _ => Language::English,
        }
    }
}

/// The language a person reads the shop in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    French,
    English,
}

impl Language {
    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        self.choose("fr", "en")
    }

    pub fn choose(self, french: &'static str, english: &'static str) -> &'static str {
        match self {
            Language::French => french,
            Language::English => english,
        }
    }
}

/// What a person is to the shop; it decides the whole diary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Vip,
    Regular,
    OneTime,
    Dormant,
    AtRisk,
    CartDropper,
    Prospect,
    Subscriber,
    Anonymous,
    Crawler,
}

/// Of a thousand people, how many are of which kind.
pub const KIND_SHARES: [(u32, Kind); 9] = [
    (18, Kind::Vip),
    (120, Kind::Regular),
    (220, Kind::OneTime),
    (55, Kind::Dormant),
    (40, Kind::AtRisk),
    (40, Kind::CartDropper),
    (145, Kind::Prospect),
    (60, Kind::Subscriber),
    (302, Kind::Anonymous),
];

/// How the shop knows a person who gave a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// Signed up: events carry a `userId`.
    Member,
    /// Orders without an account: only the email address ties the visits together.
    Guest,
}

/// One person, with everything the shop could ever learn about her.
#[derive(Debug, Clone)]
pub struct Person {
    pub index: u64,
    pub kind: Kind,
    pub account: Account,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub email: String,
    pub phone: Option<String>,
    pub country: Country,
    pub city: &'static str,
    pub postal_code: &'static str,
    pub birthday: String,
    /// The store's card, with its customer number and loyalty number.
    pub card: Option<Card>,
    pub wants_news: bool,
    pub favourite: &'static Category,
    /// The usual device, and a second one for about a fifth of the people.
    pub devices: [Option<Device>; 2],
}

#[derive(Debug, Clone)]
pub struct Card {
    pub customer_number: String,
    pub loyalty_card: String,
}

/// Crawlers stand in line from here on, behind all people.
const FIRST_CRAWLER: u64 = 1 << 40;

impl Person {
    /// The person at a place in line.
    pub fn of(seed: u64, index: u64) -> Person {
        let mut random = Random::of(&[seed, index, PERSON_STREAM]);
        let kind = if index >= FIRST_CRAWLER { Kind::Crawler } else { *random.weighted(&KIND_SHARES) };
        let country = *random.weighted(&COUNTRY_SHARES);
        let names = names_of(country);
        let (first_name, last_name) = (*random.pick(names.first), *random.pick(names.last));
        let (city, postal_code) = *random.pick(names.cities);
        let account = if random.chance(guest_share(kind)) { Account::Guest } else { Account::Member };
        let has_card = account == Account::Member && country == Country::France && random.chance(card_share(kind));
        let has_second_device = kind != Kind::Crawler && random.chance(0.2);
        Person {
            index,
            kind,
            account,
            first_name,
            last_name,
            email: email(&mut random, first_name, last_name, country, index),
            phone: phone(country, index),
            country,
            city,
            postal_code,
            birthday: birthday(&mut random),
            card: has_card.then(|| card(index)),
            wants_news: random.chance(0.55),
            favourite: random.pick(&CATEGORIES),
            devices: [
                Some(device_of(&mut random, kind, [seed, index, 0])),
                has_second_device.then(|| device_of(&mut random, kind, [seed, index, 1])),
            ],
        }
    }

    /// The crawler of the given number.
    pub fn crawler(seed: u64, number: u64) -> Person {
        Person::of(seed, FIRST_CRAWLER + number)
    }

    pub fn user_id(&self) -> String {
        format!("cust-{}", 100_001 + self.index)
    }

    pub fn language(&self) -> Language {
        self.country.language()
    }
}

const PERSON_STREAM: u64 = 1;

const COUNTRY_SHARES: [(u32, Country); 6] = [
    (70, Country::France),
    (9, Country::Belgium),
    (9, Country::UnitedKingdom),
    (3, Country::Ireland),
    (5, Country::Germany),
    (4, Country::UnitedStates),
];

fn guest_share(kind: Kind) -> f64 {
    match kind {
        Kind::OneTime => 0.35,
        Kind::Dormant => 0.2,
        // Whoever only reads the newsletter, or never says a name, has no account.
        Kind::Subscriber | Kind::Anonymous | Kind::Crawler => 1.0,
        _ => 0.0,
    }
}

fn card_share(kind: Kind) -> f64 {
    match kind {
        Kind::Vip => 0.7,
        Kind::Regular | Kind::AtRisk => 0.35,
        Kind::OneTime | Kind::Dormant => 0.1,
        _ => 0.0,
    }
}

/// An address in a domain that RFC 2606 reserves; the place in line keeps it nobody else's.
fn email(random: &mut Random, first_name: &str, last_name: &str, country: Country, index: u64) -> String {
    let (first, last) = (slug(first_name), slug(last_name));
    let domain = match (country, random.below(4)) {
        (Country::France | Country::Belgium, 0) => "courrier.example",
        (Country::Germany, 0) => "post.example",
        (_, 1) => "example.org",
        (_, 2) => "example.net",
        _ => "example.com",
    };
    match random.below(3) {
        0 => format!("{}.{last}{index}@{domain}", &first[..1]),
        1 => format!("{first}{index}@{domain}"),
        _ => format!("{first}.{last}{index}@{domain}"),
    }
}

fn birthday(random: &mut Random) -> String {
    let (year, month, day) = (random.between(1948..=2006), random.between(1..=12), random.between(1..=28));
    format!("{year}-{month:02}-{day:02}")
}

fn card(index: u64) -> Card {
    Card {
        customer_number: format!("C{:07}", 2_000_000 + index),
        loyalty_card: format!("2990{:09}", index * 7 + 100_000_003),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn people() -> impl Iterator<Item = Person> {
        (0..20_000).map(|index| Person::of(9, index))
    }

    #[test]
    fn nobody_shares_an_email_a_card_or_a_device() {
        let mut seen = HashSet::new();
        for person in people() {
            assert!(seen.insert(person.email.to_lowercase()));
            assert!(
                person.card.into_iter().all(|card| seen.insert(card.customer_number) && seen.insert(card.loyalty_card))
            );
            assert!(person.devices.into_iter().flatten().all(|device| seen.insert(device.anonymous_id)));
        }
    }

    #[test]
    fn emails_stand_in_reserved_domains_only() {
        for person in people() {
            let domain = person.email.split_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
            assert!(
                ["example.com", "example.org", "example.net"].contains(&domain.as_str())
                    || domain.ends_with(".example"),
                "{domain}"
            );
        }
    }

    #[test]
    fn seven_of_ten_people_live_in_france() {
        let french = people().filter(|person| person.country == Country::France).count();
        assert!((13_600..14_400).contains(&french), "{french}");
    }
}
