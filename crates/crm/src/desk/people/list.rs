//! `GET /people`: the list with its filters, orders, columns and pages.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::routing::get;
use engine::condition::Condition;
use engine::lifecycle::Stage;
use maud::{Markup, html};

use super::address::Address;
use super::find::{self, Count, Listing, Which};
use super::words_of::stage_plural;
use crate::desk::segment_label;
use crate::desk::segments::{PreviewError, SegmentNames, condition_in_a_line, preview};
use crate::kernel::{Access, App, DEFAULT_PAGE_ROWS, Permission, Problem, RouteTable, Visit};
use crate::segments::{self, Definition};
use crate::ui::{
    Button, Empty, FilterChip, Icon, Menu, MenuItem, NavItem, PageContext, PageHead, Pager, Row, Tab, Table, Tone,
    alert, column_menu, filter_chips, page, search_field, tabs,
};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/people", Access::Member(Permission::SeePeople), get(show));
}

/// What the page is made of.
struct View {
    context: PageContext,
    visit: Visit,
    address: Address,
    listing: Listing,
    definitions: Vec<Definition>,
    /// What was wrong with the condition of the address.
    fault: Option<String>,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, Problem> {
    let address = Address::parse(&pairs)?;
    let workspace = visit.actor.workspace;
    let definitions = app.db.read(move |tx| segments::store::definitions(tx, workspace)).await?;
    let (listing, fault) = match &address.condition {
        None => (listed(&app, &visit, &address).await?, None),
        Some(condition) => match matching(&app, &visit, condition).await? {
            Ok(found) => (found, None),
            Err(sentence) => (Listing { people: Vec::new(), next: None, total: None }, Some(sentence)),
        },
    };
    let context = page_context(&visit, Some(NavItem::People));
    Ok(View { context, visit, address, listing, definitions, fault }.render())
}

async fn listed(app: &App, visit: &Visit, address: &Address) -> Result<Listing, Problem> {
    let (workspace, asked) = (visit.actor.workspace, address.clone());
    let place = (DEFAULT_PAGE_ROWS, Count::Wanted);
    let listing =
        app.db.read(move |tx| find::list(tx, workspace, &asked.which, asked.sort, asked.after.as_ref(), place)).await?;
    listing.ok_or_else(|| Problem::not_found("segment"))
}

/// Those whom a condition finds now: how many, and the newest of them. A fault of the condition is told to the reader.
async fn matching(app: &App, visit: &Visit, text: &str) -> Result<Result<Listing, String>, Problem> {
    let parsed = serde_json::from_str(text).map_err(|error| error.to_string());
    let condition = parsed.and_then(|value| Condition::parse(&value).map_err(|error| error.to_string()));
    let condition = match condition {
        Ok(condition) => condition,
        Err(sentence) => return Ok(Err(sentence)),
    };
    match preview(app, visit.actor.workspace, condition).await {
        Ok(found) => Ok(Ok(Listing { people: found.sample, next: None, total: Some(found.count) })),
        Err(PreviewError::Plan(error)) => Ok(Err(error.to_string())),
        Err(PreviewError::Db(error)) => Err(error.into()),
    }
}

impl View {
    fn render(&self) -> Markup {
        let mut head = PageHead::new(self.context.t("people-title")).actions(self.actions());
        if let Some(total) = self.listing.total {
            head = head.count(self.context.integer(total));
        }
        let body = html! {
            (self.stages())
            div class="toolbar" {
                (search_field("/people", "q", &self.context.t("people-search"), self.searched()))
                (filter_chips(self.context.language, &self.chips(), &self.filter_menu(), "/people"))
                (self.column_menu())
            }
            @if let Some(fault) = &self.fault {
                (alert(Tone::Bad, &self.context.t("people-condition-fault"), &html! { p { (fault) } }))
            }
            @if self.listing.people.is_empty() { (self.nobody()) } @else { (self.table()) }
        };
        page(&self.context, &head, &body)
    }

    fn actions(&self) -> Markup {
        let conflicts =
            Button::secondary(self.context.t("conflicts-title")).icon(Icon::Split).link("/people/conflicts");
        html! {
            @if let Some(condition) = &self.address.condition {
                @if self.fault.is_none() && self.visit.actor.may(Permission::EditSegments) {
                    (save_as_segment(&self.context, condition))
                }
            }
            (conflicts)
        }
    }

    fn searched(&self) -> &str {
        match &self.address.which {
            Which::Search(text) => text,
            _ => "",
        }
    }

    /// The stages as views of the list.
    fn stages(&self) -> Markup {
        let tab = |label: String, which: Which| Tab {
            label,
            href: self.address.with(which.clone()).href(),
            count: None,
            is_current: self.address.condition.is_none() && self.address.which == which,
        };
        let all = tab(self.context.t("people-everybody").into_owned(), Which::All);
        let stages = Stage::ALL.map(|stage| tab(stage_plural(&self.context, stage).into_owned(), Which::Stage(stage)));
        let views: Vec<Tab> = std::iter::once(all).chain(stages).collect();
        tabs(&self.context.t("people-views"), &views)
    }

    fn chips(&self) -> Vec<FilterChip> {
        let remove_href = self.address.with(Which::All).href();
        let label = match (&self.address.condition, &self.address.which) {
            (Some(text), _) => self.condition_words(text),
            (None, Which::Segment(id)) => {
                let definition = self.definitions.iter().find(|one| one.id == *id);
                let name = definition.map_or_else(String::new, |one| self.segment_name(one));
                self.context.t_with("people-filter-segment", &[("name", name.into())]).into_owned()
            }
            (None, Which::Search(text)) => {
                self.context.t_with("people-filter-search", &[("text", text.as_str().into())]).into_owned()
            }
            (None, Which::All | Which::Stage(_)) => return Vec::new(),
        };
        vec![FilterChip { label, remove_href }]
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
                let which = Which::Segment(one.id);
                let is_current = self.address.which == which;
                MenuItem::link(self.segment_name(one), self.address.with(which).href()).current(is_current)
            })
            .collect();
        let button = Button::ghost(self.context.t("filter-add")).small().icon(Icon::Plus);
        let builder = MenuItem::link(self.context.t("people-filter-build"), self.builder_href()).icon(Icon::ListFilter);
        let menu = Menu::new("people-filters", button)
            .group(None, &[builder])
            .group(Some(&self.context.t("people-filter-by-segment")), &items);
        html! { (menu) }
    }

    /// The condition builder with the condition of this list.
    fn builder_href(&self) -> String {
        match &self.address.condition {
            Some(condition) => format!("/people/filter?condition={}", super::address::encoded(condition)),
            None => "/people/filter".to_owned(),
        }
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
            Some(total) if self.address.condition.is_some() && total > shown => {
                self.context.t_with("people-sample", &[("shown", shown.into()), ("total", total.into())])
            }
            Some(total) => self.context.t_with("people-summary", &[("shown", shown.into()), ("total", total.into())]),
            None => self.context.t_with("people-found", &[("count", shown.into())]),
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
        if self.fault.is_some() {
            return Markup::default();
        }
        let is_filtered = self.address.condition.is_some() || self.address.which != Which::All;
        let empty = if is_filtered {
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
