//! Nothing of anybody in logs, figures and addresses: marks are planted everywhere, and looked for everywhere.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use testkit::app::form_body;
use testkit::mail_server::MailServer;
use testkit::ports::free_port;

use crate::running::{Answer, Data, Server, exchange, get, note_owner, post};

/// A part of every mark: no other text holds it.
const EMAIL: &str = "planted.person@marked-mail.example";
const NAME: &str = "Plantedfirst";
const PHONE: &str = "+33698765432";
const SEARCHED: &str = "plantedsearch";
const PASSWORD: &str = "a planted lamp in the window";
const WRONG: &str = "a plantedwrong guess of somebody";
const MAIL_PASSWORD: &str = "plantedmailpassword";

/// What must not be found, in every form in which it could be written down.
struct Marks(Vec<String>);

impl Marks {
    fn new(secrets: &[String]) -> Self {
        let texts = [
            EMAIL,
            "marked-mail",
            NAME,
            PHONE,
            "698765432",
            "98 76 54 32",
            SEARCHED,
            PASSWORD,
            WRONG,
            "plantedwrong",
            MAIL_PASSWORD,
        ];
        let all = texts.iter().map(|text| (*text).to_owned()).chain(secrets.iter().cloned());
        let written = all.flat_map(|text| {
            let encoded = form_body(&[("", &text)]).split_off(1);
            let bytes = text.bytes().map(|byte| format!("{byte}, ")).collect::<String>();
            [STANDARD.encode(&text), encoded, bytes, text]
        });
        Self(written.filter(|text| !text.is_empty()).collect())
    }

    fn check(&self, place: &str, text: &str) {
        let text = text.to_lowercase();
        for mark in &self.0 {
            let Some(at) = text.find(&mark.to_lowercase()) else { continue };
            let from = text[..at].char_indices().rev().nth(120).map_or(0, |(at, _)| at);
            panic!("{place} holds {mark:?}: …{}", &text[from..at + mark.len()]);
        }
    }
}

/// A person of this page's own site sends a form.
fn form(server: &Server, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let origin = format!("http://{}", server.address);
    let headers =
        [("origin", origin.as_str()), ("cookie", cookie), ("content-type", "application/x-www-form-urlencoded")];
    post(server.address, path, &headers, form_body(fields).as_bytes()).unwrap()
}

fn page(server: &Server, cookie: &str, path: &str) -> Answer {
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\naccept: text/html\r\nreferer: http://x/?q={SEARCHED}\r\nconnection: close\r\n\r\n",
        server.address
    );
    exchange(server.address, request.as_bytes()).unwrap()
}

/// The addresses that an answer leads to or links: of pages the links, of all the `Location`.
fn addresses(answer: &Answer) -> String {
    let links = answer.body.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.chain([answer.header("location").as_str()]).collect::<Vec<_>>().join("\n")
}

fn set_up(data: &Data) -> String {
    let mut command = crate::running::entente();
    command.args(["admin", "create", "--email", EMAIL, "--password-stdin"]).args(data.arguments());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success());
    data.run_well(&["keys", "create", "--kind", "ingest"]).trim().to_owned()
}

