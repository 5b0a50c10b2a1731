//! What a person does with the shop over the window: the visits in their order, before any of them is told in events.

use super::order::number_of;
use super::people::{Account, Kind, Person};
use super::random::Random;
use super::rhythm::{DAY_MS, HOUR_MS, MINUTE_MS, Window};

/// One visit to the shop, or one thing that happens there to a person who is elsewhere (a refund, a purchase at the
/// till).
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    pub number: u64,
    pub start_ms: i64,
    pub purpose: Purpose,
    /// 0 and 1 are the person's own devices, 2 is somebody else's.
    pub device: usize,
    pub standing: Standing,
    pub face: Face,
}

/// Why a person comes; orders go by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Glance,
    Browse,
    Search,
    FillCart,
    LeaveCheckout,
    SignUp,
    JoinNewsletter,
    LeaveNewsletter,
    Buy(u64),
    BuyInStore(u64),
    Refund(u64),
    Cancel(u64),
    Crawl,
}

/// Whether the shop knows who is in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Unknown,
    /// Says who it is in this visit.
    Introduces,
    Known,
}

/// As whom a person introduces herself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Own,
    /// Orders as a guest with her address in other letters ("Ana@Example.com"): one person, if emails are folded.
    OtherLetters,
    /// Opens a second account with the address of the first: two user ids that must not merge silently.
    SecondAccount,
}

/// The person's visits in time order. Visits may begin after now by minutes: whoever tells them leaves that out.
pub fn diary_of(seed: u64, person: &Person, window: Window) -> Vec<Visit> {
    let mut draft =
        Draft { person, window, random: Random::of(&[seed, person.index, DIARY_STREAM]), entries: Vec::new() };
    draft.live();
    draft.settle()
}

/// No visit lasts longer, so visits that begin so far apart never overlap.
pub const LONGEST_VISIT_MS: i64 = 45 * MINUTE_MS;

const DIARY_STREAM: u64 = 3;

/// More would need more room in the numbers of `number_of`.
const MOST_ORDERS: i64 = 48;

struct Draft<'a> {
    person: &'a Person,
    window: Window,
    random: Random,
    entries: Vec<(i64, Purpose, Face)>,
}

