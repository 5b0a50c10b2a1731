//! The days on which somebody was in the shop, so that each day counts him once, whatever order his events arrive in.

use serde::{Deserialize, Serialize};

/// The latest day of a visit and those among the 63 days before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitDays {
    latest: i64,
    /// Bit k stands for the k-th day before the latest.
    days: u64,
}

impl VisitDays {
    /// Notes a visit; whether it is the day's first. A day too long past to remember never is.
    pub fn add(&mut self, day: i64) -> bool {
        if self.days == 0 || day > self.latest {
            self.days = shifted(self.days, day - self.latest) | 1;
            self.latest = day;
            return true;
        }
        let bit = shifted(1, self.latest - day);
        let is_new = bit != 0 && self.days & bit == 0;
        self.days |= bit;
        is_new
    }

    /// The days of both, when two people turn out to be one.
    pub fn merge(&mut self, other: Self) {
        if other.days == 0 {
            return;
        }
        let latest = if self.days == 0 { other.latest } else { self.latest.max(other.latest) };
        self.days = shifted(self.days, latest - self.latest) | shifted(other.days, latest - other.latest);
        self.latest = latest;
    }
}

/// The bits moved towards the past; those beyond the 64th day are forgotten.
fn shifted(days: u64, by: i64) -> u64 {
    u32::try_from(by).ok().and_then(|by| days.checked_shl(by)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_once_in_whatever_order_visits_arrive() {
        let mut days = VisitDays::default();
        let is_first: Vec<bool> = [20_000, 20_000, 20_003, 20_001, 20_003, 20_001, 20_067, 20_004, 20_003]
            .into_iter()
            .map(|day| days.add(day))
            .collect();
        assert_eq!(is_first, [true, false, true, true, false, false, true, true, false]);
    }

    #[test]
    fn merged_days_are_those_of_both() {
        let (mut left, mut right) = (VisitDays::default(), VisitDays::default());
        left.add(100);
        right.add(90);
        right.add(130);
        left.merge(right);
        left.merge(VisitDays::default());
        assert!(!left.add(90) && !left.add(100) && !left.add(130) && left.add(110));
        let mut nobody = VisitDays::default();
        nobody.merge(left);
        assert_eq!(nobody, left);
    }
}
