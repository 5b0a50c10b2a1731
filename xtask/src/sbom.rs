//! `cargo xtask sbom`: everything that the binary is made of, as CycloneDX 1.6, on standard output.
//!
//! Cargo says which crates the server is built from on this system, without those that only build or test it;
//! `Cargo.lock` has their digests, and `vendor.rs` the browser libraries that the binary carries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};

use crate::{Outcome, files, vendor};

pub fn run() -> Outcome<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&bill(&files::repository()?)?)?);
    Ok(ExitCode::SUCCESS)
}

/// Crates of this workspace are named by a path: it is told as if the workspace lay in `/entente`.
pub fn bill(root: &Path) -> Outcome<Value> {
    let told = bill_here(root)?.to_string();
    let here = format!("path+file://{}", root.display());
    Ok(serde_json::from_str(&told.replace(&here, "path+file:///entente"))?)
}

fn bill_here(root: &Path) -> Outcome<Value> {
    let metadata = metadata(root)?;
    let digests = digests(&std::fs::read_to_string(root.join("Cargo.lock"))?);
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let uses = uses(&metadata);
    let server = packages.values().find(|package| package["name"] == "server").ok_or("there is no crate `server`")?;
    let server = text(&server["id"]);
    let reached = reached(server, &uses);
    let others = reached.iter().filter(|id| **id != server);
    let mut components: Vec<Value> =
        others.filter_map(|id| packages.get(id)).map(|package| component(package, &digests)).collect();
    components.extend(vendor::packages().map(|(name, version)| browser_library(name, version)));
    let depends: Vec<Value> = reached
        .iter()
        .map(|id| {
            let on: Vec<&str> = uses.get(id).into_iter().flatten().copied().collect();
            json!({"ref": id, "dependsOn": on})
        })
        .collect();
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "name": "entente", "bom-ref": server, "version": packages[server]["version"],
        }},
        "components": components,
        "dependencies": depends,
    }))
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// What this machine is called as a target of builds.
pub fn host() -> Outcome<String> {
    let version = String::from_utf8(Command::new(cargo()).args(["--version", "--verbose"]).output()?.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("cargo names no host")?.to_owned())
}

fn metadata(root: &Path) -> Outcome<Value> {
    let host = host()?;
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", &host];
    let told = Command::new(cargo()).args(arguments).current_dir(root).output()?;
    if !told.status.success() {
        return Err(String::from_utf8_lossy(&told.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&told.stdout)?)
}

/// Which crates each crate links: no build scripts' and no tests' own.
fn uses(metadata: &Value) -> BTreeMap<&str, Vec<&str>> {
    let is_linked = |used: &&Value| list(&used["dep_kinds"]).any(|kind| kind["kind"].is_null());
    list(&metadata["resolve"]["nodes"])
        .map(|node| (text(&node["id"]), list(&node["deps"]).filter(is_linked).map(|used| text(&used["pkg"])).collect()))
        .collect()
}

fn reached<'a>(from: &'a str, uses: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(id) = next.pop() {
        if reached.insert(id) {
            next.extend(uses.get(id).into_iter().flatten());
        }
    }
    reached
}

fn component(package: &Value, digests: &BTreeMap<(String, String), String>) -> Value {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let mut component = json!({"type": "library", "bom-ref": package["id"], "name": name, "version": version});
    if let Some(licence) = package["license"].as_str() {
        // An older way to write OR.
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some(digest) = digests.get(&(name.to_owned(), version.to_owned())) {
        component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
        component["hashes"] = json!([{"alg": "SHA-256", "content": digest}]);
    }
    component
}

fn browser_library(name: &str, version: &str) -> Value {
    let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
    json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
}

/// Digests of `Cargo.lock` by name and version; crates of this workspace have none.
fn digests(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |entry: &str, key: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")))?;
        Some(line.trim_matches('"').to_owned())
    };
    let of = |entry: &str| Some(((value(entry, "name")?, value(entry, "version")?), value(entry, "checksum")?));
    lock.split("[[package]]").filter_map(of).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_bill_names_what_is_linked_with_digest_and_licence_and_nothing_of_the_tests() {
        let root = files::repository().unwrap();
        let bill = bill(&root).unwrap();
        assert!(!bill.to_string().contains(root.to_str().unwrap()), "no path of this machine");
        let named = |name: &str| list(&bill["components"]).find(|component| component["name"] == name).cloned();
        let tokio = named("tokio").unwrap();
        assert_eq!(tokio["licenses"][0]["expression"], "MIT");
        assert_eq!(tokio["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert!(named("htmx.org").unwrap()["purl"].as_str().unwrap().starts_with("pkg:npm/htmx.org@"));
        for absent in ["proptest", "insta", "testkit", "xtask"] {
            assert_eq!(named(absent), None);
        }
        let known: BTreeSet<&str> = list(&bill["components"]).map(|component| text(&component["bom-ref"])).collect();
        for dependency in list(&bill["dependencies"]).flat_map(|one| list(&one["dependsOn"])) {
            assert!(known.contains(text(dependency)), "{dependency} is used and not listed");
        }
    }
}
