//! Addresses that nobody but the administrator may send us to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is this machine, its link (where clouds answer with their secrets), nobody or everybody. Networks
/// of a company are not among them: that is where its own identity provider stands.
pub fn is_too_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_too_near_v4(address),
        IpAddr::V6(address) => is_too_near_v6(address),
    }
}

fn is_too_near_v4(address: Ipv4Addr) -> bool {
    address.octets()[0] == 0
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
}

fn is_too_near_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local()
        || carried(address).is_some_and(is_too_near_v4)
}

/// The IPv4 address inside one of IPv6: 6to4 (RFC 3056), NAT64 (RFC 6052), and the old compatible form.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x2002, high, low, ..] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_machine_and_its_link_are_too_near_in_every_spelling() {
        for near in [
            "127.0.0.1",
            "127.255.0.3",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "64:ff9b::7f00:1",
            "64:ff9b::169.254.169.254",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(is_too_near(near.parse().unwrap()), "{near}");
        }
        for elsewhere in ["10.0.0.1", "192.168.1.9", "203.0.113.5", "2001:db8::1", "64:ff9b::203.0.113.5", "fd00::1"] {
            assert!(!is_too_near(elsewhere.parse().unwrap()), "{elsewhere}");
        }
    }
}
