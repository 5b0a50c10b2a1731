//! A program that may take so long and no longer.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How often to look whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How a bounded program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounded {
    Well,
    Failed,
    /// It was still at work when its time was over.
    Stopped,
}

/// Runs it to its end, or ends it with everything that it started.
pub fn run(command: &mut Command, within: Duration) -> Outcome<Bounded> {
    let mut child = command.spawn()?;
    let begun = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(Bounded::Well),
            Some(_) => return Ok(Bounded::Failed),
            None if begun.elapsed() < within => std::thread::sleep(LOOK_EVERY),
            None => break,
        }
    }
    let started = started_by(child.id());
    child.kill()?;
    child.wait()?;
    for id in started {
        // It may have ended by itself meanwhile.
        let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
    }
    Ok(Bounded::Stopped)
}

/// Its children and theirs, as Linux lists them for each thread; elsewhere nothing. A process group of its own would do too,
/// but then Ctrl-C at the console would no longer reach it.
fn started_by(id: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<u32> =
        lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect();
    children.iter().copied().chain(children.iter().flat_map(|child| started_by(*child))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn a_program_that_ends_in_time_tells_how() {
        assert_eq!(run(&mut Command::new("true"), SOON).unwrap(), Bounded::Well);
        assert_eq!(run(&mut Command::new("false"), SOON).unwrap(), Bounded::Failed);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("child");
        let script = format!("sleep 600 & echo $! > {}; wait", note.display());
        let begun = Instant::now();
        let ended = run(Command::new("sh").args(["-c", &script]), Duration::from_secs(1)).unwrap();
        assert_eq!(ended, Bounded::Stopped);
        assert!(begun.elapsed() < SOON);
        let child = std::fs::read_to_string(&note).unwrap().trim().to_owned();
        // Nobody may have waited for it yet: then its state is Z, or it is gone.
        let is_over =
            || std::fs::read_to_string(format!("/proc/{child}/stat")).map_or(true, |stat| stat.contains(") Z"));
        while !is_over() {
            assert!(begun.elapsed() < SOON, "the child {child} is still there");
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
