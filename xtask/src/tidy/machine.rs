//! Nothing below `server` asks the machine for the time or for chance: both are handed in.

use super::source::{Named, Source, starts_with_path};
use super::{Finding, House};
use crate::rules::{CHANCE, MACHINE_CALLS, SEEDED};

pub fn check(house: &House) -> Vec<Finding> {
    let below = house.sources.iter().filter(|source| source.is_below_server());
    below.flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let asks = |named: &Named| {
        let is_call = MACHINE_CALLS.iter().any(|call| ends_with_path(&named.path, call));
        let is_seeded = SEEDED.iter().any(|seeded| starts_with_path(&named.path, seeded));
        let is_chance = !is_seeded && named.path.split("::").any(|word| CHANCE.contains(&word));
        let remedy = "take `now: Timestamp` or `chance: &Chance` as a parameter; `server` hands it in";
        (is_call || is_chance)
            .then(|| Finding::new(&source.path, named.line, format!("`{}` asks the machine", named.path), remedy))
    };
    source.names().iter().filter_map(asks).collect()
}

fn ends_with_path(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        places(&check(&House::of(&[(path, text)]))).len()
    }

    #[test]
    fn no_clock_and_no_chance_below_the_server() {
        for text in [
            "fn f() { std::time::SystemTime::now(); }",
            "fn f() { Instant::now(); }",
            "fn f() { jiff::Zoned::now(); }",
            "fn f() { Uuid::now_v7(); }",
            "use rand::Rng;",
            "use argon2::password_hash::rand_core::OsRng;",
            "fn f() { getrandom::fill(b); }",
            "fn f() { fastrand::u64(..); }",
            "fn f() { fastrand::Rng::new(); }",
        ] {
            assert_eq!(found("crates/crm/src/profiles/merge.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn the_server_the_tests_and_the_tools_may_ask() {
        let text = "fn f() { std::time::Instant::now(); }";
        for path in
            ["crates/server/src/main.rs", "crates/testkit/src/lib.rs", "xtask/src/main.rs", "crates/crm/build.rs"]
        {
            assert_eq!(found(path, text), 0, "{path}");
        }
        assert_eq!(found("crates/db/src/lib.rs", "#[cfg(test)] mod tests { fn f() { Instant::now(); } }"), 0);
    }

    #[test]
    fn a_seed_that_was_handed_in_is_fine() {
        assert_eq!(found("crates/crm/src/demo/random.rs", "fn f(seed: u64) { fastrand::Rng::with_seed(seed); }"), 0);
    }

    #[test]
    fn a_time_that_was_handed_in_is_fine() {
        assert_eq!(
            found("crates/engine/src/window.rs", "fn f(now: Timestamp) { Timestamp::from_millis(1); app.now(); }"),
            0
        );
    }
}
