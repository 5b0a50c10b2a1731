//! Rows as calls of the tracking API, each with a message id made of what it says.

use std::collections::HashMap;
use std::iter::Peekable;

use engine::orders::OrderEvent;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use words::Timestamp;

use super::mapping::{Column, Format, ImportKind, Mapping, MappingError};
use super::rows::{ImportFile, Row, Rows, Unreadable};
use super::times::TimeReader;

const ORDER_COMPLETED: &str = "Order Completed";
/// Lines of one order; more is a column mistaken for the order's id.
const MAX_LINES: usize = 200;

/// A call, and how many rows it stands for.
#[derive(Clone, Debug)]
pub struct ImportedCall {
    pub line: u64,
    pub rows: u64,
    pub raw: String,
    pub body: Value,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    pub line: u64,
    pub reason: String,
    pub raw: String,
}

/// The calls of a file.
pub struct Calls {
    kind: ImportKind,
    mapping: Mapping,
    time: Option<TimeReader>,
    rows: Peekable<Rows>,
    /// How often each row of events was met: two equal rows are two events. Eight bytes a row.
    met: HashMap<u64, u32>,
    /// A line of events that is a call of the tracking API already.
    holds_calls: bool,
}

impl Calls {
    /// Opens a file with its mapping, or with the one that its columns' names suggest.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn open(
        file: Box<dyn ImportFile>,
        kind: ImportKind,
        format: Format,
        mapping: Option<Mapping>,
        shop_zone: &TimeZone,
    ) -> Result<Self, MappingError> {
        let format = mapping.as_ref().and_then(|mapping| mapping.format).unwrap_or(format);
        let mut rows = Rows::open(file, format, mapping.as_ref().unwrap_or(&Mapping::default()))?.peekable_rows();
        let holds_calls = mapping.is_none() && format == Format::Jsonl && kind == ImportKind::Events;
        let mapping = match mapping {
            Some(mapping) => mapping,
            None => Mapping::guess(kind, &columns_of(&mut rows)),
        };
        if !holds_calls {
            mapping.check(kind)?;
            check_columns(&mapping, rows.0.as_deref())?;
        }
        let time = time_reader(&mapping, shop_zone)?;
        Ok(Self { kind, mapping, time, rows: rows.1, met: HashMap::new(), holds_calls })
    }
}

/// The names of the columns, and the rows.
type NamedRows = (Option<Vec<String>>, Peekable<Rows>);

impl Rows {
    fn peekable_rows(self) -> NamedRows {
        (self.columns.clone(), self.peekable())
    }
}

/// Of JSON Lines the fields of the first line.
fn columns_of(rows: &mut NamedRows) -> Vec<String> {
    if let Some(columns) = &rows.0 {
        return columns.clone();
    }
    let first = rows.1.peek().and_then(|row| row.as_ref().ok()).and_then(Row::object).and_then(Value::as_object);
    first.map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

fn check_columns(mapping: &Mapping, columns: Option<&[String]>) -> Result<(), MappingError> {
    let Some(columns) = columns else { return Ok(()) };
    match mapping.columns_read().into_iter().find(|read| !columns.iter().any(|column| column == read)) {
        None => Ok(()),
        Some(missing) => Err(MappingError::NoSuchColumn(missing.to_owned(), columns.join(", "))),
    }
}

fn time_reader(mapping: &Mapping, shop_zone: &TimeZone) -> Result<Option<TimeReader>, MappingError> {
    let Some(time) = &mapping.time else { return Ok(None) };
    let zone = match &time.zone {
        None => shop_zone.clone(),
        Some(name) => TimeZone::get(name).map_err(|_| MappingError::BadZone(name.clone()))?,
    };
    Ok(Some(TimeReader::new(time.format.clone(), zone)))
}

impl Iterator for Calls {
    type Item = Result<ImportedCall, RefusedRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.rows.next()? {
            Ok(row) => row,
            Err(Unreadable { line, reason, raw }) => return Some(Err(RefusedRow { line, reason, raw })),
        };
        let (line, raw) = (row.line, row.raw.clone());
        let rows_of_it;
        let body = if self.kind == ImportKind::Orders {
            let others = self.other_lines(&row);
            rows_of_it = 1 + others.len() as u64;
            self.order(&row, &others)
        } else {
            rows_of_it = 1;
            self.single(&row)
        };
        Some(match body {
            Ok(body) => Ok(ImportedCall { line, rows: rows_of_it, raw, body: Value::Object(body) }),
            Err(reason) => Err(RefusedRow { line, reason, raw }),
        })
    }
}

type Fields = Map<String, Value>;

impl Calls {
    fn single(&mut self, row: &Row) -> Result<Fields, String> {
        if self.kind == ImportKind::Contacts {
            return self.contact(row);
        }
        let digest = digest_of(&["event", &row.raw]);
        let times_met = self.met.entry(u64::from_be_bytes(first_eight(&digest))).or_default();
        *times_met += 1;
        let fallback = message_id(&["event", &row.raw, &times_met.to_string()]);
        if self.holds_calls {
            return Ok(ready_call(row, fallback));
        }
        self.event(row, fallback)
    }

