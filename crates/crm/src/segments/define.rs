//! Makes, changes and deletes segments; the stream's backfill then builds what is new.

use db::{DbError, Tx};
use engine::condition::Condition;
use engine::{Plan, PlanError};
use thiserror::Error;
use words::{Currency, SegmentId, Timestamp, WorkspaceId};

use super::model::Definition;
use super::store;

const MAX_NAME_CHARACTERS: usize = 100;
/// Segments of one workspace: each is decided for everybody, all the time.
const MAX_SEGMENTS: usize = 500;

#[derive(Debug, Error)]
pub enum DefineError {
    #[error("give the segment a name of at most {MAX_NAME_CHARACTERS} characters")]
    BadName,
    #[error("{0}")]
    Plan(#[from] PlanError),
    #[error("a workspace holds at most {MAX_SEGMENTS} segments; delete one that is not used")]
    TooMany,
    #[error("there is no such segment")]
    NotFound,
    #[error("somebody else changed this segment meanwhile; look at it again before you save")]
    Changed,
    #[error("the segment “{0}” refers to this one; change it first")]
    InUse(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a change sets; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub condition: Option<Condition>,
    /// The version the caller saw; `None` takes whatever there is.
    pub expected_version: Option<i64>,
}

fn check_name(name: &str) -> Result<String, DefineError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARACTERS {
        return Err(DefineError::BadName);
    }
    Ok(words::clean_text(name).into_owned())
}

/// The moment and chance of a definition.
#[derive(Clone, Copy, Debug)]
pub struct DefinedAt {
    pub now: Timestamp,
    pub id_bytes: [u8; 10],
}

/// A new segment; it is built in the background.
pub fn create_segment(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    condition: Condition,
    at: DefinedAt,
) -> Result<Definition, DefineError> {
    define_in(tx, workspace, name, condition, None, at)
}

/// The same, also for ready-made segments.
pub fn define_in(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    condition: Condition,
    ready_made: Option<&str>,
    at: DefinedAt,
) -> Result<Definition, DefineError> {
    // First: the row is held until the commit, so that definitions change one after the other.
    store::bump_revision(tx, workspace)?;
    let mut definitions = store::definitions(tx, workspace)?;
    if definitions.len() >= MAX_SEGMENTS {
        return Err(DefineError::TooMany);
    }
    let (no, build) = store::highest(tx, workspace)?;
    let definition = Definition {
        no: no + 1,
        id: SegmentId::from_parts(at.now, at.id_bytes),
        name: check_name(name)?,
        ready_made: ready_made.map(str::to_owned),
        condition,
        build: build + 1,
        built_through: 0,
        is_built: false,
        created_at: at.now,
        updated_at: at.now,
        version: 1,
    };
    definitions.push(definition.clone());
    compile(&definitions)?;
    store::insert(tx, workspace, &definition)?;
    Ok(definition)
}

/// Whether all segments that there are can be decided together, and are not too many.
pub(super) fn check_all(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<(), DefineError> {
    let definitions = store::definitions(tx, workspace)?;
    if definitions.len() > MAX_SEGMENTS {
        return Err(DefineError::TooMany);
    }
    compile(&definitions).map(|_| ())
}

/// Any currency will do: only references and cycles are checked here.
fn compile(definitions: &[Definition]) -> Result<Plan, DefineError> {
    Ok(Plan::compile(definitions.iter().map(Definition::source).collect(), Currency::EUR)?)
}

/// Changes name or condition; a new condition gets a new build, and so do the segments that refer to it.
pub fn change_segment(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SegmentId,
    change: Change,
    now: Timestamp,
) -> Result<Definition, DefineError> {
    // First: the row is held until the commit, so that definitions change one after the other.
    store::bump_revision(tx, workspace)?;
    let mut definitions = store::definitions(tx, workspace)?;
    let index = definitions.iter().position(|one| one.id == id).ok_or(DefineError::NotFound)?;
    let seen = definitions[index].version;
    if change.expected_version.is_some_and(|expected| expected != seen) {
        return Err(DefineError::Changed);
    }
    let is_new_condition =
        change.condition.as_ref().is_some_and(|condition| *condition != definitions[index].condition);
    if let Some(name) = change.name {
        definitions[index].name = check_name(&name)?;
        definitions[index].ready_made = None;
    }
    if let Some(condition) = change.condition {
        definitions[index].condition = condition;
    }
    definitions[index].updated_at = now;
    let plan = compile(&definitions)?;
    let no = definitions[index].no;
    let mut rebuilt = if is_new_condition { plan.dependents_of(no) } else { Vec::new() };
    if is_new_condition {
        rebuilt.push(no);
    }
    let (_, mut build) = store::highest(tx, workspace)?;
    for definition in definitions.iter_mut().filter(|one| one.no == no || rebuilt.contains(&one.no)) {
        let expected = definition.version;
        definition.version += 1;
        if rebuilt.contains(&definition.no) {
            build += 1;
            (definition.build, definition.built_through, definition.is_built) = (build, 0, false);
        }
        if !store::update(tx, workspace, definition, expected)? {
            return Err(DefineError::Changed);
        }
    }
    Ok(definitions.swap_remove(index))
}

/// Deletes a segment that no other refers to.
pub fn delete_segment(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SegmentId,
    now: Timestamp,
) -> Result<Definition, DefineError> {
    // First: the row is held until the commit, so that definitions change one after the other.
    store::bump_revision(tx, workspace)?;
    let definitions = store::definitions(tx, workspace)?;
    let definition = definitions.iter().find(|one| one.id == id).ok_or(DefineError::NotFound)?.clone();
    let plan = compile(&definitions)?;
    if let Some(no) = plan.dependents_of(definition.no).first() {
        let user = definitions.iter().find(|one| one.no == *no).map_or(String::new(), |one| one.name.clone());
        return Err(DefineError::InUse(user));
    }
    store::mark_deleted(tx, workspace, definition.no, now)?;
    Ok(definition)
}
