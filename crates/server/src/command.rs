//! The command line, as docs and scripts rely on it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::mail::MailArguments;
use crate::oidc::OidcArguments;

#[derive(Parser)]
#[command(
    name = "entente",
    version,
    about = "Every visitor and customer of your shop on one timeline, in segments that are true to the second",
    after_help = "Every setting is a flag, an environment variable ENTENTE_… and a key of entente.toml, in that order.\n\
                  Start with:  entente serve"
)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serves the tracking API and the screens; the first start prints a link to set the shop up
    #[command(
        after_help = "Example:\n  entente serve --data /var/lib/entente --listen 0.0.0.0:8080 --public-url https://crm.example.com"
    )]
    Serve(Box<ServeArguments>),
    /// A fresh demo shop in a temporary folder, with visitors moving through it until Ctrl-C
    #[command(after_help = "Example:\n  entente demo --profiles 5000")]
    Demo(DemoArguments),
    /// Owners from the command line
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Keys of shops and programs
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Reads contacts, orders or events from a CSV, JSON Lines or Excel (.xlsx) file
    #[command(after_help = "Examples:\n  entente import orders orders.csv --map orders.toml\n  \
                      entente import contacts people.jsonl --dry-run\n\n\
                      A second run of the same file changes nothing. Rows that cannot be used are written to\n\
                      FILE.rejected.csv with their line and the reason. See examples/ for mapping files.")]
    Import(ImportArguments),
    /// Writes everything that the database holds into one file, while the server runs
    #[command(
        after_help = "Example:\n  entente backup /var/backups/shop-2026-11-22.entente --data /var/lib/entente\n\n\
                      The file is compressed and carries checksums; it appears under its name when it is whole and was\n\
                      read back. It holds the data of customers: keep it as safe as the database. What is no part of the\n\
                      database (entente.toml, the key file) is not in it."
    )]
    Backup(BackupArguments),
    /// Puts a backup into an empty folder, or an empty PostgreSQL database
    #[command(after_help = "Examples:\n  entente restore shop-2026-11-22.entente --data /var/lib/entente-new\n  \
                      entente restore shop-2026-11-22.entente --database-url postgres://crm@db.example.com/crm\n  \
                      entente restore /mnt/copy --at 2026-11-29T14:02:00+01:00 --data /var/lib/entente-new\n\n\
                      The whole file is checked first. A backup of either database restores into either. All of it is\n\
                      there afterwards, compared table by table, or nothing. The folder of copy_dir restores into a folder,\n\
                      as it was last or, with --at, at an earlier instant; everything read of it is checked.")]
    Restore(RestoreArguments),
    /// Moves between databases
    #[command(subcommand)]
    Db(DbCommand),
    /// Checks every invariant against a recomputation from the log; one line per finding
    #[command(after_help = "Example:\n  entente doctor --data /var/lib/entente --all")]
    Doctor(DoctorArguments),
    /// The trail of who did what
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Measures this machine: requests a second, preview and page times
    #[command(after_help = "Example:\n  entente bench ingest --profiles 1000000 --seconds 30 --json")]
    Bench(BenchArguments),
    /// The load generator that `bench ingest` starts as a process of its own
    #[command(hide = true)]
    BenchClient(BenchClientArguments),
}

