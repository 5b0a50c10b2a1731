//! Chance that repeats: a stream of draws that depends on nothing but the numbers that name it.
//!
//! Every person, visit and order of the demo shop has a stream of its own, named by the seed and by its place. So any
//! of them can be told again without the ones before it, and memory stays flat however many people the shop has.

use std::ops::RangeInclusive;

/// A seeded stream of draws (wyrand, through `fastrand`; never seeded by the machine).
#[derive(Debug, Clone)]
pub struct Random(fastrand::Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The stream named by `parts`: the same parts give the same draws, and different parts unrelated ones.
    pub fn of(parts: &[u64]) -> Self {
        Self::new(mix(parts))
    }

    /// A whole number in `0..limit`; 0 when `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0.u64(0..limit.max(1))
    }

    /// A whole number of the range, both ends included; its start when the range is empty.
    pub fn between(&mut self, range: RangeInclusive<i64>) -> i64 {
        let (start, end) = range.into_inner();
        self.0.i64(start..=end.max(start))
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A waiting time of the given mean (exponential, by inversion).
    pub fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// One of `items` by its weight; `items` must not be empty and their weights not all zero.
    pub fn weighted<'a, T>(&mut self, items: &'a [(u32, T)]) -> &'a T {
        let total: u64 = items.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut rest = self.below(total);
        for (weight, item) in items {
            let weight = u64::from(*weight);
            if rest < weight {
                return item;
            }
            rest -= weight;
        }
        &items[items.len() - 1].1
    }
}

/// Folds numbers into one of 64 well-mixed bits, with the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014). For fixed other parts it maps each part one to one, so ids made
/// of it do not collide.
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9E37_79B9_7F4A_7C15, |state, part| {
        let mut bits = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_draws_and_other_parts_give_others() {
        let draws = |parts: &[u64]| {
            let mut random = Random::of(parts);
            (0..20).map(|_| random.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(&[1, 2, 3]), draws(&[1, 2, 3]));
        assert_ne!(draws(&[1, 2, 3]), draws(&[1, 3, 2]));
    }

    #[test]
    fn weights_decide_how_often_an_item_comes() {
        let mut random = Random::new(7);
        let items = [(1, 'a'), (0, 'b'), (3, 'c')];
        let drawn: Vec<char> = (0..10_000).map(|_| *random.weighted(&items)).collect();
        let share = |item| drawn.iter().filter(|drawn| **drawn == item).count();
        assert_eq!(share('b'), 0);
        assert!((2_300..2_700).contains(&share('a')), "{}", share('a'));
    }

    #[test]
    #[allow(clippy::reversed_empty_ranges)] // An empty range is the case at hand.
    fn an_empty_range_gives_its_start() {
        let mut random = Random::new(7);
        assert_eq!(random.between(5..=3), 5);
        assert_eq!(random.below(0), 0);
    }
}
