//! Which column of a file is what: read from a TOML file, or guessed from the columns' usual names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::rows::Row;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    Contacts,
    Orders,
    Events,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Separated by commas, semicolons or tabs, quoted as RFC 4180 says.
    Csv,
    /// Separated by blanks, as statistics programs write.
    Whitespace,
    /// One JSON object a line.
    Jsonl,
    /// A sheet of an Excel workbook.
    Xlsx,
}

#[derive(Debug, Error)]
pub enum MappingError {
    #[error("{0} does not go with this kind of file")]
    OutOfPlace(&'static str),
    #[error("the mapping names no identifier; under [identifiers] write, for example, email = \"e-mail\"")]
    NoIdentifier,
    #[error("the file has no column {0:?}; its columns are: {1}")]
    NoSuchColumn(String, String),
    #[error("the file has no sheet {0:?}; its sheets are: {1}")]
    NoSuchSheet(String, String),
    #[error("no column names the order; map one with order_id = \"{{column}}\"")]
    NoOrderId,
    #[error("no column or constant names the event; map one with [event] column = \"…\"")]
    NoEvent,
    #[error("delimiter is {0:?}; write one character")]
    BadDelimiter(String),
    #[error("zone is {0:?}, which is no time zone; write a name such as \"Europe/Paris\"")]
    BadZone(String),
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

/// A mapping as its TOML file says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// Told from the file's name when it is not said.
    pub format: Option<Format>,
    /// Of a workbook the sheet; its first when it is not said.
    pub sheet: Option<String>,
    /// Sniffed from the first line when it is not said.
    pub delimiter: Option<String>,
    /// Names of the columns of a file without a header line.
    pub columns: Vec<String>,
    /// When it happened.
    pub time: Option<TimeColumn>,
    /// The name of the events.
    pub event: Option<Column>,
    /// The order's id: a text with `{column}` in it, or `{row}` for the row's number in the file.
    pub order_id: Option<String>,
    /// The message id, where the file has one; else it is made of the row.
    pub message_id: Option<String>,
    /// Identifier type to column: `email`, `phone`, `user_id`, `anonymous_id`, …
    pub identifiers: BTreeMap<String, String>,
    /// Traits of contacts.
    pub traits: BTreeMap<String, Column>,
    /// Properties of orders and events.
    pub properties: BTreeMap<String, Column>,
    /// Properties of one line of an order: `product_id`, `name`, `price`, `quantity`, …
    pub line: BTreeMap<String, Column>,
}

/// The column of the time, how it is written, and where.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeColumn {
    pub column: String,
    /// As in `%d/%m/%Y %H:%M`; `unix` and `unix_ms` count from 1970; without it the ISO 8601 forms are read.
    pub format: Option<String>,
    /// Where the clock hung that wrote times without a zone; the shop's own when it is not said.
    pub zone: Option<String>,
}

/// A column's name, or a column with its kind, or a constant.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Column {
    Named(String),
    Typed {
        column: String,
        #[serde(rename = "type")]
        kind: ColumnKind,
    },
    Constant {
        value: Value,
    },
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    Text,
    Number,
    Boolean,
}

/// Properties that are numbers in every file: their text is read as one without being asked.
const NUMBERS: [&str; 9] =
    ["total", "revenue", "tax", "shipping", "discount", "price", "quantity", "value", "subtotal"];

