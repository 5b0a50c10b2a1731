//! Rows of a file, one after the other, each with its line; a row that cannot be read does not end the reading.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Seek};
use std::sync::Arc;

use jiff::civil::DateTime;
use serde_json::Value;

use super::mapping::{Format, Mapping, MappingError};
use super::sheet::{Cell, sheet_rows};

/// One line of JSON, or one row of cells: more is no row of a shop's data.
pub(super) const MAX_ROW_BYTES: usize = 1024 * 1024;
/// How much of the file is looked at to tell its delimiter.
const SNIFFED_BYTES: usize = 64 * 1024;

/// What can be imported: a workbook is read from its end.
pub trait ImportFile: Read + Seek + Send {}

impl<T: Read + Seek + Send> ImportFile for T {}

/// A row and where it stood.
#[derive(Clone, Debug)]
pub struct Row {
    pub line: u64,
    /// 1 for the first row of data.
    pub number: u64,
    /// As it stood in the file, as far as it could be read.
    pub raw: String,
    pub(super) cells: Cells,
}

#[derive(Clone, Debug)]
pub(super) enum Cells {
    Named { places: Arc<HashMap<String, usize>>, cells: Vec<String> },
    Sheet { places: Arc<HashMap<String, usize>>, cells: Vec<Cell> },
    Json(Value),
}

impl Row {
    /// The value of a column; a dotted name reaches into objects of JSON. Empty cells are none.
    pub fn get(&self, column: &str) -> Option<Value> {
        match &self.cells {
            Cells::Named { places, cells } => {
                let cell = cells.get(*places.get(column)?)?.trim();
                (!cell.is_empty()).then(|| Value::from(cell))
            }
            Cells::Sheet { places, cells } => {
                let value = cells.get(*places.get(column)?)?.value();
                let is_empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
                (!is_empty).then_some(value)
            }
            Cells::Json(object) => {
                let direct = object.get(column);
                let found = direct.or_else(|| column.split('.').try_fold(object, |value, part| value.get(part)));
                found.filter(|value| !value.is_null()).cloned()
            }
        }
    }

    /// The same as text: ids are also written as numbers.
    pub fn text(&self, column: &str) -> Option<String> {
        match self.get(column)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The date and time of a cell that holds one, and not a text.
    pub fn local_time(&self, column: &str) -> Option<DateTime> {
        match &self.cells {
            Cells::Sheet { places, cells } => match cells.get(*places.get(column)?)? {
                Cell::Time(at) => Some(*at),
                Cell::Value(_) => None,
            },
            Cells::Named { .. } | Cells::Json(_) => None,
        }
    }

    /// The object of a JSON row.
    pub fn object(&self) -> Option<&Value> {
        match &self.cells {
            Cells::Json(object) => Some(object),
            Cells::Named { .. } | Cells::Sheet { .. } => None,
        }
    }
}

/// A row that could not be read.
#[derive(Clone, Debug)]
pub struct Unreadable {
    pub line: u64,
    pub reason: String,
    pub raw: String,
}

/// The rows of a file, and the names of its columns where it has such.
pub struct Rows {
    pub columns: Option<Vec<String>>,
    pub(super) reading: Box<dyn Iterator<Item = Result<Row, Unreadable>> + Send>,
}

impl Iterator for Rows {
    type Item = Result<Row, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reading.next()
    }
}

