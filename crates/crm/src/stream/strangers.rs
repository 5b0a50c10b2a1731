//! Ids that the index of messages surely does not have, told without asking it.
//!
//! Nearly every message is new, and to be told so by the index costs a page of it, read from a place of its own. A Bloom
//! filter (B. H. Bloom, CACM 13(7), 1970) of all ids in the index tells it from memory; where it says "perhaps", the index is
//! asked. It is filled slice by slice by the transactions that need it, and is nowhere stored.

use db::{DbError, Tx};
use fastbloom::BloomFilter;
use words::WorkspaceId;

use super::messages::{Message, SLICES, bounds_of, slice_of};
use super::store;

/// Ids for which room is made at least.
const LEAST: usize = 65_536;
/// Bits for each id when the filter is full: one in thirty unknown ids is then asked of the index. At first there is room for
/// twice the ids.
const BITS_AN_ID: usize = 8;
/// Each is a place of its own in memory; more would ask the index a little less often.
const HASHES: u32 = 3;
/// Bits at most: 32 MB.
const MOST_BITS: usize = 1 << 28;

/// A filter of the ids in the index, as far as its slices were read.
#[derive(Default)]
pub struct Strangers {
    filter: Option<Filter>,
}

struct Filter {
    bloom: BloomFilter,
    /// Slices of the index that are in it.
    slices: usize,
    ids: usize,
    room: usize,
}

impl Strangers {
    /// Whether the index surely does not have it.
    pub fn has(&self, message: &Message) -> bool {
        self.filter
            .as_ref()
            .is_some_and(|filter| slice_of(&message.0) < filter.slices && !filter.bloom.contains_hash(hash(message)))
    }

    /// An id that is, or is about to be, in the index.
    pub fn remove(&mut self, message: &Message) {
        if let Some(filter) = &mut self.filter {
            filter.insert(message);
        }
    }

    /// The index got ids that nobody told of here: what is known of it is worth nothing.
    pub fn forget(&mut self) {
        self.filter = None;
    }

    /// Reads so many more slices of the index.
    pub fn read_on(&mut self, tx: &mut Tx<'_>, workspace: WorkspaceId, slices: usize) -> Result<(), DbError> {
        if self.filter.as_ref().is_some_and(Filter::is_overfull) {
            self.filter = None;
        }
        if self.filter.as_ref().is_some_and(|filter| filter.slices == SLICES) {
            return Ok(());
        }
        let sources = store::sources_remembered(tx, workspace)?;
        let mut read = |slice: usize, visit: &mut dyn FnMut(Message)| {
            let (from, until) = bounds_of(slice as u8);
            sources.iter().try_for_each(|source_no| {
                store::messages_between(tx, workspace, *source_no, (&from, &until), |digest| {
                    visit((digest, *source_no));
                })
            })
        };
        let mut filter = match self.filter.take() {
            Some(filter) => filter,
            None => {
                let mut first = 0;
                read(0, &mut |_| first += 1)?;
                Filter::for_ids(first * SLICES)
            }
        };
        for slice in filter.slices..SLICES.min(filter.slices + slices) {
            read(slice, &mut |message| filter.insert(&message))?;
            filter.slices = slice + 1;
        }
        self.filter = Some(filter);
        Ok(())
    }
}

impl Filter {
    fn for_ids(ids: usize) -> Self {
        let room = ids.max(LEAST) * 2;
        let bits = (room * BITS_AN_ID).min(MOST_BITS);
        Self { bloom: BloomFilter::with_num_bits(bits).hashes(HASHES), slices: 0, ids: 0, room }
    }

    fn insert(&mut self, message: &Message) {
        self.bloom.insert_hash(hash(message));
        self.ids += 1;
    }

    /// Whether a larger one would be better: ids that were forgotten since are still in it, too.
    fn is_overfull(&self) -> bool {
        self.ids > self.room && self.room * BITS_AN_ID < MOST_BITS
    }
}

/// A digest is a hash already.
fn hash((digest, source_no): &Message) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first) ^ (*source_no as u64)
}

#[cfg(test)]
mod tests {
    use words::Timestamp;

    use super::*;
    use crate::stream::messages::digest;

    const NOW: Timestamp = Timestamp::from_millis(1_763_817_600_000);

    fn messages(name: &str) -> Vec<Message> {
        (0..2_000).map(|one| (digest(&format!("{name} {one}")), one % 3)).collect()
    }

    testkit::on_both!(crate::MIGRATIONS;
    what_the_index_has_is_never_a_stranger_and_nearly_all_else_is, |db| async move {
        let workspace = WorkspaceId::from_parts(NOW, [7; 10]);
        let counted: Result<(), DbError> = db.write(move |tx| {
            let (indexed, added, others) = (messages("indexed"), messages("added"), messages("other"));
            store::insert_messages(tx, workspace, indexed.iter(), 0)?;
            let mut strangers = Strangers::default();
            assert!(!others.iter().any(|message| strangers.has(message)), "nothing is known before it was read");
            strangers.read_on(tx, workspace, SLICES / 2)?;
            let half = others.iter().filter(|message| strangers.has(message)).count();
            assert!((800..1_200).contains(&half), "{half} of 2,000 with half of the index read");
            strangers.read_on(tx, workspace, SLICES)?;
            added.iter().for_each(|message| strangers.remove(message));
            assert!(!indexed.iter().chain(&added).any(|message| strangers.has(message)));
            let all = others.iter().filter(|message| strangers.has(message)).count();
            assert!(all > 1_950, "{all} of 2,000");
            strangers.filter.as_mut().unwrap().room = 100;
            strangers.read_on(tx, workspace, SLICES)?;
            assert_eq!(strangers.filter.as_ref().unwrap().ids, 2_000, "an overfull one is read anew");
            assert!(!indexed.iter().any(|message| strangers.has(message)));
            Ok(())
        }).await;
        counted.unwrap();
    });
}
