//! Alerts: each is told once when its cause begins, stands in the figures while it lasts, and is told to be over.

use std::time::Duration;

use db::DbError;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use testkit::crm::MIGRATIONS;
use testkit::crm::backups::{self, Backup};
use testkit::ports::free_port;
use testkit::running::system_now;
use words::Span;

use crate::running::{Data, Server, figure_called, is_true_soon, note_owner};

const NINE_DAYS_S: u64 = 9 * 24 * 60 * 60;

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
    figure_called(metrics, &format!("entente_alert{{alert=\"{alert}\"}}")) == Some(1)
}

fn backup_age(metrics: u16) -> Option<u64> {
    figure_called(metrics, "entente_backup_age_seconds")
}

/// Lets the database know of a backup that was made so many days ago.
fn remember_backup(data: &Data, days: i64) {
    let made = Backup { made_at: system_now().minus(Span::from_days(days)), size_bytes: 1 };
    let db = data.open();
    db.write_blocking(move |tx| backups::note(tx, &made)).unwrap();
    db.close_blocking();
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

#[test]
fn a_backup_that_is_too_old_is_told_once_and_is_over_with_a_new_one() {
    for data in Data::on_both() {
        data.set_up();
        note_owner(&data);
        let metrics = free_port();
        let server = start(&data, metrics, &[]);
        assert_eq!(backup_age(metrics), None, "none was ever made");
        remember_backup(&data, 7);
        assert!(backup_age(metrics).is_some_and(|age_s| age_s < NINE_DAYS_S), "known without a restart");
        std::thread::sleep(Duration::from_secs(5));
        assert_eq!(told(&server, "an alert begins", "backup"), 0, "a week is not too old");
        remember_backup(&data, 9);
        assert!(is_true_soon(|| figure(metrics, "backup")), "{:?}", server.log());
        assert!(backup_age(metrics).is_some_and(|age_s| (NINE_DAYS_S..NINE_DAYS_S + 60).contains(&age_s)));
        std::thread::sleep(Duration::from_secs(5));
        assert_eq!(told(&server, "an alert begins", "backup"), 1, "{:?}", server.log());
        data.run_well(&["backup", data.folder().join("new.entente").to_str().unwrap()]);
        assert!(is_true_soon(|| told(&server, "an alert is over", "backup") == 1), "{:?}", server.log());
        assert!(!figure(metrics, "backup"));
        assert!(backup_age(metrics).is_some_and(|age_s| age_s < 60));
        assert_eq!(told(&server, "an alert begins", "backup"), 1);
    }
}

#[test]
fn who_keeps_a_copy_is_told_of_an_old_backup_only_when_the_copy_fails() {
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    remember_backup(&data, 9);
    let copy = data.folder().join("copy");
    std::fs::create_dir(&copy).unwrap();
    let metrics = free_port();
    let server = start(&data, metrics, &["--copy-dir", copy.to_str().unwrap(), "--max-backup-age-days", "1"]);
    let holds = || std::fs::read_dir(&copy).unwrap().count() > 1 && !figure(metrics, "copy");
    assert!(is_true_soon(holds), "{:?}", server.log());
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(told(&server, "an alert begins", "backup"), 0, "{:?}", server.log());
    assert!(backup_age(metrics).is_some_and(|age_s| age_s >= NINE_DAYS_S));
    std::fs::remove_dir_all(&copy).unwrap();
    assert!(is_true_soon(|| told(&server, "an alert begins", "backup") == 1), "{:?}", server.log());
    assert!(figure(metrics, "copy"), "{:?}", server.log());
}
