use testkit::crm::{profiles, workspaces};

use crate::running::{Data, Server, is_true_soon, note_owner, post};

/// Somebody with an order, and nothing wrong with it.
fn with_somebody(data: &Data) {
    let key = data.set_up();
    note_owner(data);
    let mut server = Server::start(data);
    let body = r#"{"batch":[
        {"type":"identify","userId":"u","traits":{"email":"u@example.com"}},
        {"type":"track","userId":"u","event":"Order Completed","properties":{"order_id":"1","total":20,"currency":"EUR"}}
    ]}"#;
    assert_eq!(post(server.address, "/v1/batch", &[("x-write-key", &key)], body.as_bytes()).unwrap().status, 200);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn what_was_damaged_is_named_on_a_line_of_its_own_and_nothing_else_is() {
    for data in Data::on_both() {
        with_somebody(&data);
        assert_eq!(data.run_well(&["doctor", "--all"]), "");
        let db = data.open();
        let damaged: Result<(), db::DbError> = db.write_blocking(|tx| {
            let shop = workspaces::the_first(tx)?.unwrap().id;
            let mut person = profiles::store::states_of(tx, shop, &[1])?.remove(0);
            let timer = person.standing.timer_at.unwrap();
            profiles::store::delete_timers(tx, shop, vec![(timer, 1)])?;
            person.standing.memberships.clear();
            let state = profiles::StoredState::of(1, &person.facts, &person.standing, &person.recent);
            profiles::store::put_states(tx, shop, vec![state])
        });
        damaged.unwrap();
        db.close_blocking();
        let output = data.run(&["doctor", "--all"]);
        assert_eq!(output.status.code(), Some(1));
        let findings = String::from_utf8(output.stdout).unwrap();
        for check in [
            "timers: person 1 waits for",
            "memberships: person 1 is no member of",
            "lists person 1, who does not stand in it",
        ] {
            assert!(findings.contains(check), "{check} in {findings}");
        }
        assert!(!findings.contains("u@example.com"));
        let json = data.run(&["doctor", "--all", "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(report[0]["findings"].as_array().unwrap().len(), findings.lines().count());
    }
}

#[test]
fn the_doctor_tells_how_old_the_last_backup_and_the_copy_are() {
    for data in Data::on_both() {
        data.set_up();
        let told = |flags: &[&str]| {
            let output = data.run(&[&["doctor"], flags].concat());
            assert!(output.status.success() && output.stdout.is_empty());
            String::from_utf8(output.stderr).unwrap()
        };
        assert!(told(&[]).contains("no backup by `entente backup` is known"));
        data.run_well(&["backup", data.folder().join("one.entente").to_str().unwrap()]);
        let after = told(&[]);
        let line = after.lines().find(|line| line.starts_with("the last backup was made at 20")).unwrap();
        assert!(line.ends_with("ago") && !after.contains("copy"), "{after}");
    }
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let copy = data.folder().join("copy");
    std::fs::create_dir(&copy).unwrap();
    let flags = ["--copy-dir", copy.to_str().unwrap()];
    let told = || String::from_utf8(data.run(&[&["doctor"], &flags[..]].concat()).stderr).unwrap();
    assert!(told().contains("holds nothing that could be restored"));
    let _server = Server::start_with(&data, &flags);
    assert!(is_true_soon(|| told().contains(&format!("the newest part of the copy in {} is of 20", copy.display()))));
}
