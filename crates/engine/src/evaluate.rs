//! Decides one condition over one person's facts at one instant, and says when the answer may change.

use std::borrow::Cow;

use serde_json::Value;
use words::{Currency, Timestamp};

use crate::check::Check;
use crate::compile::{CompiledCondition, Node, TraitLeaf};
use crate::condition::{ConsentState, Metric};
use crate::facts::{FactsView, Figures, LeafKey, Sales, Tallies, Tally};
use crate::lifecycle::stage_of;
use crate::value::{MICROS, Num, Sight, Source, simple_sight};
use crate::walk::tally_verdict;

/// An answer, and until when it surely holds if nothing else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the condition is true.
    pub is_member: bool,
    /// Not later than the next instant at which the answer changes by time alone; none when time changes nothing.
    pub flips_at: Option<Timestamp>,
}

impl Verdict {
    /// An answer that time does not change.
    pub(crate) fn lasting(is_member: bool) -> Self {
        Self { is_member, flips_at: None }
    }

    pub(crate) fn negated(self) -> Self {
        Self { is_member: !self.is_member, ..self }
    }
}

/// What a condition is decided from: [`crate::Facts`] in memory, [`FactsView`] on bytes, [`WithTallies`] for a preview.
pub trait Evidence {
    /// The JSON text of a trait that is set.
    fn trait_json(&self, name: &str) -> Option<&str>;
    /// The computed values that need no currency.
    fn figures(&self) -> Figures;
    /// What the orders in a currency come to.
    fn sales(&self, currency: Currency) -> Sales;
    /// What was said about a channel and a purpose.
    fn consent(&self, channel: &str, purpose: &str) -> ConsentState;
    /// The tally of an event leaf; none says that nothing was counted.
    fn tally(&self, key: LeafKey) -> Option<Cow<'_, Tally>>;
}

/// Stored facts with tallies made for the occasion: a preview reads the log once and stores nothing.
#[derive(Debug, Clone, Copy)]
pub struct WithTallies<'a> {
    /// Everything but the tallies; none for a person of whom nothing is stored.
    pub stored: &'a FactsView<'a>,
    /// The tallies of the previewed condition.
    pub tallies: &'a Tallies,
}

impl Evidence for WithTallies<'_> {
    fn trait_json(&self, name: &str) -> Option<&str> {
        self.stored.trait_json(name)
    }

    fn figures(&self) -> Figures {
        self.stored.figures()
    }

    fn sales(&self, currency: Currency) -> Sales {
        self.stored.sales(currency)
    }

    fn consent(&self, channel: &str, purpose: &str) -> ConsentState {
        self.stored.consent(channel, purpose)
    }

    fn tally(&self, key: LeafKey) -> Option<Cow<'_, Tally>> {
        self.tallies.get(key).map(Cow::Borrowed)
    }
}

impl CompiledCondition {
    /// Whether the condition is true at `now`, and until when that holds at least.
    pub fn evaluate(&self, evidence: &impl Evidence, now: Timestamp) -> Verdict {
        self.node(&self.root, evidence, now)
    }

    /// The answer, where what was counted of somebody's events gives it whatever else is known of him.
    pub fn decided_by_events(&self, tallies: &Tallies, now: Timestamp) -> Option<bool> {
        self.by_events(&self.root, tallies, now)
    }

    fn by_events(&self, node: &Node, tallies: &Tallies, now: Timestamp) -> Option<bool> {
        // One part that is decisive decides; so do all together when none is undecided.
        let group = |parts: &[Node], decisive: bool| {
            let mut is_decided = true;
            for part in parts {
                match self.by_events(part, tallies, now) {
                    Some(answer) if answer == decisive => return Some(decisive),
                    Some(_) => {}
                    None => is_decided = false,
                }
            }
            is_decided.then_some(!decisive)
        };
        match node {
            Node::All(parts) => group(parts, false),
            Node::Any(parts) => group(parts, true),
            Node::Not(part) => self.by_events(part, tallies, now).map(|answer| !answer),
            Node::Event(index) => {
                let leaf = &self.leaves[*index];
                Some(tally_verdict(leaf.threshold, tallies.get(leaf.key), now).is_member)
            }
            Node::Trait(_) | Node::Metric(..) | Node::Consent { .. } => None,
        }
    }

    pub(crate) fn node(&self, node: &Node, evidence: &impl Evidence, now: Timestamp) -> Verdict {
        match node {
            Node::All(parts) => join(parts.iter().map(|part| self.node(part, evidence, now)), false),
            Node::Any(parts) => join(parts.iter().map(|part| self.node(part, evidence, now)), true),
            Node::Not(part) => self.node(part, evidence, now).negated(),
            Node::Trait(leaf) => trait_verdict(leaf, evidence, now),
            Node::Metric(metric, check) => self.metric_verdict(*metric, check, evidence, now),
            Node::Consent { channel, purpose, state } => Verdict::lasting(evidence.consent(channel, purpose) == *state),
            Node::Event(index) => {
                let leaf = &self.leaves[*index];
                let tally = evidence.tally(leaf.key);
                tally_verdict(leaf.threshold, tally.as_deref(), now)
            }
        }
    }

