//! A fresh database for each test, on both engines.
//!
//! PostgreSQL is the server that `ENTENTE_TEST_POSTGRES` names (`cargo xtask test` sets it), else a private one: started
//! with the first test that needs it, in a temporary folder, and ended with the test process however that ends. Each
//! test's database is copied from a template that has the migrations, which takes some 30 ms.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use db::Db;
use db::Step;
use postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::postgres_server::PrivateServer;

/// Makes one test of each engine from a closure that takes a fresh [`Db`] with the product's schema:
///
/// ```text
/// testkit::on_both!(a_segment_keeps_its_name, |db| async move {
///     …
/// });
/// ```
///
/// They are called `a_segment_keeps_its_name::sqlite` and `::postgres`. Other steps than the product's come first, ended
/// by a semicolon: `on_both!(STEPS; a_name, |db| async move { … })`.
#[macro_export]
macro_rules! on_both {
    ($steps:expr; $name:ident, |$db:ident| $body:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            // Written once, so that it is compiled once.
            const TEST: $crate::databases::Test = |$db: $crate::databases::Db| Box::pin($body);

            #[test]
            fn sqlite() {
                $crate::databases::run_on_sqlite($steps, TEST);
            }

            #[test]
            fn postgres() {
                $crate::databases::run_on_postgres($steps, TEST);
            }
        }
    };
    ($name:ident, |$db:ident| $body:expr) => {
        $crate::on_both!($crate::crm::MIGRATIONS; $name, |$db| $body);
    };
}

/// A test of [`on_both!`].
pub type Test = fn(Db) -> Pin<Box<dyn Future<Output = ()>>>;

/// Runs a test on a fresh SQLite database.
pub fn run_on_sqlite<F, T>(steps: &'static [Step], test: F)
where
    F: FnOnce(Db) -> T,
    T: Future<Output = ()>,
{
    let (db, _folder) = fresh_sqlite(steps);
    block_on(test(db));
}

/// Runs a test on a fresh PostgreSQL database, unless [`is_postgres_skipped`].
pub fn run_on_postgres<F, T>(steps: &'static [Step], test: F)
where
    F: FnOnce(Db) -> T,
    T: Future<Output = ()>,
{
    if is_postgres_skipped() {
        return;
    }
    let (db, _dropped) = fresh_postgres(steps);
    block_on(test(db));
}

/// Whether `ENTENTE_TEST_SKIP_POSTGRES=1` (`cargo xtask test --quick`); says so on standard error.
#[expect(clippy::print_stderr, reason = "a test that does nothing must say so to the person who runs it")]
pub fn is_postgres_skipped() -> bool {
    let is_skipped = std::env::var("ENTENTE_TEST_SKIP_POSTGRES").is_ok_and(|value| value == "1");
    if is_skipped {
        eprintln!("skipped on PostgreSQL: ENTENTE_TEST_SKIP_POSTGRES=1");
    }
    is_skipped
}

/// A SQLite database of its own, copied from one that has the steps; it goes with the folder.
pub fn fresh_sqlite(steps: &[Step]) -> (Db, TempDir) {
    static MIGRATED: Mutex<Option<HashMap<u64, Vec<u8>>>> = Mutex::new(None);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("entente.db");
    let mut migrated = MIGRATED.lock().unwrap_or_else(PoisonError::into_inner);
    let copies = migrated.get_or_insert_default();
    let bytes = copies.entry(digest(steps)).or_insert_with(|| migrated_file(&path, steps));
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    drop(migrated);
    (Db::open_sqlite(&path, steps).expect("a fresh database opens"), folder)
}

fn migrated_file(path: &Path, steps: &[Step]) -> Vec<u8> {
    Db::open_sqlite(path, steps).expect("the migrations run on SQLite").close_blocking();
    std::fs::read(path).expect("the file that was just made can be read")
}

/// A PostgreSQL database of its own, copied from a template that has the steps; it goes with the guard.
pub fn fresh_postgres(steps: &[Step]) -> (Db, DropDatabaseGuard) {
    let guard = DropDatabaseGuard::create(steps);
    (Db::open_postgres(&guard.url, steps).expect("a fresh database opens"), guard)
}

/// Drops its database in the end, whoever is still connected.
pub struct DropDatabaseGuard {
    name: String,
    url: String,
}

impl DropDatabaseGuard {
    /// A database that has the steps, for a program that connects by itself.
    pub fn create(steps: &[Step]) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let server = PostgresServer::shared();
        let template = server.template(steps);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        server.administer(|client| {
            execute(client, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            let strategy = strategy(client);
            execute(client, &format!("CREATE DATABASE {name} TEMPLATE {template} {strategy}"));
        });
        let url = with_database(&server.url, &name);
        Self { name, url }
    }

    /// Where the database is: `postgres://…`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for DropDatabaseGuard {
    fn drop(&mut self) {
        let drop_database = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        PostgresServer::shared().administer(|client| {
            // After a failed test the server may be gone, and what it held with it.
            let _ = client.batch_execute(&drop_database);
        });
    }
}

/// A server on which tests may make databases.
pub struct PostgresServer {
    url: String,
    templates: Mutex<HashMap<u64, String>>,
    /// Connections to the server's own database that nobody uses now.
    idle: Mutex<Vec<Client>>,
    /// The private server, if it is one: it ends when this process ends.
    _private: Option<PrivateServer>,
}

impl PostgresServer {
    /// The one server of this test process.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<PostgresServer> = OnceLock::new();
        SERVER.get_or_init(|| match std::env::var("ENTENTE_TEST_POSTGRES") {
            Ok(url) => Self::at(url, None),
            Err(_) => Self::start_private(),
        })
    }

    fn start_private() -> Self {
        let private = PrivateServer::start().expect(
            "a private PostgreSQL starts; else name a server in ENTENTE_TEST_POSTGRES, or set ENTENTE_TEST_SKIP_POSTGRES=1",
        );
        Self::at(private.url().to_owned(), Some(private))
    }

    fn at(url: String, private: Option<PrivateServer>) -> Self {
        Self { url, templates: Mutex::default(), idle: Mutex::default(), _private: private }
    }

    /// Where the server is: `postgres://…`, with a database to connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of a database that has the steps, made once on each server.
    fn template(&self, steps: &[Step]) -> String {
        let digest = digest(steps);
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        let template = templates.entry(digest).or_insert_with(|| {
            let name = format!("template_{digest:016x}");
            self.administer(|client| {
                // Other test processes on the same server wait here.
                execute(client, "SELECT pg_advisory_lock(4242424242)");
                self.make_template(client, &name, steps);
                execute(client, "SELECT pg_advisory_unlock(4242424242)");
            });
            name
        });
        template.clone()
    }

    fn make_template(&self, client: &mut Client, name: &str, steps: &[Step]) {
        let found = client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]);
        if !found.expect("pg_database can be read").is_empty() {
            return;
        }
        let building = format!("{name}_building");
        execute(client, &format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)"));
        let collation = collation(client);
        execute(client, &format!("CREATE DATABASE {building} TEMPLATE template0 {collation}"));
        let url = with_database(&self.url, &building);
        Db::open_postgres(&url, steps).expect("the migrations run on PostgreSQL").close_blocking();
        rename(client, &building, name);
    }

    /// Gives a connection to the server's own database. The client may not run on an async thread, so this does not.
    fn administer(&self, work: impl FnOnce(&mut Client) + Send) {
        std::thread::scope(|scope| {
            let done = scope.spawn(|| {
                let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                let connect = || Client::connect(&self.url, NoTls).expect("the test server can be reached");
                let open = idle().pop();
                let mut client = open.unwrap_or_else(connect);
                work(&mut client);
                if !client.is_closed() {
                    idle().push(client);
                }
            });
            done.join().expect("the test server does what it is told");
        });
    }
}

