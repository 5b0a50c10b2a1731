//! Counters of a workspace, and figures of its days.

use std::collections::BTreeMap;

use db::{DbError, Tx, Value, sql};
use words::WorkspaceId;

/// All counters of a workspace by their names.
pub fn counters(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, i64>, DbError> {
    let all = tx.query(sql("SELECT name, value FROM counters WHERE workspace_id = $1"), &[&workspace], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(all.into_iter().collect())
}

pub fn set_counters(tx: &mut Tx<'_>, workspace: WorkspaceId, counters: &[(&str, i64)]) -> Result<(), DbError> {
    let rows =
        counters.iter().map(|(name, value)| vec![Value::from(workspace), Value::from(*name), Value::from(*value)]);
    tx.insert_many(
        sql("INSERT INTO counters (workspace_id, name, value)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, name) DO UPDATE SET value = excluded.value"),
        rows,
    )?;
    Ok(())
}

/// People at their first visit of a day.
pub const VISITORS: &str = "visitors";

/// Adds to figures of days: `(day, step) → amount`.
pub fn add_day_figures(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    amounts: &BTreeMap<(i64, i64), i64>,
) -> Result<(), DbError> {
    let rows = amounts.iter().map(|((day, step), amount)| {
        vec![Value::from(workspace), Value::from(name), Value::from(*day), Value::from(*step), Value::from(*amount)]
    });
    tx.insert_many(
        sql("INSERT INTO day_figures (workspace_id, name, day, step, value)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, name, day, step)
             DO UPDATE SET value = day_figures.value + excluded.value"),
        rows,
    )?;
    Ok(())
}

/// A figure from `since_day` on: `(day, step, value)`.
pub fn day_figures_since(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    since_day: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    tx.query(
        sql("SELECT day, step, value
             FROM day_figures
             WHERE workspace_id = $1 AND name = $2 AND day >= $3
             ORDER BY day, step"),
        &[&workspace, &name, &since_day],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}
