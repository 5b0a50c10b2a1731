//! All SQL of orders and their lines.

use std::collections::HashMap;

use db::{DbError, Row, Tx, Value, sql};
use engine::orders::{OrderHistory, OrderStanding, OrderStatus};
use words::{Currency, Span, Timestamp, WorkspaceId};

/// An order's owner and everything that was ever said of it.
pub struct StoredOrder {
    pub number: i64,
    pub history: OrderHistory,
    /// What it adds to the sums of the shop.
    pub share: Share,
}

/// What one order adds to the sums of the shop; an order that does not count adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    ordered_at: Timestamp,
    currency: Currency,
    orders: i64,
    net_minor: i64,
}

impl Share {
    pub fn of(standing: &OrderStanding) -> Self {
        let counts = i64::from(!matches!(standing.status, OrderStatus::Cancelled | OrderStatus::Pending));
        Self {
            ordered_at: standing.ordered_at,
            currency: standing.currency,
            orders: counts,
            net_minor: counts * standing.net_minor,
        }
    }
}

/// The step of the kept sums: every day of every time zone begins with one.
const QUARTER_MS: i64 = 15 * 60 * 1000;

pub fn quarter_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(QUARTER_MS)
}

pub fn start_of_quarter(quarter: i64) -> Timestamp {
    Timestamp::from_millis(quarter.saturating_mul(QUARTER_MS))
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
    Ok(orders_by_id(tx, workspace, &[order_id])?.remove(order_id))
}

pub fn orders_by_id(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    order_ids: &[&str],
) -> Result<HashMap<String, StoredOrder>, DbError> {
    let found = tx.query_each_of(
        sql("SELECT number, history, ordered_at, currency, total_minor - refunded_minor, status, order_id
             FROM orders
             WHERE workspace_id = $1 AND order_id = $2"),
        &[&workspace, &order_ids],
        |row| {
            let (history, currency, status) = (row.get::<String>(1)?, row.get::<String>(3)?, row.get::<String>(5)?);
            let counts = i64::from(status != "cancelled" && status != "pending");
            let stored = StoredOrder {
                number: row.get(0)?,
                history: serde_json::from_str(&history).map_err(crate::kernel::corrupt)?,
                share: Share {
                    ordered_at: row.get(2)?,
                    currency: currency.parse().map_err(crate::kernel::corrupt)?,
                    orders: counts,
                    net_minor: counts * row.get::<i64>(4)?,
                },
            };
            Ok((row.get(6)?, stored))
        },
    )?;
    Ok(found.into_iter().collect())
}

/// Writes the order with its lines; `former` is what it added to the sums before.
pub fn put_order(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    (number, history): (i64, &OrderHistory),
    standing: &OrderStanding,
    former: Option<Share>,
) -> Result<(), DbError> {
    let history = serde_json::to_string(history).map_err(crate::kernel::corrupt)?;
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
            &number,
            &standing.status.as_str(),
            &standing.currency.to_string(),
            &standing.total_minor,
            &standing.refunded_minor,
            &standing.ordered_at,
            &history,
        ],
    )?;
    move_sums(tx, workspace, former, Share::of(standing))?;
    if former.is_some() {
        tx.execute(
            sql("DELETE FROM order_lines WHERE workspace_id = $1 AND order_id = $2"),
            &[&workspace, &standing.order_id],
        )?;
    }
    insert_lines(tx, workspace, standing)
}

