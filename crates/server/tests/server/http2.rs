//! HTTP/2: what a client library may do, and, frame by frame, what none would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::running::{Data, Server, get, note_owner};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Literal fields that no table keeps (RFC 7541, 6.2.2).
fn fields(of: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = Vec::new();
        if text.len() < 127 {
            bytes.push(text.len() as u8);
        } else {
            bytes.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                bytes.push((rest % 128 + 128) as u8);
                rest /= 128;
            }
            bytes.push(rest as u8);
        }
        bytes.extend_from_slice(text.as_bytes());
        bytes
    };
    of.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

fn ask<'a>(method: &'a str, path: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[(":method", method), (":scheme", "http"), (":authority", "t"), (":path", path)], more].concat()
}

/// What came back: answers by stream, streams that were reset, and whether the connection was ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    answered: Vec<u32>,
    reset: Vec<u32>,
    is_ended: bool,
}

fn talk(address: SocketAddr, frames: &[Vec<u8>]) -> Heard {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    // A server that ends the connection may do so before it has read everything.
    let _ = stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[]), &frames.concat()].concat());
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    let mut heard = Heard::default();
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => heard.is_ended = true,
            Ok(read) => {
                bytes.extend_from_slice(&buffer[..read]);
                continue;
            }
            Err(error) => heard.is_ended = error.kind() == std::io::ErrorKind::ConnectionReset,
        }
        break;
    }
    let mut rest = bytes.as_slice();
    while rest.len() >= 9 {
        let length = u32::from_be_bytes([0, rest[0], rest[1], rest[2]]) as usize;
        let stream = u32::from_be_bytes([rest[5], rest[6], rest[7], rest[8]]);
        match rest[3] {
            HEADERS => heard.answered.push(stream),
            RESET => heard.reset.push(stream),
            GO_AWAY => heard.is_ended = true,
            _ => {}
        }
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    heard
}

/// A head in one frame; the stream goes on when a body follows.
fn head(stream: u32, of: &[(&str, &str)], has_body: bool) -> Vec<u8> {
    frame(HEADERS, if has_body { END_HEADERS } else { END_HEADERS | END_STREAM }, stream, &fields(of))
}

#[test]
fn well_formed_requests_are_answered_side_by_side() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let frames: Vec<Vec<u8>> = (0..5).map(|number| head(2 * number + 1, &ask("GET", "/healthz", &[]), false)).collect();
    let mut heard = talk(server.address, &frames);
    heard.answered.sort_unstable();
    assert_eq!((heard.answered, heard.reset, heard.is_ended), (vec![1, 3, 5, 7, 9], vec![], false));
}

#[test]
fn malformed_requests_are_reset_and_never_answered_as_if_they_were_whole() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let with = |more: &[(&'static str, &'static str)]| head(1, &ask("GET", "/healthz", more), false);
    let body = |length: &'static str, sent: &[u8]| {
        let asked = head(1, &ask("POST", "/v1/track", &[("content-length", length)]), true);
        vec![asked, frame(DATA, END_STREAM, 1, sent)]
    };
    let cases: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("chunks", vec![with(&[("transfer-encoding", "chunked")])]),
        ("a connection header", vec![with(&[("connection", "close")])]),
        ("a capital letter in a name", vec![with(&[("X-A", "1")])]),
        ("a line break in a value", vec![with(&[("x-a", "1\r\nx-b: 2")])]),
        ("NUL in a value", vec![with(&[("x-a", "1\u{0}")])]),
        ("an unknown pseudo-header", vec![with(&[(":nonsense", "1")])]),
        ("a pseudo-header after the others", vec![with(&[("x-a", "1"), (":path", "/readyz")])]),
        ("no path", vec![head(1, &[(":method", "GET"), (":scheme", "http"), (":authority", "t")], false)]),
        ("no method", vec![head(1, &[(":path", "/"), (":scheme", "http"), (":authority", "t")], false)]),
        ("a line break in the path", vec![head(1, &ask("GET", "/healthz\r\nx: 1", &[]), false)]),
        ("less than its length says", body("10", b"{}")),
        ("more than its length says", body("2", b"{}{}{}{}{}")),
        ("a length of words", body("two", b"{}")),
    ];
    for (name, frames) in cases {
        let heard = talk(server.address, &frames);
        // A body is only found too short or long when it is read: the answer to it is a refusal.
        let is_refused = heard.answered.is_empty() || name.contains("its length says");
        assert!(is_refused && (heard.reset == [1] || heard.is_ended || name.contains("length")), "{name}: {heard:?}");
    }
    assert_eq!(get(server.address, "/healthz").unwrap().status, 200);
}

