//! Takes the deletion of a segment back.

use db::Tx;
use words::{SegmentId, Timestamp, WorkspaceId};

use super::define::{DefineError, check_all};
use super::model::Definition;
use super::store;

/// A deleted segment is there again and is built anew.
pub fn restore_segment(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SegmentId,
    now: Timestamp,
) -> Result<Definition, DefineError> {
    // First: the row is held until the commit, so that definitions change one after the other.
    store::bump_revision(tx, workspace)?;
    let (no, build) = store::highest(tx, workspace)?;
    if !store::revive(tx, workspace, id, (no + 1, build + 1), now)? {
        return Err(DefineError::NotFound);
    }
    // What it referred to may be gone meanwhile; the error takes the transaction back.
    check_all(tx, workspace)?;
    store::definition(tx, workspace, id)?.ok_or(DefineError::NotFound)
}
