//! A merchant's first hour in real Chromium: set-up, first event, a segment, a merge undone; and axe on every page.

use std::error::Error;

use crm::kernel::{Language, Role};
use crm::workspaces::{self, ShopSettings};
use fantoccini::key::Key;
use serde_json::{Value, json};
use testkit::browser::{Browser, Scheme};
use testkit::member::{self, speak};
use testkit::running::{RunningApp, system_now};
use words::{Span, WorkspaceId};

type Outcome = Result<(), Box<dyn Error>>;

/// A shop with people in it, and a browser signed in as its owner.
async fn open_shop(browser: &Browser, language: Language, people: usize) -> (RunningApp, WorkspaceId) {
    let running = RunningApp::start().await;
    running.turn_back(400);
    let settings = ShopSettings::of_a_new_installation(language);
    let workspace = workspaces::create_workspace(&running.app, settings).await.unwrap();
    crm::desk::provision(&running.app, workspace).await.unwrap();
    running.fill(workspace, people, 400).await;
    sign_in(browser, &running, workspace, language).await;
    (running, workspace)
}

async fn sign_in(browser: &Browser, running: &RunningApp, workspace: WorkspaceId, language: Language) {
    member::sign_in(browser, running, workspace, Role::Owner).await.unwrap();
    speak(browser, running, language).await.unwrap();
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
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Ok(()) };
    let (running, _) = open_shop(&browser, Language::French, 60).await;
    let mut findings = Vec::new();
    // Each pair of language, theme and width is met; what opens above a page is looked at in two of the rounds.
    let (desktop, phone) = ((1440, 900), (360, 740));
    let rounds = [
        (Language::French, Scheme::Light, desktop, true),
        (Language::French, Scheme::Dark, phone, true),
        (Language::English, Scheme::Light, phone, false),
        (Language::English, Scheme::Dark, desktop, false),
    ];
    for (language, scheme, size, with_open) in rounds {
        speak(&browser, &running, language).await?;
        browser.set_scheme(scheme).await?;
        browser.set_size(size.0, size.1).await?;
        for path in paths(&browser, &running).await {
            browser.goto(&format!("{}{path}", running.url)).await?;
            browser.wait_for("main h1, main h2").await?;
            let title = browser.eval("document.documentElement.lang + ' ' + document.title").await?;
            assert!(title.as_str().unwrap().starts_with(language.code()), "{path}: {title}");
            findings.extend(browser.axe().await?.into_iter().map(|finding| format!("{path} {scheme:?}: {finding}")));
            if with_open {
                findings
                    .extend(open_findings(&browser).await?.into_iter().map(|one| format!("{path} {scheme:?} {one}")));
            }
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

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_viewer_say_why_people_are_masked_and_are_accessible() -> Outcome {
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::French, 150).await;
    member::sign_in(&browser, &running, workspace, Role::Viewer).await?;
    let columns = "/people?sort=orders&columns=email&columns=phone&columns=city&columns=orders";
    browser.goto(&format!("{}{columns}", running.url)).await?;
    let person = first_link(&browser, "/people/prf_").await;
    let mut findings = Vec::new();
    for (language, scheme, size, reason) in [
        (Language::French, Scheme::Light, (360, 740), "Masqué pour votre rôle"),
        (Language::English, Scheme::Dark, (1440, 900), "Hidden for your role"),
    ] {
        speak(&browser, &running, language).await?;
        browser.set_scheme(scheme).await?;
        browser.set_size(size.0, size.1).await?;
        for path in ["/", "/live", "/orders", columns, person.as_str(), "/people/conflicts", "/segments"] {
            browser.goto(&format!("{}{path}", running.url)).await?;
            browser.wait_for("main h1, main h2").await?;
            findings.extend(browser.axe().await?.into_iter().map(|finding| format!("{path} {scheme:?}: {finding}")));
            if browser.eval("document.documentElement.scrollWidth > innerWidth + 1").await? == Value::Bool(true) {
                findings.push(format!("{path} {scheme:?}: wider than the window"));
            }
            findings.extend(browser.console_errors().await?.into_iter().map(|error| format!("{path}: {error}")));
            let masks = "[...document.querySelectorAll('main .masked')].map(one => one.title)";
            let masks = browser.eval(masks).await?;
            let titles = masks.as_array().unwrap();
            let is_list = path == columns || path == person;
            assert!(!is_list || titles.len() > 3, "{path} shows masks: {masks}");
            assert!(titles.iter().all(|title| title == reason), "{path} says why: {masks}");
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

/// What axe says of each dialog and each menu of the page while it is open; what lies behind it has been looked at before.
/// Those of the frame stand on every page and are looked at on one.
async fn open_findings(browser: &Browser) -> Result<Vec<String>, Box<dyn Error>> {
    let own = "[...document.querySelectorAll('dialog, [popover]')]\
               .filter(one => one.id && (location.pathname === '/' || one.closest('main'))).map(one => one.id)";
    let ids = browser.eval(own).await?;
    let mut findings = Vec::new();
    for id in ids.as_array().into_iter().flatten() {
        let one = format!("document.getElementById({id})");
        browser.eval(&format!("{one}.showModal ? {one}.showModal() : {one}.showPopover()")).await?;
        let inside = browser.axe_in(&format!("[id={id}]")).await?;
        findings.extend(inside.into_iter().map(|finding| format!("with {id} open: {finding}")));
        browser.eval(&format!("{one}.close ? {one}.close() : {one}.hidePopover()")).await?;
    }
    Ok(findings)
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
        "/settings/mail",
        "/settings/backups",
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
            let yesterday = "new Date(Date.now() - 86400000).toISOString().slice(0, 16)";
            let at = browser.eval(yesterday).await.unwrap();
            paths.push(format!("{link}/as-of?at={}", at.as_str().unwrap()));
            paths.push("/segments?q=nobody".to_owned());
        }
        if prefix.starts_with("/people") {
            paths.push(format!("{link}/erase"));
            paths.push("/privacy/erasures".to_owned());
        }
        paths.push(link);
    }
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_of_backups_is_accessible_whatever_it_tells() -> Outcome {
    use crm::backups::{self, Backup};
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let running = RunningApp::start_copied().await;
    let workspace =
        workspaces::create_workspace(&running.app, ShopSettings::of_a_new_installation(Language::English)).await?;
    sign_in(&browser, &running, workspace, Language::English).await;
    // What the page shows then, and what brings it about.
    for (shown, days, is_copied) in [(".badge.tone-good", 1, true), (".alert.tone-warning", 9, false)] {
        let backup = Backup { made_at: system_now().minus(Span::from_days(days)), size_bytes: 48_300_000 };
        running.app.db.write(move |tx| backups::note(tx, &backup)).await?;
        if !is_copied {
            std::fs::remove_dir_all(running.copy())?;
        }
        wait_for_page(&browser, &running, shown).await?;
        for (language, scheme, size) in
            [(Language::French, Scheme::Dark, (360, 740)), (Language::English, Scheme::Light, (1440, 900))]
        {
            browser.set_scheme(scheme).await?;
            browser.set_size(size.0, size.1).await?;
            speak(&browser, &running, language).await?;
            browser.goto(&format!("{}/settings/backups", running.url)).await?;
            browser.wait_for(&format!("main {shown}")).await?;
            assert_eq!(browser.axe().await?, [""; 0], "{shown} {language:?}");
            let is_wide = browser.eval("document.documentElement.scrollWidth > innerWidth + 1").await?;
            assert_eq!(is_wide, json!(false), "{shown} {language:?}");
        }
    }
    Ok(())
}

/// Loads the screen of backups until it shows this: a copy is looked at every few seconds.
async fn wait_for_page(browser: &Browser, running: &RunningApp, shown: &str) -> Outcome {
    let is_shown = format!("document.querySelector('main {shown}') !== null");
    for _ in 0..60 {
        browser.goto(&format!("{}/settings/backups", running.url)).await?;
        if browser.eval(&is_shown).await? == json!(true) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    Err(format!("{shown} is not shown").into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_erased_on_screen_and_the_certificate_is_shown() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::English, 60).await;
    let people = running
        .app
        .db
        .read(move |tx| crm::profiles::store::list_people(tx, workspace, crm::profiles::SortBy::Orders, None, 1))
        .await?;
    let id = people[0].id;
    browser.goto(&format!("{}/people/{id}", running.url)).await?;
    browser.click("main a[href$='/erase']").await?;
    browser.wait_until("location.pathname.endsWith('/erase')").await?;
    browser.fill("input[name=word]", "yes").await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_for("[aria-invalid=true]").await?;
    browser.fill("input[name=word]", "erase").await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("location.pathname.startsWith('/privacy/erasures/ers_')").await?;
    browser.wait_for_text("main .badge", "Done, genuine").await?;
    let certificate = browser.eval("location.pathname").await?;
    let certificate = certificate.as_str().unwrap().to_owned();
    for (language, scheme, size) in
        [(Language::French, Scheme::Dark, (360, 740)), (Language::English, Scheme::Light, (1440, 900))]
    {
        speak(&browser, &running, language).await?;
        browser.set_scheme(scheme).await?;
        browser.set_size(size.0, size.1).await?;
        for path in [&certificate, "/privacy/erasures", "/privacy/suppressions", "/privacy/register"] {
            browser.goto(&format!("{}{path}", running.url)).await?;
            browser.wait_for("main h1").await?;
            assert_eq!(browser.axe().await?, [""; 0], "{path}");
            let is_wide = browser.eval("document.documentElement.scrollWidth > innerWidth + 1").await?;
            assert_eq!(is_wide, json!(false), "{path}");
        }
    }
    let known = running.app.db.read(move |tx| crm::profiles::numbers_of(tx, workspace, &[id])).await?;
    assert!(known.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in_in_his_language_and_out_again() -> Outcome {
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
    let (running, workspace) = open_shop(&browser, Language::English, 60).await;
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

/// What has the focus, as a reader hears it: its label, or its text.
async fn focused(browser: &Browser) -> String {
    let name = "document.activeElement === document.body ? 'nothing' \
                : document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText.trim()";
    browser.eval(name).await.unwrap().as_str().unwrap_or_default().to_owned()
}

/// Until the builder shows as many people as the condition finds.
async fn wait_for_count(browser: &Browser, running: &RunningApp, workspace: WorkspaceId, condition: &Value) -> i64 {
    let parsed = engine::condition::Condition::parse(condition).unwrap();
    let asked = crm::desk::segments::Askable::of(parsed, crm::kernel::Sight::Whole).unwrap();
    let found = crm::desk::segments::preview(&running.app, workspace, asked).await.unwrap().count;
    // Both without an order of keys: ours are sorted, the builder's stand as they were made.
    let sorted = "(key, value) => value && typeof value === 'object' && !Array.isArray(value) \
                  ? Object.fromEntries(Object.entries(value).sort()) : value";
    let shows = format!(
        "document.querySelector('.builder-preview:not(.is-waiting):not([aria-busy]) .builder-count')?.textContent === '{found}' \
         && JSON.stringify(JSON.parse(document.querySelector('[name=condition]').value), {sorted}) === {}",
        json!(condition.to_string())
    );
    browser.wait_until(&shows).await.unwrap();
    found
}

/// The options that a field with suggestions offers.
async fn offered(browser: &Browser, css: &str) -> Vec<String> {
    let options = format!("[...document.querySelector({}).list.options].map(option => option.value)", json!(css));
    browser.wait_until(&format!("{options}.length > 0")).await.unwrap();
    let options = browser.eval(&options).await.unwrap();
    options.as_array().unwrap().iter().map(|option| option.as_str().unwrap().to_owned()).collect()
}

const ADD: &str = ".condition-root > .condition-adders > .menu-anchor > button";

/// Opens the menu of the button that has the focus and takes its nth line, by keyboard.
async fn choose_nth(browser: &Browser, nth: usize) -> Outcome {
    browser.press(&Key::Enter.to_string()).await?;
    browser.wait_for(".menu:popover-open").await?;
    for _ in 0..nth {
        browser.press(&Key::Down.to_string()).await?;
    }
    browser.press(&Key::Enter.to_string()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marketer_builds_a_segment_by_keyboard_and_watches_the_count() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::English, 150).await;
    let tab = Key::Tab.to_string();
    browser.goto(&format!("{}/segments/new", running.url)).await?;
    browser.wait_for(ADD).await?;
    browser.wait_until("document.activeElement.name === 'name'").await?;
    browser.press("Buyers in France").await?;
    assert_eq!(browser.eval("document.querySelector('[name=name]').value").await?, json!("Buyers in France"));
    let everybody = wait_for_count(&browser, &running, workspace, &json!({"all": []})).await;
    assert!(everybody > 100);

    // A trait, with what the shop's data holds as suggestions. A half-made condition says so and is not counted.
    browser.eval(&format!("document.querySelector('{ADD}').focus()")).await?;
    choose_nth(&browser, 1).await?;
    assert_eq!(focused(&browser).await, "Trait");
    browser.wait_for_text(".builder-waiting", "Complete the condition").await?;
    assert!(offered(&browser, ".condition-row input").await.contains(&"Country".to_owned()));
    browser.press("country").await?;
    browser.press(&tab).await?;
    assert_eq!(focused(&browser).await, "Comparison");
    browser.press(&tab).await?;
    assert_eq!(focused(&browser).await, "Value");
    let values = offered(&browser, ".condition-slot input").await;
    assert!(values.contains(&"FR".to_owned()), "{values:?}");
    browser.press("FR").await?;
    let french = json!({"trait": "country", "op": "eq", "value": "FR"});
    let count = wait_for_count(&browser, &running, workspace, &json!({"all": [french]})).await;
    assert!(count > 0 && count < everybody);

    // Enter ends the value and leads on; it does not save.
    browser.press(&Key::Enter.to_string()).await?;
    assert_eq!(focused(&browser).await, "Add condition");
    assert_eq!(browser.eval("location.pathname").await?, json!("/segments/new"));

    // A group of two within: a figure, and what somebody did.
    browser.press(&tab).await?;
    assert_eq!(focused(&browser).await, "Add group");
    browser.press(&Key::Enter.to_string()).await?;
    assert_eq!(focused(&browser).await, "Add condition");
    choose_nth(&browser, 2).await?;
    assert_eq!(focused(&browser).await, "Computed value");
    browser.press("Rev").await?;
    browser.press(&tab).await?;
    browser.press(&tab).await?;
    assert_eq!(focused(&browser).await, "Value");
    browser.press(&format!("{}a", Key::Control)).await?;
    browser.press(&Key::Null.to_string()).await?;
    browser.press("200").await?;
    let spent = json!({"metric": "revenue", "op": "gte", "value": 200});
    wait_for_count(&browser, &running, workspace, &json!({"all": [french, {"any": [spent]}]})).await;
    browser.press(&Key::Enter.to_string()).await?;
    choose_nth(&browser, 3).await?;
    assert_eq!(focused(&browser).await, "Event");
    browser.press("product viewed").await?;
    let viewed = json!({"event": "Product Viewed", "count": {"op": "gte", "value": 1}, "within": "30d"});
    let both = json!({"all": [french, {"any": [spent, viewed]}]});
    let expected = wait_for_count(&browser, &running, workspace, &both).await;
    assert!(expected > 0 && expected <= count);

    browser.click("main form .button-primary").await?;
    browser.wait_until("/^\\/segments\\/seg_/.test(location.pathname)").await?;
    // Members appear by themselves when the segment is built.
    browser.wait_until("!document.querySelector('.segment-building')").await?;
    browser.wait_for_text(".stat-row .stat-value", &expected.to_string()).await?;
    let rows = usize::try_from(expected.min(50))?;
    browser.wait_until(&format!("document.querySelectorAll('#segment data-table tbody tr').length === {rows}")).await?;
    assert!(browser.console_errors().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_rows_and_filters_come_and_go_without_losing_the_place() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::English, 80).await;
    browser.set_size(360, 740).await?;
    browser.goto(&format!("{}/segments/new", running.url)).await?;
    // The cursor waits in the name.
    browser.wait_until("document.activeElement.name === 'name'").await?;
    browser.press("Lookers").await?;
    let item = |nth: usize| format!(".condition-root > .condition-adders .menu-item:nth-child({nth})");
    browser.click(ADD).await?;
    browser.click(&item(3)).await?;
    browser.press("Product Viewed").await?;
    browser.click(".condition-add-filter").await?;
    assert_eq!(focused(&browser).await, "Property");
    // The properties of the event arrive while the cursor waits in the field.
    let properties = offered(&browser, ".condition-filter input").await;
    assert!(properties.contains(&"category".to_owned()), "{properties:?}");
    browser.press("category").await?;
    let values = offered(&browser, ".condition-filter .condition-slot input").await;
    browser.click(".condition-filter .condition-slot input").await?;
    browser.press(&values[0]).await?;
    let filter = json!({"property": "category", "op": "eq", "value": values[0]});
    let viewed =
        json!({"event": "Product Viewed", "count": {"op": "gte", "value": 1}, "within": "30d", "where": [filter]});
    wait_for_count(&browser, &running, workspace, &json!({"all": [viewed]})).await;
    browser.click(".condition-filter > .button").await?;
    assert_eq!(focused(&browser).await, "Narrow down");

    // Another operator takes another operand, and the cursor stays.
    browser.click(ADD).await?;
    browser.click(&item(1)).await?;
    browser.press("Email address").await?;
    browser.select(".condition-item:last-child .condition-slot select", "exists").await?;
    browser
        .wait_until("!document.querySelector('.condition-item:last-child .condition-slot .condition-slot input')")
        .await?;
    browser.select(".condition-item:last-child .condition-slot select", "contains").await?;
    browser.wait_for(".condition-item:last-child .condition-slot .condition-slot input").await?;
    assert_eq!(focused(&browser).await, "Comparison");

    // Saved unfinished, it says where. What is counted stands above the button and may move it.
    browser.wait_for_text("main", "Complete the condition to count.").await?;
    browser.click("main form .button-primary").await?;
    browser.wait_for_text(".condition-error", "Complete this condition").await?;
    assert_eq!(focused(&browser).await, "Value");

    // Escape closes a menu and gives the place back; removing goes to the neighbour, and at last to what adds.
    browser.click(".condition-item:last-child .condition-tools .menu-anchor > button").await?;
    browser.wait_for(".menu:popover-open").await?;
    browser.press(&Key::Escape.to_string()).await?;
    browser.wait_until("!document.querySelector('.menu:popover-open')").await?;
    assert_eq!(focused(&browser).await, "More actions");
    browser.click(".condition-item:last-child .condition-tools > .button").await?;
    assert_eq!(focused(&browser).await, "Event");
    browser.click(".condition-item:last-child .condition-tools > .button").await?;
    assert_eq!(focused(&browser).await, "Add condition");
    wait_for_count(&browser, &running, workspace, &json!({"all": []})).await;
    let is_wide = browser.eval("document.documentElement.scrollWidth > innerWidth + 1").await?;
    assert_eq!(is_wide, json!(false));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_a_segment_is_chosen_read_and_left_again() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::English, 120).await;
    let definitions = running.app.db.read(move |tx| crm::segments::store::definitions(tx, workspace)).await?;
    let buyers = definitions.iter().find(|one| one.ready_made.as_deref() == Some("repeat_buyers")).unwrap();
    browser.goto(&format!("{}/segments/{}", running.url, buyers.id)).await?;
    let now = browser.text(".stat-value").await?;
    browser.click(".as-of-quick a:last-child").await?;
    browser.wait_until("location.pathname.endsWith('/as-of')").await?;
    browser.wait_for_text(".alert-title", "Members as of").await?;
    browser.wait_until("!document.querySelector('#as-of-figures[aria-busy]')").await?;
    let then: i64 = browser.text("#as-of-figures .stat-value").await?.parse()?;
    let at = browser.eval("document.querySelector('[name=at]').value").await?;
    let zone = running.app.db.read(workspaces::the_first).await?.unwrap().settings.time_zone;
    let instant = zone.to_timestamp(at.as_str().unwrap().parse()?)?.as_millisecond();
    let replayed = crm::desk::segments::members_at(
        &running.app,
        workspace,
        buyers.id,
        Some(words::Timestamp::from_millis(instant)),
        0,
        100_000,
    );
    assert_eq!(then, i64::try_from(replayed.await?.members.len())?);
    assert_ne!(then.to_string(), now, "a shop that grows had fewer a year ago");
    // A wrong date says what is wrong, at the field; now is one click away.
    browser.goto(&format!("{}/segments/{}/as-of?at=2999-01-01T00:00", running.url, buyers.id)).await?;
    browser.wait_for_text(".field-error", "lies in the future").await?;
    browser.click(".as-of > a.button-ghost").await?;
    browser.wait_until(&format!("location.pathname === '/segments/{}'", buyers.id)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_segments_is_narrowed_while_one_types() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::English, 40).await;
    many_segments(&running, workspace, 60).await;
    browser.goto(&format!("{}/segments", running.url)).await?;
    let rows = "document.querySelectorAll('#segment-list tbody tr').length";
    browser.wait_until(&format!("{rows} === 50")).await?;
    browser.click(".pager a[rel=next]").await?;
    browser.wait_until(&format!("{rows} === 18")).await?;
    browser.press("/").await?;
    browser.press("winter 07").await?;
    browser.wait_until(&format!("{rows} === 1 && location.search === '?q=winter%2007'")).await?;
    assert_eq!(browser.eval("document.activeElement.name").await?, json!("q"));
    browser.press(" nothing").await?;
    browser.wait_for_text("#segment-list .empty", "No segment of this name").await?;
    browser.click("#segment-list .empty a").await?;
    browser.wait_until(&format!("{rows} === 50")).await?;
    browser.click("#segment-list th a.sort[href$='sort=members']").await?;
    browser.wait_until("document.querySelector('#segment-list th[aria-sort=descending]')").await?;
    Ok(())
}

/// Segments of a shop that has been at it for years.
async fn many_segments(running: &RunningApp, workspace: WorkspaceId, count: usize) {
    for nth in 0..count {
        let condition = json!({"metric": "orders_count", "op": "gte", "value": nth});
        let condition = engine::condition::Condition::parse(&condition).unwrap();
        let at = crm::segments::DefinedAt { now: running.app.now(), id_bytes: running.app.id_bytes() };
        let name = format!("Winter {nth:02}");
        let made = running.app.db.write(move |tx| crm::segments::create_segment(tx, workspace, &name, condition, at));
        made.await.unwrap();
    }
}

/// The links of a page that can be seen, one of each kind: their addresses with `*` for ids, and which link of the page it is.
const KINDS_OF_LINKS: &str = "Object.entries(Object.fromEntries(
    [...document.querySelectorAll('main a[href]')].map((a, place) => [a, place])
        .filter(([a]) => a.checkVisibility() && a.origin === location.origin && !a.download && !a.target && !a.hash)
        .map(([a, place]) => [a.pathname.replaceAll(/_[0-9a-z]{26}|[0-9]+/g, '*') + ' ' + a.className, place])))";

/// The heading of what stands behind an address, read without the page around the link.
const HEADING_BEHIND: &str = "fetch(ADDRESS, {headers: {accept: 'text/html'}}).then(answer => answer.text())
    .then(text => new DOMParser().parseFromString(text, 'text/html').querySelector('main h1')?.textContent)";

#[tokio::test(flavor = "multi_thread")]
async fn every_link_leads_to_the_page_it_names_or_opens_it_in_the_panel() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let (running, workspace) = open_shop(&browser, Language::English, 80).await;
    let now = system_now();
    let visitors = crm::demo::Shop::new(7, 80).live(3, now.minus(Span::from_minutes(3)), 2.0).step(now);
    running.visit(workspace, visitors).await;
    let mut followed = 0;
    for path in
        ["/", "/live", "/people", "/people/prf_", "/segments", "/segments/seg_", "/orders", "/sources", "/sources/src_"]
    {
        let mut path = path.to_owned();
        if path.ends_with('_') {
            browser.goto(&format!("{}{}", running.url, path.rsplit_once('/').unwrap().0)).await?;
            path = first_link(&browser, &path).await;
        }
        browser.goto(&format!("{}{path}", running.url)).await?;
        browser.wait_for("main h1, main h2").await?;
        let kinds = browser.eval(KINDS_OF_LINKS).await?;
        for kind in kinds.as_array().unwrap() {
            let (name, place) = (kind[0].as_str().unwrap(), &kind[1]);
            browser.goto(&format!("{}{path}", running.url)).await?;
            browser.wait_for("main h1, main h2").await?;
            let link = format!("document.querySelectorAll('main a[href]')[{place}]");
            // Who was there a moment ago may have gone.
            let Ok(address) = browser.eval(&format!("{link}.href")).await else { continue };
            let heading = browser.eval(&HEADING_BEHIND.replace("ADDRESS", &address.to_string())).await?;
            browser.eval(&format!("({link}.click(), true)")).await?;
            let arrived = format!(
                "document.querySelector('#side-panel .side-panel-title') || \
                 location.pathname === new URL({address}).pathname && document.querySelector('main h1')?.textContent === {heading}"
            );
            let what = format!("{path}: {name}");
            browser.wait_until(&arrived).await.map_err(|error| format!("{what}: {error}"))?;
            let whole = "['main', '#nav', '#side-panel', 'main h1'].map(css => document.querySelectorAll(css).length)";
            assert_eq!(browser.eval(whole).await?, json!([1, 1, 1, 1]), "{what}");
            assert_eq!(browser.console_errors().await?, [""; 0], "{what}");
            followed += 1;
        }
    }
    assert!(followed > 30, "{followed} links");
    Ok(())
}
