//! Settings from three places: a flag or an environment variable (read by clap, in that order), else `entente.toml`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use instant_acme::LetsEncrypt;
use serde::Deserialize;
use thiserror::Error;
use words::Span;

use crate::acme::AcmeSettings;
use crate::command::{AdminCreateArguments, InstallationArguments, LogFormat, ServeArguments};
use crate::mail::{MailArguments, MailSettings, MailSettingsError};
use crate::oidc::{OidcArguments, OidcError, OidcSettings};
use crate::tls::CertificateFiles;

/// The settings file looked for where the command runs.
const DEFAULT_FILE: &str = "entente.toml";
const DEFAULT_DATA: &str = "entente-data";
const KEY_FILE: &str = "entente.key";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// Timers, sessions and the largest transaction under way find room in it.
const DEFAULT_MIN_FREE_MB: u64 = 256;
/// A week, and a day for the one that is being made.
pub const DEFAULT_MAX_BACKUP_AGE_DAYS: u32 = 8;
const DEFAULT_LOG: &str = "info,refinery_core=warn";
/// Every key of the file; `FileSettings` has a field for each.
const KEYS: [&str; 33] = [
    "acme_contact",
    "acme_directory",
    "acme_folder",
    "acme_root",
    "audit_log",
    "copy_dir",
    "data",
    "database_url",
    "drain_seconds",
    "http_listen",
    "key_file",
    "listen",
    "log",
    "log_format",
    "mail_from",
    "max_backup_age_days",
    "metrics_listen",
    "min_free_mb",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_client_secret_file",
    "oidc_issuer",
    "oidc_name",
    "oidc_root",
    "oidc_second_factor",
    "public_url",
    "security_contact",
    "smtp_password_file",
    "smtp_root",
    "smtp_url",
    "tls_certificate",
    "tls_key",
    "trusted_proxies",
];

