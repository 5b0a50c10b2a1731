//! All sources with their health.

use axum::Extension;
use axum::extract::{Query, State};
use db::{DbError, Tx};
use maud::{Markup, html};

use super::SourceQuery;
use super::dead::{self, Dead};
use super::health::{DAYS, SourceHealth, light, read_all};
use crate::intake::Source;
use crate::kernel::texts::Value;
use crate::kernel::{App, Permission, Problem, Visit};
use crate::ui::{
    Button, Column, Empty, Icon, NavItem, PageContext, PageHead, Row, Table, Tone, badge, dash, live_region, page,
    sparkline, time_ago_or_dash,
};
use crate::workspaces::page_context;

pub(super) async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<SourceQuery>,
) -> Result<Markup, Problem> {
    let (sources, dead) = read(&app, &visit).await?;
    let mut context = page_context(&visit, Some(NavItem::Sources));
    query.add_to(&mut context);
    let mut head = PageHead::new(context.t("sources-title"))
        .count(context.integer(sources.len() as i64))
        .note(html! { (context.t("sources-intro")) });
    if visit.actor.may(Permission::EditSources) {
        head = head.actions(html! { (Button::primary(context.t("source-new")).icon(Icon::Plus).link("/sources/new")) });
    }
    Ok(page(&context, &head, &live_region("live-sources", "/sources/rows", &rows(&context, &visit, &sources, &dead))))
}

pub(super) async fn show_rows(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let (sources, dead) = read(&app, &visit).await?;
    Ok(rows(&page_context(&visit, Some(NavItem::Sources)), &visit, &sources, &dead))
}

async fn read(app: &App, visit: &Visit) -> Result<(Vec<(Source, SourceHealth)>, Dead), Problem> {
    let (workspace, shop, now) = (visit.actor.workspace, visit.shop.clone(), visit.now);
    let read = move |tx: &mut Tx<'_>| {
        let sources = read_all(tx, workspace, &shop, now)?;
        Ok::<_, DbError>((sources, dead::read(tx, workspace)?))
    };
    Ok(app.db.read(read).await?)
}

fn rows(context: &PageContext, visit: &Visit, sources: &[(Source, SourceHealth)], dead: &Dead) -> Markup {
    if sources.is_empty() {
        let empty = Empty::new(Icon::Plug, context.t("sources-empty-title"), context.t("sources-empty-text"));
        return html! { (empty) };
    }
    let columns = vec![
        Column::text(context.t("source-name")),
        Column::text(context.t("source-kind")),
        Column::text(context.t("source-health")),
        Column::text(context.t("source-last")),
        Column::number(context.t("source-today")),
        Column::text(context.t_with("source-days", &[("days", Value::from(DAYS))])).minor(),
        Column::number(context.t("source-rejected")),
    ];
    let rows = sources.iter().map(|(source, health)| row(context, source, health)).collect();
    let known: Vec<&Source> = sources.iter().map(|(source, _)| source).collect();
    html! {
        (dead::show(context, visit, &known, dead))
        (Table::new(context.t("sources-title"), columns, rows).render(context.language))
    }
}

fn row(context: &PageContext, source: &Source, health: &SourceHealth) -> Row {
    let last = time_ago_or_dash(context, health.last_at);
    let rejected = match health.rejected {
        0 => html! { span class="nothing" { "0" } },
        count => badge(Tone::Warning, &context.integer(count)),
    };
    let title = context.t_with("source-sparkline", &[("name", source.name.as_str().into())]);
    Row::new(vec![
        html! { (source.name) },
        html! { (context.t(&format!("source-kind-{}", source.kind.code()))) },
        light(context, source, health),
        last,
        html! { (context.integer(health.today())) },
        html! { @if health.is_silent() { (dash()) } @else { (sparkline(&title, &health.values())) } },
        rejected,
    ])
    .link(format!("/sources/{}", source.id))
}
