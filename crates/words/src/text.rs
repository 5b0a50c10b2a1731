//! The one way to compare text, and the one way to make outside text storable.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
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

/// Text as people search for it: lower case, without accents, its words parted by one blank each.
///
/// "Éloïse", "ELOISE" and "éloïse" (typed with combining accents) are one; so are "Jean-Pierre" and "jean pierre". A
/// prefix gives a prefix, as long as it does not end between two words.
pub fn search_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
        if letter.is_alphanumeric() {
            letter.to_lowercase().for_each(|letter| push_plain(&mut key, letter));
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// Letters that Unicode does not take apart, as they are typed where the keyboard lacks them.
fn push_plain(key: &mut String, letter: char) {
    match letter {
        'ß' => key.push_str("ss"),
        'œ' => key.push_str("oe"),
        'æ' => key.push_str("ae"),
        'þ' => key.push_str("th"),
        'ø' => key.push('o'),
        'ł' => key.push('l'),
        'đ' | 'ð' => key.push('d'),
        'ı' => key.push('i'),
        other if is_combining_mark(other) => {}
        other => key.push(usual_sigma(other)),
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
    fn a_search_key_forgets_accents_case_and_what_stands_between_words() {
        for (text, key) in [
            ("Éloïse", "eloise"),
            ("E\u{301}LOI\u{308}SE", "eloise"),
            ("  Jean-Pierre  D’Ormesson ", "jean pierre d ormesson"),
            ("Cœur Straße Øst Łódź", "coeur strasse ost lodz"),
            ("İpek", "ipek"),
            ("Ἀθηνᾶς", "αθηνασ"),
            ("…", ""),
        ] {
            assert_eq!(search_key(text), key, "{text}");
        }
    }

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
