//! `cargo xtask release`: the binary of a commit, built twice in two folders and compared, with its bill of materials, its
//! checksums, and their signature.
//!
//! Both builds start from `git archive`, so that nothing uncommitted is in them. Folders are written out of the binary by
//! `--remap-path-prefix` and its like for C; what a tool would take from the clock it takes from the commit.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use sha2::{Digest, Sha256};

use crate::{Outcome, files, sbom};

/// What the sums are signed for: a signature made for something else is none of a release.
const NAMESPACE: &str = "entente-release";

/// Folders whose paths differ in length and in letters.
const FOLDERS: [&str; 2] = ["one", "another-folder"];

pub fn run(arguments: &[&str]) -> Outcome<ExitCode> {
    let key = match arguments {
        [] => None,
        ["--key", file] => Some(PathBuf::from(file)),
        _ => return Err("usage: cargo xtask release [--key FILE]".into()),
    };
    let root = files::repository()?;
    let release = Release::of(&root)?;
    let place = tempfile::tempdir()?;
    let built = release.build_twice(place.path())?;
    println!("{}", release.finish(&root, &built, key.as_deref())?);
    Ok(ExitCode::SUCCESS)
}

/// What is released.
struct Release {
    root: PathBuf,
    commit: String,
    /// Of the commit, in seconds since 1970.
    time_s: String,
    version: String,
    host: String,
    /// cargo-auditable is here: it writes the list of crates into the binary.
    is_auditable: bool,
}

impl Release {
    fn of(root: &Path) -> Outcome<Self> {
        let git = |arguments: &[&str]| text_of(Command::new("git").args(arguments).current_dir(root));
        let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
        if !changed.is_empty() {
            println!("==> Not committed, and so not in the release:\n{changed}");
        }
        let is_auditable = text_of(cargo().args(["auditable", "--version"])).is_ok();
        if !is_auditable {
            println!("==> Left out: the list of crates in the binary (`cargo install cargo-auditable` brings it)");
        }
        Ok(Self {
            root: root.to_owned(),
            commit: git(&["rev-parse", "HEAD"])?,
            time_s: git(&["log", "-1", "--format=%ct"])?,
            version: version(&fs::read_to_string(root.join("Cargo.toml"))?)?,
            host: sbom::host()?,
            is_auditable,
        })
    }

    fn name(&self) -> String {
        format!("entente-{}-{}", self.version, self.host)
    }

    /// Answers one of two binaries that are the same.
    fn build_twice(&self, place: &Path) -> Outcome<PathBuf> {
        let built: Vec<PathBuf> =
            FOLDERS.iter().map(|folder| self.build(&place.join(folder))).collect::<Outcome<_>>()?;
        let digests: Vec<String> = built.iter().map(|file| digest(file)).collect::<Outcome<_>>()?;
        if digests[0] != digests[1] {
            let kept = self.folder()?;
            for (file, folder) in built.iter().zip(FOLDERS) {
                fs::copy(file, kept.join(format!("{}.{folder}", self.name())))?;
            }
            let (one, other) = (&digests[0], &digests[1]);
            return Err(format!("not reproducible: {one} and {other}; both binaries are in {}", kept.display()).into());
        }
        println!("==> Reproducible: built twice, {}", digests[0]);
        built.into_iter().next().ok_or_else(|| "nothing was built".into())
    }

    fn build(&self, folder: &Path) -> Outcome<PathBuf> {
        let (source, target) = (folder.join("source"), folder.join("target"));
        fs::create_dir_all(&source)?;
        self.unpack(&source)?;
        println!("==> Building {} in {}", &self.commit[..12], folder.display());
        let (mut command, homes) = (cargo(), homes());
        if self.is_auditable {
            command.arg("auditable");
        }
        command.args(["build", "--release", "--locked", "--package", "server", "--quiet"]);
        command.current_dir(&source).env("CARGO_TARGET_DIR", &target).env("SOURCE_DATE_EPOCH", &self.time_s);
        // The linker's optimiser names some functions by the paths of objects; code and data are the same without the names.
        command.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
        let hidden: Vec<(&Path, &str)> =
            [(source.as_path(), "/entente"), (target.as_path(), "/target")].into_iter().chain(homes.pairs()).collect();
        let flags = hidden.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.collect::<Vec<_>>().join("\u{1f}"));
        let flags = hidden.iter().map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()));
        command.env("CFLAGS", flags.collect::<Vec<_>>().join(" "));
        match command.status()?.success() {
            true => Ok(target.join("release").join("entente")),
            false => Err("the build failed".into()),
        }
    }

    fn unpack(&self, source: &Path) -> Outcome<()> {
        let mut archive = Command::new("git");
        archive.args(["archive", "--format=tar", &self.commit]).current_dir(&self.root).stdout(Stdio::piped());
        let mut archive = archive.spawn()?;
        let tar = archive.stdout.take().ok_or("the output of git was not piped")?;
        let unpacked = Command::new("tar").arg("-x").current_dir(source).stdin(tar).status()?;
        let is_whole = archive.wait()?.success() && unpacked.success();
        if is_whole { Ok(()) } else { Err("`git archive | tar -x` failed".into()) }
    }

    fn folder(&self) -> Outcome<PathBuf> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), PathBuf::from);
        let folder = target.join(format!("release-{}", self.version));
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Lays everything into one folder; answers what to say of it.
    fn finish(&self, root: &Path, built: &Path, key: Option<&Path>) -> Outcome<String> {
        let folder = self.folder()?;
        let (binary, bill) = (self.name(), format!("entente-{}.cdx.json", self.version));
        fs::copy(built, folder.join(&binary))?;
        fs::write(folder.join(&bill), serde_json::to_string_pretty(&sbom::bill(root)?)? + "\n")?;
        fs::write(folder.join("SHA256SUMS"), sums(&folder, &[&binary, &bill])?)?;
        let signed = match key {
            Some(key) => {
                sign(&folder.join("SHA256SUMS"), key)?;
                "SHA256SUMS.sig"
            }
            None => "not signed: give a key with --key",
        };
        Ok(format!("{}: {binary}, {bill}, SHA256SUMS, {signed}", folder.display()))
    }
}

