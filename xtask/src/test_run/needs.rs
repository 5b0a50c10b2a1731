//! What the tests need on this machine: looked for, installed where we may, else named with the command to run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Extent;
use super::postgres_server;
use super::steps::Run;
use crate::Outcome;

/// A program that must be there, and the packages that bring it.
struct Need {
    what: &'static str,
    is_there: fn() -> bool,
    debian: &'static [&'static str],
    ubuntu: &'static [&'static str],
}

const C_COMPILER: Need = Need {
    what: "a C compiler (cc)",
    is_there: || program(&["cc"]).is_some(),
    debian: &["gcc", "libc6-dev"],
    ubuntu: &["gcc", "libc6-dev"],
};

const POSTGRES: Need = Need {
    what: "a PostgreSQL server (initdb, postgres)",
    is_there: || postgres_server::programs().is_some(),
    debian: &["postgresql"],
    ubuntu: &["postgresql"],
};

const CHROMIUM: Need = Need {
    what: "Chromium",
    is_there: || program(&["chromium", "chromium-browser", "google-chrome"]).is_some(),
    debian: &["chromium"],
    ubuntu: &["chromium-browser"],
};

const CHROME_DRIVER: Need = Need {
    what: "Chromium's driver (chromedriver)",
    is_there: || program(&["chromedriver"]).is_some(),
    debian: &["chromium-driver"],
    ubuntu: &["chromium-chromedriver"],
};

const CHROMIUM_WITHOUT_WINDOW: Need = Need {
    what: "Chromium without a window (chromium-headless-shell)",
    is_there: || program(&["chromium-headless-shell"]).is_some(),
    debian: &["chromium-headless-shell"],
    ubuntu: &[],
};

const PEBBLE: Need = Need {
    what: "an ACME authority for tests (pebble)",
    is_there: || program(&["pebble"]).is_some(),
    debian: &["pebble"],
    ubuntu: &["pebble"],
};

const STRACE: Need = Need {
    what: "a tracer of programs (strace)",
    is_there: || program(&["strace"]).is_some(),
    debian: &["strace"],
    ubuntu: &["strace"],
};

const FAKETIME: Need = Need {
    what: "a clock to turn (libfaketime)",
    is_there: || program(&["faketime"]).is_some(),
    debian: &["faketime"],
    ubuntu: &["faketime"],
};

const NETWORK: Need = Need {
    what: "a network to make and to cut (ip, nft)",
    is_there: || succeeds("ip", &["-Version"]) && succeeds("nft", &["--version"]),
    debian: &["iproute2", "nftables"],
    ubuntu: &["iproute2", "nftables"],
};

/// Finds or installs what the tests need, and starts PostgreSQL. Answers false when a person must install something.
pub fn provide(extent: Extent, run: &mut Run) -> Outcome<bool> {
    let brings_postgres = std::env::var_os("ENTENTE_TEST_POSTGRES").is_some();
    let needed: Vec<&Need> = match extent {
        Extent::Quick => vec![&C_COMPILER],
        Extent::Everything if brings_postgres => vec![&C_COMPILER, &CHROMIUM, &CHROME_DRIVER],
        Extent::Everything => vec![&C_COMPILER, &POSTGRES, &CHROMIUM, &CHROME_DRIVER],
    };
    let missing = missing(&needed);
    if !missing.is_empty() && !install(&missing)? {
        return Ok(false);
    }
    match extent {
        Extent::Quick => run.leave_out("POSTGRES", "the tests on PostgreSQL and in the browser (--quick)"),
        Extent::Everything if brings_postgres => {}
        Extent::Everything => run.start_postgres()?,
    }
    if extent == Extent::Quick {
        run.set("ENTENTE_TEST_SKIP_BROWSER", "1");
    }
    // Where it is not packaged, Chromium itself opens every page.
    install_if_packaged(extent, &CHROMIUM_WITHOUT_WINDOW);
    find_client_tools(run);
    find_authority(extent, run);
    find_saboteurs(extent, run);
    Ok(true)
}

