//! Home as a page, and the part of it that changes by itself.

use maud::{Markup, html};
use words::Money;

use super::figures::{DAYS, Figure};
use super::today::{Movement, News, Today};
use crate::desk::event_title::{segment_label, title};
use crate::desk::roots::person_name;
use crate::kernel::texts::{Value, format_date, format_percent, format_time};
use crate::kernel::{Permission, Visit};
use crate::ui::{
    Button, Column, Delta, Direction, Empty, Icon, PageContext, PageHead, Row, Stat, Table, TimelineDay, TimelineItem,
    Tone, badge, dot, live_region, page, panel, sparkline, stat_row, timeline,
};

/// Segments in the panel of movements; the page of segments shows them all.
const SHOWN_SEGMENTS: usize = 9;

pub fn page_of(context: &PageContext, visit: &Visit, today: &Today) -> Markup {
    let date = context.zone.to_datetime(context.now.to_jiff()).date();
    let head = PageHead::new(context.t("home-title"))
        .note(html! { (format_date(date, context.language)) })
        .actions(html! { (dot(Tone::Good, &context.t("desk-live"))) });
    let body = live_region("live-home", "/home/today", &today_part(context, visit, today));
    page(context, &head, &body)
}

pub fn today_part(context: &PageContext, visit: &Visit, today: &Today) -> Markup {
    html! {
        (stats(context, visit, today))
        @if today.is_silent() { (silence(context, visit)) } @else {
            div class="split" {
                (panel(&context.t("home-stream"), &more(context, "home-stream-more", "/live"), &stream(context, visit, today)))
                (panel(&context.t("home-movements"), &more(context, "home-movements-more", "/segments"), &movements(context, today)))
            }
        }
    }
}

fn more(context: &PageContext, key: &str, href: &str) -> Markup {
    html! { (Button::ghost(context.t(key)).small().end_icon(Icon::ChevronRight).link(href)) }
}

fn stats(context: &PageContext, visit: &Visit, today: &Today) -> Markup {
    let integer = |value: i64| context.integer(value);
    let money = |minor: i64| context.money(Money { minor, currency: visit.shop.currency });
    let tiles = [
        stat(context, "visitors", &today.visitors, integer).link("/live"),
        stat(context, "orders", &today.orders, integer),
        stat(context, "revenue", &today.revenue, money),
        stat(context, "new-customers", &today.new_customers, integer),
    ];
    let hrefs = ["/people?sort=last_seen", "/orders", "/orders", "/orders?only=first"];
    let may_open = visit.actor.may(Permission::SeePeople);
    let tiles = tiles.into_iter().zip(hrefs).map(|(tile, href)| if may_open { tile.link(href) } else { tile });
    stat_row(context.language, &tiles.collect::<Vec<_>>())
}

fn stat(context: &PageContext, code: &str, figure: &Figure, written: impl Fn(i64) -> String) -> Stat {
    let values: Vec<f64> = figure.days.iter().map(|value| *value as f64).collect();
    let lowest = figure.days.iter().copied().min().unwrap_or(0);
    let highest = figure.days.iter().copied().max().unwrap_or(0);
    let label = context.t(&format!("home-{code}"));
    let variables = [
        ("figure", Value::from(label.as_ref())),
        ("days", Value::from(DAYS)),
        ("lowest", Value::from(written(lowest))),
        ("highest", Value::from(written(highest))),
    ];
    Stat::new(label.clone(), written(figure.today))
        .delta(delta(context, figure))
        .note(context.t("home-than-yesterday"))
        .chart(sparkline(&context.t_with("home-sparkline", &variables), &values))
        .id(format!("stat-{code}"))
}

fn delta(context: &PageContext, figure: &Figure) -> Delta {
    let (now, before) = (figure.today, figure.yesterday_so_far);
    let (direction, tone) = match now.cmp(&before) {
        std::cmp::Ordering::Greater => (Direction::Up, Tone::Good),
        std::cmp::Ordering::Less => (Direction::Down, Tone::Bad),
        std::cmp::Ordering::Equal => (Direction::Same, Tone::Neutral),
    };
    let amount = if now == before {
        format_percent(0.0, 0, context.language)
    } else if before > 0 {
        format_percent((now - before).unsigned_abs() as f64 / before as f64, 0, context.language)
    } else {
        // Nothing yesterday: no percentage says anything.
        context.t("home-nothing-before").into_owned()
    };
    Delta { direction, amount, tone }
}

fn silence(context: &PageContext, visit: &Visit) -> Markup {
    let empty = Empty::new(Icon::Radio, context.t("home-silent-title"), context.t("home-silent-text"));
    let may_connect = visit.actor.may(Permission::EditSources);
    let button = Button::primary(context.t("home-connect")).icon(Icon::Plug).link("/welcome");
    html! { section class="panel" { @if may_connect { (empty.action(button)) } @else { (empty) } } }
}

fn stream(context: &PageContext, visit: &Visit, today: &Today) -> Markup {
    let may_open = visit.actor.may(Permission::SeePeople);
    let mut days: Vec<(String, Vec<TimelineItem>)> = Vec::new();
    for one in &today.news {
        let label = day_label(context, one);
        let item = line(context, one, may_open);
        match days.last_mut() {
            Some((last, items)) if *last == label => items.push(item),
            _ => days.push((label, vec![item])),
        }
    }
    let days: Vec<TimelineDay> = days.into_iter().map(|(label, items)| TimelineDay { label, items }).collect();
    timeline(&days)
}

fn day_label(context: &PageContext, one: &News) -> String {
    let date_of = |at: words::Timestamp| context.zone.to_datetime(at.to_jiff()).date();
    crate::kernel::texts::format_day(date_of(one.event.at), date_of(context.now), context.language)
}

fn line(context: &PageContext, one: &News, may_open: bool) -> TimelineItem {
    let event = title(context, &one.event);
    let name = person_name(context, one.person, &one.row);
    let note = (!event.detail.is_empty()).then(|| html! { (event.detail) });
    TimelineItem {
        icon: event.icon,
        tone: event.tone,
        title: html! {
            @if may_open { a href={ "/people/" (one.person) } { (name) } } @else { (name) }
            " · " (event.title)
        },
        note,
        time: html! { time datetime=(one.event.at.to_string()) title=(context.date_time(one.event.at)) { (format_time(one.event.at, &context.zone)) } },
        details: None,
    }
}

fn movements(context: &PageContext, today: &Today) -> Markup {
    let columns = vec![
        Column::text(context.t("home-segment")),
        Column::number(context.t("home-members")),
        Column::number(context.t("home-entered")),
        Column::number(context.t("home-left")),
    ];
    let rows = today.movements.iter().take(SHOWN_SEGMENTS).map(|one| movement(context, one)).collect();
    Table::new(context.t("home-movements"), columns, rows).render(context.language)
}

fn movement(context: &PageContext, one: &Movement) -> Row {
    let signed = |tone: Tone, sign: &str, count: i64| match count {
        0 => html! { span class="nothing" { "0" } },
        count => badge(tone, &format!("{sign}{}", context.integer(count))),
    };
    let members = if one.is_built {
        html! { (context.integer(one.members)) }
    } else {
        badge(Tone::Warning, &context.t("home-building"))
    };
    Row::new(vec![
        html! { (segment_label(context, &one.name, one.ready_made.as_deref())) },
        members,
        signed(Tone::Good, "+", one.entered),
        signed(Tone::Neutral, "\u{2212}", one.left),
    ])
    .link(format!("/segments/{}", one.id))
}
