//! Ids of another shop, wherever a request can name one: not there, and not told apart from what is nowhere.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use crm::kernel::{Access, Actor, Role};
use crm::workspaces::{self, AuditFilter};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use words::Span;

use super::tenant::{Tenant, contents, kind_of, own_request, parameters};

/// Ids of every kind that nobody has.
fn nowhere() -> BTreeMap<&'static str, String> {
    let letters = "01m823qsekew3re1r70w3ge1r7";
    let mut ids: BTreeMap<&'static str, String> =
        ["prf", "mrg", "cfl", "seg", "src", "usr", "key", "wsp"].map(|kind| (kind, format!("{kind}_{letters}"))).into();
    ids.insert("other", ids["prf"].clone());
    ids.insert("session", "019a0000-0000-7000-8000-000000000000".to_owned());
    ids.insert("invitation", "019a0000-0000-7000-8000-000000000001".to_owned());
    ids.insert("passkey", "019a0000-0000-7000-8000-000000000002".to_owned());
    ids.insert("seq", "987654321".to_owned());
    ids
}

/// The text with an id of each kind in the place of `@kind`.
fn filled(text: &str, ids: &BTreeMap<&'static str, String>) -> String {
    ids.iter().fold(text.to_owned(), |text, (kind, id)| text.replace(&format!("@{kind}"), id))
}

/// What an answer says, without the ids that the request itself named.
fn said(answer: &Answer, ids: &BTreeMap<&'static str, String>) -> (StatusCode, String, String) {
    let named = ids.iter().filter(|(kind, _)| **kind != "seq");
    let hidden = |text: &str| named.clone().fold(text.to_owned(), |text, (_, id)| text.replace(id.as_str(), "@"));
    (answer.status, hidden(answer.header("location")), without_segments(&hidden(&answer.body)))
}

/// A refusal names the segment that was not made by the id that it would have had: another each time.
fn without_segments(text: &str) -> String {
    let mut parts = text.split("seg_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "@" + part.get(26..).unwrap_or_default())
}

/// Requests that name an id: a path of the table with `@kind` for each parameter, and the places in queries and bodies.
fn attacks() -> Vec<(Method, String, &'static str)> {
    let mut attacks = Vec::new();
    for route in crm::web::route_table().routes {
        let kinds: Vec<_> =
            parameters(route.path).map(|parameter| (parameter, kind_of(route.path, parameter))).collect();
        let is_id = !kinds.is_empty() && kinds.iter().all(|(_, kind)| !["token", "call"].contains(kind));
        if !is_id || !matches!(route.access, Access::Member(_) | Access::Program(_)) {
            continue;
        }
        let path = kinds.iter().fold(route.path.to_owned(), |path, (name, kind)| {
            path.replace(&format!("{{{name}}}"), &format!("@{kind}"))
        });
        let query = match path.rsplit('/').next() {
            Some("why") => "?segment=~seg",
            Some("explain") => "?profile=~prf",
            Some("as-of" | "count") => "?at=2025-11-22T14:45",
            _ => "",
        };
        attacks.push((route.method, format!("{path}{query}"), body_for(&path)));
    }
    attacks
}

/// A body that would be taken if the id were one's own.
fn body_for(path: &str) -> &'static str {
    match path {
        "/api/v1/profiles/@prf" => r#"{"traits": {"city": "Lyon"}}"#,
        "/api/v1/profiles/@prf/merge" => r#"{"into": "@other"}"#,
        "/api/v1/segments/@seg" => r#"{"name": "Taken"}"#,
        "/people/@prf/merge" => "other=@other&into=@prf",
        "/people/conflicts/@cfl" => "decision=merge",
        "/segments/@seg/edit" => "name=Taken&condition=%7B%22all%22%3A%5B%5D%7D&version=1",
        "/sources/@src" => "name=Taken&origins=https%3A%2F%2Fevil.example",
        "/sources/@src/allow" => "origin=https%3A%2F%2Fevil.example",
        "/sources/@src/switch" => "to=off",
        "/members/@usr/role" => "role=owner",
        "/account/passkeys/@passkey/rename" => "name=Taken",
        _ => "",
    }
}

