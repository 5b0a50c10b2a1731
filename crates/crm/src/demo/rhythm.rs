//! When people shop: more every month, in the evening, on Sundays; the clock is that of Paris.

use super::random::Random;
use words::Timestamp;

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// The past that is told: from its first instant to `now`, in Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from_ms: i64,
    pub now_ms: i64,
}

impl Window {
    pub fn ending_at(now: Timestamp, days: u32) -> Self {
        let now_ms = now.as_millis();
        Self { from_ms: now_ms - i64::from(days) * DAY_MS, now_ms }
    }

    /// The instant so many days before now, as lives go in a year: a shorter window shrinks the lives with it, so that
    /// a month of history has dormant customers too.
    pub fn ago(&self, days: f64) -> i64 {
        let span_ms = (self.now_ms - self.from_ms) as f64;
        let scale = (span_ms / (YEAR_DAYS * DAY_MS as f64)).min(1.0);
        self.now_ms - (days * scale * DAY_MS as f64) as i64
    }

    /// An instant between two, at an hour and on a weekday when people shop; later instants are likelier, because the
    /// shop grows.
    pub fn busy_instant(&self, random: &mut Random, from_ms: i64, to_ms: i64) -> i64 {
        let mut instant_ms = from_ms;
        // Three of ten draws are accepted, so sixteen fail together once in three hundred times; the last one then
        // stands.
        for _ in 0..16 {
            let one = random.between(from_ms..=to_ms);
            instant_ms = if random.chance(GROWTH) { one.max(random.between(from_ms..=to_ms)) } else { one };
            if random.chance(busyness(instant_ms)) {
                break;
            }
        }
        instant_ms
    }
}

const YEAR_DAYS: f64 = 365.0;

/// The share of draws that take the later of two instants; 0.85 makes the end of a span twelve times as busy as its
/// start.
const GROWTH: f64 = 0.85;

/// How busy the shop is at an instant, from 0 to 1.
fn busyness(instant_ms: i64) -> f64 {
    let local_ms = instant_ms + paris_offset_ms(instant_ms);
    let hour = local_ms.rem_euclid(DAY_MS) / HOUR_MS;
    // Day 0 of Unix time was a Thursday.
    let weekday = (local_ms.div_euclid(DAY_MS) + 3).rem_euclid(7);
    HOURS[hour as usize] * WEEKDAYS[weekday as usize] * MONTHS[month(instant_ms)]
}

/// The month, from 0, to within a few days.
fn month(instant_ms: i64) -> usize {
    (instant_ms.rem_euclid(MEAN_YEAR_MS) * 12 / MEAN_YEAR_MS) as usize
}

/// Summer time to within a few days, by the mean length of the year: a time zone database would add exactness that
/// nobody sees.
fn paris_offset_ms(instant_ms: i64) -> i64 {
    let day_of_year = instant_ms.rem_euclid(MEAN_YEAR_MS) / DAY_MS;
    if (87..300).contains(&day_of_year) { 2 * HOUR_MS } else { HOUR_MS }
}

const MEAN_YEAR_MS: i64 = 31_556_952_000;

#[rustfmt::skip]
const HOURS: [f64; 24] = [
    0.14, 0.06, 0.04, 0.03, 0.03, 0.05, 0.12, 0.25, 0.38, 0.45, 0.50, 0.55, 0.66, 0.64, 0.52, 0.50, 0.52, 0.60, 0.70,
    0.80, 0.95, 1.00, 0.75, 0.38,
];

/// January first: sales, spring, the quiet of August, Christmas.
#[rustfmt::skip]
const MONTHS: [f64; 12] = [0.82, 0.74, 0.78, 0.78, 0.82, 0.80, 0.74, 0.62, 0.78, 0.82, 0.92, 1.00];

/// Monday first.
const WEEKDAYS: [f64; 7] = [0.80, 0.74, 0.78, 0.76, 0.72, 0.82, 1.00];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenings_are_busier_than_nights_and_the_end_than_the_start() {
        let window = Window::ending_at(Timestamp::from_millis(1_780_000_000_000), 364);
        let mut random = Random::new(3);
        let drawn: Vec<i64> =
            (0..20_000).map(|_| window.busy_instant(&mut random, window.from_ms, window.now_ms)).collect();
        let in_hours = |from: i64, to: i64| {
            let local_hour = |ms: &i64| (ms + paris_offset_ms(*ms)).rem_euclid(DAY_MS) / HOUR_MS;
            drawn.iter().filter(|ms| (from..to).contains(&local_hour(ms))).count()
        };
        assert!(in_hours(19, 23) > 6 * in_hours(1, 5));
        let middle = (window.from_ms + window.now_ms) / 2;
        let later = drawn.iter().filter(|ms| **ms > middle).count();
        assert!((13_200..15_200).contains(&later), "{later}");
    }

    #[test]
    fn a_short_window_shrinks_the_lives_with_it() {
        let now = Timestamp::from_millis(1_780_000_000_000);
        assert_eq!(Window::ending_at(now, 730).ago(100.0), 1_780_000_000_000 - 100 * DAY_MS);
        assert_eq!(Window::ending_at(now, 73).ago(100.0), 1_780_000_000_000 - 20 * DAY_MS);
    }
}
