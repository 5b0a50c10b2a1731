//! How a visit becomes events in the shape of the Segment specification: who speaks, on which page, with which device,
//! when.

use super::DemoEvent;
use super::devices::{Arrival, Device, arrival, device_of, uuid_text};
use super::diary::{Face, Purpose, Standing, Visit};
use super::order::object;
use super::pages::Page;
use super::people::{Account, Person};
use super::random::{Random, mix};
use serde_json::{Map, Value};
use words::Timestamp;

/// Tells the events of one visit, one after the other; the clock moves with each.
pub struct Teller<'a> {
    pub person: &'a Person,
    pub random: Random,
    visit: &'a Visit,
    /// Tells the past and each live run apart, so that their message ids differ.
    run: u64,
    device: Device,
    arrival: Arrival,
    is_known: bool,
    at_ms: i64,
    page: Page,
    referrer: String,
    told: Vec<DemoEvent>,
}

impl<'a> Teller<'a> {
    pub fn new(run: u64, person: &'a Person, visit: &'a Visit) -> Self {
        let mut random = Random::of(&[run, person.index, visit.number, TELLER_STREAM]);
        let own_device = person.devices.get(visit.device).cloned().flatten();
        let device =
            own_device.unwrap_or_else(|| device_of(&mut random, person.kind, [run, person.index, visit.device as u64]));
        let arrival = arrival(&mut random, person.kind);
        Self {
            person,
            random,
            visit,
            run,
            device,
            arrival,
            is_known: visit.standing == Standing::Known,
            at_ms: visit.start_ms,
            page: Page::Home,
            referrer: arrival.referrer.to_owned(),
            told: Vec::new(),
        }
    }

    pub fn finish(self) -> Vec<DemoEvent> {
        self.told
    }

    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// Opens a page, after some time on the one before.
    pub fn open(&mut self, page: Page) {
        if !self.told.is_empty() {
            let read_ms = self.random.wait(MEAN_READING_MS).clamp(1_500.0, LONGEST_READING_MS);
            self.at_ms += read_ms as i64;
            self.referrer = self.page.url(self.person.language());
        }
        self.page = page;
        let language = self.person.language();
        let properties = object([
            ("title", page.title(language).into()),
            ("path", page.path(language).into()),
            ("url", page.url(language).into()),
            ("referrer", self.referrer.as_str().into()),
        ]);
        self.tell("page", &[("name", page.name().into()), ("properties", properties.into())]);
    }

    /// Records what happens on the open page.
    pub fn track(&mut self, event: &str, properties: Map<String, Value>) {
        self.at_ms += self.random.between(40..=900);
        self.tell("track", &[("event", event.into()), ("properties", properties.into())]);
    }

    /// The visitor says who she is; from here on the events carry her user id, if she has one.
    pub fn identify(&mut self, traits: Map<String, Value>) {
        self.at_ms += self.random.between(400..=2_500);
        self.is_known = true;
        self.tell("identify", &[("traits", traits.into())]);
    }

    /// Records what the shop's own systems know: no page, no browser.
    pub fn track_on_server(&mut self, event: &str, properties: Map<String, Value>) {
        let context = object([("library", library("maison-lumiere-backend")), ("channel", "server".into())]);
        let mut body = self.envelope("track", context);
        if self.user_id().is_some() {
            body.remove("anonymousId");
        }
        body.insert("event".into(), event.into());
        body.insert("properties".into(), properties.into());
        self.keep(body);
    }

    /// The user id that events carry now.
    fn user_id(&self) -> Option<String> {
        if !self.is_known || self.person.account == Account::Guest {
            return None;
        }
        match self.visit.face {
            Face::Own => Some(self.person.user_id()),
            Face::SecondAccount => Some(format!("{}-b", self.person.user_id())),
            Face::OtherLetters => None,
        }
    }

