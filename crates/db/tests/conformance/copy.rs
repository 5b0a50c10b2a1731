//! A copy that is kept beside the embedded database: what it makes again is the database as it was after one of its
//! transactions, and after none that is older than what it says it holds.
//!
//! Each transaction is a function of its number, so what the database must be after any of them is computed, not remembered.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use db::{Assembled, CopySettings, Db, assemble};
use words::Timestamp;

use super::*;

/// Where the child process finds what it is to write.
const PLACE: &str = "DB_CONFORMANCE_COPY";
const KILLS: u64 = 14;
/// The row that holds the number of the last transaction.
const COUNTER: i64 = -1;

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

/// A seeded sequence (splitmix64).
struct Random(u64);

impl Random {
    fn of(parts: [u64; 2]) -> Self {
        let mut random = Self(parts[0]);
        random.0 = random.next() ^ parts[1].wrapping_mul(0x9e37_79b9_7f4a_7c15);
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Clone)]
enum Change {
    Put(i64, usize),
    Remove(i64),
}

/// What transaction `number` does.
fn changes(seed: u64, number: i64) -> Vec<Change> {
    let mut random = Random::of([seed, number.unsigned_abs()]);
    let (count, longest) = if random.below(12) == 0 { (300, 3_000) } else { (1 + random.below(20), 9_000) };
    (0..count)
        .map(|_| {
            let item = i64::try_from(random.below(800)).unwrap();
            if random.below(3) == 0 { Change::Remove(item) } else { Change::Put(item, random.below(longest) as usize) }
        })
        .collect()
}

fn body(item: i64, length: usize) -> Vec<u8> {
    let mut random = Random::of([item.unsigned_abs(), length as u64]);
    (0..length.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()).take(length).collect()
}

/// All rows after this transaction: the length of each item's body.
fn expected(seed: u64, number: i64) -> BTreeMap<i64, usize> {
    let mut rows = BTreeMap::new();
    for change in (1..=number).flat_map(|number| changes(seed, number)) {
        match change {
            Change::Put(item, length) => rows.insert(item, length),
            Change::Remove(item) => rows.remove(&item),
        };
    }
    rows
}

fn transact(db: &Db, seed: u64, number: i64) {
    let put = "INSERT INTO items (workspace_id, item_id, name, body, amount) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (workspace_id, item_id) DO UPDATE SET body = $4, amount = $5";
    let changes = changes(seed, number);
    db.write_blocking(move |tx| {
        for change in &changes {
            match change {
                Change::Put(item, length) => {
                    tx.execute(sql(put), &[&SHOP, item, &format!("n{item}"), &body(*item, *length), &0_i64])?
                }
                Change::Remove(item) => {
                    tx.execute(sql("DELETE FROM items WHERE workspace_id = $1 AND item_id = $2"), &[&SHOP, item])?
                }
            };
        }
        tx.execute(sql(put), &[&SHOP, &COUNTER, &"counter", &Vec::<u8>::new(), &number])?;
        Ok::<_, DbError>(())
    })
    .unwrap();
}

fn last_number(db: &Db) -> i64 {
    let read = "SELECT amount FROM items WHERE workspace_id = $1 AND item_id = $2";
    db.read_blocking(move |tx| tx.query_opt(sql(read), &[&SHOP, &COUNTER], |row| row.get::<i64>(0)))
        .map_err(|error: DbError| error)
        .unwrap()
        .unwrap_or(0)
}

/// A copy that is some 60 ms behind.
pub fn settings(folder: &Path) -> CopySettings {
    let tick = Duration::from_millis(3);
    CopySettings { tick, ..CopySettings::new(folder.to_owned(), "a test".to_owned(), Arc::new(now)) }
}

struct Bench {
    folder: tempfile::TempDir,
    seed: u64,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("copy")).unwrap();
        Self { folder, seed }
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    fn open(&self) -> Db {
        Db::open_sqlite_copied(&self.folder.path().join("a.sqlite"), STEPS, settings(&self.copy())).unwrap()
    }

    /// Makes the database again and answers after which transaction it stands, having looked at every row.
    fn restored(&self, at: Option<Timestamp>) -> (i64, Assembled) {
        let into = self.folder.path().join("again.sqlite");
        let assembled = assemble(&self.copy(), at, &into).unwrap();
        let number = checked(&into, self.seed);
        std::fs::remove_file(&into).unwrap();
        (number, assembled)
    }
}

