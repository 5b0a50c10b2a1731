//! What tells who a person is reaches readers through a `Sight` only: their screens and answers cannot open it otherwise.

use super::lexer::{Kind, Token};
use super::source::Source;
use super::{Finding, House};
use crate::rules::{Room, UNSEALED, UNSEALING};

pub fn check(house: &House) -> Vec<Finding> {
    let speaking =
        house.sources.iter().filter(|source| matches!(source.room, Room::Assembly | Room::Screen | Room::Ui));
    speaking.flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let remedy = "read it with the sight of who asks: `context.sight`, `visit.sight()`, `Sight::of(&actor)`";
    let unseals = |place: usize| {
        let words = UNSEALING.iter().find(|words| begins_with(&source.tokens[place..], words))?;
        let name = words.iter().find(|word| word.len() > 1)?;
        let is_granted = UNSEALED.iter().any(|(file, word, _)| *file == source.path && word == name);
        let what = format!("`{}` opens what tells who a person is", words.concat());
        (!is_granted).then(|| Finding::new(&source.path, source.tokens[place].line, what, remedy))
    };
    (0..source.tokens.len()).filter_map(unseals).collect()
}

fn begins_with(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| is(token, word))
}

fn is(token: &Token, word: &str) -> bool {
    match &token.kind {
        Kind::Word(found) => found == word,
        Kind::Mark(mark) => word.len() == 1 && word.starts_with(*mark),
        Kind::Text(_) | Kind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        places(&check(&House::of(&[(path, text)]))).len()
    }

    #[test]
    fn a_screen_opens_nothing_that_tells_who_a_person_is() {
        for text in [
            "fn f(row: &LogRow) -> EventRecord { row.unmasked() }",
            "fn f() { rows.iter().map(LogRow::unmasked); }",
            "fn f() { let sight = Sight::Whole; }",
            "fn f(state: &State) { state.facts.traits().iter(); }",
            "fn f(one: &LinkedIdentifier) { html! { (one.identifier.value) } }",
        ] {
            for path in
                ["crates/crm/src/desk/home/page.rs", "crates/crm/src/intake/api.rs", "crates/crm/src/ui/table.rs"]
            {
                assert_eq!(found(path, text), 1, "{path}: {text}");
            }
            assert_eq!(found("crates/crm/src/stream/backfill.rs", text), 0, "what decides may look: {text}");
        }
    }

    #[test]
    fn what_is_read_by_a_sight_is_fine() {
        let text = "fn f(row: &LogRow, context: &PageContext) { row.told(context.sight); row.marked(visit.sight()); }";
        assert_eq!(found("crates/crm/src/desk/home/page.rs", text), 0);
        assert_eq!(found("crates/crm/src/desk/segments/explain.rs", "fn f(row: &LogRow) { row.unmasked(); }"), 0);
    }

    #[test]
    fn every_grant_is_used() {
        let root = crate::files::repository().expect("tests run inside the repository");
        for (file, word, _) in UNSEALED {
            let text = std::fs::read_to_string(root.join(file)).expect("the file of a grant is there");
            assert!(text.contains(word), "{file} no longer names `{word}`");
        }
    }
}
