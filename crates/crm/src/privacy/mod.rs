//! Erasing people, and that they stay erased.
//!
//! An *erasure* begins with its row, the tombstone: the ids of the person's profiles and keyed hashes (*marks*) of his
//! identifiers, nothing that tells who he was. The same transaction takes him out of everything that is read; his events
//! and what is kept elsewhere follow in steps, and then what is left of them on the disk. The finished row is the
//! *certificate*. Each tombstone also stands in the *ledger*, a file beside the key file: when a database comes back from a
//! backup, [`settle`] erases again, before anybody reads or sends, whoever was erased since.

mod erase;
mod examine;
mod finish;
mod ledger;
mod model;
pub mod register;
mod settle;
mod store;

pub use erase::{EraseError, erase_person};
pub use examine::{Unsound, examine_ledger, numbers_leaving, people_back, unsound_erasures};
pub use finish::run;
pub use model::{Counts, EraseReason, EraseWanted, Erasure, State};
pub use settle::{SettleError, Settled, adopt_ledger, settle};

use db::DbError;
use words::{ErasureId, WorkspaceId};

use crate::kernel::App;

/// Erasures from a number down, newest first.
pub async fn list_erasures(
    app: &App,
    workspace: WorkspaceId,
    before: i64,
    rows: usize,
) -> Result<Vec<Erasure>, DbError> {
    app.db.read(move |tx| store::erasures_before(tx, workspace, before, rows)).await
}

/// One erasure: its certificate when it is done.
pub async fn find_erasure(app: &App, workspace: WorkspaceId, id: ErasureId) -> Result<Option<Erasure>, DbError> {
    app.db.read(move |tx| store::erasure(tx, workspace, id)).await
}
