//! Begin, commit, roll back, snapshots, and what happens when something fails in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use super::*;

on_both!(STEPS; what_is_written_is_read, |db| async move {
    let written = db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    assert_eq!(written, 1);
    assert_eq!(db.read(names).await.unwrap(), ["Ana"]);
});

on_both!(STEPS; a_commit_is_synchronous_whatever_the_server_is_told, |db| async move {
    // The tests' own server is told `off`: it would lose acknowledged commits when it is stopped.
    let set = match db.engine() {
        Engine::Sqlite => sql("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous"),
        Engine::Postgres => sql("SELECT current_setting('synchronous_commit')"),
    };
    let found: Result<String, DbError> = db.write(move |tx| tx.query_one(set, &[], |row| row.get(0))).await;
    // SQLite calls it FULL.
    assert_eq!(found.unwrap(), if db.engine() == Engine::Sqlite { "2" } else { "on" });
});

on_both!(STEPS; an_error_rolls_everything_back, |db| async move {
    let failed: Result<(), DbError> = db
        .write(|tx| {
            insert(tx, 1, "Ana")?;
            Err(DbError::Closed)
        })
        .await;
    assert!(matches!(failed, Err(DbError::Closed)));
    assert_eq!(db.read(count).await.unwrap(), 0);
});

on_both!(STEPS; a_panic_rolls_everything_back_and_the_thread_lives_on, |db| async move {
    for _ in 0..6 {
        let failed: Result<(), DbError> = db
            .write(|tx| {
                insert(tx, 1, "Ana")?;
                panic!("out of {}", "paper");
            })
            .await;
        assert!(matches!(failed, Err(DbError::Panicked { message }) if message == "out of paper"));
    }
    let failed: Result<i64, DbError> = db.read(|_| panic!("in a read")).await;
    assert!(matches!(failed, Err(DbError::Panicked { .. })));
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 1);
});

on_both!(STEPS; after_a_failed_statement_a_transaction_can_only_roll_back, |db| async move {
    let answer: Result<(), DbError> = db
        .write(|tx| {
            insert(tx, 1, "Ana")?;
            assert!(insert(tx, 1, "Bea").unwrap_err().is_unique());
            assert!(matches!(insert(tx, 2, "Cyd"), Err(DbError::Aborted)));
            Ok(())
        })
        .await;
    assert!(matches!(answer, Err(DbError::Aborted)));
    assert_eq!(db.read(count).await.unwrap(), 0);
});

on_both!(STEPS; a_broken_key_names_its_table, |db| async move {
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    for (id, name) in [(1, "Bea"), (2, "Ana")] {
        let refused = db.write(move |tx| insert(tx, id, name)).await;
        assert!(matches!(refused, Err(DbError::Unique { table, .. }) if table == "items"), "{name}");
    }
});

on_both!(STEPS; a_rule_of_the_schema_is_kept, |db| async move {
    let note = |tx: &mut Tx<'_>| {
        tx.execute(sql("INSERT INTO notes (workspace_id, item_id, text) VALUES ($1, $2, $3)"), &[&SHOP, &9_i64, &"x"])
    };
    assert!(matches!(db.write(note).await, Err(DbError::Constraint { .. })));
    let nothing = |tx: &mut Tx<'_>| {
        let missing: Option<String> = None;
        tx.execute(sql("INSERT INTO items (workspace_id, item_id, name) VALUES ($1, 1, $2)"), &[&SHOP, &missing])
    };
    assert!(matches!(db.write(nothing).await, Err(DbError::Constraint { .. })));
});

on_both!(STEPS; a_read_cannot_write, |db| async move {
    let refused = db.read(|tx| insert(tx, 1, "Ana")).await;
    assert!(matches!(refused, Err(DbError::ReadOnly { .. })), "{refused:?}");
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 1);
});

on_both!(STEPS; a_read_sees_one_snapshot_while_others_write, |db| async move {
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    let (began, has_begun) = mpsc::channel();
    let (wrote, has_written) = mpsc::channel::<()>();
    let reading = tokio::spawn({
        let db = db.clone();
        async move {
            db.read::<_, DbError, _>(move |tx| {
                let before = count(tx)?;
                began.send(()).unwrap();
                has_written.recv().unwrap();
                Ok((before, count(tx)?))
            })
            .await
        }
    });
    tokio::task::yield_now().await;
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    db.write(|tx| insert(tx, 2, "Bea")).await.unwrap();
    wrote.send(()).unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), (1, 1));
    assert_eq!(db.read(count).await.unwrap(), 2);
});

