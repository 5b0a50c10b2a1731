//! The test programs of all packages, each begun as soon as it is built and several side by side: most of their time they
//! wait, for a server, a browser or the disk, and while one of the last compiles on one core, the first ones have the other.
//! Of those that are built, the one that took longest in the run before begins first, so that none is left alone at the end.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::steps::{Ended, Run, target_folder};
use super::{Count, seconds};
use crate::Outcome;

/// Without examples, which clippy has checked.
const BUILD: [&str; 8] = [
    "test",
    "--workspace",
    "--lib",
    "--bins",
    "--tests",
    "--no-run",
    "--no-fail-fast",
    "--message-format=json-render-diagnostics",
];

/// The program that integration tests run, wherever they stand. Cargo may build it after them.
const UNDER_TEST: &str = "entente";

/// Packages of which it is made, whose tests never run it.
const BELOW: [&str; 4] = ["words", "engine", "db", "outgoing"];

/// Programs at once. One of the long ones, which attacks the product, waits for most of its time.
const SIDE_BY_SIDE: usize = 3;

/// In the target folder: how long each program took.
const TIMES: &str = "test-times.json";

/// How many tests of a program run at once, where nothing else is set: with as many as there are cores in each program
/// the cores are busy, and more would only wait for each other.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// A test program, as cargo names it.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    /// What `cargo test` has to be told to run it alone.
    arguments: String,
    folder: PathBuf,
    executable: PathBuf,
    runs_product: bool,
}

/// What cargo tells of while it builds.
#[derive(Debug, PartialEq, Eq)]
enum Built {
    UnderTest,
    Test(Program),
}

/// Where tests wait until what they run is built: before that there is none, or one of an earlier day.
#[derive(Debug, Default)]
struct Gate {
    is_open: bool,
    waiting: Vec<Program>,
}

/// Programs that may begin, and how long they took before.
struct Queue {
    next: Receiver<Vec<Program>>,
    ready: Vec<Program>,
    times: Times,
}

/// How long programs took, by what `cargo test` has to be told to run them.
type Times = BTreeMap<String, Duration>;

/// What became of all programs.
#[derive(Debug, Default)]
struct Results {
    count: Count,
    failed: Vec<String>,
    times: Times,
}

/// Builds and runs them; a program that fails stops none of the others.
pub fn carry_out(run: &mut Run) -> Outcome<Ended> {
    let mut build = run.cargo_command(&BUILD).stdout(Stdio::piped()).spawn()?;
    let messages = build.stdout.take().ok_or("the output of cargo test was not piped")?;
    let results = Mutex::new(Results::default());
    let (built, next) = mpsc::channel();
    let file = target_folder(run.root()).join(TIMES);
    let queue = Mutex::new(Queue { next, ready: Vec::new(), times: read_times(&file) });
    thread::scope(|scope| -> Outcome<()> {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(program) = take(&queue) {
                    program.run(run, &results);
                }
            });
        }
        let (built, mut gate) = (built, Gate::default());
        for message in BufReader::new(messages).lines() {
            if let Some(new) = Built::in_message(&message?) {
                built.send(gate.take(new))?;
            }
        }
        Ok(())
    })?;
    let is_built = build.wait()?.success();
    let Results { count, mut failed, times } = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    run.count.add(count);
    let mut known = queue.into_inner().unwrap_or_else(PoisonError::into_inner).times;
    known.extend(times);
    std::fs::write(&file, serde_json::to_vec(&known)?)?;
    if !is_built {
        failed.insert(0, "cargo test --workspace --no-run".to_owned());
    }
    Ok(if failed.is_empty() { Ended::Well } else { Ended::Failed(failed.join("; ")) })
}

fn take(queue: &Mutex<Queue>) -> Option<Program> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Nothing is known on a machine that has run none yet.
fn read_times(file: &Path) -> Times {
    std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

impl Queue {
    /// The longest of those that may begin; one that never ran counts as long. Waits while more are built.
    fn take(&mut self) -> Option<Program> {
        while self.ready.is_empty() {
            self.ready = self.next.recv().ok()?;
        }
        self.ready.extend(self.next.try_iter().flatten());
        let time = |program: &Program| self.times.get(&program.arguments).copied().unwrap_or(Duration::MAX);
        self.ready.sort_by_key(time);
        self.ready.pop()
    }
}

impl Gate {
    /// What may begin now.
    fn take(&mut self, built: Built) -> Vec<Program> {
        match built {
            Built::UnderTest => {
                self.is_open = true;
                std::mem::take(&mut self.waiting)
            }
            Built::Test(program) if self.is_open || !program.runs_product => vec![program],
            Built::Test(program) => {
                self.waiting.push(program);
                Vec::new()
            }
        }
    }
}

impl Built {
    /// What a line of cargo's JSON messages tells of, if it tells of a program.
    fn in_message(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] != "compiler-artifact" {
            return None;
        }
        if message["profile"]["test"] != true {
            let target = &message["target"];
            return (target["kind"][0] == "bin" && target["name"] == UNDER_TEST).then_some(Self::UnderTest);
        }
        let executable = PathBuf::from(message["executable"].as_str()?);
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
        let package = folder.file_name()?.to_str()?;
        let target = &message["target"];
        let name = target["name"].as_str()?;
        let kind = target["kind"][0].as_str()?;
        let which = match kind {
            "test" | "bin" => format!("--{kind} {name}"),
            _ => "--lib".to_owned(),
        };
        let arguments = format!("-p {package} {which}");
        let runs_product = kind == "test" && !BELOW.contains(&package);
        Some(Self::Test(Program { arguments, folder, executable, runs_product }))
    }
}

