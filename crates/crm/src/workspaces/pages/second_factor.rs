//! One's own second factors: passkeys, an authenticator app set up with a picture, and recovery codes.

use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::passkeys::passkeys_panel;
use super::second_step::code_field;
use super::{FieldErrors, NoticeQuery, form_again, form_later, page_context, see_other, wait_text};
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit};
use crate::ui::{Button, PageContext, PageHead, Tone, alert, badge, code_block, dialog, page, panel, qr_code};
use crate::workspaces::second_factor::{
    SecondFactor, SecondFactorError, Seed, begin_second_factor, confirm_second_factor, qr_squares, remove_app,
    renew_recovery_codes, second_factor,
};
use crate::workspaces::sessions::OpenSession;

pub(super) fn routes(table: &mut RouteTable) {
    let own = Access::Member(Permission::EditOwnAccount);
    table.add_proved(Method::GET, PATH, own, Proof::Owing, show);
    table.add_proved(Method::POST, "/account/second-factor/begin", own, Proof::FreshOwing, begin);
    table.add_proved(Method::POST, "/account/second-factor/confirm", own, Proof::FreshOwing, confirm);
    table.add_proved(Method::POST, "/account/second-factor/recovery-codes", own, Proof::Fresh, renew);
    table.add_proved(Method::POST, "/account/second-factor/remove", own, Proof::Fresh, remove);
}

const PATH: &str = "/account/second-factor";

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, None);
    notice.add_to(&mut context);
    second_factor_page(&app, &context, &session, &FieldErrors::none()).await
}

