//! The words for people: what somebody is called, his stage and why, where an identifier came from.

use std::borrow::Cow;

use engine::lifecycle::Stage;
use maud::Markup;
use serde_json::Value;
use words::{Country, Timestamp};

use crate::kernel::texts::format_date;
use crate::profiles::{Conflict, PersonRow, StageSince};
use crate::ui::{PageContext, Tone, badge};

/// His name, else his email address or phone number, else "Visitor #1,204".
pub fn person_name(context: &PageContext, row: &PersonRow, number: i64) -> String {
    let known = [&row.name, &row.email, &row.phone].into_iter().find(|text| !text.is_empty());
    known.cloned().unwrap_or_else(|| visitor_name(context, number))
}

pub fn visitor_name(context: &PageContext, number: i64) -> String {
    context.t_with("people-visitor", &[("number", number.into())]).into_owned()
}

/// The stage of a row in its colour; nothing before the first decision.
pub fn stage_badge(context: &PageContext, stage: &str) -> Markup {
    let known = Stage::ALL.into_iter().find(|known| known.as_str() == stage);
    known.map_or_else(Markup::default, |stage| badge(stage_tone(stage), &stage_word(context, stage)))
}

pub fn stage_word(context: &PageContext, stage: Stage) -> Cow<'static, str> {
    context.t(match stage {
        Stage::Visitor => "people-stage-visitor",
        Stage::Prospect => "people-stage-prospect",
        Stage::Customer => "people-stage-customer",
        Stage::Loyal => "people-stage-loyal",
        Stage::Dormant => "people-stage-dormant",
    })
}

fn stage_tone(stage: Stage) -> Tone {
    match stage {
        Stage::Visitor => Tone::Neutral,
        Stage::Prospect => Tone::New,
        Stage::Customer => Tone::Good,
        Stage::Loyal => Tone::Loyal,
        Stage::Dormant => Tone::Dormant,
    }
}

/// Why somebody is in his stage, in a sentence.
pub fn stage_reason(context: &PageContext, stage: &StageSince) -> String {
    let reason: Value = serde_json::from_str(&stage.reason).unwrap_or_default();
    let orders = reason["orders"].as_i64().unwrap_or(0);
    let date = |name: &str| date_in(context, &reason[name]);
    let text = match reason["code"].as_str() {
        Some("no_identifier_and_no_order") => context.t("stage-reason-visitor"),
        Some("known_without_order") => context.t("stage-reason-prospect"),
        Some("has_ordered") => context.t_with("stage-reason-customer", &[("count", orders.into())]),
        Some("orders_often") => {
            let variables = [("count", orders.into()), ("date", date("last_order_at").into())];
            context.t_with("stage-reason-loyal", &variables)
        }
        Some("inactive_since") => {
            context.t_with("stage-reason-dormant", &[("date", date("last_active_at").into())])
        }
        _ => Cow::Borrowed(""),
    };
    text.into_owned()
}

fn date_in(context: &PageContext, value: &Value) -> String {
    let instant = value.as_str().and_then(|text| Timestamp::parse_rfc3339(text).ok());
    instant.map_or_else(String::new, |instant| day(context, instant))
}

/// The day of an instant where the reader lives.
pub fn day(context: &PageContext, instant: Timestamp) -> String {
    format_date(crate::kernel::texts::day_of(instant, &context.zone), context.language)
}

/// "France" of `FR`; any other text as it is.
pub fn country_name(context: &PageContext, country: &str) -> String {
    match country.parse::<Country>() {
        Ok(code) => context.t(&format!("country-{code}")).into_owned(),
        Err(_) => country.to_owned(),
    }
}

/// The name of a type of identifier; types of the shop's own are shown as they were named.
pub fn kind_word(context: &PageContext, kind: &str) -> String {
    let key = match kind {
        "email" => "identifier-email",
        "phone" => "identifier-phone",
        "user_id" => "identifier-user-id",
        "anonymous_id" => "identifier-anonymous-id",
        "customer_number" => "identifier-customer-number",
        "loyalty_card" => "identifier-loyalty-card",
        _ => return kind.replace('_', " "),
    };
    context.t(key).into_owned()
}

/// Which rule linked an identifier, or joined two people.
pub fn rule_words(context: &PageContext, rule: &str) -> String {
    match rule.split_once(':') {
        Some(("same_event", kind)) => {
            context.t_with("rule-same-event", &[("kind", kind_word(context, kind).into())]).into_owned()
        }
        _ => match rule {
            "first_event" => context.t("rule-first-event").into_owned(),
            "alias" => context.t("rule-alias").into_owned(),
            "by_hand" => context.t("rule-by-hand").into_owned(),
            other => other.to_owned(),
        },
    }
}

/// Why two people who claim one identifier were not merged.
pub fn conflict_words(context: &PageContext, conflict: &Conflict) -> String {
    let key = match conflict.reason.as_str() {
        "shared_identifier" => "conflict-shared-identifier",
        "two_strong_identifiers" => "conflict-two-strong-identifiers",
        "public_key" => "conflict-public-key",
        "kind_may_not_join" => "conflict-kind-may-not-join",
        "too_many_identifiers" => "conflict-too-many-identifiers",
        "parted_by_a_person" => "conflict-parted-by-a-person",
        other => return other.to_owned(),
    };
    context.t(key).into_owned()
}

/// Why a value identifies nobody.
pub fn blocked_words(context: &PageContext, reason: &str) -> String {
    let key = match reason {
        "empty" => "blocked-empty",
        "too_long" => "blocked-too-long",
        "placeholder" => "blocked-placeholder",
        "degenerate" => "blocked-degenerate",
        "fake_address" => "blocked-fake-address",
        "control_characters" => "blocked-control-characters",
        "shared_by_many" => "blocked-shared-by-many",
        "too_many_of_a_kind" => "blocked-too-many-of-a-kind",
        other => return other.to_owned(),
    };
    context.t(key).into_owned()
}