/// From version 15 on, an order of text that differs from that of its bytes: tests then see that the schema asks for the
/// latter.
fn collation(client: &mut Client) -> &'static str {
    if is_15_or_later(client) { "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" } else { "ENCODING 'UTF8'" }
}

/// Files are copied, and not every page by way of the log: half the work. Before version 15 there was no other way.
fn strategy(client: &mut Client) -> &'static str {
    if is_15_or_later(client) { "STRATEGY FILE_COPY" } else { "" }
}

fn is_15_or_later(client: &mut Client) -> bool {
    let version = client.query_one("SELECT current_setting('server_version_num')::int4", &[]);
    version.expect("the server tells its version").get::<_, i32>(0) >= 150_000
}

/// The server may still be ending the last connection to the database.
fn rename(client: &mut Client, from: &str, to: &str) {
    let give_up = Instant::now() + Duration::from_secs(30);
    while let Err(error) = client.batch_execute(&format!("ALTER DATABASE {from} RENAME TO {to}")) {
        assert!(Instant::now() < give_up, "the template cannot be renamed: {error}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn execute(client: &mut Client, statement: &str) {
    client.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').map_or((url, None), |(address, options)| (address, Some(options)));
    let authority_at = address.find("://").map_or(0, |at| at + 3);
    let path_at = address[authority_at..].find('/').map_or(address.len(), |at| authority_at + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{name}{options}", &address[..path_at])
}

fn digest(steps: &[Step]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for step in steps {
        (step.version, step.name, step.sql).hash(&mut hasher);
    }
    hasher.finish()
}

fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(test);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_address_and_options_for_another_database() {
        let check = |url, expected| assert_eq!(with_database(url, "x"), expected);
        check("postgres://e@127.0.0.1:5433/postgres", "postgres://e@127.0.0.1:5433/x");
        check("postgres://e@%2Ftmp%2Fa", "postgres://e@%2Ftmp%2Fa/x");
        check("postgres://h/p?application_name=a/b", "postgres://h/x?application_name=a/b");
    }
}
