//! Signing in with an identity provider that others run in earnest (npm `oidc-provider`, certified by the OpenID
//! Foundation), in real Chromium.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::json;
use testkit::browser::Browser;
use testkit::node;
use testkit::ports::free_port;

use crate::running::{Data, PASSWORD, Server, note_owner, repository};

type Outcome = Result<(), Box<dyn Error>>;

const SECRET: &str = "canary of the client";

/// The provider's process, gone with the value.
struct IdentityProvider {
    issuer: String,
    child: Child,
    /// Held open: who writes to nobody is ended.
    _told: Lines<BufReader<ChildStdout>>,
}

impl IdentityProvider {
    fn start(folder: &Path, product: &str) -> Self {
        let port = free_port();
        let issuer = format!("http://127.0.0.1:{port}");
        let redirect = format!("{product}/sign-in/sso/return");
        let told = json!({"issuer": issuer, "port": port, "redirect": redirect, "secret": SECRET}).to_string();
        let mut node = Command::new("node");
        node.args(["provider.mjs", &told]).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = node.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.by_ref().map_while(Result::ok).any(|line| line == "ready"), "the provider did not start");
        Self { issuer, child, _told: lines }
    }

    fn end(&mut self) {
        // Already ended perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.end();
    }
}

struct Place {
    data: Data,
    server: Server,
    url: String,
    provider: IdentityProvider,
}

fn open(data: Data, folder: &Path) -> Place {
    data.set_up();
    note_owner(&data);
    let listen = format!("127.0.0.1:{}", free_port());
    let url = format!("http://{listen}");
    let provider = IdentityProvider::start(folder, &url);
    let secret = data.folder().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let flags =
        ["--listen", &listen, "--log", "trace", "--oidc-issuer", &provider.issuer, "--oidc-client-id", "entente"];
    let more = ["--oidc-client-secret-file", secret.to_str().unwrap(), "--oidc-name", "Example"];
    let server = Server::start_with(&data, &[&flags[..], &more].concat());
    Place { data, server, url, provider }
}

/// Signs in at the provider, and says yes to what it asks.
async fn sign_in_there(browser: &Browser, name: &str) -> Outcome {
    browser.fill("input[name=login]", name).await?;
    browser.fill("input[name=password]", "any").await?;
    browser.click("button[type=submit]").await?;
    Ok(())
}

async fn press_the_button(browser: &Browser, place: &Place) -> Outcome {
    browser.goto(&format!("{}/sign-in?next=/members", place.url)).await?;
    browser.click("main a[href^='/sign-in/sso']").await?;
    Ok(())
}

async fn axe_finds_nothing(browser: &Browser) -> Outcome {
    let at = browser.eval("location.pathname").await?;
    assert_eq!(browser.axe().await.map_err(|error| format!("{at}: {error}"))?, [""; 0], "{at}");
    Ok(())
}

async fn look_around(browser: &Browser, place: &mut Place) -> Outcome {
    browser.goto(&format!("{}/sign-in", place.url)).await?;
    axe_finds_nothing(browser).await?;
    press_the_button(browser, place).await?;
    sign_in_there(browser, "ana").await?;
    browser.wait_for_text("body", "Continue").await?;
    browser.click("button[type=submit]").await?;
    browser.wait_until("location.pathname === '/members'").await?;

    // What the account page shows, and a proof by the provider before the link is removed.
    browser.goto(&format!("{}/account", place.url)).await?;
    axe_finds_nothing(browser).await?;
    browser.click("form[action='/account/sso/unlink'] button").await?;
    browser.wait_until("location.pathname === '/account/confirm'").await?;
    axe_finds_nothing(browser).await?;
    browser.click("form[action='/account/confirm/sso'] button").await?;
    browser.click(&format!("main a[href^='{}']", place.provider.issuer)).await?;
    sign_in_there(browser, "ana").await?;
    browser.wait_until("location.pathname.startsWith('/account')").await?;
    browser.goto(&format!("{}/account", place.url)).await?;
    browser.click("form[action='/account/sso/unlink'] button").await?;
    browser.wait_for("form[action='/account/sso/link']").await?;
    // And linked again by hand.
    browser.click("form[action='/account/sso/link'] button").await?;
    browser.click(&format!("main a[href^='{}']", place.provider.issuer)).await?;
    browser.wait_for("form[action='/account/sso/unlink']").await?;
    let mut errors = browser.console_errors().await?;
    // The provider's own pages want a font of the internet, and have no picture.
    errors.retain(|line| !line.contains(&place.provider.issuer) && !line.contains("fonts.googleapis.com"));
    assert_eq!(errors, [""; 0]);
    Ok(())
}

/// Somebody else, in a browser of his own.
async fn try_as(place: &Place, name: &str, told: &str) -> Outcome {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    press_the_button(&browser, place).await?;
    sign_in_there(&browser, name).await?;
    browser.wait_for_text("body", "Continue").await?;
    browser.click("button[type=submit]").await?;
    browser.wait_for_text("[role=alert]", told).await?;
    axe_finds_nothing(&browser).await
}

#[tokio::test(flavor = "multi_thread")]
async fn members_sign_in_with_a_real_provider_in_a_real_browser() -> Outcome {
    let Some(folder) = node::project("oidc", &repository().join("crates/server/tests/oidc")) else { return Ok(()) };
    for data in Data::on_both() {
        let Some(browser) = Browser::start().await? else { return Ok(()) };
        let mut place = open(data, &folder);
        look_around(&browser, &mut place).await?;
        try_as(&place, "eve", "Nobody with this address may sign in here").await?;
        try_as(&place, "unverified", "has not verified your email address").await?;

        place.provider.end();
        // What was read of the provider is believed for some minutes; a new process knows nothing.
        assert_eq!(place.server.terminate(), Some(0));
        let seen = place.server.log().join("\n");
        for secret in [SECRET, "canary", "code=", "id_token", "state="] {
            assert!(!seen.contains(secret), "the log holds {secret}");
        }
        let flags = ["--oidc-issuer", &place.provider.issuer, "--oidc-client-id", "entente"];
        let server = Server::start_with(&place.data, &flags);
        place.url = format!("http://{}", server.address);
        let Some(browser) = Browser::start().await? else { return Ok(()) };
        press_the_button(&browser, &place).await?;
        browser.wait_for_text("[role=alert]", "cannot be reached right now").await?;
        browser.fill("input[name=email]", "ana@example.com").await?;
        browser.fill("input[name=password]", PASSWORD).await?;
        browser.click("main form button[type=submit]").await?;
        browser.wait_until("location.pathname === '/'").await?;
    }
    Ok(())
}
