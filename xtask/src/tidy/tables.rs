//! SQL stands in stores only, and each table of the migrations belongs to the store of exactly one slice.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::Token;
use super::source::Source;
use super::{Finding, House};
use crate::rules::{ORDER, Room};

const MIGRATIONS: &str = "crates/crm/migrations/";

/// A table of the migrations.
struct Table {
    path: String,
    line: usize,
    /// The slice named by the heading above it: `-- profiles -----`.
    owner: Option<String>,
}

/// A statement that names a table.
struct Use<'a> {
    source: &'a Source,
    line: usize,
    table: String,
}

pub fn check(house: &House) -> Vec<Finding> {
    let mut findings: Vec<Finding> = house.sources.iter().flat_map(sql_outside_stores).collect();
    let tables = tables(house);
    let uses = uses(house, &tables);
    for (name, table) in &tables {
        let own: Vec<&Use<'_>> = uses.iter().filter(|used| used.table == *name).collect();
        findings.extend(check_table(name, table, &own));
    }
    findings
}

fn sql_outside_stores(source: &Source) -> Vec<Finding> {
    if matches!(source.room, Room::Store | Room::Db | Room::Workshop) {
        return Vec::new();
    }
    let statements = source.tokens.iter().filter(|token| token.text().is_some_and(is_statement));
    let finding = |token: &Token| {
        Finding::new(
            &source.path,
            token.line,
            "SQL outside a store",
            "move the statement to store.rs of the slice that owns the table",
        )
    };
    statements.map(finding).collect()
}

/// Keywords are written in capitals, so that a sentence that begins with "select" is none.
fn is_statement(text: &str) -> bool {
    let text = text.trim_start();
    let second = text.split_whitespace().nth(1).unwrap_or_default();
    match text.split_whitespace().next().unwrap_or_default() {
        "SELECT" | "PRAGMA" => !second.is_empty(),
        "INSERT" => second == "INTO" || second == "OR",
        "DELETE" | "JOIN" | "FROM" => second == "FROM" || text.contains(" ON ") || text.contains(" WHERE "),
        "UPDATE" => text.contains(" SET ") || text.contains("\nSET "),
        "WITH" => text.contains(" AS (") || text.contains(" AS MATERIALIZED ("),
        "CREATE" | "DROP" | "ALTER" => ["TABLE", "INDEX", "VIEW", "UNIQUE"].contains(&second),
        _ => false,
    }
}

fn check_table(name: &str, table: &Table, uses: &[&Use<'_>]) -> Vec<Finding> {
    let slices: BTreeSet<&str> = uses.iter().filter_map(|used| used.source.slice.as_deref()).collect();
    let Some(owner) = table.owner.as_deref().or_else(|| slices.first().copied()) else {
        let remedy = "write its store, or leave it out of the migrations until it has one";
        return vec![Finding::new(&table.path, table.line, format!("no store names the table `{name}`"), remedy)];
    };
    if slices.is_empty() {
        let remedy = format!("write it in the store of `{owner}`, or leave the table out until it has one");
        return vec![Finding::new(&table.path, table.line, format!("no store names the table `{name}`"), remedy)];
    }
    let strangers = uses.iter().filter(|used| used.source.slice.as_deref() != Some(owner));
    strangers
        .map(|used| {
            let what = format!("`{name}` is a table of `{owner}`");
            let remedy = format!("call the door of `{owner}`, or let it publish a v_* view");
            Finding::new(&used.source.path, used.line, what, remedy)
        })
        .collect()
}

fn tables(house: &House) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    for file in house.files_in(MIGRATIONS, ".sql") {
        let mut owner = None;
        for (index, line) in file.text().unwrap_or_default().lines().enumerate() {
            if let Some(heading) = heading(line) {
                owner = ORDER.contains(&heading).then(|| heading.to_owned());
            }
            if let Some(name) = created_table(line) {
                let table = Table { path: file.path.clone(), line: index + 1, owner: owner.clone() };
                tables.insert(name.to_owned(), table);
            }
        }
    }
    tables
}

/// `-- profiles --------` heads the tables of `profiles`.
fn heading(line: &str) -> Option<&str> {
    let (name, dashes) = line.strip_prefix("-- ")?.split_once(' ')?;
    (dashes.len() >= 10 && dashes.chars().all(|letter| letter == '-')).then_some(name)
}

fn created_table(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("CREATE TABLE ")?;
    let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

fn uses<'a>(house: &'a House, tables: &BTreeMap<String, Table>) -> Vec<Use<'a>> {
    let mut uses = Vec::new();
    for source in house.sources.iter().filter(|source| source.room == Room::Store) {
        for (place, token) in source.tokens.iter().enumerate() {
            let Some(text) = token.text() else { continue };
            let mut named = named_tables(text);
            if is_table_argument(&source.tokens, place) {
                named.push(text.to_owned());
            }
            let known = named.into_iter().filter(|name| tables.contains_key(name));
            uses.extend(known.map(|table| Use { source, line: token.line, table }));
        }
    }
    uses
}

