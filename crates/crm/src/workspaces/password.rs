//! Passwords: which are good enough, and how they are kept (argon2id, RFC 9106; OWASP's parameters).
//!
//! A password is compared as it was typed: nothing is cut, trimmed or folded. Hashing takes 46 MiB and some 50 ms, so
//! it runs on blocking threads, two at a time: a crowd at the door costs time, not memory.

use std::collections::HashSet;
use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;
use tokio::sync::Semaphore;
use words::fold;

use crate::kernel::{Chance, random_bytes};

/// Why a password is not taken. There are no rules of composition: length and surprise are what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    #[error("choose a password of at least 12 characters")]
    TooShort,
    #[error("choose a password of at most 128 characters")]
    TooLong,
    #[error("this password is among the first that guessers try; choose another")]
    Common,
    #[error("this password is made of the names of the shop, of the person or of Entente; choose another")]
    MadeOfNames,
}

/// The machine could not hash: it is out of memory, or shutting down.
#[derive(Debug, Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, but hashed with weaker parameters than today's: hash it again.
    RightButWeak,
}

const MIN_CHARS: usize = 12;
/// Long enough for any passphrase; a bound on what one request may make the machine hash.
const MAX_CHARS: usize = 128;

/// Whether a password may be used by somebody with these names (shop, person, address).
///
/// # Errors
/// [`PasswordError`], which says what to do.
pub(super) fn check_password(password: &str, names: &[&str]) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < MIN_CHARS {
        return Err(PasswordError::TooShort);
    }
    if length > MAX_CHARS {
        return Err(PasswordError::TooLong);
    }
    let folded = fold(password);
    if is_common(&folded) || is_repetition(&folded) || is_walk(&folded) {
        return Err(PasswordError::Common);
    }
    if is_made_of_names(&folded, names) {
        return Err(PasswordError::MadeOfNames);
    }
    Ok(())
}

/// The PHC string of a password under today's parameters.
pub(super) async fn hash_password(chance: &Chance, password: String) -> Result<String, HashError> {
    let salt = SaltString::encode_b64(&random_bytes::<16>(chance)).map_err(|error| HashError(error.to_string()))?;
    on_a_hashing_thread(move || {
        let hash = hasher().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
    })
    .await?
}

/// Compares a password with the stored hash; with none, takes as long as with one.
pub(super) async fn compare_password(password: String, stored: Option<String>) -> Result<Verdict, HashError> {
    on_a_hashing_thread(move || {
        let Some(stored) = stored else {
            // Somebody unknown must wait as long as somebody known.
            let _ = verdict(&password, NOBODYS_HASH);
            return Verdict::Wrong;
        };
        verdict(&password, &stored)
    })
    .await
}

const MEMORY_KIB: u32 = 47_104;
const PASSES: u32 = 1;
const LANES: u32 = 1;

/// Two hashes take 92 MiB; more at once would only make each slower on a small machine.
static HASHING: Semaphore = Semaphore::const_new(2);

/// A hash of today's parameters that no password has: its 32 bytes were not computed from one.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=47104,t=1,p=1$bm9ib2R5bm9ib2R5bm9ib2Q$\
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hasher() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("47104 KiB, 1 pass and 1 lane are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

async fn on_a_hashing_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
    let permit = HASHING.acquire().await.map_err(|error| HashError(error.to_string()))?;
    let done = tokio::task::spawn_blocking(move || {
        // Held by the thread, not by the caller: a client that goes away does not free memory still in use.
        let _permit = permit;
        work()
    });
    done.await.map_err(|error| HashError(error.to_string()))
}

fn verdict(password: &str, stored: &str) -> Verdict {
    let Ok(hash) = PasswordHash::new(stored) else {
        tracing::error!("a stored password hash cannot be read; make a new password with `entente admin create`");
        return Verdict::Wrong;
    };
    if Argon2::default().verify_password(password.as_bytes(), &hash).is_err() {
        return Verdict::Wrong;
    }
    if is_weaker(&hash) { Verdict::RightButWeak } else { Verdict::Right }
}

fn is_weaker(hash: &PasswordHash<'_>) -> bool {
    if hash.algorithm != Algorithm::Argon2id.ident() {
        return true;
    }
    Params::try_from(hash).map_or(true, |params| params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES)
}

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with("# ")).collect());

/// On the list as it is, or with figures and signs around it ("password2024!").
fn is_common(password: &str) -> bool {
    let core = password.trim_matches(|letter: char| letter.is_ascii() && !letter.is_ascii_alphabetic());
    // Random figures and signs of this length are good; with three letters among them they are seldom random.
    let is_figures = core.chars().count() < 4 && password.chars().count() < 20;
    is_figures || COMMON.contains(password) || COMMON.contains(core)
}

/// Something short or common, again and again: "abcabcabcabc", "passwordpassword".
fn is_repetition(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    (1..=letters.len() / 2).any(|period| {
        let repeats = letters.iter().skip(period).zip(&letters).all(|(later, earlier)| later == earlier);
        let unit: String = letters[..period].iter().collect();
        repeats && (period < 8 || COMMON.contains(unit.as_str()))
    })
}

