//! All SQL of profiles: identity leaves, identifiers, merges, states, timers and the list of people.

use std::collections::{BTreeMap, HashMap, HashSet};

use db::{DbError, Row, Tx, Value, ValueRef, sql};
use engine::facts::Facts;
use engine::{Evidence as _, FactsView};
use words::{ConflictId, MergeId, ProfileId, Timestamp, WorkspaceId};

use super::model::{
    BlockedIdentifier, Conflict, Identifier, LastVisit, LinkedIdentifier, Merge, PersonRow, Profile, Standing,
    last_seen_in_lists,
};
use super::recent::RecentEvents;
use crate::kernel::EventPlace;

mod order;

pub use order::{Place, Walk, list_people, numbers_in_stage, people_in_order, those_in_stage};

/// A person as stored: what is known of him and where he stands.
pub struct PersonState {
    pub number: i64,
    pub facts: Facts,
    pub standing: Standing,
    pub recent: RecentEvents,
}

// profiles ------------------------------------------------------------------------------------------

fn read_profile(row: &Row<'_>) -> Result<Profile, DbError> {
    Ok(Profile { number: row.get(0)?, id: row.get(1)?, created_at: row.get(2)?, merged_into: row.get(3)? })
}

pub fn profiles_by_number(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<Profile>, DbError> {
    tx.query_each_of(
        sql("SELECT number, id, created_at, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &numbers],
        read_profile,
    )
}

pub fn profile_by_id(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ProfileId) -> Result<Option<Profile>, DbError> {
    tx.query_opt(
        sql("SELECT number, id, created_at, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        read_profile,
    )
}

/// The numbers of these profiles, in order.
pub fn numbers_of(tx: &mut Tx<'_>, workspace: WorkspaceId, ids: &[ProfileId]) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT number FROM profiles WHERE workspace_id = $1 AND id IN LIST($2) ORDER BY number"),
        &[&workspace, &ids],
        |row| row.get(0),
    )
}

/// The person a profile belongs to: follows the merges up to the root.
pub fn root_of(tx: &mut Tx<'_>, workspace: WorkspaceId, profile: Profile) -> Result<Profile, DbError> {
    let mut current = profile;
    while let Some(into) = current.merged_into {
        current = profiles_by_number(tx, workspace, &[into])?
            .pop()
            .ok_or_else(|| crate::kernel::corrupt(format!("profile {into} is missing")))?;
    }
    Ok(current)
}

/// The profiles merged directly into this one.
pub fn merged_into(tx: &mut Tx<'_>, workspace: WorkspaceId, number: i64) -> Result<Vec<Profile>, DbError> {
    tx.query(
        sql("SELECT number, id, created_at, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND merged_into = $2
             ORDER BY number"),
        &[&workspace, &number],
        read_profile,
    )
}

/// The numbers of the next profiles that had been made by `at`, in order.
pub fn numbers_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    at: Timestamp,
    after: i64,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT number
             FROM profiles
             WHERE workspace_id = $1 AND number > $2 AND created_at <= $3
             ORDER BY number
             LIMIT $4"),
        &[&workspace, &after, &at, &(rows as i64)],
        |row| row.get(0),
    )
}

/// Every profile that was merged into another, with the one it was merged into.
pub fn merged_profiles(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<(i64, i64)>, DbError> {
    tx.query(
        sql("SELECT number, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND merged_into IS NOT NULL"),
        &[&workspace],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The greatest number of a profile; 0 when there is none.
pub fn highest_number(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    let highest = tx.query_opt(
        sql("SELECT number FROM profiles WHERE workspace_id = $1 ORDER BY number DESC LIMIT 1"),
        &[&workspace],
        |row| row.get(0),
    )?;
    Ok(highest.unwrap_or(0))
}

pub fn insert_profiles(tx: &mut Tx<'_>, workspace: WorkspaceId, profiles: &[Profile]) -> Result<(), DbError> {
    let rows = profiles.iter().map(|profile| {
        vec![
            Value::from(workspace),
            Value::from(profile.number),
            Value::from(profile.id),
            Value::from(profile.created_at),
            Value::from(profile.merged_into),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO profiles (workspace_id, number, id, created_at, merged_into)
             VALUES ($1, $2, $3, $4, $5)"),
        rows,
    )?;
    Ok(())
}

pub fn set_merged_into(tx: &mut Tx<'_>, workspace: WorkspaceId, number: i64, into: Option<i64>) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE profiles SET merged_into = $3 WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &number, &into],
    )?;
    Ok(())
}

// identifiers ---------------------------------------------------------------------------------------

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

fn read_linked(row: &Row<'_>) -> Result<LinkedIdentifier, DbError> {
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
fn after_prefix(prefix: &str) -> String {
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

// merges and conflicts ------------------------------------------------------------------------------

fn read_merge(row: &Row<'_>) -> Result<Merge, DbError> {
    Ok(Merge {
        id: row.get(0)?,
        from_number: row.get(1)?,
        into_number: row.get(2)?,
        at: row.get(3)?,
        rule: row.get(4)?,
        event_seq: row.get(5)?,
        actor: row.get(6)?,
        undone_at: row.get(7)?,
    })
}

pub fn insert_merge(tx: &mut Tx<'_>, workspace: WorkspaceId, merge: &Merge) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO merges (workspace_id, id, from_number, into_number, at, rule, event_seq, actor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        &[
            &workspace,
            &merge.id,
            &merge.from_number,
            &merge.into_number,
            &merge.at,
            &merge.rule,
            &merge.event_seq,
            &merge.actor,
        ],
    )?;
    Ok(())
}

/// The merges in which any of these profiles took part, newest first.
pub fn merges_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<Merge>, DbError> {
    tx.query(
        sql("SELECT id, from_number, into_number, at, rule, event_seq, actor, undone_at
             FROM merges
             WHERE workspace_id = $1 AND (from_number IN LIST($2) OR into_number IN LIST($3))
             ORDER BY at DESC, id DESC"),
        &[&workspace, &numbers, &numbers],
        read_merge,
    )
}

pub fn merge_by_id(tx: &mut Tx<'_>, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, DbError> {
    tx.query_opt(
        sql("SELECT id, from_number, into_number, at, rule, event_seq, actor, undone_at
             FROM merges
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        read_merge,
    )
}

/// Whether a person once undid a merge between these groups of profiles: then no rule joins them again.
pub fn was_parted(tx: &mut Tx<'_>, workspace: WorkspaceId, some: &[i64], others: &[i64]) -> Result<bool, DbError> {
    let parted: i64 = tx.query_one(
        sql("SELECT COUNT(*)
             FROM merges
             WHERE workspace_id = $1 AND undone_at IS NOT NULL
               AND ((from_number IN LIST($2) AND into_number IN LIST($3))
                 OR (from_number IN LIST($4) AND into_number IN LIST($5)))"),
        &[&workspace, &some, &others, &others, &some],
        |row| row.get(0),
    )?;
    Ok(parted > 0)
}

pub fn mark_undone(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: MergeId,
    actor: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE merges SET undone_at = $3, undone_by = $4 WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id, &now, &actor],
    )?;
    Ok(())
}

pub fn note_conflict(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    conflict: &Conflict,
    event_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO identity_conflicts
               (workspace_id, id, at, kind, value, number_a, number_b, reason, event_seq, times)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
             ON CONFLICT (workspace_id, kind, value, number_a, number_b)
             DO UPDATE SET times = identity_conflicts.times + 1"),
        &[
            &workspace,
            &conflict.id,
            &conflict.at,
            &conflict.identifier.kind,
            &conflict.identifier.value,
            &conflict.number_a,
            &conflict.number_b,
            &conflict.reason,
            &event_seq,
        ],
    )?;
    Ok(())
}

/// On how many different pairs of people this value was claimed.
pub fn conflicts_on(tx: &mut Tx<'_>, workspace: WorkspaceId, identifier: &Identifier) -> Result<i64, DbError> {
    tx.query_one(
        sql("SELECT COUNT(*) FROM identity_conflicts WHERE workspace_id = $1 AND kind = $2 AND value = $3"),
        &[&workspace, &identifier.kind, &identifier.value],
        |row| row.get(0),
    )
}

pub fn open_conflicts(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<Conflict>, DbError> {
    tx.query(
        sql("SELECT id, at, kind, value, number_a, number_b, reason, times
             FROM identity_conflicts
             WHERE workspace_id = $1 AND decided_at IS NULL
             ORDER BY at DESC, id DESC
             LIMIT $2"),
        &[&workspace, &(rows as i64)],
        read_conflict,
    )
}

fn read_conflict(row: &Row<'_>) -> Result<Conflict, DbError> {
    Ok(Conflict {
        id: row.get(0)?,
        at: row.get(1)?,
        identifier: Identifier { kind: row.get(2)?, value: row.get(3)? },
        number_a: row.get(4)?,
        number_b: row.get(5)?,
        reason: row.get(6)?,
        times: row.get(7)?,
    })
}

/// A conflict that nobody has decided yet.
pub fn open_conflict(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ConflictId) -> Result<Option<Conflict>, DbError> {
    tx.query_opt(
        sql("SELECT id, at, kind, value, number_a, number_b, reason, times
             FROM identity_conflicts
             WHERE workspace_id = $1 AND id = $2 AND decided_at IS NULL"),
        &[&workspace, &id],
        read_conflict,
    )
}

/// Whether there is, or was, a conflict of this id.
pub fn is_conflict(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ConflictId) -> Result<bool, DbError> {
    let at: Option<Timestamp> = tx.query_opt(
        sql("SELECT at FROM identity_conflicts WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        |row| row.get(0),
    )?;
    Ok(at.is_some())
}

pub fn decide_conflict(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ConflictId,
    decision: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE identity_conflicts SET decided_at = $3, decision = $4
             WHERE workspace_id = $1 AND id = $2 AND decided_at IS NULL"),
        &[&workspace, &id, &now, &decision],
    )?;
    Ok(changed == 1)
}

// states --------------------------------------------------------------------------------------------

fn read_state(row: &Row<'_>) -> Result<PersonState, DbError> {
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

// timers --------------------------------------------------------------------------------------------

pub fn insert_timers(tx: &mut Tx<'_>, workspace: WorkspaceId, timers: Vec<(Timestamp, i64)>) -> Result<(), DbError> {
    let rows = timers
        .into_iter()
        .map(|(due_at, number)| vec![Value::from(workspace), Value::from(due_at), Value::from(number)]);
    tx.insert_many(
        sql("INSERT INTO timers (workspace_id, due_at, number)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, due_at, number) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Timers that have come due, earliest first.
pub fn due_timers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    now: Timestamp,
    rows: usize,
) -> Result<Vec<(Timestamp, i64)>, DbError> {
    tx.query(
        sql("SELECT due_at, number
             FROM timers
             WHERE workspace_id = $1 AND due_at <= $2
             ORDER BY due_at, number
             LIMIT $3"),
        &[&workspace, &now, &(rows as i64)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn next_timer(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Option<Timestamp>, DbError> {
    tx.query_opt(
        sql("SELECT due_at FROM timers WHERE workspace_id = $1 ORDER BY due_at LIMIT 1"),
        &[&workspace],
        |row| row.get(0),
    )
}

pub fn delete_timers(tx: &mut Tx<'_>, workspace: WorkspaceId, timers: Vec<(Timestamp, i64)>) -> Result<(), DbError> {
    let rows = timers
        .into_iter()
        .map(|(due_at, number)| vec![Value::from(workspace), Value::from(due_at), Value::from(number)])
        .collect();
    tx.execute_many(sql("DELETE FROM timers WHERE workspace_id = $1 AND due_at = $2 AND number = $3"), rows)?;
    Ok(())
}

// the list of people --------------------------------------------------------------------------------

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

fn delete_last_visits(
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
fn stages_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<String>, DbError> {
    tx.query(
        sql("SELECT stage FROM people WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
        |row| row.get(0),
    )
}

fn add_to_stages(tx: &mut Tx<'_>, workspace: WorkspaceId, gains: BTreeMap<String, i64>) -> Result<(), DbError> {
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
        let figures = FactsView::new(facts).map(|facts| facts.figures());
        seen.insert(number, figures.map_or(Timestamp::UNIX_EPOCH, |figures| last_seen_in_lists(&figures)));
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
const EVERY_STAGE: [&str; 6] = ["", "visitor", "prospect", "customer", "loyal", "dormant"];

/// People seen at or after an instant (exact to the step in which lists tell a last visit).
pub fn count_seen_since(tx: &mut Tx<'_>, workspace: WorkspaceId, since: Timestamp) -> Result<i64, DbError> {
    let mut seen = 0;
    for stage in EVERY_STAGE {
        seen += tx.query_one(
            sql("SELECT COUNT(*) FROM last_visits WHERE workspace_id = $1 AND stage = $2 AND seen_at >= $3"),
            &[&workspace, &stage, &since],
            |row| row.get::<i64>(0),
        )?;
    }
    Ok(seen)
}

// for an erasure ------------------------------------------------------------------------------------

/// Rows that an erasure took away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gone {
    pub profiles: usize,
    pub identifiers: usize,
    pub merges: usize,
    pub conflicts: usize,
}

/// Deletes these profiles with all that hangs on them; the state of the person, `root`, among it.
pub fn delete_profiles(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    root: i64,
    numbers: &[i64],
    timer_at: Option<Timestamp>,
) -> Result<Gone, DbError> {
    delete_state(tx, workspace, root)?;
    delete_leaf_facts(tx, workspace, numbers)?;
    delete_timers(tx, workspace, timer_at.map(|due_at| (due_at, root)).into_iter().collect())?;
    tx.execute(
        sql("DELETE FROM blocked_identifiers WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
    )?;
    let identifiers = tx.execute(
        sql("DELETE FROM identifiers WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
    )?;
    let merges = tx.execute(
        sql("DELETE FROM merges
             WHERE workspace_id = $1 AND (from_number IN LIST($2) OR into_number IN LIST($3))"),
        &[&workspace, &numbers, &numbers],
    )?;
    let conflicts = tx.execute(
        sql("DELETE FROM identity_conflicts
             WHERE workspace_id = $1 AND (number_a IN LIST($2) OR number_b IN LIST($3))"),
        &[&workspace, &numbers, &numbers],
    )?;
    let profiles = tx
        .execute(sql("DELETE FROM profiles WHERE workspace_id = $1 AND number IN LIST($2)"), &[&workspace, &numbers])?;
    Ok(Gone { profiles, identifiers, merges, conflicts })
}

/// A place behind which identifiers are read: kind and value.
pub type IdentifierPlace = (String, String);

/// The next identifiers in the order of kind and value, for work that visits all of them.
pub fn identifiers_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: &IdentifierPlace,
    rows: usize,
) -> Result<Vec<LinkedIdentifier>, DbError> {
    tx.query(
        sql("SELECT kind, value, number, linked_at, rule, event_seq
             FROM identifiers
             WHERE workspace_id = $1 AND (kind, value) > ($2, $3)
             ORDER BY kind, value
             LIMIT $4"),
        &[&workspace, &after.0, &after.1, &(rows as i64)],
        read_linked,
    )
}

// for `doctor` --------------------------------------------------------------------------------------

/// Rows of one kind of damage that are read.
const MAX_DAMAGES: i64 = 1_000;

/// Of the numbers from one up to another: identifiers of profiles that are not there, with type and number.
pub fn orphaned_identifiers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<(String, i64)>, DbError> {
    tx.query(
        sql("SELECT i.kind, i.number
             FROM identifiers i
             LEFT JOIN profiles p ON p.workspace_id = i.workspace_id AND p.number = i.number
             WHERE i.workspace_id = $1 AND i.number >= $2 AND i.number < $3
               AND p.number IS NULL
             LIMIT $4"),
        &[&workspace, &from, &until, &MAX_DAMAGES],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// People without a state.
pub fn roots_without_state(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT p.number
             FROM profiles p
             LEFT JOIN person_states s ON s.workspace_id = p.workspace_id AND s.number = p.number
             WHERE p.workspace_id = $1 AND p.number >= $2 AND p.number < $3
               AND p.merged_into IS NULL AND s.number IS NULL
             LIMIT $4"),
        &[&workspace, &from, &until, &MAX_DAMAGES],
        |row| row.get(0),
    )
}

/// States of profiles that are not there or belong to somebody else.
pub fn states_without_root(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT s.number
             FROM person_states s
             LEFT JOIN profiles p ON p.workspace_id = s.workspace_id AND p.number = s.number
             WHERE s.workspace_id = $1 AND s.number >= $2 AND s.number < $3
               AND (p.number IS NULL OR p.merged_into IS NOT NULL)
             LIMIT $4"),
        &[&workspace, &from, &until, &MAX_DAMAGES],
        |row| row.get(0),
    )
}

/// The people of the numbers from one up to another.
pub fn states_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<PersonState>, DbError> {
    tx.query(
        sql("SELECT number, facts, standing, recent
             FROM person_states
             WHERE workspace_id = $1 AND number >= $2 AND number < $3
             ORDER BY number"),
        &[&workspace, &from, &until],
        read_state,
    )
}

/// How many people each stage is said to have.
pub fn kept_stages(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, i64>, DbError> {
    let rows =
        tx.query(sql("SELECT stage, people FROM people_counts WHERE workspace_id = $1"), &[&workspace], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(rows.into_iter().collect())
}

/// How many people each stage has in the order of last visits.
pub fn counted_stages(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, i64>, DbError> {
    let rows = tx.query(
        sql("SELECT stage, COUNT(*) FROM last_visits WHERE workspace_id = $1 GROUP BY stage"),
        &[&workspace],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Whether a person has this place in the order of last visits.
pub fn has_last_visit(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    number: i64,
    visit: &LastVisit,
) -> Result<bool, DbError> {
    let found = tx.query_opt(
        sql("SELECT number
             FROM last_visits
             WHERE workspace_id = $1 AND stage = $2 AND seen_at = $3 AND number = $4"),
        &[&workspace, &visit.stage, &visit.at, &number],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Whether a timer is set for a person at an instant.
pub fn has_timer(tx: &mut Tx<'_>, workspace: WorkspaceId, due_at: Timestamp, number: i64) -> Result<bool, DbError> {
    let found = tx.query_opt(
        sql("SELECT number FROM timers WHERE workspace_id = $1 AND due_at = $2 AND number = $3"),
        &[&workspace, &due_at, &number],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}
