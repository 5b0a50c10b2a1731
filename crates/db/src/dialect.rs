//! Every seam between the two engines: where one SQL text must become two.
//!
//! Statements are PostgreSQL's; this file says what SQLite is told instead, and how a statement for a single row becomes
//! one that takes arrays. All else about the engines' differences is listed in the crate's own documentation.
//!
//! | written | PostgreSQL | SQLite |
//! |---|---|---|
//! | `$1` | `$1` | `?1` |
//! | `a IN LIST($1)` | `a = ANY($1)` | `a IN (SELECT value FROM rarray(?1))` |
//! | `a NOT IN LIST($1)` | `a <> ALL($1)` | `a NOT IN (SELECT value FROM rarray(?1))` |
//! | `FOR UPDATE`, `SKIP LOCKED`, … | as written | dropped: one writer holds the whole database |
//! | `GREATEST(a, b)`, `LEAST(a, b)` | as written | `max(a, b)`, `min(a, b)` (null if one is null) |
//! | `CAST(a AS UUID)`, `BYTEA`, `JSONB` | as written | `BLOB`, `BLOB`, `TEXT` |

use crate::Engine;
use crate::lexer::{Kind, Token, tokens};

/// The statement as `engine` understands it, without comments.
pub fn translate(text: &str, engine: Engine) -> String {
    let tokens = tokens(text);
    let mut translation = Translation { engine, tokens: &tokens, at: 0, text: String::with_capacity(text.len() + 32) };
    while translation.at < tokens.len() {
        translation.step();
    }
    translation.text
}

struct Translation<'a> {
    engine: Engine,
    tokens: &'a [Token<'a>],
    at: usize,
    text: String,
}

impl Translation<'_> {
    /// Writes what stands at `at` and moves behind it.
    fn step(&mut self) {
        let is_changed = self.in_list() || (self.engine == Engine::Sqlite && self.for_sqlite());
        if is_changed {
            return;
        }
        let token = self.tokens[self.at];
        self.at += 1;
        if token.kind != Kind::Comment {
            self.text.push_str(token.text);
        }
    }

    fn for_sqlite(&mut self) -> bool {
        self.parameter() || self.row_lock() || self.extremum() || self.cast_type()
    }

    fn in_list(&mut self) -> bool {
        let is_negated = self.tokens[self.at].is_word("NOT");
        let skipped = usize::from(is_negated);
        let is_list = self.is_word_ahead(skipped, "IN")
            && self.is_word_ahead(skipped + 1, "LIST")
            && self.ahead(skipped + 2).is_some_and(|(_, token)| token.is_symbol("("));
        let Some((end, number)) = self.ahead(skipped + 3).and_then(|(at, token)| Some((at, token.parameter()?))) else {
            return false;
        };
        if !is_list || !self.tokens[self.at].is_meaningful() {
            return false;
        }
        self.at = end + 1;
        self.text.push_str(&match (self.engine, is_negated) {
            (Engine::Postgres, false) => format!("= ANY(${number}"),
            (Engine::Postgres, true) => format!("<> ALL(${number}"),
            (Engine::Sqlite, false) => format!("IN (SELECT value FROM rarray(?{number})"),
            (Engine::Sqlite, true) => format!("NOT IN (SELECT value FROM rarray(?{number})"),
        });
        true
    }

    fn parameter(&mut self) -> bool {
        let Some(number) = self.tokens[self.at].parameter() else { return false };
        self.text.push_str(&format!("?{number}"));
        self.at += 1;
        true
    }

    /// `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE`, `FOR KEY SHARE`, with `OF table` and `SKIP LOCKED` or `NOWAIT`.
    fn row_lock(&mut self) -> bool {
        const STRENGTH: [&str; 4] = ["UPDATE", "SHARE", "NO", "KEY"];
        const MORE: [&str; 8] = ["UPDATE", "SHARE", "NO", "KEY", "OF", "SKIP", "LOCKED", "NOWAIT"];
        if !self.tokens[self.at].is_word("FOR") || !STRENGTH.iter().any(|word| self.is_word_ahead(1, word)) {
            return false;
        }
        let mut end = self.at;
        let mut is_table_next = false;
        for (at, token) in self.meaningful().skip(1) {
            let belongs = is_table_next || token.is_symbol(",") || MORE.iter().any(|word| token.is_word(word));
            if !belongs {
                break;
            }
            is_table_next = token.is_word("OF") || token.is_symbol(",");
            end = at;
        }
        self.at = end + 1;
        true
    }

    fn extremum(&mut self) -> bool {
        let token = self.tokens[self.at];
        let is_call = self.ahead(1).is_some_and(|(_, next)| next.is_symbol("("));
        let name = match () {
            () if !is_call => return false,
            () if token.is_word("GREATEST") => "max",
            () if token.is_word("LEAST") => "min",
            () => return false,
        };
        self.text.push_str(name);
        self.at += 1;
        true
    }

    /// SQLite would take these type names for numbers.
    fn cast_type(&mut self) -> bool {
        const TYPES: [(&str, &str); 3] = [("UUID", "BLOB"), ("BYTEA", "BLOB"), ("JSONB", "TEXT")];
        let closes = self.ahead(2).is_some_and(|(_, token)| token.is_symbol(")"));
        let Some((end, wanted)) = self.ahead(1).filter(|_| closes && self.tokens[self.at].is_word("AS")) else {
            return false;
        };
        let Some((_, told)) = TYPES.iter().find(|(name, _)| wanted.is_word(name)) else { return false };
        self.text.push_str("AS ");
        self.text.push_str(told);
        self.at = end + 1;
        true
    }

    fn is_word_ahead(&self, count: usize, keyword: &str) -> bool {
        self.ahead(count).is_some_and(|(_, token)| token.is_word(keyword))
    }

    fn ahead(&self, count: usize) -> Option<(usize, Token<'_>)> {
        self.meaningful().nth(count)
    }

    fn meaningful(&self) -> impl Iterator<Item = (usize, Token<'_>)> {
        let from_here = self.tokens.iter().copied().enumerate().skip(self.at);
        from_here.filter(|(_, token)| token.is_meaningful())
    }
}

