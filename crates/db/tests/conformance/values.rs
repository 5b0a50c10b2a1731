//! What goes in comes out, as the same type, on both engines; and what one of them could not keep is refused by both.

use std::ops::ControlFlow;

use db::{FromValue, Row, ToValue};
use words::{ProfileId, Timestamp};

use super::*;

/// Writes a value into a column of the only row and reads it back.
fn round_trip<T: FromValue>(
    tx: &mut Tx<'_>,
    update: db::Sql,
    select: db::Sql,
    value: &dyn ToValue,
) -> Result<T, DbError> {
    tx.execute(update, &[value])?;
    tx.query_one(select, &[], |row| row.get(0))
}

on_both!(STEPS; integers_keep_all_64_bits, |db| async move {
    db.write::<_, DbError, _>(|tx| {
        insert(tx, 1, "Ana")?;
        for int in [i64::MIN, -1, 0, 1 << 53, i64::MAX] {
            let update = sql("UPDATE items SET amount = $1");
            assert_eq!(round_trip::<i64>(tx, update, sql("SELECT amount FROM items"), &int)?, int);
        }
        assert_eq!(round_trip::<Option<i64>>(tx, sql("UPDATE items SET amount = $1"), sql("SELECT amount FROM items"), &None::<i64>)?, None);
        Ok(())
    })
    .await
    .unwrap();
});

on_both!(STEPS; real_numbers_keep_every_bit_but_the_sign_of_zero, |db| async move {
    db.write::<_, DbError, _>(|tx| {
        insert(tx, 1, "Ana")?;
        for real in [0.1, -1.5e300, f64::MIN_POSITIVE, 3.0, f64::INFINITY, -0.0] {
            let update = sql("UPDATE items SET price = $1");
            let read: f64 = round_trip(tx, update, sql("SELECT price FROM items"), &real)?;
            assert_eq!(read.to_bits(), (real + 0.0).to_bits(), "{real}");
        }
        let whole: f64 = round_trip(tx, sql("UPDATE items SET price = $1"), sql("SELECT price FROM items"), &4_i64)?;
        assert_eq!(whole, 4.0);
        Ok(())
    })
    .await
    .unwrap();
});

on_both!(STEPS; text_and_bytes_are_kept_as_they_are, |db| async move {
    db.write::<_, DbError, _>(|tx| {
        insert(tx, 1, "Ana")?;
        for text in ["", "Ö'\"\\; --", "日本語 🛒", "line\nline\ttab\u{1}"] {
            let update = sql("UPDATE items SET name = $1");
            assert_eq!(round_trip::<String>(tx, update, sql("SELECT name FROM items"), &text)?, text);
        }
        for bytes in [vec![], vec![0, 255, 7], vec![0; 3]] {
            let update = sql("UPDATE items SET body = $1");
            assert_eq!(round_trip::<Vec<u8>>(tx, update, sql("SELECT body FROM items"), &bytes)?, bytes);
        }
        Ok(())
    })
    .await
    .unwrap();
});

on_both!(STEPS; booleans_ids_and_instants_are_read_as_what_they_are, |db| async move {
    db.write::<_, DbError, _>(|tx| {
        insert(tx, 1, "Ana")?;
        let update = sql("UPDATE items SET is_new = $1");
        assert!(!round_trip::<bool>(tx, update, sql("SELECT is_new FROM items"), &false)?);
        let is_more = tx.query_one(sql("SELECT amount > 5 FROM items WHERE NOT is_new"), &[], |row| row.get::<bool>(0))?;
        assert!(is_more);
        let workspace: WorkspaceId = tx.query_one(sql("SELECT workspace_id FROM items"), &[], |row| row.get(0))?;
        assert_eq!(workspace, SHOP);
        let cast = sql("SELECT CAST($1 AS UUID)");
        let profile = ProfileId::from_uuid(Uuid::from_u128(u128::MAX));
        assert_eq!(tx.query_one(cast, &[&profile], |row| row.get::<ProfileId>(0))?, profile);
        let now = Timestamp::from_millis(1_795_367_364_051);
        let update = sql("UPDATE items SET amount = $1");
        assert_eq!(round_trip::<Timestamp>(tx, update, sql("SELECT amount FROM items"), &now)?, now);
        Ok(())
    })
    .await
    .unwrap();
});

