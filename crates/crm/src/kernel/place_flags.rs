//! How commands on this machine name the database, for screens that show them.

use std::path::Path;

/// Flags of the command line, ready for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceFlags {
    /// Name this database.
    pub here: String,
    /// Name an empty place beside it.
    pub empty: String,
}

impl PlaceFlags {
    pub fn of_folder(folder: &Path) -> Self {
        let path = folder.display().to_string();
        let flag = |path: &str| format!("--data {}", quoted(path));
        Self { here: flag(&path), empty: flag(&format!("{}-new", path.trim_end_matches('/'))) }
    }

    /// The address may hold a password and is not shown.
    pub fn of_postgres() -> Self {
        let flag = |variable: &str| format!("--database-url \"${variable}\"");
        Self { here: flag("DATABASE_URL"), empty: flag("NEW_DATABASE_URL") }
    }
}

/// One word for a shell, whatever it holds.
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_word_and_an_address_is_not_shown() {
        for (folder, here, empty) in [
            ("/var/lib/entente", "--data /var/lib/entente", "--data /var/lib/entente-new"),
            ("/srv/my shop/", "--data '/srv/my shop/'", "--data '/srv/my shop-new'"),
            ("/srv/l'atelier", r"--data '/srv/l'\''atelier'", r"--data '/srv/l'\''atelier-new'"),
        ] {
            let flags = PlaceFlags::of_folder(Path::new(folder));
            assert_eq!((flags.here.as_str(), flags.empty.as_str()), (here, empty));
        }
        assert_eq!(PlaceFlags::of_postgres().here, "--database-url \"$DATABASE_URL\"");
    }
}
