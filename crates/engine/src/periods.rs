//! When something holds: a set of instants as disjoint half-open periods, for tests whose truth moves with time.

use words::Timestamp;

/// Disjoint periods `[start, end)` in order; the end [`Timestamp::MAX`] means for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Periods(Vec<(Timestamp, Timestamp)>);

impl Periods {
    /// At no instant.
    pub fn never() -> Self {
        Self(Vec::new())
    }

    /// At every instant.
    pub fn always() -> Self {
        Self(vec![(Timestamp::MIN, Timestamp::MAX)])
    }

    /// From `start` on, before `end`.
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        if start < end { Self(vec![(start, end)]) } else { Self::never() }
    }

    /// Always or never.
    pub fn fixed(holds: bool) -> Self {
        if holds { Self::always() } else { Self::never() }
    }

    /// The periods in order.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        self.0.iter().copied()
    }

    /// Whether `now` lies in one of them.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.iter().any(|(start, end)| start <= now && is_before_end(now, end))
    }

    /// The next instant after `now` at which the answer changes.
    pub fn changes_after(&self, now: Timestamp) -> Option<Timestamp> {
        let bounds = self.0.iter().flat_map(|(start, end)| [*start, *end]);
        bounds.filter(|bound| *bound > now && *bound < Timestamp::MAX).min()
    }

    /// The last instant up to `now` at which the answer changed.
    pub fn changed_before(&self, now: Timestamp) -> Option<Timestamp> {
        let bounds = self.0.iter().flat_map(|(start, end)| [*start, *end]);
        bounds.filter(|bound| *bound <= now && *bound > Timestamp::MIN).max()
    }

    /// The instants of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        for (start, end) in self.iter() {
            for (other_start, other_end) in other.iter() {
                let (start, end) = (start.max(other_start), end.min(other_end));
                if start < end {
                    both.push((start, end));
                }
            }
        }
        both.sort_unstable();
        Self(both)
    }

    /// The instants of either.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self.0.sort_unstable();
        let mut joined: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(self.0.len());
        for (start, end) in self.0 {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        Self(joined)
    }

    /// All other instants.
    #[must_use]
    pub fn negated(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut free_from = Timestamp::MIN;
        for (start, end) in self.iter() {
            if free_from < start {
                gaps.push((free_from, start));
            }
            free_from = end;
        }
        if free_from < Timestamp::MAX {
            gaps.push((free_from, Timestamp::MAX));
        }
        Self(gaps)
    }
}

/// Whether a period with this end has not ended at `now`.
pub fn is_before_end(now: Timestamp, end: Timestamp) -> bool {
    now < end || end == Timestamp::MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn periods() -> impl Strategy<Value = Periods> {
        proptest::collection::vec((0_i64..20, 1_i64..6), 0..5).prop_map(|pairs| {
            let at = Timestamp::from_millis;
            let pieces = pairs.into_iter();
            pieces
                .map(|(start, length)| Periods::between(at(start), at(start + length)))
                .fold(Periods::never(), Periods::or)
        })
    }

    proptest! {
        #[test]
        fn and_or_not_mean_what_they_say_at_every_instant(left in periods(), right in periods()) {
            let both = left.and(&right);
            let either = left.clone().or(right.clone());
            let other = left.negated();
            for millis in -1..30 {
                let now = Timestamp::from_millis(millis);
                prop_assert_eq!(both.holds_at(now), left.holds_at(now) && right.holds_at(now));
                prop_assert_eq!(either.holds_at(now), left.holds_at(now) || right.holds_at(now));
                prop_assert_eq!(other.holds_at(now), !left.holds_at(now));
                let next = left.changes_after(now).unwrap_or(Timestamp::from_millis(31));
                for later in millis..next.as_millis() {
                    prop_assert_eq!(left.holds_at(Timestamp::from_millis(later)), left.holds_at(now));
                }
            }
        }
    }
}
