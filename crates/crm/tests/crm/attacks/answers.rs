//! What every answer carries and what no answer tells, also when something breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use crm::kernel::{Access, Permission, Role, Scope};
use testkit::app::{Answer, START, TestApp};
use testkit::on_both;

use super::tenant::{Tenant, kind_of, own_request, parameters};

fn own_path(route: &str, tenant: &Tenant) -> String {
    parameters(route).fold(route.to_owned(), |path, name| {
        path.replace(&format!("{{{name}}}"), tenant.ids.get(kind_of(route, name)).map_or("x", String::as_str))
    })
}

/// S34: the headers, whatever the status.
fn check_headers(answer: &Answer, what: &str) {
    let policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    for (name, expected) in [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), expected, "{what}: {name}");
    }
    assert_eq!(answer.header("server"), "", "{what}: the program does not name itself");
    assert_eq!(answer.header("x-powered-by"), "", "{what}");
}

fn from_afar(mut request: Request<Body>) -> Request<Body> {
    let peer: std::net::SocketAddr = "203.0.113.9:50000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

on_both!(the_headers_are_there_on_every_kind_of_error, |db| async move {
    let test = TestApp::at(db, "https://crm.example.com");
    let own = Tenant::open(&test, "amelie").await;
    let program = |method: Method, path: &str, body: &str| own_request(&test, &method, path, &own, body);
    let form = |path: &str, kind: &str, body: String| {
        let request = test.request(Method::POST, path, "").header(header::ORIGIN, "https://crm.example.com");
        request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
    };
    let mut seen = BTreeSet::new();
    let requests = [
        program(Method::GET, "/api/v1/nowhere", ""),
        program(Method::PUT, "/api/v1/segments", ""),
        program(Method::TRACE, "/api/v1/segments", ""),
        program(Method::POST, "/api/v1/segments", "{"),
        program(Method::POST, "/api/v1/segments", &"x".repeat(1_100_000)),
        program(Method::GET, "/api/v1/profiles?cursor=!", ""),
        program(Method::GET, "/api/v1/profiles?limit=many", ""),
        test.request(Method::GET, "/people", "").body(Body::empty()).unwrap(),
        test.request(Method::POST, "/people/x/edit", "").body(Body::empty()).unwrap(),
        form("/sign-in", "text/plain", "a".to_owned()),
        form("/sign-in", "application/json", "{}".to_owned()),
        form("/sign-in", "application/x-www-form-urlencoded", "email=%ff".to_owned()),
        form("/sign-in", "application/x-www-form-urlencoded", "email=a&password=b".to_owned()),
        form("/v1/track", "application/json", "{}".to_owned()),
        form("/v1/track", "application/json", "x".repeat(600_000)),
        test.request(Method::GET, "/%ff", "").body(Body::empty()).unwrap(),
    ];
    for request in requests {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = test.send(request).await;
        assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
        check_headers(&answer, &what);
        seen.insert(answer.status.as_u16());
    }
    let refused = loop {
        let request = from_afar(test.request(Method::GET, "/sign-in", "").body(Body::empty()).unwrap());
        let answer = test.send(request).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
    };
    check_headers(&refused, "too many requests");
    seen.insert(refused.status.as_u16());
    test.app.db.clone().close().await;
    let failed = test.get("/people", &own.cookie).await;
    check_headers(&failed, "a closed database");
    seen.insert(failed.status.as_u16());
    for status in [303, 400, 401, 403, 404, 405, 413, 415, 422, 429, 503] {
        assert!(seen.contains(&status), "{status} was not met: {seen:?}");
    }
});

/// Words that only the inside of the product says.
const INTERNALS: [&str; 14] = [
    "panicked",
    "SELECT",
    "sqlite",
    "postgres",
    "rusqlite",
    "DbError",
    "crates/",
    ".rs:",
    "backtrace",
    "thread '",
    "unwrap",
    "/root",
    "a secret of the inside",
    "deliberately",
];

fn check_says_nothing(answer: &Answer, what: &str) {
    for word in INTERNALS {
        assert!(!answer.body.contains(word), "{what} tells {word}: {}", answer.body);
    }
}

/// Asks every route as its rightful caller and gives each answer to `judge`.
async fn ask_every_route(test: &TestApp, own: &Tenant, judge: impl Fn(&Answer, &str)) {
    for route in crm::web::route_table().routes {
        if route.path == "/events" {
            continue;
        }
        let path = own_path(route.path, own);
        let request = own_request(test, &route.method, &path, own, "");
        judge(&test.send(request).await, &format!("{} {path}", route.method));
    }
}

on_both!(a_lost_database_is_told_with_a_number_and_nothing_of_the_inside, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    test.app.db.clone().close().await;
    ask_every_route(&test, &own, |answer, what| {
        check_says_nothing(answer, what);
        assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}");
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.header("retry-after"), "1", "{what}");
            let is_program = what.contains("/api/v1/");
            assert!(!is_program || answer.body.contains("failure "), "{what}: {}", answer.body);
        }
    })
    .await;
});

