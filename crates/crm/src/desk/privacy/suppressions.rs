//! `/privacy/suppressions`: how many addresses must not be written to again, and whether a given one is among them. The
//! list holds keyed hashes, so nobody can read it; one can only ask.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use db::DbError;
use maud::{Markup, html};
use serde::Deserialize;
use words::Timestamp;

use super::privacy_tabs;
use crate::consent::{self, SuppressionReason};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::profiles::identity::{Reading, read_identifier};
use crate::ui::{Button, Column, Field, Icon, NavItem, PageContext, PageHead, Row, Table, Tone, alert, page, panel};
use crate::workspaces::{page_context, phone_country};

pub(super) fn routes(table: &mut RouteTable) {
    let erase = Access::Member(Permission::ErasePeople);
    table.add(Method::GET, "/privacy/suppressions", erase, show);
    // An address has no place in a URL, where logs and histories keep it.
    table.add(Method::POST, "/privacy/suppressions", erase, ask);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Question {
    address: String,
}

/// What the list says of an address.
enum Answer {
    NoAddress,
    Absent,
    Present(SuppressionReason, Timestamp),
}

async fn show(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    list_page(&app, &visit, "", None).await
}

async fn ask(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(question): Form<Question>,
) -> Result<Response, Problem> {
    let answer = answer_to(&app, &visit, &question.address).await?;
    let status = match answer {
        Answer::NoAddress => StatusCode::UNPROCESSABLE_ENTITY,
        Answer::Absent | Answer::Present(..) => StatusCode::OK,
    };
    Ok((status, list_page(&app, &visit, &question.address, Some(answer)).await?).into_response())
}

async fn answer_to(app: &App, visit: &Visit, address: &str) -> Result<Answer, DbError> {
    let workspace = visit.actor.workspace;
    let (channel, kind) = if address.contains('@') { consent::CHANNELS[0] } else { consent::CHANNELS[1] };
    let country = app.db.read(move |tx| phone_country(tx, workspace)).await?;
    let Reading::Identity(claim) = read_identifier(kind, address, country) else { return Ok(Answer::NoAddress) };
    let mark = consent::mark_of(&app.settings.vault, workspace, channel, &claim.value);
    let found = app.db.read(move |tx| consent::find_suppression(tx, workspace, channel, &mark)).await?;
    Ok(found.map_or(Answer::Absent, |one| Answer::Present(one.reason, one.at)))
}

async fn list_page(app: &App, visit: &Visit, asked: &str, answer: Option<Answer>) -> Result<Markup, Problem> {
    let workspace = visit.actor.workspace;
    let counts = app.db.read(move |tx| consent::count_suppressed_by_reason(tx, workspace)).await?;
    let context = page_context(visit, Some(NavItem::Privacy));
    let columns = vec![
        Column::text(context.t("suppressions-channel")),
        Column::text(context.t("suppressions-reason")),
        Column::number(context.t("suppressions-addresses")),
        Column::text(context.t("suppressions-newest")),
    ];
    let rows = counts.iter().map(|count| {
        Row::new(vec![
            html! { (context.t(&format!("suppressions-channel-{}", count.channel))) },
            html! { (context.t(&format!("suppressions-reason-{}", count.reason.as_str()))) },
            html! { (context.integer(count.addresses)) },
            html! { (context.date_time(count.newest)) },
        ])
    });
    let table = Table::new(context.t("suppressions-title"), columns, rows.collect()).render(context.language);
    let list = if counts.is_empty() {
        html! { p class="nothing" { (context.t("suppressions-none")) } }
    } else {
        table
    };
    let body = html! {
        div class="stack" {
            (privacy_tabs(&context, visit, "/privacy/suppressions"))
            (panel(&context.t("suppressions-ask"), &Markup::default(), &form(&context, asked, answer.as_ref())))
            (panel(&context.t("suppressions-list"), &Markup::default(), &list))
        }
    };
    let head = PageHead::new(context.t("suppressions-title")).note(html! { (context.t("suppressions-note")) });
    Ok(page(&context, &head, &body))
}

fn form(context: &PageContext, asked: &str, answer: Option<&Answer>) -> Markup {
    let wrong = matches!(answer, Some(Answer::NoAddress)).then(|| context.t("suppressions-no-address").into_owned());
    html! {
        form class="stack" method="post" action="/privacy/suppressions" {
            @match answer {
                Some(Answer::Absent) => (alert(Tone::Neutral, &context.t("suppressions-absent"), &Markup::default())),
                Some(Answer::Present(reason, at)) => {
                    @let why = context.t(&format!("suppressions-reason-{}", reason.as_str()));
                    @let since = context.t_with("suppressions-since", &[("date", context.date_time(*at).into())]);
                    (alert(Tone::Warning, &context.t("suppressions-present"), &html! { p { (why) ". " (since) } }))
                }
                Some(Answer::NoAddress) | None => {}
            }
            div class="form-grid" {
                (Field::text("address", context.t("suppressions-address")).value(asked).required().error(wrong)
                    .hint(context.t("suppressions-address-hint")))
            }
            div { (Button::primary(context.t("suppressions-do-ask")).icon(Icon::Search)) }
        }
    }
}