#[derive(Debug, Error)]
pub enum SettingsError {
    #[error("{path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{path}: there is no setting {key}; did you mean {nearest}?")]
    UnknownKey { path: String, key: String, nearest: &'static str },
    #[error("{path}: {reason}")]
    BadValue { path: String, reason: String },
    #[error("public_url is {0}; write the address people type, as in https://crm.example.com, without a path")]
    BadPublicUrl(String),
    #[error("{0}")]
    BadTls(&'static str),
    #[error("{0}")]
    BadCopy(&'static str),
    #[error("security_contact is {0}; write it as mailto:security@example.com or https://…")]
    BadSecurityContact(String),
    #[error(transparent)]
    BadOidc(#[from] OidcError),
    #[error(transparent)]
    BadMail(#[from] MailSettingsError),
}

/// Where the data is and how to log: what every command needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationSettings {
    pub place: Place,
    /// Opens the secrets of the database.
    pub key_file: PathBuf,
    pub log: String,
    pub log_format: LogFormat,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    Postgres(String),
}

#[derive(Clone, Debug)]
pub struct ServeSettings {
    pub installation: InstallationSettings,
    pub listen: SocketAddr,
    /// `None` until the port is known: then `http://LISTEN`.
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<IpAddr>,
    pub metrics_listen: Option<SocketAddr>,
    pub min_free_mb: u64,
    pub max_backup_age: Span,
    pub drain_seconds: u64,
    pub tls: Option<TlsSettings>,
    /// Where plain HTTP is led to https.
    pub http_listen: Option<SocketAddr>,
    pub security_contact: Option<String>,
    /// Where every new entry of the audit trail is added.
    pub audit_log: Option<PathBuf>,
    /// Where a copy of the embedded database is kept up to date.
    pub copy_dir: Option<PathBuf>,
    pub oidc: Option<OidcSettings>,
    pub mail: Option<MailSettings>,
}

/// What letters are written with by a command that puts some into the outbox; a server hands them over.
#[derive(Clone, Debug)]
pub struct LetterSettings {
    pub public_url: String,
    pub mail: MailSettings,
}

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsSettings {
    Files(CertificateFiles),
    Acme(AcmeSettings),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileSettings {
    acme_contact: Option<String>,
    acme_directory: Option<String>,
    acme_folder: Option<PathBuf>,
    acme_root: Option<PathBuf>,
    audit_log: Option<PathBuf>,
    copy_dir: Option<PathBuf>,
    data: Option<PathBuf>,
    database_url: Option<String>,
    http_listen: Option<SocketAddr>,
    key_file: Option<PathBuf>,
    listen: Option<SocketAddr>,
    log: Option<String>,
    log_format: Option<String>,
    metrics_listen: Option<SocketAddr>,
    min_free_mb: Option<u64>,
    max_backup_age_days: Option<u32>,
    drain_seconds: Option<u64>,
    public_url: Option<String>,
    security_contact: Option<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    trusted_proxies: Option<Vec<IpAddr>>,
    /// Read by itself: a mistake keeps its line.
    #[serde(skip)]
    oidc: OidcArguments,
    #[serde(skip)]
    mail: MailArguments,
}

impl InstallationSettings {
    pub fn resolve(arguments: &InstallationArguments) -> Result<Self, SettingsError> {
        let file = FileSettings::read(arguments.config.as_deref())?;
        Self::of(arguments, &file)
    }

    fn of(arguments: &InstallationArguments, file: &FileSettings) -> Result<Self, SettingsError> {
        let format = match (arguments.log_format, file.log_format.as_deref()) {
            (Some(format), _) => format,
            (None, None | Some("text")) => LogFormat::Text,
            (None, Some("json")) => LogFormat::Json,
            (None, Some(other)) => {
                let reason = format!("log_format is {other:?}; write \"text\" or \"json\"");
                return Err(SettingsError::BadValue { path: DEFAULT_FILE.to_owned(), reason });
            }
        };
        let log = arguments.log.clone().or_else(|| file.log.clone()).unwrap_or_else(|| DEFAULT_LOG.to_owned());
        let key_file = key_file(arguments, file);
        Ok(Self { place: place(arguments, file), key_file, log, log_format: format })
    }

    /// Where `serve` keeps a copy with the same settings.
    pub fn copy_dir(
        arguments: &InstallationArguments,
        named: Option<PathBuf>,
    ) -> Result<Option<PathBuf>, SettingsError> {
        Ok(named.or(FileSettings::read(arguments.config.as_deref())?.copy_dir))
    }

    /// Where erasures are noted: beside the key file, so that both are kept together and apart from the backups.
    pub fn ledger_file(&self) -> PathBuf {
        self.key_file.with_extension("erasures")
    }

    /// A place whose key file lies in it, or where the command runs.
    pub fn of_place(place: Place) -> Self {
        let folder = match &place {
            Place::Folder(folder) => folder.clone(),
            Place::Postgres(_) => PathBuf::from(DEFAULT_DATA),
        };
        Self { place, key_file: folder.join(KEY_FILE), log: DEFAULT_LOG.to_owned(), log_format: LogFormat::Text }
    }
}

/// A flag or variable about the place decides before the file says anything about it.
fn place(arguments: &InstallationArguments, file: &FileSettings) -> Place {
    let url = |url: &Option<String>| url.clone().filter(|url| !url.is_empty()).map(Place::Postgres);
    let folder = |data: &Option<PathBuf>| data.clone().map(Place::Folder);
    url(&arguments.database_url)
        .or_else(|| folder(&arguments.data))
        .or_else(|| url(&file.database_url))
        .or_else(|| folder(&file.data))
        .unwrap_or_else(|| Place::Folder(PathBuf::from(DEFAULT_DATA)))
}

/// The one that is named, else the one in the data folder, with PostgreSQL too.
fn key_file(arguments: &InstallationArguments, file: &FileSettings) -> PathBuf {
    let named = arguments.key_file.clone().or_else(|| file.key_file.clone());
    let folder = || arguments.data.clone().or_else(|| file.data.clone()).unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
    named.unwrap_or_else(|| folder().join(KEY_FILE))
}

impl LetterSettings {
    /// None where the settings name no mail server.
    pub fn resolve(arguments: &AdminCreateArguments) -> Result<Option<Self>, SettingsError> {
        let file = FileSettings::read(arguments.installation.config.as_deref())?;
        let public_url = public_url(arguments.public_url.as_ref(), &file)?;
        let mail = arguments.mail.clone().or(file.mail).resolve(public_url.as_deref())?;
        Ok(public_url.zip(mail).map(|(public_url, mail)| Self { public_url, mail }))
    }
}

fn public_url(flag: Option<&String>, file: &FileSettings) -> Result<Option<String>, SettingsError> {
    flag.or(file.public_url.as_ref()).map(|url| check_public_url(url)).transpose()
}

impl ServeSettings {
    pub fn resolve(arguments: &ServeArguments) -> Result<Self, SettingsError> {
        let file = FileSettings::read(arguments.installation.config.as_deref())?;
        Self::of(arguments, file)
    }

    fn of(arguments: &ServeArguments, file: FileSettings) -> Result<Self, SettingsError> {
        let public_url = public_url(arguments.public_url.as_ref(), &file)?;
        let installation = InstallationSettings::of(&arguments.installation, &file)?;
        let http_listen = arguments.http_listen.or(file.http_listen);
        let tls = tls(arguments, &file, &installation.place, public_url.as_deref())?;
        check_tls(tls.as_ref(), http_listen, public_url.as_deref())?;
        let mail = arguments.mail.clone().or(file.mail).resolve(public_url.as_deref())?;
        let contact = arguments.security_contact.clone().or(file.security_contact);
        let copy_dir = arguments.copy_dir.clone().or(file.copy_dir);
        check_copy(copy_dir.as_deref(), &installation.place)?;
        let max_backup_age_days = arguments.max_backup_age_days.or(file.max_backup_age_days);
        Ok(Self {
            installation,
            listen: arguments.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            public_url,
            trusted_proxies: arguments.trusted_proxies.clone().or(file.trusted_proxies).unwrap_or_default(),
            metrics_listen: arguments.metrics_listen.or(file.metrics_listen),
            min_free_mb: arguments.min_free_mb.or(file.min_free_mb).unwrap_or(DEFAULT_MIN_FREE_MB),
            max_backup_age: Span::from_days(max_backup_age_days.unwrap_or(DEFAULT_MAX_BACKUP_AGE_DAYS).into()),
            drain_seconds: arguments.drain_seconds.or(file.drain_seconds).unwrap_or_default(),
            tls,
            http_listen,
            security_contact: contact.map(check_security_contact).transpose()?,
            audit_log: arguments.audit_log.clone().or(file.audit_log),
            copy_dir,
            oidc: arguments.oidc.clone().or(file.oidc).resolve()?,
            mail,
        })
    }
}

fn tls(
    arguments: &ServeArguments,
    file: &FileSettings,
    place: &Place,
    public_url: Option<&str>,
) -> Result<Option<TlsSettings>, SettingsError> {
    let path = |flag: &Option<PathBuf>, key: &Option<PathBuf>| flag.clone().or_else(|| key.clone());
    let text = |flag: &Option<String>, key: &Option<String>| flag.clone().or_else(|| key.clone());
    let certificate = path(&arguments.tls_certificate, &file.tls_certificate);
    let contact = text(&arguments.acme_contact, &file.acme_contact);
    match (certificate, path(&arguments.tls_key, &file.tls_key), contact) {
        (None, None, None) => Ok(None),
        (Some(certificate), Some(key), None) => Ok(Some(TlsSettings::Files(CertificateFiles { certificate, key }))),
        (None, None, Some(contact)) => {
            let name = public_url.and_then(|url| url.strip_prefix("https://"));
            let host = name.filter(|host| !host.contains([':', '['])).ok_or(SettingsError::BadTls(NO_NAME))?;
            let kept = path(&arguments.acme_folder, &file.acme_folder).or_else(|| match place {
                Place::Folder(data) => Some(data.join("acme")),
                Place::Postgres(_) => None,
            });
            let directory = text(&arguments.acme_directory, &file.acme_directory);
            Ok(Some(TlsSettings::Acme(AcmeSettings {
                host: host.to_owned(),
                contact,
                directory: directory.unwrap_or_else(|| LetsEncrypt::Production.url().to_owned()),
                root: path(&arguments.acme_root, &file.acme_root),
                folder: kept.ok_or(SettingsError::BadTls(NO_FOLDER))?,
            })))
        }
        (_, _, Some(_)) => Err(SettingsError::BadTls(TWO_SOURCES)),
        _ => Err(SettingsError::BadTls(HALF_A_PAIR)),
    }
}

const HALF_A_PAIR: &str = "tls_certificate and tls_key belong together; set both";
const TWO_SOURCES: &str =
    "the certificate comes from tls_certificate and tls_key, or by acme_contact; set one of the two";
const NO_NAME: &str = "acme_contact needs a public_url such as https://crm.example.com, which names what to certify";
const NO_FOLDER: &str = "with PostgreSQL, acme_folder says where account and certificate are kept; set it";
const NO_CHALLENGE: &str = "an ACME authority looks at port 80; set http_listen, as in 0.0.0.0:80";
const NO_TLS: &str = "http_listen leads to https, which needs tls_certificate and tls_key, or acme_contact";
const NOT_SECURE: &str = "with TLS, public_url begins with https://; session cookies and links follow it";

fn check_tls(
    tls: Option<&TlsSettings>,
    http_listen: Option<SocketAddr>,
    public_url: Option<&str>,
) -> Result<(), SettingsError> {
    let refused = match (tls, http_listen) {
        (None, Some(_)) => Some(NO_TLS),
        (Some(TlsSettings::Acme(_)), None) => Some(NO_CHALLENGE),
        (Some(_), _) if public_url.is_some_and(|url| url.starts_with("http://")) => Some(NOT_SECURE),
        _ => None,
    };
    refused.map_or(Ok(()), |reason| Err(SettingsError::BadTls(reason)))
}

const COPY_OF_POSTGRES: &str = "copy_dir keeps a copy of the embedded database; PostgreSQL has a continuous copy of its own \
    (pg_basebackup with pg_receivewal or archive_command): the guide tells how, under Back up; take copy_dir away";
const COPY_INSIDE: &str = "copy_dir lies in the data folder and would be lost with it; name a folder on another disk";

fn check_copy(folder: Option<&Path>, place: &Place) -> Result<(), SettingsError> {
    match (folder, place) {
        (Some(_), Place::Postgres(_)) => Err(SettingsError::BadCopy(COPY_OF_POSTGRES)),
        (Some(folder), Place::Folder(data)) if folder.starts_with(data) => Err(SettingsError::BadCopy(COPY_INSIDE)),
        _ => Ok(()),
    }
}

/// RFC 9116 asks for a URI; a line break would add lines of somebody's choice.
fn check_security_contact(contact: String) -> Result<String, SettingsError> {
    let is_uri = ["mailto:", "https://", "tel:"].iter().any(|scheme| contact.starts_with(scheme));
    if is_uri && contact.chars().all(|letter| letter.is_ascii_graphic()) {
        return Ok(contact);
    }
    Err(SettingsError::BadSecurityContact(contact))
}

/// Scheme and host, no path: links are made by putting a path behind it.
fn check_public_url(url: &str) -> Result<String, SettingsError> {
    let refused = || SettingsError::BadPublicUrl(url.to_owned());
    let trimmed = url.trim_end_matches('/');
    let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://")).ok_or_else(refused)?;
    let is_host = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(refused());
    }
    Ok(trimmed.to_owned())
}

impl FileSettings {
    fn read(named: Option<&Path>) -> Result<Self, SettingsError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => Ok(Self::default()),
            Err(error) => {
                Err(SettingsError::Unreadable { path: path.display().to_string(), reason: error.to_string() })
            }
        }
    }

    fn parse(text: &str, path: &str) -> Result<Self, SettingsError> {
        let bad = |error: toml::de::Error| SettingsError::BadValue {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        };
        let table: toml::Table = toml::from_str(text).map_err(bad)?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let nearest = nearest(key);
            return Err(SettingsError::UnknownKey { path: path.to_owned(), key: key.clone(), nearest });
        }
        let (oidc, mail) = (toml::from_str(text).map_err(bad)?, toml::from_str(text).map_err(bad)?);
        Ok(Self { oidc, mail, ..toml::from_str(text).map_err(bad)? })
    }
}

fn nearest(key: &str) -> &'static str {
    let distance = |known: &&&str| (strsim::normalized_damerau_levenshtein(key, known) * 1e6) as i64;
    KEYS.iter().max_by_key(distance).copied().unwrap_or(KEYS[0])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::oidc::SecondFactor;

