//! A copy that the server keeps of its database, and what comes back of it when the machine is lost.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use db::DbError;
use serde_json::{Value, json};
use testkit::crm::{MIGRATIONS, stream::log, workspaces};
use testkit::ports::free_port;
use words::Timestamp;

use crate::running::{Answer, Data, Server, entente, exchange, figure_called, get, note_owner, post};

/// What is promised.
const BEHIND_AT_MOST: Duration = Duration::from_secs(60);

/// A shop whose key file is kept apart from its data and from its copy.
struct Shop {
    data: Data,
    api: String,
    metrics: u16,
}

impl Shop {
    fn set_up() -> Self {
        let data = Data::sqlite();
        data.set_up();
        note_owner(&data);
        let scopes = "events:write,profiles:write,profiles:erase";
        let api = data.run_well(&["keys", "create", "--kind", "api", "--scope", scopes]).trim().to_owned();
        std::fs::copy(data.key_file(), data.folder().join("kept.key")).unwrap();
        std::fs::create_dir(data.folder().join("copy")).unwrap();
        Self { data, api, metrics: free_port() }
    }

    fn copy(&self) -> PathBuf {
        self.data.folder().join("copy")
    }

    fn start(&self) -> Server {
        let metrics = format!("127.0.0.1:{}", self.metrics);
        let copy = self.copy().display().to_string();
        Server::start_with(&self.data, &["--copy-dir", &copy, "--metrics-listen", &metrics])
    }

    fn figure(&self, name: &str) -> u64 {
        figure_called(self.metrics, name).unwrap_or_else(|| panic!("{name} is not told"))
    }

    /// Up to here everything is in the copy; a moment earlier than it says, as it tells whole seconds.
    fn copied_until(&self) -> Instant {
        let asked = Instant::now();
        asked - Duration::from_secs(self.figure("entente_copy_behind_seconds") + 1)
    }

