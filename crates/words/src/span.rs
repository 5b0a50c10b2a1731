//! A length of time in milliseconds, written as merchants write windows: `30d`, `12h`, `15m`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::serde_text::serde_as_text;

/// A length of time in milliseconds, never negative. A day is 24 hours, a week seven days; calendars need a time zone
/// and belong elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// The units, largest first, with their milliseconds.
const UNITS: [(&str, i64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// More than any two instants are apart.
    pub const MAX: Self = Self(i64::MAX);

    /// A span of `millis` milliseconds; a negative number is zero.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 { Self::ZERO } else { Self(millis) }
    }

    /// A span of whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1_000))
    }

    /// A span of whole minutes.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_millis(minutes.saturating_mul(60_000))
    }

    /// A span of whole hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_millis(hours.saturating_mul(3_600_000))
    }

    /// A span of days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self::from_millis(days.saturating_mul(86_400_000))
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The same length for the standard library's timers.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.unsigned_abs())
    }

    /// Both spans one after the other, at most [`Span::MAX`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This span without `other`, at least zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self::from_millis(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Span {
    /// The largest unit that divides the span: `2w`, not `14d`; `90m`, not `1h30m`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = UNITS.iter().find(|(_, millis)| self.0 != 0 && self.0 % millis == 0);
        match largest {
            Some((unit, millis)) => write!(formatter, "{}{unit}", self.0 / millis),
            None => formatter.write_str("0s"),
        }
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let malformed = || SpanError::Malformed { text: text.chars().take(30).collect() };
        let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(malformed)?;
        let (digits, unit) = text.split_at(unit_at);
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        if digits.is_empty() {
            return Err(malformed());
        }
        let too_long = |()| SpanError::TooLong { text: text.chars().take(30).collect() };
        let count: i64 = digits.parse().map_err(|_| too_long(()))?;
        count.checked_mul(*millis).map(Self).ok_or(()).map_err(too_long)
    }
}

serde_as_text!(Span, "a length of time such as 30d, 12h, 15m, 10s or 2w");

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpanError {
    /// It is not a whole number followed by a unit.
    #[error("{text:?} is not a length of time; write a whole number and a unit of w, d, h, m, s or ms, as in 30d")]
    Malformed { text: String },
    /// It is longer than 290 million years.
    #[error("{text:?} is too long a time; write a shorter one")]
    TooLong { text: String },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, millis: i64, shown: &str) {
        let span: Span = text.parse().unwrap();
        assert_eq!((span.as_millis(), span.to_string().as_str()), (millis, shown), "{text}");
    }

    #[test]
    fn a_span_is_a_whole_number_and_a_unit_and_prints_its_largest_unit() {
        check("30d", 2_592_000_000, "30d");
        check("14d", 1_209_600_000, "2w");
        check("12h", 43_200_000, "12h");
        check("90m", 5_400_000, "90m");
        check("60s", 60_000, "1m");
        check("0d", 0, "0s");
        check("1500ms", 1_500, "1500ms");
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", "d", "30", "-3d", "3 d", "3D", "1h30m", "1.5d", "30é", "99999999999999999999d", "9999999999999999w"]
        {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_then_parsing_is_the_identity(millis in 0..=i64::MAX) {
            let span = Span::from_millis(millis);
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
