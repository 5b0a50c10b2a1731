//! Whether a parameter reaches SQL as more than a value: sqlmap asks every route that searches or lists.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::python;

use crate::running::{Data, Server, note_owner, post, repository};

/// What sqlmap says of a request of which no parameter reaches SQL.
const CLEAN: &str = "all tested parameters do not appear to be injectable";

/// Requests that search and list, with `*` where sqlmap puts what it makes up.
fn requests(profile: &str, segment: &str) -> Vec<(String, Option<Value>)> {
    let condition = |field: &str, operator: &str, value: &str| json!({"condition": {"all": [{"trait": field, "op": operator, "value": value}]}});
    vec![
        ("/api/v1/profiles?q=Ana*&limit=5".to_owned(), None),
        ("/api/v1/profiles?identifier=email:ana*@example.com".to_owned(), None),
        (format!("/api/v1/profiles?segment={segment}*&after=a*"), None),
        (format!("/api/v1/profiles/{profile}/timeline?kind=orders*&before=b*"), None),
        (format!("/api/v1/segments/{segment}/members?after=5*&at=2026-01-01T00:00:00Z*"), None),
        ("/api/v1/segments/preview".to_owned(), Some(condition("city*", "eq", "Lyon*"))),
        (
            "/api/v1/segments/preview".to_owned(),
            Some(json!({"condition": {"event": "Page*", "count": {"op": "gte", "value": 1}, "within": "30d*",
                                      "where": [{"property": "path*", "op": "contains", "value": "a*"}]}})),
        ),
    ]
}

/// People, orders and a segment, so that true and false questions have different answers.
fn fill(server: &Server, key: &str) -> (String, String) {
    let bearer = format!("Bearer {key}");
    let send = |path: &str, body: &Value| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = post(server.address, path, &headers, body.to_string().as_bytes()).unwrap();
        assert!(answer.status < 300, "{path}: {}", answer.body);
        answer
    };
    let person = |number: usize| {
        json!({"type": "identify", "userId": format!("u{number}"), "messageId": format!("m{number}"),
               "traits": {"name": format!("Ana {number}"), "email": format!("ana{number}@example.com"), "city": "Lyon"}})
    };
    let page = |number: usize| {
        json!({"type": "page", "userId": format!("u{number}"), "messageId": format!("p{number}"),
               "properties": {"path": "/a"}})
    };
    let calls: Vec<Value> = (0..20).map(person).chain((0..20).map(page)).collect();
    send("/v1/batch", &json!({ "batch": calls }));
    let segment = json!({"name": "Lyon", "condition": {"trait": "city", "op": "eq", "value": "Lyon"}});
    let segment = send("/api/v1/segments", &segment).json()["id"].as_str().unwrap().to_owned();
    let preview = json!({"condition": {"trait": "city", "op": "eq", "value": "Lyon"}});
    let sample = send("/api/v1/segments/preview", &preview).json();
    (sample["sample"][0]["id"].as_str().unwrap().to_owned(), segment)
}

#[test]
fn sqlmap_finds_no_parameter_that_reaches_sql() {
    let requirements = repository().join("crates/server/tests/sqlmap/requirements.txt");
    let Some(bin) = python::environment("sqlmap", &requirements) else { return };
    for data in Data::on_both() {
        data.set_up();
        note_owner(&data);
        let scopes = "events:write,profiles:write,segments:write";
        let key = data.run_well(&["keys", "create", "--kind", "api", "--scope", scopes]).trim().to_owned();
        let mut server = Server::start(&data);
        let (profile, segment) = fill(&server, &key);
        let engine = if data.arguments().iter().any(|argument| argument.starts_with("postgres")) {
            "PostgreSQL"
        } else {
            "SQLite"
        };
        for (path, body) in requests(&profile, &segment) {
            let mut asking = Command::new(bin.join("sqlmap"));
            asking.args(["--url", &format!("http://{}{path}", server.address), "--batch", "--disable-coloring"]);
            asking.args(["--dbms", engine, "--technique", "BEU", "--level", "1", "--risk", "1", "--threads", "2"]);
            asking.args(["--ignore-code", "400,404,422", "--skip-waf", "--flush-session"]);
            asking.args(["--header", &format!("Authorization: Bearer {key}")]);
            asking.arg("--output-dir").arg(data.folder().join("sqlmap"));
            // It would wait for addresses on its standard input.
            asking.stdin(Stdio::null());
            if let Some(body) = body {
                asking.args(["--method", "POST", "--data", &body.to_string()]);
            }
            // It compares answers, and one that is late on a busy machine may mislead it; what is there it finds each time.
            let mut ask = || String::from_utf8_lossy(&asking.output().unwrap().stdout).into_owned();
            let mut told = ask();
            if !told.contains(CLEAN) {
                eprintln!("{engine} {path}: asked once more after: {told}");
                told = ask();
            }
            assert!(told.contains(CLEAN), "{engine} {path}, twice: {told}");
            assert!(!told.contains("429"), "{path}: it was told to slow down: {told}");
        }
        assert!(server.log().iter().all(|line| !line.contains("ERROR")), "{:?}", server.log());
        assert_eq!(server.terminate(), Some(0));
    }
}