/// A single-row `INSERT … VALUES ($1, …)`, taken apart so that PostgreSQL can be given whole columns at once.
#[derive(Debug, PartialEq, Eq)]
pub struct BulkInsert {
    /// `INSERT INTO t (a, b)`.
    head: String,
    /// What stood in the parentheses of `VALUES`, with `given.p1` for `$1`.
    expressions: String,
    /// `ON CONFLICT …`.
    tail: String,
    /// How many parameters a row has.
    pub parameter_count: usize,
    /// The parameters (from 0) that fill the conflict target, if each of its columns is filled by one.
    pub key: Option<Vec<usize>>,
    /// Whether a conflicting row is updated, so that one statement must not hold a key twice.
    pub may_update: bool,
}

impl BulkInsert {
    /// Takes the statement apart; `None` when it is no such `INSERT` or uses parameters or `RETURNING` after `VALUES`.
    pub fn parse(text: &str) -> Option<Self> {
        let meaningful: Vec<Token<'_>> = tokens(text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        let is_insert = meaningful.iter().find(|token| token.is_meaningful())?.is_word("INSERT");
        let values = meaningful.iter().position(|token| token.is_word("VALUES")).filter(|_| is_insert)?;
        let (head, rest) = meaningful.split_at(values);
        let (group, tail) = split_group(&rest[1..])?;
        let is_plain = tail
            .iter()
            .all(|token| token.kind != Kind::Parameter && !token.is_word("RETURNING") && !token.is_word("VALUES"));
        if !is_plain || tail.iter().find(|token| token.is_meaningful()).is_some_and(|token| token.is_symbol(",")) {
            return None;
        }
        Some(Self {
            head: joined(head),
            expressions: group.iter().map(column_of_given).collect(),
            tail: joined(tail),
            parameter_count: group.iter().filter_map(Token::parameter).max()?,
            key: conflict_key(head, group, tail),
            may_update: tail.windows(3).any(|words| words[0].is_word("DO") && words[2].is_word("UPDATE")),
        })
    }