const USUAL_IDENTIFIERS: [(&str, &[&str]); 6] = [
    ("email", &["email", "e-mail", "mail", "email_address", "courriel", "adresse e-mail"]),
    ("phone", &["phone", "telephone", "téléphone", "tel", "mobile", "phone_number"]),
    ("user_id", &["user_id", "userid", "customer_id", "customerid", "client_id", "id client"]),
    ("anonymous_id", &["anonymous_id", "anonymousid", "visitor_id"]),
    ("customer_number", &["customer_number", "customer_no", "numéro client"]),
    ("loyalty_card", &["loyalty_card", "card_number", "carte de fidélité"]),
];
const USUAL_TIMES: [&str; 10] = [
    "timestamp",
    "time",
    "date",
    "at",
    "created_at",
    "ordered_at",
    "order_date",
    "event_time",
    "datetime",
    "occurred_at",
];
const USUAL_ORDER_IDS: [&str; 5] = ["order_id", "orderid", "order", "order_number", "commande"];
const USUAL_EVENTS: [&str; 4] = ["event", "event_name", "action", "name"];
const USUAL_LINE_FIELDS: [&str; 7] = ["product_id", "sku", "product", "category", "brand", "price", "quantity"];
const USUAL_ORDER_FIELDS: [&str; 7] = ["total", "revenue", "currency", "tax", "shipping", "discount", "coupon"];

impl Mapping {
    /// What the columns are by their usual names; what has none becomes a trait or a property.
    pub fn guess(kind: ImportKind, columns: &[String]) -> Self {
        let mut mapping = Self::default();
        for column in columns {
            mapping.guess_column(kind, column);
        }
        mapping
    }

    fn guess_column(&mut self, kind: ImportKind, column: &str) {
        let folded = words::fold(column.trim()).replace(' ', "_");
        let is = |usual: &[&str]| usual.iter().any(|name| words::fold(name).replace(' ', "_") == folded);
        let named = || Column::Named(column.to_owned());
        if let Some((identifier, _)) = USUAL_IDENTIFIERS.iter().find(|(_, usual)| is(usual)) {
            self.identifiers.entry((*identifier).to_owned()).or_insert_with(|| column.to_owned());
        } else if is(&USUAL_TIMES) && self.time.is_none() && kind != ImportKind::Contacts {
            self.time = Some(TimeColumn { column: column.to_owned(), ..TimeColumn::default() });
        } else if kind == ImportKind::Contacts {
            self.traits.insert(column.to_owned(), named());
        } else if kind == ImportKind::Events {
            if is(&USUAL_EVENTS) && self.event.is_none() {
                self.event = Some(named());
            } else {
                self.properties.insert(column.to_owned(), named());
            }
        } else if is(&USUAL_ORDER_IDS) && self.order_id.is_none() {
            self.order_id = Some(format!("{{{column}}}"));
        } else if is(&USUAL_LINE_FIELDS) {
            let field = if folded == "product" { "name".to_owned() } else { folded };
            self.line.insert(field, named());
        } else if is(&USUAL_ORDER_FIELDS) {
            self.properties.insert(folded, named());
        } else {
            self.properties.insert(column.to_owned(), named());
        }
    }

    /// Checks that the parts go together with the kind of file.
    pub fn check(&self, kind: ImportKind) -> Result<(), MappingError> {
        if self.identifiers.is_empty() {
            return Err(MappingError::NoIdentifier);
        }
        let has = |part: &BTreeMap<String, Column>| !part.is_empty();
        match kind {
            ImportKind::Contacts if has(&self.properties) => Err(MappingError::OutOfPlace("[properties]")),
            ImportKind::Orders | ImportKind::Events if has(&self.traits) => Err(MappingError::OutOfPlace("[traits]")),
            ImportKind::Contacts | ImportKind::Events if has(&self.line) => Err(MappingError::OutOfPlace("[line]")),
            ImportKind::Orders if self.order_id.is_none() => Err(MappingError::NoOrderId),
            ImportKind::Events if self.event.is_none() => Err(MappingError::NoEvent),
            _ => Ok(()),
        }
    }

    /// Every column that the mapping reads, to compare with those of a file that names them.
    pub fn columns_read(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = self.identifiers.values().map(String::as_str).collect();
        let parts = [&self.traits, &self.properties, &self.line];
        columns.extend(parts.into_iter().flat_map(BTreeMap::values).filter_map(Column::column));
        columns.extend(self.event.iter().filter_map(Column::column));
        columns.extend(self.time.iter().map(|time| time.column.as_str()));
        columns.extend(self.message_id.as_deref());
        columns
    }
}

