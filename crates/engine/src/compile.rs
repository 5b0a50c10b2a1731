//! A condition prepared for deciding: references inlined, operands folded, event leaves numbered.

use std::collections::BTreeSet;

use words::{Currency, Span};

use crate::check::Check;
use crate::condition::{ConsentState, EventCondition, Measure, Metric, NumberOperator, PropertyTest, Test};
use crate::event::EventFact;
use crate::facts::{Enough, LeafKey, Shape, Window};
use crate::periods::Periods;
use crate::value::{Num, Sight, Source};

/// A condition ready to be decided over facts ([`crate::evaluate`]). Made by [`crate::Plan`], which knows the segments
/// that it may refer to.
#[derive(Debug, Clone)]
pub struct CompiledCondition {
    pub(crate) root: Node,
    pub(crate) leaves: Vec<EventLeaf>,
    pub(crate) reads: Reads,
    pub(crate) shop: Shop,
}

/// In what the shop counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shop {
    pub currency: Currency,
    /// Minor units in one major unit, such as 100.
    pub minor_in_major: u64,
}

impl Shop {
    pub fn new(currency: Currency) -> Self {
        Self { currency, minor_in_major: 10_u64.pow(u32::from(currency.minor_digits())) }
    }
}

impl CompiledCondition {
    /// Whether it looks at events, so that it cannot be decided from traits, metrics and consents alone.
    pub fn needs_events(&self) -> bool {
        !self.leaves.is_empty()
    }

    /// Whether its answer can change by time alone.
    pub fn is_time_sensitive(&self) -> bool {
        self.reads.is_moving
    }

    /// The names of the events that it looks at: what a backfill or a preview must read of the log.
    pub fn event_names(&self) -> Vec<String> {
        self.reads.events.iter().cloned().collect()
    }
}

/// What a condition reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reads {
    pub events: BTreeSet<String>,
    /// Every name under which a change of a trait may concern the condition: the whole path and its first part.
    pub traits: BTreeSet<String>,
    pub metrics: BTreeSet<Metric>,
    pub consents: BTreeSet<(String, String)>,
    pub is_moving: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Trait(TraitLeaf),
    Metric(Metric, Check),
    Consent {
        channel: String,
        purpose: String,
        state: ConsentState,
    },
    /// The index of an event leaf.
    Event(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct TraitLeaf {
    pub path: String,
    pub check: Check,
}

/// An event leaf: which events count, for how much, for how long, and what the tally is compared with.
#[derive(Debug, Clone)]
pub(crate) struct EventLeaf {
    pub key: LeafKey,
    pub event: String,
    filters: Vec<Filter>,
    amount: Amount,
    pub threshold: Threshold,
    within: Option<Span>,
    pub shape: Shape,
}

#[derive(Debug, Clone)]
struct Filter {
    place: Place,
    check: Check,
}

/// A path, and whether it starts in the context.
#[derive(Debug, Clone)]
struct Place {
    whole: String,
    in_context: Option<String>,
}

#[derive(Debug, Clone)]
enum Amount {
    One,
    Property(Place),
}

/// A comparison of a tally: counts as they are, sums in millionths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Threshold {
    pub op: NumberOperator,
    pub operand: i128,
    pub is_sum: bool,
}

impl Threshold {
    pub fn accepts(self, value: i128) -> bool {
        self.op.accepts(value.cmp(&self.operand))
    }

    /// The value from which on the answer is always the same, when smaller values all have the other one.
    fn least_enough(self) -> Option<i128> {
        match self.op {
            NumberOperator::Gte | NumberOperator::Lt => Some(self.operand),
            NumberOperator::Gt | NumberOperator::Lte => self.operand.checked_add(1),
            NumberOperator::Eq | NumberOperator::Ne => None,
        }
    }
}

/// Collects the leaves of one build, depth first.
pub(crate) struct Compiler {
    build: u32,
    shop: Shop,
    leaves: Vec<EventLeaf>,
    reads: Reads,
}

impl Compiler {
    pub fn new(build: u32, shop: Shop) -> Self {
        Self { build, shop, leaves: Vec::new(), reads: Reads::default() }
    }

    pub fn finish(self, root: Node) -> CompiledCondition {
        CompiledCondition { root, leaves: self.leaves, reads: self.reads, shop: self.shop }
    }

    pub fn trait_leaf(&mut self, name: &str, test: &Test) -> Node {
        let check = Check::new(test);
        let first = name.split('.').next().unwrap_or(name);
        self.reads.traits.extend([name.to_owned(), first.to_owned()]);
        self.reads.is_moving |= check.is_moving();
        Node::Trait(TraitLeaf { path: name.to_owned(), check })
    }

