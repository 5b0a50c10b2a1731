//! The product behind a real socket on this machine's own clock, with a demo shop in it: what browser tests look at.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crm::demo::{DemoEvent, Shop};
use crm::intake::{self, SourceKind};
use crm::kernel::{App, Parts, Settings};
use crm::stream::{Group, Remembered, Trust, ticker};
use db::{CopySettings, Db};
use outgoing::Relay;
use tempfile::TempDir;
use tokio::net::TcpListener;
use words::{Country, Timestamp, WorkspaceId};

use crate::app::{repeatable_chance, settings_at};
use crate::databases::fresh_sqlite;

/// A server of its own for one test; it ends with the test's runtime.
pub struct RunningApp {
    pub app: App,
    /// `http://127.0.0.1:PORT`, or with another name; no slash at the end.
    pub url: String,
    /// The instant that the product's clock shows while the past is told; 0 when it shows the present.
    past_ms: Arc<AtomicI64>,
    folder: TempDir,
}

/// What an installation has around it.
struct Around<'a> {
    name: &'a str,
    relay: Option<Relay>,
    copy_dir: Option<PathBuf>,
}

impl Default for Around<'_> {
    fn default() -> Self {
        Self { name: "127.0.0.1", relay: None, copy_dir: None }
    }
}

const COPY: &str = "copy";
/// Events handed to the stream at once.
const GROUP: usize = 200;

impl RunningApp {
    /// An empty installation on SQLite, its workers running.
    ///
    /// # Panics
    /// When no port or database is to be had: the test cannot go on.
    pub async fn start() -> Self {
        Self::start_as("127.0.0.1").await
    }

    /// The same under this name of this machine: browsers tie passkeys to a name.
    ///
    /// # Panics
    /// As [`RunningApp::start`].
    pub async fn start_as(name: &str) -> Self {
        let (db, folder) = fresh_sqlite(crm::MIGRATIONS);
        Self::serve(db, folder, Around { name, ..Around::default() }).await
    }

    /// An empty installation with a continuous copy. Its screens name the folder that a shop might take, as they do for
    /// the database.
    ///
    /// # Panics
    /// As [`RunningApp::start`].
    pub async fn start_copied() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let copy_dir = folder.path().join(COPY);
        std::fs::create_dir(&copy_dir).expect("a folder can be made");
        let copy = CopySettings::new(copy_dir, "entente".to_owned(), Arc::new(system_now));
        let db = Db::open_sqlite_copied(&folder.path().join("entente.sqlite"), crm::MIGRATIONS, copy);
        let around = Around { copy_dir: Some("/mnt/other-disk/entente".into()), ..Around::default() };
        Self::serve(db.expect("a fresh database opens"), folder, around).await
    }

    /// An empty installation from which letters leave.
    ///
    /// # Panics
    /// As [`RunningApp::start`].
    pub async fn start_with_relay(relay: Relay) -> Self {
        let (db, folder) = fresh_sqlite(crm::MIGRATIONS);
        Self::serve(db, folder, Around { relay: Some(relay), ..Around::default() }).await
    }

    async fn serve(db: Db, folder: TempDir, around: Around<'_>) -> Self {
        let Around { name, relay, copy_dir } = around;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("the port is known").port();
        let url = format!("http://{name}:{port}");
        let settings = Settings { copy_dir, ..settings_at(&url) };
        let past_ms = Arc::new(AtomicI64::new(0));
        let shown_ms = Arc::clone(&past_ms);
        let clock = move || match shown_ms.load(Ordering::SeqCst) {
            0 => system_now(),
            past => Timestamp::from_millis(past),
        };
        let app = App::from(Parts { relay, ..Parts::new(db, Arc::new(clock), repeatable_chance(), settings) });
        app.start_workers();
        let service = crm::web::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
        Self { app, url, past_ms, folder }
    }

    /// Where the continuous copy really is.
    pub fn copy(&self) -> PathBuf {
        self.folder.path().join(COPY)
    }

    /// Turns the clock back until a history is told: a shop that is opened then is older than its events. The log never
    /// goes back in time, so without this all of a told past arrives today.
    pub fn turn_back(&self, days: u32) {
        let day_ms = 86_400_000;
        self.past_ms.store(system_now().as_millis() - i64::from(days + 1) * day_ms, Ordering::SeqCst);
    }

    /// Tells the past of a demo shop to the stream, as its site would have: the clock shows the time of the events.
    ///
    /// # Panics
    /// When the stream refuses; the generator makes valid calls only.
    pub async fn fill(&self, workspace: WorkspaceId, people: usize, days: u32) {
        let shop = Shop::new(7, people);
        let mut history = shop.history(system_now(), days).peekable();
        while history.peek().is_some() {
            let group: Vec<DemoEvent> = history.by_ref().take(GROUP).collect();
            let last_ms = group.last().map_or(0, |event| event.at.as_millis());
            self.past_ms.store(last_ms, Ordering::SeqCst);
            self.wake(workspace).await;
            self.visit(workspace, group).await;
        }
        self.past_ms.store(0, Ordering::SeqCst);
        self.wake(workspace).await;
    }

    async fn wake(&self, workspace: WorkspaceId) {
        while ticker::wake_due(&self.app, workspace).await.expect("the database answers").0 > 0 {}
    }

    /// Tells these events to the stream, as coming from the shop's site.
    ///
    /// # Panics
    /// When the stream refuses; the generator makes valid calls only.
    pub async fn visit(&self, workspace: WorkspaceId, events: impl IntoIterator<Item = DemoEvent>) {
        let known = self.app.db.read(move |tx| intake::store::source_of_kind(tx, workspace, SourceKind::Site)).await;
        let source_no = match known.expect("the database answers") {
            Some(source) => source.no,
            None => {
                let made = intake::create_source(&self.app, workspace, "Site", SourceKind::Site, Vec::new()).await;
                made.expect("a source can be made").no
            }
        };
        let now = self.app.now();
        let events = events.into_iter().map(|event| incoming(event, now)).collect();
        let group = Group { workspace, source_no, trust: Trust::Server, remembered: Remembered::AsPromised, events };
        self.app.stream.submit(group).await.expect("the stream takes the calls");
    }
}

fn incoming(event: DemoEvent, received_at: Timestamp) -> crm::stream::Incoming {
    let kinds: Vec<String> = engine::identity::default_rules().into_iter().map(|rule| rule.kind).collect();
    let around = intake::Surroundings {
        received_at,
        sent_at: None,
        country: Country::FR,
        kinds: &kinds,
        peer: crm::workspaces::ClientAddress(None),
        has_browser: true,
        fresh_id: &|| "never asked for".to_owned(),
    };
    intake::parse_call(event.body, None, &around).expect("the demo shop makes valid calls")
}

/// This machine's clock.
pub fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
