//! The columns of the list: which are shown, what each is called and holds.

use maud::{Markup, html};

use super::address::Address;
use super::words_of::{country_name, person_label, revenue, row_avatar, stage_badge};
use crate::kernel::Shop;
use crate::profiles::SortBy;
use crate::profiles::store::ListedPerson;
use crate::ui::{Column, ColumnChoice, PageContext, Sorted, dash, shown, time_ago};

/// A column that may be hidden; the name always stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownColumn {
    Stage,
    Email,
    Phone,
    Orders,
    Revenue,
    LastSeen,
    FirstSeen,
    Country,
    City,
}

impl ShownColumn {
    pub const ALL: [Self; 9] = [
        Self::Stage,
        Self::Email,
        Self::Phone,
        Self::Orders,
        Self::Revenue,
        Self::LastSeen,
        Self::FirstSeen,
        Self::Country,
        Self::City,
    ];

    /// Shown until somebody chooses others.
    const USUAL: [Self; 6] = [Self::Stage, Self::Email, Self::Orders, Self::Revenue, Self::Country, Self::LastSeen];

    pub fn code(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Orders => "orders",
            Self::Revenue => "revenue",
            Self::LastSeen => "last_seen",
            Self::FirstSeen => "first_seen",
            Self::Country => "country",
            Self::City => "city",
        }
    }

    fn label_key(self) -> &'static str {
        match self {
            Self::Stage => "people-column-stage",
            Self::Email => "people-column-email",
            Self::Phone => "people-column-phone",
            Self::Orders => "people-column-orders",
            Self::Revenue => "people-column-revenue",
            Self::LastSeen => "people-column-last-seen",
            Self::FirstSeen => "people-column-first-seen",
            Self::Country => "people-column-country",
            Self::City => "people-column-city",
        }
    }

    /// The order that a click on its head brings.
    fn sort(self) -> Option<SortBy> {
        match self {
            Self::Orders => Some(SortBy::Orders),
            Self::Revenue => Some(SortBy::Revenue),
            Self::LastSeen => Some(SortBy::LastSeen),
            Self::FirstSeen => Some(SortBy::Newest),
            _ => None,
        }
    }

    fn head(self, context: &PageContext, address: &Address) -> Column {
        let label = context.t(self.label_key());
        let column = match self {
            Self::Orders | Self::Revenue => Column::number(label),
            Self::Phone | Self::FirstSeen | Self::Country | Self::City => Column::text(label).minor(),
            _ => Column::text(label),
        };
        match self.sort() {
            Some(sort) => sorting(column, address, sort, Sorted::Descending),
            None => column,
        }
    }

    fn cell(self, context: &PageContext, shop: &Shop, person: &ListedPerson) -> Markup {
        let row = &person.row;
        match self {
            Self::Stage => stage_badge(context, &row.stage),
            Self::Email => shown(context, row.email(context.sight)),
            Self::Phone => shown(context, row.phone(context.sight)),
            Self::Orders => html! { (context.integer(row.orders_count)) },
            Self::Revenue => revenue(context, shop.currency, row),
            Self::LastSeen => time_ago(context, row.last_seen_at),
            Self::FirstSeen => time_ago(context, row.first_seen_at),
            Self::Country => or_dash(&country_name(context, &row.country)),
            Self::City => or_dash(&row.city),
        }
    }
}

fn or_dash(text: &str) -> Markup {
    html! { @if text.is_empty() { (dash()) } @else { (text) } }
}

fn sorting(column: Column, address: &Address, sort: SortBy, direction: Sorted) -> Column {
    let state = if address.sort() == sort { direction } else { Sorted::No };
    column.sorts(address.sorted_by(sort).href(), state)
}

/// The columns of one list.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns(Option<Vec<ShownColumn>>);

impl Columns {
    pub fn parse(pairs: &[(String, String)]) -> Self {
        let is_named =
            |column: &ShownColumn| pairs.iter().any(|(name, value)| name == "columns" && value == column.code());
        let chosen: Vec<ShownColumn> = ShownColumn::ALL.into_iter().filter(is_named).collect();
        Self((!chosen.is_empty()).then_some(chosen))
    }

    /// Those that somebody chose; `None` while the usual ones are shown.
    pub fn chosen(&self) -> Option<&[ShownColumn]> {
        self.0.as_deref()
    }

    fn shown(&self) -> &[ShownColumn] {
        self.0.as_deref().unwrap_or(&ShownColumn::USUAL)
    }

    pub fn choices(&self, context: &PageContext) -> Vec<ColumnChoice> {
        let choice = |column: ShownColumn| ColumnChoice {
            key: column.code().to_owned(),
            label: context.t(column.label_key()).into_owned(),
            is_shown: self.shown().contains(&column),
        };
        ShownColumn::ALL.map(choice).to_vec()
    }

    pub fn heads(&self, context: &PageContext, address: &Address) -> Vec<Column> {
        let name = Column::text(context.t("people-column-name"));
        let name =
            if context.sight.is_masked() { name } else { sorting(name, address, SortBy::Name, Sorted::Ascending) };
        std::iter::once(name).chain(self.shown().iter().map(|column| column.head(context, address))).collect()
    }

    pub fn cells(&self, context: &PageContext, shop: &Shop, person: &ListedPerson) -> Vec<Markup> {
        let name = person_label(context, &person.row, person.number);
        let first = html! { (row_avatar(context, &person.row)) " " (name) };
        std::iter::once(first).chain(self.shown().iter().map(|column| column.cell(context, shop, person))).collect()
    }
}
