//! Addresses that must not be written to again, known by keyed hashes only.

use engine::ConsentState;
use engine::facts::Facts;
use serde::{Deserialize, Serialize};
use words::{Timestamp, WorkspaceId};

use super::choice::SITE;
use crate::kernel::{Mark, Vault};

/// The channels that reach an address, each with the kind of identifier that the address is.
pub const CHANNELS: [(&str, &str); 2] = [("email", "email"), ("sms", "phone")];

/// An address on the list. Of whom it is, nobody can tell without the address and the key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    pub channel: String,
    #[serde(with = "crate::kernel::hexed")]
    pub mark: Mark,
    pub reason: SuppressionReason,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// He had refused this channel when he was erased.
    Refused,
    /// He asked never to be contacted again.
    NeverAgain,
}

impl SuppressionReason {
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Refused, Self::NeverAgain].into_iter().find(|reason| reason.as_str() == code)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NeverAgain => "never_again",
        }
    }
}

/// What stands for an address on a channel's list.
pub fn mark_of(vault: &Vault, workspace: WorkspaceId, channel: &str, address: &str) -> Mark {
    vault.mark("suppression", &[workspace.as_uuid().as_bytes(), channel.as_bytes(), address.as_bytes()])
}

/// The kind of identifier that a channel writes to; none of channels that reach no address.
pub fn kind_of(channel: &str) -> Option<&'static str> {
    CHANNELS.iter().find(|(known, _)| *known == channel).map(|(_, kind)| *kind)
}

/// Whether a person has refused a channel and allowed nothing on it.
pub fn refuses(facts: &Facts, channel: &str) -> bool {
    let states = || facts.consents().iter().filter(|(known, _, _)| *known == channel && channel != SITE);
    let is_refusal = |state: ConsentState| matches!(state, ConsentState::Denied | ConsentState::Withdrawn);
    states().any(|(_, _, fact)| is_refusal(fact.state))
        && !states().any(|(_, _, fact)| fact.state == ConsentState::Granted)
}
