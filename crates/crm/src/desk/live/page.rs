//! Live as a page, and the part of it that changes by itself.

use maud::{Markup, html};
use words::Money;

use super::read::{Cart, Live, Visitor};
use crate::desk::event_title::{page_title, segment_label};
use crate::desk::people::{person_label, row_avatar};
use crate::kernel::Visit;
use crate::kernel::texts::{Value, format_time};
use crate::ui::{
    Column, Empty, Icon, PageContext, PageHead, Row, Table, TallyLine, Tone, badge, dot, icon, live_region, page,
    panel, tally, time_ago,
};

/// Badges of segments on one line; the others are counted.
const SHOWN_SEGMENTS: usize = 2;

pub fn page_of(context: &PageContext, visit: &Visit, live: &Live) -> Markup {
    let head = PageHead::new(context.t("live-title"))
        .note(html! { (context.t("live-intro")) })
        .actions(html! { (dot(Tone::Good, &context.t("desk-live"))) });
    page(context, &head, &live_region("live-now", "/live/now", &now_part(context, visit, live)))
}

pub fn now_part(context: &PageContext, visit: &Visit, live: &Live) -> Markup {
    if live.visitors.is_empty() {
        let empty = Empty::new(Icon::Activity, context.t("live-empty-title"), context.t("live-empty-text"));
        return html! { section class="panel" { (empty) } };
    }
    let count = context.t_with("live-count", &[("count", Value::from(live.count))]);
    html! {
        p class="live-count" role="status" { span { (count) } @if live.is_cut { (context.t("live-cut")) } }
        div class="live" {
            (visitors(context, visit, live))
            (panel(&context.t("live-pages"), &Markup::default(), &pages(context, live)))
        }
    }
}

fn visitors(context: &PageContext, visit: &Visit, live: &Live) -> Markup {
    let columns = vec![
        Column::text(context.t("live-visitor")),
        Column::text(context.t("live-page")),
        Column::text(context.t("live-cart")),
        Column::text(context.t("live-segments")),
        Column::text(context.t("live-since")).minor(),
    ];
    let rows = live.visitors.iter().map(|visitor| row(context, visit, visitor)).collect();
    Table::new(context.t("live-title"), columns, rows).render(context.language)
}

fn row(context: &PageContext, visit: &Visit, visitor: &Visitor) -> Row {
    let name = person_label(context, &visitor.row, visitor.number);
    Row::new(vec![
        html! { (row_avatar(context, &visitor.row)) " " (name) },
        place(context, visitor),
        visitor.cart.as_ref().map(|cart| cart_cell(context, visit, cart)).unwrap_or_default(),
        segments(context, visitor),
        time_ago(context, visitor.presence.last_at),
    ])
    .link(format!("/people/{}", visitor.id))
}

/// Where he is; below it since when, with which device, from where.
fn place(context: &PageContext, visitor: &Visitor) -> Markup {
    let presence = &visitor.presence;
    let since = context.t_with("live-since-time", &[("time", format_time(presence.since, &context.zone).into())]);
    let words = [since.as_ref(), presence.browser.as_str(), presence.origin.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
    let title =
        if presence.page_title.is_empty() { &presence.page_url } else { page_title(context, &presence.page_title) };
    html! {
        div class="live-lines" {
            span class="live-line" title=(presence.page_url) { (title) }
            span class="live-note" { (device(context, &presence.device)) span { (words.join(" · ")) } }
        }
    }
}

fn device(context: &PageContext, code: &str) -> Markup {
    let (picture, key) = match code {
        "phone" => (Icon::Smartphone, "device-phone"),
        "tablet" => (Icon::Smartphone, "device-tablet"),
        "desktop" => (Icon::Laptop, "device-desktop"),
        _ => (Icon::Globe, "device-unknown"),
    };
    html! { (icon(picture)) span class="visually-hidden" { (context.t(key)) } }
}

fn cart_cell(context: &PageContext, visit: &Visit, cart: &Cart) -> Markup {
    let items = context.t_with("event-products", &[("count", Value::from(cart.items))]);
    let digits = u32::from(visit.shop.currency.minor_digits());
    let minor = cart.value_micros * 10_i128.pow(digits) / 1_000_000;
    let value = i64::try_from(minor).ok().filter(|minor| *minor > 0);
    let money = value.map(|minor| context.money(Money { minor, currency: visit.shop.currency }));
    let money_is_known = money.is_some();
    html! {
        div class="live-lines live-cart" title=(cart.names.join(", ")) {
            span class="live-line" { @match money { Some(money) => (money), None => (items) } }
            @if money_is_known { span class="live-note" { (icon(Icon::ShoppingCart)) (items) } }
        }
    }
}

fn segments(context: &PageContext, visitor: &Visitor) -> Markup {
    let more = visitor.segments.len().saturating_sub(SHOWN_SEGMENTS);
    html! {
        @if !visitor.segments.is_empty() { div class="badges" {
            @for (name, ready_made) in visitor.segments.iter().take(SHOWN_SEGMENTS) {
                (badge(tone_of(ready_made.as_deref()), &segment_label(context, name, ready_made.as_deref())))
            }
            @if more > 0 { (badge(Tone::Neutral, &format!("+{more}"))) }
        } }
    }
}

/// Ready-made segments that are classes of customers have the colour of their class.
fn tone_of(ready_made: Option<&str>) -> Tone {
    match ready_made {
        Some("new_visitors" | "first_time_buyers") => Tone::New,
        Some("repeat_buyers") => Tone::Loyal,
        Some("vip") => Tone::Vip,
        Some("at_risk" | "cart_left") => Tone::AtRisk,
        Some("dormant") => Tone::Dormant,
        _ => Tone::Neutral,
    }
}

fn pages(context: &PageContext, live: &Live) -> Markup {
    let lines = live.pages.iter().map(|(title, count)| TallyLine {
        label: page_title(context, title).to_owned(),
        href: None,
        marks: Markup::default(),
        figure: context.integer(*count as i64),
    });
    tally(&context.t("live-pages"), &lines.collect::<Vec<_>>())
}
