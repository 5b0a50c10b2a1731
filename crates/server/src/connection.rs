//! How many connections there may be, in all and from one address, and which of them are at work.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

/// Each costs some 20 kB while it is served; files stay free for the database.
const MAX_CONNECTIONS: usize = 4_096;
/// A browser opens six, a busy client library some dozens.
const MAX_PER_ADDRESS: usize = 256;

#[derive(Clone, Default)]
pub struct Connections(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One admitted connection; its place is free again when this is dropped.
pub struct Place {
    connections: Connections,
    address: IpAddr,
}

impl Connections {
    /// A place for one more, or none. A trusted proxy speaks for many and is only held by the total.
    pub fn admit(&self, address: IpAddr, trusted_proxies: &[IpAddr]) -> Option<Place> {
        let mut open = self.lock();
        let from_here = open.by_address.get(&address).copied().unwrap_or(0);
        let is_proxy = trusted_proxies.contains(&address.to_canonical());
        if open.total >= MAX_CONNECTIONS || (from_here >= MAX_PER_ADDRESS && !is_proxy) {
            return None;
        }
        open.total += 1;
        *open.by_address.entry(address).or_default() += 1;
        Some(Place { connections: self.clone(), address })
    }

    pub fn count(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// The requests that one connection has under way.
#[derive(Clone)]
pub struct Work(Arc<Mutex<UnderWay>>);

struct UnderWay {
    has_begun: bool,
    requests: usize,
    /// Since when there is none; counts only then.
    idle_since: Instant,
}

impl Default for Work {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(UnderWay { has_begun: false, requests: 0, idle_since: Instant::now() })))
    }
}

impl Work {
    /// One more request, until what is answered is dropped.
    pub fn begin(&self) -> Job {
        let mut under_way = self.lock();
        under_way.has_begun = true;
        under_way.requests += 1;
        drop(under_way);
        Job(self.clone())
    }

    /// Whether there was ever a request.
    pub fn has_begun(&self) -> bool {
        self.lock().has_begun
    }

    /// Waits until nothing was under way for so long.
    pub async fn is_idle_for(&self, longest: Duration) {
        loop {
            let quiet = match &*self.lock() {
                UnderWay { requests: 0, idle_since, .. } => idle_since.elapsed(),
                _ => Duration::ZERO,
            };
            let Some(left) = longest.checked_sub(quiet).filter(|left| !left.is_zero()) else { return };
            tokio::time::sleep(left).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Job(Work);

impl Drop for Job {
    fn drop(&mut self) {
        let mut work = self.0.lock();
        work.requests -= 1;
        work.idle_since = Instant::now();
    }
}

/// An answer's body; its request is under way until the last of it is sent.
pub struct Answering {
    body: Body,
    _job: Job,
}

impl Answering {
    pub fn new(body: Body, job: Job) -> Self {
        Self { body, _job: job }
    }
}

impl hyper::body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        hyper::body::Body::poll_frame(Pin::new(&mut self.body), context)
    }

    fn is_end_stream(&self) -> bool {
        hyper::body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        hyper::body::Body::size_hint(&self.body)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_address_gets_its_share_and_a_closed_connection_makes_room() {
        let connections = Connections::default();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let mut places: Vec<Place> = (0..MAX_PER_ADDRESS).map(|_| connections.admit(one, &[]).unwrap()).collect();
        assert!(connections.admit(one, &[]).is_none());
        assert!(connections.admit(one, &[one]).is_some());
        assert!(connections.admit(other, &[]).is_some());
        places.pop();
        assert!(connections.admit(one, &[]).is_some());
        drop(places);
        assert_eq!((connections.count(), connections.lock().by_address.len()), (0, 0));
    }

    #[tokio::test]
    async fn a_connection_is_idle_only_while_nothing_is_under_way() {
        let work = Work::default();
        let job = work.begin();
        let waiting = work.is_idle_for(Duration::from_millis(20));
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(60), waiting.as_mut()).await.is_err());
        drop(job);
        waiting.await;
    }
}
