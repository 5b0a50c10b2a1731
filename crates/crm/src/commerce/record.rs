//! An order call becomes the order it speaks of.

use db::{DbError, Tx};
use engine::orders::{OrderChange, OrderEvent, OrderHistory, OrderProblem, OrderStanding};
use thiserror::Error;
use words::{Currency, WorkspaceId};

use super::store::{self, StoredOrder};

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
    let order_id = event.order_id.clone();
    let stored = store::order(tx, workspace, &order_id)?;
    let (mut history, owner) = match stored {
        Some(stored) => (stored.history, Some(stored.number)),
        None => (OrderHistory::default(), None),
    };
    let completes_first = matches!(event.change, OrderChange::Completed(_)) && !history.is_placed();
    history.fold(event)?;
    let new_owner = match owner {
        Some(owner) if !completes_first => owner,
        _ => number,
    };
    let standing = history.standing(&order_id, currency).ok_or(RecordError::Empty)?;
    store::put_order(tx, workspace, &StoredOrder { number: new_owner, history }, &standing)?;
    Ok(Recorded { standing, owner: new_owner, former_owner: owner.filter(|owner| *owner != new_owner) })
}
