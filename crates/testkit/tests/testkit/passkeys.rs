//! Passkeys in real Chromium with a virtual authenticator: made, signed in with, asked for after a password and anew,
//! removed; and axe on every page on the way.

use std::error::Error;

use crm::kernel::Language;
use crm::workspaces;
use db::sql;
use serde_json::{Value, json};
use testkit::browser::Browser;
use testkit::running::RunningApp;

use crate::sign_in::{Outcome, PASSWORD, axe_finds_nothing, enter_password};

const USE: &str = "passkey-form:not([hidden]) button[type=submit]";

/// A device with a fingerprint reader, built into the browser's machine.
async fn plug_in(browser: &Browser) -> Result<String, Box<dyn Error>> {
    browser.devtools("WebAuthn.enable", json!({})).await?;
    let options = json!({
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
        "automaticPresenceSimulation": true,
    });
    let added = browser.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await?;
    Ok(added["authenticatorId"].as_str().unwrap().to_owned())
}

/// An owner who has signed in with his password and holds a device.
async fn owner_with_device(browser: &Browser) -> Result<(RunningApp, String), Box<dyn Error>> {
    let running = RunningApp::start_as("localhost").await;
    let address = "ana@shop.example".parse()?;
    workspaces::create_owner(&running.app, address, PASSWORD.to_owned(), Language::English).await?;
    let device = plug_in(browser).await?;
    enter_password(browser, &running).await?;
    browser.wait_until("location.pathname === '/members'").await?;
    Ok((running, device))
}

/// Whether somebody touches the device. Nobody does while a page is looked at: here the browser would else fill the passkey
/// in without a click.
async fn touch(browser: &Browser, device: &str, is_touched: bool) -> Outcome {
    let parameters = json!({ "authenticatorId": device, "enabled": is_touched });
    browser.devtools("WebAuthn.setAutomaticPresenceSimulation", parameters).await?;
    Ok(())
}

async fn sign_out(browser: &Browser, device: &str) -> Outcome {
    touch(browser, device, false).await?;
    browser.click("[popovertarget=account-menu]").await?;
    browser.click("#account-menu form[action='/sign-out'] button").await?;
    browser.wait_until("location.pathname === '/sign-in'").await?;
    Ok(())
}

/// Presses the button of the sign-in page.
async fn press(browser: &Browser, device: &str) -> Outcome {
    browser.wait_for(USE).await?;
    touch(browser, device, true).await?;
    // What waited for a touch may have led away already.
    let _ = browser.eval(&format!("document.querySelector({USE:?})?.click()")).await;
    Ok(())
}

/// As if the last proof had been given long ago.
async fn let_proofs_age(running: &RunningApp) -> Outcome {
    running.app.db.write(|tx| tx.execute(sql("UPDATE sessions SET proved_at = 0"), &[])).await?;
    Ok(())
}

