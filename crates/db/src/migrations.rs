//! Schema steps, written once in PostgreSQL's words, rendered for SQLite, and run once each.

use refinery_core::{Migrate, Migration, Runner};
use thiserror::Error;

use crate::dialect::translate;
use crate::lexer::{Kind, Token, tokens};
use crate::{DbError, Engine};

/// One step of the schema, forward only. A released step never changes: its text is checked against what was run.
///
/// - Types: `UUID`, `BIGINT`, `INTEGER`, `SMALLINT`, `BOOLEAN`, `TEXT`, `BYTEA`, `DOUBLE PRECISION`, `JSONB`.
/// - TEXT sorts by its bytes on both engines (`COLLATE "C"` is added).
/// - Every table is `STRICT` on SQLite. The comment `-- sqlite: WITHOUT ROWID` on a table's closing line makes it one.
/// - What follows a table's closing parenthesis (`WITH (fillfactor = 80)`) is PostgreSQL's alone.
/// - `-- only: postgres` or `-- only: sqlite` before a statement keeps it from the other engine.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Counted from 1, without gaps.
    pub version: i32,
    /// In `snake_case`.
    pub name: &'static str,
    /// The statements, each ended by `;`.
    pub sql: &'static str,
}

/// Why the schema could not be brought to this program's version.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// A newer program has changed the database.
    #[error("the database has schema version {seen}, but this program knows only up to {known}; run a newer program")]
    Newer { seen: i32, known: i32 },
    /// Somebody who only reads must not change it.
    #[error(
        "the database has schema version {seen}, but this program reads version {known}; take the program that serves \
         it, or start this one on it once"
    )]
    Older { seen: i32, known: i32 },
    /// A step failed, or a step that was run has another text now.
    #[error("the schema could not be brought to version {version}: {message}")]
    Failed { version: i32, message: String },
}

pub const HISTORY_TABLE: &str = "refinery_schema_history";

/// Runs the steps that have not been run, all of them with their records in one transaction: whenever the process or the
/// machine ends, the schema is the old one or the new one, and the next start goes on from there.
pub fn run<C: Migrate>(connection: &mut C, steps: &[Step], engine: Engine) -> Result<(), DbError> {
    pending(connection, steps)?;
    let migrations: Vec<Migration> = steps.iter().map(|step| migration(step, engine)).collect::<Result<_, _>>()?;
    let last = last_of(steps);
    // A run without steps is one of tests; the runner would ask for some.
    if migrations.is_empty() {
        return Ok(());
    }
    Runner::new(&migrations).set_grouped(true).run(connection).map_err(|error| failed(last, &error))?;
    Ok(())
}

/// What a database has, when it has something and these steps are more than that.
pub fn pending<C: Migrate>(connection: &mut C, steps: &[Step]) -> Result<Option<i32>, MigrationError> {
    Migrate::assert_migrations_table(connection, HISTORY_TABLE).map_err(|error| failed(0, &error))?;
    let last = Migrate::get_last_applied_migration(connection, HISTORY_TABLE).map_err(|error| failed(0, &error))?;
    let (seen, known) = (last.map_or(0, |migration| migration.version()), last_of(steps));
    if seen > known {
        return Err(MigrationError::Newer { seen, known });
    }
    Ok(Some(seen).filter(|seen| (1..known).contains(seen)))
}

fn last_of(steps: &[Step]) -> i32 {
    steps.iter().map(|step| step.version).max().unwrap_or(0)
}

