//! What tests share: both databases, the product behind its router or a socket, the program
//! itself, and real Chromium.

pub mod app;
pub mod browser;
pub mod databases;
pub mod mail_server;
pub mod member;
pub mod node;
pub mod ports;
pub mod postgres_server;
pub mod process;
pub mod python;
pub mod running;

/// Below the target folder: what is there stays for the next run.
#[allow(clippy::unwrap_used, reason = "it stands in tests only, which a panic fails")]
pub fn programs_of_others() -> std::path::PathBuf {
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release")).unwrap();
    target.parent().unwrap().join("tmp")
}

/// For `on_both!`, which names the product's migrations wherever it is used.
#[doc(hidden)]
pub use crm;

/// Tests run with the allocator that `entente` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
