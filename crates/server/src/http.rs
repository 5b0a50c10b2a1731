//! The accept loop: bounded connections, bounded heads, bounded time, and an end that finishes what was begun.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crm::kernel::{Ending, Problem};

use crate::connection::{Answering, Connections, Job, Place, Work};
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::patience::{Heard, IDLE, Patience, Watched};
use crate::upload::{GivenUp, Upload};

/// A head is the request line and its headers; larger ones are refused with 431.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 100;
/// Requests of one HTTP/2 connection at a time; browsers make some dozens.
const MAX_STREAMS: u32 = 100;
/// What a peer may send ahead of being read, and what is kept for a peer that reads slowly, each for one stream.
const WINDOW_BYTES: u32 = 256 * 1024;
/// Streams that a peer opens and resets before they are taken; beyond it the connection ends ("rapid reset").
const MAX_RESETS: usize = 20;
/// Tells dead HTTP/2 peers from silent ones.
const PING_EVERY: Duration = Duration::from_secs(20);
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// From a request's head to its answer, its body included.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// After a failed accept (no file left) the next try waits.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// The router on a socket.
#[derive(Clone)]
pub struct Front {
    pub router: Router,
    pub wire: Wire,
    pub trusted_proxies: Vec<IpAddr>,
    pub metrics: Metrics,
    pub connections: Connections,
    /// While it is near, answers ask callers to come back on another connection.
    pub ending: Ending,
}

/// How bytes travel.
#[derive(Clone)]
pub enum Wire {
    Plain,
    Tls(TlsAcceptor),
}

/// A listening socket, and the address it got.
pub async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(format!("cannot listen on {address}: {error}; choose another with --listen"))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves until the end is announced; then finishes what was begun, for at most `grace`.
pub async fn serve(front: Front, listener: TcpListener, ending: Ending, grace: Duration) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.announced() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // A connection beyond the limits is closed at once: it costs nothing and nobody waits.
                let Some(place) = front.connections.admit(peer.ip(), &front.trusted_proxies) else { continue };
                tokio::spawn(attend(front.clone(), stream, peer, place, graceful.watcher()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::info!("some connections were still open at the end of the grace period and were closed");
    }
}

/// One connection from its first byte to its last.
async fn attend(front: Front, stream: TcpStream, peer: SocketAddr, place: Place, watcher: Watcher) {
    // Without it answers wait for the acknowledgement of the one before; a socket that refuses is merely slower.
    let _ = stream.set_nodelay(true);
    let heard = Heard::default();
    let stream = Watched::new(stream, heard.clone());
    let ended = match front.wire.clone() {
        Wire::Plain => converse(front, stream, peer, heard, watcher).await,
        Wire::Tls(acceptor) => match tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                heard.forget();
                converse(front, stream, peer, heard, watcher).await
            }
            Ok(Err(error)) => Err(error.into()),
            Err(late) => Err(late.into()),
        },
    };
    // Peers hang up in the middle of anything: that is no news.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(place);
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// HTTP/1.1, or HTTP/2 when the peer begins with its preface, as it does after agreeing on it by ALPN.
async fn converse<S>(front: Front, stream: S, peer: SocketAddr, heard: Heard, watcher: Watcher) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let work = Work::default();
    let begun = work.clone();
    let service = service_fn(move |request| answer(front.clone(), peer, begun.begin(), request));
    let builder = protocols(heard.clone());
    let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection => ended,
        () = work.is_idle_for(IDLE) => Ok(()),
        () = heard.without(&work) => Ok(()),
    }
}

fn protocols(heard: Heard) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(Patience::new(heard))
        .header_read_timeout(ANSWER_WITHIN)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(2 * WINDOW_BYTES)
        .max_send_buf_size(WINDOW_BYTES as usize)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}

async fn answer(front: Front, peer: SocketAddr, job: Job, request: Request<Incoming>) -> Result<Response, Infallible> {
    let is_http1 = request.version() <= Version::HTTP_11;
    // Where the length is told in two ways a proxy before us may have read another one: nothing after it is believed.
    let is_ambiguous = is_http1 && request.headers().contains_key(TRANSFER_ENCODING);
    let refusal = refuse_head(&request);
    let ends_connection = is_http1 && (is_ambiguous || refusal.is_some());
    let given_up = GivenUp::default();
    let mut response = match refusal {
        Some(problem) => problem.into_response(),
        None => pass_on(&front, peer, &given_up, request).await,
    };
    if given_up.is_set() {
        response = too_slow();
    }
    // After these the rest of the body is not waited for.
    let is_cut_off = matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE);
    let is_last = ends_connection || is_cut_off || front.ending.is_leaving();
    if is_http1 && is_last {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    front.metrics.count_request(response.status());
    Ok(response.map(|body| Body::new(Answering::new(body, job))))
}

/// What hyper lets pass: it counts bytes alone in HTTP/2, and does not ask HTTP/1.1 for the one host it must name.
fn refuse_head(request: &Request<Incoming>) -> Option<Problem> {
    if request.headers().len() > MAX_HEADERS {
        let detail = format!("a request has at most {MAX_HEADERS} headers");
        return Some(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_headers", detail));
    }
    let hosts = request.headers().get_all(HOST).iter().count();
    let is_named_once = hosts == 1 || (request.version() != Version::HTTP_11 && hosts == 0);
    (!is_named_once).then(|| Problem::bad_request("bad_host", "a request names its host once"))
}

async fn pass_on(front: &Front, peer: SocketAddr, given_up: &GivenUp, request: Request<Incoming>) -> Response {
    let mut request = request.map(|body| Body::new(Upload::new(body, given_up.clone())));
    request.extensions_mut().insert(ConnectInfo(peer));
    match tokio::time::timeout(ANSWER_WITHIN, front.router.clone().oneshot(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => too_slow(),
    }
}

fn too_slow() -> Response {
    let detail = "the request took too long to arrive or to answer; send it again";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail).into_response()
}