/// Refuses a schema that is not exactly that of `steps`.
pub fn check(seen: i64, steps: &[Step]) -> Result<(), MigrationError> {
    let seen = i32::try_from(seen).unwrap_or(i32::MAX);
    let known = last_of(steps);
    match seen.cmp(&known) {
        std::cmp::Ordering::Less => Err(MigrationError::Older { seen, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(MigrationError::Newer { seen, known }),
    }
}

fn migration(step: &Step, engine: Engine) -> Result<Migration, MigrationError> {
    let name = format!("V{}__{}", step.version, step.name);
    Migration::unapplied(&name, &render(step, engine)).map_err(|error| failed(step.version, &error))
}

fn failed(version: i32, error: &refinery_core::Error) -> MigrationError {
    MigrationError::Failed { version, message: error.to_string() }
}

/// The step as `engine` is given it, without comments.
pub fn render(step: &Step, engine: Engine) -> String {
    let tokens = tokens(step.sql);
    let statements = statements(&tokens).into_iter().filter(|statement| is_for(statement, engine));
    let rendered: String = statements.map(|statement| translate(&rendered(statement, engine), engine)).collect();
    let lines: Vec<&str> = rendered.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Splits behind each `;` and the comment on its line.
fn statements<'a>(tokens: &'a [Token<'a>]) -> Vec<&'a [Token<'a>]> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some(end) = rest.iter().position(|token| token.is_symbol(";")) {
        let same_line = rest[end + 1..].iter().take_while(|token| match token.kind {
            Kind::Comment => true,
            Kind::Space => !token.text.contains('\n'),
            _ => false,
        });
        let (statement, after) = rest.split_at(end + 1 + same_line.count());
        found.push(statement);
        rest = after;
    }
    if rest.iter().any(Token::is_meaningful) {
        found.push(rest);
    }
    found
}

fn is_for(statement: &[Token<'_>], engine: Engine) -> bool {
    let leading = statement.iter().take_while(|token| !token.is_meaningful());
    let mut wanted = leading.filter_map(|token| token.text.strip_prefix("-- only: "));
    let name = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    wanted.all(|only| only.trim() == name)
}

fn rendered(statement: &[Token<'_>], engine: Engine) -> String {
    let mut words = statement.iter().filter(|token| token.is_meaningful());
    let verb = words.next();
    let is_of_table = words.next().is_some_and(|token| token.is_word("TABLE"));
    let is_creation = is_of_table && verb.is_some_and(|token| token.is_word("CREATE"));
    let is_change = is_of_table && verb.is_some_and(|token| token.is_word("ALTER"));
    match engine {
        Engine::Sqlite if is_creation => sqlite_table(statement),
        _ if is_creation || is_change => typed(statement, engine),
        _ => statement.iter().map(|token| token.text).collect(),
    }
}

fn sqlite_table(statement: &[Token<'_>]) -> String {
    let without_rowid = statement.iter().any(|token| token.text.trim_end() == "-- sqlite: WITHOUT ROWID");
    let options = if without_rowid { "STRICT, WITHOUT ROWID" } else { "STRICT" };
    let body = body_length(statement);
    format!("{} {options};\n", typed(&statement[..body], Engine::Sqlite))
}

/// The length of a `CREATE TABLE` with its outermost closing parenthesis.
fn body_length(statement: &[Token<'_>]) -> usize {
    let mut depth = 0_i32;
    for (at, token) in statement.iter().enumerate() {
        depth += i32::from(token.is_symbol("("));
        if token.is_symbol(")") {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    statement.len()
}

/// Writes the statement with the engine's type words where a column's type stands.
fn typed(statement: &[Token<'_>], engine: Engine) -> String {
    let mut text = String::new();
    let mut before: Option<Token<'_>> = None;
    let mut rest = statement;
    while let [token, after @ ..] = rest {
        let (written, taken) = match engine {
            _ if !is_type_place(before) => (token.text.to_owned(), 1),
            Engine::Sqlite => sqlite_words(rest),
            Engine::Postgres => (postgres_word(*token, after), 1),
        };
        text.push_str(&written);
        let taken_tokens = &rest[..taken];
        before = taken_tokens.iter().rev().copied().find(Token::is_meaningful).or(before);
        rest = &rest[taken..];
    }
    text
}

/// A type stands behind a column's name, never behind a comma, a parenthesis or a keyword that expects a name.
fn is_type_place(before: Option<Token<'_>>) -> bool {
    const EXPECT_A_NAME: [&str; 8] = ["ADD", "COLUMN", "TABLE", "EXISTS", "KEY", "CONSTRAINT", "REFERENCES", "DROP"];
    before.is_some_and(|token| match token.kind {
        Kind::Word => !EXPECT_A_NAME.iter().any(|keyword| token.is_word(keyword)),
        Kind::Name => true,
        _ => false,
    })
}

/// SQLite's word for what begins here, and how many tokens it replaces.
fn sqlite_words(rest: &[Token<'_>]) -> (String, usize) {
    const PHRASES: [(&[&str], &str); 9] = [
        (&["UUID"], "BLOB"),
        (&["BYTEA"], "BLOB"),
        (&["JSONB"], "TEXT"),
        (&["BIGINT"], "INTEGER"),
        (&["SMALLINT"], "INTEGER"),
        (&["BOOLEAN"], "INTEGER"),
        (&["DOUBLE", "PRECISION"], "REAL"),
        (&["GENERATED", "ALWAYS", "AS", "IDENTITY"], ""),
        (&["GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"], ""),
    ];
    let found = PHRASES.iter().find_map(|(phrase, word)| Some((*word, phrase_length(rest, phrase)?)));
    let (word, taken) = found.unwrap_or((rest[0].text, 1));
    (word.to_owned(), taken)
}

/// How many tokens the phrase takes if it begins here.
fn phrase_length(rest: &[Token<'_>], phrase: &[&str]) -> Option<usize> {
    if !rest[0].is_meaningful() {
        return None;
    }
    let mut words = rest.iter().enumerate().filter(|(_, token)| token.is_meaningful());
    let mut end = 0;
    for keyword in phrase {
        let (at, _) = words.next().filter(|(_, token)| token.is_word(keyword))?;
        end = at + 1;
    }
    Some(end)
}

fn postgres_word(token: Token<'_>, after: &[Token<'_>]) -> String {
    let is_collated = after.iter().find(|next| next.is_meaningful()).is_some_and(|next| next.is_word("COLLATE"));
    if token.is_word("TEXT") && !is_collated { "TEXT COLLATE \"C\"".to_owned() } else { token.text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Step = Step {
        version: 1,
        name: "sample",
        sql: r#"
-- People.
CREATE TABLE profiles (
    workspace_id UUID NOT NULL,
    profile_id UUID NOT NULL,
    text TEXT NOT NULL DEFAULT 'TEXT', -- a column may be called text
    "order" BIGINT,
    is_known BOOLEAN NOT NULL DEFAULT FALSE,
    score DOUBLE PRECISION,
    state BYTEA, size SMALLINT NOT NULL CHECK (size > 0),
    PRIMARY KEY (workspace_id, profile_id)
) WITH (fillfactor = 80); -- sqlite: WITHOUT ROWID

CREATE TABLE log (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body JSONB);
CREATE UNIQUE INDEX profiles_by_text ON profiles (workspace_id, text) WHERE is_known;
-- only: postgres
ALTER TABLE log SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE log ADD COLUMN text TEXT;
CREATE VIEW v_log AS SELECT seq, CAST(body AS TEXT) AS body, GREATEST(seq, 1) AS uuid FROM log;
"#,
    };

    #[test]
    fn a_step_for_postgres_sorts_text_by_bytes() {
        insta::assert_snapshot!(render(&SAMPLE, Engine::Postgres), @r#"
        CREATE TABLE profiles (
            workspace_id UUID NOT NULL,
            profile_id UUID NOT NULL,
            text TEXT COLLATE "C" NOT NULL DEFAULT 'TEXT',
            "order" BIGINT,
            is_known BOOLEAN NOT NULL DEFAULT FALSE,
            score DOUBLE PRECISION,
            state BYTEA, size SMALLINT NOT NULL CHECK (size > 0),
            PRIMARY KEY (workspace_id, profile_id)
        ) WITH (fillfactor = 80);
        CREATE TABLE log (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body JSONB);
        CREATE UNIQUE INDEX profiles_by_text ON profiles (workspace_id, text) WHERE is_known;
        ALTER TABLE log SET (autovacuum_vacuum_scale_factor = 0.02);
        ALTER TABLE log ADD COLUMN text TEXT COLLATE "C";
        CREATE VIEW v_log AS SELECT seq, CAST(body AS TEXT) AS body, GREATEST(seq, 1) AS uuid FROM log;
        "#);
    }

    #[test]
    fn a_step_for_sqlite_has_its_types_and_strict_tables() {
        insta::assert_snapshot!(render(&SAMPLE, Engine::Sqlite), @r#"
        CREATE TABLE profiles (
            workspace_id BLOB NOT NULL,
            profile_id BLOB NOT NULL,
            text TEXT NOT NULL DEFAULT 'TEXT',
            "order" INTEGER,
            is_known INTEGER NOT NULL DEFAULT FALSE,
            score REAL,
            state BLOB, size INTEGER NOT NULL CHECK (size > 0),
            PRIMARY KEY (workspace_id, profile_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE log (seq INTEGER  PRIMARY KEY, body TEXT) STRICT;
        CREATE UNIQUE INDEX profiles_by_text ON profiles (workspace_id, text) WHERE is_known;
        ALTER TABLE log ADD COLUMN text TEXT;
        CREATE VIEW v_log AS SELECT seq, CAST(body AS TEXT) AS body, max(seq, 1) AS uuid FROM log;
        "#);
    }
}
