//! Samples of refused calls that may be about somebody are forgotten with him.

use db::{DbError, Tx};
use words::{WorkspaceId, fold};

use super::store;

/// A shorter text says nothing of anybody: it would be found everywhere.
const MIN_CHARACTERS: usize = 4;
/// The last digits of a phone number: how it begins depends on who writes it.
const PHONE_DIGITS: usize = 8;

/// Deletes the samples in which one of these texts stands, however it is written; answers how many.
pub fn forget_rejects_about(tx: &mut Tx<'_>, workspace: WorkspaceId, texts: &[String]) -> Result<usize, DbError> {
    let wanted: Vec<Wanted> = texts.iter().filter_map(|text| Wanted::of(text)).collect();
    let mut forgotten = 0;
    for (source_no, id, sample) in store::reject_samples(tx, workspace)? {
        let (folded, digits) = (fold(&unescaped(&sample)), digits_of(&sample));
        if wanted.iter().any(|one| one.is_in(&folded, &digits)) {
            store::delete_reject(tx, workspace, source_no, id)?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

/// A text as it is looked for.
struct Wanted {
    folded: String,
    /// The last digits, of a text that may be a phone number.
    digits: Option<String>,
}

impl Wanted {
    fn of(text: &str) -> Option<Self> {
        let folded = fold(text.trim());
        let digits = digits_of(text);
        let is_phone = digits.len() >= PHONE_DIGITS && text.chars().all(|one| !one.is_alphabetic());
        let last = is_phone.then(|| digits[digits.len() - PHONE_DIGITS..].to_owned());
        (folded.chars().count() >= MIN_CHARACTERS).then_some(Self { folded, digits: last })
    }

    fn is_in(&self, folded: &str, digits: &str) -> bool {
        folded.contains(&self.folded) || self.digits.as_ref().is_some_and(|own| digits.contains(own))
    }
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// JSON may write a letter as `\\u00e9`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match code {
            Some(letter) => {
                plain.push(letter);
                plain.push_str(&part[4..]);
            }
            None => {
                plain.push_str("\\u");
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_text_is_found_however_a_sample_writes_it() {
        let found = |text: &str, sample: &str| {
            Wanted::of(text).is_some_and(|one| one.is_in(&fold(&unescaped(sample)), &digits_of(sample)))
        };
        assert!(found("ana@example.com", r#"{"email":"ANA@Example.com"}"#));
        assert!(found("+33612345678", r#"{"phone":"06 12 34 56 78"}"#));
        assert!(found("Zoé Durand", r#"{"name":"Zo\u00e9 Durand"}"#));
        assert!(!found("ana@example.com", r#"{"email":"luc@example.com"}"#));
        assert!(Wanted::of("FR").is_none());
    }
}
