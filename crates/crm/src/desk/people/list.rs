//! `GET /people`: the list with its filters, orders, columns and pages.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use db::DbError;
use engine::condition::Condition;
use engine::lifecycle::Stage;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::address::Address;
use super::find::{self, Asked, Filter, Listing, PageEnd};
use super::search::make_ready;
use super::words_of::stage_plural;
use crate::desk::segment_label;
use crate::desk::segments::{Askable, PreviewError, Question, SegmentNames, condition_in_a_line};
use crate::kernel::{Access, App, DEFAULT_PAGE_ROWS, Permission, Problem, RouteTable, Visit};
use crate::profiles;
use crate::segments::{self, Definition};
use crate::ui::{
    Button, Empty, FilterChip, Icon, Menu, MenuItem, NavItem, PageContext, PageHead, Pager, Row, Tab, Table, Tone,
    alert, button_row, column_menu, filter_chips, live_search_field, page, tabs,
};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/people", Access::Member(Permission::SeePeople), show);
}

/// What the page is made of.
struct View {
    context: PageContext,
    visit: Visit,
    address: Address,
    listing: Listing,
    definitions: Vec<Definition>,
    /// How many people the shop has.
    everybody: i64,
    /// What was wrong with the condition of the address.
    fault: Option<Wrong>,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, Problem> {
    make_ready();
    let address = Address::parse(&pairs, visit.sight())?;
    let workspace = visit.actor.workspace;
    let (definitions, everybody) = app
        .db
        .read(move |tx| {
            let definitions = segments::store::definitions(tx, workspace)?;
            Ok::<_, DbError>((definitions, profiles::store::count_people(tx, workspace)?))
        })
        .await?;
    let (listing, fault) = match listed(&app, &visit, &address).await {
        Ok(listing) => (listing, None),
        Err(Fault::Condition(wrong)) => (Listing::nobody(), Some(wrong)),
        Err(Fault::Problem(problem)) => return Err(problem),
    };
    let context = page_context(&visit, Some(NavItem::People));
    Ok(View { context, visit, address, listing, definitions, everybody, fault }.render())
}

/// Why there is no list: the reader is told on the page what is wrong with his condition.
enum Fault {
    Condition(Wrong),
    Problem(Problem),
}

/// What is wrong with a condition, for its author.
struct Wrong {
    title_key: &'static str,
    sentence: String,
}

impl Wrong {
    fn unreadable(error: &dyn std::fmt::Display) -> Self {
        Self { title_key: "people-condition-fault", sentence: error.to_string() }
    }
}

impl<T: Into<Problem>> From<T> for Fault {
    fn from(problem: T) -> Self {
        Self::Problem(problem.into())
    }
}

async fn listed(app: &App, visit: &Visit, address: &Address) -> Result<Listing, Fault> {
    let context = page_context(visit, None);
    let condition = address.condition.as_deref().map(|text| asked(&context, text));
    let condition = condition.transpose().map_err(Fault::Condition)?;
    let (workspace, sight, asked) = (visit.actor.workspace, visit.sight(), address.clone());
    let (plans, now) = (app.stream.plans().clone(), app.now());
    let listing = app.db.read(move |tx| {
        let question = match &condition {
            Some(condition) => {
                let book = plans.of(tx, workspace)?;
                Some(Question::read(tx, workspace, &book.plan, condition, now)?)
            }
            None => None,
        };
        let asked = Asked {
            filter: &asked.filter,
            sight,
            question: question.as_ref(),
            sort: asked.sort(),
            after: asked.after.as_ref(),
            rows: DEFAULT_PAGE_ROWS,
        };
        Ok::<_, PreviewError>(find::list(tx, workspace, &asked)?)
    });
    match listing.await {
        Ok(listing) => listing.ok_or_else(|| Problem::not_found("segment").into()),
        Err(PreviewError::Plan(error)) => Err(Fault::Condition(Wrong::unreadable(&error))),
        Err(PreviewError::Db(error)) => Err(error.into()),
    }
}

fn asked(context: &PageContext, text: &str) -> Result<Askable, Wrong> {
    let value = serde_json::from_str(text).map_err(|error| Wrong::unreadable(&error))?;
    let condition = Condition::parse(&value).map_err(|error| Wrong::unreadable(&error))?;
    let sentence = context.t("segment-problem-contact-hidden");
    Askable::of(condition, context.sight)
        .map_err(|_| Wrong { title_key: "people-condition-hidden", sentence: sentence.into_owned() })
}

impl View {
    fn render(&self) -> Markup {
        let head = PageHead::new(self.context.t("people-title"))
            .actions(self.actions())
            .count(self.context.integer(self.everybody));
        let kept = self.address.kept_without("q");
        let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let search = if self.context.sight.is_masked() { "people-search-masked" } else { "people-search" };
        let searched = self.address.filter.search.as_deref().unwrap_or_default();
        let body = html! {
            (live_search_field("/people", "people-list", &self.context.t(search), searched, &kept))
            div class="stack" id="people-list" {
                (self.stages())
                div class="toolbar" {
                    (filter_chips(self.context.language, &self.chips(), &self.filter_menu(), "/people"))
                    (self.column_menu())
                }
                @if let Some(fault) = &self.fault {
                    (alert(Tone::Bad, &self.context.t(fault.title_key), &html! { p { (fault.sentence) } }))
                }
                @if self.context.sight.is_masked() { p class="note" { (self.context.t("people-masked-note")) } }
                (self.end_note())
                @if self.listing.people.is_empty() { (self.nobody()) } @else { (self.table()) }
            }
        };
        page(&self.context, &head, &body)
    }

