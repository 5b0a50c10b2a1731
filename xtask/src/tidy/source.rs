//! One Rust file: where it stands in the house, its tokens without tests, and the paths it names.

use std::collections::HashMap;

use super::lexer::{Token, after_closing, tokens};
use crate::rules::{ASSEMBLY, Room, SCREENS};

/// A Rust file as the checks read it.
pub struct Source {
    /// From the repository's root, with `/`.
    pub path: String,
    pub room: Room,
    /// The slice it belongs to: `profiles`.
    pub slice: Option<String>,
    /// Its tokens without `#[cfg(test)]` items; none for a file of tests.
    pub tokens: Vec<Token>,
}

/// A path named in a `use` or in the text, as far as the crate's root: `crm::profiles::store`, `std::fs::read`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub path: String,
    pub line: usize,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let room = room_of(path);
        let tokens = if is_test_file(path) { Vec::new() } else { without_tests(&tokens(text)) };
        Self { path: path.to_owned(), room, slice: slice_of(path), tokens }
    }

    /// Whether the file is part of what runs below `server`.
    pub fn is_below_server(&self) -> bool {
        !matches!(self.room, Room::Server | Room::Workshop)
    }

    /// Every path the file names, resolved against its own module and its imports.
    pub fn names(&self) -> Vec<Named> {
        let module = module_of(&self.path);
        let (mut imports, mut inline) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < self.tokens.len() {
            at = if self.tokens[at].is_word("use") && is_item_start(&self.tokens, at) {
                use_tree(&self.tokens, at + 1, &[], &mut imports)
            } else {
                inline_path(&self.tokens, at, &mut inline)
            };
        }
        let mut known = HashMap::new();
        let mut named = Vec::new();
        for import in imports {
            let path = resolved(&module, &import.words);
            known.insert(import.alias, path.clone());
            named.push(Named { path, line: import.line });
        }
        named.extend(inline.into_iter().map(|found| {
            let path = match known.get(&found.words[0]) {
                Some(import) => format!("{import}::{}", found.words[1..].join("::")),
                None => resolved(&module, &found.words),
            };
            Named { path, line: found.line }
        }));
        named
    }
}

/// `prefix` is one of the path's beginnings, whole words only.
pub fn starts_with_path(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A path as written, and the name by which the rest of the file knows it.
struct Written {
    words: Vec<String>,
    alias: String,
    line: usize,
}

fn room_of(path: &str) -> Room {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        _ if is_test_file(path) => Room::Workshop,
        ["crates", "words" | "engine", "src", ..] => Room::Pure,
        ["crates", "db", "src", ..] => Room::Db,
        ["crates", "outgoing", "src", ..] => Room::Outgoing,
        ["crates", "crm", "src", "kernel", ..] => Room::Kernel,
        ["crates", "crm", "src", "ui", ..] => Room::Ui,
        ["crates", "crm", "src", "demo", ..] => Room::Demo,
        ["crates", "crm", "src", _] => Room::Assembly,
        ["crates", "crm", "src", folder, ..] if ASSEMBLY.contains(folder) => Room::Assembly,
        ["crates", "crm", "src", _, "store.rs"] | ["crates", "crm", "src", _, "store", ..] => Room::Store,
        ["crates", "crm", "src", _, file, ..] if SCREENS.contains(&file.trim_end_matches(".rs")) => Room::Screen,
        ["crates", "crm", "src", _, "mod.rs"] => Room::Door,
        ["crates", "crm", "src", ..] => Room::Verb,
        ["crates", "server", "src", ..] => Room::Server,
        _ => Room::Workshop,
    }
}

fn slice_of(path: &str) -> Option<String> {
    let inside = path.strip_prefix("crates/crm/src/")?;
    let (slice, _) = inside.split_once('/')?;
    (!ASSEMBLY.contains(&slice)).then(|| slice.to_owned())
}

fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| part == "tests" || part == "benches")
        || name == "tests.rs"
        || name.ends_with("_tests.rs")
}

/// `crates/crm/src/profiles/store.rs` is the module `crm::profiles::store`.
fn module_of(path: &str) -> Vec<String> {
    let mut parts: Vec<&str> = path.trim_end_matches(".rs").split('/').filter(|part| *part != "src").collect();
    if parts.first() == Some(&"crates") {
        parts.remove(0);
    }
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(last)) {
        parts.pop();
    }
    parts.into_iter().map(str::to_owned).collect()
}

fn resolved(module: &[String], words: &[String]) -> String {
    let mut base: Vec<&str> = Vec::new();
    let mut rest = words;
    match words.first().map(String::as_str) {
        Some("crate") => {
            base.extend(module.first().map(String::as_str));
            rest = &rest[1..];
        }
        Some("self" | "super") => {
            base.extend(module.iter().map(String::as_str));
            while let Some(first) = rest.first().filter(|word| *word == "self" || *word == "super") {
                if first == "super" {
                    base.pop();
                }
                rest = &rest[1..];
            }
        }
        _ => {}
    }
    base.extend(rest.iter().map(String::as_str));
    base.join("::")
}

/// Takes out every item under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(tokens, at) {
            at = after_item(tokens, after_closing(tokens, at + 1));
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn is_test_attribute(tokens: &[Token], at: usize) -> bool {
    let opens = tokens[at].is_mark('#') && tokens.get(at + 1).is_some_and(|token| token.is_mark('['));
    if !opens || !tokens.get(at + 2).is_some_and(|token| token.is_word("cfg")) {
        return false;
    }
    let inside = &tokens[at..after_closing(tokens, at + 1)];
    inside.iter().any(|token| token.is_word("test")) && !inside.iter().any(|token| token.is_word("not"))
}

