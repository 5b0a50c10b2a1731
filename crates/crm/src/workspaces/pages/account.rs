//! One's own account: name, preferences, password, and where one is signed in.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::choices::language_choices;
use super::set_up::{hashing_failed, password_field};
use super::{
    FieldErrors, NoticeQuery, device_label, device_of, form_again, form_later, hidden, name_error_key, page_context,
    password_error_key, see_other, single_sign_on, wait_text,
};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::{
    Button, Column, Density, Fact, Field, PageContext, PageHead, Row, Table, Theme, Tone, badge, facts, page, panel,
    time_ago,
};
use crate::workspaces::change_password::{ChangePasswordError, PasswordChange, change_password};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::model::{Closed, parse_name};
use crate::workspaces::preferences::rename_user;
use crate::workspaces::sessions::{OpenSession, SessionLine, end_other_sessions, end_session, list_sessions};
use crate::workspaces::sign_in::Credentials;

pub(super) fn routes(table: &mut RouteTable) {
    let own = Access::Member(Permission::EditOwnAccount);
    table.add(Method::GET, "/account", own, show);
    table.add(Method::POST, "/account/name", own, rename);
    table.add(Method::POST, "/account/password", own, new_password);
    table.add(Method::POST, "/account/sessions/{session}/end", own, end_one);
    table.add(Method::POST, "/account/sessions/end-others", own, end_others);
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, None);
    notice.add_to(&mut context);
    account_page(&app, &context, &session, &FieldErrors::none()).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NameForm {
    name: String,
}

