//! HTTP/1.1 byte by byte, as no client library would send it: exact answers, no hang, and no second request smuggled in.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::running::{Data, Server, exchange, get, note_owner};

/// Everything that came back on one connection.
#[derive(Debug)]
struct Heard {
    statuses: Vec<u16>,
    is_closed: bool,
}

/// Sends the bytes and listens until the server closes or says nothing for a second.
fn talk(address: SocketAddr, bytes: &[u8]) -> Heard {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(bytes);
    let (mut answer, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    let is_closed = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break true,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(error) => break error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    };
    let text = String::from_utf8_lossy(&answer).into_owned();
    let statuses = text.split("HTTP/1.").skip(1).map(|rest| rest[2..5].parse().unwrap()).collect();
    Heard { statuses, is_closed }
}

const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n";

fn post_with(headers: &str, body: &str) -> String {
    format!("POST /v1/track HTTP/1.1\r\nhost: t\r\n{headers}\r\n\r\n{body}")
}

/// Framing that two programs could read in two ways: one refusal, then the end of the connection.
fn ambiguous() -> Vec<(&'static str, String)> {
    let chunked = |body: &str| post_with("transfer-encoding: chunked", body);
    let empty_then = format!("0\r\n\r\n{SMUGGLED}");
    vec![
        ("length before chunks", post_with("content-length: 6\r\ntransfer-encoding: chunked", &empty_then)),
        ("chunks before length", post_with("transfer-encoding: chunked\r\ncontent-length: 6", &empty_then)),
        ("chunks, and another request in the same breath", chunked(&empty_then)),
        ("two lengths", post_with("content-length: 2\r\ncontent-length: 3", &format!("{{}}{SMUGGLED}"))),
        ("two lengths in one line", post_with("content-length: 2, 3", &format!("{{}}{SMUGGLED}"))),
        ("a length with a sign", post_with("content-length: +2", &format!("{{}}{SMUGGLED}"))),
        ("a length below nothing", post_with("content-length: -2", SMUGGLED)),
        ("a length in sixteens", post_with("content-length: 0x2", SMUGGLED)),
        ("a length of words", post_with("content-length: two", SMUGGLED)),
        ("a length beyond 64 bits", post_with("content-length: 99999999999999999999", SMUGGLED)),
        ("an encoding that is not known", post_with("transfer-encoding: xchunked", SMUGGLED)),
        ("chunks that are compressed after", post_with("transfer-encoding: chunked, gzip", SMUGGLED)),
        ("two encodings", post_with("transfer-encoding: chunked\r\ntransfer-encoding: identity", SMUGGLED)),
        ("a space before the colon", post_with("transfer-encoding : chunked", SMUGGLED)),
        ("a vertical tab before the value", post_with("transfer-encoding: \u{b}chunked", SMUGGLED)),
        ("a folded line", post_with("transfer-encoding:\r\n chunked", SMUGGLED)),
        ("chunks in HTTP/1.0", format!("POST /v1/track HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n{empty_then}")),
        ("a chunk size of words", chunked(&format!("zz\r\n{{}}\r\n{SMUGGLED}"))),
        ("a chunk size below nothing", chunked(&format!("-2\r\n{{}}\r\n{SMUGGLED}"))),
        ("a chunk size beyond 64 bits", chunked(&format!("fffffffffffffffff\r\n{SMUGGLED}"))),
        ("a chunk longer than it says", chunked(&format!("1\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}"))),
        ("a chunk extension of 20 KB", chunked(&format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(20_000)))),
        ("trailers of 20 KB", chunked(&format!("2\r\n{{}}\r\n0\r\nx: {}\r\n\r\n", "x".repeat(20_000)))),
        ("a header without a name", post_with(": value\r\ncontent-length: 2", "{}")),
        ("a space in a header's name", post_with("content length: 2", "{}")),
        ("NUL in a header", post_with("x-a: a\0b\r\ncontent-length: 2", "{}")),
        ("a carriage return in a header", post_with("x-a: a\rb: c\r\ncontent-length: 2", "{}")),
        ("no host", "POST /v1/track HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}".to_owned()),
        ("two hosts", post_with("host: other\r\ncontent-length: 2", "{}")),
    ]
}