impl Program {
    /// Runs it to its end and shows what it said, whole.
    fn run(&self, run: &Run, results: &Mutex<Results>) {
        let command_line = format!("cargo test {}", self.arguments);
        let begun = Instant::now();
        let outcome = self.output(run);
        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
        let (is_well, said) = outcome.unwrap_or_else(|error| (false, format!("{error}\n")));
        said.lines().for_each(|line| results.count.add_line(line));
        results.times.insert(self.arguments.clone(), begun.elapsed());
        let how = if is_well { "ok" } else { "FAILED" };
        println!("\n    {command_line}\n{said}    {command_line}: {how} ({})", seconds(begun.elapsed()));
        if !is_well {
            results.failed.push(command_line);
        }
    }

    fn output(&self, run: &Run) -> Outcome<(bool, String)> {
        let mut command = run.command(&self.executable, &[]);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        if std::env::var_os(TEST_THREADS).is_none() {
            command.env(TEST_THREADS, thread::available_parallelism()?.get().to_string());
        }
        let output = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?.wait_with_output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn message(kind: &str, name: &str, is_test: bool, executable: &Value) -> String {
        let message = json!({
            "reason": "compiler-artifact",
            "manifest_path": "/shop/crates/server/Cargo.toml",
            "target": { "kind": [kind], "name": name },
            "profile": { "test": is_test },
            "executable": executable,
        });
        message.to_string()
    }

    fn test_program(kind: &str) -> Program {
        let told = Built::in_message(&message(kind, "chaos", true, &json!("/target/debug/deps/chaos-1")));
        match told.unwrap() {
            Built::Test(program) => program,
            Built::UnderTest => panic!("a test is not what is tested"),
        }
    }

    #[test]
    fn test_programs_are_told_from_what_else_is_built() {
        let wanted = Program {
            arguments: "-p server --test chaos".to_owned(),
            folder: PathBuf::from("/shop/crates/server"),
            executable: PathBuf::from("/target/debug/deps/chaos-1"),
            runs_product: true,
        };
        assert_eq!(test_program("test"), wanted);
        assert_eq!(test_program("lib").arguments, "-p server --lib");
        assert_eq!(test_program("bin").arguments, "-p server --bin chaos");
        let path = json!("/target/debug/entente");
        assert_eq!(Built::in_message(&message("bin", "entente", false, &path)), Some(Built::UnderTest));
        assert_eq!(Built::in_message(&message("bin", "chaos", false, &path)), None, "another program");
        assert_eq!(Built::in_message(&message("lib", "chaos", true, &Value::Null)), None, "checked, not built");
        assert_eq!(Built::in_message("Compiling chaos"), None);
    }

    #[test]
    fn who_took_longest_begins_first_and_who_never_ran_before_all() {
        let program = |name: &str| {
            let told = Built::in_message(&message("test", name, true, &json!("/target/debug/deps/x")));
            let Some(Built::Test(program)) = told else { panic!("a test is told of") };
            program
        };
        let (built, next) = mpsc::channel();
        let times = [("short", 5), ("long", 90_000), ("longer", 91_000)];
        let known = |(name, millis)| (format!("-p server --test {name}"), Duration::from_millis(millis));
        let times = times.map(known).into();
        let mut queue = Queue { next, ready: Vec::new(), times };
        built.send(Vec::new()).unwrap();
        built.send(vec![program("short"), program("long")]).unwrap();
        built.send(vec![program("new"), program("longer")]).unwrap();
        drop(built);
        let begun: Vec<String> = std::iter::from_fn(|| queue.take()).map(|program| program.arguments).collect();
        let wanted = ["new", "longer", "long", "short"].map(|name| format!("-p server --test {name}"));
        assert_eq!(begun, wanted);
    }

    #[test]
    fn integration_tests_wait_for_the_program_that_they_run_if_they_do() {
        let mut gate = Gate::default();
        let of = |kind| Built::Test(test_program(kind));
        assert_eq!(gate.take(of("test")), []);
        let of_db = message("test", "conformance", true, &json!("/target/debug/deps/conformance-1"));
        let of_db = Built::in_message(&of_db.replace("crates/server", "crates/db")).unwrap();
        let begun = gate.take(of_db);
        assert_eq!(begun[0].arguments, "-p db --test conformance", "the product is made of it");
        assert_eq!(gate.take(of("lib")), [test_program("lib")]);
        assert_eq!(gate.take(Built::UnderTest), [test_program("test")]);
        assert_eq!(gate.take(of("test")), [test_program("test")]);
    }
}
