//! The audit trail on its way out: `entente audit`, and the file that follows it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::app::form_body;

use crate::running::{Data, PASSWORD, Server, entente, note_owner, post};

/// The lines of a text, each a JSON object.
fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn actions(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["action"].as_str().unwrap()).collect()
}

/// Signs the owner in, or tries to; each leaves a line of the trail.
fn sign_in(server: &Server, password: &str) {
    let origin = format!("http://{}", server.address);
    let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let fields = form_body(&[("email", "ana@example.com"), ("password", password)]);
    post(server.address, "/sign-in", &headers, fields.as_bytes()).unwrap();
}

/// An installation whose trail has some entries, of which the last is of a sign-in.
fn installation(data: &Data) {
    data.set_up();
    note_owner(data);
    data.run_well(&["keys", "create", "--kind", "api", "--name", "Till"]);
    let mut server = Server::start(data);
    sign_in(&server, PASSWORD);
    assert_eq!(server.terminate(), Some(0));
}

/// Somebody with the database changes it, without the key file.
fn forge(data: &Data, statement: db::Sql) {
    let db = data.open();
    let changed: Result<usize, db::DbError> = db.write_blocking(move |tx| tx.execute(statement, &[]));
    assert!(changed.unwrap() > 0);
    db.close_blocking();
}