/// Where crates and toolchains lie on this machine, and what stands for it in the binary.
struct Homes {
    cargo: PathBuf,
    rustup: PathBuf,
}

impl Homes {
    fn pairs(&self) -> [(&Path, &'static str); 2] {
        [(&self.cargo, "/cargo"), (&self.rustup, "/rustup")]
    }
}

fn homes() -> Homes {
    let home = std::env::home_dir().unwrap_or_default();
    let named = |name: &str, folder: &str| std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from);
    Homes { cargo: named("CARGO_HOME", ".cargo"), rustup: named("RUSTUP_HOME", ".rustup") }
}

/// Without what a developer's environment, or `cargo run`, says of a build.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let is_of_a_build = |name: &str| {
        let words = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PROFILE_", "CARGO_BUILD_"];
        words.iter().any(|start| name.starts_with(start)) || ["RUSTFLAGS", "CFLAGS", "RUSTC_WRAPPER"].contains(&name)
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_a_build) {
            command.env_remove(name);
        }
    }
    command
}

fn text_of(command: &mut Command) -> Outcome<String> {
    let told = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    if !told.status.success() {
        return Err(format!("{command:?} failed").into());
    }
    Ok(String::from_utf8(told.stdout)?.trim().to_owned())
}

/// The version that all crates share.
fn version(manifest: &str) -> Outcome<String> {
    let of_workspace = manifest.split("[workspace.package]").nth(1).unwrap_or_default();
    let line = of_workspace.lines().find_map(|line| line.strip_prefix("version = "));
    Ok(line.ok_or("Cargo.toml names no version")?.trim_matches('"').to_owned())
}

fn digest(file: &Path) -> Outcome<String> {
    Ok(Sha256::digest(fs::read(file)?).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// As `sha256sum` writes and reads them.
fn sums(folder: &Path, names: &[&str]) -> Outcome<String> {
    names.iter().map(|name| Ok(format!("{}  {name}\n", digest(&folder.join(name))?))).collect()
}

/// Signs with OpenSSH: everybody has it to verify, and its keys may lie in an agent or on a token.
fn sign(file: &Path, key: &Path) -> Outcome<()> {
    // It asks before it writes over an older signature.
    let signature = file.with_extension("sig");
    if signature.exists() {
        fs::remove_file(&signature)?;
    }
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-q", "-n", NAMESPACE, "-f"]).arg(key).arg(file);
    if !command.status()?.success() {
        return Err("ssh-keygen did not sign".into());
    }
    if is_signed(file)? { Ok(()) } else { Err("the signature does not hold".into()) }
}

/// Whether the signature beside the file is one of this file, by whatever key.
fn is_signed(file: &Path) -> Outcome<bool> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "check-novalidate", "-n", NAMESPACE, "-s"]).arg(file.with_extension("sig"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut input = child.stdin.take().ok_or("the input of ssh-keygen was not piped")?;
    input.write_all(&fs::read(file)?)?;
    drop(input);
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_sums_are_those_that_sha256sum_checks() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "one\n").unwrap();
        fs::write(folder.path().join("b"), "").unwrap();
        let text = sums(folder.path(), &["a", "b"]).unwrap();
        assert_eq!(text.lines().nth(1).unwrap(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b");
        fs::write(folder.path().join("SHA256SUMS"), text).unwrap();
        let check = |folder: &Path| {
            let mut command = Command::new("sha256sum");
            command.args(["--check", "--strict", "SHA256SUMS"]).current_dir(folder);
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
        };
        assert!(check(folder.path()));
        fs::write(folder.path().join("b"), "x").unwrap();
        assert!(!check(folder.path()));
    }

    #[test]
    #[allow(clippy::print_stderr, reason = "a test that does nothing must say so")]
    fn the_sums_are_signed_with_an_ssh_key_and_a_changed_file_does_not_pass() {
        if Command::new("ssh-keygen").arg("-?").stderr(Stdio::null()).status().is_err() {
            eprintln!("LEFT OUT: ssh-keygen is not here");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (key, file) = (folder.path().join("key"), folder.path().join("SHA256SUMS"));
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        assert!(made.unwrap().success());
        fs::write(&file, "0123  entente\n").unwrap();
        sign(&file, &key).unwrap();
        assert!(is_signed(&file).unwrap());
        sign(&file, &key).unwrap();
        fs::write(&file, "0124  entente\n").unwrap();
        assert!(!is_signed(&file).unwrap());
    }

    #[test]
    fn the_version_is_that_of_the_workspace() {
        let manifest =
            "[workspace]\nmembers = []\n[workspace.package]\nversion = \"1.2.3\"\n[dependencies]\nversion = \"9\"\n";
        assert_eq!(version(manifest).unwrap(), "1.2.3");
        assert!(version("[package]\nversion = \"1\"").is_err());
    }
}
