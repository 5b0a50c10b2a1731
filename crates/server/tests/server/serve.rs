use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use testkit::ports::free_port;

use crate::running::{Data, PASSWORD, Server, exchange, figure_called, get, note_owner, post};

fn form(fields: &[(&str, &str)]) -> String {
    let encoded: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+").replace('/', "%2F").replace('@', "%40")))
        .collect();
    encoded.join("&")
}

#[test]
fn the_set_up_link_makes_an_owner_once_and_he_signs_in() {
    for data in Data::on_both() {
        let mut server = Server::start(&data);
        let link = server.setup_link.clone().unwrap();
        let origin = format!("http://{}", server.address);
        let path = link.strip_prefix(&origin).unwrap().to_owned();
        assert_eq!(get(server.address, &path).unwrap().status, 200);
        let fields = [
            ("owner_name", "Ana"),
            ("email", "ana@example.com"),
            ("password", PASSWORD),
            ("shop_name", "Lumen"),
            ("language", "fr"),
            ("currency", "EUR"),
            ("country", "FR"),
            ("time_zone", "Europe/Paris"),
        ];
        let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let done = post(server.address, &path, &headers, form(&fields).as_bytes()).unwrap();
        assert_eq!(done.status, 303, "{}", done.head);
        assert_eq!(get(server.address, &path).unwrap().status, 404);
        let fields = form(&[("email", "ana@example.com"), ("password", PASSWORD)]);
        let signed_in = post(server.address, "/sign-in", &headers, fields.as_bytes()).unwrap();
        assert_eq!(signed_in.status, 303, "{}", signed_in.head);
        let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
        let request = format!("GET /account HTTP/1.1\r\nhost: test\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n");
        assert_eq!(exchange(server.address, request.as_bytes()).unwrap().status, 200);
        assert_eq!(server.terminate(), Some(0));
        note_owner(&data);
        assert_eq!(Server::start(&data).setup_link, None);
    }
}

#[test]
fn health_is_told_without_a_session_and_metrics_only_on_their_own_address() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    assert_eq!(get(server.address, "/healthz").unwrap().body, "ok\n");
    assert_eq!(get(server.address, "/readyz").unwrap().body, "ready\n");
    assert_eq!(get(server.address, "/metrics").unwrap().status, 404);
}

#[test]
fn sigterm_lets_the_request_under_way_finish_and_takes_no_new_ones() {
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let mut server = Server::start(&data);
    let body = r#"{"messageId":"last","anonymousId":"a","event":"View"}"#;
    let mut stream = TcpStream::connect(server.address).unwrap();
    let (first, rest) = body.split_at(10);
    let head = format!(
        "POST /v1/track HTTP/1.1\r\nhost: test\r\nx-write-key: {key}\r\ncontent-length: {}\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let id = server.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let begun = Instant::now();
    while TcpStream::connect(server.address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the server still takes connections");
        std::thread::sleep(Duration::from_millis(10));
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn messages_that_were_taken_before_are_a_figure() {
    for data in Data::on_both() {
        let key = data.set_up();
        note_owner(&data);
        let metrics = free_port();
        let server = Server::start_with(&data, &["--metrics-listen", &format!("127.0.0.1:{metrics}")]);
        let send = |ids: &[&str]| {
            let call = |id: &&str| format!(r#"{{"type":"track","event":"View","messageId":"{id}","anonymousId":"a"}}"#);
            let body = format!(r#"{{"batch":[{}]}}"#, ids.iter().map(call).collect::<Vec<_>>().join(","));
            let answer = post(server.address, "/v1/batch", &[("x-write-key", &key)], body.as_bytes()).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
            figure_called(metrics, "entente_messages_repeated_total")
        };
        assert_eq!(send(&["m1", "m2"]), Some(0));
        assert_eq!(send(&["m1", "m2", "m3"]), Some(2));
        assert_eq!(send(&["m4", "m4"]), Some(3), "twice in one request");
        assert_eq!(send(&["m3"]), Some(4));
    }
}

#[test]
fn open_screens_end_with_sigterm_at_once_and_nothing_asks_a_closed_database() {
    for data in Data::on_both() {
        data.set_up();
        note_owner(&data);
        let mut server = Server::start(&data);
        let origin = format!("http://{}", server.address);
        let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let fields = form(&[("email", "ana@example.com"), ("password", PASSWORD)]);
        let signed_in = post(server.address, "/sign-in", &headers, fields.as_bytes()).unwrap();
        let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
        let mut screen = TcpStream::connect(server.address).unwrap();
        let request = format!("GET /events HTTP/1.1\r\nhost: t\r\ncookie: {cookie}\r\n\r\n");
        screen.write_all(request.as_bytes()).unwrap();
        let mut beginning = [0; 15];
        screen.read_exact(&mut beginning).unwrap();
        assert_eq!(&beginning, b"HTTP/1.1 200 OK");
        let begun = Instant::now();
        assert_eq!(server.terminate(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!(server.log(), Vec::<String>::new());
        let mut rest = String::new();
        screen.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("0\r\n\r\n"), "the stream was cut, not ended: {rest}");
    }
}

#[test]
fn an_idle_server_uses_no_processor_and_little_memory() {
    let data = Data::sqlite();
    let server = Server::start(&data);
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", server.child.id())).unwrap();
    let ticks = || -> u64 {
        let stat = read("stat");
        stat.rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().unwrap())
            .sum()
    };
    let before = ticks();
    std::thread::sleep(Duration::from_secs(2));
    assert!(ticks() - before <= 10, "{} hundredths of a second in two seconds", ticks() - before);
    let status = read("status");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: u64 = memory.split_whitespace().next().unwrap().parse().unwrap();
    assert!(kilobytes <= 60 * 1024, "{kilobytes} kB");
}
