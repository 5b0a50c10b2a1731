//! Every word a person reads, in French and English, and numbers, money and time as each language writes them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use words::{Money, Timestamp};

pub use fluent_bundle::FluentValue as Value;

/// The languages of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    French,
    #[default]
    English,
}

impl Language {
    /// Both, in the order in which a person chooses.
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    /// The code of `<html lang>`, of the settings and of the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// What the language calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::French => "Français",
            Self::English => "English",
        }
    }

    /// Reads `fr`, `en` and their regional forms (`fr-CA`).
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// The language a browser prefers most (RFC 9110, section 12.5.4), if it is one of ours.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',').take(MAX_LANGUAGE_RANGES) {
            let (tag, weight) = weighted(range);
            let Some(language) = Self::from_code(tag) else { continue };
            if weight > best.map_or(0.0, |(heaviest, _)| heaviest) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// Browsers send fewer than ten; the rest of a longer header is not read.
const MAX_LANGUAGE_RANGES: usize = 32;

/// The text of a key. A key that does not exist is shown as it is, and logged once.
pub fn t(language: Language, key: &str) -> Cow<'static, str> {
    format_message(language, key, None)
}

/// The text of a key with its variables filled in: `t_with(language, "people-count", &[("count", 3.into())])`.
///
/// Numbers come out as the language writes them; pass a year or an id as text.
pub fn t_with(language: Language, key: &str, variables: &[(&'static str, Value<'_>)]) -> Cow<'static, str> {
    let arguments: FluentArgs<'_> = variables.iter().map(|(name, value)| (*name, value.clone())).collect();
    format_message(language, key, Some(&arguments))
}

/// `1 234` or `1,234`.
pub fn format_integer(number: i64, language: Language) -> String {
    let digits = grouped(&number.unsigned_abs().to_string(), language);
    if number < 0 { format!("{MINUS}{digits}") } else { digits }
}

/// `1 234,5` or `1,234.5`, with exactly `decimals` digits after the separator.
pub fn format_decimal(number: f64, decimals: usize, language: Language) -> String {
    let plain = format!("{:.decimals$}", number.abs());
    let is_negative = number < 0.0 && plain.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::from(if is_negative { MINUS } else { "" });
    text.push_str(&grouped(whole, language));
    if !fraction.is_empty() {
        text.push(decimal_separator(language));
        text.push_str(fraction);
    }
    text
}

/// `12,5 %` or `12.5%` of a ratio (`0.125`).
pub fn format_percent(ratio: f64, decimals: usize, language: Language) -> String {
    let number = format_decimal(ratio * 100.0, decimals, language);
    match language {
        Language::French => format!("{number}\u{202f}%"),
        Language::English => format!("{number}%"),
    }
}

/// `1 234,50 €` or `€1,234.50`.
pub fn format_money(money: Money, language: Language) -> String {
    let decimals = usize::from(money.currency.minor_digits());
    let minor = money.minor;
    let number = minor_units_as_decimal(minor.unsigned_abs(), decimals, language);
    let sign = if minor < 0 { MINUS } else { "" };
    let code = money.currency.as_str();
    let symbol = currency_symbol(code);
    match language {
        Language::French => format!("{sign}{number}\u{a0}{}", symbol.unwrap_or(code)),
        Language::English => match symbol {
            Some(symbol) => format!("{sign}{symbol}{number}"),
            None => format!("{code}\u{a0}{sign}{number}"),
        },
    }
}

/// `22 nov. 2025` or `22 Nov 2025`.
pub fn format_date(date: Date, language: Language) -> String {
    let month = t(language, &format!("month-{}", date.month()));
    let day = if language == Language::French && date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day}\u{a0}{month} {}", date.year())
}

/// `samedi 22 nov. 2025`, or `Aujourd’hui` and `Hier` as seen from `today`.
pub fn format_day(date: Date, today: Date, language: Language) -> String {
    if date == today {
        return t(language, "day-today").into_owned();
    }
    if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
        return t(language, "day-yesterday").into_owned();
    }
    let weekday = t(language, &format!("weekday-{}", date.weekday().to_monday_one_offset()));
    format!("{weekday} {}", format_date(date, language))
}

