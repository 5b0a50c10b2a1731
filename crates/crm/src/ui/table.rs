//! Lists: columns that sort, rows that open, pages by keyset; on a phone each row becomes a card.

use maud::{Markup, html};

use super::button::Button;
use super::form::{Checked, checkbox};
use super::icon::{Icon, icon};
use super::menu::Menu;
use crate::kernel::texts::{Language, t, t_with};

/// More columns than this scroll sideways in a box of their own, even on a wide screen.
const MAX_COLUMNS_ON_PAGE: usize = 8;

/// The head of a column.
#[derive(Debug, Clone)]
pub struct Column {
    label: String,
    is_number: bool,
    is_minor: bool,
    sort: Option<(String, Sorted)>,
}

/// How a column sorts the list now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sorted {
    No,
    Ascending,
    Descending,
}

impl Column {
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), is_number: false, is_minor: false, sort: None }
    }

    /// Figures stand at the end of their cell, one under the other.
    pub fn number(label: impl Into<String>) -> Self {
        Self { is_number: true, ..Self::text(label) }
    }

    /// A column that goes first when the room is short.
    pub fn minor(mut self) -> Self {
        self.is_minor = true;
        self
    }

    /// A head that sorts: `href` is the list in the other order.
    pub fn sorts(mut self, href: impl Into<String>, sorted: Sorted) -> Self {
        self.sort = Some((href.into(), sorted));
        self
    }

    fn class(&self) -> Option<&'static str> {
        match (self.is_number, self.is_minor) {
            (false, false) => None,
            (true, false) => Some("number"),
            (false, true) => Some("minor"),
            (true, true) => Some("number minor"),
        }
    }
}

/// One line of a list.
#[derive(Debug, Clone)]
pub struct Row {
    cells: Vec<Markup>,
    href: Option<String>,
    is_panel: bool,
    selection: Option<(String, String)>,
}

impl Row {
    /// One cell for each column, the name of the thing first.
    pub fn new(cells: Vec<Markup>) -> Self {
        Self { cells, href: None, is_panel: false, selection: None }
    }

    /// The whole row opens this address.
    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    /// The whole row opens this address in the side panel: the server is asked for it with `HX-Target: side-panel`.
    pub fn panel(mut self, href: impl Into<String>) -> Self {
        self.is_panel = true;
        self.link(href)
    }

    /// A box to select the row with; `name` is what it is called to those who hear it.
    pub fn selectable(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.selection = Some((id.into(), name.into()));
        self
    }
}

/// The pages before and after this one. Keyset pages have no numbers.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    pub previous: Option<String>,
    pub next: Option<String>,
    /// "12,408 people"
    pub summary: Option<String>,
}

/// A list.
#[derive(Debug, Clone)]
pub struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    pager: Option<Pager>,
    bulk: Option<Markup>,
}

impl Table {
    /// The caption is read out, not shown.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self { caption: caption.into(), columns, rows, pager: None, bulk: None }
    }

    pub fn pager(mut self, pager: Pager) -> Self {
        self.pager = Some(pager);
        self
    }

    /// What can be done with the selected rows. Wrap the table in a form: the boxes send `ids`.
    pub fn bulk(mut self, actions: Markup) -> Self {
        self.bulk = Some(actions);
        self
    }

    pub fn render(&self, language: Language) -> Markup {
        html! {
            data-table .table .table-wide[self.columns.len() > MAX_COLUMNS_ON_PAGE] {
                div class="table-scroll" tabindex="0" role="region" aria-label=(self.caption) {
                    table {
                        caption class="visually-hidden" { (self.caption) }
                        thead { (self.head(language)) }
                        tbody { @for row in &self.rows { (self.row(row, language)) } }
                    }
                }
                @if let Some(actions) = &self.bulk { (bulk_bar(actions, language)) }
                @if let Some(pager) = &self.pager { (pages(pager, &self.caption, language)) }
            }
        }
    }

    fn head(&self, language: Language) -> Markup {
        html! {
            tr {
                @if self.bulk.is_some() {
                    th scope="col" class="select-cell" {
                        input type="checkbox" data-select-all aria-label=(t(language, "select-all"));
                    }
                }
                @for column in &self.columns { (column_head(column, language)) }
            }
        }
    }

    fn row(&self, row: &Row, language: Language) -> Markup {
        html! {
            tr {
                @if self.bulk.is_some() { td class="select-cell" { (selection(row, language)) } }
                @for (index, (cell, column)) in row.cells.iter().zip(&self.columns).enumerate() {
                    @if index == 0 {
                        th scope="row" { (name_cell(cell, row)) }
                    } @else {
                        td class=[column.class()] data-label=(column.label) { (cell) }
                    }
                }
            }
        }
    }
}

