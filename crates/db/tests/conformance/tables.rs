//! Whole tables: read from either engine, they fill either engine.

use std::ops::ControlFlow;

use db::{Db, DbError, Step, Value, sql, values};

use crate::{SHOP, STEPS, databases};

fn rows_of(db: &Db, name: &'static str) -> Vec<Vec<Value>> {
    let read = db.read_blocking(move |tx| {
        let table = tx.tables()?.into_iter().find(|table| table.name() == name).unwrap();
        let mut rows = Vec::new();
        tx.each_row_of(&table, &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        Ok::<_, DbError>(rows)
    });
    let mut rows = read.unwrap();
    rows.sort_by_key(|row| format!("{row:?}"));
    rows
}

fn with_rows(db: &Db) {
    let filled = db.write_blocking(|tx| {
        let nothing: Option<i64> = None;
        tx.insert_many(
            sql("INSERT INTO items (workspace_id, item_id, name, amount, price, is_new, body)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"),
            vec![
                values![SHOP, 1, "Zoé \"x\"", i64::MIN, 0.1, true, vec![0_u8, 255]],
                values![SHOP, 2, "", nothing, Value::Null, false, Value::Null],
                values![SHOP, i64::MAX, "\u{10FFFF}", 3, -1e300, true, Vec::<u8>::new()],
            ],
        )?;
        tx.execute(
            sql("INSERT INTO notes (workspace_id, item_id, text) VALUES ($1, $2, $3)"),
            &[&SHOP, &1_i64, &"a note"],
        )
    });
    filled.unwrap();
}

fn check(source: &Db, target: &Db) {
    with_rows(source);
    for name in ["items", "notes"] {
        let rows = rows_of(source, name);
        assert!(!rows.is_empty());
        let copied = rows.clone();
        let filled = target.write_blocking(move |tx| {
            let table = tx.tables()?.into_iter().find(|table| table.name() == name).unwrap();
            assert!(tx.is_empty(&table)?);
            tx.fill(&table, copied)?;
            assert!(!tx.is_empty(&table)?);
            Ok::<_, DbError>(())
        });
        filled.unwrap();
        assert_eq!(rows_of(target, name), rows, "{:?} to {:?}", source.engine(), target.engine());
    }
}

#[test]
fn what_is_read_from_one_engine_fills_either_and_is_read_back_the_same() {
    let sqlite = || databases::fresh_sqlite(STEPS);
    let ((source, _folder), (target, _other)) = (sqlite(), sqlite());
    check(&source, &target);
    if databases::is_postgres_skipped() {
        return;
    }
    let postgres = || databases::fresh_postgres(STEPS);
    let ((source, _folder), (target, _dropped)) = (sqlite(), postgres());
    check(&source, &target);
    let ((source, _dropped), (target, _folder)) = (postgres(), sqlite());
    check(&source, &target);
    let ((source, _dropped), (target, _other)) = (postgres(), postgres());
    check(&source, &target);
}

#[test]
fn a_reader_beside_the_owner_sees_what_is_committed_and_changes_nothing() {
    let (owner, folder) = databases::fresh_sqlite(STEPS);
    with_rows(&owner);
    let path = folder.path().join("entente.db");
    let beside = Db::read_sqlite(&path, STEPS).unwrap();
    assert_eq!(rows_of(&beside, "items"), rows_of(&owner, "items"));
    let refused = beside.write_blocking(|_| Ok::<_, DbError>(()));
    assert!(matches!(refused, Err(DbError::Closed)), "{refused:?}");
    assert!(Db::read_sqlite(&folder.path().join("missing.db"), STEPS).is_err());
    assert!(!folder.path().join("missing.db").exists());
    for (steps, told) in [(Vec::new(), "knows only up to 0"), (later(), "reads version 2")] {
        let refused = Db::read_sqlite(&path, &steps).err().unwrap().to_string();
        assert!(refused.contains("schema version 1") && refused.contains(told), "{refused}");
    }
}

fn later() -> Vec<Step> {
    let mut steps = STEPS.to_vec();
    steps.push(Step { version: 2, name: "later", sql: "CREATE TABLE later (id BIGINT NOT NULL PRIMARY KEY);" });
    steps
}
