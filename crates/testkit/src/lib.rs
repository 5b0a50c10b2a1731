//! What tests share: both databases, the product behind its router or a socket, the program
//! itself, and real Chromium.

pub mod app;
pub mod browser;
pub mod databases;
pub mod mail_server;
pub mod member;
pub mod node;
pub mod others;
pub mod ports;
pub mod postgres_server;
pub mod process;
pub mod python;
pub mod running;

/// For `on_both!`, which names the product's migrations wherever it is used.
#[doc(hidden)]
pub use crm;

/// Tests run with the allocator that `entente` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
