//! What this machine lets us do: trace programs, turn their clock, give them a small disk or little memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::postgres_server::is_root;

use crate::Outcome;

fn answers(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether strace is here and may trace what we start.
pub fn can_trace() -> bool {
    answers("strace", &["-f", "-qq", "-o", "/dev/null", "true"])
}

/// The library that shows a program another time.
pub fn false_clock() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let candidates = folders.chain([PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")]);
    candidates.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|file| file.is_file())
}

/// A disk of its own of a few megabytes, in memory; it goes with this.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn is_possible() -> bool {
        is_root() && SmallDisk::can_mount()
    }

    fn can_mount() -> bool {
        tempfile::tempdir().is_ok_and(|folder| SmallDisk::at(folder.path(), 1).is_ok())
    }

    /// Mounted on a folder that is there.
    pub fn at(folder: &Path, megabytes: u32) -> Outcome<Self> {
        let size = format!("size={megabytes}m,mode=0700");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).stderr(Stdio::null());
        match command.status() {
            Ok(status) if status.success() => Ok(Self(folder.to_owned())),
            _ => Err(format!("no tmpfs can be mounted on {}", folder.display())),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server whose folder it was may still be ending.
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
    }
}

/// A group of processes that may use so much memory; it goes with this. Version 1 of control groups, then version 2.
pub struct LittleMemory(PathBuf);

impl LittleMemory {
    pub fn of(bytes: u64) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let name = format!("entente-chaos-{}", std::process::id());
        for (root, file) in [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")] {
            let group = Path::new(root).join(&name);
            if std::fs::create_dir(&group).is_err() {
                continue;
            }
            let made = Self(group);
            if std::fs::write(made.0.join(file), bytes.to_string()).is_ok() {
                return Some(made);
            }
        }
        None
    }

    pub fn take_in(&self, process: u32) -> Outcome<()> {
        std::fs::write(self.0.join("cgroup.procs"), process.to_string()).map_err(|error| error.to_string())
    }
}

impl Drop for LittleMemory {
    fn drop(&mut self) {
        // Processes that ended leave it a moment later.
        for _ in 0..50 {
            if std::fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

/// Bytes that are free on the disk of a folder, by `df`.
pub fn free_bytes(folder: &Path) -> u64 {
    let told = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output();
    let text = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned()).unwrap_or_default();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}