impl Column {
    fn column(&self) -> Option<&str> {
        match self {
            Self::Named(column) | Self::Typed { column, .. } => Some(column),
            Self::Constant { .. } => None,
        }
    }

    /// The value in a row, for a property of this name; none when the cell is empty.
    ///
    /// # Errors
    /// A sentence when the cell is not what it should be.
    pub(super) fn read(&self, name: &str, row: &Row) -> Result<Option<Value>, String> {
        let (column, kind) = match self {
            Self::Constant { value } => return Ok(Some(value.clone())),
            Self::Named(column) => (column, NUMBERS.contains(&name).then_some(ColumnKind::Number)),
            Self::Typed { column, kind } => (column, Some(*kind)),
        };
        let Some(cell) = row.get(column) else { return Ok(None) };
        match (cell, kind) {
            (Value::String(text), Some(kind)) => typed(column, text.trim(), kind).map(Some),
            // JSON and workbooks know numbers and truths; a mapping may want them as something else.
            (Value::Number(number), Some(ColumnKind::Text | ColumnKind::Boolean)) => {
                typed(column, &number.to_string(), kind.unwrap_or(ColumnKind::Text)).map(Some)
            }
            (other, _) => Ok(Some(other)),
        }
    }
}

fn typed(column: &str, text: &str, kind: ColumnKind) -> Result<Value, String> {
    match kind {
        ColumnKind::Text => Ok(Value::from(text)),
        ColumnKind::Number => number(text).ok_or_else(|| format!("{column} is {text:?}, which is not a number")),
        ColumnKind::Boolean => match words::fold(text).as_str() {
            "true" | "yes" | "oui" | "y" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "non" | "n" | "0" => Ok(Value::Bool(false)),
            _ => Err(format!("{column} is {text:?}, which is neither yes nor no")),
        },
    }
}

/// `1234.5`, and `1234,5` as most of Europe writes it; nothing that could be read in two ways.
fn number(text: &str) -> Option<Value> {
    let bare: String =
        text.chars().filter(|letter| !matches!(letter, '€' | '$' | '£' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    let is_plain = bare.bytes().all(|letter| letter.is_ascii_digit() || matches!(letter, b'.' | b',' | b'-' | b'+'));
    let separators = bare.bytes().filter(|letter| matches!(letter, b'.' | b',')).count();
    if !is_plain || separators > 1 || !bare.bytes().any(|letter| letter.is_ascii_digit()) {
        return None;
    }
    let bare = bare.replace(',', ".");
    if let Ok(whole) = bare.parse::<i64>() {
        return Some(Value::from(whole));
    }
    bare.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_read_as_written_and_ambiguous_ones_refused() {
        for (text, value) in [("12", 12.0), ("12.50", 12.5), ("12,50", 12.5), ("1 234,5 €", 1234.5), ("-3", -3.0)] {
            assert_eq!(number(text).unwrap().as_f64(), Some(value), "{text}");
        }
        for text in ["", "abc", "1.234,50", "1,234.50", "NaN", "1e400", "."] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn usual_column_names_are_known_in_both_languages() {
        let columns = ["Courriel", "Téléphone", "City"].map(str::to_owned);
        let mapping = Mapping::guess(ImportKind::Contacts, &columns);
        assert_eq!(mapping.identifiers.keys().collect::<Vec<_>>(), ["email", "phone"]);
        assert_eq!(mapping.traits.keys().collect::<Vec<_>>(), ["City"]);
        let columns = ["order_id", "Email", "date", "sku", "price", "total", "store"].map(str::to_owned);
        let mapping = Mapping::guess(ImportKind::Orders, &columns);
        assert!(mapping.check(ImportKind::Orders).is_ok());
        assert_eq!(mapping.line.keys().collect::<Vec<_>>(), ["price", "sku"]);
        assert_eq!(mapping.properties.keys().collect::<Vec<_>>(), ["store", "total"]);
    }
}