impl Rows {
    pub fn open(file: Box<dyn ImportFile>, format: Format, mapping: &Mapping) -> Result<Self, MappingError> {
        let mut file = BufReader::with_capacity(SNIFFED_BYTES, file);
        if format != Format::Xlsx {
            skip_byte_order_mark(&mut file)?;
        }
        match format {
            Format::Xlsx => sheet_rows(file, mapping),
            Format::Csv => csv_rows(file, mapping),
            Format::Whitespace => whitespace_rows(file, mapping),
            Format::Jsonl => Ok(Self { columns: None, reading: Box::new(Lines::new(file).map(json_row)) }),
        }
    }
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> MappingError {
    MappingError::Unreadable(error.to_string())
}

fn skip_byte_order_mark(file: &mut impl BufRead) -> Result<(), MappingError> {
    if file.fill_buf().map_err(unreadable)?.starts_with(b"\xEF\xBB\xBF") {
        file.consume(3);
    }
    Ok(())
}

pub(super) fn places_of(columns: &[String]) -> Arc<HashMap<String, usize>> {
    Arc::new(columns.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect())
}

fn csv_rows(mut file: BufReader<Box<dyn ImportFile>>, mapping: &Mapping) -> Result<Rows, MappingError> {
    let delimiter = match mapping.delimiter.as_deref() {
        None => sniff(file.fill_buf().map_err(unreadable)?),
        Some("\\t" | "tab") => b'\t',
        Some(text) if text.len() == 1 => text.as_bytes()[0],
        Some(other) => return Err(MappingError::BadDelimiter(other.to_owned())),
    };
    let has_header = mapping.columns.is_empty();
    let has_carriage_returns = ends_with_carriage_return(file.fill_buf().map_err(unreadable)?);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(has_header).from_reader(file);
    let columns: Vec<String> = if has_header {
        reader.headers().map_err(unreadable)?.iter().map(|name| name.trim().to_owned()).collect()
    } else {
        mapping.columns.clone()
    };
    let (places, width) = (places_of(&columns), columns.len());
    let rows = reader.into_byte_records().enumerate().map(move |(index, read)| {
        let record = read.map_err(|error| csv_failure(&error))?;
        // The csv library stands before the line feed of the row before when lines end with CR LF.
        let is_line_behind = has_carriage_returns && (has_header || index > 0);
        let line = record.position().map_or(0, csv::Position::line) + u64::from(is_line_behind);
        csv_row(&record, line, index as u64 + 1, &places, width)
    });
    Ok(Rows { columns: Some(columns), reading: Box::new(rows) })
}

fn csv_failure(error: &csv::Error) -> Unreadable {
    let line = error.position().map_or(0, csv::Position::line);
    Unreadable { line, reason: error.to_string(), raw: String::new() }
}

fn csv_row(
    record: &csv::ByteRecord,
    line: u64,
    number: u64,
    places: &Arc<HashMap<String, usize>>,
    width: usize,
) -> Result<Row, Unreadable> {
    let raw = record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
    let refused = |reason: String, raw: &str| Err(Unreadable { line, reason, raw: raw.to_owned() });
    if record.len() != width {
        return refused(format!("the row has {} cells where the header has {width}", record.len()), &raw);
    }
    if record.as_slice().len() > MAX_ROW_BYTES {
        return refused(format!("a row holds at most {MAX_ROW_BYTES} bytes"), "");
    }
    let cells: Result<Vec<String>, _> =
        record.iter().map(|cell| std::str::from_utf8(cell).map(str::to_owned)).collect();
    match cells {
        Ok(cells) => Ok(Row { line, number, raw, cells: Cells::Named { places: Arc::clone(places), cells } }),
        Err(_) => refused("the row is not UTF-8; save the file as UTF-8".to_owned(), &raw),
    }
}

fn ends_with_carriage_return(start: &[u8]) -> bool {
    let end = start.iter().position(|byte| *byte == b'\n');
    end.is_some_and(|end| end > 0 && start[end - 1] == b'\r')
}

/// The separator that stands most often in the first line, outside of quotes.
fn sniff(start: &[u8]) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in start {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts.iter_mut().filter(|(separator, _)| separator == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of equals the first: a line with none is read as one column whatever is chosen.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(separator, _)| *separator)
}

fn whitespace_rows(file: BufReader<Box<dyn ImportFile>>, mapping: &Mapping) -> Result<Rows, MappingError> {
    let mut lines = Lines::new(file);
    let columns: Vec<String> = if mapping.columns.is_empty() {
        let header = lines.next().transpose().map_err(|error| unreadable(error.reason))?;
        header.map(|header| header.text.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
    } else {
        mapping.columns.clone()
    };
    let (places, width) = (places_of(&columns), columns.len());
    let rows = lines.enumerate().map(move |(index, line)| {
        let line = line?;
        let cells: Vec<String> = line.text.split_whitespace().map(str::to_owned).collect();
        if cells.len() != width {
            let reason = format!("the row has {} cells where there are {width} columns", cells.len());
            return Err(Unreadable { line: line.number, reason, raw: line.text });
        }
        let cells = Cells::Named { places: Arc::clone(&places), cells };
        Ok(Row { line: line.number, number: index as u64 + 1, raw: line.text, cells })
    });
    Ok(Rows { columns: Some(columns), reading: Box::new(rows) })
}

fn json_row(line: Result<Line, Unreadable>) -> Result<Row, Unreadable> {
    let line = line?;
    let refused = |reason: String| Unreadable { line: line.number, reason, raw: line.text.clone() };
    match crate::kernel::parse_strict(&line.text) {
        Ok(object @ Value::Object(_)) => {
            Ok(Row { line: line.number, number: line.place, raw: line.text, cells: Cells::Json(object) })
        }
        Ok(_) => Err(refused("the line is JSON, but no object".to_owned())),
        Err(error) => Err(refused(error.to_string())),
    }
}

struct Line {
    /// In the file, blank ones counted.
    number: u64,
    /// Among those with text.
    place: u64,
    text: String,
}

/// Lines with text in them, each bounded.
struct Lines {
    file: BufReader<Box<dyn ImportFile>>,
    number: u64,
    place: u64,
    has_ended: bool,
}

impl Lines {
    fn new(file: BufReader<Box<dyn ImportFile>>) -> Self {
        Self { file, number: 0, place: 0, has_ended: false }
    }

    /// The bytes up to the end of the line; what is beyond the bound is passed over.
    fn read_line(&mut self) -> std::io::Result<(Vec<u8>, bool)> {
        let mut bytes = Vec::new();
        let mut is_too_long = false;
        loop {
            let buffer = self.file.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            if bytes.len() + taken <= MAX_ROW_BYTES {
                bytes.extend_from_slice(&buffer[..taken]);
            } else {
                is_too_long = true;
            }
            self.file.consume(taken);
            if end.is_some() || taken == 0 {
                return Ok((bytes, is_too_long));
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended {
            self.number += 1;
            let refused = |number, reason: String| Some(Err(Unreadable { line: number, reason, raw: String::new() }));
            match self.read_line() {
                Err(error) => {
                    self.has_ended = true;
                    return refused(self.number, error.to_string());
                }
                Ok((_, true)) => return refused(self.number, format!("a line holds at most {MAX_ROW_BYTES} bytes")),
                Ok((bytes, false)) if bytes.is_empty() => self.has_ended = true,
                Ok((bytes, false)) => match String::from_utf8(bytes) {
                    Err(_) => return refused(self.number, "the line is not UTF-8; save the file as UTF-8".to_owned()),
                    Ok(text) if text.trim().is_empty() => {}
                    Ok(text) => {
                        self.place += 1;
                        let text = text.trim().to_owned();
                        return Some(Ok(Line { number: self.number, place: self.place, text }));
                    }
                },
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Line and first value, or line and reason.
    type Outcome = Result<(u64, Option<String>), (u64, String)>;

    fn rows(text: &str, format: Format) -> Vec<Outcome> {
        let file: Box<dyn ImportFile> = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let rows = Rows::open(file, format, &Mapping::default()).unwrap();
        let seen = rows.map(|row| match row {
            Ok(row) => Ok((row.line, row.text("b"))),
            Err(refused) => Err((refused.line, refused.reason)),
        });
        seen.collect()
    }

    #[test]
    fn the_delimiter_is_told_from_the_header() {
        for text in ["a,b\n1,x\n", "a;b\r\n1;x\r\n", "a\tb\n1\tx", "\u{feff}a;b\n1;x", "\"a,a\";b\n1;x\n"] {
            assert_eq!(rows(text, Format::Csv), [Ok((2, Some("x".to_owned())))], "{text:?}");
        }
        assert_eq!(rows("  a   b\n 1\t x\n\n", Format::Whitespace), [Ok((2, Some("x".to_owned())))]);
    }

    #[test]
    fn a_bad_row_is_named_by_its_line_and_its_neighbours_are_read() {
        let seen = rows("a,b\n1,x\n2\n3,\"two\nlines\"\n4,\n", Format::Csv);
        assert_eq!(seen[0], Ok((2, Some("x".to_owned()))));
        assert_eq!(seen[1], Err((3, "the row has 1 cells where the header has 2".to_owned())));
        assert_eq!(seen[2], Ok((4, Some("two\nlines".to_owned()))));
        assert_eq!(seen[3], Ok((6, None)));
        let seen = rows("{\"b\": 1}\n\n[]\n{\"b\": \"y\"}\n", Format::Jsonl);
        assert_eq!(seen[0], Ok((1, Some("1".to_owned()))));
        assert_eq!(seen[1], Err((3, "the line is JSON, but no object".to_owned())));
        assert_eq!(seen[2], Ok((4, Some("y".to_owned()))));
    }
}
