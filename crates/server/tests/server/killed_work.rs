//! Long work that kill -9 ends in its middle: an import, and the build of a segment.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::crm::{commerce, profiles, workspaces};
use words::Timestamp;

use crate::running::{Answer, Data, Server, entente, exchange, note_owner, post, repository, shared};

/// A machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(240);

/// People, orders and their sum.
type Figures = (i64, (i64, i64));

fn figures(db: &db::Db) -> Figures {
    let read: Result<Figures, db::DbError> = db.read_blocking(|tx| {
        let shop = workspaces::the_first(tx)?.unwrap().id;
        let orders = commerce::store::totals(tx, shop, "USD", Timestamp::MIN, Timestamp::MAX)?;
        Ok((profiles::store::count_people(tx, shop)?, orders))
    });
    read.unwrap()
}

/// The arguments of an import of purchases, with its mapping.
fn import_of(file: &Path) -> Vec<String> {
    let map = repository().join("examples/cdnow/cdnow.toml").display().to_string();
    let file = file.display().to_string();
    ["import", "orders", &file, "--map", &map, "--json"].map(str::to_owned).to_vec()
}

/// Starts the import and ends it at once when so many orders are there.
fn kill_import_at(data: &Data, file: &Path, orders: i64) {
    let mut command = entente();
    command.args(import_of(file)).args(data.arguments()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (db, begun) = (data.open_beside(), Instant::now());
    while figures(&db).1.0 < orders {
        assert!(child.try_wait().unwrap().is_none(), "the import ended before it could be killed at {orders}");
        assert!(begun.elapsed() < PATIENCE, "{orders} orders did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = figures(&db).1.0;
    db.close_blocking();
    assert!(kept >= orders, "{kept} orders after the kill, {orders} before it");
}

/// An import that is killed several times, and then left to end: what it answered, and what is there.
fn killed_import(data: &Data, file: &Path, kills: &[i64]) -> (Value, Figures) {
    data.set_up();
    kills.iter().for_each(|orders| kill_import_at(data, file, *orders));
    let arguments = import_of(file);
    let told = data.run_well(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(data.run_well(&["doctor", "--all"]), "");
    let db = data.open();
    let there = figures(&db);
    db.close_blocking();
    (serde_json::from_str(&told).unwrap(), there)
}

fn count(summary: &Value, name: &str) -> i64 {
    summary[name].as_i64().unwrap()
}

/// Of the real purchases; all of them are imported by a test without kills.
const PURCHASES: usize = 8_000;

#[test]
fn an_import_of_purchases_killed_three_times_ends_on_both_databases_as_one_that_was_not() {
    let Some(file) = shared("cdnow/CDNOW_master.txt") else { return };
    let undisturbed = Data::sqlite();
    let text = std::fs::read_to_string(&file).unwrap();
    let cut = undisturbed.folder().join("purchases.txt");
    std::fs::write(&cut, text.lines().take(1 + PURCHASES).collect::<Vec<_>>().join("\n")).unwrap();
    let (_, wanted) = killed_import(&undisturbed, &cut, &[]);
    assert_eq!(wanted.1.0, 8_000);
    for data in Data::on_both() {
        let (told, there) = killed_import(&data, &cut, &[1_000, 2_500, 4_500]);
        assert_eq!(there, wanted);
        assert_eq!((count(&told, "read"), count(&told, "rejected")), (8_000, 0));
        assert_eq!(count(&told, "accepted") + count(&told, "repeated"), 8_000);
        assert!(count(&told, "repeated") >= 4_500, "{told}");
    }
}

const PEOPLE: usize = 10_000;
/// Two of three looked at least twice.
const CONDITION: &str = r#"{"event":"Product Viewed","count":{"op":"gte","value":2}}"#;
const LOOKED_TWICE: i64 = 6_666;

/// Ten thousand people who looked at products once, twice or three times.
fn fill(data: &Data) {
    let file = data.folder().join("views.jsonl");
    let view = |person: usize, view: usize| {
        let call = json!({"type": "track", "event": "Product Viewed", "userId": format!("u{person}"),
            "messageId": format!("{person}-{view}"), "timestamp": "2024-01-02T03:04:05Z"});
        format!("{call}\n")
    };
    let lines = (0..PEOPLE).flat_map(|person| (0..=person % 3).map(move |number| view(person, number)));
    std::fs::write(&file, lines.collect::<String>()).unwrap();
    data.run_well(&["import", "events", &file.display().to_string()]);
}

/// A program that asks the shop's API.
struct Program {
    address: SocketAddr,
    bearer: String,
}

impl Program {
    fn get(&self, path: &str) -> Answer {
        let Self { address, bearer } = self;
        let head = format!("GET {path} HTTP/1.1\r\nhost: t\r\nauthorization: {bearer}\r\nconnection: close\r\n\r\n");
        exchange(*address, head.as_bytes()).unwrap()
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        post(self.address, path, &[("authorization", &self.bearer)], body.as_bytes()).unwrap()
    }

    fn make_segment(&self, name: &str) -> String {
        let made = self.post("/api/v1/segments", &format!(r#"{{"name":"{name}","condition":{CONDITION}}}"#));
        assert_eq!(made.status, 201, "{}", made.body);
        format!("/api/v1/segments/{}", made.json()["id"].as_str().unwrap())
    }

    /// How far the build is, from 0 to 1.
    fn progress(&self, segment: &str) -> f64 {
        let told = self.get(segment).json();
        if told["status"] == "live" { 1.0 } else { told["progress"].as_f64().unwrap() }
    }

    fn wait_for(&self, segment: &str, progress: f64) -> f64 {
        let begun = Instant::now();
        loop {
            let now = self.progress(segment);
            if now >= progress {
                return now;
            }
            assert!(begun.elapsed() < PATIENCE, "the build stands at {now}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn members(&self, segment: &str) -> BTreeSet<String> {
        let mut members = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{segment}/members?limit=200{cursor}")).json();
            members.extend(page["data"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return members };
            cursor = format!("&cursor={next}");
        }
    }
}

fn a_killed_build_ends(data: &Data) {
    data.set_up();
    note_owner(data);
    fill(data);
    let bearer = format!("Bearer {}", data.run_well(&["keys", "create", "--kind", "api"]).trim());
    let program = |server: &Server| Program { address: server.address, bearer: bearer.clone() };
    let mut server = Server::start(data);
    let segment = program(&server).make_segment("Killed");
    let mut seen = 0.0;
    for progress in [0.05, 0.3, 0.55, 0.8] {
        let now = program(&server).wait_for(&segment, progress);
        assert!(now < 1.0, "the build was live before it could be killed at {progress}");
        server.kill();
        server = Server::start(data);
        seen = now;
        let after = program(&server).progress(&segment);
        assert!((seen..1.0).contains(&after), "{seen} before the kill, {after} after it");
    }
    assert!(seen >= 0.8);
    let program = program(&server);
    program.wait_for(&segment, 1.0);
    let twin = program.make_segment("Left alone");
    program.wait_for(&twin, 1.0);
    let preview = program.post("/api/v1/segments/preview", &format!(r#"{{"condition":{CONDITION}}}"#)).json();
    let (members, expected) = (program.members(&segment), program.members(&twin));
    assert_eq!(preview["count"], LOOKED_TWICE);
    assert_eq!(program.get(&segment).json()["count"], LOOKED_TWICE);
    assert_eq!(members.len() as i64, LOOKED_TWICE);
    assert!(members == expected, "{} members are others", members.symmetric_difference(&expected).count());
    drop(server);
    assert_eq!(data.run_well(&["doctor", "--all"]), "");
}

#[test]
fn a_segment_build_killed_four_times_goes_on_and_ends_with_the_right_members_on_sqlite() {
    a_killed_build_ends(&Data::sqlite());
}

#[test]
fn a_segment_build_killed_four_times_goes_on_and_ends_with_the_right_members_on_postgres() {
    if !testkit::databases::is_postgres_skipped() {
        a_killed_build_ends(&Data::postgres());
    }
}
