//! What others wrote and we ship is pinned byte for byte in `vendor.rs`, and told in `assets/vendor/README.md`.

use super::{Finding, House};
use crate::vendor;

const FOLDER: &str = "assets/vendor/";
const README: &str = "assets/vendor/README.md";

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = untold(house);
    for pinned in vendor::pinned_files() {
        let Some(file) = house.file(pinned.to) else { continue };
        if vendor::sha256(&file.bytes) != pinned.sha256 {
            let what = format!("differs from {} of {}", pinned.from, pinned.package);
            findings.push(Finding::new(
                &file.path,
                1,
                what,
                "run `cargo xtask vendor`; a change of it belongs upstream",
            ));
        }
    }
    findings
}

fn untold(house: &House) -> Vec<Finding> {
    let readme = house.file(README).and_then(|file| file.text()).unwrap_or_default();
    let vendored = house.files_in(FOLDER, "").filter(|file| file.path != README);
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut findings = Vec::new();
    for file in vendored {
        if !readme.contains(&format!("`{}`", name(&file.path))) {
            let remedy = format!("say what it is for, its version and its licence in {README}");
            findings.push(Finding::new(&file.path, 1, "a vendored file nobody tells of", remedy));
        }
        if !vendor::pinned_files().any(|pinned| pinned.to == file.path) {
            let remedy = "pin its package, version and digest in xtask/src/vendor.rs";
            findings.push(Finding::new(&file.path, 1, "a vendored file that is not pinned", remedy));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        check(&House::of(files)).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_vendored_file_is_pinned_and_told() {
        let readme = (README, "| `other.js` | why |");
        assert_eq!(
            faults(&[readme, ("assets/vendor/new.js", "x")]),
            ["a vendored file nobody tells of", "a vendored file that is not pinned"]
        );
    }

    #[test]
    fn a_changed_byte_is_found() {
        let readme = (README, "| `htmx.min.js` | hypermedia |");
        let found = faults(&[readme, ("assets/vendor/htmx.min.js", "var htmx")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("differs from dist/htmx.min.js"), "{found:?}");
    }
}
