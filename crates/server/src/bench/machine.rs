//! The machine and this process as Linux describes them.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

#[derive(Serialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gb: f64,
    kernel: String,
}

impl Machine {
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let processor =
            field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
        let memory_kb = kilobytes(&read("/proc/meminfo"), "MemTotal");
        Self {
            processor,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gb: (memory_kb / 1024.0 / 1024.0 * 10.0).round() / 10.0,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory_gb, kernel } = self;
        write!(f, "{processor}, {cores} cores, {memory_gb} GB, Linux {kernel}")
    }
}

/// Resident memory of a process in megabytes: now, and at most so far. Zeros where there is no `/proc`.
pub fn memory_mb(process: &str) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    (kilobytes(&status, "VmRSS") / 1024.0, kilobytes(&status, "VmHWM") / 1024.0)
}

/// Processor time that a process has used, in hundredths of a second.
pub fn processor_ticks(process: &str) -> u64 {
    ticks(Path::new("/proc").join(process).join("stat"))
}

/// The same for this process's threads of a name.
pub fn thread_ticks(name: &str) -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten().map(|thread| thread.path());
    let is_named =
        |thread: &PathBuf| std::fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim() == name);
    threads.filter(is_named).map(|thread| ticks(thread.join("stat"))).sum()
}

fn ticks(stat: PathBuf) -> u64 {
    let stat = std::fs::read_to_string(stat).unwrap_or_default();
    // The name in brackets may hold blanks; the fields are counted behind it.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn kilobytes(text: &str, name: &str) -> f64 {
    let value = field(text, name).unwrap_or_default();
    value.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}
