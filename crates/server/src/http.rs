//! The accept loop: bounded connections, bounded heads, bounded time, and an end that finishes what was begun.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crm::kernel::Problem;

use crate::connection::{Connections, Place};
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::patience::{Heard, Patience, Watched};
use crate::shutdown::{Ending, ended};

/// A head is the request line and its headers; larger ones are refused with 431.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 100;
/// From a request's head to its answer, its body included.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// After a failed accept (no file left) the next try waits.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// The router on a socket.
#[derive(Clone)]
pub struct Front {
    pub router: Router,
    pub trusted_proxies: Vec<IpAddr>,
    pub metrics: Metrics,
    pub connections: Connections,
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
pub async fn serve(front: Front, listener: TcpListener, mut ending: Ending, grace: Duration) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ended(&mut ending) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // A connection beyond the limits is closed at once: it costs nothing and nobody waits.
                let Some(place) = front.connections.admit(peer.ip(), &front.trusted_proxies) else { continue };
                speak(front.clone(), stream, peer, place, &graceful);
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

fn speak(front: Front, stream: TcpStream, peer: SocketAddr, place: Place, graceful: &GracefulShutdown) {
    // Without it answers wait for the acknowledgement of the one before; a socket that refuses is merely slower.
    let _ = stream.set_nodelay(true);
    let heard = Heard::default();
    let service = service_fn(move |request| answer(front.clone(), peer, request));
    let connection = http1::Builder::new()
        .timer(Patience(heard.clone()))
        .header_read_timeout(ANSWER_WITHIN)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Watched { stream, heard }), service);
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        // Peers hang up in the middle of anything: that is no news.
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}

async fn answer(front: Front, peer: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let served = tokio::time::timeout(ANSWER_WITHIN, front.router.oneshot(request)).await;
    let response = match served {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => {
            let detail = "the request took too long to arrive or to answer; send it again";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail).into_response()
        }
    };
    front.metrics.count_request(response.status());
    Ok(response)
}