/// What the chaos tests make disks fail, clocks jump and networks vanish with; without one of them they leave that fault out, and say so.
fn find_saboteurs(extent: Extent, run: &mut Run) {
    let saboteurs =
        [(&STRACE, "failing disks and power cuts"), (&FAKETIME, "jumping clocks"), (&NETWORK, "lost networks")];
    for (need, faults) in saboteurs {
        install_if_packaged(extent, need);
        if !(need.is_there)() {
            run.left_out.push(format!("{faults} in the chaos tests: {} is not here", need.what));
        }
    }
    if !postgres_server::is_root() {
        run.left_out.push("small disks, little memory and lost networks in the chaos tests: for root alone".to_owned());
    }
}

/// Not every release packages it: without it only that test is left out.
fn find_authority(extent: Extent, run: &mut Run) {
    install_if_packaged(extent, &PEBBLE);
    if !(PEBBLE.is_there)() {
        run.leave_out("PEBBLE", "the test of certificates by ACME: pebble is not here");
    }
}

/// The public client libraries need their own languages; without them only that test is left out.
fn find_client_tools(run: &mut Run) {
    if program(&["node"]).is_none() || program(&["npm"]).is_none() {
        run.leave_out("NODE_CLIENTS", "the tests with public Node client libraries: node and npm are not here");
    }
    if !succeeds("python3", &["-m", "pip", "--version"]) {
        run.leave_out("PYTHON_CLIENTS", "the tests with public Python client libraries: python3 and pip are not here");
    }
}

/// What the tests can do without, and do more or cost less with.
fn install_if_packaged(extent: Extent, need: &Need) {
    if extent == Extent::Everything
        && !(need.is_there)()
        && !packages(&[need]).is_empty()
        && let Err(error) = install(&[need])
    {
        println!("    {error}");
    }
}

fn missing<'a>(needed: &[&'a Need]) -> Vec<&'a Need> {
    needed.iter().copied().filter(|need| !(need.is_there)()).collect()
}

/// Installs with apt-get where nobody need be asked; else prints the command.
fn install(missing: &[&Need]) -> Outcome<bool> {
    let names: Vec<&str> = missing.iter().map(|need| need.what).collect();
    println!("==> Needed and not here: {}", names.join(", "));
    if program(&["apt-get"]).is_none() {
        println!("    This machine has no apt-get: install them its own way, then run this again.");
        return Ok(false);
    }
    let packages = packages(missing);
    let Some(before) = way_to_root() else {
        println!(
            "    Run this, then try again:\n\n    sudo apt-get update && sudo apt-get install -y {}\n",
            packages.join(" ")
        );
        return Ok(false);
    };
    println!("    Installing {} with apt-get", packages.join(" "));
    apt_get(before, &["update"])?;
    let arguments: Vec<&str> = ["install", "-y", "--no-install-recommends"].into_iter().chain(packages).collect();
    apt_get(before, &arguments)?;
    let still: Vec<&str> = missing.iter().filter(|need| !(need.is_there)()).map(|need| need.what).collect();
    if !still.is_empty() {
        println!("    Installed, and still not found: {}. Is it in PATH?", still.join(", "));
    }
    Ok(still.is_empty())
}

fn packages(missing: &[&Need]) -> Vec<&'static str> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is_ubuntu = release.lines().any(|line| line == "ID=ubuntu");
    missing.iter().flat_map(|need| if is_ubuntu { need.ubuntu } else { need.debian }).copied().collect()
}

/// What to write before a command so that root runs it, when that needs no password.
fn way_to_root() -> Option<&'static [&'static str]> {
    if postgres_server::is_root() {
        return Some(&[]);
    }
    succeeds("sudo", &["-n", "true"]).then_some(&["sudo", "-n"])
}

fn apt_get(before: &[&str], arguments: &[&str]) -> Outcome<()> {
    let mut words = before.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]);
    words.extend(arguments);
    let status = Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed", words.join(" ")).into()) }
}

pub fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The first of the programs that stands in a folder of `PATH`.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let is_file = |file: &PathBuf| Path::is_file(file);
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(is_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Need = Need { what: "a", is_there: || false, debian: &["a", "b"], ubuntu: &["a", "b"] };
    const PRESENT: Need = Need { what: "c", is_there: || true, debian: &["c"], ubuntu: &["c"] };

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(packages(&missing(&[&ABSENT, &PRESENT])), ["a", "b"]);
    }

    #[test]
    fn a_program_is_found_in_the_path_only() {
        assert!(program(&["no-such-program-anywhere", "cargo"]).is_some());
        assert!(program(&["no-such-program-anywhere"]).is_none());
    }
}