fn selection(row: &Row, language: Language) -> Markup {
    html! {
        @if let Some((id, name)) = &row.selection {
            input type="checkbox" name="ids" value=(id)
                aria-label=(t_with(language, "select-row", &[("name", name.as_str().into())]));
        }
    }
}

fn column_head(column: &Column, language: Language) -> Markup {
    let Some((href, sorted)) = &column.sort else {
        return html! { th scope="col" class=[column.class()] { (column.label) } };
    };
    let (state, arrow) = match sorted {
        Sorted::No => ("none", Icon::ChevronsUpDown),
        Sorted::Ascending => ("ascending", Icon::ArrowUp),
        Sorted::Descending => ("descending", Icon::ArrowDown),
    };
    let title = t_with(language, "sort-by", &[("column", column.label.as_str().into())]);
    html! {
        th scope="col" class=[column.class()] aria-sort=(state) {
            a class="sort" href=(href) title=(title) { (column.label) (icon(arrow)) }
        }
    }
}

fn name_cell(cell: &Markup, row: &Row) -> Markup {
    match &row.href {
        None => cell.clone(),
        Some(href) if row.is_panel => html! {
            a class="row-link" href=(href) hx-get=(href) hx-target="#side-panel" hx-swap="innerHTML" hx-push-url="true" { (cell) }
        },
        Some(href) => html! { a class="row-link" href=(href) { (cell) } },
    }
}

fn bulk_bar(actions: &Markup, language: Language) -> Markup {
    html! {
        div class="bulk-bar" role="status" {
            span data-selected-one=(t_with(language, "selected-count", &[("count", 1.into())]))
                data-selected-other=(t_with(language, "selected-many", &[("count", "{count}".into())])) {}
            (actions)
            (Button::ghost(t(language, "clear-selection")).small().inert().attribute("data-clear-selection", ""))
        }
    }
}

fn pages(pager: &Pager, caption: &str, language: Language) -> Markup {
    let label = t_with(language, "pages-label", &[("list", caption.into())]);
    let step = |href: &Option<String>, key: &str, icon: Icon, rel: &str| {
        let button = Button::secondary(t(language, key)).small().icon(icon).attribute("rel", rel);
        match href {
            Some(href) => button.link(href),
            None => button.inert().disabled(),
        }
    };
    html! {
        nav class="pager" aria-label=(label) {
            span class="pager-summary" { (pager.summary.as_deref().unwrap_or_default()) }
            @if pager.previous.is_some() || pager.next.is_some() {
                (step(&pager.previous, "page-previous", Icon::ChevronLeft, "prev"))
                (step(&pager.next, "page-next", Icon::ChevronRight, "next"))
            }
        }
    }
}

/// A column that a reader may show or hide.
#[derive(Debug, Clone)]
pub struct ColumnChoice {
    pub key: String,
    pub label: String,
    pub is_shown: bool,
}

/// The menu that chooses columns: a form that sends `columns=` for each chosen one, and what must be kept of the address.
pub fn column_menu(language: Language, action: &str, choices: &[ColumnChoice], kept: &[(&str, &str)]) -> Markup {
    let form = html! {
        form class="menu-form" method="get" action=(action) {
            @for (name, value) in kept { input type="hidden" name=(name) value=(value); }
            @for choice in choices { (checkbox("columns", &choice.key, &choice.label, Checked(choice.is_shown))) }
            (Button::primary(t(language, "apply")).small())
        }
    };
    let button = Button::secondary(t(language, "columns")).small().icon(Icon::Columns3);
    let title = t(language, "columns-choose");
    html! { (Menu::new("column-menu", button).section(Some(&title), form)) }
}
