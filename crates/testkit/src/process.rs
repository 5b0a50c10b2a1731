//! The program itself: a running `entente serve`, its data, and a plain HTTP client.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    reason = "it stands in tests only, which a panic fails"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::databases::{DropDatabaseGuard, is_postgres_skipped};

pub const PASSWORD: &str = "a quiet lamp in the window";

/// The program under test: what `ENTENTE_PROGRAM` names, else the one that cargo built beside the test.
pub fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("ENTENTE_PROGRAM") {
        return PathBuf::from(named);
    }
    let own = std::env::current_exe().unwrap();
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join("entente")).find(|file| file.is_file());
    beside.expect("`cargo build -p server` builds the program under test")
}

/// A call of the program under test.
pub fn entente() -> Command {
    quiet(Command::new(program()))
}

fn quiet(mut command: Command) -> Command {
    // A developer's own settings must not reach the tests.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ENTENTE_")) {
        command.env_remove(name);
    }
    command
}

/// An installation of its own for one test, removed at its end.
pub struct Data {
    folder: TempDir,
    postgres: Option<Postgres>,
}

enum Postgres {
    /// A database of the server that tests share.
    Shared(DropDatabaseGuard),
    /// The test's own server.
    Own(String),
}

impl Postgres {
    fn url(&self) -> &str {
        match self {
            Self::Shared(guard) => guard.url(),
            Self::Own(url) => url,
        }
    }
}

impl Data {
    pub fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None }
    }

    pub fn postgres() -> Self {
        let guard = DropDatabaseGuard::create(crm::MIGRATIONS);
        Self { postgres: Some(Postgres::Shared(guard)), ..Self::sqlite() }
    }

    /// On a server that belongs to the test.
    pub fn on_postgres(url: &str) -> Self {
        Self { postgres: Some(Postgres::Own(url.to_owned())), ..Self::sqlite() }
    }

    /// Both databases, or the embedded one alone where PostgreSQL is skipped.
    pub fn on_both() -> Vec<Self> {
        let mut both = vec![Self::sqlite()];
        if !is_postgres_skipped() {
            both.push(Self::postgres());
        }
        both
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The key file lies in the data folder with PostgreSQL too.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--data".to_owned(), self.folder().join("data").display().to_string()];
        if let Some(database) = &self.postgres {
            arguments.extend(["--database-url".to_owned(), database.url().to_owned()]);
        }
        arguments
    }

    /// The data folder: of PostgreSQL it holds the key file alone.
    pub fn data_folder(&self) -> PathBuf {
        self.folder().join("data")
    }

    pub fn key_file(&self) -> PathBuf {
        self.data_folder().join("entente.key")
    }

    /// Opens the database beside a running server, for transactions that read.
    pub fn open_beside(&self) -> db::Db {
        match &self.postgres {
            Some(database) => db::Db::read_postgres(database.url(), crm::MIGRATIONS).unwrap(),
            None => db::Db::read_sqlite(&self.data_folder().join("entente.sqlite"), crm::MIGRATIONS).unwrap(),
        }
    }

    /// Opens the database beside a stopped server.
    pub fn open(&self) -> db::Db {
        match &self.postgres {
            Some(database) => db::Db::open_postgres(database.url(), crm::MIGRATIONS).unwrap(),
            None => db::Db::open_sqlite(&self.folder().join("data/entente.sqlite"), crm::MIGRATIONS).unwrap(),
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = entente();
        command.args(arguments).args(self.arguments()).current_dir(self.folder());
        command.output().unwrap()
    }

    /// The same for commands that must succeed; what they wrote to standard output.
    pub fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// An owner, and an ingest key to send with.
    pub fn set_up(&self) -> String {
        let mut command = entente();
        command.args(["admin", "create", "--email", "ana@example.com", "--password-stdin"]);
        let mut child = command.args(self.arguments()).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        assert!(child.wait().unwrap().success());
        self.run_well(&["keys", "create", "--kind", "ingest"]).trim().to_owned()
    }
}

/// How long a start may take on a busy machine, from its first line to ready.
const START_WITHIN: Duration = Duration::from_secs(30);

/// What a server runs under: a program before it (`strace -D …`), and variables.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    pub before: Vec<String>,
    pub variables: Vec<(String, String)>,
}