    fn tell(&mut self, kind: &str, fields: &[(&str, Value)]) {
        let context = self.browser_context();
        let mut body = self.envelope(kind, context);
        for (name, value) in fields {
            body.insert((*name).to_owned(), value.clone());
        }
        self.keep(body);
    }

    fn keep(&mut self, body: Map<String, Value>) {
        self.told.push(DemoEvent { at: Timestamp::from_millis(self.at_ms), body: body.into() });
    }

    fn envelope(&self, kind: &str, context: Map<String, Value>) -> Map<String, Value> {
        let mut body = object([
            ("type", kind.into()),
            ("messageId", self.message_id().into()),
            ("anonymousId", self.device.anonymous_id.as_str().into()),
            ("context", context.into()),
            ("timestamp", Timestamp::from_millis(self.at_ms).to_string().into()),
        ]);
        if let Some(user_id) = self.user_id() {
            body.insert("userId".into(), user_id.into());
        }
        body
    }

    /// One to one in run and person (first half) and in visit and place (second half).
    fn message_id(&self) -> String {
        let place = (self.visit.number << 16) | self.told.len() as u64;
        uuid_text(mix(&[MESSAGE_STREAM, self.run, self.person.index]), mix(&[self.run, self.person.index, place]))
    }

    fn browser_context(&self) -> Map<String, Value> {
        let language = self.person.language();
        let page = object([
            ("path", self.page.path(language).into()),
            ("url", self.page.url(language).into()),
            ("title", self.page.title(language).into()),
            ("search", self.page.search().into()),
            ("referrer", self.referrer.as_str().into()),
        ]);
        let mut context = object([
            ("page", page.into()),
            ("userAgent", self.device.user_agent.into()),
            ("ip", self.device.ip.as_str().into()),
            ("locale", self.person.country.locale().into()),
            ("library", library("entente.js")),
        ]);
        if let Some(campaign) = self.arrival.campaign {
            let campaign = object([
                ("source", campaign.source.into()),
                ("medium", campaign.medium.into()),
                ("name", campaign.name.into()),
            ]);
            context.insert("campaign".into(), campaign.into());
        }
        context
    }
}

/// What a person writes into a form: everything of her own, less under another face, an email address alone for the
/// newsletter.
pub fn traits_of(person: &Person, visit: &Visit) -> Map<String, Value> {
    if visit.purpose == Purpose::JoinNewsletter {
        return object([("email", person.email.as_str().into())]);
    }
    let email = if visit.face == Face::OtherLetters { in_other_letters(&person.email) } else { person.email.clone() };
    let mut traits = object([
        ("email", email.into()),
        ("firstName", person.first_name.into()),
        ("lastName", person.last_name.into()),
        ("country", person.country.code().into()),
        ("city", person.city.into()),
        ("postalCode", person.postal_code.into()),
        ("language", person.language().code().into()),
    ]);
    if visit.face != Face::Own {
        return traits;
    }
    if let Some(phone) = &person.phone {
        traits.insert("phone".into(), phone.as_str().into());
    }
    if let Some(card) = &person.card {
        traits.insert("customer_number".into(), card.customer_number.as_str().into());
        traits.insert("loyalty_card".into(), card.loyalty_card.as_str().into());
        traits.insert("birthday".into(), person.birthday.as_str().into());
    }
    traits
}

/// What a consent form or an unsubscribe link records.
pub fn email_consent(state: &str, place: Page) -> Map<String, Value> {
    object([
        ("channel", "email".into()),
        ("purpose", "marketing".into()),
        ("state", state.into()),
        ("source", place.name().into()),
    ])
}

const TELLER_STREAM: u64 = 5;
const MESSAGE_STREAM: u64 = 6;
const MEAN_READING_MS: f64 = 22_000.0;

/// Twenty pages read this long still fit in the longest visit.
const LONGEST_READING_MS: f64 = 110_000.0;

fn library(name: &str) -> Value {
    object([("name", name.into()), ("version", "1.0.0".into())]).into()
}

fn in_other_letters(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.to_uppercase()),
        None => email.to_uppercase(),
    }
}
