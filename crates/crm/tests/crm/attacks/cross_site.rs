//! What another site can make a browser send: never with our API, never by a GET, never in a body of its own kind.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use crm::kernel::Access;
use serde_json::json;
use testkit::app::TestApp;
use testkit::on_both;
use tower::ServiceExt as _;

use super::tenant::{Tenant, contents, kind_of, own_request, parameters};

/// A path of the table with the shop's own ids; of secrets and calls something in their form.
fn own_path(route: &str, tenant: &Tenant) -> String {
    parameters(route).fold(route.to_owned(), |path, parameter| {
        let value = match kind_of(route, parameter) {
            "token" => "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "call" => "track",
            kind => tenant.ids[kind].as_str(),
        };
        path.replace(&format!("{{{parameter}}}"), value)
    })
}

/// What a look may leave: when somebody was last here, and who looked at a person, which is noted once an hour.
const LEFT_BY_LOOKING: [(&str, &str); 6] = [
    ("sign_in_attempts", ""),
    ("sessions", "last_seen_at"),
    ("sessions", "seen_at"),
    ("api_keys", "last_used_at"),
    ("audit_entries", ""),
    ("audit_heads", ""),
];

on_both!(no_get_changes_anything_but_when_somebody_was_here, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let before = contents(&test, &LEFT_BY_LOOKING).await;
    let mut asked = 0;
    for route in crm::web::route_table().routes {
        if route.method != Method::GET {
            continue;
        }
        let path = own_path(route.path, &own);
        for query in ["", "?done=1&delete=1&q=a&segment=x&limit=1&at=2025-11-01T08:30&page=2&language=fr&theme=dark"] {
            let request = own_request(&test, &Method::GET, &format!("{path}{query}"), &own, "");
            // Of the stream of events only the head: it never ends.
            let answer = test.router.clone().oneshot(with_peer(request)).await.unwrap();
            assert!(!answer.status().is_server_error(), "{path}{query}: {}", answer.status());
            asked += 1;
        }
        let after = contents(&test, &LEFT_BY_LOOKING).await;
        for (table, rows) in &before {
            assert_eq!(&after[table], rows, "GET {path} changed {table}");
        }
    }
    assert!(asked >= 90, "{asked}");
});

fn with_peer(mut request: Request<Body>) -> Request<Body> {
    let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().unwrap();
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    request
}

on_both!(the_api_takes_no_cookie_and_no_form_from_whatever_site, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let before = contents(&test, &LEFT_BY_LOOKING).await;
    let own_origin = test.app.settings.public_url.clone();
    for route in crm::web::route_table().routes {
        if !matches!(route.access, Access::Program(_)) || route.method == Method::GET {
            continue;
        }
        let path = own_path(route.path, &own);
        for (content_type, origin) in [
            ("application/json", own_origin.as_str()),
            ("application/json", "https://evil.example"),
            ("application/x-www-form-urlencoded", "https://evil.example"),
            ("text/plain", "null"),
            ("multipart/form-data; boundary=x", "https://evil.example"),
        ] {
            let request = test
                .request(route.method.clone(), &path, &own.cookie)
                .header(header::CONTENT_TYPE, content_type)
                .header(header::ORIGIN, origin);
            let body = json!({"name": "Taken", "into": own.ids["other"], "traits": {"city": "Lyon"}, "condition": {"all": []}});
            let answer = test.send(request.body(Body::from(body.to_string())).unwrap()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {path} {content_type} {origin}", route.method);
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        }
    }
    assert_eq!(contents(&test, &LEFT_BY_LOOKING).await, before);
});

/// Which origins may send to a source that lists `https://boutique.example`, and to one that lists a port.
const ORIGINS: &[(&str, bool)] = &[
    ("https://boutique.example", true),
    ("HTTPS://Boutique.Example", true),
    ("https://boutique.example:8443", true),
    ("http://boutique.example", false),
    ("https://boutique.example:443", false),
    ("https://boutique.example:84430", false),
    ("https://boutique.example/", false),
    ("https://boutique.example.", false),
    ("https://boutique.example.evil.example", false),
    ("https://evil.example/https://boutique.example", false),
    ("https://evilboutique.example", false),
    ("https://evil-boutique.example", false),
    ("https://sub.boutique.example", false),
    ("https://boutique.example@evil.example", false),
    ("https://boutique.exampl", false),
    ("https://boutique_example", false),
    ("https://boutiquexexample", false),
    ("https://boutique.example https://evil.example", false),
    ("https://boutique.example,https://evil.example", false),
    ("https://boutique.example%00.evil.example", false),
    ("//boutique.example", false),
    ("boutique.example", false),
    ("null", false),
    ("*", false),
    ("file://", false),
    ("", false),
    ("https://", false),
    ("data:text/html,x", false),
    ("https://xn--boutique-example", false),
];

on_both!(the_collector_answers_listed_origins_only_and_never_with_credentials, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let origins = "https://boutique.example\nhttps://boutique.example:8443";
    let path = format!("/sources/{}", own.ids["src"]);
    let saved = test.post_form(&path, &own.cookie, &[("name", "Site"), ("origins", origins)]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    test.advance(words::Span::from_secs(2));
    for (origin, is_listed) in ORIGINS {
        for method in [Method::OPTIONS, Method::POST] {
            for address in ["/v1/track", "/api/s/track"] {
                let call = json!({"type": "track", "event": "Seen", "anonymousId": "a", "writeKey": own.ingest_key});
                let request = Request::builder().method(method.clone()).uri(address).header(header::ORIGIN, *origin);
                let answer = test.send(request.body(Body::from(call.to_string())).unwrap()).await;
                let allowed = answer.header("access-control-allow-origin");
                let expected = if *is_listed { *origin } else { "" };
                assert_eq!(allowed, expected, "{method} {address} of {origin:?}");
                assert_eq!(answer.header("access-control-allow-credentials"), "", "{origin}");
                if method == Method::POST {
                    let status = if *is_listed { StatusCode::OK } else { StatusCode::FORBIDDEN };
                    assert_eq!(answer.status, status, "{origin:?} sends to {address}: {}", answer.body);
                } else {
                    assert_eq!(answer.header("vary"), "Origin", "{origin}");
                }
            }
        }
    }
});

on_both!(no_other_route_speaks_to_pages_of_other_sites, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    for route in crm::web::route_table().routes {
        if matches!(route.access, Access::Ingest) {
            continue;
        }
        for origin in ["https://evil.example", "null", "https://boutique.example"] {
            let mut request = own_request(&test, &route.method, &own_path(route.path, &own), &own, "");
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
            let answer = test.router.clone().oneshot(with_peer(request)).await.unwrap();
            let is_silent = answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-"));
            assert!(is_silent, "{} {}: {:?}", route.method, route.path, answer.headers());
        }
    }
});
