//! The tree of reasons.

use serde::Serialize;
use serde_json::Value;
use words::{SegmentId, Timestamp};

use super::events::explain_event;
use super::leaves::{explain_consent, explain_metric, explain_trait};
use crate::condition::{Condition, ConsentState, Metric};
use crate::evaluate::{Verdict, join};
use crate::event::EventRecord;
use crate::facts::Facts;
use crate::inline::PlanError;
use crate::plan::Plan;

/// One node of a condition with its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether it is true.
    pub is_true: bool,
    /// Since when this has been so, at least; none when it was never otherwise, or nobody can tell.
    pub since: Option<Timestamp>,
    /// Until when this stays so, at least, if nothing happens; none when time alone changes nothing.
    pub until: Option<Timestamp>,
    /// The node, with what was measured.
    #[serde(flatten)]
    pub reason: Reason,
}

/// What a node is and what it found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Every part must be true.
    All {
        /// The parts.
        parts: Vec<Explanation>,
    },
    /// Some part must be true.
    Any {
        /// The parts.
        parts: Vec<Explanation>,
    },
    /// The part must be false.
    Not {
        /// The part.
        part: Box<Explanation>,
    },
    /// Another segment's condition.
    Segment {
        /// Its id.
        segment: SegmentId,
        /// Its condition.
        part: Box<Explanation>,
    },
    /// A trait.
    Trait {
        /// The name or path.
        name: String,
        /// The operator.
        op: &'static str,
        /// What it was compared with.
        value: Option<Value>,
        /// What it is; none when it is not set.
        measured: Option<Value>,
    },
    /// A computed value.
    Metric {
        /// Which.
        metric: Metric,
        /// The operator.
        op: &'static str,
        /// What it was compared with.
        value: Option<Value>,
        /// What it is.
        measured: Option<Value>,
    },
    /// A consent.
    Consent {
        /// The channel.
        channel: String,
        /// The purpose.
        purpose: String,
        /// The state asked for.
        value: ConsentState,
        /// The state that it is in.
        measured: ConsentState,
    },
    /// Events.
    Event {
        /// Their name.
        event: String,
        /// What their properties had to pass.
        #[serde(rename = "where")]
        filters: Vec<FilterText>,
        /// The summed property; none when events are counted.
        sum_of: Option<String>,
        /// The operator.
        op: &'static str,
        /// What the count or sum was compared with.
        value: Value,
        /// The window as it was written; none for ever.
        within: Option<String>,
        /// The count or sum.
        measured: Value,
        /// Places in the log of the newest events that count now.
        evidence: Vec<i64>,
    },
}

/// A property test in words of the contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilterText {
    /// The property.
    pub property: String,
    /// The operator.
    pub op: &'static str,
    /// The operand.
    pub value: Option<Value>,
}

/// Explains a condition over a person's facts and events at `now`.
///
/// `events` are the person's, of all names that the condition looks at ([`crate::CompiledCondition::event_names`]), in any
/// order.
///
/// # Errors
/// [`PlanError`] when the condition refers to segments that the plan cannot follow.
pub fn explain(
    plan: &Plan,
    condition: &Condition,
    facts: &Facts,
    events: &[EventRecord],
    now: Timestamp,
) -> Result<Explanation, PlanError> {
    // Compiling proves that references end, so that the walk below does.
    plan.compile_condition(None, condition)?;
    let case = Case { plan, facts, events, now };
    Ok(case.node(condition))
}

/// What every node is explained from.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub plan: &'a Plan,
    pub facts: &'a Facts,
    pub events: &'a [EventRecord],
    pub now: Timestamp,
}

impl Case<'_> {
    fn node(&self, condition: &Condition) -> Explanation {
        match condition {
            Condition::All(parts) => {
                let parts = self.nodes(parts);
                group(&parts, false).with(Reason::All { parts })
            }
            Condition::Any(parts) => {
                let parts = self.nodes(parts);
                group(&parts, true).with(Reason::Any { parts })
            }
            Condition::Not(part) => {
                let part = Box::new(self.node(part));
                let answer = Answer { verdict: part.verdict().negated(), since: part.since };
                answer.with(Reason::Not { part })
            }
            Condition::Segment(segment) => self.segment(*segment),
            Condition::Trait { name, test } => explain_trait(self, name, test),
            Condition::Metric { metric, test } => explain_metric(self, *metric, test),
            Condition::Consent { channel, purpose, state } => explain_consent(self, channel, purpose, *state),
            Condition::Event(event) => explain_event(self, event),
        }
    }

    fn nodes(&self, parts: &[Condition]) -> Vec<Explanation> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn segment(&self, segment: SegmentId) -> Explanation {
        let nobody = Condition::Any(Vec::new());
        let part = Box::new(self.node(self.plan.source_of(segment).unwrap_or(&nobody)));
        let answer = Answer { verdict: part.verdict(), since: part.since };
        answer.with(Reason::Segment { segment, part })
    }
}

/// A verdict with its beginning.
pub(super) struct Answer {
    pub verdict: Verdict,
    pub since: Option<Timestamp>,
}

impl Answer {
    pub fn with(self, reason: Reason) -> Explanation {
        Explanation { is_true: self.verdict.is_member, since: self.since, until: self.verdict.flips_at, reason }
    }
}

impl Explanation {
    fn verdict(&self) -> Verdict {
        Verdict { is_member: self.is_true, flips_at: self.until }
    }
}

/// A group that one part decides has been so since the first deciding part was; one that nobody decides, since the last
/// part ceased to.
fn group(parts: &[Explanation], decisive: bool) -> Answer {
    let verdict = join(parts.iter().map(Explanation::verdict), decisive);
    let since = if verdict.is_member == decisive {
        let deciders = parts.iter().filter(|part| part.is_true == decisive);
        // `None` is the smallest: a part that was never otherwise has decided for ever.
        deciders.map(|part| part.since).min().flatten()
    } else {
        parts.iter().filter_map(|part| part.since).max()
    };
    Answer { verdict, since }
}
