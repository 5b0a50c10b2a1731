//! The browser SDK in real Chromium, against a real HTTP server that writes down what it receives.

use std::io::Write;
use std::path::Path;

use crate::shop::{self, Shop};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::browser::{Browser, BrowserError};

type Tested = Result<(), BrowserError>;

/// Well past the SDK's flush interval of 300 ms: what was to be sent has been sent.
const SETTLED: &str = "performance.now() > (window.settled = window.settled || performance.now() + 500)";
const STORED: &str = "[document.cookie, Object.keys(localStorage), Object.keys(sessionStorage)]";
const ACCEPT: &str = "entente.consent({analytics: true})";

async fn settle(browser: &Browser) -> Tested {
    browser.eval("(delete window.settled)").await?;
    browser.wait_until(SETTLED).await
}

async fn open(browser: &Browser, url: &str) -> Tested {
    browser.goto(url).await?;
    browser.wait_until("window.entente && entente.consent.open && !Array.isArray(entente)").await
}

async fn local_keys(browser: &Browser) -> Result<Vec<String>, BrowserError> {
    let keys = browser.eval("Object.keys(localStorage)").await?;
    Ok(keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn before_consent_nothing_is_stored_or_sent() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag("").await;
    open(&browser, &shop.url("/?utm_source=news&gclid=1")).await?;
    browser.eval("entente.track('Product Viewed', {product_id: '7'})").await?;
    browser.eval("entente.identify('u1', {email: 'ana@example.com'})").await?;
    browser.eval("history.pushState({}, '', '/other')").await?;
    settle(&browser).await?;
    browser.eval("window.dispatchEvent(new Event('pagehide'))").await?;
    assert_eq!(browser.eval(STORED).await?, json!(["", [], []]));
    assert!(shop.requests().is_empty());
    let requested = browser.requested_urls().await?;
    assert_eq!(requested[1..], [format!("{}/sdk.js", shop.api())]);
    Ok(())
}

#[tokio::test]
async fn consent_sends_its_record_and_then_what_waited_in_one_plain_request() -> Tested {
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Ok(()) };
    let shop = Shop::with_tag("").await;
    open(&browser, &shop.url("/p/7?utm_source=news&utm_campaign=spring&gclid=abc&who=ana%40example.com#part")).await?;
    browser.eval("entente.identify('u1', {email: 'ana@example.com'})").await?;
    browser.eval("entente.track('Product Viewed', {product_id: '7'}, {timestamp: new Date(0)})").await?;
    browser.eval("entente.consent({analytics: true, marketing: true}, {version: 'text-3', method: 'cmp'})").await?;
    shop.wait_for("Product Viewed").await;

    let requests = shop.requests();
    assert_eq!(requests.len(), 1, "one batch and no preflight: {requests:?}");
    assert_eq!(requests[0].method, Method::POST);
    assert!(requests[0].content_type.starts_with("text/plain"));
    assert_eq!(requests[0].body["writeKey"], shop::KEY);
    assert!(requests[0].body["sentAt"].is_string());
    assert_eq!(shop.names(), ["Consent Updated", "page", "identify", "Product Viewed"]);

    let events = shop.events();
    let purposes = json!({"analytics": true, "marketing": true, "personalisation": false});
    assert_eq!(
        events[0]["properties"],
        json!({"purposes": purposes, "version": "text-3", "language": "en", "method": "cmp"})
    );
    assert_page_context(&events[1], &shop);
    assert_eq!(events[2]["userId"], "u1");
    assert_eq!(events[2]["traits"], json!({"email": "ana@example.com"}));
    assert_eq!(events[3]["userId"], "u1");
    assert_eq!(events[3]["timestamp"], "1970-01-01T00:00:00.000Z");
    let cookie = browser.eval("document.cookie.match(/entente_id=([0-9a-f-]{36})/)[1]").await?;
    for event in &events {
        assert_eq!(event["anonymousId"], cookie);
        assert_eq!(event["context"]["consent"]["categoryPreferences"], purposes);
    }
    assert_eq!(browser.console_errors().await?, [""; 0]);
    Ok(())
}