fn move_sums(tx: &mut Tx<'_>, workspace: WorkspaceId, former: Option<Share>, share: Share) -> Result<(), DbError> {
    if former == Some(share) {
        return Ok(());
    }
    let taken = former.map(|former| Share { orders: -former.orders, net_minor: -former.net_minor, ..former });
    let rows = taken.into_iter().chain([share]).filter(|share| share.orders != 0).map(|share| {
        vec![
            Value::from(workspace),
            Value::from(quarter_of(share.ordered_at)),
            Value::from(share.currency.to_string()),
            Value::from(share.orders),
            Value::from(share.net_minor),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO order_sums (workspace_id, quarter, currency, orders, net_minor)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, quarter, currency) DO UPDATE SET
               orders = order_sums.orders + excluded.orders,
               net_minor = order_sums.net_minor + excluded.net_minor"),
        rows,
    )?;
    Ok(())
}

/// Notes that these profiles spoke of one order.
pub fn note_speakers(tx: &mut Tx<'_>, workspace: WorkspaceId, order_id: &str, numbers: &[i64]) -> Result<(), DbError> {
    let rows = numbers.iter().map(|number| vec![Value::from(workspace), Value::from(order_id), Value::from(*number)]);
    tx.insert_many(
        sql("INSERT INTO order_speakers (workspace_id, order_id, number)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, order_id, number) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Which profiles spoke of those of the orders of which several did: `(order, profile)`.
pub fn speakers_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    order_ids: &[String],
) -> Result<Vec<(String, i64)>, DbError> {
    tx.query(
        sql("SELECT order_id, number
             FROM order_speakers
             WHERE workspace_id = $1 AND order_id IN LIST($2)
             ORDER BY order_id, number"),
        &[&workspace, &order_ids],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn insert_lines(tx: &mut Tx<'_>, workspace: WorkspaceId, standing: &OrderStanding) -> Result<(), DbError> {
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

/// The owners of the orders whose id begins with `prefix`, for the search box.
pub fn owners_with_prefix(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    prefix: &str,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    let end = format!("{prefix}\u{10FFFF}");
    tx.query(
        sql("SELECT number
             FROM orders
             WHERE workspace_id = $1 AND order_id >= $2 AND order_id < $3
             ORDER BY order_id
             LIMIT $4"),
        &[&workspace, &prefix, &end, &(rows as i64)],
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

/// The orders that count, placed in `[from, until)`, oldest first.
pub fn placed_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Placed>, DbError> {
    tx.query(
        sql("SELECT number, ordered_at, currency, total_minor - refunded_minor
             FROM orders
             WHERE workspace_id = $1 AND ordered_at >= $2 AND ordered_at < $3
               AND status <> 'cancelled' AND status <> 'pending'
             ORDER BY ordered_at"),
        &[&workspace, &from, &until],
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

/// What the orders that count came to in some time from `at` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderSum {
    pub at: Timestamp,
    pub currency: Currency,
    pub orders: i64,
    pub net_minor: i64,
}

/// The kept sums from the quarter of an hour on in which `since` lies.
pub fn sums_since(tx: &mut Tx<'_>, workspace: WorkspaceId, since: Timestamp) -> Result<Vec<OrderSum>, DbError> {
    sums_between(tx, workspace, quarter_of(since) - 1, i64::MAX)
}

fn read_sum(row: &Row<'_>) -> Result<OrderSum, DbError> {
    let currency: String = row.get(1)?;
    Ok(OrderSum {
        at: start_of_quarter(row.get(0)?),
        currency: currency.parse().map_err(crate::kernel::corrupt)?,
        orders: row.get(2)?,
        net_minor: row.get(3)?,
    })
}

/// The kept sums of the quarters behind `after`, up to `until`.
pub fn sums_between(tx: &mut Tx<'_>, workspace: WorkspaceId, after: i64, until: i64) -> Result<Vec<OrderSum>, DbError> {
    tx.query(
        sql("SELECT quarter, currency, orders, net_minor
             FROM order_sums
             WHERE workspace_id = $1 AND quarter > $2 AND quarter <= $3 AND orders <> 0
             ORDER BY quarter, currency"),
        &[&workspace, &after, &until],
        read_sum,
    )
}

/// The same, with the quarter around `split` told in two: what came before that instant, and from it on.
pub fn sums_split_at(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    since: Timestamp,
    split: Timestamp,
) -> Result<Vec<OrderSum>, DbError> {
    let mut sums = sums_since(tx, workspace, since)?;
    let start = start_of_quarter(quarter_of(split));
    for placed in placed_between(tx, workspace, split, start.plus(Span::from_millis(QUARTER_MS)))? {
        let part = OrderSum { at: split, currency: placed.currency, orders: 1, net_minor: placed.net_minor };
        if let Some(whole) = sums.iter_mut().find(|sum| sum.at == start && sum.currency == part.currency) {
            whole.orders -= part.orders;
            whole.net_minor -= part.net_minor;
            sums.push(part);
        }
    }
    Ok(sums)
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

// for an erasure ------------------------------------------------------------------------------------

/// The orders that are these profiles', and those that they spoke of.
pub fn orders_touched_by(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<String>, DbError> {
    let mut ids: Vec<String> = tx.query(
        sql("SELECT order_id FROM orders WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
        |row| row.get(0),
    )?;
    ids.extend(tx.query(
        sql("SELECT order_id FROM order_speakers WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
        |row| row.get::<String>(0),
    )?);
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Deletes an order with its lines; what it added to the sums of the shop stays in them. Answers how many lines it had.
pub fn delete_order(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    order_id: &str,
    share: Option<Share>,
) -> Result<usize, DbError> {
    for text in [
        sql("DELETE FROM orders WHERE workspace_id = $1 AND order_id = $2"),
        sql("DELETE FROM order_speakers WHERE workspace_id = $1 AND order_id = $2"),
    ] {
        tx.execute(text, &[&workspace, &order_id])?;
    }
    let lines = sql("DELETE FROM order_lines WHERE workspace_id = $1 AND order_id = $2");
    let lines = tx.execute(lines, &[&workspace, &order_id])?;
    if let Some(share) = share.filter(|share| share.orders != 0) {
        tx.execute(
            sql("INSERT INTO erased_sums (workspace_id, quarter, currency, orders, net_minor)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (workspace_id, quarter, currency) DO UPDATE SET
                   orders = erased_sums.orders + excluded.orders,
                   net_minor = erased_sums.net_minor + excluded.net_minor"),
            &[&workspace, &quarter_of(share.ordered_at), &share.currency.to_string(), &share.orders, &share.net_minor],
        )?;
    }
    Ok(lines)
}

/// Of an order of which several profiles spoke: only these are left.
pub fn set_speakers(tx: &mut Tx<'_>, workspace: WorkspaceId, order_id: &str, numbers: &[i64]) -> Result<(), DbError> {
    let all = sql("DELETE FROM order_speakers WHERE workspace_id = $1 AND order_id = $2");
    tx.execute(all, &[&workspace, &order_id])?;
    // Who speaks alone is the owner.
    if numbers.len() > 1 { note_speakers(tx, workspace, order_id, numbers) } else { Ok(()) }
}

/// What erased people's orders add to the kept sums of the quarters behind `after`, up to `until`.
pub fn erased_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: i64,
    until: i64,
) -> Result<Vec<OrderSum>, DbError> {
    tx.query(
        sql("SELECT quarter, currency, orders, net_minor
             FROM erased_sums
             WHERE workspace_id = $1 AND quarter > $2 AND quarter <= $3
             ORDER BY quarter, currency"),
        &[&workspace, &after, &until],
        read_sum,
    )
}

// for `doctor` --------------------------------------------------------------------------------------

/// Rows of one kind of damage that are read.
const MAX_DAMAGES: i64 = 1_000;

/// Where a step of so many orders behind `after` ends; none when it ends with the last order.
pub fn last_order_of_step(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: &str,
    rows: usize,
) -> Result<Option<String>, DbError> {
    tx.query_opt(
        sql("SELECT order_id
             FROM orders
             WHERE workspace_id = $1 AND order_id > $2
             ORDER BY order_id
             LIMIT 1 OFFSET $3"),
        &[&workspace, &after, &(rows as i64)],
        |row| row.get(0),
    )
}

/// The same of the kept sums.
pub fn last_quarter_of_step(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: i64,
    rows: usize,
) -> Result<Option<i64>, DbError> {
    tx.query_opt(
        sql("SELECT quarter
             FROM order_sums
             WHERE workspace_id = $1 AND quarter > $2
             ORDER BY quarter, currency
             LIMIT 1 OFFSET $3"),
        &[&workspace, &after, &(rows as i64)],
        |row| row.get(0),
    )
}

/// Orders of which only lines are there, behind one id and up to another.
pub fn lines_without_order(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: &str,
    until: Option<&str>,
) -> Result<Vec<String>, DbError> {
    tx.query(
        sql("SELECT DISTINCT l.order_id
             FROM order_lines l
             LEFT JOIN orders o ON o.workspace_id = l.workspace_id AND o.order_id = l.order_id
             WHERE l.workspace_id = $1 AND l.order_id > $2 AND l.order_id <= $3 AND o.order_id IS NULL
             LIMIT $4"),
        &[&workspace, &after, &until.unwrap_or(BEHIND_ALL), &MAX_DAMAGES],
        |row| row.get(0),
    )
}

/// Greater than every text that a client sends as an order's id.
const BEHIND_ALL: &str = "\u{10FFFF}\u{10FFFF}";

/// The owner of each order behind one id and up to another: `(order, profile)`.
pub fn owners_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: &str,
    until: Option<&str>,
) -> Result<Vec<(String, i64)>, DbError> {
    tx.query(
        sql("SELECT order_id, number FROM orders WHERE workspace_id = $1 AND order_id > $2 AND order_id <= $3"),
        &[&workspace, &after, &until.unwrap_or(BEHIND_ALL)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
