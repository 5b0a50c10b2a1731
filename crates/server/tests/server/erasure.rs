//! Erasing people in a running installation: files, dumps and logs hold nothing, a kill is gone on from, and a restored
//! backup is erased again before anybody asks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::running::{Answer, Data, Server, entente, exchange, get, note_owner, post};

const CANARY: &str = "kanari";

struct Shop {
    data: Data,
    api: String,
}

impl Shop {
    fn set_up(data: Data) -> Self {
        data.set_up();
        note_owner(&data);
        let scopes = "events:write,profiles:write,profiles:erase";
        let api = data.run_well(&["keys", "create", "--kind", "api", "--scope", scopes]).trim().to_owned();
        Self { data, api }
    }

    fn send(&self, server: &Server, calls: &[Value]) {
        let bearer = format!("Bearer {}", self.api);
        for part in calls.chunks(500) {
            let body = json!({ "batch": part }).to_string();
            let answer = post(server.address, "/v1/batch", &[("authorization", &bearer)], body.as_bytes()).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    }

    fn ask(&self, server: &Server, method: &str, path: &str) -> std::io::Result<Answer> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            server.address, self.api
        );
        exchange(server.address, request.as_bytes())
    }

    fn person(&self, server: &Server, user: &str) -> Option<String> {
        let found = self.ask(server, "GET", &format!("/api/v1/profiles?identifier=user_id:{user}")).unwrap().json();
        found["data"][0]["id"].as_str().map(str::to_owned)
    }

    fn ledger(&self) -> PathBuf {
        self.data.data_folder().join("entente.erasures")
    }

    /// Everything of PostgreSQL that a dump shows; of SQLite every file of the folder as it is.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = files_below(&self.data.data_folder());
        if let Some(at) = self.data.arguments().iter().position(|one| one == "--database-url") {
            let url = self.data.arguments()[at + 1].clone();
            let dump = Command::new(postgres_program("pg_dump")).arg(url).output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            assert!(dump.stdout.len() > 1_000);
            files.push(("pg_dump".to_owned(), dump.stdout));
        }
        files
    }

    fn holding(&self, canary: &str) -> Vec<String> {
        let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|part| part.eq_ignore_ascii_case(canary.as_bytes()));
        self.files().into_iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
    }
}

fn postgres_program(name: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let found = folders.map(|version| version.path().join("bin").join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| PathBuf::from(name))
}

fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().filter_map(Result::ok);
    entries.map(|one| (one.file_name().to_string_lossy().into_owned(), std::fs::read(one.path()).unwrap())).collect()
}

/// Calls of a person, with the canary in each, between those of others.
fn history(user: &str, events: usize) -> Vec<Value> {
    let mut calls = vec![json!({"type": "identify", "messageId": format!("{user}-i"), "userId": user,
        "traits": {"email": format!("{user}@example.com"), "name": format!("{user} Durand")}})];
    calls.extend((0..events).map(|one| {
        json!({"type": "track", "event": "Seen", "messageId": format!("{user}-{one}"), "userId": user,
               "properties": {"text": format!("{user} {}", "x".repeat(one % 300)), "path": format!("/{user}/{one}")}})
    }));
    calls.push(json!({"type": "track", "event": "Order Completed", "messageId": format!("{user}-o"), "userId": user,
        "properties": {"order_id": format!("{user}-order"), "total": 12, "currency": "EUR",
                       "products": [{"product_id": user, "name": user, "price": 12, "quantity": 1}]}}));
    calls
}

/// Several people's calls, one of each in turn: their rows share pages.
fn mingled(histories: &[Vec<Value>]) -> Vec<Value> {
    let longest = histories.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|at| histories.iter().filter_map(move |one| one.get(at).cloned())).collect()
}

