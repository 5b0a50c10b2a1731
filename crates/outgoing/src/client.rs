//! One request, one connection, one answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper::{Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::address::is_too_near;
use crate::origin::{BadOrigin, Origin};
use crate::trust::Trust;

pub type Request = hyper::Request<Vec<u8>>;
pub type Response = hyper::Response<Vec<u8>>;

/// What an answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the look-up of the name to the last byte.
    pub within: Duration,
    /// The body; a head has the same measure.
    pub size_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { within: Duration::from_secs(10), size_bytes: 64 * 1024 }
    }
}

/// Speaks to one home, and to what the home names, within limits.
#[derive(Clone)]
pub struct Client {
    home: Origin,
    trust: Trust,
    limits: Limits,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum SendError {
    #[error("the address is refused: {0}")]
    Address(#[from] BadOrigin),
    #[error("its name cannot be looked up: {0}")]
    Unknown(std::io::Error),
    #[error("its name leads to an address that only the settings may name")]
    TooNear,
    #[error("it cannot be reached: {0}")]
    Unreachable(std::io::Error),
    #[error("no secure connection came about: {0}")]
    Tls(std::io::Error),
    #[error("it does not speak HTTP as it should: {0}")]
    Http(#[from] hyper::Error),
    #[error("its answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("its answer broke off")]
    BrokenOff,
    #[error("it did not answer in time")]
    Late,
}

impl Client {
    pub fn new(home: Origin, trust: Trust, limits: Limits) -> Self {
        Self { home, trust, limits }
    }

    /// Sends one request and reads the whole answer, whatever its status: a redirect is not followed.
    ///
    /// # Errors
    /// [`SendError`] tells at which step it ended; never what was sent.
    pub async fn send(&self, request: Request) -> Result<Response, SendError> {
        tokio::time::timeout(self.limits.within, self.exchange(request)).await.unwrap_or(Err(SendError::Late))
    }

    async fn exchange(&self, request: Request) -> Result<Response, SendError> {
        let target = Origin::of(request.uri())?;
        let stream = self.connect(&target).await?;
        if !target.is_secure {
            return self.speak(stream, request).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|_| BadOrigin::Malformed)?;
        let stream = TlsConnector::from(self.trust.http.clone()).connect(name, stream).await.map_err(SendError::Tls)?;
        self.speak(stream, request).await
    }

    /// Connects to an address that was looked at, so that a name that leads elsewhere the next time gains nothing.
    async fn connect(&self, target: &Origin) -> Result<TcpStream, SendError> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await.map_err(SendError::Unknown)?;
        let allowed: Vec<SocketAddr> = found.filter(|address| self.may_reach(target, address.ip())).collect();
        if allowed.is_empty() {
            return Err(SendError::TooNear);
        }
        TcpStream::connect(&*allowed).await.map_err(SendError::Unreachable)
    }

    fn may_reach(&self, target: &Origin, address: IpAddr) -> bool {
        if !target.is_secure {
            // Plain text never leaves this machine, and never because of an answer from elsewhere.
            return !self.home.is_secure && address.to_canonical().is_loopback();
        }
        *target == self.home || !is_too_near(address)
    }

    async fn speak<S>(&self, stream: S, mut request: Request) -> Result<Response, SendError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        complete(&mut request)?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(self.limits.size_bytes.max(LEAST_BUFFER));
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        // The connection ends with this set, however this ends.
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let (head, body) = sender.send_request(request.map(|body| Full::new(Bytes::from(body)))).await?.into_parts();
        Ok(Response::from_parts(head, self.whole(body).await?))
    }

    async fn whole(&self, body: Incoming) -> Result<Vec<u8>, SendError> {
        let limit = self.limits.size_bytes;
        let collected = Limited::new(body, limit).collect().await.map_err(|error| match error {
            error if error.is::<LengthLimitError>() => SendError::TooLarge(limit),
            _ => SendError::BrokenOff,
        })?;
        Ok(collected.to_bytes().to_vec())
    }
}

/// hyper takes no smaller one.
const LEAST_BUFFER: usize = 8 * 1024;

/// What HTTP/1.1 asks of a request (RFC 9112, section 3.2): the path in its line, the host in a header.
fn complete(request: &mut Request) -> Result<(), SendError> {
    let authority = request.uri().authority().ok_or(BadOrigin::Malformed)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| BadOrigin::Malformed)?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path: Uri = path.parse().map_err(|_| BadOrigin::Malformed)?;
    *request.uri_mut() = path;
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(USER_AGENT, HeaderValue::from_static("Entente"));
    Ok(())
}
