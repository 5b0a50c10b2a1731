//! Live as a page, and the part of it that changes by itself.

use maud::{Markup, html};
use words::Money;

use super::read::{Cart, Live, Visitor};
use crate::desk::event_title::segment_label;
use crate::desk::roots::person_name;
use crate::kernel::Visit;
use crate::kernel::texts::{Value, format_time};
use crate::ui::{
    Column, Empty, Icon, PageContext, PageHead, Row, Table, Tone, avatar, badge, dot, icon, live_region, page, panel,
    time_ago,
};

/// Badges of segments on one line; the others are counted.
const SHOWN_SEGMENTS: usize = 3;

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
        div class="split" {
            div class="stack" {
                p role="status" { strong { (count) } @if live.is_cut { " " (context.t("live-cut")) } }
                (visitors(context, visit, live))
            }
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
        Column::text(context.t("live-device")).minor(),
        Column::text(context.t("live-since")).minor(),
    ];
    let rows = live.visitors.iter().map(|visitor| row(context, visit, visitor)).collect();
    Table::new(context.t("live-title"), columns, rows).render(context.language)
}

fn row(context: &PageContext, visit: &Visit, visitor: &Visitor) -> Row {
    let name = person_name(context, visitor.id, &visitor.row);
    let presence = &visitor.presence;
    let since = context.t_with("live-since-time", &[("time", format_time(presence.since, &context.zone).into())]);
    Row::new(vec![
        html! { span class="person-cell" { (avatar(&name)) span { (name) } } },
        html! { span title=(presence.page_url) { (presence.page_title) } },
        visitor.cart.as_ref().map(|cart| cart_cell(context, visit, cart)).unwrap_or_default(),
        segments(context, visitor),
        device(context, visitor),
        html! { (time_ago(context, presence.last_at)) br; small { (since) } },
    ])
    .link(format!("/people/{}", visitor.id))
}

fn cart_cell(context: &PageContext, visit: &Visit, cart: &Cart) -> Markup {
    let items = context.t_with("event-products", &[("count", Value::from(cart.items))]);
    let digits = u32::from(visit.shop.currency.minor_digits());
    let minor = cart.value_micros * 10_i128.pow(digits) / 1_000_000;
    let value = i64::try_from(minor).ok().filter(|minor| *minor > 0);
    let money = value.map(|minor| context.money(Money { minor, currency: visit.shop.currency }));
    html! {
        span title=(cart.names.join(", ")) {
            (icon(Icon::ShoppingCart)) " " (items) @if let Some(money) = money { " · " (money) }
        }
    }
}

fn segments(context: &PageContext, visitor: &Visitor) -> Markup {
    let more = visitor.segments.len().saturating_sub(SHOWN_SEGMENTS);
    html! {
        div class="button-row" {
            @for (name, ready_made) in visitor.segments.iter().take(SHOWN_SEGMENTS) {
                (badge(tone_of(ready_made.as_deref()), &segment_label(context, name, ready_made.as_deref())))
            }
            @if more > 0 { (badge(Tone::Neutral, &format!("+{more}"))) }
        }
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

fn device(context: &PageContext, visitor: &Visitor) -> Markup {
    let presence = &visitor.presence;
    let picture = match presence.device.as_str() {
        "phone" | "tablet" => Icon::Smartphone,
        "desktop" => Icon::Laptop,
        _ => Icon::Globe,
    };
    let words = [&presence.browser, &presence.origin].into_iter().filter(|text| !text.is_empty());
    let words: Vec<&str> = words.map(String::as_str).collect();
    let class = match presence.device.as_str() {
        code @ ("phone" | "tablet" | "desktop") => context.t(&format!("device-{code}")),
        _ => context.t("device-unknown"),
    };
    html! { span title=(class) { (icon(picture)) " " (words.join(" · ")) } }
}

fn pages(context: &PageContext, live: &Live) -> Markup {
    let columns = vec![Column::text(context.t("live-page")), Column::number(context.t("live-people"))];
    let rows = live.pages.iter().map(|(title, count)| {
        Row::new(vec![html! { (title) }, html! { (context.integer(*count as i64)) }])
    });
    Table::new(context.t("live-pages"), columns, rows.collect()).render(context.language)
}
