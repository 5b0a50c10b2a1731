//! Secrets at rest: sealed with a key that stands outside the database, and bound to the place where they are stored.
//!
//! A sealed secret is the key's name (8 bytes), a random nonce (24) and XChaCha20-Poly1305 of the secret with the place
//! as associated data. Copied into another row, table or column it does not open; without the key file a stolen database
//! or backup holds nothing that signs anybody in.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::chance::{Chance, random_bytes};

/// The keys of an installation: the first seals, all of them open, so that a key can be changed while it is in use.
#[derive(Clone)]
pub struct Vault(Arc<Keys>);

struct Keys {
    sealing: Vec<SealingKey>,
    /// What marks are made with, once the sealing key that it was derived from was dropped.
    marking: Option<MarkingKey>,
}

/// A key that stays the same when sealing keys change: a mark must be found again after years.
type MarkingKey = [u8; 32];

/// What stands for a value that is not kept: nobody without the key file can tell whose it is, not even by trying.
pub type Mark = [u8; 32];

/// Where a secret is stored.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'static str,
    /// The primary key.
    pub row: &'a str,
    pub column: &'static str,
}

/// Why a text is no key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    #[error("it holds no key; put the file back that this database was sealed with")]
    Missing,
    #[error("line {0} is no key: 44 letters of base64 are expected")]
    Malformed(usize),
}

/// Why a secret stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsealable {
    #[error("it was sealed with another key file than this one; put back the file that belongs to this database")]
    UnknownKey,
    #[error("it was changed, or stored in another place than it was sealed for")]
    Tampered,
}

/// What stands before the key of marks in the key file.
const MARKS: &str = "marks ";
const NAME_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;

struct SealingKey {
    name: [u8; NAME_BYTES],
    bytes: [u8; 32],
}

impl SealingKey {
    fn of(bytes: [u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(b"entente key name").chain_update(bytes).finalize();
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&digest[..NAME_BYTES]);
        Self { name, bytes }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.bytes))
    }

    fn marking(&self) -> MarkingKey {
        keyed(&self.bytes, &[b"entente marking key"])
    }
}

/// HMAC-SHA-256 of parts that cannot run into each other.
fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl Vault {
    /// A vault with one new key.
    pub fn new(chance: &Chance) -> Self {
        Self::of(vec![SealingKey::of(random_bytes(chance))], None)
    }

    fn of(sealing: Vec<SealingKey>, marking: Option<MarkingKey>) -> Self {
        Self(Arc::new(Keys { sealing, marking }))
    }

    /// Reads a key file: a key a line in base64, the one that seals first; a line with `marks` before it holds the key of
    /// marks; lines that begin with `#` are for people.
    ///
    /// # Errors
    /// [`BadKey`] names the line.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let (mut sealing, mut marking) = (Vec::new(), None);
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let marks = line.strip_prefix(MARKS);
            let bytes = STANDARD.decode(marks.unwrap_or(line).trim()).ok();
            let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or(BadKey::Malformed(number))?;
            match marks {
                Some(_) => marking = Some(bytes),
                None => sealing.push(SealingKey::of(bytes)),
            }
        }
        if sealing.is_empty() { Err(BadKey::Missing) } else { Ok(Self::of(sealing, marking)) }
    }

    /// The text of the key file.
    pub fn to_file(&self) -> String {
        let keys = self.0.sealing.iter().map(|key| format!("{}\n", STANDARD.encode(key.bytes)));
        let marks = self.0.marking.iter().map(|key| format!("{MARKS}{}\n", STANDARD.encode(key)));
        let keys: String = keys.chain(marks).collect();
        format!(
            "# Opens the secrets of an Entente database. Keep a copy apart from the backups; show it to nobody.\n{keys}"
        )
    }

    /// A vault whose first key is new and which still opens what was sealed before.
    pub fn with_new_key(&self, chance: &Chance) -> Self {
        let old = self.0.sealing.iter().map(|key| key.bytes);
        let sealing = std::iter::once(random_bytes(chance)).chain(old).map(SealingKey::of).collect();
        Self::of(sealing, Some(self.marking()))
    }

    /// A vault that knows the first sealing key only: when everything is sealed with it. Its marks stay what they were.
    pub fn without_old_keys(&self) -> Self {
        let sealing = self.0.sealing.iter().take(1).map(|key| SealingKey::of(key.bytes)).collect();
        Self::of(sealing, Some(self.marking()))
    }

    /// The mark of something for a purpose: the same in every backup and after every change of the sealing key.
    pub fn mark(&self, purpose: &str, parts: &[&[u8]]) -> Mark {
        let all: Vec<&[u8]> = std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()).collect();
        keyed(&self.marking(), &all)
    }

    fn marking(&self) -> MarkingKey {
        let derived = || self.0.sealing.last().expect("parse and new leave no vault without a key").marking();
        self.0.marking.unwrap_or_else(derived)
    }

    pub fn seal(&self, chance: &Chance, place: Place<'_>, secret: &[u8]) -> Vec<u8> {
        let key = self.0.sealing.first().expect("parse and new leave no vault without a key");
        let nonce: [u8; NONCE_BYTES] = random_bytes(chance);
        let payload = Payload { msg: secret, aad: &associated(place) };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("only a secret of 256 GiB is too long for the cipher");
        [&key.name[..], &nonce, &sealed].concat()
    }

    /// # Errors
    /// [`Unsealable`] when the key is not here, or the secret is not the one that was stored in this place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (name, rest) = sealed.split_at_checked(NAME_BYTES).ok_or(Unsealable::Tampered)?;
        let (nonce, secret) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unsealable::Tampered)?;
        let key = self.0.sealing.iter().find(|key| key.name == name).ok_or(Unsealable::UnknownKey)?;
        let payload = Payload { msg: secret, aad: &associated(place) };
        key.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unsealable::Tampered)
    }
}

