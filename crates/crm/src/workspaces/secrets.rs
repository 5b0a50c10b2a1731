//! Opaque tokens: 256 unpredictable bits for the holder, their digest for the database.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::kernel::{Chance, random_bytes};

/// What is stored of a token. A token of 256 random bits needs no salt and no slow hash.
pub(super) type Digest = [u8; 32];

/// A token on its way to its holder; the text is never stored and never logged.
pub(super) struct Token {
    pub text: String,
    pub digest: Digest,
}

/// A new token of 43 characters that need no escaping in an address or a cookie.
pub(super) fn new_token(chance: &Chance) -> Token {
    new_token_after("", chance)
}

/// The same behind a prefix that tells people and secret scanners what they found.
pub(super) fn new_token_after(prefix: &str, chance: &Chance) -> Token {
    let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>(chance)));
    let digest = digest(&text);
    Token { text, digest }
}

/// Whether a text has the form of a token.
pub(super) fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LETTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// 32 bytes in base64.
const TOKEN_LETTERS: usize = 43;

pub(super) fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_token_carries_256_bits_and_is_found_again_by_its_digest() {
        let chance: Chance = Arc::new(|bytes: &mut [u8]| bytes.fill(0xfe));
        let token = new_token_after("ent_api_", &chance);
        assert_eq!(token.text.len(), "ent_api_".len() + 43);
        assert!(token.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(digest(&token.text), token.digest);
        assert!(is_token(&new_token(&chance).text) && !is_token(&token.text));
        assert!(!is_token("") && !is_token(&"é".repeat(43)) && !is_token(&" ".repeat(43)));
    }
}
