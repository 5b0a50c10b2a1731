//! The shop's present: visitors come, move and leave, so that the screens are alive.

use super::diary::{Face, LONGEST_VISIT_MS, Purpose, Standing, Visit};
use super::journey::events_of;
use super::order::live_number;
use super::people::{Kind, Person};
use super::random::{Random, mix};
use super::rhythm::HOUR_MS;
use super::timeline::Timeline;
use super::{DemoEvent, Shop};
use words::Timestamp;

/// Visitors of one run; the same shop, seed, start and rate give the same events.
#[derive(Debug, Clone)]
pub struct LiveVisitors {
    shop: Shop,
    seed: u64,
    random: Random,
    under_way: Timeline,
    /// Everything up to here has been told.
    told_until_ms: i64,
    next_arrival_ms: i64,
    mean_gap_ms: f64,
    arrivals: u64,
    newcomers: u64,
    orders: u64,
}

impl LiveVisitors {
    /// Visitors from `from` on, `rate` events a second on average. The first ones are in the shop already.
    pub(super) fn new(shop: Shop, seed: u64, from: Timestamp, rate: f64) -> Self {
        let from_ms = from.as_millis();
        let mut live = Self {
            shop,
            seed,
            random: Random::of(&[seed, LIVE_STREAM]),
            under_way: Timeline::default(),
            told_until_ms: from_ms,
            next_arrival_ms: from_ms - LONGEST_VISIT_MS,
            mean_gap_ms: 0.0,
            arrivals: 0,
            newcomers: 0,
            orders: 0,
        };
        live.mean_gap_ms = 1_000.0 * live.mean_events_a_visit() / rate.max(LOWEST_RATE);
        live
    }

    /// What has happened since the last step, up to `now`, in time order. After a sleep of hours only the last one is
    /// told.
    pub fn step(&mut self, now: Timestamp) -> Vec<DemoEvent> {
        let now_ms = now.as_millis();
        self.next_arrival_ms = self.next_arrival_ms.max(now_ms - LONGEST_CATCH_UP_MS);
        while self.next_arrival_ms <= now_ms {
            let (person, visit) = self.arrive(self.next_arrival_ms);
            let mut events = events_of(&self.shop, self.run(), &person, &visit);
            events.retain(|event| event.at.as_millis() > self.told_until_ms);
            self.under_way.add(person.index, visit.number, events);
            self.next_arrival_ms += self.random.wait(self.mean_gap_ms) as i64 + 1;
        }
        self.told_until_ms = self.told_until_ms.max(now_ms);
        std::iter::from_fn(|| self.under_way.next_until(now_ms)).collect()
    }

    fn arrive(&mut self, start_ms: i64) -> (Person, Visit) {
        self.arrivals += 1;
        let person = self.visitor();
        let is_newcomer = person.index >= self.shop.profiles;
        let purpose = if person.kind == Kind::Crawler { Purpose::Crawl } else { self.purpose() };
        let gives_name = matches!(purpose, Purpose::Buy(_) | Purpose::SignUp | Purpose::JoinNewsletter);
        let standing = match person.kind {
            Kind::Anonymous | Kind::Crawler if !gives_name => Standing::Unknown,
            Kind::Anonymous => Standing::Introduces,
            _ if !is_newcomer => Standing::Known,
            _ if gives_name => Standing::Introduces,
            _ => Standing::Unknown,
        };
        (person, Visit { number: self.arrivals, start_ms, purpose, device: 0, standing, face: Face::Own })
    }

    /// Half of the visitors have been here before; newcomers stand in line behind them.
    fn visitor(&mut self) -> Person {
        if self.random.chance(0.02) {
            return Person::crawler(self.shop.seed, 0);
        }
        if self.shop.profiles > 0 && self.random.chance(0.5) {
            return Person::of(self.shop.seed, self.random.below(self.shop.profiles));
        }
        self.newcomers += 1;
        Person::of(self.shop.seed, self.shop.profiles + self.newcomers)
    }

    fn purpose(&mut self) -> Purpose {
        let purpose = *self.random.weighted(&PURPOSES);
        if purpose == Purpose::Buy(0) {
            self.orders += 1;
            return Purpose::Buy(live_number(self.seed, self.orders));
        }
        purpose
    }

    fn run(&self) -> u64 {
        mix(&[self.shop.seed, self.seed, LIVE_STREAM])
    }

    fn mean_events_a_visit(&self) -> f64 {
        let mut rehearsal = self.clone();
        let told: usize = (0..REHEARSED_VISITS)
            .map(|_| {
                let (person, visit) = rehearsal.arrive(0);
                events_of(&self.shop, self.run(), &person, &visit).len()
            })
            .sum();
        told as f64 / f64::from(REHEARSED_VISITS)
    }
}

const LIVE_STREAM: u64 = 7;
const REHEARSED_VISITS: u32 = 300;

/// One event in a quarter of an hour: below, the shop would look closed.
const LOWEST_RATE: f64 = 0.001;

/// A laptop that slept all night must not be flooded when it wakes.
const LONGEST_CATCH_UP_MS: i64 = HOUR_MS;

const PURPOSES: [(u32, Purpose); 8] = [
    (24, Purpose::Glance),
    (36, Purpose::Browse),
    (13, Purpose::Search),
    (10, Purpose::FillCart),
    (4, Purpose::LeaveCheckout),
    (8, Purpose::Buy(0)),
    (3, Purpose::SignUp),
    (2, Purpose::JoinNewsletter),
];

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Timestamp = Timestamp::from_millis(1_780_000_000_000);

    fn told(seed: u64, rate: f64, seconds: i64) -> Vec<DemoEvent> {
        let mut live = Shop::new(11, 500).live(seed, FROM, rate);
        (1..=seconds).flat_map(|second| live.step(Timestamp::from_millis(FROM.as_millis() + second * 1_000))).collect()
    }

    #[test]
    fn events_come_in_time_order_after_the_start_and_about_at_the_rate() {
        for rate in [1.0, 5.0] {
            let events = told(3, rate, 1_800);
            assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at));
            assert!(events.iter().all(|event| event.at > FROM));
            let achieved = events.len() as f64 / 1_800.0;
            assert!((0.8 * rate..1.2 * rate).contains(&achieved), "{achieved} for {rate}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_visitors_whatever_the_steps() {
        let mut live = Shop::new(11, 500).live(3, FROM, 2.0);
        let at_once = live.step(Timestamp::from_millis(FROM.as_millis() + 300_000));
        assert_eq!(told(3, 2.0, 300), at_once);
        assert_ne!(told(4, 2.0, 300), at_once);
    }

    #[test]
    fn a_long_sleep_is_not_made_up_for() {
        let mut live = Shop::new(11, 500).live(3, FROM, 1.0);
        let events = live.step(Timestamp::from_millis(FROM.as_millis() + 24 * HOUR_MS));
        assert!(events.len() < 2 * 3_600, "{}", events.len());
    }
}
