//! What comes from npm builds and tests; the server embeds files and runs none of it.

use serde_json::{Map, Value};

use super::{Finding, House};

/// Direct dependencies of one package: each brings people we have to trust.
const MAX_DIRECT: usize = 20;
/// Where programs of others are shown at work; nothing there is part of the product.
const EXAMPLES: &str = "examples/";
/// Scripts that npm runs by itself.
const INSTALL_SCRIPTS: [&str; 5] = ["preinstall", "install", "postinstall", "prepare", "prepublish"];
const NO_SCRIPTS: &str = "--ignore-scripts";

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &house.files {
        let Some(text) = file.text() else { continue };
        match file.path.rsplit('/').next().unwrap_or_default() {
            "package.json" => findings.extend(manifest(&file.path, text)),
            "package-lock.json" => findings.extend(lock(&file.path, text)),
            _ => findings.extend(commands(&file.path, text)),
        }
    }
    findings
}

fn manifest(path: &str, text: &str) -> Vec<Finding> {
    let found = |what: String, remedy: &str| Finding::new(path, 1, what, remedy);
    let Some(manifest) = object(text) else { return vec![found("is no JSON object".to_owned(), "correct it")] };
    let at_run_time = names(&manifest, "dependencies");
    let mut direct = at_run_time.clone();
    direct.extend(names(&manifest, "devDependencies"));
    let mut findings = Vec::new();
    if !at_run_time.is_empty() && !path.starts_with(EXAMPLES) {
        findings.push(found("a package of npm at run time".to_owned(), "the product needs no npm: build with it only"));
    }
    if direct.len() > MAX_DIRECT {
        findings.push(found(format!("{} direct dependencies", direct.len()), "at most 20; do without some"));
    }
    for (name, version) in direct {
        if !version.starts_with(|first: char| first.is_ascii_digit()) {
            findings.push(found(format!("`{name}` is not pinned ({version})"), "write the exact version"));
        }
    }
    for (name, _) in names(&manifest, "scripts") {
        if INSTALL_SCRIPTS.contains(&name.as_str()) {
            findings.push(found(format!("the script `{name}` runs by itself"), "give it a name that npm does not run"));
        }
    }
    findings
}

/// Each package is pinned by the digest of what npm hands out.
fn lock(path: &str, text: &str) -> Vec<Finding> {
    let packages = object(text).and_then(|lock| lock.get("packages").and_then(Value::as_object).cloned());
    let unpinned = packages.unwrap_or_default().into_iter().filter(|(name, package)| {
        let integrity = package.get("integrity").and_then(Value::as_str).unwrap_or_default();
        !name.is_empty() && !integrity.starts_with("sha512-")
    });
    unpinned.map(|(name, _)| Finding::new(path, 1, format!("`{name}` has no sha512 digest"), "lock it again")).collect()
}

fn commands(path: &str, text: &str) -> Vec<Finding> {
    let installs = |line: &str| ["npm ci", "npm install"].iter().any(|command| line.trim_start().starts_with(command));
    let bare = text.lines().enumerate().filter(|(_, line)| installs(line) && !line.contains(NO_SCRIPTS));
    bare.map(|(index, _)| {
        let remedy = format!("add {NO_SCRIPTS}: what is installed has no business to run");
        Finding::new(path, index + 1, "npm may run scripts of packages", remedy)
    })
    .collect()
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str::<Value>(text).ok()?.as_object().cloned()
}

fn names(manifest: &Map<String, Value>, part: &str) -> Vec<(String, String)> {
    let entries = manifest.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
    entries.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn run_time_packages_open_versions_and_scripts_are_found() {
        let text =
            r#"{"dependencies": {"a": "1.0.0"}, "devDependencies": {"b": "^1"}, "scripts": {"postinstall": "x"}}"#;
        assert_eq!(manifest("sdk/package.json", text).len(), 3);
        assert_eq!(manifest("examples/clients/package.json", text).len(), 2);
        assert_eq!(
            manifest("sdk/package.json", r#"{"devDependencies": {"b": "1.2.3"}, "scripts": {"build": "x"}}"#),
            []
        );
    }

    #[test]
    fn a_lock_without_a_digest_and_an_install_with_scripts_are_found() {
        let text = r#"{"packages": {"": {}, "node_modules/a": {"integrity": "sha512-x"}, "node_modules/b": {}}}"#;
        assert_eq!(lock("package-lock.json", text).len(), 1);
        assert_eq!(places(&commands("run.sh", "npm ci\n  npm install --ignore-scripts\nnpm pack\n")), ["run.sh:1"]);
    }
}
