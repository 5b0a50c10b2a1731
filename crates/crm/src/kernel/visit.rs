//! A signed-in request: who asks, for which shop, in which language, theme and time zone.

use words::{Currency, Timestamp};

use super::actor::Actor;
use super::routes::Doors;
use super::sight::Sight;
use super::texts::Language;

/// Put into the request's extensions by the guard for every `Access::Member` route.
#[derive(Clone, Debug)]
pub struct Visit {
    pub actor: Actor,
    pub user_name: String,
    pub user_email: String,
    pub language: Language,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    /// `comfortable` or `compact`.
    pub density: String,
    pub shop: Shop,
    /// When the request arrived.
    pub now: Timestamp,
    /// The path asked for, to mark the place in the navigation.
    pub path: String,
    /// The member has a place in another shop too.
    pub has_other_shops: bool,
    pub doors: Doors,
}

impl Visit {
    /// How much of who people are the member sees.
    pub fn sight(&self) -> Sight {
        Sight::of(&self.actor)
    }

    /// Whether the member may open this page: what he may not is not shown to him.
    pub fn may_open(&self, path: &str) -> bool {
        self.doors.may_open(&self.actor, path)
    }
}

/// The workspace as screens need it.
#[derive(Clone, Debug)]
pub struct Shop {
    pub name: String,
    pub currency: Currency,
    pub country: String,
    pub time_zone: jiff::tz::TimeZone,
}
