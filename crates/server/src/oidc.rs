//! Settings of the identity provider that signs members in, and the way to it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use crm::workspaces::{Provider, ProviderSettings};
use outgoing::{BadOrigin, Client, Limits, Origin, Trust, TrustError};
use serde::Deserialize;
use thiserror::Error;

/// The same as flags, variables and keys of the file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OidcArguments {
    /// Lets members sign in with an identity provider (OpenID Connect): its issuer, as it names itself
    #[arg(long, value_name = "URL", env = "ENTENTE_OIDC_ISSUER")]
    pub oidc_issuer: Option<String>,
    /// As which client this installation is registered there
    #[arg(long, value_name = "ID", env = "ENTENTE_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,
    /// The client's secret; better in a file
    #[arg(long, value_name = "SECRET", env = "ENTENTE_OIDC_CLIENT_SECRET", hide_env_values = true)]
    pub oidc_client_secret: Option<String>,
    /// File that holds the client's secret
    #[arg(long, value_name = "FILE", env = "ENTENTE_OIDC_CLIENT_SECRET_FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// What people call it, as in “Sign in with …” [default: the host of the issuer]
    #[arg(long, value_name = "NAME", env = "ENTENTE_OIDC_NAME")]
    pub oidc_name: Option<String>,
    /// Certificate that vouches for a private provider, as PEM
    #[arg(long, value_name = "FILE", env = "ENTENTE_OIDC_ROOT")]
    pub oidc_root: Option<PathBuf>,
    /// Whether a second factor that the provider asked for counts here [default: ask]
    #[arg(long, value_enum, env = "ENTENTE_OIDC_SECOND_FACTOR")]
    pub oidc_second_factor: Option<SecondFactor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Whoever has a second factor here is asked for it
    Ask,
    /// Who proved one there is not asked again
    Trust,
}

/// A provider that can be spoken to.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    provider: ProviderSettings,
    home: Origin,
    root: Option<PathBuf>,
}

#[derive(Debug, Error)]
pub enum OidcError {
    #[error("oidc_issuer is {0}: {1}")]
    Issuer(String, BadOrigin),
    #[error("oidc_issuer is missing; the other oidc settings belong to it")]
    NoIssuer,
    #[error("oidc_client_id is missing; register this installation at {0} and set what it is called there")]
    NoClient(String),
    #[error("oidc_client_secret and oidc_client_secret_file say the same; set one of the two")]
    TwoSecrets,
    #[error("oidc_client_secret_file {path}: {reason}")]
    Secret { path: String, reason: String },
    #[error("oidc_root: {0}")]
    Trust(#[from] TrustError),
}

/// Longer than any button should be.
const LONGEST_NAME: usize = 60;

impl OidcArguments {
    /// What is set here, else what `file` says.
    pub fn or(self, file: Self) -> Self {
        // The secret and its file are one setting: a flag for either is not contradicted by the other in the file.
        let has_secret = self.oidc_client_secret.is_some() || self.oidc_client_secret_file.is_some();
        let secrets = if has_secret { Self::default() } else { file.clone() };
        Self {
            oidc_issuer: self.oidc_issuer.or(file.oidc_issuer),
            oidc_client_id: self.oidc_client_id.or(file.oidc_client_id),
            oidc_client_secret: self.oidc_client_secret.or(secrets.oidc_client_secret),
            oidc_client_secret_file: self.oidc_client_secret_file.or(secrets.oidc_client_secret_file),
            oidc_name: self.oidc_name.or(file.oidc_name),
            oidc_root: self.oidc_root.or(file.oidc_root),
            oidc_second_factor: self.oidc_second_factor.or(file.oidc_second_factor),
        }
    }

    /// # Errors
    /// [`OidcError`] says which setting is missing or wrong.
    pub fn resolve(self) -> Result<Option<OidcSettings>, OidcError> {
        let Some(issuer) = self.oidc_issuer else {
            let is_empty = self.oidc_client_id.is_none()
                && self.oidc_client_secret.is_none()
                && self.oidc_client_secret_file.is_none();
            return if is_empty { Ok(None) } else { Err(OidcError::NoIssuer) };
        };
        let home = Origin::parse(&issuer).map_err(|error| OidcError::Issuer(issuer.clone(), error))?;
        let client_secret = match (self.oidc_client_secret, self.oidc_client_secret_file) {
            (Some(_), Some(_)) => return Err(OidcError::TwoSecrets),
            (secret, None) => secret,
            (None, Some(file)) => Some(read_secret(&file)?),
        };
        let name = self.oidc_name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| home.host().to_owned());
        let provider = ProviderSettings {
            client_id: self.oidc_client_id.ok_or_else(|| OidcError::NoClient(issuer.clone()))?,
            issuer,
            client_secret,
            name: name.trim().chars().take(LONGEST_NAME).collect(),
            trusts_second_factor: self.oidc_second_factor == Some(SecondFactor::Trust),
        };
        Ok(Some(OidcSettings { provider, home, root: self.oidc_root }))
    }
}

fn read_secret(path: &Path) -> Result<String, OidcError> {
    let unusable = |reason: String| OidcError::Secret { path: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(unusable("it is empty".to_owned())) } else { Ok(secret.to_owned()) }
}

impl OidcSettings {
    /// # Errors
    /// [`OidcError::Trust`] when nobody vouches for the provider.
    pub fn open(self) -> Result<Provider, OidcError> {
        let trust = match &self.root {
            Some(root) => Trust::of_file(root)?,
            None => Trust::of_this_system()?,
        };
        Ok(Provider::new(self.provider, Client::new(self.home, trust, Limits::default())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(text: &str) -> String {
        toml::from_str::<OidcArguments>(text).unwrap().resolve().unwrap_err().to_string()
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_what_is_missing() {
        let issuer = "oidc_issuer = \"https://login.example.com/shop\"\n";
        for (text, reason) in [
            ("oidc_client_id = \"entente\"".to_owned(), "oidc_issuer is missing"),
            (
                issuer.to_owned(),
                "oidc_client_id is missing; register this installation at https://login.example.com/shop",
            ),
            ("oidc_issuer = \"http://login.example.com\"".to_owned(), "it must begin with https://"),
            ("oidc_issuer = \"login.example.com\"".to_owned(), "it is no address"),
            (
                format!("{issuer}oidc_client_id = \"e\"\noidc_client_secret = \"s\"\noidc_client_secret_file = \"f\""),
                "set one of the two",
            ),
            (format!("{issuer}oidc_client_id = \"e\"\noidc_client_secret_file = \"missing\""), "missing: No such file"),
        ] {
            let told = refused(&text);
            assert!(told.contains(reason), "{text}: {told}");
        }
        assert!(OidcArguments::default().resolve().unwrap().is_none());
    }

    #[test]
    fn a_secret_comes_from_its_file_and_is_shown_by_no_debugger() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "canary of the mine\n").unwrap();
        let of_file = toml::from_str::<OidcArguments>(
            "oidc_issuer = \"https://login.example.com\"\noidc_client_id = \"a\"\noidc_client_secret = \"other\"",
        );
        let flags = OidcArguments { oidc_client_secret_file: Some(file), ..OidcArguments::default() };
        let settings = flags.or(of_file.unwrap()).resolve().unwrap().unwrap();
        assert_eq!(settings.provider.client_secret.as_deref(), Some("canary of the mine"));
        assert_eq!(settings.provider.name, "login.example.com");
        assert!(!settings.provider.trusts_second_factor);
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
