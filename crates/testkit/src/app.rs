//! The whole product behind its router, with a clock that tests turn and chance that repeats.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use crm::kernel::{Actor, App, Language, Ledger, Parts, PlaceFlags, Role, Scope, Settings, Vault};
use crm::workspaces::{self, Provider, ShopSettings};
use db::Db;
use outgoing::Relay;
use tower::ServiceExt;
use words::{EmailAddress, Span, Timestamp, UserId, WorkspaceId};

/// 22 November 2025, 13:20:00 UTC: a Saturday in the season that shops fear and love.
pub const START: Timestamp = Timestamp::from_millis(1_763_817_600_000);

/// An installation of its own for one test.
pub struct TestApp {
    pub app: App,
    pub router: Router,
    now_ms: Arc<AtomicI64>,
}

/// What the router answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The text of a header, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are visible ASCII"))
    }

    /// The `name=value` part of the first `Set-Cookie`, to send back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none; the message shows it.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.body))
    }
}

/// Larger than any page or answer may be.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

impl TestApp {
    /// An installation on plain http, as on somebody's own machine.
    pub fn new(db: Db) -> Self {
        Self::at(db, "http://127.0.0.1:8080")
    }

    /// An installation under a public address.
    pub fn at(db: Db, public_url: &str) -> Self {
        Self::with_settings(db, behind_proxy(public_url))
    }

    /// An installation under a public address whose members sign in with an identity provider too.
    pub fn with_provider(db: Db, public_url: &str, provider: Provider) -> Self {
        Self::with_parts(db, behind_proxy(public_url), Some(provider), None)
    }

    /// An installation under a public address from which letters leave.
    pub fn with_relay(db: Db, public_url: &str, relay: Relay) -> Self {
        Self::with_parts(db, behind_proxy(public_url), None, Some(relay))
    }

    /// An installation with these settings.
    pub fn with_settings(db: Db, settings: Settings) -> Self {
        Self::with_parts(db, settings, None, None)
    }

    fn with_parts(db: Db, settings: Settings, provider: Option<Provider>, relay: Option<Relay>) -> Self {
        let now_ms = Arc::new(AtomicI64::new(START.as_millis()));
        let clock_ms = Arc::clone(&now_ms);
        let clock = Arc::new(move || Timestamp::from_millis(clock_ms.load(Ordering::SeqCst)));
        let app = App::from(Parts { provider, relay, ..Parts::new(db, clock, repeatable_chance(), settings) });
        Self { router: crm::web::router(app.clone()), app, now_ms }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// Turns the clock on.
    pub fn advance(&self, span: Span) {
        self.now_ms.fetch_add(span.as_millis(), Ordering::SeqCst);
    }

    /// The first workspace, made when there is none.
    pub async fn workspace(&self) -> WorkspaceId {
        let first = self.app.db.read(workspaces::the_first).await.expect("the database answers");
        match first {
            Some(workspace) => workspace.id,
            None => {
                let settings = ShopSettings::of_a_new_installation(Language::English);
                workspaces::create_workspace(&self.app, settings).await.expect("a workspace can be made")
            }
        }
    }

    /// A member of the first workspace, called after his role, and the cookie of his session.
    pub async fn member(&self, role: Role) -> (UserId, String) {
        self.member_called(&format!("{role}@example.com"), role).await
    }

    /// A member with this address, and the cookie of his session.
    pub async fn member_called(&self, email: &str, role: Role) -> (UserId, String) {
        let workspace = self.workspace().await;
        let address: EmailAddress = email.parse().expect("an address");
        let user = workspaces::add_member(&self.app, workspace, address, "Ana Martin", role).await;
        let user = user.expect("a member can be added");
        let session = workspaces::start_session(&self.app, workspace, user, role, "Test").await;
        let token = session.expect("a session can begin").token;
        (user, format!("{}={token}", workspaces::cookie_name(&self.app)))
    }

    /// The cookie of a member with this role.
    pub async fn sign_in_as(&self, role: Role) -> String {
        self.member(role).await.1
    }

    /// The secret of a key with these scopes.
    pub async fn api_key(&self, scopes: &[Scope]) -> String {
        let actor = Actor::system(self.workspace().await);
        let made = workspaces::create_api_key(&self.app, &actor, "Test".to_owned(), scopes.to_vec(), None).await;
        made.expect("a key can be made").secret
    }

    /// `GET` as a browser asks for a page; an empty cookie is none.
    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(self.request(Method::GET, path, cookie).body(Body::empty()).expect("a request")).await
    }

    /// A form that one of our own pages sends.
    pub async fn post_form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path, cookie)
            .header(header::ORIGIN, self.app.settings.public_url.as_str())
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form_body(fields))).expect("a request")).await
    }

    /// JSON that a program sends with its API key; an empty key is none.
    pub async fn send_json(&self, method: Method, path: &str, key: &str, body: &serde_json::Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if !key.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// `GET` of a program with its API key.
    pub async fn get_json(&self, path: &str, key: &str) -> Answer {
        self.send_json(Method::GET, path, key, &serde_json::Value::Null).await
    }

    /// A request of a browser, to be completed.
    pub fn request(&self, method: Method, path: &str, cookie: &str) -> axum::http::request::Builder {
        let host = self.app.settings.public_url.split("://").nth(1).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::ACCEPT_LANGUAGE, "en");
        if cookie.is_empty() { request } else { request.header(header::COOKIE, cookie) }
    }

    /// Sends any request, as from this machine unless the test put another `ConnectInfo` into it.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<std::net::SocketAddr>>().is_none() {
            let peer: std::net::SocketAddr = "127.0.0.1:50000".parse().expect("an address");
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, MAX_ANSWER_BYTES).await.expect("the whole body arrives");
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// Different bytes at each call and the same in each run (SplitMix64).
pub fn repeatable_chance() -> crm::kernel::Chance {
    let state = AtomicU64::new(0);
    Arc::new(move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            let mut mixed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    })
}

/// `application/x-www-form-urlencoded`.
pub fn form_body(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

/// The settings of an installation under a public address.
pub(crate) fn settings_at(public_url: &str) -> Settings {
    Settings {
        public_url: public_url.to_owned(),
        is_secure: public_url.starts_with("https://"),
        trusted_proxies: Vec::new(),
        vault: Vault::new(&repeatable_chance()),
        ledger: Ledger::default(),
        security_contact: None,
        max_backup_age: Span::from_days(8),
        place: PlaceFlags::of_folder("/var/lib/entente".as_ref()),
        copy_dir: None,
        shows_gallery: true,
    }
}

/// The same behind a proxy at 10.0.0.1, which may say who asks.
fn behind_proxy(public_url: &str) -> Settings {
    let proxy = "10.0.0.1".parse().expect("an address");
    Settings { trusted_proxies: vec![proxy], ..settings_at(public_url) }
}
