//! All SQL of orders and their lines.

use db::{DbError, Row, Tx, Value, sql};
use engine::orders::{OrderHistory, OrderStanding};
use words::{Currency, Timestamp, WorkspaceId};

/// An order's owner and everything that was ever said of it.
pub struct StoredOrder {
    pub number: i64,
    pub history: OrderHistory,
}

/// An order as lists show it.
#[derive(Clone, Debug)]
pub struct ListedOrder {
    pub order_id: String,
    pub number: i64,
    pub status: String,
    pub currency: String,
    pub total_minor: i64,
    pub refunded_minor: i64,
    pub ordered_at: Timestamp,
}

pub fn order(tx: &mut Tx<'_>, workspace: WorkspaceId, order_id: &str) -> Result<Option<StoredOrder>, DbError> {
    tx.query_opt(
        sql("SELECT number, history FROM orders WHERE workspace_id = $1 AND order_id = $2"),
        &[&workspace, &order_id],
        |row| {
            let history: String = row.get(1)?;
            Ok(StoredOrder {
                number: row.get(0)?,
                history: serde_json::from_str(&history).map_err(crate::kernel::corrupt)?,
            })
        },
    )
}

pub fn put_order(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    order: &StoredOrder,
    standing: &OrderStanding,
) -> Result<(), DbError> {
    let history = serde_json::to_string(&order.history).map_err(crate::kernel::corrupt)?;
    tx.execute(
        sql("INSERT INTO orders
               (workspace_id, order_id, number, status, currency, total_minor, refunded_minor,
                ordered_at, history)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (workspace_id, order_id) DO UPDATE SET
               number = excluded.number, status = excluded.status, currency = excluded.currency,
               total_minor = excluded.total_minor, refunded_minor = excluded.refunded_minor,
               ordered_at = excluded.ordered_at, history = excluded.history"),
        &[
            &workspace,
            &standing.order_id,
            &order.number,
            &standing.status.as_str(),
            &standing.currency.to_string(),
            &standing.total_minor,
            &standing.refunded_minor,
            &standing.ordered_at,
            &history,
        ],
    )?;
    replace_lines(tx, workspace, standing)
}

fn replace_lines(tx: &mut Tx<'_>, workspace: WorkspaceId, standing: &OrderStanding) -> Result<(), DbError> {
    tx.execute(
        sql("DELETE FROM order_lines WHERE workspace_id = $1 AND order_id = $2"),
        &[&workspace, &standing.order_id],
    )?;
    let rows = standing.lines.iter().enumerate().map(|(line_no, line)| {
        vec![
            Value::from(workspace),
            Value::from(standing.order_id.as_str()),
            Value::from(line_no as i64),
            Value::from(line.product_id.clone().unwrap_or_default()),
            Value::from(line.sku.clone().unwrap_or_default()),
            Value::from(line.name.clone().unwrap_or_default()),
            Value::from(line.category.clone().unwrap_or_default()),
            Value::from(line.quantity_thousandths),
            Value::from(line.price_minor),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO order_lines
               (workspace_id, order_id, line_no, product_id, sku, name, category,
                quantity_thousandths, price_minor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        rows,
    )?;
    Ok(())
}

fn read_listed(row: &Row<'_>) -> Result<ListedOrder, DbError> {
    Ok(ListedOrder {
        order_id: row.get(0)?,
        number: row.get(1)?,
        status: row.get(2)?,
        currency: row.get(3)?,
        total_minor: row.get(4)?,
        refunded_minor: row.get(5)?,
        ordered_at: row.get(6)?,
    })
}

/// The orders of these profiles, newest first.
pub fn orders_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    rows: usize,
) -> Result<Vec<ListedOrder>, DbError> {
    tx.query(
        sql("SELECT order_id, number, status, currency, total_minor, refunded_minor, ordered_at
             FROM orders
             WHERE workspace_id = $1 AND number IN LIST($2)
             ORDER BY ordered_at DESC, order_id DESC
             LIMIT $3"),
        &[&workspace, &numbers, &(rows as i64)],
        read_listed,
    )
}

/// The owner of an order, for the search box.
pub fn owner_of(tx: &mut Tx<'_>, workspace: WorkspaceId, order_id: &str) -> Result<Option<i64>, DbError> {
    tx.query_opt(
        sql("SELECT number FROM orders WHERE workspace_id = $1 AND order_id = $2"),
        &[&workspace, &order_id],
        |row| row.get(0),
    )
}

/// Number and net value of the orders placed in `[from, until)` in one currency; cancelled ones left out.
pub fn totals(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    currency: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<(i64, i64), DbError> {
    tx.query_one(
        sql("SELECT COUNT(*), CAST(COALESCE(SUM(total_minor - refunded_minor), 0) AS BIGINT)
             FROM orders
             WHERE workspace_id = $1 AND ordered_at >= $2 AND ordered_at < $3
               AND currency = $4 AND status <> 'cancelled' AND status <> 'pending'"),
        &[&workspace, &from, &until, &currency],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// An order that counts: neither cancelled nor known by a refund only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The profile whose order it is.
    pub number: i64,
    pub ordered_at: Timestamp,
    pub currency: Currency,
    /// What was paid, less what was given back.
    pub net_minor: i64,
}

/// The orders that count, placed at or after an instant, oldest first.
pub fn placed_since(tx: &mut Tx<'_>, workspace: WorkspaceId, since: Timestamp) -> Result<Vec<Placed>, DbError> {
    tx.query(
        sql("SELECT number, ordered_at, currency, total_minor - refunded_minor
             FROM orders
             WHERE workspace_id = $1 AND ordered_at >= $2 AND status <> 'cancelled' AND status <> 'pending'
             ORDER BY ordered_at"),
        &[&workspace, &since],
        |row| {
            let currency: String = row.get(2)?;
            Ok(Placed {
                number: row.get(0)?,
                ordered_at: row.get(1)?,
                currency: currency.parse().map_err(crate::kernel::corrupt)?,
                net_minor: row.get(3)?,
            })
        },
    )
}

/// Orders placed in `[from, before)`, newest first; the next page begins at the last row's time and id.
pub fn orders_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: Timestamp,
    before: (Timestamp, &str),
    rows: usize,
) -> Result<Vec<ListedOrder>, DbError> {
    tx.query(
        sql("SELECT order_id, number, status, currency, total_minor, refunded_minor, ordered_at
             FROM orders
             WHERE workspace_id = $1 AND ordered_at >= $2 AND (ordered_at, order_id) < ($3, $4)
             ORDER BY ordered_at DESC, order_id DESC
             LIMIT $5"),
        &[&workspace, &from, &before.0, &before.1, &(rows as i64)],
        read_listed,
    )
}

/// Visits every order in the order of its id: `(order id, owner, history)`; for `doctor`.
pub fn each_order(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    mut visit: impl FnMut(ListedOrder) -> Result<(), DbError>,
) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT order_id, number, status, currency, total_minor, refunded_minor, ordered_at
             FROM orders
             WHERE workspace_id = $1
             ORDER BY order_id"),
        &[&workspace],
        |row| {
            visit(read_listed(row)?)?;
            Ok(std::ops::ControlFlow::Continue(()))
        },
    )
}
