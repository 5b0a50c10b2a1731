//! Values that identify nobody.

use serde::{Deserialize, Serialize};

/// Why a value is no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// There is nothing in it.
    Empty,
    /// Longer than [`MAX_VALUE_BYTES`].
    TooLong,
    /// A word that programs write where a value is missing: `null`, `undefined`, `[object Object]` …
    Placeholder,
    /// An id of nothing but zeros or one repeated character.
    Degenerate,
    /// An address that people type to get past a form, or that nobody reads: `test@test.com`, `noreply@…`
    FakeAddress,
    /// Control characters.
    ControlCharacters,
}

impl BlockReason {
    /// The code in answers and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Placeholder => "placeholder",
            Self::Degenerate => "degenerate",
            Self::FakeAddress => "fake_address",
            Self::ControlCharacters => "control_characters",
        }
    }
}

/// Bytes of an identifier's value: an e-mail address has at most 254.
pub const MAX_VALUE_BYTES: usize = 256;

/// What programs write where there is no value.
const PLACEHOLDERS: [&str; 37] = [
    "null",
    "(null)",
    "<null>",
    "nil",
    "none",
    "undefined",
    "undef",
    "nan",
    "n/a",
    "na",
    "-",
    "--",
    "anonymous",
    "anon",
    "anonyme",
    "guest",
    "invité",
    "invite",
    "visitor",
    "visiteur",
    "unknown",
    "inconnu",
    "test",
    "tester",
    "user",
    "userid",
    "user_id",
    "id",
    "true",
    "false",
    "[object object]",
    "object object",
    "[object undefined]",
    "empty",
    "not set",
    "(not set)",
    "default",
];

/// What stands before the `@` of an address that nobody reads.
const UNREAD_MAILBOXES: [&str; 9] = [
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "ne-pas-repondre",
    "nepasrepondre",
    "mailer-daemon",
    "postmaster",
];

/// Addresses that are typed to get past a form.
const FAKE_ADDRESSES: [&str; 14] = [
    "test@test.com",
    "test@test.fr",
    "test@test",
    "test@example.com",
    "a@a.com",
    "a@a.fr",
    "aa@aa.com",
    "abc@abc.com",
    "asdf@asdf.com",
    "azerty@azerty.fr",
    "email@email.com",
    "user@example.com",
    "example@example.com",
    "none@none.com",
];

/// Why this value identifies nobody, if so. `kind` matters only for addresses and numbers.
pub fn blocked_reason(kind: &str, value: &str) -> Option<BlockReason> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Some(BlockReason::Empty);
    }
    if trimmed.len() > MAX_VALUE_BYTES {
        return Some(BlockReason::TooLong);
    }
    if trimmed.chars().any(char::is_control) {
        return Some(BlockReason::ControlCharacters);
    }
    let folded = words::fold(trimmed);
    if PLACEHOLDERS.contains(&folded.as_str()) {
        return Some(BlockReason::Placeholder);
    }
    if is_fake_address(&folded, kind) {
        return Some(BlockReason::FakeAddress);
    }
    is_degenerate(&folded, kind).then_some(BlockReason::Degenerate)
}

fn is_fake_address(folded: &str, kind: &str) -> bool {
    if FAKE_ADDRESSES.contains(&folded) {
        return true;
    }
    let mailbox = folded.split_once('@').map(|(mailbox, _)| mailbox);
    kind == "email" && mailbox.is_some_and(|mailbox| UNREAD_MAILBOXES.contains(&mailbox))
}

/// Zeros only (`0`, the nil UUID, `+00 00`), and in longer values any one character repeated (`1111111`, `xxxx`).
fn is_degenerate(folded: &str, kind: &str) -> bool {
    let mut letters = folded.chars().filter(|letter| letter.is_alphanumeric());
    let Some(first) = letters.next() else {
        return true;
    };
    let mut length = 1;
    let is_repeated = letters.all(|letter| {
        length += 1;
        letter == first
    });
    // A customer may well have the number 7, or 77; nobody has 0, and nobody is called by the telephone number 1.
    is_repeated && (first == '0' || length >= 6 || kind == "phone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &str, value: &str, reason: Option<BlockReason>) {
        assert_eq!(blocked_reason(kind, value), reason, "{kind} {value:?}");
    }

    #[test]
    fn values_that_are_no_identity_are_blocked_with_their_reason() {
        for placeholder in ["null", "NULL", "undefined", "None", "anonymous", "guest", "unknown", "test", "NaN"] {
            check("user_id", placeholder, Some(BlockReason::Placeholder));
        }
        check("user_id", "[object Object]", Some(BlockReason::Placeholder));
        check("user_id", "  ", Some(BlockReason::Empty));
        check("user_id", "0", Some(BlockReason::Degenerate));
        check("anonymous_id", "00000000-0000-0000-0000-000000000000", Some(BlockReason::Degenerate));
        check("anonymous_id", "ffffffff-ffff-ffff-ffff-ffffffffffff", Some(BlockReason::Degenerate));
        check("phone", "+0000000000", Some(BlockReason::Degenerate));
        check("email", "test@test.com", Some(BlockReason::FakeAddress));
        check("email", "noreply@shop.example", Some(BlockReason::FakeAddress));
        check("email", &"a".repeat(257), Some(BlockReason::TooLong));
        check("user_id", "a\u{7}b", Some(BlockReason::ControlCharacters));
    }

    #[test]
    fn ordinary_values_pass() {
        for (kind, value) in [
            ("email", "ana@example.com"),
            ("user_id", "7"),
            ("customer_number", "77"),
            ("user_id", "noreply"),
            ("phone", "+33612345678"),
            ("anonymous_id", "5d2b8e5e-6f2a-4a52-9f0c-0f2d5c7b1a11"),
        ] {
            check(kind, value, None);
        }
    }
}