#[test]
fn ambiguous_framing_is_refused_once_and_the_connection_closed() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let mut wrong = Vec::new();
    for (name, request) in ambiguous() {
        let heard = talk(server.address, request.as_bytes());
        if heard.statuses != [400] || !heard.is_closed {
            wrong.push(format!("{name}: {heard:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(get(server.address, "/healthz").unwrap().status, 200);
}

#[test]
fn equal_lengths_are_one_length_and_the_next_request_is_read_where_it_begins() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let request = post_with("content-length: 2\r\ncontent-length: 2", &format!("{{}}{SMUGGLED}"));
    let heard = talk(server.address, request.as_bytes());
    assert_eq!((heard.statuses, heard.is_closed), (vec![401, 200], false));
}

#[test]
fn heads_have_a_size_and_requests_a_form() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let head = |headers: &str| format!("GET /healthz HTTP/1.1\r\nhost: t\r\n{headers}\r\n");
    let many = |count: usize| head(&"x-a: 1\r\n".repeat(count));
    let cases: [(&str, String, u16); 14] = [
        ("a head of 15 KB", head(&format!("x-large: {}\r\n", "x".repeat(15_000))), 200),
        ("a head of 17 KB", head(&format!("x-large: {}\r\n", "x".repeat(17_000))), 431),
        ("100 headers", many(99), 200),
        ("101 headers", many(100), 431),
        ("10,000 headers", many(10_000), 431),
        ("an address of 20 KB", format!("GET /{} HTTP/1.1\r\nhost: t\r\n\r\n", "x".repeat(20_000)), 431),
        ("no HTTP", "nonsense\r\n\r\n".to_owned(), 400),
        ("no version", "GET /healthz\r\n\r\n".to_owned(), 400),
        ("a version that does not exist", "GET /healthz HTTP/1.7\r\nhost: t\r\n\r\n".to_owned(), 400),
        ("an address without a slash", "GET healthz HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 404),
        ("TLS on the plain port", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n".to_owned(), 400),
        ("a path out of the tree", "GET /../../etc/passwd HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 404),
        ("the same, encoded", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 404),
        ("NUL in a path", "GET /sdk.js%00.html HTTP/1.1\r\nhost: t\r\n\r\n".to_owned(), 404),
    ];
    for (name, request, status) in cases {
        let heard = talk(server.address, request.as_bytes());
        assert_eq!(heard.statuses, [status], "{name}");
        assert!(heard.is_closed || status != 400 && status != 431, "{name}: not closed");
    }
}

#[test]
fn unknown_addresses_methods_and_trace_are_refused_and_what_is_allowed_is_named() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let send = |method: &str, path: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: t\r\nx-secret: canary\r\norigin: http://{}\r\nconnection: close\r\n\r\n",
            server.address
        );
        exchange(server.address, request.as_bytes()).unwrap()
    };
    for path in
        ["/nothing", "/v1", "/api/v1/nothing", "/metrics", "/.git/config", "/docs", "/assets/", "/v1/track/more"]
    {
        let answer = send("GET", path);
        assert_eq!((answer.status, &*answer.json()["code"].to_string()), (404, "\"not_found\""), "{path}");
    }
    for (method, path, allowed) in [
        ("DELETE", "/healthz", "GET"),
        ("GET", "/v1/track", "POST"),
        ("PUT", "/sign-in", "POST"),
        ("BREW", "/healthz", "GET"),
    ] {
        let answer = send(method, path);
        assert_eq!(
            (answer.status, &*answer.json()["code"].to_string()),
            (405, "\"method_not_allowed\""),
            "{method} {path}"
        );
        assert!(answer.header("allow").contains(allowed), "{method} {path}: {}", answer.head);
    }
    for (method, path) in [("TRACE", "/healthz"), ("TRACE", "/nothing"), ("CONNECT", "t:443")] {
        let answer = send(method, path);
        assert!([404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
        assert!(!answer.head.contains("canary") && !answer.body.contains("canary"), "{method} {path} sends back");
    }
}

#[test]
fn each_route_takes_a_body_of_its_own_size_and_says_so_before_it_hangs_up() {
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let server = Server::start(&data);
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let json = "content-type: application/json\r\n";
    let megabytes = 8 * 1024 * 1024;
    for (path, headers) in [("/v1/batch", json), ("/sign-in", form)] {
        for framing in [format!("content-length: {megabytes}"), "transfer-encoding: chunked".to_owned()] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: t\r\norigin: http://{}\r\nx-write-key: {key}\r\n{headers}{framing}\r\n\r\n",
                server.address
            );
            let is_chunked = framing.starts_with("transfer");
            let mut request = head.into_bytes();
            if is_chunked {
                request.extend_from_slice(format!("{megabytes:x}\r\n").as_bytes());
            }
            request.resize(request.len() + megabytes, b'a');
            let begun = Instant::now();
            let heard = talk(server.address, &request);
            assert_eq!((heard.statuses, heard.is_closed), (vec![413], true), "{path} {framing}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{path} {framing}: {:?}", begun.elapsed());
        }
    }
}
