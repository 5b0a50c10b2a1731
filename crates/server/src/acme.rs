//! Certificates from an ACME authority such as Let's Encrypt (RFC 8555, HTTP-01): got once, renewed in time, and kept in
//! a folder, so that a restart asks for none.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus,
    RetryPolicy,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::redirect::Challenges;
use crate::tls::{CertificateError, Certificates, Validity};

const CERTIFICATE_FILE: &str = "certificate.pem";
const ACCOUNT_FILE: &str = "account.json";
/// The authority looks at our challenge within seconds; beyond this it is tried again later.
const AUTHORITY_WITHIN: Duration = Duration::from_secs(120);
/// Without any certificate. Authorities allow five failures an hour.
const RETRY_FIRST: Duration = Duration::from_secs(15 * 60);
/// With one that still works: a twenty-fourth of its life, within these.
const RETRY_SHORTEST: Duration = Duration::from_secs(5);
const RETRY_LONGEST: Duration = Duration::from_secs(60 * 60);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The name in the certificate.
    pub host: String,
    /// Whom the authority writes to.
    pub contact: String,
    pub directory: String,
    /// A PEM file that vouches for the authority itself, for private ones.
    pub root: Option<PathBuf>,
    pub folder: PathBuf,
}

#[derive(Debug, Error)]
pub enum AcmeError {
    #[error("the authority refused: {0}")]
    Refused(#[from] instant_acme::Error),
    #[error("the authority offers no HTTP-01 challenge for {0}")]
    NoChallenge(String),
    #[error("the authority could not fetch http://{0}/.well-known/acme-challenge/…; check name and port 80")]
    NotProved(String),
    #[error("what it sent cannot be used: {0}")]
    Unusable(#[from] CertificateError),
    #[error("{0}: {1}")]
    NotKept(String, std::io::Error),
    #[error("it did not answer in time")]
    Late,
}

pub struct Acme {
    pub settings: AcmeSettings,
    pub certificates: Certificates,
    pub challenges: Challenges,
}

/// The account as it is kept; another directory knows nothing of it.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    contact: String,
    credentials: AccountCredentials,
}

impl Acme {
    /// Shows the certificate of an earlier run, if it is there and can be used.
    pub fn show_kept(&self) {
        if let Err(error) = self.try_kept() {
            tracing::warn!(%error, "the kept certificate is not used; asking for a new one");
        }
    }

    /// Gets a new certificate whenever two thirds of the shown one's life are over.
    pub async fn run(self) {
        loop {
            tokio::time::sleep(wait(self.certificates.validity(), now_s())).await;
            let renewed = tokio::time::timeout(AUTHORITY_WITHIN, self.renew()).await.unwrap_or(Err(AcmeError::Late));
            self.challenges.clear();
            match renewed {
                Ok(validity) => {
                    tracing::info!(until_s = validity.until_s, "shows a new certificate");
                    tokio::time::sleep(RETRY_SHORTEST).await;
                }
                Err(error) => {
                    let valid_until_s = self.certificates.validity().map(|validity| validity.until_s);
                    tracing::error!(%error, valid_until_s, "no new certificate; the old one stays, trying again later");
                    tokio::time::sleep(retry_after(self.certificates.validity())).await;
                }
            }
        }
    }

    fn try_kept(&self) -> Result<(), AcmeError> {
        let path = self.settings.folder.join(CERTIFICATE_FILE);
        match std::fs::read(&path) {
            Ok(pem) => self.certificates.show(&pem, &pem).map(|_| ()).map_err(AcmeError::from),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(AcmeError::NotKept(path.display().to_string(), error)),
        }
    }

    async fn renew(&self) -> Result<Validity, AcmeError> {
        let account = self.account().await?;
        let identifiers = [Identifier::Dns(self.settings.host.clone())];
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        self.prove(&mut order).await?;
        let patience = RetryPolicy::default().timeout(AUTHORITY_WITHIN);
        if order.poll_ready(&patience).await? != OrderStatus::Ready {
            return Err(AcmeError::NotProved(self.settings.host.clone()));
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&patience).await?;
        // Key and chain in one file: they are exchanged together or not at all.
        let pem = format!("{}\n{}", key.trim_end(), chain);
        let validity = self.certificates.show(pem.as_bytes(), pem.as_bytes())?;
        self.keep(CERTIFICATE_FILE, pem.as_bytes())?;
        Ok(validity)
    }

