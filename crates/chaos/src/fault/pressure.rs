//! Too much at once: requests, patience, readers, memory.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::load::{Load, Pulse, SHOP, Weight};
use crate::machine::LittleMemory;
use crate::plan::Extent;
use crate::rig::Rig;
use crate::{Outcome, ensure};

fn length(extent: Extent, short_s: u64, long_s: u64) -> Duration {
    Duration::from_secs(if extent == Extent::Short { short_s } else { long_s })
}

/// More than it can do is refused with 429 or 503, and what is taken is kept.
pub fn flood(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    rig.ledger().take_answers();
    let load = Load::start(&rig.target, &mut rig.random, Weight { clients: 64, batch: 100, pause: Duration::ZERO });
    std::thread::sleep(length(extent, 2, 10));
    load.stop();
    let answers = rig.ledger().take_answers();
    let is_known = answers.by_status.keys().all(|status| matches!(status, 200 | 429 | 503));
    ensure(is_known && answers.strange.is_empty(), || format!("answers to a flood: {:?}", answers.by_status))?;
    ensure(rig.ended_within(Duration::ZERO).is_none(), || format!("a flood ended the program: {}", rig.log()))?;
    Ok(format!("{:?}, 99 % within {:.0} ms", answers.by_status, answers.p99_ms()))
}

const SLOW_CLIENTS: usize = 150;

/// Half a request each, and then a byte now and then: the others are served meanwhile.
pub fn slow_clients(rig: &mut Rig) -> Outcome<String> {
    let slow: Result<Vec<TcpStream>, std::io::Error> = (0..SLOW_CLIENTS)
        .map(|_| {
            let mut stream = TcpStream::connect(rig.target.address)?;
            stream.write_all(b"POST /v1/track HTTP/1.1\r\nhost: te")?;
            Ok(stream)
        })
        .collect();
    let mut slow = slow.map_err(|error| error.to_string())?;
    let pulse = Pulse::of(rig.ledger());
    rig.under_load(|rig| {
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(300));
            // Whom the program lets go is no failure of his.
            slow.iter_mut().for_each(|stream| drop(stream.write_all(b"s")));
        }
        let through = pulse.beat(rig.ledger());
        ensure(through > 0, || "nothing was taken beside slow clients".to_owned())?;
        Ok(format!("{through} events taken beside {SLOW_CLIENTS} slow clients"))
    })
}

/// The write-ahead log may grow so far beside a reader of ten minutes.
const LOG_MB: u64 = 1_024;
const TEN_MINUTES_S: u64 = 600;

/// A reader holds one state of the database while a shop's clients write: nobody is told to wait. The log grows as long as
/// the reader holds it: in ten minutes it would reach what it grew by now, times as much.
pub fn long_reader(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    rig.ledger().take_answers();
    let file = rig.data.data_folder().join("entente.sqlite");
    let wal = rig.data.data_folder().join("entente.sqlite-wal");
    let size_mb = || std::fs::metadata(&wal).map_or(0, |told| told.len()) / (1024 * 1024);
    let reader = rusqlite::Connection::open(file).map_err(|error| error.to_string())?;
    let read = |text: &str| reader.query_row(text, [], |row| row.get::<_, i64>(0)).map_err(|error| error.to_string());
    // The log's file begins at nothing, so that its size tells what came.
    read("PRAGMA wal_checkpoint(TRUNCATE)")?;
    reader.execute_batch("BEGIN").map_err(|error| error.to_string())?;
    let before = read("SELECT COUNT(*) FROM events")?;
    let (at_first, time) = (size_mb(), length(extent, 4, 45));
    let load = Load::start(&rig.target, &mut rig.random, SHOP);
    std::thread::sleep(time);
    load.stop();
    let grown = size_mb().saturating_sub(at_first);
    let after = read("SELECT COUNT(*) FROM events")?;
    ensure(before == after, || "a reader saw two states".to_owned())?;
    let in_ten_minutes = grown * TEN_MINUTES_S / time.as_secs();
    ensure(in_ten_minutes <= LOG_MB, || format!("the write-ahead log grew by {grown} MB in {time:?}"))?;
    reader.execute_batch("COMMIT").map_err(|error| error.to_string())?;
    let answers = rig.ledger().take_answers();
    let is_well = answers.broken == 0 && answers.by_status.keys().all(|status| *status == 200);
    ensure(is_well, || format!("beside a long reader: {:?}, {} broken", answers.by_status, answers.broken))?;
    let (requests, p99) = (answers.of(200), answers.p99_ms());
    Ok(format!("{requests} requests beside a reader of {time:?}, 99 % within {p99:.0} ms; the log grew by {grown} MB"))
}

/// From less than it needs to enough for all that may wait.
const MEGABYTES: [u64; 3] = [48, 96, 192];

/// With little memory and large batches the program sheds load or is killed; either way it kept what it acknowledged.
pub fn little_memory(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    let megabytes = *rig.random.pick(&MEGABYTES);
    let Some(group) = LittleMemory::of(megabytes * 1024 * 1024) else {
        return Ok("LEFT OUT: no control group of memory can be made here".to_owned());
    };
    let Some(process) = rig.server.as_ref().map(|server| server.child.id()) else { return Ok(String::new()) };
    group.take_in(process)?;
    let load = Load::start(&rig.target, &mut rig.random, Weight { clients: 48, batch: 400, pause: Duration::ZERO });
    let begun = Instant::now();
    let longest = length(extent, 4, 20);
    let mut ended = None;
    while ended.is_none() && begun.elapsed() < longest {
        ended = rig.ended_within(Duration::from_millis(100));
    }
    load.stop();
    let told = match ended {
        Some(_) => format!("killed for its memory after {} ms", begun.elapsed().as_millis()),
        None => "lived".to_owned(),
    };
    rig.kill();
    Ok(format!("{told} with {megabytes} MB"))
}
