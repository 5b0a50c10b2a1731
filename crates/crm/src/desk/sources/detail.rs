//! One source: how to connect it, how it is doing, what was refused, who may send.

use axum::Extension;
use axum::extract::{Path, Query, State};
use db::{DbError, Tx};
use maud::{Markup, html};
use words::{SourceId, WorkspaceId};

use super::SourceQuery;
use super::connect::{Way, ways};
use super::edit::EditForm;
use super::health::{SourceHealth, light, read_all};
use crate::intake::{Reject, Source, SourceKind, store};
use crate::kernel::{App, Permission, Problem, Shop, Visit};
use crate::ui::{
    Button, Fact, Field, Icon, NavItem, PageContext, PageHead, Tone, alert, badge, code_block, facts, live_region,
    page, panel, shown, sparkline, time_ago, time_ago_or_dash,
};
use crate::workspaces::page_context;

/// Rejects that are shown.
const REJECTS: usize = 20;

/// The field that was wrong, with the form as it was sent.
pub(super) struct Wrong {
    pub field: &'static str,
    pub text: String,
    pub form: EditForm,
}

struct Detail {
    source: Source,
    health: SourceHealth,
    rejects: Vec<Reject>,
}

pub(super) async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SourceId>,
    Query(query): Query<SourceQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, Some(NavItem::Sources));
    query.add_to(&mut context);
    detail_page(&app, &visit, context, id, &query.way, None).await
}

/// The part that changes by itself.
pub(super) async fn show_health(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SourceId>,
) -> Result<Markup, Problem> {
    let detail = read(&app, &visit, id).await?;
    Ok(health_part(&page_context(&visit, Some(NavItem::Sources)), &visit, &detail))
}

pub(super) async fn detail_page(
    app: &App,
    visit: &Visit,
    context: PageContext,
    id: SourceId,
    way: &str,
    wrong: Option<Wrong>,
) -> Result<Markup, Problem> {
    let detail = read(app, visit, id).await?;
    let source = &detail.source;
    let path = format!("/sources/{id}");
    let way = Way::chosen(way, source.kind);
    let may_edit = visit.actor.may(Permission::EditSources);
    let health = health_part(&context, visit, &detail);
    let body = html! {
        @if source.disabled_at.is_some() { (alert(Tone::Warning, &context.t("source-is-off"), &html! { (context.t("source-is-off-text")) })) }
        div class="split" {
            div class="stack" {
                (panel(&context.t("source-connect"), &Markup::default(), &ways(&context, app, source, way, &path)))
                (live_region("live-source", &format!("{path}/health"), &health))
            }
            @if may_edit && is_editable(source.kind) {
                (panel(&context.t("source-settings"), &Markup::default(), &edit_form(&context, source, wrong.as_ref())))
            }
        }
    };
    let mut head = PageHead::new(source.name.clone())
        .back(context.t("sources-title"), "/sources")
        .note(html! { (context.t(&format!("source-kind-{}", source.kind.code()))) });
    if may_edit && is_editable(source.kind) {
        head = head.actions(switch_button(&context, source));
    }
    Ok(page(&context, &head, &body))
}

/// Sources of API keys and imports belong to their keys and files.
fn is_editable(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::Site | SourceKind::Server)
}

async fn read(app: &App, visit: &Visit, id: SourceId) -> Result<Detail, Problem> {
    let (workspace, shop, now) = (visit.actor.workspace, visit.shop.clone(), visit.now);
    let detail = app.db.read(move |tx| read_detail(tx, workspace, &shop, now, id)).await?;
    detail.ok_or_else(|| Problem::not_found("source"))
}

fn read_detail(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    shop: &Shop,
    now: words::Timestamp,
    id: SourceId,
) -> Result<Option<Detail>, DbError> {
    let all = read_all(tx, workspace, shop, now)?;
    let Some((source, health)) = all.into_iter().find(|(source, _)| source.id == id) else { return Ok(None) };
    let rejects = store::rejects(tx, workspace, source.no, REJECTS)?;
    Ok(Some(Detail { source, health, rejects }))
}

fn switch_button(context: &PageContext, source: &Source) -> Markup {
    let (key, to, icon) = match source.disabled_at {
        Some(_) => ("source-switch-on", "on", Icon::Play),
        None => ("source-switch-off", "off", Icon::Pause),
    };
    let button = Button::secondary(context.t(key)).icon(icon).value("to", to);
    html! { (button.post(format!("/sources/{}/switch", source.id))) }
}

