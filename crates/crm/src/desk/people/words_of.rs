//! The words for people: what somebody is called, his stage and why, where an identifier came from.

use std::borrow::Cow;

use engine::lifecycle::{Stage, StageReason};
use maud::{Markup, html};
use words::{Country, Currency, Money, Timestamp};

use crate::kernel::texts::format_date;
use crate::kernel::{MASK, Shown};
use crate::profiles::{Conflict, PersonRow};
use crate::ui::{PageContext, Tone, avatar, badge, dash, masked, nameless_avatar};

/// His name, else his email address or phone number, else "Visitor #1,204"; "Person #1,204" for who may not see it.
pub fn person_name(context: &PageContext, row: &PersonRow, number: i64) -> String {
    match told_name(context, row) {
        Shown::Text(name) => name.to_owned(),
        Shown::Hidden => masked_name(context, number),
        Shown::Nothing => visitor_name(context, number),
    }
}

/// The same where a page can say why it is hidden.
pub fn person_label(context: &PageContext, row: &PersonRow, number: i64) -> Markup {
    let name = person_name(context, row, number);
    match told_name(context, row) {
        Shown::Hidden => masked(context, &name),
        Shown::Text(_) | Shown::Nothing => html! { (name) },
    }
}

fn told_name<'a>(context: &PageContext, row: &'a PersonRow) -> Shown<'a> {
    let known = [row.name(context.sight), row.email(context.sight), row.phone(context.sight)];
    known.into_iter().find(|shown| *shown != Shown::Nothing).unwrap_or(Shown::Nothing)
}

/// The picture of a person in a list.
pub fn row_avatar(context: &PageContext, row: &PersonRow) -> Markup {
    let text = |shown: Shown<'_>| shown.text().unwrap_or_default().to_owned();
    person_avatar(&text(row.name(context.sight)), &text(row.email(context.sight)))
}

/// The initials of his name, or of his address before the `@`; a neutral figure for a visitor.
pub fn person_avatar(name: &str, email: &str) -> Markup {
    let known = if name.is_empty() { email.split('@').next().unwrap_or_default() } else { name };
    if known.is_empty() { nameless_avatar() } else { avatar(known) }
}

/// Somebody who has a name that the reader may not see: his number tells him from others.
pub fn masked_name(context: &PageContext, number: i64) -> String {
    context.t_with("people-masked", &[("number", number.into())]).into_owned()
}

/// A value as JSON is the mask.
pub fn is_mask(value: &serde_json::Value) -> bool {
    value.as_str() == Some(MASK)
}

pub fn visitor_name(context: &PageContext, number: i64) -> String {
    context.t_with("people-visitor", &[("number", number.into())]).into_owned()
}

/// What he bought for; nothing, for who bought nothing yet.
pub fn revenue(context: &PageContext, currency: Currency, row: &PersonRow) -> Markup {
    if row.orders_count == 0 {
        return dash();
    }
    html! { (context.money(Money { minor: row.revenue_minor, currency })) }
}

/// The stage of a row in its colour; nothing before the first decision.
pub fn stage_badge(context: &PageContext, stage: &str) -> Markup {
    let known = Stage::ALL.into_iter().find(|known| known.as_str() == stage);
    known.map_or_else(Markup::default, |stage| badge(stage_tone(stage), &stage_word(context, stage)))
}

pub fn stage_word(context: &PageContext, stage: Stage) -> Cow<'static, str> {
    context.t(match stage {
        Stage::Visitor => "event-stage-visitor",
        Stage::Prospect => "event-stage-prospect",
        Stage::Customer => "event-stage-customer",
        Stage::Loyal => "event-stage-loyal",
        Stage::Dormant => "event-stage-dormant",
    })
}

/// The people of a stage: "Visitors".
pub fn stage_plural(context: &PageContext, stage: Stage) -> Cow<'static, str> {
    context.t(match stage {
        Stage::Visitor => "people-stages-visitor",
        Stage::Prospect => "people-stages-prospect",
        Stage::Customer => "people-stages-customer",
        Stage::Loyal => "people-stages-loyal",
        Stage::Dormant => "people-stages-dormant",
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
pub fn stage_reason(context: &PageContext, reason: &StageReason) -> String {
    let text = match reason {
        StageReason::NoIdentifierAndNoOrder => context.t("stage-reason-visitor"),
        StageReason::KnownWithoutOrder => context.t("stage-reason-prospect"),
        StageReason::HasOrdered { orders } => context.t_with("stage-reason-customer", &[("count", (*orders).into())]),
        StageReason::OrdersOften { orders, last_order_at } => {
            let variables = [("count", (*orders).into()), ("date", day(context, *last_order_at).into())];
            context.t_with("stage-reason-loyal", &variables)
        }
        StageReason::InactiveSince { last_active_at } => {
            context.t_with("stage-reason-dormant", &[("date", day(context, *last_active_at).into())])
        }
    };
    text.into_owned()
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
