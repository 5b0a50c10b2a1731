//! `entente demo`: a shop with a past, visitors who move through it, and nothing left behind.
//!
//! The past happens again in fast motion: the product runs on a clock that is set to each event's own day, so people
//! enter and leave segments when they did, and every figure of the last 400 days is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crm::demo::{DemoEvent, LiveVisitors, Shop};
use crm::intake::{self, SourceDay, SourceKind, Surroundings, parse_call};
use crm::kernel::{App, Language, Parts};
use crm::stream::{Group, Incoming, Remembered, StreamError, Trust, backfill, ticker};
use crm::workspaces::{ClientAddress, ShopSettings, create_owner, create_workspace, make_sign_in_link};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use words::{Country, Span, Timestamp, UserId, WorkspaceId};

use crate::command::{DemoArguments, LogFormat};
use crate::failure::Failure;
use crate::installation::Installation;
use crate::serve::{front, provision_all, serve_until_the_end};
use crate::settings::Place;
use crate::shutdown;
use crate::{http, installation, say, telemetry};

const SEED: u64 = 2_026;
const DAYS: u32 = 400;
const SHOP_NAME: &str = "Maison Lumière";
const EMAIL: &str = "demo@example.com";
/// Live events a second: enough to see the screens move.
const LIVE_RATE: f64 = 2.0;
const LIVE_STEP: Duration = Duration::from_millis(500);
/// Events of the past that happen in one transaction at most.
const MAX_GROUP: usize = 4_000;
/// Nobody waits for the end of a demo.
const GRACE: Duration = Duration::from_millis(500);
/// Letters that nobody mixes up.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[derive(Serialize)]
struct SignIn<'a> {
    address: &'a str,
    email: &'a str,
    password: &'a str,
    /// Signs in once, from this machine.
    sign_in_link: Option<&'a str>,
    ingest_key: &'a str,
}

pub async fn run(arguments: DemoArguments) -> Result<(), Failure> {
    telemetry::start(&arguments.log, LogFormat::Text)?;
    let ending = shutdown::listen(Duration::ZERO)?;
    let (listener, bound) = http::bind(arguments.listen).await?;
    let folder = tempfile::Builder::new().prefix("entente-demo-").tempdir().map_err(Failure::failed)?;
    let opened = installation::open_here(Place::Folder(folder.path().to_owned())).await?;
    let shop = Shop::new(SEED, arguments.profiles);
    let now = (installation::system_clock())();
    let filled = tokio::select! {
        filled = fill(&opened, &shop, now) => filled?,
        () = ending.announced() => return Ok(()),
    };
    let address = format!("http://{bound}");
    let settings = installation::settings_of(&address, Vec::new(), &opened);
    let app = App::from(Parts { ending: ending.clone(), ..installation::parts(opened.db.clone(), settings) });
    let sign_in_link = match bound.ip().is_loopback() {
        true => Some(make_sign_in_link(&app, filled.place.workspace, filled.owner).await?),
        false => None,
    };
    let sign_in = SignIn {
        address: &address,
        email: EMAIL,
        password: &filled.password,
        sign_in_link: sign_in_link.as_deref(),
        ingest_key: &filled.ingest_key,
    };
    tell_sign_in(&arguments, &sign_in)?;
    let visitors = live(app.clone(), filled.place, shop.live(now.as_millis().unsigned_abs(), now, LIVE_RATE));
    tokio::spawn(async move {
        tokio::select! {
            () = visitors => {}
            () = ending.announced() => {}
        }
    });
    serve_until_the_end(&app, front(&app), listener, GRACE).await;
    // Dropping the folder removes it; its name is told when that fails.
    folder.close().map_err(Failure::failed)
}

fn tell_sign_in(arguments: &DemoArguments, sign_in: &SignIn<'_>) -> Result<(), Failure> {
    if arguments.json {
        return say::json(sign_in);
    }
    let link = sign_in.sign_in_link.map(|link| format!("      one click {link}   (works once)\n")).unwrap_or_default();
    say::to_people(&format!(
        "\n  The demo shop is open at  {}\n\n{link}      e-mail    {}\n      password  {}\n\n  \
         Visitors move through it until Ctrl-C; then everything is removed.\n",
        sign_in.address, sign_in.email, sign_in.password
    ));
    Ok(())
}

/// Where demo events go.
#[derive(Clone)]
pub struct DemoPlace {
    pub workspace: WorkspaceId,
    pub source_no: i64,
    pub kinds: Vec<String>,
}

struct Filled {
    place: DemoPlace,
    password: String,
    owner: UserId,
    ingest_key: String,
}

async fn fill(opened: &Installation, shop: &Shop, now: Timestamp) -> Result<Filled, Failure> {
    let clock_ms = Arc::new(AtomicI64::new(now.minus(Span::from_days(i64::from(DAYS))).as_millis()));
    let reading = Arc::clone(&clock_ms);
    let clock = Arc::new(move || Timestamp::from_millis(reading.load(Ordering::Relaxed)));
    let settings = installation::settings_of("http://127.0.0.1:8080", Vec::new(), opened);
    let app = App::new(opened.db.clone(), clock, installation::system_chance(), settings);
    let password = pass_phrase(&app);
    let email = EMAIL.parse().map_err(Failure::failed)?;
    let language = language_of_this_console();
    let settings = ShopSettings { name: SHOP_NAME.to_owned(), ..ShopSettings::of_a_new_installation(language) };
    create_workspace(&app, settings).await?;
    let owner = create_owner(&app, email, password.clone(), language).await.map_err(Failure::failed)?;
    provision_all(&app).await?;
    let workspace = installation::first_workspace(&app).await?;
    // Nobody is there yet: the ready-made segments are built at once.
    while backfill::step(&app, workspace).await? {}
    let (place, ingest_key) = demo_place(&app, workspace).await?;
    let bar = progress(DAYS.into());
    relive(&app, &place, shop.history(now, DAYS), &clock_ms, now, &bar).await?;
    bar.finish_and_clear();
    Ok(Filled { place, password, owner, ingest_key })
}

