//! Rules of identifier types as data, and what resolution reads.

use serde::{Deserialize, Serialize};

/// What one type of identifier may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierRule {
    /// The type, such as `email`.
    pub kind: String,
    /// Smaller wins.
    pub precedence: u8,
    /// Whether two different values are surely two people.
    pub is_strong: bool,
    /// How many values one person may have.
    pub max_per_person: u32,
    /// Whether a shared value makes two people one.
    pub may_join: bool,
    /// Whether it tells who somebody is; a browser's id does not.
    pub makes_known: bool,
}

/// The types every workspace starts with.
pub fn default_rules() -> Vec<IdentifierRule> {
    [
        ("user_id", 1, 1),
        ("customer_number", 2, 3),
        ("loyalty_card", 3, 5),
        ("email", 4, 5),
        ("phone", 5, 5),
        ("anonymous_id", 6, 200),
    ]
    .into_iter()
    .map(|(kind, precedence, max_per_person)| IdentifierRule {
        kind: kind.to_owned(),
        precedence,
        is_strong: kind == "user_id",
        max_per_person,
        may_join: true,
        makes_known: kind != "anonymous_id",
    })
    .collect()
}

/// An identifier that an event carries, its value already in the form in which values are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// The type.
    pub kind: String,
    /// The value.
    pub value: String,
}

/// Who has a claimed identifier now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The profile that the identifier is attached to.
    pub leaf: i64,
    /// The person whom that profile has been merged into; itself if none.
    pub root: i64,
    /// The strong identifiers of the person: type and value.
    pub strong: Vec<(String, String)>,
    /// How many identifiers of each type the person has.
    pub counts: Vec<(String, u32)>,
    /// Whether the person has an identifier that tells who it is.
    pub is_known: bool,
}

/// How far the sender of an event is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The ingest key, which stands in public pages.
    Public,
    /// A secret key, or the merchant's own import.
    Server,
}
