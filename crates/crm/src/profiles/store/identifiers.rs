//! What identifies somebody, and what was refused as an identifier.

use db::{DbError, Row, Tx, Value, sql};
use words::{Timestamp, WorkspaceId};

use super::super::model::{BlockedIdentifier, Identifier, LinkedIdentifier};

/// The profile that each known value of one kind belongs to.
pub fn owners_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: &str,
    values: &[String],
) -> Result<Vec<(String, i64)>, DbError> {
    tx.query_each_of(
        sql("SELECT value, number
             FROM identifiers
             WHERE workspace_id = $1 AND kind = $2 AND value = $3"),
        &[&workspace, &kind, &values],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub(super) fn read_linked(row: &Row<'_>) -> Result<LinkedIdentifier, DbError> {
    Ok(LinkedIdentifier {
        identifier: Identifier { kind: row.get(0)?, value: row.get(1)? },
        number: row.get(2)?,
        linked_at: row.get(3)?,
        rule: row.get(4)?,
        event_seq: row.get(5)?,
    })
}

pub fn identifiers_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
) -> Result<Vec<LinkedIdentifier>, DbError> {
    tx.query(
        sql("SELECT kind, value, number, linked_at, rule, event_seq
             FROM identifiers
             WHERE workspace_id = $1 AND number IN LIST($2)
             ORDER BY kind, value"),
        &[&workspace, &numbers],
        read_linked,
    )
}

/// Identifiers whose value begins with `prefix`, for the search box.
pub fn identifiers_with_prefix(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: &str,
    prefix: &str,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT number
             FROM identifiers
             WHERE workspace_id = $1 AND kind = $2 AND value >= $3 AND value < $4
             ORDER BY value
             LIMIT $5"),
        &[&workspace, &kind, &prefix, &after_prefix(prefix), &(rows as i64)],
        |row| row.get(0),
    )
}

/// The least text greater than every text that begins with `prefix`.
pub(super) fn after_prefix(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

pub fn insert_identifiers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    identifiers: &[LinkedIdentifier],
) -> Result<(), DbError> {
    let rows = identifiers.iter().map(|linked| {
        vec![
            Value::from(workspace),
            Value::from(linked.identifier.kind.as_str()),
            Value::from(linked.identifier.value.as_str()),
            Value::from(linked.number),
            Value::from(linked.linked_at),
            Value::from(linked.rule.as_str()),
            Value::from(linked.event_seq),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO identifiers (workspace_id, kind, value, number, linked_at, rule, event_seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        rows,
    )?;
    Ok(())
}

pub fn identifier_rules(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
) -> Result<Vec<engine::identity::IdentifierRule>, DbError> {
    tx.query(
        sql("SELECT kind, precedence, is_strong, max_per_person, may_join, makes_known
             FROM identifier_types
             WHERE workspace_id = $1
             ORDER BY precedence, kind"),
        &[&workspace],
        |row| {
            Ok(engine::identity::IdentifierRule {
                kind: row.get(0)?,
                precedence: row.get::<i64>(1)?.clamp(0, 255) as u8,
                is_strong: row.get(2)?,
                max_per_person: row.get::<i64>(3)?.clamp(0, i64::from(u32::MAX)) as u32,
                may_join: row.get(4)?,
                makes_known: row.get(5)?,
            })
        },
    )
}

pub fn insert_identifier_rules(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    rules: &[engine::identity::IdentifierRule],
) -> Result<(), DbError> {
    let rows = rules.iter().map(|rule| {
        vec![
            Value::from(workspace),
            Value::from(rule.kind.as_str()),
            Value::from(i64::from(rule.precedence)),
            Value::from(rule.is_strong),
            Value::from(i64::from(rule.max_per_person)),
            Value::from(rule.may_join),
            Value::from(rule.makes_known),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO identifier_types
               (workspace_id, kind, precedence, is_strong, max_per_person, may_join, makes_known)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (workspace_id, kind) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Notes that a value identifies nobody, or is one too many for the profile of this number (else 0).
pub fn note_blocked(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    identifier: &Identifier,
    (reason, number): (&str, i64),
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO blocked_identifiers (workspace_id, kind, value, reason, at, times, number)
             VALUES ($1, $2, $3, $4, $5, 1, $6)
             ON CONFLICT (workspace_id, kind, value) DO UPDATE SET times = blocked_identifiers.times + 1"),
        &[&workspace, &identifier.kind, &identifier.value, &reason, &now, &number],
    )?;
    Ok(())
}

pub fn blocked_identifiers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    rows: usize,
) -> Result<Vec<BlockedIdentifier>, DbError> {
    tx.query(
        sql("SELECT kind, value, reason, at, times
             FROM blocked_identifiers
             WHERE workspace_id = $1
             ORDER BY kind, value
             LIMIT $2"),
        &[&workspace, &(rows as i64)],
        |row| {
            Ok(BlockedIdentifier {
                identifier: Identifier { kind: row.get(0)?, value: row.get(1)? },
                reason: row.get(2)?,
                at: row.get(3)?,
                times: row.get(4)?,
            })
        },
    )
}

/// Those of the values that were blocked for this reason.
pub fn blocked_among(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: &str,
    reason: &str,
    values: &[String],
) -> Result<Vec<String>, DbError> {
    tx.query_each_of(
        sql("SELECT value
             FROM blocked_identifiers
             WHERE workspace_id = $1 AND kind = $2 AND reason = $3 AND value = $4"),
        &[&workspace, &kind, &reason, &values],
        |row| row.get(0),
    )
}
