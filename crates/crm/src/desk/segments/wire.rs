//! The JSON of segments.

use std::collections::BTreeMap;

use db::{DbError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use words::{ProfileId, SegmentId, Timestamp, WorkspaceId};

use super::ask::printed;
use super::explain::Explained;
use super::preview::Preview;
use crate::kernel::{Shown, Sight};
use crate::profiles;
use crate::segments::{self, Definition, Status};

/// What makes a segment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentDraft {
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: String,
    /// A condition of the contract.
    #[schema(value_type = Object)]
    pub condition: Value,
}

/// What a change sets; what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentChange {
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub condition: Option<Value>,
    /// The version you saw: another one refuses the change.
    pub version: Option<i64>,
}

/// A condition alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionDraft {
    #[schema(value_type = Object)]
    pub condition: Value,
}

/// A segment with where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentBody {
    #[schema(value_type = String)]
    id: SegmentId,
    name: String,
    /// The code of a ready-made segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_made: Option<String>,
    #[schema(value_type = Object)]
    condition: Value,
    count: i64,
    status: Status,
    /// From 0 to 1, while it is being built.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<f64>,
    /// The instant of which the count is true.
    #[schema(value_type = String)]
    as_of: Timestamp,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = String)]
    updated_at: Timestamp,
    version: i64,
}

/// A page of segments.
#[derive(Serialize, ToSchema)]
pub(crate) struct SegmentList {
    data: Vec<SegmentBody>,
    next: Option<String>,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(crate) struct SegmentMembers {
    /// Ids of profiles.
    data: Vec<String>,
    next: Option<String>,
}

/// Counts and construction of all segments at one moment.
pub(crate) struct Standings {
    counts: BTreeMap<u32, i64>,
    highest_number: i64,
    now: Timestamp,
}

impl Standings {
    pub fn read(tx: &mut Tx<'_>, workspace: WorkspaceId, now: Timestamp) -> Result<Self, DbError> {
        Ok(Self {
            counts: segments::store::counts(tx, workspace)?,
            highest_number: profiles::store::highest_number(tx, workspace)?,
            now,
        })
    }

    pub fn count(&self, definition: &Definition) -> i64 {
        self.counts.get(&definition.no).copied().unwrap_or(0)
    }

    /// The greatest number of a person: how far a walk over everybody goes.
    pub fn highest_number(&self) -> i64 {
        self.highest_number
    }

    /// From 0 to 1, while the segment is being built.
    pub fn progress(&self, definition: &Definition) -> Option<f64> {
        let share = definition.built_through as f64 / self.highest_number.max(1) as f64;
        (!definition.is_built).then_some(share.clamp(0.0, 1.0))
    }

    /// People passed and people there are, while the segment is being built.
    pub fn construction(&self, definition: &Definition) -> (u64, u64) {
        (definition.built_through.unsigned_abs(), self.highest_number.unsigned_abs())
    }

    pub fn body(&self, definition: &Definition, sight: Sight) -> SegmentBody {
        SegmentBody {
            id: definition.id,
            name: definition.name.clone(),
            ready_made: definition.ready_made.clone(),
            condition: printed(&definition.condition, sight),
            count: self.count(definition),
            status: definition.status(),
            progress: self.progress(definition),
            as_of: self.now,
            created_at: definition.created_at,
            updated_at: definition.updated_at,
            version: definition.version,
        }
    }
}

/// What a condition finds.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewBody {
    count: i64,
    /// All people.
    people: i64,
    sample: Vec<SampledPerson>,
    took_ms: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SampledPerson {
    #[schema(value_type = String)]
    id: ProfileId,
    /// Null for a key that may not read people.
    name: Option<String>,
    /// Null for a key that may not read people.
    email: Option<String>,
}

impl PreviewBody {
    pub fn of(preview: &Preview, sight: Sight) -> Self {
        let told = |shown: Shown<'_>| match shown {
            Shown::Text(text) => Some(text.to_owned()),
            Shown::Nothing if !sight.is_masked() => Some(String::new()),
            Shown::Nothing | Shown::Hidden => None,
        };
        let sample = preview.sample.iter().map(|person| SampledPerson {
            id: person.id,
            name: told(person.row.name(sight)),
            email: told(person.row.email(sight)),
        });
        Self { count: preview.count, people: preview.people, sample: sample.collect(), took_ms: preview.took_ms }
    }
}

/// Why a profile is in a segment, or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExplanationBody {
    #[schema(value_type = String)]
    segment: SegmentId,
    #[schema(value_type = String)]
    profile: ProfileId,
    is_member: bool,
    /// Since when without a break.
    #[schema(value_type = Option<String>)]
    since: Option<Timestamp>,
    /// Until when at least, if nothing happens.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// The condition's tree: each node with its answer, what was measured and the events that count.
    #[schema(value_type = Object)]
    why: Value,
}

impl ExplanationBody {
    pub fn of(profile: ProfileId, explained: &Explained) -> Self {
        Self {
            segment: explained.definition.id,
            profile,
            is_member: explained.explanation.is_true,
            since: explained.since,
            until: explained.explanation.until,
            why: serde_json::to_value(&explained.explanation).unwrap_or(Value::Null),
        }
    }
}