fn assert_page_context(event: &Value, shop: &Shop) {
    let context = &event["context"];
    let search = "?utm_source=news&utm_campaign=spring&gclid=abc";
    let page = json!({
        "url": shop.url(&format!("/p/7{search}")), "path": "/p/7", "search": search,
        "title": "Red shoes", "referrer": "",
    });
    assert_eq!(context["page"], page);
    assert_eq!(event["properties"], page);
    assert_eq!(context["campaign"], json!({"source": "news", "name": "spring"}));
    assert_eq!(context["click_ids"], json!({"gclid": "abc"}));
    assert_eq!(context["first_touch"], json!({"campaign": context["campaign"], "click_ids": context["click_ids"]}));
    assert_eq!(context["locale"], "fr-FR");
    assert!(context["userAgent"].as_str().unwrap().contains("Chrome"));
    assert!(context["timezone"].is_string());
    assert!(context["screen"]["width"].is_number());
}

#[tokio::test]
async fn an_address_inside_the_page_changes_and_is_one_more_page() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag("data-consent=granted").await;
    open(&browser, &shop.url("/?utm_source=first")).await?;
    shop.wait_for("page").await;
    browser.eval("history.pushState({}, '', '/cart?utm_source=second'), document.title = 'Cart'").await?;
    browser.eval("history.replaceState({scroll: 1}, '', location.href)").await?;
    browser.eval("history.pushState({}, '', '#reviews')").await?;
    shop.wait_until("second page", |shop| shop.events().len() == 2).await;
    browser.eval("history.go(-2)").await?;
    shop.wait_until("third page", |shop| shop.events().len() == 3).await;
    settle(&browser).await?;

    let events = shop.events();
    assert_eq!(shop.names(), ["page", "page", "page"], "the fragment and the same address are no pages");
    assert_eq!(events[1]["properties"]["path"], "/cart");
    assert_eq!(events[1]["properties"]["title"], "Cart");
    assert_eq!(events[1]["properties"]["referrer"], shop.url("/?utm_source=first"));
    assert_eq!(events[1]["context"]["campaign"]["source"], "second");
    assert_eq!(events[1]["context"]["first_touch"]["campaign"]["source"], "first");
    assert_eq!(events[2]["properties"]["path"], "/");
    Ok(())
}

#[tokio::test]
async fn a_busy_server_gets_the_same_event_again_and_a_refused_one_never() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag(r#"data-consent="granted" data-auto-page="false""#).await;
    open(&browser, &shop.url("/")).await?;
    shop.answer_next(&[(StatusCode::SERVICE_UNAVAILABLE, None), (StatusCode::TOO_MANY_REQUESTS, Some("1"))]);
    browser.eval("entente.track('Cart Viewed')").await?;
    shop.wait_for("Cart Viewed").await;
    let requests = shop.requests();
    let ids: Vec<&Value> = requests.iter().map(|request| &request.body["batch"][0]["messageId"]).collect();
    assert_eq!(ids, [ids[0]; 3]);
    let sent = |index: usize| requests[index].body["sentAt"].as_str().unwrap().parse::<Millis>().unwrap().0;
    assert!(sent(2) - sent(1) >= 1000, "Retry-After is obeyed");

    shop.answer_next(&[(StatusCode::BAD_REQUEST, None)]);
    browser.eval("entente.track('Unreadable')").await?;
    shop.wait_for_requests(4).await;
    browser.eval("entente.track('Readable')").await?;
    shop.wait_for("Readable").await;
    settle(&browser).await?;
    assert_eq!(shop.names(), ["Cart Viewed", "Readable"]);
    assert_eq!(local_keys(&browser).await?, ["entente_person"], "nothing waits any more");
    Ok(())
}

/// Milliseconds within a day of an ISO instant, enough to tell two of them apart.
struct Millis(i64);

impl std::str::FromStr for Millis {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |range: std::ops::Range<usize>| text[range].parse::<i64>();
        Ok(Self(((number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?) * 1000 + number(20..23)?))
    }
}

#[tokio::test]
async fn what_a_page_could_not_send_is_sent_by_the_next() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag(r#"data-consent="granted" data-auto-page="false""#).await;
    open(&browser, &shop.url("/")).await?;
    shop.answer_next(&[(StatusCode::SERVICE_UNAVAILABLE, None); 100]);
    browser.eval("entente.track('Product Added', {product_id: '7'})").await?;
    shop.wait_for_requests(1).await;
    shop.answer_next(&[(StatusCode::SERVICE_UNAVAILABLE, None); 100]);
    browser.goto("about:blank").await?;
    shop.answer_well_again();
    open(&browser, &shop.url("/next")).await?;
    let event = shop.wait_for("Product Added").await;
    assert_eq!(event["messageId"], shop.requests()[0].body["batch"][0]["messageId"]);
    assert_eq!(event["context"]["page"]["path"], "/");
    Ok(())
}

