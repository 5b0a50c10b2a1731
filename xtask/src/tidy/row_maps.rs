//! `docs/trust-map.md` and `docs/feature-map.md` speak of every row that was promised, and every test that they name is in
//! the sources.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Finding, House};
use crate::rules;

/// A page, the letters that its rows begin with, and the rows that were promised.
struct Map {
    page: &'static str,
    letters: &'static str,
    rows: &'static [&'static str],
}

const MAPS: [Map; 2] = [
    Map { page: "docs/trust-map.md", letters: "GRSP", rows: rules::TRUST_ROWS },
    Map { page: "docs/feature-map.md", letters: "F", rows: rules::FEATURE_ROWS },
];

/// How a row says that no test shows it; a reason follows.
const WITHOUT_TEST: [&str; 2] = ["Not met:", "Does not apply yet:"];

pub fn check(house: &House) -> Vec<Finding> {
    MAPS.iter().flat_map(|map| map.check(house)).collect()
}

impl Map {
    fn check(&self, house: &House) -> Vec<Finding> {
        let Some(page) = house.file(self.page) else {
            let remedy = "write it: each row, and the tests that show it";
            let is_whole = house.file("Cargo.toml").is_some();
            return is_whole.then(|| self.finding(1, "the page is not there".to_owned(), remedy)).into_iter().collect();
        };
        let text = page.text().unwrap_or_default();
        let mut findings = self.missing_rows(text);
        findings.extend(text.lines().enumerate().flat_map(|(number, line)| self.of_line(house, number + 1, line)));
        findings
    }

    fn finding(&self, line: usize, what: String, remedy: impl Into<String>) -> Finding {
        Finding::new(self.page, line, what, remedy)
    }

    fn missing_rows(&self, text: &str) -> Vec<Finding> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for row in text.lines().filter_map(|line| self.row_of(line)) {
            *count.entry(row).or_default() += 1;
        }
        let wanted = self.rows.iter().flat_map(|rows| rows.split_whitespace());
        wanted
            .filter_map(|row| match count.get(row) {
                Some(1) => None,
                Some(_) => Some(self.finding(1, format!("{row} stands twice"), "join the two rows")),
                None => {
                    let remedy = "say which test shows it, or why none does";
                    Some(self.finding(1, format!("{row} is missing"), remedy))
                }
            })
            .collect()
    }

    /// The name of the row that a line of a table begins with.
    fn row_of<'l>(&self, line: &'l str) -> Option<&'l str> {
        let name = line.strip_prefix("| ")?.split(" | ").next()?;
        let (letter, number) = name.split_at_checked(1)?;
        let is_row =
            self.letters.contains(letter) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_row.then_some(name)
    }

    fn of_line(&self, house: &House, number: usize, line: &str) -> Vec<Finding> {
        let Some(row) = self.row_of(line) else { return Vec::new() };
        let named: Vec<&str> = line.split('`').skip(1).step_by(2).filter(|text| text.contains(".rs::")).collect();
        if named.is_empty() && !WITHOUT_TEST.iter().any(|words| line.contains(words)) {
            let remedy = format!("name a test as `path.rs::name`, or say “{}” and why", WITHOUT_TEST.join("” or “"));
            return vec![self.finding(number, format!("{row} names no test and gives no reason"), remedy)];
        }
        let unknown = named.into_iter().filter(|test| !is_there(house, test));
        unknown
            .map(|test| self.finding(number, format!("{row} names {test}, which is not there"), "name what is there"))
            .collect()
    }
}

/// Whether a file of the sources has a function or an `on_both!` test of the name.
fn is_there(house: &House, test: &str) -> bool {
    let Some((path, name)) = test.split_once("::") else { return false };
    let names = house.file(path).map(defined).unwrap_or_default();
    names.contains(name)
}

fn defined(file: &File) -> BTreeSet<&str> {
    let text = file.text().unwrap_or_default();
    let named = |start: &'static str| {
        text.match_indices(start).map(move |(at, _)| {
            let rest = &text[at + start.len()..];
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            &rest[..end.unwrap_or(rest.len())]
        })
    };
    ["fn ", "on_both!(", "on_both!(STEPS; "].into_iter().flat_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: (&str, &str) =
        ("a/tests/b.rs", "#[test]\nfn one_holds() {}\non_both!(two_hold, |db| async move {});\n");

    fn findings(page: &str) -> Vec<String> {
        let house = House::of(&[(MAPS[0].page, page), TESTS]);
        let is_of_line = |one: &Finding| !one.what.ends_with("is missing");
        check(&house).into_iter().filter(is_of_line).map(|one| one.what).collect()
    }

    #[test]
    fn a_row_names_tests_that_exist_or_gives_a_reason() {
        assert!(findings("| S1 | words | `a/tests/b.rs::one_holds`, `a/tests/b.rs::two_hold` |").is_empty());
        assert!(findings("| S1 | words | Not met: nobody wrote it. |").is_empty());
        assert_eq!(findings("| S1 | words | |"), ["S1 names no test and gives no reason"]);
        assert_eq!(
            findings("| S1 | words | `a/tests/b.rs::three` |"),
            ["S1 names a/tests/b.rs::three, which is not there"]
        );
        assert_eq!(findings("| S1 | w | `a/c.rs::one_holds` |"), ["S1 names a/c.rs::one_holds, which is not there"]);
        assert!(findings("| F001 | of another page | |").is_empty());
        assert!(findings("| row | what it asks | tests |\n|---|---|---|\nS1 in the running text").is_empty());
    }

    #[test]
    fn every_promised_row_stands_once() {
        let all: Vec<&str> = rules::TRUST_ROWS.iter().flat_map(|rows| rows.split_whitespace()).collect();
        assert_eq!(MAPS[0].missing_rows("").len(), all.len());
        let page: String = all.iter().map(|row| format!("| {row} | words | Not met: so. |\n")).collect();
        assert!(MAPS[0].missing_rows(&page).is_empty());
        assert_eq!(MAPS[0].missing_rows(&format!("{page}{page}")).len(), all.len());
    }
}
