//! The screens of signing in, the account, the members and the settings.

mod account;
mod audit;
mod audit_table;
mod backups;
mod choices;
mod confirm;
mod forgot;
mod invitations;
mod keys;
mod mail;
mod members;
mod one_time;
mod passkey_form;
mod passkey_sign_in;
mod passkeys;
mod second_factor;
mod second_step;
mod security;
mod set_up;
mod settings;
mod shops;
mod sign_in;
mod single_sign_on;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::cookies::{chosen_language, chosen_theme, second_step_cookie, session_cookie};
use super::model::NameError;
use super::password::PasswordError;
use super::second_step::Entry;
use crate::kernel::{ActorKind, App, Role, RouteTable, Visit, percent_encoded};
use crate::ui::{Density, NavItem, PageContext, Theme, Toast, UserBadge};

/// Adds every route of this slice.
pub fn routes(table: &mut RouteTable) {
    set_up::routes(table);
    sign_in::routes(table);
    forgot::routes(table);
    one_time::routes(table);
    account::routes(table);
    members::routes(table);
    invitations::routes(table);
    settings::routes(table);
    keys::routes(table);
    security::routes(table);
    mail::routes(table);
    backups::routes(table);
    audit::routes(table);
    audit_table::routes(table);
    second_step::routes(table);
    second_factor::routes(table);
    passkeys::routes(table);
    passkey_sign_in::routes(table);
    confirm::routes(table);
    shops::routes(table);
    single_sign_on::routes(table);
}

/// What a page of the product knows about its reader; `active` is the place that the navigation marks.
pub fn page_context(visit: &Visit, active: Option<NavItem>) -> PageContext {
    let mut context = PageContext::new(visit.language, visit.now);
    context.theme = Theme::from_code(&visit.theme).unwrap_or_default();
    context.density = Density::from_code(&visit.density).unwrap_or_default();
    context.user = Some(UserBadge {
        name: visit.user_name.clone(),
        email: visit.user_email.clone(),
        role_label: role_of(visit).map(|role| role_label(&context, role)).unwrap_or_default(),
    });
    context.sight = visit.sight();
    context.places = NavItem::ALL.into_iter().filter(|item| visit.may_open(item.href())).collect();
    context.has_other_shops = visit.has_other_shops;
    context.shop_name = visit.shop.name.clone();
    context.active = active;
    context.path = visit.path.clone();
    context.zone = visit.shop.time_zone.clone();
    context
}

/// The same for somebody who has not signed in.
fn bare_context(app: &App, headers: &HeaderMap) -> PageContext {
    let mut context = PageContext::new(chosen_language(headers), app.now());
    context.theme = chosen_theme(headers);
    context
}

fn role_of(visit: &Visit) -> Option<Role> {
    match visit.actor.kind {
        ActorKind::Member { role, .. } => Some(role),
        _ => None,
    }
}

fn role_label(context: &PageContext, role: Role) -> String {
    context.t(&format!("role-{}", role.code())).into_owned()
}

/// The choices of a role; only owners make owners.
fn role_choices(visit: &Visit) -> Vec<Role> {
    let may_make = |role: &Role| *role != Role::Owner || role_of(visit) == Some(Role::Owner);
    Role::ALL.into_iter().filter(may_make).collect()
}

/// What the page before did: it comes along in the address, so that a reload is harmless.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NoticeQuery {
    done: String,
    problem: String,
}

const DONE: [&str; 20] = [
    "role-changed",
    "member-disabled",
    "member-enabled",
    "member-removed",
    "invitation-withdrawn",
    "invitation-over",
    "settings-saved",
    "key-revoked",
    "name-saved",
    "password-changed",
    "session-ended",
    "sessions-ended",
    "preferences-saved",
    "second-factor-removed",
    "security-saved",
    "passkey-added",
    "passkey-renamed",
    "passkey-removed",
    "sso-linked",
    "sso-unlinked",
];

const PROBLEMS: [&str; 7] = [
    "last-owner",
    "only-owners",
    "signs-in-elsewhere",
    "no-such-member",
    "no-such-key",
    "already-member",
    "passkey-name",
];

fn problems() -> impl Iterator<Item = &'static str> {
    PROBLEMS.into_iter().chain(single_sign_on::CODES)
}

impl NoticeQuery {
    /// Only words of the lists are shown: nobody can put his own text on our pages.
    fn add_to(&self, context: &mut PageContext) {
        let language = context.language;
        if DONE.contains(&self.done.as_str()) {
            let text = context.t(&format!("notice-{}", self.done));
            context.toasts.push(Toast::success(language, text));
        }
        if problems().any(|known| known == self.problem) {
            let text = context.t(&format!("problem-{}", self.problem));
            context.toasts.push(Toast::error(language, text));
        }
    }
}

