//! How much one network may send: a token bucket each, so that one visitor's script cannot flood the shop.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use words::Timestamp;

use crate::workspaces::ClientAddress;

/// Events a second that one network may send for long, and at once.
const EVENTS_A_SECOND: f64 = 2_000.0;
const BURST: f64 = 20_000.0;
/// Networks remembered; beyond it all start with a full bucket again.
const MAX_NETWORKS: usize = 100_000;

#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<String, (f64, Timestamp)>>>);

impl Throttle {
    /// Takes `events` tokens; the seconds to wait when there are not enough. This machine itself is never slowed.
    pub fn take(&self, from: ClientAddress, events: usize, now: Timestamp) -> Result<(), u32> {
        if from.0.is_none_or(|address| address.is_loopback()) {
            return Ok(());
        }
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_NETWORKS {
            buckets.clear();
        }
        let (tokens, at) = buckets.entry(from.network()).or_insert((BURST, now));
        let passed_s = (now.as_millis() - at.as_millis()).max(0) as f64 / 1000.0;
        *tokens = (*tokens + passed_s * EVENTS_A_SECOND).min(BURST);
        *at = now;
        let wanted = events as f64;
        if *tokens >= wanted {
            *tokens -= wanted;
            return Ok(());
        }
        Err((((wanted - *tokens) / EVENTS_A_SECOND).ceil() as u32).max(1))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_network_that_floods_waits_and_its_neighbours_do_not() {
        let throttle = Throttle::default();
        let address = |text: &str| ClientAddress(Some(text.parse().unwrap()));
        let now = Timestamp::from_millis(0);
        assert_eq!(throttle.take(address("198.51.100.1"), 20_000, now), Ok(()));
        assert_eq!(throttle.take(address("198.51.100.2"), 4_000, now), Err(2));
        assert_eq!(throttle.take(address("203.0.113.1"), 500, now), Ok(()));
        assert_eq!(throttle.take(address("198.51.100.2"), 4_000, Timestamp::from_millis(2_000)), Ok(()));
        assert_eq!(throttle.take(address("127.0.0.1"), 1_000_000, now), Ok(()));
    }
}
