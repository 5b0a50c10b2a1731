//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
}
