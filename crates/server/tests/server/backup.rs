//! Every backup taken here is restored, compared table by table, and examined.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use db::{DbError, sql};
use serde_json::Value;
use testkit::crm::{MIGRATIONS, backups, stream::log, workspaces};
use testkit::databases::DropDatabaseGuard;

use crate::running::{Data, Server, entente, note_owner, post, repository, shared};

/// The digests of all tables, as `backup` and `restore` tell them; but for that which every backup changes.
type Tables = BTreeMap<String, (u64, String)>;

fn tables_of(told: &str) -> Tables {
    let told: Value = serde_json::from_str(told).unwrap();
    let tables = told["tables"].as_array().unwrap().iter();
    let pair = |table: &Value| (table["rows"].as_u64().unwrap(), table["digest"].as_str().unwrap().to_owned());
    let all = tables.map(|table| (table["table"].as_str().unwrap().to_owned(), pair(table)));
    all.filter(|(name, _)| name != "backups").collect()
}

/// Where a backup is restored to: a new folder or a new database.
struct Target {
    folder: tempfile::TempDir,
    postgres: Option<DropDatabaseGuard>,
    /// No part of a backup: whoever restores one has kept it elsewhere.
    key_file: PathBuf,
}

impl Target {
    fn sqlite(of: &Data) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None, key_file: of.key_file() }
    }

    /// Both databases, or the embedded one alone where PostgreSQL is skipped.
    fn both(of: &Data) -> Vec<Self> {
        let mut both = vec![Self::sqlite(of)];
        if !testkit::databases::is_postgres_skipped() {
            both.push(Self { postgres: Some(DropDatabaseGuard::create(&[])), ..Self::sqlite(of) });
        }
        both
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("restored")
    }

    fn open(&self) -> db::Db {
        let opened = match &self.postgres {
            Some(database) => db::Db::open_postgres(database.url(), MIGRATIONS),
            None => db::Db::open_sqlite(&self.data().join("entente.sqlite"), MIGRATIONS),
        };
        opened.unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = entente();
        command.args(arguments).arg("--key-file").arg(&self.key_file).current_dir(self.folder.path());
        match &self.postgres {
            Some(database) => command.args(["--database-url", database.url()]),
            None => command.arg("--data").arg(self.data()),
        };
        command.output().unwrap()
    }

    fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Restores, compares all tables with what the backup said, and recomputes everybody from the log.
    fn takes_in(&self, file: &str, wanted: &Tables) {
        assert_eq!(&tables_of(&self.run_well(&["restore", file, "--json"])), wanted);
        assert_eq!(self.run_well(&["doctor", "--all"]), "");
        let again = self.folder.path().join("again.entente").display().to_string();
        assert_eq!(
            &tables_of(&self.run_well(&["backup", &again, "--json"])),
            wanted,
            "read from the restored database"
        );
    }
}

fn path_in(data: &Data, name: &str) -> String {
    data.folder().join(name).display().to_string()
}

fn told_wrong(output: &Output, code: i32, words: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{told}");
    words.iter().for_each(|word| assert!(told.contains(word), "{word:?} in {told}"));
}

/// Orders of some hundred people, with segments that they are in.
fn with_orders(data: &Data) -> String {
    let key = data.set_up();
    if let Some(file) = shared("cdnow/CDNOW_master.txt") {
        let text = std::fs::read_to_string(file).unwrap();
        let copy = data.folder().join("orders.txt");
        std::fs::write(&copy, text.lines().take(1_501).collect::<Vec<_>>().join("\n")).unwrap();
        let map = repository().join("examples/cdnow/cdnow.toml").display().to_string();
        data.run_well(&["import", "orders", &copy.display().to_string(), "--map", &map]);
    }
    key
}

