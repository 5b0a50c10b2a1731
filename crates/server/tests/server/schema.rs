//! The description of the API against the API: schemathesis asks every operation what its schema allows and what not.

use std::process::Command;

use serde_json::{Value, json};
use testkit::python;

use crate::running::{Data, Server, note_owner, post, repository};

/// Examples of each operation; `ENTENTE_SCHEMATHESIS_EXAMPLES=100` is the long run.
const EXAMPLES: &str = "8";
const SEED: &str = "20261122";

/// People and a segment, so that ids lead somewhere.
fn fill(server: &Server, key: &str) {
    let bearer = format!("Bearer {key}");
    let send = |path: &str, body: &Value| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = post(server.address, path, &headers, body.to_string().as_bytes()).unwrap();
        assert!(answer.status < 300, "{path}: {}", answer.body);
    };
    let person = |number: usize| {
        json!({"type": "identify", "userId": format!("u{number}"), "messageId": format!("m{number}"),
               "traits": {"email": format!("p{number}@example.com"), "city": "Lyon"}})
    };
    send("/v1/batch", &json!({"batch": (0..20).map(person).collect::<Vec<_>>()}));
    send("/api/v1/segments", &json!({"name": "Lyon", "condition": {"trait": "city", "op": "eq", "value": "Lyon"}}));
}

#[test]
fn schemathesis_finds_nothing_with_all_of_its_checks() {
    let requirements = repository().join("crates/server/tests/schemathesis/requirements.txt");
    let Some(bin) = python::environment("schemathesis", &requirements) else { return };
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let scopes = "events:write,profiles:write,profiles:erase,segments:write";
    let key = data.run_well(&["keys", "create", "--kind", "api", "--scope", scopes]).trim().to_owned();
    let mut server = Server::start(&data);
    fill(&server, &key);
    let examples = std::env::var("ENTENTE_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let output = Command::new(bin.join("schemathesis"))
        .arg("--config-file")
        .arg(repository().join("crates/server/tests/schemathesis/schemathesis.toml"))
        .args(["run", &format!("http://{}/api/v1/openapi.json", server.address), "--no-color"])
        .args(["--header", &format!("Authorization: Bearer {key}"), "--seed", SEED, "--max-examples", &examples])
        .current_dir(data.folder())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("Tested: 19"), "every operation was asked");
    assert!(server.log().iter().all(|line| !line.contains("ERROR")), "{:?}", server.log());
    assert_eq!(server.terminate(), Some(0));
    data.run_well(&["doctor", "--all"]);
}
