//! Whose certificates are believed.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use thiserror::Error;

/// TLS 1.2 and 1.3 with verified certificates; there is no other kind.
#[derive(Clone)]
pub struct Trust {
    pub(crate) http: Arc<ClientConfig>,
    /// The same without a word about what will be spoken inside.
    pub(crate) mail: Arc<ClientConfig>,
    /// Who is trusted, for a library that makes its own of it.
    pub(crate) authorities: Arc<[CertificateDer<'static>]>,
}

#[derive(Debug, Error)]
pub enum TrustError {
    #[error("{0}")]
    Unreadable(String),
    #[error("no certificate to trust was found on this system; name a file of them")]
    Nobody,
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl Trust {
    /// The authorities that this system trusts.
    ///
    /// # Errors
    /// [`TrustError`] when there are none.
    pub fn of_this_system() -> Result<Self, TrustError> {
        let is_usable = |found: &CertificateDer<'static>| RootCertStore::empty().add(found.clone()).is_ok();
        Self::in_authorities(rustls_native_certs::load_native_certs().certs.into_iter().filter(is_usable).collect())
    }

    /// The certificates of a PEM file and no others: for an authority of one's own.
    ///
    /// # Errors
    /// [`TrustError`] names the file that cannot be read.
    pub fn of_file(path: &Path) -> Result<Self, TrustError> {
        let unreadable = |error: &dyn std::fmt::Display| TrustError::Unreadable(format!("{}: {error}", path.display()));
        let mut authorities = Vec::new();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            RootCertStore::empty().add(certificate.clone()).map_err(|error| unreadable(&error))?;
            authorities.push(certificate);
        }
        Self::in_authorities(authorities)
    }

    fn in_authorities(authorities: Vec<CertificateDer<'static>>) -> Result<Self, TrustError> {
        if authorities.is_empty() {
            return Err(TrustError::Nobody);
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mail = versions.with_root_certificates(roots).with_no_client_auth();
        let mut http = mail.clone();
        http.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { http: Arc::new(http), mail: Arc::new(mail), authorities: authorities.into() })
    }
}
