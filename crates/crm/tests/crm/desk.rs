//! Home, Live, the first steps, sources and the palette, through the router on both databases.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use crm::desk::provision;
use crm::intake::{self, Source, SourceKind};
use crm::kernel::{Permission, Role};
use crm::segments;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use tower::ServiceExt;
use words::Span;

const SHOP: &str = "https://boutique.example";

/// An installation with what every shop starts with, and its first source.
async fn started(db: db::Db) -> (TestApp, Source) {
    let test = TestApp::new(db);
    let workspace = test.workspace().await;
    provision(&test.app, workspace).await.unwrap();
    let source = the_source(&test).await;
    (test, source)
}

async fn the_source(test: &TestApp) -> Source {
    let workspace = test.workspace().await;
    let found = test.app.db.read(move |tx| intake::store::source_of_kind(tx, workspace, SourceKind::Site)).await;
    found.unwrap().expect("provisioning made one")
}

/// Sends a call with a key, as a page of `origin` would; an empty origin is a server's.
async fn send(test: &TestApp, source: &Source, origin: &str, call: &Value) -> Answer {
    let kind = call["type"].as_str().unwrap().to_owned();
    let mut body = call.clone();
    body["writeKey"] = json!(source.ingest_key);
    let mut request = Request::builder().method(Method::POST).uri(format!("/v1/{kind}"));
    if !origin.is_empty() {
        request = request.header(header::ORIGIN, origin);
    }
    test.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn accepted(test: &TestApp, source: &Source, call: Value) {
    let answer = send(test, source, "", &call).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

fn page_view(who: &str, title: &str) -> Value {
    json!({
        "type": "page",
        "anonymousId": who,
        "context": {
            "page": { "title": title, "url": format!("{SHOP}/{title}"), "path": format!("/{title}") },
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "campaign": { "name": "winter-lights", "source": "newsletter" },
        },
    })
}

fn track(who: &str, event: &str, properties: Value) -> Value {
    let mut call = json!({ "type": "track", "userId": who, "event": event });
    call["properties"] = properties;
    call
}

/// The figure of a tile of Home.
fn figure(home: &Answer, code: &str) -> String {
    let tile = home.body.split(&format!("id=\"stat-{code}\"")).nth(1).unwrap_or_else(|| panic!("no tile {code}"));
    let value = tile.split("stat-value\">").nth(1).unwrap();
    value.split('<').next().unwrap().to_owned()
}

// Provisioning ------------------------------------------------------------------------------------

on_both!(provisioning_twice_changes_nothing_and_what_was_deleted_stays_so, |db| async move {
    let (test, source) = started(db).await;
    let workspace = test.workspace().await;
    let read = || test.app.db.read(move |tx| segments::store::definitions(tx, workspace));
    let first = read().await.unwrap();
    assert_eq!(first.len(), segments::ready_made::ALL.len());

    let (gone, now) = (first[0].id, test.now());
    test.app.db.write(move |tx| segments::delete_segment(tx, workspace, gone, now)).await.unwrap();
    provision(&test.app, workspace).await.unwrap();
    let second = read().await.unwrap();
    assert_eq!(second.len(), first.len() - 1);
    assert!(second.iter().all(|one| one.id != gone));
    assert_eq!(the_source(&test).await.id, source.id);
});

// First steps -------------------------------------------------------------------------------------

on_both!(the_light_turns_green_with_the_first_event, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let page = test.get("/welcome", &owner).await;
    assert_eq!(page.status, StatusCode::OK);
    let source = the_source(&test).await;
    assert!(page.body.contains(&source.ingest_key), "the snippet holds the key of the first source");
    assert!(test.get("/welcome/light", &owner).await.body.contains("Waiting for the first event"));

    accepted(&test, &source, page_view("v1", "lamp")).await;
    let light = test.get("/welcome/light", &owner).await;
    assert!(light.body.contains("We hear your shop") && light.body.contains("tone-good"), "{}", light.body);
});

on_both!(the_address_of_the_shop_is_understood_without_a_scheme, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let fields = [("origins", "Boutique.example/, http://localhost:3000")];
    let saved = test.post_form("/welcome/origins", &owner, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(the_source(&test).await.origins, [SHOP, "http://localhost:3000"]);

    let refused = test.post_form("/welcome/origins", &owner, &[("origins", "https://shop.example/path")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("aria-invalid") && refused.body.contains("https://shop.example/path"));
    assert_eq!(the_source(&test).await.origins.len(), 2);
});

// Home --------------------------------------------------------------------------------------------

on_both!(home_shows_the_right_figures_after_orders_refunds_and_visits, |db| async move {
    let (test, source) = started(db).await;
    let cookie = test.sign_in_as(Role::Viewer).await;
    let silent = test.get("/", &cookie).await;
    assert!(silent.body.contains("Your shop has not spoken yet"));
    assert!(!silent.body.contains("/welcome"), "a viewer cannot connect the shop");

    let long_ago = test.now().minus(Span::from_days(200)).to_string();
    let order = |id: &str, total: f64| json!({ "order_id": id, "total": total, "currency": "EUR" });
    let mut old = track("ana", "Order Completed", order("old", 10.0));
    old["timestamp"] = json!(long_ago);
    for call in [
        page_view("v1", "lamp"),
        page_view("v1", "cart"),
        page_view("v2", "lamp"),
        old,
        track("ana", "Order Completed", order("a-1", 100.0)),
        track("luc", "Order Completed", order("l-1", 50.5)),
        track("luc", "Order Completed", order("l-1", 50.5)),
        track("mei", "Order Completed", order("m-1", 30.0)),
        track("luc", "Order Refunded", order("l-1", 20.25)),
        track("mei", "Order Cancelled", json!({ "order_id": "m-1" })),
    ] {
        accepted(&test, &source, call).await;
    }
    for path in ["/", "/home/today"] {
        let home = test.get(path, &cookie).await;
        assert_eq!(home.status, StatusCode::OK);
        assert_eq!(figure(&home, "visitors"), "2");
        assert_eq!(figure(&home, "orders"), "2");
        assert_eq!(figure(&home, "revenue"), "€130.25");
        assert_eq!(figure(&home, "new-customers"), "1", "Ana bought before, Mei's order was cancelled");
        assert!(home.body.contains("Order refunded") && home.body.contains("href=\"/people/prf_"));
    }
    let first = test.get("/orders?only=first", &cookie).await;
    assert!(first.body.contains("l-1") && !first.body.contains("a-1"), "{}", first.body);
    let all = test.get("/orders", &cookie).await;
    assert!(all.body.contains("l-1") && all.body.contains("a-1") && !all.body.contains(">old<"));
});

on_both!(a_visitor_counts_once_a_day_also_when_two_devices_turn_out_to_be_one, |db| async move {
    let (test, source) = started(db).await;
    let cookie = test.sign_in_as(Role::Viewer).await;
    for (who, is_known) in [("phone", false), ("phone", true), ("laptop", true), ("laptop", true)] {
        let mut view = page_view(who, "lamp");
        if is_known {
            view["userId"] = json!("ana");
        }
        accepted(&test, &source, view).await;
    }
    let mut yesterday = page_view("phone", "lamp");
    yesterday["timestamp"] = json!(test.now().minus(Span::from_hours(24)).to_string());
    accepted(&test, &source, yesterday.clone()).await;
    yesterday["messageId"] = json!("another");
    accepted(&test, &source, yesterday).await;
    let home = test.get("/", &cookie).await;
    assert_eq!(figure(&home, "visitors"), "1");
    assert!(home.body.contains("0%"), "one yesterday, one today");
});

on_both!(each_language_and_every_role_reads_home, |db| async move {
    let (test, source) = started(db).await;
    accepted(&test, &source, page_view("v1", "lamp")).await;
    for role in Role::ALL {
        let cookie = test.sign_in_as(role).await;
        assert_eq!(test.get("/", &cookie).await.status, StatusCode::OK, "{role}");
        assert_eq!(test.get("/live", &cookie).await.status, StatusCode::OK, "{role}");
        let expected = if role.may(Permission::SeeSources) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(test.get("/sources", &cookie).await.status, expected, "{role}");
    }
    let cookie = test.sign_in_as(Role::Owner).await;
    test.post_form("/preferences", &cookie, &[("language", "fr")]).await;
    for path in ["/", "/live", "/sources", "/sources/new", "/welcome", "/orders", "/welcome?way=library"] {
        let page = test.get(path, &cookie).await;
        assert!(page.status == StatusCode::OK && page.body.contains("lang=\"fr\""), "{path}");
        for raw in [">home-", ">live-", ">source-", ">event-", ">welcome-", ">orders-", ">connect-"] {
            assert!(!page.body.contains(raw), "{path} shows the key of a text: {raw}");
        }
    }
});

// Live --------------------------------------------------------------------------------------------

on_both!(live_shows_who_is_there_on_which_page_with_what_in_the_cart, |db| async move {
    let (test, source) = started(db).await;
    let cookie = test.sign_in_as(Role::Agent).await;
    assert!(test.get("/live", &cookie).await.body.contains("Nobody is in the shop right now"));

    accepted(&test, &source, page_view("gone", "old-page")).await;
    test.advance(Span::from_minutes(6));
    let mut named = page_view("v1", "Oak lamp");
    named["userId"] = json!("ana");
    named["context"]["traits"] = json!({ "email": "ana@example.com" });
    accepted(
        &test,
        &source,
        json!({ "type": "identify", "userId": "ana", "traits": { "firstName": "Ana", "lastName": "Martin" } }),
    )
    .await;
    accepted(&test, &source, named).await;
    let added = json!({ "product_id": "p-1", "name": "Oak lamp", "price": 49.5, "quantity": 2 });
    accepted(&test, &source, track("ana", "Product Added", added)).await;
    accepted(
        &test,
        &source,
        page_view("bot", "robots")
            .as_object()
            .map(|call| {
                let mut call = Value::Object(call.clone());
                call["context"]["userAgent"] = json!("Mozilla/5.0 (compatible; Googlebot/2.1)");
                call
            })
            .unwrap(),
    )
    .await;

    let live = test.get("/live/now", &cookie).await;
    assert!(live.body.contains("1 person in the shop"), "{}", live.body);
    for shown in ["Ana Martin", "Oak lamp", "2 products", "€99.00", "Firefox", "winter-lights"] {
        assert!(live.body.contains(shown), "{shown} in {}", live.body);
    }
    assert!(!live.body.contains("old-page") && !live.body.contains("robots"));
    test.advance(Span::from_minutes(6));
    assert!(test.get("/live/now", &cookie).await.body.contains("Nobody is in the shop right now"));
});

// Sources -----------------------------------------------------------------------------------------

on_both!(a_refused_origin_is_listed_and_allowed_with_one_click, |db| async move {
    let (test, source) = started(db).await;
    let owner = test.sign_in_as(Role::Owner).await;
    let refused = send(&test, &source, SHOP, &page_view("v1", "lamp")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    test.app.health.write(&test.app).await.unwrap();

    let path = format!("/sources/{}", source.id);
    let page = test.get(&path, &owner).await;
    assert!(page.body.contains("This address may not send") && page.body.contains(&format!("Allow {SHOP}")));
    assert!(test.get("/welcome/light", &owner).await.body.contains(SHOP));
    let allowed = test.post_form(&format!("{path}/allow"), &owner, &[("origin", SHOP)]).await;
    assert_eq!(
        (allowed.status, allowed.header("location")),
        (StatusCode::SEE_OTHER, format!("{path}?done=allowed").as_str())
    );
    assert!(!test.get(&path, &owner).await.body.contains(&format!("Allow {SHOP}")));

    test.advance(Span::from_secs(2));
    let heard = send(&test, &source, SHOP, &page_view("v1", "lamp")).await;
    assert_eq!((heard.status, heard.header("access-control-allow-origin")), (StatusCode::OK, SHOP));
    test.app.health.write(&test.app).await.unwrap();
    let list = test.get("/sources", &owner).await;
    assert!(list.body.contains("tone-good") && list.body.contains("heard"), "{}", list.body);
});

on_both!(a_source_is_made_changed_and_switched_off_by_those_who_may, |db| async move {
    let (test, _) = started(db).await;
    let (admin, analyst) = (test.sign_in_as(Role::Admin).await, test.sign_in_as(Role::Analyst).await);
    let fields = [("name", "Till"), ("kind", "server"), ("origins", "")];
    assert_eq!(test.post_form("/sources", &analyst, &fields).await.status, StatusCode::FORBIDDEN);
    let made = test.post_form("/sources", &admin, &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let path = made.header("location").split('?').next().unwrap().to_owned();
    let page = test.get(&path, &admin).await;
    assert!(page.body.contains("Till") && page.body.contains("ent_ingest_") && page.body.contains("Write key"));
    assert!(!test.get(&path, &analyst).await.body.contains("Switch off"));

    let bad = [("name", " "), ("origins", "")];
    assert_eq!(test.post_form(&path, &admin, &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let good = [("name", "Till 1"), ("origins", "https://till.example")];
    assert_eq!(test.post_form(&path, &admin, &good).await.status, StatusCode::SEE_OTHER);
    assert!(test.get(&path, &admin).await.body.contains("https://till.example"));

    let workspace = test.workspace().await;
    let till = test.app.db.read(move |tx| intake::store::sources(tx, workspace)).await.unwrap().pop().unwrap();
    assert_eq!((till.name.as_str(), till.kind), ("Till 1", SourceKind::Server));
    test.post_form(&format!("{path}/switch"), &admin, &[("to", "off")]).await;
    assert!(test.get(&path, &admin).await.body.contains("This source is switched off"));
    assert_eq!(send(&test, &till, "", &page_view("v1", "lamp")).await.status, StatusCode::FORBIDDEN);
    test.post_form(&format!("{path}/switch"), &admin, &[("to", "on")]).await;
    test.advance(Span::from_secs(2));
    assert_eq!(send(&test, &till, "", &page_view("v1", "lamp")).await.status, StatusCode::OK);
    assert_eq!(test.get("/sources/src_00000000000000000000000000", &admin).await.status, StatusCode::NOT_FOUND);
});

// Palette -----------------------------------------------------------------------------------------

on_both!(the_palette_finds_what_the_role_may_see, |db| async move {
    let (test, source) = started(db).await;
    let traits = json!({ "firstName": "Éloïse", "lastName": "Martin", "email": "eloise@example.com" });
    accepted(&test, &source, json!({ "type": "identify", "userId": "u-1", "traits": traits })).await;
    let (owner, viewer) = (test.sign_in_as(Role::Owner).await, test.sign_in_as(Role::Viewer).await);
    let agent = test.sign_in_as(Role::Agent).await;
    let mut page = String::new();
    for asked in ["%C3%A9lo", "eloise%40exa", "%C3%89LO%C3%8F"] {
        let found = test.get(&format!("/palette?q={asked}"), &agent).await;
        assert!(found.body.contains("Éloïse Martin") && found.body.contains("/people/prf_"), "{asked}: {}", found.body);
        page = found.body;
        let masked = test.get(&format!("/palette?q={asked}"), &viewer).await;
        assert!(!masked.body.contains("/people/"), "{asked}: {}", masked.body);
    }
    let id: String = page.split("/people/").nth(1).unwrap().chars().take(30).collect();
    let by_id = test.get(&format!("/palette?q={id}"), &viewer).await;
    assert!(by_id.body.contains("Person #") && by_id.body.contains(&id), "{}", by_id.body);
    let site = source.name.split_whitespace().next_back().unwrap().to_owned();
    let sources = format!("/sources/{}", source.id);
    assert!(test.get(&format!("/palette?q={site}"), &owner).await.body.contains(&sources));
    assert!(!test.get(&format!("/palette?q={site}"), &viewer).await.body.contains(&sources));
    assert!(test.get("/palette?q=vip", &viewer).await.body.contains("/segments/seg_"));
    assert!(test.get("/palette?q=keys", &owner).await.body.contains("/settings/keys"));
    assert!(!test.get("/palette?q=keys", &viewer).await.body.contains("/settings/keys"));
    assert_eq!(test.get("/palette?q=", &viewer).await.body, "");
});

// Server-sent events ------------------------------------------------------------------------------

/// The next piece of an open answer.
async fn next_piece(body: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(10), body.frame()).await.expect("within ten seconds");
    let bytes = frame?.unwrap().into_data().unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn next_change(body: &mut Body) -> Option<String> {
    loop {
        let piece = next_piece(body).await?;
        if piece.starts_with("event: changed\n") {
            return Some(piece);
        }
    }
}

async fn listen(test: &TestApp, cookie: &str) -> (StatusCode, Body) {
    let mut request = test.request(Method::GET, "/events", cookie).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo::<SocketAddr>("127.0.0.1:50000".parse().unwrap()));
    let answer = test.router.clone().oneshot(request).await.unwrap();
    (answer.status(), answer.into_body())
}

on_both!(open_screens_are_told_of_an_event, |db| async move {
    let (test, source) = started(db).await;
    let viewer = test.sign_in_as(Role::Viewer).await;
    let (status, mut body) = listen(&test, &viewer).await;
    assert_eq!(status, StatusCode::OK);
    assert!(next_change(&mut body).await.unwrap().contains("{\"seq\":0}"), "once, for what was missed meanwhile");
    accepted(&test, &source, page_view("v1", "lamp")).await;
    let told = next_change(&mut body).await.unwrap();
    assert!(told.contains("data: {\"seq\":") && !told.contains("\"seq\":0}"), "{told}");
    assert_ne!(listen(&test, "").await.0, StatusCode::OK);
});
