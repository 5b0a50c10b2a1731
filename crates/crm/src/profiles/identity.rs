//! From a value as it was sent to the form in which identifiers are compared.

use engine::identity::{Claim, blocked_reason};
use words::{Country, EmailAddress, Phone, clean_text};

/// What a raw value is as an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Identity(Claim),
    /// It identifies nobody, and why.
    Blocked(Claim, String),
    /// Not a value of this kind (a misspelt address): it stays a trait.
    NotOne,
}

/// Emails are folded and trimmed, phone numbers brought to E.164, everything else trimmed.
pub fn read_identifier(kind: &str, raw: &str, country: Country) -> Reading {
    let raw = raw.trim();
    let value = match kind {
        "email" => EmailAddress::parse(raw).ok().map(|email| email.as_str().to_owned()),
        "phone" => Phone::parse(raw, country).ok().map(|phone| phone.as_str().to_owned()),
        _ => Some(clean_text(raw).into_owned()),
    };
    let given = Claim { kind: kind.to_owned(), value: value.clone().unwrap_or_else(|| raw.to_owned()) };
    if let Some(reason) = blocked_reason(kind, &given.value) {
        return Reading::Blocked(shortened(given), reason.as_str().to_owned());
    }
    if value.is_some() { Reading::Identity(given) } else { Reading::NotOne }
}

/// Blocked values are listed on screen and stored once each; a stranger must not fill the disk with long ones.
fn shortened(claim: Claim) -> Claim {
    Claim { value: claim.value.chars().take(64).collect(), ..claim }
}
