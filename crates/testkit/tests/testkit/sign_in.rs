//! Setting a second factor up and signing in with it, in real Chromium; and axe on every page on the way.

use std::error::Error;

use crm::kernel::Language;
use crm::workspaces;
use testkit::browser::Browser;
use testkit::running::{RunningApp, system_now};
use totp_rs::{Algorithm, Secret, TOTP};

pub type Outcome = Result<(), Box<dyn Error>>;

pub const PASSWORD: &str = "quatre lampes bleues 27";

/// The code that the app of a phone shows after this many steps of 30 seconds.
fn code(app: &TOTP, steps: u64) -> String {
    app.generate(system_now().as_millis().unsigned_abs() / 1000 + 30 * steps)
}

pub async fn axe_finds_nothing(browser: &Browser) -> Outcome {
    let at = browser.eval("location.pathname").await?;
    let found = browser.axe().await.map_err(|error| format!("{at}: {error}"))?;
    assert_eq!(found, [""; 0], "{at}");
    Ok(())
}

/// The first step of signing in, as far as the button.
pub async fn enter_password(browser: &Browser, running: &RunningApp) -> Outcome {
    browser.goto(&format!("{}/sign-in?next=/members", running.url)).await?;
    browser.fill("input[name=email]", "ana@shop.example").await?;
    browser.fill("input[name=password]", PASSWORD).await?;
    browser.click("main form[action='/sign-in'] button[type=submit]").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sets_up_an_authenticator_app_and_signs_in_with_its_code() -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let running = RunningApp::start().await;
    let address = "ana@shop.example".parse()?;
    workspaces::create_owner(&running.app, address, PASSWORD.to_owned(), Language::English).await?;
    enter_password(&browser, &running).await?;
    browser.wait_until("location.pathname === '/members'").await?;

    browser.click("[popovertarget=account-menu]").await?;
    browser.click("#account-menu a[href='/account']").await?;
    browser.wait_until("location.pathname === '/account'").await?;
    axe_finds_nothing(&browser).await?;
    browser.click("main a[href='/account/second-factor']").await?;
    browser.click("main form[action='/account/second-factor/begin'] button").await?;
    browser.wait_for("svg.qr-code").await?;
    axe_finds_nothing(&browser).await?;
    let key = browser.text("main code").await?.replace(' ', "");
    let app = TOTP::new(Algorithm::SHA1, 6, 0, 30, Secret::Encoded(key).to_bytes()?)?;
    browser.fill("input[name=code]", "000000").await?;
    browser.click("main form[action='/account/second-factor/confirm'] button").await?;
    browser.wait_for("input[name=code][aria-invalid]").await?;
    browser.fill("input[name=code]", &code(&app, 0)).await?;
    browser.click("main form[action='/account/second-factor/confirm'] button").await?;
    browser.wait_for_text("main h2", "Recovery codes").await?;
    let recovery = browser.text("main code").await?;
    assert_eq!(recovery.lines().count(), 10, "{recovery}");
    axe_finds_nothing(&browser).await?;

    browser.click("[popovertarget=account-menu]").await?;
    browser.click("#account-menu form[action='/sign-out'] button").await?;
    browser.wait_until("location.pathname === '/sign-in'").await?;
    enter_password(&browser, &running).await?;
    browser.wait_until("location.pathname === '/sign-in/second-step'").await?;
    axe_finds_nothing(&browser).await?;
    // The app's next code: the one before was used to set it up.
    browser.fill("input[name=code]", &code(&app, 1)).await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("location.pathname === '/members'").await?;

    for page in ["/audit", "/settings/security", "/account/second-factor", "/account/shops", "/account/confirm"] {
        browser.goto(&format!("{}{page}", running.url)).await?;
        axe_finds_nothing(&browser).await?;
    }
    let mut errors = browser.console_errors().await?;
    // Chromium notes the answer to the wrong code.
    errors.retain(|line| !line.contains("422 (Unprocessable"));
    assert_eq!(errors, [""; 0]);
    Ok(())
}