async fn add_passkey(browser: &Browser, name: &str) -> Outcome {
    browser.click("main a[href='/account/passkeys/add']").await?;
    browser.wait_for("passkey-form:not([hidden])").await?;
    browser.wait_until("getComputedStyle(document.querySelector('.without-passkeys')).display === 'none'").await?;
    axe_finds_nothing(browser).await?;
    browser.fill("input[name=name]", name).await?;
    browser.click(USE).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_adds_a_passkey_signs_in_with_it_and_removes_it() -> Outcome {
    let Some(browser) = Browser::start_with_window().await? else { return Ok(()) };
    let (running, device) = owner_with_device(&browser).await?;

    browser.goto(&format!("{}/account", running.url)).await?;
    browser.click("main a[href='/account/second-factor']").await?;
    browser.wait_until("location.pathname === '/account/second-factor'").await?;
    axe_finds_nothing(&browser).await?;
    add_passkey(&browser, "Ana’s laptop").await?;
    browser.wait_for_text("main h2", "Recovery codes").await?;
    assert_eq!(browser.text("main code").await?.lines().count(), 10);
    axe_finds_nothing(&browser).await?;
    let held = browser.devtools("WebAuthn.getCredentials", json!({ "authenticatorId": device })).await?;
    let held = held["credentials"].as_array().unwrap();
    assert_eq!(
        (held.len(), &held[0]["isResidentCredential"], &held[0]["rpId"]),
        (1, &json!(true), &json!("localhost"))
    );
    browser.click("main a[href='/account/second-factor']").await?;
    browser.wait_for_text("main td", "Ana’s laptop").await?;
    axe_finds_nothing(&browser).await?;

    // The same device makes no second one for the same account.
    add_passkey(&browser, "Again").await?;
    browser.wait_for_text("passkey-form [role=alert]", "already").await?;
    axe_finds_nothing(&browser).await?;

    sign_out(&browser, &device).await?;
    axe_finds_nothing(&browser).await?;
    browser.goto(&format!("{}/sign-in?next=/members", running.url)).await?;
    press(&browser, &device).await?;
    browser.wait_until("location.pathname === '/members'").await?;

    // Offered among what the browser fills in, and taken.
    sign_out(&browser, &device).await?;
    touch(&browser, &device, true).await?;
    browser.goto(&format!("{}/sign-in?next=/audit", running.url)).await?;
    browser.wait_until("location.pathname === '/audit'").await?;

    sign_out(&browser, &device).await?;
    second_step(&browser, &running, &device).await?;
    prove_anew(&browser, &running).await?;
    rename(&browser, &running).await?;
    remove(&browser, &running, &device).await?;
    let mut errors = browser.console_errors().await?;
    // Chromium notes the answer to the passkey that was removed.
    errors.retain(|line| !line.contains("422 (Unprocessable"));
    assert_eq!(errors, [""; 0]);
    Ok(())
}

/// After the password the passkey is asked for, and takes the step.
async fn second_step(browser: &Browser, running: &RunningApp, device: &str) -> Outcome {
    enter_password(browser, running).await?;
    browser.wait_until("location.pathname === '/sign-in/second-step'").await?;
    browser.wait_for(USE).await?;
    axe_finds_nothing(browser).await?;
    touch(browser, device, true).await?;
    browser.click(USE).await?;
    browser.wait_until("location.pathname === '/members'").await?;
    Ok(())
}

async fn prove_anew(browser: &Browser, running: &RunningApp) -> Outcome {
    let_proofs_age(running).await?;
    browser.goto(&format!("{}/account/second-factor", running.url)).await?;
    browser.click("main a[href='/account/passkeys/add']").await?;
    browser.wait_until("location.pathname === '/account/confirm'").await?;
    browser.wait_for(USE).await?;
    axe_finds_nothing(browser).await?;
    browser.click(USE).await?;
    browser.wait_until("location.pathname === '/account/passkeys/add'").await?;
    Ok(())
}

async fn rename(browser: &Browser, running: &RunningApp) -> Outcome {
    browser.goto(&format!("{}/account/second-factor", running.url)).await?;
    browser.click("main td button[popovertarget]").await?;
    browser.click("button[commandfor^=rename-]").await?;
    browser.fill("dialog[open] input[name=name]", "Blue key").await?;
    axe_finds_nothing(browser).await?;
    browser.click("dialog[open] button[form]").await?;
    browser.wait_for_text("main td", "Blue key").await?;
    Ok(())
}

/// Removed here, the device still offers it: the sign-in page says that it does not let in.
async fn remove(browser: &Browser, running: &RunningApp, device: &str) -> Outcome {
    browser.click("main td button[popovertarget]").await?;
    browser.click("button[commandfor^=remove-]").await?;
    browser.wait_for_text("dialog[open]", "last second factor").await?;
    axe_finds_nothing(browser).await?;
    browser.click("dialog[open] form[action$='/remove'] button").await?;
    browser.wait_for_text(".toasts", "Passkey removed").await?;
    assert_eq!(browser.eval("document.querySelector('main td')").await?, Value::Null);
    sign_out(browser, device).await?;
    browser.goto(&format!("{}/sign-in", running.url)).await?;
    press(browser, device).await?;
    browser.wait_for_text("main [role=alert]", "not one that signs in here").await?;
    touch(browser, device, false).await?;
    browser.wait_for_text("main [role=alert]", "not one that signs in here").await?;
    axe_finds_nothing(browser).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_verified_finger_no_passkey_signs_in() -> Outcome {
    let Some(browser) = Browser::start_with_window().await? else { return Ok(()) };
    let (running, device) = owner_with_device(&browser).await?;
    browser.goto(&format!("{}/account/second-factor", running.url)).await?;
    add_passkey(&browser, "Laptop").await?;
    browser.wait_for_text("main h2", "Recovery codes").await?;
    sign_out(&browser, &device).await?;
    let unverified = json!({ "authenticatorId": device, "isUserVerified": false });
    browser.devtools("WebAuthn.setUserVerified", unverified).await?;
    press(&browser, &device).await?;
    browser.wait_for_text("passkey-form [role=alert]", "No passkey was used").await?;
    assert_eq!(browser.eval("location.pathname").await?, json!("/sign-in"));
    axe_finds_nothing(&browser).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_or_a_name_the_password_signs_in_and_no_passkey_is_offered() -> Outcome {
    let Some(browser) = Browser::start_with_window().await? else { return Ok(()) };
    for name in ["localhost", "127.0.0.1"] {
        let running = RunningApp::start_as(name).await;
        let address = "ana@shop.example".parse()?;
        workspaces::create_owner(&running.app, address, PASSWORD.to_owned(), Language::English).await?;
        let disabled = json!({ "value": name == "localhost" });
        browser.devtools("Emulation.setScriptExecutionDisabled", disabled).await?;
        browser.goto(&format!("{}/sign-in", running.url)).await?;
        for button in browser.page().find_all(fantoccini::Locator::Css("passkey-form button")).await? {
            assert!(!button.is_displayed().await?, "{name}");
        }
        enter_password(&browser, &running).await?;
        browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await?;
        browser.wait_until("location.pathname === '/members'").await?;
    }
    Ok(())
}
