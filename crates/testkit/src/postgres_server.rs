//! A private PostgreSQL server for tests: in a temporary folder, in memory where there is room and nothing has to last, on a
//! free port, gone when its owner is gone.
//!
//! A small shell process starts the server and waits for the end of its standard input. Whatever ends the owner (the
//! last test, a panic, Ctrl-C, kill -9), the operating system closes that pipe, and the shell stops the server and
//! removes the folder. PostgreSQL refuses to run as root; then it runs as the user `postgres`, or `nobody`.
//! Only the standard library is used, so that tests and tasks may both include this file.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::ports::free_port;

/// A running server. It stops when this is dropped, and when the process ends in any other way.
pub struct PrivateServer {
    url: String,
    folder: PathBuf,
    keeper: Child,
}

/// What the keeper runs: `$1` the programs, `$2` the folder, `$3` the port, `$4` more settings, `$5` the address.
///
/// It does what it reads: `stop` ends the server as `pg_ctl stop -m immediate` does, without a checkpoint; `start` starts
/// it again. The end of its input is the end of all. It listens on one address, which this machine alone can reach.
const KEEPER: &str = r#"
cd "$2" || exit 1
"$1/initdb" --pgdata=data --username=entente --auth=trust --encoding=UTF8 --locale=C --no-sync >initdb.log 2>&1 || exit 1
echo "host all all all trust" >>data/pg_hba.conf
start() {
  "$1/postgres" -D data -p "$3" -c listen_addresses="$5" -c unix_socket_directories= $4 \
    -c max_connections=400 >>server.log 2>&1 </dev/null &
  server=$!
}
start "$@"
while read -r word; do
  case $word in
    stop) kill -QUIT "$server"; wait "$server"; server= ;;
    start) start "$@" ;;
  esac
done
if [ -n "$server" ]; then kill -INT "$server"; wait "$server"; fi
cd / && rm -rf "$2"
"#;

/// What becomes of commits when the server ends. The folder goes with it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// Nothing of the test data survives, so nothing waits for the disk.
    Hasty,
    /// As it comes: a commit is on disk when it is acknowledged.
    Durable,
}

impl Durability {
    fn settings(self) -> &'static str {
        match self {
            Self::Hasty => {
                "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_wal_size=1GB"
            }
            Self::Durable => "-c fsync=on -c synchronous_commit=on -c full_page_writes=on",
        }
    }
}

/// The server's certificate and key under these names beside its data.
const WITH_TLS: &str = "-c ssl=on -c ssl_cert_file=../server.crt -c ssl_key_file=../server.key";

/// Where a server is: in a network namespace, whose name `ip netns` knows, under an address of it.
#[derive(Clone, Debug)]
pub struct Place {
    pub namespace: Option<String>,
    pub address: String,
}

impl Place {
    fn here() -> Self {
        Self { namespace: None, address: "127.0.0.1".to_owned() }
    }

    /// A shell that runs there, as this user.
    fn shell(&self, owner: Option<(u32, u32)>) -> Command {
        match (&self.namespace, owner) {
            // Only root enters one, and it is left behind in the same step.
            (Some(namespace), Some((user, group))) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/run/netns/{namespace}"));
                command.args([format!("--setuid={user}"), format!("--setgid={group}")]).arg("sh");
                command
            }
            (_, Some((user, group))) => {
                let mut command = Command::new("sh");
                command.uid(user).gid(group);
                command
            }
            (_, None) => Command::new("sh"),
        }
    }
}

/// A cold machine under load needs a few seconds; past this something is wrong.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Another process may take the free port first.
const MAX_TRIES: u32 = 3;

static STARTED: AtomicU32 = AtomicU32::new(0);

impl PrivateServer {
    /// Starts a server and waits until it answers.
    pub fn start() -> io::Result<Self> {
        Self::start_with(Durability::Hasty, "", &[], &Place::here())
    }

    /// Starts one that speaks TLS with this certificate and key, both as PEM.
    #[allow(dead_code, reason = "tasks include this file too and need no such server")]
    pub fn start_with_tls(certificate: &str, key: &str) -> io::Result<Self> {
        let files = [("server.crt", certificate), ("server.key", key)];
        Self::start_with(Durability::Hasty, WITH_TLS, &files, &Place::here())
    }

    /// Starts one that keeps what it acknowledged whatever ends it, for tests that end it.
    #[allow(dead_code, reason = "tasks include this file too and need no such server")]
    pub fn start_durable() -> io::Result<Self> {
        Self::start_with(Durability::Durable, "", &[], &Place::here())
    }

    /// [`Self::start_durable`] in another place.
    #[allow(dead_code, reason = "tasks include this file too and need no such server")]
    pub fn start_durable_at(place: &Place) -> io::Result<Self> {
        Self::start_with(Durability::Durable, "", &[], place)
    }

