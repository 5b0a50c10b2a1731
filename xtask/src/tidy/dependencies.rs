//! Every dependency stands once, in the root `Cargo.toml`, with its reason.

use super::{Finding, House};

pub fn check(house: &House) -> Vec<Finding> {
    let manifests = house.files.iter().filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"));
    let texts = manifests.filter_map(|file| Some((file.path.as_str(), file.text()?)));
    texts.flat_map(|(path, text)| findings_of(path, text)).collect()
}

/// A folder that is a workspace of its own (fuzzing) has nobody to take versions from: it gives its reasons itself.
fn findings_of(path: &str, text: &str) -> Vec<Finding> {
    if path == "Cargo.toml" {
        return unexplained(path, text, "workspace.dependencies");
    }
    let is_alone = text.lines().any(|line| line.trim() == "[workspace]");
    if is_alone { unexplained(path, text, "dependencies") } else { own_versions(path, text) }
}

/// A line has a reason when it ends in a comment, or when a comment stands above its block.
fn unexplained(path: &str, text: &str, section: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_explained_block = false;
    for (number, name, line) in dependency_lines(text, &[section]) {
        match name {
            None => is_explained_block = line.starts_with('#'),
            Some(_) if is_explained_block || line.contains("path =") || line.contains(" #") => {}
            Some(name) => {
                let remedy = "write why it is here after a `#`";
                findings.push(Finding::new(path, number, format!("the dependency `{name}` gives no reason"), remedy));
            }
        }
    }
    findings
}

fn own_versions(path: &str, text: &str) -> Vec<Finding> {
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    let lines = dependency_lines(text, &sections).into_iter();
    lines
        .filter_map(|(number, name, line)| {
            let name = name.filter(|_| !line.contains("workspace = true"))?;
            let remedy = format!("write `{name}.workspace = true`, and the version in the root Cargo.toml");
            Some(Finding::new(path, number, format!("`{name}` brings a version of its own"), remedy))
        })
        .collect()
}

/// The lines of some sections with their numbers; a name for those that declare a dependency.
fn dependency_lines<'a>(text: &'a str, sections: &[&str]) -> Vec<(usize, Option<&'a str>, &'a str)> {
    let mut section = "";
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if sections.contains(&section) {
            let name =
                line.split(['=', '.']).next().map(str::trim).filter(|_| line.contains('=') && !line.starts_with('#'));
            lines.push((index + 1, name, line));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        places(&check(&House::of(&[(path, text)])))
    }

    #[test]
    fn a_dependency_gives_its_reason() {
        let text =
            "[workspace.dependencies]\nwords = { path = \"crates/words\" }\nserde = \"1\" # JSON\ntoml = \"1\"\n";
        assert_eq!(found("Cargo.toml", text), ["Cargo.toml:4"]);
    }

    #[test]
    fn a_comment_above_explains_its_block() {
        let text = "[workspace.dependencies]\n# the HTTP stack\nhyper = \"1\"\ntower = \"1\"\n\ntoml = \"1\"\n";
        assert_eq!(found("Cargo.toml", text), ["Cargo.toml:6"]);
    }

    #[test]
    fn a_workspace_of_its_own_gives_its_own_reasons() {
        let text = "[workspace]\n[dependencies]\nx = \"1\" # fuzzing\ny = \"1\"\nz = { path = \"../z\" }\n";
        assert_eq!(found("fuzz/Cargo.toml", text), ["fuzz/Cargo.toml:4"]);
    }

    #[test]
    fn versions_stand_in_the_root_only() {
        let text =
            "[package]\nname = \"db\"\n[dependencies]\nwords.workspace = true\nx = { workspace = true }\ny = \"1\"\n";
        assert_eq!(found("crates/db/Cargo.toml", text), ["crates/db/Cargo.toml:6"]);
    }
}
