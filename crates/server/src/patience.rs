//! How long a connection may stay silent: long between requests, short within a request's head.
//!
//! hyper has one timer for both, set when it begins to wait for a head. This timer lets an idle connection live for
//! `IDLE`, which is longer than proxies keep theirs, and ends one whose head has begun and does not come to its end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::connection::Work;

/// nginx keeps its connections to us for 60 s: it, and not we, ends them.
pub const IDLE: Duration = Duration::from_secs(75);
/// A head that has begun must be here after one to two of these steps.
const HEAD_STEP: Duration = Duration::from_secs(5);
/// A peer that takes none of its answer for so long is gone, or means us ill.
const STALLED: Duration = Duration::from_secs(30);
/// How long a refused peer may go on sending before the socket is closed under it.
const LINGER: Duration = Duration::from_secs(2);

/// Whether bytes came since hyper last began to wait for a head.
#[derive(Clone, Default)]
pub struct Heard(Arc<AtomicBool>);

impl Heard {
    /// Bytes of a handshake are no head.
    pub fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Waits until bytes have come and no request came of them, be it that its head or HTTP/2's greeting stalls.
    pub async fn without(self, work: &Work) {
        loop {
            tokio::time::sleep(HEAD_STEP).await;
            if self.0.load(Ordering::Relaxed) {
                tokio::time::sleep(HEAD_STEP).await;
                if !work.has_begun() {
                    return;
                }
            }
            if work.has_begun() {
                return std::future::pending().await;
            }
        }
    }
}

/// A connection that notes when bytes come, gives up on a peer that takes none, and closes without losing an answer.
pub struct Watched {
    stream: TcpStream,
    heard: Heard,
    /// Runs while the peer takes nothing of what is written.
    stalled: Option<Pin<Box<tokio::time::Sleep>>>,
    /// Runs while the rest of a refused request is thrown away.
    lingering: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Watched {
    pub fn new(stream: TcpStream, heard: Heard) -> Self {
        Self { stream, heard, stalled: None, lingering: None }
    }

    /// Passes on what a write came to, and fails when the peer has taken nothing for `STALLED`.
    fn or_stalled<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
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
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.or_stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.or_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// A socket closed with unread bytes in it is reset, and the peer never sees the answer that refused them.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.lingering = Some(Box::pin(tokio::time::sleep(LINGER)));
            let mut first = [0; 1];
            let mut buffer = ReadBuf::new(&mut first);
            if Pin::new(&mut self.stream).poll_read(context, &mut buffer).is_pending() {
                return Poll::Ready(Ok(()));
            }
        }
        let mut scrap = [0; 16 * 1024];
        loop {
            let is_over = self.lingering.as_mut().is_none_or(|until| until.as_mut().poll(context).is_ready());
            let mut buffer = ReadBuf::new(&mut scrap);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && !is_over => {}
                Poll::Pending if !is_over => return Poll::Pending,
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// The timer handed to hyper for one connection.
pub struct Patience {
    heard: Heard,
    /// The bytes by which the protocol was told are those of the first head.
    is_first: AtomicBool,
}

impl Patience {
    pub fn new(heard: Heard) -> Self {
        Self { heard, is_first: AtomicBool::new(true) }
    }
}

impl Timer for Patience {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        if !self.is_first.swap(false, Ordering::Relaxed) {
            self.heard.forget();
        }
        Box::pin(Waiting {
            heard: self.heard.clone(),
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