    /// Puts the answers to the order's challenges where the authority looks for them.
    async fn prove(&self, order: &mut instant_acme::Order) -> Result<(), AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let host = || self.settings.host.clone();
            let mut challenge =
                authorization.challenge(ChallengeType::Http01).ok_or_else(|| AcmeError::NoChallenge(host()))?;
            self.challenges.put(challenge.token.clone(), challenge.key_authorization().as_str().to_owned());
            challenge.set_ready().await?;
        }
        Ok(())
    }

    async fn account(&self) -> Result<Account, AcmeError> {
        let builder = || match &self.settings.root {
            Some(root) => Account::builder_with_root(root),
            None => Account::builder(),
        };
        if let Some(credentials) = self.kept_account() {
            return Ok(builder()?.from_credentials(credentials).await?);
        }
        let contact = format!("mailto:{}", self.settings.contact);
        let wanted = NewAccount { contact: &[&contact], terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder()?.create(&wanted, self.settings.directory.clone(), None).await?;
        let (directory, contact) = (self.settings.directory.clone(), self.settings.contact.clone());
        let kept = serde_json::to_vec(&Kept { directory, contact, credentials });
        self.keep(ACCOUNT_FILE, &kept.map_err(|error| AcmeError::NotKept(ACCOUNT_FILE.to_owned(), error.into()))?)?;
        Ok(account)
    }

    /// An account that cannot be read is made anew: it holds nothing of worth.
    fn kept_account(&self) -> Option<AccountCredentials> {
        let kept: Kept = serde_json::from_slice(&std::fs::read(self.settings.folder.join(ACCOUNT_FILE)).ok()?).ok()?;
        let is_this = kept.directory == self.settings.directory && kept.contact == self.settings.contact;
        is_this.then_some(kept.credentials)
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), AcmeError> {
        let path = self.settings.folder.join(name);
        write_secret(&path, bytes).map_err(|error| AcmeError::NotKept(path.display().to_string(), error))
    }
}

/// Replaces the file as a whole; nobody else may read it.
fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// How long until two thirds of a certificate's life are over; nothing without one.
fn wait(validity: Option<Validity>, now_s: i64) -> Duration {
    let Some(Validity { from_s, until_s }) = validity else { return Duration::ZERO };
    let due_s = from_s + (until_s - from_s) * 2 / 3;
    Duration::from_secs(u64::try_from(due_s - now_s).unwrap_or(0))
}

fn retry_after(validity: Option<Validity>) -> Duration {
    let Some(Validity { from_s, until_s }) = validity else { return RETRY_FIRST };
    let life = Duration::from_secs(u64::try_from(until_s - from_s).unwrap_or(0));
    (life / 24).clamp(RETRY_SHORTEST, RETRY_LONGEST)
}

fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_renewed_when_two_thirds_of_its_life_are_over() {
        let day = 86_400;
        let lives = |days: i64| Some(Validity { from_s: 0, until_s: days * day });
        assert_eq!(wait(lives(90), 0), Duration::from_secs(60 * 86_400));
        assert_eq!(wait(lives(90), 60 * day), Duration::ZERO);
        assert_eq!(wait(lives(6), 5 * day), Duration::ZERO);
        assert_eq!(wait(None, 0), Duration::ZERO);
    }

    #[test]
    fn a_failed_renewal_is_tried_often_enough_before_the_end_and_never_in_a_rush() {
        let lives = |seconds: i64| Some(Validity { from_s: 0, until_s: seconds });
        assert_eq!(retry_after(lives(90 * 86_400)), RETRY_LONGEST);
        assert_eq!(retry_after(lives(30)), RETRY_SHORTEST);
        assert_eq!(retry_after(None), RETRY_FIRST);
    }
}