#[test]
fn the_trail_is_written_out_as_json_lines_with_its_chain_on_both_databases() {
    for data in Data::on_both() {
        installation(&data);
        let all = records(&data.run_well(&["audit", "export"]));
        assert_eq!(actions(&all).last(), Some(&"signed_in"));
        assert!(actions(&all).contains(&"api_key_created"), "{all:?}");
        let seqs: Vec<i64> = all.iter().map(|record| record["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, (1..=all.len() as i64).collect::<Vec<_>>());
        let macs: BTreeSet<&str> = all.iter().map(|record| record["mac"].as_str().unwrap()).collect();
        assert!(macs.len() == all.len() && macs.iter().all(|mac| mac.len() == 64), "{macs:?}");
        assert!(all.iter().all(|record| record["workspace"].as_str().unwrap().starts_with("wsp_")));
        let last = all.last().unwrap();
        let since = |at: &str| records(&data.run_well(&["audit", "export", "--since", at]));
        assert_eq!(since(last["at"].as_str().unwrap()).last(), Some(last));
        assert_eq!(since("2000-01-01"), all);
        assert_eq!(since("2999-01-01T08:00:00+01:00"), Vec::<Value>::new());
        assert_eq!(data.run(&["audit", "export", "--since", "yesterday"]).status.code(), Some(2));
    }
}

#[test]
fn a_forged_trail_and_one_taken_back_to_an_earlier_day_are_found() {
    for data in Data::on_both() {
        installation(&data);
        let kept = data.folder().join("kept.jsonl");
        let kept_name = kept.display().to_string();
        std::fs::write(&kept, data.run_well(&["audit", "export"])).unwrap();
        assert_eq!(data.run_well(&["audit", "verify"]), "");
        assert_eq!(data.run_well(&["audit", "verify", "--against", &kept_name]), "");
        // The newest line was written after the day to which the database is taken back.
        let text = std::fs::read_to_string(&kept).unwrap();
        let newest = text.lines().last().unwrap();
        let later = newest.replace("\"signed_in\"", "\"member_removed\"");
        let found = |text: &str, with: &[&str]| {
            std::fs::write(&kept, text).unwrap();
            let told = data.run(&[&["audit", "verify"], with].concat());
            assert_eq!(told.status.code(), Some(1), "{told:?}");
            String::from_utf8(told.stdout).unwrap()
        };
        let against: &[&str] = &["--against", &kept_name];
        let other = found(&text.replace(newest, &later), against);
        assert!(other.contains("is another one than was kept"), "{other}");
        let seq = records(newest)[0]["seq"].as_i64().unwrap();
        let gone = newest.replace(&format!("\"seq\":{seq}"), &format!("\"seq\":{}", seq + 1));
        let gone = found(&format!("{text}{gone}\n"), against);
        assert!(gone.contains(&format!("entry {} was kept and is gone", seq + 1)), "{gone}");
        forge(&data, db::sql("UPDATE audit_entries SET detail = 'nothing' WHERE seq = 2"));
        let forged = found(&text, &[]);
        assert!(forged.contains("entry 2 was changed, or the one before it"), "{forged}");
        let told = data.run(&["audit", "verify", "--against", "no-such-file"]);
        assert_eq!(told.status.code(), Some(2));
    }
}

/// Waits until the file holds this many different entries; those that came twice count once.
fn wait_for(file: &Path, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut seen = BTreeSet::new();
        let mut there = records(whole);
        there.retain(|record| seen.insert(record.to_string()));
        if there.len() >= count {
            return there;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{} of {count}: {text}", there.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_audit_log_follows_the_trail_over_kills_and_a_file_that_is_moved_away() {
    for data in Data::on_both() {
        data.set_up();
        note_owner(&data);
        let file = data.folder().join("audit.jsonl");
        let name = file.display().to_string();
        let flags = ["--audit-log", name.as_str()];
        let mut server = Server::start_with(&data, &flags);
        let at_first = records(&data.run_well(&["audit", "export"])).len();
        sign_in(&server, "a wrong password 1");
        let there = wait_for(&file, at_first + 1);
        assert_eq!(actions(&there).last(), Some(&"sign_in_refused"));
        sign_in(&server, PASSWORD);
        // Before or after it was written: the next process knows.
        server.kill();
        let mut server = Server::start_with(&data, &flags);
        let there = wait_for(&file, at_first + 2);
        assert_eq!(there, records(&data.run_well(&["audit", "export"])));
        let moved = data.folder().join("audit.jsonl.1");
        std::fs::rename(&file, &moved).unwrap();
        sign_in(&server, PASSWORD);
        let fresh = wait_for(&file, 1);
        assert_eq!(actions(&fresh), ["signed_in"]);
        assert_eq!(server.log(), Vec::<String>::new());
        assert_eq!(server.terminate(), Some(0));
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        data.run_well(&["audit", "verify", "--against", &name]);
    }
}

#[test]
fn after_a_restore_of_an_earlier_day_the_audit_log_says_so_and_writes_all_of_it_again() {
    let data = Data::sqlite();
    installation(&data);
    let file = data.folder().join("audit.jsonl");
    let name = file.display().to_string();
    let flags = ["--audit-log", name.as_str()];
    let there = records(&data.run_well(&["audit", "export"]));
    let mut server = Server::start_with(&data, &flags);
    wait_for(&file, there.len());
    assert_eq!(server.terminate(), Some(0));
    // As if the newest entry had been another one.
    let position = data.folder().join("audit.jsonl.position");
    let kept = std::fs::read_to_string(&position).unwrap();
    let mac = there.last().unwrap()["mac"].as_str().unwrap();
    std::fs::write(&position, kept.replace(mac, &"0".repeat(64)).replace("\"seq\":", "\"seq\":1")).unwrap();
    std::fs::remove_file(&file).unwrap();
    // What it says before it listens is no part of a server's log here.
    let said = data.folder().join("said");
    let mut command = entente();
    command.arg("serve").args(data.arguments()).args(["--listen", "127.0.0.1:0", "--audit-log", &name]);
    let mut child = command.stderr(std::fs::File::create(&said).unwrap()).spawn().unwrap();
    assert_eq!(wait_for(&file, there.len()), there);
    child.kill().unwrap();
    child.wait().unwrap();
    let said = std::fs::read_to_string(said).unwrap();
    assert!(said.contains("another one than was written"), "{said}");
    let told = data.run(&["serve", "--listen", "127.0.0.1:0", "--audit-log", "/no/such/folder/audit.jsonl"]);
    assert_eq!(told.status.code(), Some(2));
}
