//! Where events come from.

use words::{SourceId, Timestamp};

use super::define::parse_origin;
use crate::kernel::{Shown, Sight};

/// A site, an app, a server or a file that sends events.
#[derive(Clone, Debug)]
pub struct Source {
    /// Dense within the workspace; stands on every event.
    pub no: i64,
    pub id: SourceId,
    pub name: String,
    pub kind: SourceKind,
    /// Web origins whose pages may send: `https://shop.example`.
    pub origins: Vec<String>,
    /// Public by nature: it sits in the pages of the shop.
    pub ingest_key: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Pages of a shop, by the script tag.
    Site,
    /// A program with an ingest key.
    Server,
    /// Calls with an API key.
    Api,
    /// Files read by `entente import`.
    Import,
}

impl SourceKind {
    pub const ALL: [SourceKind; 4] = [SourceKind::Site, SourceKind::Server, SourceKind::Api, SourceKind::Import];

    pub fn code(self) -> &'static str {
        match self {
            SourceKind::Site => "site",
            SourceKind::Server => "server",
            SourceKind::Api => "api",
            SourceKind::Import => "import",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One day of a source, for its health page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceDay {
    pub day: i64,
    pub accepted: i64,
    pub repeated: i64,
    pub rejected: i64,
    pub bots: i64,
    pub last_at: i64,
}

/// A call that was refused, with the reason and the beginning of its text.
#[derive(Clone, Debug)]
pub struct Reject {
    pub at: Timestamp,
    pub code: String,
    pub(super) detail: String,
    pub(super) sample: String,
}

impl Reject {
    /// What was wrong with it, which may quote the call.
    pub fn detail(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.detail)
    }

    /// The beginning of the call; the whole of it tells who it was about.
    pub fn sample(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.sample)
    }

    /// The site whose pages tried to send and are not listed: a site is nobody.
    pub fn origin(&self) -> Option<&str> {
        let is_origin = self.code == "origin_not_listed" && parse_origin(&self.sample).is_ok();
        is_origin.then_some(self.sample.as_str())
    }
}