on_both!(STEPS; what_one_engine_could_not_keep_is_refused_by_both, |db| async move {
    let nul = db.write(|tx| insert(tx, 1, "a\0b")).await;
    assert!(matches!(nul, Err(DbError::Parameter { number: 3, .. })), "{nul:?}");
    let nan = db.write(|tx| tx.execute(sql("UPDATE items SET price = $1"), &[&f64::NAN])).await;
    assert!(matches!(nan, Err(DbError::Parameter { number: 1, .. })), "{nan:?}");
    let bulk = db.write(|tx| {
        let text = sql("INSERT INTO items (workspace_id, item_id, name) VALUES ($1, $2, $3)");
        tx.insert_many(text, vec![values![SHOP, 1, "good"], values![SHOP, 2, "\0"]])
    });
    assert!(matches!(bulk.await, Err(DbError::Parameter { number: 3, .. })));
    assert_eq!(db.read(count).await.unwrap(), 0);
});

on_both!(STEPS; a_missing_or_extra_parameter_is_refused, |db| async move {
    let missing = db.write(|tx| tx.execute(sql("UPDATE items SET amount = $1, price = $2"), &[&1_i64])).await;
    assert!(matches!(missing, Err(DbError::Sql { .. })), "{missing:?}");
    let extra = db.write(|tx| tx.execute(sql("UPDATE items SET amount = $1"), &[&1_i64, &2_i64])).await;
    assert!(matches!(extra, Err(DbError::Sql { .. })), "{extra:?}");
});

on_both!(STEPS; a_column_of_another_type_is_named, |db| async move {
    db.write(|tx| insert(tx, 1, "Ana")).await.unwrap();
    let read = |read: fn(&Row<'_>) -> Result<(), DbError>| {
        db.read(move |tx| tx.query_one(sql("SELECT name, amount, price FROM items"), &[], read))
    };
    let wrong = read(|row| row.get::<i64>(0).map(|_| ())).await.unwrap_err();
    assert_eq!(wrong.to_string(), "column 0 (name) holds text where an integer was wanted");
    let null = read(|row| row.get::<f64>(2).map(|_| ())).await.unwrap_err();
    assert_eq!(null.to_string(), "column 2 (price) holds null where a number was wanted");
    assert!(matches!(read(|row| row.get::<i64>(3).map(|_| ())).await, Err(DbError::Type { .. })));
});

on_both!(STEPS; sums_and_averages_are_read_as_numbers, |db| async move {
    let sums = db
        .write::<_, DbError, _>(|tx| {
            (1..=3).try_for_each(|id| insert(tx, id, &format!("n{id}")).map(|_| ()))?;
            tx.execute(sql("UPDATE items SET amount = 25000 WHERE item_id = 3"), &[])?;
            tx.query_one(
                sql("SELECT sum(amount), avg(amount), sum(price), CAST(sum(amount) AS BIGINT) FROM items HAVING sum(amount) > $1"),
                &[&5_i64],
                |row| Ok((row.get::<i64>(0)?, row.get::<f64>(1)?, row.get::<Option<f64>>(2)?, row.get::<i64>(3)?)),
            )
        })
        .await
        .unwrap();
    assert_eq!((sums.0, sums.2, sums.3), (25_030, None, 25_030));
    assert!((sums.1 - 25_030.0 / 3.0).abs() < 1e-9);
});

on_both!(STEPS; text_is_ordered_and_compared_by_its_bytes, |db| async move {
    let mut written = ["b", "B", "a", "é", "z", "Z", "_", "A1", "a b", "ab", ""].map(str::to_owned);
    let inserted = written.clone();
    db.write::<_, DbError, _>(move |tx| {
        inserted.iter().zip(0..).try_for_each(|(name, id)| insert(tx, id, name).map(|_| ()))
    })
    .await
    .unwrap();
    written.sort();
    assert_eq!(db.read(names).await.unwrap(), written);
    let above = |tx: &mut Tx<'_>| {
        tx.query(sql("SELECT name FROM items WHERE name > $1 ORDER BY name"), &[&"Z"], |row| row.get::<String>(0))
    };
    assert_eq!(db.read(above).await.unwrap(), ["_", "a", "a b", "ab", "b", "z", "é"]);
});

