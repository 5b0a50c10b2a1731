//! The way out: single HTTP requests to the party that an administrator named.
//!
//! A [`Client`] belongs to one *home*, the address that the settings name. To other origins, which an answer of the home
//! may name, it speaks https only, and never to this machine, to the link or to everybody: the addresses are checked after
//! the name was looked up, and the connection goes to a checked address. Certificates are verified, redirects are answers
//! like others, and time and size are bounded. Nothing goes out unless the settings name a home.

mod address;
mod client;
mod origin;
mod trust;

pub use client::{Client, Limits, Request, Response, SendError};
pub use origin::{BadOrigin, Origin};
pub use trust::{Trust, TrustError};
