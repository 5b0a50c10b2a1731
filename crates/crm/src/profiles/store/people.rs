//! The list of people, its stages and the order of last visits.

use std::collections::{BTreeMap, HashMap};

use db::{DbError, Row, Tx, Value, sql};
use engine::{Evidence as _, FactsView};
use words::{ProfileId, Timestamp, WorkspaceId};

use super::super::model::{LastVisit, PersonRow};
use super::{after_prefix, each_facts_of};

/// A row of the list with the keys to page and link by.
#[derive(Clone)]
pub struct ListedPerson {
    pub number: i64,
    pub id: ProfileId,
    pub row: PersonRow,
}

/// Moves people in the order of last visits; `None` before is somebody who had no place there.
pub fn put_last_visits(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    moved: Vec<(i64, Option<LastVisit>, LastVisit)>,
) -> Result<(), DbError> {
    let (mut left, mut taken): (Vec<_>, Vec<_>) =
        moved.into_iter().map(|(number, before, after)| (before.map(|visit| (visit, number)), (after, number))).unzip();
    // In the order of the key: neighbours share a page.
    left.sort_unstable();
    taken.sort_unstable();
    delete_last_visits(tx, workspace, left.into_iter().flatten())?;
    tx.insert_many(
        sql("INSERT INTO last_visits (workspace_id, stage, seen_at, number)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace_id, stage, seen_at, number) DO NOTHING"),
        taken.into_iter().map(|place| key_of_visit(workspace, place)),
    )?;
    Ok(())
}

pub(super) fn delete_last_visits(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    places: impl Iterator<Item = (LastVisit, i64)>,
) -> Result<(), DbError> {
    tx.execute_many(
        sql("DELETE FROM last_visits WHERE workspace_id = $1 AND stage = $2 AND seen_at = $3 AND number = $4"),
        places.map(|place| key_of_visit(workspace, place)).collect(),
    )?;
    Ok(())
}

fn key_of_visit(workspace: WorkspaceId, (visit, number): (LastVisit, i64)) -> Vec<Value> {
    vec![Value::from(workspace), Value::from(visit.stage), Value::from(visit.at), Value::from(number)]
}

