//! A workspace and its members, parsed once at the border.

use jiff::tz::TimeZone;
use thiserror::Error;
use words::{Country, Currency, EmailAddress, Timestamp, UserId, WorkspaceId, clean_text};

use super::change_settings::SettingsError;
use crate::kernel::{Language, Role, Shop};

/// A merchant's shop or brand.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub settings: ShopSettings,
    /// Members with these roles may do nothing before they have set up a second factor.
    pub second_factor_roles: Vec<Role>,
    /// Grows with each change: two people who edit at once do not overwrite each other.
    pub version: i64,
}

/// What an administrator decides about his shop.
#[derive(Clone, Debug)]
pub struct ShopSettings {
    pub name: String,
    /// The language of new members and of what the shop sends, unless a person chose another.
    pub language: Language,
    pub currency: Currency,
    pub country: Country,
    pub time_zone: TimeZone,
}

/// The same as a form sends it.
#[derive(Clone, Copy, Debug)]
pub struct ShopFields<'a> {
    pub name: &'a str,
    pub language: &'a str,
    pub currency: &'a str,
    pub country: &'a str,
    pub time_zone: &'a str,
}

impl ShopSettings {
    /// # Errors
    /// [`SettingsError`] of the first field that is not right.
    pub fn parse(fields: ShopFields<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            name: parse_name(fields.name)?,
            language: Language::from_code(fields.language).ok_or(SettingsError::Language)?,
            currency: fields.currency.parse().map_err(|_| SettingsError::Currency)?,
            country: fields.country.parse().map_err(|_| SettingsError::Country)?,
            time_zone: TimeZone::get(fields.time_zone).map_err(|_| SettingsError::TimeZone)?,
        })
    }

    /// A shop that nobody has described yet: `entente admin create` on an empty installation.
    pub fn of_a_new_installation(language: Language) -> Self {
        let name = match language {
            Language::French => "Ma boutique",
            Language::English => "My shop",
        };
        Self {
            name: name.to_owned(),
            language,
            currency: Currency::EUR,
            country: Country::FR,
            time_zone: TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC),
        }
    }

    /// What screens need of it.
    pub fn shop(&self) -> Shop {
        Shop {
            name: self.name.clone(),
            currency: self.currency,
            country: self.country.to_string(),
            time_zone: self.time_zone.clone(),
        }
    }

    /// The name under which the time zone is stored and chosen.
    pub fn time_zone_name(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }
}

/// Somebody with a role in a workspace.
#[derive(Clone, Debug)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub email: EmailAddress,
    pub role: Role,
    pub joined_at: Timestamp,
    /// Since when he may not sign in to this workspace.
    pub disabled_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
    /// Since when a password alone does not let him in.
    pub second_factor_since: Option<Timestamp>,
}

/// Longer than any name in use, short enough for a table.
const MAX_NAME_CHARS: usize = 100;

/// Why a text is no name of a person, shop or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    #[error("write a name")]
    Missing,
    #[error("write a name of at most 100 characters")]
    TooLong,
}

/// A name without blanks around it, control characters or invisible tricks.
///
/// # Errors
/// [`NameError`] when nothing or too much is left.
pub fn parse_name(text: &str) -> Result<String, NameError> {
    let cleaned = clean_text(text);
    let name = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(NameError::Missing);
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(NameError::TooLong);
    }
    Ok(name)
}

/// What came of ending something that a second click, or somebody else, may have ended before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Now,
    /// It was over already.
    Earlier,
    /// There is nothing of this id here.
    Nowhere,
}

impl Closed {
    pub fn earlier(was_there: bool) -> Self {
        if was_there { Self::Earlier } else { Self::Nowhere }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FIELDS: ShopFields<'_> =
        ShopFields {
            name: " L’Atelier  ", language: "fr", currency: "eur", country: "fr", time_zone: "Europe/Paris"
        };

    #[test]
    fn a_name_loses_the_blanks_around_it_and_is_never_empty() {
        assert_eq!(parse_name("  Ana \t Martin \n"), Ok("Ana Martin".to_owned()));
        assert_eq!(parse_name(" \n "), Err(NameError::Missing));
        assert_eq!(parse_name(&"é".repeat(100)), Ok("é".repeat(100)));
        assert_eq!(parse_name(&"é".repeat(101)), Err(NameError::TooLong));
    }

    #[test]
    fn settings_are_read_field_by_field() {
        let settings = ShopSettings::parse(FIELDS).unwrap();
        assert_eq!(settings.name, "L’Atelier");
        assert_eq!(settings.currency, Currency::EUR);
        assert_eq!(settings.time_zone_name(), "Europe/Paris");
        for (fields, error) in [
            (ShopFields { name: "", ..FIELDS }, SettingsError::Name(NameError::Missing)),
            (ShopFields { language: "de", ..FIELDS }, SettingsError::Language),
            (ShopFields { currency: "ECU", ..FIELDS }, SettingsError::Currency),
            (ShopFields { country: "UK", ..FIELDS }, SettingsError::Country),
            (ShopFields { time_zone: "Paris", ..FIELDS }, SettingsError::TimeZone),
        ] {
            assert_eq!(ShopSettings::parse(fields).unwrap_err().to_string(), error.to_string());
        }
    }

    #[test]
    fn a_new_installation_sells_in_euros_in_france() {
        let settings = ShopSettings::of_a_new_installation(Language::English);
        assert_eq!((settings.name.as_str(), settings.time_zone_name()), ("My shop", "Europe/Paris"));
    }
}
