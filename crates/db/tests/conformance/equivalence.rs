//! A law: any history of operations leaves SQLite and PostgreSQL with the same answers, the same errors, the same rows.

use db::{Db, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

#[derive(Clone, Debug)]
enum Operation {
    Insert(Item),
    InsertMany(Vec<Item>),
    InsertNew(Vec<Item>),
    Upsert(Vec<Item>),
    Update {
        from: i64,
        price: Option<f64>,
        is_new: bool,
    },
    UpdateEach(Vec<(i64, Option<i64>)>),
    Delete(Vec<i64>),
    DeleteNames(Vec<String>),
    Note(i64, String),
    List {
        after: String,
        limit: i64,
    },
    Totals,
    /// Inserts, then answers an error: nothing may remain.
    Abandon(Item),
}

#[derive(Clone, Debug)]
struct Item {
    id: i64,
    name: String,
    amount: Option<i64>,
    body: Option<Vec<u8>>,
}

impl Item {
    fn row(&self) -> Vec<Value> {
        values![SHOP, self.id, self.name.as_str(), self.amount, self.body.clone()]
    }
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-cA-CéÉß_ ]{0,3}",
        1 => any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ]
}

fn any_item() -> impl Strategy<Value = Item> {
    let amount = proptest::option::of(prop_oneof![-100..100_i64, Just(i64::MAX), Just(i64::MIN)]);
    (0..12_i64, any_name(), amount, proptest::option::of(vec(any::<u8>(), 0..4)))
        .prop_map(|(id, name, amount, body)| Item { id, name, amount, body })
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let price = proptest::option::of(prop_oneof![any::<f64>(), Just(-0.0), Just(2.0), Just(f64::NAN)]);
    prop_oneof![
        4 => any_item().prop_map(Operation::Insert),
        2 => vec(any_item(), 0..4).prop_map(Operation::InsertMany),
        3 => vec(any_item(), 0..6).prop_map(Operation::InsertNew),
        3 => vec(any_item(), 0..6).prop_map(Operation::Upsert),
        2 => (0..12_i64, price, any::<bool>())
            .prop_map(|(from, price, is_new)| Operation::Update { from, price, is_new }),
        2 => vec((0..12_i64, proptest::option::of(-5..5_i64)), 0..4).prop_map(Operation::UpdateEach),
        1 => vec(0..12_i64, 0..3).prop_map(Operation::Delete),
        1 => vec(any_name(), 0..3).prop_map(Operation::DeleteNames),
        1 => (0..12_i64, any_name()).prop_map(|(id, text)| Operation::Note(id, text)),
        2 => (any_name(), 0..5_i64).prop_map(|(after, limit)| Operation::List { after, limit }),
        1 => Just(Operation::Totals),
        1 => any_item().prop_map(Operation::Abandon),
    ]
}

/// Runs the operation in a transaction of its own, and shows its answer in a form that both engines share.
fn answer(db: &Db, operation: Operation) -> String {
    let answer = db.write_blocking(move |tx| run(tx, &operation));
    match answer {
        Ok(shown) => shown,
        Err(DbError::Unique { table, .. }) => format!("unique {table}"),
        Err(DbError::Constraint { .. }) => "constraint".to_owned(),
        Err(DbError::Parameter { number, .. }) => format!("parameter {number}"),
        Err(DbError::NoRow { .. }) => "no row".to_owned(),
        Err(other) => panic!("no operation fails like this: {other}"),
    }
}