    fn contact(&self, row: &Row) -> Result<Fields, String> {
        let mut traits = self.values(&self.mapping.traits, row)?;
        let mut call = self.envelope("identify", row, &mut traits)?;
        call.insert("traits".to_owned(), Value::Object(traits));
        Ok(self.sealed("contact", call, row))
    }

    fn event(&self, row: &Row, fallback_id: String) -> Result<Fields, String> {
        let name = self.mapping.event.as_ref().map(|column| column.read("event", row)).transpose()?.flatten();
        let Some(Value::String(name)) = name else { return Err("the row names no event".to_owned()) };
        let properties = self.values(&self.mapping.properties, row)?;
        let mut known = Fields::new();
        let mut call = self.envelope("track", row, &mut known)?;
        call.insert("event".to_owned(), Value::String(name));
        call.insert("properties".to_owned(), Value::Object(properties));
        with_context(&mut call, &known);
        let own_id = self.mapping.message_id.as_ref().and_then(|column| row.text(column));
        call.insert("messageId".to_owned(), Value::String(own_id.unwrap_or(fallback_id)));
        Ok(call)
    }

    /// The rows that follow and bear the same order's id.
    fn other_lines(&mut self, first: &Row) -> Vec<Row> {
        let mut others = Vec::new();
        let Ok(id) = self.order_id(first) else { return others };
        while others.len() + 1 < MAX_LINES {
            let is_same = matches!(self.rows.peek(), Some(Ok(row)) if self.mapping.order_id.as_deref().and_then(|template| render(template, row).ok()).as_deref() == Some(&id));
            match is_same.then(|| self.rows.next()).flatten() {
                Some(Ok(row)) => others.push(row),
                _ => break,
            }
        }
        others
    }

    fn order_id(&self, row: &Row) -> Result<String, String> {
        render(self.mapping.order_id.as_deref().unwrap_or_default(), row)
    }

    fn order(&self, first: &Row, others: &[Row]) -> Result<Fields, String> {
        let mut properties = self.values(&self.mapping.properties, first)?;
        properties.insert("order_id".to_owned(), Value::String(self.order_id(first)?));
        if !self.mapping.line.is_empty() {
            let rows = std::iter::once(first).chain(others);
            let lines: Result<Vec<Value>, String> =
                rows.map(|row| self.values(&self.mapping.line, row).map(Value::Object)).collect();
            properties.insert("products".to_owned(), Value::Array(lines?));
        }
        let properties = Value::Object(properties);
        if let Some(Err(problem)) = OrderEvent::from_call(ORDER_COMPLETED, &properties, 0, Timestamp::UNIX_EPOCH) {
            return Err(problem.to_string());
        }
        let mut known = Fields::new();
        let mut call = self.envelope("track", first, &mut known)?;
        call.insert("event".to_owned(), json!(ORDER_COMPLETED));
        call.insert("properties".to_owned(), properties);
        with_context(&mut call, &known);
        Ok(self.sealed("order", call, first))
    }

    fn values(&self, columns: &std::collections::BTreeMap<String, Column>, row: &Row) -> Result<Fields, String> {
        let mut values = Fields::new();
        for (name, column) in columns {
            if let Some(value) = column.read(name, row)? {
                values.insert(name.clone(), value);
            }
        }
        Ok(values)
    }

    /// Type, time and identifiers; those that have no field of their own go to `known`.
    fn envelope(&self, call_type: &str, row: &Row, known: &mut Fields) -> Result<Fields, String> {
        let mut call = Fields::new();
        call.insert("type".to_owned(), Value::from(call_type));
        if let (Some(reader), Some(time)) = (&self.time, &self.mapping.time) {
            let at = instant(reader, &time.column, row)?;
            call.insert("timestamp".to_owned(), Value::from(at.to_string()));
        }
        for (kind, column) in &self.mapping.identifiers {
            let Some(text) = row.text(column) else { continue };
            match kind.as_str() {
                "user_id" => call.insert("userId".to_owned(), Value::String(text)),
                "anonymous_id" => call.insert("anonymousId".to_owned(), Value::String(text)),
                _ => known.insert(kind.clone(), Value::String(text)),
            };
        }
        Ok(call)
    }

    /// The call with its message id: the file's own, or one of everything that the call says.
    fn sealed(&self, kind: &str, mut call: Fields, row: &Row) -> Fields {
        let own_id = self.mapping.message_id.as_ref().and_then(|column| row.text(column));
        let id = own_id.unwrap_or_else(|| message_id(&[kind, &Value::Object(call.clone()).to_string()]));
        call.insert("messageId".to_owned(), Value::String(id));
        call
    }
}

