//! Every text a person reads exists in French and in English, and every key the code shows exists.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::{Token, after_closing};
use super::source::Source;
use super::{Finding, House};
use crate::rules::TEXT_CALLS;

const LANGUAGES: [&str; 2] = ["fr", "en"];

/// A message of one language: where it stands and which variables it fills in.
struct Message {
    path: String,
    line: usize,
    variables: BTreeSet<String>,
}

type Messages = BTreeMap<String, Message>;

/// A key as the code writes it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    /// The key, or for one that is put together the text before and after what is filled in.
    start: String,
    end: Option<String>,
    line: usize,
}

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    let languages = LANGUAGES.map(|language| messages(house, language, &mut findings));
    let [french, english] = &languages;
    findings.extend(missing_in(french, english, "English"));
    findings.extend(missing_in(english, french, "French"));
    findings.extend(differing_variables(french, english));
    for source in house.sources.iter().filter(|source| source.path.starts_with("crates/")) {
        findings.extend(unknown_keys(source, english));
    }
    findings
}

/// Keys that no source names, perhaps left over.
pub fn hints(house: &House) -> Vec<Finding> {
    let english = messages(house, "en", &mut Vec::new());
    let named: BTreeSet<&str> =
        house.sources.iter().flat_map(|source| &source.tokens).filter_map(Token::text).collect();
    let starts: Vec<&str> = named.iter().filter_map(|text| text.split_once('{')).map(|(start, _)| start).collect();
    let is_named = |key: &str| {
        let is_put_together =
            starts.iter().any(|start| start.len() > 1 && start.ends_with('-') && key.starts_with(start));
        named.contains(key) || is_put_together
    };
    let unused = english.iter().filter(|(key, _)| !is_named(key));
    unused
        .map(|(key, message)| {
            let what = format!("no source names the text `{key}`");
            Finding::new(&message.path, message.line, what, "take it out in both languages if nothing shows it")
        })
        .collect()
}

fn messages(house: &House, language: &str, findings: &mut Vec<Finding>) -> Messages {
    let mut messages = Messages::new();
    let folder = format!("locales/{language}/");
    for file in house.files_in(&folder, ".ftl") {
        let mut present: Option<String> = None;
        for (index, line) in file.text().unwrap_or_default().lines().enumerate() {
            if let Some(key) = key_of(line) {
                let message = Message { path: file.path.clone(), line: index + 1, variables: BTreeSet::new() };
                if let Some(earlier) = messages.insert(key.to_owned(), message) {
                    let what = format!("the text `{key}` stands in {}:{} already", earlier.path, earlier.line);
                    findings.push(Finding::new(&file.path, index + 1, what, "keep one"));
                }
                present = Some(key.to_owned());
            }
            if let Some(message) = present.as_ref().and_then(|key| messages.get_mut(key)) {
                message.variables.extend(variables_of(line));
            }
        }
    }
    messages
}

/// `people-count = …` defines `people-count`; lines of a message begin with white space, comments with `#`.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim_end();
    let is_key = key.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_');
    is_key.then_some(key)
}

fn variables_of(line: &str) -> impl Iterator<Item = String> {
    let is_comment = line.starts_with('#');
    let parts = line.split('$').skip(1).filter(move |_| !is_comment);
    parts.map(|part| {
        part.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-' || *letter == '_').collect()
    })
}

fn missing_in(present: &Messages, other: &Messages, name: &str) -> Vec<Finding> {
    let missing = present.iter().filter(|(key, _)| !other.contains_key(*key));
    missing
        .map(|(key, message)| {
            Finding::new(
                &message.path,
                message.line,
                format!("the text `{key}` is missing in {name}"),
                "write it there too",
            )
        })
        .collect()
}

fn differing_variables(french: &Messages, english: &Messages) -> Vec<Finding> {
    let both = french.iter().filter_map(|(key, message)| Some((key, message, english.get(key)?)));
    both.filter(|(_, french, english)| french.variables != english.variables)
        .map(|(key, french, english)| {
            let what = format!("`{key}` fills in {:?} here and {:?} in English", french.variables, english.variables);
            Finding::new(&french.path, french.line, what, "use the same variables in both languages")
        })
        .collect()
}

fn unknown_keys(source: &Source, known: &Messages) -> Vec<Finding> {
    let unknown = shown_keys(&source.tokens).into_iter().filter(|shown| !known.keys().any(|key| shown.may_be(key)));
    unknown
        .map(|shown| {
            let what = format!(
                "no text has the key `{}{}`",
                shown.start,
                shown.end.map_or(String::new(), |end| format!("…{end}"))
            );
            Finding::new(&source.path, shown.line, what, "add it to locales/fr and locales/en")
        })
        .collect()
}

impl Shown {
    fn new(text: &str, line: usize) -> Self {
        match (text.split_once('{'), text.rsplit_once('}')) {
            (Some((start, _)), Some((_, end))) => Self { start: start.to_owned(), end: Some(end.to_owned()), line },
            _ => Self { start: text.to_owned(), end: None, line },
        }
    }

