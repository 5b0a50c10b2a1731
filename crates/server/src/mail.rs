//! Settings of the mail server that letters are handed to, and the way to it.

use std::path::{Path, PathBuf};

use clap::Args;
use outgoing::{BadRelay, BadSender, MailSender, Patience, Relay, RelayAddress, Trust, TrustError};
use serde::Deserialize;
use thiserror::Error;

/// The same as flags, variables and keys of the file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MailArguments {
    /// Mail server that letters to members are handed to: smtps://USER@HOST:465, smtp://USER@HOST:587?starttls=required
    #[arg(long, value_name = "URL", env = "ENTENTE_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// File that holds the password of the mail server's user
    #[arg(long, value_name = "FILE", env = "ENTENTE_SMTP_PASSWORD_FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Certificate that vouches for a private mail server, as PEM
    #[arg(long, value_name = "FILE", env = "ENTENTE_SMTP_ROOT")]
    pub smtp_root: Option<PathBuf>,
    /// Whom letters are from, as in Atelier <crm@example.com>
    #[arg(long, value_name = "ADDRESS", env = "ENTENTE_MAIL_FROM")]
    pub mail_from: Option<String>,
}

/// A mail server that can be spoken to.
#[derive(Clone, Debug)]
pub struct MailSettings {
    address: RelayAddress,
    sender: MailSender,
    root: Option<PathBuf>,
}

/// The address of the server is not repeated: it may hold a password.
#[derive(Debug, Error)]
pub enum MailSettingsError {
    #[error("smtp_url: {0}")]
    Relay(#[from] BadRelay),
    #[error("smtp_url is missing; the other settings of mail belong to it")]
    NoRelay,
    #[error("mail_from is missing; set whom letters are from, as in Atelier <crm@example.com>")]
    NoSender,
    #[error("mail_from is {0}: {1}")]
    Sender(String, BadSender),
    #[error("public_url is missing; links in letters lead there, so set the address people type")]
    NoPublicUrl,
    #[error("smtp_url holds a password and smtp_password_file another; set one of the two")]
    TwoPasswords,
    #[error("smtp_password_file {path}: {reason}")]
    Password { path: String, reason: String },
    #[error("smtp_root: {0}")]
    Trust(#[from] TrustError),
}

impl MailArguments {
    /// What is set here, else what `file` says.
    pub fn or(self, file: Self) -> Self {
        // The address and the file of its password are one setting: a flag for the address does not take the password of
        // another from the file.
        let password_file = if self.smtp_url.is_some() { None } else { file.smtp_password_file };
        Self {
            smtp_url: self.smtp_url.or(file.smtp_url),
            smtp_password_file: self.smtp_password_file.or(password_file),
            smtp_root: self.smtp_root.or(file.smtp_root),
            mail_from: self.mail_from.or(file.mail_from),
        }
    }

    /// # Errors
    /// [`MailSettingsError`] says which setting is missing or wrong.
    pub fn resolve(self, public_url: Option<&str>) -> Result<Option<MailSettings>, MailSettingsError> {
        let Some(url) = self.smtp_url.filter(|url| !url.is_empty()) else {
            let is_empty = self.smtp_password_file.is_none() && self.smtp_root.is_none() && self.mail_from.is_none();
            return if is_empty { Ok(None) } else { Err(MailSettingsError::NoRelay) };
        };
        if RelayAddress::holds_password(&url) && self.smtp_password_file.is_some() {
            return Err(MailSettingsError::TwoPasswords);
        }
        let password = self.smtp_password_file.as_deref().map(read_password).transpose()?;
        let address = RelayAddress::parse(&url, password)?;
        let from = self.mail_from.ok_or(MailSettingsError::NoSender)?;
        let sender = MailSender::parse(&from).map_err(|error| MailSettingsError::Sender(from, error))?;
        if public_url.is_none() {
            return Err(MailSettingsError::NoPublicUrl);
        }
        Ok(Some(MailSettings { address, sender, root: self.smtp_root }))
    }
}

fn read_password(path: &Path) -> Result<String, MailSettingsError> {
    let unusable = |reason: String| MailSettingsError::Password { path: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() { Err(unusable("it is empty".to_owned())) } else { Ok(password.to_owned()) }
}

impl MailSettings {
    /// # Errors
    /// [`MailSettingsError::Trust`] when nobody vouches for the mail server.
    pub fn open(self, public_url: &str) -> Result<Relay, MailSettingsError> {
        let trust = match &self.root {
            Some(root) => Trust::of_file(root)?,
            None => Trust::of_this_system()?,
        };
        Ok(Relay::new(self.address, self.sender, host_of(public_url), trust, Patience::default()))
    }
}

/// `crm.example.com` of `https://crm.example.com:8443`.
fn host_of(public_url: &str) -> &str {
    let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HOME: Option<&str> = Some("https://crm.example.com");

    fn arguments(text: &str) -> MailArguments {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_what_is_missing_and_never_with_the_password() {
        let url = "smtp_url = \"smtps://ana:canary@mail.example.com\"\n";
        let from = "mail_from = \"crm@example.com\"\n";
        for (text, reason) in [
            (from.to_owned(), "smtp_url is missing"),
            (url.to_owned(), "mail_from is missing"),
            (format!("{url}mail_from = \"crm\""), "mail_from is crm: it is no sender"),
            (format!("{url}{from}smtp_password_file = \"f\""), "set one of the two"),
            (
                format!("smtp_url = \"smtps://ana@mail.example.com\"\n{from}smtp_password_file = \"missing\""),
                "No such file",
            ),
            (format!("smtp_url = \"smtps://ana@mail.example.com\"\n{from}"), "a user needs a password"),
            (format!("smtp_url = \"smtp://ana:canary@mail.example.com\"\n{from}"), "it must be encrypted"),
            (format!("smtp_url = \"mail.example.com canary\"\n{from}"), "it is no address of a mail server"),
        ] {
            let told = arguments(&text).resolve(HOME).unwrap_err().to_string();
            assert!(told.contains(reason), "{text}: {told}");
            assert!(!told.contains("canary"), "{told}");
        }
        let told = arguments(&format!("{url}{from}")).resolve(None).unwrap_err().to_string();
        assert!(told.starts_with("public_url is missing"), "{told}");
        assert!(MailArguments::default().resolve(None).unwrap().is_none());
    }

    #[test]
    fn a_password_comes_from_its_file_and_is_shown_by_no_debugger() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "canary of the mine\n").unwrap();
        let of_file =
            arguments("smtp_url = \"smtps://other:canary@mail.example.com\"\nmail_from = \"crm@example.com\"");
        let flags = MailArguments {
            smtp_url: Some("smtp://ana@mail.example.com?starttls=required".to_owned()),
            smtp_password_file: Some(file),
            ..MailArguments::default()
        };
        let settings = flags.or(of_file).resolve(HOME).unwrap().unwrap();
        assert_eq!(settings.address.host(), "mail.example.com");
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn we_introduce_ourselves_by_the_name_people_type() {
        for (url, host) in [
            ("https://crm.example.com", "crm.example.com"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "::1"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
