//! The disk fails, or is full.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use testkit::process::{Surroundings, post};

use crate::machine;
use crate::plan::Extent;
use crate::rig::Rig;
use crate::{Outcome, ensure};

/// What the program sees of an injected error it answers by ending, within this time.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// How long the load runs to reach the call that fails.
const REACHED_WITHIN: Duration = Duration::from_secs(6);
/// Room is back: events are taken again within this time.
const TAKES_AGAIN_WITHIN: Duration = Duration::from_secs(30);
/// The exit code of a failure, which a supervisor answers with a new start.
const FAILURE: Option<i32> = Some(1);

/// Which calls fail in a run: the Nth of each thread.
fn calls(rig: &mut Rig, extent: Extent) -> Vec<u64> {
    match extent {
        Extent::Short => vec![1 + rig.random.below(4), 5 + rig.random.below(30)],
        Extent::Long => (0..5).map(|_| 1 + rig.random.below(50)).collect(),
        Extent::Everything => (1..=50).collect(),
    }
}

pub fn sync_error(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    let calls = calls(rig, extent);
    let mut reached = 0;
    for call in calls {
        reached += u32::from(one_error(rig, "fsync,fdatasync", "EIO", call)?);
    }
    Ok(format!("{reached} failed syncs"))
}

pub fn write_error(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    let calls = calls(rig, extent);
    let mut reached = 0;
    for call in calls {
        reached += u32::from(one_error(rig, "pwrite64", "EIO", call)?);
    }
    Ok(format!("{reached} failed writes"))
}

/// One call of the program fails and the next would answer well. It must not go on: nobody knows what is on the disk. Answers
/// whether the call was reached.
fn one_error(rig: &mut Rig, calls: &str, error: &str, number: u64) -> Outcome<bool> {
    rig.kill();
    let log = rig.data.folder().join("strace.txt");
    let around = injecting(calls, &format!("error={error}:when={number}"), &log);
    if let Err(seen) = rig.start_under(&around) {
        // It failed while it opened its files, and said so.
        ensure(was_injected(&log), || format!("the program did not start under strace: {seen}"))?;
        rig.server = None;
        after_an_error(rig)?;
        return Ok(true);
    }
    rig.under_load(|rig| {
        let begun = Instant::now();
        while !was_injected(&log) && begun.elapsed() < REACHED_WITHIN {
            std::thread::sleep(Duration::from_millis(20));
        }
        if !was_injected(&log) {
            rig.kill();
            return Ok(());
        }
        let code = rig.ended_within(ENDS_WITHIN);
        let log = rig.log();
        ensure(code == Some(FAILURE) && log.contains("the disk failed"), || {
            format!("{error} at call {number} of {calls}: ended with {code:?}; {log}")
        })
    })?;
    rig.server = None;
    after_an_error(rig)?;
    Ok(was_injected(&log))
}

fn after_an_error(rig: &mut Rig) -> Outcome<()> {
    rig.check_file()?;
    rig.check().map(|_| ())
}

fn injecting(calls: &str, what: &str, log: &Path) -> Surroundings {
    let words = ["strace", "-D", "-f", "-qq", "-o"].map(str::to_owned);
    let rest = [
        log.display().to_string(),
        "-e".to_owned(),
        format!("trace={calls}"),
        "-e".to_owned(),
        format!("inject={calls}:{what}"),
    ];
    Surroundings { before: words.into_iter().chain(rest).collect(), variables: Vec::new() }
}

fn was_injected(log: &Path) -> bool {
    fs::read_to_string(log).is_ok_and(|log| log.contains("(INJECTED)"))
}

/// Writes find no room for a while, and then they do: events are refused with 507 and the program goes on.
pub fn no_room(rig: &mut Rig) -> Outcome<String> {
    rig.kill();
    let log = rig.data.folder().join("strace.txt");
    let first = 30 + rig.random.below(100);
    let what = format!("error=ENOSPC:when={first}..{}", first + 30);
    let around = injecting("pwrite64", &what, &log);
    rig.start_under(&around).map_err(|seen| format!("the program did not start under strace: {seen}"))?;
    rig.ledger().take_answers();
    rig.under_load(|rig| {
        let begun = Instant::now();
        while !was_injected(&log) && begun.elapsed() < REACHED_WITHIN {
            std::thread::sleep(Duration::from_millis(20));
        }
        rig.wait_some(500, 1_500);
        ensure(rig.ended_within(Duration::ZERO).is_none(), || format!("no room ended the program: {}", rig.log()))
    })?;
    let refused = rig.ledger().take_answers().of(507);
    rig.check()?;
    rig.kill();
    rig.check_file()?;
    Ok(format!("507 {refused} times"))
}