/// `22 nov. 2025 à 14:03` or `22 Nov 2025, 14:03`, where the reader lives.
pub fn format_date_time(instant: Timestamp, language: Language, zone: &TimeZone) -> String {
    let local = civil(instant, zone);
    let (date, time) = (format_date(local.date(), language), clock(local));
    t_with(language, "date-time", &[("date", date.into()), ("time", time.into())]).into_owned()
}

/// `14:03`, where the reader lives.
pub fn format_time(instant: Timestamp, zone: &TimeZone) -> String {
    clock(civil(instant, zone))
}

/// The day of an instant, where the reader lives.
pub fn day_of(instant: Timestamp, zone: &TimeZone) -> Date {
    civil(instant, zone).date()
}

/// `il y a 3 min`, `3 min ago`, `dans 2 h`; days up to four weeks, then months and years.
pub fn format_relative(instant: Timestamp, now: Timestamp, language: Language) -> String {
    let elapsed_ms = now.as_millis().saturating_sub(instant.as_millis());
    let seconds = elapsed_ms.unsigned_abs() / 1000;
    if seconds < NOW_SECONDS {
        return t(language, "time-now").into_owned();
    }
    let (count, unit) = largest_unit(seconds);
    let key = if elapsed_ms >= 0 { "time-ago" } else { "time-in" };
    let amount = amount_of(count, unit, language);
    t_with(language, key, &[("amount", amount.into())]).into_owned()
}

/// `45 s`, `2 h 5 min`, `3 j 4 h`: the two largest units.
pub fn format_duration(seconds: u64, language: Language) -> String {
    let mut parts = Vec::new();
    let mut rest = seconds;
    for (unit, size) in [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)] {
        let count = rest / size;
        rest %= size;
        if count > 0 || (unit == "seconds" && parts.is_empty()) {
            parts.push(amount_of(count, unit, language));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    parts.join(" ")
}

/// `1,2 Go` or `1.2 GB`: decimal units, with a place after the point where there are few before it.
pub fn format_bytes(bytes: u64, language: Language) -> String {
    let (key, size) = [("size-tb", 1e12), ("size-gb", 1e9), ("size-mb", 1e6)]
        .into_iter()
        .find(|(_, size)| bytes as f64 >= *size)
        .unwrap_or(("size-kb", 1e3));
    let number = bytes as f64 / size;
    let decimals = usize::from(number < 9.95);
    t_with(language, key, &[("size", format_decimal(number, decimals, language).into())]).into_owned()
}

/// The words that the scripts in `assets/js` need, as a JSON object.
pub fn browser_texts(language: Language) -> String {
    let mut texts = serde_json::Map::new();
    for key in ["time-now", "time-ago", "time-in", "copied", "error-offline", "error-server", "dismiss"] {
        let placeholder = [("amount", "{amount}".into())];
        texts.insert(key.to_owned(), t_with(language, key, &placeholder).into_owned().into());
    }
    for unit in ["seconds", "minutes", "hours", "days", "months", "years"] {
        let text = t_with(language, &format!("amount-{unit}"), &[("count", "{count}".into())]);
        texts.insert(unit.to_owned(), text.into_owned().into());
    }
    let one_year = t_with(language, "amount-years", &[("count", 1.into())]);
    texts.insert("years-one".to_owned(), one_year.into_owned().into());
    serde_json::Value::Object(texts).to_string()
}

/// Every file of `locales/`: language code, file name, text. Collected by `build.rs`.
const LOCALES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// A real minus sign: as wide as the plus and the digits.
const MINUS: &str = "\u{2212}";

/// Below this many seconds, something happens now.
const NOW_SECONDS: u64 = 10;

static FRENCH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Language::French));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Language::English));
static MISSING: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let tag = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks for mixed writing directions would be copied along with every name; both languages run left to right.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match language {
        Language::French => format_french_number,
        Language::English => format_english_number,
    }));
    for (_, file, source) in LOCALES.iter().filter(|(code, _, _)| *code == language.code()) {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(partial, errors)| {
            tracing::error!(file, language = language.code(), ?errors, "a locale file has syntax errors");
            partial
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(file, language = language.code(), ?errors, "a locale file repeats a key");
        }
    }
    bundle
}