impl Surroundings {
    fn command(&self) -> Command {
        let mut command = match self.before.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program());
                quiet(command)
            }
            None => entente(),
        };
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    pub setup_link: Option<String>,
    /// What it logged since it was ready.
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(data: &Data) -> Self {
        Self::start_with(data, &[])
    }

    /// With more flags of `serve`.
    pub fn start_with(data: &Data, flags: &[&str]) -> Self {
        Self::try_start(data, flags, &Surroundings::default()).unwrap_or_else(|seen| panic!("the server ended: {seen}"))
    }

    /// In other surroundings, where it may not start at all: then what it said.
    pub fn try_start(data: &Data, flags: &[&str], around: &Surroundings) -> Result<Self, String> {
        let mut command = around.command();
        command.arg("serve").args(data.arguments()).args(flags);
        if !flags.contains(&"--log") {
            command.args(["--log", "warn"]);
        }
        let chosen = flags.iter().position(|flag| *flag == "--listen").and_then(|at| flags[at + 1].parse().ok());
        if chosen.is_none() {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command.current_dir(data.folder()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut seen, mut address, mut setup_link, mut is_plain) = (String::new(), None, None, true);
        while address.is_none() {
            let Some(Ok(line)) = lines.next() else {
                let _ = child.wait();
                return Err(seen);
            };
            let told = line.strip_prefix("Entente:").map(str::trim);
            is_plain = told.is_some_and(|url| url.starts_with("http://"));
            address = told.and_then(|url| chosen.or_else(|| url.rsplit('/').next()?.parse().ok()));
            seen.push_str(&line);
        }
        let address: SocketAddr = address.unwrap();
        // The link, if there is one, is printed before the first answer.
        let mut rest = Vec::new();
        if is_plain && !is_ready_within(address, START_WITHIN) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{seen}; not ready within {START_WITHIN:?}"));
        }
        if !data_has_owner(data) {
            let line = lines.next().unwrap().unwrap();
            setup_link = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
            rest.push(line);
        }
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
        Ok(Self { child, address, setup_link, log })
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// A figure of `/proc/PID/status` in bytes, as `VmRSS` or `VmHWM`.
    pub fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(&format!("{figure}:"))).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Lets `VmHWM` count from what is used now.
    pub fn forget_peak_memory(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to end, as a supervisor does, and waits for its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn data_has_owner(data: &Data) -> bool {
    data.folder().join("owned").exists()
}

/// Notes that no set-up link will be printed.
pub fn note_owner(data: &Data) {
    std::fs::write(data.folder().join("owned"), "").unwrap();
}

/// Whether the server says so before the time is over.
pub fn is_ready_within(address: SocketAddr, time: Duration) -> bool {
    is_true_within(time, || get(address, "/readyz").is_ok_and(|answer| answer.status == 200))
}

/// Whatever looks every few seconds has looked by then, however busy the machine is.
const SOON: Duration = Duration::from_secs(30);

/// Whether it holds before long.
pub fn is_true_soon(holds: impl FnMut() -> bool) -> bool {
    is_true_within(SOON, holds)
}

/// Whether it holds before that time is over.
pub fn is_true_within(time: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> String {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(": ")).map_or(String::new(), |(_, value)| value.to_owned())
    }
}

pub fn get(address: SocketAddr, path: &str) -> std::io::Result<Answer> {
    exchange(address, format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").as_bytes())
}

/// A figure that the server tells on this port, by its name and labels; none when it is not told.
pub fn figure_called(metrics: u16, name: &str) -> Option<u64> {
    let text = get(([127, 0, 0, 1], metrics).into(), "/metrics").unwrap().body;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(value.parse().unwrap())
}

pub fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Answer> {
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    exchange(address, &bytes)
}

/// Sends bytes as they are and reads until the server closes.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    // A server that refuses early may close before it has read everything: its answer counts.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(_) if !answer.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    parse(&answer).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// The folder of shared data beside the repository; tests that need it say loudly when it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !found.exists() {
        eprintln!("SKIPPED: {} is not there; put the shared data beside the repository", found.display());
        return None;
    }
    Some(found)
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
