//! "As of": who was in a segment at an instant of the past, recomputed from the log with today's condition.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use db::{DbError, Tx};
use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, Render, html};
use serde::Deserialize;
use words::{ProfileId, SegmentId, Timestamp, WorkspaceId};

use super::edit;
use super::list::share;
use super::members::{MemberThen, members_then_table};
use super::past::{MembersPage, members_at};
use super::refusal::Refusal;
use super::wire::Standings;
use super::words::{SegmentNames, condition_in_words};
use crate::desk::roots::Owners;
use crate::desk::segment_label;
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::segments::Definition;
use crate::ui::{
    Button, Empty, Field, Icon, NavItem, PageContext, PageHead, Pager, Stat, Tone, alert, page, panel, stat_row,
};
use crate::workspaces::page_context;
use crate::{profiles, segments, stream};

/// Members of one page.
const ROWS: usize = 50;
/// Steps of the replay for one page: where members are rare, the reader turns on rather than waits.
const MAX_STEPS: usize = 3;
/// More than a step of the replay ever finds.
const ALL_OF_A_STEP: usize = 1_000_000;

pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Member(Permission::SeeSegments);
    table.add(Method::GET, "/segments/{id}/as-of", see, show);
    table.add(Method::GET, "/segments/{id}/as-of/count", see, count_on);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AsOfQuery {
    /// Date and time in the shop's time zone, as a form sends it: `2026-11-01T08:30`.
    at: String,
    after: i64,
    /// Members counted so far.
    found: i64,
}

/// Why an instant cannot be shown.
#[derive(Debug, PartialEq, Eq)]
enum BadInstant {
    Unreadable,
    InTheFuture,
    BeforeTheLog,
}

impl BadInstant {
    fn sentence(&self, context: &PageContext, begins: Option<Timestamp>) -> String {
        match (self, begins) {
            (Self::Unreadable, _) => context.t("as-of-unreadable").into_owned(),
            (Self::InTheFuture, _) => context.t("as-of-future").into_owned(),
            (Self::BeforeTheLog, Some(begins)) => {
                let begins = context.date_time(begins);
                context.t_with("as-of-before", &[("date", begins.into())]).into_owned()
            }
            (Self::BeforeTheLog, None) => context.t("as-of-nothing").into_owned(),
        }
    }
}

