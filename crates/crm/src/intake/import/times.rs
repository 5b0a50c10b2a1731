//! Times as files write them.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use words::Timestamp;

/// How a column of times is read.
#[derive(Clone, Debug)]
pub struct TimeReader {
    format: Option<String>,
    zone: TimeZone,
}

impl TimeReader {
    pub fn new(format: Option<String>, zone: TimeZone) -> Self {
        Self { format, zone }
    }

    /// The instant, or nothing when the text is none in this form.
    pub fn read(&self, text: &str) -> Option<Timestamp> {
        let text = text.trim();
        match self.format.as_deref() {
            None => with_offset(text).or_else(|| self.local(iso(text)?)),
            Some("unix") => text.parse::<f64>().ok().and_then(|seconds| in_range((seconds * 1000.0) as i64)),
            Some("unix_ms") => text.parse().ok().and_then(in_range),
            Some(format) => self.formatted(format, text),
        }
    }

    fn formatted(&self, format: &str, text: &str) -> Option<Timestamp> {
        let parts = strtime::parse(format, text).ok()?;
        if let Ok(instant) = parts.to_timestamp() {
            return in_range(instant.as_millisecond());
        }
        let local = parts.to_datetime().or_else(|_| parts.to_date().map(|date| date.at(0, 0, 0, 0)));
        self.local(local.ok()?)
    }

    /// The instant at which the clock showed this. A time that is skipped or repeated when clocks change is taken as jiff's "compatible" rule says.
    pub fn local(&self, local: DateTime) -> Option<Timestamp> {
        let zoned = local.to_zoned(self.zone.clone()).ok()?;
        in_range(zoned.timestamp().as_millisecond())
    }
}

/// RFC 3339 with its offset: a time without one is local.
fn with_offset(text: &str) -> Option<Timestamp> {
    in_range(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// `2024-03-13 10:21:14`, with a T, without seconds, or a day alone.
fn iso(text: &str) -> Option<DateTime> {
    text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)))
}

fn in_range(millis: i64) -> Option<Timestamp> {
    let range = Timestamp::MIN.as_millis()..=Timestamp::MAX.as_millis();
    range.contains(&millis).then(|| Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_usual_forms_are_read_where_the_clock_hung() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let read = |format: Option<&str>, text: &str| {
            TimeReader::new(format.map(str::to_owned), paris.clone()).read(text).map(|at| at.to_string())
        };
        assert_eq!(read(None, "2024-03-13 10:21:14").as_deref(), Some("2024-03-13T09:21:14.000Z"));
        assert_eq!(read(None, "2024-07-01").as_deref(), Some("2024-06-30T22:00:00.000Z"));
        assert_eq!(read(None, "2024-07-01T00:00:00+00:00").as_deref(), Some("2024-07-01T00:00:00.000Z"));
        assert_eq!(read(Some("%Y%m%d"), "19970101").as_deref(), Some("1996-12-31T23:00:00.000Z"));
        assert_eq!(read(Some("%d/%m/%Y %H:%M"), "13/03/2024 10:21").as_deref(), Some("2024-03-13T09:21:00.000Z"));
        assert_eq!(read(Some("unix"), "1700000000").as_deref(), Some("2023-11-14T22:13:20.000Z"));
        for bad in ["yesterday", "2024-13-01", ""] {
            assert_eq!(read(None, bad), None, "{bad}");
        }
    }
}