    #[test]
    fn an_unknown_key_is_refused_and_the_nearest_known_one_named() {
        for (typed, nearest) in [("listne", "listen"), ("database-url", "database_url"), ("proxies", "trusted_proxies")]
        {
            let refused = FileSettings::parse(&format!("\"{typed}\" = 1"), "entente.toml").unwrap_err().to_string();
            assert_eq!(refused, format!("entente.toml: there is no setting {typed}; did you mean {nearest}?"));
        }
    }

    #[test]
    fn every_key_of_the_file_is_read() {
        let text = r#"
            data = "d"
            database_url = "postgres://x"
            key_file = "k"
            listen = "0.0.0.0:80"
            log = "warn"
            log_format = "json"
            metrics_listen = "127.0.0.1:9000"
            min_free_mb = 512
            max_backup_age_days = 31
            drain_seconds = 5
            public_url = "https://crm.example.com/"
            trusted_proxies = ["10.0.0.1"]
            tls_certificate = "c.pem"
            tls_key = "k.pem"
            http_listen = "0.0.0.0:81"
            acme_contact = "ana@example.com"
            acme_directory = "https://acme.example.com"
            acme_folder = "a"
            acme_root = "r.pem"
            security_contact = "mailto:security@example.com"
            audit_log = "audit.jsonl"
            copy_dir = "/mnt/copy"
            oidc_issuer = "https://login.example.com"
            oidc_client_id = "entente"
            oidc_client_secret = "s"
            oidc_client_secret_file = "f"
            oidc_name = "Example"
            oidc_root = "o.pem"
            oidc_second_factor = "trust"
            smtp_url = "smtps://mail.example.com"
            smtp_password_file = "p"
            smtp_root = "m.pem"
            mail_from = "crm@example.com"
        "#;
        let file = FileSettings::parse(text, "entente.toml").unwrap();
        assert_eq!(file.listen.unwrap().port(), 80);
        assert_eq!(toml::from_str::<toml::Table>(text).unwrap().len(), KEYS.len());
        let settings = InstallationSettings::of(&InstallationArguments::default(), &file).unwrap();
        assert_eq!((settings.log_format, settings.log.as_str()), (LogFormat::Json, "warn"));
        assert_eq!(settings.place, Place::Postgres("postgres://x".to_owned()));
        assert_eq!(settings.key_file, PathBuf::from("k"));
        assert_eq!(file.mail.mail_from.as_deref(), Some("crm@example.com"));
        assert_eq!(file.oidc.oidc_second_factor, Some(SecondFactor::Trust));
    }

