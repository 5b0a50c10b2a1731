//! The way out: single HTTP requests to the party that an administrator named, and mail to the relay that he named.
//!
//! A [`Client`] belongs to one *home*, the address that the settings name. To other origins, which an answer of the home
//! may name, it speaks https only, and never to this machine, to the link or to everybody: the addresses are checked after
//! the name was looked up, and the connection goes to a checked address. Certificates are verified, redirects are answers
//! like others, and time and size are bounded. A [`Relay`] is the one mail server that everything is handed to; it is
//! spoken to encrypted, or not beyond this machine. Nothing goes out unless the settings name a home or a relay.

mod address;
mod client;
mod letter;
mod line;
mod origin;
mod relay;
mod relay_address;
mod trust;

pub use client::{Client, Limits, Request, Response, SendError};
pub use letter::{BadSender, Letter, MailSender};
pub use origin::{BadOrigin, Origin};
pub use relay::{Cause, Fate, Line, MailError, Offered, Patience, Relay, Step};
pub use relay_address::{BadRelay, RelayAddress};
pub use trust::{Trust, TrustError};
