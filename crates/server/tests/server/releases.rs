//! Databases of other versions: earlier releases come along, later ones are left alone.

use std::path::{Path, PathBuf};

use db::{DbError, sql};

use testkit::databases::{DropDatabaseGuard, is_postgres_skipped};

use crate::running::{Data, Server, note_owner, post, repository};

/// What `docs/releasing.md` keeps of each release: a backup, and the key of its secrets.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases")
}

/// The versions under which the changelog has something, without what is not released.
fn released() -> Vec<String> {
    let changelog = std::fs::read_to_string(repository().join("CHANGELOG.md")).unwrap();
    let headings = changelog.lines().filter_map(|line| line.strip_prefix("## "));
    let versions = headings.map(|heading| heading.trim_start_matches('[').split([']', ' ']).next().unwrap().to_owned());
    versions.filter(|version| version.starts_with(|first: char| first.is_ascii_digit())).collect()
}

/// Every release of the changelog left its database, and each of them restores, migrates and holds.
#[test]
fn the_database_of_every_release_comes_along() {
    for version in released() {
        let (backup, key) = (kept().join(format!("{version}.entente")), kept().join(format!("{version}.key")));
        assert!(backup.exists() && key.exists(), "release {version} left no database: see docs/releasing.md");
        let database = (!is_postgres_skipped()).then(|| DropDatabaseGuard::create(&[]));
        let on_postgres = database.as_ref().map(|database| Data::on_postgres(database.url()));
        for data in [Data::sqlite()].into_iter().chain(on_postgres) {
            std::fs::create_dir_all(data.data_folder()).unwrap();
            std::fs::copy(&key, data.key_file()).unwrap();
            data.run_well(&["restore", backup.to_str().unwrap()]);
            assert_eq!(data.run_well(&["doctor", "--all"]), "", "release {version}");
            note_owner(&data);
            assert_eq!(Server::start(&data).terminate(), Some(0));
        }
    }
}

#[test]
fn a_program_refuses_the_database_of_a_later_one_and_says_so() {
    for data in Data::on_both() {
        let key = data.set_up();
        note_owner(&data);
        let mut server = Server::start(&data);
        let call = r#"{"anonymousId":"a","event":"View"}"#;
        assert_eq!(post(server.address, "/v1/track", &[("x-write-key", &key)], call.as_bytes()).unwrap().status, 200);
        server.terminate();
        let db = data.open();
        let later = sql("INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                         SELECT 99, 'later', applied_on, checksum FROM refinery_schema_history WHERE version = 1");
        let changed: Result<usize, DbError> = db.write_blocking(move |tx| tx.execute(later, &[]));
        assert_eq!(changed.unwrap(), 1);
        db.close_blocking();
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["doctor"], &["backup", "x.entente"]] {
            let output = data.run(command);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
            assert!(said.contains("schema version 99") && said.contains("run a newer program"), "{command:?}: {said}");
        }
    }
}
