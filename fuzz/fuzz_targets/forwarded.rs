//! `X-Forwarded-For`: believed from trusted proxies, and never finer than a network.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use crm::workspaces::ClientAddress;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: ([u8; 4], &str)| {
    let (peer, line) = (IpAddr::V4(Ipv4Addr::from(input.0)), input.1);
    let alone = ClientAddress::of(Some(peer), line, &[]);
    assert_eq!(alone, ClientAddress(Some(peer)), "nobody vouches for the header");
    let network = ClientAddress::of(Some(peer), line, &[peer, IpAddr::V4(Ipv4Addr::LOCALHOST)]).network();
    assert!(network.ends_with("/24") || network.ends_with("/48"));
});