/// The instant that a wall clock of the shop showed. Of the hour that autumn gives twice it is the first.
fn read_instant(
    text: &str,
    zone: &TimeZone,
    begins: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, BadInstant> {
    let civil: DateTime = text.trim().parse().map_err(|_| BadInstant::Unreadable)?;
    let instant = zone.to_timestamp(civil).map_err(|_| BadInstant::Unreadable)?;
    let at = Timestamp::from_millis(instant.as_millisecond());
    if at > now {
        return Err(BadInstant::InTheFuture);
    }
    // The minute of the first event is the first that a form can name.
    let minute_of = |instant: Timestamp| instant.as_millis().div_euclid(60_000);
    if begins.is_none_or(|begins| minute_of(at) < minute_of(begins)) {
        return Err(BadInstant::BeforeTheLog);
    }
    Ok(at)
}

/// As the form's field holds it: to the minute, in the shop's time zone.
fn civil_text(civil: DateTime) -> String {
    civil.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// What the control and the page need besides the replay.
struct Frame {
    definition: Definition,
    names: SegmentNames,
    standings: Standings,
    people: i64,
    begins: Option<Timestamp>,
}

impl Frame {
    async fn read(app: &App, visit: &Visit, context: &PageContext, id: SegmentId) -> Result<Self, Problem> {
        let (workspace, now, currency) = (visit.actor.workspace, visit.now, visit.shop.currency);
        let context = context.clone();
        let read = app.db.read(move |tx| {
            let Some(definition) = segments::store::definition(tx, workspace, id)? else { return Ok(None) };
            Ok::<_, DbError>(Some(Self {
                names: SegmentNames::read(tx, workspace, &context, currency)?,
                standings: Standings::read(tx, workspace, now)?,
                people: profiles::store::count_people(tx, workspace)?,
                begins: stream::log::first_arrival(tx, workspace)?,
                definition,
            }))
        });
        read.await?.ok_or_else(|| Problem::not_found("segment"))
    }
}

/// Chooses the instant; stands on the segment's page too. Nothing while the log is empty.
pub(super) fn chooser(
    context: &PageContext,
    visit: &Visit,
    id: SegmentId,
    begins: Option<Timestamp>,
    chosen: Option<(&str, Option<String>)>,
) -> Markup {
    let Some(begins) = begins else { return Markup::default() };
    let is_chosen = chosen.is_some();
    let zone = &visit.shop.time_zone;
    let now = zone.to_datetime(visit.now.to_jiff());
    let begins = zone.to_datetime(begins.to_jiff());
    let (value, error) = match chosen {
        Some((text, error)) => (text.to_owned(), error),
        None => (civil_text(now.date().to_datetime(jiff::civil::Time::midnight())), None),
    };
    let place = zone.iana_name().unwrap_or("UTC").replace('_', " ");
    let field = Field::date_time("at", context.t_with("as-of-label", &[("zone", place.into())]))
        .value(value)
        .error(error)
        .required()
        .attribute("min", civil_text(begins))
        .attribute("max", format!("{}T23:59", now.date()));
    html! {
        form class="as-of" method="get" action={ "/segments/" (id) "/as-of" } aria-label=(context.t("as-of-title")) {
            (field)
            (Button::secondary(context.t("as-of-show")).icon(Icon::History))
            @if is_chosen { (Button::ghost(context.t("as-of-now")).icon(Icon::Undo2).link(format!("/segments/{id}"))) }
            (quick_choices(context, id, now, begins))
        }
    }
}

/// The wall clock of now, some days ago.
fn quick_choices(context: &PageContext, id: SegmentId, now: DateTime, begins: DateTime) -> Markup {
    let days = [1, 7, 30, 365].map(|days| (days, now.saturating_sub(days.days())));
    html! {
        span class="as-of-quick" {
            @for (days, then) in days.iter().filter(|(_, then)| *then > begins) {
                (Button::ghost(context.t_with("as-of-days", &[("count", (*days).into())]))
                    .small().link(format!("/segments/{id}/as-of?at={}", civil_text(*then))))
            }
        }
    }
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Refusal> {
    edit::catch_up(&app, visit.actor.workspace).await?;
    let context = page_context(&visit, Some(NavItem::Segments));
    let frame = Frame::read(&app, &visit, &context, id).await?;
    let instant = read_instant(&query.at, &visit.shop.time_zone, frame.begins, visit.now);
    let screen = Screen { context: &context, visit: &visit, frame: &frame, text: &query.at };
    match instant {
        Err(bad) => Ok((StatusCode::UNPROCESSABLE_ENTITY, screen.refused(&bad)).into_response()),
        Ok(at) => {
            let found = Found::read(&app, &visit, &frame.definition, at, query.after).await?;
            Ok(screen.page(at, &found, query.after).into_response())
        }
    }
}

/// A page of members, and the first step of counting them all.
struct Found {
    members: Vec<MemberThen>,
    next: Option<i64>,
    count: Option<Counted>,
}

/// How far the counting is.
struct Counted {
    found: i64,
    /// Where it goes on; none when everybody was looked at.
    after: Option<i64>,
}

impl Found {
    async fn read(
        app: &App,
        visit: &Visit,
        definition: &Definition,
        at: Timestamp,
        after: i64,
    ) -> Result<Self, Refusal> {
        let workspace = visit.actor.workspace;
        let no = definition.no;
        let (mut ids, mut place, mut count) = (Vec::new(), Some(after), None);
        for _ in 0..MAX_STEPS {
            let Some(from) = place.filter(|_| ids.len() < ROWS) else { break };
            let step = members_at(app, workspace, definition.id, Some(at), from, ALL_OF_A_STEP).await?;
            if from == 0 {
                count = Some(Counted::default().plus(&step));
            }
            ids.extend(step.members);
            place = step.next_after;
        }
        let has_more = ids.len() > ROWS;
        ids.truncate(ROWS);
        let members = app.db.read(move |tx| members(tx, workspace, no, &ids)).await?;
        let next = if has_more { members.last().map(|member| member.number) } else { place };
        Ok(Self { members, next, count })
    }
}

impl Default for Counted {
    fn default() -> Self {
        Self { found: 0, after: Some(0) }
    }
}

impl Counted {
    fn plus(&self, step: &MembersPage) -> Self {
        let found = i64::try_from(step.members.len()).unwrap_or(i64::MAX);
        Self { found: self.found.saturating_add(found), after: step.next_after }
    }
}

fn members(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    segment_no: u32,
    ids: &[ProfileId],
) -> Result<Vec<MemberThen>, DbError> {
    let numbers = profiles::store::numbers_of(tx, workspace, ids)?;
    let owners = Owners::read(tx, workspace, &numbers)?;
    let today: Vec<i64> = numbers.iter().filter_map(|number| Some(owners.of(*number)?.number)).collect();
    let states = profiles::store::states_of(tx, workspace, &today)?;
    let since = |person: i64| {
        let state = states.iter().find(|state| state.number == person)?;
        state.standing.memberships.get(&segment_no).copied()
    };
    let members = numbers.iter().filter_map(|number| {
        let person = owners.of(*number)?.clone();
        Some(MemberThen { number: *number, member_since: since(person.number), person })
    });
    Ok(members.collect())
}

/// Counts one step further: the figures ask for it again and again until everybody was looked at.
async fn count_on(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
    Query(query): Query<AsOfQuery>,
) -> Result<Markup, Refusal> {
    let context = page_context(&visit, Some(NavItem::Segments));
    let frame = Frame::read(&app, &visit, &context, id).await?;
    let screen = Screen { context: &context, visit: &visit, frame: &frame, text: &query.at };
    let at = read_instant(&query.at, &visit.shop.time_zone, frame.begins, visit.now)
        .map_err(|bad| Problem::bad_request("bad_instant", bad.sentence(&context, frame.begins)))?;
    let step = members_at(&app, visit.actor.workspace, id, Some(at), query.after, ALL_OF_A_STEP).await?;
    Ok(screen.figures(&Counted { found: query.found, after: None }.plus(&step)))
}

struct Screen<'a> {
    context: &'a PageContext,
    visit: &'a Visit,
    frame: &'a Frame,
    /// The instant as it was asked for.
    text: &'a str,
}

impl Screen<'_> {
    fn id(&self) -> SegmentId {
        self.frame.definition.id
    }

    fn whole(&self, error: Option<String>, body: &Markup) -> Markup {
        let definition = &self.frame.definition;
        let name = segment_label(self.context, &definition.name, definition.ready_made.as_deref());
        let title = self.context.t_with("as-of-of", &[("name", name.as_str().into())]);
        let head = PageHead::new(title).back(name, format!("/segments/{}", self.id()));
        let begins = self.frame.begins;
        let chooser = chooser(self.context, self.visit, self.id(), begins, Some((self.text, error)));
        page(self.context, &head, &html! { div class="stack" { (chooser) (body) } })
    }

    fn refused(&self, bad: &BadInstant) -> Markup {
        let sentence = bad.sentence(self.context, self.frame.begins);
        // Without a log there is no field to say it at.
        if self.frame.begins.is_none() {
            let empty = Empty::new(Icon::History, self.context.t("as-of-title"), sentence);
            return self.whole(None, &html! { div class="panel" { (empty) } });
        }
        self.whole(Some(sentence), &Markup::default())
    }

    fn page(&self, at: Timestamp, found: &Found, after: i64) -> Markup {
        let when = self.context.date_time(at);
        let title = self.context.t_with("as-of-stood", &[("date", when.into())]);
        let note = html! { (self.context.t("as-of-what")) };
        let body = html! {
            (alert(Tone::Accent, &title, &note))
            @match &found.count {
                Some(count) => { (self.figures(count)) }
                None => { (self.figures(&Counted::default())) }
            }
            div class="split" {
                div class="stack" { (self.members(found, after)) }
                div class="stack" { (self.condition()) }
            }
        };
        self.whole(None, &body)
    }

    /// Members then and now; asks for the next step while there is one.
    fn figures(&self, counted: &Counted) -> Markup {
        let (context, frame) = (self.context, self.frame);
        let now = frame.standings.count(&frame.definition);
        let counted_on = counted.after.map(|after| {
            let found = counted.found;
            format!("/segments/{}/as-of/count?at={}&after={after}&found={found}", self.id(), self.text)
        });
        let then = Stat::new(context.t("as-of-then"), context.integer(counted.found));
        let then = match counted.after {
            Some(after) => {
                let ratio = after as f64 / frame.standings.highest_number().max(1) as f64;
                let done = crate::kernel::texts::format_percent(ratio.clamp(0.0, 0.99), 0, context.language);
                then.note(context.t_with("as-of-counting", &[("share", done.into())]))
            }
            None => then.note(self.compared(counted.found, now)),
        };
        let today = Stat::new(context.t("as-of-members-now"), context.integer(now))
            .note(context.t_with("segment-preview-share", &[("share", share(context, now, frame.people).into())]))
            .link(format!("/segments/{}", self.id()));
        html! {
            div id="as-of-figures" role="status" aria-busy=[counted_on.is_some().then_some("true")]
                hx-get=[counted_on.as_deref()] hx-trigger=[counted_on.is_some().then_some("load")] hx-swap="outerHTML" {
                (stat_row(context.language, &[then, today]))
            }
        }
    }

    fn compared(&self, then: i64, now: i64) -> String {
        let difference = now - then;
        let key = match difference {
            0 => "as-of-same",
            more if more > 0 => "as-of-more-now",
            _ => "as-of-fewer-now",
        };
        self.context.t_with(key, &[("count", difference.abs().into())]).into_owned()
    }

    fn members(&self, found: &Found, after: i64) -> Markup {
        let address = |after: i64| format!("/segments/{}/as-of?at={}&after={after}", self.id(), self.text);
        let counted = found.count.as_ref().filter(|counted| counted.after.is_none());
        let people = |counted: &Counted| self.context.t_with("segment-people", &[("count", counted.found.into())]);
        let pager = Pager {
            previous: (after > 0).then(|| format!("/segments/{}/as-of?at={}", self.id(), self.text)),
            next: found.next.map(address),
            summary: counted.map(|counted| people(counted).into_owned()),
        };
        if !found.members.is_empty() {
            return members_then_table(self.context, &found.members, pager);
        }
        let (title, text) = match pager.next {
            Some(_) => ("as-of-none-so-far-title", "as-of-none-so-far-text"),
            None if after > 0 => ("as-of-no-more-title", "as-of-no-more-text"),
            None => ("as-of-nobody-title", "as-of-nobody-text"),
        };
        let mut empty = Empty::new(Icon::Users, self.context.t(title), self.context.t(text));
        if let Some(next) = pager.next {
            empty = empty.action(Button::secondary(self.context.t("as-of-look-on")).link(next));
        }
        html! { div class="panel" { (empty.render()) } }
    }

    fn condition(&self) -> Markup {
        let words = condition_in_words(self.context, &self.frame.definition.condition, &self.frame.names);
        panel(&self.context.t("segment-condition-title"), &Markup::default(), &words)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn the_instant_is_that_of_the_shops_wall_clock() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let (begins, now) = (at("2025-01-01T00:00:00Z"), at("2026-11-22T12:00:00Z"));
        let read = |text: &str| read_instant(text, &paris, Some(begins), now);
        assert_eq!(read("2026-07-01T00:00"), Ok(at("2026-06-30T22:00:00Z")));
        assert_eq!(read(" 2026-11-01T08:30:07 "), Ok(at("2026-11-01T07:30:07Z")));
        // 02:30 is there twice on 25 October and never on 29 March.
        assert_eq!(read("2026-10-25T02:30"), Ok(at("2026-10-25T00:30:00Z")));
        assert_eq!(read("2026-03-29T02:30"), Ok(at("2026-03-29T01:30:00Z")));
        assert_eq!(read("2026-11-22T13:00"), Ok(now));
        assert_eq!(read("2026-11-22T13:01"), Err(BadInstant::InTheFuture));
        assert_eq!(read("2024-12-31T23:59"), Err(BadInstant::BeforeTheLog));
        assert_eq!(read_instant("2026-11-01T08:30", &paris, None, now), Err(BadInstant::BeforeTheLog));
        for text in ["", "yesterday", "2026-02-30T00:00", "2026-11-01T08:30Z"] {
            assert_eq!(read(text), Err(BadInstant::Unreadable), "{text:?}");
        }
    }
}
