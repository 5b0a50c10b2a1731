//! What real client libraries send: recorded, and live where Node and Python are at hand.

use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::running::{Data, Server, note_owner, post, repository, shared};

#[test]
fn the_recorded_traffic_of_three_vendors_is_accepted() {
    let Some(file) = shared("fixtures/sdk/segment-rudder-jitsu.jsonl") else { return };
    let recorded = std::fs::read_to_string(file).unwrap();
    for data in Data::on_both() {
        let key = data.set_up();
        note_owner(&data);
        let mut server = Server::start(&data);
        let basic = format!("Basic {}", STANDARD.encode(format!("{key}:")));
        for line in recorded.lines() {
            let request: Value = serde_json::from_str(line).unwrap();
            let sent = |name: &str| {
                let headers = request["headers"].as_object().unwrap();
                headers
                    .iter()
                    .find(|(header, _)| header.eq_ignore_ascii_case(name))
                    .and_then(|(_, value)| value.as_str())
            };
            let mut body = request["body"].as_str().unwrap().as_bytes().to_vec();
            let mut headers = vec![("content-type", sent("content-type").unwrap())];
            if sent("content-encoding") == Some("gzip") {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&body).unwrap();
                body = encoder.finish().unwrap();
                headers.push(("content-encoding", "gzip"));
            }
            match sent("x-write-key") {
                Some(_) => headers.push(("x-write-key", &key)),
                None => headers.push(("authorization", &basic)),
            }
            let path = request["path"].as_str().unwrap();
            for _ in 0..2 {
                let answer = post(server.address, path, &headers, &body).unwrap();
                assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"success":true}"#), "{path}");
            }
        }
        assert_eq!(server.terminate(), Some(0));
        data.run_well(&["doctor", "--all"]);
    }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn is_skipped(variable: &str, programs: &[&str]) -> bool {
    let is_asked_for = std::env::var_os(variable).is_some();
    let is_missing = !programs.iter().all(|program| is_there(program));
    if is_asked_for || is_missing {
        eprintln!("SKIPPED: the client libraries of {programs:?} ({variable} is set, or they are not installed)");
    }
    is_asked_for || is_missing
}

/// The script runs all three libraries: either language missing skips it.
#[test]
fn public_client_libraries_send_unchanged_but_for_the_host() {
    let skips_node = is_skipped("ENTENTE_TEST_SKIP_NODE_CLIENTS", &["node", "npm"]);
    if is_skipped("ENTENTE_TEST_SKIP_PYTHON_CLIENTS", &["python3"]) || skips_node {
        return;
    }
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let server = Server::start(&data);
    let output = Command::new("sh")
        .arg(repository().join("examples/clients/run.sh"))
        .args([format!("http://{}", server.address), key])
        .env("ENTENTE_CLIENTS_DIR", testkit::others::folder("clients"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let clients: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(clients.len(), 3);
    assert!(clients.iter().all(|client| client["failures"].as_array().is_some_and(Vec::is_empty)), "{told}");
}
