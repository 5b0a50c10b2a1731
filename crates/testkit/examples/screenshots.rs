//! Renders every screen of the demo shop to `docs/screenshots`: `cargo xtask screenshots [FOLDER]`.

use std::error::Error;
use std::path::{Path, PathBuf};

use crm::backups::{self, Backup};
use crm::kernel::{Language, Role};
use crm::workspaces::{self, ShopSettings};
use testkit::browser::{Browser, Scheme};
use testkit::member::{sign_in, speak};
use testkit::running::{RunningApp, system_now};
use words::Span;

type Outcome<T> = Result<T, Box<dyn Error>>;

const PEOPLE: usize = 1_200;
const DAYS: u32 = 400;
/// Pages by the name of their picture; `{…}` stands for the first link of that kind in a list.
const SCREENS: &[(&str, &str)] = &[
    ("home", "/"),
    ("live", "/live"),
    ("people", "/people?sort=revenue"),
    ("person", "/people?sort=orders → /people/prf_"),
    ("conflicts", "/people/conflicts"),
    ("erase", "/people?sort=orders → /people/prf_ + /erase"),
    ("erasures", "/privacy/erasures"),
    ("suppressions", "/privacy/suppressions"),
    ("register", "/privacy/register"),
    ("segments", "/segments"),
    ("segment", "/segments → /segments/seg_"),
    ("segment-new", "/segments/new"),
    ("segment-edit", "/segments → /segments/seg_ + /edit"),
    ("orders", "/orders"),
    ("sources", "/sources"),
    ("source", "/sources → /sources/src_"),
    ("welcome", "/welcome"),
    ("members", "/members"),
    ("account", "/account"),
    ("settings", "/settings"),
    ("keys", "/settings/keys"),
    ("security", "/settings/security"),
    ("backups", "/settings/backups"),
    ("audit", "/audit"),
    ("second-factor", "/account/second-factor"),
    ("gallery", "/ui-gallery"),
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("docs/screenshots"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Err("the browser was skipped".into()) };
    let running = RunningApp::start_copied().await;
    running.turn_back(DAYS);
    let settings =
        ShopSettings { name: "Maison Lumière".to_owned(), ..ShopSettings::of_a_new_installation(Language::French) };
    let workspace = workspaces::create_workspace(&running.app, settings).await?;
    crm::desk::provision(&running.app, workspace).await?;
    running.fill(workspace, PEOPLE, DAYS).await;
    let now = system_now();
    let shop = crm::demo::Shop::new(7, PEOPLE);
    let visitors = shop.live(3, now.minus(Span::from_millis(180_000)), 2.0).step(now);
    running.visit(workspace, visitors).await;
    let backup = Backup { made_at: now.minus(Span::from_hours(9)), size_bytes: 48_300_000 };
    running.app.db.write(move |tx| backups::note(tx, &backup)).await?;
    browser.goto(&format!("{}/sign-in", running.url)).await?;
    browser.set_size(1440, 900).await?;
    browser.screenshot(folder.join("sign-in.png")).await?;
    sign_in(&browser, &running, workspace, Role::Owner).await?;
    for (language, scheme, width, mark) in [
        (Language::French, Scheme::Light, 1440, ""),
        (Language::English, Scheme::Light, 1440, "-en"),
        (Language::French, Scheme::Dark, 1440, "-dark"),
        (Language::English, Scheme::Light, 360, "-phone"),
    ] {
        speak(&browser, &running, language).await?;
        browser.set_scheme(scheme).await?;
        browser.set_size(width, 900).await?;
        for (name, place) in SCREENS {
            take(&browser, &running, place, &folder.join(format!("{name}{mark}.png"))).await?;
        }
    }
    browser.set_size(1440, 900).await?;
    sign_in(&browser, &running, workspace, Role::Analyst).await?;
    for (language, mark) in [(Language::French, ""), (Language::English, "-en")] {
        speak(&browser, &running, language).await?;
        let place = "/people?sort=orders → /people/prf_";
        take(&browser, &running, place, &folder.join(format!("person-masked{mark}.png"))).await?;
    }
    Ok(())
}

async fn take(browser: &Browser, running: &RunningApp, place: &str, picture: &Path) -> Outcome<()> {
    let (list, link) = place.split_once(" → ").unwrap_or((place, ""));
    browser.goto(&format!("{}{list}", running.url)).await?;
    if !link.is_empty() {
        let (prefix, rest) = link.split_once(" + ").unwrap_or((link, ""));
        let find = format!(
            "[...document.querySelectorAll('main a[href^=\"{prefix}\"]')].map(a => a.getAttribute('href').split('?')[0])\
             .find(href => /_[0-9a-z]{{26}}$/.test(href))"
        );
        let found = browser.eval(&find).await?;
        let Some(path) = found.as_str() else { return Err(format!("{list} links to no {prefix}…").into()) };
        browser.goto(&format!("{}{path}{rest}", running.url)).await?;
    }
    // Fragments that load by themselves get a moment.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    Ok(browser.screenshot(picture).await?)
}
