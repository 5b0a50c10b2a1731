//! An erasure from its beginning to its certificate.

use serde::{Deserialize, Serialize};
use words::{ErasureId, ProfileId, Span, Timestamp, WorkspaceId};

use crate::kernel::hexed::hex;
use crate::kernel::{Mark, Vault};
use crate::stream::Erased;

/// How long backups are kept at the longest, as the guide asks: until then an older one may still hold the person.
const BACKUPS_KEPT_FOR: Span = Span::from_days(30);

/// Why somebody is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EraseReason {
    /// He asked for it.
    Request,
    /// What is known of him is kept no longer.
    Retention,
    Other,
}

impl EraseReason {
    pub const ALL: [Self; 3] = [Self::Request, Self::Retention, Self::Other];

    pub fn code(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Retention => "retention",
            Self::Other => "other",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct EraseWanted {
    pub reason: EraseReason,
    /// His addresses are put on the suppression list of every channel, whatever he had said.
    pub never_contact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody finds him any more; what is left of him is being deleted.
    Begun,
    /// Nothing is left.
    Done,
}

impl State {
    pub fn code(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
        }
    }
}

/// What was taken away, and what was kept for his sake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub erased: Erased,
    /// Addresses on the suppression list, by channel.
    pub suppressed: u64,
}

/// What an unfinished erasure still needs; of a finished one nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unfinished {
    /// The numbers that his events bear.
    pub numbers: Vec<i64>,
    /// The certificate as it was given out, when he is erased again from an older copy of the database.
    pub issued: Option<Issued>,
}

/// The part of a certificate that is known at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    pub done_at: Timestamp,
    pub counts: Counts,
    #[serde(with = "crate::kernel::hexed")]
    pub code: Mark,
}

/// The tombstone of a person, and his certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub no: i64,
    pub id: ErasureId,
    pub state: State,
    pub reason: EraseReason,
    /// `usr_…`, `key_…` or `system`.
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub done_at: Option<Timestamp>,
    pub profiles: Vec<ProfileId>,
    /// Marks of his identifiers, in hexadecimal.
    pub marks: Vec<String>,
    pub counts: Counts,
    pub unfinished: Option<Unfinished>,
    pub code: Mark,
}

impl Erasure {
    /// Until when backups made before the erasure may hold the person.
    pub fn backups_until(&self) -> Timestamp {
        self.done_at.unwrap_or(self.asked_at).plus(BACKUPS_KEPT_FOR)
    }

    /// The code that proves the certificate: nobody without the key file can make one.
    pub fn proof(&self, vault: &Vault, workspace: WorkspaceId) -> Mark {
        #[derive(Serialize)]
        struct Certified<'e> {
            workspace: WorkspaceId,
            id: ErasureId,
            reason: EraseReason,
            asked_by: &'e str,
            asked_at: Timestamp,
            done_at: Option<Timestamp>,
            profiles: &'e [ProfileId],
            marks: &'e [String],
            counts: &'e Counts,
        }
        let Self { id, reason, asked_by, asked_at, done_at, profiles, marks, counts, .. } = self;
        let certified = Certified {
            workspace,
            id: *id,
            reason: *reason,
            asked_by,
            asked_at: *asked_at,
            done_at: *done_at,
            profiles,
            marks,
            counts,
        };
        // Texts, numbers and dates are always JSON.
        let text = serde_json::to_string(&certified).unwrap_or_default();
        vault.mark("certificate", &[text.as_bytes()])
    }

    /// Whether the certificate is the one that was given out.
    pub fn is_genuine(&self, vault: &Vault, workspace: WorkspaceId) -> bool {
        self.state == State::Done && self.code == self.proof(vault, workspace)
    }
}

/// What stands for an identifier in tombstones.
pub fn mark_of(vault: &Vault, workspace: WorkspaceId, kind: &str, value: &str) -> String {
    hex(&vault.mark("identifier", &[workspace.as_uuid().as_bytes(), kind.as_bytes(), value.as_bytes()]))
}
