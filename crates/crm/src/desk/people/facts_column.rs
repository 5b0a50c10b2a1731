//! What is known of a person: by what he is recognised and why, what was said of him, what follows from it.

use engine::ConsentState;
use maud::{Markup, html};
use serde_json::Value;
use words::{Money, ProfileId, Timestamp};

use super::sheet::{Sheet, ShownIdentifier};
use super::words_of::{country_name, day, is_mask, kind_word, rule_words, stage_badge, stage_reason};
use crate::kernel::{MASK, Permission, Visit};
use crate::ui::{
    Button, Fact, Icon, PageContext, Tone, badge, facts, masked, panel, shown, time_ago, time_ago_or_dash,
};

/// Identifiers that are shown at once; a visitor with many devices has the others folded away.
const SHOWN_IDENTIFIERS: usize = 6;

pub fn facts_column(context: &PageContext, visit: &Visit, sheet: &Sheet) -> Markup {
    html! {
        (panel(&context.t("person-identity"), &Markup::default(), &identity(context, sheet)))
        (panel(&context.t("person-traits"), &edit_link(context, visit, sheet), &traits(context, sheet)))
        div id="person-figures" { (figures_panel(context, sheet)) }
        (panel(&context.t("person-stage"), &Markup::default(), &stage(context, sheet)))
        (panel(&context.t("person-consents"), &Markup::default(), &consents(context, sheet)))
    }
}

fn identity(context: &PageContext, sheet: &Sheet) -> Markup {
    let id = sheet.profile.id;
    let all: Vec<ShownIdentifier<'_>> = sheet.identifiers().collect();
    let (first, others) = all.split_at(all.len().min(SHOWN_IDENTIFIERS));
    html! {
        div class="stack" {
            @if context.sight.is_masked() { p class="note" { (context.t("person-masked-note")) } }
            ul class="identifiers" { @for linked in first { (identifier(context, id, linked)) } }
        }
        @if !others.is_empty() {
            details class="more" {
                summary { (context.t_with("person-more-identifiers", &[("count", others.len().into())])) }
                ul class="identifiers" { @for linked in others { (identifier(context, id, linked)) } }
            }
        }
    }
}

/// The value, and under it why it belongs to him: the rule, which leads to its event, and since when.
fn identifier(context: &PageContext, id: ProfileId, linked: &ShownIdentifier<'_>) -> Markup {
    html! {
        li class="identifier" {
            span class="identifier-kind" { (kind_word(context, linked.kind)) }
            span class="identifier-value" { (shown(context, linked.value)) }
            span class="identifier-reason" {
                a href=(format!("/people/{id}/events/{}", linked.event_seq)) { (rule_words(context, linked.rule)) }
                " · " (time_ago(context, linked.linked_at))
            }
        }
    }
}

fn edit_link(context: &PageContext, visit: &Visit, sheet: &Sheet) -> Markup {
    if !visit.actor.may(Permission::EditPeople) {
        return Markup::default();
    }
    let href = format!("/people/{}/edit", sheet.profile.id);
    html! { (Button::ghost(context.t("person-edit")).small().icon_only(Icon::Pencil).link(href)) }
}

fn traits(context: &PageContext, sheet: &Sheet) -> Markup {
    let known: Vec<Fact> = sheet
        .shown_traits()
        .map(|(name, value)| Fact::new(trait_label(context, &name), trait_value(context, &name, &value)))
        .collect();
    if known.is_empty() {
        return html! { p class="nothing" { (context.t("person-no-traits")) } };
    }
    facts(&known)
}

/// The usual traits in the reader's language, all others by the name the shop gave them.
pub fn trait_label(context: &PageContext, name: &str) -> String {
    let key = match name {
        "name" | "full_name" | "fullName" => "trait-name",
        "first_name" | "firstName" | "firstname" => "trait-first-name",
        "last_name" | "lastName" | "lastname" => "trait-last-name",
        "email" => "trait-email",
        "phone" => "trait-phone",
        "city" => "trait-city",
        "country" => "trait-country",
        "postal_code" | "postalCode" | "zip" => "trait-postal-code",
        "address" => "trait-address",
        "birthday" => "trait-birthday",
        "gender" => "trait-gender",
        "language" | "locale" => "trait-language",
        "company" => "trait-company",
        "created_at" | "createdAt" => "trait-created-at",
        "customer_number" | "customerNumber" => "identifier-customer-number",
        "loyalty_card" | "loyaltyCard" => "identifier-loyalty-card",
        _ => return name.replace('_', " "),
    };
    context.t(key).into_owned()
}