/// A small disk fills up, by others and by the program itself; on it nothing is lost and all is well when there is room.
pub fn full(outer: &mut Rig) -> Outcome<String> {
    let seed = outer.random.below(u64::MAX);
    let mut rig = Rig::on_disk(64, seed)?;
    let early = fill_up(&mut rig, "24")?;
    // Without a reserve the program itself writes until there is no room at all.
    let late = fill_up(&mut rig, "0")?;
    Ok(format!("{early}; without a reserve: {late}"))
}

fn fill_up(rig: &mut Rig, reserve_mb: &str) -> Outcome<String> {
    rig.kill();
    rig.flags = vec!["--min-free-mb".to_owned(), reserve_mb.to_owned()];
    rig.start()?;
    rig.under_load(|rig| {
        rig.wait_some(300, 500);
        Ok(())
    })?;
    let filler = rig.data.data_folder().join("filler");
    let spare_mb: u64 = reserve_mb.parse().map_err(|_| "a number")?;
    fill(&filler, &rig.data.data_folder(), spare_mb + 2)?;
    rig.ledger().take_answers();
    let begun = Instant::now();
    rig.under_load(|rig| {
        let (status, retry_after) = loop {
            if let Some(refusal) = refusal(rig) {
                break refusal;
            }
            ensure(begun.elapsed() < Duration::from_secs(60), || "the disk never filled up".to_owned())?;
            std::thread::sleep(Duration::from_millis(50));
        };
        ensure(status == 507, || format!("a full disk was answered with {status}"))?;
        ensure(!retry_after.is_empty(), || format!("{status} without Retry-After"))?;
        if spare_mb > 0 {
            rig.wait_for_alert("disk", true)?;
        }
        ensure(rig.can_read(), || "what reads does not answer while the disk is full".to_owned())?;
        ensure(rig.ended_within(Duration::ZERO).is_none(), || format!("a full disk ended the program: {}", rig.log()))
    })?;
    let free = free_mb(&rig.data.data_folder());
    fs::remove_file(&filler).map_err(|error| error.to_string())?;
    let begun = Instant::now();
    while refusal(rig).is_some() {
        let is_in_time = begun.elapsed() < TAKES_AGAIN_WITHIN;
        ensure(is_in_time, || {
            format!("events are still refused {TAKES_AGAIN_WITHIN:?} after there is room: {}", rig.log())
        })?;
        std::thread::sleep(Duration::from_millis(20));
    }
    let back = begun.elapsed();
    rig.check()?;
    if spare_mb > 0 {
        rig.wait_for_alert("disk", false)?;
        let times = rig.alerts_told("disk");
        ensure(times == 1, || format!("one full disk was told {times} times"))?;
    }
    rig.terminate()?;
    rig.check_file()?;
    Ok(format!("refused with {free} MB free, taken again {} ms after there was room", back.as_millis()))
}

/// How an event is refused now, if it is: status and `Retry-After`.
fn refusal(rig: &Rig) -> Option<(u16, String)> {
    let body = r#"{"type":"track","event":"Probe","anonymousId":"probe","messageId":""}"#;
    let ledger = rig.ledger();
    let id = format!("m{}", ledger.number());
    let call = crate::ledger::Call {
        path: "/v1/track",
        body: body.replace(r#""messageId":"""#, &format!(r#""messageId":"{id}""#)),
        ids: vec![id],
    };
    ledger.note_sent(&call);
    let answer = post(rig.target.address, call.path, &[("x-write-key", &rig.target.key)], call.body.as_bytes()).ok()?;
    match answer.status {
        200 => {
            ledger.note_acknowledged(call, Duration::ZERO);
            None
        }
        status => Some((status, answer.header("retry-after"))),
    }
}

/// Leaves so many megabytes free.
pub fn fill(file: &Path, folder: &Path, leave_mb: u64) -> Outcome<()> {
    let amount_mb = free_mb(folder).saturating_sub(leave_mb);
    let bytes = vec![7_u8; usize::try_from(amount_mb).unwrap_or(0) * 1024 * 1024];
    fs::write(file, bytes).map_err(|error| format!("the disk cannot be filled: {error}"))
}

fn free_mb(folder: &Path) -> u64 {
    machine::free_bytes(folder) / (1024 * 1024)
}
