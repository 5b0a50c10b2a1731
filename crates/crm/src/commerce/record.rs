//! An order call becomes the order it speaks of.

use db::{DbError, Tx};
use engine::orders::{OrderEvent, OrderHistory, OrderProblem, OrderStanding};
use thiserror::Error;
use words::{Currency, WorkspaceId};

use super::store;

/// What the call made of the order.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub standing: OrderStanding,
    /// The profile whose order it is now.
    pub owner: i64,
    /// The profile that had it before and no longer has.
    pub former_owner: Option<i64>,
}

/// Why a call changed no order.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error(transparent)]
    Refused(#[from] OrderProblem),
    #[error("the call says nothing of the order")]
    Empty,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Folds one call into its order and writes the order with its lines.
pub fn record_order(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    number: i64,
    event: &OrderEvent,
    currency: Currency,
) -> Result<Recorded, RecordError> {
    let order_id = &event.order_id;
    let stored = store::order(tx, workspace, order_id)?;
    let (former_owner, former_share) = (stored.as_ref().map(|one| one.number), stored.as_ref().map(|one| one.share));
    let mut history = stored.map_or_else(OrderHistory::default, |stored| stored.history);
    let owner = history.fold_call_of(former_owner, number, event)?;
    let standing = history.standing(order_id, currency).ok_or(RecordError::Empty)?;
    store::put_order(tx, workspace, (owner, &history), &standing, former_share)?;
    if let Some(former) = former_owner.filter(|former| *former != number) {
        store::note_speakers(tx, workspace, order_id, &[former, number])?;
    }
    Ok(Recorded { standing, owner, former_owner: former_owner.filter(|former| *former != owner) })
}
