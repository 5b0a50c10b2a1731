//! Cuts Rust source into words, texts and marks; comments and white space fall away.

/// A piece of source and the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or a keyword.
    Word(String),
    /// What stands between the quotes of a string, escapes left as written.
    Text(String),
    /// A number, a character or a lifetime: no check looks inside.
    Other,
    /// Any other single character.
    Mark(char),
}

impl Token {
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(found) if found == word)
    }

    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The tokens of a source file that compiles; of any other text, something harmless.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { letters: source.chars().collect(), at: 0, line: 1 };
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token() {
        found.push(token);
    }
    found
}

/// The place just after the bracket that closes the one at `open`.
pub fn after_closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

struct Lexer {
    letters: Vec<char>,
    at: usize,
    line: usize,
}

impl Lexer {
    fn next_token(&mut self) -> Option<Token> {
        self.skip_blanks();
        let line = self.line;
        let letter = self.peek(0)?;
        let kind = match letter {
            '"' => self.quoted(),
            '\'' => self.character_or_lifetime(),
            _ if letter.is_ascii_digit() => self.number(),
            _ if is_word_letter(letter) => self.word_or_prefixed(),
            _ => {
                self.step();
                Kind::Mark(letter)
            }
        };
        Some(Token { kind, line })
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn step(&mut self) {
        if self.peek(0) == Some('\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    fn skip_blanks(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('/')) => self.skip_while(|letter| letter != '\n'),
                (Some('/'), Some('*')) => self.skip_block_comment(),
                (Some(letter), _) if letter.is_whitespace() => self.step(),
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&goes_on) {
            self.step();
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(letter) = self.peek(0) {
            match (letter, self.peek(1)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.step();
                    continue;
                }
            }
            self.step();
            self.step();
            if depth == 0 {
                return;
            }
        }
    }

    /// A string whose opening quote comes next.
    fn quoted(&mut self) -> Kind {
        self.step();
        let start = self.at;
        while let Some(letter) = self.peek(0) {
            if letter == '"' {
                break;
            }
            if letter == '\\' {
                self.step();
            }
            self.step();
        }
        let text = self.slice(start, self.at);
        self.step();
        Kind::Text(text)
    }

    /// A raw string whose `#`s or quote come next.
    fn raw(&mut self) -> Kind {
        let mut hashes = 0;
        while self.peek(0) == Some('#') {
            hashes += 1;
            self.step();
        }
        self.step();
        let start = self.at;
        while self.at < self.letters.len() && !self.raw_ends_here(hashes) {
            self.step();
        }
        let text = self.slice(start, self.at);
        self.at += 1 + hashes;
        Kind::Text(text)
    }

    fn raw_ends_here(&self, hashes: usize) -> bool {
        self.peek(0) == Some('"') && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'))
    }

    fn character_or_lifetime(&mut self) -> Kind {
        let is_character = self.peek(1) == Some('\\') || self.peek(2) == Some('\'');
        self.step();
        if !is_character {
            self.skip_while(is_word_letter);
            return Kind::Other;
        }
        if self.peek(0) == Some('\\') {
            self.step();
        }
        self.step();
        self.skip_while(|letter| letter != '\'');
        self.step();
        Kind::Other
    }

    fn number(&mut self) -> Kind {
        self.skip_while(is_word_letter);
        let has_fraction = self.peek(0) == Some('.') && self.peek(1).is_some_and(|letter| letter.is_ascii_digit());
        if has_fraction {
            self.step();
            self.skip_while(is_word_letter);
        }
        Kind::Other
    }

    fn word_or_prefixed(&mut self) -> Kind {
        let start = self.at;
        self.skip_while(is_word_letter);
        let word = self.slice(start, self.at);
        match (word.as_str(), self.peek(0), self.peek(1)) {
            ("r" | "br" | "cr", Some('"'), _) | ("r" | "br" | "cr", Some('#'), Some('"' | '#')) => self.raw(),
            ("b" | "c", Some('"'), _) => self.quoted(),
            ("b", Some('\''), _) => self.character_or_lifetime(),
            ("r", Some('#'), _) => {
                self.step();
                self.word_or_prefixed()
            }
            _ => Kind::Word(word),
        }
    }

    fn slice(&self, start: usize, end: usize) -> String {
        self.letters[start..end.min(self.letters.len())].iter().collect()
    }
}

fn is_word_letter(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        tokens(source).iter().filter_map(|token| token.word().map(str::to_owned)).collect()
    }

    fn texts(source: &str) -> Vec<String> {
        tokens(source).iter().filter_map(|token| token.text().map(str::to_owned)).collect()
    }

    #[test]
    fn comments_fall_away_even_nested_ones() {
        assert_eq!(words("one // two\n/* three /* four */ five */ six"), ["one", "six"]);
    }

    #[test]
    fn strings_of_every_kind_are_texts() {
        assert_eq!(
            texts(r####"a("x\"y", r"c:\", r#"say "hi""#, b"bytes", br##"#"##, c"end")"####),
            [r#"x\"y"#, r"c:\", r#"say "hi""#, "bytes", "#", "end"]
        );
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        assert_eq!(words("fn f<'a>(x: &'a str) { '\"'; '\\''; b'\\\\'; 'x'; y }"), ["fn", "f", "x", "str", "y"]);
    }

    #[test]
    fn numbers_hold_no_words() {
        assert_eq!(words("1.0_f64 0xff 1..n 2e10 tuple.0.x"), ["n", "tuple", "x"]);
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let found = tokens("\"a\nb\" /* \n */ last");
        assert_eq!(found.last().map(|token| token.line), Some(3));
    }

    #[test]
    fn a_raw_identifier_is_its_word() {
        assert_eq!(words("r#type"), ["type"]);
    }
}
