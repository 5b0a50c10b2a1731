//! The brake on guessing passwords: growing delays, and never a lock-out that a stranger can keep shut.
//!
//! Each try is paid for before the password is looked at, in three places: the account as tried from one network, the
//! network, and the account from everywhere. A stranger who hammers an account meets the first; his second network
//! meets the third, at most 20 tries an hour in all. Networks from which the account signed in before do not pay the
//! third, so the owner gets in while the world guesses. Success gives the try back.

use std::fmt::Display;

use db::{DbError, Tx};
use words::{EmailAddress, Span, Timestamp, UserId};

use super::client_address::ClientAddress;
use super::secrets::digest;
use super::store;

/// How many tries were paid for lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tries {
    pub count: i64,
    pub last_at: Timestamp,
}

/// Somebody at the door: an account (which need not exist) and a network.
#[derive(Clone)]
pub(super) struct Attempt {
    account_here: String,
    network: String,
    account: String,
    trusted: String,
}

impl Attempt {
    /// Addresses that are none (typing errors) are counted like others, so that the answer tells nothing.
    pub fn new(email: &str, address: ClientAddress) -> Self {
        let account = short_digest(&normal(email));
        let network = address.network();
        Self {
            account_here: format!("account {account} from {network}"),
            network: format!("network {network}"),
            trusted: format!("trusted {account} from {network}"),
            account: format!("account {account}"),
        }
    }

    /// Pays for one try, or says how long to wait.
    pub fn pay(&self, tx: &mut Tx, now: Timestamp) -> Result<Payment, DbError> {
        one_after_the_other(tx)?;
        let is_trusted = store::tries(tx, &self.trusted, now)?.is_some();
        let mut rules = vec![(&self.account_here, ACCOUNT_HERE), (&self.network, NETWORK)];
        if !is_trusted {
            rules.push((&self.account, ACCOUNT));
        }
        let mut paid = Vec::with_capacity(rules.len());
        for (bucket, rule) in rules {
            let tries = store::tries(tx, bucket, now)?;
            let wait = rule.wait(tries, now);
            if wait > Span::ZERO {
                return Ok(Payment::Wait(wait));
            }
            paid.push((bucket, rule.after(tries, now), now.plus(rule.memory())));
        }
        for (bucket, tries, expires_at) in paid {
            store::put_tries(tx, bucket, tries, expires_at)?;
        }
        Ok(Payment::Paid)
    }

    /// The password was right: gives the try back and remembers the network.
    pub fn forgive(&self, tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
        one_after_the_other(tx)?;
        store::forget_tries(tx, &self.account_here)?;
        // A trusted network paid nothing into the account's bucket, and gets nothing out of it.
        let was_trusted = store::tries(tx, &self.trusted, now)?.is_some();
        let paid = if was_trusted { vec![&self.network] } else { vec![&self.network, &self.account] };
        for bucket in paid {
            give_back(tx, bucket, now)?;
        }
        store::put_tries(tx, &self.trusted, Tries { count: 0, last_at: now }, now.plus(TRUSTED_FOR))?;
        store::forget_old_tries(tx, now)
    }
}

fn normal(email: &str) -> String {
    EmailAddress::parse(email).map_or_else(|_| email.trim().to_owned(), |email| email.to_string())
}

/// Tries that come at once, to however many processes, each count: two that read the same number would pay once. Passwords
/// are compared outside of these transactions, so nobody waits long.
fn one_after_the_other(tx: &mut Tx) -> Result<(), DbError> {
    tx.lock_workspace(LOCK)
}

const LOCK: i64 = 0x000e_17e7_b4a8_e001;

/// Whether a try may go on.
pub(super) enum Payment {
    Paid,
    Wait(Span),
}

