//! The audit trail: what it tells, and that nobody changes it unseen.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use crm::doctor::{Sample, examine};
use crm::kernel::{Actor, Language, Role, Scope};
use crm::workspaces::{self, AuditEntry, AuditFilter, AuditMoment};
use db::{DbError, Tx, sql};
use testkit::app::TestApp;
use testkit::on_both;
use words::{Span, WorkspaceId};

use super::{PASSWORD, set_up, sign_in};

async fn actions(test: &TestApp) -> Vec<String> {
    let workspace = test.workspace().await;
    let lines = workspaces::list_audit(&test.app, workspace, AuditFilter::default(), i64::MAX, 100).await.unwrap();
    lines.into_iter().map(|line| line.action).collect()
}

on_both!(sign_ins_denials_and_changes_leave_their_lines, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    sign_in(&test, "a wrong password 1").await;
    test.post_form("/sign-in", "", &[("email", "nobody@example.com"), ("password", PASSWORD)]).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let viewer = test.sign_in_as(Role::Viewer).await;
    assert_eq!(test.get("/settings", &viewer).await.status, StatusCode::FORBIDDEN);
    test.post_form("/settings/keys", &owner, &[("name", "Till"), ("scope-profiles-read", "on")]).await;
    let expected = [
        "api_key_created",
        "access_denied",
        "member_added",
        "signed_in",
        "sign_in_refused",
        "signed_in",
        "workspace_set_up",
    ];
    assert_eq!(actions(&test).await, expected);
    let page = test.get("/audit", &owner).await;
    for text in ["Accès refusé", "Mot de passe refusé", "Clé d’API créée", "Ana Martin", "/settings"] {
        assert!(page.body.contains(text), "{text}");
    }
});

on_both!(looking_at_a_person_is_noted_once_an_hour_for_each_member, |db| async move {
    let test = TestApp::new(db);
    let (agent, viewer) = (test.sign_in_as(Role::Agent).await, test.sign_in_as(Role::Viewer).await);
    let key = test.api_key(&[Scope::EventsWrite]).await;
    let call = serde_json::json!({"userId": "u1", "messageId": "m1", "traits": {"email": "luc@example.com"}});
    assert_eq!(test.send_json(Method::POST, "/v1/identify", &key, &call).await.status, StatusCode::OK);
    let list = test.get("/people", &agent).await.body;
    let at = list.find("/people/prf_").expect("the person is listed");
    let person: String =
        list[at..].chars().take_while(|letter| letter.is_alphanumeric() || "/_".contains(*letter)).collect();
    let views = async || actions(&test).await.iter().filter(|action| *action == "person_viewed").count();
    for _ in 0..3 {
        assert_eq!(test.get(&person, &agent).await.status, StatusCode::OK);
    }
    assert_eq!(views().await, 1);
    test.get(&person, &viewer).await;
    assert_eq!(views().await, 2);
    test.advance(Span::from_hours(1));
    test.get(&person, &agent).await;
    assert_eq!(views().await, 3);
    let dpo = test.sign_in_as(Role::Dpo).await;
    assert!(test.get("/audit?action=person_viewed", &dpo).await.body.contains(&person));
});

on_both!(who_hammers_at_a_closed_door_does_not_fill_the_trail, |db| async move {
    let test = TestApp::new(db);
    let viewer = test.sign_in_as(Role::Viewer).await;
    for _ in 0..130 {
        assert_eq!(test.get("/settings", &viewer).await.status, StatusCode::FORBIDDEN);
    }
    let workspace = test.workspace().await;
    let filter = AuditFilter { action: "access_denied".to_owned(), ..AuditFilter::default() };
    let lines = workspaces::list_audit(&test.app, workspace, filter, i64::MAX, 500).await.unwrap();
    assert_eq!(lines.len(), 100);
});

on_both!(the_trail_is_read_page_by_page_and_filtered, |db| async move {
    let test = TestApp::new(db);
    let dpo = test.sign_in_as(Role::Dpo).await;
    let viewer = test.sign_in_as(Role::Viewer).await;
    for _ in 0..60 {
        test.get("/settings", &viewer).await;
    }
    let first = test.get("/audit?action=access_denied", &dpo).await.body;
    let rows = |page: &str| page.matches("<th scope=\"row\"").count();
    assert_eq!(rows(&first), 50);
    let at = first.find("/audit?actor=&amp;action=access_denied&amp;before=").expect("a next page");
    let next: String = first[at..].chars().take_while(|letter| *letter != '"').collect();
    let second = test.get(&next.replace("&amp;", "&"), &dpo).await.body;
    assert_eq!(rows(&second), 10);
    let nobody = test.get("/audit?actor=key_00000000000000000000000000", &dpo).await;
    assert!(nobody.status == StatusCode::OK && nobody.body.contains("No entry matches"));
    assert_eq!(rows(&test.get("/audit?action=member_added", &dpo).await.body), 2);
});

