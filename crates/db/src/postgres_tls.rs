//! TLS to PostgreSQL: who asks for it gets the server's certificate and name checked, whatever word he asked with.
//!
//! `sslmode` and `sslrootcert` of the URL are read here, because the client library knows no word that checks anything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ::postgres::config::SslMode;
use ::postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::DbError;

/// Where a database is, and how it is spoken to.
#[derive(Clone)]
pub struct Server {
    pub config: Config,
    /// Set when the URL asks for TLS.
    tls: Option<MakeRustlsConnect>,
    pub reach: Reach,
}

/// Who failed to connect a moment ago, and why: all connections of a database share it.
#[derive(Clone, Default)]
pub struct Reach(Arc<Mutex<Failures>>);

#[derive(Default)]
struct Failures {
    /// Those that are not forgotten yet.
    count: usize,
    newest: String,
}

/// Short beside the time in which a database that is back must be used again.
const FORGET_AFTER: Duration = Duration::from_secs(1);

impl Reach {
    /// Right after a failure nobody tries anew: whoever waits is told at once, instead of one after the other.
    pub fn check(&self) -> Result<(), DbError> {
        let failures = self.lock();
        if failures.count == 0 { Ok(()) } else { Err(DbError::Unavailable { message: failures.newest.clone() }) }
    }

    pub fn note(&self, failure: &DbError) {
        let mut failures = self.lock();
        failures.newest = failure.to_string();
        let later = self.clone();
        // Without a thread to forget it, it is not noted: the next one tries anew.
        let forgetting = thread::Builder::new().name("db-reach".to_owned()).spawn(move || {
            thread::sleep(FORGET_AFTER);
            later.lock().count -= 1;
        });
        failures.count += usize::from(forgetting.is_ok());
    }

    fn lock(&self) -> MutexGuard<'_, Failures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Reads a `postgres://` URL.
    pub fn parse(url: &str) -> Result<Self, DbError> {
        let asked = Asked::of(url)?;
        let mut config: Config =
            asked.url.parse().map_err(|error| unusable(format!("malformed database URL: {error}")))?;
        let tls = if asked.wants_tls { Some(MakeRustlsConnect::new(client(asked.roots.as_deref())?)) } else { None };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls, reach: Reach::default() })
    }

    pub fn connect(&self) -> Result<Client, ::postgres::Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }
}

/// What a URL says of TLS, and the URL without it.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    url: String,
    wants_tls: bool,
    /// A file of certificates to trust in place of the system's.
    roots: Option<String>,
}

impl Asked {
    fn of(url: &str) -> Result<Self, DbError> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut asked = Self { url: place.to_owned(), wants_tls: false, roots: None };
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "disable")) => asked.wants_tls = false,
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => asked.wants_tls = true,
                Some(("sslmode", other)) => return Err(unusable(not_a_mode(other))),
                Some(("sslrootcert", path)) => asked.roots = Some(decoded(path)),
                _ => rest.push(pair),
            }
        }
        if !rest.is_empty() {
            asked.url = format!("{place}?{}", rest.join("&"));
        }
        Ok(asked)
    }
}

/// The other words of PostgreSQL's own client go on in plain text when TLS does not come about, and tell nobody.
fn not_a_mode(word: &str) -> String {
    format!("sslmode is {word:?} in the database URL; write verify-full for TLS, or disable for none")
}

fn unusable(message: String) -> DbError {
    DbError::Unavailable { message }
}

/// `%2F` and the like in the value of a query (RFC 3986, section 2.1).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn client(roots: Option<&str>) -> Result<ClientConfig, DbError> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Some(path) => {
            let unreadable = |error: &dyn std::fmt::Display| unusable(format!("sslrootcert {path}: {error}"));
            let file = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in file {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                trusted.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
        None => {
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if trusted.is_empty() {
        return Err(unusable("no certificate to trust was found; name a file of them with sslrootcert=…".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| unusable(error.to_string()))?;
    Ok(builder.with_root_certificates(trusted).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(url: &str, expected: (&str, bool, Option<&str>)) {
        let asked = Asked::of(url).unwrap();
        assert_eq!((asked.url.as_str(), asked.wants_tls, asked.roots.as_deref()), expected, "{url}");
    }

    #[test]
    fn every_word_that_asks_for_tls_asks_for_all_of_it() {
        let plain = "postgres://crm@db.example.com/crm";
        check(plain, (plain, false, None));
        check(&format!("{plain}?sslmode=disable"), (plain, false, None));
        for word in ["require", "verify-ca", "verify-full"] {
            check(&format!("{plain}?sslmode={word}"), (plain, true, None));
        }
        let other = format!("{plain}?connect_timeout=3&sslmode=verify-full&sslrootcert=%2Fetc%2Fa%20b.pem&x=1");
        check(&other, (&format!("{plain}?connect_timeout=3&x=1"), true, Some("/etc/a b.pem")));
    }

    #[test]
    fn a_word_that_would_go_on_in_plain_text_is_refused() {
        for word in ["prefer", "allow", "", "Verify-Full"] {
            let error = Asked::of(&format!("postgres://x/y?sslmode={word}")).unwrap_err();
            assert!(error.to_string().contains("verify-full"), "{word}: {error}");
        }
    }

    #[test]
    fn a_file_of_no_certificates_is_told() {
        let told = |path: &str| Server::parse(&format!("postgres://x/y?sslmode=verify-full&sslrootcert={path}"));
        assert!(told("no-such-file.pem").err().unwrap().to_string().contains("no-such-file.pem"));
        assert!(told("Cargo.toml").err().unwrap().to_string().contains("no certificate"));
    }

    #[test]
    fn after_a_failed_connection_whoever_comes_is_told_why_and_a_moment_later_may_try() {
        let reach = Reach::default();
        assert!(reach.check().is_ok());
        reach.note(&DbError::Unavailable { message: "one".to_owned() });
        let failed = DbError::Unavailable { message: "two".to_owned() };
        reach.note(&failed);
        assert!(reach.clone().check().unwrap_err().to_string().contains("two"));
        while reach.check().is_err() {
            thread::park_timeout(Duration::from_millis(10));
        }
        assert_eq!(reach.lock().count, 0);
    }
}
