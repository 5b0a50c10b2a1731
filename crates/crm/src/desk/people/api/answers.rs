//! The JSON of profiles.

use engine::lifecycle::Stage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use words::{Currency, Money, ProfileId, Timestamp};

use super::super::sheet::Sheet;
use crate::kernel::{MASK, Sight};
use crate::stream::log::LogRow;

/// A person: what is known of him, by what he is recognised, what follows from it.
#[derive(Serialize, ToSchema)]
pub struct ProfileAnswer {
    #[schema(example = "prf_01m823qsekew3re1r70w3ge1r7")]
    pub id: String,
    /// The name as the traits tell it; empty when nothing is known.
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// What was said of the person, by name.
    #[schema(value_type = Object)]
    pub traits: Map<String, Value>,
    pub identifiers: Vec<IdentifierAnswer>,
    pub computed: Computed,
    /// `visitor`, `prospect`, `customer`, `loyal` or `dormant`.
    pub lifecycle_stage: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lifecycle_stage_since: Option<Timestamp>,
    pub consents: Vec<ConsentAnswer>,
    pub segments: Vec<SegmentSince>,
    /// The profiles that were merged into this person, newest merge first.
    pub merged_from: Vec<MergedFrom>,
}

/// A value by which the person is recognised, and why.
#[derive(Serialize, ToSchema)]
pub struct IdentifierAnswer {
    #[serde(rename = "type")]
    #[schema(example = "email")]
    pub kind: String,
    pub value: String,
    #[schema(value_type = String, format = DateTime)]
    pub linked_at: Timestamp,
    /// `first_event`, `same_event:TYPE` or `alias`.
    pub rule: String,
    /// The place in the log of the event that linked it.
    pub event: i64,
}

/// Values that follow from events.
#[derive(Serialize, ToSchema)]
pub struct Computed {
    pub events_count: u64,
    pub orders_count: u64,
    /// What the orders in the shop's currency brought, net of refunds.
    pub revenue: f64,
    pub average_order_value: Option<f64>,
    /// The currency of the amounts.
    pub currency: String,
    pub cart_items: u64,
    pub cart_value: f64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_seen_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub known_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_order_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_order_at: Option<Timestamp>,
}