    fn metric_verdict(&self, metric: Metric, check: &Check, evidence: &impl Evidence, now: Timestamp) -> Verdict {
        if metric == Metric::LifecycleStage {
            let stage = stage_of(&evidence.figures(), now);
            let source = Source::One(Sight::Text(stage.stage.as_str()));
            return Verdict { is_member: check.holds(&source, now), flips_at: stage.flips_at };
        }
        let sight = self.metric_sight(metric, evidence);
        let source = sight.map_or(Source::Missing, Source::One);
        source_verdict(check, &source, now)
    }

    /// A metric's value as conditions see it, but the lifecycle stage, which depends on the instant.
    pub(crate) fn metric_sight(&self, metric: Metric, evidence: &impl Evidence) -> Option<Sight<'static>> {
        let whole = |count: u64| Some(Sight::Number(Num::Whole(i128::from(count))));
        let figures = || evidence.figures();
        match metric {
            Metric::OrdersCount => whole(figures().orders_count),
            Metric::Revenue => Some(self.amount(evidence.sales(self.shop.currency).net_minor, 1)),
            Metric::RefundedTotal => Some(self.amount(evidence.sales(self.shop.currency).refunded_minor, 1)),
            Metric::AverageOrderValue => {
                let sales = evidence.sales(self.shop.currency);
                (sales.orders > 0).then(|| self.amount(sales.net_minor, sales.orders))
            }
            Metric::FirstOrderAt => figures().first_order_at.map(Sight::Time),
            Metric::LastOrderAt => figures().last_order_at.map(Sight::Time),
            Metric::FirstSeenAt => figures().first_seen.map(Sight::Time),
            Metric::LastSeenAt => figures().last_seen.map(Sight::Time),
            Metric::EventsCount => whole(figures().events_count),
            Metric::CartItems => whole(figures().cart_items),
            Metric::CartValue => {
                let micros = figures().cart_value_micros;
                Some(Sight::Number(Num::Float(micros as f64 / MICROS as f64)))
            }
            Metric::LifecycleStage => None,
        }
    }

    /// Minor units shared by `parts`, in major units: one division of whole numbers, so that 19.99 equals 19.99.
    fn amount(&self, minor: i64, parts: u64) -> Sight<'static> {
        let divisor = self.shop.minor_in_major as f64 * parts as f64;
        Sight::Number(Num::Float(minor as f64 / divisor))
    }
}

/// `all` is decided by one false part, `any` by one true part. While the deciding parts hold, the others do not matter: a
/// decided group changes no earlier than the last of them, an undecided one no earlier than the first of all.
pub(crate) fn join(parts: impl Iterator<Item = Verdict>, decisive: bool) -> Verdict {
    let mut first_change: Option<Timestamp> = None;
    let mut last_decider: Option<Timestamp> = None;
    for part in parts {
        if part.is_member == decisive {
            let Some(flips_at) = part.flips_at else {
                return Verdict::lasting(decisive);
            };
            last_decider = last_decider.max(Some(flips_at));
        } else if let Some(flips_at) = part.flips_at {
            first_change = Some(first_change.map_or(flips_at, |first| first.min(flips_at)));
        }
    }
    match last_decider {
        Some(flips_at) => Verdict { is_member: decisive, flips_at: Some(flips_at) },
        None => Verdict { is_member: !decisive, flips_at: first_change },
    }
}

fn source_verdict(check: &Check, source: &Source<'_>, now: Timestamp) -> Verdict {
    if !check.is_moving() {
        return Verdict::lasting(check.holds(source, now));
    }
    let periods = check.periods(source);
    Verdict { is_member: periods.holds_at(now), flips_at: periods.changes_after(now) }
}

fn trait_verdict(leaf: &TraitLeaf, evidence: &impl Evidence, now: Timestamp) -> Verdict {
    with_trait(&leaf.path, evidence, |source| source_verdict(&leaf.check, source, now))
}

/// Looks at the value, or values, that a trait's name or dotted path leads to.
pub(crate) fn with_trait<T>(path: &str, evidence: &impl Evidence, look: impl FnOnce(&Source<'_>) -> T) -> T {
    if let Some(json) = evidence.trait_json(path) {
        return with_json(json, "", look);
    }
    let Some((first, rest)) = path.split_once('.') else {
        return look(&Source::Missing);
    };
    match evidence.trait_json(first) {
        Some(json) => with_json(json, rest, look),
        None => look(&Source::Missing),
    }
}

fn with_json<T>(json: &str, path: &str, look: impl FnOnce(&Source<'_>) -> T) -> T {
    if let Some(sight) = simple_sight(json) {
        let source = if path.is_empty() { Source::One(sight) } else { Source::Missing };
        return look(&source);
    }
    // Stored traits were printed from values; a text that does not parse again is damage, and shows no value.
    let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
    look(&Source::At(&value, path))
}
