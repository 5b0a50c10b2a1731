//! Profiles, their identifiers, and where a person stands.

use std::collections::BTreeMap;

use engine::facts::Facts;
use engine::lifecycle::Stage;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use words::{ConflictId, Currency, MergeId, ProfileId, Timestamp, search_key};

use super::visit_days::VisitDays;
use crate::kernel::{Shown, Sight};

/// One identity leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Dense within the workspace; the key of states and of member bitmaps.
    pub number: i64,
    pub id: ProfileId,
    pub created_at: Timestamp,
    /// The profile this one was merged into; `None` for a person's root.
    pub merged_into: Option<i64>,
}

/// A way to recognise somebody: a kind and its value in the form that is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    pub kind: String,
    pub value: String,
}

impl Identifier {
    /// Every kind tells who somebody is, also those that a shop adds.
    pub fn shown(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.value)
    }
}

/// An identifier with the profile it belongs to and the reason why.
#[derive(Clone, Debug)]
pub struct LinkedIdentifier {
    pub identifier: Identifier,
    pub number: i64,
    pub linked_at: Timestamp,
    pub rule: String,
    pub event_seq: i64,
}

/// A merge of two people; undone when `undone_at` is set.
#[derive(Clone, Debug)]
pub struct Merge {
    pub id: MergeId,
    pub from_number: i64,
    pub into_number: i64,
    pub at: Timestamp,
    pub rule: String,
    /// The event that made it; `None` when a member did.
    pub event_seq: Option<i64>,
    pub actor: String,
    pub undone_at: Option<Timestamp>,
}

/// Two people that claim the same identifier and were not merged: a person decides.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub id: ConflictId,
    pub at: Timestamp,
    pub identifier: Identifier,
    pub number_a: i64,
    pub number_b: i64,
    pub reason: String,
    pub times: i64,
}

/// A value that identifies nobody, with the reason, shown on screen.
#[derive(Clone, Debug)]
pub struct BlockedIdentifier {
    pub identifier: Identifier,
    pub reason: String,
    pub at: Timestamp,
    pub times: i64,
}

/// Where a person stands: what changes by rule and by time, not by being told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Profiles merged into this one, directly or through others.
    pub leaves: Vec<i64>,
    /// Segment number → member since.
    pub memberships: BTreeMap<u32, Timestamp>,
    /// An instant not later than the next one at which a membership or the stage may change by time alone.
    pub timer_at: Option<Timestamp>,
    pub stage: Option<StageSince>,
    /// The days counted as visits, so that nobody counts twice a day.
    pub visits: VisitDays,
}

/// The lifecycle stage with its date and reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageSince {
    pub stage: Stage,
    pub since: Timestamp,
    /// JSON of `engine::lifecycle::StageReason`.
    pub reason: String,
}

/// A stored state cannot be read: the row is damaged or from a newer version.
#[derive(Debug, Error)]
#[error("the stored standing cannot be read: {0}")]
pub struct StandingError(String);

/// First byte of a stored standing.
const STANDING_VERSION: u8 = 1;

impl Standing {
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![STANDING_VERSION]).unwrap_or_default()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, StandingError> {
        match bytes.split_first() {
            Some((&STANDING_VERSION, body)) => {
                postcard::from_bytes(body).map_err(|error| StandingError(error.to_string()))
            }
            Some((version, _)) => Err(StandingError(format!("version {version} is not known"))),
            None => Err(StandingError("it is empty".to_owned())),
        }
    }

    /// Whether the person is made of more than one profile.
    pub fn is_merged(&self) -> bool {
        !self.leaves.is_empty()
    }

    /// Keeps the dates of what was true of the person before he was parted and still is.
    pub fn keep_dates_of(&mut self, before: &Self) {
        for (segment, since) in &mut self.memberships {
            if let Some(earlier) = before.memberships.get(segment) {
                *since = *earlier;
            }
        }
        if let (Some(now), Some(earlier)) = (&mut self.stage, &before.stage)
            && now.stage == earlier.stage
        {
            *now = earlier.clone();
        }
    }

    /// Brings the timer forward; never moves it back, so a stored timer may fire early but never late.
    pub fn wake_by(&mut self, flips_at: Option<Timestamp>) {
        self.timer_at = match (self.timer_at, flips_at) {
            (Some(timer), Some(flip)) => Some(timer.min(flip)),
            (timer, flip) => timer.or(flip),
        };
    }
}

