//! The simulation: random lives of shops, in memory and fast, by the same functions as the product's.
//!
//! A life is made of a number alone. It has visitors who turn out to be the same or not, calls that come late, twice and in
//! any order, orders of which several speak, merges and partings, segments that are defined in the middle and built in
//! steps, and a clock that jumps. After every step the laws are checked against the naive oracle.
//!
//! `SIMULATION_SEEDS=1000000` lives longer; `SIMULATION_SEED=4711` lives one life again, which is what a failure prints.
// The oracle is shared with the tables of the other tests, which read better without a `&` before every value.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod laws;
#[path = "../engine/oracle.rs"]
mod oracle;
mod random;
mod script;
mod shop;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use random::Random;
use shop::Shop;

/// Lives of one run of the tests.
const SEEDS: u64 = 10_000;
/// What happens in one life.
const STEPS: usize = 40;

fn live(seed: u64) {
    let mut random = Random::new(seed);
    let mut shop = Shop::open(script::conditions(&mut random));
    for _ in 0..STEPS {
        shop.step(script::step(&mut random, &shop));
        shop.check();
    }
    // Long enough for every window to close.
    for days in [1, 90, 100, 200] {
        shop.step(script::Step::Wait { millis: days * 86_400_000 });
        shop.check();
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn the_laws_hold_in_every_life_of_a_shop() {
    if let Some(seed) = number("SIMULATION_SEED") {
        return live(seed);
    }
    let (seeds, next) = (number("SIMULATION_SEEDS").unwrap_or(SEEDS), AtomicU64::new(1));
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > seeds {
                        return;
                    }
                    let lived = catch_unwind(AssertUnwindSafe(|| live(seed)));
                    assert!(lived.is_ok(), "a law is broken: SIMULATION_SEED={seed} lives it again");
                }
            });
        }
    });
}