    fn start_with(durability: Durability, more: &str, files: &[(&str, &str)], place: &Place) -> io::Result<Self> {
        let programs = programs().ok_or_else(|| {
            io::Error::other("no PostgreSQL server is installed (initdb, postgres): `cargo xtask test` installs it")
        })?;
        let mut tries = 1;
        loop {
            match Self::start_once(&programs, durability, more, files, place) {
                Err(_) if tries < MAX_TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// `postgres://…`, for a user who may create databases.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server at once, as a crash would; its data stays.
    #[allow(dead_code, reason = "tasks include this file too and never stop their server")]
    pub fn stop_at_once(&mut self) -> io::Result<()> {
        self.tell("stop")?;
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(self.address()).is_ok() {
            if Instant::now() > deadline {
                return Err(io::Error::other("PostgreSQL did not stop"));
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Starts it again after [`Self::stop_at_once`]; it may still be recovering when this returns.
    #[allow(dead_code, reason = "tasks include this file too and never stop their server")]
    pub fn start_again(&mut self) -> io::Result<()> {
        self.tell("start")
    }

    /// What the server logged.
    #[allow(dead_code, reason = "tasks include this file too and do not look into it")]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }

    fn tell(&mut self, word: &str) -> io::Result<()> {
        let keeper = self.keeper.stdin.as_mut().ok_or_else(|| io::Error::other("the keeper is gone"))?;
        writeln!(keeper, "{word}")?;
        keeper.flush()
    }

    fn address(&self) -> &str {
        self.url.split(['@', '/']).nth(3).unwrap_or_default()
    }

    fn start_once(
        programs: &Path,
        durability: Durability,
        more: &str,
        files: &[(&str, &str)],
        place: &Place,
    ) -> io::Result<Self> {
        let owner = if is_root() { Some(unprivileged_user()?) } else { None };
        let folder = own_folder(owner, durability)?;
        for (name, text) in files {
            let path = folder.join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some((user, group)) = owner {
                chown(&path, Some(user), Some(group))?;
            }
        }
        let port = free_port();
        let mut command = place.shell(owner);
        command.args(["-c", KEEPER, "postgres-for-tests"]).arg(programs).arg(&folder);
        command.args([&port.to_string(), &format!("{} {more}", durability.settings()), &place.address]);
        // A group of its own: Ctrl-C at the console reaches the owner, and the pipe tells the keeper.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = command.spawn()?;
        let url = format!("postgres://entente@{}:{port}/postgres", place.address);
        let mut server = Self { url, folder: folder.clone(), keeper };
        server.wait_until_ready(&folder)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, folder: &Path) -> io::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !is_ready(folder) {
            if self.keeper.try_wait()?.is_some() || has_ended(folder) || Instant::now() > deadline {
                return Err(io::Error::other(format!("PostgreSQL did not start: {}", last_words(folder))));
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The keeper ends by itself once its input has ended; there is nobody left to tell if it did not.
        let _ = self.keeper.wait();
    }
}

/// Linux keeps files here in memory.
const MEMORY: &str = "/dev/shm";

/// Whether there is room in this folder and in memory for the databases of the tests that run at once, and for their log.
fn has_room(folder: &str) -> bool {
    const NEEDED_KIB: u64 = 4 * 1024 * 1024;
    let asked = Command::new("df").args(["--output=avail", "-k", folder]).output();
    let of_folder = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned());
    let of_memory = fs::read_to_string("/proc/meminfo");
    let of_folder = of_folder.ok().and_then(|text| text.lines().nth(1)?.trim().parse::<u64>().ok());
    let of_memory = of_memory.ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    [of_folder, of_memory].iter().all(|kib| kib.is_some_and(|kib| kib >= NEEDED_KIB))
}

/// The folder with `initdb` and `postgres`: the newest of Debian's, or the one in `PATH`.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    let has_both = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    newest_first.chain(std::env::split_paths(&path)).find(has_both)
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}

/// User and group of `postgres`, which the server's package makes, or of `nobody`.
fn unprivileged_user() -> io::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let numbers = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = numbers("postgres").or_else(|| numbers("nobody"));
    found.ok_or_else(|| io::Error::other("no user `postgres` or `nobody` to run PostgreSQL as"))
}

fn own_folder(owner: Option<(u32, u32)>, durability: Durability) -> io::Result<PathBuf> {
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    // Each test makes and drops a database, which is hundreds of files: a third of the time on a disk.
    let in_memory = durability == Durability::Hasty && has_room(MEMORY);
    let parent = if in_memory { PathBuf::from(MEMORY) } else { std::env::temp_dir() };
    let folder = parent.join(format!("entente-postgres-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    if let Some((user, group)) = owner {
        chown(&folder, Some(user), Some(group))?;
    }
    Ok(folder)
}

/// The server writes its state into `postmaster.pid` as a line of its own.
fn is_ready(folder: &Path) -> bool {
    let state = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    state.lines().any(|line| line.trim_end() == "ready")
}

/// The server has written its log and given up, while its keeper waits on.
fn has_ended(folder: &Path) -> bool {
    fs::read_to_string(folder.join("server.log")).is_ok_and(|log| log.contains("FATAL:"))
}

fn last_words(folder: &Path) -> String {
    let log = ["server.log", "initdb.log"].map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default());
    log.iter().flat_map(|log| log.lines().rev().take(3)).collect::<Vec<_>>().join("; ")
}
