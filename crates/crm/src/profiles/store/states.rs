//! What is known of each person, in its stored form.

use std::collections::{HashMap, HashSet};

use db::{DbError, Row, Tx, Value, ValueRef, sql};
use engine::facts::Facts;
use words::WorkspaceId;

use super::super::model::{LastVisit, Standing};
use super::super::recent::RecentEvents;
use super::{add_to_stages, delete_last_visits, profiles_by_number, stages_of};
use crate::kernel::EventPlace;

/// A person as stored: what is known of him and where he stands.
pub struct PersonState {
    pub number: i64,
    pub facts: Facts,
    pub standing: Standing,
    pub recent: RecentEvents,
}

pub(super) fn read_state(row: &Row<'_>) -> Result<PersonState, DbError> {
    let number = row.get(0)?;
    Ok(PersonState {
        number,
        facts: Facts::decode(&row.get::<Vec<u8>>(1)?).map_err(crate::kernel::corrupt)?,
        standing: Standing::decode(&row.get::<Vec<u8>>(2)?).map_err(crate::kernel::corrupt)?,
        recent: RecentEvents::decode(number, &row.get::<Vec<u8>>(3)?).map_err(crate::kernel::corrupt)?,
    })
}

pub fn states_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<PersonState>, DbError> {
    tx.query_each_of(
        sql("SELECT number, facts, standing, recent
             FROM person_states
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &numbers],
        read_state,
    )
}

/// The next people in the order of their numbers, for work that visits all of them in steps.
pub fn states_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: i64,
    rows: usize,
) -> Result<Vec<PersonState>, DbError> {
    tx.query(
        sql("SELECT number, facts, standing, recent
             FROM person_states
             WHERE workspace_id = $1 AND number > $2
             ORDER BY number
             LIMIT $3"),
        &[&workspace, &after, &(rows as i64)],
        read_state,
    )
}

/// The people that these profiles belong to; none for profiles that are merged in a circle, which `doctor` names.
fn roots_above(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<i64>, DbError> {
    let mut met: HashSet<i64> = numbers.iter().copied().collect();
    let (mut next, mut roots) = (numbers.to_vec(), Vec::with_capacity(numbers.len()));
    while !next.is_empty() {
        let found = profiles_by_number(tx, workspace, &next)?;
        roots.extend(found.iter().filter(|profile| profile.merged_into.is_none()).map(|profile| profile.number));
        next = found.iter().filter_map(|profile| profile.merged_into).filter(|into| met.insert(*into)).collect();
    }
    Ok(roots)
}

/// The places of these profiles' events that wait in the states of their people.
pub fn recent_events_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<EventPlace>, DbError> {
    let roots = roots_above(tx, workspace, numbers)?;
    let stored = tx.query_each_of(
        sql("SELECT number, recent
             FROM person_states
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &roots],
        |row| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?)),
    )?;
    let wanted: HashSet<i64> = numbers.iter().copied().collect();
    let mut found = Vec::new();
    for (root, bytes) in stored {
        let recent = RecentEvents::decode(root, &bytes).map_err(crate::kernel::corrupt)?;
        found.extend(recent.iter().filter(|place| wanted.contains(&place.number)));
    }
    Ok(found)
}

/// Visits the stored facts of these people, without decoding them.
pub fn each_facts_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    mut visit: impl FnMut(i64, &[u8]),
) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT number, facts FROM person_states WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
        |row| {
            let number = row.get(0)?;
            if let ValueRef::Bytes(facts) = row.value(1)? {
                visit(number, facts);
            }
            Ok(std::ops::ControlFlow::Continue(()))
        },
    )
}

/// Visits the stored facts of everybody in the order of their numbers, without decoding them.
pub fn each_facts(tx: &mut Tx<'_>, workspace: WorkspaceId, mut visit: impl FnMut(i64, &[u8])) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT number, facts FROM person_states WHERE workspace_id = $1 ORDER BY number"),
        &[&workspace],
        |row| {
            let number = row.get(0)?;
            if let ValueRef::Bytes(facts) = row.value(1)? {
                visit(number, facts);
            }
            Ok(std::ops::ControlFlow::Continue(()))
        },
    )
}

/// A person's state in its stored form.
pub struct StoredState {
    pub number: i64,
    pub facts: Vec<u8>,
    pub standing: Vec<u8>,
    pub recent: Vec<u8>,
}

impl StoredState {
    pub fn of(number: i64, facts: &Facts, standing: &Standing, recent: &RecentEvents) -> Self {
        Self { number, facts: facts.encode(), standing: standing.encode(), recent: recent.encode(number) }
    }
}

pub fn put_states(tx: &mut Tx<'_>, workspace: WorkspaceId, states: Vec<StoredState>) -> Result<(), DbError> {
    let rows = states.into_iter().map(|StoredState { number, facts, standing, recent }| {
        let number = Value::from(number);
        vec![Value::from(workspace), number, Value::Bytes(facts), Value::Bytes(standing), Value::Bytes(recent)]
    });
    tx.insert_many(
        sql("INSERT INTO person_states (workspace_id, number, facts, standing, recent)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, number)
             DO UPDATE SET facts = excluded.facts, standing = excluded.standing, recent = excluded.recent"),
        rows,
    )?;
    Ok(())
}

pub fn delete_state(tx: &mut Tx<'_>, workspace: WorkspaceId, number: i64) -> Result<(), DbError> {
    let stored = states_of(tx, workspace, &[number])?;
    let places = stored.iter().map(|state| (LastVisit::of(&state.facts, &state.standing), number));
    delete_last_visits(tx, workspace, places)?;
    tx.execute(sql("DELETE FROM person_states WHERE workspace_id = $1 AND number = $2"), &[&workspace, &number])?;
    let gone = stages_of(tx, workspace, &[number])?;
    add_to_stages(tx, workspace, gone.into_iter().map(|stage| (stage, -1)).collect())?;
    tx.execute(sql("DELETE FROM people WHERE workspace_id = $1 AND number = $2"), &[&workspace, &number])?;
    Ok(())
}

pub fn leaf_facts(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<HashMap<i64, Facts>, DbError> {
    let rows = tx.query_each_of(
        sql("SELECT number, facts
             FROM leaf_states
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &numbers],
        |row| Ok((row.get::<i64>(0)?, Facts::decode(&row.get::<Vec<u8>>(1)?).map_err(crate::kernel::corrupt)?)),
    )?;
    Ok(rows.into_iter().collect())
}

pub fn put_leaf_facts(tx: &mut Tx<'_>, workspace: WorkspaceId, leaves: Vec<(i64, Vec<u8>)>) -> Result<(), DbError> {
    let rows = leaves
        .into_iter()
        .map(|(number, facts)| vec![Value::from(workspace), Value::from(number), Value::Bytes(facts)]);
    tx.insert_many(
        sql("INSERT INTO leaf_states (workspace_id, number, facts)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, number) DO UPDATE SET facts = excluded.facts"),
        rows,
    )?;
    Ok(())
}

pub fn delete_leaf_facts(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM leaf_states WHERE workspace_id = $1 AND number IN LIST($2)"), &[&workspace, &numbers])?;
    Ok(())
}