    pub fn metric_leaf(&mut self, metric: Metric, test: &Test) -> Node {
        let check = Check::new(test);
        self.reads.metrics.insert(metric);
        self.reads.is_moving |= check.is_moving() || metric == Metric::LifecycleStage;
        Node::Metric(metric, check)
    }

    pub fn consent_leaf(&mut self, channel: &str, purpose: &str, state: ConsentState) -> Node {
        let (channel, purpose) = (channel.to_owned(), purpose.to_owned());
        self.reads.consents.insert((channel.clone(), purpose.clone()));
        Node::Consent { channel, purpose, state }
    }

    pub fn event_leaf(&mut self, event: &EventCondition) -> Node {
        let index = self.leaves.len();
        // Conditions have at most 5,000 nodes with all that they refer to.
        let leaf = EventLeaf::new(event, self.build, index as u16);
        self.reads.is_moving |= !matches!(leaf.shape, Shape::Total);
        self.reads.events.insert(leaf.event.clone());
        self.leaves.push(leaf);
        Node::Event(index)
    }
}

impl EventLeaf {
    /// The leaf `index`, counted depth first, of a build.
    pub fn new(event: &EventCondition, build: u32, index: u16) -> Self {
        let key = LeafKey::new(&event.event, build, index);
        let filters: Vec<Filter> = event.filters.iter().map(Filter::new).collect();
        let (amount, threshold) = measure(event.measure.as_ref());
        let within = event.within.as_ref().map(|window| window.span());
        let is_moving = filters.iter().any(|filter| filter.check.is_moving());
        let shape = match within {
            None if !is_moving => Shape::Total,
            Some(span) if !is_moving && !threshold.is_sum => {
                Shape::Recent { window: Window::new(span, threshold.operand) }
            }
            Some(span) if !is_moving => {
                let enough = threshold.least_enough().and_then(|sum| Enough::new(span, sum));
                enough.map_or(Shape::Spans, |enough| Shape::Sums { enough })
            }
            _ => Shape::Spans,
        };
        Self { key, event: event.event.clone(), filters, amount, threshold, within, shape }
    }

    /// For how much an event counts: one, or its property in millionths (0 when that is no number).
    pub fn amount(&self, event: &EventFact<'_>) -> i128 {
        match &self.amount {
            Amount::One => 1,
            Amount::Property(place) => place.sum(event),
        }
    }

    /// Whether the event passes every filter, for leaves whose filters do not move with time.
    pub fn passes(&self, event: &EventFact<'_>) -> bool {
        let mut filters = self.filters.iter();
        filters.all(|filter| filter.check.holds(&filter.place.source(event), event.at))
    }

    /// The instants at which an event of the log counts.
    pub fn periods(&self, event: &EventFact<'_>) -> Periods {
        let own = match self.within {
            None => Periods::always(),
            Some(span) => Periods::between(event.at, event.at.plus(span)),
        };
        let filters = self.filters.iter();
        filters.fold(own, |periods, filter| periods.and(&filter.check.periods(&filter.place.source(event))))
    }
}

/// What is counted and compared: by default that there is at least one.
fn measure(measure: Option<&Measure>) -> (Amount, Threshold) {
    match measure {
        None => {
            let threshold = Threshold { op: NumberOperator::Gte, operand: 1, is_sum: false };
            (Amount::One, threshold)
        }
        Some(Measure::Count { op, value }) => {
            let threshold = Threshold { op: *op, operand: i128::from(*value), is_sum: false };
            (Amount::One, threshold)
        }
        Some(Measure::Sum { property, op, value }) => {
            let operand = Num::of(value).micros();
            let threshold = Threshold { op: *op, operand, is_sum: true };
            (Amount::Property(Place::new(property)), threshold)
        }
    }
}

impl Filter {
    fn new(filter: &PropertyTest) -> Self {
        Self { place: Place::new(&filter.property), check: Check::new(&filter.test) }
    }
}

impl Place {
    fn new(path: &str) -> Self {
        Self { whole: path.to_owned(), in_context: path.strip_prefix("context.").map(str::to_owned) }
    }

    fn source<'a>(&'a self, event: &'a EventFact<'_>) -> Source<'a> {
        match &self.in_context {
            // A property whose own name is the dotted text wins, as everywhere.
            Some(rest) if !event.properties.has(&self.whole) => event.context.source(rest),
            _ => event.properties.source(&self.whole),
        }
    }

    /// The numbers at the place, added up; more than one only inside a list of objects.
    fn sum(&self, event: &EventFact<'_>) -> i128 {
        let mut sum = 0_i128;
        self.source(event).any(&mut |sight| {
            if let Sight::Number(number) = sight {
                sum = sum.saturating_add(number.micros());
            }
            false
        });
        sum
    }
}
