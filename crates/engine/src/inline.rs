//! Follows references between segments, and compiles what they mean in the place where they stand.

use std::collections::BTreeSet;

use thiserror::Error;
use words::SegmentId;

use crate::compile::{CompiledCondition, Compiler, Node, Shop};
use crate::condition::Condition;

/// Why segments cannot be planned together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// A segment refers to itself through others.
    #[error("these segments refer to each other in a circle: {}", arrows(.chain))]
    Circle {
        /// From the segment that was compiled to the one met twice.
        chain: Vec<SegmentId>,
    },
    /// A segment refers to one that does not exist.
    #[error("a segment refers to one that does not exist: {}", arrows(.chain))]
    Unknown {
        /// From the segment that was compiled to the one that is missing.
        chain: Vec<SegmentId>,
    },
    /// With everything that it refers to, a condition is too large.
    #[error("a condition has more than {MAX_NODES} parts with all segments that it refers to: {}; use fewer references", arrows(.chain))]
    TooLarge {
        /// Where the limit was met.
        chain: Vec<SegmentId>,
    },
}

fn arrows(chain: &[SegmentId]) -> String {
    let ids: Vec<String> = chain.iter().map(SegmentId::to_string).collect();
    ids.join(" -> ")
}

/// Parts of one condition with all references inlined: references multiply.
const MAX_NODES: usize = 5_000;
/// References below one another.
const MAX_CHAIN: usize = 20;
/// Follows references, and inlines what they mean.
pub(crate) struct Inliner<'a, F: Fn(SegmentId) -> Option<&'a Condition>> {
    compiler: Compiler,
    find: F,
    chain: Vec<SegmentId>,
    refers_to: BTreeSet<SegmentId>,
    nodes: usize,
}

impl<'a, F: Fn(SegmentId) -> Option<&'a Condition>> Inliner<'a, F> {
    pub fn new(build: u32, shop: Shop, find: F) -> Self {
        Self { compiler: Compiler::new(build, shop), find, chain: Vec::new(), refers_to: BTreeSet::new(), nodes: 0 }
    }

    /// Compiles the condition of the segment `own`, and names all segments that it refers to.
    pub fn run(
        mut self,
        own: Option<SegmentId>,
        condition: &Condition,
    ) -> Result<(CompiledCondition, BTreeSet<SegmentId>), PlanError> {
        self.chain.extend(own);
        let root = self.node(condition)?;
        Ok((self.compiler.finish(root), self.refers_to))
    }

    fn node(&mut self, condition: &Condition) -> Result<Node, PlanError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || self.chain.len() > MAX_CHAIN {
            return Err(PlanError::TooLarge { chain: self.chain.clone() });
        }
        match condition {
            Condition::All(parts) => self.nodes(parts).map(Node::All),
            Condition::Any(parts) => self.nodes(parts).map(Node::Any),
            Condition::Not(part) => Ok(Node::Not(Box::new(self.node(part)?))),
            Condition::Segment(id) => self.reference(*id),
            Condition::Trait { name, test } => Ok(self.compiler.trait_leaf(name, test)),
            Condition::Metric { metric, test } => Ok(self.compiler.metric_leaf(*metric, test)),
            Condition::Consent { channel, purpose, state } => Ok(self.compiler.consent_leaf(channel, purpose, *state)),
            Condition::Event(event) => Ok(self.compiler.event_leaf(event)),
        }
    }

    fn nodes(&mut self, parts: &[Condition]) -> Result<Vec<Node>, PlanError> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn reference(&mut self, id: SegmentId) -> Result<Node, PlanError> {
        let is_circle = self.chain.contains(&id);
        self.chain.push(id);
        if is_circle {
            return Err(PlanError::Circle { chain: self.chain.clone() });
        }
        let Some(condition) = (self.find)(id) else {
            return Err(PlanError::Unknown { chain: self.chain.clone() });
        };
        self.refers_to.insert(id);
        let node = self.node(condition)?;
        self.chain.pop();
        Ok(node)
    }
}
