//! All segments of a workspace, compiled together and indexed by what they read.

use std::collections::{BTreeSet, HashMap};

use words::{Currency, SegmentId, Timestamp};

use crate::compile::{CompiledCondition, EventLeaf, Shop};
use crate::condition::{Condition, Metric};
use crate::evaluate::{Evidence, Verdict};
use crate::hasher::QuickMap;
use crate::inline::{Inliner, PlanError};
use crate::touched::Touched;

/// A segment as it is to be decided.
#[derive(Debug, Clone)]
pub struct SegmentSource {
    /// Its id, by which conditions refer to it.
    pub id: SegmentId,
    /// Its number: small, for the sets of segments.
    pub no: u32,
    /// The number of this build: a changed condition gets a new one, and none is ever used twice.
    pub build: u32,
    /// Its condition.
    pub condition: Condition,
}

/// Segments compiled and indexed. Of one segment two builds may be planned: first the live one, which answers, then the
/// one that is being built, which is only tallied.
#[derive(Debug, Clone)]
pub struct Plan {
    segments: Vec<Planned>,
    shop: Shop,
    by_no: QuickMap<u32, usize>,
    by_id: HashMap<SegmentId, usize>,
    by_build: QuickMap<u32, usize>,
    by_event: QuickMap<String, Vec<(usize, usize)>>,
    by_trait: QuickMap<String, Touched>,
    by_metric: Vec<Touched>,
    by_consent: QuickMap<(String, String), Touched>,
}

#[derive(Debug, Clone)]
struct Planned {
    id: SegmentId,
    no: u32,
    build: u32,
    condition: Condition,
    compiled: CompiledCondition,
    /// Every segment that the condition refers to, directly or through others.
    refers_to: BTreeSet<SegmentId>,
}

/// The build of conditions that are decided once and not kept.
const PREVIEW_BUILD: u32 = u32::MAX;

impl Plan {
    /// Compiles segments for a shop that counts in `currency`.
    ///
    /// # Errors
    /// [`PlanError`] with the chain of references that cannot be followed.
    pub fn compile(sources: Vec<SegmentSource>, currency: Currency) -> Result<Self, PlanError> {
        let mut plan = Self::empty(currency);
        let mut conditions: HashMap<SegmentId, &Condition> = HashMap::new();
        for source in &sources {
            conditions.entry(source.id).or_insert(&source.condition);
        }
        let mut compiled = Vec::with_capacity(sources.len());
        for source in &sources {
            let inliner = Inliner::new(source.build, plan.shop, |id| conditions.get(&id).copied());
            compiled.push(inliner.run(Some(source.id), &source.condition)?);
        }
        for (source, (compiled, refers_to)) in sources.into_iter().zip(compiled) {
            let SegmentSource { id, no, build, condition } = source;
            plan.add(Planned { id, no, build, condition, compiled, refers_to });
        }
        Ok(plan)
    }

    /// A plan without segments.
    pub fn empty(currency: Currency) -> Self {
        Self {
            segments: Vec::new(),
            shop: Shop::new(currency),
            by_no: QuickMap::default(),
            by_id: HashMap::new(),
            by_build: QuickMap::default(),
            by_event: QuickMap::default(),
            by_trait: QuickMap::default(),
            by_metric: vec![Touched::default(); Metric::ALL.len()],
            by_consent: QuickMap::default(),
        }
    }

    fn add(&mut self, planned: Planned) {
        let index = self.segments.len();
        let no = planned.no;
        self.by_no.entry(no).or_insert(index);
        self.by_id.entry(planned.id).or_insert(index);
        self.by_build.entry(planned.build).or_insert(index);
        for (leaf, event_leaf) in planned.compiled.leaves.iter().enumerate() {
            let readers = self.by_event.entry(event_leaf.event.clone()).or_default();
            readers.push((index, leaf));
        }
        let reads = &planned.compiled.reads;
        for name in &reads.traits {
            self.by_trait.entry(name.clone()).or_default().add(no);
        }
        for metric in &reads.metrics {
            self.by_metric[*metric as usize].add(no);
        }
        for consent in &reads.consents {
            self.by_consent.entry(consent.clone()).or_default().add(no);
        }
        self.segments.push(planned);
    }

    /// Compiles a condition that is no segment: for a preview, a filter, or to see whether a new condition of the
    /// segment `own` would be accepted.
    ///
    /// # Errors
    /// [`PlanError`] with the chain of references that cannot be followed.
    pub fn compile_condition(
        &self,
        own: Option<SegmentId>,
        condition: &Condition,
    ) -> Result<CompiledCondition, PlanError> {
        let inliner = Inliner::new(PREVIEW_BUILD, self.shop, |id| self.source_of(id));
        inliner.run(own, condition).map(|(compiled, _)| compiled)
    }