on_both!(STEPS; writes_at_the_same_time_all_arrive, |db| async move {
    let writes = (0..40).map(|id| {
        let db = db.clone();
        tokio::spawn(async move { db.write(move |tx| insert(tx, id, &format!("n{id}"))).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    assert_eq!(db.read(count).await.unwrap(), 40);
});

on_both!(STEPS; a_workspace_lock_makes_increments_one_after_the_other, |db| async move {
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    let increments = (0..20).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write::<_, DbError, _>(|tx| {
                tx.lock_workspace(7)?;
                let amount: i64 = tx.query_one(sql("SELECT amount FROM items WHERE item_id = 1"), &[], |row| row.get(0))?;
                tx.execute(sql("UPDATE items SET amount = $1 WHERE item_id = 1"), &[&(amount + 1)])
            })
            .await
        })
    });
    for increment in increments.collect::<Vec<_>>() {
        increment.await.unwrap().unwrap();
    }
    let amount = db
        .read::<_, DbError, _>(|tx| tx.query_one(sql("SELECT amount FROM items"), &[], |row| row.get::<i64>(0)))
        .await;
    assert_eq!(amount.unwrap(), 30);
});

on_both!(STEPS; rows_can_be_locked_and_skipped, |db| async move {
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    let text = sql("SELECT item_id FROM items WHERE is_new ORDER BY item_id LIMIT $1 FOR UPDATE SKIP LOCKED");
    let found = db.write::<_, DbError, _>(move |tx| tx.query(text, &[&5_i64], |row| row.get::<i64>(0))).await;
    assert_eq!(found.unwrap(), [1]);
});

on_both!(STEPS; threads_that_block_have_doors_of_their_own, |db| async move {
    let blocking = tokio::task::spawn_blocking(move || {
        db.write_blocking(|tx| insert(tx, 1, "Ana")).unwrap();
        db.read_blocking(count).unwrap()
    });
    assert_eq!(blocking.await.unwrap(), 1);
});

on_both!(STEPS; a_closed_database_says_so_to_every_clone, |db| async move {
    let clone = db.clone();
    assert!(clone.is_writable().await);
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    db.close().await;
    assert!(matches!(clone.write(|tx| insert(tx, 2, "Bea")).await, Err(DbError::Closed)));
    assert!(matches!(clone.read(count).await, Err(DbError::Closed)));
    assert!(!clone.is_writable().await);
});

#[test]
fn a_lost_connection_is_opened_again() {
    databases::run_on_postgres(STEPS, |db| async move {
        for id in 0..8 {
            db.write(move |tx| insert(tx, id, &format!("n{id}"))).await.unwrap();
        }
        db.read(count).await.unwrap();
        let cut = sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()");
        let cut_off = db.write::<i64, DbError, _>(move |tx| tx.query_one(cut, &[], |row| row.get(0))).await;
        assert!(cut_off.unwrap() > 0);
        for id in 8..20 {
            db.write(move |tx| insert(tx, id, &format!("n{id}"))).await.unwrap();
            assert_eq!(db.read(count).await.unwrap(), id + 1);
        }
    });
}

/// Two transactions that take two rows in opposite order: PostgreSQL undoes one of them, which runs again.
#[test]
fn transactions_that_wait_for_each_other_both_happen_once() {
    databases::run_on_postgres(STEPS, |db| async move {
        db.write::<_, DbError, _>(|tx| insert(tx, 1, "Ana").and_then(|_| insert(tx, 2, "Bea"))).await.unwrap();
        let (both_began, turns) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let add = |first: i64, second: i64| {
            let (both_began, turns) = (Arc::clone(&both_began), Arc::clone(&turns));
            db.write::<_, DbError, _>(move |tx| {
                let add = sql("UPDATE items SET amount = amount + 1 WHERE workspace_id = $1 AND item_id = $2");
                tx.execute(add, &[&SHOP, &first])?;
                if turns.fetch_add(1, Ordering::SeqCst) < 2 {
                    both_began.wait();
                }
                tx.execute(add, &[&SHOP, &second])
            })
        };
        let (one, other) = tokio::join!(add(1, 2), add(2, 1));
        assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
        assert_eq!(turns.load(Ordering::SeqCst), 3, "one of them ran again");
        let sums = sql("SELECT item_id, amount FROM items ORDER BY item_id");
        let read = move |tx: &mut Tx<'_>| tx.query(sums, &[], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)));
        assert_eq!(db.read::<_, DbError, _>(read).await.unwrap(), [(1, 12), (2, 22)]);
    });
}

