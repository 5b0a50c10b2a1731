//! Ports for programs that a test starts.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// First port and number of ports. They lie below what Linux gives to connections (`ip_local_port_range`): a program that
/// is ended on its port finds it free when it comes back.
const PORTS: (u16, u16) = (10_000, 22_000);

static ASKED: AtomicU32 = AtomicU32::new(0);

/// Where nobody listens now. Each process begins elsewhere and goes on from there.
pub fn free_port() -> u16 {
    let (first, count) = PORTS;
    loop {
        let asked = process::id().wrapping_mul(61).wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed));
        #[expect(clippy::cast_possible_truncation, reason = "the rest of a division by a u16 is one")]
        let port = first + (asked % u32::from(count)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
