//! A migration that is killed at any moment leaves the old schema or the new one, and what came before can be had back.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use db::{Db, MigrationError};

use super::*;

/// Rows that the migration has to carry over.
const ROWS: i64 = 40_000;
/// At so many moments of its life a migration is killed.
const KILLS: u32 = 8;
/// Where the child process finds what it is to migrate.
const PLACE: &str = "DB_CONFORMANCE_MIGRATE";

/// Adds a column, fills it, moves a part of every row to a table of its own.
const LATER: [Step; 2] = [
    Step {
        version: 2,
        name: "labels",
        sql: "
ALTER TABLE items ADD COLUMN label TEXT;
UPDATE items SET label = name || '!';
CREATE INDEX items_by_label ON items (workspace_id, label);
CREATE TABLE prices (workspace_id UUID NOT NULL, item_id BIGINT NOT NULL, amount BIGINT, PRIMARY KEY (workspace_id, item_id));
",
    },
    Step {
        version: 3,
        name: "prices",
        sql: "
INSERT INTO prices (workspace_id, item_id, amount) SELECT workspace_id, item_id, amount FROM items;
ALTER TABLE items DROP COLUMN amount;
",
    },
];

fn all_steps() -> Vec<Step> {
    STEPS.iter().chain(&LATER).copied().collect()
}

/// Where a database is: a file, or a PostgreSQL URL.
#[derive(Clone, Copy)]
struct Place<'a>(&'a str);

impl Place<'_> {
    fn open(self, steps: &[Step]) -> Result<Db, DbError> {
        if self.0.starts_with("postgres://") {
            Db::open_postgres(self.0, steps)
        } else {
            Db::open_sqlite(Path::new(self.0), steps)
        }
    }

    fn read(self, steps: &[Step]) -> Result<Db, DbError> {
        if self.0.starts_with("postgres://") {
            Db::read_postgres(self.0, steps)
        } else {
            Db::read_sqlite(Path::new(self.0), steps)
        }
    }

    /// Another process that brings it to the last step.
    fn migrate_elsewhere(self) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "killed::migrates_when_asked"]).env(PLACE, self.0);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// PostgreSQL may still carry out what a killed client asked it last, a commit among others.
    fn wait_for_the_servers_side(self) {
        if !self.0.starts_with("postgres://") {
            return;
        }
        let mut client = postgres::Client::connect(self.0, postgres::NoTls).unwrap();
        let others = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while client.query_one(others, &[]).unwrap().get::<_, i64>(0) > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Looks at it as the program before and as the one after: exactly one of them finds all that it knows.
    fn is_migrated(self) -> bool {
        match self.read(STEPS) {
            Ok(old) => {
                assert_eq!(sums(&old, "SELECT COUNT(*), CAST(SUM(amount) AS BIGINT) FROM items"), expected());
                assert!(old.read_blocking(|tx| tx.check(sql("SELECT label FROM items"))).is_err());
                old.close_blocking();
                assert!(matches!(
                    self.read(&all_steps()).err(),
                    Some(DbError::Migration(MigrationError::Older { seen: 1, known: 3 }))
                ));
                false
            }
            Err(DbError::Migration(MigrationError::Newer { seen, .. })) => {
                assert_eq!(seen, 3, "between two schemas");
                let new = self.read(&all_steps()).unwrap();
                assert_eq!(sums(&new, "SELECT COUNT(*), CAST(SUM(amount) AS BIGINT) FROM prices"), expected());
                assert_eq!(sums(&new, "SELECT COUNT(*), COUNT(label) FROM items"), (ROWS, ROWS));
                new.close_blocking();
                true
            }
            Err(other) => panic!("neither old nor new: {other}"),
        }
    }
}

/// How many rows there are, and the sum of their amounts.
fn expected() -> (i64, i64) {
    (ROWS, 10 * ROWS * (ROWS + 1) / 2)
}

fn sums(db: &Db, text: &'static str) -> (i64, i64) {
    let read = move |tx: &mut Tx<'_>| tx.query_one(sql(text), &[], |row| Ok((row.get(0)?, row.get(1)?)));
    let found: Result<(i64, i64), DbError> = db.read_blocking(read);
    found.unwrap()
}

fn fill(place: Place<'_>) {
    let db = place.open(STEPS).unwrap();
    let insert = sql("INSERT INTO items (workspace_id, item_id, name, amount) VALUES ($1, $2, $3, $4)");
    let filled: Result<usize, DbError> = db.write_blocking(move |tx| tx.insert_many(insert, rows(1..=ROWS)));
    assert_eq!(filled.unwrap() as i64, ROWS);
    db.close_blocking();
}

/// Nothing by itself: what the other tests start as a process of its own.
#[test]
fn migrates_when_asked() {
    if let Ok(place) = std::env::var(PLACE) {
        Place(&place).open(&all_steps()).unwrap().close_blocking();
    }
}

