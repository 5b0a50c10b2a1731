//! Rows of an Excel workbook, one after the other.
//!
//! The library lends out cells only while it holds the workbook, so a thread of their own reads them and hands rows over
//! through a short queue. Its shared texts are in memory for as long; the cells are not.

use std::collections::HashMap;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx, XlsxCellReader};
use jiff::civil::DateTime;
use serde_json::{Number, Value};
use words::clean_text;

use super::mapping::{Mapping, MappingError};
use super::rows::{Cells, ImportFile, MAX_ROW_BYTES, Row, Rows, Unreadable, places_of, unreadable};

/// Rows read ahead of the one that is used.
const ROWS_AHEAD: usize = 256;
/// Columns of a sheet; Excel itself has no more.
const MAX_COLUMNS: u32 = 16_384;

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Value(Value),
    /// A date with its time as the clock showed it: Excel knows no zones.
    Time(DateTime),
}

impl Cell {
    /// As a file of text would hold it.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Time(at) if at.time() == jiff::civil::Time::midnight() => Value::from(at.date().to_string()),
            Self::Time(at) => Value::from(at.to_string()),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Value(Value::String(text)) => text.trim().is_empty(),
            Self::Value(value) => value.is_null(),
            Self::Time(_) => false,
        }
    }

    fn text(&self) -> String {
        match self.value() {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}

type Workbook = Xlsx<BufReader<Box<dyn ImportFile>>>;
type Read = Result<Row, Unreadable>;

/// Opens the first sheet of a workbook, or the one that the mapping names.
pub(super) fn sheet_rows(file: BufReader<Box<dyn ImportFile>>, mapping: &Mapping) -> Result<Rows, MappingError> {
    let (tell_columns, columns) = sync_channel(1);
    let (tell_row, rows) = sync_channel(ROWS_AHEAD);
    let (sheet, named) = (mapping.sheet.clone(), mapping.columns.clone());
    let work = move || {
        let opened = open(file, sheet.as_deref());
        match opened {
            Ok((mut workbook, sheet)) => read_sheet(&mut workbook, &sheet, named, &tell_columns, &tell_row),
            Err(error) => drop(tell_columns.send(Err(error))),
        }
    };
    thread::Builder::new().name("import-sheet".to_owned()).spawn(work).map_err(unreadable)?;
    let columns = columns.recv().map_err(|_| unreadable("its sheets are damaged"))??;
    Ok(Rows { columns: Some(columns), reading: Box::new(Arriving { rows, last_line: 0, has_ended: false }) })
}

/// What the thread sends: a row, or nothing after the last one.
type Told = Option<Read>;

struct Arriving {
    rows: Receiver<Told>,
    last_line: u64,
    has_ended: bool,
}

impl Iterator for Arriving {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        if self.has_ended {
            return None;
        }
        match self.rows.recv() {
            Ok(Some(read)) => {
                self.last_line = read.as_ref().map_or_else(|refused| refused.line, |row| row.line);
                Some(read)
            }
            Ok(None) => {
                self.has_ended = true;
                None
            }
            // The thread died of what it read: rows that are missing must not pass for none.
            Err(_) => {
                self.has_ended = true;
                Some(Err(refused(self.last_line + 1, "the sheet is damaged from here on; nothing more was read")))
            }
        }
    }
}

fn open(file: BufReader<Box<dyn ImportFile>>, wanted: Option<&str>) -> Result<(Workbook, String), MappingError> {
    let workbook: Workbook =
        Xlsx::new(file).map_err(|error| unreadable(format!("it is no Excel workbook (.xlsx): {error}")))?;
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let found = match wanted {
        None => names.first(),
        Some(wanted) => names.iter().find(|name| *name == wanted),
    };
    match found.cloned() {
        Some(sheet) => Ok((workbook, sheet)),
        None => Err(MappingError::NoSuchSheet(wanted.unwrap_or_default().to_owned(), names.join(", "))),
    }
}

fn read_sheet(
    workbook: &mut Workbook,
    sheet: &str,
    named: Vec<String>,
    tell_columns: &SyncSender<Result<Vec<String>, MappingError>>,
    tell_row: &SyncSender<Told>,
) {
    let mut lines = match workbook.worksheet_cells_reader(sheet) {
        Ok(cells) => Lines { cells, ahead: None, has_ended: false },
        Err(error) => return drop(tell_columns.send(Err(unreadable(error)))),
    };
    let columns = if named.is_empty() { header(&mut lines) } else { Ok(named) };
    let Ok(columns) = columns.inspect_err(|refused| drop(tell_columns.send(Err(unreadable(&refused.reason))))) else {
        return;
    };
    let (places, width) = (places_of(&columns), columns.len());
    // Nobody listens any more when the import was given up.
    if tell_columns.send(Ok(columns)).is_err() {
        return;
    }
    for (index, line) in lines.enumerate() {
        let row = line.and_then(|line| line.row(index as u64 + 1, &places, width));
        if tell_row.send(Some(row)).is_err() {
            return;
        }
    }
    let _ = tell_row.send(None);
}

