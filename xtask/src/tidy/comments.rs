//! Examples in comments are text: the test command runs the test programs only, so one that claims to be a test would never run.

use super::{File, Finding, House};

/// How a block of text in a comment begins.
const TEXT: &str = "text";

pub fn check(house: &House) -> Vec<Finding> {
    house.files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_inside = false;
    for (number, line) in file.text().unwrap_or_default().lines().enumerate() {
        let comment = ["///", "//!"].iter().find_map(|mark| line.trim_start().strip_prefix(mark));
        let Some(language) = comment.and_then(|text| text.trim_start().strip_prefix("```")) else { continue };
        if !is_inside && language.trim() != TEXT {
            let remedy = "write ```text, and make what it shows a test of its own";
            findings.push(Finding::new(&file.path, number + 1, "an example in a comment is never run", remedy));
        }
        is_inside = !is_inside;
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&House::of(&[("crates/words/src/id.rs", text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_example_is_text() {
        assert_eq!(lines("/// It is:\n///\n/// ```text\n/// a\n/// ```\nfn a() {}\n"), [0; 0]);
        assert_eq!(lines("/// ```\n/// assert!(true);\n/// ```\nfn a() {}\n    //! ```rust\n    //! ```\n"), [1, 5]);
        assert_eq!(lines("let fence = \"```\";\n"), [0; 0]);
    }
}