async fn rename(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Form(form): Form<NameForm>,
) -> Result<Response, Problem> {
    match parse_name(&form.name) {
        Ok(name) => {
            rename_user(&app, session.user, name).await?;
            Ok(see_other("/account?done=name-saved"))
        }
        Err(error) => {
            let context = page_context(&visit, None);
            let errors = FieldErrors::of(&context, "name", name_error_key(error));
            Ok(form_again(account_page(&app, &context, &session, &errors).await?))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasswordForm {
    current: String,
    password: String,
}

async fn new_password(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    let change = PasswordChange {
        user: session.user,
        session: session.id,
        names: [session.user_name.clone(), visit.shop.name.clone()],
        proof: Credentials {
            email: session.user_email.clone(),
            password: form.current,
            address,
            device: device_of(&headers),
            previous_token: None,
        },
        new_password: form.password,
    };
    let context = page_context(&visit, None);
    match change_password(&app, &visit.actor, change).await {
        Ok(()) => Ok(see_other("/account?done=password-changed")),
        Err(ChangePasswordError::WrongPassword) => {
            let errors = FieldErrors::of(&context, "current", "password-wrong");
            Ok(form_again(account_page(&app, &context, &session, &errors).await?))
        }
        Err(ChangePasswordError::Password(error)) => {
            let errors = FieldErrors::of(&context, "password", password_error_key(error));
            Ok(form_again(account_page(&app, &context, &session, &errors).await?))
        }
        Err(ChangePasswordError::TooSoon { wait }) => {
            let errors = FieldErrors(Some(("current", wait_text(&context, wait))));
            Ok(form_later(account_page(&app, &context, &session, &errors).await?, wait))
        }
        Err(ChangePasswordError::Hash(error)) => Err(hashing_failed(&error)),
        Err(ChangePasswordError::Db(error)) => Err(error.into()),
    }
}

async fn end_one(
    State(app): State<App>,
    Extension(session): Extension<OpenSession>,
    Path(ended): Path<Uuid>,
) -> Result<Response, Problem> {
    match end_session(&app, session.user, ended).await? {
        Closed::Now | Closed::Earlier => Ok(see_other("/account?done=session-ended")),
        Closed::Nowhere => Err(Problem::not_found("session")),
    }
}

async fn end_others(State(app): State<App>, Extension(session): Extension<OpenSession>) -> Result<Response, Problem> {
    end_other_sessions(&app, session.user, session.id).await?;
    Ok(see_other("/account?done=sessions-ended"))
}

async fn account_page(
    app: &App,
    context: &PageContext,
    session: &OpenSession,
    errors: &FieldErrors,
) -> Result<Markup, Problem> {
    let sessions = list_sessions(app, session.user, session.role).await?;
    let provider = single_sign_on::account_panel(app, context, session).await?;
    let nothing = Markup::default();
    let end_others = Button::secondary(context.t("sessions-end-others")).small().post("/account/sessions/end-others");
    let end_others = if sessions.len() > 1 {
        html! { (end_others) }
    } else {
        nothing.clone()
    };
    let body = html! {
        div class="stack" {
            div class="columns" {
                div class="stack" {
                    (panel(&context.t("account-person"), &nothing, &person_form(context, session, errors)))
                    (panel(&context.t("account-password"), &nothing, &password_form(context, session, errors)))
                }
                div class="stack" {
                    (panel(&context.t("second-factor"), &nothing, &second_factor_line(context, session)))
                    (provider)
                    (panel(&context.t("account-preferences"), &nothing, &preferences_form(context)))
                }
            }
            (panel(&context.t("sessions-title"), &end_others, &sessions_table(context, session, &sessions)))
        }
    };
    Ok(page(context, &PageHead::new(context.t("account-title")), &body))
}

fn person_form(context: &PageContext, session: &OpenSession, errors: &FieldErrors) -> Markup {
    html! {
        form class="stack" method="post" action="/account/name" {
            (Field::text("name", context.t("your-name"))
                .value(session.user_name.as_str())
                .required()
                .attribute("autocomplete", "name")
                .attribute("maxlength", "100")
                .error(errors.on("name")))
            (facts(&[
                Fact::text(context.t("your-email"), &session.user_email),
                Fact::text(context.t("member-role"), &super::role_label(context, session.role)),
            ]))
            div { (Button::primary(context.t("save"))) }
        }
    }
}

fn second_factor_line(context: &PageContext, session: &OpenSession) -> Markup {
    let (text, verb) = match session.has_second_factor {
        true => ("account-second-factor-on", "account-second-factor-change"),
        false => ("account-second-factor-off", "account-second-factor-begin"),
    };
    html! {
        div class="stack" {
            p class="muted" { (context.t(text)) }
            div { (Button::secondary(context.t(verb)).link("/account/second-factor")) }
        }
    }
}

fn preferences_form(context: &PageContext) -> Markup {
    let themes = Theme::ALL.map(|theme| (theme.code(), format!("theme-{}", theme.code())));
    let densities = Density::ALL.map(|density| (density.code(), format!("density-{}", density.code())));
    let labelled = |choices: &[(&str, String)]| {
        choices.iter().map(|(code, key)| ((*code).to_owned(), context.t(key).into_owned())).collect::<Vec<_>>()
    };
    html! {
        form class="stack" method="post" action="/preferences" hx-boost="false" {
            (hidden("back", "/account?done=preferences-saved"))
            (Field::select("language", context.t("language"), language_choices()).value(context.language.code()))
            (Field::select("theme", context.t("theme"), labelled(&themes)).value(context.theme.code()))
            (Field::select("density", context.t("density"), labelled(&densities)).value(context.density.code()))
            div { (Button::secondary(context.t("save"))) }
        }
    }
}

fn password_form(context: &PageContext, session: &OpenSession, errors: &FieldErrors) -> Markup {
    html! {
        form class="stack" method="post" action="/account/password" {
            // Password managers file the new password under the address that stands with it.
            input type="text" name="username" value=(session.user_email) autocomplete="username" hidden;
            (Field::password(context.language, "current", context.t("password-current"))
                .required()
                .attribute("autocomplete", "current-password")
                .error(errors.on("current")))
            (password_field(context, errors))
            div { (Button::secondary(context.t("password-change"))) }
        }
    }
}

fn sessions_table(context: &PageContext, current: &OpenSession, sessions: &[SessionLine]) -> Markup {
    let columns = vec![
        Column::text(context.t("session-device")),
        Column::text(context.t("session-begun")).minor(),
        Column::text(context.t("session-last-seen")),
        Column::text(context.t("member-actions")),
    ];
    let rows = sessions.iter().map(|session| session_row(context, current, session)).collect();
    Table::new(context.t("sessions-title"), columns, rows).render(context.language)
}

fn session_row(context: &PageContext, current: &OpenSession, session: &SessionLine) -> Row {
    let action = if session.id == current.id {
        badge(Tone::Good, &context.t("session-this"))
    } else {
        let end = Button::ghost(context.t("session-end")).small();
        html! { (end.post(format!("/account/sessions/{}/end", session.id))) }
    };
    Row::new(vec![
        html! { (device_label(context, &session.device)) },
        html! { (context.date_time(session.created_at)) },
        time_ago(context, session.last_seen_at),
        action,
    ])
}
