//! TLS 1.2 and 1.3, with a certificate that is exchanged while connections stay open.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::failure::Failure;

/// How often the files are looked at; SIGHUP looks at once.
const LOOK_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Error)]
pub enum CertificateError {
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, std::io::Error),
    #[error("the certificate file holds no PEM certificate (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    #[error("the key file holds no PEM private key (-----BEGIN PRIVATE KEY-----)")]
    NoKey,
    #[error("certificate and key cannot be used together: {0}")]
    Unusable(rustls::Error),
    #[error("the first certificate of the file is damaged")]
    Damaged,
}

/// From when until when a certificate may be shown, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub from_s: i64,
    pub until_s: i64,
}

/// The certificate shown to new connections.
#[derive(Clone, Debug, Default)]
pub struct Certificates(Arc<RwLock<Option<Shown>>>);

#[derive(Debug)]
struct Shown {
    key: Arc<CertifiedKey>,
    validity: Validity,
}

impl Certificates {
    /// Shows this certificate from now on; connections under way keep theirs.
    pub fn show(&self, certificate_pem: &[u8], key_pem: &[u8]) -> Result<Validity, CertificateError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate_pem)
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::NoCertificate)?;
        let validity = validity_of(chain.first().ok_or(CertificateError::NoCertificate)?)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| CertificateError::NoKey)?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(CertificateError::Unusable)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Shown { key: Arc::new(key), validity });
        Ok(validity)
    }

    pub fn validity(&self) -> Option<Validity> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|shown| shown.validity)
    }

    /// Answers handshakes; HTTP/2 is offered first.
    pub fn acceptor(&self) -> Result<TlsAcceptor, Failure> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(Failure::failed)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|shown| Arc::clone(&shown.key))
    }
}

fn validity_of(certificate: &CertificateDer<'_>) -> Result<Validity, CertificateError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::Damaged)?;
    let validity = parsed.validity();
    Ok(Validity { from_s: validity.not_before.timestamp(), until_s: validity.not_after.timestamp() })
}

/// A certificate and its key as somebody else keeps them fresh: certbot, an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What the two files hold.
#[derive(PartialEq, Eq)]
pub struct Held {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl CertificateFiles {
    fn read(&self) -> Result<Held, CertificateError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| CertificateError::Unreadable(path.display().to_string(), error))
        };
        Ok(Held { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    /// Shows what the files hold now, which must be good: a server without a certificate answers nobody.
    pub fn show(&self, certificates: &Certificates) -> Result<Held, CertificateError> {
        let held = self.read()?;
        certificates.show(&held.certificate, &held.key)?;
        Ok(held)
    }

    /// Shows what they hold whenever it changes. What cannot be used is told and not shown.
    pub async fn follow(self, certificates: Certificates, mut held: Held, mut hangups: Signal) {
        loop {
            tokio::select! {
                _ = hangups.recv() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            match self.read() {
                Ok(now) if now == held => {}
                Ok(now) => {
                    match certificates.show(&now.certificate, &now.key) {
                        Ok(validity) => tracing::info!(until_s = validity.until_s, "shows the certificate's new files"),
                        Err(error) => tracing::error!(%error, "the certificate's new files are not used"),
                    }
                    held = now;
                }
                Err(error) => tracing::error!(%error, "the certificate's files are not read; the old one stays"),
            }
        }
    }
}

/// SIGHUP, by which supervisors ask for a reload; from now on it ends nothing.
pub fn hangups() -> Result<Signal, Failure> {
    signal(SignalKind::hangup()).map_err(|error| Failure::failed(format!("signals cannot be received: {error}")))
}
