//! The choices of forms: languages, currencies, countries and time zones, by the names that the reader uses.

use std::sync::LazyLock;

use words::{Country, Currency, fold};

use crate::kernel::Language;
use crate::ui::{Field, PageContext};
use crate::workspaces::model::ShopFields;

/// The fields that describe a shop, in the order in which they are asked.
pub(super) fn shop_fields(
    context: &PageContext,
    fields: ShopFields<'_>,
    error_on: impl Fn(&str) -> Option<String>,
) -> [Field; 5] {
    let select = |name: &str, label: &str, choices: Vec<(String, String)>, value: &str| {
        Field::select(name, context.t(label), choices).value(value).error(error_on(name))
    };
    [
        Field::text("shop_name", context.t("shop-name"))
            .value(fields.name)
            .required()
            .attribute("maxlength", "100")
            .attribute("autocomplete", "organization")
            .error(error_on("shop_name")),
        select("language", "shop-language", language_choices(), fields.language),
        select("country", "shop-country", country_choices(context), fields.country),
        select("currency", "shop-currency", currency_choices(context), fields.currency),
        select("time_zone", "shop-time-zone", time_zone_choices(), fields.time_zone),
    ]
}

pub(super) fn language_choices() -> Vec<(String, String)> {
    Language::ALL.map(|language| (language.code().to_owned(), language.own_name().to_owned())).to_vec()
}

fn country_choices(context: &PageContext) -> Vec<(String, String)> {
    sorted(Country::all().map(|country| (country.to_string(), context.t(&format!("country-{country}")).into_owned())))
}

/// Money that nobody sells in, such as gold and units of account, has no name in the locale files and is left out.
fn currency_choices(context: &PageContext) -> Vec<(String, String)> {
    sorted(Currency::all().filter(|currency| !NOT_MONEY.contains(&currency.as_str())).map(|currency| {
        let name = context.t(&format!("currency-{currency}"));
        (currency.to_string(), format!("{name} ({currency})"))
    }))
}

const NOT_MONEY: [&str; 22] = [
    "XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XBA", "XBB", "XBC", "XBD", "XDR", "XSU", "XUA", "BOV", "CHE", "CHW",
    "CLF", "COU", "MXV", "USN", "UYI", "UYW",
];

/// Named after places people know; `Etc/…` and old aliases are not offered.
static TIME_ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    const AREAS: [&str; 9] =
        ["Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];
    let names = jiff::tz::db().available().map(|name| name.as_str().to_owned());
    let mut names: Vec<String> = names.filter(|name| AREAS.iter().any(|area| name.starts_with(area))).collect();
    names.push("UTC".to_owned());
    names.sort();
    names
});

fn time_zone_choices() -> Vec<(String, String)> {
    TIME_ZONES.iter().map(|name| (name.clone(), name.replace('_', " "))).collect()
}

fn sorted(choices: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut choices: Vec<(String, String)> = choices.collect();
    choices.sort_by_cached_key(|(_, label)| sort_key(label));
    choices
}

/// Accents do not move a name to the end of the list.
fn sort_key(label: &str) -> String {
    fold(label)
        .chars()
        .map(|letter| match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            letter => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use words::Timestamp;

    use super::*;

    #[test]
    fn every_choice_has_a_name_in_both_languages_and_is_one_that_settings_take() {
        for language in Language::ALL {
            let context = PageContext::new(language, Timestamp::UNIX_EPOCH);
            for (code, label) in country_choices(&context) {
                assert!(!label.starts_with("country-") && code.parse::<Country>().is_ok(), "{label}");
            }
            for (code, label) in currency_choices(&context) {
                assert!(!label.starts_with("currency-") && code.parse::<Currency>().is_ok(), "{label}");
            }
        }
        for (name, _) in time_zone_choices() {
            assert!(jiff::tz::TimeZone::get(&name).is_ok(), "{name}");
        }
        assert!(time_zone_choices().iter().any(|(name, _)| name == "Europe/Paris"));
    }

    #[test]
    fn accents_do_not_move_a_country_to_the_end() {
        let context = PageContext::new(Language::French, Timestamp::UNIX_EPOCH);
        let codes: Vec<String> = country_choices(&context).into_iter().map(|(code, _)| code).collect();
        let place = |code: &str| codes.iter().position(|known| known == code);
        assert!(place("ES") < place("FR") && place("ET") < place("ZW"));
    }
}
