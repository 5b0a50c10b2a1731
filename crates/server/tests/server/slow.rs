//! Clients that take their time: each is let go when it must be, and the others do not notice.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::running::{Data, Server, get};

/// Sends the beginning, then one byte of the rest at a time; what came back, and after how long the server closed.
fn drip(address: SocketAddr, beginning: &str, rest: &str, every: Duration) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(beginning.as_bytes()).unwrap();
    stream.set_read_timeout(Some(every)).unwrap();
    let (mut answer, mut buffer) = (String::new(), [0; 4096]);
    let mut drops = rest.bytes();
    while begun.elapsed() < Duration::from_secs(30) {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.push_str(&String::from_utf8_lossy(&buffer[..read])),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if let Some(drop) = drops.next()
                    && stream.write_all(&[drop]).is_err()
                {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    (answer, begun.elapsed())
}

#[test]
fn slow_heads_and_bodies_are_let_go_while_others_are_served() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let address = server.address;
    let body = "POST /v1/track HTTP/1.1\r\nhost: t\r\ncontent-length: 100\r\n\r\n";
    let long = "x".repeat(200);
    let slow: [(&str, &str, &str, u64, &str); 5] = [
        ("a head that stalls", "GET / HTTP/1.1\r\nhost: t\r\nx-a: ", "", 12, ""),
        ("a head that drips", "GET / HTTP/1.1\r\nhost: t\r\nx-a: ", &long, 12, ""),
        ("a body that never comes", body, "", 13, "HTTP/1.1 408"),
        ("a body that stalls", &format!("{body}{{"), "", 13, "HTTP/1.1 408"),
        ("a preface that stops", "PRI * HTTP/2.0\r\n", "", 12, ""),
    ];
    thread::scope(|scope| {
        for (name, beginning, rest, within_s, expected) in slow {
            scope.spawn(move || {
                let (answer, took) = drip(address, beginning, rest, Duration::from_millis(500));
                assert!(took <= Duration::from_secs(within_s), "{name}: {took:?}");
                assert!(answer.starts_with(expected) && answer.is_empty() == expected.is_empty(), "{name}: {answer}");
            });
        }
        let crowd: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
        for _ in 0..50 {
            let begun = Instant::now();
            assert_eq!(get(address, "/healthz").unwrap().status, 200);
            assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
        }
        drop(crowd);
    });
}