fn send(server: &Server, key: &str, ids: std::ops::Range<u32>) -> Vec<String> {
    let ids: Vec<String> = ids.map(|number| format!("m{number}")).collect();
    for group in ids.chunks(20) {
        let call = |id: &String| {
            format!(
                r#"{{"type":"track","event":"View","messageId":"{id}","anonymousId":"a{}"}}"#,
                id.len() + group.len()
            )
        };
        let body = format!(r#"{{"batch":[{}]}}"#, group.iter().map(call).collect::<Vec<_>>().join(","));
        let answer = post(server.address, "/v1/batch", &[("x-write-key", key)], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    ids
}

#[test]
fn a_backup_of_either_database_taken_while_it_serves_restores_into_both_with_all_that_was_acknowledged() {
    for data in Data::on_both() {
        let key = with_orders(&data);
        note_owner(&data);
        let mut server = Server::start(&data);
        let before = send(&server, &key, 0..200);
        let file = path_in(&data, "running.entente");
        let told = std::thread::scope(|scope| {
            let beside = scope.spawn(|| send(&server, &key, 200..600));
            let told = data.run_well(&["backup", &file, "--json"]);
            assert_eq!(beside.join().unwrap().len(), 400);
            told
        });
        for target in Target::both(&data) {
            target.takes_in(&file, &tables_of(&told));
            let restored = target.open();
            let kept: Vec<String> = restored
                .read_blocking(|tx| {
                    let shop = workspaces::the_first(tx)?.unwrap().id;
                    let rows = log::newest_named(tx, shop, "View", 10_000)?;
                    Ok::<_, DbError>(
                        rows.into_iter()
                            .map(|row| row.message_id(crm::kernel::Sight::Whole).text().unwrap_or_default().to_owned())
                            .collect(),
                    )
                })
                .unwrap();
            assert!(before.iter().all(|id| kept.contains(id)), "acknowledged before the backup began");
            restored.close_blocking();
        }
        assert_eq!(server.terminate(), Some(0));
    }
}

/// The last backup that a database knows of.
fn last_known(db: &db::Db) -> Option<(String, i64)> {
    let last = db.read_blocking(backups::last).unwrap();
    last.map(|backup| (backup.made_at.to_string(), backup.size_bytes))
}

#[test]
fn a_restored_database_knows_the_backup_it_came_from_and_none_that_is_younger() {
    for data in Data::on_both() {
        data.set_up();
        let first = path_in(&data, "first.entente");
        let beside = data.open_beside();
        assert_eq!(last_known(&beside), None);
        let told = |file: &str| {
            let told: Value = serde_json::from_str(&data.run_well(&["backup", file, "--json"])).unwrap();
            (told["made_at"].as_str().unwrap().to_owned(), told["bytes"].as_i64().unwrap())
        };
        let of_first = told(&first);
        assert_eq!(last_known(&beside), Some(of_first.clone()));
        let of_second = told(&path_in(&data, "second.entente"));
        assert_eq!(last_known(&beside), Some(of_second.clone()));
        assert!(of_second.0 > of_first.0);
        beside.close_blocking();
        for target in Target::both(&data) {
            target.run_well(&["restore", &first]);
            let restored = target.open();
            assert_eq!(last_known(&restored), Some(of_first.clone()));
            restored.close_blocking();
        }
    }
}

#[test]
fn a_backup_is_made_all_the_same_when_the_database_cannot_be_told_of_it() {
    for data in Data::on_both() {
        data.set_up();
        let db = data.open();
        let dropped: Result<usize, DbError> = db.write_blocking(|tx| tx.execute(sql("DROP TABLE backups"), &[]));
        dropped.unwrap();
        db.close_blocking();
        let file = path_in(&data, "one.entente");
        told_wrong(&data.run(&["backup", &file]), 0, &["read back and checked", "could not be told of this backup"]);
        assert!(Path::new(&file).exists());
    }
}

#[test]
fn a_backup_that_is_cut_or_damaged_is_refused_and_leaves_nothing() {
    let data = Data::sqlite();
    with_orders(&data);
    let file = path_in(&data, "whole.entente");
    let told: Value = serde_json::from_str(&data.run_well(&["backup", &file, "--json"])).unwrap();
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(told["bytes"].as_u64(), Some(whole.len() as u64));
    let target = Target::sqlite(&data);
    let refused = |bytes: &[u8], words: &[&str]| {
        let bad = path_in(&data, "bad.entente");
        std::fs::write(&bad, bytes).unwrap();
        told_wrong(&target.run(&["restore", &bad]), 2, words);
        assert!(!target.data().exists(), "nothing was made");
    };
    for end in [whole.len() - 1, whole.len() - 9, whole.len() / 2, 400, 18] {
        refused(&whole[..end], &["bad.entente: it is cut off or damaged"]);
    }
    for place in (20..whole.len()).step_by(whole.len() / 12) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        refused(&bytes, &["it is cut off or damaged", "nothing of it was used"]);
    }
    refused(&[whole.as_slice(), b"more"].concat(), &["something behind its end"]);
    refused(b"", &["it is no backup made by entente"]);
    refused(b"PK\x03\x04 a workbook", &["it is no backup made by entente"]);
    refused(b"entente-backup 2\n", &["form 2, which a newer program made; this one reads form 1"]);
    target.takes_in(&file, &tables_of(&told.to_string()));
}

#[test]
fn a_backup_replaces_no_file_and_is_restored_over_no_data() {
    for data in Data::on_both() {
        with_orders(&data);
        let file = path_in(&data, "one.entente");
        data.run_well(&["backup", &file]);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "it holds what the database holds");
        told_wrong(&data.run(&["backup", &file]), 2, &["one.entente: there is such a file already"]);
        told_wrong(&data.run(&["restore", &file]), 2, &["it holds data already"]);
        assert_eq!(data.run_well(&["doctor", "--all"]), "");
    }
    let data = Data::sqlite();
    data.set_up();
    let target = Target::sqlite(&data);
    std::fs::create_dir(target.data()).unwrap();
    let missing = target.run(&["backup", "x.entente"]);
    told_wrong(&missing, 2, &["there is no installation here"]);
    assert!(std::fs::read_dir(target.data()).unwrap().next().is_none(), "looking made nothing");
    std::fs::write(target.data().join("thesis.txt"), "").unwrap();
    let file = path_in(&data, "one.entente");
    data.run_well(&["backup", &file]);
    told_wrong(&target.run(&["restore", &file]), 2, &["is not empty", "thesis.txt"]);
}

/// Starts a command and kills it after a while; whether it was still running.
fn killed_after(mut command: std::process::Command, wait: Duration) -> bool {
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(wait);
    let was_running = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    child.wait().unwrap();
    was_running
}

#[test]
fn a_killed_backup_leaves_a_whole_file_or_none_and_a_killed_restore_all_or_nothing() {
    let data = Data::sqlite();
    with_orders(&data);
    let whole = path_in(&data, "whole.entente");
    let wanted = tables_of(&data.run_well(&["backup", &whole, "--json"]));
    let mut kills = 0;
    for wait_ms in [5, 15, 30, 60, 90, 130, 200] {
        let file = path_in(&data, &format!("killed-{wait_ms}.entente"));
        let mut backup = entente();
        backup.args(["backup", &file]).args(data.arguments());
        kills += u32::from(killed_after(backup, Duration::from_millis(wait_ms)));
        if Path::new(&file).exists() {
            Target::sqlite(&data).takes_in(&file, &wanted);
        }
        let target = Target::sqlite(&data);
        let mut restore = entente();
        restore.args(["restore", &whole, "--data"]).arg(target.data());
        kills += u32::from(killed_after(restore, Duration::from_millis(wait_ms)));
        let again = target.run(&["restore", &whole, "--json"]);
        if again.status.success() {
            assert_eq!(tables_of(&String::from_utf8(again.stdout).unwrap()), wanted);
        } else {
            told_wrong(&again, 2, &["it holds data already"]);
        }
        assert_eq!(target.run_well(&["doctor", "--all"]), "");
    }
    assert!(kills > 0, "no command was killed while it worked");
}

#[test]
fn an_installation_moves_to_postgres_with_every_table_equal() {
    if testkit::databases::is_postgres_skipped() {
        return;
    }
    let data = Data::sqlite();
    with_orders(&data);
    note_owner(&data);
    let file = path_in(&data, "before.entente");
    let wanted = tables_of(&data.run_well(&["backup", &file, "--json"]));
    let target = Target::both(&data).remove(1);
    let to = target.postgres.as_ref().unwrap().url().to_owned();
    let mut server = Server::start(&data);
    told_wrong(&data.run(&["db", "copy", "--to", &to]), 1, &["another entente works on"]);
    assert_eq!(server.terminate(), Some(0));
    std::fs::remove_file(&file).unwrap();
    let stopped = tables_of(&data.run_well(&["backup", &file, "--json"]));
    let copied = data.run(&["db", "copy", "--to", &to, "--json"]);
    let told = String::from_utf8_lossy(&copied.stderr).into_owned();
    assert!(copied.status.success(), "{told}");
    assert!(told.contains("every table has the same count and digest in both databases"), "{told}");
    assert_eq!(tables_of(&String::from_utf8(copied.stdout).unwrap()), stopped);
    assert_eq!(stopped["orders"], wanted["orders"]);
    assert_eq!(target.run_well(&["doctor", "--all"]), "");
    told_wrong(&data.run(&["db", "copy", "--to", &to]), 2, &["it holds data already"]);
    let wrong_way = target.run(&["db", "copy", "--to", &to]);
    told_wrong(&wrong_way, 2, &["db copy moves the embedded database"]);
}