fn instant(reader: &TimeReader, column: &str, row: &Row) -> Result<Timestamp, String> {
    let text = row.text(column).ok_or_else(|| format!("{column} is empty"))?;
    let read = match row.local_time(column) {
        Some(local) => reader.local(local),
        None => reader.read(&text),
    };
    read.ok_or_else(|| format!("{column} is {text:?}, which is no time in the form expected"))
}

fn with_context(call: &mut Fields, known: &Fields) {
    if !known.is_empty() {
        call.insert("context".to_owned(), json!({ "traits": known }));
    }
}

/// A line that is a call already; without a type it is a `track` call.
fn ready_call(row: &Row, fallback_id: String) -> Fields {
    let mut call = row.object().and_then(Value::as_object).cloned().unwrap_or_default();
    call.entry("type").or_insert_with(|| Value::from("track"));
    call.entry("messageId").or_insert(Value::String(fallback_id));
    call
}

/// A template with `{column}` in it; `{row}` is the row's number.
fn render(template: &str, row: &Row) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) =
            after.split_once('}').ok_or_else(|| format!("order_id {template:?} has no closing brace"))?;
        text.push_str(before);
        match name {
            "row" => text.push_str(&row.number.to_string()),
            name => text.push_str(&row.text(name).ok_or_else(|| format!("{name} is empty; the order has no id"))?),
        }
        rest = tail;
    }
    text.push_str(rest);
    Ok(text)
}

fn digest_of(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

fn first_eight(digest: &[u8; 32]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    [a, b, c, d, e, f, g, h]
}

fn message_id(parts: &[&str]) -> String {
    let digest = digest_of(parts);
    let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("import-{hex}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn calls(text: &str, kind: ImportKind, mapping: Option<Mapping>) -> Vec<Result<ImportedCall, RefusedRow>> {
        let file: Box<dyn ImportFile> = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        Calls::open(file, kind, Format::Csv, mapping, &TimeZone::UTC).unwrap().collect()
    }

    #[test]
    fn consecutive_rows_of_one_order_make_one_call_with_its_lines() {
        let text = "order_id,email,date,sku,price,quantity\n7,a@example.com,2024-01-02,x,10,2\n\
                    7,a@example.com,2024-01-02,y,5.5,1\n8,b@example.com,2024-01-03,x,10,1\n";
        let found = calls(text, ImportKind::Orders, None);
        assert_eq!(found.len(), 2);
        let first = found[0].as_ref().unwrap();
        assert_eq!((first.line, first.rows), (2, 2));
        assert_eq!(first.body["properties"]["order_id"], "7");
        assert_eq!(first.body["properties"]["products"][1], json!({"sku": "y", "price": 5.5, "quantity": 1}));
        assert_eq!(first.body["context"]["traits"]["email"], "a@example.com");
        assert_eq!(first.body["timestamp"], "2024-01-02T00:00:00.000Z");
    }

    #[test]
    fn equal_rows_are_two_events_and_the_same_two_in_every_run() {
        let text = "user_id,event,timestamp\nu,View,2024-01-02\nu,View,2024-01-02\n";
        let ids = |found: Vec<Result<ImportedCall, RefusedRow>>| -> Vec<String> {
            found.into_iter().map(|call| call.unwrap().body["messageId"].to_string()).collect()
        };
        let (first, second) = (ids(calls(text, ImportKind::Events, None)), ids(calls(text, ImportKind::Events, None)));
        assert_eq!(first, second);
        assert_ne!(first[0], first[1]);
    }

    #[test]
    fn a_row_that_cannot_be_used_tells_its_line_and_the_reason() {
        let text = "order_id,email,date,total\n1,a@example.com,yesterday,3\n2,a@example.com,2024-01-02,three\n,a@example.com,2024-01-02,3\n";
        let reasons: Vec<RefusedRow> =
            calls(text, ImportKind::Orders, None).into_iter().map(|call| call.unwrap_err()).collect();
        assert_eq!(reasons[0].reason, "date is \"yesterday\", which is no time in the form expected");
        assert_eq!(reasons[1].reason, "total is \"three\", which is not a number");
        assert_eq!(reasons[2].reason, "order_id is empty; the order has no id");
        assert_eq!(reasons.iter().map(|refused| refused.line).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn a_mapping_that_names_a_missing_column_is_refused_before_anything_is_read() {
        let file: Box<dyn ImportFile> = Box::new(std::io::Cursor::new(b"a,b\n1,2\n".to_vec()));
        let mut mapping = Mapping::default();
        mapping.identifiers.insert("email".to_owned(), "mail".to_owned());
        let refused =
            Calls::open(file, ImportKind::Contacts, Format::Csv, Some(mapping), &TimeZone::UTC).err().unwrap();
        assert_eq!(refused.to_string(), "the file has no column \"mail\"; its columns are: a, b");
    }
}
