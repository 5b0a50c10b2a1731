//! A telephone number in E.164.

use std::fmt;
use std::str::FromStr;

use phonenumber::Mode;
use thiserror::Error;

use crate::country::Country;
use crate::serde_text::serde_as_text;

/// A number that exists in its country's plan, in E.164: `+33612345678`. An extension is not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(Box<str>);

/// Longer than any number with its separators; the parser never sees more.
const MAX_BYTES: usize = 64;

impl Phone {
    /// Reads the numbering plans of all countries, once. Whoever meets the first number waits for it otherwise, some 0.1 s.
    pub fn read_plans() {
        let _ = phonenumber::metadata::DATABASE.by_id("FR");
    }

    /// Reads a number as people write it: international with `+`, or as it is dialled inside `default_country`.
    ///
    /// # Errors
    /// [`PhoneError`] when it is no number or not one of its country's plan.
    pub fn parse(text: &str, default_country: Country) -> Result<Self, PhoneError> {
        Self::parse_with(text, default_country.as_str().parse().ok())
    }

    /// The beginning of a number as it would stand in E.164: `06 12` of France is `+33612`. `None` when the text is no
    /// beginning of a number.
    pub fn prefix(text: &str, default_country: Country) -> Option<String> {
        let is_separator = |letter: char| letter.is_whitespace() || "().-/".contains(letter);
        let dialled: String = text.chars().filter(|letter| !is_separator(*letter)).collect();
        let international = dialled.strip_prefix('+').or_else(|| dialled.strip_prefix("00"));
        let digits = international.unwrap_or(&dialled);
        if digits.is_empty() || digits.len() > MAX_BYTES || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if international.is_some() {
            return Some(format!("+{digits}"));
        }
        let plan = phonenumber::metadata::DATABASE.by_id(default_country.as_str())?;
        let trunk = plan.national_prefix().unwrap_or_default();
        Some(format!("+{}{}", plan.country_code(), digits.strip_prefix(trunk).unwrap_or(digits)))
    }

    /// The number in E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse_with(text: &str, country: Option<phonenumber::country::Id>) -> Result<Self, PhoneError> {
        if text.len() > MAX_BYTES {
            return Err(PhoneError::Malformed);
        }
        let number = phonenumber::parse(country, text.trim()).map_err(|_| PhoneError::Malformed)?;
        if !phonenumber::is_valid(&number) {
            return Err(PhoneError::NotInPlan);
        }
        let written = number.format().mode(Mode::E164).to_string();
        let subscriber = written.split(';').next().unwrap_or(&written);
        Ok(Self(subscriber.into()))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Reads an international number (with `+`).
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        Self::parse_with(text, None)
    }
}

serde_as_text!(Phone, "a telephone number such as +33612345678");

/// Why a text is no telephone number. The number itself is not repeated: errors reach logs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// It cannot be read as a number.
    #[error("this is not a telephone number; write it as in +33612345678")]
    Malformed,
    /// No such number can exist in its country.
    #[error("no such telephone number exists in its country; check its digits and its country code")]
    NotInPlan,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, country: &str, e164: &str) {
        assert_eq!(Phone::parse(text, country.parse().unwrap()).unwrap().as_str(), e164, "{text}");
    }

    #[test]
    fn the_beginning_of_a_number_is_that_of_its_international_form() {
        let prefix = |text, country: &str| Phone::prefix(text, country.parse().unwrap());
        for (text, country, expected) in [
            ("06 12", "FR", Some("+33612")),
            ("+33 6.12", "FR", Some("+33612")),
            ("0033612", "BE", Some("+33612")),
            ("612", "FR", Some("+33612")),
            ("(415) 555", "US", Some("+1415555")),
            ("06 rue", "FR", None),
            ("+", "FR", None),
        ] {
            assert_eq!(prefix(text, country).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_number_is_read_as_it_is_dialled_or_internationally() {
        check("06 12 34 56 78", "FR", "+33612345678");
        check("+33 (0)6 12 34 56 78", "FR", "+33612345678");
        check("+44 20 7946 0958", "FR", "+442079460958");
        check("(415) 555-2671", "US", "+14155552671");
        check("+33612345678", "AQ", "+33612345678");
    }

    #[test]
    fn what_no_plan_holds_is_refused() {
        for text in ["", "12", "not a number", "+33 1", "+999 123 456 789", "06 12 34 56 78 90 12 34", &"1".repeat(500)]
        {
            assert!(Phone::parse(text, Country::FR).is_err(), "{text}");
        }
        assert!("0612345678".parse::<Phone>().is_err());
    }
}
