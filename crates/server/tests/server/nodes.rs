//! Several processes on one PostgreSQL: nothing twice, nothing lost, nothing late, and nobody is turned away meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use testkit::crm::stream::log;
use testkit::crm::workspaces;
use testkit::ports::free_port;

use crate::running::{
    Answer, Data, PASSWORD, Server, exchange, get, is_ready_within, is_true_within, note_owner, post,
};

/// A shop on PostgreSQL, or nothing where PostgreSQL is skipped.
fn shop() -> Option<(Data, String)> {
    if testkit::databases::is_postgres_skipped() {
        return None;
    }
    let data = Data::postgres();
    let key = data.set_up();
    note_owner(&data);
    Some((data, key))
}

/// How often a person entered or left a segment: by number, event and segment.
type Moves = BTreeMap<(i64, String, String), usize>;

/// The log without what Entente itself wrote, and what it wrote of segments.
fn stored(data: &Data) -> (Vec<String>, Moves) {
    let db = data.open_beside();
    let rows = db.read_blocking(|tx| {
        let workspace = workspaces::the_first(tx)?.unwrap().id;
        log::newest(tx, workspace, 10_000_000)
    });
    let rows: Result<Vec<log::LogRow>, db::DbError> = rows;
    let (mut ids, mut moves) = (Vec::new(), BTreeMap::new());
    for row in rows.unwrap() {
        if row.is_own() {
            let event = row.unmasked();
            let segment = event.properties["segment"].as_str().unwrap_or_default().to_owned();
            *moves.entry((row.number, row.name, segment)).or_default() += 1;
        } else {
            ids.push(row.message_id(crm::kernel::Sight::Whole).text().unwrap_or_default().to_owned());
        }
    }
    db.close_blocking();
    (ids, moves)
}

/// The token of a lease: it grows when another process takes over.
fn token(db: &db::Db, name: &'static str) -> i64 {
    let read = move |tx: &mut db::Tx<'_>| {
        tx.query_opt(db::sql("SELECT token FROM leases WHERE name = $1"), &[&name], |row| row.get(0))
    };
    let token: Result<Option<i64>, db::DbError> = db.read_blocking(read);
    token.unwrap().unwrap_or_default()
}

/// Waits until the work changed hands, and tells how long that took.
fn taken_over(db: &db::Db, from: i64) -> Duration {
    let began = Instant::now();
    while token(db, "timers") == from {
        assert!(began.elapsed() < Duration::from_secs(30), "nobody took over");
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

fn send(address: SocketAddr, key: &str, calls: &[String]) -> Answer {
    let body = format!(r#"{{"batch":[{}]}}"#, calls.join(","));
    post(address, "/v1/batch", &[("x-write-key", key)], body.as_bytes()).unwrap()
}

/// Calls of a few busy people and many others, some of whom turn out to be the same, with orders that several speak of.
fn calls(sender: usize, round: usize) -> Vec<String> {
    let one = |place: usize| {
        let mixed = (sender * 7_919 + round * 104_729 + place * 31) % 1_009;
        // Half of the calls are of four people.
        let person = if mixed.is_multiple_of(2) { mixed % 4 } else { mixed % 97 };
        let id = format!("m{sender}-{round}-{place}");
        match mixed % 7 {
            0 => format!(
                r#"{{"type":"identify","messageId":"{id}","anonymousId":"a{person}","userId":"u{}"}}"#,
                person / 2
            ),
            1 => format!(
                r#"{{"type":"identify","messageId":"{id}","userId":"u{person}","traits":{{"email":"e{}@example.com"}}}}"#,
                person / 3
            ),
            2 => format!(
                r#"{{"type":"track","event":"Order Completed","messageId":"{id}","userId":"u{person}","properties":{{"order_id":"o{}","total":{},"currency":"EUR"}}}}"#,
                mixed % 40,
                10 + mixed % 50
            ),
            _ => format!(
                r#"{{"type":"page","messageId":"{id}","anonymousId":"a{person}","context":{{"page":{{"path":"/p{mixed}"}}}}}}"#
            ),
        }
    };
    (0..20).map(one).collect()
}

#[test]
fn two_nodes_that_start_and_take_the_same_people_at_once_do_nothing_twice() {
    let Some((data, key)) = shop() else { return };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| Server::start(&data));
        (Server::start(&data), other.join().unwrap())
    });
    let api = data.run_well(&["keys", "create", "--kind", "api"]).trim().to_owned();
    for condition in [
        r#"{"event":"Order Completed","count":{"op":"gte","value":2},"within":"1h"}"#,
        r#"{"metric":"orders_count","op":"gte","value":3}"#,
        r#"{"event":"Home","count":{"op":"eq","value":0},"within":"2s"}"#,
    ] {
        let body = format!(r#"{{"name":"S","condition":{condition}}}"#);
        let bearer = format!("Bearer {api}");
        let made = post(other.address, "/api/v1/segments", &[("authorization", &bearer)], body.as_bytes()).unwrap();
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let rounds = 25;
    std::thread::scope(|scope| {
        for sender in 0..6 {
            let (one, other, key) = (one.address, other.address, &api);
            scope.spawn(move || {
                for round in 0..rounds {
                    let calls = calls(sender, round);
                    let mine = if sender.is_multiple_of(2) { one } else { other };
                    // Some calls arrive twice, over both nodes.
                    let twice = if round.is_multiple_of(5) { vec![one, other] } else { vec![mine] };
                    for address in twice {
                        let answer = send(address, key, &calls);
                        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"success":true}"#));
                    }
                }
            });
        }
    });
    let _ = key;
    assert_eq!((one.log(), other.log()), (Vec::<String>::new(), Vec::new()), "nothing went wrong on the way");
    drop((one, other));
    let (ids, _) = stored(&data);
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (6 * rounds * 20, 6 * rounds * 20));
    assert_eq!(data.run_well(&["doctor", "--all"]), "");
}

