//! The members of the shop: who they are, what they may do, and a way back in for who forgot his password.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;
use words::UserId;

use super::mail::state_badge;
use super::{NoticeQuery, page_context, role_choices, role_label, role_of, see_other};
use crate::kernel::{Access, App, Permission, Problem, Proof, Role, RouteTable, Visit};
use crate::outbox;
use crate::ui::{
    Button, Column, Icon, Menu, MenuItem, NavItem, PageContext, PageHead, Row, Table, Tone, alert, avatar, badge,
    code_block, dash, dialog, page, time_ago, time_ago_or_dash,
};
use crate::workspaces::invite::list_invitations;
use crate::workspaces::manage_members::{MemberChange, MemberError, change_member, list_members};
use crate::workspaces::model::Member;
use crate::workspaces::one_time_links::OneTimeLink;
use crate::workspaces::reset_password::make_reset_link;
use crate::workspaces::second_factor::remove_second_factor_of;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditMembers);
    table.add(Method::GET, "/members", Access::Member(Permission::SeeMembers), show);
    table.add_proved(Method::POST, "/members/{user}/role", edit, Proof::Fresh, change_role);
    table.add(Method::POST, "/members/{user}/disable", edit, disable);
    table.add_proved(Method::POST, "/members/{user}/enable", edit, Proof::Fresh, enable);
    table.add_proved(Method::POST, "/members/{user}/remove", edit, Proof::Fresh, remove);
    table.add_proved(Method::POST, "/members/{user}/remove-second-factor", edit, Proof::Fresh, remove_factor);
    table.add_proved(Method::POST, "/members/{user}/reset-link", edit, Proof::Fresh, show_reset_link);
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let members = list_members(&app, &visit.actor).await?;
    let may_edit = visit.actor.may(Permission::EditMembers);
    let (invitations, letters) =
        if may_edit { list_invitations(&app, &visit.actor).await? } else { Default::default() };
    let mut context = page_context(&visit, Some(NavItem::Members));
    notice.add_to(&mut context);
    let invite = Button::primary(context.t("members-invite")).icon(Icon::UserPlus).link("/members/invite");
    let mut head = PageHead::new(context.t("members-title")).count(context.integer(count(members.len())));
    if may_edit {
        head = head.actions(html! { (invite) });
    }
    let rows = members.iter().map(|member| member_row(&context, &visit, member)).collect();
    let body = html! {
        div class="stack" {
            (Table::new(context.t("members-title"), columns(&context), rows).render(context.language))
            @if !invitations.is_empty() { (invitations_list(&context, &invitations, &letters)) }
        }
        @if may_edit { @for member in &members { (removal_dialog(&context, member)) } }
    };
    Ok(page(&context, &head, &body))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn columns(context: &PageContext) -> Vec<Column> {
    vec![
        Column::text(context.t("member-name")),
        Column::text(context.t("member-email")).minor(),
        Column::text(context.t("member-role")),
        Column::text(context.t("member-last-seen")).minor(),
        Column::text(context.t("member-actions")),
    ]
}

fn member_row(context: &PageContext, visit: &Visit, member: &Member) -> Row {
    let is_self = visit.actor.user() == Some(member.user);
    let name = html! {
        (avatar(&member.name)) " " (member.name)
        @if is_self { " " (badge(Tone::Accent, &context.t("member-you"))) }
        @if member.second_factor_since.is_some() { " " (badge(Tone::Good, &context.t("member-second-factor"))) }
        @if member.disabled_at.is_some() { " " (badge(Tone::Warning, &context.t("member-disabled"))) }
    };
    let seen = time_ago_or_dash(context, member.last_seen_at);
    let role = html! { (role_label(context, member.role)) };
    Row::new(vec![name, html! { (member.email) }, role, seen, actions(context, visit, member)])
}

/// What may be done with a member: nothing for who may not, and owners only by owners.
fn actions(context: &PageContext, visit: &Visit, member: &Member) -> Markup {
    let is_beyond = member.role == Role::Owner && role_of(visit) != Some(Role::Owner);
    if is_beyond || !visit.actor.may(Permission::EditMembers) {
        return Markup::default();
    }
    let path = |verb: &str| format!("/members/{}/{verb}", member.user);
    let roles: Vec<MenuItem> = role_choices(visit)
        .into_iter()
        .map(|role| {
            MenuItem::post_value(role_label(context, role), path("role"), "role", role.code())
                .current(role == member.role)
        })
        .collect();
    let pause = if member.disabled_at.is_some() {
        MenuItem::post(context.t("member-enable"), path("enable")).icon(Icon::UserCheck)
    } else {
        MenuItem::post(context.t("member-disable"), path("disable")).icon(Icon::Ban)
    };
    let mut rest = vec![MenuItem::post(context.t("member-reset-link"), path("reset-link")).icon(Icon::KeyRound)];
    if member.second_factor_since.is_some() {
        let label = context.t("member-remove-second-factor");
        rest.push(MenuItem::post(label, path("remove-second-factor")).icon(Icon::Smartphone));
    }
    rest.push(pause);
    rest.push(MenuItem::opens_dialog(context.t("member-remove"), removal_id(member)).icon(Icon::UserX).danger());
    let label = context.t_with("member-actions-of", &[("name", member.name.as_str().into())]);
    let button = Button::ghost(label).small().icon_only(Icon::Ellipsis);
    let menu = Menu::new(&format!("menu-{}", member.user), button);
    html! { (menu.group(Some(&context.t("member-role")), &roles).group(None, &rest)) }
}

