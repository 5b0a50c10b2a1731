//! A form that a passkey signs before it is sent, and the answers that such forms get from their script.

use axum::Json;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::hidden;
use crate::kernel::{App, Problem};
use crate::ui::{Button, Icon, PageContext, icon};
use crate::workspaces::passkeys::NoPasskeys;

/// What the script asks the authenticator for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// A new passkey.
    Making,
    /// A signature, when the button is pressed.
    Signing,
    /// The same, and offered among what the browser fills in.
    SigningOrFilling,
}

/// Where such a form leads.
pub(super) struct PasskeyForm<'a> {
    pub asks: Asks,
    /// Answers the challenge, as JSON.
    pub options: &'a str,
    pub action: &'a str,
    /// Where to go afterwards, for forms that say so.
    pub next: Option<&'a str>,
    pub button: Button,
    /// Shown above the form, and hidden with it.
    pub head: Markup,
    pub fields: Markup,
}

impl PasskeyForm<'_> {
    /// The form, hidden until the script finds that this browser has passkeys for this address.
    pub fn render_for(&self, app: &App, context: &PageContext) -> Markup {
        let makes = (self.asks == Asks::Making).then_some("");
        let fills = (self.asks == Asks::SigningOrFilling).then_some("");
        html! {
            passkey-form hidden data-origin=(app.settings.public_url) data-options=(self.options) data-makes=[makes]
                data-fills=[fills] data-cancelled=(context.t("passkey-cancelled")) data-known=(context.t("passkey-known"))
                data-failed=(context.t("passkey-failed")) {
                (self.head)
                form class="stack" method="post" action=(self.action) hx-boost="false" {
                    (self.fields)
                    (hidden("credential", ""))
                    @if let Some(next) = self.next { (hidden("next", next)) }
                    p class="field-error" role="alert" data-error hidden { (icon(Icon::CircleAlert)) span {} }
                    div { (self.button) }
                }
            }
        }
    }
}

/// "or", between two ways to go on.
pub(super) fn or(context: &PageContext) -> Markup {
    html! { p class="or" { (context.t("sign-in-or")) } }
}

/// What the script hands to the authenticator.
pub(super) fn options_answer(options: Value) -> Response {
    Json(options).into_response()
}

pub(super) fn no_passkeys(error: NoPasskeys) -> Problem {
    Problem::conflict("no_passkeys", error.to_string())
}
