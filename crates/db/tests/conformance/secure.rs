//! TLS to PostgreSQL: only the right server, by the right name, at the right time, vouched for by who is trusted.

use std::path::PathBuf;

use db::{Db, DbError};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::{STEPS, databases, postgres_server::PrivateServer};

/// An authority, and the file by which it is trusted.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
    _folder: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, parameters.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(parameters, key), file, _folder: folder }
    }

    /// A server whose certificate bears this name and is valid until the end of this year.
    fn server(&self, name: &str, until: i32) -> PrivateServer {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        PrivateServer::start_with_tls(&certificate.pem(), &key.serialize_pem()).unwrap()
    }
}

fn opened(server: &str, authority: &Authority, mode: &str) -> Result<Db, DbError> {
    let roots = authority.file.display();
    Db::open_postgres(&format!("{server}?sslmode={mode}&sslrootcert={roots}"), STEPS)
}

/// Refused, with these words of the reason, whatever word asked for TLS.
fn check_refused(server: &str, authority: &Authority, reason: &str) {
    for mode in ["require", "verify-ca", "verify-full"] {
        match opened(server, authority, mode) {
            Err(DbError::Unavailable { message }) => assert!(message.contains(reason), "{mode}: {message}"),
            Err(error) => panic!("{mode}: {error}"),
            Ok(_) => panic!("{mode}: a connection that must not be"),
        }
    }
}

#[test]
fn only_the_server_that_is_vouched_for_by_name_and_in_time_is_spoken_to() {
    if databases::is_postgres_skipped() {
        return;
    }
    let (trusted, stranger) = (Authority::new("Trusted"), Authority::new("Stranger"));
    let right = trusted.server("127.0.0.1", 2099);
    let db = opened(right.url(), &trusted, "verify-full").unwrap();
    db.close_blocking();
    check_refused(right.url(), &stranger, "UnknownIssuer");
    check_refused(&right.url().replace("127.0.0.1", "localhost"), &trusted, "not valid for name");
    check_refused(trusted.server("127.0.0.1", 2021).url(), &trusted, "expired");
    check_refused(trusted.server("db.example.com", 2099).url(), &trusted, "not valid for name");
    let plain = PrivateServer::start().unwrap();
    check_refused(plain.url(), &trusted, "TLS");
}
