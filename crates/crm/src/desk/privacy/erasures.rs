//! `/privacy/erasures`: who was erased, when and by whom, and each certificate as a page that can be printed.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use words::ErasureId;

use super::privacy_tabs;
use crate::kernel::hexed::hex;
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::privacy::{Erasure, State as ErasureState, find_erasure, list_erasures};
use crate::ui::{
    Button, Column, Empty, Fact, Icon, NavItem, PageContext, PageHead, Pager, Row, Table, Toast, Tone, alert, badge,
    facts, page, panel,
};
use crate::workspaces::{list_members, page_context};

pub(super) fn routes(table: &mut RouteTable) {
    let erase = Access::Member(Permission::ErasePeople);
    table.add(Method::GET, "/privacy/erasures", erase, list);
    table.add(Method::GET, "/privacy/erasures/{id}", erase, show);
}

/// Erasures of one page.
const ROWS: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    before: Option<i64>,
}

/// What the request before did.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Notice {
    done: String,
}

/// What members are called, by id.
type Names = HashMap<String, String>;

async fn names_of(app: &App, visit: &Visit) -> Result<Names, Problem> {
    let members = list_members(app, &visit.actor).await?;
    Ok(members.into_iter().map(|member| (member.user.to_string(), member.name)).collect())
}

async fn list(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<ListQuery>,
) -> Result<Markup, Problem> {
    let before = query.before.unwrap_or(i64::MAX);
    let mut found = list_erasures(&app, visit.actor.workspace, before, ROWS + 1).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let names = names_of(&app, &visit).await?;
    let context = page_context(&visit, Some(NavItem::Privacy));
    let next = found.last().filter(|_| has_more).map(|last| format!("/privacy/erasures?before={}", last.no));
    let previous = query.before.map(|_| "/privacy/erasures".to_owned());
    let pager = (previous.is_some() || next.is_some()).then_some(Pager { previous, next, summary: None });
    let head = PageHead::new(context.t("erasures-title")).note(html! { (context.t("erasures-note")) });
    let body = html! {
        div class="stack" {
            (privacy_tabs(&context, &visit, "/privacy/erasures"))
            (table_of(&app, &visit, &context, &names, &found, pager))
        }
    };
    Ok(page(&context, &head, &body))
}

fn table_of(
    app: &App,
    visit: &Visit,
    context: &PageContext,
    names: &Names,
    found: &[Erasure],
    pager: Option<Pager>,
) -> Markup {
    if found.is_empty() {
        let empty = Empty::new(Icon::ShieldCheck, context.t("erasures-empty-title"), context.t("erasures-empty-text"))
            .action(Button::secondary(context.t("erasures-empty-action")).link("/people"));
        return html! { div class="panel" { (empty) } };
    }
    let columns = vec![
        Column::text(context.t("erasures-number")),
        Column::text(context.t("erasures-state")),
        Column::text(context.t("erasures-asked-at")),
        Column::text(context.t("erasures-asked-by")).minor(),
        Column::text(context.t("erase-reason")).minor(),
        Column::number(context.t("erasures-events")).minor(),
    ];
    let rows = found.iter().map(|erasure| {
        Row::new(vec![
            html! { (context.integer(erasure.no)) },
            state_badge(app, visit, context, erasure),
            html! { (context.date_time(erasure.asked_at)) },
            html! { (actor_name(context, names, &erasure.asked_by)) },
            html! { (context.t(&format!("erase-reason-{}", erasure.reason.code()))) },
            html! { (number(context, erasure.counts.erased.events)) },
        ])
        .link(format!("/privacy/erasures/{}", erasure.id))
    });
    let table = Table::new(context.t("erasures-title"), columns, rows.collect());
    match pager {
        Some(pager) => table.pager(pager).render(context.language),
        None => table.render(context.language),
    }
}

fn state_badge(app: &App, visit: &Visit, context: &PageContext, erasure: &Erasure) -> Markup {
    let is_genuine = erasure.is_genuine(&app.settings.vault, visit.actor.workspace);
    match erasure.state {
        ErasureState::Begun => badge(Tone::Warning, &context.t("erasure-begun")),
        ErasureState::Done if is_genuine => badge(Tone::Good, &context.t("erasure-done")),
        ErasureState::Done => badge(Tone::Bad, &context.t("erasure-forged")),
    }
}

