//! Who somebody is, as a provider has proved it.

use words::{EmailAddress, Timestamp};

/// What is believed of an ID token, and of nothing else.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub issuer: String,
    /// The provider's own id of him: it stays when his address changes.
    pub subject: String,
    /// His address, if the provider has verified it.
    pub email: Option<EmailAddress>,
    pub name: Option<String>,
    /// He proved a second factor there.
    pub has_second_factor: bool,
    /// When he last proved himself there, as far as the provider says.
    pub proved_at: Option<Timestamp>,
}

/// Methods that are more than a password (RFC 8176, section 2).
const SECOND_FACTORS: [&str; 8] = ["mfa", "otp", "hwk", "swk", "sc", "fpt", "face", "iris"];

pub(super) fn is_second_factor(method: &str) -> bool {
    SECOND_FACTORS.contains(&method)
}
