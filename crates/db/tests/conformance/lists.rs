//! Whole lists as one parameter, and statements composed at run time.

use std::ops::ControlFlow;

use db::{Engine, Fragment, ToValue};

use super::*;

/// The ids of items whose column is (not) in the list.
fn found(tx: &mut Tx<'_>, text: db::Sql, list: &dyn ToValue) -> Vec<i64> {
    tx.query(text, &[list], |row| row.get(0)).unwrap()
}

on_both!(STEPS; a_list_is_one_parameter, |db| async move {
    db.write::<_, DbError, _>(|tx| {
        (1..=4).try_for_each(|id| insert(tx, id, &format!("n{id}")).map(|_| ()))?;
        tx.execute(sql("UPDATE items SET body = $1 WHERE item_id = 4"), &[&vec![1_u8, 2]])?;
        let by_id = sql("SELECT item_id FROM items WHERE item_id IN LIST($1) ORDER BY item_id");
        let not_id = sql("SELECT item_id FROM items WHERE item_id NOT IN LIST($1) ORDER BY item_id");
        let by_name = sql("SELECT item_id FROM items WHERE name IN LIST($1) ORDER BY item_id");
        let by_body = sql("SELECT item_id FROM items WHERE body IN LIST($1)");
        let by_shop = sql("SELECT item_id FROM items WHERE workspace_id IN LIST($1) ORDER BY item_id");
        assert_eq!(found(tx, by_id, &vec![4_i64, 2, 9, 2]), [2, 4]);
        assert_eq!(found(tx, by_id, &Vec::<i64>::new()), [0_i64; 0]);
        assert_eq!(found(tx, not_id, &vec![1_i64, 2]), [3, 4]);
        assert_eq!(found(tx, not_id, &Vec::<i64>::new()), [1, 2, 3, 4]);
        assert_eq!(found(tx, by_name, &vec!["n3", "x"]), [3]);
        assert_eq!(found(tx, by_body, &vec![vec![1_u8, 2], vec![]]), [4]);
        assert_eq!(found(tx, by_shop, &vec![SHOP]), [1, 2, 3, 4]);
        assert_eq!(found(tx, by_shop, &vec![Uuid::nil()]), [0_i64; 0]);
        Ok(())
    })
    .await
    .unwrap();
});

#[test]
fn a_list_uses_the_index_on_sqlite() {
    databases::run_on_sqlite(STEPS, |db| async move {
        let plan = db.read(|tx| {
            tx.query(
                sql("EXPLAIN QUERY PLAN SELECT amount FROM items WHERE workspace_id = $1 AND item_id IN LIST($2)"),
                &[&SHOP, &vec![1_i64]],
                |row| row.get::<String>(3),
            )
        });
        let plan = plan.await.unwrap().join("; ");
        assert!(plan.contains("SEARCH items USING PRIMARY KEY (workspace_id=? AND item_id=?)"), "{plan}");
    });
}

on_both!(STEPS; a_fragment_composes_literals_and_bound_values, |db| async move {
    db.write::<_, DbError, _>(|tx| {
        (1..=5).try_for_each(|id| insert(tx, id, &format!("n{id}")).map(|_| ()))?;
        let mut above = Fragment::new("amount > ");
        above.push_bind(10_i64);
        let mut chosen = Fragment::new("item_id");
        chosen.push_in_list(vec![1_i64, 2, 4]);
        let mut select = Fragment::new("SELECT item_id FROM items WHERE workspace_id = ");
        select.push_bind(SHOP).push(" AND ").push_joined(" AND ", [above, chosen]).push(" ORDER BY item_id");
        assert_eq!(tx.query_dynamic(&select, |row| row.get::<i64>(0))?, [2, 4]);
        let mut first = None;
        tx.query_each_dynamic(&select, |row| {
            first = Some(row.get::<i64>(0)?);
            Ok(ControlFlow::Break(()))
        })?;
        assert_eq!(first, Some(2));
        let mut delete = Fragment::new("DELETE FROM items WHERE name = ");
        delete.push_bind("n5'; DROP TABLE items; --");
        assert_eq!(tx.execute_dynamic(&delete)?, 0);
        assert_eq!(count(tx)?, 5);
        Ok(())
    })
    .await
    .unwrap();
});

on_both!(STEPS; many_composed_statements_do_not_pile_up, |db| async move {
    db.read::<_, DbError, _>(|tx| {
        for length in 1..600 {
            let mut select = Fragment::new("SELECT count(*) FROM items WHERE item_id = 0");
            for _ in 0..length % 300 {
                select.push(" OR item_id = 1");
            }
            assert_eq!(tx.query_dynamic(&select, |row| row.get::<i64>(0))?, [0]);
        }
        Ok(())
    })
    .await
    .unwrap();
});

on_both!(STEPS; a_transaction_knows_its_engine, |db| async move {
    let engine = db.read(|tx| Ok::<Engine, DbError>(tx.engine())).await.unwrap();
    assert_eq!(engine, db.engine());
});

on_both!(STEPS; a_key_is_looked_up_for_each_of_a_list, |db| async move {
    let fill = |tx: &mut Tx<'_>| (1..=5).try_for_each(|id| insert(tx, id, &format!("n{id}")).map(|_| ()));
    db.write::<_, DbError, _>(fill).await.unwrap();
    let by_id = sql("SELECT item_id, name FROM items WHERE workspace_id = $1 AND item_id = $2");
    let found = db.read(move |tx| {
        tx.query_each_of(by_id, &[&SHOP, &vec![4_i64, 9, 2, 4]], |row| Ok((row.get(0)?, row.get(1)?)))
    });
    let found: Result<Vec<(i64, String)>, DbError> = found.await;
    let mut found = found.unwrap();
    found.sort();
    assert_eq!(found, [(2, "n2".to_owned()), (4, "n4".to_owned())]);
    let by_name = sql("SELECT item_id FROM items WHERE workspace_id = $1 AND name = $2");
    let names = vec!["n5".to_owned(), "nobody".to_owned()];
    let found = db.read::<Vec<i64>, DbError, _>(move |tx| tx.query_each_of(by_name, &[&SHOP, &names], |row| row.get(0)));
    assert_eq!(found.await.unwrap(), [5]);
    let both = sql("SELECT item_id FROM items WHERE workspace_id = $1 AND name IN LIST($2) AND item_id = $3");
    let names = vec!["n2".to_owned(), "n5".to_owned()];
    let found = db.read::<Vec<i64>, DbError, _>(move |tx| {
        tx.query_each_of(both, &[&SHOP, &names, &vec![4_i64, 5]], |row| row.get(0))
    });
    assert_eq!(found.await.unwrap(), [5], "beside another list");
    let none: Vec<i64> = Vec::new();
    let found = db.read::<Vec<i64>, DbError, _>(move |tx| tx.query_each_of(by_id, &[&SHOP, &none], |row| row.get(0)));
    assert_eq!(found.await.unwrap(), [0_i64; 0]);
});
