//! Chromium for the tests: one fresh browser per test, driven over WebDriver, gone with the value that holds it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use axum::http::Method;
use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus, NewSessionError, WebDriver};
use fantoccini::wd::{Capabilities, TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::{ParseError, Url};

/// Far more than a page needs: it is reached only by what never comes, or by a machine that stands still.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Of a driver that starts while everything else compiles and runs.
const START_LIMIT: Duration = Duration::from_secs(90);
/// Drivers that are begun at most until one has a port.
const STARTS: usize = 20;
const AXE_TIME_LIMIT: Duration = Duration::from_secs(60);
/// What is there soon is seen soon; who waits for longer looks less often.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
const AXE: &str = include_str!("../assets/axe.min.js");

/// A browser with an empty profile. Dropping it ends the driver, Chromium and everything they started.
pub struct Browser {
    client: Client,
    /// It is given to Chromium once and not with every page: then each page has it sooner.
    is_axe_on_new_pages: AtomicBool,
    _driver: Driver,
    _seat: SemaphorePermit<'static>,
}

/// Browsers at once: one for each core, and two for a test that has a visitor and a member. More would only make each other
/// wait past their limits.
static SEATS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(2, |cores| cores.get().max(2))));

/// The colour scheme that pages are told the reader prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    #[error("there is no chromedriver on the search path; install the Debian packages chromium and chromium-driver")]
    DriverMissing,
    #[error("chromedriver named no port within 90 seconds, or found none in twenty starts")]
    DriverSilent,
    #[error("chromedriver refused to open Chromium: {0}")]
    Session(#[from] NewSessionError),
    #[error("the browser refused a command: {0}")]
    Command(#[from] CmdError),
    #[error("waited 30 seconds for {awaited} on {url}, which shows: {seen}")]
    TimedOut { awaited: String, url: String, seen: String },
    #[error("axe-core did not finish within 60 seconds; exclude the frame that it waits for")]
    AxeTimedOut,
    #[error("axe-core failed: {0}")]
    AxeFailed(Value),
    #[error("the operating system refused: {0}")]
    System(#[from] std::io::Error),
}

impl Browser {
    /// Starts Chromium in English, or answers `None`, with a line on standard error, where
    /// `ENTENTE_TEST_SKIP_BROWSER=1` asks for tests without a browser.
    pub async fn start() -> Result<Option<Self>, BrowserError> {
        Self::start_speaking("en-GB").await
    }

    /// As [`Browser::start`], for a reader whose browser prefers `language` ("fr-FR").
    pub async fn start_speaking(language: &str) -> Result<Option<Self>, BrowserError> {
        Self::start_program(language, light_program()).await
    }

    /// As [`Browser::start`], with Chromium's own window around the pages: for what its tabs and its dialogs do. Whoever goes
    /// to another tab hides the one he leaves.
    pub async fn start_with_window() -> Result<Option<Self>, BrowserError> {
        Self::start_program("en-GB", None).await
    }

    /// Without a program chromedriver starts the Chromium that it finds.
    async fn start_program(language: &str, program: Option<PathBuf>) -> Result<Option<Self>, BrowserError> {
        if is_skipped() {
            return Ok(None);
        }
        let seat = SEATS.acquire().await.map_err(std::io::Error::other)?;
        let driver = Driver::start().await?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(language, program.as_deref()))
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await?;
        let limits = TimeoutConfiguration::new(Some(AXE_TIME_LIMIT), Some(AXE_TIME_LIMIT), None);
        client.update_timeouts(limits).await?;
        Ok(Some(Self { client, is_axe_on_new_pages: AtomicBool::new(false), _driver: driver, _seat: seat }))
    }

    /// The WebDriver client itself, for what this type does not offer.
    pub fn page(&self) -> &Client {
        &self.client
    }

    /// A page may lead on to another by itself, before chromedriver saw it whole.
    pub async fn goto(&self, url: &str) -> Result<(), BrowserError> {
        match self.client.goto(url).await {
            Err(CmdError::Standard(answer)) if is_between_pages(&answer) => Ok(()),
            gone => Ok(gone?),
        }
    }

    /// The first element that matches, as soon as there is one.
    pub async fn wait_for(&self, css: &str) -> Result<Element, BrowserError> {
        self.until(css, async || self.client.find(Locator::Css(css)).await.map(Some)).await
    }

    /// Until an element that matches shows `text`, among other text perhaps.
    pub async fn wait_for_text(&self, css: &str, text: &str) -> Result<(), BrowserError> {
        let shows =
            "return [...document.querySelectorAll(arguments[0])].some(one => one.innerText.includes(arguments[1]))";
        self.until(&format!("{text:?} in {css}"), async || {
            let answer = self.client.execute(shows, vec![json!(css), json!(text)]).await?;
            Ok((answer == json!(true)).then_some(()))
        })
        .await
    }

    /// Until the JavaScript expression is true.
    pub async fn wait_until(&self, expression: &str) -> Result<(), BrowserError> {
        let script = format!("return Boolean({expression})");
        self.until(expression, async || {
            let answer = self.client.execute(&script, Vec::new()).await?;
            Ok((answer == json!(true)).then_some(()))
        })
        .await
    }

    /// Waits for the element and for nothing to cover it. Scrolls it out from under bars first, as somebody would.
    pub async fn click(&self, css: &str) -> Result<(), BrowserError> {
        self.until(&format!("{css} to click"), async || {
            let element = self.client.find(Locator::Css(css)).await?;
            let argument = serde_json::to_value(&element)?;
            self.client.execute("arguments[0].scrollIntoView({ block: 'nearest' })", vec![argument]).await?;
            element.click().await.map(Some)
        })
        .await
    }

    /// Replaces what a field holds.
    pub async fn fill(&self, css: &str, text: &str) -> Result<(), BrowserError> {
        self.until(&format!("{css} to fill"), async || {
            let field = self.client.find(Locator::Css(css)).await?;
            field.clear().await?;
            field.send_keys(text).await.map(Some)
        })
        .await
    }

    /// Chooses the option of a `<select>` that has this value.
    pub async fn select(&self, css: &str, value: &str) -> Result<(), BrowserError> {
        Ok(self.wait_for(css).await?.select_by_value(value).await?)
    }

    /// Types into whatever has the focus; modifiers and named keys through [`fantoccini::key::Key`].
    pub async fn press(&self, keys: &str) -> Result<(), BrowserError> {
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// What the element shows.
    pub async fn text(&self, css: &str) -> Result<String, BrowserError> {
        self.until(css, async || self.client.find(Locator::Css(css)).await?.text().await.map(Some)).await
    }

    /// The value of a JavaScript expression, as JSON.
    pub async fn eval(&self, expression: &str) -> Result<Value, BrowserError> {
        Ok(self.client.execute(&format!("return ({expression})"), Vec::new()).await?)
    }

    /// The visible part of the page as a PNG file.
    pub async fn screenshot(&self, path: impl AsRef<Path>) -> Result<(), BrowserError> {
        let picture = self.client.screenshot().await?;
        Ok(std::fs::write(path, picture)?)
    }

    /// The size of the page's own area in CSS pixels, down to the width of a phone,
    /// which a window cannot have.
    pub async fn set_size(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// Stays over navigations. Motion is reduced too, so that pictures do not catch a transition half way.
    pub async fn set_scheme(&self, scheme: Scheme) -> Result<(), BrowserError> {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([
            {"name": "prefers-color-scheme", "value": value},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await?;
        Ok(())
    }

    /// Uncaught errors, refused requests and broken policies since the last call.
    pub async fn console_errors(&self) -> Result<Vec<String>, BrowserError> {
        let entries = self.issue("se/log", json!({"type": "browser"})).await?;
        let errors = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        Ok(errors.map(|entry| text_of(&entry["message"])).collect())
    }

    /// Every address that the page asked for since it was opened, its own first.
    pub async fn requested_urls(&self) -> Result<Vec<String>, BrowserError> {
        let urls =
            self.eval("[location.href, ...performance.getEntriesByType('resource').map(entry => entry.name)]").await?;
        Ok(urls.as_array().into_iter().flatten().map(text_of).collect())
    }

    /// The requested addresses that are not of the page's own origin: none, for every page of ours.
    pub async fn third_party_urls(&self) -> Result<Vec<String>, BrowserError> {
        let mut urls = self.requested_urls().await?;
        let origin = text_of(&self.eval("location.origin + '/'").await?);
        urls.retain(|url| !url.starts_with(&origin) && !url.starts_with("data:"));
        Ok(urls)
    }

    /// What axe-core finds wrong with the page, one readable text a violation. Sandboxed frames are left
    /// out, because axe-core would wait for ever for an answer from inside them.
    pub async fn axe(&self) -> Result<Vec<String>, BrowserError> {
        self.axe_in("html").await
    }

    /// As [`Browser::axe`], of what is inside the element that matches alone. Whatever moves comes to rest first: half way
    /// through a transition a colour is one that nobody reads.
    pub async fn axe_in(&self, css: &str) -> Result<Vec<String>, BrowserError> {
        if self.client.execute("return !window.axe", Vec::new()).await? == Value::Bool(true) {
            self.client.execute(AXE, Vec::new()).await?;
            if !self.is_axe_on_new_pages.swap(true, Ordering::Relaxed) {
                self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": AXE})).await?;
            }
        }
        let run = "const [css, done] = arguments;
            const ending = document.getAnimations().filter(moving =>
                moving.playState === 'running' && moving.effect?.getComputedTiming().endTime < Infinity);
            Promise.allSettled(ending.map(moving => moving.finished))
               .then(() => axe.run({include: [[css]], exclude: [['iframe[sandbox]']]}, {resultTypes: ['violations'], preload: false}))
               .then(results => done({violations: results.violations}), error => done({error: String(error)}))";
        let answer = tokio::time::timeout(AXE_TIME_LIMIT, self.client.execute_async(run, vec![json!(css)]))
            .await
            .map_err(|_| BrowserError::AxeTimedOut)??;
        match answer["violations"].as_array() {
            Some(violations) => Ok(violations.iter().map(readable_violation).collect()),
            None => Err(BrowserError::AxeFailed(answer)),
        }
    }

    /// A command of the Chrome DevTools Protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, BrowserError> {
        self.issue("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    async fn issue(&self, path: &'static str, body: Value) -> Result<Value, BrowserError> {
        Ok(self.client.issue_cmd(Extension { path, body: body.to_string() }).await?)
    }

    async fn until<T>(
        &self,
        awaited: &str,
        attempt: impl AsyncFn() -> Result<Option<T>, CmdError>,
    ) -> Result<T, BrowserError> {
        let (started, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            match attempt().await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error) if may_pass(&error) => {}
                Err(error) => return Err(error.into()),
            }
            if started.elapsed() > TIME_LIMIT {
                return Err(self.timed_out(awaited).await);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    async fn timed_out(&self, awaited: &str) -> BrowserError {
        let url = self.eval("location.href").await.unwrap_or_default();
        let seen = self.eval("document.body.innerText.slice(0, 600)").await.unwrap_or_default();
        BrowserError::TimedOut { awaited: awaited.to_owned(), url: text_of(&url), seen: text_of(&seen) }
    }
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests must see that one was left out")]
fn is_skipped() -> bool {
    let is_skipped = std::env::var_os("ENTENTE_TEST_SKIP_BROWSER").is_some_and(|value| value == "1");
    if is_skipped {
        eprintln!("skipped, because ENTENTE_TEST_SKIP_BROWSER=1: this test needs Chromium");
    }
    is_skipped
}

/// The page may be on its way to the state in which this error is gone.
fn may_pass(error: &CmdError) -> bool {
    let CmdError::Standard(answer) = error else {
        return false;
    };
    matches!(
        answer.error,
        ErrorStatus::NoSuchElement
            | ErrorStatus::StaleElementReference
            | ErrorStatus::ElementNotInteractable
            | ErrorStatus::ElementClickIntercepted
            | ErrorStatus::InvalidElementState
            | ErrorStatus::JavascriptError
    ) || is_between_pages(answer)
}

/// The page went while chromedriver looked at it; it calls that a time-out.
fn is_between_pages(answer: &WebDriver) -> bool {
    let signs = ["aborted by navigation", "no such execution context"];
    answer.error == ErrorStatus::Timeout && signs.iter().any(|sign| answer.message.contains(sign))
}

fn capabilities(language: &str, program: Option<&Path>) -> Capabilities {
    let languages = [format!("--lang={language}"), format!("--accept-lang={language}")];
    let arguments = json!([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--disable-default-apps",
        "--disable-breakpad",
        "--disable-domain-reliability",
        "--disable-client-side-phishing-detection",
        "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
        "--window-size=1440,900",
        languages[0],
        languages[1],
    ]);
    let mut capabilities = Capabilities::new();
    let mut options = json!({"args": arguments});
    if let Some(program) = program {
        options["binary"] = json!(program);
    }
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
    capabilities
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn readable_violation(violation: &Value) -> String {
    let mut text =
        format!("{} ({}): {}", text_of(&violation["id"]), text_of(&violation["impact"]), text_of(&violation["help"]));
    for node in violation["nodes"].as_array().into_iter().flatten() {
        let summary = text_of(&node["failureSummary"]).replace('\n', " ");
        text.push_str(&format!("\n  at {} {}: {summary}", node["target"], text_of(&node["html"])));
    }
    text
}

/// A command of chromedriver beyond the WebDriver standard, under the session's own path.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: String,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _request_url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.clone()))
    }
}

/// The chromedriver process and its folder, in which it makes Chromium's profile. A shell holds the process group and
/// reads from a pipe of ours: when the pipe closes, by `drop` or because this process died in whatever way, it kills the
/// whole group.
struct Driver {
    port: u16,
    shell: Child,
    /// Kept open: a driver that cannot write its log would end.
    _log: BufReader<ChildStdout>,
    _folder: TempDir,
}

/// Its own output is closed: the log ends when the driver does.
const KEEPER: &str = r#""$@" & exec >&-; read -r _; kill -9 0"#;

impl Driver {
    /// Asked for any port, chromedriver takes a free one of IPv6 and gives up when somebody else has the same one of IPv4, be it
    /// a connection that has ended a moment ago: then another one is begun.
    async fn start() -> Result<Self, BrowserError> {
        for _ in 0..STARTS {
            if let Some(driver) = Self::start_once().await? {
                return Ok(driver);
            }
        }
        Err(BrowserError::DriverSilent)
    }

    /// None when it ended without naming a port.
    async fn start_once() -> Result<Option<Self>, BrowserError> {
        let folder = tempfile::Builder::new().prefix("entente-browser-").tempdir()?;
        let program = installed("chromedriver").ok_or(BrowserError::DriverMissing)?;
        let mut shell = Command::new("/bin/sh")
            .args(["-c", KEEPER, "sh"])
            .arg(program)
            .arg("--port=0")
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let log = BufReader::new(shell.stdout.take().ok_or(BrowserError::DriverSilent)?);
        let announced = tokio::task::spawn_blocking(move || announced_port(log));
        match tokio::time::timeout(START_LIMIT, announced).await {
            Ok(Ok(Some((port, log)))) => Ok(Some(Self { port, shell, _log: log, _folder: folder })),
            failed => {
                end_group(&mut shell);
                failed.map(|_| None).map_err(|_| BrowserError::DriverSilent)
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end_group(&mut self.shell);
    }
}

/// Chromium without the parts that draw its own window, where it is installed: its pages are the same, and it starts with a
/// third of the work.
fn light_program() -> Option<PathBuf> {
    installed("chromium-headless-shell")
}

/// From the search path, else where Debian puts it.
fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/bin"));
    folders.into_iter().map(|folder| folder.join(program)).find(|program| program.is_file())
}

/// Reads up to "ChromeDriver was started successfully on port 43210."
fn announced_port(mut log: BufReader<ChildStdout>) -> Option<(u16, BufReader<ChildStdout>)> {
    let mut line = String::new();
    while log.read_line(&mut line).ok()? > 0 {
        if let Some((_, rest)) = line.split_once("successfully on port ") {
            let port = rest.trim().trim_end_matches('.').parse().ok()?;
            return Some((port, log));
        }
        line.clear();
    }
    None
}

/// Waits for the killed processes too: until then they may still write into their folder.
fn end_group(shell: &mut Child) {
    let group = shell.id().to_string();
    drop(shell.stdin.take());
    // The shell ends by its own signal; there is nothing to do about a failure to see it end.
    let _ = shell.wait();
    let started = Instant::now();
    while is_running(&group) && started.elapsed() < TIME_LIMIT {
        std::thread::sleep(FIRST_PAUSE);
    }
}

fn is_running(group: &str) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut states = processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    states.any(|state| is_running_in(group, &state))
}

/// Reads "4711 (any (name)) S parent group …", see proc(5); Z and X are dead.
fn is_running_in(group: &str, state: &str) -> bool {
    let Some((_, fields)) = state.rsplit_once(')') else {
        return false;
    };
    let mut fields = fields.split_whitespace();
    !matches!(fields.next(), Some("Z" | "X") | None) && fields.nth(1) == Some(group)
}
