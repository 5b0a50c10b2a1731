//! The content security policy, judged by the tool that its authors made for it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::running::{Data, Server, get, note_owner, repository};

/// What csp_evaluator finds, installed once below the target folder; none where Node cannot be had.
fn findings(policy: &str) -> Option<Vec<Value>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("csp");
    if !folder.join("node_modules").is_dir() {
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["package.json", "package-lock.json", "evaluate.mjs"] {
            std::fs::copy(repository().join("crates/server/tests/csp").join(name), folder.join(name)).unwrap();
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
        if !npm.status().is_ok_and(|status| status.success()) {
            return None;
        }
    }
    let told = Command::new("node").arg("evaluate.mjs").arg(policy).current_dir(&folder).output().ok()?;
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    Some(serde_json::from_slice(&told.stdout).unwrap())
}

fn high(findings: &[Value]) -> Vec<&Value> {
    let is_high =
        |one: &&Value| ["HIGH", "SYNTAX", "HIGH_MAYBE", "MEDIUM"].contains(&one["severity"].as_str().unwrap());
    findings.iter().filter(is_high).collect()
}

#[test]
fn csp_evaluator_finds_nothing_high_in_the_policy_of_every_page() {
    if std::env::var_os("ENTENTE_TEST_SKIP_NODE_CLIENTS").is_some() {
        eprintln!("SKIPPED: ENTENTE_TEST_SKIP_NODE_CLIENTS is set");
        return;
    }
    let Some(bad) = findings("script-src 'unsafe-inline' *") else {
        eprintln!("SKIPPED: csp_evaluator cannot be had here; it needs node and npm");
        return;
    };
    assert_eq!(high(&bad).len(), 3, "it finds what there is to find: {bad:?}");
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let server = Server::start(&data);
    for path in ["/sign-in", "/nowhere", "/api/v1/openapi.json", "/sdk.js", "/v1/track"] {
        let policy = get(server.address, path).unwrap().header("content-security-policy");
        let found = findings(&policy).unwrap();
        assert!(high(&found).is_empty(), "{path}: {found:?}");
    }
}
