//! The line to a relay: a socket that hands on what it reads one line at a time.
//!
//! Whoever sits between could put answers of his own behind the one to STARTTLS, to be believed once the line is secret
//! ("NO STARTTLS", USENIX Security 2021). What was not asked for yet stays here: it meets the TLS handshake, which fails.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, ReadBuf};

/// Reads up to the end of a line and no further.
pub(crate) struct LineByLine<S> {
    stream: BufReader<S>,
    peer: SocketAddr,
}

impl<S: AsyncRead + AsyncWrite + Unpin> LineByLine<S> {
    pub fn new(stream: S, peer: SocketAddr) -> Self {
        Self { stream: BufReader::new(stream), peer }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for LineByLine<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = Pin::new(&mut self.stream);
        let held = ready!(stream.as_mut().poll_fill_buf(context))?;
        let line = held.iter().position(|byte| *byte == b'\n').map_or(held.len(), |end| end + 1);
        let taken = line.min(buffer.remaining());
        buffer.put_slice(&held[..taken]);
        stream.consume(taken);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for LineByLine<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self.stream.get_mut()).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_shutdown(context)
    }
}

impl<S> fmt::Debug for LineByLine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a line to {}", self.peer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> AsyncTokioStream for LineByLine<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
