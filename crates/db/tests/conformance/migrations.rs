//! Steps run once, all or nothing, and never on a database that a newer program has changed.

use db::{Db, Engine, MigrationError};

use super::*;

const SECOND: Step = Step { version: 2, name: "tags", sql: "CREATE TABLE tags (tag_id BIGINT PRIMARY KEY);" };
const BROKEN: Step =
    Step { version: 2, name: "tags", sql: "CREATE TABLE tags (tag_id BIGINT PRIMARY KEY); SELECT missing FROM tags;" };
const EDITED: Step = Step { version: 1, name: "items", sql: "CREATE TABLE items (item_id BIGINT PRIMARY KEY);" };

/// Opens the same database again and again, as restarts would.
fn check_steps(open: impl Fn(&[Step]) -> Result<Db, DbError>) {
    let first = STEPS[0];
    let broken = open(&[first, BROKEN]).err().unwrap();
    assert!(matches!(broken, DbError::Migration(MigrationError::Failed { version: 2, .. })), "{broken}");
    assert!(open(&[first]).is_ok(), "a failed step leaves nothing behind");
    for _ in 0..2 {
        let db = open(&[first, SECOND]).unwrap();
        let tags = sql("SELECT count(*) FROM tags");
        assert_eq!(
            db.read_blocking::<i64, DbError, _>(move |tx| tx.query_one(tags, &[], |row| row.get(0))).unwrap(),
            0
        );
        db.close_blocking();
    }
    let newer = open(&[first]).err().unwrap();
    assert!(matches!(newer, DbError::Migration(MigrationError::Newer { seen: 2, known: 1 })), "{newer}");
    let edited = open(&[EDITED, SECOND]).err().unwrap();
    assert!(matches!(edited, DbError::Migration(MigrationError::Failed { .. })), "{edited}");
}

#[test]
fn steps_run_once_and_whole_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check_steps(|steps| Db::open_sqlite(&folder.path().join("entente.db"), steps));
}

#[test]
fn steps_run_once_and_whole_on_postgres() {
    if databases::is_postgres_skipped() {
        return;
    }
    let database = databases::DropDatabaseGuard::create(&[]);
    check_steps(|steps| Db::open_postgres(database.url(), steps));
}

#[test]
fn processes_that_start_at_once_migrate_once_on_postgres() {
    if databases::is_postgres_skipped() {
        return;
    }
    let database = databases::DropDatabaseGuard::create(&[]);
    std::thread::scope(|scope| {
        let opened: Vec<_> =
            (0..4).map(|_| scope.spawn(|| Db::open_postgres(database.url(), STEPS).map(|db| db.engine()))).collect();
        for one in opened {
            assert_eq!(one.join().unwrap().unwrap(), Engine::Postgres);
        }
    });
}
