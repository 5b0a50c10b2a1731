//! The line to a mail server (TLS, STARTTLS, signing in, injected answers), and the screens about mail in real Chromium.

use std::error::Error;
use std::path::PathBuf;

use crm::kernel::Language;
use crm::workspaces;
use outgoing::{Cause, Letter, MailError, Step, Trust};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use testkit::browser::{Browser, Scheme};
use testkit::mail_server::{MailServer, QUICK, relay_to, some_trust};
use testkit::running::RunningApp;

type Outcome = Result<(), Box<dyn Error>>;

const PASSWORD: &str = "quatre lampes bleues 27";
const MAIL_PASSWORD: &str = "a mill by the weir";

/// A certificate of `localhost`, and who believes it.
struct Certified {
    _folder: tempfile::TempDir,
    settings: Value,
    trust: Trust,
}

fn certified(settings: Value) -> Certified {
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = |name: &str, text: String| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = (file("c.pem", cert.pem()), file("k.pem", signing_key.serialize_pem()));
    let mut settings = settings;
    settings["certificate"] = json!(certificate);
    settings["key"] = json!(key);
    settings["user"] = json!("ana@shop.example");
    settings["password"] = json!(MAIL_PASSWORD);
    Certified { trust: Trust::of_file(&certificate).unwrap(), settings, _folder: folder }
}

fn letter(to: &str) -> Letter {
    Letter {
        id: "0193".to_owned(),
        written_s: 1_763_817_600,
        to: to.to_owned(),
        subject: "Élise".to_owned(),
        language: "fr",
        text: "Bonjour\n.\n..\nfin\n".to_owned(),
        html: "<p>Bonjour</p>".to_owned(),
    }
}

/// Hands a letter over as the worker does.
async fn send(url: &str, trust: &Trust) -> Result<(), MailError> {
    let mut line = relay_to(url, trust, QUICK).open().await?;
    let letter = letter("luc@example.com");
    let offered = line.offer(&letter).await?;
    line.deliver(offered).await?;
    line.close().await;
    Ok(())
}

fn failed(step: Step, cause: Cause) -> Result<(), MailError> {
    Err(MailError { step, cause })
}

const USER: &str = "ana%40shop.example:a%20mill%20by%20the%20weir";