fn checked(file: &Path, seed: u64) -> i64 {
    let connection = rusqlite::Connection::open(file).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    connection.close().unwrap();
    let db = Db::open_sqlite(file, STEPS).unwrap();
    let number = last_number(&db);
    let read = "SELECT item_id, body FROM items WHERE workspace_id = $1 AND item_id >= 0 ORDER BY item_id";
    let rows: Vec<(i64, Vec<u8>)> = db
        .read_blocking(move |tx| tx.query(sql(read), &[&SHOP], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(|error: DbError| error)
        .unwrap();
    db.close_blocking();
    let wanted: Vec<(i64, Vec<u8>)> =
        expected(seed, number).into_iter().map(|(item, length)| (item, body(item, length))).collect();
    assert!(rows == wanted, "the rows are not those after transaction {number}");
    number
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Waits until everything that was committed before now is copied.
pub fn wait_for_copy(db: &Db) {
    let asked = now();
    wait_until("the copy catches up", || db.copy_status().unwrap().holds_until.is_some_and(|until| until > asked));
}

/// One of the things that happen to a database beside its transactions.
fn disturb(bench: &Path, db: &Db, random: &mut Random) {
    let file = bench.join("a.sqlite");
    let pragma = |text: &str| {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.busy_timeout(Duration::from_millis(5)).unwrap();
        // Refused when somebody else is at it.
        let _ = connection.query_row(text, [], |row| row.get::<_, i64>(0));
    };
    match random.below(40) {
        0 => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(db.scrub(&["items"])).unwrap();
        }
        1..=3 => pragma("PRAGMA wal_checkpoint(PASSIVE)"),
        4 | 5 => pragma("PRAGMA wal_checkpoint(FULL)"),
        6 | 7 => pragma("PRAGMA wal_checkpoint(RESTART)"),
        8 => pragma("PRAGMA wal_checkpoint(TRUNCATE)"),
        9 => {
            let (copy, aside) = (bench.join("copy"), bench.join("aside"));
            std::fs::rename(&copy, &aside).unwrap();
            std::thread::sleep(Duration::from_millis(random.below(40)));
            std::fs::rename(&aside, &copy).unwrap();
        }
        10..=14 => std::thread::sleep(Duration::from_millis(random.below(30))),
        _ => {}
    }
}

/// Not a test by itself: the process that is killed. It tells what it begins, what was committed, and what it was told of the copy.
#[test]
fn writes_when_asked() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let often = |folder: &Path| CopySettings { base_every: Duration::from_millis(150), ..settings(folder) };
    let (folder, round) = place.split_once('|').unwrap();
    let round: u64 = round.parse().unwrap();
    let folder = Path::new(folder);
    let mut random = Random::of([77, round]);
    let mut db = Db::open_sqlite_copied(&folder.join("a.sqlite"), STEPS, often(&folder.join("copy"))).unwrap();
    let (mut number, mut committed) = (last_number(&db), Vec::new());
    loop {
        number += 1;
        println!("begun {number}");
        transact(&db, 5, number);
        committed.push((now(), number));
        disturb(folder, &db, &mut random);
        if random.below(150) == 0 {
            db.close_blocking();
            db = Db::open_sqlite_copied(&folder.join("a.sqlite"), STEPS, often(&folder.join("copy"))).unwrap();
        }
        let until = db.copy_status().unwrap().holds_until;
        if let Some((_, copied)) = committed.iter().rev().find(|(at, _)| until.is_some_and(|until| *at < until)) {
            println!("copied {copied}");
        }
    }
}

#[test]
fn whenever_a_process_is_killed_its_copy_is_the_database_after_a_transaction_that_is_not_older_than_told() {
    let bench = Bench::new(5);
    let (mut copied, mut begun, mut lines) = (0, 0, std::collections::BTreeSet::new());
    for round in 0..KILLS {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "copy::writes_when_asked", "--nocapture"]);
        command.env(PLACE, format!("{}|{round}", bench.folder.path().display()));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        std::thread::sleep(Duration::from_millis(200 + Random::of([1, round]).below(900)));
        assert!(child.try_wait().unwrap().is_none(), "{}", {
            let mut error = String::new();
            child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            error
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let mut text = String::new();
        while told.read_line(&mut text).unwrap() > 0 {
            match text.trim().split_once(' ') {
                Some(("copied", number)) => copied = number.parse::<i64>().unwrap(),
                Some(("begun", number)) => begun = number.parse::<i64>().unwrap(),
                _ => {}
            }
            text.clear();
        }
        // It may have been killed while the folder was away.
        let aside = bench.folder.path().join("aside");
        if aside.exists() {
            std::fs::rename(aside, bench.copy()).unwrap();
        }
        if copied > 0 {
            let (number, assembled) = bench.restored(None);
            assert!((copied..=begun).contains(&number), "round {round}: {copied} told, {number} found, {begun} begun");
            assert_eq!(assembled.damage, [""; 0], "round {round}");
        }
        lines.extend(names(&bench.copy()).into_iter().filter(|name| name.starts_with("copy-")));
    }
    assert!(copied > 40, "{copied}");
    assert!(lines.len() < KILLS as usize, "a new process goes on with the line of the one before: {lines:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// All files of the only line that begin so.
fn files(bench: &Bench, prefix: &str) -> Vec<PathBuf> {
    let lines: Vec<String> = names(&bench.copy()).into_iter().filter(|name| name.starts_with("copy-1")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = bench.copy().join(&lines[0]);
    names(&line).into_iter().filter(|name| name.starts_with(prefix)).map(|name| line.join(name)).collect()
}

#[test]
fn a_database_that_was_closed_goes_on_with_its_line_and_one_that_others_wrote_to_does_not() {
    let bench = Bench::new(9);
    for number in 1..=30 {
        let db = bench.open();
        transact(&db, 9, number);
        if number == 1 {
            wait_for_copy(&db);
        }
        db.close_blocking();
        assert_eq!(bench.restored(None).0, number);
    }
    assert_eq!(files(&bench, "base-").len(), 1);
    let without_copy = Db::open_sqlite(&bench.folder.path().join("a.sqlite"), STEPS).unwrap();
    transact(&without_copy, 9, 31);
    without_copy.close_blocking();
    let db = bench.open();
    wait_for_copy(&db);
    assert_eq!(bench.restored(None).0, 31);
    db.close_blocking();
    assert_eq!(names(&bench.copy()).iter().filter(|name| name.starts_with("copy-1")).count(), 2);
}

#[test]
fn an_earlier_instant_can_be_had() {
    let bench = Bench::new(3);
    let db = bench.open();
    wait_for_copy(&db);
    let mut instants = Vec::new();
    for number in 1..=60 {
        transact(&db, 3, number);
        if number % 10 == 0 {
            wait_for_copy(&db);
            instants.push((now(), number));
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    for (at, number) in instants {
        assert_eq!(bench.restored(Some(at)).0, number, "at {at}");
    }
    let refused = assemble(&bench.copy(), Some(Timestamp::from_millis(5)), &bench.folder.path().join("x"));
    assert!(refused.unwrap_err().to_string().contains("its oldest instant is"));
    db.close_blocking();
}

#[test]
fn a_damaged_piece_is_noticed_and_what_is_made_ends_before_it() {
    let bench = Bench::new(4);
    let db = bench.open();
    wait_for_copy(&db);
    for number in 1..=40 {
        transact(&db, 4, number);
        if number % 2 == 0 {
            wait_for_copy(&db);
        }
    }
    db.close_blocking();
    assert_eq!(bench.restored(None).0, 40);
    let pieces = files(&bench, "piece-");
    assert!(pieces.len() >= 15, "{}", pieces.len());
    let mut before = 40;
    for (round, piece) in pieces.iter().enumerate().rev().step_by(2) {
        let whole = std::fs::read(piece).unwrap();
        let mut random = Random::of([8, round as u64]);
        for turn in 0..6 {
            let place = random.below(whole.len() as u64) as usize;
            let mut bad = whole.clone();
            match turn {
                0..=2 => bad[place] ^= 1 << random.below(8),
                3 | 4 => bad.truncate(place),
                _ => bad.extend_from_slice(b"more"),
            }
            std::fs::write(piece, &bad).unwrap();
            let (number, assembled) = bench.restored(None);
            assert!(number <= before && assembled.damage.len() == 1, "{number} {:?}", assembled.damage);
            let name = piece.file_name().unwrap().to_str().unwrap();
            assert!(assembled.damage[0].contains(name), "{:?}", assembled.damage);
        }
        std::fs::remove_file(piece).unwrap();
        let (number, assembled) = bench.restored(None);
        let is_last = round + 1 == pieces.len();
        assert!(number < before && assembled.damage.is_empty() == is_last, "{number} {:?}", assembled.damage);
        std::fs::write(piece, &whole).unwrap();
        before = number + 2;
    }
    let base = &files(&bench, "base-")[0];
    let mut bad = std::fs::read(base).unwrap();
    let middle = bad.len() / 2;
    bad[middle] ^= 4;
    std::fs::write(base, &bad).unwrap();
    let refused = assemble(&bench.copy(), None, &bench.folder.path().join("x")).unwrap_err().to_string();
    assert!(refused.contains("no base of the copy is whole") && refused.contains("damaged"), "{refused}");
}

#[test]
fn a_transaction_larger_than_what_may_wait_in_memory_is_copied_in_parts_and_restored_as_one() {
    let bench = Bench::new(6);
    let small = CopySettings { held_bytes: 48 << 20, ..settings(&bench.copy()) };
    let db = Db::open_sqlite_copied(&bench.folder.path().join("a.sqlite"), STEPS, small).unwrap();
    wait_for_copy(&db);
    let before = files(&bench, "piece-").len();
    db.write_blocking(|tx| {
        for item in 0..120 {
            let text = vec![item as u8; 1 << 20];
            let put = "INSERT INTO items (workspace_id, item_id, name, body) VALUES ($1, $2, $3, $4)";
            tx.execute(sql(put), &[&SHOP, &item, &format!("n{item}"), &text])?;
        }
        Ok::<_, DbError>(())
    })
    .unwrap();
    wait_for_copy(&db);
    db.close_blocking();
    let pieces = files(&bench, "piece-");
    assert!(pieces.len() >= before + 4, "{}", pieces.len());
    let into = bench.folder.path().join("again.sqlite");
    let rows = || {
        let assembled = assemble(&bench.copy(), None, &into).unwrap();
        let again = Db::open_sqlite(&into, STEPS).unwrap();
        let found = again.read_blocking(count).unwrap();
        again.close_blocking();
        (found, assembled.damage.len())
    };
    assert_eq!(rows(), (120, 0));
    // Without its last part nothing of it is there.
    std::fs::remove_file(pieces.last().unwrap()).unwrap();
    assert_eq!(rows(), (0, 0));
}

#[test]
fn a_copy_whose_folder_vanishes_holds_up_nobody_lets_the_log_go_and_begins_anew() {
    let bench = Bench::new(7);
    let small = CopySettings { held_bytes: 1 << 20, max_behind_bytes: 20 << 20, ..settings(&bench.copy()) };
    let db = Db::open_sqlite_copied(&bench.folder.path().join("a.sqlite"), STEPS, small).unwrap();
    wait_for_copy(&db);
    let aside = bench.folder.path().join("aside");
    std::fs::rename(bench.copy(), &aside).unwrap();
    let log = bench.folder.path().join("a.sqlite-wal");
    let mut longest = 0;
    for number in 1..=400 {
        transact(&db, 7, number);
        longest = longest.max(std::fs::metadata(&log).unwrap().len());
    }
    wait_until("it is told", || db.copy_status().unwrap().problem.is_some());
    let told = db.copy_status().unwrap();
    assert!(told.problem.unwrap().contains("there is no such folder"));
    assert!(told.behind > words::Span::from_millis(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(db.scrub(&["items"])).unwrap(), "the log ends all the same");
    std::fs::rename(&aside, bench.copy()).unwrap();
    wait_for_copy(&db);
    assert_eq!(db.copy_status().unwrap().problem, None);
    assert_eq!(bench.restored(None).0, 400);
    db.close_blocking();
    assert!(longest > 1 << 20);
}
