//! What is on a disk after the power went.

use std::path::{Path, PathBuf};

use crm::demo::random::Random;

use super::calls::{Call, Deed};
use crate::Outcome;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One file of it.
pub struct Disk(Vec<u8>);

impl Disk {
    /// As it was before; a file that was not there is empty.
    pub fn with(file: PathBuf) -> Self {
        Self(std::fs::read(file).unwrap_or_default())
    }

    /// Does what was done to the file up to an instant. What a sync has covered is there; of each later write, every sector
    /// arrives or not. Answers how many writes did not arrive whole.
    pub fn fail(&mut self, calls: &[Call], name: &str, at: u64, random: &mut Random) -> usize {
        // A sync covers what was done before it began.
        let synced = calls.iter().filter(|call| call.end <= at && call.is_sync_of(name)).map(|call| call.start).max();
        let mut lost = 0;
        for call in calls.iter().filter(|call| call.start <= at) {
            let is_safe = synced.is_some_and(|synced| call.end < synced);
            match &call.deed {
                Deed::Write(file, offset, bytes) if file == name => {
                    lost += usize::from(!self.put(*offset, bytes, is_safe, random));
                }
                Deed::Cut(file, length) if file == name && (is_safe || random.chance(0.5)) => {
                    self.0.resize(usize::try_from(*length).unwrap_or(0), 0);
                }
                _ => {}
            }
        }
        lost
    }

    fn put(&mut self, offset: u64, bytes: &[u8], is_safe: bool, random: &mut Random) -> bool {
        let offset = usize::try_from(offset).unwrap_or(0);
        // Some writes arrive whole, some not at all, some in parts.
        let arriving = *random.pick(&[0.0, 0.5, 0.9, 1.0]);
        let mut is_whole = true;
        for (number, sector) in bytes.chunks(SECTOR).enumerate() {
            if !is_safe && !random.chance(arriving) {
                is_whole = false;
                continue;
            }
            let start = offset + number * SECTOR;
            if self.0.len() < start + sector.len() {
                self.0.resize(start + sector.len(), 0);
            }
            self.0[start..start + sector.len()].copy_from_slice(sector);
        }
        is_whole
    }

    pub fn write(&self, file: &Path) -> Outcome<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        std::fs::write(file, &self.0).map_err(|error| error.to_string())
    }
}