/// What somebody with the database, but without the key file, does to a trail; answers how many rows he changed.
type Edit = fn(&mut Tx<'_>, WorkspaceId) -> Result<usize, DbError>;

/// Carries out one forgery on a trail of six entries, and returns what is found afterwards.
async fn found_after(
    test: &TestApp,
    forge: impl Fn(&mut Tx<'_>, WorkspaceId) -> Result<(), DbError> + Clone + Send + Sync + 'static,
) -> Vec<String> {
    let (workspace, vault) = (test.workspace().await, test.app.settings.vault.clone());
    // Forged, looked at, and rolled back: the next forgery starts from a whole trail.
    let outcome = test.app.db.write(move |tx| {
        forge(tx, workspace).map_err(Seen::Db)?;
        let findings = workspaces::verify_audit(tx, workspace, &vault).map_err(Seen::Db)?;
        Err::<(), Seen>(Seen::Findings(findings))
    });
    match outcome.await {
        Err(Seen::Findings(findings)) => findings,
        Err(Seen::Db(error)) => panic!("{error}"),
        Ok(()) => unreachable!("the transaction is always rolled back"),
    }
}

enum Seen {
    Findings(Vec<String>),
    Db(DbError),
}

impl From<DbError> for Seen {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

on_both!(an_edited_deleted_moved_or_added_entry_is_found, |db| async move {
    let test = TestApp::new(db);
    for role in [Role::Owner, Role::Admin, Role::Agent, Role::Viewer, Role::Dpo] {
        test.sign_in_as(role).await;
    }
    assert_eq!(actions(&test).await.len(), 6);
    assert_eq!(found_after(&test, |_, _| Ok(())).await, Vec::<String>::new());

    let edits: [Edit; 9] = [
        |tx, id| {
            tx.execute(sql("UPDATE audit_entries SET detail = 'viewer' WHERE workspace_id = $1 AND seq = 3"), &[&id])
        },
        |tx, id| tx.execute(sql("UPDATE audit_entries SET at = at + 1 WHERE workspace_id = $1 AND seq = 6"), &[&id]),
        |tx, id| tx.execute(sql("UPDATE audit_entries SET actor = 'x' WHERE workspace_id = $1 AND seq = 1"), &[&id]),
        |tx, id| tx.execute(sql("DELETE FROM audit_entries WHERE workspace_id = $1 AND seq = 1"), &[&id]),
        |tx, id| tx.execute(sql("DELETE FROM audit_entries WHERE workspace_id = $1 AND seq = 4"), &[&id]),
        |tx, id| tx.execute(sql("DELETE FROM audit_entries WHERE workspace_id = $1 AND seq = 6"), &[&id]),
        |tx, id| tx.execute(sql("DELETE FROM audit_entries WHERE workspace_id = $1"), &[&id]),
        |tx, id| tx.execute(sql("DELETE FROM audit_heads WHERE workspace_id = $1"), &[&id]),
        |tx, id| {
            tx.execute(
                sql("INSERT INTO audit_entries (workspace_id, seq, at, actor, action, subject, detail, mac)
                     SELECT workspace_id, seq + 6, at, actor, action, subject, detail, mac FROM audit_entries
                     WHERE workspace_id = $1 AND seq = 2"),
                &[&id],
            )
        },
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let findings = found_after(&test, move |tx, id| edit(tx, id).map(|count| assert!(count > 0))).await;
        assert!(!findings.is_empty(), "forgery {number}");
    }
    let reordered = found_after(&test, |tx, id| {
        for (from, to) in [(2, 100), (3, 2), (100, 3)] {
            tx.execute(
                sql("UPDATE audit_entries SET seq = $3 WHERE workspace_id = $1 AND seq = $2"),
                &[&id, &i64::from(from), &i64::from(to)],
            )?;
        }
        Ok(())
    });
    assert!(!reordered.await.is_empty());
    let cut_with_its_head = found_after(&test, |tx, id| {
        tx.execute(sql("DELETE FROM audit_entries WHERE workspace_id = $1 AND seq > 4"), &[&id])?;
        tx.execute(sql("UPDATE audit_heads SET seq = 4 WHERE workspace_id = $1"), &[&id])?;
        Ok(())
    });
    assert!(!cut_with_its_head.await.is_empty());
});

on_both!(the_trail_is_downloaded_with_a_fresh_proof_and_no_cell_is_a_formula, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let (workspace, moment) = (test.workspace().await, AuditMoment::of(&test.app));
    let planted = move |tx: &mut Tx<'_>| {
        let formula = "=HYPERLINK(\"https://evil.example\")";
        let entry = AuditEntry::new("settings_changed", &formula).detail(&"@SUM(A1)");
        workspaces::record_audit(tx, &Actor::system(workspace), &moment, &entry)
    };
    test.app.db.write(planted).await.unwrap();
    assert!(
        test.get("/audit?action=signed_in", &owner).await.body.contains("/audit/export?actor=&amp;action=signed_in")
    );
    let file = test.get("/audit/export?actor=&action=", &owner).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines[0], "\"number\",\"at\",\"who\",\"what\",\"concerns\",\"details\",\"chain\"");
    assert!(lines[1].contains("\"audit_exported\""), "the download is the newest entry: {}", lines[1]);
    let harmless = "\"'=HYPERLINK(\"\"https://evil.example\"\")\",\"'@SUM(A1)\"";
    assert!(file.body.contains(harmless), "{}", file.body);
    assert_eq!(lines.len() - 1, actions(&test).await.len());
    let filtered = test.get("/audit/export?action=signed_in", &owner).await.body;
    assert!(filtered.lines().skip(1).all(|line| line.contains("\"signed_in\"")) && filtered.lines().count() == 3);
    let viewer = test.sign_in_as(Role::Viewer).await;
    assert_eq!(test.get("/audit/export", &viewer).await.status, StatusCode::FORBIDDEN);
    test.advance(Span::from_minutes(11));
    let asked = test.get("/audit/export?action=signed_in", &owner).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert!(
        asked.header("location").starts_with("/account/confirm?next=/audit/export%3Faction"),
        "{}",
        asked.header("location")
    );
});

on_both!(a_download_of_a_long_trail_has_every_entry_once, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let (workspace, moment) = (test.workspace().await, AuditMoment::of(&test.app));
    let fill = move |tx: &mut Tx<'_>| {
        let actor = Actor::system(workspace);
        (0..2_500).try_for_each(|number| {
            workspaces::record_audit(tx, &actor, &moment, &AuditEntry::new("settings_changed", &number))
        })
    };
    let filled: Result<(), DbError> = test.app.db.write(fill).await;
    filled.unwrap();
    let file = test.get("/audit/export", &owner).await.body;
    let subjects: BTreeSet<&str> = file
        .lines()
        .filter(|line| line.contains("settings_changed"))
        .map(|line| line.split(',').nth(4).unwrap())
        .collect();
    assert_eq!((file.matches("settings_changed").count(), subjects.len()), (2_500, 2_500));
});

