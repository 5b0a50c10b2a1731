//! Long files and functions, as hints: a second look costs little, and sometimes the length is right.

use super::lexer::{Token, after_closing};
use super::{Finding, House, Source};
use crate::rules::{LONG_FILE_LINES, LONG_FUNCTION_LINES, TOO_LONG_FUNCTION_LINES};

pub fn hints(house: &House) -> Vec<Finding> {
    house.sources.iter().flat_map(|source| long_file(source).into_iter().chain(long_functions(source))).collect()
}

/// Tests at the end of a file do not count.
fn long_file(source: &Source) -> Option<Finding> {
    let lines = source.tokens.last()?.line;
    let what = format!("{lines} lines without its tests");
    (lines > LONG_FILE_LINES).then(|| Finding::new(&source.path, 1, what, "are there two ideas in it?"))
}

fn long_functions(source: &Source) -> Vec<Finding> {
    let functions = (0..source.tokens.len()).filter_map(|at| function_at(&source.tokens, at));
    functions
        .filter(|(_, _, lines)| *lines > LONG_FUNCTION_LINES)
        .map(|(name, line, lines)| {
            let is_too_long = lines > TOO_LONG_FUNCTION_LINES;
            let remedy =
                if is_too_long { "never above 70: branch here, compute in leaves" } else { "could a leaf leave?" };
            Finding::new(&source.path, line, format!("`{name}` is {lines} lines long"), remedy)
        })
        .collect()
}

/// The name, line and length of the function whose `fn` stands at `at`.
fn function_at(tokens: &[Token], at: usize) -> Option<(&str, usize, usize)> {
    if !tokens[at].is_word("fn") {
        return None;
    }
    let name = tokens.get(at + 1)?.word()?;
    let mut place = at + 2;
    while !tokens.get(place)?.is_mark('{') {
        if tokens[place].is_mark(';') {
            return None;
        }
        let opens = tokens[place].is_mark('(') || tokens[place].is_mark('[');
        place = if opens { after_closing(tokens, place) } else { place + 1 };
    }
    let end = after_closing(tokens, place);
    Some((name, tokens[at].line, tokens.get(end - 1)?.line - tokens[at].line + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        hints(&House::of(&[("crates/engine/src/a.rs", text)])).into_iter().map(|hint| hint.what).collect()
    }

    #[test]
    fn long_functions_are_named_with_their_length() {
        let body = "    step();\n".repeat(40);
        let text = format!(
            "trait T {{ fn short(&self, x: [u8; 4]); }}\nfn long(x: [u8; 4]) -> u8 {{\n{body}}}\nfn f() {{}}\n"
        );
        assert_eq!(found(&text), ["`long` is 42 lines long"]);
    }

    #[test]
    fn long_files_are_named_and_tests_do_not_count() {
        let item = "const A: u8 = 1;\n";
        assert_eq!(found(&item.repeat(301)), ["301 lines without its tests"]);
        assert!(found(&format!("{item}#[cfg(test)]\nmod tests {{\n{}}}\n", item.repeat(301))).is_empty());
    }
}
