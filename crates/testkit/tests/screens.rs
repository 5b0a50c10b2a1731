//! A merchant's first hour in real Chromium: set-up, first event, a segment, a merge undone; and axe on every page.

#![allow(clippy::unwrap_used)]

use std::error::Error;

use crm::kernel::Role;
use crm::workspaces::{self, ShopSettings};
use serde_json::{Value, json};
use testkit::browser::{Browser, Scheme};
use testkit::running::RunningApp;
use words::WorkspaceId;

type Outcome = Result<(), Box<dyn Error>>;

/// A shop with people in it, and a browser signed in as its owner.
async fn open_shop(browser: &Browser, language: crm::kernel::Language, people: usize) -> (RunningApp, WorkspaceId) {
    let running = RunningApp::start().await;
    let settings = ShopSettings::of_a_new_installation(language);
    let workspace = workspaces::create_workspace(&running.app, settings).await.unwrap();
    crm::desk::provision(&running.app, workspace).await.unwrap();
    running.fill(workspace, people, 400).await;
    sign_in(browser, &running, workspace, language).await;
    (running, workspace)
}

async fn sign_in(browser: &Browser, running: &RunningApp, workspace: WorkspaceId, language: crm::kernel::Language) {
    let address = "ana@shop.example".parse().unwrap();
    let user = workspaces::add_member(&running.app, workspace, address, "Ana Martin", Role::Owner).await.unwrap();
    let session = workspaces::start_session(&running.app, workspace, user, Role::Owner, "Test").await.unwrap();
    browser.goto(&format!("{}/sign-in", running.url)).await.unwrap();
    let cookie = json!({"name": workspaces::cookie_name(&running.app), "value": session.token, "url": running.url});
    browser.devtools("Network.setCookie", cookie).await.unwrap();
    browser.goto(&format!("{}/account", running.url)).await.unwrap();
    speak(browser, language).await.unwrap();
}

/// Chooses the language of the signed-in member, as the menu does.
async fn speak(browser: &Browser, language: crm::kernel::Language) -> Outcome {
    let body = json!(format!("language={}", language.code()));
    let form = "{'content-type': 'application/x-www-form-urlencoded'}";
    let post = format!(
        "fetch('/preferences', {{method: 'POST', headers: {form}, body: {body}}}).then(answer => answer.status)"
    );
    assert_eq!(browser.eval(&post).await?, json!(200));
    Ok(())
}

/// The id in the first link of a list, `/people/prf_…`.
async fn first_link(browser: &Browser, prefix: &str) -> String {
    let found = browser
        .eval(&format!(
            "[...document.querySelectorAll('main a[href^=\"{prefix}\"]')].map(a => a.getAttribute('href').split('?')[0])\
             .find(href => /_[0-9a-z]{{26}}$/.test(href))"
        ))
        .await
        .unwrap();
    found.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_sets_up_his_shop_and_sees_the_first_event_arrive() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let running = RunningApp::start().await;
    let link = workspaces::ensure_setup_link(&running.app).await?.expect("a new installation asks for its owner");
    browser.goto(&link).await?;
    browser.fill("input[name=owner_name]", "Ana Martin").await?;
    browser.fill("input[name=email]", "ana@shop.example").await?;
    browser.fill("input[name=password]", "quatre lampes bleues 27").await?;
    browser.fill("input[name=shop_name]", "Maison Lumière").await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("location.pathname === '/welcome'").await?;

    browser.fill("[name=origins]", "https://shop.example").await?;
    browser.click("main form button[type=submit]").await?;
    let workspace = running.app.db.read(workspaces::the_first).await?.unwrap().id;
    let sources = running.app.db.read(move |tx| crm::intake::store::sources(tx, workspace)).await?;
    let key = &sources[0].ingest_key;
    browser.wait_until(&format!("document.body.textContent.includes('{key}')")).await?;

    // The first event comes from elsewhere; the page turns green by itself.
    let call = json!({"writeKey": key, "type": "page", "anonymousId": "a1", "messageId": "m1"}).to_string();
    let sent = browser
        .eval(&format!("fetch('/v1/page', {{method: 'POST', body: {}}}).then(r => r.status)", json!(call)))
        .await;
    // The page of the product is no origin of the shop: the browser itself may not send for it.
    assert!(sent.is_ok());
    send(&running, &call).await;
    browser.wait_for("main .alert.tone-good").await?;
    assert!(browser.third_party_urls().await?.is_empty());
    Ok(())
}