#[tokio::test(flavor = "multi_thread")]
async fn the_line_is_secret_before_a_password_is_said_and_only_to_who_is_trusted() {
    for (kind, scheme, query) in [("tls", "smtps", ""), ("starttls", "smtp", "?starttls=required")] {
        let certified = certified(json!({kind: true}));
        let Some(server) = MailServer::start_with(&certified.settings) else { return };
        let at = |user: &str, host: &str| format!("{scheme}://{user}@{host}:{}{query}", server.port);
        assert_eq!(send(&at(USER, "localhost"), &certified.trust).await, Ok(()), "{kind}");
        let arrived = server.wait_for("luc@example.com", 1).remove(0);
        assert!(arrived.was_secret() && arrived.defects().is_empty(), "{:?}", arrived.defects());
        assert_eq!(arrived.text().replace("\r\n", "\n"), "Bonjour\n.\n..\nfin\n");

        let stranger = send(&at(USER, "localhost"), &some_trust()).await;
        assert_eq!(stranger, failed(Step::Secure, Cause::NotTrusted), "{kind}");
        let other_name = send(&at(USER, "127.0.0.1"), &certified.trust).await;
        assert_eq!(other_name, failed(Step::Secure, Cause::NotTrusted), "{kind}");
        let wrong = send(&at("ana%40shop.example:guess", "localhost"), &certified.trust).await;
        assert_eq!(wrong, failed(Step::SignIn, Cause::Refused(535)), "{kind}");
        let sign_ins = server.wait_for_sign_ins(2);
        assert!(sign_ins.iter().all(|one| one["ssl"] == true), "{sign_ins:?}");
        assert_eq!(sign_ins.len(), 2, "nothing was said to who is not trusted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_starttls_or_a_way_to_sign_in_is_told_nothing() {
    let Some(server) = MailServer::start() else { return };
    let trust = some_trust();
    let url = format!("smtp://{USER}@127.0.0.1:{}?starttls=required", server.port);
    assert_eq!(send(&url, &trust).await, failed(Step::Secure, Cause::NotOffered));
    assert_eq!(server.sign_ins().len(), 0);
    // Somebody else who listens there.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let silent = format!("smtp://127.0.0.1:{port}");
    assert_eq!(send(&silent, &trust).await, failed(Step::Greeting, Cause::Late));
    std::thread::spawn(move || {
        use std::io::Write as _;
        for stream in other.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n");
        }
    });
    assert_eq!(send(&silent, &trust).await, failed(Step::Greeting, Cause::BrokenOff));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_injected_before_the_line_is_secret_are_not_believed() {
    let certified = certified(json!({"starttls": true, "injects": true}));
    let Some(server) = MailServer::start_with(&certified.settings) else { return };
    let url = format!("smtp://{USER}@localhost:{}?starttls=required", server.port);
    assert_eq!(send(&url, &certified.trust).await, failed(Step::Secure, Cause::NotTrusted));
    assert_eq!(server.sign_ins().len(), 0);
}

async fn sound_in_every_dress(browser: &Browser, url: &str) -> Outcome {
    for (language, scheme, size) in [
        (Language::French, Scheme::Dark, (360, 740)),
        (Language::French, Scheme::Light, (1440, 900)),
        (Language::English, Scheme::Light, (360, 740)),
        (Language::English, Scheme::Dark, (1440, 900)),
    ] {
        browser.set_scheme(scheme).await?;
        browser.set_size(size.0, size.1).await?;
        let choose = format!(
            "fetch('/preferences', {{method: 'POST', headers: {{'content-type': 'application/x-www-form-urlencoded'}}, \
             body: 'language={}'}}).then(a => a.status)",
            language.code()
        );
        browser.eval(&choose).await?;
        browser.goto(url).await?;
        browser.wait_for("main h1, h1").await?;
        assert_eq!(browser.eval("document.documentElement.lang").await?, json!(language.code()));
        assert_eq!(browser.axe().await?, [""; 0], "{url} {language:?} {scheme:?}");
        let is_wide =
            browser.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth").await?;
        assert_eq!(is_wide, json!(false), "{url} {language:?}");
        if let Some(folder) = std::env::var_os("ENTENTE_TEST_PICTURES") {
            let path = url.rsplit_once(":").map_or("", |(_, path)| path).replace('/', "-");
            let path = path.trim_start_matches(|letter: char| letter.is_ascii_digit());
            browser
                .screenshot(PathBuf::from(folder).join(format!("mail{path}-{}-{}.png", language.code(), size.0)))
                .await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_forgets_his_password_and_an_owner_looks_after_mail_in_real_chromium() -> Outcome {
    let (Some(browser), Some(server)) = (Browser::start().await?, MailServer::start()) else { return Ok(()) };
    let running = RunningApp::start_with_relay(server.relay()).await;
    workspaces::create_owner(&running.app, "ana@shop.example".parse()?, PASSWORD.to_owned(), Language::English).await?;
    let at = |path: &str| format!("{}{path}", running.url);

    browser.goto(&at("/sign-in")).await?;
    for path in ["/sign-in", "/forgot-password", "/forgot-password/sent"] {
        sound_in_every_dress(&browser, &at(path)).await?;
    }
    browser.goto(&at("/sign-in")).await?;
    browser.click("main a[href='/forgot-password']").await?;
    browser.fill("input[name=email]", "ana@shop.example").await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("location.pathname === '/forgot-password/sent'").await?;
    // The other one tells her that she became an owner.
    let letters = server.wait_for("ana@shop.example", 2);
    let link = letters.iter().map(|letter| letter.link()).find(|link| link.contains("/reset/")).unwrap();
    browser.goto(&link).await?;
    browser.fill("input[name=password]", "sept loutres sur un radeau").await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("location.pathname === '/sign-in'").await?;
    browser.fill("input[name=email]", "ana@shop.example").await?;
    browser.fill("input[name=password]", "sept loutres sur un radeau").await?;
    browser.click("main form button[type=submit]").await?;
    browser.wait_until("location.pathname === '/'").await?;

    browser.goto(&at("/settings/mail")).await?;
    browser.click("form[action='/settings/mail/test'] button").await?;
    browser.wait_for("main .badge").await?;
    for (email, role) in
        [("luc@shop.example", "agent"), ("refused@shop.example", "viewer"), ("full@shop.example", "viewer")]
    {
        browser.goto(&at("/members/invite")).await?;
        browser.fill("input[name=email]", email).await?;
        browser.click(&format!("label:has(input[name=role][value={role}])")).await?;
        browser.click("main form button[type=submit]").await?;
        browser.wait_for_text("body", email).await?;
        assert_eq!(browser.axe().await?, [""; 0], "the link of an invitation");
    }
    if let Some(folder) = std::env::var_os("ENTENTE_TEST_PICTURES") {
        browser.screenshot(PathBuf::from(folder).join("mail-invited.png")).await?;
    }
    server.wait_for("luc@shop.example", 1);
    // The last one is being told about.
    browser.goto(&at("/settings/mail")).await?;
    for path in ["/settings/mail", "/members"] {
        sound_in_every_dress(&browser, &at(path)).await?;
    }
    let mut errors = browser.console_errors().await?;
    errors.retain(|line| !line.contains("422"));
    assert_eq!(errors, [""; 0]);
    Ok(())
}