/// The first source of the workspace, and what calls to it are read with.
pub async fn demo_place(app: &App, workspace: WorkspaceId) -> Result<(DemoPlace, String), Failure> {
    let (chance, now) = (app.chance.clone(), app.now());
    let (source, rules) = app
        .db
        .write(move |tx| {
            let source = intake::source_for(tx, workspace, SourceKind::Site, &chance, now)?;
            Ok::<_, db::DbError>((source, crm::profiles::identifier_rules(tx, workspace)?))
        })
        .await?;
    let kinds = rules.into_iter().map(|rule| rule.kind).collect();
    Ok((DemoPlace { workspace, source_no: source.no, kinds }, source.ingest_key))
}

/// Lets the past happen, day by day and at last hour by hour; time's own changes happen between the groups.
async fn relive(
    app: &App,
    place: &DemoPlace,
    events: impl Iterator<Item = DemoEvent>,
    clock_ms: &AtomicI64,
    now: Timestamp,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let mut group: Vec<DemoEvent> = Vec::new();
    for event in events {
        let is_another_step = group.first().is_some_and(|first| step_of(first.at, now) != step_of(event.at, now));
        if is_another_step || group.len() >= MAX_GROUP {
            happen(app, place, std::mem::take(&mut group), clock_ms).await?;
            bar.set_position(u64::from(DAYS).saturating_sub(days_before(event.at, now)));
        }
        group.push(event);
    }
    happen(app, place, group, clock_ms).await?;
    clock_ms.store(now.as_millis(), Ordering::Relaxed);
    wake_everybody_due(app, place.workspace).await
}

fn days_before(at: Timestamp, now: Timestamp) -> u64 {
    now.since(at).as_millis().unsigned_abs() / 86_400_000
}

/// Two events happen together when they share a day, or an hour of the last two days.
fn step_of(at: Timestamp, now: Timestamp) -> i64 {
    let ago_ms = now.since(at).as_millis();
    let step_ms = if ago_ms > 2 * 86_400_000 { 86_400_000 } else { 3_600_000 };
    at.as_millis().div_euclid(step_ms)
}

async fn happen(app: &App, place: &DemoPlace, group: Vec<DemoEvent>, clock_ms: &AtomicI64) -> Result<(), Failure> {
    let Some(last) = group.last().map(|event| event.at) else { return Ok(()) };
    clock_ms.store(last.as_millis(), Ordering::Relaxed);
    wake_everybody_due(app, place.workspace).await?;
    submit(app, place, group).await.map_err(Failure::failed)?;
    Ok(app.health.write(app).await?)
}

async fn wake_everybody_due(app: &App, workspace: WorkspaceId) -> Result<(), Failure> {
    while ticker::wake_due(app, workspace).await?.0 > 0 {}
    Ok(())
}

/// Visitors of the present, until the runtime ends.
async fn live(app: App, place: DemoPlace, mut visitors: LiveVisitors) {
    loop {
        tokio::time::sleep(LIVE_STEP).await;
        let events = visitors.step(app.now());
        if let Err(error) = submit(&app, &place, events).await {
            tracing::warn!(%error, "some demo visitors were not heard");
        }
    }
}

async fn submit(app: &App, place: &DemoPlace, events: Vec<DemoEvent>) -> Result<(), StreamError> {
    let events = read_calls(place, events.into_iter().map(|event| event.body), app.now());
    if events.is_empty() {
        return Ok(());
    }
    let (workspace, source_no) = (place.workspace, place.source_no);
    let group = Group { workspace, source_no, trust: Trust::Server, remembered: Remembered::AsPromised, events };
    let bots = group.events.iter().filter(|event| event.is_bot).count() as i64;
    let receipt = app.stream.submit(group).await?;
    let heard = SourceDay {
        accepted: receipt.accepted as i64,
        repeated: receipt.repeated as i64,
        bots,
        last_at: app.now().as_millis(),
        ..SourceDay::default()
    };
    app.health.add(place.workspace, place.source_no, &heard);
    Ok(())
}

/// French where the console speaks French (POSIX `LC_ALL`, `LC_MESSAGES`, `LANG`), else English.
fn language_of_this_console() -> Language {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if named.is_some_and(|value| value.starts_with("fr")) { Language::French } else { Language::English }
}

/// Reads calls as the tracking API would; what it would refuse is left out.
pub fn read_calls(place: &DemoPlace, bodies: impl Iterator<Item = serde_json::Value>, now: Timestamp) -> Vec<Incoming> {
    let around = Surroundings {
        received_at: now,
        sent_at: None,
        country: Country::FR,
        kinds: &place.kinds,
        peer: ClientAddress(None),
        has_browser: false,
        fresh_id: &|| "demo".to_owned(),
    };
    bodies.filter_map(|body| parse_call(body, None, &around).ok()).collect()
}

/// 100 random bits, five letters at a time.
fn pass_phrase(app: &App) -> String {
    let bytes: [u8; 20] = crm::kernel::random_bytes(&app.chance);
    let letters: Vec<u8> = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
    let groups: Vec<&str> = letters.chunks(5).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join("-")
}

/// A bar on standard error; nothing when that is no console.
fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  {bar:40} day {pos} of {len}, {elapsed}");
    let bar = ProgressBar::new(length);
    let started = Instant::now();
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_elapsed(started.elapsed())
}
