//! Mail to members by the running program: killed in any moment, ended in order, put back from a backup.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use db::{DbError, sql};
use testkit::app::form_body;
use testkit::mail_server::MailServer;
use testkit::ports::free_port;

use crate::running::{Data, PASSWORD, Server, entente, figure_called, is_true_soon, note_owner, post};

/// Starts with mail handed to this address, under a public address of its own.
fn start(data: &Data, smtp_url: &str) -> Server {
    start_with(data, smtp_url, &[])
}

/// The same with more flags.
fn start_with(data: &Data, smtp_url: &str, more: &[&str]) -> Server {
    let listen = format!("127.0.0.1:{}", free_port());
    let public_url = format!("http://{listen}");
    let flags = ["--listen", &listen, "--public-url", &public_url, "--smtp-url", smtp_url];
    Server::start_with(data, &[&flags[..], &["--mail-from", "Atelier <crm@shop.example>"], more].concat())
}

fn create_owner(data: &Data, email: &str) {
    create_owner_with(data, email, &[]);
}

/// With more flags, in the folder where the settings may lie.
fn create_owner_with(data: &Data, email: &str, flags: &[&str]) {
    let mut command = entente();
    command.args(["admin", "create", "--email", email, "--password-stdin"]).args(data.arguments()).args(flags);
    command.current_dir(data.folder());
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success());
    note_owner(data);
}

fn ask(server: &Server, email: &str) {
    let origin = format!("http://{}", server.address);
    let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let asked = post(server.address, "/forgot-password", &headers, form_body(&[("email", email)]).as_bytes()).unwrap();
    assert_eq!((asked.status, asked.header("location").as_str()), (303, "/forgot-password/sent"));
}

/// Where every letter stands.
fn states(data: &Data) -> Vec<String> {
    let db = data.open_beside();
    let all = sql("SELECT state FROM outbox ORDER BY created_at");
    let found: Result<Vec<String>, DbError> = db.read_blocking(move |tx| tx.query(all, &[], |row| row.get(0)));
    db.close_blocking();
    found.unwrap()
}

