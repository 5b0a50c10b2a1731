//! The tracking API: the Segment specification, so that public client libraries work unchanged.
//!
//! A request is authenticated (an ingest key of a *source*, or an API key with `events:write`), read within hard limits,
//! and turned into validated calls; a bad call is refused by name and its neighbours go on. The stream answers when
//! they are on disk and applied. Addresses and user agents are reduced before anything is stored. What a source did and
//! what was refused is on its health page.

mod api;
mod body;
mod call;
mod context;
mod define;
mod forget_rejects;
mod health;
pub mod import;
mod limits;
mod model;
mod sender;
pub mod store;

pub use api::{Answer, routes};
pub use body::{BodyError, body_text, read_calls};
pub use call::{Refused, Surroundings, parse_call};
pub use define::{
    SourceError, create_source, disable_source, make_source, parse_origin, parse_origins, set_origins, source_for,
};
pub use forget_rejects::forget_rejects_about;
pub use health::Health;
pub use model::{Reject, Source, SourceDay, SourceKind};
pub use sender::Senders;
pub use store::KEPT_REJECTS;
