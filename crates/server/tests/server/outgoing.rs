//! What leaves this machine: nothing. The system's own record of every connection that the program opens.

use std::net::SocketAddr;

use testkit::app::form_body;

use crate::running::{Data, Server, Surroundings, exchange, note_owner, post};

const PASSWORD: &str = crate::running::PASSWORD;

/// The addresses of the internet that a process tried to reach, as strace wrote them down; its own machine's are left out.
fn reached(record: &str) -> Vec<&str> {
    let calls = record
        .lines()
        .filter(|line| line.contains("connect(") || line.contains("sendto(") || line.contains("sendmsg("));
    let to_somebody = calls.filter(|line| line.contains("sin_addr") || line.contains("sin6_addr"));
    to_somebody.filter(|line| !line.contains("inet_addr(\"127.") && !line.contains("\"::1\"")).collect()
}

/// Every page of the table that an owner can open, without what stands for an id.
fn crawl(address: SocketAddr, cookie: &str) -> usize {
    let table = crm::web::route_table();
    let pages =
        table.routes.iter().filter(|route| route.method == axum::http::Method::GET && !route.path.contains('{'));
    let mut opened = 0;
    for route in pages.filter(|route| route.path != "/events") {
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\naccept: text/html\r\nconnection: close\r\n\r\n",
            route.path
        );
        let answer = exchange(address, request.as_bytes()).unwrap();
        assert!(answer.status < 500, "{}: {}", route.path, answer.status);
        opened += usize::from(answer.status == 200);
    }
    opened
}

#[test]
fn a_running_shop_opens_no_connection_to_anybody() {
    if !std::process::Command::new("strace").arg("-V").output().is_ok_and(|told| told.status.success()) {
        eprintln!("SKIPPED: strace is not installed");
        return;
    }
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let record = data.folder().join("calls.txt");
    let mut before: Vec<String> =
        ["strace", "-D", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o"].map(str::to_owned).into();
    before.push(record.display().to_string());
    let around = Surroundings { before, variables: Vec::new() };
    let mut server = Server::try_start(&data, &[], &around).unwrap();
    let origin = format!("http://{}", server.address);
    let form = form_body(&[("email", "ana@example.com"), ("password", PASSWORD)]);
    let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let entered = post(server.address, "/sign-in", &headers, form.as_bytes()).unwrap();
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    // Names and addresses that somebody might look up or fetch: a page's URL, a referrer, a mail's domain.
    let call = r#"{"type": "page", "anonymousId": "a", "traits": {"email": "ana@example.com"},
        "context": {"ip": "203.0.113.7", "page": {"url": "https://shop.example/a", "referrer": "https://other.example/"}}}"#;
    assert_eq!(post(server.address, "/v1/page", &[("x-write-key", &key)], call.as_bytes()).unwrap().status, 200);
    assert!(crawl(server.address, &cookie) >= 20);
    // Time for whatever works in the background.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(server.terminate(), Some(0));
    let told = std::fs::read_to_string(&record).unwrap();
    assert_eq!(reached(&told), Vec::<&str>::new());
}

#[test]
fn a_connection_to_somebody_would_be_seen() {
    let record = "7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr(\"192.0.2.1\")}, 16) = 0\n\
        7 connect(3, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0\n\
        7 connect(3, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 16) = 0\n\
        7 sendto(3, \"x\", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\"192.0.2.53\")}, 16) = 1\n";
    assert_eq!(reached(record).len(), 2);
}
