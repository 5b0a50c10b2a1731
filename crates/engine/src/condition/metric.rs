//! Computed values by name.

use serde::{Deserialize, Serialize};

/// A value that the engine computes for every person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Orders that were neither cancelled nor are known by a refund only.
    OrdersCount,
    /// What those orders brought, net of refunds, in the workspace's currency.
    Revenue,
    /// Revenue for each order in the workspace's currency; none without one.
    AverageOrderValue,
    /// What was given back, in the workspace's currency.
    RefundedTotal,
    /// When the first order was placed.
    FirstOrderAt,
    /// When the newest order was placed.
    LastOrderAt,
    /// The time of the earliest event.
    FirstSeenAt,
    /// The time of the newest event.
    LastSeenAt,
    /// How many events there are.
    EventsCount,
    /// How many articles lie in the cart.
    CartItems,
    /// What the cart is worth.
    CartValue,
    /// `visitor`, `prospect`, `customer`, `loyal` or `dormant`.
    LifecycleStage,
}

/// The type of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// A number.
    Number,
    /// An amount in major units of the workspace's currency.
    Amount,
    /// An instant.
    Time,
    /// A word.
    Text,
}

impl Metric {
    /// Every metric with its name and type.
    pub const ALL: [(Self, &'static str, MetricKind); 12] = [
        (Self::OrdersCount, "orders_count", MetricKind::Number),
        (Self::Revenue, "revenue", MetricKind::Amount),
        (Self::AverageOrderValue, "average_order_value", MetricKind::Amount),
        (Self::RefundedTotal, "refunded_total", MetricKind::Amount),
        (Self::FirstOrderAt, "first_order_at", MetricKind::Time),
        (Self::LastOrderAt, "last_order_at", MetricKind::Time),
        (Self::FirstSeenAt, "first_seen_at", MetricKind::Time),
        (Self::LastSeenAt, "last_seen_at", MetricKind::Time),
        (Self::EventsCount, "events_count", MetricKind::Number),
        (Self::CartItems, "cart_items", MetricKind::Number),
        (Self::CartValue, "cart_value", MetricKind::Amount),
        (Self::LifecycleStage, "lifecycle_stage", MetricKind::Text),
    ];

    /// What changes with the person's orders.
    pub const OF_ORDERS: [Self; 7] = [
        Self::OrdersCount,
        Self::Revenue,
        Self::AverageOrderValue,
        Self::RefundedTotal,
        Self::FirstOrderAt,
        Self::LastOrderAt,
        Self::LifecycleStage,
    ];

    /// What changes when a person becomes known.
    pub const OF_KNOWN: [Self; 1] = [Self::LifecycleStage];

    /// The name in conditions.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The type of its values.
    pub fn kind(self) -> MetricKind {
        Self::ALL[self as usize].2
    }

    /// The metric of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known, _)| *known == name);
        found.map(|(metric, ..)| *metric)
    }
}
