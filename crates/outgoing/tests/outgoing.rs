//! What goes out, to whom, and what it may cost: against real sockets of this machine.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use outgoing::{Client, Limits, Origin, Response, SendError, Trust};
use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd, generate_simple_self_signed};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const LIMITS: Limits = Limits { within: Duration::from_millis(500), size_bytes: 16 * 1024 };

/// Answers every connection with the same bytes, and counts them. Nothing to say is a hang.
struct Listener {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, bytes: &[u8]) {
    let mut buffer = [0; 4096];
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    if bytes.is_empty() {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    // The other side may have heard enough.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

async fn listen(bytes: Vec<u8>, tls: Option<TlsAcceptor>) -> Listener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let (bytes, tls) = (bytes.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, &bytes).await;
                        }
                    }
                    None => answer(stream, &bytes).await,
                }
            });
        }
    });
    Listener { address, connections }
}

/// Somebody to trust, for tests in plain text.
fn some_trust() -> (tempfile::TempDir, Trust) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    trust_in(&made.cert.pem())
}

fn trust_in(pem: &str) -> (tempfile::TempDir, Trust) {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("root.pem");
    std::fs::write(&file, pem).unwrap();
    let trust = Trust::of_file(&file).unwrap();
    (folder, trust)
}

async fn ask(home: &str, trust: &Trust, address: &str) -> Result<Response, SendError> {
    let client = Client::new(Origin::parse(home).unwrap(), trust.clone(), LIMITS);
    client.send(hyper::Request::get(address).body(Vec::new()).unwrap()).await
}

async fn ask_in_plain_text(bytes: Vec<u8>) -> Result<Response, SendError> {
    let listener = listen(bytes, None).await;
    let url = format!("http://{}/x?y=1", listener.address);
    ask(&url, &some_trust().1, &url).await
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn an_answer_comes_back_whole_and_a_redirect_is_an_answer() {
    let answer = ask_in_plain_text(ok("well")).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (200, b"well".as_slice()));
    let elsewhere = listen(ok("never"), None).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", elsewhere.address);
    assert_eq!(ask_in_plain_text(redirect.into_bytes()).await.unwrap().status(), 302);
    assert_eq!(elsewhere.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn time_and_size_have_an_end() {
    let large = "x".repeat(17 * 1024);
    assert!(matches!(ask_in_plain_text(ok(&large)).await, Err(SendError::TooLarge(_))));
    let endless = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        format!("400\r\n{}\r\n", "x".repeat(1024)).repeat(64)
    );
    assert!(matches!(ask_in_plain_text(endless.into_bytes()).await, Err(SendError::TooLarge(_))));
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert!(matches!(ask_in_plain_text(head.into_bytes()).await, Err(SendError::Http(_))));
    assert!(matches!(ask_in_plain_text(Vec::new()).await, Err(SendError::Late)));
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nx".to_vec();
    assert!(matches!(ask_in_plain_text(begun).await, Err(SendError::BrokenOff)));
    assert!(matches!(ask_in_plain_text(b"SSH-2.0\r\n".to_vec()).await, Err(SendError::Http(_))));
}

/// What an answer of a provider elsewhere may name never leads to this machine, to the link, or into plain text.
#[tokio::test]
async fn an_answer_from_elsewhere_leads_nobody_to_this_machine() {
    let canary = listen(ok("secret"), None).await;
    let port = canary.address.port();
    let (_folder, trust) = some_trust();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
    ] {
        for scheme in ["http", "https"] {
            let told = ask("https://login.example.com", &trust, &format!("{scheme}://{host}:{port}/")).await;
            assert!(
                matches!(told, Err(SendError::TooNear | SendError::Address(_) | SendError::Unknown(_))),
                "{scheme}://{host}: {told:?}"
            );
        }
    }
    for address in ["http://login.example.com/", "ftp://login.example.com/", "http://10.0.0.1/", "/"] {
        let told = ask("https://login.example.com", &trust, address).await;
        assert!(matches!(told, Err(SendError::Address(_))), "{address}: {told:?}");
    }
    assert_eq!(canary.connections.load(Ordering::SeqCst), 0);
}

/// A server with this certificate for what it is asked.
async fn secure(certificate: CertificateDer<'static>, key: &KeyPair) -> Listener {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    listen(ok("well"), Some(TlsAcceptor::from(Arc::new(config)))).await
}

#[tokio::test]
async fn who_is_vouched_for_by_name_and_in_time_is_spoken_to_and_nobody_else() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (_folder, trust) = trust_in(&cert.pem());
    let server = secure(cert.der().clone(), &signing_key).await;
    let port = server.address.port();
    let right = format!("https://localhost:{port}/");
    assert_eq!(ask(&right, &trust, &right).await.unwrap().body(), b"well");

    let other_name = format!("https://127.0.0.1:{port}/");
    let told = ask(&other_name, &trust, &other_name).await;
    assert!(matches!(told, Err(SendError::Tls(_))), "another name: {told:?}");
    let told = ask(&right, &some_trust().1, &right).await;
    assert!(matches!(told, Err(SendError::Tls(_))), "signed by himself: {told:?}");

    let mut past = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (past.not_before, past.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
    let key = KeyPair::generate().unwrap();
    let expired = past.self_signed(&key).unwrap();
    let (_folder, trust) = trust_in(&expired.pem());
    let server = secure(expired.der().clone(), &key).await;
    let address = format!("https://localhost:{}/", server.address.port());
    let told = ask(&address, &trust, &address).await;
    assert!(matches!(told, Err(SendError::Tls(_))), "expired: {told:?}");
}