    /// The statement that takes one array for each parameter, of these element types.
    pub fn text(&self, types: &[&str]) -> String {
        let Self { head, expressions, tail, .. } = self;
        format!("{head} SELECT {expressions} FROM {} {tail}", given(types))
    }
}

/// An `UPDATE` or `DELETE` of one row by its key, taken apart so that PostgreSQL can be given many rows at once.
#[derive(Debug, PartialEq, Eq)]
pub struct BulkChange {
    /// `UPDATE t SET a = given.p2`, or `DELETE FROM t`.
    head: String,
    is_delete: bool,
    /// `WHERE b = given.p1`.
    condition: String,
    /// How many parameters a row has.
    pub parameter_count: usize,
    /// The parameters of the condition, counted from 0.
    pub key: Vec<usize>,
}

impl BulkChange {
    /// Takes the statement apart; `None` when its `WHERE` is anything but columns that equal parameters.
    pub fn parse(text: &str) -> Option<Self> {
        let tokens: Vec<Token<'_>> = tokens(text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        let first = tokens.iter().find(|token| token.is_meaningful())?;
        let is_delete = first.is_word("DELETE");
        let at = tokens.iter().position(|token| token.is_word("WHERE"))?;
        let (head, condition) = tokens.split_at(at);
        let words: Vec<Token<'_>> = condition[1..].iter().copied().filter(Token::is_meaningful).collect();
        let mut key = Vec::new();
        for (number, part) in words.chunks(4).enumerate() {
            let [column, equals, parameter, rest @ ..] = part else { return None };
            let is_last = (number + 1) * 4 > words.len();
            let is_joined = rest.first().map_or(is_last, |and| !is_last && and.is_word("AND"));
            let is_plain = matches!(column.kind, Kind::Word | Kind::Name) && equals.is_symbol("=") && is_joined;
            key.push(parameter.parameter().filter(|_| is_plain)?.checked_sub(1)?);
        }
        let is_change = (is_delete || first.is_word("UPDATE")) && words.len() % 4 == 3;
        let reads_more = head.iter().skip_while(|token| !token.is_word("SET")).any(|token| token.is_word("FROM"));
        if !is_change || reads_more || key.is_empty() {
            return None;
        }
        Some(Self {
            head: head.iter().map(column_of_given).collect::<String>().trim().to_owned(),
            is_delete,
            condition: condition.iter().map(column_of_given).collect::<String>().trim().to_owned(),
            parameter_count: tokens.iter().filter_map(Token::parameter).max()?,
            key,
        })
    }

    /// The statement that takes one array for each parameter, of these element types.
    pub fn text(&self, types: &[&str]) -> String {
        let more = if self.is_delete { "USING" } else { "FROM" };
        format!("{} {more} {} {}", self.head, given(types), self.condition)
    }
}

/// One array for each parameter, as the rows of `given`.
fn given(types: &[&str]) -> String {
    let arrays: Vec<String> = types.iter().enumerate().map(|(at, name)| format!("${}::{name}[]", at + 1)).collect();
    let names: Vec<String> = (1..=types.len()).map(|number| format!("p{number}")).collect();
    format!("UNNEST({}) AS given ({})", arrays.join(", "), names.join(", "))
}

/// A `SELECT` for one key, its last parameter, as PostgreSQL runs it for each key of a list. `OFFSET 0` keeps the planner
/// from turning it into a join: without knowledge of a table it would read all rows of the other columns instead.
pub fn for_each_key(text: &str, parameter_count: usize, kind: &str) -> String {
    let written: String = tokens(text)
        .iter()
        .filter(|token| token.kind != Kind::Comment)
        .map(|token| match token.parameter() {
            Some(number) if number == parameter_count => "given.key".to_owned(),
            _ => token.text.to_owned(),
        })
        .collect();
    format!(
        "SELECT found.* FROM (SELECT DISTINCT key FROM UNNEST(${parameter_count}::{kind}[]) AS listed (key)) AS given \
         CROSS JOIN LATERAL ({} OFFSET 0) AS found",
        written.trim()
    )
}

