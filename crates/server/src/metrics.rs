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
use crm::kernel::App;
use crm::{backups, outbox};
use db::DbError;
use words::{Span, WorkspaceId};

use crate::alerts::{Alert, Alerts};
use crate::connection::Connections;
use crate::failure::Failure;
use crate::http::{self, Front, Wire};
use crate::serve::GRACE_OF_SIDE_DOORS;
use crate::tls::Certificates;

/// The other figures are wanted most while the database does not answer.
const READ_WITHIN: Duration = Duration::from_secs(1);

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
    mail: Option<Mail>,
}

struct Mail {
    waiting: outbox::Waiting,
    /// Of the oldest letter that waits.
    age: Span,
}

impl Stored {
    async fn read(app: &App) -> Option<Self> {
        let now = app.now();
        let read = app.db.read(move |tx| {
            let backup_age = backups::last(tx)?.map(|backup| backup.age(now));
            let waiting = outbox::waiting(tx)?;
            let age = waiting.since.map_or(Span::from_millis(0), |since| now.since(since));
            Ok::<_, DbError>(Self { backup_age, mail: Some(Mail { waiting, age }) })
        });
        tokio::time::timeout(READ_WITHIN, read).await.ok()?.ok()
    }
}

/// Families of figures, as they are written.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: &[(String, u64)]) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: Option<u64>) {
        let samples: Vec<(String, u64)> = value.map(|value| (String::new(), value)).into_iter().collect();
        self.family(name, "gauge", help, &samples);
    }
}

fn render(gauges: &Gauges, stored: &Stored) -> String {
    let mut text = Text::default();
    tell_requests(&mut text, gauges);
    tell_database(&mut text, gauges);
    tell_safety(&mut text, gauges, stored);
    if let Some(mail) = &stored.mail {
        tell_mail(&mut text, mail);
    }
    let alerts =
        Alert::ALL.map(|alert| (format!("{{alert=\"{}\"}}", alert.code()), u64::from(gauges.alerts.lasts(alert))));
    text.family("entente_alert", "gauge", "1 while somebody should look at it; the log says what to do.", &alerts);
    tell_events(&mut text, gauges);
    text.0
}

fn tell_requests(text: &mut Text, gauges: &Gauges) {
    let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    text.family("entente_build_info", "gauge", "The running version.", &[(version, 1)]);
    let requests: Vec<(String, u64)> = (1..=5)
        .map(|class| (format!("{{status=\"{class}xx\"}}"), gauges.metrics.0[class].load(Ordering::Relaxed)))
        .collect();
    text.family("entente_http_requests_total", "counter", "Answered requests by status.", &requests);
    text.gauge("entente_http_connections", "Open connections.", Some(gauges.connections.count() as u64));
    let until = gauges.certificates.validity().map(|validity| validity.until_s.unsigned_abs());
    let help = "When the shown certificate ends, in Unix seconds; absent without TLS.";
    text.gauge("entente_tls_certificate_ends_seconds", help, until);
}

fn tell_database(text: &mut Text, gauges: &Gauges) {
    let (writes, reads) = gauges.app.db.waiting();
    let waiting = [("{kind=\"write\"}".to_owned(), writes as u64), ("{kind=\"read\"}".to_owned(), reads as u64)];
    text.family("entente_db_waiting_transactions", "gauge", "Transactions that wait for a thread.", &waiting);
    let has_room = gauges.app.db.has_room();
    let help = "Bytes free on the disk of the embedded database; absent with PostgreSQL.";
    text.gauge("entente_disk_free_bytes", help, gauges.app.db.free_bytes());
    let help = "1 while events are refused because the disk is nearly full.";
    text.gauge("entente_disk_nearly_full", help, Some(u64::from(!has_room)));
}

fn tell_safety(text: &mut Text, gauges: &Gauges, stored: &Stored) {
    let copy = gauges.app.db.copy_status();
    let help = "How old what copy_dir holds is, in seconds; absent without one.";
    text.gauge("entente_copy_behind_seconds", help, copy.as_ref().map(|copy| seconds_of(copy.behind)));
    let help = "1 while copy_dir cannot be written; absent without one.";
    text.gauge("entente_copy_failing", help, copy.map(|copy| u64::from(copy.problem.is_some())));
    let help = "Age of the last backup that `entente backup` made; absent when none is known.";
    text.gauge("entente_backup_age_seconds", help, stored.backup_age.map(seconds_of));
    let jump = gauges.app.steady_clock.jump().map_or(0, |jump| jump.by_ms.unsigned_abs() / 1000);
    let help = "Seconds by which the machine's clock jumped, while that is not believed.";
    text.gauge("entente_clock_jump_seconds", help, Some(jump));
}

fn tell_mail(text: &mut Text, mail: &Mail) {
    let help = "Letters to members that wait to be sent.";
    text.gauge("entente_mail_waiting", help, Some(mail.waiting.letters.unsigned_abs()));
    let help = "How long the oldest of them has waited; 0 when none waits.";
    text.gauge("entente_mail_oldest_seconds", help, Some(seconds_of(mail.age)));
    let help = "Letters of the last month of which it is not known whether they arrived.";
    text.gauge("entente_mail_uncertain", help, Some(mail.waiting.uncertain.unsigned_abs()));
}

fn tell_events(text: &mut Text, gauges: &Gauges) {
    let repeated = [(String::new(), gauges.app.health.repeated())];
    let help = "Messages that had been taken before and changed nothing, since the start.";
    text.family("entente_messages_repeated_total", "counter", help, &repeated);
    let newest = gauges.newest.lock().unwrap_or_else(PoisonError::into_inner);
    let events: Vec<(String, u64)> =
        newest.iter().map(|(workspace, seq)| (format!("{{workspace=\"{workspace}\"}}"), seq.unsigned_abs())).collect();
    text.family("entente_log_events", "counter", "Events in the log, as of the last change since the start.", &events);
}

fn seconds_of(span: Span) -> u64 {
    span.as_millis().unsigned_abs() / 1000
}