/// Rows of keyboards and the alphabet, along which fingers walk.
const WALKS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "&é\"'(-è_çà)=",
];

/// Mostly steps to the neighbour or none at all: "azertyuiopqs", "abcdefgh1234".
fn is_walk(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    let steps = letters.windows(2).filter(|pair| is_step(pair[0], pair[1])).count();
    steps * 5 >= (letters.len() - 1) * 4
}

fn is_step(from: char, to: char) -> bool {
    from == to
        || WALKS.iter().any(|walk| {
            let is_next = |pair: (char, char)| pair == (from, to) || pair == (to, from);
            walk.chars().zip(walk.chars().skip(1)).any(is_next)
        })
}

/// Without the names that a guesser knows, too little is left.
fn is_made_of_names(password: &str, names: &[&str]) -> bool {
    let mut words: Vec<String> = names
        .iter()
        .flat_map(|name| {
            fold(name).split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word.chars().count() >= 3)
        .collect();
    words.push("entente".to_owned());
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(password.to_owned(), |rest, word| rest.replace(word.as_str(), ""));
    rest.len() < password.len() && rest.chars().filter(|letter| letter.is_alphanumeric()).count() < 8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const NAMES: [&str; 2] = ["L’Atelier de Rose", "ana.martin@example.com"];

    fn check(password: &str, expected: Result<(), PasswordError>) {
        assert_eq!(check_password(password, &NAMES), expected, "{password:?}");
    }

    #[test]
    fn length_is_counted_in_characters_and_nothing_is_cut() {
        check("short-pass1", Err(PasswordError::TooShort));
        check("grün·Tür·Öl9", Ok(()));
        check("🦊🐢🌲🍋🎈🚲🧊🪁🥕🎻🦉🌵", Ok(()));
        check(&"kettle moss violin ".repeat(6)[..64], Ok(()));
        check(&format!("{}{}", "brass lantern over the quiet harbour at noon ", "x7 ".repeat(9)), Ok(()));
        check("nul \0 inside is fine", Ok(()));
        check(&"correct staple ".repeat(9)[..129], Err(PasswordError::TooLong));
    }

    #[test]
    fn what_guessers_try_first_is_refused() {
        for password in [
            "password1234",
            "Motdepasse2024!",
            "azertyuiop12",
            "qwertyqwerty",
            "123456789012",
            "abcabcabcabc",
            "passwordpassword",
            "aaaaaaaaaaaa",
            "abcdefghijkl",
            "!!iloveyou!!!!",
            "1q2w3e4r5t6y",
            "------------",
        ] {
            check(password, Err(PasswordError::Common));
        }
    }

    #[test]
    fn names_that_everybody_knows_do_not_make_a_password() {
        for password in ["Entente2026!", "atelier-rose-26", "ana.martin.2026", "entente entente"] {
            let refused = check_password(password, &NAMES).unwrap_err();
            assert!(matches!(refused, PasswordError::MadeOfNames | PasswordError::Common), "{password}");
        }
        check("the roses of martinique in may", Ok(()));
    }

    #[test]
    fn unusual_passwords_are_taken_whatever_they_are_made_of() {
        for password in
            ["lampe bleue sous la pluie", "7391846250173946285017", "Kz9#wq!Tb2@x", "seule la minuscule compte"]
        {
            check(password, Ok(()));
        }
    }

    fn chance() -> Chance {
        Arc::new(|bytes: &mut [u8]| bytes.fill(7))
    }

    #[tokio::test]
    async fn a_password_is_stored_as_argon2id_with_at_least_the_parameters_of_owasp() {
        let stored = hash_password(&chance(), "brass lantern at noon".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{stored}");
        let compare = |password: &str| compare_password(password.to_owned(), Some(stored.clone()));
        assert_eq!(compare("brass lantern at noon").await.unwrap(), Verdict::Right);
        assert_eq!(compare("brass lantern at noon ").await.unwrap(), Verdict::Wrong);
        assert_eq!(compare("Brass lantern at noon").await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_hundred_at_the_door_are_hashed_two_at_a_time() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let crowd: Vec<_> = (0..200)
            .map(|_| {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(on_a_hashing_thread(move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                }))
            })
            .collect();
        for one in crowd {
            one.await.unwrap().unwrap();
        }
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)), "two hashes hold 92 MiB");
    }

    #[tokio::test]
    async fn a_hash_of_weaker_parameters_is_right_but_weak() {
        let params = Params::new(1024, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = SaltString::encode_b64(&[1; 16]).unwrap();
        let stored = weak.hash_password(b"brass lantern", &salt).unwrap().to_string();
        let verdict = compare_password("brass lantern".to_owned(), Some(stored)).await.unwrap();
        assert_eq!(verdict, Verdict::RightButWeak);
    }

    #[tokio::test]
    async fn nobodys_password_is_always_wrong_and_is_hashed_all_the_same() {
        assert!(PasswordHash::new(NOBODYS_HASH).is_ok());
        assert!(!is_weaker(&PasswordHash::new(NOBODYS_HASH).unwrap()));
        for password in ["", "nobody", "brass lantern at noon"] {
            assert_eq!(compare_password(password.to_owned(), None).await.unwrap(), Verdict::Wrong);
        }
    }
}
