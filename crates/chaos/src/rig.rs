//! The program under attack, with its database and its clients.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crm::demo::random::Random;
use testkit::ports::free_port;
use testkit::postgres_server::PrivateServer;
use testkit::process::{
    Answer, Data, PASSWORD, Server, Surroundings, exchange, get, is_ready_within, note_owner, post,
};

use crate::ledger::{Answers, Ledger};
use crate::load::{Load, STEADY, Target, send_open};
use crate::machine::{OwnNetwork, SmallDisk};
use crate::plan::Database;
use crate::{Outcome, ensure};

/// When to give up on the program after a fault.
const WELL_WITHIN: Duration = Duration::from_secs(30);
/// What was refused meanwhile is taken within this time.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(30);

/// Fields are dropped in their order: the program before its database, that before its disk.
pub struct Rig {
    pub server: Option<Server>,
    pub postgres: Option<PrivateServer>,
    _small_disk: Option<SmallDisk>,
    pub data: Data,
    pub target: Target,
    pub api_key: String,
    pub random: Random,
    /// More flags of `serve`.
    pub flags: Vec<String>,
    /// Acknowledged messages that are set aside, to be tried again.
    pub aside: BTreeSet<String>,
    metrics_port: u16,
}

impl Rig {
    pub fn new(database: Database, seed: u64) -> Outcome<Self> {
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(PrivateServer::start_durable().map_err(|error| error.to_string())?),
        };
        Self::on(postgres, None, seed)
    }

    /// With the embedded database on a disk of so many megabytes.
    pub fn on_disk(megabytes: u32, seed: u64) -> Outcome<Self> {
        Self::on(None, Some(megabytes), seed)
    }

    /// With PostgreSQL behind a network.
    pub fn behind(network: &OwnNetwork, seed: u64) -> Outcome<Self> {
        let postgres = PrivateServer::start_durable_at(&network.far_end()).map_err(|error| error.to_string())?;
        Self::on(Some(postgres), None, seed)
    }

    fn on(postgres: Option<PrivateServer>, megabytes: Option<u32>, seed: u64) -> Outcome<Self> {
        let data = postgres.as_ref().map_or_else(Data::sqlite, |server| Data::on_postgres(server.url()));
        std::fs::create_dir(data.data_folder()).map_err(|error| error.to_string())?;
        let small_disk = megabytes.map(|megabytes| SmallDisk::at(&data.data_folder(), megabytes)).transpose()?;
        let key = data.set_up();
        let api_key = data.run_well(&["keys", "create", "--kind", "api"]).trim().to_owned();
        note_owner(&data);
        let address = ([127, 0, 0, 1], free_port()).into();
        let target = Target { address, key, ledger: Arc::new(Ledger::default()) };
        Ok(Self {
            server: None,
            postgres,
            _small_disk: small_disk,
            data,
            target,
            api_key,
            random: Random::new(seed),
            flags: Vec::new(),
            aside: BTreeSet::new(),
            metrics_port: free_port(),
        })
    }

    pub fn ledger(&self) -> &Ledger {
        &self.target.ledger
    }

    /// Starts the program when it does not run.
    pub fn start(&mut self) -> Outcome<()> {
        if self.server.is_some() {
            return Ok(());
        }
        self.start_under(&Surroundings::default()).map_err(|seen| format!("the program does not start: {seen}"))
    }

    /// Starts it in these surroundings, in which it may end at once: then what it said.
    pub fn start_under(&mut self, around: &Surroundings) -> Result<(), String> {
        self.end();
        let listen = self.target.address.to_string();
        let metrics = format!("127.0.0.1:{}", self.metrics_port);
        let mut flags = vec!["--listen", &listen, "--metrics-listen", &metrics];
        flags.extend(self.flags.iter().map(String::as_str));
        self.server = Some(Server::try_start(&self.data, &flags, around)?);
        Ok(())
    }

    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// As its supervisor does; it must end well.
    pub fn terminate(&mut self) -> Outcome<()> {
        let code = self.server.take().map(|mut server| server.terminate());
        ensure(matches!(code, None | Some(Some(0))), || format!("SIGTERM ended the program with {code:?}"))
    }

    fn end(&mut self) {
        self.kill();
    }

    /// The exit code of the program if it ends by itself within this time.
    pub fn ended_within(&mut self, time: Duration) -> Option<Option<i32>> {
        let begun = std::time::Instant::now();
        let server = self.server.as_mut()?;
        loop {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Some(status.code());
            }
            if begun.elapsed() > time {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn log(&self) -> String {
        self.server.as_ref().map(|server| server.log().join("\n")).unwrap_or_default()
    }

    /// Lets clients send steadily while something is done.
    pub fn under_load<T>(&mut self, run: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let load = Load::start(&self.target, &mut self.random, STEADY);
        let done = run(self);
        load.stop();
        done
    }

    /// Waits a time that chance chooses, in milliseconds.
    pub fn wait_some(&mut self, least: u64, most: u64) {
        std::thread::sleep(Duration::from_millis(least + self.random.below(most - least)));
    }

    pub fn is_ready(&self, within: Duration) -> bool {
        is_ready_within(self.target.address, within)
    }

    pub fn readiness(&self) -> String {
        get(self.target.address, "/readyz").map(|answer| answer.body).unwrap_or_default()
    }

    /// A figure of the program.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let address = ([127, 0, 0, 1], self.metrics_port).into();
        let text = get(address, "/metrics").ok()?.body;
        let line = text.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with([' ', '{']))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// How often this run of the program told that an alert began.
    pub fn alerts_told(&self, alert: &str) -> usize {
        let named = format!("\"{alert}\"");
        self.log().lines().filter(|line| line.contains("an alert begins") && line.contains(&named)).count()
    }

    /// Waits until an alert lasts, or is over: whatever looks every two seconds has looked by then.
    pub fn wait_for_alert(&self, alert: &str, lasts: bool) -> Outcome<()> {
        let figure = format!("entente_alert{{alert=\"{alert}\"}}");
        let begun = Instant::now();
        while self.metric(&figure) != Some(f64::from(u8::from(lasts))) {
            let is_in_time = begun.elapsed() < Duration::from_secs(20);
            let word = if lasts { "does not begin" } else { "is not over" };
            ensure(is_in_time, || format!("the alert {alert} {word}: {}", self.log()))?;
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Whether a program with its key gets an answer of the API that reads.
    pub fn can_read(&self) -> bool {
        let request = format!(
            "GET /api/v1/segments HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            self.api_key
        );
        exchange(self.target.address, request.as_bytes()).is_ok_and(|answer| answer.status == 200)
    }

    /// The cookie of the owner's session.
    pub fn sign_in(&self) -> Outcome<String> {
        let fields = format!("email=ana%40example.com&password={}", PASSWORD.replace(' ', "+"));
        let answer = self.post_form("/sign-in", "", &fields)?;
        ensure(answer.status == 303, || format!("signing in was answered with {}", answer.status))?;
        Ok(answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned())
    }

    /// A form of one of the program's own pages.
    pub fn post_form(&self, path: &str, cookie: &str, fields: &str) -> Outcome<Answer> {
        let origin = format!("http://{}", self.target.address);
        let kind = "application/x-www-form-urlencoded";
        let headers = [("origin", origin.as_str()), ("content-type", kind), ("cookie", cookie)];
        let headers = if cookie.is_empty() { &headers[..2] } else { &headers[..] };
        post(self.target.address, path, headers, fields.as_bytes()).map_err(|error| error.to_string())
    }

    pub fn is_signed_in(&self, cookie: &str) -> bool {
        let request = format!("GET /account HTTP/1.1\r\nhost: test\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n");
        exchange(self.target.address, request.as_bytes()).is_ok_and(|answer| answer.status == 200)
    }

    /// Runs statements on the database beside the program, as nobody but a fault does.
    pub fn meddle(&self, sqlite: &str, postgres: &str) -> Outcome<()> {
        match &self.postgres {
            None => {
                let file = self.data.data_folder().join("entente.sqlite");
                let done = rusqlite::Connection::open(file).and_then(|db| {
                    db.busy_timeout(Duration::from_secs(10))?;
                    db.execute_batch(sqlite)
                });
                done.map_err(|error| error.to_string())
            }
            Some(server) => {
                let client = postgres::Client::connect(server.url(), postgres::NoTls);
                let done = client.and_then(|mut client| client.batch_execute(postgres));
                done.map_err(|error| error.to_string())
            }
        }
    }

    /// After a fault: the program runs, takes what it had refused, and kept exactly what it acknowledged.
    pub fn check(&mut self) -> Outcome<Answers> {
        if self.ended_within(Duration::ZERO).is_some() {
            self.server = None;
        }
        self.start()?;
        ensure(self.is_ready(WELL_WITHIN), || format!("not ready after {WELL_WITHIN:?}: {}", self.log()))?;
        send_open(&self.target, CAUGHT_UP_WITHIN)?;
        let answers = self.ledger().take_answers();
        ensure(answers.strange.is_empty(), || format!("answers that may not be: {:?}", answers.strange))?;
        self.ledger().compare(&self.data, &self.aside)?;
        self.doctor(&[])?;
        Ok(answers)
    }

    /// `entente doctor` finds nothing.
    pub fn doctor(&self, more: &[&str]) -> Outcome<()> {
        let told = self.data.run(&[&["doctor"], more].concat());
        ensure(told.status.success(), || {
            format!(
                "entente doctor: {}{}",
                String::from_utf8_lossy(&told.stdout),
                String::from_utf8_lossy(&told.stderr)
            )
        })
    }

    /// What `entente doctor` finds where it must find something.
    pub fn findings(&self) -> String {
        String::from_utf8_lossy(&self.data.run(&["doctor"]).stdout).into_owned()
    }

    /// The file itself is whole, by the database's own check.
    pub fn check_file(&self) -> Outcome<()> {
        if self.postgres.is_some() {
            return Ok(());
        }
        check_sqlite(&self.data.data_folder().join("entente.sqlite"))
    }
}

/// SQLite's own check of a file.
pub fn check_sqlite(file: &std::path::Path) -> Outcome<()> {
    let found: Result<String, rusqlite::Error> =
        rusqlite::Connection::open(file).and_then(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get(0)));
    match found {
        Ok(told) if told == "ok" => Ok(()),
        Ok(told) => Err(format!("integrity_check: {told}")),
        Err(error) => Err(format!("integrity_check: {error}")),
    }
}
