//! What a letter says: a few paragraphs and at most one link, in the reader's language, as text and as simple HTML.

use outgoing::Letter;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use words::{EmailAddress, Timestamp};

use crate::kernel::Language;
use crate::ui;

/// Sealed as JSON until the letter is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub to: EmailAddress,
    /// Of the reader: `fr` or `en`.
    language: String,
    pub subject: String,
    /// Paragraphs before the link.
    pub before: Vec<String>,
    /// What is behind the link, and its address.
    pub link: Option<(String, String)>,
    /// Paragraphs after it.
    pub after: Vec<String>,
}

impl Message {
    pub fn new(to: EmailAddress, language: Language, subject: String) -> Self {
        Self { to, language: language.code().to_owned(), subject, before: Vec::new(), link: None, after: Vec::new() }
    }

    pub fn before(mut self, paragraph: impl Into<String>) -> Self {
        self.before.push(paragraph.into());
        self
    }

    pub fn link(mut self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.link = Some((label.into(), url.into()));
        self
    }

    pub fn after(mut self, paragraph: impl Into<String>) -> Self {
        self.after.push(paragraph.into());
        self
    }

    fn language(&self) -> Language {
        Language::from_code(&self.language).unwrap_or_default()
    }

    /// The letter of this id, the same at every try.
    pub(super) fn letter(&self, id: Uuid, written_at: Timestamp) -> Letter {
        Letter {
            id: id.simple().to_string(),
            written_s: u64::try_from(written_at.as_millis() / 1000).unwrap_or(0),
            to: self.to.to_string(),
            subject: self.subject.clone(),
            language: self.language().code(),
            text: self.text(),
            html: self.html(),
        }
    }

    fn text(&self) -> String {
        let link = self.link.iter().map(|(label, url)| format!("{label}:\n{url}"));
        let paragraphs: Vec<String> =
            self.before.iter().cloned().chain(link).chain(self.after.iter().cloned()).collect();
        paragraphs.join("\n\n") + "\n"
    }

    fn html(&self) -> String {
        let link = self.link.as_ref().map(|(label, url)| (label.as_str(), url.as_str()));
        ui::letter(self.language(), &self.subject, &self.before, link, &self.after).into_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_forms_say_the_same_and_html_is_escaped() {
        let message = Message::new("ana@example.com".parse().unwrap(), Language::French, "Bienvenue".to_owned())
            .before("Bonjour <script>Ana</script>,")
            .link("Choisir", "https://crm.example.com/reset/a?b&c")
            .after("À bientôt");
        let letter = message.letter(Uuid::nil(), Timestamp::from_millis(1_000));
        assert_eq!(
            letter.text,
            "Bonjour <script>Ana</script>,\n\nChoisir:\nhttps://crm.example.com/reset/a?b&c\n\nÀ bientôt\n"
        );
        assert!(letter.html.contains("&lt;script&gt;Ana") && !letter.html.contains("<script"));
        assert!(letter.html.contains("lang=\"fr\"") && letter.html.contains("À bientôt"));
        // Nothing is fetched when it is opened.
        assert!(!letter.html.contains("src=") && !letter.html.contains("url("));
        assert_eq!((letter.id.len(), letter.written_s, letter.language), (32, 1, "fr"));
    }
}
