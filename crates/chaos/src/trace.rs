//! The program seen from below: each write and sync of its files, and each answer it gave, in their order.

mod calls;
mod disk;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crm::demo::random::Random;
use testkit::process::Surroundings;

use crate::load::{Load, USUAL, Weight};
use crate::plan::Database;
use crate::rig::{Rig, check_sqlite};
use crate::{Outcome, ensure};
use calls::{Call, Deed};
use disk::Disk;

const DATABASE: &str = "entente.sqlite";
const LOG: &str = "entente.sqlite-wal";
/// So long the clients may take for the acknowledgements that are asked for.
const ENOUGH_WITHIN: Duration = Duration::from_secs(120);

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synced {
    pub acknowledgements: usize,
    pub syncs: usize,
}

/// Between the last byte of a request and the first of its 200 a sync of the write-ahead log begins and ends well: for so
/// many acknowledgements at least.
pub fn synced_before_acknowledged(seed: u64, acknowledgements: usize) -> Outcome<Synced> {
    let recorded = record(seed, USUAL, |requests, _| requests >= acknowledgements)?;
    let syncs: Vec<&Call> = recorded.calls.iter().filter(|call| call.is_sync_of(LOG)).collect();
    let answered = recorded.answered();
    for answered in &answered {
        let is_synced = syncs.iter().any(|sync| sync.start > answered.read_at && sync.end < answered.sent_at);
        ensure(is_synced, || format!("{:?} was acknowledged before its log was synced; seed {seed}", answered.ids))?;
    }
    let is_enough = answered.len() >= acknowledgements;
    ensure(is_enough, || format!("only {} acknowledgements were seen; seed {seed}", answered.len()))?;
    Ok(Synced { acknowledgements: answered.len(), syncs: syncs.len() })
}

/// What was cut, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cuts {
    pub cuts: u32,
    /// Unsynced writes that a cut lost or tore, in all.
    pub lost_writes: usize,
    /// Syncs of the database file, each the end of a carrying over of the log.
    pub carried_over: usize,
}

/// The power goes at so many instants that the seed chooses. What was synced is there; of what was not, sectors of 512 bytes
/// arrive or do not, as chance has it. The database is whole each time, and everything acknowledged before is in it.
pub fn power_cuts(seed: u64, acknowledgements: usize, cuts: u32) -> Outcome<Cuts> {
    let heavy = Weight { clients: 6, batch: 200, pause: Duration::ZERO };
    // Long runs go on until the log was carried over, so that cuts hit that too.
    let is_long = cuts >= 200;
    let recorded = record(seed, heavy, |requests, log_mb| requests >= acknowledgements && (!is_long || log_mb > 90))?;
    let answered = recorded.answered();
    let mut random = Random::of(&[seed, 2]);
    let end = recorded.calls.iter().map(|call| call.end).max().unwrap_or(0);
    let mut lost_writes = 0;
    for number in 0..cuts {
        let at = random.below(end + 1);
        let told = |broken: String| format!("power cut {number} at call {at} of {end}: {broken}; seed {seed}");
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        for name in [DATABASE, LOG] {
            let mut disk = Disk::with(recorded.before.join(name));
            lost_writes += disk.fail(&recorded.calls, name, at, &mut random);
            disk.write(&folder.path().join(name)).map_err(told)?;
        }
        let file = folder.path().join(DATABASE);
        check_sqlite(&file).map_err(told)?;
        let stored = ids_in(&file).map_err(told)?;
        let acknowledged = answered.iter().filter(|answered| answered.sent_at <= at).flat_map(|one| &one.ids);
        let lost: Vec<&String> = acknowledged.filter(|id| !stored.contains(*id)).take(5).collect();
        ensure(lost.is_empty(), || told(format!("acknowledged and gone: {lost:?}")))?;
    }
    let carried_over = recorded.calls.iter().filter(|call| call.is_sync_of(DATABASE)).count();
    Ok(Cuts { cuts, lost_writes, carried_over })
}

