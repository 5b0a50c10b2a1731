//! What the shop asks of its members when they sign in.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::Response;
use axum::{Extension, Form};
use maud::{Markup, html};

use super::settings::settings_tabs;
use super::{NoticeQuery, page_context, role_label, see_other};
use crate::kernel::{Access, App, Permission, Problem, Proof, Role, RouteTable, Visit};
use crate::ui::{Button, Checked, NavItem, PageHead, checkbox, page, panel};
use crate::workspaces::security::{require_second_factor, second_factor_roles};

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditWorkspace);
    table.add(Method::GET, "/settings/security", edit, show);
    table.add_proved(Method::POST, "/settings/security", edit, Proof::Fresh, submit);
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, Some(NavItem::Settings));
    notice.add_to(&mut context);
    let asked = second_factor_roles(&app, &visit.actor).await?;
    let form = html! {
        form class="stack" method="post" action="/settings/security" {
            p class="muted" { (context.t("security-intro")) }
            fieldset {
                legend class="field-label" { (context.t("security-roles")) }
                @for role in Role::ALL.into_iter().rev() {
                    (checkbox(&box_name(role), "on", &role_label(&context, role), Checked(asked.contains(&role))))
                }
            }
            div { (Button::primary(context.t("save"))) }
        }
    };
    let body = html! {
        div class="stack" {
            (settings_tabs(&context, &visit, "/settings/security"))
            (panel(&context.t("second-factor"), &Markup::default(), &form))
        }
    };
    Ok(page(&context, &PageHead::new(context.t("settings-title")), &body))
}

fn box_name(role: Role) -> String {
    format!("role-{role}")
}

async fn submit(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let roles = Role::ALL.into_iter().filter(|role| fields.contains_key(&box_name(*role))).collect();
    require_second_factor(&app, &visit.actor, roles).await?;
    Ok(see_other("/settings/security?done=security-saved"))
}
