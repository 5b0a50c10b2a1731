//! How often somebody may ask: a token bucket for each class of routes and each asker, by one table.
//!
//! Counted per process and forgotten with it. Guessing passwords has a brake of its own, in `workspaces`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use words::Timestamp;

/// What is counted, each with its own buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateClass {
    /// Events of the tracking API, by network.
    Events,
    /// Requests to the tracking API, whatever their key says, by network.
    Tracking,
    /// All other requests, by network: whoever has no key or session is met here.
    Anybody,
    /// Screens and their parts, by session.
    Screens,
    /// `/api/v1`, by key.
    Programs,
    /// What looks at everybody, the previews of segments, by session or key.
    Heavy,
}

/// So many a second for long, and so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub class: RateClass,
    pub a_second: f64,
    pub burst: f64,
}

const fn rate(class: RateClass, a_second: f64, burst: f64) -> Rate {
    Rate { class, a_second, burst }
}

/// A network is a /24 or /48: an office, or the customers of a mobile carrier behind one address.
pub const RATES: [Rate; 6] = [
    rate(RateClass::Events, 2_000.0, 20_000.0),
    rate(RateClass::Tracking, 2_000.0, 20_000.0),
    rate(RateClass::Anybody, 200.0, 2_000.0),
    rate(RateClass::Screens, 20.0, 300.0),
    rate(RateClass::Programs, 50.0, 500.0),
    rate(RateClass::Heavy, 5.0, 50.0),
];

impl RateClass {
    pub fn rate(self) -> Rate {
        RATES.into_iter().find(|rate| rate.class == self).unwrap_or(RATES[0])
    }
}

/// Askers remembered; beyond it all start with a full bucket again.
const MAX_ASKERS: usize = 100_000;

/// What is left of a bucket, and when it was looked at.
type Bucket = (f64, Timestamp);

#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<(RateClass, String), Bucket>>>);

impl Throttle {
    /// Takes so many tokens; the seconds to wait when there are not enough.
    pub fn take(&self, class: RateClass, asker: &str, tokens: usize, now: Timestamp) -> Result<(), u32> {
        let rate = class.rate();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_ASKERS {
            buckets.clear();
        }
        let (left, at) = buckets.entry((class, asker.to_owned())).or_insert((rate.burst, now));
        let passed_s = (now.as_millis() - at.as_millis()).max(0) as f64 / 1000.0;
        *left = (*left + passed_s * rate.a_second).min(rate.burst);
        *at = now;
        let wanted = tokens as f64;
        if *left >= wanted {
            *left -= wanted;
            return Ok(());
        }
        Err((((wanted - *left) / rate.a_second).ceil() as u32).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_one_rate_that_lets_a_burst_and_then_a_steady_flow_through() {
        for rate in RATES {
            assert_eq!(RATES.iter().filter(|other| other.class == rate.class).count(), 1);
            let throttle = Throttle::default();
            let at = |second: i64| Timestamp::from_millis(second * 1000);
            let take = |tokens: f64, second| throttle.take(rate.class, "one", tokens as usize, at(second));
            assert_eq!(take(rate.burst, 0), Ok(()), "{rate:?}");
            assert_eq!(take(rate.a_second, 0), Err(1), "{rate:?}");
            assert_eq!(throttle.take(rate.class, "other", 1, at(0)), Ok(()), "{rate:?}");
            assert_eq!(take(rate.a_second, 1), Ok(()), "{rate:?}");
            assert_eq!(take(2.0 * rate.a_second, 1), Err(2), "{rate:?}");
        }
    }
}
