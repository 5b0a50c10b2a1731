//! The one way to compare text, and the one way to make outside text storable.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Folds text for comparing: lower case, then Unicode's composed form (NFC), so that É equals é however it was typed.
///
/// It is letter by letter, so that a prefix folds to a prefix: the final Greek sigma becomes the usual one, ß stays ß.
/// Nothing is trimmed. Folding twice changes nothing more.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lowered: String = composed(text).chars().flat_map(char::to_lowercase).map(usual_sigma).collect();
    match composed(&lowered) {
        Cow::Borrowed(_) => lowered,
        Cow::Owned(recomposed) => recomposed,
    }
}

/// Replaces U+0000, which PostgreSQL cannot store, by U+FFFD. All other text comes back as it is.
pub fn clean_text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

fn usual_sigma(letter: char) -> char {
    if letter == 'ς' { 'σ' } else { letter }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_composition_do_not_matter_but_letters_do() {
        assert_eq!(fold("ÉLÉONORE"), fold("e\u{301}léonore"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_ne!(fold("STRASSE"), fold("straße"));
        assert_ne!(fold("Eleonore"), fold("Éléonore"));
        assert_eq!(fold(" Ana "), " ana ");
    }

    #[test]
    fn nul_becomes_the_replacement_character() {
        assert_eq!(clean_text("a\0b"), "a\u{FFFD}b");
        assert!(matches!(clean_text("tab\tstays"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in any::<String>()) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
