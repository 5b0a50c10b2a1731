//! Cuts SQL text into tokens, so that `dialect` and `migrations` never touch what stands in quotes or comments.

/// One token with its text. All tokens of a text, joined, are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Blanks and line ends.
    Space,
    /// `-- …` up to its line end, or `/* … */`.
    Comment,
    /// A keyword or a plain identifier.
    Word,
    /// `"an identifier"`.
    Name,
    /// `'a literal'`.
    Literal,
    /// `$1`.
    Parameter,
    /// Anything else, one character.
    Symbol,
}

impl Token<'_> {
    /// Whether this is the keyword, in either case.
    pub fn is_word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether this is the symbol.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Whether this means something to the database.
    pub fn is_meaningful(&self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::Comment)
    }

    /// The number of a parameter.
    pub fn parameter(&self) -> Option<usize> {
        if self.kind == Kind::Parameter { self.text[1..].parse().ok() } else { None }
    }
}

/// All tokens of a text.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next_token(rest, first);
        let (token, after) = rest.split_at(length);
        found.push(Token { kind, text: token });
        rest = after;
    }
    found
}

fn next_token(rest: &str, first: char) -> (Kind, usize) {
    match first {
        _ if first.is_whitespace() => (Kind::Space, run_length(rest, char::is_whitespace)),
        '-' if rest.starts_with("--") => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => (Kind::Comment, rest.find("*/").map_or(rest.len(), |at| at + 2)),
        '\'' => (Kind::Literal, quoted_length(rest, '\'')),
        '"' => (Kind::Name, quoted_length(rest, '"')),
        '$' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
            (Kind::Parameter, 1 + run_length(&rest[1..], |letter| letter.is_ascii_digit()))
        }
        _ if is_word_letter(first) => (Kind::Word, run_length(rest, is_word_letter)),
        _ => (Kind::Symbol, first.len_utf8()),
    }
}

/// Numbers count as words: nothing here reads them.
fn is_word_letter(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

fn run_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

/// The length up to the closing quote; a doubled quote reads as two adjacent literals, which copies out the same.
fn quoted_length(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_are_single_tokens() {
        let text = "SELECT 'it''s $1', \"a b\" -- IN LIST($1)\nFROM é /* $2 */ WHERE a=$12";
        let found = tokens(text);
        assert_eq!(found.iter().map(|token| token.text).collect::<String>(), text);
        let parameters: Vec<_> = found.iter().filter_map(Token::parameter).collect();
        assert_eq!(parameters, [12]);
        assert!(found.contains(&Token { kind: Kind::Name, text: "\"a b\"" }));
        assert!(found.contains(&Token { kind: Kind::Word, text: "é" }));
    }
}
