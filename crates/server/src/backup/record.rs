//! The stream: tables, their rows, and what each comes to.

use db::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// One piece of the stream.
#[derive(Debug)]
pub enum Record {
    Table(TableHead),
    Rows(Vec<Vec<Value>>),
    /// The table is complete.
    End(Totals),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHead {
    pub table: String,
    pub columns: Vec<String>,
}

/// What a table comes to, in whatever order its rows are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub rows: u64,
    /// The sum of the digests of all rows.
    digest: u128,
}

/// A table with its totals, as told to people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableTotals {
    pub table: String,
    pub rows: u64,
    pub digest: String,
}

impl Totals {
    /// Adds a row by its bytes.
    pub fn add(&mut self, row: &[u8]) {
        let digest = Sha256::digest(row);
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        self.rows += 1;
        self.digest = self.digest.wrapping_add(u128::from_be_bytes(half));
    }

    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.rows.to_be_bytes());
        bytes[8..].copy_from_slice(&self.digest.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rows, digest) = bytes.split_first_chunk()?;
        Some(Self { rows: u64::from_be_bytes(*rows), digest: u128::from_be_bytes(digest.try_into().ok()?) })
    }

    pub fn of_table(self, table: &str) -> TableTotals {
        TableTotals { table: table.to_owned(), rows: self.rows, digest: format!("{:032x}", self.digest) }
    }
}

const NULL: u8 = 0;
const INT: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BYTES: u8 = 4;

/// Appends a row: for each value a tag, then eight bytes or a length with as many bytes.
pub fn write_row(row: &[Value], out: &mut Vec<u8>) {
    for value in row {
        match value {
            Value::Int(int) => fixed(INT, int.to_be_bytes(), out),
            Value::Real(real) => fixed(REAL, real.to_bits().to_be_bytes(), out),
            Value::Text(text) => sized(TEXT, text.as_bytes(), out),
            Value::Bytes(bytes) => sized(BYTES, bytes, out),
            // Rows come in the plain form, which has nothing else.
            _ => out.push(NULL),
        }
    }
}

fn fixed(tag: u8, bytes: [u8; 8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

fn sized(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Reads what [`write_row`] wrote: so many values.
pub fn read_row(bytes: &mut &[u8], width: usize) -> Option<Vec<Value>> {
    (0..width).map(|_| read_value(bytes)).collect()
}

fn read_value(bytes: &mut &[u8]) -> Option<Value> {
    let tag = take(bytes, 1)?[0];
    if tag == NULL {
        return Some(Value::Null);
    }
    let eight = u64::from_be_bytes(take(bytes, 8)?.try_into().ok()?);
    match tag {
        INT => Some(Value::Int(eight.cast_signed())),
        REAL => Some(Value::Real(f64::from_bits(eight))),
        TEXT => {
            let text = take(bytes, usize::try_from(eight).ok()?)?;
            String::from_utf8(text.to_vec()).ok().map(Value::Text)
        }
        BYTES => take(bytes, usize::try_from(eight).ok()?).map(|taken| Value::Bytes(taken.to_vec())),
        _ => None,
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows() -> Vec<Vec<Value>> {
        vec![
            vec![Value::Null, Value::Int(i64::MIN), Value::Real(-0.5), Value::Text("é".to_owned())],
            vec![Value::Bytes(vec![0, 255]), Value::Int(7), Value::Real(f64::MAX), Value::Text(String::new())],
        ]
    }

    fn bytes(rows: &[Vec<Value>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        rows.iter().for_each(|row| write_row(row, &mut bytes));
        bytes
    }

    #[test]
    fn rows_are_read_as_they_were_written_and_a_cut_one_is_none() {
        let written = bytes(&rows());
        let mut rest = written.as_slice();
        let read = [read_row(&mut rest, 4).unwrap(), read_row(&mut rest, 4).unwrap()];
        assert_eq!((read.to_vec(), rest.len()), (rows(), 0));
        for end in 0..bytes(&rows()[..1]).len() {
            assert_eq!(read_row(&mut &written[..end], 4), None, "{end}");
        }
    }

    #[test]
    fn totals_tell_other_rows_apart_and_not_their_order() {
        let totals = |rows: &[Vec<Value>]| {
            let mut totals = Totals::default();
            rows.iter().for_each(|row| totals.add(&bytes(std::slice::from_ref(row))));
            totals
        };
        let (mut turned, mut changed) = (rows(), rows());
        turned.reverse();
        changed[1][1] = Value::Int(8);
        assert_eq!(totals(&rows()), totals(&turned));
        assert_ne!(totals(&rows()), totals(&changed));
        assert_ne!(totals(&rows()), totals(&rows()[..1]));
        assert_eq!(Totals::from_bytes(&totals(&rows()).to_bytes()), Some(totals(&rows())));
    }
}