on_both!(doctor_tells_of_a_forged_trail, |db| async move {
    let test = TestApp::new(db);
    test.sign_in_as(Role::Owner).await;
    let workspace = test.workspace().await;
    crm::desk::provision(&test.app, workspace).await.unwrap();
    let checks = async || {
        let report = examine(&test.app, workspace, Sample::Everybody).await.unwrap();
        report.findings.into_iter().map(|finding| finding.check).collect::<Vec<_>>()
    };
    assert_eq!(checks().await, Vec::<&str>::new());
    let forge = move |tx: &mut Tx<'_>| {
        tx.execute(
            sql("UPDATE audit_entries SET subject = 'somebody' WHERE workspace_id = $1 AND seq = 1"),
            &[&workspace],
        )
    };
    test.app.db.write(forge).await.unwrap();
    assert_eq!(checks().await, ["audit"]);
});

#[test]
fn every_action_of_the_trail_has_a_text_in_both_languages() {
    let mut found = 0;
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            for action in source.split("AuditEntry::new(").skip(1).filter_map(|rest| rest.strip_prefix('"')) {
                let action: String = action.chars().take_while(|letter| *letter != '"').collect();
                let key = format!("audit-{}", action.replace('_', "-"));
                for language in Language::ALL {
                    assert_ne!(crm::kernel::texts::t(language, &key), key.as_str(), "{language:?}");
                }
                found += 1;
            }
        }
    }
    assert!(found > 20, "{found} actions");
}