/// Which installation a command works on.
#[derive(Args, Clone, Debug, Default)]
pub struct InstallationArguments {
    /// Folder of the embedded database [default: ./entente-data]
    #[arg(long, value_name = "DIR", env = "ENTENTE_DATA")]
    pub data: Option<PathBuf>,
    /// PostgreSQL instead of the embedded database
    #[arg(long, value_name = "postgres://…", env = "ENTENTE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// File whose key opens the secrets of the database; made when there is none [default: entente.key in the data folder]
    #[arg(long, value_name = "FILE", env = "ENTENTE_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Settings file [default: ./entente.toml when there is one]
    #[arg(long, value_name = "FILE", env = "ENTENTE_CONFIG")]
    pub config: Option<PathBuf>,
    /// What is logged, as in `info` or `warn,crm=debug` [default: info]
    #[arg(long, value_name = "FILTER", env = "ENTENTE_LOG")]
    pub log: Option<String>,
    /// How log lines look on standard error
    #[arg(long, value_enum, env = "ENTENTE_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args, Default)]
pub struct ServeArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT", env = "ENTENTE_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The address people type, without a path [default: http://LISTEN]
    #[arg(long, value_name = "URL", env = "ENTENTE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Addresses of proxies whose X-Forwarded-For is believed
    #[arg(long, value_name = "IP,…", value_delimiter = ',', env = "ENTENTE_TRUSTED_PROXIES")]
    pub trusted_proxies: Option<Vec<std::net::IpAddr>>,
    /// Address for Prometheus: GET /metrics
    #[arg(long, value_name = "ADDR:PORT", env = "ENTENTE_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Room that stays free on the disk of the embedded database; with less, events are refused with 507 [default: 256]
    #[arg(long, value_name = "MB", env = "ENTENTE_MIN_FREE_MB")]
    pub min_free_mb: Option<u64>,
    /// A last backup that is older raises an alert, unless copy_dir is kept up to date [default: 8]
    #[arg(long, value_name = "DAYS", env = "ENTENTE_MAX_BACKUP_AGE_DAYS")]
    pub max_backup_age_days: Option<u32>,
    /// How long to serve on after SIGTERM while /readyz says no, so that a balancer looks elsewhere first [default: 0]
    #[arg(long, value_name = "S", env = "ENTENTE_DRAIN_SECONDS")]
    pub drain_seconds: Option<u64>,
    /// Certificate chain for TLS, as PEM; read again on SIGHUP and when it changes
    #[arg(long, value_name = "FILE", env = "ENTENTE_TLS_CERTIFICATE")]
    pub tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, as PEM
    #[arg(long, value_name = "FILE", env = "ENTENTE_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Address that leads from http to https, and answers an ACME authority, as in 0.0.0.0:80
    #[arg(long, value_name = "ADDR:PORT", env = "ENTENTE_HTTP_LISTEN")]
    pub http_listen: Option<SocketAddr>,
    /// Gets the certificate from an ACME authority; the email address it writes to
    #[arg(long, value_name = "EMAIL", env = "ENTENTE_ACME_CONTACT")]
    pub acme_contact: Option<String>,
    /// Which authority [default: Let's Encrypt]
    #[arg(long, value_name = "URL", env = "ENTENTE_ACME_DIRECTORY")]
    pub acme_directory: Option<String>,
    /// Certificate that vouches for a private authority, as PEM
    #[arg(long, value_name = "FILE", env = "ENTENTE_ACME_ROOT")]
    pub acme_root: Option<PathBuf>,
    /// Where account and certificate are kept [default: DATA/acme]
    #[arg(long, value_name = "DIR", env = "ENTENTE_ACME_FOLDER")]
    pub acme_folder: Option<PathBuf>,
    /// Where weaknesses are reported: /.well-known/security.txt names it, as in mailto:security@example.com
    #[arg(long, value_name = "URL", env = "ENTENTE_SECURITY_CONTACT")]
    pub security_contact: Option<String>,
    /// File to which every new entry of the audit trail is added, as a line of JSON
    #[arg(long, value_name = "FILE", env = "ENTENTE_AUDIT_LOG")]
    pub audit_log: Option<PathBuf>,
    /// Folder, best on another disk, where a copy of the embedded database is kept some seconds behind it
    #[arg(long, value_name = "DIR", env = "ENTENTE_COPY_DIR")]
    pub copy_dir: Option<PathBuf>,
    #[command(flatten)]
    pub oidc: OidcArguments,
    #[command(flatten)]
    pub mail: MailArguments,
}

#[derive(Args)]
pub struct DemoArguments {
    /// Address to listen on
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", env = "ENTENTE_LISTEN")]
    pub listen: SocketAddr,
    /// People who know the shop
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub profiles: usize,
    /// What is logged
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "ENTENTE_LOG")]
    pub log: String,
    /// The address and the sign-in as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Creates an owner, or lets one back in with a new password; he is told by mail where mail is set up
    #[command(
        after_help = "Example:\n  pass show crm | entente admin create --email ana@example.com --password-stdin --locale fr"
    )]
    Create(Box<AdminCreateArguments>),
    /// Seals every secret of the database with a new key; stop the servers first
    #[command(after_help = "Example:\n  entente admin rotate-key --data /var/lib/entente")]
    RotateKey(RotateKeyArguments),
}

#[derive(Args)]
pub struct RotateKeyArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
}

#[derive(Args)]
pub struct AdminCreateArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// His address, to sign in with
    #[arg(long, value_name = "E")]
    pub email: words::EmailAddress,
    /// Reads the password from standard input
    #[arg(long, required = true)]
    pub password_stdin: bool,
    /// Removes his second factor too, when app and recovery codes are lost
    #[arg(long)]
    pub forget_second_factor: bool,
    /// His language
    #[arg(long, value_enum, default_value_t = Locale::En)]
    pub locale: Locale,
    /// The address people type, without a path: where links in the letter to him lead
    #[arg(long, value_name = "URL", env = "ENTENTE_PUBLIC_URL")]
    pub public_url: Option<String>,
    #[command(flatten)]
    pub mail: MailArguments,
    /// The new owner as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Locale {
    Fr,
    En,
}

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Makes a key and prints it once, alone on standard output
    #[command(after_help = "Examples:\n  entente keys create --kind ingest --name \"My shop\"\n  \
                      entente keys create --kind api --name till --scope events:write,profiles:read")]
    Create(KeysCreateArguments),
}

