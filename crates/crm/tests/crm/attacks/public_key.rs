//! Somebody who has nothing but the key of a public page.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crm::kernel::Access;
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use testkit::on_both;

use super::tenant::{Tenant, kind_of, parameters, tables};

async fn send(test: &TestApp, own: &Tenant, call: &Value) -> Answer {
    let body = json!({"writeKey": own.ingest_key, "batch": [call]}).to_string();
    test.send(Request::builder().method(Method::POST).uri("/v1/batch").body(Body::from(body)).unwrap()).await
}

async fn person(test: &TestApp, own: &Tenant, identifier: &str) -> Value {
    let found = test.get_json(&format!("/api/v1/profiles?identifier={identifier}"), &own.key).await;
    found.json()["data"].as_array().unwrap().first().cloned().unwrap_or(Value::Null)
}

/// Calls that try to speak for Ana, to join her with others, or to be what Entente itself says.
fn attacks() -> Vec<Value> {
    let granted = json!({"channel": "email", "purpose": "marketing", "state": "granted"});
    let ana = json!({"email": "ana@amelie.example"});
    let mut calls = vec![
        json!({"type": "track", "event": "Consent Updated", "userId": "amelie-ana", "properties": granted}),
        json!({"type": "track", "event": "Consent Updated", "userId": "amelie-ana", "anonymousId": "evil", "properties": granted}),
        json!({"type": "track", "event": "Consent Updated", "anonymousId": "evil", "context": {"traits": ana}, "properties": granted}),
        json!({"type": "track", "event": "Consent Updated", "anonymousId": "amelie-ana-phone", "properties": granted}),
        json!({"type": "track", "event": "consent updated", "userId": "amelie-ana", "properties": granted}),
        json!({"type": "identify", "userId": "amelie-ana", "traits": {"email": "one@amelie.example"}}),
        json!({"type": "identify", "userId": "amelie-ana", "traits": {"email": "shared@amelie.example"}}),
        json!({"type": "identify", "anonymousId": "amelie-ana-phone", "userId": "amelie-one"}),
        json!({"type": "identify", "userId": "mallory", "traits": ana}),
        json!({"type": "alias", "userId": "amelie-ana", "previousId": "amelie-one"}),
        json!({"type": "alias", "userId": "mallory", "previousId": "amelie-ana"}),
        json!({"type": "alias", "userId": "amelie-ana", "previousId": "shared@amelie.example"}),
        json!({"type": "group", "userId": "amelie-ana", "groupId": "amelie-one", "traits": {"email": "shared@amelie.example"}}),
        json!({"type": "track", "event": "Segment Left", "userId": "amelie-ana", "properties": {"segment": "Of amelie"}}),
        json!({"type": "track", "event": "Profile Merged", "userId": "amelie-ana", "properties": {"into": "amelie-one"}}),
        json!({"type": "track", "event": "Stage Changed", "userId": "amelie-ana", "properties": {"stage": "dormant"}}),
        json!({"type": "system", "event": "Segment Left", "userId": "amelie-ana"}),
        json!({"type": "track", "event": "Seen", "userId": "amelie-ana", "kind": 7, "isPublic": false, "trust": "server"}),
    ];
    // First a choice as a visitor of nobody's, then the claim to be Ana: the choice must not come along.
    calls.push(json!({"type": "track", "event": "Consent Updated", "anonymousId": "later", "properties": granted}));
    calls.push(json!({"type": "identify", "anonymousId": "later", "userId": "amelie-ana"}));
    for (place, call) in calls.iter_mut().enumerate() {
        call["messageId"] = json!(format!("attack-{place}"));
    }
    calls
}

on_both!(a_public_key_sets_no_consent_joins_no_known_people_and_is_not_believed_as_entente, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let withdrawn = json!({"type": "track", "event": "Consent Updated", "messageId": "w", "userId": "amelie-ana",
                           "properties": {"channel": "email", "purpose": "marketing", "state": "withdrawn"}});
    let told = test.send_json(Method::POST, "/v1/batch", &own.key, &json!({"batch": [withdrawn]})).await;
    assert_eq!(told.status, StatusCode::OK);
    let before = person(&test, &own, "user_id:amelie-ana").await;
    assert_eq!(before["consents"][0]["state"], "withdrawn");
    let other = person(&test, &own, "user_id:amelie-one").await;
    for call in attacks() {
        let answer = send(&test, &own, &call).await;
        assert_eq!(answer.status, StatusCode::OK, "{call}: {}", answer.body);
        let ana = person(&test, &own, "user_id:amelie-ana").await;
        assert_eq!(ana["id"], before["id"], "{call}");
        assert_eq!(ana["consents"], before["consents"], "{call}");
        let segments = |of: &Value| of["segments"].as_array().unwrap().len();
        assert!(segments(&ana) >= segments(&before), "{call} took her out of a segment");
        assert_eq!(ana["lifecycle_stage"], before["lifecycle_stage"], "{call}");
        assert_eq!(person(&test, &own, "user_id:amelie-one").await["id"], other["id"], "{call}");
        assert_eq!(person(&test, &own, "email:ana@amelie.example").await["id"], before["id"], "{call}");
    }
    let mut ids = std::collections::BTreeSet::new();
    for name in ["ana", "one", "two"] {
        ids.insert(person(&test, &own, &format!("user_id:amelie-{name}")).await["id"].to_string());
    }
    assert_eq!(ids.len(), 3, "three people are still three");
});

on_both!(a_public_key_reads_nothing_whatever_way_it_is_shown, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let key = own.ingest_key.as_str();
    let basic = STANDARD.encode(format!("{key}:"));
    let shown: [(&str, String); 5] = [
        ("authorization", format!("Bearer {key}")),
        ("authorization", format!("Basic {basic}")),
        ("x-write-key", key.to_owned()),
        ("cookie", format!("entente={key}")),
        ("cookie", format!("entente={}", own.ids["session"])),
    ];
    let before = tables(&test).await;
    for route in crm::web::route_table().routes {
        if !matches!(route.access, Access::Member(_) | Access::Program(_)) {
            continue;
        }
        let path = parameters(route.path).fold(route.path.to_owned(), |path, name| {
            path.replace(&format!("{{{name}}}"), &own.ids[kind_of(route.path, name)])
        });
        for (name, value) in &shown {
            let path = format!("{path}?writeKey={key}&access_token={key}");
            let request = Request::builder().method(route.method.clone()).uri(&path).header(*name, value.as_str());
            let request = request.header(header::ORIGIN, test.app.settings.public_url.as_str());
            let body = json!({"writeKey": key, "into": own.ids["other"], "traits": {}, "name": "x"}).to_string();
            let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap();
            let answer = test.send(request).await;
            let what = format!("{} {path} with {name}: {}", route.method, answer.body);
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
            assert!(!answer.body.contains("amelie"), "{what}");
        }
    }
    assert_eq!(tables(&test).await, before, "and nothing changed");
});
