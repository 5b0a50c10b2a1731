//! How long a connection may stay silent: long between requests, short within a request's head.
//!
//! hyper has one timer for both, set when it begins to wait for a head. This timer lets an idle connection live for
//! `IDLE`, which is longer than proxies keep theirs, and ends one whose head has begun and does not come to its end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// nginx keeps its connections to us for 60 s: it, and not we, ends them.
const IDLE: Duration = Duration::from_secs(75);
/// A head that has begun must be here after one to two of these steps.
const HEAD_STEP: Duration = Duration::from_secs(5);

/// Whether bytes came since hyper last began to wait for a head.
#[derive(Clone, Default)]
pub struct Heard(Arc<AtomicBool>);

/// A connection that notes when bytes come.
pub struct Watched {
    pub stream: TcpStream,
    pub heard: Heard,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.0.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The timer handed to hyper for one connection.
pub struct Patience(pub Heard);

impl Timer for Patience {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        self.0.0.store(false, Ordering::Relaxed);
        Box::pin(Waiting {
            heard: self.0.clone(),
            idle_until: Instant::now() + IDLE,
            has_begun: false,
            step: Box::pin(tokio::time::sleep(HEAD_STEP)),
        })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }
}

/// The wait for one head.
struct Waiting {
    heard: Heard,
    idle_until: Instant,
    /// The head had begun at the last step.
    has_begun: bool,
    step: Pin<Box<tokio::time::Sleep>>,
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        while self.step.as_mut().poll(context).is_ready() {
            if self.has_begun || Instant::now() >= self.idle_until {
                return Poll::Ready(());
            }
            self.has_begun = self.heard.0.load(Ordering::Relaxed);
            let next = tokio::time::Instant::now() + HEAD_STEP;
            self.step.as_mut().reset(next);
        }
        Poll::Pending
    }
}
