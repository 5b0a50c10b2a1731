//! A file of lines beside the database that only grows: what must outlive a restore of the database.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The ledger of an installation; an installation without one (the demo, a benchmark) keeps nothing outside.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Option<PathBuf>);

impl Ledger {
    pub fn at(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// All lines; none when there is no file yet. A last line that a crash cut off is left out: nobody was told of it.
    pub fn read(&self) -> std::io::Result<Vec<String>> {
        let Some(path) = &self.0 else { return Ok(Vec::new()) };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        Ok(whole.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// Adds lines, for the server's user alone, and answers when they are on the disk.
    pub fn append(&self, lines: &[String]) -> std::io::Result<()> {
        let Some(path) = self.0.as_deref().filter(|_| !lines.is_empty()) else { return Ok(()) };
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        file.lock()?;
        let length = file.seek(SeekFrom::End(0))?;
        let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if length > 0 && !ends_with_newline(&mut file)? {
            text.insert(0, '\n');
        }
        file.seek(SeekFrom::End(0))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        if length == 0 {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

fn ends_with_newline(file: &mut File) -> std::io::Result<bool> {
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_left_out_and_spoils_no_later_one() {
        let path = std::env::temp_dir().join(format!("entente-ledger-{}", std::process::id()));
        let ledger = Ledger::at(&path);
        assert!(ledger.read().unwrap().is_empty());
        ledger.append(&["one".to_owned(), "two".to_owned()]).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"thr").unwrap();
        assert_eq!(ledger.read().unwrap(), ["one", "two"]);
        ledger.append(&["four".to_owned()]).unwrap();
        assert_eq!(
            ledger.read().unwrap(),
            ["one", "two", "thr", "four"],
            "its reader finds that the third says nothing"
        );
        std::fs::remove_file(&path).unwrap();
    }
}
