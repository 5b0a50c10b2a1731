//! Fields that nobody documented: refused by programs' routes, without effect on people's forms.

use axum::http::{Method, StatusCode};
use crm::kernel::{Access, Proof};
use serde_json::{Value, json};
use testkit::app::TestApp;
use testkit::on_both;

use super::tenant::{Tenant, contents, kind_of, own_request, parameters};

/// Every column of the models, as somebody would guess them.
const MODEL_FIELDS: [&str; 24] = [
    "id",
    "workspace_id",
    "workspace",
    "user_id",
    "user",
    "role",
    "roles",
    "scopes",
    "is_owner",
    "admin",
    "owner",
    "created_at",
    "updated_at",
    "version",
    "disabled_at",
    "revoked_at",
    "expires_at",
    "secret_digest",
    "ingest_key",
    "email_verified",
    "ready_made",
    "is_built",
    "standing",
    "number",
];

/// A right body of each route of programs that takes one.
fn right_body(method: &Method, route: &str, tenant: &Tenant) -> Option<Value> {
    let condition = json!({"trait": "city", "op": "eq", "value": "Lyon"});
    Some(match (method.as_str(), route) {
        ("PATCH", "/api/v1/profiles/{id}") => json!({"traits": {"city": "Lyon"}}),
        ("POST", "/api/v1/profiles/{id}/merge") => json!({"into": tenant.ids["other"]}),
        ("POST", "/api/v1/profiles/{id}/unmerge") => json!({"merge": tenant.ids["mrg"]}),
        ("POST", "/api/v1/segments") => json!({"name": "New", "condition": condition}),
        ("POST", "/api/v1/segments/preview") => json!({"condition": condition}),
        ("PATCH", "/api/v1/segments/{id}") => json!({"name": "Renamed"}),
        ("DELETE", _) => return None,
        _ => panic!("{method} {route} takes a body: say here which"),
    })
}

fn own_path(route: &str, tenant: &Tenant) -> String {
    parameters(route).fold(route.to_owned(), |path, name| {
        path.replace(&format!("{{{name}}}"), tenant.ids.get(kind_of(route, name)).map_or("x", String::as_str))
    })
}

on_both!(every_write_of_the_api_refuses_a_field_that_it_does_not_know, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let before = contents(&test, &[("api_keys", "last_used_at")]).await;
    let mut refused = 0;
    for route in crm::web::route_table().routes {
        if !matches!(route.access, Access::Program(_)) || route.method == Method::GET {
            continue;
        }
        let Some(body) = right_body(&route.method, route.path, &own) else { continue };
        let path = own_path(route.path, &own);
        for field in MODEL_FIELDS {
            if !body[field].is_null() || (field == "version" && route.method == Method::PATCH) {
                continue;
            }
            let mut body = body.clone();
            body[field] = json!("owner");
            let answer = test.send_json(route.method.clone(), &path, &own.key, &body).await;
            let what = format!("{} {path} with {field}", route.method);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {}", answer.body);
            assert_eq!(answer.json()["code"], "bad_body", "{what}");
            assert!(answer.json()["detail"].as_str().unwrap().contains(field), "{what}: {}", answer.body);
            refused += 1;
        }
    }
    assert!(refused >= 6 * 20, "{refused}");
    assert_eq!(contents(&test, &[("api_keys", "last_used_at")]).await, before, "nothing of all that was kept");
    for route in crm::web::route_table().routes {
        let is_write = matches!(route.access, Access::Program(_)) && route.method != Method::GET;
        let body = if is_write { right_body(&route.method, route.path, &own) } else { None };
        let Some(body) = body else { continue };
        let answer = test.send_json(route.method.clone(), &own_path(route.path, &own), &own.key, &body).await;
        assert!(answer.status.is_success(), "{} {}: {}", route.method, route.path, answer.body);
    }
});

/// What only its own route may set, in the tables that say who may do what.
async fn powers(test: &TestApp) -> Vec<String> {
    let told =
        contents(test, &[("sessions", "last_seen_at"), ("sessions", "proved_at"), ("api_keys", "last_used_at")]).await;
    ["members", "api_keys", "sources", "workspaces"].iter().flat_map(|table| told[*table].clone()).collect()
}

on_both!(a_form_sets_nothing_but_its_own_fields, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let before = powers(&test).await;
    let extra: Vec<String> = MODEL_FIELDS.iter().map(|field| format!("{field}=owner")).collect();
    let mut sent = 0;
    for route in crm::web::route_table().routes {
        let is_form = matches!(route.access, Access::Member(_)) && route.method == Method::POST;
        // What a fresh proof guards sets powers by purpose; what has an id changes the thing named.
        if !is_form || route.proof != Proof::Full || route.path.contains('{') || SETS_POWERS.contains(&route.path) {
            continue;
        }
        let body = format!("name=Ana&{}", extra.join("&"));
        let answer = test.send(own_request(&test, &Method::POST, route.path, &own, &body)).await;
        assert!(!answer.status.is_server_error(), "{}: {}", route.path, answer.status);
        sent += 1;
    }
    assert!(sent >= 4, "{sent}");
    assert_eq!(powers(&test).await, before);
});

/// Forms whose own fields are in the tables of powers.
const SETS_POWERS: [&str; 3] = ["/settings", "/sources", "/welcome/origins"];
