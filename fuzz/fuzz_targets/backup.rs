//! The reader of backups, behind its compression: any bytes as frames.
#![no_main]
#![allow(dead_code)]

mod fill {
    /// What filling a database may fail with, as far as the reader knows it.
    #[derive(Debug)]
    pub enum FillError {
        File(super::file::FileError),
    }
}
#[path = "../../crates/server/src/backup/file.rs"]
mod file;
#[path = "../../crates/server/src/backup/record.rs"]
mod record;

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<std::path::PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("entente-fuzz-backup-{}", std::process::id())));

fuzz_target!(|bytes: &[u8]| {
    for width in [0, 1, 3, 40] {
        let mut rest = bytes;
        let Some(row) = record::read_row(&mut rest, width) else { continue };
        let mut written = Vec::new();
        record::write_row(&row, &mut written);
        assert_eq!(written, bytes[..bytes.len() - rest.len()], "a row is written as it was read");
    }
    let mut whole = b"entente-backup 1\n".to_vec();
    let mut gzip = GzEncoder::new(&mut whole, Compression::none());
    gzip.write_all(bytes).and_then(|()| gzip.try_finish()).expect("memory takes all");
    drop(gzip);
    for file in [whole.as_slice(), bytes] {
        std::fs::write(&*PATH, file).expect("a temporary file can be written");
        let _ = file::Reader::check(&PATH);
    }
});