/// Ids in the query and in the body, where the rest of the request is one's own: `@` is another's, `~` one's own.
const ELSEWHERE: &[(Method, &str, &str, StatusCode)] = &[
    (Method::GET, "/api/v1/profiles?segment=@seg", "", StatusCode::NOT_FOUND),
    (Method::GET, "/api/v1/segments/~seg/explain?profile=@prf", "", StatusCode::NOT_FOUND),
    (Method::GET, "/api/v1/segments/@seg/explain?profile=~prf", "", StatusCode::NOT_FOUND),
    (Method::POST, "/api/v1/profiles/~prf/merge", r#"{"into": "@prf"}"#, StatusCode::NOT_FOUND),
    (Method::POST, "/api/v1/profiles/@prf/merge", r#"{"into": "~prf"}"#, StatusCode::NOT_FOUND),
    (Method::POST, "/api/v1/profiles/~prf/unmerge", r#"{"merge": "@mrg"}"#, StatusCode::NOT_FOUND),
    (Method::POST, "/api/v1/segments", r#"{"name": "S", "condition": {"segment": "@seg"}}"#, StatusCode::BAD_REQUEST),
    (Method::PATCH, "/api/v1/segments/~seg", r#"{"condition": {"segment": "@seg"}}"#, StatusCode::BAD_REQUEST),
    (Method::POST, "/api/v1/segments/preview", r#"{"condition": {"segment": "@seg"}}"#, StatusCode::BAD_REQUEST),
    (Method::GET, "/people/~prf/merge?other=@prf", "", StatusCode::NOT_FOUND),
    (Method::POST, "/people/~prf/merge", "other=@prf&into=~prf", StatusCode::NOT_FOUND),
    (Method::GET, "/people/~prf/why?segment=@seg", "", StatusCode::NOT_FOUND),
    (Method::GET, "/people?segment=@seg", "", StatusCode::NOT_FOUND),
    (Method::GET, "/palette?q=@prf", "", StatusCode::OK),
];

/// Sends the same request with ids of the other shop and with ids of nobody: the same is said, and it says nothing.
async fn check(test: &TestApp, (own, other): (&Tenant, &Tenant), attack: (&Method, &str, &str), wanted: &[StatusCode]) {
    let (method, path, body) = attack;
    let own_ids =
        |text: &str| own.ids.iter().fold(text.to_owned(), |text, (kind, id)| text.replace(&format!("~{kind}"), id));
    let mut heard = Vec::new();
    for ids in [&other.ids, &nowhere()] {
        let (path, body) = (filled(&own_ids(path), ids), filled(&own_ids(body), ids));
        let answer = test.send(own_request(test, method, &path, own, &body)).await;
        assert!(wanted.contains(&answer.status), "{method} {path} {body}: {} {}", answer.status, answer.body);
        assert!(!answer.body.contains("bertrand"), "{method} {path} tells of the other shop: {}", answer.body);
        heard.push(said(&answer, ids));
    }
    assert_eq!(heard[0], heard[1], "{method} {path} {body}: what is another's is told apart from what is nowhere");
}

on_both!(ids_of_another_shop_are_nowhere_in_every_path_query_and_body, |db| async move {
    let test = TestApp::new(db);
    let (own, other) = (Tenant::open(&test, "amelie").await, Tenant::open(&test, "bertrand").await);
    let untold = [("sessions", "last_seen_at"), ("sessions", "seen_at"), ("api_keys", "last_used_at")];
    let before = of_shop(&contents(&test, &untold).await, &other);
    let attacks = attacks();
    assert!(attacks.len() >= 40, "{} routes take an id", attacks.len());
    for (method, path, body) in &attacks {
        check(&test, (&own, &other), (method, path, body), &[StatusCode::NOT_FOUND]).await;
    }
    for (method, path, body, status) in ELSEWHERE {
        check(&test, (&own, &other), (method, path, body), &[*status]).await;
    }
    assert_eq!(of_shop(&contents(&test, &untold).await, &other), before, "the other shop is as it was");
});

/// The rows that name the shop.
fn of_shop(contents: &BTreeMap<String, Vec<String>>, shop: &Tenant) -> BTreeSet<(String, String)> {
    let bytes = format!("{:?}", shop.workspace.as_uuid().as_bytes().to_vec());
    let lines = contents.iter().flat_map(|(table, lines)| lines.iter().map(move |line| (table.clone(), line.clone())));
    lines.filter(|(_, line)| line.contains(&bytes)).collect()
}

on_both!(every_page_that_takes_an_id_shows_ones_own, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    test.advance(Span::from_minutes(50));
    for (method, path, body) in attacks() {
        if method != Method::GET {
            continue;
        }
        let path = filled(&path.replace('~', "@"), &own.ids);
        let answer = test.send(own_request(&test, &method, &path, &own, body)).await;
        if answer.header("location").starts_with("/account/confirm") {
            // Whoever is to be proved anew is led away whatever the id: `erasure.rs` opens the page.
            assert!(path.ends_with("/erase"), "{path}");
            continue;
        }
        assert_eq!(answer.status, StatusCode::OK, "{path}: the id of one's own is found");
    }
});

on_both!(a_second_click_on_what_is_over_leads_back_and_does_nothing_twice, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let session = end_of_another_session(&test, &own).await;
    let deleted = filled("/segments/@seg/delete", &own.ids);
    assert_eq!(test.post_form(&deleted, &own.cookie, &[]).await.status, StatusCode::SEE_OTHER);
    let apart: &[(&str, &str)] = &[("decision", "keep_apart")];
    for (path, fields, first, second) in [
        (session.as_str(), &[][..], "done=session-ended", "done=session-ended"),
        ("/members/invitations/@invitation/withdraw", &[], "done=invitation-withdrawn", "done=invitation-over"),
        ("/people/conflicts/@cfl", apart, "done=kept-apart", "done=decided"),
        ("/segments/@seg/restore", &[], "done=restored", "done=restored"),
    ] {
        let path = filled(path, &own.ids);
        for (click, told) in [first, second].into_iter().enumerate() {
            let answer = test.post_form(&path, &own.cookie, fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}, click {click}");
            assert!(answer.header("location").ends_with(told), "{path}, click {click}: {}", answer.header("location"));
            let page = test.get(answer.header("location"), &own.cookie).await;
            assert!(page.status == StatusCode::OK && page.body.contains("class=\"toast "), "{path}: {}", page.body);
        }
    }
    let trail = workspaces::list_audit(&test.app, own.workspace, AuditFilter::default(), i64::MAX, 100).await.unwrap();
    for action in ["invitation_withdrawn", "identity_conflict_decided", "segment_restored"] {
        assert_eq!(trail.iter().filter(|line| line.action == action).count(), 1, "{action}");
    }
});

/// The owner is signed in a second time; where his first session ends that one.
async fn end_of_another_session(test: &TestApp, own: &Tenant) -> String {
    let members = workspaces::list_members(&test.app, &Actor::system(own.workspace)).await.unwrap();
    let owner = members.iter().find(|member| member.role == Role::Owner).unwrap().user;
    workspaces::start_session(&test.app, own.workspace, owner, Role::Owner, "Another").await.unwrap();
    let page = test.get("/account", &own.cookie).await.body;
    let at = page.find("/account/sessions/0").expect("the other session is listed");
    page[at..].chars().take_while(|letter| *letter != '"').collect()
}
