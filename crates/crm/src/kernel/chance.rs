//! Time and chance, handed in: nothing below `server` asks the machine.

use std::sync::Arc;

use words::Timestamp;

/// The present instant, as the caller sees it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills a buffer with unpredictable bytes; `server` hands in the operating system's source.
pub type Chance = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// `N` unpredictable bytes.
pub fn random_bytes<const N: usize>(chance: &Chance) -> [u8; N] {
    let mut bytes = [0; N];
    chance(&mut bytes);
    bytes
}

/// The calendar day of an instant where the shop is, as days since 1970-01-01.
pub fn day_of(at: Timestamp, zone: &jiff::tz::TimeZone) -> i64 {
    let date = at.to_jiff().to_zoned(zone.clone()).date();
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from(date.since(epoch).map_or(0, |span| span.get_days()))
}

/// The instant at which a day began where the shop is.
pub fn day_start(day: i64, zone: &jiff::tz::TimeZone) -> Timestamp {
    let epoch = jiff::civil::date(1970, 1, 1);
    let date = epoch.saturating_add(jiff::Span::new().days(day.clamp(-700_000, 2_900_000)));
    let start = date.to_zoned(zone.clone()).map(|zoned| zoned.timestamp().as_millisecond());
    Timestamp::from_millis(start.unwrap_or(day * 86_400_000))
}

/// The ten-minute step of a day in which an instant lies, to compare a day so far with another at the same time.
pub fn step_of_day(at: Timestamp, day_began: Timestamp) -> i64 {
    (at.as_millis() - day_began.as_millis()).div_euclid(10 * 60 * 1000)
}