fn column_of_given(token: &Token<'_>) -> String {
    token.parameter().map_or_else(|| token.text.to_owned(), |number| format!("given.p{number}"))
}

fn joined(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| token.text).collect::<String>().trim().to_owned()
}

/// What stands between the first parenthesis and its closing one, and what follows.
fn split_group<'a>(tokens: &'a [Token<'a>]) -> Option<(&'a [Token<'a>], &'a [Token<'a>])> {
    let open = tokens.iter().position(Token::is_meaningful).filter(|at| tokens[*at].is_symbol("("))?;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += usize::from(token.is_symbol("("));
        depth -= usize::from(token.is_symbol(")"));
        if depth == 0 {
            return Some((&tokens[open + 1..at], &tokens[at + 1..]));
        }
    }
    None
}

fn conflict_key(head: &[Token<'_>], group: &[Token<'_>], tail: &[Token<'_>]) -> Option<Vec<usize>> {
    let list_at = head.iter().position(|token| token.is_symbol("("))?;
    let (columns, _) = split_group(&head[list_at..])?;
    let columns: Vec<String> = split_commas(columns);
    let expressions = split_commas(group);
    let target_at = tail.iter().position(|token| token.is_word("CONFLICT"))?;
    let (target, _) = split_group(&tail[target_at + 1..])?;
    let target = split_commas(target);
    let parameters = target.iter().map(|name| {
        let at = columns.iter().position(|column| column.eq_ignore_ascii_case(name))?;
        expressions.get(at)?.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)
    });
    parameters.collect()
}

fn split_commas(tokens: &[Token<'_>]) -> Vec<String> {
    let mut depth = 0_i32;
    let parts = tokens.split(|token| {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        depth == 0 && token.is_symbol(",")
    });
    parts.map(joined).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(written: &str, postgres: &str, sqlite: &str) {
        assert_eq!(translate(written, Engine::Postgres), postgres);
        assert_eq!(translate(written, Engine::Sqlite), sqlite);
    }

    #[test]
    fn parameters_get_sqlites_sign_except_in_literals() {
        check("a = $1 AND b = '$2' AND c = $12", "a = $1 AND b = '$2' AND c = $12", "a = ?1 AND b = '$2' AND c = ?12");
    }

    #[test]
    fn in_list_takes_a_whole_list_as_one_parameter() {
        check("a IN LIST($2) AND b", "a = ANY($2) AND b", "a IN (SELECT value FROM rarray(?2)) AND b");
        check("a not in list ( $1 )", "a <> ALL($1 )", "a NOT IN (SELECT value FROM rarray(?1) )");
        check("a IN ($1, $2)", "a IN ($1, $2)", "a IN (?1, ?2)");
        check("NOT a IN (list)", "NOT a IN (list)", "NOT a IN (list)");
    }

    #[test]
    fn row_locks_are_dropped_on_sqlite() {
        check("SELECT 1 FOR UPDATE SKIP LOCKED", "SELECT 1 FOR UPDATE SKIP LOCKED", "SELECT 1 ");
        check("(SELECT 1 FOR UPDATE)", "(SELECT 1 FOR UPDATE)", "(SELECT 1 )");
        check("SELECT 1 FOR NO KEY UPDATE OF a, b NOWAIT;", "SELECT 1 FOR NO KEY UPDATE OF a, b NOWAIT;", "SELECT 1 ;");
    }

    #[test]
    fn greatest_and_least_are_max_and_min_on_sqlite() {
        check("GREATEST(a, LEAST (b, 1))", "GREATEST(a, LEAST (b, 1))", "max(a, min (b, 1))");
        check("least", "least", "least");
    }

    #[test]
    fn casts_name_sqlites_types() {
        check("CAST($1 AS UUID)", "CAST($1 AS UUID)", "CAST(?1 AS BLOB)");
        check("CAST(a AS BIGINT)", "CAST(a AS BIGINT)", "CAST(a AS BIGINT)");
        check("SELECT a AS uuid", "SELECT a AS uuid", "SELECT a AS uuid");
    }

    #[test]
    fn comments_are_dropped() {
        check("a -- b $1\n+ /* c */ d", "a \n+  d", "a \n+  d");
    }

    #[test]
    fn an_insert_of_one_row_becomes_one_of_arrays() {
        let insert = BulkInsert::parse(
            "INSERT INTO t (a, b, c) VALUES ($1, $3, COALESCE($2, 0)) ON CONFLICT (b, a) DO UPDATE SET c = EXCLUDED.c",
        )
        .unwrap();
        assert_eq!(
            insert.text(&["uuid", "int8", "text"]),
            "INSERT INTO t (a, b, c) SELECT given.p1, given.p3, COALESCE(given.p2, 0) FROM UNNEST($1::uuid[], $2::int8[], \
             $3::text[]) AS given (p1, p2, p3) ON CONFLICT (b, a) DO UPDATE SET c = EXCLUDED.c"
        );
        assert_eq!(insert.key, Some(vec![2, 0]));
        assert!(insert.may_update);
    }

    #[test]
    fn a_change_by_key_becomes_one_of_arrays() {
        let update = BulkChange::parse("UPDATE t SET a = $3 WHERE w = $1 AND n = $2").unwrap();
        assert_eq!(
            update.text(&["uuid", "int8", "text"]),
            "UPDATE t SET a = given.p3 FROM UNNEST($1::uuid[], $2::int8[], $3::text[]) AS given (p1, p2, p3) \
             WHERE w = given.p1 AND n = given.p2"
        );
        assert_eq!((update.parameter_count, update.key), (3, vec![0, 1]));
        let delete = BulkChange::parse("DELETE FROM t WHERE n = $1").unwrap();
        assert_eq!(delete.text(&["int8"]), "DELETE FROM t USING UNNEST($1::int8[]) AS given (p1) WHERE n = given.p1");
        for text in [
            "UPDATE t SET a = $1",
            "UPDATE t SET a = $1 WHERE n > $2",
            "UPDATE t SET a = $1 WHERE n = $2 OR m = $3",
            "UPDATE t SET a = $1 WHERE n = $2 AND",
            "UPDATE t SET a = $1 WHERE n = $2 RETURNING a",
            "UPDATE t SET a = (SELECT b FROM u) WHERE n = $1",
            "SELECT a FROM t WHERE n = $1",
        ] {
            assert_eq!(BulkChange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_look_up_by_key_is_run_for_each_key_of_a_list() {
        assert_eq!(
            for_each_key("SELECT a FROM t WHERE w = $1 AND n = $2", 2, "int8"),
            "SELECT found.* FROM (SELECT DISTINCT key FROM UNNEST($2::int8[]) AS listed (key)) AS given \
             CROSS JOIN LATERAL (SELECT a FROM t WHERE w = $1 AND n = given.key OFFSET 0) AS found"
        );
    }

    #[test]
    fn other_statements_are_not_taken_apart() {
        for text in [
            "UPDATE t SET a = $1",
            "INSERT INTO t (a) SELECT $1",
            "INSERT INTO t (a) VALUES ($1), ($2)",
            "INSERT INTO t (a) VALUES ($1) RETURNING a",
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $1",
        ] {
            assert_eq!(BulkInsert::parse(text), None, "{text}");
        }
        let constant = BulkInsert::parse("INSERT INTO t (a, b) VALUES (1, $1) ON CONFLICT (a) DO NOTHING").unwrap();
        assert_eq!(constant.key, None);
    }
}
