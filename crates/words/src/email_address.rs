//! An e-mail address in the form in which two of them are compared.

use std::fmt;
use std::str::FromStr;

use email_address::Options;
use thiserror::Error;

use crate::serde_text::serde_as_text;
use crate::text::fold;

/// A valid address, trimmed and folded: the whole of it in lower case, as every large mail host delivers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(Box<str>);

/// RFC 5321 allows 256 octets for a path with its angle brackets.
const MAX_BYTES: usize = 254;

impl EmailAddress {
    /// Reads one address (RFC 5322 and 6531) without display name or domain literal; its domain needs a dot.
    ///
    /// # Errors
    /// [`EmailAddressError`], which says what is wrong.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let folded = fold(text.trim());
        if folded.len() > MAX_BYTES {
            return Err(EmailAddressError::TooLong);
        }
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        if folded.chars().any(char::is_control) {
            return Err(EmailAddressError::Malformed { reason: "it holds a control character".to_owned() });
        }
        match email_address::EmailAddress::parse_with_options(&folded, options) {
            Ok(_) => Ok(Self(folded.into_boxed_str())),
            Err(reason) => Err(EmailAddressError::Malformed { reason: reason.to_string() }),
        }
    }

    /// The folded address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the last `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        Self::parse(text)
    }
}

serde_as_text!(EmailAddress, "an e-mail address");

/// Why a text is no e-mail address. The address itself is not repeated: errors reach logs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EmailAddressError {
    /// Its syntax is not that of an address.
    #[error("this is not an e-mail address: {reason}")]
    Malformed { reason: String },
    /// It is longer than mail can carry.
    #[error("this e-mail address is longer than 254 bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_folded() {
        for (text, folded) in [
            (" Ana.Lopez@Example.COM ", "ana.lopez@example.com"),
            ("ÉLISE@exemple.fr", "élise@exemple.fr"),
            ("ana+shop@sub.example.co.uk", "ana+shop@sub.example.co.uk"),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), folded);
        }
        assert_eq!(EmailAddress::parse("ana@example.com").unwrap().domain(), "example.com");
    }

    #[test]
    fn what_mail_cannot_reach_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "ana@localhost",
            "a b@example.com",
            "Ana <ana@example.com>",
            "ana@[127.0.0.1]",
            "ana@example.com\0",
            "a@b@example.com",
            &long,
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }
}