fn trait_value(context: &PageContext, name: &str, value: &Value) -> Markup {
    match value {
        value if is_mask(value) => masked(context, MASK),
        Value::String(text) if name == "country" => html! { (country_name(context, text)) },
        Value::String(text) => match Timestamp::parse_rfc3339(text) {
            Ok(instant) if text.contains('T') => html! { (context.date_time(instant)) },
            _ => html! { (text) },
        },
        Value::Bool(is_so) => html! { (context.t(if *is_so { "value-yes" } else { "value-no" })) },
        Value::Number(number) => html! { (number) },
        Value::Object(parts) => html! {
            @for (name, part) in parts {
                span class="trait-part" { (trait_label(context, name)) ": " (trait_value(context, name, part)) } " "
            }
        },
        Value::Array(items) => html! {
            @for (index, item) in items.iter().enumerate() { @if index > 0 { ", " } (trait_value(context, "", item)) }
        },
        Value::Null => Markup::default(),
    }
}

/// Values that follow from events; news from the shop replaces them.
pub fn figures_panel(context: &PageContext, sheet: &Sheet) -> Markup {
    panel(&context.t("person-figures"), &Markup::default(), &facts(&figures(context, sheet)))
}

fn figures(context: &PageContext, sheet: &Sheet) -> Vec<Fact> {
    let (figures, currency) = (sheet.figures(), sheet.shop.currency);
    let sales = sheet.sales(currency);
    let money = |minor: i64| context.money(Money { minor, currency });
    let count = |number: u64| context.integer(i64::try_from(number).unwrap_or(i64::MAX));
    let instant = |at: Option<Timestamp>| time_ago_or_dash(context, at);
    let average = if sales.orders > 0 { money(sales.net_minor / sales.orders as i64) } else { String::new() };
    let cart = Money { minor: cart_minor(figures.cart_value_micros, currency), currency };
    let cart = match figures.cart_items {
        0 => String::new(),
        items => {
            let variables = [("count", items.into()), ("value", context.money(cart).into())];
            context.t_with("person-cart-value", &variables).into_owned()
        }
    };
    vec![
        Fact::text(context.t("figure-orders"), &count(figures.orders_count)),
        Fact::text(context.t("figure-revenue"), &money(sales.net_minor)),
        Fact::text(context.t("figure-average"), &average),
        Fact::new(context.t("figure-first-order"), instant(figures.first_order_at)),
        Fact::new(context.t("figure-last-order"), instant(figures.last_order_at)),
        Fact::text(context.t("figure-cart"), &cart),
        Fact::text(context.t("figure-events"), &count(figures.events_count)),
        Fact::new(context.t("figure-first-seen"), instant(figures.first_seen)),
        Fact::new(context.t("figure-last-seen"), instant(figures.last_seen)),
    ]
}

fn cart_minor(micros: i128, currency: words::Currency) -> i64 {
    let per_minor = 10_i128.pow(6_u32.saturating_sub(u32::from(currency.minor_digits())));
    i64::try_from(micros / per_minor).unwrap_or(i64::MAX)
}

fn stage(context: &PageContext, sheet: &Sheet) -> Markup {
    let Some(stage) = &sheet.standing.stage else { return html! { p class="nothing" { "—" } } };
    // The reason of the day it began is stored; what holds him there now may be more.
    let verdict = sheet.verdict(context.now);
    html! {
        p { (stage_badge(context, stage.stage.as_str())) " "
            (context.t_with("person-stage-since", &[("date", day(context, stage.since).into())])) }
        @if verdict.stage == stage.stage { p class="note" { (stage_reason(context, &verdict.reason)) } }
    }
}

fn consents(context: &PageContext, sheet: &Sheet) -> Markup {
    let said: Vec<Fact> = sheet
        .consents()
        .iter()
        .map(|(channel, purpose, fact)| {
            let (tone, key) = match fact.state {
                ConsentState::Granted => (Tone::Good, "consent-granted"),
                ConsentState::Denied => (Tone::Bad, "consent-denied"),
                ConsentState::Withdrawn => (Tone::Warning, "consent-withdrawn"),
                ConsentState::Unknown => (Tone::Neutral, "consent-unknown"),
            };
            let label = format!("{} · {}", channel_word(context, channel), purpose_word(context, purpose));
            Fact::new(label, html! { (badge(tone, &context.t(key))) " " (time_ago(context, fact.stamp.at)) })
        })
        .collect();
    if said.is_empty() {
        return html! { p class="nothing" { (context.t("person-no-consents")) } };
    }
    facts(&said)
}

fn channel_word(context: &PageContext, channel: &str) -> String {
    let key = match channel {
        "email" => "channel-email",
        "sms" => "channel-sms",
        "phone" => "channel-phone",
        "push" => "channel-push",
        "site" => "channel-site",
        "post" => "channel-post",
        other => return other.to_owned(),
    };
    context.t(key).into_owned()
}

fn purpose_word(context: &PageContext, purpose: &str) -> String {
    let key = match purpose {
        "marketing" => "purpose-marketing",
        "analytics" => "purpose-analytics",
        "personalisation" | "personalization" => "purpose-personalisation",
        "functional" | "necessary" => "purpose-functional",
        other => return other.to_owned(),
    };
    context.t(key).into_owned()
}
