//! What this machine lets us do: trace programs, turn their clock, give them a small disk, little memory or a bad network.

use std::io::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use testkit::postgres_server::{Place, is_root};

use crate::{Outcome, ensure};

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

/// A network namespace of its own with one cable to ours; it goes with this.
pub struct OwnNetwork {
    namespace: String,
    /// Of its end of the cable.
    address: String,
}

static NETWORKS: AtomicU8 = AtomicU8::new(0);

/// Whatever comes or goes is thrown away without a word.
const CUT: &str = "table inet cut {
    chain coming { type filter hook input priority 0; policy drop; iifname lo accept; }
    chain going { type filter hook output priority 0; policy drop; oifname lo accept; }
}";

impl OwnNetwork {
    pub fn is_possible() -> bool {
        is_root() && answers("nft", &["--version"]) && Self::lay().is_ok_and(|network| network.cut().is_ok())
    }

    /// Lays the cable. Its far end has an address of RFC 2544's block, which no real network has. The near end has none, not even
    /// one of its own making: browsers break off what they are doing when this machine's addresses change.
    pub fn lay() -> Outcome<Self> {
        let process = std::process::id();
        let number = NETWORKS.fetch_add(1, Ordering::Relaxed) % 64;
        let namespace = format!("entente-{process}-{number}");
        let cable = format!("en{process}-{number}");
        let network = Self { namespace, address: format!("198.18.{}.{}", process % 256, number + 1) };
        ip(&["netns", "add", &network.namespace])?;
        ip(&["link", "add", &cable, "type", "veth", "peer", "name", "far", "netns", &network.namespace])?;
        ip(&["link", "set", &cable, "addrgenmode", "none", "up"])?;
        ip(&["route", "add", &network.address, "dev", &cable])?;
        let there = |words: &[&str]| ip(&[&["-n", network.namespace.as_str()], words].concat());
        there(&["address", "add", &network.address, "dev", "far"])?;
        there(&["link", "set", "far", "up"])?;
        there(&["link", "set", "lo", "up"])?;
        there(&["route", "add", "default", "dev", "far"])?;
        network.can_be_reached()?;
        Ok(network)
    }

    /// This machine needs some address of its own to be answered at.
    fn can_be_reached(&self) -> Outcome<()> {
        let socket = UdpSocket::bind("0.0.0.0:0").map_err(|error| error.to_string())?;
        socket.connect((self.address.as_str(), 9)).map_err(|error| format!("{}: {error}", self.address))
    }

    pub fn far_end(&self) -> Place {
        Place { namespace: Some(self.namespace.clone()), address: self.address.clone() }
    }

    /// From now on packets vanish.
    pub fn cut(&self) -> Outcome<()> {
        self.filter(CUT)
    }

    pub fn mend(&self) -> Outcome<()> {
        self.filter("delete table inet cut")
    }

    fn filter(&self, rules: &str) -> Outcome<()> {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace, "nft", "-f", "-"]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(rules.as_bytes()).map_err(|error| error.to_string())?;
        }
        let told = child.wait_with_output().map_err(|error| error.to_string())?;
        ensure(told.status.success(), || format!("nft: {}", String::from_utf8_lossy(&told.stderr)))
    }
}

impl Drop for OwnNetwork {
    fn drop(&mut self) {
        // The cable goes with the namespace.
        let _ = ip(&["netns", "delete", &self.namespace]);
    }
}

fn ip(arguments: &[&str]) -> Outcome<()> {
    let told = Command::new("ip").args(arguments).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    ensure(told.status.success(), || {
        format!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&told.stderr).trim_end())
    })
}

/// Bytes that are free on the disk of a folder, by `df`.
pub fn free_bytes(folder: &Path) -> u64 {
    let told = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output();
    let text = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned()).unwrap_or_default();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}