/// Never the keys: settings are logged.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault of {} keys", self.0.sealing.len())
    }
}

/// The place in one piece; a name cannot run into its neighbour.
fn associated(place: Place<'_>) -> Vec<u8> {
    [place.table, "\0", place.column, "\0", place.row].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    const HERE: Place<'_> = Place { table: "totp_seeds", row: "usr_1", column: "seed" };

    fn chance() -> Chance {
        let next = AtomicU8::new(1);
        Arc::new(move |bytes: &mut [u8]| bytes.fill(next.fetch_add(1, Ordering::Relaxed)))
    }

    #[test]
    fn marks_stay_the_same_when_the_sealing_key_changes() {
        let chance = chance();
        let first = Vault::new(&chance);
        let mark = first.mark("test", &[b"email", b"ana@example.com"]);
        assert_ne!(mark, first.mark("test", &[b"emai", b"lana@example.com"]), "parts do not run into each other");
        assert_ne!(mark, first.mark("other", &[b"email", b"ana@example.com"]));
        let both = Vault::parse(&first.with_new_key(&chance).to_file()).unwrap();
        let only = Vault::parse(&both.without_old_keys().to_file()).unwrap();
        let later = Vault::parse(&only.with_new_key(&chance).without_old_keys().to_file()).unwrap();
        for vault in [both, only, later] {
            assert_eq!(vault.mark("test", &[b"email", b"ana@example.com"]), mark);
        }
        assert_ne!(Vault::new(&chance).mark("test", &[b"email", b"ana@example.com"]), mark);
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let (chance, secret) = (chance(), b"canary of the mine");
        let vault = Vault::new(&chance);
        let sealed = vault.seal(&chance, HERE, secret);
        assert_eq!(vault.open(HERE, &sealed).unwrap(), secret);
        assert!(!sealed.windows(6).any(|part| part == &secret[..6]));
        for elsewhere in [
            Place { table: "audit_heads", ..HERE },
            Place { row: "usr_2", ..HERE },
            Place { column: "key", ..HERE },
            Place { table: "totp_seed", row: "usr_1", column: "sseed" },
        ] {
            assert_eq!(vault.open(elsewhere, &sealed), Err(Unsealable::Tampered), "{elsewhere:?}");
        }
    }

    #[test]
    fn every_byte_counts_and_no_two_seals_are_alike() {
        let chance = chance();
        let vault = Vault::new(&chance);
        let sealed = vault.seal(&chance, HERE, b"secret");
        assert_ne!(sealed, vault.seal(&chance, HERE, b"secret"));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.open(HERE, &changed).is_err(), "byte {at}");
            assert!(vault.open(HERE, &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_key_file_is_read_back_and_a_bad_one_names_its_line() {
        let chance = chance();
        let vault = Vault::new(&chance);
        let sealed = vault.seal(&chance, HERE, b"secret");
        let again = Vault::parse(&vault.to_file()).unwrap();
        assert_eq!(again.open(HERE, &sealed).unwrap(), b"secret");
        assert_eq!(Vault::parse("# empty\n\n").unwrap_err(), BadKey::Missing);
        assert_eq!(Vault::parse("# one\nAAAA\n").unwrap_err(), BadKey::Malformed(2));
        assert!(!format!("{vault:?}").contains(vault.to_file().lines().nth(1).unwrap()));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_until_it_is_dropped() {
        let chance = chance();
        let first = Vault::new(&chance);
        let old = first.seal(&chance, HERE, b"old");
        let both = first.with_new_key(&chance);
        let new = both.seal(&chance, HERE, b"new");
        assert_eq!(both.open(HERE, &old).unwrap(), b"old");
        assert_eq!(first.open(HERE, &new), Err(Unsealable::UnknownKey));
        let only = both.without_old_keys();
        assert_eq!(only.open(HERE, &new).unwrap(), b"new");
        assert_eq!(only.open(HERE, &old), Err(Unsealable::UnknownKey));
    }
}