/// Sends a call as the shop's own server does.
async fn send(running: &RunningApp, call: &str) {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;
    let request = Request::builder().method("POST").uri("/v1/page").body(Body::from(call.to_owned())).unwrap();
    let response = crm::web::router(running.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_in_both_languages_and_themes() -> Outcome {
    use crm::kernel::Language;
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Ok(()) };
    let (running, _) = open_shop(&browser, Language::French, 150).await;
    let mut findings = Vec::new();
    let rounds = [(Language::French, Scheme::Light, (1440, 900)), (Language::English, Scheme::Dark, (390, 844))];
    for (language, scheme, size) in rounds {
        browser.goto(&format!("{}/account", running.url)).await?;
        speak(&browser, language).await?;
        browser.set_scheme(scheme).await?;
        browser.set_size(size.0, size.1).await?;
        for path in paths(&browser, &running).await {
            browser.goto(&format!("{}{path}", running.url)).await?;
            browser.wait_for("main h1, main h2").await?;
            let title = browser.eval("document.documentElement.lang + ' ' + document.title").await?;
            assert!(title.as_str().unwrap().starts_with(language.code()), "{path}: {title}");
            findings.extend(browser.axe().await?.into_iter().map(|finding| format!("{path} {scheme:?}: {finding}")));
            let is_wide = browser.eval("document.documentElement.scrollWidth > innerWidth + 1").await?;
            if is_wide == Value::Bool(true) {
                findings.push(format!("{path} {scheme:?}: wider than the window"));
            }
            findings.extend(browser.console_errors().await?.into_iter().map(|error| format!("{path}: {error}")));
            findings.extend(browser.third_party_urls().await?.into_iter().map(|url| format!("{path}: asks {url}")));
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

/// Every page a signed-in owner can open.
async fn paths(browser: &Browser, running: &RunningApp) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/",
        "/live",
        "/people",
        "/people/conflicts",
        "/segments",
        "/segments/new",
        "/sources",
        "/sources/new",
        "/orders",
        "/members",
        "/account",
        "/settings",
        "/settings/keys",
        "/welcome",
        "/ui-gallery",
    ]
    .map(str::to_owned)
    .into();
    for (list, prefix) in
        [("/people?sort=orders", "/people/prf_"), ("/segments", "/segments/seg_"), ("/sources", "/sources/src_")]
    {
        browser.goto(&format!("{}{list}", running.url)).await.unwrap();
        let link = first_link(browser, prefix).await;
        assert!(!link.is_empty(), "{list} links to nothing");
        if prefix.starts_with("/segments") {
            paths.push(format!("{link}/edit"));
        }
        paths.push(link);
    }
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in_in_his_language_and_out_again() -> Outcome {
    use crm::kernel::Language;
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    for (language, wrong) in [(Language::French, "fr"), (Language::English, "en")] {
        let running = RunningApp::start().await;
        let address = "ana@shop.example".parse()?;
        workspaces::create_owner(&running.app, address, "quatre lampes bleues 27".to_owned(), language).await?;
        browser.goto(&format!("{}/people", running.url)).await?;
        browser.wait_until("location.pathname === '/sign-in'").await?;
        browser.fill("input[name=email]", "ana@shop.example").await?;
        browser.fill("input[name=password]", "something else entirely").await?;
        browser.click("main form button[type=submit]").await?;
        browser.wait_for("[role=alert]").await?;
        browser.fill("input[name=email]", "ana@shop.example").await?;
        browser.fill("input[name=password]", "quatre lampes bleues 27").await?;
        browser.click("main form button[type=submit]").await?;
        browser.wait_until("location.pathname === '/people'").await?;
        assert_eq!(browser.eval("document.documentElement.lang").await?, json!(wrong));
        let out = "fetch('/sign-out', {method: 'POST', headers: {'content-type': 'application/x-www-form-urlencoded'}}).then(a => a.status)";
        assert_eq!(browser.eval(out).await?, json!(200));
        browser.goto(&format!("{}/people", running.url)).await?;
        browser.wait_until("location.pathname === '/sign-in'").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_seen_on_the_person_and_undone_there() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, crm::kernel::Language::English, 60).await;
    let people = running
        .app
        .db
        .read(move |tx| crm::profiles::store::list_people(tx, workspace, crm::profiles::SortBy::Orders, None, 2))
        .await?;
    let (into, from) = (people[0].id, people[1].id);
    browser.goto(&format!("{}/people/{from}/merge", running.url)).await?;
    let post = format!(
        "fetch('/people/{from}/merge', {{method: 'POST', headers: {{'content-type': 'application/x-www-form-urlencoded'}}, \
         body: 'other={into}&into={into}'}}).then(answer => answer.status)"
    );
    assert_eq!(browser.eval(&post).await?, json!(200));
    browser.goto(&format!("{}/people/{from}", running.url)).await?;
    browser.wait_until(&format!("location.pathname === '/people/{into}'")).await?;
    browser.click("form[action*='/undo'] button").await?;
    browser.wait_until("location.search.includes('done=parted')").await?;
    browser.goto(&format!("{}/people/{from}", running.url)).await?;
    assert_eq!(browser.eval("location.pathname").await?, json!(format!("/people/{from}")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_built_with_a_live_count_and_gets_its_members() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, crm::kernel::Language::English, 120).await;
    browser.goto(&format!("{}/segments/new", running.url)).await?;
    browser.wait_for("condition-builder").await?;
    browser.fill("input[name=name]", "Buyers of two").await?;
    // The builder writes the same JSON that the field shows without JavaScript.
    let condition = json!({"metric": "orders_count", "op": "gte", "value": 2}).to_string();
    let set = format!(
        "(() => {{ const field = document.querySelector('[name=condition]'); field.value = {}; \
         field.dispatchEvent(new Event('input', {{bubbles: true}})); field.dispatchEvent(new Event('change', {{bubbles: true}})); \
         return field.value }})()",
        json!(condition)
    );
    browser.eval(&set).await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("/^\\/segments\\/seg_/.test(location.pathname)").await?;
    let definitions = running.app.db.read(move |tx| crm::segments::store::definitions(tx, workspace)).await?;
    let made = definitions.iter().find(|one| one.name == "Buyers of two").expect("the segment exists").no;
    let expected = running
        .app
        .db
        .read(move |tx| {
            let states = crm::profiles::store::states_after(tx, workspace, 0, 100_000)?;
            Ok::<_, db::DbError>(states.iter().filter(|state| state.facts.figures().orders_count >= 2).count())
        })
        .await?;
    assert!(expected > 0);
    for _ in 0..200 {
        let count = running.app.db.read(move |tx| crm::segments::store::count(tx, workspace, made)).await?;
        if count == expected as i64 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the segment was not built in ten seconds");
}
