//! Many rows at once mean the same as one after the other.

use db::{Sql, Value};

use super::*;

const INSERT: Sql = sql("INSERT INTO items (workspace_id, item_id, name, amount) VALUES ($1, $2, $3, $4)");
const UPSERT: Sql =
    sql("INSERT INTO items (workspace_id, item_id, name, amount) VALUES ($1, $2, $3, COALESCE($4, 0)) \
     ON CONFLICT (workspace_id, item_id) DO UPDATE SET amount = items.amount + EXCLUDED.amount");

fn amounts(tx: &mut Tx<'_>) -> Result<Vec<(i64, i64)>, DbError> {
    tx.query(sql("SELECT item_id, amount FROM items ORDER BY item_id"), &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

on_both!(STEPS; many_rows_are_inserted_past_every_limit, |db| async move {
    let inserted = db.write(|tx| tx.insert_many(INSERT, rows(0..12_345))).await.unwrap();
    assert_eq!(inserted, 12_345);
    let sum = |tx: &mut Tx<'_>| tx.query_one(sql("SELECT count(*), sum(amount) FROM items"), &[], |row| {
        Ok::<_, DbError>((row.get::<i64>(0)?, row.get::<i64>(1)?))
    });
    assert_eq!(db.read(sum).await.unwrap(), (12_345, 10 * (12_344 * 12_345 / 2)));
    assert_eq!(db.write(|tx| tx.insert_many(INSERT, Vec::new())).await.unwrap(), 0);
});

on_both!(STEPS; nulls_and_every_type_go_in_by_many, |db| async move {
    let text = sql(
        "INSERT INTO items (workspace_id, item_id, name, amount, price, is_new, body) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let found = db.write::<_, DbError, _>(move |tx| {
        tx.insert_many(text, [
            values![SHOP, 1, "Ana", None::<i64>, 1.5, true, vec![1_u8]],
            values![SHOP, 2, "Bea", 7, None::<f64>, false, None::<Vec<u8>>],
        ])?;
        tx.query(sql("SELECT amount, price, is_new, body FROM items ORDER BY item_id"), &[], |row| {
            Ok((row.get::<Option<i64>>(0)?, row.get::<Option<f64>>(1)?, row.get::<bool>(2)?, row.get::<Option<Vec<u8>>>(3)?))
        })
    });
    assert_eq!(found.await.unwrap(), [(None, Some(1.5), true, Some(vec![1])), (Some(7), None, false, None)]);
});

on_both!(STEPS; a_broken_key_among_many_rolls_all_back, |db| async move {
    let refused = db.write(|tx| tx.insert_many(INSERT, rows([1, 2, 1]))).await;
    assert!(refused.unwrap_err().is_unique());
    assert_eq!(db.read(count).await.unwrap(), 0);
});

on_both!(STEPS; a_row_of_the_wrong_length_is_refused, |db| async move {
    let refused = db.write(|tx| tx.insert_many(INSERT, vec![values![SHOP, 1, "Ana"]])).await;
    assert!(matches!(refused, Err(DbError::Sql { .. })), "{refused:?}");
});

on_both!(STEPS; an_upsert_of_a_repeated_key_counts_every_row, |db| async move {
    let changed = db.write(|tx| {
        tx.insert_many(UPSERT, [
            values![SHOP, 1, "Ana", 5],
            values![SHOP, 2, "Bea", None::<i64>],
            values![SHOP, 1, "Ana", 7],
            values![SHOP, 1, "Ana", 100],
        ])
    });
    assert_eq!(changed.await.unwrap(), 4);
    assert_eq!(db.read(amounts).await.unwrap(), [(1, 112), (2, 0)]);
});

on_both!(STEPS; a_statement_runs_for_each_of_many_rows, |db| async move {
    let changed = db.write::<_, DbError, _>(|tx| {
        tx.insert_many(INSERT, rows(1..=3))?;
        let updates: Vec<Vec<Value>> = vec![values![11, 1], values![22, 2], values![99, 9]];
        tx.execute_many(sql("UPDATE items SET amount = $1 WHERE item_id = $2"), updates)
    });
    assert_eq!(changed.await.unwrap(), 2);
    assert_eq!(db.read(amounts).await.unwrap(), [(1, 11), (2, 22), (3, 30)]);
});

on_both!(STEPS; changes_by_key_come_one_after_the_other, |db| async move {
    let changed = db.write::<_, DbError, _>(|tx| {
        tx.insert_many(INSERT, rows(1..=3))?;
        let updates = vec![values![11, SHOP, 1], values![22, SHOP, 2], values![111, SHOP, 1], values![9, SHOP, 99]];
        let update = sql("UPDATE items SET amount = $1 WHERE workspace_id = $2 AND item_id = $3");
        let updated = tx.execute_many(update, updates)?;
        let gone = vec![values![SHOP, 3], values![SHOP, 3], values![SHOP, 98]];
        Ok((updated, tx.execute_many(sql("DELETE FROM items WHERE workspace_id = $1 AND item_id = $2"), gone)?))
    });
    assert_eq!(changed.await.unwrap(), (3, 1));
    assert_eq!(db.read(amounts).await.unwrap(), [(1, 111), (2, 22)]);
});
