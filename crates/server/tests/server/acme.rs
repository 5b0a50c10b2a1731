//! Certificates from a real ACME authority for tests, Let's Encrypt's pebble: issued, renewed in time, and kept when the
//! authority fails.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use testkit::ports::free_port;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::running::{Data, Server, note_owner};
use crate::tls::{BOTH, Files, connect_as};

/// Long enough to start a server in, short enough to wait for.
const LIFE: Duration = Duration::from_secs(24);
const NAME: &str = "crm.example.com";

/// The authority, and the name server by which it finds every name on this machine.
struct Authority {
    pebble: Child,
    names: Child,
    directory: String,
    management: SocketAddr,
    own: CertificateDer<'static>,
    root_file: PathBuf,
}

impl Authority {
    fn start(folder: &Path, http_port: u16) -> Self {
        let (listen, management, names, names_management) = (free_port(), free_port(), free_port(), free_port());
        let files = Files::in_folder(folder);
        let own = files.renew();
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{listen}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": files.certificate,
            "privateKey": files.key,
            "httpPort": http_port,
            "tlsPort": 1,
            "certificateValidityPeriod": LIFE.as_secs(),
        }});
        let config_file = folder.join("pebble.json");
        std::fs::write(&config_file, config.to_string()).unwrap();
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).env("PEBBLE_VA_NOSLEEP", "1").stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        };
        let dns = format!("127.0.0.1:{names}");
        let manage_dns = format!("127.0.0.1:{names_management}");
        Self {
            names: run(
                "pebble-challtestsrv",
                &[
                    "-defaultIPv4",
                    "127.0.0.1",
                    "-defaultIPv6",
                    "",
                    "-dns01",
                    &dns,
                    "-http01",
                    "",
                    "-https01",
                    "",
                    "-tlsalpn01",
                    "",
                    "-management",
                    &manage_dns,
                ],
            ),
            pebble: run("pebble", &["-config", config_file.to_str().unwrap(), "-dnsserver", &dns]),
            directory: format!("https://localhost:{listen}/dir"),
            management: SocketAddr::from(([127, 0, 0, 1], management)),
            own,
            root_file: files.certificate,
        }
    }

    /// The root of what it issues; it makes a new one at each start.
    async fn root(&self) -> CertificateDer<'static> {
        for _ in 0..200 {
            if let Ok(mut stream) = connect_as("localhost", self.management, &self.own, &BOTH, b"http/1.1").await {
                stream.write_all(b"GET /roots/0 HTTP/1.0\r\nhost: localhost\r\n\r\n").await.unwrap();
                let mut answer = Vec::new();
                // The end may come without TLS's own farewell.
                let _ = stream.read_to_end(&mut answer).await;
                return CertificateDer::from_pem_slice(&answer).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("pebble does not answer");
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        for child in [&mut self.pebble, &mut self.names] {
            // Already ended where the test ended it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The certificate that is shown, when the root vouches for it.
async fn shown(address: SocketAddr, root: &CertificateDer<'static>) -> Option<CertificateDer<'static>> {
    let stream = connect_as(NAME, address, root, &BOTH, b"http/1.1").await.ok()?;
    Some(stream.get_ref().1.peer_certificates()?[0].clone().into_owned())
}

async fn wait_for<T>(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < within {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{what}: not within {within:?}");
}

#[tokio::test]
async fn a_certificate_is_issued_renewed_in_time_and_kept_when_the_authority_fails() {
    if std::env::var_os("ENTENTE_TEST_SKIP_PEBBLE").is_some() || Command::new("pebble").arg("-help").output().is_err() {
        eprintln!("SKIPPED: certificates by ACME; install the package pebble");
        return;
    }
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let (listen, http) = (format!("127.0.0.1:{}", free_port()), free_port());
    let mut authority = Authority::start(data.folder(), http);
    let root = authority.root().await;
    let http_listen = format!("127.0.0.1:{http}");
    let folder = data.folder().join("acme");
    let flags = [
        "--listen",
        &listen,
        "--http-listen",
        &http_listen,
        "--public-url",
        "https://crm.example.com",
        "--acme-contact",
        "ana@example.com",
        "--acme-directory",
        &authority.directory,
        "--acme-root",
        authority.root_file.to_str().unwrap(),
        "--acme-folder",
        folder.to_str().unwrap(),
    ];
    let mut server = Server::start_with(&data, &flags);
    let address = server.address;
    let first = wait_for("issued", Duration::from_secs(15), async || shown(address, &root).await).await;
    let issued = Instant::now();
    let second = wait_for("renewed", LIFE, async || shown(address, &root).await.filter(|now| *now != first)).await;
    let share = issued.elapsed().as_secs_f64() / LIFE.as_secs_f64();
    assert!((0.5..0.85).contains(&share), "renewed after {share:.2} of its life");
    assert!(server.log().is_empty(), "{:?}", server.log());
    authority.pebble.kill().unwrap();
    wait_for("told", LIFE, async || {
        server.log().iter().any(|line| line.contains("no new certificate; the old one stays")).then_some(())
    })
    .await;
    assert_eq!(shown(address, &root).await.unwrap(), second);
    assert_eq!(server.terminate(), Some(0));
    let server = Server::start_with(&data, &flags);
    assert_eq!(shown(server.address, &root).await.unwrap(), second, "a restart shows what was kept");
    for file in ["account.json", "certificate.pem"] {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.join(file)).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
