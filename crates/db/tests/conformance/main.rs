//! Every door of `db`, on both engines, over one small table.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../../testkit/src/databases.rs"]
mod databases;

#[allow(dead_code)]
#[path = "../../../testkit/src/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../../../testkit/src/postgres_server.rs"]
mod postgres_server;

mod bulk;
mod copy;
mod equivalence;
mod killed;
mod lists;
mod migrations;
mod scrub;
mod secure;
mod tables;
mod transactions;
mod values;

use db::{DbError, Engine, Step, Tx, sql, values};
use uuid::Uuid;
use words::WorkspaceId;

/// The schema of these tests.
const STEPS: &[Step] = &[Step {
    version: 1,
    name: "items",
    sql: "
CREATE TABLE items (
    workspace_id UUID NOT NULL,
    item_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    amount BIGINT,
    price DOUBLE PRECISION,
    is_new BOOLEAN NOT NULL DEFAULT TRUE,
    body BYTEA,
    PRIMARY KEY (workspace_id, item_id)
); -- sqlite: WITHOUT ROWID
CREATE UNIQUE INDEX items_by_name ON items (workspace_id, name);
CREATE TABLE notes (
    workspace_id UUID NOT NULL,
    item_id BIGINT NOT NULL,
    text TEXT NOT NULL,
    FOREIGN KEY (workspace_id, item_id) REFERENCES items (workspace_id, item_id)
);
",
}];

/// The workspace of these tests.
const SHOP: WorkspaceId = WorkspaceId::from_uuid(Uuid::from_u128(7));

fn insert(tx: &mut Tx<'_>, id: i64, name: &str) -> Result<usize, DbError> {
    tx.execute(
        sql("INSERT INTO items (workspace_id, item_id, name, amount) VALUES ($1, $2, $3, $4)"),
        &[&SHOP, &id, &name, &(id * 10)],
    )
}

fn names(tx: &mut Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.query(sql("SELECT name FROM items WHERE workspace_id = $1 ORDER BY name"), &[&SHOP], |row| row.get(0))
}

fn count(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT count(*) FROM items WHERE workspace_id = $1"), &[&SHOP], |row| row.get(0))
}

/// Rows of `(workspace_id, item_id, name, amount)`.
fn rows(ids: impl IntoIterator<Item = i64>) -> Vec<Vec<db::Value>> {
    ids.into_iter().map(|id| values![SHOP, id, format!("n{id}"), id * 10]).collect()
}