on_both!(a_panic_anywhere_is_one_answer_with_a_number_and_the_next_request_is_served, |db| async move {
    let mut test = TestApp::new(db.clone());
    let own = Tenant::open(&test, "amelie").await;
    let is_broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&is_broken);
    let clock = Arc::new(move || {
        assert!(!breaks.load(Ordering::SeqCst), "a secret of the inside");
        START
    });
    let app = crm::kernel::App::new(db, clock, test.app.chance.clone(), (*test.app.settings).clone());
    test.router = crm::web::router(app);
    is_broken.store(true, Ordering::SeqCst);
    let panics = std::sync::Mutex::new(0);
    ask_every_route(&test, &own, |answer, what| {
        check_says_nothing(answer, what);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        assert_ne!(answer.header("content-security-policy"), "", "{what}");
        let is_panic = answer.status == StatusCode::INTERNAL_SERVER_ERROR;
        *panics.lock().unwrap() += usize::from(is_panic);
        let is_program = what.contains("/api/v1/");
        assert!(!is_panic || !is_program || answer.body.contains("failure "), "{what}: {}", answer.body);
    })
    .await;
    assert!(*panics.lock().unwrap() >= 80, "{} routes met the fault", panics.lock().unwrap());
    is_broken.store(false, Ordering::SeqCst);
    assert_eq!(test.get_json("/api/v1/segments", &own.key).await.status, StatusCode::OK);
});

on_both!(methods_that_a_path_does_not_have_are_405_with_what_it_has, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for route in crm::web::route_table().routes {
        methods.entry(route.path).or_default().insert(route.method.as_str().to_owned());
    }
    for (path, known) in methods {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if known.contains(method) || (method == "HEAD" && known.contains("GET")) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = test.send(own_request(&test, &method, &own_path(path, &own), &own, "")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            let allowed: BTreeSet<&str> = answer.header("allow").split(',').map(str::trim).collect();
            for one in &known {
                assert!(method == Method::TRACE || allowed.contains(one.as_str()), "{method} {path}: {allowed:?}");
            }
        }
    }
});

// Members and programs stand in the two matrices of `workspaces`; here are the other two kinds of access.

on_both!(open_routes_answer_everybody_alike, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let viewer = test.sign_in_as(Role::Viewer).await;
    let mut cells = 0;
    for route in crm::web::route_table().routes {
        if route.access != Access::Public || ["/sign-out", "/preferences", "/sign-in"].contains(&route.path) {
            continue;
        }
        let path = own_path(route.path, &own);
        let mut statuses = BTreeSet::new();
        for (name, value) in [
            ("x-nobody", "1".to_owned()),
            ("cookie", viewer.clone()),
            ("cookie", "entente=forged".to_owned()),
            ("authorization", format!("Bearer {}", own.key)),
            ("authorization", "Bearer ent_api_forged".to_owned()),
        ] {
            let mut request = own_request(&test, &route.method, &path, &own, "");
            request.headers_mut().remove(header::COOKIE);
            request.headers_mut().insert(header::HeaderName::from_static(name), value.parse().unwrap());
            statuses.insert(test.send(request).await.status);
            cells += 1;
        }
        assert_eq!(statuses.len(), 1, "{} {path} is open to all alike: {statuses:?}", route.method);
    }
    assert!(cells >= 70, "{cells}");
});

on_both!(the_collector_lets_in_ingest_keys_and_the_scope_for_events_and_nobody_else, |db| async move {
    let test = TestApp::new(db);
    let own = Tenant::open(&test, "amelie").await;
    let owner = test.sign_in_as(Role::Owner).await;
    let bearer = |secret: &str| ("authorization", format!("Bearer {secret}"));
    let mut callers = vec![
        (("x-write-key", own.ingest_key.clone()), StatusCode::OK),
        (bearer(&own.ingest_key), StatusCode::OK),
        (("x-nobody", "1".to_owned()), StatusCode::UNAUTHORIZED),
        (("cookie", owner), StatusCode::UNAUTHORIZED),
        (("x-write-key", "ing_forged".to_owned()), StatusCode::UNAUTHORIZED),
        (bearer("ent_api_forged"), StatusCode::UNAUTHORIZED),
    ];
    for scope in Scope::ALL {
        let is_let_in = scope.may(Permission::SendEvents);
        let status = if is_let_in { StatusCode::OK } else { StatusCode::FORBIDDEN };
        callers.push((bearer(&test.api_key(&[scope]).await), status));
    }
    for ((name, value), status) in callers {
        for path in ["/v1/identify", "/v1/track", "/v1/batch", "/api/s/track"] {
            let call = r#"{"type": "track", "event": "Seen", "anonymousId": "a"}"#;
            let body = if path.ends_with("batch") { format!("{{\"batch\": [{call}]}}") } else { call.to_owned() };
            let request = Request::builder().method(Method::POST).uri(path).header(name, value.as_str());
            let answer = test.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, status, "{path} with {name} {value}: {}", answer.body);
        }
    }
});
