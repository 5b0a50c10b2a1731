//! The machine's clock jumps while the program runs.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crm::workspaces;
use db::sql;
use testkit::process::{Surroundings, is_true_soon};

use crate::machine::false_clock;
use crate::plan::Extent;
use crate::rig::Rig;
use crate::{Outcome, ensure};

const HOUR: i64 = 3_600;
const JUMPS: [i64; 4] = [-HOUR, -24 * HOUR, HOUR, 40 * 24 * HOUR];
/// Clocks of the program and of this one are read one after the other.
const SLACK_MS: i64 = 5_000;

/// Under a clock that is turned while it runs. A jump moves nobody, ends no session and makes no second effect; it is told in
/// the log, by `/readyz`, by a figure and by `entente doctor`, and forgotten when the clock is right again.
pub fn jumps(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    let Some(library) = false_clock() else { return Ok("left out: libfaketime is not here".to_owned()) };
    rig.terminate()?;
    let file = rig.data.folder().join("clock");
    turn(&file, 0)?;
    rig.start_under(&Surroundings { before: Vec::new(), variables: variables(&library, &file) })
        .map_err(|seen| format!("the program did not start under libfaketime: {seen}"))?;
    let cookie = rig.sign_in()?;
    let jumps = match extent {
        Extent::Short => vec![*rig.random.pick(&JUMPS[..2]), JUMPS[3]],
        Extent::Long | Extent::Everything => JUMPS.to_vec(),
    };
    for seconds in &jumps {
        one_jump(rig, &file, *seconds, &cookie)?;
    }
    rig.terminate()?;
    Ok(format!("{} jumps", jumps.len()))
}

fn one_jump(rig: &mut Rig, file: &PathBuf, seconds: i64, cookie: &str) -> Outcome<()> {
    let told_before = rig.alerts_told("clock");
    rig.under_load(|rig| {
        rig.wait_some(200, 400);
        turn(file, seconds)?;
        let tells = |what: &str, told: &dyn Fn() -> String| {
            ensure(is_true_soon(|| told().contains("clock")), || {
                format!("{what} does not tell of the clock: {}", told())
            })
        };
        tells("/readyz", &|| rig.readiness())?;
        let figure = rig.metric("entente_clock_jump_seconds").unwrap_or_default();
        let is_close = (figure - seconds.abs() as f64).abs() < 30.0;
        ensure(is_close, || format!("the figure of the jump of {seconds} s is {figure}"))?;
        tells("the log", &|| rig.log())?;
        tells("entente doctor", &|| rig.findings())?;
        rig.wait_for_alert("clock", true)?;
        // Time for timers that should not go off.
        std::thread::sleep(Duration::from_millis(1_500));
        ensure(rig.is_signed_in(cookie), || format!("a jump of {seconds} s ended a session"))?;
        turn(file, 0)?;
        let is_over = || !rig.readiness().contains("clock");
        ensure(is_true_soon(is_over), || "/readyz still tells of the clock".to_owned())?;
        let is_over = || !rig.findings().contains("clock");
        ensure(is_true_soon(is_over), || "entente doctor still tells of the clock".to_owned())?;
        rig.wait_for_alert("clock", false)
    })?;
    let times = rig.alerts_told("clock") - told_before;
    ensure(times == 1, || format!("the alert of one jump was told {times} times"))?;
    let ahead = newest_instant(rig)? - now_ms();
    ensure(ahead < SLACK_MS, || format!("something was written {ahead} ms in the future"))?;
    rig.check().map(|_| ())
}

fn variables(library: &std::path::Path, file: &std::path::Path) -> Vec<(String, String)> {
    let file = file.display().to_string();
    let pairs = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", file),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The file is exchanged at once: the program may look at any moment.
fn turn(file: &PathBuf, seconds: i64) -> Outcome<()> {
    let fresh = file.with_extension("new");
    fs::write(&fresh, format!("{seconds:+}\n")).map_err(|error| error.to_string())?;
    fs::rename(&fresh, file).map_err(|error| error.to_string())
}

/// The latest instant at which anything in the log happened or arrived.
fn newest_instant(rig: &Rig) -> Outcome<i64> {
    let db = rig.data.open_beside();
    let newest: Result<i64, db::DbError> = db.read_blocking(|tx| {
        let Some(workspace) = workspaces::the_first(tx)? else { return Ok(0) };
        tx.query_one(
            sql("SELECT COALESCE(MAX(GREATEST(at, received_at)), 0) FROM events WHERE workspace_id = $1"),
            &[&workspace.id],
            |row| row.get(0),
        )
    });
    db.close_blocking();
    newest.map_err(|error| error.to_string())
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
