//! The four figures of a day, and the same of the days before: sums over rows, without a database.

use words::{Currency, Timestamp};

use crate::commerce::store::OrderSum;
use crate::kernel::{Shop, day_of, day_start, step_of_day};

/// Days that a sparkline shows, today included.
pub const DAYS: usize = 14;

/// One figure: today, yesterday up to the same time, and each of the last days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    pub today: i64,
    pub yesterday_so_far: i64,
    /// Oldest first; the last one is today.
    pub days: Vec<i64>,
}

/// The instants by which days are told apart.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub today: i64,
    now: Timestamp,
    /// When each of the last days began, oldest first.
    starts: Vec<Timestamp>,
}

impl Calendar {
    pub fn of(shop: &Shop, now: Timestamp) -> Self {
        let today = day_of(now, &shop.time_zone);
        let starts = (0..DAYS as i64).rev().map(|back| day_start(today - back, &shop.time_zone)).collect();
        Self { today, now, starts }
    }

    /// When the first day of the sparklines began.
    pub fn first_start(&self) -> Timestamp {
        self.starts[0]
    }

    pub fn today_start(&self) -> Timestamp {
        self.starts[DAYS - 1]
    }

    pub fn first_day(&self) -> i64 {
        self.today - (DAYS as i64 - 1)
    }

    /// Yesterday at this time of day.
    pub fn yesterday_now(&self) -> Timestamp {
        let passed = self.now.since(self.today_start());
        self.starts[DAYS - 2].plus(passed)
    }

    fn place_of(&self, at: Timestamp) -> Option<usize> {
        self.starts.partition_point(|start| *start <= at).checked_sub(1)
    }

    fn figure(&self, amounts: impl IntoIterator<Item = (Timestamp, i64)>) -> Figure {
        let mut figure = Figure { days: vec![0; DAYS], ..Figure::default() };
        let (yesterday, until) = (self.starts[DAYS - 2], self.yesterday_now());
        for (at, amount) in amounts {
            let Some(place) = self.place_of(at) else { continue };
            figure.days[place] += amount;
            if at >= yesterday && at < until {
                figure.yesterday_so_far += amount;
            }
        }
        figure.today = figure.days[DAYS - 1];
        figure
    }

    /// From counts of `(day, step, value)`.
    pub fn visitors(&self, counts: &[(i64, i64, i64)]) -> Figure {
        let mut figure = Figure { days: vec![0; DAYS], ..Figure::default() };
        let step_now = step_of_day(self.now, self.today_start());
        for (day, step, value) in counts {
            let Some(place) = usize::try_from(day - self.first_day()).ok().filter(|place| *place < DAYS) else {
                continue;
            };
            figure.days[place] += value;
            if *day == self.today - 1 && *step <= step_now {
                figure.yesterday_so_far += value;
            }
        }
        figure.today = figure.days[DAYS - 1];
        figure
    }

    pub fn orders(&self, sums: &[OrderSum]) -> Figure {
        self.figure(sums.iter().map(|sum| (sum.at, sum.orders)))
    }

    /// Net of refunds, in the shop's currency.
    pub fn revenue(&self, sums: &[OrderSum], currency: Currency) -> Figure {
        let own = sums.iter().filter(|sum| sum.currency == currency);
        self.figure(own.map(|sum| (sum.at, sum.net_minor)))
    }

    /// People by the day of their first order; `count` counts those of a span of time.
    pub fn new_customers<E>(&self, mut count: impl FnMut(Timestamp, Timestamp) -> Result<i64, E>) -> Result<Figure, E> {
        let ends = self.starts[1..].iter().copied().chain([Timestamp::MAX]);
        let days =
            self.starts.iter().zip(ends).map(|(start, end)| count(*start, end)).collect::<Result<Vec<_>, E>>()?;
        let yesterday_so_far = count(self.starts[DAYS - 2], self.yesterday_now())?;
        Ok(Figure { today: days[DAYS - 1], yesterday_so_far, days })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::tz::TimeZone;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_763_817_600_000);
    const HOUR_MS: i64 = 3_600_000;

    fn shop() -> Shop {
        Shop {
            name: "Test".to_owned(),
            currency: Currency::EUR,
            country: "FR".to_owned(),
            time_zone: TimeZone::get("Europe/Paris").unwrap(),
        }
    }

    fn hours_ago(hours: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() - hours * HOUR_MS)
    }

    fn sum(hours: i64, net_minor: i64) -> OrderSum {
        OrderSum { at: hours_ago(hours), currency: Currency::EUR, orders: 1, net_minor }
    }

    #[test]
    fn yesterday_counts_up_to_the_same_time_of_day() {
        // It is 14:20 in Paris: 25 hours ago is yesterday 13:20, 23 hours ago yesterday 15:20.
        let calendar = Calendar::of(&shop(), NOW);
        let figure = calendar.revenue(&[sum(25, 1_000), sum(23, 500), sum(1, 70)], Currency::EUR);
        assert_eq!((figure.today, figure.yesterday_so_far), (70, 1_000));
        assert_eq!(figure.days[DAYS - 2..], [1_500, 70]);
    }

    #[test]
    fn steps_of_visitors_are_compared_up_to_the_present_one() {
        let calendar = Calendar::of(&shop(), NOW);
        let today = calendar.today;
        let figure = calendar.visitors(&[(today - 1, 86, 5), (today - 1, 87, 7), (today, 3, 2), (today - 60, 0, 9)]);
        assert_eq!((figure.today, figure.yesterday_so_far, figure.days[DAYS - 2]), (2, 5, 12));
    }

    #[test]
    fn a_customer_is_new_on_the_day_of_his_first_order() {
        let calendar = Calendar::of(&shop(), NOW);
        let firsts = [hours_ago(1), hours_ago(23), hours_ago(25), hours_ago(24 * 60)];
        let count = |from: Timestamp, until: Timestamp| {
            Ok::<_, ()>(firsts.iter().filter(|at| **at >= from && **at < until).count() as i64)
        };
        let figure = calendar.new_customers(count).unwrap();
        assert_eq!((figure.today, figure.yesterday_so_far, figure.days[DAYS - 2]), (1, 1, 2));
        assert_eq!(figure.days.iter().sum::<i64>(), 3);
    }
}