/// Migrates fresh copies and kills each a little later than the one before, until one comes through.
fn check_kills(fresh: &mut dyn FnMut(u32) -> String) {
    let whole = fresh(0);
    let began = Instant::now();
    assert!(Place(&whole).migrate_elsewhere().wait().unwrap().success());
    assert!(Place(&whole).is_migrated());
    let (time, mut outcomes) = (began.elapsed(), Vec::new());
    for kill in 1..=KILLS {
        let place = fresh(kill);
        let mut migration = Place(&place).migrate_elsewhere();
        std::thread::sleep(time * kill / KILLS);
        // It may have come to its end meanwhile.
        let _ = migration.kill();
        migration.wait().unwrap();
        Place(&place).wait_for_the_servers_side();
        outcomes.push(Place(&place).is_migrated());
        // The next start goes on from there.
        Place(&place).open(&all_steps()).unwrap().close_blocking();
        assert!(Place(&place).is_migrated());
    }
    assert!(outcomes.contains(&false), "no kill met a migration under way: {outcomes:?}");
}

#[test]
fn a_killed_migration_leaves_the_old_schema_or_the_new_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let filled = folder.path().join("filled.db");
    fill(Place(filled.to_str().unwrap()));
    check_kills(&mut |number| {
        let copy = folder.path().join(format!("copy-{number}.db"));
        std::fs::copy(&filled, &copy).unwrap();
        // Connections that close at the same instant each leave the log to the other.
        let log = folder.path().join("filled.db-wal");
        if log.exists() {
            std::fs::copy(log, folder.path().join(format!("copy-{number}.db-wal"))).unwrap();
        }
        copy.to_str().unwrap().to_owned()
    });
}

#[test]
fn a_killed_migration_leaves_the_old_schema_or_the_new_on_postgres() {
    if databases::is_postgres_skipped() {
        return;
    }
    let mut guards = Vec::new();
    check_kills(&mut |_| {
        let database = databases::DropDatabaseGuard::create(&[]);
        let url = database.url().to_owned();
        fill(Place(&url));
        guards.push(database);
        url
    });
}

#[test]
fn the_file_as_it_was_before_its_schema_changed_stands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entente.sqlite");
    let place = Place(path.to_str().unwrap());
    fill(place);
    let copy = folder.path().join("entente.sqlite.schema-1");
    assert!(!copy.exists(), "a new database has nothing to keep");
    place.open(&all_steps()).unwrap().close_blocking();
    place.open(&all_steps()).unwrap().close_blocking();
    assert!(place.is_migrated());
    // The way back: the copy takes the file's place, and the program of before works on it.
    for old in std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        if old != copy {
            std::fs::remove_file(old).unwrap();
        }
    }
    std::fs::rename(&copy, &path).unwrap();
    assert!(!place.is_migrated());
    let db = place.open(STEPS).unwrap();
    assert_eq!(db.engine(), Engine::Sqlite);
    let again: Result<usize, DbError> = db.write_blocking(|tx| insert(tx, ROWS + 1, "one more"));
    assert_eq!(again.unwrap(), 1);
    db.close_blocking();
}

#[test]
fn a_schema_changes_only_while_nobody_else_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entente.sqlite");
    let place = Place(path.to_str().unwrap());
    let other = place.open(STEPS).unwrap();
    let first: Result<usize, DbError> = other.write_blocking(|tx| insert(tx, 1, "Ana"));
    assert_eq!(first.unwrap(), 1);
    let reading = other.clone();
    // Somebody who still reads keeps the log from being emptied, so the copy would not be whole.
    let (begun, may_end) = (std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
    let reader = std::thread::spawn(move || {
        let read: Result<i64, DbError> = reading.read_blocking(move |tx| {
            let seen = count(tx)?;
            begun.0.send(()).unwrap();
            let _ = may_end.1.recv();
            Ok(seen)
        });
        read.unwrap()
    });
    begun.1.recv().unwrap();
    let second: Result<usize, DbError> = other.write_blocking(|tx| insert(tx, 2, "Bea"));
    assert_eq!(second.unwrap(), 1);
    let refused = place.open(&all_steps()).err().unwrap();
    assert!(refused.to_string().contains("another process works on the database"), "{refused}");
    may_end.0.send(()).unwrap();
    assert_eq!(reader.join().unwrap(), 1);
    other.close_blocking();
    place.open(&all_steps()).unwrap().close_blocking();
    assert!(folder.path().join("entente.sqlite.schema-1").exists());
}

/// Not a test by itself: another process that reads and ends.
#[test]
fn reads_when_asked() {
    let Ok(place) = std::env::var("DB_CONFORMANCE_READ") else { return };
    Db::read_sqlite(Path::new(&place), &all_steps()).unwrap().close_blocking();
}

/// The copy reads the file itself, and a system forgets the locks of a process that closes a file it had locked.
#[test]
fn after_the_copy_before_a_change_of_schema_another_process_does_not_take_the_log_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entente.sqlite");
    Db::open_sqlite(&path, STEPS).unwrap().close_blocking();
    let db = Db::open_sqlite(&path, &all_steps()).unwrap();
    db.write_blocking(|tx| tx.execute(sql("DELETE FROM prices WHERE workspace_id = $1"), &[&SHOP]))
        .map_err(|error: DbError| error)
        .unwrap();
    let log = folder.path().join("entente.sqlite-wal");
    assert!(log.exists());
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "killed::reads_when_asked"]).env("DB_CONFORMANCE_READ", &path);
    assert!(other.output().unwrap().status.success());
    assert!(log.exists(), "the log of a database that is open was removed by another process");
    db.close_blocking();
}
