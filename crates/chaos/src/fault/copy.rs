//! The disk of the continuous copy is full, and then gone: nobody who sends notices. Then the machine is lost, and all that
//! was acknowledged comes back from the copy.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use testkit::process::entente;

use super::disk;
use crate::machine::SmallDisk;
use crate::plan::Extent;
use crate::rig::Rig;
use crate::{Outcome, ensure};

/// The copy of a small shop fits, and not much more.
const DISK_MB: u32 = 48;
/// What is promised of the copy.
const BEHIND_AT_MOST: Duration = Duration::from_secs(60);
const TOLD_WITHIN: Duration = Duration::from_secs(30);
const FAILING: &str = "entente_copy_failing";
const BEHIND: &str = "entente_copy_behind_seconds";

pub fn lost(rig: &mut Rig, extent: Extent) -> Outcome<String> {
    let folder = rig.data.folder().join("other-disk");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let small_disk = SmallDisk::at(&folder, DISK_MB)?;
    let copy = folder.join("copy");
    fs::create_dir(&copy).map_err(|error| error.to_string())?;
    rig.kill();
    rig.flags = vec!["--copy-dir".to_owned(), copy.display().to_string()];
    let done = struck(rig, &copy, extent);
    rig.flags.clear();
    rig.kill();
    drop(small_disk);
    done
}

fn struck(rig: &mut Rig, copy: &Path, extent: Extent) -> Outcome<String> {
    rig.start()?;
    wait_until_copied(rig)?;
    let last_ms = if extent == Extent::Short { 2_000 } else { 20_000 };
    let filler = copy.with_file_name("filler");
    rig.ledger().take_answers();
    rig.under_load(|rig| {
        disk::fill(&filler, copy, 0)?;
        fs::write(copy.with_file_name("rest"), vec![7; 2 << 20]).err();
        wait_for(rig, "a full disk is told", TOLD_WITHIN, |rig| rig.metric(FAILING) == Some(1.0))?;
        rig.wait_for_alert("copy", true)?;
        rig.wait_some(last_ms / 2, last_ms);
        fs::remove_file(&filler).map_err(|error| error.to_string())?;
        fs::remove_file(copy.with_file_name("rest")).map_err(|error| error.to_string())?;
        wait_for(rig, "it is written again", TOLD_WITHIN, |rig| rig.metric(FAILING) == Some(0.0))?;
        rig.wait_for_alert("copy", false)?;
        ensure(rig.alerts_told("copy") == 1, || format!("a full disk was told more than once: {}", rig.log()))?;
        let aside = copy.with_file_name("aside");
        fs::rename(copy, &aside).map_err(|error| error.to_string())?;
        wait_for(rig, "a missing folder is told", TOLD_WITHIN, |rig| rig.metric(FAILING) == Some(1.0))?;
        rig.wait_some(last_ms / 2, last_ms);
        fs::rename(&aside, copy).map_err(|error| error.to_string())
    })?;
    let answers = rig.ledger().take_answers();
    let is_well = answers.broken == 0 && answers.by_status.keys().all(|status| *status == 200);
    ensure(is_well, || format!("who sent was disturbed: {:?}, {} broken", answers.by_status, answers.broken))?;
    let took = wait_until_copied(rig)?;
    let restored = lose_and_restore(rig, copy)?;
    let (of_200, p99_ms) = (answers.of(200), answers.p99_ms());
    Ok(format!(
        "{of_200} answers, 99 % within {p99_ms:.0} ms; all copied {:.1} s after the disk was back, restored in {restored} ms",
        took.as_secs_f64()
    ))
}

fn wait_for(rig: &Rig, what: &str, within: Duration, is_so: impl Fn(&Rig) -> bool) -> Outcome<()> {
    let begun = Instant::now();
    while !is_so(rig) {
        ensure(begun.elapsed() < within, || format!("not within {within:?}: {what}; {}", rig.log()))?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Waits until all that was acknowledged before is in the copy; the figure tells whole seconds.
fn wait_until_copied(rig: &Rig) -> Outcome<Duration> {
    let begun = Instant::now();
    wait_for(rig, "everything is copied", BEHIND_AT_MOST, |rig| {
        rig.metric(BEHIND).is_some_and(|seconds| seconds + 1.0 < begun.elapsed().as_secs_f64())
    })?;
    Ok(begun.elapsed())
}

/// The database is gone, the key file was kept elsewhere.
fn lose_and_restore(rig: &mut Rig, copy: &Path) -> Outcome<u128> {
    rig.kill();
    let data = rig.data.data_folder();
    for file in ["entente.sqlite", "entente.sqlite-wal", "entente.sqlite-shm"] {
        // The log is not there when all of it was carried over.
        let _ = fs::remove_file(data.join(file));
    }
    let begun = Instant::now();
    let told = entente().arg("restore").arg(copy).arg("--data").arg(&data).output();
    let told = told.map_err(|error| error.to_string())?;
    ensure(told.status.success(), || String::from_utf8_lossy(&told.stderr).into_owned())?;
    let took = begun.elapsed().as_millis();
    rig.check_file()?;
    Ok(took)
}