    fn actions(&self) -> Markup {
        let conflicts =
            Button::secondary(self.context.t("conflicts-title")).icon(Icon::Split).link("/people/conflicts");
        html! {
            @if self.fault.is_none() && self.visit.actor.may(Permission::EditSegments) {
                @if let Some(rule) = self.as_segment() { (save_as_segment(&self.context, &rule.to_string())) }
            }
            (conflicts)
        }
    }

    /// The filters as the rule of a segment, when there is a condition among them; what was searched for is no rule.
    fn as_segment(&self) -> Option<Value> {
        let condition: Value = serde_json::from_str(self.address.condition.as_deref()?).ok()?;
        let filter = &self.address.filter;
        let stage = filter.stage.map(|stage| json!({"metric": "lifecycle_stage", "op": "eq", "value": stage.as_str()}));
        let segment = filter.segment.map(|id| json!({ "segment": id.to_string() }));
        let mut parts = vec![condition];
        parts.extend(stage.into_iter().chain(segment));
        Some(if parts.len() == 1 { parts.swap_remove(0) } else { json!({ "all": parts }) })
    }

    /// Says when there may be more people than the page shows.
    fn end_note(&self) -> Markup {
        let (title, text) = match self.listing.end {
            PageEnd::Natural => return Markup::default(),
            PageEnd::LookedThrough(count) => (
                self.context.t_with("people-looked-title", &[("count", count.into())]),
                self.context.t("people-looked-text"),
            ),
            PageEnd::FirstFound(count) => (
                self.context.t_with("people-many-title", &[("count", count.into())]),
                self.context.t("people-many-text"),
            ),
        };
        let next = self.listing.next.clone().filter(|_| self.listing.people.is_empty());
        let body = html! {
            p { (text) }
            @if let Some(next) = next {
                (button_row(&[Button::secondary(self.context.t("people-look-further")).small()
                    .icon(Icon::ArrowRight).link(self.address.next_page(next).href())]))
            }
        };
        alert(Tone::New, &title, &body)
    }

    /// The stages as views of the list.
    fn stages(&self) -> Markup {
        let tab = |label: String, stage: Option<Stage>| Tab {
            label,
            href: self.address.with(Filter { stage, ..self.address.filter.clone() }).href(),
            count: None,
            is_current: self.address.filter.stage == stage,
        };
        let all = tab(self.context.t("people-everybody").into_owned(), None);
        let stages = Stage::ALL.map(|stage| tab(stage_plural(&self.context, stage).into_owned(), Some(stage)));
        let views: Vec<Tab> = std::iter::once(all).chain(stages).collect();
        tabs(&self.context.t("people-views"), &views)
    }

    /// Every filter in force, each with its way out.
    fn chips(&self) -> Vec<FilterChip> {
        let (address, filter) = (&self.address, &self.address.filter);
        let mut chips = Vec::new();
        if let Some(text) = &filter.search {
            let label = self.context.t_with("people-filter-search", &[("text", text.as_str().into())]).into_owned();
            let remove_href = address.with(Filter { search: None, ..filter.clone() }).href();
            chips.push(FilterChip { label, remove_href });
        }
        if let Some(stage) = filter.stage {
            let name = stage_plural(&self.context, stage);
            let label = self.context.t_with("people-filter-stage", &[("name", name.into())]).into_owned();
            let remove_href = address.with(Filter { stage: None, ..filter.clone() }).href();
            chips.push(FilterChip { label, remove_href });
        }
        if let Some(id) = filter.segment {
            let definition = self.definitions.iter().find(|one| one.id == id);
            let name = definition.map_or_else(String::new, |one| self.segment_name(one));
            let label = self.context.t_with("people-filter-segment", &[("name", name.into())]).into_owned();
            let remove_href = address.with(Filter { segment: None, ..filter.clone() }).href();
            chips.push(FilterChip { label, remove_href });
        }
        if let Some(text) = &address.condition {
            let remove_href = address.with_condition(None).href();
            chips.push(FilterChip { label: self.condition_words(text), remove_href });
        }
        chips
    }

