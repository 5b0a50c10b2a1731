//! What every page knows about its reader.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use words::{Money, Timestamp};

use super::nav::NavItem;
use super::toast::Toast;
use crate::kernel::Sight;
use crate::kernel::texts::{self, Language, Value};

/// The reader, his settings and where he is.
#[derive(Debug, Clone)]
pub struct PageContext {
    pub language: Language,
    pub theme: Theme,
    pub density: Density,
    /// Nobody on the sign-in and set-up pages.
    pub user: Option<UserBadge>,
    pub shop_name: String,
    /// The entry of the navigation that is marked as the current one.
    pub active: Option<NavItem>,
    /// Path and query of this page, where a change of language comes back to.
    pub path: String,
    /// How much of who people are the reader sees: nothing until the page says so.
    pub sight: Sight,
    /// What the navigation shows: where the reader may go.
    pub places: Vec<NavItem>,
    /// He may change to another shop.
    pub has_other_shops: bool,
    /// Messages left by the request before ("Segment saved").
    pub toasts: Vec<Toast>,
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl PageContext {
    /// A page for nobody in particular, which the caller then fills in.
    pub fn new(language: Language, now: Timestamp) -> Self {
        Self {
            language,
            theme: Theme::Auto,
            density: Density::Comfortable,
            user: None,
            shop_name: String::new(),
            active: None,
            path: "/".to_owned(),
            sight: Sight::Masked,
            places: NavItem::ALL.to_vec(),
            has_other_shops: false,
            toasts: Vec::new(),
            now,
            zone: TimeZone::UTC,
        }
    }

    /// The text of a key in the reader's language.
    pub fn t(&self, key: &str) -> Cow<'static, str> {
        texts::t(self.language, key)
    }

    /// The same with variables.
    pub fn t_with(&self, key: &str, variables: &[(&'static str, Value<'_>)]) -> Cow<'static, str> {
        texts::t_with(self.language, key, variables)
    }

    /// A count as the reader writes it.
    pub fn integer(&self, number: i64) -> String {
        texts::format_integer(number, self.language)
    }

    /// An amount as the reader writes it.
    pub fn money(&self, money: Money) -> String {
        texts::format_money(money, self.language)
    }

    /// Day and time where the reader lives.
    pub fn date_time(&self, instant: Timestamp) -> String {
        texts::format_date_time(instant, self.language, &self.zone)
    }
}

/// The person who is signed in, as the header shows him.
#[derive(Debug, Clone)]
pub struct UserBadge {
    pub name: String,
    pub email: String,
    /// Translated: "Propriétaire".
    pub role_label: String,
}

/// Light, dark, or as the device says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The value of `data-theme` and of the setting.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// Rows of 40 or 32 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

impl Density {
    pub const ALL: [Self; 2] = [Self::Comfortable, Self::Compact];

    /// The value of `data-density` and of the setting.
    pub fn code(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|density| density.code() == code)
    }
}
