use crm::kernel::{Language, Role};
use crm::workspaces::{self, ShopSettings};
use serde_json::json;
use std::error::Error;
use std::path::PathBuf;
use testkit::browser::{Browser, Scheme};
use testkit::running::{RunningApp, system_now};
use words::Span;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from("/tmp/masks-pictures");
    std::fs::create_dir_all(&folder)?;
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Err("skipped".into()) };
    let running = RunningApp::start().await;
    running.turn_back(400);
    let settings =
        ShopSettings { name: "Maison Lumière".to_owned(), ..ShopSettings::of_a_new_installation(Language::French) };
    let workspace = workspaces::create_workspace(&running.app, settings).await?;
    crm::desk::provision(&running.app, workspace).await?;
    running.fill(workspace, 300, 400).await;
    let now = system_now();
    let shop = crm::demo::Shop::new(7, 300);
    let visitors = shop.live(3, now.minus(Span::from_millis(180_000)), 2.0).step(now);
    running.visit(workspace, visitors).await;
    let actor = crm::kernel::Actor::system(workspace);
    let key = workspaces::create_api_key(&running.app, &actor, "x".into(), crm::kernel::Scope::ALL.to_vec(), None)
        .await?
        .secret;
    let _ = key;
    browser.goto(&format!("{}/sign-in", running.url)).await?;
    let user = workspaces::add_member(&running.app, workspace, "vi@shop.example".parse()?, "Vi", Role::Analyst).await?;
    let session = workspaces::start_session(&running.app, workspace, user, Role::Analyst, "Chromium").await?;
    let cookie = json!({"name": workspaces::cookie_name(&running.app), "value": session.token, "url": running.url});
    browser.devtools("Network.setCookie", cookie).await?;
    for (language, scheme, width, mark) in
        [("fr", Scheme::Light, 1440, "fr"), ("en", Scheme::Dark, 1440, "en-dark"), ("en", Scheme::Light, 360, "phone")]
    {
        browser.goto(&format!("{}/account", running.url)).await?;
        let form = "{'content-type': 'application/x-www-form-urlencoded'}";
        browser.eval(&format!("fetch('/preferences', {{method: 'POST', headers: {form}, body: 'language={language}'}}).then(a => a.status)")).await?;
        browser.set_scheme(scheme).await?;
        browser.set_size(width, 900).await?;
        for (name, path) in [
            ("people", "/people?sort=orders"),
            ("person", ""),
            ("live", "/live"),
            ("home", "/"),
            (
                "filter",
                "/people?condition=%7B%22trait%22%3A%22email%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A%22x%22%7D",
            ),
            ("suggest", "/segments/new"),
            ("event", "event"),
        ] {
            browser
                .goto(&format!(
                    "{}{}",
                    running.url,
                    if path.is_empty() || path == "event" { "/people?sort=orders" } else { path }
                ))
                .await?;
            if path.is_empty() || path == "event" {
                let found = browser.eval("[...document.querySelectorAll('main a[href^=\"/people/prf_\"]')].map(a => a.getAttribute('href').split('?')[0]).find(h => /_[0-9a-z]{26}$/.test(h))").await?;
                browser.goto(&format!("{}{}", running.url, found.as_str().unwrap())).await?;
                if path == "event" {
                    let found = browser
                        .eval(
                            "[...document.querySelectorAll('main .identifier a')].map(a => a.getAttribute('href'))[0]",
                        )
                        .await?;
                    browser.goto(&format!("{}{}", running.url, found.as_str().unwrap())).await?;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
            browser.screenshot(folder.join(format!("{name}-{mark}.png"))).await?;
        }
    }
    Ok(())
}
