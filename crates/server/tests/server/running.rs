//! A running `entente serve`, its data, and a plain HTTP client.

pub use testkit::process::*;