/// Everything that the program did to its files and told its clients.
struct Recorded {
    calls: Vec<Call>,
    /// The files as they were before it began.
    before: PathBuf,
    _folder: tempfile::TempDir,
}

/// A request that was answered with 200.
struct Answered {
    ids: Vec<String>,
    read_at: u64,
    sent_at: u64,
}

/// Lets the clients send until it is enough: told are the requests acknowledged and the megabytes of the log.
fn record(seed: u64, weight: Weight, is_enough: impl Fn(usize, u64) -> bool) -> Outcome<Recorded> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (before, log) = (folder.path().join("before"), folder.path().join("strace.txt"));
    let mut rig = Rig::new(Database::Sqlite, seed)?;
    fs::create_dir(&before).map_err(|error| error.to_string())?;
    for name in [DATABASE, LOG] {
        let file = rig.data.data_folder().join(name);
        if file.exists() {
            fs::copy(file, before.join(name)).map_err(|error| error.to_string())?;
        }
    }
    rig.start_under(&traced(&log)).map_err(|seen| format!("the program did not start under strace: {seen}"))?;
    rig.ledger().take_answers();
    let load = Load::start(&rig.target, &mut rig.random, weight);
    let begun = Instant::now();
    let mut requests = 0;
    let size = || fs::metadata(rig.data.data_folder().join(LOG)).map_or(0, |told| told.len()) / (1024 * 1024);
    while !is_enough(requests, size()) && begun.elapsed() < ENOUGH_WITHIN {
        std::thread::sleep(Duration::from_millis(100));
        requests += usize::try_from(rig.ledger().take_answers().of(200)).unwrap_or(0);
    }
    load.stop();
    rig.kill();
    // The tracer writes its last lines after the program has ended.
    std::thread::sleep(Duration::from_millis(300));
    Ok(Recorded { calls: calls::read(&log)?, before, _folder: folder })
}

fn traced(log: &Path) -> Surroundings {
    let words = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "4000000", "-o"];
    let trace = "trace=pwrite64,ftruncate,fsync,fdatasync,recvfrom,sendto,writev,accept4";
    let rest =
        [log.display().to_string(), "-e".to_owned(), trace.to_owned(), "-e".to_owned(), "signal=none".to_owned()];
    Surroundings { before: words.map(str::to_owned).into_iter().chain(rest).collect(), variables: Vec::new() }
}

impl Recorded {
    /// Requests with their answers, by the number of their connection's file.
    fn answered(&self) -> Vec<Answered> {
        let mut heard: std::collections::HashMap<u32, (Vec<u8>, u64)> = std::collections::HashMap::new();
        let mut answered = Vec::new();
        for call in &self.calls {
            match &call.deed {
                Deed::Accepted(file) => drop(heard.insert(*file, (Vec::new(), call.end))),
                Deed::Read(file, bytes) => {
                    let (all, read_at) = heard.entry(*file).or_default();
                    all.extend_from_slice(bytes);
                    *read_at = call.end;
                }
                Deed::Sent(file, bytes) if bytes.starts_with(b"HTTP/1.1 200") => {
                    let (all, read_at) = heard.remove(file).unwrap_or_default();
                    let ids = message_ids(&String::from_utf8_lossy(&all));
                    if !ids.is_empty() {
                        answered.push(Answered { ids, read_at, sent_at: call.start });
                    }
                }
                _ => {}
            }
        }
        answered
    }
}

fn message_ids(request: &str) -> Vec<String> {
    let parts = request.split("\"messageId\":\"").skip(1);
    parts.filter_map(|part| part.split('"').next()).map(str::to_owned).collect()
}

fn ids_in(file: &Path) -> Outcome<BTreeSet<String>> {
    let read = || -> Result<BTreeSet<String>, rusqlite::Error> {
        let db = rusqlite::Connection::open(file)?;
        let mut statement = db.prepare("SELECT message_id FROM events")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect()
    };
    read().map_err(|error| error.to_string())
}
