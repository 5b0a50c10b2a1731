//! Where a request came from: the peer, or what a trusted proxy says of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Put into every request's extensions. `None` when the request came over no network (tests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// The last address of `X-Forwarded-For` (all its lines, joined) that no trusted proxy wrote of another trusted
    /// proxy. A peer that is no trusted proxy may write what it likes: it is not read.
    pub fn of(peer: Option<IpAddr>, forwarded_for: &str, trusted: &[IpAddr]) -> Self {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return Self(None) };
        let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == *address);
        let mut nearest = peer;
        for hop in forwarded_for.rsplit(',').take(MAX_HOPS) {
            if !is_trusted(&nearest) {
                break;
            }
            match parse_hop(hop) {
                Some(address) => nearest = address,
                None => break,
            }
        }
        Self(Some(nearest))
    }

    /// Programs beside the server, and calls that came over no network.
    pub fn is_this_machine(self) -> bool {
        self.0.is_none_or(|address| address.is_loopback())
    }

    /// The network of the address, /24 or /48: how strangers are told apart, and never finer.
    pub fn network(self) -> String {
        match self.0 {
            None => "local".to_owned(),
            Some(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                format!("{}/24", Ipv4Addr::new(a, b, c, 0))
            }
            Some(IpAddr::V6(address)) => {
                let [a, b, c, ..] = address.segments();
                format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        }
    }
}

/// More proxies than anybody chains; the header's length is the client's choice.
const MAX_HOPS: usize = 16;

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address: Option<IpAddr> = hop.parse().ok();
    let with_port = || hop.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(peer: &str, forwarded_for: &str, expected: &str) {
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let address = ClientAddress::of(Some(peer.parse().unwrap()), forwarded_for, &trusted);
        assert_eq!(address, ClientAddress(Some(expected.parse().unwrap())), "{peer} {forwarded_for:?}");
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        check("203.0.113.7", "", "203.0.113.7");
        check("203.0.113.7", "198.51.100.1", "203.0.113.7");
        check("10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("::ffff:10.0.0.1", "198.51.100.1:5000", "198.51.100.1");
        check("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1");
    }

    #[test]
    fn what_a_client_wrote_before_the_proxies_is_not_believed() {
        check("10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "127.0.0.1, 198.51.100.1, 10.0.0.2", "198.51.100.1");
        check("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1");
        check("10.0.0.1", "", "10.0.0.1");
    }

    #[test]
    fn a_network_is_never_finer_than_24_or_48_bits() {
        let network = |text: &str| ClientAddress(Some(text.parse().unwrap())).network();
        assert_eq!(network("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
        assert_eq!(ClientAddress(None).network(), "local");
    }
}
