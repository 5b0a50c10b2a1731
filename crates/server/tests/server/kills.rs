use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use testkit::crm::stream::log;
use testkit::crm::workspaces;

use crate::running::{Data, Server, is_true_soon, note_owner, post};

/// What the senders know: every message they sent, and those that were acknowledged.
#[derive(Default)]
struct Notes {
    sent: Mutex<BTreeSet<String>>,
    acknowledged: Mutex<BTreeSet<String>>,
    /// Sent and not answered: a client library sends them again.
    open: Mutex<Vec<Vec<String>>>,
    next: AtomicU64,
}

impl Notes {
    fn next_group(&self, size: u64) -> Vec<String> {
        if let Some(open) = self.open.lock().unwrap().pop() {
            return open;
        }
        let first = self.next.fetch_add(size, Ordering::Relaxed);
        let group: Vec<String> = (first..first + size).map(|number| format!("m{number}")).collect();
        self.sent.lock().unwrap().extend(group.iter().cloned());
        group
    }
}

/// Sends single events or batches until the server is gone.
fn send_until_gone(server: std::net::SocketAddr, key: &str, notes: &Notes, size: u64) {
    loop {
        let group = notes.next_group(size);
        let calls: Vec<String> = group
            .iter()
            .map(|id| format!(r#"{{"type":"track","event":"View","messageId":"{id}","anonymousId":"{}"}}"#, &id[..2]))
            .collect();
        let body = format!(r#"{{"batch":[{}]}}"#, calls.join(","));
        match post(server, "/v1/batch", &[("x-write-key", key)], body.as_bytes()) {
            Ok(answer) if answer.status == 200 => notes.acknowledged.lock().unwrap().extend(group),
            _ => {
                notes.open.lock().unwrap().push(group);
                return;
            }
        }
    }
}

fn check(data: &Data, kills: u64) {
    let key = data.set_up();
    note_owner(data);
    let notes = Notes::default();
    for kill in 0..kills {
        let mut server = Server::start(data);
        std::thread::scope(|scope| {
            for size in [1, 1, 20, 50] {
                let (address, key, notes) = (server.address, &key, &notes);
                scope.spawn(move || send_until_gone(address, key, notes, size));
            }
            // However slow the machine is, each server acknowledges events before it goes.
            let known = notes.acknowledged.lock().unwrap().len();
            let acknowledges = is_true_soon(|| notes.acknowledged.lock().unwrap().len() > known + 1);
            std::thread::sleep(Duration::from_millis(40 + 17 * (kill % 9)));
            server.kill();
            assert!(acknowledges, "server {kill} acknowledged nothing");
        });
    }
    let stored = stored_ids(data);
    let (sent, acknowledged) = (notes.sent.into_inner().unwrap(), notes.acknowledged.into_inner().unwrap());
    let distinct: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(distinct.len(), stored.len(), "an event is there twice");
    assert!(acknowledged.is_subset(&distinct), "lost: {:?}", acknowledged.difference(&distinct).collect::<Vec<_>>());
    assert!(distinct.is_subset(&sent), "never sent: {:?}", distinct.difference(&sent).collect::<Vec<_>>());
    data.run_well(&["doctor", "--all"]);
}

fn stored_ids(data: &Data) -> Vec<String> {
    let db = data.open();
    let rows = db.read_blocking(|tx| {
        let workspace = workspaces::the_first(tx)?.unwrap().id;
        log::newest(tx, workspace, 10_000_000)
    });
    let rows: Result<Vec<log::LogRow>, db::DbError> = rows;
    let ids = rows
        .unwrap()
        .into_iter()
        .map(|row| row.message_id(crm::kernel::Sight::Whole).text().unwrap_or_default().to_owned())
        .filter(|id: &String| !id.is_empty())
        .collect();
    db.close_blocking();
    ids
}

#[test]
fn after_25_kills_everything_acknowledged_is_there_once_on_sqlite() {
    check(&Data::sqlite(), 25);
}

#[test]
fn after_25_kills_everything_acknowledged_is_there_once_on_postgres() {
    if !testkit::databases::is_postgres_skipped() {
        check(&Data::postgres(), 25);
    }
}