#[test]
fn an_erased_person_is_in_no_file_dump_or_log_and_in_no_restored_backup() {
    for data in Data::on_both() {
        let shop = Shop::set_up(data);
        let mut server = Server::start_with(&shop.data, &["--log", "debug"]);
        let others: Vec<Vec<Value>> = (0..60).map(|one| history(&format!("other{one}"), 40)).collect();
        let mut all = vec![history(CANARY, 40), history("kanari-twin", 40)];
        all.extend([history("kanari-part", 10), history("friend", 10)]);
        all.extend(others);
        shop.send(&server, &mingled(&all));
        let (one, twin) = (shop.person(&server, CANARY).unwrap(), shop.person(&server, "kanari-twin").unwrap());
        let bearer = format!("Bearer {}", shop.api);
        let into = json!({ "into": one }).to_string();
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k")];
        let merged =
            post(server.address, &format!("/api/v1/profiles/{twin}/merge"), &headers, into.as_bytes()).unwrap();
        assert_eq!(merged.status, 200, "{}", merged.body);
        // Two whom the backup holds as one, and who are parted before one of them is erased.
        let (part, friend) = (shop.person(&server, "kanari-part").unwrap(), shop.person(&server, "friend").unwrap());
        let into = json!({ "into": friend }).to_string();
        let joined = post(server.address, &format!("/api/v1/profiles/{part}/merge"), &headers[..1], into.as_bytes());
        assert_eq!(joined.unwrap().status, 200);
        let backup = shop.data.folder().join("before.entente").display().to_string();
        shop.data.run_well(&["backup", &backup]);
        assert!(!shop.holding(CANARY).is_empty(), "planted");

        let erased = shop.ask(&server, "DELETE", &format!("/api/v1/profiles/{one}")).unwrap();
        assert_eq!(erased.status, 200, "{}", erased.body);
        let certificate = erased.json();
        assert_eq!(certificate["erased"]["profiles"], 2, "{certificate}");
        let parted = post(server.address, &format!("/api/v1/profiles/{part}/unmerge"), &headers[..1], b"{}").unwrap();
        assert_eq!(parted.status, 200, "{}", parted.body);
        let erased = shop.ask(&server, "DELETE", &format!("/api/v1/profiles/{part}")).unwrap();
        assert_eq!((erased.status, &erased.json()["erased"]["profiles"]), (200, &json!(1)), "{}", erased.body);
        assert_eq!(shop.holding(CANARY), [""; 0], "while it runs");
        assert!(server.log().iter().all(|line| !line.to_lowercase().contains(CANARY)), "{:?}", server.log());
        assert!(shop.person(&server, "other7").is_some());
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(shop.holding(CANARY), [""; 0], "after its end");
        assert_eq!(shop.data.run_well(&["doctor", "--all"]), "");
        let ledger = std::fs::read_to_string(shop.ledger()).unwrap();
        assert_eq!(ledger.lines().count(), 4, "{ledger}");

        restored_without_ledger(&shop, &backup);
        restored_with_ledger(&shop, &backup, [&one, &part], &friend);
        restored_and_started(&shop, &backup, &one);
    }
}

