//! Inviting somebody: an address, a role, and a link to hand over.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;
use words::EmailAddress;

use super::members::link_page;
use super::{FieldErrors, form_again, page_context, role_choices, role_label, see_other};
use crate::kernel::{Access, App, Permission, Problem, Proof, Role, RouteTable, Visit};
use crate::ui::{Button, Field, NavItem, PageContext, PageHead, RadioCard, Tone, alert, page, panel, radio_cards};
use crate::workspaces::invite::{InviteError, invite, withdraw_invitation};
use crate::workspaces::model::Closed;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditMembers);
    table.add(Method::GET, "/members/invite", edit, show);
    table.add_proved(Method::POST, "/members/invite", edit, Proof::Fresh, submit);
    table.add(Method::POST, "/members/invitations/{invitation}/withdraw", edit, withdraw);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InviteForm {
    email: String,
    role: String,
}

async fn show(Extension(visit): Extension<Visit>) -> Markup {
    let form = InviteForm { role: Role::Marketer.code().to_owned(), ..InviteForm::default() };
    invite_page(&visit, &form, None)
}

async fn submit(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(form): Form<InviteForm>,
) -> Result<Response, Problem> {
    let again = |key: &'static str| Ok(form_again(invite_page(&visit, &form, Some(key))));
    let role: Role = form.role.parse().map_err(|error| Problem::bad_request("unknown_role", format!("{error}")))?;
    let Ok(email) = EmailAddress::parse(&form.email) else { return again("email-malformed") };
    match invite(&app, &visit.actor, email.clone(), role).await {
        Ok(url) => {
            let note = |context: &PageContext| invitation_note(&app, context, &email);
            Ok(link_page(&visit, "invitation-link-title", "invitation-link-text", &url, note).into_response())
        }
        Err(InviteError::AlreadyMember) => again("problem-already-member"),
        Err(InviteError::OnlyOwners) => again("problem-only-owners"),
        Err(InviteError::Db(error)) => Err(error.into()),
    }
}

/// That the link goes by mail too, where mail is set up.
fn invitation_note(app: &App, context: &PageContext, email: &EmailAddress) -> Markup {
    if app.relay.is_none() {
        return Markup::default();
    }
    let title = context.t_with("invitation-mailed", &[("email", email.as_str().into())]);
    alert(Tone::Good, &title, &html! { p { (context.t("invitation-mailed-text")) } })
}

async fn withdraw(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(invitation): Path<Uuid>,
) -> Result<Response, Problem> {
    match withdraw_invitation(&app, &visit.actor, invitation).await? {
        Closed::Now => Ok(see_other("/members?done=invitation-withdrawn")),
        Closed::Earlier => Ok(see_other("/members?done=invitation-over")),
        Closed::Nowhere => Err(Problem::not_found("invitation")),
    }
}

fn invite_page(visit: &Visit, form: &InviteForm, error: Option<&str>) -> Markup {
    let context = page_context(visit, Some(NavItem::Members));
    let errors = error.map_or(FieldErrors::none(), |key| FieldErrors::of(&context, "email", key));
    let cards: Vec<RadioCard> = role_choices(visit)
        .into_iter()
        .map(|role| RadioCard {
            value: role.code().to_owned(),
            label: role_label(&context, role),
            hint: Some(context.t(&format!("role-{role}-hint")).into_owned()),
            icon: None,
        })
        .collect();
    let head = PageHead::new(context.t("members-invite")).back(context.t("members-title"), "/members");
    let fields = html! {
        form class="stack" method="post" action="/members/invite" {
            (Field::email("email", context.t("member-email"))
                .value(form.email.as_str())
                .required()
                .autofocus()
                .attribute("autocomplete", "off")
                .error(errors.on("email")))
            (radio_cards("role", &context.t("member-role"), &cards, &form.role))
            div { (Button::primary(context.t("invite-submit"))) }
        }
    };
    page(&context, &head, &panel(&context.t("invite-who"), &Markup::default(), &fields))
}