    #[test]
    fn a_flag_about_the_place_wins_over_the_file() {
        let file = FileSettings::parse("database_url = \"postgres://x\"", "entente.toml").unwrap();
        let arguments = InstallationArguments { data: Some("elsewhere".into()), ..InstallationArguments::default() };
        assert_eq!(place(&arguments, &file), Place::Folder("elsewhere".into()));
    }

    #[test]
    fn a_public_address_has_no_path() {
        assert_eq!(check_public_url("https://crm.example.com/").unwrap(), "https://crm.example.com");
        for bad in ["crm.example.com", "https://", "https://crm.example.com/crm", "ftp://crm.example.com"] {
            assert!(check_public_url(bad).is_err(), "{bad}");
        }
    }

    fn serve(text: &str) -> Result<ServeSettings, String> {
        let arguments = ServeArguments::default();
        ServeSettings::of(&arguments, FileSettings::parse(text, "entente.toml").unwrap())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn settings_of_tls_that_cannot_work_together_are_refused_with_what_is_missing() {
        let acme = "acme_contact = \"ana@example.com\"\n";
        let url = "public_url = \"https://crm.example.com\"\n";
        for (text, reason) in [
            ("tls_key = \"k\"".to_owned(), HALF_A_PAIR),
            (format!("{acme}tls_key = \"k\""), TWO_SOURCES),
            (acme.to_owned(), NO_NAME),
            (format!("{acme}{url}"), NO_CHALLENGE),
            (format!("{acme}{url}database_url = \"postgres://x\""), NO_FOLDER),
            ("http_listen = \"0.0.0.0:80\"".to_owned(), NO_TLS),
            ("tls_certificate = \"c\"\ntls_key = \"k\"\npublic_url = \"http://a.example\"".to_owned(), NOT_SECURE),
        ] {
            assert_eq!(serve(&text).unwrap_err(), reason, "{text}");
        }
    }

    #[test]
    fn a_copy_is_kept_of_the_embedded_database_and_outside_of_its_folder() {
        let kept = serve("copy_dir = \"/mnt/copy\"\ndata = \"d\"").unwrap();
        assert_eq!(kept.copy_dir, Some(PathBuf::from("/mnt/copy")));
        let inside = serve("copy_dir = \"d/copy\"\ndata = \"d\"").unwrap_err();
        assert_eq!(inside, COPY_INSIDE);
        let postgres = serve("copy_dir = \"/mnt/copy\"\ndatabase_url = \"postgres://x\"").unwrap_err();
        assert!(postgres.contains("pg_receivewal") && postgres.contains("take copy_dir away"), "{postgres}");
    }

    #[test]
    fn an_acme_certificate_is_for_the_public_name_and_kept_beside_the_data() {
        let text = "acme_contact = \"ana@example.com\"\npublic_url = \"https://crm.example.com\"\n\
                    http_listen = \"0.0.0.0:80\"\ndata = \"d\"";
        let Some(TlsSettings::Acme(acme)) = serve(text).unwrap().tls else { panic!("no ACME") };
        assert_eq!((acme.host.as_str(), acme.folder), ("crm.example.com", PathBuf::from("d/acme")));
        assert_eq!(acme.directory, LetsEncrypt::Production.url());
    }

    #[test]
    fn a_security_contact_is_an_address_on_one_line() {
        assert!(check_security_contact("mailto:security@example.com".to_owned()).is_ok());
        for bad in ["security@example.com", "mailto:a@b\nPolicy: https://evil.example", "javascript:1"] {
            assert!(check_security_contact(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