#[test]
fn broken_framing_and_floods_end_the_connection_and_nothing_else() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let get_health = fields(&ask("GET", "/healthz", &[]));
    let opened_and_reset: Vec<Vec<u8>> = (0..2_000_u32)
        .flat_map(|number| {
            let stream = 2 * number + 1;
            let opened = frame(HEADERS, END_HEADERS | END_STREAM, stream, &get_health);
            [opened, frame(RESET, 0, stream, &8_u32.to_be_bytes())]
        })
        .collect();
    let endless_head: Vec<Vec<u8>> = std::iter::once(frame(HEADERS, END_STREAM, 1, &get_health))
        .chain((0..2_000).map(|_| frame(CONTINUATION, 0, 1, &fields(&[("x-a", "1")]))))
        .collect();
    let cases: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("data of no stream", vec![frame(DATA, 0, 0, b"x")]),
        ("data of a stream that is not open", vec![frame(DATA, 0, 5, b"x")]),
        ("an even stream", vec![frame(HEADERS, END_HEADERS | END_STREAM, 2, &get_health)]),
        ("a continuation of nothing", vec![frame(CONTINUATION, END_HEADERS, 1, &get_health)]),
        ("a frame of 64 KB", vec![frame(DATA, 0, 1, &vec![0; 65_536])]),
        ("settings of five bytes", vec![frame(SETTINGS, 0, 0, b"12345")]),
        ("a ping of three bytes", vec![frame(PING, 0, 0, b"123")]),
        ("fields that are none", vec![frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff; 40])]),
        ("rapid reset", opened_and_reset),
        ("a head without end", endless_head),
    ];
    for (name, frames) in cases {
        let heard = talk(server.address, &frames);
        assert!(heard.is_ended, "{name}: {heard:?}");
        assert_eq!(get(server.address, "/healthz").unwrap().status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_client_library_meets_the_limits_as_answers() {
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let server = Server::start(&data);
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let send = async |path: &str, headers: &[(String, String)], body: Vec<u8>| {
        let mut request = axum::http::Request::post(format!("http://t{path}"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut client = client.clone().ready().await.unwrap();
        let (answer, mut upload) = client.send_request(request.body(()).unwrap(), body.is_empty()).unwrap();
        if !body.is_empty() {
            // The server may refuse before it has all.
            let _ = upload.send_data(body.into(), true);
        }
        answer.await.map(|answer| answer.status().as_u16())
    };
    let key = ("x-write-key".to_owned(), key);
    let event = br#"{"anonymousId":"a","event":"E"}"#.to_vec();
    assert_eq!(send("/v1/track", std::slice::from_ref(&key), event).await.unwrap(), 200);
    let many: Vec<(String, String)> = (0..101).map(|number| (format!("x-{number}"), "1".to_owned())).collect();
    assert_eq!(send("/v1/track", &many, Vec::new()).await.unwrap(), 431);
    let large = [("x-large".to_owned(), "x".repeat(20_000))];
    assert_eq!(send("/v1/track", &large, Vec::new()).await.unwrap(), 431);
    assert_eq!(send("/v1/batch", &[key], vec![b'a'; 3_000_000]).await.unwrap(), 413);
    assert_eq!(client.current_max_send_streams(), 100);
}