/// A process that is stopped in the middle of a transaction holds its locks: after ten seconds the server ends it.
#[test]
fn a_transaction_that_is_idle_for_too_long_is_undone_and_holds_up_nobody() {
    databases::run_on_postgres(STEPS, |db| async move {
        db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
        let set = sql("UPDATE items SET amount = $3 WHERE workspace_id = $1 AND item_id = $2");
        let stopped = db.write::<_, DbError, _>(move |tx| {
            tx.execute(set, &[&SHOP, &1, &77])?;
            std::thread::sleep(Duration::from_secs(13));
            tx.execute(set, &[&SHOP, &1, &78])
        });
        let other = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let began = Instant::now();
            let done = db.write::<_, DbError, _>(move |tx| tx.execute(set, &[&SHOP, &1, &5])).await;
            (done, began.elapsed())
        };
        let (stopped, (done, waited)) = tokio::join!(stopped, other);
        assert!(matches!(stopped, Err(DbError::Unavailable { .. })), "{stopped:?}");
        assert_eq!(done.unwrap(), 1);
        assert!(waited < Duration::from_secs(11), "it waited {waited:?}");
        let amount = sql("SELECT amount FROM items");
        let read = move |tx: &mut Tx<'_>| tx.query_one(amount, &[], |row| row.get::<i64>(0));
        assert_eq!(db.read::<_, DbError, _>(read).await.unwrap(), 5);
        db.write(|tx| insert(tx, 2, "Bea")).await.unwrap();
    });
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let opened = db::Db::open_postgres("postgres://nobody@%2Fnonexistent/x", STEPS);
    assert!(opened.is_err_and(|error| error.is_retryable()));
    assert!(db::Db::open_postgres("not a url", STEPS).is_err());
}

#[test]
fn a_sqlite_file_is_for_its_owners_eyes_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way/entente.db");
    let db = db::Db::open_sqlite(&path, STEPS).unwrap();
    db.write_blocking(|tx| insert(tx, 1, "Ana")).unwrap();
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

/// The log of a busy database begins anew although nobody ever stops writing.
#[test]
fn the_write_ahead_log_stays_bounded_while_writes_go_on() {
    log_stays_bounded(db::Db::open_sqlite, |_, _| ());
}

#[test]
fn the_write_ahead_log_stays_bounded_while_it_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let copy = crate::copy::settings(folder.path());
    let open = |path: &std::path::Path, steps: &[db::Step]| db::Db::open_sqlite_copied(path, steps, copy);
    // Slower than the copy, which is what holds the log.
    log_stays_bounded(open, |db, round| {
        if round % 25 == 0 {
            crate::copy::wait_for_copy(db);
        }
    });
}

fn log_stays_bounded(
    open: impl FnOnce(&std::path::Path, &[db::Step]) -> Result<db::Db, DbError>,
    between: impl Fn(&db::Db, i64),
) {
    const STEPS: &[db::Step] = &[db::Step {
        version: 1,
        name: "blobs",
        sql: "CREATE TABLE blobs (id BIGINT NOT NULL PRIMARY KEY, body BYTEA NOT NULL);",
    }];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy.db");
    let db = open(&path, STEPS).unwrap();
    let insert = "INSERT INTO blobs (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
    // 600 MB through 4 MB of rows: without carrying over, the log would hold all of it.
    for round in 0..600_i64 {
        let write =
            move |tx: &mut db::Tx<'_>| tx.execute(db::sql(insert), &[&(round % 4), &vec![round as u8; 1_000_000]]);
        let _: usize = db.write_blocking(write).unwrap();
        between(&db, round);
    }
    let log = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
    assert!(log < 300_000_000, "the log holds {log} bytes");
    db.close_blocking();
}
