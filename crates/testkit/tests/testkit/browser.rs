//! The browser of the test kit does what its users rely on.

use crate::shop::Shop;
use serde_json::json;
use testkit::browser::{Browser, BrowserError, Scheme};

type Tested = Result<(), BrowserError>;

const PAGE: &str = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'self' 'unsafe-inline'">
    <style>.late { display: none } @media (prefers-color-scheme: dark) { html { background: black } }</style>
    <script>addEventListener('load', () => { setTimeout(() => document.querySelector('h1').textContent = 'Ready', 100) })</script>"#;

#[tokio::test]
async fn size_scheme_and_language_are_what_was_asked_for() -> Tested {
    let Some(browser) = Browser::start_speaking("fr-FR").await? else { return Ok(()) };
    let shop = Shop::with_head(|_| PAGE.to_owned()).await;
    browser.set_scheme(Scheme::Dark).await?;
    browser.set_size(360, 700).await?;
    browser.goto(&shop.url("/")).await?;
    let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    assert_eq!(
        browser.eval(&format!("[innerWidth, innerHeight, navigator.language, {dark}]")).await?,
        json!([360, 700, "fr-FR", true])
    );
    browser.set_scheme(Scheme::Light).await?;
    assert_eq!(browser.eval(dark).await?, json!(false));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("page.png");
    browser.screenshot(&file).await?;
    assert!(std::fs::read(file)?.starts_with(b"\x89PNG"));
    Ok(())
}

#[tokio::test]
async fn waiting_ends_with_the_text_and_axe_names_what_is_wrong_under_a_strict_policy() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let shop = Shop::with_head(|_| PAGE.to_owned()).await;
    browser.goto(&shop.url("/")).await?;
    browser.wait_for_text("h1", "Ready").await?;
    assert_eq!(browser.axe().await?, [""; 0]);
    assert_eq!(browser.third_party_urls().await?, [""; 0]);
    let form = r#"<input class="nameless"><button onclick="this.textContent = document.querySelector('input').value">Go</button>"#;
    browser.eval(&format!("document.querySelector('main').insertAdjacentHTML('beforeend', {})", json!(form))).await?;
    browser.fill("input", "typed").await?;
    browser.click("button").await?;
    browser.wait_for_text("button", "typed").await?;
    let violations = browser.axe().await?;
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(violations[0].starts_with("label (critical)") && violations[0].contains("nameless"), "{violations:?}");
    browser.eval(&format!("new Image().src = '{}/picture'", shop.api())).await?;
    browser
        .wait_until("performance.getEntriesByType('resource').some(entry => entry.name.endsWith('/picture'))")
        .await
        .ok();
    assert!(browser.console_errors().await?.iter().any(|text| text.contains("Content Security Policy")));
    Ok(())
}

#[tokio::test]
async fn a_dropped_browser_leaves_no_process_and_no_folder() -> Tested {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let version = browser.devtools("Browser.getBrowserCommandLine", json!({})).await;
    let profile = browser.page().capabilities().unwrap()["chrome"]["userDataDir"].as_str().unwrap().to_owned();
    assert!(is_in_use(&profile), "{version:?}");
    drop(browser);
    assert!(!is_in_use(&profile));
    assert!(!std::path::Path::new(&profile).parent().unwrap().exists());
    Ok(())
}

fn is_in_use(profile: &str) -> bool {
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.unwrap().path().join("cmdline")).ok());
    processes.into_iter().any(|line| String::from_utf8_lossy(&line).contains(profile))
}
