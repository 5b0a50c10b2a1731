//! Everything a stranger may send: refused with an exact answer, the same on both databases, and the server goes on.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::running::{Data, Server, get, note_owner, post};

struct Case {
    name: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    path: &'static str,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

fn case(name: &'static str, path: &'static str, body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Case {
    Case { name, headers: Vec::new(), path, body: body.into(), status, code }
}

fn track(properties: &str) -> String {
    format!(r#"{{"anonymousId":"a","event":"E","properties":{properties}}}"#)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn cases() -> Vec<Case> {
    let levels = |count: usize| track(&format!("{}1{}", "[".repeat(count), "]".repeat(count)));
    let keys: Vec<String> = (0..60_000).map(|number| format!("\"k{number}\":1")).collect();
    let many: Vec<String> = (0..501).map(|_| r#"{"type":"page","anonymousId":"a"}"#.to_owned()).collect();
    let calls = |inner: String| format!(r#"{{"batch":[{inner}]}}"#);
    vec![
        case("no JSON", "/v1/track", "nonsense", 400, "not_json"),
        case("nothing", "/v1/track", "", 400, "not_json"),
        case("a batch of nothing readable", "/v1/batch", r#"{"batch":7}"#, 400, "not_json"),
        case("no UTF-8", "/v1/track", vec![b'{', 0xff, 0xfe, b'}'], 400, "not_utf8"),
        case(
            "overlong UTF-8",
            "/v1/track",
            [br#"{"event":""#.as_slice(), &[0xc0, 0xaf], b"\"}"].concat(),
            400,
            "not_utf8",
        ),
        case("gzip that is none", "/v1/track", vec![0x1f, 0x8b, 1, 2, 3], 400, "bad_gzip"),
        case("a gzip bomb", "/v1/batch", gzip(&vec![b' '; 400_000]), 413, "compressed_too_much"),
        case(
            "an event of 33 KB",
            "/v1/track",
            track(&format!("{{\"a\":\"{}\"}}", "x".repeat(33_000))),
            413,
            "too_large",
        ),
        case(
            "a batch of 600 KB",
            "/v1/batch",
            calls(track(&format!("{{\"a\":\"{}\"}}", "x".repeat(600_000)))),
            413,
            "too_large",
        ),
        case("501 events", "/v1/batch", calls(many.join(",")), 413, "too_many_events"),
        case("ten thousand levels", "/v1/track", levels(10_000), 400, ""),
        case("a hundred thousand levels", "/v1/track", levels(100_000), 413, ""),
        case("sixty thousand keys", "/v1/track", track(&format!("{{{}}}", keys.join(","))), 413, ""),
        case("a number beyond all", "/v1/track", track("{\"a\":1e400}"), 400, ""),
        case("a lone surrogate", "/v1/track", track(r#"{"a":"\ud800"}"#), 400, ""),
        case("a key twice", "/v1/track", r#"{"anonymousId":"a","event":"E","event":"F"}"#, 400, ""),
        case("NUL, which PostgreSQL cannot store", "/v1/track", track(r#"{"a":"x\u0000y"}"#), 200, ""),
        case("a byte order mark", "/v1/track", format!("\u{feff}{}", track("{}")), 200, ""),
        case("no event name", "/v1/track", r#"{"anonymousId":"a"}"#, 400, "no_event_name"),
        case("nobody", "/v1/track", r#"{"event":"E"}"#, 400, "no_identity"),
        case("no such call", "/v1/nonsense", "{}", 404, "not_found"),
    ]
}

#[test]
fn bad_bodies_get_the_same_exact_answer_on_both_databases() {
    for data in Data::on_both() {
        let key = data.set_up();
        note_owner(&data);
        let mut server = Server::start(&data);
        for one in cases() {
            let mut headers = one.headers.clone();
            headers.push(("x-write-key", &*key));
            let answer = post(server.address, one.path, &headers, &one.body).unwrap();
            assert_eq!(answer.status, one.status, "{}: {answer:?}", one.name);
            if !one.code.is_empty() {
                assert_eq!(answer.json()["code"], one.code, "{}", one.name);
            }
        }
        assert_eq!(get(server.address, "/readyz").unwrap().status, 200);
        assert_eq!(server.terminate(), Some(0));
        data.run_well(&["doctor", "--all"]);
    }
}

#[test]
fn a_bad_event_does_not_touch_its_neighbours() {
    for data in Data::on_both() {
        let key = data.set_up();
        note_owner(&data);
        let server = Server::start(&data);
        let body =
            r#"{"batch":[{"type":"page","anonymousId":"a"},{"type":"track"},7,{"type":"page","anonymousId":"b"}]}"#;
        let answer = post(server.address, "/v1/batch", &[("x-write-key", &key)], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let rejected = answer.json()["rejected"].as_array().unwrap().clone();
        let seen: Vec<(u64, &str)> =
            rejected.iter().map(|one| (one["index"].as_u64().unwrap(), one["code"].as_str().unwrap())).collect();
        assert_eq!(seen, [(1, "no_event_name"), (2, "not_an_object")]);
    }
}