    /// Adds the segments that read one of these traits.
    pub fn touched_by_traits<'a>(&self, names: impl IntoIterator<Item = &'a str>, touched: &mut Touched) {
        for name in names {
            if let Some(readers) = self.by_trait.get(name) {
                touched.extend(readers);
            }
        }
    }

    /// Adds the segments that read one of these metrics, such as [`Metric::OF_ORDERS`] after an order has changed.
    pub fn touched_by_metrics(&self, metrics: &[Metric], touched: &mut Touched) {
        for metric in metrics {
            touched.extend(&self.by_metric[*metric as usize]);
        }
    }

    /// Adds the segments that read this consent.
    pub fn touched_by_consent(&self, channel: &str, purpose: &str, touched: &mut Touched) {
        let key = (channel.to_owned(), purpose.to_owned());
        if let Some(readers) = self.by_consent.get(&key) {
            touched.extend(readers);
        }
    }

    /// Every segment: after a merge, an unmerge or a rebuild.
    pub fn touched_all(&self) -> Touched {
        let mut touched = Touched::default();
        for segment in &self.segments {
            touched.add(segment.no);
        }
        touched
    }

    /// Whether the person is in the segment's live build at `now`; nobody is in a segment that the plan does not know.
    pub fn evaluate(&self, no: u32, evidence: &impl Evidence, now: Timestamp) -> Verdict {
        self.condition_of(no).map_or(Verdict::lasting(false), |compiled| compiled.evaluate(evidence, now))
    }

    /// As [`Plan::evaluate`], for one build.
    pub fn evaluate_build(&self, build: u32, evidence: &impl Evidence, now: Timestamp) -> Verdict {
        self.condition_of_build(build).map_or(Verdict::lasting(false), |compiled| compiled.evaluate(evidence, now))
    }

    /// The leaves that look at events of this name, each with its segment's number.
    pub(crate) fn leaves_of(&self, event: &str) -> impl Iterator<Item = (u32, &EventLeaf)> {
        let readers = self.by_event.get(event).into_iter().flatten();
        readers.map(|(segment, leaf)| {
            let segment = &self.segments[*segment];
            (segment.no, &segment.compiled.leaves[*leaf])
        })
    }

    /// The compiled condition of a segment's live build.
    pub fn condition_of(&self, no: u32) -> Option<&CompiledCondition> {
        self.by_no.get(&no).map(|index| &self.segments[*index].compiled)
    }

    /// The compiled condition of a build.
    pub fn condition_of_build(&self, build: u32) -> Option<&CompiledCondition> {
        self.by_build.get(&build).map(|index| &self.segments[*index].compiled)
    }

    /// Number, build and id of every planned build, in the order given.
    pub fn segments(&self) -> impl Iterator<Item = (u32, u32, SegmentId)> + '_ {
        self.segments.iter().map(|segment| (segment.no, segment.build, segment.id))
    }

    /// Whether the plan has this build.
    pub fn has_build(&self, build: u32) -> bool {
        self.by_build.contains_key(&build)
    }

    /// The number of a segment.
    pub fn no_of(&self, id: SegmentId) -> Option<u32> {
        self.by_id.get(&id).map(|index| self.segments[*index].no)
    }

    /// The condition of a segment's live build, as it was written.
    pub fn source_of(&self, id: SegmentId) -> Option<&Condition> {
        self.by_id.get(&id).map(|index| &self.segments[*index].condition)
    }

    /// The segments whose conditions refer to this one, directly or through others: they are rebuilt when it changes.
    pub fn dependents_of(&self, no: u32) -> Vec<u32> {
        let Some(id) = self.by_no.get(&no).map(|index| self.segments[*index].id) else {
            return Vec::new();
        };
        let mut dependents = Touched::default();
        for segment in self.segments.iter().filter(|segment| segment.refers_to.contains(&id)) {
            dependents.add(segment.no);
        }
        dependents.iter().collect()
    }

    /// The names of the events that a segment's live build looks at.
    pub fn event_names_of(&self, no: u32) -> Vec<String> {
        self.condition_of(no).map_or_else(Vec::new, CompiledCondition::event_names)
    }

    /// Whether a segment's live build looks at events.
    pub fn needs_events(&self, no: u32) -> bool {
        self.condition_of(no).is_some_and(CompiledCondition::needs_events)
    }

    /// Whether time alone can change who is in the segment.
    pub fn is_time_sensitive(&self, no: u32) -> bool {
        self.condition_of(no).is_some_and(CompiledCondition::is_time_sensitive)
    }

    pub(crate) fn shop(&self) -> Shop {
        self.shop
    }

    /// The currency in which the shop counts.
    pub fn currency(&self) -> Currency {
        self.shop.currency
    }
}
