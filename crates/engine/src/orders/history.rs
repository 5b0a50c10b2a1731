//! Everything that was said of one order, in a form that no order of arrival changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use words::{Currency, Timestamp};

use super::call::{OrderChange, OrderContent, OrderEvent, OrderLine, OrderProblem, OrderRefund};

/// What was said of one order. Folding is commutative, and folding one event twice changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderHistory {
    /// The earliest time at which it is said to be placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) completed_at: Option<Timestamp>,
    /// The earliest time of an update: when it was placed if no call says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cancelled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<Said<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shipping: Option<Said<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tax: Option<Said<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) discount: Option<Said<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) coupon: Option<Said<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<Said<Currency>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lines: Option<Said<Vec<OrderLine>>>,
    /// By their place in the log.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) refunds: BTreeMap<i64, Refund>,
}

/// The last word about one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Said<T> {
    pub at: Timestamp,
    pub seq: i64,
    pub value: T,
}

/// A refund and when it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Refund {
    pub at: Timestamp,
    #[serde(flatten)]
    pub refund: OrderRefund,
}

/// Refunds of one order: lines are given back one by one, but not by the thousand.
pub(super) const MAX_REFUNDS: usize = 1_000;

impl OrderHistory {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a call said that it was placed.
    pub fn is_placed(&self) -> bool {
        self.completed_at.is_some()
    }

    /// Adds what one event says.
    ///
    /// # Errors
    /// [`OrderProblem::TooManyRefunds`], and the history stays as it was.
    pub fn fold(&mut self, event: &OrderEvent) -> Result<(), OrderProblem> {
        match &event.change {
            OrderChange::Completed(content) => {
                self.completed_at = earliest(self.completed_at, event.at);
                self.say(content, event);
            }
            OrderChange::Updated(content) => {
                self.updated_at = earliest(self.updated_at, event.at);
                self.say(content, event);
            }
            OrderChange::Refunded(refund) => {
                if self.refunds.len() >= MAX_REFUNDS && !self.refunds.contains_key(&event.seq) {
                    return Err(OrderProblem::TooManyRefunds);
                }
                let refund = Refund { at: event.at, refund: refund.clone() };
                self.refunds.insert(event.seq, refund);
            }
            OrderChange::Cancelled => {
                self.cancelled_at = earliest(self.cancelled_at, event.at);
            }
        }
        Ok(())
    }

    /// Adds what one event of the profile `caller` says, and answers whose the order is then: the caller's of its first
    /// completing call, and before that of its first call, as they arrived.
    ///
    /// # Errors
    /// As [`OrderHistory::fold`].
    pub fn fold_call_of(&mut self, owner: Option<i64>, caller: i64, event: &OrderEvent) -> Result<i64, OrderProblem> {
        let completes_first = matches!(event.change, OrderChange::Completed(_)) && !self.is_placed();
        self.fold(event)?;
        Ok(owner.filter(|_| !completes_first).unwrap_or(caller))
    }

    fn say(&mut self, content: &OrderContent, event: &OrderEvent) {
        say(&mut self.total, content.total.as_ref(), event);
        say(&mut self.shipping, content.shipping.as_ref(), event);
        say(&mut self.tax, content.tax.as_ref(), event);
        say(&mut self.discount, content.discount.as_ref(), event);
        say(&mut self.coupon, content.coupon.as_ref(), event);
        say(&mut self.currency, content.currency.as_ref(), event);
        say(&mut self.lines, content.lines.as_ref(), event);
    }
}

/// Keeps the later word.
fn say<T: Clone + Ord>(field: &mut Option<Said<T>>, value: Option<&T>, event: &OrderEvent) {
    let Some(value) = value else {
        return;
    };
    let said = Said { at: event.at, seq: event.seq, value: value.clone() };
    if field.as_ref().is_none_or(|before| *before < said) {
        *field = Some(said);
    }
}

fn earliest(before: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    Some(before.map_or(at, |before| before.min(at)))
}
