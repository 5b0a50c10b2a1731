//! Where a person's newest events stand in the log.
//!
//! To find somebody's events, the log has places by profile. Each would be a page of its own to write with every event, so the
//! newest few wait in the person's state, which is written anyway, and go to the others together.

use thiserror::Error;
use words::Timestamp;

use crate::kernel::EventPlace;

/// So many wait at most between two transactions.
const MOST_WAITING: usize = 16;

/// The places that wait in a person's state, in the order of their events' arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentEvents(Vec<EventPlace>);

#[derive(Debug, Error)]
#[error("the stored places of recent events cannot be read: {0}")]
pub struct RecentError(#[from] postcard::Error);

/// As stored: each number as its difference from the one before, which takes a byte or two.
type Steps = Vec<(i64, i64, i64)>;

impl RecentEvents {
    pub fn add(&mut self, place: EventPlace) {
        self.0.push(place);
    }

    pub fn are_many(&self) -> bool {
        self.0.len() > MOST_WAITING
    }

    pub fn take(&mut self) -> Vec<EventPlace> {
        std::mem::take(&mut self.0)
    }

    pub fn iter(&self) -> impl Iterator<Item = &EventPlace> {
        self.0.iter()
    }

    /// Nothing when nobody waits.
    pub fn encode(&self, person: i64) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut before = (person, 0, 0);
        let steps: Steps = self
            .0
            .iter()
            .map(|place| {
                let this = (place.number, place.at.as_millis(), place.seq);
                let step =
                    (this.0.wrapping_sub(before.0), this.1.wrapping_sub(before.1), this.2.wrapping_sub(before.2));
                before = this;
                step
            })
            .collect();
        // Numbers always have a form in bytes.
        postcard::to_allocvec(&steps).unwrap_or_default()
    }

    /// # Errors
    /// [`RecentError`] when the bytes are no such list.
    pub fn decode(person: i64, bytes: &[u8]) -> Result<Self, RecentError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let steps: Steps = postcard::from_bytes(bytes)?;
        let mut last = (person, 0_i64, 0_i64);
        let places = steps.into_iter().map(|step| {
            last = (last.0.wrapping_add(step.0), last.1.wrapping_add(step.1), last.2.wrapping_add(step.2));
            EventPlace { number: last.0, at: Timestamp::from_millis(last.1), seq: last.2 }
        });
        Ok(Self(places.collect()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sixteen_visits_take_a_hundred_bytes() {
        let mut recent = RecentEvents::default();
        for visit in 0..16 {
            let at = Timestamp::from_millis(1_790_000_000_000 + visit * 40_000);
            recent.add(EventPlace { number: 400_000, at, seq: 2_000_000 + visit * 300 });
        }
        assert!(!recent.are_many());
        assert!(recent.encode(400_000).len() <= 115, "{}", recent.encode(400_000).len());
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        assert!(RecentEvents::decode(1, &[200]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(person: i64, places in prop::collection::vec((any::<i64>(), any::<i64>(), any::<i64>()), 0..40)) {
            let places = places
                .into_iter()
                .map(|(number, at, seq)| EventPlace { number, at: Timestamp::from_millis(at), seq })
                .collect();
            let recent = RecentEvents(places);
            prop_assert_eq!(RecentEvents::decode(person, &recent.encode(person)).unwrap(), recent);
        }
    }
}
