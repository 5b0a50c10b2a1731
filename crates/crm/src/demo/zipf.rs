//! Zipf's law: a few people make most of the traffic, and many make little each.
//!
//! The method is rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from
//! monotone discrete distributions", ACM TOMACS 6 (3), 1996. It needs no table, so a million ranks cost as little as
//! ten.

use super::random::Random;

/// Draws ranks from 0 (the most frequent) to `ranks - 1`, rank `r` in proportion to `1 / (r + 1)^exponent`.
#[derive(Debug, Clone)]
pub struct Zipf {
    ranks: f64,
    exponent: f64,
    integral_at_first: f64,
    integral_at_last: f64,
    shortcut: f64,
}

impl Zipf {
    /// `ranks` counts as 1 when it is 0; `exponent` must be positive (1.0 is the classic law).
    pub fn new(ranks: u64, exponent: f64) -> Self {
        let ranks = ranks.max(1) as f64;
        let mut zipf = Self { ranks, exponent, integral_at_first: 0.0, integral_at_last: 0.0, shortcut: 0.0 };
        zipf.integral_at_first = zipf.integral(1.5) - 1.0;
        zipf.integral_at_last = zipf.integral(ranks + 0.5);
        zipf.shortcut = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.height(2.0));
        zipf
    }

    pub fn draw(&self, random: &mut Random) -> u64 {
        // The paper's expected number of rounds is below 1.1 for every exponent.
        loop {
            let area = self.integral_at_last + random.unit() * (self.integral_at_first - self.integral_at_last);
            let position = self.inverse(area);
            let rank = position.round().clamp(1.0, self.ranks);
            if rank - position <= self.shortcut || area >= self.integral(rank + 0.5) - self.height(rank) {
                return rank as u64 - 1;
            }
        }
    }

    /// The hat function `1 / x^exponent`.
    fn height(&self, position: f64) -> f64 {
        (-self.exponent * position.ln()).exp()
    }

    /// An antiderivative of `height`: `(x^(1 - exponent) - 1) / (1 - exponent)`, also where the exponent is 1.
    fn integral(&self, position: f64) -> f64 {
        let log = position.ln();
        expm1_ratio((1.0 - self.exponent) * log) * log
    }

    fn inverse(&self, area: f64) -> f64 {
        // Rounding may carry the argument of the logarithm below its pole at -1.
        let bent = (area * (1.0 - self.exponent)).max(-1.0);
        (ln1p_ratio(bent) * area).exp()
    }
}

/// `(e^x - 1) / x`, with its limit 1 at 0.
fn expm1_ratio(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.exp_m1() / x } else { 1.0 + x / 2.0 }
}

/// `ln(1 + x) / x`, with its limit 1 at 0.
fn ln1p_ratio(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.ln_1p() / x } else { 1.0 - x / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_the_ranks_follow_the_law() {
        for exponent in [0.5, 0.99, 1.0, 1.2, 2.0] {
            let ranks = 50_u64;
            let draws = 100_000;
            let zipf = Zipf::new(ranks, exponent);
            let mut random = Random::new(42);
            let mut counts = vec![0_u32; ranks as usize];
            for _ in 0..draws {
                counts[zipf.draw(&mut random) as usize] += 1;
            }
            let whole: f64 = (1..=ranks).map(|rank| (rank as f64).powf(-exponent)).sum();
            for (rank, count) in counts.iter().enumerate() {
                let expected = f64::from(draws) * ((rank + 1) as f64).powf(-exponent) / whole;
                let tolerance = 5.0 * expected.sqrt() + 1.0;
                assert!(
                    (f64::from(*count) - expected).abs() < tolerance,
                    "rank {rank} of exponent {exponent}: {count} for {expected}"
                );
            }
        }
    }

    #[test]
    fn every_draw_is_a_rank_even_of_very_few_or_very_many() {
        let mut random = Random::new(1);
        for ranks in [0, 1, 2, 1_000_000, 1 << 40] {
            let zipf = Zipf::new(ranks, 1.1);
            assert!((0..1_000).all(|_| zipf.draw(&mut random) < ranks.max(1)));
        }
    }
}