impl Draft<'_> {
    fn live(&mut self) {
        let (start, now) = (self.window.from_ms, self.window.now_ms);
        match self.person.kind {
            Kind::Vip => self.repeat_customer(8, 5.0, (start, now)),
            Kind::Regular => self.repeat_customer(2, 1.6, (start, now)),
            Kind::OneTime => self.customer(1, (start, now), 1.4),
            Kind::Dormant => self.repeat_customer(1, 1.0, (start, self.window.ago(200.0))),
            Kind::AtRisk => self.repeat_customer(2, 1.6, (start, self.window.ago(75.0))),
            Kind::CartDropper => self.cart_dropper(start, now),
            Kind::Prospect => self.prospect(start, now),
            Kind::Subscriber => self.subscriber(start, now),
            Kind::Anonymous => self.stranger(start, now),
            Kind::Crawler => self.visits(8, &[(1, Purpose::Crawl)], start, now),
        }
    }

    fn repeat_customer(&mut self, least_orders: i64, mean_extra: f64, span: (i64, i64)) {
        let orders = least_orders + self.random.wait(mean_extra) as i64;
        self.customer(orders, span, 0.7);
    }

    /// Orders within a span, `browsing` other visits for each of them, and what may follow an order.
    fn customer(&mut self, orders: i64, (from_ms, to_ms): (i64, i64), browsing: f64) {
        let orders = orders.min(MOST_ORDERS);
        let mut instants: Vec<i64> =
            (0..orders).map(|_| self.window.busy_instant(&mut self.random, from_ms, to_ms)).collect();
        instants.sort_unstable();
        for (ordinal, instant_ms) in instants.iter().enumerate() {
            self.order(ordinal as u64, *instant_ms, from_ms, browsing);
        }
        self.oddities(instants.first().copied(), to_ms);
    }

    fn order(&mut self, ordinal: u64, instant_ms: i64, from_ms: i64, browsing: f64) {
        let number = number_of(self.person.index, ordinal);
        let is_at_the_till = ordinal > 0 && self.person.card.is_some() && self.random.chance(0.25);
        let face = if ordinal > 0 && self.random.chance(0.012) { Face::OtherLetters } else { Face::Own };
        let purpose = if is_at_the_till { Purpose::BuyInStore(number) } else { Purpose::Buy(number) };
        self.entries.push((instant_ms, purpose, face));
        if self.random.chance(0.02) {
            let hours = self.random.between(2..=20);
            self.entries.push((instant_ms + hours * HOUR_MS, Purpose::Cancel(number), Face::Own));
        } else if self.random.chance(0.055) {
            let days = self.random.between(3..=20);
            self.entries.push((instant_ms + days * DAY_MS, Purpose::Refund(number), Face::Own));
        }
        let before_ms = (instant_ms - 6 * DAY_MS).max(from_ms);
        let visits_before = self.around(browsing);
        self.visits(visits_before, &SHOPPING, before_ms, instant_ms);
    }

    /// The rare things that keep an identity graph honest.
    fn oddities(&mut self, first_order_ms: Option<i64>, to_ms: i64) {
        let Some(first_ms) = first_order_ms.filter(|_| self.person.account == Account::Member) else { return };
        if self.random.chance(0.006) {
            let instant_ms = self.window.busy_instant(&mut self.random, first_ms + DAY_MS, to_ms);
            self.entries.push((instant_ms, Purpose::SignUp, Face::SecondAccount));
        }
        if self.person.wants_news && self.random.chance(0.04) {
            let instant_ms = self.window.busy_instant(&mut self.random, first_ms + DAY_MS, to_ms);
            self.entries.push((instant_ms, Purpose::LeaveNewsletter, Face::Own));
        }
    }

    fn cart_dropper(&mut self, start: i64, now: i64) {
        let recently = self.window.ago(4.0);
        if self.random.chance(0.45) {
            self.customer(1, (start, self.window.ago(20.0)), 0.7);
        } else if self.random.chance(0.6) {
            self.visits(1, &[(1, Purpose::SignUp)], start, recently);
        }
        self.visits(1, &SHOPPING, start, recently);
        self.visits(1, &[(3, Purpose::FillCart), (2, Purpose::LeaveCheckout)], recently, now);
    }

    fn prospect(&mut self, start: i64, now: i64) {
        let signed_up_ms = self.window.busy_instant(&mut self.random, start, now);
        self.entries.push((signed_up_ms, Purpose::SignUp, Face::Own));
        let earlier = self.around(0.6);
        self.visits(earlier, &LOOKING, (signed_up_ms - 10 * DAY_MS).max(start), signed_up_ms);
        let later = self.around(1.6);
        self.visits(later, &SHOPPING, signed_up_ms, now);
    }

    fn subscriber(&mut self, start: i64, now: i64) {
        let joined_ms = self.window.busy_instant(&mut self.random, start, now);
        self.entries.push((joined_ms, Purpose::JoinNewsletter, Face::Own));
        let later = self.around(1.0);
        self.visits(later, &LOOKING, joined_ms, now);
    }

    fn stranger(&mut self, start: i64, now: i64) {
        let first_ms = self.window.busy_instant(&mut self.random, start, now);
        let again = self.around(0.5);
        self.visits(1, &LOOKING, first_ms, first_ms);
        self.visits(again, &SHOPPING, first_ms, (first_ms + 30 * DAY_MS).min(now));
    }

    fn visits(&mut self, count: i64, purposes: &[(u32, Purpose)], from_ms: i64, to_ms: i64) {
        for _ in 0..count {
            let instant_ms = self.window.busy_instant(&mut self.random, from_ms, to_ms);
            let purpose = *self.random.weighted(purposes);
            self.entries.push((instant_ms, purpose, Face::Own));
        }
    }

    /// A count of the given mean, heavier to the right; never above eight.
    fn around(&mut self, mean: f64) -> i64 {
        ((self.random.wait(mean) + 0.5) as i64).min(8)
    }

    /// Sorts the entries, draws visits apart that would overlap, and follows who is known on which device.
    fn settle(mut self) -> Vec<Visit> {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by_key(|(instant_ms, ..)| *instant_ms);
        let mut memory = Memory::default();
        let mut free_from_ms = i64::MIN;
        let mut visits = Vec::with_capacity(entries.len());
        for (number, (instant_ms, purpose, face)) in entries.into_iter().enumerate() {
            let start_ms = instant_ms.max(free_from_ms);
            free_from_ms = start_ms + LONGEST_VISIT_MS;
            let device = self.device_for(purpose, face, number);
            let standing = memory.meet(self.person, purpose, device, &mut self.random);
            visits.push(Visit { number: number as u64, start_ms, purpose, device, standing, face });
        }
        visits
    }

    fn device_for(&mut self, purpose: Purpose, face: Face, number: usize) -> usize {
        let may_use_second = number > 0 && self.person.account == Account::Member && self.person.devices[1].is_some();
        match (face, purpose) {
            (Face::OtherLetters | Face::SecondAccount, _) => 2,
            (Face::Own, Purpose::LeaveNewsletter) => 0,
            (Face::Own, _) => usize::from(may_use_second && self.random.chance(0.35)),
        }
    }
}