fn number(context: &PageContext, number: u64) -> String {
    context.integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn actor_name(context: &PageContext, names: &Names, actor: &str) -> String {
    match actor {
        "system" => context.t("audit-system").into_owned(),
        id => names.get(id).cloned().unwrap_or_else(|| id.to_owned()),
    }
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(notice): Query<Notice>,
) -> Result<Markup, Problem> {
    let not_found = || Problem::not_found("erasure");
    let id: ErasureId = id.parse().map_err(|_| not_found())?;
    let erasure = find_erasure(&app, visit.actor.workspace, id).await?.ok_or_else(not_found)?;
    let names = names_of(&app, &visit).await?;
    let mut context = page_context(&visit, Some(NavItem::Privacy));
    if notice.done == "erased" {
        context.toasts.push(Toast::success(context.language, context.t("notice-person-erased")));
    }
    let print = Button::secondary(context.t("certificate-print")).icon(Icon::FileText).inert();
    let shown = context.integer(erasure.no);
    let head = PageHead::new(context.t_with("certificate-title", &[("number", shown.into())]))
        .back(context.t("erasures-title"), "/privacy/erasures")
        .note(html! { (visit.shop.name) })
        .actions(html! { (print.attribute("data-print", "")) });
    Ok(page(&context, &head, &certificate(&app, &visit, &context, &names, &erasure)))
}

fn certificate(app: &App, visit: &Visit, context: &PageContext, names: &Names, erasure: &Erasure) -> Markup {
    let told = |key: &str, value: String| Fact::text(context.t(key), &value);
    let done_at = erasure.done_at.map(|at| context.date_time(at)).unwrap_or_else(|| "—".to_owned());
    let about = [
        Fact::new(context.t("erasures-state"), state_badge(app, visit, context, erasure)),
        told("certificate-id", erasure.id.to_string()),
        told("erasures-asked-at", context.date_time(erasure.asked_at)),
        told("certificate-done-at", done_at),
        told("erasures-asked-by", actor_name(context, names, &erasure.asked_by)),
        told("erase-reason", context.t(&format!("erase-reason-{}", erasure.reason.code())).into_owned()),
        Fact::new(
            context.t("certificate-profiles"),
            html! { @for profile in &erasure.profiles { code class="certificate-code" { (profile) } " " } },
        ),
    ];
    let proof = match erasure.state {
        ErasureState::Begun => html! { p class="note" { (context.t("certificate-no-code")) } },
        ErasureState::Done => html! {
            div class="stack" {
                p { code class="certificate-code" { (hex(&erasure.code)) } }
                p class="note" { (context.t("certificate-code-note")) }
            }
        },
    };
    html! {
        div class="stack" {
            @if erasure.state == ErasureState::Begun {
                (alert(Tone::Warning, &context.t("certificate-begun"), &html! { p { (context.t("certificate-begun-text")) } }))
            }
            div class="split" {
                div class="stack" {
                    (panel(&context.t("certificate-about"), &Markup::default(), &facts(&about)))
                    (panel(&context.t("certificate-code"), &Markup::default(), &proof))
                }
                div class="stack" {
                    (panel(&context.t("certificate-erased"), &Markup::default(), &facts(&erased_facts(context, erasure))))
                    (panel(&context.t("certificate-kept"), &Markup::default(), &kept(context, erasure)))
                }
            }
        }
    }
}

fn erased_facts(context: &PageContext, erasure: &Erasure) -> Vec<Fact> {
    let erased = &erasure.counts.erased;
    let all = [
        ("erased-events", erased.events),
        ("erased-profiles", erased.profiles),
        ("erased-identifiers", erased.identifiers),
        ("erased-orders", erased.orders),
        ("erased-order-lines", erased.order_lines),
        ("erased-memberships", erased.memberships),
        ("erased-merges", erased.merges),
        ("erased-conflicts", erased.conflicts),
        ("erased-dead-letters", erased.dead_letters),
        ("erased-rejects", erased.rejects),
        ("erased-kept-answers", erased.kept_answers),
    ];
    all.map(|(key, count)| Fact::text(context.t(key), &number(context, count))).into()
}

fn kept(context: &PageContext, erasure: &Erasure) -> Markup {
    let until = context.date_time(erasure.backups_until());
    html! {
        div class="stack" {
            p { (context.t_with("certificate-backups", &[("date", until.into())])) }
            p { (context.t_with("certificate-suppressed", &[("count", (erasure.counts.suppressed as i64).into())])) }
            p class="note" { (context.t("certificate-tombstone")) }
        }
    }
}
