//! Passkeys (W3C Web Authentication): a key pair that a phone, computer or security key keeps for this address alone.
//!
//! An authenticator signs a challenge after it has verified its holder, by finger, face or PIN. So a passkey counts as
//! both factors: it signs in without a password, stands for the second step after one, and proves anew who sits there.
//! What is stored of it (a public key and a counter) signs nobody in. The rules of the ceremonies are `webauthn-rs`'s.

mod add;
mod challenge;
mod check;
mod keep;
mod relying_party;
mod sign_in;

pub(super) use add::{AddPasskeyError, NewPasskey, PasskeyRow, add_passkey, begin_to_add};
pub(super) use challenge::{Ceremony, Challenge, LIFETIME};
pub(super) use check::{PasskeyError, Signed, begin_proof};
pub(super) use keep::{PasskeyLine, has_passkeys_here, list_passkeys, remove_passkey, rename_passkey};
pub(super) use relying_party::{NoPasskeys, relying_party};
pub(super) use sign_in::{PasskeySignIn, begin_sign_in, record_refusal, sign_in_with_passkey};
