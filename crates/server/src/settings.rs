//! Settings from three places: a flag or an environment variable (read by clap, in that order), else `entente.toml`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::command::{InstallationArguments, LogFormat, ServeArguments};

/// The settings file looked for where the command runs.
const DEFAULT_FILE: &str = "entente.toml";
const DEFAULT_DATA: &str = "entente-data";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
const DEFAULT_LOG: &str = "info,refinery_core=warn";
/// Every key of the file; `FileSettings` has a field for each.
const KEYS: [&str; 8] =
    ["data", "database_url", "listen", "log", "log_format", "metrics_listen", "public_url", "trusted_proxies"];

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
}

/// Where the data is and how to log: what every command needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationSettings {
    pub place: Place,
    pub log: String,
    pub log_format: LogFormat,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    Postgres(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeSettings {
    pub installation: InstallationSettings,
    pub listen: SocketAddr,
    /// `None` until the port is known: then `http://LISTEN`.
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<IpAddr>,
    pub metrics_listen: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileSettings {
    data: Option<PathBuf>,
    database_url: Option<String>,
    listen: Option<SocketAddr>,
    log: Option<String>,
    log_format: Option<String>,
    metrics_listen: Option<SocketAddr>,
    public_url: Option<String>,
    trusted_proxies: Option<Vec<IpAddr>>,
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
        Ok(Self { place: place(arguments, file), log, log_format: format })
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

impl ServeSettings {
    pub fn resolve(arguments: &ServeArguments) -> Result<Self, SettingsError> {
        let file = FileSettings::read(arguments.installation.config.as_deref())?;
        let public_url = arguments.public_url.clone().or_else(|| file.public_url.clone());
        Ok(Self {
            installation: InstallationSettings::of(&arguments.installation, &file)?,
            listen: arguments.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            public_url: public_url.map(|url| check_public_url(&url)).transpose()?,
            trusted_proxies: arguments.trusted_proxies.clone().or(file.trusted_proxies).unwrap_or_default(),
            metrics_listen: arguments.metrics_listen.or(file.metrics_listen),
        })
    }
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
        toml::from_str(text).map_err(bad)
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
            listen = "0.0.0.0:80"
            log = "warn"
            log_format = "json"
            metrics_listen = "127.0.0.1:9000"
            public_url = "https://crm.example.com/"
            trusted_proxies = ["10.0.0.1"]
        "#;
        let file = FileSettings::parse(text, "entente.toml").unwrap();
        assert_eq!(file.listen.unwrap().port(), 80);
        assert_eq!(toml::from_str::<toml::Table>(text).unwrap().len(), KEYS.len());
        let settings = InstallationSettings::of(&InstallationArguments::default(), &file).unwrap();
        assert_eq!((settings.log_format, settings.log.as_str()), (LogFormat::Json, "warn"));
        assert_eq!(settings.place, Place::Postgres("postgres://x".to_owned()));
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
}
