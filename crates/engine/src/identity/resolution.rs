//! What the identifiers of one event come to.

use serde::Serialize;

use super::blocked::BlockReason;

/// What one event's identifiers come to. Claims are named by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Whose event it is.
    pub subject: Subject,
    /// Identifiers that nobody has and that the subject's profile gets.
    pub attach: Vec<Attachment>,
    /// People who become one, in the order in which it is to be done.
    pub joins: Vec<Join>,
    /// What would have joined people but must be judged by a person.
    pub conflicts: Vec<Conflict>,
    /// Claims that count for nothing.
    pub ignored: Vec<Ignored>,
}

/// Whose event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A profile that exists; `root` is the person after all joins.
    Existing {
        /// The profile that the event is folded into.
        leaf: i64,
        /// The person.
        root: i64,
    },
    /// Somebody new.
    New,
}

/// An identifier that attaches to the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The claim.
    pub claim: usize,
    /// By which rule.
    pub rule: LinkRule,
}

/// Why an identifier, or a person, became part of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LinkRule {
    /// It came with the first event of a new person.
    FirstEvent,
    /// It came in one event with an identifier of this type, which the person had.
    SameEvent {
        /// The type.
        kind: String,
    },
}

/// Two people who become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Who is merged.
    pub from_root: i64,
    /// Who remains: the known one, else the one found by the stronger claim.
    pub into_root: i64,
    /// By which rule.
    pub rule: LinkRule,
    /// The claim that led to the other person.
    pub claim: usize,
}

/// A claim that stays where it is although the event says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The claim.
    pub claim: usize,
    /// Who has it.
    pub root_a: i64,
    /// Whose event it is; none when that is somebody new.
    pub root_b: Option<i64>,
    /// Why they stay two.
    pub reason: ConflictReason,
}

/// Why two people stay two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictReason {
    /// The identifier belongs to somebody with another strong identifier than the event names: a shared device, or a
    /// shared address.
    SharedIdentifier,
    /// Both have a strong identifier, and not the same.
    TwoStrongIdentifiers,
    /// Both are known, and the event came with a public key.
    PublicKey,
    /// Identifiers of this type do not join.
    KindMayNotJoin,
    /// Together they would have more identifiers of a type than one person may.
    TooManyIdentifiers,
}

impl ConflictReason {
    /// The code in answers and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SharedIdentifier => "shared_identifier",
            Self::TwoStrongIdentifiers => "two_strong_identifiers",
            Self::PublicKey => "public_key",
            Self::KindMayNotJoin => "kind_may_not_join",
            Self::TooManyIdentifiers => "too_many_identifiers",
        }
    }
}

/// A claim that counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ignored {
    /// The claim.
    pub claim: usize,
    /// Why.
    pub reason: IgnoreReason,
}

/// Why a claim counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreReason {
    /// The value identifies nobody.
    Blocked(BlockReason),
    /// No rule knows the type.
    UnknownKind,
    /// The event says it twice.
    Repeated,
    /// The person has as many identifiers of the type as allowed.
    Limit,
}
