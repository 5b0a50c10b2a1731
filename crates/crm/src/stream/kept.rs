//! The people whom the last transactions worked on, as they are on disk: who is busy now is busy a moment later, and is not
//! read and decoded again.
//!
//! Every transaction of the stream bears a number, which is stored. What a process keeps is good only while the number on
//! disk is that of the transaction after which it was kept, so another process's work is never overlooked. A transaction
//! takes all that is kept, and gives it back only when it was committed.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use words::WorkspaceId;

use crate::profiles::{Identifier, Profile};

use super::work::Person;

/// People kept of one workspace, some kilobytes each. Where few people make most of the traffic, as everywhere, sixteen
/// thousand of a million are seven tenths of it.
const PEOPLE: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// Profiles and identifiers kept, a hundred bytes or two each: four fifths of the traffic.
const LINKS: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// What is kept of one workspace.
pub(super) struct Kept {
    /// The number of the transaction after which it was kept.
    after: i64,
    pub people: LruCache<i64, Person>,
    pub profiles: LruCache<i64, Profile>,
    /// The profile of each identifier: once linked it stays with it.
    pub owners: LruCache<Identifier, i64>,
}

impl Kept {
    fn nothing() -> Self {
        Self { after: 0, people: LruCache::new(PEOPLE), profiles: LruCache::new(LINKS), owners: LruCache::new(LINKS) }
    }
}

/// What a process keeps, by workspace. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Keeper(Arc<Mutex<HashMap<WorkspaceId, Kept>>>);

impl Keeper {
    /// All that was kept after the transaction of this number; nothing when another one came since.
    pub fn take(&self, workspace: WorkspaceId, number: i64) -> Kept {
        let kept = self.lock().remove(&workspace).filter(|kept| kept.after == number);
        kept.unwrap_or_else(Kept::nothing)
    }

    /// Called after the transaction of this number was committed.
    pub fn give_back(&self, workspace: WorkspaceId, number: i64, mut kept: Kept) {
        kept.after = number;
        let mut all = self.lock();
        if all.get(&workspace).is_none_or(|other| other.after < number) {
            all.insert(workspace, kept);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Kept>> {
        // The map is whole even when a holder panicked: entries are only put in and taken out.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