/// What the person said about a channel and a purpose.
#[derive(Serialize, ToSchema)]
pub struct ConsentAnswer {
    pub channel: String,
    pub purpose: String,
    /// `granted`, `denied` or `withdrawn`.
    pub state: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct SegmentSince {
    pub id: String,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct MergedFrom {
    /// The profile that became part of this person; its id still leads here.
    pub id: String,
    #[schema(example = "mrg_01m823qsekew3re1r70w3ge1r7")]
    pub merge: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub rule: String,
    pub actor: String,
}

#[derive(Serialize, ToSchema)]
pub struct ProfilePage {
    pub data: Vec<ProfileAnswer>,
    pub next: Option<String>,
}

/// An event of the timeline.
#[derive(Serialize, ToSchema)]
pub struct EventAnswer {
    /// The `messageId` it was sent with; none of events that Entente writes itself.
    pub id: Option<String>,
    /// Its place in the log.
    pub seq: i64,
    /// `track`, `page`, `screen`, `identify`, `group`, `alias`, or `system` for events of Entente's own.
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    #[schema(value_type = Object)]
    pub properties: Value,
    #[schema(value_type = Object)]
    pub context: Value,
    /// What an `identify` call said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub traits: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub struct EventPage {
    pub data: Vec<EventAnswer>,
    pub next: Option<String>,
}

/// A segment the person is in.
#[derive(Serialize, ToSchema)]
pub struct MembershipAnswer {
    pub id: String,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The condition with what was measured at each of its parts, and until when time alone leaves it so.
    #[schema(value_type = Object)]
    pub why: Value,
}

#[derive(Serialize, ToSchema)]
pub struct MembershipPage {
    pub data: Vec<MembershipAnswer>,
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraitsRequest {
    /// Traits to set; null unsets one.
    #[schema(value_type = Object)]
    pub traits: Map<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// The person who remains.
    pub into: String,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UnmergeRequest {
    /// The merge to undo; without it the newest of this person.
    pub merge: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct MergeAnswer {
    pub merge: String,
    pub profile: ProfileAnswer,
}

impl ProfileAnswer {
    pub fn of(sheet: &Sheet) -> Self {
        let stage = sheet.standing.stage.as_ref();
        Self {
            id: sheet.profile.id.to_string(),
            name: sheet.name(),
            created_at: sheet.profile.created_at,
            traits: traits_of(sheet),
            identifiers: identifiers_of(sheet),
            computed: Computed::of(sheet),
            lifecycle_stage: stage.map(|stage| Stage::as_str(stage.stage).to_owned()),
            lifecycle_stage_since: stage.map(|stage| stage.since),
            consents: consents_of(sheet),
            segments: segments_of(sheet),
            merged_from: merged_from(sheet),
        }
    }
}

fn traits_of(sheet: &Sheet) -> Map<String, Value> {
    sheet.shown_traits().collect()
}

fn identifiers_of(sheet: &Sheet) -> Vec<IdentifierAnswer> {
    let identifiers = sheet.identifiers().map(|linked| IdentifierAnswer {
        kind: linked.kind.to_owned(),
        value: linked.value.text().unwrap_or(MASK).to_owned(),
        linked_at: linked.linked_at,
        rule: linked.rule.to_owned(),
        event: linked.event_seq,
    });
    identifiers.collect()
}

fn consents_of(sheet: &Sheet) -> Vec<ConsentAnswer> {
    let consents = sheet.consents().iter().map(|(channel, purpose, fact)| ConsentAnswer {
        channel: channel.to_owned(),
        purpose: purpose.to_owned(),
        state: fact.state.as_str().to_owned(),
        since: fact.stamp.at,
    });
    consents.collect()
}

fn segments_of(sheet: &Sheet) -> Vec<SegmentSince> {
    let segments = sheet.segments.iter().map(|(definition, since)| SegmentSince {
        id: definition.id.to_string(),
        name: definition.name.clone(),
        since: *since,
    });
    segments.collect()
}

fn merged_from(sheet: &Sheet) -> Vec<MergedFrom> {
    let numbers = sheet.numbers();
    let standing = sheet.merges.iter().filter(|merge| merge.undone_at.is_none());
    let into_this = standing.filter(|merge| numbers.contains(&merge.from_number));
    into_this
        .filter_map(|merge| {
            let other: ProfileId = sheet.others.get(&merge.from_number)?.id;
            Some(MergedFrom {
                id: other.to_string(),
                merge: merge.id.to_string(),
                at: merge.at,
                rule: merge.rule.clone(),
                actor: merge.actor.clone(),
            })
        })
        .collect()
}

impl Computed {
    fn of(sheet: &Sheet) -> Self {
        let (figures, currency) = (sheet.figures(), sheet.shop.currency);
        let sales = sheet.sales(currency);
        let revenue = major(sales.net_minor, currency);
        Self {
            events_count: figures.events_count,
            orders_count: figures.orders_count,
            revenue,
            average_order_value: (sales.orders > 0).then(|| major(sales.net_minor / sales.orders as i64, currency)),
            currency: currency.as_str().to_owned(),
            cart_items: figures.cart_items,
            cart_value: figures.cart_value_micros as f64 / 1_000_000.0,
            first_seen_at: figures.first_seen,
            last_seen_at: figures.last_seen,
            known_at: figures.known_at,
            first_order_at: figures.first_order_at,
            last_order_at: figures.last_order_at,
        }
    }
}

/// An amount in units of its currency: the nearest number that JSON can hold.
fn major(minor: i64, currency: Currency) -> f64 {
    Money { minor, currency }.decimal_text().parse().unwrap_or(0.0)
}

impl EventAnswer {
    pub fn of(row: &LogRow, sight: Sight) -> Self {
        let record = row.marked(sight);
        Self {
            id: row.message_id(sight).text().map(str::to_owned),
            seq: row.seq,
            kind: kind_word(row.kind).to_owned(),
            name: record.name,
            timestamp: record.at,
            received_at: record.received_at,
            properties: record.properties,
            context: record.context,
            traits: record.traits,
        }
    }
}

/// The call that a row of the log came from.
fn kind_word(kind: i64) -> &'static str {
    match kind {
        1 => "track",
        2 => "page",
        3 => "screen",
        4 => "identify",
        5 => "group",
        6 => "alias",
        _ => "system",
    }
}
