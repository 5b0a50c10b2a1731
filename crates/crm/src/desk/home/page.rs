//! Home as a page, and the part of it that changes by itself.

use maud::{Markup, html};
use words::Money;

use super::figures::{DAYS, Figure};
use super::today::{Movement, News, Today};
use crate::desk::event_title::{segment_label, title};
use crate::desk::people::person_label;
use crate::kernel::texts::{Value, format_date, format_percent, format_time};
use crate::kernel::{Permission, Visit};
use crate::ui::{
    Button, Delta, Direction, Empty, Icon, PageContext, PageHead, Stat, TallyLine, TimelineDay, TimelineItem, Tone,
    badge, dot, live_region, page, panel, sparkline, stat_row, tally, timeline,
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
        stat(context, "visitors", &today.visitors, integer),
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
    let stat = Stat::new(label.clone(), written(figure.today))
        .chart(sparkline(&context.t_with("home-sparkline", &variables), &values))
        .id(format!("stat-{code}"));
    match delta(context, figure) {
        Some(delta) => stat.delta(delta).note(context.t("home-than-yesterday")),
        None => stat.note(context.t("home-nothing-before")),
    }
}

/// Today against yesterday; where yesterday was nothing, no percentage says anything.
fn delta(context: &PageContext, figure: &Figure) -> Option<Delta> {
    let (now, before) = (figure.today, figure.yesterday_so_far);
    if before <= 0 {
        return None;
    }
    let (direction, tone) = match now.cmp(&before) {
        std::cmp::Ordering::Greater => (Direction::Up, Tone::Good),
        std::cmp::Ordering::Less => (Direction::Down, Tone::Bad),
        std::cmp::Ordering::Equal => (Direction::Same, Tone::Neutral),
    };
    let change = (now - before).unsigned_abs() as f64 / before as f64;
    Some(Delta { direction, amount: format_percent(change, 0, context.language), tone })
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
    html! { div class="home-stream" { (timeline(&days)) } }
}

fn day_label(context: &PageContext, one: &News) -> String {
    let date_of = |at: words::Timestamp| context.zone.to_datetime(at.to_jiff()).date();
    crate::kernel::texts::format_day(date_of(one.event.at), date_of(context.now), context.language)
}

fn line(context: &PageContext, one: &News, may_open: bool) -> TimelineItem {
    let event = title(context, &one.event);
    let name = person_label(context, &one.row, one.number);
    TimelineItem {
        icon: event.icon,
        tone: event.tone,
        title: html! {
            @if may_open { a class="timeline-who" href={ "/people/" (one.person) } { (name) } }
            @else { span class="timeline-who" { (name) } }
            " " (event.title)
            @if !event.detail.is_empty() { " · " span class="timeline-what" { (event.detail) } }
        },
        note: None,
        time: html! { time datetime=(one.event.at.to_string()) title=(context.date_time(one.event.at)) { (format_time(one.event.at, &context.zone)) } },
        details: None,
    }
}

fn movements(context: &PageContext, today: &Today) -> Markup {
    let lines: Vec<TallyLine> = today.movements.iter().take(SHOWN_SEGMENTS).map(|one| movement(context, one)).collect();
    tally(&context.t("home-movements"), &lines)
}

fn movement(context: &PageContext, one: &Movement) -> TallyLine {
    let mark = |tone: Tone, sign: &str, count: i64, key: &str| {
        let shown = format!("{sign}{}", context.integer(count));
        html! { @if count > 0 { span title=(context.t(key)) { (badge(tone, &shown)) } } }
    };
    TallyLine {
        label: segment_label(context, &one.name, one.ready_made.as_deref()),
        href: Some(format!("/segments/{}", one.id)),
        marks: html! {
            @if !one.is_built { (badge(Tone::Warning, &context.t("home-building"))) }
            (mark(Tone::Good, "+", one.entered, "home-entered"))
            (mark(Tone::Neutral, "\u{2212}", one.left, "home-left"))
        },
        figure: context.integer(one.members),
    }
}