    fn wait_until_copied(&self) {
        let since = Instant::now();
        while self.copied_until() < since {
            assert!(since.elapsed() < BEHIND_AT_MOST, "the copy is late");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn wait_until_failing(&self, figure: u64) {
        let since = Instant::now();
        while self.figure("entente_copy_failing") != figure {
            assert!(since.elapsed() < Duration::from_secs(20), "entente_copy_failing is not {figure}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn send(&self, server: &Server, calls: &[Value]) {
        let bearer = format!("Bearer {}", self.api);
        let body = json!({ "batch": calls }).to_string();
        let answer = post(server.address, "/v1/batch", &[("authorization", &bearer)], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn ask(&self, server: &Server, method: &str, path: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            server.address, self.api
        );
        exchange(server.address, request.as_bytes()).unwrap()
    }

    fn person(&self, server: &Server, user: &str) -> Option<String> {
        let found = self.ask(server, "GET", &format!("/api/v1/profiles?identifier=user_id:{user}")).json();
        found["data"][0]["id"].as_str().map(str::to_owned)
    }

    /// Runs a command on another folder, in which there is nothing but the key file.
    fn restore(&self, into: &Path, more: &[&str]) -> Output {
        let mut command = entente();
        command.arg("restore").arg(self.copy()).args(more).arg("--data").arg(into);
        command.current_dir(self.data.folder()).output().unwrap()
    }

    fn empty(&self, name: &str) -> PathBuf {
        let folder = self.data.folder().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::copy(self.data.folder().join("kept.key"), folder.join("entente.key")).unwrap();
        folder
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn told_wrong(output: &Output, words: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    words.iter().for_each(|word| assert!(told.contains(word), "{word:?} in {told}"));
}

fn seen(id: &str, user: &str) -> Value {
    json!({"type": "track", "event": "Seen", "messageId": id, "userId": user, "properties": {"path": format!("/{id}")}})
}

fn kept_ids(data: &Path) -> Vec<String> {
    let restored = db::Db::open_sqlite(&data.join("entente.sqlite"), MIGRATIONS).unwrap();
    let kept = restored.read_blocking(|tx| {
        let shop = workspaces::the_first(tx)?.unwrap().id;
        let rows = log::newest_named(tx, shop, "Seen", 100_000)?;
        let id = |row: log::LogRow| row.message_id(crm::kernel::Sight::Whole).text().unwrap_or_default().to_owned();
        Ok::<_, DbError>(rows.into_iter().map(id).collect())
    });
    restored.close_blocking();
    kept.unwrap()
}

fn doctor(data: &Path) {
    let told = entente().args(["doctor", "--all", "--data"]).arg(data).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
}

#[test]
fn a_lost_machine_comes_back_from_its_copy_with_all_that_was_acknowledged_a_minute_before_and_the_erased_stay_erased() {
    let shop = Shop::set_up();
    let mut server = shop.start();
    shop.wait_until_copied();
    let denied = json!({"type": "track", "event": "Consent Updated", "messageId": "c", "userId": "gone",
        "context": {"traits": {"email": "gone@example.com"}},
        "properties": {"channel": "email", "purpose": "marketing", "state": "denied"}});
    shop.send(&server, &[denied, seen("g", "gone"), seen("k", "kept")]);
    shop.wait_until_copied();
    let before_erasure = now();
    let gone = shop.person(&server, "gone").unwrap();
    let erased = shop.ask(&server, "DELETE", &format!("/api/v1/profiles/{gone}"));
    assert_eq!((erased.status, &erased.json()["suppressed"]), (200, &json!(1)), "{}", erased.body);

    let is_over = AtomicBool::new(false);
    let (acknowledged, copied_until) = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut acknowledged = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let ids: Vec<String> = (0..20).map(|one| format!("m{}-{one}", acknowledged.len())).collect();
                let calls: Vec<Value> = ids.iter().map(|id| seen(id, &format!("u{}", id.len()))).collect();
                shop.send(&server, &calls);
                std::thread::sleep(Duration::from_millis(20));
                acknowledged.extend(ids.into_iter().map(|id| (Instant::now(), id)));
            }
            acknowledged
        });
        std::thread::sleep(Duration::from_secs(14));
        let copied_until = shop.copied_until();
        assert_eq!(shop.figure("entente_copy_failing"), 0);
        is_over.store(true, Ordering::Relaxed);
        (load.join().unwrap(), copied_until)
    });
    server.kill();
    std::fs::remove_dir_all(shop.data.data_folder()).unwrap();
    assert!(copied_until.elapsed() < BEHIND_AT_MOST);

    let data = shop.empty("data");
    let told = json_of(&shop.restore(&data, &["--json"]));
    assert_eq!((&told["damage"], &told["erased_again"]), (&json!([]), &json!(0)), "{told}");
    doctor(&data);
    let kept = kept_ids(&data);
    let promised: Vec<&String> = acknowledged.iter().filter(|(at, _)| *at < copied_until).map(|(_, id)| id).collect();
    assert!(promised.len() > 100, "{} of {}", promised.len(), acknowledged.len());
    assert!(promised.iter().all(|id| kept.contains(id)), "acknowledged before the instant that the figure told");

    let mut server = shop.start();
    assert_eq!(shop.person(&server, "gone"), None);
    assert!(shop.person(&server, "kept").is_some());
    let granted = json!({"type": "track", "event": "Consent Updated", "messageId": "again", "userId": "back",
        "context": {"traits": {"email": "gone@example.com"}},
        "properties": {"channel": "email", "purpose": "marketing", "state": "granted"}});
    shop.send(&server, &[granted]);
    let back = shop.person(&server, "back").unwrap();
    let profile = shop.ask(&server, "GET", &format!("/api/v1/profiles/{back}")).json();
    assert_eq!(profile["consents"], json!([]), "the address is still on the suppression list");
    assert_eq!(server.terminate(), Some(0));

    as_it_was_before_the_erasure(&shop, before_erasure);
}

/// He is in that state of the database, and in the ledger that goes with the copy.
fn as_it_was_before_the_erasure(shop: &Shop, at: Timestamp) {
    let data = shop.empty("earlier");
    let told = json_of(&shop.restore(&data, &["--at", &at.to_string(), "--json"]));
    assert_eq!((&told["damage"], &told["erased_again"]), (&json!([]), &json!(1)), "{told}");
    doctor(&data);
    let kept = kept_ids(&data);
    assert_eq!(kept, ["k"], "what came later is not there, nor is what came from him");
    // Without the key file the ledger waits for the server's start.
    let keyless = shop.data.folder().join("keyless");
    let output = shop.restore(&keyless, &["--at", &at.to_string(), "--json"]);
    assert_eq!(json_of(&output)["erased_again"], Value::Null);
    assert!(String::from_utf8_lossy(&output.stderr).contains("The key file is not at"));
    assert!(keyless.join("entente.erasures").is_file());
    let key_in_copy = std::fs::read_dir(shop.copy())
        .unwrap()
        .any(|entry| entry.unwrap().path().extension().is_some_and(|ending| ending == "key"));
    assert!(!key_in_copy, "what the key seals stays sealed for whoever finds the copy");
}

#[test]
fn the_folder_of_a_copy_is_restored_over_no_data_and_damage_is_told() {
    let shop = Shop::set_up();
    let mut server = shop.start();
    shop.wait_until_copied();
    for number in 0..3 {
        shop.send(&server, &[seen(&format!("m{number}"), "ana")]);
        shop.wait_until_copied();
    }
    assert_eq!(server.terminate(), Some(0));
    told_wrong(&shop.restore(&shop.data.data_folder(), &[]), &["it holds data already"]);
    let nowhere = shop.data.folder().join("nowhere");
    told_wrong(&shop.restore(&nowhere, &["--at", "2020-01-01T00:00:00Z"]), &["its oldest instant is"]);
    let elsewhere = entente().arg("restore").arg(shop.copy()).args(["--database-url", "postgres://x"]).output();
    told_wrong(&elsewhere.unwrap(), &["restores into a folder", "db copy"]);
    let nothing = entente().arg("restore").arg(shop.data.folder()).arg("--data").arg(&nowhere).output();
    told_wrong(&nothing.unwrap(), &["there is no copy of a database here"]);
    let file = shop.data.folder().join("a.entente").display().to_string();
    shop.data.run_well(&["backup", &file]);
    let at = entente().args(["restore", &file, "--at", "2026-01-01"]).arg("--data").arg(&nowhere).output();
    told_wrong(&at.unwrap(), &["--at is for the folder of a copy"]);

    let whole = shop.empty("whole");
    let told = json_of(&shop.restore(&whole, &["--json"]));
    assert_eq!((&told["damage"], kept_ids(&whole).len()), (&json!([]), 3));
    doctor(&whole);
    let line = std::fs::read_dir(shop.copy()).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let pieces = std::fs::read_dir(line.unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let last = pieces.filter(|path| path.display().to_string().contains("piece-")).max().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    let middle = bytes.len() / 2;
    // One bit may leave what is compressed as it was; so many do not.
    bytes[middle..middle + 16].iter_mut().for_each(|byte| *byte ^= 0xff);
    std::fs::write(&last, bytes).unwrap();
    let cut = shop.empty("cut");
    let output = shop.restore(&cut, &["--json"]);
    assert_eq!(json_of(&output)["damage"].as_array().unwrap().len(), 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains("What was copied after the damage could not be used"));
    assert!(kept_ids(&cut).len() <= 3);
    doctor(&cut);
}

#[test]
fn a_copy_of_postgres_is_left_to_postgres_and_a_missing_folder_stops_nobody() {
    let output = entente().args(["serve", "--copy-dir", "x", "--database-url", "postgres://127.0.0.1:1/x"]).output();
    told_wrong(&output.unwrap(), &["pg_receivewal", "take copy_dir away"]);
    let shop = Shop::set_up();
    std::fs::remove_dir(shop.copy()).unwrap();
    let mut server = shop.start();
    shop.wait_until_failing(1);
    shop.send(&server, &[seen("m", "ana")]);
    assert_eq!(get(server.address, "/readyz").unwrap().body, "ready\n", "a minute late is when it is told");
    std::fs::create_dir(shop.copy()).unwrap();
    shop.wait_until_copied();
    shop.wait_until_failing(0);
    let aside = shop.data.folder().join("aside");
    std::fs::rename(shop.copy(), &aside).unwrap();
    shop.wait_until_failing(1);
    shop.send(&server, &[seen("n", "ana")]);
    assert!(server.log().iter().any(|line| line.contains("there is no such folder")), "{:?}", server.log());
    std::fs::rename(&aside, shop.copy()).unwrap();
    shop.wait_until_copied();
    assert_eq!(server.terminate(), Some(0));
    let again = shop.empty("again");
    assert_eq!(json_of(&shop.restore(&again, &["--json"]))["damage"], json!([]));
    assert_eq!(kept_ids(&again).len(), 2);
}