/// The first argument of a function that inserts or loads rows: `tx.insert_many("events", …)`.
fn is_table_argument(tokens: &[Token], place: usize) -> bool {
    let Some(before) = place.checked_sub(2).map(|start| &tokens[start..place]) else { return false };
    let function = before[0].word().unwrap_or_default();
    before[1].is_mark('(') && ["insert", "upsert", "table", "into"].iter().any(|part| function.contains(part))
}

/// The words that stand where a statement names a table.
fn named_tables(sql: &str) -> Vec<String> {
    let words = sql_words(sql);
    let mut named = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let names_table = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "USING"].contains(&words[at]);
        at += 1;
        if names_table {
            at = table_list(&words, at, &mut named);
        }
    }
    named
}

/// Reads `a`, `a AS x, b y` and answers the place after the list.
fn table_list(words: &[&str], mut at: usize, named: &mut Vec<String>) -> usize {
    loop {
        while words.get(at).is_some_and(|word| ["ONLY", "IF", "NOT", "EXISTS"].contains(word)) {
            at += 1;
        }
        let Some(name) = words.get(at).filter(|word| is_name(word)) else { return at };
        named.push((*name).to_owned());
        at += 1;
        if words.get(at) == Some(&"AS") {
            at += 1;
        }
        if words.get(at).is_some_and(|word| is_name(word)) {
            at += 1;
        }
        if words.get(at) != Some(&",") {
            return at;
        }
        at += 1;
    }
}

/// Names are written in small letters, keywords in capitals.
fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_')
}

fn sql_words(sql: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let length = if length == 0 { first.len_utf8() } else { length };
        let (word, after) = rest.split_at(length);
        if !first.is_whitespace() && first != '"' {
            words.push(word);
        }
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    const MIGRATION: (&str, &str) = (
        "crates/crm/migrations/V01__house.sql",
        "-- profiles ----------------\nCREATE TABLE profiles (\n  id UUID\n);\n-- commerce ---------------\nCREATE TABLE orders (\n  id UUID\n);\n",
    );
    const ORDERS: (&str, &str) = ("crates/crm/src/commerce/store.rs", "const A: &str = \"DELETE FROM orders\";");

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        places(&check(&House::of(files)))
    }

    #[test]
    fn a_table_is_named_by_the_store_of_its_slice_only() {
        let own =
            ("crates/crm/src/profiles/store/people.rs", "fn f() { sql(\"SELECT id FROM profiles p JOIN x ON TRUE\") }");
        let stranger =
            ("crates/crm/src/segments/store.rs", "fn f() {\n sql(\"SELECT 1 FROM segments s, profiles p\") }");
        assert!(found(&[MIGRATION, ORDERS, own]).is_empty());
        assert_eq!(found(&[MIGRATION, ORDERS, own, stranger]), ["crates/crm/src/segments/store.rs:2"]);
    }

    #[test]
    fn a_table_no_store_names_is_a_finding() {
        assert_eq!(found(&[MIGRATION, ORDERS]), ["crates/crm/migrations/V01__house.sql:2"]);
    }

    #[test]
    fn rows_inserted_by_name_count_as_a_use() {
        let own = ("crates/crm/src/profiles/store.rs", "fn f() { tx.insert_many(\"profiles\", &COLUMNS) }");
        assert!(found(&[MIGRATION, ORDERS, own]).is_empty());
    }

    #[test]
    fn sql_stands_in_stores_only() {
        let page =
            "fn f() { let a = \"SELECT id FROM orders\"; let b = \"Select a shop\"; let c = \"UPDATE your browser\"; }";
        let finding = vec!["crates/crm/src/profiles/pages.rs:1".to_owned()];
        assert_eq!(places(&check(&House::of(&[("crates/crm/src/profiles/pages.rs", page)]))), finding);
        for path in ["crates/server/src/main.rs", "crates/engine/src/lib.rs", "crates/crm/src/profiles/merge.rs"] {
            assert_eq!(found(&[(path, page)]).len(), 1, "{path}");
        }
        assert!(found(&[("crates/db/src/lib.rs", page), ("crates/testkit/src/lib.rs", page)]).is_empty());
    }

    #[test]
    fn views_belong_to_nobody() {
        let reports = ("crates/crm/src/reports/store.rs", "const A: &str = \"SELECT day FROM v_orders\";");
        let own = ("crates/crm/src/profiles/store.rs", "const A: &str = \"UPDATE profiles SET id = $1\";");
        assert!(found(&[MIGRATION, ORDERS, own, reports]).is_empty());
    }

    #[test]
    fn tables_are_found_wherever_a_statement_names_them() {
        assert_eq!(
            named_tables(
                "WITH x AS (SELECT 1 FROM a AS one, b) INSERT INTO c (d, e) SELECT d FROM x LEFT JOIN f ON g = h"
            ),
            ["a", "b", "c", "x", "f"]
        );
        assert_eq!(named_tables("UPDATE a SET b = 1, c = 2 WHERE d IN (SELECT e FROM \"f\")"), ["a", "f"]);
    }
}
