//! What no committed text holds: work put off, folders of somebody's machine, hosts that serve packages.

use super::{Finding, House};
use crate::rules::{MACHINE_FOLDERS, PUT_OFF, REGISTRY_HOSTS};

/// Files whose text is not ours: written by a tool or by somebody else.
const NOT_OURS: [&str; 4] = ["Cargo.lock", "LICENSE", "assets/vendor/", "crates/testkit/assets/"];

/// Data rather than text.
const DATA: [&str; 3] = [".csv", ".jsonl", ".ndjson"];

pub fn check(house: &House) -> Vec<Finding> {
    let ours = house.files.iter().filter(|file| is_ours(&file.path));
    let lines = ours
        .filter_map(|file| Some((&file.path, file.text()?)))
        .flat_map(|(path, text)| text.lines().enumerate().map(move |(index, line)| (path, index + 1, line)));
    lines
        .filter_map(|(path, number, line)| {
            let (what, remedy) = fault(line)?;
            Some(Finding::new(path, number, what, remedy))
        })
        .collect()
}

fn is_ours(path: &str) -> bool {
    !NOT_OURS.iter().any(|start| path.starts_with(start)) && !DATA.iter().any(|end| path.ends_with(end))
}

fn fault(line: &str) -> Option<(String, &'static str)> {
    if let Some(word) = PUT_OFF.iter().find(|word| holds_word(line, word)) {
        return Some((format!("`{word}`: work put off"), "do it now, or write an issue"));
    }
    if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| holds_folder(line, folder)) {
        return Some((format!("`{folder}…` is a folder of somebody's machine"), "write a path inside the repository"));
    }
    let host = REGISTRY_HOSTS.iter().find(|host| line.contains(**host))?;
    Some((format!("`{host}` serves packages"), "name the package and its version; clients know their registry"))
}

fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let is_joined = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        !is_joined(line[..start].chars().next_back()) && !is_joined(line[start + word.len()..].chars().next())
    })
}

/// An absolute path only: `crates/work/src` and `https://example.com/work/` are none.
fn holds_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_-./}".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        places(&check(&House::of(&[(path, text)]))).len()
    }

    #[test]
    fn work_put_off_is_found_as_a_word() {
        assert_eq!(found("README.md", &format!("// {}: later", PUT_OFF[0])), 1);
        assert_eq!(found("README.md", &format!("{}S_OF_A_LIST", PUT_OFF[0])), 0);
    }

    #[test]
    fn folders_of_a_machine_are_found_as_absolute_paths() {
        let folder = MACHINE_FOLDERS[0];
        assert_eq!(found("docs/guide.md", &format!("see `{folder}main`")), 1);
        assert_eq!(found("docs/guide.md", &format!("see https://example.com{folder}main and crates{folder}src")), 0);
    }

    #[test]
    fn hosts_of_registries_are_found_but_in_the_lock_file() {
        let line = format!("https://{}/htmx.org", REGISTRY_HOSTS[2]);
        assert_eq!(found("sdk/package-lock.json", &line), 1);
        assert_eq!(found("Cargo.lock", &line), 0);
        assert_eq!(found("examples/orders.csv", &line), 0);
    }
}