/// A person as lists show him; written only when something here changed. Who he is, is read with a `Sight` only.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub country: String,
    pub city: String,
    pub stage: String,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub orders_count: i64,
    pub revenue_minor: i64,
    /// The Unix epoch, as of the last order, when there is none.
    pub first_order_at: Timestamp,
    pub last_order_at: Timestamp,
}

/// The steps of the order of last visits: not every page view moves somebody in it.
const VISIT_STEP_MS: i64 = 10 * 60 * 1000;

/// The beginning of the step that an instant lies in.
pub fn visit_step(instant: Timestamp) -> Timestamp {
    let at_ms = instant.as_millis();
    Timestamp::from_millis(at_ms - at_ms.rem_euclid(VISIT_STEP_MS))
}

/// Somebody's place in the order of last visits, which is kept for each stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastVisit {
    pub stage: String,
    /// A [`visit_step`].
    pub at: Timestamp,
}

/// The stage as rows bear it; empty before the first decision.
fn stage_word(standing: &Standing) -> String {
    standing.stage.as_ref().map_or_else(String::new, |stage| stage.stage.as_str().to_owned())
}

impl LastVisit {
    pub fn of(facts: &Facts, standing: &Standing) -> Self {
        Self { stage: stage_word(standing), at: visit_step(facts.figures().last_seen.unwrap_or(Timestamp::UNIX_EPOCH)) }
    }
}

impl PersonRow {
    pub fn of(facts: &Facts, standing: &Standing, currency: Currency) -> Self {
        let text = |names: &[&str]| first_text(facts, names);
        let (figures, sales) = (facts.figures(), facts.sales(currency));
        Self {
            name: display_name(facts),
            email: text(&["email"]),
            phone: text(&["phone"]),
            country: text(&["country"]),
            city: text(&["city"]),
            stage: stage_word(standing),
            first_seen_at: figures.first_seen.unwrap_or(Timestamp::UNIX_EPOCH),
            last_seen_at: figures.last_seen.unwrap_or(Timestamp::UNIX_EPOCH),
            orders_count: figures.orders_count as i64,
            revenue_minor: sales.net_minor,
            first_order_at: figures.first_order_at.unwrap_or(Timestamp::UNIX_EPOCH),
            last_order_at: figures.last_order_at.unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    pub fn name(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.name)
    }

    pub fn email(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.email)
    }

    pub fn phone(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.phone)
    }

    pub fn last_visit(&self) -> LastVisit {
        LastVisit { stage: self.stage.clone(), at: visit_step(self.last_seen_at) }
    }

    /// Whether the two differ in nothing, or in nothing but the last visit.
    pub fn differs_in_last_visit_at_most(&self, other: &Self) -> bool {
        *other == Self { last_seen_at: other.last_seen_at, ..self.clone() }
    }

    pub(super) fn name_folded(&self) -> String {
        search_key(&self.name)
    }

    /// The folded name with its last word first; empty when it has one word only.
    pub(super) fn name_turned(&self) -> String {
        let folded = self.name_folded();
        folded.rsplit_once(' ').map_or_else(String::new, |(first, last)| format!("{last} {first}"))
    }
}

/// `name`, or first and last name, as the traits tell; empty when nothing is known.
pub fn display_name(facts: &Facts) -> String {
    let whole = first_text(facts, &["name", "full_name", "fullName"]);
    if !whole.is_empty() {
        return whole;
    }
    let first = first_text(facts, &["firstName", "first_name", "firstname"]);
    let last = first_text(facts, &["lastName", "last_name", "lastname"]);
    [first, last].join(" ").trim().to_owned()
}

fn first_text(facts: &Facts, names: &[&str]) -> String {
    names
        .iter()
        .find_map(|name| match facts.trait_value(name) {
            Some(serde_json::Value::String(text)) => Some(text.trim().to_owned()),
            Some(serde_json::Value::Number(number)) => Some(number.to_string()),
            _ => None,
        })
        .unwrap_or_default()
}

/// What a list of people may be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    LastSeen,
    Newest,
    Name,
    Revenue,
    Orders,
}