#[test]
fn a_node_that_hangs_or_dies_loses_its_work_to_another_and_writes_nothing_late() {
    let Some((data, key)) = shop() else { return };
    let mut one = Server::start(&data);
    let db = data.open_beside();
    while token(&db, "timers") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let first = token(&db, "timers");
    let other = Server::start(&data);
    let api = data.run_well(&["keys", "create", "--kind", "api"]).trim().to_owned();
    let bearer = format!("Bearer {api}");
    let body = r#"{"name":"Just here","condition":{"event":"View","within":"2s"}}"#;
    let made = post(one.address, "/api/v1/segments", &[("authorization", &bearer)], body.as_bytes()).unwrap();
    assert_eq!(made.status, 201, "{}", made.body);
    let segment = format!("/api/v1/segments/{}", made.json()["id"].as_str().unwrap());
    let is_live = || get_with(one.address, &segment, &format!("authorization: {bearer}")).json()["status"] == "live";
    assert!(is_true_within(Duration::from_secs(5), is_live));
    let visit = |address: SocketAddr, visit: usize| {
        let calls: Vec<String> = (0..50)
            .map(|who| {
                format!(
                    r#"{{"type":"track","event":"View","messageId":"v{visit}-{who}","anonymousId":"a{visit}-{who}"}}"#
                )
            })
            .collect();
        assert_eq!(send(address, &key, &calls).status, 200);
    };
    // Their timers are due while the first node, whose work the timers are, hangs.
    visit(one.address, 1);
    one.signal("STOP");
    let hung = taken_over(&db, first);
    assert!(hung < Duration::from_secs(8), "after {hung:?}");
    visit(other.address, 2);
    wait_for_moves(&data, 100);
    one.signal("CONT");
    visit(one.address, 3);
    wait_for_moves(&data, 150);
    let second = token(&db, "timers");
    assert_eq!(second, first + 1, "the first node does not take the work back");
    assert!(one.log().iter().any(|line| line.contains("another process has taken over")), "{:?}", one.log());
    let mut other = other;
    other.kill();
    visit(one.address, 4);
    let dead = taken_over(&db, second);
    assert!(dead < Duration::from_secs(8), "after {dead:?}");
    wait_for_moves(&data, 200);
    assert_eq!(one.terminate(), Some(0));
    db.close_blocking();
    let (_, moves) = stored(&data);
    let here = |(_, _, segment): &&(i64, String, String)| segment == "Just here";
    assert_eq!(moves.keys().filter(here).count(), 400, "200 people entered and left");
    let twice: Vec<_> = moves.iter().filter(|(key, times)| here(key) && **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!(data.run_well(&["doctor", "--all"]), "");
}

/// Waits until so many people left a segment.
fn wait_for_moves(data: &Data, people: usize) {
    let began = Instant::now();
    loop {
        let (_, moves) = stored(data);
        let left = moves.keys().filter(|(_, name, segment)| name == "Segment Left" && segment == "Just here").count();
        if left >= people {
            assert_eq!(left, people);
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "only {left} of {people} left");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn get_with(address: SocketAddr, path: &str, header: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nhost: t\r\n{header}\r\nconnection: close\r\n\r\n");
    exchange(address, request.as_bytes()).unwrap()
}

/// Signs the owner in, at the address that the shop is known by, and answers his cookie.
fn signed_in(address: SocketAddr, origin: &str) -> String {
    let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
    let fields = format!("email=ana%40example.com&password={}", PASSWORD.replace(' ', "+"));
    let answer = post(address, "/sign-in", &headers, fields.as_bytes()).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.head);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// Opens a screen's stream of news and gathers what it is told.
fn listen(address: SocketAddr, cookie: &str) -> Arc<Mutex<String>> {
    let mut screen = TcpStream::connect(address).unwrap();
    screen.write_all(format!("GET /events HTTP/1.1\r\nhost: t\r\ncookie: {cookie}\r\n\r\n").as_bytes()).unwrap();
    let told = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&told);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = screen.read(&mut buffer) {
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    });
    told
}

#[test]
fn what_is_changed_on_one_node_holds_on_the_other_within_a_second() {
    let Some((data, key)) = shop() else { return };
    let (one, other) = (Server::start(&data), Server::start(&data));
    let made: serde_json::Value =
        serde_json::from_str(&data.run_well(&["keys", "create", "--kind", "api", "--json"])).unwrap();
    let bearer = format!("Bearer {}", made["key"].as_str().unwrap());
    let api = |address, path: &str| get_with(address, path, &format!("authorization: {bearer}"));
    let cookie = signed_in(one.address, &format!("http://{}", one.address));
    let page = |address| get_with(address, "/account", &format!("cookie: {cookie}")).status;
    assert_eq!((page(one.address), page(other.address)), (200, 200));

    // A segment that is defined on one node decides the next event on the other.
    let view = |address, who: &str| {
        let call = format!(r#"{{"type":"identify","messageId":"i{who}","userId":"{who}","traits":{{"plan":"gold"}}}}"#);
        assert_eq!(send(address, &key, &[call]).status, 200);
    };
    view(other.address, "before");
    let body = r#"{"name":"Gold","condition":{"trait":"plan","op":"eq","value":"gold"}}"#;
    let made_segment = post(one.address, "/api/v1/segments", &[("authorization", &bearer)], body.as_bytes()).unwrap();
    assert_eq!(made_segment.status, 201, "{}", made_segment.body);
    let segment = made_segment.json()["id"].as_str().unwrap().to_owned();
    view(other.address, "after");
    let members = format!("/api/v1/segments/{segment}");
    let has_both = || api(other.address, &members).json()["count"] == 2;
    assert!(is_true_within(Duration::from_secs(3), has_both), "{}", api(other.address, &members).body);

    // A screen that is open on one node is told what happens on the other.
    let told = listen(one.address, &cookie);
    let count = || told.lock().unwrap().matches("event: changed").count();
    assert!(is_true_within(Duration::from_secs(3), || count() >= 1), "what changed before it was open");
    std::thread::sleep(Duration::from_millis(1_500));
    let before = count();
    view(other.address, "third");
    assert!(is_true_within(Duration::from_millis(2_000), || count() > before), "{}", told.lock().unwrap());

    // A key that is revoked on one node, and a session that ends there, are refused on the other.
    assert_eq!(api(other.address, "/api/v1/profiles?q=before").status, 200);
    let track = || send_status(other.address, &bearer["Bearer ".len()..]);
    assert_eq!(track(), 200);
    let origin = format!("http://{}", one.address);
    let headers = [("origin", origin.as_str()), ("cookie", cookie.as_str())];
    let revoke = format!("/settings/keys/{}/revoke", made["id"].as_str().unwrap());
    assert_eq!(post(one.address, &revoke, &headers, b"").unwrap().status, 303);
    assert_eq!(api(other.address, "/api/v1/profiles?q=before").status, 401);
    assert!(is_true_within(Duration::from_millis(1_100), || track() == 401), "a revoked key still sends");
    assert_eq!(post(one.address, "/sign-out", &headers, b"").unwrap().status, 303);
    assert_eq!((page(one.address), page(other.address)), (401, 401));
}

fn send_status(address: SocketAddr, key: &str) -> u16 {
    let body = r#"{"event":"View","anonymousId":"x"}"#;
    post(address, "/v1/track", &[("x-write-key", key)], body.as_bytes()).unwrap().status
}

/// The brake on guessing passwords counts tries on all nodes together.
#[test]
fn guesses_spread_over_two_nodes_are_braked_like_guesses_at_one() {
    let Some((data, _)) = shop() else { return };
    let (one, other) = (Server::start(&data), Server::start(&data));
    let allowed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for guesser in 0..8 {
            let (allowed, address) = (&allowed, if guesser % 2 == 0 { one.address } else { other.address });
            scope.spawn(move || {
                let origin = format!("http://{address}");
                let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
                for guess in 0..3 {
                    let fields = format!("email=ana%40example.com&password=wrong-{guesser}-{guess}");
                    let answer = post(address, "/sign-in", &headers, fields.as_bytes()).unwrap();
                    if answer.status != 429 {
                        allowed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert_eq!(allowed.load(Ordering::SeqCst), 5);
}

/// What stands in front of the nodes: takes turns among those that say they are ready.
struct Balancer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Balancer {
    fn start(nodes: [SocketAddr; 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (is_over, ready) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(nodes.to_vec())));
        let (over, seen) = (Arc::clone(&is_over), Arc::clone(&ready));
        std::thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                let is_ready = |node: &SocketAddr| get(*node, "/readyz").is_ok_and(|answer| answer.status == 200);
                let now: Vec<SocketAddr> = nodes.into_iter().filter(is_ready).collect();
                *seen.lock().unwrap() = now;
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        std::thread::spawn(move || {
            for (turn, client) in listener.incoming().map_while(Result::ok).enumerate() {
                let nodes = ready.lock().unwrap().clone();
                let Some(node) = nodes.get(turn % nodes.len().max(1)).copied() else { continue };
                std::thread::spawn(move || connect_through(client, node));
            }
        });
        Self { address, is_over }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}

fn connect_through(client: TcpStream, node: SocketAddr) {
    let Ok(server) = TcpStream::connect(node) else { return };
    let pass = |mut from: TcpStream, mut to: TcpStream| {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let (back, forth) = ((server.try_clone().unwrap(), client.try_clone().unwrap()), (client, server));
    let answers = std::thread::spawn(move || pass(back.0, back.1));
    pass(forth.0, forth.1);
    let _ = answers.join();
}

/// Sends one call after the other on a connection for as long as it lasts, and opens another then.
fn keep_sending(address: SocketAddr, key: &str, name: &str, is_over: &AtomicBool) -> (usize, Vec<String>) {
    let (mut sent, mut failures, mut stream) = (0, Vec::new(), None);
    while !is_over.load(Ordering::SeqCst) {
        let mut open = stream.take().unwrap_or_else(|| TcpStream::connect(address).unwrap());
        let body = format!(r#"{{"messageId":"{name}-{sent}","anonymousId":"{name}","event":"View"}}"#);
        let head = format!(
            "POST /v1/track HTTP/1.1\r\nhost: t\r\nx-write-key: {key}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        sent += 1;
        match exchange_on(&mut open, &(head + &body)) {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => {
                stream = (!answer.to_ascii_lowercase().contains("connection: close")).then_some(open);
            }
            Ok(answer) => failures.push(answer),
            Err(error) => failures.push(error.to_string()),
        }
    }
    (sent, failures)
}

fn exchange_on(stream: &mut TcpStream, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while !answer.ends_with(br#"{"success":true}"#) {
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::Error::other(format!("closed after {:?}", String::from_utf8_lossy(&answer)))),
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn nodes_are_restarted_one_after_the_other_and_no_request_fails() {
    let Some((data, key)) = shop() else { return };
    let ports = [free_port(), free_port()];
    let balancer = Balancer::start(ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port))));
    let origin = format!("http://{}", balancer.address);
    let start = |port: u16| {
        let listen = format!("127.0.0.1:{port}");
        Server::start_with(&data, &["--listen", &listen, "--public-url", &origin, "--drain-seconds", "1"])
    };
    let mut nodes = ports.map(start);
    assert!(is_true_within(Duration::from_secs(3), || get(balancer.address, "/healthz").is_ok()));
    let cookie = signed_in(balancer.address, &origin);
    let is_over = AtomicBool::new(false);
    let (sent, failures) = std::thread::scope(|scope| {
        let send = |number: usize| {
            let (is_over, key, address) = (&is_over, key.as_str(), balancer.address);
            scope.spawn(move || keep_sending(address, key, &format!("s{number}"), is_over))
        };
        let senders: Vec<_> = (0..6).map(send).collect();
        for (node, port) in nodes.iter_mut().zip(ports) {
            std::thread::sleep(Duration::from_millis(500));
            let screen = listen(node.address, &cookie);
            assert!(is_true_within(Duration::from_secs(3), || screen.lock().unwrap().contains("listening")));
            node.signal("TERM");
            assert!(is_true_within(Duration::from_millis(500), || get(node.address, "/readyz")
                .is_ok_and(|it| it.status == 503)));
            assert_eq!(node.child.wait().unwrap().code(), Some(0));
            // The screen's stream was ended, and the browser finds the other node through the balancer.
            assert!(screen.lock().unwrap().ends_with("0\r\n\r\n"));
            let again = listen(balancer.address, &cookie);
            assert!(is_true_within(Duration::from_secs(3), || again.lock().unwrap().contains("event: changed")));
            *node = start(port);
            assert!(is_ready_within(node.address, Duration::from_secs(5)));
        }
        is_over.store(true, Ordering::SeqCst);
        let told: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
        (told.iter().map(|one| one.0).sum::<usize>(), told.into_iter().flat_map(|one| one.1).collect::<Vec<_>>())
    });
    assert_eq!(failures, Vec::<String>::new(), "of {sent}");
    assert!(sent > 200, "only {sent} were sent");
    drop(nodes);
    assert_eq!(stored(&data).0.len(), sent);
    assert_eq!(data.run_well(&["doctor", "--all"]), "");
}