#[derive(Args)]
pub struct KeysCreateArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// `ingest` sits in the pages of a shop and only adds events; `api` lets a program in
    #[arg(long, value_enum)]
    pub kind: KeyKind,
    /// What it is for, to find it again
    #[arg(long, value_name = "N", default_value = "command line")]
    pub name: String,
    /// What an api key may do [default: everything but profiles:erase]
    #[arg(long = "scope", value_name = "S,…", value_delimiter = ',')]
    pub scopes: Vec<crm::kernel::Scope>,
    /// Web origins whose pages may use an ingest key: https://shop.example
    #[arg(long = "origin", value_name = "URL,…", value_delimiter = ',')]
    pub origins: Vec<String>,
    /// The key with its id as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    Ingest,
    Api,
}

#[derive(Args)]
pub struct ImportArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// What the file holds
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// CSV (comma, semicolon or tab), JSON Lines or an Excel workbook (.xlsx)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which column is what; without it columns are known by their usual names
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Reads and checks every row and stores nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The figures as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    Contacts,
    Orders,
    Events,
}

#[derive(Args)]
pub struct BackupArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// The file to make; there must be none of this name
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Size, rows and digests of the tables as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// A file that `entente backup` made, or the folder that `copy_dir` names
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who was erased since; by default the ledger beside the key file, and the one in the copy
    #[arg(long, value_name = "FILE")]
    pub erasures: Option<PathBuf>,
    /// As it was at this instant, for the folder of a copy: 2026-11-29T14:02:00+01:00
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<words::Timestamp>,
    /// Rows and digests of the tables as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum DbCommand {
    /// Copies the embedded database into an empty PostgreSQL database and compares every table
    #[command(
        after_help = "Example:\n  entente db copy --data /var/lib/entente --to postgres://crm@db.example.com/crm\n\n\
                      Stop the server first: what it takes after the copy has begun would be left behind. The folder\n\
                      stays as it was."
    )]
    Copy(DbCopyArguments),
}

#[derive(Args)]
pub struct DbCopyArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// The empty database to fill
    #[arg(long, value_name = "postgres://…")]
    pub to: String,
    /// Rows and digests of the tables as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct DoctorArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// People whose memberships are recomputed from the log
    #[arg(long, value_name = "N", default_value_t = 2_000, conflicts_with = "all")]
    pub sample: usize,
    /// Recomputes everybody
    #[arg(long)]
    pub all: bool,
    /// The folder that serve keeps a copy in, to tell how old its newest part is
    #[arg(long, value_name = "DIR", env = "ENTENTE_COPY_DIR")]
    pub copy_dir: Option<PathBuf>,
    /// The findings as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Writes the trail of every shop to standard output, one JSON object a line, with the values that chain it
    #[command(
        after_help = "Example:\n  entente audit export --since 2026-11-01 --data /var/lib/entente > audit.jsonl\n\n\
                      Keep it elsewhere: `entente audit verify --against audit.jsonl` tells later whether all of it is still there."
    )]
    Export(AuditExportArguments),
    /// Checks that no entry was changed, removed, moved or added; one line per finding
    #[command(after_help = "Example:\n  entente audit verify --against audit.jsonl --data /var/lib/entente")]
    Verify(AuditVerifyArguments),
}

#[derive(Args)]
pub struct AuditExportArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// Entries from this day on, or from this instant on: 2026-11-01, 2026-11-01T08:00:00+01:00; a day begins at midnight UTC
    #[arg(long, value_name = "DATE")]
    pub since: Option<words::Timestamp>,
}

#[derive(Args)]
pub struct AuditVerifyArguments {
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// Compares with lines that `entente audit export` or `audit_log` wrote earlier
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
}

#[derive(Args)]
pub struct BenchArguments {
    /// What is measured
    #[arg(value_enum, default_value_t = BenchKind::All)]
    pub kind: BenchKind,
    /// People who are there before
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub profiles: usize,
    /// Older page views of each of them on average, spread over 90 days
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub views: u64,
    /// How long each load lasts
    #[arg(long, value_name = "S", default_value_t = 20)]
    pub seconds: u64,
    /// Sends to so many processes on one PostgreSQL at once, instead of to this one
    #[arg(long, value_name = "N")]
    pub nodes: Option<std::num::NonZero<usize>>,
    /// Keeps the filled database here and uses it again, so that a second run need not fill it
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Measures PostgreSQL instead of the embedded database; the database must be empty or one of an earlier run
    #[arg(long, value_name = "postgres://…", env = "ENTENTE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Keeps a copy of the embedded database here meanwhile, as serve does, and tells what that costs
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub copy_dir: Option<PathBuf>,
    /// Figures as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchKind {
    Ingest,
    Segments,
    Pages,
    All,
}

#[derive(Args)]
pub struct BenchClientArguments {
    #[arg(long)]
    pub address: SocketAddr,
    #[arg(long)]
    pub key: String,
    #[arg(long)]
    pub profiles: u64,
    #[arg(long)]
    pub seconds: u64,
    #[arg(long)]
    pub connections: usize,
    /// Events of one request; 1 sends single calls
    #[arg(long)]
    pub batch: usize,
}