fn wait_for_states(data: &Data, wanted: &[&str]) {
    for _ in 0..200 {
        if states(data) == wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(states(data), wanted);
}

#[test]
fn a_letter_survives_a_kill_before_it_leaves_and_goes_once() {
    for data in Data::on_both() {
        create_owner(&data, "ana@example.com");
        let port = free_port();
        let url = format!("smtp://127.0.0.1:{port}");
        let mut server = start(&data, &url);
        ask(&server, "ana@example.com");
        server.kill();
        let Some(mail) = MailServer::start_with(&serde_json::json!({"port": port})) else { return };
        let mut server = start(&data, &url);
        mail.wait_for("ana@example.com", 1);
        wait_for_states(&data, &["sent"]);
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(mail.letters().len(), 1);
        assert_eq!(server.terminate(), Some(0));
        data.run_well(&["doctor", "--all"]);
    }
}

#[test]
fn a_refused_letter_is_told_once_as_an_alert() {
    for data in Data::on_both() {
        create_owner(&data, "refused@example.com");
        let Some(mail) = MailServer::start_with(&serde_json::json!({})) else { return };
        let server = start(&data, &mail.url());
        ask(&server, "refused@example.com");
        wait_for_states(&data, &["refused"]);
        let told = || {
            let log = server.log();
            log.iter().filter(|line| line.contains("an alert begins") && line.contains("\"mail\"")).count()
        };
        assert!(is_true_soon(|| told() > 0), "{:?}", server.log());
        std::thread::sleep(Duration::from_secs(5));
        assert_eq!(told(), 1, "{:?}", server.log());
    }
}

#[test]
fn a_kill_while_the_mail_server_has_the_letter_loses_nothing_and_a_copy_is_the_same_letter() {
    for data in Data::on_both() {
        create_owner(&data, "slow@example.com");
        let Some(mail) = MailServer::start() else { return };
        let mut server = start(&data, &mail.url());
        ask(&server, "slow@example.com");
        mail.wait_for("slow@example.com", 1);
        server.kill();
        assert_eq!(states(&data), ["handed"], "that it was being handed over is on disk");
        let mut server = start(&data, &mail.url());
        let copies = mail.wait_for("slow@example.com", 2);
        let ids: BTreeSet<String> = copies.iter().map(|letter| letter.header("message-id")).collect();
        assert_eq!(ids.len(), 1);
        wait_for_states(&data, &["sent"]);
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(mail.letters().len(), 2);
        data.run_well(&["doctor", "--all"]);
    }
}

#[test]
fn an_orderly_end_waits_for_the_answer_and_leaves_no_doubt() {
    for data in Data::on_both() {
        create_owner(&data, "slow@example.com");
        let Some(mail) = MailServer::start() else { return };
        let mut server = start(&data, &mail.url());
        ask(&server, "slow@example.com");
        mail.wait_for("slow@example.com", 1);
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(states(&data), ["sent"]);
        assert_eq!(mail.letters().len(), 1);
    }
}

/// A backup of it, restored into an embedded database with the same key.
fn put_back(data: &Data) -> Data {
    let backup = data.folder().join("shop.entente");
    data.run_well(&["backup", backup.to_str().unwrap()]);
    let again = Data::sqlite();
    std::fs::create_dir_all(again.data_folder()).unwrap();
    std::fs::copy(data.key_file(), again.key_file()).unwrap();
    again.run_well(&["restore", backup.to_str().unwrap()]);
    again
}

#[test]
fn what_waits_in_a_backup_is_not_sent_by_who_puts_it_back() {
    for data in Data::on_both() {
        create_owner(&data, "ana@example.com");
        let mut server = start(&data, &format!("smtp://127.0.0.1:{}", free_port()));
        ask(&server, "ana@example.com");
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(states(&data), ["waiting"]);
        let again = put_back(&data);
        assert_eq!(states(&again), ["uncertain"]);
        again.run_well(&["doctor", "--all"]);
    }
}

#[test]
fn who_is_let_in_on_the_command_line_is_told_by_mail_in_the_same_transaction() {
    for data in Data::on_both() {
        create_owner(&data, "ana@example.com");
        assert_eq!(states(&data), [""; 0], "where no mail is set up nothing waits");
        let Some(mail) = MailServer::start_with(&serde_json::json!({})) else { return };
        let settings = format!(
            "smtp_url = \"{}\"\nmail_from = \"crm@shop.example\"\npublic_url = \"https://crm.shop.example\"",
            mail.url()
        );
        std::fs::write(data.folder().join("entente.toml"), settings).unwrap();
        create_owner_with(&data, "ana@example.com", &["--forget-second-factor"]);
        assert_eq!(states(&data), ["waiting"; 2]);
        let mut server = start(&data, &mail.url());
        let letters = mail.wait_for("ana@example.com", 2);
        let whole: Vec<String> =
            letters.iter().map(|letter| format!("{}\n{}", letter.header("subject"), letter.text())).collect();
        for told in ["your account is an owner, with a new password", "second factor removed from your account"] {
            assert_eq!(whole.iter().filter(|letter| letter.contains(told)).count(), 1, "{told}: {whole:?}");
        }
        assert!(letters.iter().all(|letter| letter.link() == "https://crm.shop.example/account"), "{whole:?}");
        wait_for_states(&data, &["sent"; 2]);
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(data.run_well(&["doctor", "--all"]), "");
    }
}

#[test]
fn figures_tell_how_many_letters_wait_for_how_long_and_how_many_are_uncertain() {
    for data in Data::on_both() {
        create_owner(&data, "ana@example.com");
        let metrics = free_port();
        let figures =
            || ["entente_mail_waiting", "entente_mail_uncertain"].map(|name| figure_called(metrics, name).unwrap());
        let oldest_s = || figure_called(metrics, "entente_mail_oldest_seconds").unwrap();
        let serve = |data: &Data| {
            let nobody = format!("smtp://127.0.0.1:{}", free_port());
            start_with(data, &nobody, &["--metrics-listen", &format!("127.0.0.1:{metrics}")])
        };
        let mut server = serve(&data);
        assert_eq!((figures(), oldest_s()), ([0, 0], 0));
        ask(&server, "ana@example.com");
        std::thread::sleep(Duration::from_millis(2_100));
        assert_eq!(figures(), [1, 0]);
        assert!((2..20).contains(&oldest_s()), "{}", oldest_s());
        assert_eq!(server.terminate(), Some(0));
        let again = put_back(&data);
        note_owner(&again);
        let _server = serve(&again);
        assert_eq!((figures(), oldest_s()), ([0, 1], 0));
    }
}

#[test]
fn settings_of_mail_that_cannot_work_end_the_start_with_a_sentence_and_without_the_password() {
    let data = Data::sqlite();
    for (flags, reason) in [
        (&["--smtp-url", "smtp://ana:canary@mail.example.com"][..], "it must be encrypted"),
        (&["--smtp-url", "smtps://ana:canary@mail.example.com"], "mail_from is missing"),
        (
            &["--smtp-url", "smtps://ana:canary@mail.example.com", "--mail-from", "crm@example.com"],
            "public_url is missing",
        ),
    ] {
        let output = data.run(&[&["serve"], flags].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(reason) && !told.contains("canary"), "{told}");
    }
}
