//! `/privacy/register`: what is kept, of whom, what for, by what right and how long, told table by table from the register
//! that the schema is tested against.

use axum::Extension;
use axum::http::Method;
use maud::{Markup, html};
use words::Span;

use super::privacy_tabs;
use crate::kernel::{Access, Permission, RouteTable, Visit};
use crate::privacy::register::{Basis, Erasing, Purpose, REGISTER, Retention, Table as Kept, Whose};
use crate::ui::{Column, NavItem, PageContext, PageHead, Row, Table, page, panel};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/privacy/register", Access::Member(Permission::ErasePeople), show);
}

async fn show(Extension(visit): Extension<Visit>) -> Markup {
    let context = page_context(&visit, Some(NavItem::Privacy));
    let head = PageHead::new(context.t("register-title")).note(html! { (context.t("register-note")) });
    let body = html! {
        div class="stack" {
            (privacy_tabs(&context, &visit, "/privacy/register"))
            @for purpose in Purpose::ALL { (panel_of(&context, purpose)) }
        }
    };
    page(&context, &head, &body)
}

fn panel_of(context: &PageContext, purpose: Purpose) -> Markup {
    let columns = vec![
        Column::text(context.t("register-table")),
        Column::text(context.t("register-columns")),
        Column::text(context.t("register-whose")),
        Column::text(context.t("register-retention")),
        Column::text(context.t("register-erasing")).minor(),
    ];
    let rows = REGISTER.iter().filter(|table| table.purpose == purpose).flat_map(|table| rows_of(context, table));
    let title = context.t(&format!("register-purpose-{}", code_of_purpose(purpose)));
    let table = Table::new(title.clone(), columns, rows.collect()).render(context.language);
    let bases: Vec<String> = purpose
        .bases()
        .iter()
        .map(|basis| context.t(&format!("register-basis-{}", code_of_basis(*basis))).into_owned())
        .collect();
    let by_right = if bases.is_empty() { context.t("register-no-basis").into_owned() } else { bases.join(" · ") };
    panel(&title, &Markup::default(), &html! { div class="stack" { p class="note" { (by_right) } (table) } })
}

fn rows_of<'a>(context: &'a PageContext, table: &'static Kept) -> impl Iterator<Item = Row> + 'a {
    table.columns.iter().map(move |(whose, columns)| {
        Row::new(vec![
            html! { code { (table.name) } },
            html! { div class="wraps note" { (columns.join(", ")) } },
            html! { (context.t(&format!("register-whose-{}", code_of_whose(*whose)))) },
            html! { (retention_words(context, table.retention)) },
            html! { (erasing_words(context, *whose)) },
        ])
    })
}

fn retention_words(context: &PageContext, retention: Retention) -> String {
    match retention {
        Retention::WithPerson => context.t("register-with-person").into_owned(),
        Retention::WithMember => context.t("register-with-member").into_owned(),
        Retention::WithShop => context.t("register-with-shop").into_owned(),
        Retention::For(span) if span.as_millis() % Span::from_days(1).as_millis() == 0 => context
            .t_with("register-days", &[("count", (span.as_millis() / Span::from_days(1).as_millis()).into())])
            .into_owned(),
        Retention::For(span) => {
            context.t_with("register-minutes", &[("count", (span.as_millis() / 60_000).into())]).into_owned()
        }
        Retention::Newest(rows) => context.t_with("register-newest", &[("count", rows.into())]).into_owned(),
        Retention::UntilDecided => context.t("register-until-decided").into_owned(),
    }
}

fn erasing_words(context: &PageContext, whose: Whose) -> String {
    match whose {
        Whose::Person(Erasing::AtOnce) => context.t("register-at-once").into_owned(),
        Whose::Person(Erasing::InSteps) => context.t("register-in-steps").into_owned(),
        Whose::Person(Erasing::RunsOut) => context.t("register-runs-out").into_owned(),
        Whose::Member | Whose::Shop | Whose::Figure | Whose::Technical | Whose::Tombstone => "—".to_owned(),
    }
}

fn code_of_purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Customers => "customers",
        Purpose::Orders => "orders",
        Purpose::Refusals => "refusals",
        Purpose::Erasure => "erasure",
        Purpose::Integrity => "integrity",
        Purpose::Repair => "repair",
        Purpose::Access => "access",
        Purpose::Accountability => "accountability",
        Purpose::Reports => "reports",
        Purpose::Operation => "operation",
    }
}

fn code_of_basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "consent",
        Basis::Contract => "contract",
        Basis::LegalObligation => "obligation",
        Basis::LegitimateInterest => "interest",
    }
}

fn code_of_whose(whose: Whose) -> &'static str {
    match whose {
        Whose::Person(_) => "person",
        Whose::Member => "member",
        Whose::Shop => "shop",
        Whose::Figure => "figure",
        Whose::Technical => "technical",
        Whose::Tombstone => "tombstone",
    }
}
