//! Definitions, their state of construction, and movements of members.

use engine::condition::Condition;
use engine::plan::SegmentSource;
use serde::Serialize;
use utoipa::ToSchema;
use words::{SegmentId, Timestamp};

/// A segment as the stream needs it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Dense within the workspace; the key of memberships.
    pub no: u32,
    pub id: SegmentId,
    pub name: String,
    /// The code of a ready-made segment; its name follows the reader's language.
    pub ready_made: Option<String>,
    pub condition: Condition,
    /// Grows with each change of the condition; tallies belong to a build.
    pub build: u32,
    /// Everybody up to this number has been visited since the last change.
    pub built_through: i64,
    pub is_built: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Definition {
    /// Whether the person's membership is decided live; until then the backfill has yet to come by.
    pub fn is_live_for(&self, number: i64) -> bool {
        self.is_built || number <= self.built_through
    }

    /// As the engine compiles it.
    pub fn source(&self) -> SegmentSource {
        SegmentSource { id: self.id, no: self.no, build: self.build, condition: self.condition.clone() }
    }

    pub fn status(&self) -> Status {
        if self.is_built { Status::Live } else { Status::Building }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Building,
    Live,
}

/// Somebody entered or left a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub segment_no: u32,
    pub number: i64,
    pub is_in: bool,
    /// Counted in the day's movements: not when a segment is built or people are merged.
    pub is_news: bool,
    pub at: Timestamp,
}
