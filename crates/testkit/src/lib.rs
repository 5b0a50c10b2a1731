//! x
pub mod app;
pub mod browser;
pub mod databases;
pub mod postgres_server;

/// For `on_both!`, which names the product's migrations wherever it is used.
#[doc(hidden)]
pub use crm;