#[tokio::test]
async fn the_queue_is_bounded_and_keeps_the_newest() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag(r#"data-consent="granted" data-auto-page="false""#).await;
    open(&browser, &shop.url("/")).await?;
    shop.answer_next(&[(StatusCode::TOO_MANY_REQUESTS, Some("1"))]);
    browser.eval("entente.track('Huge', {text: 'x'.repeat(40000)})").await?;
    browser.eval("[...Array(300).keys()].forEach(number => entente.track('Number', {number}))").await?;
    let stored = "Object.entries(localStorage).filter(([key]) => key.startsWith('entente_queue_')).map(([, text]) => JSON.parse(text).length)";
    assert_eq!(browser.eval(stored).await?, json!([200]));
    shop.wait_until("200 events", |shop| shop.events().len() >= 200).await;
    settle(&browser).await?;
    let numbers: Vec<u64> = shop.events().iter().map(|event| event["properties"]["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (100..300).collect::<Vec<u64>>());
    assert!(shop.requests().iter().all(|request| request.body.to_string().len() < 64 * 1024));
    Ok(())
}

#[tokio::test]
async fn what_happens_in_the_last_moment_of_a_page_arrives() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag("data-consent=granted").await;
    open(&browser, &shop.url("/")).await?;
    shop.wait_for("page").await;
    settle(&browser).await?;
    browser
        .eval("(history.pushState({}, '', '/last'), entente.track('Product Clicked'), location.href = 'about:blank')")
        .await?;
    shop.wait_for("Product Clicked").await;
    shop.wait_until("page of the last moment", |shop| {
        shop.events().iter().any(|event| event["properties"]["path"] == "/last")
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_refusal_leaves_the_choice_and_nothing_else() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag("").await;
    open(&browser, &shop.url("/?utm_source=news")).await?;
    browser.eval("entente.track('Product Viewed'), entente.consent({analytics: false})").await?;
    browser.eval("entente.track('Cart Viewed'), entente.identify('u1')").await?;
    settle(&browser).await?;
    open(&browser, &shop.url("/next")).await?;
    settle(&browser).await?;
    browser.goto(&shop.url("/")).await?;
    assert!(shop.requests().is_empty());
    let stored = browser.eval(STORED).await?;
    let choice = r#"{"purposes":{"analytics":false,"marketing":false,"personalisation":false}}"#;
    let written = browser.eval("decodeURIComponent(document.cookie)").await?;
    assert_eq!(written, format!("entente_consent={choice}"));
    assert_eq!((&stored[1], &stored[2]), (&json!([]), &json!([])));
    Ok(())
}

#[tokio::test]
async fn a_withdrawal_is_recorded_and_then_everything_is_gone() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag("").await;
    open(&browser, &shop.url("/?utm_source=news")).await?;
    browser.eval("entente.identify('u1')").await?;
    browser.eval(ACCEPT).await?;
    shop.wait_for("identify").await;
    open(&browser, &shop.url("/next")).await?;
    shop.wait_until("page of the next page", |shop| shop.names().iter().filter(|name| *name == "page").count() == 2)
        .await;
    assert!(local_keys(&browser).await?.contains(&"entente_person".to_owned()));

    let known = shop.events().len();
    let anonymous_id = shop.events()[0]["anonymousId"].clone();
    browser
        .eval("entente.track('Product Viewed'), entente.consent({analytics: false}), entente.track('Cart Viewed')")
        .await?;
    shop.wait_until("withdrawal", |shop| shop.events().len() > known).await;
    settle(&browser).await?;
    let events = shop.events();
    assert_eq!(events.len(), known + 1, "{:?}", shop.names());
    let withdrawal = &events[known];
    assert_eq!(shop::name_of(withdrawal), "Consent Updated");
    assert_eq!(withdrawal["properties"]["purposes"]["analytics"], false);
    assert_eq!((&withdrawal["anonymousId"], &withdrawal["userId"]), (&anonymous_id, &json!("u1")));
    let stored = browser.eval(STORED).await?;
    assert!(!stored[0].as_str().unwrap().contains("entente_id"));
    assert_eq!((&stored[1], &stored[2]), (&json!([]), &json!([])));
    Ok(())
}

#[tokio::test]
async fn a_choice_made_in_one_tab_holds_in_the_other() -> Tested {
    let Some(browser) = Browser::start_with_window().await? else { return Ok(()) };
    let shop = Shop::with_tag("").await;
    open(&browser, &shop.url("/one")).await?;
    let first = browser.page().window().await?;
    let second = browser.page().new_window(true).await?.handle;
    browser.page().switch_to_window(second.clone()).await?;
    open(&browser, &shop.url("/two")).await?;
    browser.eval(ACCEPT).await?;
    shop.wait_for("page").await;
    browser.page().switch_to_window(first.clone()).await?;
    browser.eval("entente.track('Cart Viewed')").await?;
    let event = shop.wait_for("Cart Viewed").await;
    assert_eq!(event["anonymousId"], shop.events()[0]["anonymousId"]);
    assert!(shop.events().iter().all(|one| one["anonymousId"] == event["anonymousId"]));

    browser.page().switch_to_window(second.clone()).await?;
    // Whatever is sent now must be sent again: the request, the beacon of the tab that is put aside, and what the other tab
    // may still have on its way.
    shop.answer_next(&[(StatusCode::TOO_MANY_REQUESTS, Some("600")); 20]);
    let sent = |shop: &Shop| {
        shop.requests().iter().filter(|request| request.names().contains(&"Product Added".into())).count()
    };
    browser.eval("entente.track('Product Added')").await?;
    shop.wait_until("request", |shop| sent(shop) == 1).await;
    // The page has heard the answer: only what is on no way is put into a beacon.
    settle(&browser).await?;
    browser.page().switch_to_window(first).await?;
    shop.wait_until("beacon", |shop| sent(shop) == 2).await;
    shop.answer_well_again();
    browser.eval("entente.consent({analytics: false})").await?;
    browser.page().switch_to_window(second).await?;
    // At once, whether or not this tab has been told of the other's storage by now.
    browser.eval("(dispatchEvent(new Event('online')), entente.track('Product Viewed'))").await?;
    settle(&browser).await?;
    assert_eq!(shop.names().last().unwrap(), "Consent Updated");
    assert!(shop.names().iter().all(|name| !name.starts_with("Product")), "{:?}", shop.names());
    assert_eq!(local_keys(&browser).await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn calls_made_before_the_script_is_there_are_kept_in_order() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let calls = "entente.consent({analytics: true}); entente.page('Shop', 'Product', {sku: 'A'});
        entente.identify(42, {name: 'Ana'}); entente.group('b2b', {plan: 'pro'}); entente.track('Product Viewed', {price: 40});
        entente.alias('43')";
    let shop = Shop::with_snippet(calls).await;
    open(&browser, &shop.url("/")).await?;
    shop.wait_for("alias").await;
    settle(&browser).await?;
    assert_eq!(shop.names(), ["Consent Updated", "page", "identify", "group", "Product Viewed", "alias"]);
    let events = shop.events();
    assert_eq!((&events[1]["category"], &events[1]["name"]), (&json!("Shop"), &json!("Product")));
    assert_eq!((&events[1]["properties"]["sku"], &events[1]["properties"]["path"]), (&json!("A"), &json!("/")));
    assert_eq!((&events[2]["userId"], &events[2]["traits"]["name"]), (&json!("42"), &json!("Ana")));
    assert_eq!((&events[3]["groupId"], &events[3]["traits"]["plan"]), (&json!("b2b"), &json!("pro")));
    assert_eq!(events[4]["context"]["groupId"], "b2b");
    assert_eq!((&events[5]["userId"], &events[5]["previousId"]), (&json!("43"), &json!("42")));
    Ok(())
}

#[tokio::test]
async fn another_person_on_the_same_device_gets_another_anonymous_id() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_tag(r#"data-consent="granted" data-auto-page="false""#).await;
    open(&browser, &shop.url("/")).await?;
    browser.eval("entente.identify('ana', {city: 'Lyon'}), entente.identify('ben'), entente.reset(), entente.track('Cart Viewed')").await?;
    let after_reset = shop.wait_for("Cart Viewed").await;
    let events = shop.events();
    assert_eq!(events[1]["traits"], json!({}), "Ana's city is not Ben's");
    assert_ne!(events[0]["anonymousId"], events[1]["anonymousId"]);
    assert_ne!(events[1]["anonymousId"], after_reset["anonymousId"]);
    assert_eq!(after_reset["userId"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn a_hostile_page_goes_on_as_if_we_were_not_there() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let breaks = r"<script>
        for (const area of ['localStorage', 'sessionStorage'])
          Object.defineProperty(window, area, {get() { throw new Error('blocked') }});
        window.before = Object.keys(window).concat('before', 'errors'); window.errors = [];
        addEventListener('error', event => errors.push(event.message));
        addEventListener('unhandledrejection', event => errors.push(String(event.reason)));
      </script>";
    let tag = |api: &str| format!(r#"<script async src="{api}/sdk.js" data-key="k" data-consent="granted"></script>"#);
    let shop = Shop::with_head(|api| format!("{breaks}{}{}", tag(api), tag(api))).await;
    open(&browser, &shop.url("/users/ana@example.com/orders")).await?;
    let odd_calls = "(() => { const loop = {}; loop.loop = loop; entente.track('Loop', loop); entente.track(); entente.identify(null, 5);
        entente.page({}, null); entente.group(); entente.alias(); entente.consent(7); entente.track('Fine', null, null); })()";
    browser.eval(odd_calls).await?;
    let fine = shop.wait_for("Fine").await;
    assert_eq!(fine["context"]["page"]["path"], "/users/redacted/orders");
    assert_eq!(browser.eval("errors").await?, json!([]));
    // `ret_nodes` is the driver's own.
    let added = "Object.keys(window).filter(name => !before.includes(name) && name !== 'ret_nodes')";
    assert_eq!(browser.eval(added).await?, json!(["entente"]));
    assert_eq!(shop.names().iter().filter(|name| *name == "page").count(), 2, "loaded twice, it counts once");
    Ok(())
}

#[tokio::test]
async fn the_banner_offers_both_answers_alike_and_records_the_one_given() -> Tested {
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Ok(()) };
    let shop = Shop::with_tag(r#"data-banner data-language="fr" data-privacy-url="/privacy""#).await;
    open(&browser, &shop.url("/")).await?;
    let banner = "document.querySelector('entente-consent')";
    browser.wait_until(banner).await?;
    assert_eq!(browser.axe().await?, [""; 0]);
    let look = format!(
        "[...{banner}.shadowRoot.querySelectorAll('button')].slice(0, 2).map(button => {{
            const {{width, height}} = button.getBoundingClientRect(); const style = getComputedStyle(button);
            return [Math.round(width), Math.round(height), style.color, style.backgroundColor, style.fontWeight, style.fontSize, style.border]; }})"
    );
    let looks = browser.eval(&look).await?;
    assert_eq!(looks[0], looks[1]);
    let labels = browser
        .eval(&format!("[...{banner}.shadowRoot.querySelectorAll('button')].map(one => one.textContent)"))
        .await?;
    assert_eq!(labels, json!(["Tout refuser", "Tout accepter", "Choisir"]));
    assert!(shop.requests().is_empty());

    browser.set_size(360, 640).await?;
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= 360").await?, json!(true));
    let tab = char::from(fantoccini::key::Key::Tab).to_string();
    browser.press(&tab.repeat(3)).await?;
    browser.press(&char::from(fantoccini::key::Key::Enter).to_string()).await?;
    let record = shop.wait_for("Consent Updated").await;
    let purposes = json!({"analytics": true, "marketing": true, "personalisation": true});
    assert_eq!(
        record["properties"],
        json!({"purposes": purposes, "version": "banner-1", "language": "fr", "method": "banner"})
    );
    browser.wait_until(&format!("!{banner}")).await?;

    browser.eval("entente.consent.open()").await?;
    browser.wait_until(&format!("{banner}.shadowRoot.activeElement.tagName === 'H2'")).await?;
    browser.press(&char::from(fantoccini::key::Key::Escape).to_string()).await?;
    browser.wait_until(&format!("!{banner}")).await?;
    assert_eq!(browser.eval("entente.consent().analytics").await?, json!(true), "closing is no answer");
    browser.eval("entente.consent.open()").await?;
    browser.eval(&format!("{banner}.shadowRoot.querySelector('button').click()")).await?;
    shop.wait_until("withdrawal", |shop| shop.events().last().unwrap()["properties"]["purposes"]["analytics"] == false)
        .await;
    assert_eq!(browser.console_errors().await?, [""; 0]);
    Ok(())
}

#[test]
fn the_served_files_are_small() {
    let gzip_bytes = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap().len()
    };
    assert!(gzip_bytes(shop::SDK) <= 6 * 1024);
    assert!(gzip_bytes(shop::BANNER) <= 2 * 1024);
}

#[test]
fn the_served_files_are_built_from_the_sources_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/src");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(std::fs::read(file).unwrap());
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    for text in [shop::SDK, shop::BANNER] {
        assert!(text.contains(&format!("sha256:{digest}")), "run `npm ci --ignore-scripts && npm run build` in sdk/");
    }
}