    fn may_be(&self, key: &str) -> bool {
        match &self.end {
            Some(end) => key.starts_with(&self.start) && key.ends_with(end.as_str()),
            None => key == self.start,
        }
    }
}

/// The keys in calls such as `t(language, "key")` and `t(language, &format!("month-{month}"))`.
fn shown_keys(tokens: &[Token]) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let is_call = token.word().is_some_and(|word| TEXT_CALLS.contains(&word))
            && tokens.get(place + 1).is_some_and(|next| next.is_mark('('))
            && !place.checked_sub(1).is_some_and(|before| tokens[before].is_word("fn"));
        if is_call {
            shown.extend(keys_of_call(&tokens[place + 2..after_closing(tokens, place + 1)]));
        }
    }
    shown
}

/// The texts among the first two arguments, but for those handed to other functions.
fn keys_of_call(arguments: &[Token]) -> Vec<Shown> {
    let mut keys = Vec::new();
    let mut commas = 0;
    let mut at = 0;
    while at < arguments.len() && commas < 2 {
        let token = &arguments[at];
        let is_format = at >= 2 && arguments[at - 2].is_word("format") && arguments[at - 1].is_mark('!');
        if token.is_mark('(') {
            let template = arguments.get(at + 1).filter(|_| is_format).and_then(|next| Some((next.text()?, next.line)));
            keys.extend(template.map(|(text, line)| Shown::new(text, line)));
            at = after_closing(arguments, at);
            continue;
        }
        commas += usize::from(token.is_mark(','));
        keys.extend(token.text().map(|text| Shown::new(text, token.line)));
        at += 1;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    const FRENCH: (&str, &str) = ("locales/fr/ui.ftl", "# Le temps\nmonth-1 = janv.\nsave = Enregistrer\n");
    const ENGLISH: (&str, &str) = ("locales/en/ui.ftl", "# Time\nmonth-1 = Jan\nsave = Save\n");

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        places(&check(&House::of(files)))
    }

    #[test]
    fn both_languages_hold_the_same_keys() {
        assert!(found(&[FRENCH, ENGLISH]).is_empty());
        let more = ("locales/fr/home.ftl", "\nhome = Accueil\n");
        assert_eq!(found(&[FRENCH, ENGLISH, more]), ["locales/fr/home.ftl:2"]);
        let more = ("locales/en/home.ftl", "home = Home\n");
        assert_eq!(found(&[FRENCH, ENGLISH, more]), ["locales/en/home.ftl:1"]);
    }

    #[test]
    fn a_key_stands_once_in_a_language() {
        let again = [("locales/fr/more.ftl", "saved = A\nsaved = B"), ("locales/en/more.ftl", "saved = C")];
        assert_eq!(found(&again), ["locales/fr/more.ftl:2"]);
    }

    #[test]
    fn both_languages_fill_in_the_same_variables() {
        let french =
            ("locales/fr/a.ftl", "people = { $count ->\n    [one] { $count } personne\n   *[other] { $name }\n}");
        let english = ("locales/en/a.ftl", "people = { $count } people");
        assert_eq!(found(&[french, english]), ["locales/fr/a.ftl:1"]);
    }

    #[test]
    fn a_key_shown_by_the_code_exists() {
        let page =
            ("crates/crm/src/profiles/pages.rs", "fn f() { t(visit.language, \"save\");\n t(language, \"sav\"); }");
        assert_eq!(found(&[FRENCH, ENGLISH, page]), ["crates/crm/src/profiles/pages.rs:2"]);
    }

    #[test]
    fn a_key_put_together_fits_a_text() {
        let fits = ("crates/crm/src/ui/a.rs", "fn f() { t(language, &format!(\"month-{}\", 1)); }");
        let fits_not = ("crates/crm/src/ui/b.rs", "fn f() { t(language, &format!(\"year-{year}\")); }");
        assert_eq!(found(&[FRENCH, ENGLISH, fits, fits_not]), ["crates/crm/src/ui/b.rs:1"]);
    }

    #[test]
    fn every_key_of_a_choice_is_read_and_no_other_text() {
        let text = "t(language, if yes { \"a\" } else { \"b\" }); t(language, key_of(\"c\")); t_with(l, \"d\", &[(\"e\", f)]);";
        let tokens = super::super::lexer::tokens(text);
        let keys: Vec<String> = shown_keys(&tokens).into_iter().map(|shown| shown.start).collect();
        assert_eq!(keys, ["a", "b", "d"]);
    }

    #[test]
    fn a_text_nobody_shows_is_a_hint() {
        let page = ("crates/crm/src/ui/a.rs", "fn f() { t(language, &format!(\"month-{}\", 1)); }");
        assert_eq!(places(&hints(&House::of(&[FRENCH, ENGLISH, page]))), ["locales/en/ui.ftl:3"]);
    }
}
