//! A shop page and the tracking endpoint that its script tag talks to: a real HTTP peer for the SDK's tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::Value;

pub const SDK: &str = include_str!("../../../../sdk/dist/entente.min.js");
pub const BANNER: &str = include_str!("../../../../sdk/dist/entente-banner.min.js");
pub const SNIPPET: &str = include_str!("../../../../sdk/snippet.html");

pub const KEY: &str = "ing_test";

/// One request to the tracking endpoint, and how it was answered.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub content_type: String,
    pub body: Value,
    pub status: StatusCode,
}

impl Request {
    /// What its events are called, accepted or not.
    pub fn names(&self) -> Vec<String> {
        self.body["batch"].as_array().into_iter().flatten().map(name_of).collect()
    }
}

#[derive(Default)]
struct Inner {
    page: String,
    requests: Vec<Request>,
    /// Statuses of the next answers; 200 when there are none left.
    plan: VecDeque<(StatusCode, Option<&'static str>)>,
}

#[derive(Clone)]
pub struct Shop {
    inner: Arc<Mutex<Inner>>,
    port: u16,
}

impl Shop {
    /// A shop that pastes one script tag with these attributes and nothing more.
    pub async fn with_tag(attributes: &str) -> Self {
        Self::with_head(|api| format!(r#"<script async src="{api}/sdk.js" data-key="{KEY}" {attributes}></script>"#))
            .await
    }

    /// A shop that pastes the documented snippet, and calls the SDK before it is there.
    pub async fn with_snippet(calls: &str) -> Self {
        Self::with_head(|api| {
            let snippet = SNIPPET.replace("{{origin}}", api).replace("{{key}}", KEY);
            format!("{snippet}<script>{calls}</script>")
        })
        .await
    }

    pub async fn with_head(head: impl Fn(&str) -> String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shop = Self { inner: Arc::default(), port };
        shop.lock().page = page_with(&head(&shop.api()));
        let routes = Router::new()
            .route("/sdk.js", get(|| async { script(SDK) }))
            .route("/sdk-banner.js", get(|| async { script(BANNER) }))
            .route("/v1/batch", any(record))
            .fallback(get(|State(shop): State<Shop>| async move { Html(shop.lock().page.clone()) }))
            .with_state(shop.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        shop
    }

    /// Puts this into the head of every page from now on.
    pub fn paste(&self, head: &str) {
        self.lock().page = page_with(head);
    }

    /// The tracking server is another site than the shop, as in life.
    pub fn api(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    pub fn answer_next(&self, answers: &[(StatusCode, Option<&'static str>)]) {
        self.lock().plan.extend(answers);
    }

    pub fn answer_well_again(&self) {
        self.lock().plan.clear();
    }

    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// The events of accepted batches, each once, in order of arrival.
    pub fn events(&self) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        for request in self.requests().iter().filter(|request| request.status.is_success()) {
            for event in request.body["batch"].as_array().unwrap() {
                if !events.iter().any(|known| known["messageId"] == event["messageId"]) {
                    events.push(event.clone());
                }
            }
        }
        events
    }

    pub fn names(&self) -> Vec<String> {
        self.events().iter().map(name_of).collect()
    }

    pub async fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        self.wait_until("requests", |shop| shop.requests().len() >= count).await;
        self.requests()
    }

    /// The first accepted event of that name ("page" and the like for events without one).
    pub async fn wait_for(&self, name: &str) -> Value {
        self.wait_until(name, |shop| shop.names().iter().any(|known| known == name)).await;
        self.events().into_iter().find(|event| name_of(event) == name).unwrap()
    }

    pub async fn wait_until(&self, awaited: &str, is_there: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !is_there(self) {
            assert!(started.elapsed() < Duration::from_secs(30), "no {awaited} within 30 s: {:?}", self.requests());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn name_of(event: &Value) -> String {
    event["event"].as_str().or(event["type"].as_str()).unwrap().to_owned()
}

fn page_with(head: &str) -> String {
    format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Red shoes</title>{head}</head>
        <body><main><h1>Red shoes</h1><p>Forty euros.</p></main></body></html>"#
    )
}

fn script(text: &'static str) -> Response {
    ([("Content-Type", "text/javascript; charset=utf-8")], text).into_response()
}

async fn record(State(shop): State<Shop>, method: Method, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let mut inner = shop.lock();
    let (status, retry_after) = inner.plan.pop_front().unwrap_or((StatusCode::OK, None));
    let body = serde_json::from_str(&body).unwrap_or_default();
    inner.requests.push(Request { method, content_type: header("content-type"), body, status });
    let mut answer = (status, [("Access-Control-Allow-Origin", header("origin"))]).into_response();
    answer.headers_mut().insert("Access-Control-Expose-Headers", "Retry-After".parse().unwrap());
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert("Retry-After", seconds.parse().unwrap());
    }
    answer
}
