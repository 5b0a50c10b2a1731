//! The same order given many times at once, and two people who change the same thing.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use tokio::task::JoinSet;

use super::tenant::{Tenant, tables};

/// Sends all requests side by side.
async fn at_once(test: &TestApp, requests: Vec<Request<Body>>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for request in requests {
        let router = test.router.clone();
        running.spawn(async move {
            let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
        });
    }
    running.join_all().await
}

fn keyed(tenant: &Tenant, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", tenant.key))
        .header("idempotency-key", "pressed-many-times");
    request.body(Body::from(body.to_string())).unwrap()
}

on_both!(fifty_equal_requests_at_once_under_one_key_have_one_effect, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let rows = async |table: &str| tables(&test).await[table].len();
    let condition = json!({"trait": "city", "op": "eq", "value": "Lyon"});
    let merge = format!("/api/v1/profiles/{}/merge", own.ids["other"]);
    for (path, body, table) in [
        ("/api/v1/segments", json!({"name": "Once", "condition": condition}), "segments"),
        (merge.as_str(), json!({"into": own.ids["prf"]}), "merges"),
    ] {
        let before = rows(table).await;
        let answers = at_once(&test, (0..50).map(|_| keyed(&own, path, &body)).collect()).await;
        let done: BTreeSet<&str> =
            answers.iter().filter(|one| one.status.is_success()).map(|one| one.body.as_str()).collect();
        assert_eq!(done.len(), 1, "{path}: all who are answered are told of the same: {done:?}");
        let waits = |one: &&Answer| !one.status.is_success();
        for answer in answers.iter().filter(waits) {
            assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("still_running")));
        }
        assert_eq!(rows(table).await, before + 1, "{path}");
        let again = test.send(keyed(&own, path, &body)).await;
        assert_eq!((again.status.is_success(), again.header("idempotent-replayed")), (true, "true"), "{path}");
        let other = test.send(keyed(&own, path, &json!({"name": "Other"}))).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: the key is another request's");
    }
});

on_both!(of_twenty_who_change_the_version_they_saw_one_wins_and_nobody_is_overwritten, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let path = format!("/api/v1/segments/{}", own.ids["seg"]);
    for _round in 0..3 {
        let seen = test.get_json(&path, &own.key).await.json()["version"].clone();
        let change = |number: usize| {
            let request = Request::builder().method(Method::PATCH).uri(&path);
            let request = request.header(header::AUTHORIZATION, format!("Bearer {}", own.key));
            request.body(Body::from(json!({"name": format!("By {number}"), "version": seen}).to_string())).unwrap()
        };
        let answers = at_once(&test, (0..20).map(change).collect()).await;
        let winners: Vec<Value> = answers.iter().filter(|one| one.status == StatusCode::OK).map(Answer::json).collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(answers.iter().filter(|one| one.status == StatusCode::CONFLICT).count(), 19);
        assert_eq!(test.get_json(&path, &own.key).await.json()["name"], winners[0]["name"]);
    }
});
