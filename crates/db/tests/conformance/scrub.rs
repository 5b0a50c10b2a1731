//! What was deleted is in no byte of the file any more, wherever rows had moved before.

use crate::databases::run_on_sqlite;
use crate::{SHOP, STEPS};
use db::{DbError, sql};

const ROWS: i64 = 3_000;

fn canary(item: i64) -> String {
    format!("canary-{item:05}-")
}

#[test]
fn deleted_rows_are_in_no_byte_of_the_file_or_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.sqlite");
    let db = db::Db::open_sqlite(&path, STEPS).unwrap();
    // Keys in no order, and rows that grow: pages are split, rebuilt and joined.
    for step in 0..30 {
        db.write_blocking(move |tx| {
            for at in 0..ROWS / 30 {
                let item = (step * (ROWS / 30) + at) * 7_919 % ROWS;
                let name = format!("{:08x}{}", item.wrapping_mul(2_654_435_761) & 0xffff_ffff, canary(item));
                let body = canary(item).repeat(1 + (item % 40) as usize).into_bytes();
                tx.execute(
                    sql("INSERT INTO items (workspace_id, item_id, name, body) VALUES ($1, $2, $3, $4)"),
                    &[&SHOP, &item, &name, &body],
                )?;
                let longer = canary(item).repeat(1 + (item % 300) as usize).into_bytes();
                tx.execute(
                    sql("UPDATE items SET body = $3 WHERE workspace_id = $1 AND item_id = $2"),
                    &[&SHOP, &item, &longer],
                )?;
            }
            Ok::<_, DbError>(())
        })
        .unwrap();
    }
    let victims: Vec<i64> = (0..ROWS).filter(|item| item % 4 == 1).collect();
    let gone = victims.clone();
    db.write_blocking(move |tx| {
        tx.execute(sql("DELETE FROM items WHERE workspace_id = $1 AND item_id IN LIST($2)"), &[&SHOP, &gone])
    })
    .map_err(|error: DbError| error)
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(db.scrub(&["items"])).unwrap());
    let bytes: Vec<u8> = std::fs::read_dir(folder.path())
        .unwrap()
        .flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    let text = String::from_utf8_lossy(&bytes);
    let met: std::collections::BTreeSet<&str> =
        text.match_indices("canary-").filter_map(|(at, _)| text.get(at..at + canary(0).len())).collect();
    let left: Vec<&i64> = victims.iter().filter(|item| met.contains(canary(**item).as_str())).collect();
    assert!(left.is_empty(), "{} of {} are left: {left:?}", left.len(), victims.len());
    assert!(met.contains(canary(2).as_str()), "the others stay");
    let count: i64 = db
        .read_blocking(|tx| {
            tx.query_one(sql("SELECT COUNT(*) FROM items WHERE workspace_id = $1"), &[&SHOP], |row| row.get(0))
        })
        .map_err(|error: DbError| error)
        .unwrap();
    assert_eq!(count, ROWS - victims.len() as i64);
    db.close_blocking();
    let whole = std::process::Command::new("python3")
        .args([
            "-c",
            "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])",
        ])
        .arg(&path)
        .output();
    if let Ok(told) = whole {
        assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), "ok");
    }
}

#[test]
fn postgres_clears_away_the_tables_that_are_named() {
    crate::databases::run_on_postgres(STEPS, |db| async move {
        db.write(|tx| crate::insert(tx, 1, "one")).await.map_err(|error: DbError| error).unwrap();
        assert!(db.scrub(&["items"]).await.unwrap());
        assert!(db.scrub(&["items; DROP TABLE notes"]).await.is_err());
        assert!(db.scrub(&["items"]).await.unwrap());
    });
    run_on_sqlite(STEPS, |db| async move { assert!(db.scrub(&["items"]).await.unwrap()) });
}