const LOOKING: [(u32, Purpose); 4] =
    [(45, Purpose::Glance), (35, Purpose::Browse), (15, Purpose::Search), (5, Purpose::FillCart)];
const SHOPPING: [(u32, Purpose); 5] = [
    (25, Purpose::Glance),
    (42, Purpose::Browse),
    (17, Purpose::Search),
    (12, Purpose::FillCart),
    (4, Purpose::LeaveCheckout),
];

/// What the shop's cookies know so far.
#[derive(Default)]
struct Memory {
    is_known_on: [bool; 3],
    has_account: bool,
}

impl Memory {
    fn meet(&mut self, person: &Person, purpose: Purpose, device: usize, random: &mut Random) -> Standing {
        let gives_name = match purpose {
            Purpose::SignUp | Purpose::JoinNewsletter | Purpose::Buy(_) => true,
            Purpose::BuyInStore(_) | Purpose::Refund(_) | Purpose::Cancel(_) => return Standing::Known,
            Purpose::Crawl | Purpose::Glance | Purpose::LeaveNewsletter => false,
            _ => self.has_account && person.account == Account::Member && random.chance(0.6),
        };
        if self.is_known_on[device] {
            return Standing::Known;
        }
        if !gives_name {
            return Standing::Unknown;
        }
        self.is_known_on[device] = true;
        self.has_account = true;
        Standing::Introduces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use words::Timestamp;

    #[test]
    fn visits_of_one_person_never_overlap_and_after_sales_follow_their_order() {
        let window = Window::ending_at(Timestamp::from_millis(1_780_000_000_000), 365);
        for index in 0..5_000 {
            let person = Person::of(5, index);
            let diary = diary_of(5, &person, window);
            assert!(diary.windows(2).all(|pair| pair[1].start_ms - pair[0].start_ms >= LONGEST_VISIT_MS));
            assert!(diary.first().is_none_or(|visit| visit.start_ms >= window.from_ms));
            for (place, visit) in diary.iter().enumerate() {
                if let Purpose::Refund(number) | Purpose::Cancel(number) = visit.purpose {
                    let bought = |earlier: &Visit| {
                        [Purpose::Buy(number), Purpose::BuyInStore(number)].contains(&earlier.purpose)
                    };
                    assert_eq!(diary[..place].iter().filter(|earlier| bought(earlier)).count(), 1);
                }
            }
        }
    }
}