pub fn put_people(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    people: Vec<(i64, ProfileId, PersonRow)>,
) -> Result<(), DbError> {
    count_stages(tx, workspace, &people)?;
    let rows = people.into_iter().map(|(number, id, row)| {
        vec![
            Value::from(workspace),
            Value::from(number),
            Value::from(id),
            Value::from(row.name_folded()),
            Value::from(row.name_turned()),
            Value::from(row.name),
            Value::from(row.email),
            Value::from(row.phone),
            Value::from(row.country),
            Value::from(row.city),
            Value::from(row.stage),
            Value::from(row.first_seen_at),
            Value::from(row.orders_count),
            Value::from(row.revenue_minor),
            Value::from(row.first_order_at),
            Value::from(row.last_order_at),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO people
               (workspace_id, number, id, name_folded, name_turned, name, email, phone, country, city, stage,
                first_seen_at, orders_count, revenue_minor, first_order_at, last_order_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
             ON CONFLICT (workspace_id, number) DO UPDATE SET
               name_folded = excluded.name_folded, name_turned = excluded.name_turned,
               name = excluded.name, email = excluded.email, phone = excluded.phone, country = excluded.country, city = excluded.city,
               stage = excluded.stage, first_seen_at = excluded.first_seen_at,
               orders_count = excluded.orders_count, revenue_minor = excluded.revenue_minor,
               first_order_at = excluded.first_order_at, last_order_at = excluded.last_order_at"),
        rows,
    )?;
    Ok(())
}

/// Moves the counts of the stages by what these rows will change.
fn count_stages(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    people: &[(i64, ProfileId, PersonRow)],
) -> Result<(), DbError> {
    if people.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = people.iter().map(|(number, _, _)| *number).collect();
    let mut gains: BTreeMap<String, i64> = BTreeMap::new();
    for (_, _, row) in people {
        *gains.entry(row.stage.clone()).or_default() += 1;
    }
    for stage in stages_of(tx, workspace, &numbers)? {
        *gains.entry(stage).or_default() -= 1;
    }
    add_to_stages(tx, workspace, gains)
}

/// The stage that each of these people's rows bears.
pub(super) fn stages_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<String>, DbError> {
    tx.query(
        sql("SELECT stage FROM people WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
        |row| row.get(0),
    )
}

pub(super) fn add_to_stages(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    gains: BTreeMap<String, i64>,
) -> Result<(), DbError> {
    let changed = gains.into_iter().filter(|(_, gain)| *gain != 0);
    let rows = changed.map(|(stage, gain)| vec![Value::from(workspace), Value::from(stage), Value::from(gain)]);
    tx.insert_many(
        sql("INSERT INTO people_counts (workspace_id, stage, people)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, stage) DO UPDATE SET people = people_counts.people + excluded.people"),
        rows,
    )?;
    Ok(())
}

fn read_listed(row: &Row<'_>) -> Result<ListedPerson, DbError> {
    Ok(ListedPerson {
        number: row.get(0)?,
        id: row.get(1)?,
        row: PersonRow {
            name: row.get(2)?,
            email: row.get(3)?,
            phone: row.get(4)?,
            country: row.get(5)?,
            city: row.get(6)?,
            stage: row.get(7)?,
            first_seen_at: row.get(8)?,
            // Not of this table: whoever reads the row adds it.
            last_seen_at: Timestamp::UNIX_EPOCH,
            orders_count: row.get(9)?,
            revenue_minor: row.get(10)?,
            first_order_at: row.get(11)?,
            last_order_at: row.get(12)?,
        },
    })
}

pub fn people_by_number(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
) -> Result<Vec<ListedPerson>, DbError> {
    let mut people = tx.query(
        sql("SELECT number, id, name, email, phone, country, city, stage,
                    first_seen_at, orders_count, revenue_minor, first_order_at, last_order_at
             FROM people
             WHERE workspace_id = $1 AND number IN LIST($2)
             ORDER BY number"),
        &[&workspace, &numbers],
        read_listed,
    )?;
    let mut seen: HashMap<i64, Timestamp> = HashMap::with_capacity(people.len());
    each_facts_of(tx, workspace, numbers, |number, facts| {
        let last_seen = FactsView::new(facts).ok().and_then(|facts| facts.figures().last_seen);
        seen.insert(number, last_seen.unwrap_or(Timestamp::UNIX_EPOCH));
    })?;
    for person in &mut people {
        person.row.last_seen_at = seen.get(&person.number).copied().unwrap_or(Timestamp::UNIX_EPOCH);
    }
    Ok(people)
}

pub fn count_people_in_stage(tx: &mut Tx<'_>, workspace: WorkspaceId, stage: &str) -> Result<i64, DbError> {
    let count = tx.query_opt(
        sql("SELECT people FROM people_counts WHERE workspace_id = $1 AND stage = $2"),
        &[&workspace, &stage],
        |row| row.get(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// The numbers of those whose name, or whose last name, begins with the folded text.
pub fn numbers_named(tx: &mut Tx<'_>, workspace: WorkspaceId, folded: &str, rows: usize) -> Result<Vec<i64>, DbError> {
    let mut found = Vec::new();
    for text in [
        sql("SELECT number
             FROM people
             WHERE workspace_id = $1 AND name_folded >= $2 AND name_folded < $3
             ORDER BY name_folded
             LIMIT $4"),
        sql("SELECT number
             FROM people
             WHERE workspace_id = $1 AND name_turned <> '' AND name_turned >= $2 AND name_turned < $3
             ORDER BY name_turned
             LIMIT $4"),
    ] {
        found.extend(
            tx.query(text, &[&workspace, &folded, &after_prefix(folded), &(rows as i64)], |row| row.get::<i64>(0))?,
        );
    }
    Ok(found)
}

pub fn count_people(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    tx.query_one(
        sql("SELECT CAST(COALESCE(SUM(people), 0) AS BIGINT) FROM people_counts WHERE workspace_id = $1"),
        &[&workspace],
        |row| row.get(0),
    )
}

/// People whose first order was placed in `[from, until)`.
pub fn count_first_ordered(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: Timestamp,
    until: Timestamp,
) -> Result<i64, DbError> {
    tx.query_one(
        // `> 0` names the index and stands last: SQLite begins its search at the first bound it finds.
        sql("SELECT COUNT(*)
             FROM people
             WHERE workspace_id = $1 AND first_order_at >= $2 AND first_order_at < $3 AND first_order_at > 0"),
        &[&workspace, &from, &until],
        |row| row.get(0),
    )
}

/// The stages as rows bear them; empty before the first decision.
pub(super) const EVERY_STAGE: [&str; 6] = ["", "visitor", "prospect", "customer", "loyal", "dormant"];
