//! Whether everything would come back: the last backup, the continuous copy, the room on the disk, and the commands.

use axum::Extension;
use axum::extract::State;
use axum::http::Method;
use db::{CopyStatus, Engine};
use maud::{Markup, html};
use words::{Span, Timestamp};

use super::page_context;
use super::settings::settings_tabs;
use crate::backups::{self, Backup, is_copy_well, is_overdue};
use crate::kernel::texts::{day_of, format_bytes, format_duration};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit, quoted};
use crate::ui::{Fact, NavItem, PageContext, PageHead, Tone, alert, badge, code_block, facts, page, panel, time_ago};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/settings/backups", Access::Member(Permission::EditWorkspace), show);
}

async fn show(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let context = page_context(&visit, Some(NavItem::Settings));
    let last = app.db.read(backups::last).await?;
    let copy = app.db.copy_status();
    let parts = [
        ("backups-last", last_backup(&app, &context, last.as_ref(), copy.as_ref())),
        ("backups-copy", continuous_copy(&app, &context, copy.as_ref())),
        ("backups-restore", restoring(&app, &context)),
    ];
    let body = html! {
        div class="stack" {
            (settings_tabs(&context, &visit, "/settings/backups"))
            @for (title, part) in parts { (panel(&context.t(title), &Markup::default(), &part)) }
        }
    };
    Ok(page(&context, &PageHead::new(context.t("settings-title")), &body))
}

fn last_backup(app: &App, context: &PageContext, last: Option<&Backup>, copy: Option<&CopyStatus>) -> Markup {
    let max_age = app.settings.max_backup_age;
    let told = match last {
        None => alert(Tone::Neutral, &context.t("backups-none"), &html! { p { (context.t("backups-none-text")) } }),
        Some(_) if is_overdue(last, copy, max_age, context.now) => {
            let days = [("count", (max_age.as_millis() / Span::from_days(1).as_millis()).into())];
            alert(Tone::Warning, &context.t_with("backups-old", &days), &Markup::default())
        }
        Some(_) => Markup::default(),
    };
    let lines = facts_of_backup(app, context, last);
    html! {
        div class="stack" {
            (told)
            @if !lines.is_empty() { (facts(&lines)) }
            @if last.is_some() { p class="muted" { (context.t("backups-make")) } }
            (code_block(context.language, &format!("entente backup {} {}", file_of_today(context), app.settings.place.here)))
            p class="muted" { (context.t("backups-beside")) }
        }
    }
}

/// The room on PostgreSQL's disk is not ours to see.
fn facts_of_backup(app: &App, context: &PageContext, last: Option<&Backup>) -> Vec<Fact> {
    let mut lines = Vec::new();
    if let Some(backup) = last {
        lines.push(Fact::new(context.t("backups-made"), instant(context, backup.made_at)));
        lines.push(Fact::text(
            context.t("backups-size"),
            &format_bytes(backup.size_bytes.unsigned_abs(), context.language),
        ));
    }
    if let Some(free) = app.db.free_bytes() {
        let is_short = app.db.is_nearly_full();
        let free = html! {
            (format_bytes(free, context.language))
            @if is_short { " " (badge(Tone::Warning, &context.t("backups-disk-short"))) }
        };
        lines.push(Fact::new(context.t("backups-free"), free));
    }
    lines
}

fn file_of_today(context: &PageContext) -> String {
    format!("/var/backups/entente-{}.entente", day_of(context.now, &context.zone))
}

fn continuous_copy(app: &App, context: &PageContext, copy: Option<&CopyStatus>) -> Markup {
    let Some(copy) = copy else { return no_copy(context, app.db.engine()) };
    let (tone, state) = match copy {
        CopyStatus { problem: Some(_), .. } => (Tone::Bad, "backups-copy-failing"),
        copy if !is_copy_well(copy) => (Tone::Warning, "backups-copy-late"),
        CopyStatus { holds_until: None, .. } => (Tone::Neutral, "backups-copy-begins"),
        _ => (Tone::Good, "backups-copy-well"),
    };
    let behind_s = copy.behind.as_millis().unsigned_abs() / 1000;
    let mut lines = vec![
        Fact::new(context.t("backups-copy-state"), badge(tone, &context.t(state))),
        Fact::new(context.t("backups-copy-folder"), html! { code { (copy_folder(app)) } }),
        Fact::new(
            context.t("backups-copy-holds"),
            copy.holds_until.map(|until| instant(context, until)).unwrap_or_default(),
        ),
        Fact::text(context.t("backups-copy-behind"), &format_duration(behind_s, context.language)),
    ];
    if let Some(problem) = &copy.problem {
        lines.push(Fact::new(context.t("backups-copy-problem"), html! { span lang="en" class="wraps" { (problem) } }));
    }
    html! {
        div class="stack" {
            (facts(&lines))
            p class="muted" { (context.t("backups-copy-text")) }
        }
    }
}

/// How one begins.
fn no_copy(context: &PageContext, engine: Engine) -> Markup {
    match engine {
        Engine::Sqlite => html! {
            div class="stack" {
                p class="muted" { (context.t("backups-copy-none")) }
                (code_block(context.language, "copy_dir = \"/mnt/other-disk/entente\""))
            }
        },
        Engine::Postgres => html! { p class="muted" { (context.t("backups-copy-postgres")) } },
    }
}

/// When it was, and how long ago.
fn instant(context: &PageContext, at: Timestamp) -> Markup {
    html! { (context.date_time(at)) " " span class="muted" { (time_ago(context, at)) } }
}

fn copy_folder(app: &App) -> String {
    app.settings.copy_dir.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default()
}

fn restoring(app: &App, context: &PageContext) -> Markup {
    let empty = &app.settings.place.empty;
    let commands =
        |what: &str| format!("entente restore {what} {empty}\nentente doctor --all {empty}\nentente serve {empty}");
    html! {
        div class="stack" {
            p class="muted" { (context.t("backups-restore-text")) }
            (code_block(context.language, &commands(&file_of_today(context))))
            @if app.settings.copy_dir.is_some() {
                p class="muted" { (context.t("backups-restore-copy")) }
                (code_block(context.language, &commands(&quoted(&copy_folder(app)))))
            }
        }
    }
}