async fn begin(State(app): State<App>, Extension(session): Extension<OpenSession>) -> Result<Response, Problem> {
    begin_second_factor(&app, session.user).await?;
    Ok(see_other(PATH))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CodeForm {
    code: String,
}

async fn confirm(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Form(form): Form<CodeForm>,
) -> Result<Response, Problem> {
    let context = page_context(&visit, None);
    match confirm_second_factor(&app, &visit.actor, session.user, session.id, form.code).await {
        Ok(codes) => Ok(codes_page(&context, &codes).into_response()),
        Err(SecondFactorError::NotBegun) => Ok(see_other(PATH)),
        Err(SecondFactorError::WrongCode) => {
            let errors = FieldErrors::of(&context, "code", "code-wrong");
            Ok(form_again(second_factor_page(&app, &context, &session, &errors).await?))
        }
        Err(SecondFactorError::TooSoon { wait }) => {
            let errors = FieldErrors(Some(("code", wait_text(&context, wait))));
            Ok(form_later(second_factor_page(&app, &context, &session, &errors).await?, wait))
        }
        Err(SecondFactorError::Db(error)) => Err(error.into()),
    }
}

async fn renew(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
) -> Result<Response, Problem> {
    if !session.has_second_factor {
        return Ok(see_other(PATH));
    }
    let codes = renew_recovery_codes(&app, &visit.actor, session.user).await?;
    Ok(codes_page(&page_context(&visit, None), &codes).into_response())
}

async fn remove(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
) -> Result<Response, Problem> {
    remove_app(&app, &visit.actor, session.user, session.id).await?;
    Ok(see_other("/account/second-factor?done=second-factor-removed"))
}

fn head(context: &PageContext) -> PageHead {
    PageHead::new(context.t("account-second-factor-begin")).back(context.t("account-title"), "/account")
}

async fn second_factor_page(
    app: &App,
    context: &PageContext,
    session: &OpenSession,
    errors: &FieldErrors,
) -> Result<Markup, Problem> {
    let standing = second_factor(app, session.user).await?;
    let nothing = Markup::default();
    let owed = session.owes_second_factor.then(|| {
        alert(Tone::Warning, &context.t("second-factor-owed"), &html! { p { (context.t("second-factor-owed-text")) } })
    });
    let passkeys = passkeys_panel(app, context, session, &standing).await?;
    let app_panel = match (&standing.waiting, standing.since) {
        (_, Some(_)) => in_use(context, session, &standing),
        (Some(seed), None) => waiting(context, session, seed, errors),
        (None, None) => not_begun(context),
    };
    let body = html! {
        div class="stack narrow" {
            (owed.unwrap_or(nothing))
            (passkeys)
            (app_panel)
            @if session.has_second_factor { (codes_panel(context, &standing)) }
        }
    };
    Ok(page(context, &head(context), &body))
}

fn not_begun(context: &PageContext) -> Markup {
    let body = html! {
        div class="stack" {
            p class="muted" { (context.t("second-factor-intro")) }
            div { (Button::secondary(context.t("second-factor-begin")).post("/account/second-factor/begin")) }
        }
    };
    panel(&context.t("second-factor-app"), &Markup::default(), &body)
}

fn waiting(context: &PageContext, session: &OpenSession, seed: &Seed, errors: &FieldErrors) -> Markup {
    let squares = qr_squares(&seed.uri(&session.user_email)).unwrap_or_default();
    let body = html! {
        div class="stack" {
            p { (context.t("second-factor-scan")) }
            (qr_code(&context.t("second-factor-picture"), &squares))
            p class="muted" { (context.t("second-factor-type")) }
            (code_block(context.language, &in_groups(&seed.text())))
            form class="stack" method="post" action="/account/second-factor/confirm" hx-boost="false" {
                p { (context.t("second-factor-first-code")) }
                (code_field(context, errors).attribute("inputmode", "numeric"))
                div { (Button::primary(context.t("second-factor-confirm"))) }
            }
        }
    };
    panel(&context.t("second-factor-app"), &Markup::default(), &body)
}

/// Letters in fours are easier to type off.
fn in_groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

fn in_use(context: &PageContext, session: &OpenSession, standing: &SecondFactor) -> Markup {
    let since = standing.since.map(|since| context.date_time(since)).unwrap_or_default();
    let removal = "remove-second-factor";
    let body = html! {
        div class="stack" {
            p { (badge(Tone::Good, &context.t("second-factor-on"))) " "
                (context.t_with("second-factor-since", &[("date", since.into())])) }
            div { (Button::secondary(context.t("second-factor-remove")).opens_dialog(removal)) }
        }
    };
    let foot = html! {
        (Button::secondary(context.t("cancel")).closes_dialog(removal))
        (Button::danger(context.t("second-factor-remove")).post("/account/second-factor/remove"))
    };
    let asked = match session.has_passkeys {
        true => "second-factor-remove-text-with-passkeys",
        false => "second-factor-remove-text",
    };
    let asked = html! { p { (context.t(asked)) } };
    html! {
        (panel(&context.t("second-factor-app"), &Markup::default(), &body))
        (dialog(context.language, removal, &context.t("second-factor-remove-title"), &asked, &foot))
    }
}

/// Recovery codes stand for whichever factor is not at hand.
fn codes_panel(context: &PageContext, standing: &SecondFactor) -> Markup {
    let body = html! {
        div class="stack" {
            p class="muted" {
                (context.t_with("recovery-codes-left", &[("count", standing.recovery_codes_left.into())]))
            }
            div {
                (Button::secondary(context.t("recovery-codes-renew")).post("/account/second-factor/recovery-codes"))
            }
        }
    };
    panel(&context.t("recovery-codes"), &Markup::default(), &body)
}

pub(super) fn codes_page(context: &PageContext, codes: &[String]) -> Markup {
    let text = html! { p { (context.t("recovery-codes-text")) } };
    let body = html! {
        div class="stack narrow" {
            (alert(Tone::Warning, &context.t("shown-once"), &text))
            (panel(&context.t("recovery-codes"), &Markup::default(), &code_block(context.language, &codes.join("\n"))))
            div { (Button::primary(context.t("recovery-codes-kept")).link(PATH)) }
        }
    };
    page(context, &head(context), &body)
}
