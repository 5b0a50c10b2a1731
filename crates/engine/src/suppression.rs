//! Whether a choice counts for an address that is on the suppression list.
//!
//! The list holds those who must not be written to again, also after everything else about them was erased. Their own
//! word takes them off; nobody else's does: no file, and no program that tells of a consent without saying that the
//! person has just given it.

use crate::ConsentState;

/// Whose word a choice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// The person has just given it himself.
    Himself,
    /// A file or a program tells of it.
    Others,
}

/// Whether the choice is applied. A refusal always is.
pub fn applies(state: ConsentState, teller: Teller, is_suppressed: bool) -> bool {
    state != ConsentState::Granted || !is_suppressed || teller == Teller::Himself
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_grant_told_by_others_for_a_suppressed_address_is_not_applied() {
        let mut refused = Vec::new();
        for state in [ConsentState::Granted, ConsentState::Denied, ConsentState::Withdrawn] {
            for teller in [Teller::Himself, Teller::Others] {
                for is_suppressed in [false, true] {
                    if !applies(state, teller, is_suppressed) {
                        refused.push((state, teller, is_suppressed));
                    }
                }
            }
        }
        assert_eq!(refused, [(ConsentState::Granted, Teller::Others, true)]);
    }
}
