//! The stage of a person: visitor, prospect, customer, loyal, dormant; by rule, with the date and the reason.

use serde::{Deserialize, Serialize};
use words::{Span, Timestamp};

use crate::facts::{Facts, Figures};

/// Orders from which a customer counts as loyal.
pub const LOYAL_ORDERS: u64 = 3;
/// How recent the last order of a loyal customer is.
pub const LOYAL_WITHIN: Span = Span::from_days(365);
/// How long a customer neither orders nor visits before he counts as dormant.
pub const DORMANT_AFTER: Span = Span::from_days(180);

/// Where a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody knows who it is, and nothing was bought.
    Visitor,
    /// Known, and nothing was bought.
    Prospect,
    /// Has ordered.
    Customer,
    /// Has ordered [`LOYAL_ORDERS`] times, and within [`LOYAL_WITHIN`].
    Loyal,
    /// Has ordered, and neither ordered nor visited for [`DORMANT_AFTER`].
    Dormant,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 5] = [Self::Visitor, Self::Prospect, Self::Customer, Self::Loyal, Self::Dormant];

    /// The word in conditions and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Prospect => "prospect",
            Self::Customer => "customer",
            Self::Loyal => "loyal",
            Self::Dormant => "dormant",
        }
    }
}

/// A stage with its reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StageVerdict {
    /// The stage.
    pub stage: Stage,
    /// The rule that made it, with its numbers.
    pub reason: StageReason,
    /// Since when the rule applies, by the times of the facts; none of a person of whom nothing is known.
    pub since: Option<Timestamp>,
    /// When time alone ends it.
    pub flips_at: Option<Timestamp>,
}

/// Why somebody is in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StageReason {
    /// No identifier tells who it is, and there is no order.
    NoIdentifierAndNoOrder,
    /// An identifier is known, and there is no order.
    KnownWithoutOrder,
    /// So many orders, too few or too long ago to be loyal.
    HasOrdered {
        /// How many.
        orders: u64,
    },
    /// So many orders, the last one then.
    OrdersOften {
        /// How many.
        orders: u64,
        /// The last one.
        last_order_at: Timestamp,
    },
    /// The last order or visit was then.
    InactiveSince {
        /// That instant.
        last_active_at: Timestamp,
    },
}

/// The stage at `now`.
pub fn stage(facts: &Facts, now: Timestamp) -> StageVerdict {
    stage_of(&facts.figures(), now)
}

/// The stage at `now`, from the computed values.
pub fn stage_of(figures: &Figures, now: Timestamp) -> StageVerdict {
    let (Some(first_order_at), Some(last_order_at)) = (figures.first_order_at, figures.last_order_at) else {
        return before_the_first_order(figures);
    };
    let orders = figures.orders_count;
    let last_active_at = figures.last_seen.map_or(last_order_at, |seen| seen.max(last_order_at));
    let dormant_at = last_active_at.plus(DORMANT_AFTER);
    let loyal_until = last_order_at.plus(LOYAL_WITHIN);
    if now >= dormant_at {
        return StageVerdict {
            stage: Stage::Dormant,
            reason: StageReason::InactiveSince { last_active_at },
            since: Some(dormant_at),
            flips_at: None,
        };
    }
    if orders >= LOYAL_ORDERS && now < loyal_until {
        return StageVerdict {
            stage: Stage::Loyal,
            reason: StageReason::OrdersOften { orders, last_order_at },
            since: figures.third_order_at,
            flips_at: Some(dormant_at.min(loyal_until)),
        };
    }
    let was_loyal = orders >= LOYAL_ORDERS;
    StageVerdict {
        stage: Stage::Customer,
        reason: StageReason::HasOrdered { orders },
        since: Some(if was_loyal { loyal_until } else { first_order_at }),
        flips_at: Some(dormant_at),
    }
}

fn before_the_first_order(figures: &Figures) -> StageVerdict {
    let (stage, reason, since) = match figures.known_at {
        Some(at) => (Stage::Prospect, StageReason::KnownWithoutOrder, Some(at)),
        None => (Stage::Visitor, StageReason::NoIdentifierAndNoOrder, figures.first_seen),
    };
    StageVerdict { stage, reason, since, flips_at: None }
}
