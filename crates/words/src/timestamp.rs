//! An instant, as Unix milliseconds: BIGINT in the database, RFC 3339 in JSON.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use thiserror::Error;

use crate::span::Span;

/// An instant in Unix milliseconds.
///
/// It always lies between [`Timestamp::MIN`] and [`Timestamp::MAX`], so that it can be written as RFC 3339 and comes back
/// as it was; what would lie outside is held at the nearer bound. The bounds also serve as "always" and "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00.000Z, the first instant of RFC 3339.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// 9999-12-30T22:00:00.999Z, the last instant that exists in every time zone with a year of four digits.
    pub const MAX: Self = Self(253_402_207_200_999);
    /// 1970-01-01T00:00:00.000Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The instant `millis` Unix milliseconds, held between the bounds.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            return Self::MIN;
        }
        if millis > Self::MAX.0 {
            return Self::MAX;
        }
        Self(millis)
    }

    /// Unix milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, and, as files and client libraries write it, a date alone (`2024-03-13`: its midnight) or a date
    /// and time without offset (`2024-03-13 10:21:14`); without an offset it is UTC. Digits beyond the millisecond are
    /// cut off towards the past.
    ///
    /// # Errors
    /// [`TimestampError`] when the text is none of these or its year is not between 0 and 9999.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimestampError> {
        let refused = || TimestampError { text: shortened(text) };
        let trimmed = text.trim();
        let instant = match trimmed.parse::<jiff::Timestamp>() {
            Ok(instant) => instant,
            Err(_) => utc_instant(trimmed).ok_or_else(refused)?,
        };
        let millis = instant.as_nanosecond().div_euclid(1_000_000);
        let millis = i64::try_from(millis).map_err(|_| refused())?;
        if (Self::MIN.0..=Self::MAX.0).contains(&millis) { Ok(Self(millis)) } else { Err(refused()) }
    }

    /// The instant `span` later, at most [`Timestamp::MAX`].
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add(span.as_millis()))
    }

    /// The instant `span` earlier, at least [`Timestamp::MIN`].
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_sub(span.as_millis()))
    }

    /// How long ago `earlier` was; zero when it is later than `self`.
    pub const fn since(self, earlier: Self) -> Span {
        Span::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The same instant in `jiff`, for calendars and time zones.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).expect("the bounds of Timestamp lie inside jiff's")
    }
}

fn utc_instant(text: &str) -> Option<jiff::Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// At most 60 characters of a refused text, for its error.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        formatter.write_str(&PRINTER.timestamp_to_string(&self.to_jiff()))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse_rfc3339(text)
    }
}

/// RFC 3339 where people read it, milliseconds in compact forms: a stored person holds dozens of instants.
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self::from_millis);
        }
        let visitor = crate::serde_text::TextVisitor(
            std::marker::PhantomData::<Self>,
            "an RFC 3339 date and time such as 2026-11-22T17:09:24.051Z",
        );
        deserializer.deserialize_str(visitor)
    }
}
/// The text is no date and time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a date and time; write it as in 2026-11-22T17:09:24.051Z, 2026-11-22 17:09:24 or 2026-11-22")]
pub struct TimestampError {
    text: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(Timestamp::parse_rfc3339(text).unwrap().to_string(), shown, "{text}");
    }

    #[test]
    fn text_is_read_as_rfc_3339_and_leniently_as_utc() {
        check("2026-11-22T17:09:24.051Z", "2026-11-22T17:09:24.051Z");
        check("2026-11-22t17:09:24z", "2026-11-22T17:09:24.000Z");
        check("2026-11-22T19:09:24.051999+02:00", "2026-11-22T17:09:24.051Z");
        check("2024-03-13", "2024-03-13T00:00:00.000Z");
        check("2024-03-13 10:21:14", "2024-03-13T10:21:14.000Z");
        check(" 2024-03-13T10:21:14.5 ", "2024-03-13T10:21:14.500Z");
        check("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z");
        check("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn text_that_is_no_instant_is_refused() {
        for text in ["", "yesterday", "2024-13-01", "2024-02-30", "13/03/2024", "1710325274", "-000044-03-15T00:00:00Z"]
        {
            assert!(Timestamp::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_stays_between_the_bounds() {
        let day = Span::from_millis(86_400_000);
        assert_eq!(Timestamp::MAX.plus(day), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.minus(day), Timestamp::MIN);
        assert_eq!(Timestamp::from_millis(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::UNIX_EPOCH.since(Timestamp::MAX), Span::ZERO);
        assert_eq!(Timestamp::UNIX_EPOCH.plus(day).since(Timestamp::UNIX_EPOCH), day);
    }

    #[test]
    fn the_last_instant_is_the_last_of_jiff() {
        assert_eq!(Timestamp::MAX.as_millis(), jiff::Timestamp::MAX.as_millisecond());
    }

    proptest! {
        #[test]
        fn printing_then_parsing_is_the_identity(millis in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let instant = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse_rfc3339(&instant.to_string()), Ok(instant));
            let json = serde_json::to_string(&instant).unwrap();
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), instant);
        }
    }
}
