//! Typed ids: UUIDv7 inside, a prefix and 26 letters outside (`prf_01jdaw…`), so that one kind is never taken for another.

use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

use crate::serde_text::serde_as_text;
use crate::timestamp::Timestamp;

/// What every id type can do; `db` binds and reads ids through it.
pub trait Id: Copy + Ord + Hash + fmt::Display + FromStr<Err = IdError> + Send + Sync + 'static {
    /// The three letters before the underscore.
    const PREFIX: &'static str;

    /// The id of this UUID.
    fn from_uuid(uuid: Uuid) -> Self;

    /// The UUID, as databases store it.
    fn as_uuid(&self) -> Uuid;
}

/// Names every id type once: makes them here, and lets `db` give each its binding by calling `every_id!(macro_name)`.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {
        $(id!($(#[$doc])* $name, $prefix);)*

        /// Calls the macro `$each` with all id types, comma-separated.
        #[macro_export]
        macro_rules! every_id {
            ($each:ident) => { $each!($($crate::$name),*); };
        }
    };
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new UUIDv7: it sorts by `now` and is told apart by 74 of the 80 random bits.
            pub fn from_parts(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }

            /// The id of this UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, as databases store it.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id($prefix, self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id($prefix, self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_id($prefix, text).map(Self)
            }
        }

        serde_as_text!($name, concat!("an id that begins with ", $prefix, "_"));
    };
}

ids! {
    /// A person or company.
    ProfileId "prf";
    /// A segment's definition.
    SegmentId "seg";
    /// A merchant's brand or shop: every row belongs to one.
    WorkspaceId "wsp";
    /// Somebody who signs in.
    UserId "usr";
    /// Where events come from: a site, an import, a program.
    SourceId "src";
    /// A key of the tracking or the REST API; not its secret.
    ApiKeyId "key";
    /// One merge of two profiles, by which it is undone.
    MergeId "mrg";
    /// Two identifiers that a person must judge.
    ConflictId "cfl";
    /// One erasure of a person, by which its certificate is found.
    ErasureId "ers";
}

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// It is an id of another kind, or none.
    #[error("{text:?} is not an id that begins with {wanted}_")]
    WrongPrefix { wanted: &'static str, text: String },
    /// The prefix is right and the rest is not.
    #[error("{text:?} is malformed: {wanted}_ must be followed by 26 of the characters 0-9 and a-z without i, l, o, u")]
    Malformed { wanted: &'static str, text: String },
}

/// Crockford's base32 in lower case: no letter that is mistaken for a digit, and it sorts like the bytes.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 characters of 5 bits hold 128 bits; the first is at most 7.
const LENGTH: usize = 26;

fn uuid_v7(now: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn write_id(prefix: &str, uuid: Uuid, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = uuid.as_u128();
    let mut letters = [b'0'; LENGTH];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    let letters = std::str::from_utf8(&letters).expect("the alphabet is ASCII");
    write!(formatter, "{prefix}_{letters}")
}

fn parse_id(wanted: &'static str, text: &str) -> Result<Uuid, IdError> {
    let shown = || text.chars().take(40).collect();
    let letters = text
        .strip_prefix(wanted)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(|| IdError::WrongPrefix { wanted, text: shown() })?;
    parse_letters(letters).ok_or_else(|| IdError::Malformed { wanted, text: shown() })
}

fn parse_letters(letters: &str) -> Option<Uuid> {
    if letters.len() != LENGTH || letters.as_bytes()[0] > b'7' {
        return None;
    }
    let mut bits: u128 = 0;
    for letter in letters.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | digit as u128;
    }
    Some(Uuid::from_u128(bits))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_shows_its_kind_and_26_letters() {
        let id = ProfileId::from_parts(Timestamp::from_millis(1_795_367_364_051), [7; 10]);
        assert_eq!(id.to_string(), "prf_01m823qsekew3re1r70w3ge1r7");
        assert_eq!(id.as_uuid().get_version_num(), 7);
    }

    #[test]
    fn ids_made_later_sort_later_as_values_and_as_text() {
        let earlier = ProfileId::from_parts(Timestamp::from_millis(1_000), [255; 10]);
        let later = ProfileId::from_parts(Timestamp::from_millis(1_001), [0; 10]);
        assert!(earlier < later);
        assert!(earlier.to_string() < later.to_string());
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_name() {
        let segment = SegmentId::from_uuid(Uuid::from_u128(1)).to_string();
        let refused = segment.parse::<ProfileId>().unwrap_err();
        assert_eq!(refused.to_string(), "\"seg_00000000000000000000000001\" is not an id that begins with prf_");
    }

    #[test]
    fn malformed_ids_are_refused() {
        for rest in [
            "",
            "1",
            "0000000000000000000000000i",
            "80000000000000000000000000",
            "0000000000000000000000000É",
            "0000000000000000000000000A",
        ] {
            let text = format!("prf_{rest}");
            assert!(matches!(text.parse::<ProfileId>(), Err(IdError::Malformed { .. })), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_then_parsing_is_the_identity(bits: u128) {
            let id = ProfileId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<ProfileId>(&json).unwrap(), id);
        }

        #[test]
        fn text_order_is_value_order(one: u128, other: u128) {
            let (one, other) = (Uuid::from_u128(one), Uuid::from_u128(other));
            let text = |uuid| ProfileId::from_uuid(uuid).to_string();
            prop_assert_eq!(text(one).cmp(&text(other)), one.cmp(&other));
        }
    }
}
