//! The disk under SQLite's file: whether room is left on it, and whether it failed.
//!
//! After a failed `fsync` nobody knows what is on the disk: the system may have let go of the pages it could not write, and
//! the next `fsync` answers well. So the first failure ends all writing of this process. What was acknowledged before it is
//! on the disk; who opens the database anew finds it there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

pub struct Disk {
    folder: PathBuf,
    /// Bytes below which nothing more is taken in.
    reserve: AtomicU64,
    failure: watch::Sender<Option<String>>,
    /// Whether the writer was asked to give back what it can and has not done it yet.
    pub is_reclaiming: AtomicBool,
}

impl Disk {
    /// The disk on which this file is.
    pub fn under(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self {
            folder: folder.to_owned(),
            reserve: AtomicU64::new(0),
            failure: watch::Sender::new(None),
            is_reclaiming: AtomicBool::new(false),
        }
    }

    pub fn keep_free(&self, bytes: u64) {
        self.reserve.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that this user may still fill; none when the system does not tell.
    pub fn free_bytes(&self) -> Option<u64> {
        let told = rustix::fs::statvfs(&self.folder).ok()?;
        Some(told.f_bavail.saturating_mul(told.f_frsize))
    }

    /// A disk that does not tell has room until a write says otherwise.
    pub fn has_room(&self) -> bool {
        self.free_bytes().is_none_or(|free| free >= self.reserve.load(Ordering::Relaxed))
    }

    /// Whether what is kept free is touched, or soon will be.
    pub fn is_nearly_full(&self) -> bool {
        let reserve = self.reserve.load(Ordering::Relaxed);
        self.free_bytes().is_some_and(|free| free < reserve.saturating_add(reserve / 4))
    }

    /// The first failure counts.
    pub fn fail(&self, message: &str) {
        let is_first = self.failure.send_if_modified(|failure| match failure {
            Some(_) => false,
            None => {
                *failure = Some(message.to_owned());
                true
            }
        });
        if is_first {
            tracing::error!(message, "the disk failed under the database; nothing more is written");
        }
    }

    pub fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    /// Waits until the disk fails.
    pub async fn failed(&self) -> String {
        let mut failures = self.failure.subscribe();
        match failures.wait_for(Option::is_some).await {
            Ok(failure) => failure.clone().unwrap_or_default(),
            // The sender is this disk, which is borrowed.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_disk_has_room_until_less_is_free_than_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::under(&folder.path().join("a"));
        assert!(disk.has_room());
        disk.keep_free(disk.free_bytes().unwrap() + (1 << 40));
        assert!(!disk.has_room() && disk.is_nearly_full());
        disk.keep_free(disk.free_bytes().unwrap() / 10 * 9);
        assert!(disk.has_room() && disk.is_nearly_full(), "a tenth is left above what is kept");
    }

    #[tokio::test]
    async fn the_first_failure_is_the_one_that_is_told() {
        let disk = Disk::under(Path::new("a"));
        assert_eq!(disk.failure(), None);
        disk.fail("one");
        disk.fail("two");
        assert_eq!((disk.failure().as_deref(), disk.failed().await.as_str()), (Some("one"), "one"));
    }
}
