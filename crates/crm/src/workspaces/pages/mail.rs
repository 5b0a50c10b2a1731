//! Whether mail works: the relay, a letter to oneself, and what became of the last letters.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::Response;
use maud::{Markup, html};

use super::settings::settings_tabs;
use super::{NoticeQuery, page_context, see_other};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::outbox::{LetterLine, State as Fate, last_letters, until_tried};
use crate::ui::{
    Button, Column, Fact, NavItem, PageContext, PageHead, Row, Table, Tone, alert, badge, dash, facts, page, panel,
    time_ago,
};
use crate::workspaces::sessions::OpenSession;
use crate::workspaces::test_mail::send_test_mail;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditWorkspace);
    table.add(Method::GET, "/settings/mail", edit, show);
    table.add(Method::POST, "/settings/mail/test", edit, send_test);
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, Some(NavItem::Settings));
    notice.add_to(&mut context);
    let letters = last_letters(&app, visit.actor.workspace).await?;
    let body = html! {
        div class="stack" {
            (settings_tabs(&context, &visit, "/settings/mail"))
            (panel(&context.t("mail-relay"), &Markup::default(), &relay(&app, &context, &visit)))
            @if !letters.is_empty() { (last(&context, &letters)) }
        }
    };
    Ok(page(&context, &PageHead::new(context.t("settings-title")), &body))
}

async fn send_test(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
) -> Result<Response, Problem> {
    if app.relay.is_some() {
        let letter = send_test_mail(&app, &visit.actor, session.user).await?;
        until_tried(&app, visit.actor.workspace, letter).await?;
    }
    Ok(see_other("/settings/mail"))
}

fn relay(app: &App, context: &PageContext, visit: &Visit) -> Markup {
    let Some(relay) = &app.relay else {
        return alert(Tone::Neutral, &context.t("mail-off"), &html! { p { (context.t("mail-off-text")) } });
    };
    let lines = [
        Fact::new(context.t("mail-host"), html! { (relay.host()) }),
        Fact::new(context.t("mail-from"), html! { (relay.sender()) }),
    ];
    let to = context.t_with("mail-test-to", &[("email", visit.user_email.as_str().into())]);
    html! {
        div class="stack" {
            (facts(&lines))
            p class="muted" { (context.t("mail-intro")) }
            p { (to) }
            div { (Button::primary(context.t("mail-test-send")).post("/settings/mail/test")) }
        }
    }
}

fn last(context: &PageContext, letters: &[LetterLine]) -> Markup {
    let columns = vec![
        Column::text(context.t("mail-what")),
        Column::text(context.t("mail-state")),
        Column::text(context.t("mail-trouble")),
        Column::text(context.t("mail-when")).minor(),
    ];
    let rows = letters.iter().map(|letter| row(context, letter)).collect();
    let title = context.t("mail-last");
    let table = Table::new(&*title, columns, rows);
    html! { h2 class="panel-title" { (title) } (table.render(context.language)) }
}

fn row(context: &PageContext, letter: &LetterLine) -> Row {
    let what = context.t(&format!("mail-kind-{}", letter.kind.code())).into_owned();
    let trouble = html! {
        @if letter.trouble.is_empty() { (dash()) } @else {
            div class="wraps" {
                (trouble_text(context, &letter.trouble))
                @if letter.state == Fate::Waiting {
                    " " (context.t("mail-again")) " " (time_ago(context, letter.due_at))
                }
            }
        }
    };
    let when = time_ago(context, letter.decided_at.unwrap_or(letter.created_at));
    Row::new(vec![html! { (what) }, state_badge(context, letter.state), trouble, when])
}

/// Where a letter stands, in a word.
pub(super) fn state_badge(context: &PageContext, state: Fate) -> Markup {
    let tone = match state {
        Fate::Sent => Tone::Good,
        Fate::Waiting | Fate::Handed => Tone::Neutral,
        Fate::Uncertain | Fate::Expired => Tone::Warning,
        Fate::Refused => Tone::Bad,
    };
    badge(tone, &context.t(&format!("mail-state-{}", state.code())))
}

/// `recipient 550`: at which step, and why.
fn trouble_text(context: &PageContext, trouble: &str) -> String {
    let (step, cause) = trouble.split_once(' ').unwrap_or((trouble, ""));
    let step = context.t(&format!("mail-step-{step}"));
    match cause {
        "" => step.into_owned(),
        code if code.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{step} {}", context.t_with("mail-cause-refused", &[("code", code.into())]))
        }
        cause => format!("{step} {}", context.t(&format!("mail-cause-{cause}"))),
    }
}

#[cfg(test)]
mod tests {
    use outgoing::{Cause, MailError, Step};
    use words::Timestamp;

    use super::*;
    use crate::kernel::Language;
    use crate::kernel::texts::t;
    use crate::outbox::Kind;

    #[test]
    fn every_kind_state_and_trouble_has_its_words_in_both_languages() {
        let steps = [
            Step::Connect,
            Step::Secure,
            Step::Greeting,
            Step::SignIn,
            Step::Sender,
            Step::Recipient,
            Step::Content,
            Step::Answer,
        ];
        let causes = [
            Cause::Unreachable,
            Cause::NotTrusted,
            Cause::NotOffered,
            Cause::Refused(550),
            Cause::Late,
            Cause::BrokenOff,
            Cause::Unwritable,
        ];
        let errors = steps.into_iter().flat_map(|step| causes.map(|cause| MailError { step, cause }.to_string()));
        let troubles: Vec<String> = errors.chain(["sealed", "restored", "answer lost"].map(str::to_owned)).collect();
        for language in Language::ALL {
            let context = PageContext::new(language, Timestamp::from_millis(0));
            for trouble in &troubles {
                let shown = trouble_text(&context, trouble);
                assert!(!shown.contains("mail-"), "{trouble}: {shown}");
            }
            let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Nobody);
            let keys = kinds.map(|kind| format!("mail-kind-{}", kind.code()));
            for key in keys.chain(Fate::ALL.map(|state| format!("mail-state-{}", state.code()))) {
                assert_ne!(t(language, &key), key.as_str(), "{language:?}");
            }
        }
    }
}