fn header(lines: &mut Lines<'_>) -> Result<Vec<String>, Unreadable> {
    let line = lines.next().transpose()?;
    let cells = line.map(|line| line.cells).unwrap_or_default();
    let width = cells.iter().map(|(column, _)| *column as usize + 1).max().unwrap_or(0);
    let mut columns = vec![String::new(); width];
    for (column, cell) in cells {
        cell.text().trim().clone_into(&mut columns[column as usize]);
    }
    Ok(columns)
}

fn refused(line: u64, reason: impl Into<String>) -> Unreadable {
    Unreadable { line, reason: reason.into(), raw: String::new() }
}

/// The cells of one line that hold something.
struct Line {
    number: u64,
    cells: Vec<(u32, Cell)>,
}

impl Line {
    fn row(self, number: u64, places: &Arc<HashMap<String, usize>>, width: usize) -> Read {
        let found = self.cells.iter().map(|(column, _)| *column as usize + 1).max().unwrap_or(0);
        let mut cells = vec![Cell::Value(Value::Null); width.max(found)];
        for (column, cell) in self.cells {
            cells[column as usize] = cell;
        }
        let raw = cells.iter().map(Cell::text).collect::<Vec<_>>().join(",");
        if found > width {
            let reason = format!("the row has {found} cells where the header has {width}");
            return Err(Unreadable { line: self.number, reason, raw });
        }
        Ok(Row { line: self.number, number, raw, cells: Cells::Sheet { places: Arc::clone(places), cells } })
    }
}

/// Lines with something in them.
struct Lines<'a> {
    cells: XlsxCellReader<'a, BufReader<Box<dyn ImportFile>>>,
    /// The first cell of the next line.
    ahead: Option<calamine::Cell<DataRef<'a>>>,
    has_ended: bool,
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended {
            match self.read_line() {
                Ok(line) if line.cells.is_empty() => {}
                read => return Some(read),
            }
        }
        None
    }
}

impl Lines<'_> {
    /// The cells of one line, all of them taken even when one of them is refused.
    fn read_line(&mut self) -> Result<Line, Unreadable> {
        let mut line = Line { number: 0, cells: Vec::new() };
        let (mut bytes, mut problem) = (0, None);
        while let Some(cell) = self.next_cell(line.number)? {
            let (row, column) = cell.get_position();
            let number = u64::from(row) + 1;
            if line.number == 0 {
                line.number = number;
            }
            if number != line.number {
                self.ahead = Some(cell);
                break;
            }
            match read_cell(cell.get_value(), row, column) {
                Ok(cell) if cell.is_empty() => {}
                Ok(cell) => {
                    bytes += cell.text().len();
                    line.cells.push((column, cell));
                }
                Err(reason) => problem = problem.or(Some(reason)),
            }
            if bytes > MAX_ROW_BYTES {
                line.cells.clear();
                problem = Some(format!("a row holds at most {MAX_ROW_BYTES} bytes"));
            }
        }
        match problem {
            None => Ok(line),
            Some(reason) => Err(refused(line.number, reason)),
        }
    }
}

impl<'a> Lines<'a> {
    fn next_cell(&mut self, line: u64) -> Result<Option<calamine::Cell<DataRef<'a>>>, Unreadable> {
        if let Some(cell) = self.ahead.take() {
            return Ok(Some(cell));
        }
        match self.cells.next_cell() {
            Ok(Some(cell)) => Ok(Some(cell)),
            Ok(None) => {
                self.has_ended = true;
                Ok(None)
            }
            Err(error) => {
                self.has_ended = true;
                Err(refused(line.max(1), format!("the sheet is damaged from here on: {error}")))
            }
        }
    }
}

fn read_cell(value: &DataRef<'_>, row: u32, column: u32) -> Result<Cell, String> {
    if column >= MAX_COLUMNS {
        return Err(format!("a sheet has at most {MAX_COLUMNS} columns"));
    }
    Ok(match value {
        DataRef::Empty => Cell::Value(Value::Null),
        DataRef::Int(whole) => Cell::Value(Value::from(*whole)),
        DataRef::Float(number) => Cell::Value(number_as_shown(*number)),
        DataRef::Bool(truth) => Cell::Value(Value::Bool(*truth)),
        DataRef::String(text) => Cell::Value(Value::from(clean_text(text))),
        DataRef::SharedString(text) => Cell::Value(Value::from(clean_text(text))),
        DataRef::DateTime(at) => date_cell(*at)
            .ok_or_else(|| format!("cell {} holds the date {at}, which is in no calendar", name_of(row, column)))?,
        DataRef::DateTimeIso(text) => text.parse().map_or_else(|_| Cell::Value(Value::from(text.as_str())), Cell::Time),
        DataRef::DurationIso(text) => Cell::Value(Value::from(text.as_str())),
        DataRef::Error(error) => {
            return Err(format!("cell {} holds the error {error}; correct it in the sheet", name_of(row, column)));
        }
    })
}