/// The place after the item that begins at `at`: after its block, or after its semicolon.
fn after_item(tokens: &[Token], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        if token.is_mark('{') {
            return after_closing(tokens, at);
        }
        if token.is_mark(';') {
            return at + 1;
        }
        let opens = token.is_mark('(') || token.is_mark('[');
        at = if opens { after_closing(tokens, at) } else { at + 1 };
    }
    at
}

fn is_item_start(tokens: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|place| &tokens[place]) else { return true };
    before.is_word("pub") || [';', '{', '}', ']', ')'].iter().any(|mark| before.is_mark(*mark))
}

fn is_double_colon(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.is_mark(':')) && tokens.get(at + 1).is_some_and(|token| token.is_mark(':'))
}

/// Reads `a::{b, c::d as e, f::*}` and answers the place after it.
fn use_tree(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Written>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        if is_double_colon(tokens, at) {
            at += 2;
        }
        let Some(token) = tokens.get(at) else { return at };
        if token.is_mark('{') {
            return use_group(tokens, at, &path, found);
        }
        path.push(token.word().unwrap_or("*").to_owned());
        at += 1;
        if !is_double_colon(tokens, at) {
            return push_import(tokens, at, path, found);
        }
    }
}

/// Ends an import at `at`, where `as` may follow, and answers the place after it.
fn push_import(tokens: &[Token], at: usize, mut words: Vec<String>, found: &mut Vec<Written>) -> usize {
    let line = tokens[at - 1].line;
    if words.len() > 1 && words.last().is_some_and(|last| last == "self") {
        words.pop();
    }
    let own_name = words.last().cloned().unwrap_or_default();
    let renamed = tokens.get(at).filter(|token| token.is_word("as")).and_then(|_| tokens.get(at + 1)?.word());
    let alias = renamed.map_or(own_name, str::to_owned);
    found.push(Written { words, alias, line });
    if renamed.is_some() { at + 2 } else { at }
}

fn use_group(tokens: &[Token], open: usize, path: &[String], found: &mut Vec<Written>) -> usize {
    let end = after_closing(tokens, open);
    let mut at = open + 1;
    while at + 1 < end {
        at = if tokens[at].is_mark(',') { at + 1 } else { use_tree(tokens, at, path, found) };
    }
    end
}

/// Reads `a::b::c` in the running text; a word that no `::` follows names nothing.
fn inline_path(tokens: &[Token], at: usize, found: &mut Vec<Written>) -> usize {
    if tokens[at].word().is_none() || !is_double_colon(tokens, at + 1) {
        return at + 1;
    }
    let mut words = Vec::new();
    let mut place = at;
    while let Some(word) = tokens.get(place).and_then(Token::word) {
        words.push(word.to_owned());
        place += 1;
        if !is_double_colon(tokens, place) {
            break;
        }
        place += 2;
    }
    if words.len() > 1 {
        found.push(Written { words, alias: String::new(), line: tokens[at].line });
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> Vec<String> {
        Source::new(path, text).names().into_iter().map(|named| named.path).collect()
    }

    #[test]
    fn a_use_tree_is_every_path_in_it() {
        assert_eq!(
            names("crates/crm/src/segments/count.rs", "pub use crate::{profiles::{self, Person as P}, kernel::*};"),
            ["crm::profiles", "crm::profiles::Person", "crm::kernel::*"]
        );
    }

    #[test]
    fn super_and_self_are_resolved_against_the_file() {
        assert_eq!(
            names("crates/crm/src/segments/store/rows.rs", "use super::super::model::Rule; fn f() { self::g::h() }"),
            ["crm::segments::model::Rule", "crm::segments::store::rows::g::h"]
        );
    }

    #[test]
    fn paths_in_the_running_text_are_named_too() {
        assert_eq!(names("crates/engine/src/lib.rs", "let x = std::fs::read(p)?; x.y::<u8>();"), ["std::fs::read"]);
    }

    #[test]
    fn a_path_that_begins_with_an_import_is_read_through_it() {
        assert_eq!(
            names(
                "crates/crm/src/stream/run.rs",
                "use crate::profiles::{self, store as rows}; fn f() { profiles::a(); rows::b() }"
            ),
            ["crm::profiles", "crm::profiles::store", "crm::profiles::a", "crm::profiles::store::b"]
        );
    }

    #[test]
    fn tests_inside_a_file_are_not_read() {
        let text = "fn a() {} #[cfg(test)] mod tests { use axum::x; } #[cfg(test)] mod more; use tokio::y;";
        assert_eq!(names("crates/engine/src/lib.rs", text), ["tokio::y"]);
    }

    #[test]
    fn rooms_follow_the_folders() {
        let rooms = [
            ("crates/engine/src/window.rs", Room::Pure),
            ("crates/outgoing/src/client.rs", Room::Outgoing),
            ("crates/crm/src/profiles/store.rs", Room::Store),
            ("crates/crm/src/profiles/store/people.rs", Room::Store),
            ("crates/crm/src/profiles/pages/person.rs", Room::Screen),
            ("crates/crm/src/profiles/mod.rs", Room::Door),
            ("crates/crm/src/profiles/merge.rs", Room::Verb),
            ("crates/crm/src/web.rs", Room::Assembly),
            ("crates/crm/src/profiles/tests.rs", Room::Workshop),
            ("crates/crm/build.rs", Room::Workshop),
            ("crates/testkit/src/lib.rs", Room::Workshop),
        ];
        for (path, room) in rooms {
            assert_eq!(room_of(path), room, "{path}");
        }
    }
}
