//! Passkeys at the door: signing in with one, the second step, and proving anew who one is.

use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use axum::{Extension, Form};
use maud::Markup;
use serde::Deserialize;

use super::confirm::confirm_again;
use super::passkey_form::{Asks, PasskeyForm, no_passkeys, options_answer, or};
use super::sign_in::page_saying;
use super::{
    FieldErrors, bare_context, device_of, form_again, form_later, local_or_home, page_context, second_step, see_other,
    wait_text,
};
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit};
use crate::ui::{Button, Icon, PageContext};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::cookies::{
    no_passkey_cookie, passkey_cookie, passkey_token, second_step_token, session_cookie, session_token,
};
use crate::workspaces::passkeys::{
    Ceremony, PasskeyError, PasskeySignIn, Signed, begin_proof, begin_sign_in, relying_party, sign_in_with_passkey,
};
use crate::workspaces::second_step::{SecondAnswer, SecondStepError, begin_passkey_step};
use crate::workspaces::secrets::new_token;
use crate::workspaces::security::prove_again_with_passkey;
use crate::workspaces::sessions::OpenSession;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::POST, "/sign-in/passkey/options", Access::Public, sign_in_options);
    table.add(Method::POST, "/sign-in/passkey", Access::Public, sign_in);
    table.add(Method::POST, "/sign-in/second-step/passkey/options", Access::Public, step_options);
    table.add(Method::POST, "/sign-in/second-step/passkey", Access::Public, take_step);
    let own = Access::Member(Permission::EditOwnAccount);
    table.add_proved(Method::POST, "/account/confirm/passkey/options", own, Proof::Owing, confirm_options);
    table.add_proved(Method::POST, "/account/confirm/passkey", own, Proof::Owing, confirm);
}

/// The way in that needs no address, below the form that does; nothing where no passkey can be used.
pub(super) fn passkey_way(app: &App, context: &PageContext, next: &str) -> Markup {
    if relying_party(&app.settings.public_url).is_err() {
        return Markup::default();
    }
    let form = PasskeyForm {
        asks: Asks::SigningOrFilling,
        options: "/sign-in/passkey/options",
        action: "/sign-in/passkey",
        next: Some(next),
        button: Button::secondary(context.t("sign-in-with-passkey")).icon(Icon::KeyRound).wide(),
        head: or(context),
        fields: Markup::default(),
    };
    form.render_for(app, context)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignedForm {
    credential: String,
    next: String,
}

/// Gives a browser a challenge, and a token by which it is known again.
async fn sign_in_options(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let known = passkey_token(&app, &headers).map(str::to_owned);
    let holder = known.unwrap_or_else(|| new_token(&app.chance).text);
    let options = begin_sign_in(&app, &holder).await.map_err(problem_of)?;
    let mut response = options_answer(options);
    response.headers_mut().append(header::SET_COOKIE, passkey_cookie(&app, &holder));
    Ok(response)
}

async fn sign_in(
    State(app): State<App>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<SignedForm>,
) -> Result<Response, Problem> {
    let given = PasskeySignIn {
        holder: passkey_token(&app, &headers).unwrap_or_default().to_owned(),
        credential: form.credential,
        address,
        device: device_of(&headers),
        previous_token: session_token(&app, &headers).map(str::to_owned),
    };
    let context = bare_context(&app, &headers);
    let again = |text: &str| page_saying(&app, &context, &form.next, text);
    match sign_in_with_passkey(&app, given).await {
        Ok(session) => {
            let mut response = see_other(local_or_home(&form.next));
            response.headers_mut().append(header::SET_COOKIE, session_cookie(&app, &session));
            response.headers_mut().append(header::SET_COOKIE, no_passkey_cookie(&app));
            Ok(response)
        }
        Err(PasskeyError::Refused) => Ok(form_again(again(&context.t("passkey-refused")))),
        Err(PasskeyError::TooSoon { wait }) => Ok(form_later(again(&wait_text(&context, wait)), wait)),
        Err(error) => Err(problem_of(error)),
    }
}

async fn step_options(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let token = second_step_token(&app, &headers).unwrap_or_default().to_owned();
    match begin_passkey_step(&app, token).await {
        Ok(options) => Ok(options_answer(options)),
        Err(SecondStepError::Db(error)) => Err(error.into()),
        Err(error) => Err(Problem::conflict("no_second_step", error.to_string())),
    }
}

async fn take_step(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<SignedForm>,
) -> Result<Response, Problem> {
    let token = second_step_token(&app, &headers).unwrap_or_default();
    let signed = match Signed::parse(&app, Ceremony::SecondStep, token, &form.credential) {
        Ok(signed) => Some(Box::new(signed)),
        Err(PasskeyError::Refused) => None,
        Err(error) => return Err(problem_of(error)),
    };
    second_step::answer(&app, &headers, SecondAnswer::Passkey(signed), &form.next).await
}

async fn confirm_options(
    State(app): State<App>,
    Extension(session): Extension<OpenSession>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let holder = session_token(&app, &headers).unwrap_or_default();
    let options = begin_proof(&app, Ceremony::ProveAnew, holder, session.user).await.map_err(problem_of)?;
    Ok(options_answer(options))
}

async fn confirm(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    headers: HeaderMap,
    Form(form): Form<SignedForm>,
) -> Result<Response, Problem> {
    let holder = session_token(&app, &headers).unwrap_or_default();
    let context = page_context(&visit, None);
    match prove_again_with_passkey(&app, (session.user, session.id), holder, &form.credential).await {
        Ok(()) => Ok(see_other(local_or_home(&form.next))),
        Err(PasskeyError::Refused) => {
            let errors = FieldErrors::of(&context, "credential", "passkey-refused");
            Ok(form_again(confirm_again(&app, &context, &session, &form.next, &errors).await?))
        }
        Err(PasskeyError::TooSoon { wait }) => {
            let errors = FieldErrors(Some(("credential", wait_text(&context, wait))));
            Ok(form_later(confirm_again(&app, &context, &session, &form.next, &errors).await?, wait))
        }
        Err(error) => Err(problem_of(error)),
    }
}

fn problem_of(error: PasskeyError) -> Problem {
    match error {
        PasskeyError::Impossible(error) => no_passkeys(error),
        PasskeyError::Db(error) => error.into(),
        PasskeyError::Refused | PasskeyError::TooSoon { .. } => Problem::forbidden(error.to_string()),
    }
}