/// Excel computes with 17 digits and shows 15: what people see is meant.
fn number_as_shown(number: f64) -> Value {
    let shown: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if shown.fract() == 0.0 && shown.abs() < 1e15 {
        return Value::from(shown as i64);
    }
    Number::from_f64(shown).map_or(Value::Null, Value::Number)
}

/// Days since 1900 (or 1904) with a fraction; below one it is a time of day alone.
fn date_cell(at: ExcelDateTime) -> Option<Cell> {
    let days = at.as_f64();
    if at.is_duration() || (0.0..1.0).contains(&days) {
        let seconds = (days * 86_400.0).round() as i64;
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        return Some(Cell::Value(Value::from(format!("{hours:02}:{minutes:02}:{:02}", seconds % 60))));
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let narrow = |part: u8| i8::try_from(part).ok();
    let nanosecond = i32::from(milli) * 1_000_000;
    DateTime::new(
        i16::try_from(year).ok()?,
        narrow(month)?,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?,
        nanosecond,
    )
    .ok()
    .map(Cell::Time)
}

/// `C4`, as Excel names it.
fn name_of(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    format!("{}{}", letters.iter().rev().collect::<String>(), row + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use jiff::tz::TimeZone;
    use rust_xlsxwriter::{ExcelDateTime as Written, Format as Look, Formula, Workbook as New};

    use super::super::{Calls, Format, ImportKind, ImportedCall, RefusedRow};
    use super::*;

    fn calls(mut book: New, mapping: Option<&str>) -> Result<Vec<Result<ImportedCall, RefusedRow>>, MappingError> {
        let file: Box<dyn ImportFile> = Box::new(Cursor::new(book.save_to_buffer().unwrap()));
        let mapping = mapping.map(|text| toml::from_str(text).unwrap());
        let paris = TimeZone::get("Europe/Paris").unwrap();
        Calls::open(file, ImportKind::Orders, Format::Xlsx, mapping, &paris).map(Iterator::collect)
    }

    fn date(text: &str) -> Written {
        Written::parse_from_str(text).unwrap()
    }

    fn orders() -> New {
        let mut book = New::new();
        let look = Look::new().set_num_format("dd/mm/yyyy hh:mm");
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["order_id", "email", "date", "sku", "price", "quantity", "gift"]).unwrap();
        for (row, sku, price) in [(1, "x", 10.0), (2, "y", 0.1 + 0.2)] {
            sheet.write_number(row, 0, 7.0).unwrap();
            sheet.write_string(row, 1, "a@example.com").unwrap();
            sheet.write_datetime_with_format(row, 2, date("2024-03-13T10:21:14"), &look).unwrap();
            sheet.write_string(row, 3, sku).unwrap();
            sheet.write_number(row, 4, price).unwrap();
            sheet.write_number(row, 5, 1.0).unwrap();
            sheet.write_boolean(row, 6, true).unwrap();
        }
        book
    }

    #[test]
    fn a_workbook_makes_the_same_calls_as_a_text_file() {
        let found = calls(orders(), None).unwrap();
        let call = found[0].as_ref().unwrap();
        assert_eq!((found.len(), call.line, call.rows), (1, 2, 2));
        let order = &call.body["properties"];
        assert_eq!(order["order_id"], "7");
        assert_eq!(order["products"][1], serde_json::json!({"sku": "y", "price": 0.3, "quantity": 1}));
        assert_eq!(order["gift"], true);
        assert_eq!(call.body["timestamp"], "2024-03-13T09:21:14.000Z", "the clock hung in Paris");
        assert_eq!(call.raw, "7,a@example.com,2024-03-13T10:21:14,x,10,1,true");
    }

    #[test]
    fn dates_are_right_whatever_the_mapping_says_of_texts() {
        let mapping = "order_id = \"{n}\"\nidentifiers = {email = \"who\"}\n[time]\ncolumn = \"when\"\nformat = \"%d/%m/%Y\"\n\
                       [properties]\nbirthday = \"born\"\nopens = \"opens\"\n[line]\nsku = \"n\"\nprice = {value = 1}\n";
        let mut book = New::new();
        let (day, hour) = (Look::new().set_num_format("yyyy-mm-dd"), Look::new().set_num_format("hh:mm"));
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["n", "who", "when", "born", "opens"]).unwrap();
        for (row, when) in [(1, "1900-03-01"), (2, "2024-02-29"), (3, "2024-07-01T23:59:59.999")] {
            sheet.write_number(row, 0, f64::from(row)).unwrap();
            sheet.write_string(row, 1, "a@example.com").unwrap();
            sheet.write_datetime_with_format(row, 2, date(when), &day).unwrap();
            sheet.write_datetime_with_format(row, 3, date("1975-10-04"), &day).unwrap();
            sheet.write_datetime_with_format(row, 4, date("09:30"), &hour).unwrap();
        }
        sheet.write_row(4, 0, ["4", "a@example.com", "01/07/2024"]).unwrap();
        let found = calls(book, Some(mapping)).unwrap();
        let told = |index: usize| &found[index].as_ref().unwrap().body;
        assert_eq!(told(0)["timestamp"], "1900-02-28T23:50:39.000Z");
        assert_eq!(told(1)["timestamp"], "2024-02-28T23:00:00.000Z");
        assert_eq!(told(2)["timestamp"], "2024-07-01T21:59:59.999Z");
        assert_eq!(told(3)["timestamp"], "2024-06-30T22:00:00.000Z");
        assert_eq!(told(2)["properties"]["birthday"], "1975-10-04");
        assert_eq!(told(2)["properties"]["opens"], "09:30:00");
    }

    #[test]
    fn a_bad_row_is_named_as_excel_numbers_it_and_its_neighbours_are_read() {
        let mut book = orders();
        let sheet = book.worksheet_from_index(0).unwrap();
        sheet.write_row(4, 0, ["8", "b@example.com", "yesterday"]).unwrap();
        sheet.write_row(5, 0, ["9", "b@example.com", "2024-01-02", "x", "1", "1", "", "more"]).unwrap();
        sheet.write_row(6, 0, ["10", "b@example.com", "2024-01-02", "x", "1"]).unwrap();
        sheet.write_formula(7, 4, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        let found = calls(book, None).unwrap();
        let told: Vec<(u64, &str)> = found
            .iter()
            .map(|call| call.as_ref().map_or_else(|bad| (bad.line, bad.reason.as_str()), |call| (call.line, "")))
            .collect();
        assert_eq!(
            told,
            [
                (2, ""),
                (5, "date is \"yesterday\", which is no time in the form expected"),
                (6, "the row has 8 cells where the header has 7"),
                (7, ""),
                (8, "cell E8 holds the error #DIV/0!; correct it in the sheet"),
            ]
        );
    }

    #[test]
    fn a_sheet_is_chosen_by_its_name_and_a_wrong_one_names_those_there_are() {
        let mut book = New::new();
        book.add_worksheet().set_name("Notes").unwrap();
        let sheet = book.add_worksheet().set_name("Orders").unwrap();
        sheet.write_row(0, 0, ["1", "a@example.com", "x"]).unwrap();
        let mapping = |sheet: &str| {
            format!(
                "sheet = \"{sheet}\"\ncolumns = [\"n\", \"who\", \"what\"]\norder_id = \"{{n}}\"\n\
                 identifiers = {{email = \"who\"}}\n[line]\nsku = \"what\"\nprice = {{value = 1}}\n"
            )
        };
        let bytes = book.save_to_buffer().unwrap();
        let open = |sheet: &str| {
            let file: Box<dyn ImportFile> = Box::new(Cursor::new(bytes.clone()));
            let mapping = Some(toml::from_str(&mapping(sheet)).unwrap());
            Calls::open(file, ImportKind::Orders, Format::Xlsx, mapping, &TimeZone::UTC)
        };
        assert_eq!(open("Orders").unwrap().next().unwrap().unwrap().body["properties"]["order_id"], "1");
        let refused = open("Order").err().unwrap().to_string();
        assert_eq!(refused, "the file has no sheet \"Order\"; its sheets are: Notes, Orders");
    }

    #[test]
    fn a_damaged_workbook_is_told_and_never_read_as_a_shorter_one() {
        let bytes = orders().save_to_buffer().unwrap();
        for end in [0, 10, bytes.len() / 2, bytes.len() - 1] {
            let file: Box<dyn ImportFile> = Box::new(Cursor::new(bytes[..end].to_vec()));
            let refused = Calls::open(file, ImportKind::Orders, Format::Xlsx, None, &TimeZone::UTC).err().unwrap();
            assert!(refused.to_string().starts_with("the file cannot be read: it is no Excel workbook"), "{refused}");
        }
    }
}
