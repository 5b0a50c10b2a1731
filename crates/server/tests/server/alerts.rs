//! Alerts: each is told once when its cause begins, stands in the figures while it lasts, and is told to be over.

use std::time::{Duration, Instant};

use db::DbError;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use testkit::crm::MIGRATIONS;
use testkit::process::free_port;

use crate::running::{Data, Server, get, note_owner};

/// Whatever looks every two seconds has looked by then, however busy the machine is.
const SOON: Duration = Duration::from_secs(30);

fn is_true_soon(holds: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

fn start(data: &Data, metrics: u16, more: &[&str]) -> Server {
    let figures = format!("127.0.0.1:{metrics}");
    let flags = ["--metrics-listen", &figures, "--log", "info", "--log-format", "json"];
    Server::start_with(data, &[&flags, more].concat())
}

fn told(server: &Server, what: &str, alert: &str) -> usize {
    let field = format!("\"alert\":\"{alert}\"");
    server.log().iter().filter(|line| line.contains(what) && line.contains(&field)).count()
}

fn figure(metrics: u16, alert: &str) -> bool {
    let text = get(([127, 0, 0, 1], metrics).into(), "/metrics").unwrap().body;
    let line = format!("entente_alert{{alert=\"{alert}\"}} ");
    let value = text.lines().find_map(|found| found.strip_prefix(&line));
    value.unwrap_or_else(|| panic!("{alert} is in the figures: {text}")) == "1"
}

#[test]
fn who_keeps_the_embedded_database_for_himself_is_told_once_and_when_it_is_over() {
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let metrics = free_port();
    let server = start(&data, metrics, &[]);
    assert!(!figure(metrics, "queue"));
    // What another program does that forgets its transaction: everybody else waits.
    let beside = db::Db::open_sqlite(&data.data_folder().join("entente.sqlite"), MIGRATIONS).unwrap();
    let hold = |_: &mut db::Tx<'_>| {
        std::thread::sleep(Duration::from_secs(9));
        Ok::<_, DbError>(())
    };
    beside.write_blocking(hold).unwrap();
    beside.close_blocking();
    assert!(is_true_soon(|| told(&server, "an alert begins", "queue") == 1), "{:?}", server.log());
    assert!(is_true_soon(|| told(&server, "an alert is over", "queue") == 1), "{:?}", server.log());
    assert!(!figure(metrics, "queue"));
    assert_eq!(told(&server, "an alert begins", "queue"), 1);
}

#[test]
fn a_certificate_that_ends_soon_is_told_once_and_is_over_when_it_was_renewed() {
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let (certificate, key) = (data.folder().join("certificate.pem"), data.folder().join("key.pem"));
    let write = |days: i64| {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        let end = jiff::Zoned::now().date() + jiff::Span::new().days(days);
        params.not_after = date_time_ymd(end.year().into(), end.month().unsigned_abs(), end.day().unsigned_abs());
        let pair = KeyPair::generate().unwrap();
        std::fs::write(&key, pair.serialize_pem()).unwrap();
        std::fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
    };
    write(3);
    let metrics = free_port();
    let files = ["--tls-certificate", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = start(&data, metrics, &files);
    assert!(is_true_soon(|| figure(metrics, "certificate")));
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(told(&server, "an alert begins", "certificate"), 1, "{:?}", server.log());
    write(90);
    server.signal("HUP");
    assert!(is_true_soon(|| told(&server, "an alert is over", "certificate") == 1), "{:?}", server.log());
    assert!(!figure(metrics, "certificate"));
}
