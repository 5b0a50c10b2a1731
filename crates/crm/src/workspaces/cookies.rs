//! The cookies that Entente sets: the session, and what somebody who is not signed in chose for his eyes.

use axum::http::{HeaderMap, HeaderValue, header};
use words::Span;

use super::one_time_links::Purpose;
use super::passkeys::LIFETIME;
use super::secrets::is_token;
use super::sessions::NewSession;
use crate::kernel::{App, Language};
use crate::ui::Theme;

/// The name of the session cookie. `__Host-` makes browsers insist on `Secure`, the whole site and this host alone; over
/// plain http on the own machine they would refuse it.
pub fn cookie_name(app: &App) -> &'static str {
    if app.settings.is_secure { "__Host-entente" } else { "entente" }
}

/// The session token that a request carries.
pub fn session_token<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, cookie_name(app)).filter(|token| !token.is_empty())
}

/// The language of somebody who is not signed in: what he chose here, else what his browser prefers.
pub fn chosen_language(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(Language::from_code);
    let preferred = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Language::from_accept_language);
    chosen.or_else(preferred).unwrap_or_default()
}

/// The theme that somebody chose before he signed in.
pub fn chosen_theme(headers: &HeaderMap) -> Theme {
    cookie(headers, THEME_COOKIE).and_then(Theme::from_code).unwrap_or_default()
}

pub(super) const LANGUAGE_COOKIE: &str = "entente-language";
pub(super) const THEME_COOKIE: &str = "entente-theme";

/// `Set-Cookie` of a session that begins.
pub(super) fn session_cookie(app: &App, session: &NewSession) -> HeaderValue {
    set_cookie(app, cookie_name(app), &session.token, session.longest)
}

/// `Set-Cookie` that takes the session cookie away.
pub(super) fn no_session_cookie(app: &App) -> HeaderValue {
    set_cookie(app, cookie_name(app), "", Span::ZERO)
}

/// `Set-Cookie` of a sign-in that waits for its second step.
pub(super) fn second_step_cookie(app: &App, token: &str) -> HeaderValue {
    set_cookie(app, second_step_name(app), token, Purpose::SecondStep.lifetime())
}

/// `Set-Cookie` that takes it away.
pub(super) fn no_second_step_cookie(app: &App) -> HeaderValue {
    set_cookie(app, second_step_name(app), "", Span::ZERO)
}

/// The token of the second step that a request carries.
pub(super) fn second_step_token<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, second_step_name(app)).filter(|token| !token.is_empty())
}

fn second_step_name(app: &App) -> &'static str {
    if app.settings.is_secure { "__Host-entente-step" } else { "entente-step" }
}

/// `Set-Cookie` of a browser that was given a challenge for passkeys before it signed in.
pub(super) fn passkey_cookie(app: &App, token: &str) -> HeaderValue {
    set_cookie(app, passkey_name(app), token, LIFETIME)
}

/// `Set-Cookie` that takes it away.
pub(super) fn no_passkey_cookie(app: &App) -> HeaderValue {
    set_cookie(app, passkey_name(app), "", Span::ZERO)
}

/// The token that such a browser sends back, if it is one of ours by its form.
pub(super) fn passkey_token<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, passkey_name(app)).filter(|token| is_token(token))
}

fn passkey_name(app: &App) -> &'static str {
    if app.settings.is_secure { "__Host-entente-passkey" } else { "entente-passkey" }
}

/// `Set-Cookie` of a choice, kept for a year.
pub(super) fn choice_cookie(app: &App, name: &str, value: &'static str) -> HeaderValue {
    set_cookie(app, name, value, Span::from_days(365))
}

pub(super) fn set_cookie(app: &App, name: &str, value: &str, lifetime: Span) -> HeaderValue {
    let secure = if app.settings.is_secure { "; Secure" } else { "" };
    let seconds = lifetime.as_millis() / 1000;
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).expect("names are literals and values are base64 or literals: all visible ASCII")
}

/// The value of a cookie (RFC 6265, section 5.4), the first if there are several.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; xentente=no;entente=yes; entente=later"));
        assert_eq!(cookie(&headers, "entente"), Some("yes"));
        assert_eq!(cookie(&headers, "__Host-entente"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-entente=safe"));
        assert_eq!(cookie(&headers, "__Host-entente"), Some("safe"));
    }

    #[test]
    fn a_choice_goes_before_what_the_browser_prefers() {
        let mut headers = HeaderMap::new();
        assert_eq!(chosen_language(&headers), Language::English);
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("fr-FR,en;q=0.5"));
        assert_eq!(chosen_language(&headers), Language::French);
        headers.insert(header::COOKIE, HeaderValue::from_static("entente-language=en; entente-theme=dark"));
        assert_eq!((chosen_language(&headers), chosen_theme(&headers)), (Language::English, Theme::Dark));
    }
}