fn run(tx: &mut Tx<'_>, operation: &Operation) -> Result<String, DbError> {
    const INSERT: db::Sql =
        sql("INSERT INTO items (workspace_id, item_id, name, amount, body) VALUES ($1, $2, $3, $4, $5)");
    let given = |items: &[Item]| items.iter().map(Item::row).collect::<Vec<_>>();
    Ok(match operation {
        Operation::Insert(item) => format!("{}", tx.insert_many(INSERT, [item.row()])?),
        Operation::InsertMany(items) => format!("{}", tx.insert_many(INSERT, given(items))?),
        Operation::InsertNew(items) => {
            let text =
                sql("INSERT INTO items (workspace_id, item_id, name, amount, body) VALUES ($1, $2, $3, $4, $5) \
                            ON CONFLICT (workspace_id, name) DO NOTHING");
            format!("{}", tx.insert_many(text, given(items))?)
        }
        Operation::Upsert(items) => {
            let text =
                sql("INSERT INTO items (workspace_id, item_id, name, amount, body) VALUES ($1, $2, $3, $4, $5) \
                            ON CONFLICT (workspace_id, item_id) DO UPDATE SET amount = EXCLUDED.amount, \
                            body = COALESCE(items.body, EXCLUDED.body)");
            format!("{}", tx.insert_many(text, given(items))?)
        }
        Operation::Update { from, price, is_new } => {
            let text = sql("UPDATE items SET price = $1, is_new = $2 WHERE workspace_id = $3 AND item_id >= $4");
            format!("{}", tx.execute(text, &[price, is_new, &SHOP, from])?)
        }
        Operation::UpdateEach(updates) => {
            let text = sql("UPDATE items SET amount = $1 WHERE item_id = $2");
            let updates = updates.iter().map(|(id, amount)| values![*amount, *id]).collect();
            format!("{}", tx.execute_many(text, updates)?)
        }
        Operation::Delete(ids) => {
            format!("{}", tx.execute(sql("DELETE FROM items WHERE item_id IN LIST($1)"), &[ids])?)
        }
        Operation::DeleteNames(names) => {
            format!("{}", tx.execute(sql("DELETE FROM items WHERE name IN LIST($1)"), &[names])?)
        }
        Operation::Note(id, text) => {
            let insert = sql("INSERT INTO notes (workspace_id, item_id, text) VALUES ($1, $2, $3)");
            format!("{}", tx.execute(insert, &[&SHOP, id, text])?)
        }
        Operation::List { after, limit } => {
            let text =
                sql("SELECT name, amount FROM items WHERE workspace_id = $1 AND name > $2 ORDER BY name LIMIT $3");
            let read = |row: &db::Row<'_>| Ok((row.get::<String>(0)?, row.get::<Option<i64>>(1)?));
            format!("{:?}", tx.query(text, &[&SHOP, after, limit], read)?)
        }
        Operation::Totals => {
            let text =
                sql("SELECT is_new, count(*), max(name), count(price) FROM items GROUP BY is_new ORDER BY is_new");
            let read = |row: &db::Row<'_>| {
                Ok((row.get::<bool>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?, row.get::<i64>(3)?))
            };
            format!("{:?}", tx.query(text, &[], read)?)
        }
        Operation::Abandon(item) => {
            tx.insert_many(INSERT, [item.row()])?;
            return Err(DbError::NoRow { text: String::new() });
        }
    })
}

fn contents(db: &Db) -> String {
    let read = db.read_blocking::<_, DbError, _>(|tx| {
        let items = tx.query(
            sql("SELECT item_id, name, amount, price, is_new, body FROM items ORDER BY item_id, name"),
            &[],
            |row| {
                let key = (row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<Option<i64>>(2)?);
                let price = row.get::<Option<f64>>(3)?.map(f64::to_bits);
                Ok((key, price, row.get::<bool>(4)?, row.get::<Option<Vec<u8>>>(5)?))
            },
        )?;
        let notes = tx.query(sql("SELECT item_id, text FROM notes ORDER BY item_id, text"), &[], |row| {
            Ok((row.get::<i64>(0)?, row.get::<String>(1)?))
        })?;
        Ok(format!("{items:?} {notes:?}"))
    });
    read.unwrap()
}

fn clear(db: &Db) {
    db.write_blocking::<_, DbError, _>(|tx| {
        tx.execute(sql("DELETE FROM notes"), &[])?;
        tx.execute(sql("DELETE FROM items"), &[])
    })
    .unwrap();
}

#[test]
fn any_history_leaves_both_engines_alike() {
    if databases::is_postgres_skipped() {
        return;
    }
    let (sqlite, _folder) = databases::fresh_sqlite(STEPS);
    let (postgres, _dropped) = databases::fresh_postgres(STEPS);
    let config = Config { cases: 12, max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let law = |operations: Vec<Operation>| {
        clear(&sqlite);
        clear(&postgres);
        for operation in operations {
            let shown = format!("{operation:?}");
            prop_assert_eq!(answer(&sqlite, operation.clone()), answer(&postgres, operation), "{}", shown);
        }
        prop_assert_eq!(contents(&sqlite), contents(&postgres));
        Ok(())
    };
    TestRunner::new(config).run(&vec(any_operation(), 30..60), law).unwrap();
}
