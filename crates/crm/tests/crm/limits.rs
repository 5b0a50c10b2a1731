//! The table of rates as askers meet it: who is refused, with what, until when, and who is not.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, StatusCode, header};
use crm::kernel::{RateClass, Role, Scope};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use words::Span;

/// Who asks: from where, and with which session or key.
#[derive(Clone, Copy)]
struct Asker<'a> {
    address: &'a str,
    cookie: &'a str,
    key: &'a str,
}

async fn ask(test: &TestApp, asker: Asker<'_>, method: Method, path: &str) -> Answer {
    let mut request = test.request(method, path, asker.cookie);
    if !asker.key.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", asker.key));
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = format!("{}:50000", asker.address).parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    // As a program: a page would say less.
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    test.send(request).await
}

/// Asks as often as the class lets one ask at once, is refused with the next, and let in again after the time told.
async fn check(test: &TestApp, class: RateClass, asker: Asker<'_>, path: &str, who: &str) {
    for count in 0..class.rate().burst as usize {
        let status = ask(test, asker, Method::GET, path).await.status;
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{class:?} after {count}");
    }
    let refused = ask(test, asker, Method::GET, path).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{class:?}");
    assert_eq!(refused.json()["code"], "too_many_requests");
    assert!(refused.json()["detail"].as_str().unwrap().contains(who), "{}", refused.body);
    let seconds: i64 = refused.header("retry-after").parse().unwrap();
    test.advance(Span::from_secs(seconds));
    assert_ne!(ask(test, asker, Method::GET, path).await.status, StatusCode::TOO_MANY_REQUESTS, "{class:?}");
}

on_both!(a_session_a_key_and_a_network_each_have_their_own_measure, |db| async move {
    let test = TestApp::new(db);
    let cookie = test.sign_in_as(Role::Owner).await;
    let (busy, calm) = (test.api_key(&[Scope::SegmentsRead]).await, test.api_key(&[Scope::SegmentsRead]).await);
    let nobody = Asker { address: "203.0.113.9", cookie: "", key: "" };
    check(&test, RateClass::Anybody, nobody, "/sign-in", "this network").await;
    let neighbour = Asker { address: "203.0.113.200", ..nobody };
    for _ in 0..RateClass::Anybody.rate().a_second as usize {
        ask(&test, neighbour, Method::GET, "/sign-in").await;
    }
    assert_eq!(ask(&test, neighbour, Method::GET, "/sign-in").await.status, StatusCode::TOO_MANY_REQUESTS, "one /24");
    let stranger = Asker { address: "198.51.100.9", ..nobody };
    assert_eq!(ask(&test, stranger, Method::GET, "/sign-in").await.status, StatusCode::OK);
    check(&test, RateClass::Screens, Asker { cookie: &cookie, ..stranger }, "/people", "this session").await;
    let program = Asker { address: "192.0.2.9", cookie: "", key: &busy };
    check(&test, RateClass::Programs, program, "/api/v1/segments", "this API key").await;
    assert_eq!(
        ask(&test, Asker { key: &calm, ..program }, Method::GET, "/api/v1/segments").await.status,
        StatusCode::OK
    );
});

on_both!(previews_have_the_shortest_measure_and_this_machine_none, |db| async move {
    let test = TestApp::new(db);
    let key = test.api_key(&[Scope::SegmentsRead]).await;
    let program = Asker { address: "192.0.2.9", cookie: "", key: &key };
    let preview = async |asker| ask(&test, asker, Method::POST, "/api/v1/segments/preview").await.status;
    for _ in 0..RateClass::Heavy.rate().burst as usize {
        assert_eq!(preview(program).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(preview(program).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&test, program, Method::GET, "/api/v1/segments").await.status, StatusCode::OK);
    assert_eq!(preview(Asker { address: "127.0.0.1", ..program }).await, StatusCode::BAD_REQUEST);
});

on_both!(security_txt_names_the_contact_and_is_not_there_without_one, |db| async move {
    let mut test = TestApp::at(db.clone(), "https://crm.example.com");
    assert_eq!(test.get("/.well-known/security.txt", "").await.status, StatusCode::NOT_FOUND);
    let settings = crm::kernel::Settings {
        security_contact: Some("mailto:security@example.com".to_owned()),
        ..(*test.app.settings).clone()
    };
    test = TestApp::with_settings(db, settings);
    let file = test.get("/.well-known/security.txt", "").await;
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    let expires = test.now().plus(Span::from_days(180));
    assert_eq!(
        file.body,
        format!(
            "Contact: mailto:security@example.com\nExpires: {expires}\nPreferred-Languages: en, fr\n\
             Canonical: https://crm.example.com/.well-known/security.txt\n"
        )
    );
});