fn format_french_number<Memoizer>(value: &Value<'_>, _: &Memoizer) -> Option<String> {
    format_number(value, Language::French)
}

fn format_english_number<Memoizer>(value: &Value<'_>, _: &Memoizer) -> Option<String> {
    format_number(value, Language::English)
}

fn format_number(value: &Value<'_>, language: Language) -> Option<String> {
    let Value::Number(number) = value else { return None };
    let plain = format!("{}", number.value);
    let decimals = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Some(format_decimal(number.value, decimals, language))
}

fn format_message(language: Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
    let bundle: &'static FluentBundle<FluentResource> = match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return missing(language, key);
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, arguments, &mut errors);
    if !errors.is_empty() && is_first_report(key) {
        tracing::error!(key, language = language.code(), ?errors, "a text could not be filled in");
    }
    text
}

fn missing(language: Language, key: &str) -> Cow<'static, str> {
    if is_first_report(key) {
        tracing::error!(key, language = language.code(), "a text is missing from the locale files");
    }
    Cow::Owned(key.to_owned())
}

fn is_first_report(key: &str) -> bool {
    MISSING.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned())
}

fn weighted(range: &str) -> (&str, f32) {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
    (tag.trim(), weight)
}

fn grouped(digits: &str, language: Language) -> String {
    let separator = match language {
        Language::French => '\u{202f}',
        Language::English => ',',
    };
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

fn decimal_separator(language: Language) -> char {
    match language {
        Language::French => ',',
        Language::English => '.',
    }
}

fn minor_units_as_decimal(minor: u64, decimals: usize, language: Language) -> String {
    let digits = format!("{minor:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let whole = grouped(whole, language);
    if fraction.is_empty() { whole } else { format!("{whole}{}{fraction}", decimal_separator(language)) }
}

fn currency_symbol(code: &str) -> Option<&'static str> {
    Some(match code {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "JPY" => "¥",
        _ => return None,
    })
}

fn civil(instant: Timestamp, zone: &TimeZone) -> jiff::civil::DateTime {
    zone.to_datetime(instant.to_jiff())
}

fn clock(local: jiff::civil::DateTime) -> String {
    format!("{:02}:{:02}", local.hour(), local.minute())
}

fn largest_unit(seconds: u64) -> (u64, &'static str) {
    match seconds {
        0..60 => (seconds, "seconds"),
        60..3_600 => (seconds / 60, "minutes"),
        3_600..86_400 => (seconds / 3_600, "hours"),
        86_400..2_592_000 => (seconds / 86_400, "days"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "months"),
        _ => (seconds / 31_536_000, "years"),
    }
}

fn amount_of(count: u64, unit: &str, language: Language) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    t_with(language, &format!("amount-{unit}"), &[("count", count.into())]).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use jiff::civil::date;
    use words::Currency;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_763_800_000_000);

    fn seconds_before_now(seconds: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() - seconds * 1000)
    }

    /// The keys of a language with the variables each uses.
    fn keys_of(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::new();
        let mut key = String::new();
        for (_, _, source) in LOCALES.iter().filter(|(code, _, _)| *code == language.code()) {
            for line in source.lines().filter(|line| !line.starts_with('#')) {
                if line.starts_with(|letter: char| letter.is_ascii_lowercase()) {
                    key = line.split('=').next().unwrap().trim().to_owned();
                    keys.insert(key.clone(), BTreeSet::new());
                }
                let variables = line.split('$').skip(1).map(|rest| {
                    rest.chars()
                        .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                        .collect::<String>()
                });
                if let Some(known) = keys.get_mut(&key) {
                    known.extend(variables);
                }
            }
        }
        keys
    }

    #[test]
    fn both_languages_hold_the_same_keys_with_the_same_variables() {
        let (french, english) = (keys_of(Language::French), keys_of(Language::English));
        for (key, variables) in &french {
            assert_eq!(english.get(key), Some(variables), "{key} in English");
        }
        for (key, variables) in &english {
            assert_eq!(french.get(key), Some(variables), "{key} in French");
        }
    }

    #[test]
    fn every_locale_file_can_be_read_and_repeats_no_key() {
        for language in Language::ALL {
            let mut bundle = FluentBundle::new_concurrent(vec![language.code().parse().unwrap()]);
            for (_, file, source) in LOCALES.iter().filter(|(code, _, _)| *code == language.code()) {
                let resource = FluentResource::try_new((*source).to_owned());
                let resource = resource.unwrap_or_else(|(_, errors)| panic!("{} {file}: {errors:?}", language.code()));
                let added = bundle.add_resource(resource);
                assert!(added.is_ok(), "{} {file}: {added:?}", language.code());
            }
        }
    }

    #[test]
    fn french_texts_are_set_as_french_is_set() {
        for (_, file, source) in LOCALES.iter().filter(|(code, _, _)| *code == "fr") {
            for line in source.lines().filter(|line| !line.starts_with('#') && !line.contains("->")) {
                let text = line.split_once(" = ").map_or(line, |(_, text)| text);
                for mistake in [" !", " ?", " ;", " :", " %", "« ", " »", "'"] {
                    assert!(!text.contains(mistake), "{file}: {mistake:?} in {text:?}: use ’, U+202F or U+00A0");
                }
            }
        }
    }

    #[test]
    fn every_key_that_the_sources_name_exists() {
        let known = keys_of(Language::English);
        let mut missing = BTreeSet::new();
        for source in sources_below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
            missing.extend(named_keys(&source).into_iter().filter(|key| !known.contains_key(key)));
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// All sources but this file, which makes examples of calls.
    fn sources_below(folder: &Path) -> Vec<String> {
        let mut sources = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources.extend(sources_below(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("kernel/texts.rs")
            {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
        sources
    }

    /// The literals in `t("key"`, `t(language, "key"`, `t_with(…`.
    fn named_keys(source: &str) -> Vec<String> {
        let calls = source.match_indices("t(").chain(source.match_indices("t_with("));
        let mut keys = Vec::new();
        for (start, call) in calls {
            let is_whole_word = !source[..start].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
            let arguments = source[start + call.len()..].trim_start();
            let literal = arguments.strip_prefix('"').or_else(|| {
                let (language, rest) = arguments.split_once(',')?;
                let is_language = language.ends_with("language");
                if is_language { rest.trim_start().strip_prefix('"') } else { None }
            });
            if let (true, Some(literal)) = (is_whole_word, literal) {
                keys.push(literal.split('"').next().unwrap().to_owned());
            }
        }
        keys.retain(|key| {
            !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        });
        keys
    }

    #[test]
    fn keys_are_found_in_every_form_of_call() {
        let source = r#"x.t("a-b"); t(self.language, "c"); t_with(
            language,
            "d"); format("e"); print("f")"#;
        assert_eq!(named_keys(source), ["a-b", "c", "d"]);
    }

    #[test]
    fn a_missing_key_is_shown_as_it_is() {
        assert_eq!(t(Language::French, "no-such-key"), "no-such-key");
    }

    #[test]
    fn numbers_in_texts_are_written_as_the_language_writes_them() {
        let variables = [("done", 12_000.into()), ("total", 500_000.into())];
        assert_eq!(t_with(Language::French, "progress-of", &variables), "12\u{202f}000 sur 500\u{202f}000");
        assert_eq!(t_with(Language::English, "progress-of", &variables), "12,000 of 500,000");
    }

    #[test]
    fn sizes_are_told_in_decimal_units() {
        for (bytes, french, english) in [
            (0, "0,0\u{a0}ko", "0.0\u{a0}kB"),
            (48_300, "48\u{a0}ko", "48\u{a0}kB"),
            (1_234_567, "1,2\u{a0}Mo", "1.2\u{a0}MB"),
            (999_000_000, "999\u{a0}Mo", "999\u{a0}MB"),
            (12_400_000_000, "12\u{a0}Go", "12\u{a0}GB"),
            (3_000_000_000_000, "3,0\u{a0}To", "3.0\u{a0}TB"),
        ] {
            assert_eq!(format_bytes(bytes, Language::French), french);
            assert_eq!(format_bytes(bytes, Language::English), english);
        }
    }

    #[test]
    fn numbers_follow_the_language() {
        for (number, french, english) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1234, "1\u{202f}234", "1,234"),
            (-1_234_567, "−1\u{202f}234\u{202f}567", "−1,234,567"),
            (
                i64::MIN,
                "−9\u{202f}223\u{202f}372\u{202f}036\u{202f}854\u{202f}775\u{202f}808",
                "−9,223,372,036,854,775,808",
            ),
        ] {
            assert_eq!(format_integer(number, Language::French), french);
            assert_eq!(format_integer(number, Language::English), english);
        }
        assert_eq!(format_decimal(-1234.56, 1, Language::French), "−1\u{202f}234,6");
        assert_eq!(format_decimal(-0.01, 1, Language::English), "0.0");
        assert_eq!(format_percent(0.125, 1, Language::French), "12,5\u{202f}%");
        assert_eq!(format_percent(0.125, 0, Language::English), "12%");
    }

    #[test]
    fn money_shows_the_digits_of_its_currency() {
        for (code, minor, french, english) in [
            ("EUR", 123_450, "1\u{202f}234,50\u{a0}€", "€1,234.50"),
            ("EUR", -5, "−0,05\u{a0}€", "−€0.05"),
            ("JPY", 1_234, "1\u{202f}234\u{a0}¥", "¥1,234"),
            ("TND", 1_234_567, "1\u{202f}234,567\u{a0}TND", "TND\u{a0}1,234.567"),
        ] {
            let money = Money { minor, currency: code.parse::<Currency>().unwrap() };
            assert_eq!(format_money(money, Language::French), french);
            assert_eq!(format_money(money, Language::English), english);
        }
    }

    #[test]
    fn days_are_named_from_where_the_reader_stands() {
        let today = date(2025, 11, 22);
        for (day, french, english) in [
            (today, "Aujourd’hui", "Today"),
            (date(2025, 11, 21), "Hier", "Yesterday"),
            (date(2025, 11, 1), "samedi 1er\u{a0}nov. 2025", "Saturday 1\u{a0}Nov 2025"),
        ] {
            assert_eq!(format_day(day, today, Language::French), french);
            assert_eq!(format_day(day, today, Language::English), english);
        }
    }

    #[test]
    fn instants_are_shown_in_the_zone_of_the_reader() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(format_date_time(NOW, Language::French, &paris), "22\u{a0}nov. 2025 à 09:26");
        assert_eq!(format_date_time(NOW, Language::English, &TimeZone::UTC), "22\u{a0}Nov 2025, 08:26");
    }

    #[test]
    fn relative_time_uses_the_largest_unit() {
        for (seconds, french, english) in [
            (3, "à l’instant", "just now"),
            (45, "il y a 45\u{a0}s", "45\u{a0}s ago"),
            (3 * 60, "il y a 3\u{a0}min", "3\u{a0}min ago"),
            (5 * 3600, "il y a 5\u{a0}h", "5\u{a0}h ago"),
            (2 * 86_400, "il y a 2\u{a0}j", "2\u{a0}d ago"),
            (400 * 86_400, "il y a 1\u{a0}an", "1\u{a0}y ago"),
            (-2 * 3600, "dans 2\u{a0}h", "in 2\u{a0}h"),
        ] {
            assert_eq!(format_relative(seconds_before_now(seconds), NOW, Language::French), french);
            assert_eq!(format_relative(seconds_before_now(seconds), NOW, Language::English), english);
        }
    }

    #[test]
    fn durations_name_their_two_largest_units() {
        for (seconds, text) in [
            (0, "0\u{a0}s"),
            (59, "59\u{a0}s"),
            (125, "2\u{a0}min 5\u{a0}s"),
            (7_500, "2\u{a0}h 5\u{a0}min"),
            (86_400, "1\u{a0}d"),
        ] {
            assert_eq!(format_duration(seconds, Language::English), text);
        }
    }

    #[test]
    fn the_language_with_the_greatest_weight_wins() {
        for (header, language) in [
            ("fr-CA,fr;q=0.9,en;q=0.8", Some(Language::French)),
            ("de, en-GB;q=0.7, fr;q=0.8", Some(Language::French)),
            ("en", Some(Language::English)),
            ("fr;q=0, en;q=0.1", Some(Language::English)),
            ("de", None),
            ("", None),
            (";;;,,q=", None),
        ] {
            assert_eq!(Language::from_accept_language(header), language, "{header}");
        }
    }
}