/// A shop's day with the marks in it; the addresses that were shown.
fn live(server: &Server, cookie: &str, (ingest, api): (&str, &str)) -> String {
    let call = format!(
        r#"{{"writeKey": "{ingest}", "batch": [
            {{"type": "identify", "messageId": "1", "userId": "u1", "anonymousId": "a1",
              "traits": {{"email": "{EMAIL}", "phone": "{PHONE}", "firstName": "{NAME}"}}}},
            {{"type": "track", "event": "Order Completed", "messageId": "2", "userId": "u1",
              "properties": {{"order_id": "O1", "total": "{NAME}", "email": "{EMAIL}"}}}},
            {{"type": "track", "messageId": "3", "userId": "u1", "properties": {{"email": "{EMAIL}"}}}},
            {{"type": "{NAME}", "userId": "{EMAIL}"}}, "{EMAIL}"]}}"#
    );
    assert_eq!(post(server.address, "/v1/batch", &[], call.as_bytes()).unwrap().status, 200);
    let bearer = format!("Bearer {api}");
    let program = |path: &str, body: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        post(server.address, path, &headers, body.as_bytes()).unwrap()
    };
    program(
        "/api/v1/segments",
        &format!(r#"{{"name": "{NAME}", "condition": {{"trait": "email", "op": "eq", "value": "{EMAIL}"}}}}"#),
    );
    program("/api/v1/segments/preview", &format!(r#"{{"condition": {{"trait": "{EMAIL}"}}}}"#));
    program(&format!("/api/v1/profiles/{EMAIL}/merge"), &format!(r#"{{"into": "{EMAIL}"}}"#));
    program("/api/v1/segments", &format!("{{{EMAIL}"));
    form(server, "", "/sign-in", &[("email", EMAIL), ("password", WRONG)]);
    form(server, cookie, "/members/invite", &[("email", &format!("x{EMAIL}")), ("role", "viewer")]);
    form(server, cookie, "/account/password", &[("current", WRONG), ("password", PASSWORD)]);
    let mut seen = String::new();
    for path in [
        "/",
        "/people",
        "/live",
        "/segments",
        "/orders",
        "/members",
        "/audit",
        "/sources",
        "/account",
        "/settings/keys",
    ] {
        seen.push_str(&addresses(&page(server, cookie, path)));
    }
    for path in [
        format!("/people?q={SEARCHED}"),
        format!("/palette?q={SEARCHED}"),
        format!("/reset/{SEARCHED}"),
        format!("/{SEARCHED}"),
    ] {
        page(server, cookie, &path);
    }
    seen
}

#[test]
fn planted_people_and_secrets_are_in_no_log_no_figure_and_no_address() {
    for data in Data::on_both() {
        let ingest = set_up(&data);
        note_owner(&data);
        let api = data.run_well(&[
            "keys",
            "create",
            "--kind",
            "api",
            "--scope",
            "events:write,profiles:write,segments:write",
        ]);
        let figures = format!("127.0.0.1:{}", free_port());
        let mail = MailServer::start_with(&json!({"user": "planted", "password": MAIL_PASSWORD}));
        let listen = format!("127.0.0.1:{}", free_port());
        let public_url = format!("http://{listen}");
        let port = mail.as_ref().map_or_else(free_port, |mail| mail.port);
        let smtp_url = format!("smtp://planted:{MAIL_PASSWORD}@127.0.0.1:{port}");
        let flags = ["--log", "trace", "--metrics-listen", &figures, "--listen", &listen, "--public-url", &public_url];
        let more = ["--smtp-url", &smtp_url, "--mail-from", "crm@shop.example"];
        let mut server = Server::start_with(&data, &[&flags[..], &more].concat());
        let entered = form(&server, "", "/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(entered.status, 303, "{}", entered.body);
        let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
        let token = cookie.split_once('=').unwrap().1.to_owned();
        form(&server, "", "/forgot-password", &[("email", EMAIL)]);
        let letters = mail.as_ref().map(|mail| mail.wait_for(EMAIL, 1)).unwrap_or_default();
        let links =
            letters.iter().filter_map(|letter| letter.link().rsplit_once('/').map(|(_, token)| token.to_owned()));
        let links: Vec<String> = links.collect();
        assert!(links.iter().all(|token| token.len() > 40), "{links:?}");
        let marks = Marks::new(&[vec![ingest.clone(), api.trim().to_owned(), token], links].concat());
        // The ingest key stands in public pages, and on the pages of its source: it is looked for in logs and figures only.
        let seen = live(&server, &cookie, (&ingest, api.trim()));
        marks.check("an address", &seen);
        marks.check("the figures", &get(figures.parse().unwrap(), "/metrics").unwrap().body);
        assert_eq!(server.terminate(), Some(0));
        let log = server.log().join("\n");
        assert!(
            log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"),
            "every detail was asked for: {log}"
        );
        marks.check("the log", &log);
        drop(server);
        marks.check("the import", &import(&data));
        for command in [&["doctor", "--all"][..], &["export", "--help"]] {
            let output = data.run(command);
            marks.check("a command", &String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// What an import of good and bad rows tells on its console.
fn import(data: &Data) -> String {
    let file = data.folder().join("contacts.csv");
    std::fs::write(&file, format!("email,phone,firstName\n{EMAIL},{PHONE},{NAME}\nno address,{PHONE},{NAME}\n"))
        .unwrap();
    let mut command: Command = crate::running::entente();
    command.args(["import", "contacts"]).arg(&file).args(["--log", "trace"]).args(data.arguments());
    let mut child = command.current_dir(data.folder()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    child.wait().unwrap();
    told
}