on_both!(STEPS; like_heeds_case, |db| async move {
    db.write(|tx| insert(tx, 1, "Ana_x")).await.unwrap();
    for (pattern, expected) in [("Ana%", 1), ("ana%", 0), (r"Ana\_%", 1), (r"An\_%", 0)] {
        let text = sql(r"SELECT count(*) FROM items WHERE name LIKE $1 ESCAPE '\'");
        let found = db.read::<i64, DbError, _>(move |tx| tx.query_one(text, &[&pattern], |row| row.get(0))).await;
        assert_eq!(found.unwrap(), expected, "{pattern}");
    }
});

on_both!(STEPS; one_row_none_and_several_are_told_apart, |db| async move {
    let text = sql("SELECT name FROM items WHERE item_id >= $1 ORDER BY item_id");
    db.write::<_, DbError, _>(move |tx| {
        insert(tx, 1, "Ana")?;
        insert(tx, 2, "Bea")?;
        assert_eq!(tx.query_opt(text, &[&3_i64], |row| row.get::<String>(0))?, None);
        assert_eq!(tx.query_opt(text, &[&2_i64], |row| row.get(0))?, Some("Bea".to_owned()));
        assert!(matches!(tx.query_one(text, &[&3_i64], |row| row.get::<String>(0)), Err(DbError::NoRow { .. })));
        Ok(())
    })
    .await
    .unwrap();
    let several = db.read(move |tx| tx.query_one(text, &[&1_i64], |row| row.get::<String>(0))).await;
    assert!(matches!(several, Err(DbError::SeveralRows { .. })));
});

on_both!(STEPS; a_stream_of_rows_can_be_left_early, |db| async move {
    let seen = db
        .write::<_, DbError, _>(|tx| {
            tx.insert_many(
                sql("INSERT INTO items (workspace_id, item_id, name, amount) VALUES ($1, $2, $3, $4)"),
                rows(0..3_000),
            )?;
            let mut seen = Vec::new();
            tx.query_each(sql("SELECT item_id FROM items ORDER BY item_id"), &[], |row| {
                seen.push(row.get::<i64>(0)?);
                Ok(if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
            assert_eq!(count(tx)?, 3_000);
            Ok(seen)
        })
        .await;
    assert_eq!(seen.unwrap(), [0, 1, 2]);
});

on_both!(STEPS; what_was_written_can_be_returned, |db| async move {
    let returned = db.write(|tx| {
        tx.query(
            sql("INSERT INTO items (workspace_id, item_id, name) VALUES ($1, 1, 'Ana'), ($1, 2, 'Bea') \
                 ON CONFLICT (workspace_id, item_id) DO UPDATE SET name = EXCLUDED.name RETURNING item_id, name"),
            &[&SHOP],
            |row| Ok::<_, DbError>((row.get::<i64>(0)?, row.get::<String>(1)?)),
        )
    });
    assert_eq!(returned.await.unwrap(), [(1, "Ana".to_owned()), (2, "Bea".to_owned())]);
    assert_eq!(db.read(count).await.unwrap(), 2);
});

on_both!(STEPS; greatest_least_and_keysets_mean_the_same, |db| async move {
    db.write(|tx| insert(tx, 3, "Ana")).await.unwrap();
    let found = db.read(|tx| {
        tx.query_one(
            sql("SELECT GREATEST(amount, $1), LEAST(amount, $1) FROM items WHERE (item_id, name) > ($2, $3)"),
            &[&7_i64, &3_i64, &"A"],
            |row| Ok::<_, DbError>((row.get::<i64>(0)?, row.get::<i64>(1)?)),
        )
    });
    assert_eq!(found.await.unwrap(), (30, 7));
});

on_both!(STEPS; a_statement_can_be_checked_without_running_it, |db| async move {
    db.read(|tx| tx.check(sql("SELECT name FROM items WHERE item_id IN LIST($1) AND is_new"))).await.unwrap();
    for wrong in [sql("SELECT nam FROM items"), sql("SELECT \"misspelt\" FROM items"), sql("SELEC 1")] {
        let refused = db.read(move |tx| tx.check(wrong)).await;
        assert!(matches!(refused, Err(DbError::Sql { .. })), "{}", wrong.text());
    }
});