/// Pays for a try of a code of this user's second factor: five a minute at most. Who gets here knows the password.
pub(super) fn pay_for_code(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Payment, DbError> {
    pay_into(tx, &format!("code {user}"), CODE, now)
}

/// Pays for a try that names no account, with a passkey: a network is slowed as one that guesses passwords.
pub(super) fn pay_for_network(tx: &mut Tx, address: ClientAddress, now: Timestamp) -> Result<Payment, DbError> {
    pay_into(tx, &format!("network {}", address.network()), NETWORK, now)
}

/// The passkey was right: gives the try back.
pub(super) fn forgive_network(tx: &mut Tx, address: ClientAddress, now: Timestamp) -> Result<(), DbError> {
    give_back(tx, &format!("network {}", address.network()), now)?;
    store::forget_old_tries(tx, now)
}

/// Pays for asking for a new password from a network, which writes to somebody.
pub(super) fn pay_for_reset(tx: &mut Tx, address: ClientAddress, now: Timestamp) -> Result<Payment, DbError> {
    pay_into(tx, &format!("reset from {}", address.network()), NETWORK, now)
}

/// The same for the address that is written to, whoever asks; one that nobody has is counted like others.
pub(super) fn pay_for_reset_of(tx: &mut Tx, email: &str, now: Timestamp) -> Result<Payment, DbError> {
    pay_into(tx, &format!("reset {}", short_digest(&normal(email))), LETTERS, now)
}

fn pay_into(tx: &mut Tx, bucket: &str, rule: Rule, now: Timestamp) -> Result<Payment, DbError> {
    one_after_the_other(tx)?;
    let tries = store::tries(tx, bucket, now)?;
    let wait = rule.wait(tries, now);
    if wait > Span::ZERO {
        return Ok(Payment::Wait(wait));
    }
    store::put_tries(tx, bucket, rule.after(tries, now), now.plus(rule.memory()))?;
    Ok(Payment::Paid)
}

fn give_back(tx: &mut Tx, bucket: &str, now: Timestamp) -> Result<(), DbError> {
    let Some(tries) = store::tries(tx, bucket, now)? else { return Ok(()) };
    let count = (tries.count - 1).max(0);
    store::put_tries(tx, bucket, Tries { count, ..tries }, now.plus(Span::from_days(1)))
}

/// Pays for a way to the identity provider, which leaves a row behind for ten minutes.
pub(super) fn pay_for_departure(tx: &mut Tx, address: ClientAddress, now: Timestamp) -> Result<Payment, DbError> {
    pay_into(tx, &format!("departure from {}", address.network()), DEPARTURE, now)
}

/// Whether a refusal of this member or stranger is still worth a line in the trail: who hammers at a closed door fills no
/// disk.
pub(super) fn is_worth_a_line(tx: &mut Tx, who: &dyn Display, now: Timestamp) -> Result<bool, DbError> {
    let bucket = format!("denied {who}");
    let tries = store::tries(tx, &bucket, now)?;
    if DENIED.wait(tries, now) > Span::ZERO {
        return Ok(false);
    }
    store::put_tries(tx, &bucket, DENIED.after(tries, now), now.plus(DENIED.memory()))?;
    Ok(true)
}

/// A network that signed in is known for a season.
pub(super) const TRUSTED_FOR: Span = Span::from_days(90);

#[derive(Clone, Copy)]
enum Rule {
    /// So many tries at once, then a delay that doubles; all is forgotten after a quiet while.
    Growing { free: i64, first: Span, most: Span, forget: Span },
    /// So many tries at once, then one for each span that passes.
    Bucket { capacity: i64, refill: Span },
}

/// Five typing errors cost nothing; an hour of guessing buys about a dozen tries.
const ACCOUNT_HERE: Rule =
    Rule::Growing { free: 5, first: Span::from_minutes(1), most: Span::from_minutes(15), forget: Span::from_days(1) };

/// A network may be an office of thirty people on a Monday morning.
const NETWORK: Rule =
    Rule::Growing { free: 30, first: Span::from_secs(10), most: Span::from_minutes(5), forget: Span::from_hours(1) };

/// 8 at once and 12 an hour: at most 20 an hour, from however many networks.
const ACCOUNT: Rule = Rule::Bucket { capacity: 8, refill: Span::from_minutes(5) };

/// Far more than somebody denies himself who follows old links.
const DENIED: Rule = Rule::Bucket { capacity: 100, refill: Span::from_minutes(1) };

/// An office of two hundred people on a Monday morning, and one more every two seconds.
const DEPARTURE: Rule = Rule::Bucket { capacity: 200, refill: Span::from_secs(2) };

/// Three letters at once and one more every twenty minutes: nobody's inbox is filled from here.
const LETTERS: Rule = Rule::Bucket { capacity: 3, refill: Span::from_minutes(20) };

/// Five at once and one a minute: a guesser needs years for a code of six figures that lasts a minute and a half.
const CODE: Rule = Rule::Bucket { capacity: 5, refill: Span::from_minutes(1) };

impl Rule {
    /// How long to wait before the next try; zero when it may come now.
    fn wait(self, tries: Option<Tries>, now: Timestamp) -> Span {
        let Some(tries) = tries else { return Span::ZERO };
        let elapsed = now.since(tries.last_at);
        match self {
            Self::Growing { free, first, most, forget } => {
                if tries.count < free || elapsed >= forget {
                    return Span::ZERO;
                }
                let doublings = (tries.count - free).clamp(0, 20);
                let delay = Span::from_millis((first.as_millis() << doublings).min(most.as_millis()));
                delay.minus(elapsed)
            }
            Self::Bucket { capacity, refill } => {
                let refilled = elapsed.as_millis() / refill.as_millis();
                if tries.count - refilled < capacity {
                    return Span::ZERO;
                }
                let missing = tries.count - capacity + 1;
                Span::from_millis(missing * refill.as_millis()).minus(elapsed)
            }
        }
    }

    /// What is remembered after one more try.
    fn after(self, tries: Option<Tries>, now: Timestamp) -> Tries {
        let Some(tries) = tries else { return Tries { count: 1, last_at: now } };
        let elapsed = now.since(tries.last_at);
        match self {
            Self::Growing { forget, .. } if elapsed >= forget => Tries { count: 1, last_at: now },
            Self::Growing { .. } => Tries { count: tries.count + 1, last_at: now },
            Self::Bucket { refill, .. } => {
                let refilled = elapsed.as_millis() / refill.as_millis();
                let left = tries.count - refilled;
                if left <= 0 {
                    return Tries { count: 1, last_at: now };
                }
                // Keeps the part of a span that has passed since the last refill.
                let last_at = tries.last_at.plus(Span::from_millis(refilled * refill.as_millis()));
                Tries { count: left + 1, last_at }
            }
        }
    }

    /// After this long a bucket says nothing any more.
    fn memory(self) -> Span {
        match self {
            Self::Growing { forget, .. } => forget,
            Self::Bucket { .. } => Span::from_days(1),
        }
    }
}

/// Enough to tell accounts apart, and no address that a copy of the table would betray.
pub(super) fn short_digest(text: &str) -> String {
    digest(text)[..12].iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many tries get through when somebody tries each second for so long.
    fn tries_within(rule: Rule, span: Span) -> i64 {
        let mut tries = None;
        let mut count = 0;
        for second in 0..=span.as_millis() / 1000 {
            let now = Timestamp::from_millis(1_000_000_000_000 + second * 1000);
            if rule.wait(tries, now) == Span::ZERO {
                tries = Some(rule.after(tries, now));
                count += 1;
            }
        }
        count
    }

    #[test]
    fn an_account_is_tried_at_most_20_times_an_hour() {
        assert_eq!(tries_within(ACCOUNT, Span::from_hours(1)), 20);
        assert!(tries_within(ACCOUNT_HERE, Span::from_hours(1)) <= 13);
        assert!(tries_within(ACCOUNT_HERE, Span::from_days(1)) <= 110);
    }

    #[test]
    fn a_stranger_on_one_network_never_uses_up_what_the_account_has_for_others() {
        let (mut here, mut everywhere) = (None, None);
        for second in 0..86_400 {
            let now = Timestamp::from_millis(1_000_000_000_000 + second * 1000);
            if ACCOUNT_HERE.wait(here, now) == Span::ZERO && ACCOUNT.wait(everywhere, now) == Span::ZERO {
                here = Some(ACCOUNT_HERE.after(here, now));
                everywhere = Some(ACCOUNT.after(everywhere, now));
            }
            assert_eq!(ACCOUNT.wait(everywhere, now), Span::ZERO, "locked out after {second} s");
        }
    }

    #[test]
    fn delays_double_up_to_a_quarter_of_an_hour() {
        let at = Timestamp::from_millis(0);
        let wait = |count| ACCOUNT_HERE.wait(Some(Tries { count, last_at: at }), at);
        assert_eq!(wait(4), Span::ZERO);
        assert_eq!(wait(5), Span::from_minutes(1));
        assert_eq!(wait(6), Span::from_minutes(2));
        assert_eq!(wait(60), Span::from_minutes(15));
    }

    proptest! {
        #[test]
        fn who_waits_as_long_as_told_may_try(count in 0_i64..100, passed_ms in 0_i64..7_200_000) {
            for rule in [ACCOUNT_HERE, NETWORK, ACCOUNT] {
                let tries = Some(Tries { count, last_at: Timestamp::from_millis(0) });
                let now = Timestamp::from_millis(passed_ms);
                let wait = rule.wait(tries, now);
                prop_assert!(wait <= Span::from_days(1));
                prop_assert_eq!(rule.wait(tries, now.plus(wait)), Span::ZERO);
            }
        }
    }
}
