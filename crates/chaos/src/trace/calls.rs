//! What strace wrote, as calls with their beginning and their end.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use crate::Outcome;

/// A call of the system; beginning and end are places in the order of all of them.
#[derive(Debug)]
pub struct Call {
    pub start: u64,
    pub end: u64,
    pub deed: Deed,
}

/// What it did, when it went well; files are named by their last name, connections by their number.
#[derive(Debug)]
pub enum Deed {
    Accepted(u32),
    Read(u32, Vec<u8>),
    Sent(u32, Vec<u8>),
    Write(String, u64, Vec<u8>),
    Cut(String, u64),
    Sync(String),
}

impl Call {
    pub fn is_sync_of(&self, file: &str) -> bool {
        matches!(&self.deed, Deed::Sync(name) if name == file)
    }
}

/// All calls, by their end.
pub fn read(log: &Path) -> Outcome<Vec<Call>> {
    let file = File::open(log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut begun: HashMap<String, (u64, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (place, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let end = place as u64;
        if let Some(first) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(process.to_owned(), (end, first.trim_end().to_owned()));
            continue;
        }
        let (start, text) = match rest.split_once(" resumed>") {
            Some((head, tail)) if head.starts_with("<... ") => {
                let Some((start, first)) = begun.remove(process) else { continue };
                (start, first + tail)
            }
            _ => (end, rest.to_owned()),
        };
        if let Some(deed) = deed(&text) {
            calls.push(Call { start, end, deed });
        }
    }
    Ok(calls)
}

/// `name(7<path>, "bytes", …) = result`, every text in hexadecimal, so that no text holds a mark.
fn deed(text: &str) -> Option<Deed> {
    let (call, result) = text.rsplit_once(" = ")?;
    let result: i64 = result.split(['<', ' ']).next()?.parse().ok()?;
    if result < 0 {
        return None;
    }
    let (name, arguments) = call.trim_end().split_once('(')?;
    let file = || arguments.split(['<', ',']).next()?.trim().parse::<u32>().ok();
    let path = || {
        let hex = arguments.split_once('<')?.1.split_once('>')?.0;
        String::from_utf8(unhex(hex)).ok()?.rsplit('/').next().map(str::to_owned)
    };
    let last = || arguments.trim_end_matches(')').rsplit(',').next()?.trim().parse::<u64>().ok();
    match name {
        "accept4" => Some(Deed::Accepted(u32::try_from(result).ok()?)),
        "recvfrom" => Some(Deed::Read(file()?, quoted(arguments))),
        "sendto" | "writev" => Some(Deed::Sent(file()?, quoted(arguments))),
        "pwrite64" => {
            let mut bytes = quoted(arguments);
            // What the system took, if it was less.
            bytes.truncate(usize::try_from(result).ok()?);
            Some(Deed::Write(path()?, last()?, bytes))
        }
        "ftruncate" => Some(Deed::Cut(path()?, last()?)),
        "fsync" | "fdatasync" => Some(Deed::Sync(path()?)),
        _ => None,
    }
}

/// All quoted texts, one after the other.
fn quoted(arguments: &str) -> Vec<u8> {
    arguments.split('"').skip(1).step_by(2).flat_map(unhex).collect()
}

/// The bytes of `\x2f\x74`.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let bytes = text.as_bytes().chunks_exact(4);
    bytes.map(|chunk| digit(chunk[2]) * 16 + digit(chunk[3])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_another_interrupted_is_put_together() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let lines = "7 pwrite64(3<\\x2f\\x61\\x2f\\x62>, \"\\x01\\x02\", 2, 512 <unfinished ...>\n\
                     8 sendto(9<\\x73>, \"\\x48\", 1, MSG_NOSIGNAL, NULL, 0) = 1\n\
                     7 <... pwrite64 resumed>)           = 2\n\
                     7 fdatasync(3<\\x2f\\x61\\x2f\\x62>) = -1 EIO (Input/output error) (INJECTED)\n\
                     7 fdatasync(3<\\x2f\\x61\\x2f\\x62>) = 0\n";
        std::fs::write(&log, lines).expect("a file");
        let calls = read(&log).expect("it is read");
        assert_eq!(calls.len(), 3);
        assert!(matches!(&calls[0].deed, Deed::Sent(9, bytes) if bytes == b"H"));
        assert!(matches!(&calls[1].deed, Deed::Write(name, 512, bytes) if name == "b" && *bytes == [1, 2]));
        assert_eq!((calls[1].start, calls[1].end), (0, 2));
        assert!(calls[2].is_sync_of("b") && calls[2].start == 4);
    }
}
