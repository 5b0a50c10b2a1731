//! Who hides behind a header does not get away, and what a body costs in memory.

use std::time::{Duration, Instant};

use crate::running::{Answer, Data, Server, get, note_owner, post};

/// Asks until refused, at most so often; how many answers came before, and the refusal.
fn until_refused(most: usize, mut ask: impl FnMut() -> Answer) -> (usize, Option<Answer>) {
    for count in 0..most {
        let answer = ask();
        if answer.status == 429 {
            return (count, Some(answer));
        }
    }
    (most, None)
}

#[test]
fn a_forwarded_address_is_believed_from_configured_proxies_only() {
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let many: Vec<String> = (0..500).map(|_| r#"{"type":"page"}"#.to_owned()).collect();
    let batch = format!("{{\"batch\":[{}]}}", many.join(","));
    // Each batch costs 500 of 20,000 tokens; its events name nobody, so that nothing is stored.
    let send = |server: &Server, forwarded: &str| {
        let headers = [("x-write-key", key.as_str()), ("x-forwarded-for", forwarded)];
        post(server.address, "/v1/batch", &headers, batch.as_bytes()).unwrap()
    };
    let behind_proxy = Server::start_with(&data, &["--trusted-proxies", "127.0.0.1"]);
    // What the client wrote itself stands first; the proxy's own word is the last.
    let mut number = 0;
    let (_, refused) = until_refused(200, || {
        number += 1;
        send(&behind_proxy, &format!("10.9.{number}.1, 198.51.100.7"))
    });
    assert!(refused.is_some(), "a client that forges the beginning of the header gets away");
    assert_eq!(send(&behind_proxy, "198.51.100.7, 192.0.2.77").status, 200, "another client behind the proxy");
    drop(behind_proxy);
    let alone = Server::start(&data);
    let (served, _) = until_refused(60, || send(&alone, "198.51.100.7"));
    assert_eq!(served, 60, "an address that no proxy vouches for was believed");
}

#[test]
fn huge_payloads_are_refused_quickly_and_cost_at_most_four_times_their_size() {
    let data = Data::sqlite();
    let key = data.set_up();
    note_owner(&data);
    let server = Server::start(&data);
    let keys: Vec<String> = (0..1_000_000).map(|number| format!("\"k{number}\":1")).collect();
    let cases: [(&str, Vec<u8>); 5] = [
        ("a million keys", format!("{{\"event\":\"E\",\"properties\":{{{}}}}}", keys.join(",")).into_bytes()),
        ("a hundred thousand levels", [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
        ("400 KB of brackets", vec![b'['; 400_000]),
        ("490 KB of numbers", format!("{{\"batch\":[{}1]}}", "1,".repeat(245_000)).into_bytes()),
        ("30 MB of nothing", vec![b' '; 30_000_000]),
    ];
    for (name, body) in &cases {
        // The allocator keeps what the first request of a kind needs: it is the second that tells.
        let mut slowest = Duration::ZERO;
        for _ in 0..2 {
            let answer = post(server.address, "/v1/batch", &[("x-write-key", &key)], body).unwrap();
            assert!([400, 413].contains(&answer.status), "{name}: {answer:?}");
        }
        let before = server.memory("VmRSS");
        server.forget_peak_memory();
        let sent_at_once = 8;
        std::thread::scope(|scope| {
            let sent: Vec<_> = (0..sent_at_once)
                .map(|_| {
                    scope.spawn(|| {
                        let begun = Instant::now();
                        let answer = post(server.address, "/v1/batch", &[("x-write-key", &key)], body).unwrap();
                        assert!([400, 413].contains(&answer.status), "{name}: {answer:?}");
                        begun.elapsed()
                    })
                })
                .collect();
            slowest = sent.into_iter().map(|one| one.join().unwrap()).max().unwrap();
        });
        let grown = server.memory("VmHWM").saturating_sub(before);
        println!("{name}: {} bytes, {sent_at_once} at once: {slowest:?} at most, {grown} bytes of memory", body.len());
        assert!(grown <= 4 * sent_at_once * body.len() as u64, "{name}: {grown} bytes for {} each", body.len());
    }
    assert_eq!(get(server.address, "/healthz").unwrap().status, 200);
}
