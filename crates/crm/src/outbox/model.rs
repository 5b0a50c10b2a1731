//! A letter's story, from its row to its fate.

use uuid::Uuid;
use words::{Span, Timestamp, WorkspaceId};

/// What a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A link for a new password.
    Reset,
    Invitation,
    /// Something changed in somebody's account.
    Notice,
    /// Somebody tries whether mail works.
    Test,
    /// To nobody: written where nobody has an account, so that the answer takes as long as where somebody has.
    Nobody,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Reset, Self::Invitation, Self::Notice, Self::Test, Self::Nobody];

    /// The word in the database and in texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Invitation => "invitation",
            Self::Notice => "notice",
            Self::Test => "test",
            Self::Nobody => "nobody",
        }
    }

    /// After this long a letter that has not left says nothing any more.
    pub fn lifetime(self) -> Span {
        match self {
            Self::Reset | Self::Nobody => Span::from_minutes(30),
            Self::Test => Span::from_hours(1),
            Self::Invitation | Self::Notice => Span::from_days(2),
        }
    }
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    /// The relay is being given the content: whoever finds this after a crash cannot know what became of it.
    Handed,
    /// The relay has it.
    Sent,
    /// The relay, or what mail can carry, refused it for good.
    Refused,
    /// It was too old before anybody took it.
    Expired,
    /// The relay may have it: it was tried twice, and both times no answer came.
    Uncertain,
}

impl State {
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Handed, Self::Sent, Self::Refused, Self::Expired, Self::Uncertain];

    /// The word in the database and in texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Handed => "handed",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Uncertain => "uncertain",
        }
    }

    pub fn is_decided(self) -> bool {
        !matches!(self, Self::Waiting | Self::Handed)
    }
}

/// What is told of a letter: never to whom, and never what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterLine {
    pub id: Uuid,
    pub kind: Kind,
    pub state: State,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub due_at: Timestamp,
    pub tries: i64,
    /// `recipient 550`, as [`outgoing::MailError`] shows itself; empty while all went well.
    pub trouble: String,
}

/// How the outbox stands, of all workspaces together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Letters whose fate is not decided.
    pub letters: i64,
    /// When the oldest of them was written.
    pub since: Option<Timestamp>,
    /// Letters of which it is not known whether they arrived, of those that are still told of.
    pub uncertain: i64,
}

/// Which letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub workspace: WorkspaceId,
    pub id: Uuid,
}

/// A letter whose time has come.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub key: Key,
    pub kind: Kind,
    pub state: State,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub tries: i64,
    pub doubts: i64,
}

/// What a try came to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub state: State,
    pub due_at: Timestamp,
    pub tries: i64,
    pub doubts: i64,
    pub trouble: String,
    /// When its fate was decided, if it was.
    pub decided_at: Option<Timestamp>,
}