    /// The condition in one line; a text that is none is told elsewhere.
    fn condition_words(&self, text: &str) -> String {
        let parsed = serde_json::from_str(text).ok().and_then(|value| Condition::parse(&value).ok());
        let names = SegmentNames::of(&self.context, &self.definitions, self.visit.shop.currency);
        match parsed {
            Some(condition) => condition_in_a_line(&self.context, &condition, &names),
            None => self.context.t("people-filter-condition").into_owned(),
        }
    }

    fn segment_name(&self, definition: &Definition) -> String {
        segment_label(&self.context, &definition.name, definition.ready_made.as_deref())
    }

    fn filter_menu(&self) -> Markup {
        let items: Vec<MenuItem> = self
            .definitions
            .iter()
            .map(|one| {
                let filter = Filter { segment: Some(one.id), ..self.address.filter.clone() };
                let is_current = self.address.filter == filter;
                MenuItem::link(self.segment_name(one), self.address.with(filter).href()).current(is_current)
            })
            .collect();
        let button = Button::ghost(self.context.t("filter-add")).small().icon(Icon::Plus);
        let builder = MenuItem::link(self.context.t("people-filter-build"), self.builder_href()).icon(Icon::ListFilter);
        let menu = Menu::new("people-filters", button)
            .group(None, &[builder])
            .group(Some(&self.context.t("people-filter-by-segment")), &items);
        html! { (menu) }
    }

    /// The condition builder with the filters of this list.
    fn builder_href(&self) -> String {
        let list = self.address.with_condition(self.address.condition.clone()).href();
        list.replacen("/people", "/people/filter", 1)
    }

    fn column_menu(&self) -> Markup {
        let kept = self.address.kept();
        let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
        column_menu(self.context.language, "/people", &self.address.columns.choices(&self.context), &kept)
    }

    fn table(&self) -> Markup {
        let (context, columns) = (&self.context, &self.address.columns);
        let rows = self.listing.people.iter().map(|person| {
            let cells = columns.cells(context, &self.visit.shop, person);
            Row::new(cells).panel(format!("/people/{}", person.id))
        });
        let heads = columns.heads(context, &self.address);
        let table = Table::new(context.t("people-title"), heads, rows.collect()).pager(self.pager());
        table.render(context.language)
    }

    fn pager(&self) -> Pager {
        let listing = &self.listing;
        let shown = i64::try_from(listing.people.len()).unwrap_or(i64::MAX);
        let summary = match listing.total {
            Some(total) => self.context.t_with("people-summary", &[("shown", shown.into()), ("total", total.into())]),
            None => self.context.t_with("people-on-page", &[("count", shown.into())]),
        };
        Pager {
            previous: self.address.previous_page().map(|page| page.href()),
            next: listing.next.clone().map(|place| self.address.next_page(place).href()),
            summary: Some(summary.into_owned()),
        }
    }

    /// Nobody at all yet, or nobody of this kind.
    fn nobody(&self) -> Markup {
        let t = |key: &str| self.context.t(key).into_owned();
        if self.fault.is_some() || self.listing.next.is_some() {
            return Markup::default();
        }
        let empty = if self.address.is_filtered() {
            let clear = Button::secondary(t("people-clear")).link("/people");
            Empty::new(Icon::Search, t("people-none-title"), t("people-none-text")).action(clear)
        } else {
            let sources = Button::primary(t("people-empty-action")).link("/sources").icon(Icon::Plug);
            Empty::new(Icon::Users, t("people-empty-title"), t("people-empty-text")).action(sources)
        };
        html! { (empty) }
    }
}

/// The builder of segments, with this condition in it: the name is given there.
fn save_as_segment(context: &PageContext, condition: &str) -> Markup {
    let href = format!("/segments/new?condition={}", super::address::encoded(condition));
    html! { (Button::primary(context.t("people-save-segment")).icon(Icon::Save).link(href)) }
}
