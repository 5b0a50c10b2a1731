//! `cargo xtask tidy`: what Cargo and clippy cannot see. Each check reads the house and answers with findings.
//!
//! The rules themselves are data, in `rules.rs`. Findings fail the task; hints only ask for a second look.

mod comments;
mod committed;
mod dependencies;
mod lengths;
mod lexer;
mod machine;
mod markup;
mod npm;
mod row_maps;
mod sight;
mod source;
mod tables;
mod texts;
mod vendored;
mod walls;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::{Outcome, files};
use source::Source;

/// Something to put right, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    what: String,
    remedy: String,
}

/// A written file.
struct File {
    path: String,
    bytes: Vec<u8>,
}

/// Everything the checks read.
struct House {
    files: Vec<File>,
    sources: Vec<Source>,
}

/// In the order of the documentation; each is one rule of the house.
const CHECKS: &[fn(&House) -> Vec<Finding>] = &[
    walls::check,
    tables::check,
    machine::check,
    sight::check,
    texts::check,
    markup::check,
    comments::check,
    committed::check,
    vendored::check,
    dependencies::check,
    npm::check,
    row_maps::check,
];

/// Prints findings and hints; fails when there is a finding.
pub fn run() -> Outcome<ExitCode> {
    let house = House::read(&files::repository()?)?;
    for hint in hints(&house) {
        println!("hint: {hint}");
    }
    let findings = findings(&house);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files, nothing to put right", house.files.len()),
        count => println!("tidy: {count} to put right"),
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn findings(house: &House) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(house)).collect();
    findings.sort();
    findings.dedup();
    findings
}

fn hints(house: &House) -> Vec<Finding> {
    let mut hints = lengths::hints(house);
    hints.extend(texts::hints(house));
    hints
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), remedy: remedy.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}: {} — {}", self.path, self.line, self.what, self.remedy)
    }
}

impl File {
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

impl House {
    fn read(root: &Path) -> Outcome<Self> {
        let mut files = Vec::new();
        for path in files::written_files(root)? {
            let bytes = fs::read(root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
            files.push(File { path, bytes });
        }
        Ok(Self::new(files))
    }

    fn new(files: Vec<File>) -> Self {
        let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
        let sources = rust.filter_map(|file| Some(Source::new(&file.path, file.text()?))).collect();
        Self { files, sources }
    }

    fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn files_in<'a>(&'a self, folder: &'a str, extension: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(extension))
    }

    /// A house of a few files, for the tests of the checks.
    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() };
        Self::new(files.iter().map(file).collect())
    }
}

/// Where each finding points, for the tests of the checks.
#[cfg(test)]
fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let root = files::repository().expect("tests run inside the repository");
        let house = House::read(&root).expect("every file of the repository can be read");
        let findings: Vec<String> = findings(&house).iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{} to put right:\n{}", findings.len(), findings.join("\n"));
    }

    #[test]
    fn a_finding_names_its_place_and_the_remedy() {
        let finding = Finding::new("crates/db/src/lib.rs", 7, "something is wrong", "put it right");
        assert_eq!(finding.to_string(), "crates/db/src/lib.rs:7: something is wrong — put it right");
    }
}
