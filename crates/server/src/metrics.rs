//! Figures for Prometheus, in its text format, on an address of their own. Counts only, never anything about people.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use crm::backups;
use crm::kernel::App;
use db::DbError;
use words::{Span, WorkspaceId};

use crate::alerts::{Alert, Alerts};
use crate::connection::Connections;
use crate::failure::Failure;
use crate::http::{self, Front, Wire};
use crate::serve::GRACE_OF_SIDE_DOORS;
use crate::tls::Certificates;

/// Who asks for figures asks again soon.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// Answers by the first digit of their status.
#[derive(Clone, Default)]
pub struct Metrics(Arc<[AtomicU64; 6]>);

impl Metrics {
    pub fn count_request(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).min(5);
        self.0[class].fetch_add(1, Ordering::Relaxed);
    }
}

/// What the endpoint reads.
#[derive(Clone)]
struct Gauges {
    app: App,
    metrics: Metrics,
    connections: Connections,
    certificates: Certificates,
    alerts: Alerts,
    /// The newest event of each workspace's log since the start.
    newest: Arc<Mutex<HashMap<WorkspaceId, i64>>>,
}

/// Serves `GET /metrics` on its own address until the end.
pub async fn serve(
    app: &App,
    front: &Front,
    certificates: &Certificates,
    alerts: &Alerts,
    address: SocketAddr,
) -> Result<SocketAddr, Failure> {
    let (listener, bound) = http::bind(address).await?;
    let gauges = Gauges {
        app: app.clone(),
        metrics: front.metrics.clone(),
        connections: front.connections.clone(),
        certificates: certificates.clone(),
        alerts: alerts.clone(),
        newest: Arc::default(),
    };
    tokio::spawn(follow_news(app.clone(), Arc::clone(&gauges.newest)));
    let router = Router::new().route("/metrics", get(show)).with_state(gauges);
    let own = Front {
        router,
        wire: Wire::Plain,
        trusted_proxies: Vec::new(),
        metrics: Metrics::default(),
        connections: Connections::default(),
        ending: app.ending.clone(),
    };
    tokio::spawn(http::serve(own, listener, app.ending.clone(), GRACE_OF_SIDE_DOORS));
    Ok(bound)
}

async fn follow_news(app: App, newest: Arc<Mutex<HashMap<WorkspaceId, i64>>>) {
    let mut news = app.news.listen();
    loop {
        match news.recv().await {
            Ok(changed) => {
                let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
                let seq = newest.entry(changed.workspace).or_default();
                *seq = (*seq).max(changed.seq);
            }
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn show(State(gauges): State<Gauges>) -> impl IntoResponse {
    let stored = Stored::read(&gauges.app).await.unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], render(&gauges, &stored))
}

/// What the database tells; nothing of it stands in the figures while it does not answer.
#[derive(Default)]
struct Stored {
    backup_age: Option<Span>,
}

impl Stored {
    async fn read(app: &App) -> Option<Self> {
        let now = app.now();
        let read = app.db.read(move |tx| {
            let backup_age = backups::last(tx)?.map(|backup| backup.age(now));
            Ok::<_, DbError>(Self { backup_age })
        });
        tokio::time::timeout(READ_WITHIN, read).await.ok()?.ok()
    }
}

fn render(gauges: &Gauges, stored: &Stored) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, u64)]| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    family("entente_build_info", "gauge", "The running version.", &[(version, 1)]);
    let requests: Vec<(String, u64)> = (1..=5)
        .map(|class| (format!("{{status=\"{class}xx\"}}"), gauges.metrics.0[class].load(Ordering::Relaxed)))
        .collect();
    family("entente_http_requests_total", "counter", "Answered requests by status.", &requests);
    let open = gauges.connections.count() as u64;
    family("entente_http_connections", "gauge", "Open connections.", &[(String::new(), open)]);
    let until = gauges.certificates.validity().map(|validity| (String::new(), validity.until_s.unsigned_abs()));
    let help = "When the shown certificate ends, in Unix seconds; absent without TLS.";
    family("entente_tls_certificate_ends_seconds", "gauge", help, &until.into_iter().collect::<Vec<_>>());
    let (writes, reads) = gauges.app.db.waiting();
    let waiting = [("{kind=\"write\"}".to_owned(), writes as u64), ("{kind=\"read\"}".to_owned(), reads as u64)];
    family("entente_db_waiting_transactions", "gauge", "Transactions that wait for a thread.", &waiting);
    let has_room = gauges.app.db.has_room();
    let free = gauges.app.db.free_bytes().map(|bytes| (String::new(), bytes));
    let help = "Bytes free on the disk of the embedded database; absent with PostgreSQL.";
    family("entente_disk_free_bytes", "gauge", help, &free.into_iter().collect::<Vec<_>>());
    let help = "1 while events are refused because the disk is nearly full.";
    family("entente_disk_nearly_full", "gauge", help, &[(String::new(), u64::from(!has_room))]);
    let copy = gauges.app.db.copy_status();
    let sample = |value: u64| vec![(String::new(), value)];
    let behind = copy.as_ref().map(|copy| sample(copy.behind.as_millis().unsigned_abs() / 1000)).unwrap_or_default();
    let help = "How old what copy_dir holds is, in seconds; absent without one.";
    family("entente_copy_behind_seconds", "gauge", help, &behind);
    let is_failing = copy.map(|copy| sample(u64::from(copy.problem.is_some()))).unwrap_or_default();
    let help = "1 while copy_dir cannot be written; absent without one.";
    family("entente_copy_failing", "gauge", help, &is_failing);
    let help = "Age of the last backup that `entente backup` made; absent when none is known.";
    let age = stored.backup_age.map(|age| sample(age.as_millis().unsigned_abs() / 1000)).unwrap_or_default();
    family("entente_backup_age_seconds", "gauge", help, &age);
    let jump = gauges.app.steady_clock.jump().map_or(0, |jump| jump.by_ms.unsigned_abs() / 1000);
    let help = "Seconds by which the machine's clock jumped, while that is not believed.";
    family("entente_clock_jump_seconds", "gauge", help, &[(String::new(), jump)]);
    let alerts =
        Alert::ALL.map(|alert| (format!("{{alert=\"{}\"}}", alert.code()), u64::from(gauges.alerts.lasts(alert))));
    family("entente_alert", "gauge", "1 while somebody should look at it; the log says what to do.", &alerts);
    let newest = gauges.newest.lock().unwrap_or_else(PoisonError::into_inner);
    let events: Vec<(String, u64)> =
        newest.iter().map(|(workspace, seq)| (format!("{{workspace=\"{workspace}\"}}"), seq.unsigned_abs())).collect();
    family("entente_log_events", "counter", "Events in the log, as of the last change since the start.", &events);
    text
}
