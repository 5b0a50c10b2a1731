//! The shell of every page: where one may go, in which shop, for how long, and the demo's one click.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, StatusCode};
use crm::kernel::{Actor, Language, Role};
use crm::ui::NavItem;
use crm::workspaces::{self, ShopSettings};
use http_body_util::BodyExt as _;
use testkit::app::TestApp;
use testkit::on_both;
use tower::ServiceExt as _;
use words::Span;

use super::{is_signed_in, path_of};

on_both!(the_navigation_shows_exactly_what_the_role_may_open, |db| async move {
    let test = TestApp::new(db);
    for role in Role::ALL {
        let cookie = test.sign_in_as(role).await;
        let page = test.get("/account", &cookie).await.body;
        assert!(page.contains("class=\"menu-item\" href=\"/account\""), "the menu leads to the account");
        for place in NavItem::ALL {
            let is_shown = page.contains(&format!("class=\"nav-item\" href=\"{}\"", place.href()));
            let is_open = test.get(place.href(), &cookie).await.status == StatusCode::OK;
            assert_eq!(is_shown, is_open, "{role}: {}", place.href());
        }
    }
});

on_both!(a_member_of_two_shops_changes_from_one_to_the_other, |db| async move {
    let test = TestApp::new(db);
    let (user, cookie) = test.member_called("ana@example.com", Role::Owner).await;
    assert!(!test.get("/account", &cookie).await.body.contains("/account/shops"), "one shop is no choice");
    let settings = ShopSettings { name: "Second".to_owned(), ..ShopSettings::of_a_new_installation(Language::English) };
    let second = workspaces::create_workspace(&test.app, settings.clone()).await.unwrap();
    let third = workspaces::create_workspace(&test.app, settings).await.unwrap();
    workspaces::add_member(&test.app, second, "ana@example.com".parse().unwrap(), "Ana", Role::Viewer).await.unwrap();
    let shops = test.get("/account/shops", &cookie).await.body;
    assert!(shops.contains("Second") && shops.contains(&format!("/account/shops/{second}")));
    assert!(test.get("/account", &cookie).await.body.contains("href=\"/account/shops\""));

    let stranger = test.post_form(&format!("/account/shops/{third}"), &cookie, &[]).await;
    assert_eq!((stranger.status, stranger.header("set-cookie")), (StatusCode::NOT_FOUND, ""));
    test.advance(Span::from_minutes(30));
    let moved = test.post_form(&format!("/account/shops/{second}"), &cookie, &[]).await;
    assert_eq!((moved.status, moved.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(!is_signed_in(&test, &cookie).await, "the token changes with the shop");
    let there = moved.cookie();
    assert_eq!(test.get("/members", &there).await.status, StatusCode::FORBIDDEN, "the role is the one he has there");
    let asking = vec![Role::Viewer];
    workspaces::require_second_factor(&test.app, &Actor::system(second), asking).await.unwrap();
    assert_eq!(test.get("/", &there).await.header("location"), "/account/second-factor", "and so are its rules");
    assert!(moved.header("set-cookie").contains("Max-Age=603000"), "half an hour of his week is over");
    let actor = Actor::system(second);
    workspaces::list_members(&test.app, &actor).await.unwrap().iter().find(|member| member.user == user).unwrap();
});

on_both!(a_page_left_open_does_not_keep_its_session_alive, |db| async move {
    let test = TestApp::new(db);
    let cookie = test.sign_in_as(Role::Owner).await;
    for _ in 0..5 {
        test.advance(Span::from_minutes(11));
        for (name, value) in [("accept", "text/event-stream"), ("entente-automatic", "1")] {
            let mut request = test.request(Method::GET, "/account/confirm", &cookie).body(Body::empty()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
            assert_eq!(test.send(request).await.status, StatusCode::OK);
        }
    }
    test.advance(Span::from_minutes(5));
    assert!(!is_signed_in(&test, &cookie).await, "nobody did anything for an hour");
});

on_both!(an_open_event_stream_ends_within_five_seconds_of_its_session, |db| async move {
    let test = TestApp::new(db);
    let (revoked, idle) = (test.sign_in_as(Role::Viewer).await, test.sign_in_as(Role::Owner).await);
    let mut streams = Vec::new();
    for cookie in [&revoked, &idle] {
        let request = test.request(Method::GET, "/events", cookie).body(Body::empty()).unwrap();
        let mut body = test.router.clone().oneshot(request).await.unwrap().into_body();
        body.frame().await.expect("the stream greets").unwrap();
        streams.push(body);
    }
    test.post_form("/sign-out", &revoked, &[]).await;
    test.advance(Span::from_hours(1));
    let since = Instant::now();
    for body in streams {
        tokio::time::timeout(Duration::from_secs(5), body.collect()).await.expect("the stream ends").unwrap();
    }
    assert!(since.elapsed() < Duration::from_secs(5));
});

on_both!(the_one_click_link_of_the_demo_works_once_and_on_this_machine_only, |db| async move {
    let test = TestApp::new(db);
    let (user, _) = test.member_called("demo@example.com", Role::Owner).await;
    let workspace = test.workspace().await;
    let url = workspaces::make_sign_in_link(&test.app, workspace, user).await.unwrap();
    let path = path_of(&test, &url);
    for method in [Method::GET, Method::POST] {
        let request = test.request(method, path, "").header("origin", test.app.settings.public_url.as_str());
        let mut request = request.body(Body::empty()).unwrap();
        let elsewhere: std::net::SocketAddr = "192.0.2.7:40000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(elsewhere));
        assert_eq!(test.send(request).await.status, StatusCode::NOT_FOUND);
    }
    for _ in 0..2 {
        let page = test.get(path, "").await;
        assert_eq!(
            (page.status, page.header("set-cookie")),
            (StatusCode::OK, ""),
            "to look at the link uses nothing up"
        );
        assert!(page.body.contains("data-sends-itself"));
    }
    let entered = test.post_form(path, "", &[]).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(is_signed_in(&test, &entered.cookie()).await);
    assert_eq!(test.get(path, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.post_form(path, "", &[]).await.status, StatusCode::NOT_FOUND);
    let late = workspaces::make_sign_in_link(&test.app, workspace, user).await.unwrap();
    test.advance(Span::from_hours(1));
    assert_eq!(test.get(path_of(&test, &late), "").await.status, StatusCode::NOT_FOUND);
});
