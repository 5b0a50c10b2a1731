//! The content security policy, judged by the tool that its authors made for it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::node;

use crate::running::{Data, Server, get, note_owner, repository};

/// What csp_evaluator finds.
fn findings(evaluator: &Path, policy: &str) -> Vec<Value> {
    let told = Command::new("node").arg("evaluate.mjs").arg(policy).current_dir(evaluator).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

fn high(findings: &[Value]) -> Vec<&Value> {
    let is_high =
        |one: &&Value| ["HIGH", "SYNTAX", "HIGH_MAYBE", "MEDIUM"].contains(&one["severity"].as_str().unwrap());
    findings.iter().filter(is_high).collect()
}

#[test]
fn csp_evaluator_finds_nothing_high_in_the_policy_of_every_page() {
    let Some(evaluator) = node::project("csp", &repository().join("crates/server/tests/csp")) else { return };
    let bad = findings(&evaluator, "script-src 'unsafe-inline' *");
    assert_eq!(high(&bad).len(), 3, "it finds what there is to find: {bad:?}");
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let server = Server::start(&data);
    for path in ["/sign-in", "/nowhere", "/api/v1/openapi.json", "/sdk.js", "/v1/track"] {
        let policy = get(server.address, path).unwrap().header("content-security-policy");
        let found = findings(&evaluator, &policy);
        assert!(high(&found).is_empty(), "{path}: {found:?}");
    }
}
