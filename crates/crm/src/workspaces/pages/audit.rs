//! The audit trail: who did what, and when.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;

use super::{page_context, role_label};
use crate::kernel::{Access, App, Permission, Problem, Role, RouteTable, Visit, percent_encoded};
use crate::ui::{Button, Column, Empty, Field, Icon, NavItem, PageContext, PageHead, Pager, Row, Table, dash, page};
use crate::workspaces::audit::{AuditFilter, AuditLine, audit_words, list_audit};
use crate::workspaces::manage_members::list_members;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/audit", Access::Member(Permission::SeeAudit), show);
}

/// Entries of one page.
const ROWS: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AuditQuery {
    actor: String,
    action: String,
    before: Option<i64>,
}

impl AuditQuery {
    /// The list with the same filters, from another place on.
    fn page_before(&self, before: Option<i64>) -> String {
        let (actor, action) = (percent_encoded(&self.actor), percent_encoded(&self.action));
        let from = before.map(|before| format!("&before={before}")).unwrap_or_default();
        format!("/audit?actor={actor}&action={action}{from}")
    }

    /// All entries that these filters let through, as a table to keep.
    fn download(&self) -> String {
        format!("/audit/export?actor={}&action={}", percent_encoded(&self.actor), percent_encoded(&self.action))
    }
}

/// What members and the shop are called, by the id that the trail knows them by.
type Names = HashMap<String, String>;

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<AuditQuery>,
) -> Result<Markup, Problem> {
    let workspace = visit.actor.workspace;
    let filter = AuditFilter { actor: query.actor.clone(), action: query.action.clone() };
    let before = query.before.unwrap_or(i64::MAX);
    let mut lines = list_audit(&app, workspace, filter, before, ROWS as i64 + 1).await?;
    let has_more = lines.len() > ROWS;
    lines.truncate(ROWS);
    let words = audit_words(&app, workspace).await?;
    let members = list_members(&app, &visit.actor).await?;
    let mut names: Names = members.into_iter().map(|member| (member.user.to_string(), member.name)).collect();
    names.insert(workspace.to_string(), visit.shop.name.clone());
    let context = page_context(&visit, Some(NavItem::Audit));
    let next = lines.last().filter(|_| has_more).map(|last| query.page_before(Some(last.seq)));
    let previous = query.before.map(|_| query.page_before(None));
    let pager = (previous.is_some() || next.is_some()).then_some(Pager { previous, next, summary: None });
    let body = html! {
        (filters(&context, &query, words, &names))
        (entries(&context, &names, &lines, pager))
    };
    let download = Button::secondary(context.t("audit-download"))
        .icon(Icon::Download)
        .link(query.download())
        .attribute("hx-boost", "false");
    let head =
        PageHead::new(context.t("nav-audit")).note(html! { (context.t("audit-intro")) }).actions(html! { (download) });
    Ok(page(&context, &head, &body))
}

fn filters(context: &PageContext, query: &AuditQuery, words: (Vec<String>, Vec<String>), names: &Names) -> Markup {
    let with_all = |key: &str, choices: Vec<(String, String)>| {
        let all = (String::new(), context.t(key).into_owned());
        std::iter::once(all).chain(choices).collect::<Vec<_>>()
    };
    let (actors, actions) = words;
    let mut actors: Vec<_> =
        actors.into_iter().map(|actor| (actor.clone(), actor_name(context, names, &actor))).collect();
    let mut actions: Vec<_> = actions.into_iter().map(|code| (code.clone(), action_name(context, &code))).collect();
    actors.sort_by(|one, other| one.1.cmp(&other.1));
    actions.sort_by(|one, other| one.1.cmp(&other.1));
    html! {
        form class="toolbar toolbar-end" method="get" action="/audit" {
            (Field::select("actor", context.t("audit-who"), with_all("audit-everybody", actors))
                .value(query.actor.as_str()))
            (Field::select("action", context.t("audit-what"), with_all("audit-everything", actions))
                .value(query.action.as_str()))
            (Button::secondary(context.t("apply")))
        }
    }
}

fn entries(context: &PageContext, names: &Names, lines: &[AuditLine], pager: Option<Pager>) -> Markup {
    if lines.is_empty() {
        let empty = Empty::new(Icon::History, context.t("audit-empty-title"), context.t("audit-empty-text"))
            .action(Button::secondary(context.t("filters-clear")).link("/audit"));
        return html! { div class="panel" { (empty) } };
    }
    let columns = vec![
        Column::text(context.t("audit-what")),
        Column::text(context.t("audit-who")),
        Column::text(context.t("audit-subject")),
        Column::text(context.t("audit-detail")),
        Column::text(context.t("audit-when")),
    ];
    let rows = lines.iter().map(|line| row(context, names, line)).collect();
    let table = Table::new(context.t("nav-audit"), columns, rows);
    match pager {
        Some(pager) => table.pager(pager).render(context.language),
        None => table.render(context.language),
    }
}

fn row(context: &PageContext, names: &Names, line: &AuditLine) -> Row {
    let subject = match names.get(&line.subject) {
        Some(name) => html! { (name) },
        None if line.subject.starts_with("prf_") => html! { a href={ "/people/" (line.subject) } { (line.subject) } },
        None => html! { (line.subject) },
    };
    Row::new(vec![
        html! { (action_name(context, &line.action)) },
        html! { (actor_name(context, names, &line.actor)) },
        subject,
        detail(context, line),
        html! { (context.date_time(line.at)) },
    ])
}

/// Roles in the reader's words, everything else as it was written.
fn detail(context: &PageContext, line: &AuditLine) -> Markup {
    let roles: Result<Vec<Role>, _> = line.detail.split(' ').map(str::parse).collect();
    match roles {
        _ if line.detail.is_empty() => dash(),
        Ok(roles) => {
            let labels: Vec<String> = roles.into_iter().map(|role| role_label(context, role)).collect();
            html! { (labels.join(", ")) }
        }
        Err(_) => html! { (line.detail) },
    }
}

/// A member's name; who is no member any more is known by his id.
fn actor_name(context: &PageContext, names: &Names, actor: &str) -> String {
    match actor {
        "system" => context.t("audit-system").into_owned(),
        id => names.get(id).cloned().unwrap_or_else(|| id.to_owned()),
    }
}

fn action_name(context: &PageContext, code: &str) -> String {
    context.t(&format!("audit-{}", code.replace('_', "-"))).into_owned()
}
