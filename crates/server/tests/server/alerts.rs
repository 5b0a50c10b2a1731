//! Alerts: each is told once when its cause begins, stands in the figures while it lasts, and is told to be over.

use std::time::{Duration, Instant};

use db::DbError;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use testkit::process::free_port;

use crate::running::{Data, Server, get};

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

fn told(server: &Server, what: &str, alert: &str) -> usize {
    server.log().iter().filter(|line| line.contains(what) && line.contains(&format!("alert=\"{alert}\""))).count()
}

fn figure(metrics: u16, alert: &str) -> bool {
    let text = get(([127, 0, 0, 1], metrics).into(), "/metrics").unwrap().body;
    let line = format!("entente_alert{{alert=\"{alert}\"}} ");
    let value = text.lines().find_map(|found| found.strip_prefix(&line));
    value.unwrap_or_else(|| panic!("{alert} is in the figures: {text}")) == "1"
}

#[test]
fn who_keeps_everybody_waiting_is_told_once_and_when_it_is_over() {
    for data in Data::on_both() {
        data.set_up();
        let metrics = free_port();
        let server = Server::start_with(&data, &["--metrics-listen", &format!("127.0.0.1:{metrics}")]);
        assert!(!figure(metrics, "queue"));
        let beside = data.open_beside();
        let hold = |tx: &mut db::Tx<'_>| {
            // What another program does that forgets its transaction: everybody else waits.
            tx.lock_workspace(0)?;
            std::thread::sleep(Duration::from_secs(9));
            Ok::<_, DbError>(())
        };
        let waits = !data.arguments().iter().any(|argument| argument.starts_with("postgres"));
        beside.write_blocking(hold).unwrap();
        beside.close_blocking();
        if waits {
            assert!(is_true_soon(|| told(&server, "an alert begins", "queue") == 1), "{:?}", server.log());
            assert!(is_true_soon(|| told(&server, "an alert is over", "queue") == 1), "{:?}", server.log());
            assert!(!figure(metrics, "queue"));
        } else {
            // A row of PostgreSQL that somebody holds keeps nobody waiting who does not want it.
            assert_eq!(told(&server, "an alert begins", "queue"), 0);
        }
    }
}

#[test]
fn a_certificate_that_ends_soon_is_told_once_and_is_over_when_it_was_renewed() {
    let data = Data::sqlite();
    data.set_up();
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
    let flags = [
        "--tls-certificate",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
        "--metrics-listen",
        &format!("127.0.0.1:{metrics}"),
    ];
    let server = Server::start_with(&data, &flags);
    assert!(is_true_soon(|| figure(metrics, "certificate")));
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(told(&server, "an alert begins", "certificate"), 1, "{:?}", server.log());
    write(90);
    server.signal("HUP");
    assert!(is_true_soon(|| told(&server, "an alert is over", "certificate") == 1), "{:?}", server.log());
    assert!(!figure(metrics, "certificate"));
}