fn edit_form(context: &PageContext, source: &Source, wrong: Option<&Wrong>) -> Markup {
    let shown = wrong.map(|wrong| (wrong.form.name.clone(), wrong.form.origins.clone()));
    let (name, origins) = shown.unwrap_or_else(|| (source.name.clone(), source.origins.join("\n")));
    let error_on = |field: &str| wrong.filter(|wrong| wrong.field == field).map(|wrong| wrong.text.clone());
    html! {
        form class="stack" method="post" action={ "/sources/" (source.id) } {
            (Field::text("name", context.t("source-name")).value(name).required().attribute("maxlength", "100").error(error_on("name")))
            (Field::area("origins", context.t("source-origins"), 4)
                .value(origins).hint(context.t("source-origins-hint")).error(error_on("origins")))
            div { (Button::primary(context.t("save"))) }
        }
    }
}

fn health_part(context: &PageContext, visit: &Visit, detail: &Detail) -> Markup {
    let health = &detail.health;
    let title = context.t_with("source-sparkline", &[("name", detail.source.name.as_str().into())]);
    let count = |value: i64| html! { (context.integer(value)) };
    let rows = [
        Fact::new(context.t("source-health"), light(context, &detail.source, health)),
        Fact::new(context.t("source-last"), time_ago_or_dash(context, health.last_at)),
        Fact::new(context.t("source-today"), count(health.today())),
        Fact::new(
            context.t("source-week"),
            html! { (context.integer(health.days.iter().sum())) @if !health.is_silent() { " " (sparkline(&title, &health.values())) } },
        ),
        Fact::new(context.t("source-repeated"), count(health.repeated)),
        Fact::new(context.t("source-bots"), count(health.bots)),
        Fact::new(context.t("source-key"), code_block(context.language, &detail.source.ingest_key)),
    ];
    html! {
        (panel(&context.t("source-health-panel"), &Markup::default(), &facts(&rows)))
        (panel(&context.t("source-rejects"), &Markup::default(), &rejects(context, visit, detail)))
    }
}

fn rejects(context: &PageContext, visit: &Visit, detail: &Detail) -> Markup {
    if detail.rejects.is_empty() {
        return html! { p class="nothing" { (context.t("source-rejects-none")) } };
    }
    html! {
        ul class="rejects" {
            @for reject in &detail.rejects { li { (reject_item(context, visit, &detail.source, reject)) } }
        }
    }
}

fn reject_item(context: &PageContext, visit: &Visit, source: &Source, reject: &Reject) -> Markup {
    html! {
        div class="reject-line" {
            (badge(Tone::Warning, &reason_of(context, &reject.code)))
            span class="reject-time" { (time_ago(context, reject.at)) }
        }
        @match reject.origin() {
            Some(origin) => code class="reject-sample" title=[reject.detail(context.sight).text()] { (origin) },
            None => code class="reject-sample" title=[reject.detail(context.sight).text()] {
                (shown(context, reject.sample(context.sight)))
            },
        }
        @if let Some(origin) = allowable(visit, source, reject) { div { (allow_button(context, source, &origin, "")) } }
    }
}

/// The reasons that have a text `reject-{code}`.
const REASONS: [&str; 12] = [
    "bad_field",
    "bad_json",
    "bad_message_id",
    "bad_timestamp",
    "long_event_name",
    "no_event_name",
    "no_identity",
    "no_previous_id",
    "no_type",
    "not_an_object",
    "origin_not_listed",
    "too_large",
];

fn reason_of(context: &PageContext, code: &str) -> String {
    let code = if REASONS.contains(&code) { code } else { "unknown_type" };
    context.t(&format!("reject-{}", code.replace('_', "-"))).into_owned()
}

fn allowable(visit: &Visit, source: &Source, reject: &Reject) -> Option<String> {
    unlisted_origin(source, reject).filter(|_| visit.actor.may(Permission::EditSources))
}

/// The address whose pages tried to send and that is still not listed.
pub fn unlisted_origin(source: &Source, reject: &Reject) -> Option<String> {
    let origin = reject.origin()?;
    let is_listed = crate::intake::parse_origin(origin).is_ok_and(|origin| source.origins.contains(&origin));
    (!is_listed).then(|| origin.to_owned())
}

/// One click adds the address; `from` names the page to come back to.
pub fn allow_button(context: &PageContext, source: &Source, origin: &str, from: &str) -> Markup {
    let label = context.t_with("source-allow", &[("origin", origin.into())]);
    html! {
        form class="button-form" method="post" action={ "/sources/" (source.id) "/allow" } {
            input type="hidden" name="from" value=(from);
            (Button::secondary(label).small().icon(Icon::ShieldCheck).value("origin", origin))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Language;
    use crate::kernel::texts::t;

    #[test]
    fn every_reason_has_a_text_in_both_languages() {
        for code in REASONS.into_iter().chain(["unknown_type"]) {
            let key = format!("reject-{}", code.replace('_', "-"));
            for language in Language::ALL {
                assert_ne!(t(language, &key), key.as_str(), "{language:?}");
            }
        }
    }
}