/// An empty folder with the key of the shop, as whoever restores keeps it, and perhaps its ledger.
fn empty_installation(shop: &Shop, with_ledger: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::copy(shop.data.key_file(), data.join("entente.key")).unwrap();
    if with_ledger {
        std::fs::copy(shop.ledger(), data.join("entente.erasures")).unwrap();
    }
    folder
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> (String, String) {
    let mut command = entente();
    command.args(arguments).arg("--data").arg(folder.path().join("data")).current_dir(folder.path());
    let output = command.output().unwrap();
    let (out, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{arguments:?}: {told}");
    (out, told)
}

fn restored_without_ledger(shop: &Shop, backup: &str) {
    let folder = empty_installation(shop, false);
    let (_, told) = run(&folder, &["restore", backup]);
    assert!(told.contains("There is no ledger of erasures at"), "{told}");
}

fn restored_with_ledger(shop: &Shop, backup: &str, gone: [&str; 2], friend: &str) {
    let folder = empty_installation(shop, false);
    let ledger = shop.ledger().display().to_string();
    let (out, _) = run(&folder, &["restore", backup, "--erasures", &ledger, "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["erased_again"], 2);
    let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|part| part.eq_ignore_ascii_case(CANARY.as_bytes()));
    let held: Vec<String> = files_below(&folder.path().join("data"))
        .into_iter()
        .filter(|(_, bytes)| holds(bytes))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(held, [""; 0], "in the restored files");
    assert_eq!(run(&folder, &["doctor", "--all"]).0, "");
    let db = db::Db::open_sqlite(&folder.path().join("data/entente.sqlite"), testkit::crm::MIGRATIONS).unwrap();
    let ids = [gone[0], gone[1], friend].map(|id| id.parse().unwrap());
    let numbers = db.read_blocking(move |tx| {
        let shop = testkit::crm::workspaces::the_first(tx)?.unwrap().id;
        let of = |tx: &mut db::Tx<'_>, id| testkit::crm::profiles::numbers_of(tx, shop, &[id]).map(|found| found.len());
        Ok::<_, db::DbError>([of(tx, ids[0])?, of(tx, ids[1])?, of(tx, ids[2])?])
    });
    assert_eq!(numbers.unwrap(), [0, 0, 1], "his friend, with whom the backup had merged him, stays");
    db.close_blocking();
}

/// The restore was made somewhere else, without the ledger; the server finds it at its start.
fn restored_and_started(shop: &Shop, backup: &str, one: &str) {
    let folder = empty_installation(shop, false);
    run(&folder, &["restore", backup]);
    std::fs::copy(shop.ledger(), folder.path().join("data/entente.erasures")).unwrap();
    let mut command = entente();
    command.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"]).arg(folder.path().join("data"));
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let mut told = Vec::new();
    let address = loop {
        let line = lines.next().unwrap().unwrap();
        told.push(line.clone());
        if let Some(url) = line.strip_prefix("Entente:") {
            break url.trim().trim_start_matches("http://").parse().unwrap();
        }
    };
    assert!(told[0].contains("2 applied again"), "{told:?}");
    let first = format!(
        "GET /api/v1/profiles/{one} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        shop.api
    );
    let answer = (0..50).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        exchange(address, first.as_bytes()).ok()
    });
    assert_eq!(answer.unwrap().status, 404);
    let _ = get(address, "/healthz");
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn an_erasure_that_is_killed_anywhere_is_gone_on_from_and_ends_the_same() {
    for data in Data::on_both() {
        let shop = Shop::set_up(data);
        let mut server = Server::start(&shop.data);
        let people = ["kanari1", "kanari2", "kanari3", "kanari4"];
        let mut all: Vec<Vec<Value>> = people.iter().map(|user| history(user, 6_000)).collect();
        all.push(history("neighbour", 300));
        shop.send(&server, &mingled(&all));
        let mut interrupted = 0;
        for (user, wait_ms) in people.iter().zip([15, 40, 90, 160]) {
            let id = shop.person(&server, user).unwrap();
            let begun = Instant::now();
            std::thread::scope(|scope| {
                let asked = scope.spawn(|| shop.ask(&server, "DELETE", &format!("/api/v1/profiles/{id}")));
                std::thread::sleep(Duration::from_millis(wait_ms));
                Command::new("kill").args(["-9", &server.child.id().to_string()]).status().unwrap();
                interrupted += u32::from(!asked.join().unwrap().is_ok_and(|answer| answer.status == 200));
            });
            let _ = server.child.wait();
            server = Server::start(&shop.data);
            if shop.person(&server, user).is_some() {
                // It had not begun: nobody was told that it had.
                let asked = shop.ask(&server, "DELETE", &format!("/api/v1/profiles/{id}")).unwrap();
                assert_eq!(asked.status, 200, "after {:?}: {}", begun.elapsed(), asked.body);
            }
            let told = shop.ask(&server, "DELETE", &format!("/api/v1/profiles/{id}")).unwrap().json();
            assert_eq!((&told["state"], &told["is_genuine"]), (&json!("done"), &json!(true)), "{told}");
            assert_eq!(shop.holding(user), [""; 0], "{user}");
        }
        assert!(interrupted > 0, "no kill came in the middle");
        assert!(shop.person(&server, "neighbour").is_some());
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(shop.data.run_well(&["doctor", "--all"]), "");
    }
}
