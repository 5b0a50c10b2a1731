//! A letter: what one person is told by mail, written as RFC 5322 and MIME ask.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, address::Envelope};
use thiserror::Error;
use url::Host;

/// Who all letters are from: an address, perhaps with a name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSender(Mailbox);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it is no sender; write an address, or a name and an address: Atelier <crm@example.com>")]
pub struct BadSender;

impl MailSender {
    /// # Errors
    /// [`BadSender`] when it is not one address in ASCII, with or without a name.
    pub fn parse(text: &str) -> Result<Self, BadSender> {
        let mailbox: Mailbox = text.trim().parse().map_err(|_| BadSender)?;
        let has_control = mailbox.name.as_deref().is_some_and(|name| name.chars().any(char::is_control));
        let address = in_ascii(mailbox.email.as_ref()).ok_or(BadSender)?;
        if has_control || !address.domain().contains('.') {
            return Err(BadSender);
        }
        Ok(Self(Mailbox::new(mailbox.name, address)))
    }

    /// What stands after the `@`: ids of letters end with it.
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

impl fmt::Display for MailSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What goes to one person. The same `id` at every try: whoever gets it twice can see that it is one letter.
#[derive(Clone)]
pub struct Letter {
    /// Of letters and figures; with the sender's domain it is the `Message-ID`.
    pub id: String,
    /// When it was written, in Unix seconds.
    pub written_s: u64,
    pub to: String,
    pub subject: String,
    /// `fr` or `en`.
    pub language: &'static str,
    pub text: String,
    pub html: String,
}

/// A letter on paper, and the envelope around it.
pub(crate) struct Written {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

impl Letter {
    /// `None` when no mail reaches this address: its local part is beyond ASCII, which few servers take.
    pub(crate) fn write(&self, sender: &MailSender) -> Option<Written> {
        let to = in_ascii(&self.to)?;
        let envelope = Envelope::new(Some(sender.0.email.clone()), vec![to.clone()]).ok()?;
        let part = |kind, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
        let both = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("part-{}", self.id))
            .singlepart(part(ContentType::TEXT_PLAIN, &self.text))
            .singlepart(part(ContentType::TEXT_HTML, &self.html));
        let message = Message::builder()
            .from(sender.0.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&self.subject))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(self.written_s))
            .message_id(Some(format!("<{}@{}>", self.id, sender.domain())))
            // RFC 3834: nobody's out-of-office answers it.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", self.language))
            .envelope(envelope.clone())
            .multipart(both)
            .ok()?;
        Some(Written { envelope, bytes: message.formatted() })
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The library folds and encodes headers; a line break in a text is a blank to a reader, and never a new header.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// The address with its domain as DNS has it.
fn in_ascii(address: &str) -> Option<Address> {
    let (local, domain) = address.rsplit_once('@')?;
    let Ok(Host::Domain(domain)) = Host::parse(domain) else { return None };
    let is_plain = local.chars().all(|letter| letter.is_ascii_graphic());
    if is_plain { Address::new(local, domain).ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn letter(to: &str, subject: &str) -> Letter {
        Letter {
            id: "0193".to_owned(),
            written_s: 1_763_817_600,
            to: to.to_owned(),
            subject: subject.to_owned(),
            language: "fr",
            text: "Bonjour Élise,\n\n.\nhttps://crm.example.com/reset/abc\n".to_owned(),
            html: "<p>Bonjour Élise,</p>".to_owned(),
        }
    }

    fn written(to: &str, subject: &str) -> Option<String> {
        let sender = MailSender::parse("L’Atelier <crm@example.com>").unwrap();
        letter(to, subject).write(&sender).map(|written| String::from_utf8(written.bytes).unwrap())
    }

    #[test]
    fn a_letter_has_the_headers_of_one_that_a_program_wrote() {
        let text = written("ana@exämple.com", "Élise").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        for line in [
            "Message-ID: <0193@example.com>",
            "Date: Sat, 22 Nov 2025 13:20:00 +0000",
            "To: ana@xn--exmple-cua.com",
            "Auto-Submitted: auto-generated",
            "Content-Language: fr",
            "MIME-Version: 1.0",
        ] {
            assert!(head.lines().any(|found| found == line), "{line}: {head}");
        }
        assert!(head.contains("<crm@example.com>") && head.contains("multipart/alternative"), "{head}");
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998));
        assert!(body.contains("text/plain; charset=utf-8") && body.contains("text/html; charset=utf-8"));
    }

    #[test]
    fn no_text_becomes_a_header() {
        for subject in ["a\r\nBcc: eve@example.com", "a\nBcc: eve@example.com", "a\r\n\r\nBcc: eve@example.com", "a\0b"]
        {
            let text = written("ana@example.com", subject).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
            assert!(head.contains("Auto-Submitted"), "{head}");
        }
        for to in
            ["ana@example.com\r\nBcc: eve@example.com", "a na@example.com", "ana@exa\r\nmple.com", "élise@example.com"]
        {
            assert!(written(to, "a").is_none(), "{to}");
        }
    }

    #[test]
    fn a_sender_is_one_address_with_or_without_a_name() {
        assert_eq!(MailSender::parse(" crm@example.com ").unwrap().to_string(), "crm@example.com");
        assert_eq!(MailSender::parse("Atelier <crm@example.com>").unwrap().domain(), "example.com");
        for bad in
            ["", "crm", "crm@localhost", "a@example.com, b@example.com", "A\r\nBcc: <crm@example.com>", "élise@a.fr"]
        {
            assert_eq!(MailSender::parse(bad), Err(BadSender), "{bad}");
        }
    }
}