/// 303 See Other: the browser asks for the page anew, and a reload repeats nothing.
fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Lets in who proved who he is: with his session to a page, or to the second step.
fn let_in(app: &App, entry: &Entry, next: &str) -> Response {
    let (path, cookie) = match entry {
        Entry::Session(session) => (next.to_owned(), session_cookie(app, session)),
        Entry::SecondStep(token) => {
            let path = format!("/sign-in/second-step?next={}", percent_encoded(next));
            (path, second_step_cookie(app, token))
        }
    };
    let mut response = see_other(&path);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// A form that was not right, shown again with what is wrong.
fn form_again(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// The same after too many tries.
fn form_later(page: Markup, wait: words::Span) -> Response {
    let seconds = wait.as_millis().div_euclid(1000) + 1;
    let mut response = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// How long to wait, in words.
fn wait_text(context: &PageContext, wait: words::Span) -> String {
    let seconds = u64::try_from(wait.as_millis() / 1000 + 1).unwrap_or(u64::MAX);
    let duration = crate::kernel::texts::format_duration(seconds, context.language);
    context.t_with("sign-in-too-soon", &[("duration", duration.into())]).into_owned()
}

/// The message of one field, if it is the one that was wrong.
struct FieldErrors(Option<(&'static str, String)>);

impl FieldErrors {
    fn none() -> Self {
        Self(None)
    }

    fn of(context: &PageContext, field: &'static str, key: &str) -> Self {
        Self(Some((field, context.t(key).into_owned())))
    }

    fn on(&self, field: &str) -> Option<String> {
        self.0.as_ref().filter(|(wrong, _)| *wrong == field).map(|(_, text)| text.clone())
    }
}

fn password_error_key(error: PasswordError) -> &'static str {
    match error {
        PasswordError::TooShort => "password-too-short",
        PasswordError::TooLong => "password-too-long",
        PasswordError::Common => "password-common",
        PasswordError::MadeOfNames => "password-made-of-names",
    }
}

fn name_error_key(error: NameError) -> &'static str {
    match error {
        NameError::Missing => "name-missing",
        NameError::TooLong => "name-too-long",
    }
}

/// Whether an address is a path of this installation, so that no link to our sign-in page leads elsewhere.
fn is_local_path(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next() == Some('/')
        && !matches!(letters.next(), Some('/' | '\\'))
        && !path.chars().any(|letter| letter.is_control() || letter == '\\')
}

fn local_or_home(path: &str) -> &str {
    if is_local_path(path) { path } else { "/" }
}

/// "Firefox · Windows": enough to know one's own devices, and nothing finer is kept.
fn device_of(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let known = woothee::parser::Parser::new().parse(agent);
    let parts: Vec<&str> = known
        .iter()
        .flat_map(|known| [known.name, known.os])
        .filter(|part| !part.is_empty() && *part != "UNKNOWN")
        .collect();
    parts.join(" · ")
}

/// The name of a device, or a word for none.
fn device_label(context: &PageContext, device: &str) -> String {
    if device.is_empty() { context.t("session-unknown-device").into_owned() } else { device.to_owned() }
}

/// A value that a form sends along unseen.
fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Language;
    use crate::kernel::texts::t;

    #[test]
    fn only_paths_of_this_installation_are_local() {
        for path in ["/", "/people?q=ana", "/segments/seg_1#top"] {
            assert!(is_local_path(path), "{path}");
        }
        for path in ["", "people", "//evil.example", "/\\evil.example", "https://evil.example", "/a\\b", "/a\nb", "\t/"]
        {
            assert!(!is_local_path(path), "{path}");
        }
    }

    #[test]
    fn every_notice_and_role_has_a_text_in_both_languages() {
        let keys = DONE.iter().map(|code| format!("notice-{code}"));
        let keys = keys.chain(problems().map(|code| format!("problem-{code}")));
        let keys = keys.chain(Role::ALL.iter().map(|role| format!("role-{role}")));
        for key in keys.chain(Role::ALL.iter().map(|role| format!("role-{role}-hint"))) {
            for language in Language::ALL {
                assert_ne!(t(language, &key), key.as_str(), "{language:?}");
            }
        }
    }

    #[test]
    fn a_device_is_a_browser_and_a_system() {
        let mut headers = HeaderMap::new();
        assert_eq!(device_of(&headers), "");
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        assert_eq!(device_of(&headers), "Firefox · Windows 10");
    }
}
