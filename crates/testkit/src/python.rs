//! Programs of others from PyPI, each in an environment of its own below the target folder, made once.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "it stands in tests only, which a panic fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::others;

/// The `bin` folder of an environment in which `module` can be imported, with what the requirements pin; none, and a line
/// that says so, where it cannot be had.
pub fn environment(module: &str, requirements: &Path) -> Option<PathBuf> {
    let (folder, _lock) = others::held(module, "ENTENTE_TEST_SKIP_PYTHON_CLIENTS")?;
    let bin = folder.join("bin");
    let answers = || {
        let mut import = Command::new(bin.join("python"));
        import.arg("-c").arg(format!("import {module}")).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    if answers() {
        return Some(bin);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status().is_ok_and(|made| made.success());
    let mut pip = Command::new(bin.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    if made && pip.status().is_ok_and(|status| status.success()) && answers() {
        return Some(bin);
    }
    eprintln!("SKIPPED: {module} cannot be had here; it needs python3 with venv and pip");
    None
}