fn removal_id(member: &Member) -> String {
    format!("remove-{}", member.user)
}

/// Removing somebody cannot be undone, so it is asked once.
fn removal_dialog(context: &PageContext, member: &Member) -> Markup {
    let id = removal_id(member);
    let body = html! { p { (context.t("member-remove-text")) } };
    let remove = Button::danger(context.t("member-remove")).post(format!("/members/{}/remove", member.user));
    let foot = html! { (Button::secondary(context.t("cancel")).closes_dialog(&id)) (remove) };
    let title = context.t_with("member-remove-title", &[("name", member.name.as_str().into())]);
    dialog(context.language, &id, &title, &body, &foot)
}

fn invitations_list(
    context: &PageContext,
    invitations: &[OneTimeLink],
    letters: &HashMap<Uuid, outbox::State>,
) -> Markup {
    let columns = vec![
        Column::text(context.t("member-email")),
        Column::text(context.t("member-role")),
        Column::text(context.t("invitation-mail")),
        Column::text(context.t("invitation-ends")),
        Column::text(context.t("member-actions")),
    ];
    let row = |invitation: &OneTimeLink| invitation_row(context, invitation, letters.get(&invitation.id).copied());
    let rows = invitations.iter().map(row).collect();
    let title = context.t("invitations-title");
    let table = Table::new(&*title, columns, rows);
    html! { h2 class="panel-title" { (title) } (table.render(context.language)) }
}

fn invitation_row(context: &PageContext, invitation: &OneTimeLink, letter: Option<outbox::State>) -> Row {
    let email = invitation.concerns.email.as_ref().map(ToString::to_string).unwrap_or_default();
    let role = invitation.concerns.role.map(|role| role_label(context, role)).unwrap_or_default();
    let withdraw = Button::ghost(context.t("invitation-withdraw"))
        .small()
        .post(format!("/members/invitations/{}/withdraw", invitation.id));
    let mail = match letter {
        Some(state) => state_badge(context, state),
        None => dash(),
    };
    let ends = time_ago(context, invitation.expires_at);
    Row::new(vec![html! { (email) }, html! { (role) }, mail, ends, html! { (withdraw) }])
}

#[derive(Deserialize)]
struct RoleForm {
    role: String,
}

async fn change_role(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(user): Path<UserId>,
    Form(form): Form<RoleForm>,
) -> Result<Response, Problem> {
    let role: Role = form.role.parse().map_err(|error| Problem::bad_request("unknown_role", format!("{error}")))?;
    let outcome = change_member(&app, &visit.actor, user, MemberChange::Role(role)).await;
    back_to_members(outcome, "role-changed")
}

async fn disable(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(user): Path<UserId>,
) -> Result<Response, Problem> {
    back_to_members(change_member(&app, &visit.actor, user, MemberChange::Disable).await, "member-disabled")
}

async fn enable(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(user): Path<UserId>,
) -> Result<Response, Problem> {
    back_to_members(change_member(&app, &visit.actor, user, MemberChange::Enable).await, "member-enabled")
}

async fn remove(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(user): Path<UserId>,
) -> Result<Response, Problem> {
    back_to_members(change_member(&app, &visit.actor, user, MemberChange::Remove).await, "member-removed")
}

async fn remove_factor(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(user): Path<UserId>,
) -> Result<Response, Problem> {
    back_to_members(remove_second_factor_of(&app, &visit.actor, user).await, "second-factor-removed")
}

async fn show_reset_link(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(user): Path<UserId>,
) -> Result<Response, Problem> {
    match make_reset_link(&app, &visit.actor, user).await {
        Ok(url) => {
            Ok(link_page(&visit, "reset-link-title", "reset-link-text", &url, |_| Markup::default()).into_response())
        }
        Err(error) => back_to_members(Err(error), ""),
    }
}

fn back_to_members(outcome: Result<(), MemberError>, done: &str) -> Result<Response, Problem> {
    let problem = match outcome {
        Ok(()) => return Ok(see_other(&format!("/members?done={done}"))),
        Err(MemberError::LastOwner) => "last-owner",
        Err(MemberError::OnlyOwners) => "only-owners",
        Err(MemberError::SignsInElsewhere) => "signs-in-elsewhere",
        Err(MemberError::NoSuchMember) => return Err(Problem::not_found("member")),
        Err(MemberError::Db(error)) => return Err(error.into()),
    };
    Ok(see_other(&format!("/members?problem={problem}")))
}

/// A link that is shown this once, to copy and hand over; above it what else became of it.
pub(super) fn link_page(
    visit: &Visit,
    title_key: &str,
    text_key: &str,
    url: &str,
    note: impl FnOnce(&PageContext) -> Markup,
) -> Markup {
    let context = page_context(visit, Some(NavItem::Members));
    let head = PageHead::new(context.t(title_key)).back(context.t("members-title"), "/members");
    let body = html! {
        div class="stack" {
            (note(&context))
            (alert(Tone::Warning, &context.t("shown-once"), &html! { p { (context.t(text_key)) } }))
            (code_block(context.language, url))
        }
    };
    page(&context, &head, &body)
}
