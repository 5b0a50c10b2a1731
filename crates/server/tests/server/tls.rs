//! TLS as clients meet it: versions, HTTP/2 by ALPN, exchange of the certificate, and the way from http to https.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use testkit::ports::free_port;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::running::{Data, Server, exchange, note_owner};

/// A certificate for localhost and its key, in files.
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    pub fn in_folder(folder: &Path) -> Self {
        Self { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
    }

    /// Writes a new one and answers it.
    pub fn renew(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&self.key, signing_key.serialize_pem()).unwrap();
        std::fs::write(&self.certificate, cert.pem()).unwrap();
        cert.der().clone()
    }

    fn flags(&self) -> [&str; 4] {
        ["--tls-certificate", self.certificate.to_str().unwrap(), "--tls-key", self.key.to_str().unwrap()]
    }
}

async fn connect(
    server: &Server,
    trusted: &CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    connect_as("localhost", server.address, trusted, versions, protocol).await
}

/// Asks for this name and believes who is vouched for by the trusted certificate.
pub async fn connect_as(
    name: &'static str,
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream).await
}

pub const BOTH: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let (mut answer, mut buffer) = (String::new(), [0; 4096]);
    while !answer.contains("\r\n\r\n") || answer.ends_with("\r\n\r\n") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    answer
}

/// A server with a fresh certificate.
fn serve(data: &Data, more: &[&str]) -> (Server, Files, CertificateDer<'static>) {
    data.set_up();
    note_owner(data);
    let files = Files::in_folder(data.folder());
    let certificate = files.renew();
    let server = Server::start_with(data, &[&files.flags(), more].concat());
    (server, files, certificate)
}

#[tokio::test]
async fn both_versions_of_tls_carry_both_versions_of_http() {
    let data = Data::sqlite();
    let (server, _files, certificate) = serve(&data, &[]);
    for version in BOTH {
        let mut stream = connect(&server, &certificate, &[version], b"http/1.1").await.unwrap();
        let answer = ask(&mut stream, "/sign-in").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = answer.to_lowercase();
        assert!(answer.contains("strict-transport-security: max-age=63072000; includesubdomains"), "{answer}");
        let stream = connect(&server, &certificate, &[version], b"h2").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = axum::http::Request::get("https://localhost/healthz").body(()).unwrap();
        let answer = client.send_request(request, true).unwrap().0.await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert!(connect(&server, &certificate, &BOTH, b"smtp").await.is_err());
    // Plain HTTP on the port of TLS gets no answer and hangs nowhere.
    assert!(exchange(server.address, b"GET / HTTP/1.1\r\nhost: t\r\n\r\n").is_err());
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_dropping_connections_and_a_bad_one_is_not() {
    let data = Data::sqlite();
    let (mut server, files, first) = serve(&data, &[]);
    let mut open = connect(&server, &first, &BOTH, b"http/1.1").await.unwrap();
    assert!(ask(&mut open, "/healthz").await.contains("200 OK"));
    let second = files.renew();
    server.signal("HUP");
    let mut renewed = false;
    for _ in 0..100 {
        renewed = connect(&server, &second, &BOTH, b"http/1.1").await.is_ok();
        if renewed {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(renewed, "the new certificate is not shown: {:?}", server.log());
    assert!(connect(&server, &first, &BOTH, b"http/1.1").await.is_err());
    assert!(ask(&mut open, "/healthz").await.contains("200 OK"));
    std::fs::write(&files.key, "nonsense").unwrap();
    server.signal("HUP");
    for _ in 0..100 {
        if server.log().iter().any(|line| line.contains("new files are not used")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        server.log().iter().any(|line| line.contains("the key file holds no PEM private key")),
        "{:?}",
        server.log()
    );
    assert!(connect(&server, &second, &BOTH, b"http/1.1").await.is_ok());
    drop(open);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn files_that_cannot_work_are_refused_at_the_start_with_the_reason() {
    let data = Data::sqlite();
    let files = Files::in_folder(data.folder());
    files.renew();
    let mine = std::fs::read(&files.key).unwrap();
    files.renew();
    std::fs::write(&files.key, mine).unwrap();
    let refused = |flags: &[&str]| {
        let output = data.run(&[&["serve", "--listen", "127.0.0.1:0"], flags].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = refused(&files.flags());
    assert!(code == Some(2) && told.contains("certificate and key cannot be used together"), "{told}");
    let (code, told) = refused(&["--tls-certificate", "missing.pem", "--tls-key", "missing.pem"]);
    assert!(code == Some(2) && told.contains("missing.pem cannot be read"), "{told}");
}

#[tokio::test]
async fn plain_http_leads_to_the_public_address_whatever_host_is_named() {
    let data = Data::sqlite();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let (server, _files, _) = serve(&data, &["--http-listen", &listen]);
    let request = b"POST /people?q=a HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let answer = exchange(listen.parse().unwrap(), request).unwrap();
    assert_eq!((answer.status, answer.header("location")), (308, format!("https://{}/people?q=a", server.address)));
}
