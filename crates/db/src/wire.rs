//! How values travel to and from PostgreSQL: its binary formats, chosen by the type that the server wants or gives.

use std::error::Error as StdError;

use ::postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use bytes::{BufMut, BytesMut};
use uuid::Uuid;

use crate::value::{ToValue, Value, ValueRef};

/// A value as the type that the statement wants.
#[derive(Debug)]
pub struct Bound<'a>(pub ValueRef<'a>);

/// One parameter of many rows, as an array.
#[derive(Debug)]
pub struct Column<'a> {
    pub rows: &'a [&'a Vec<Value>],
    /// Which parameter, counted from 0.
    pub index: usize,
}

type Refusal = Box<dyn StdError + Sync + Send>;

impl ToSql for Bound<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
        write_value(&self.0, wanted, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Column<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
        let values = self.rows.iter().map(|row| row.get(self.index).map_or(ValueRef::Null, ToValue::to_value));
        write_array(wanted, values, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn write_value(value: &ValueRef<'_>, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
    match value {
        ValueRef::Null => return Ok(IsNull::Yes),
        ValueRef::Int(int) => return write_int(*int, wanted, out),
        ValueRef::Real(real) if *wanted == Type::FLOAT8 => out.put_f64(real + 0.0),
        ValueRef::Text(text) if is_text(wanted) => out.put_slice(text.as_bytes()),
        ValueRef::Text(text) if *wanted == Type::JSONB => {
            out.put_u8(JSONB_VERSION);
            out.put_slice(text.as_bytes());
        }
        ValueRef::Bytes(bytes) if *wanted == Type::BYTEA => out.put_slice(bytes),
        ValueRef::Bool(bool) if *wanted == Type::BOOL => out.put_u8(u8::from(*bool)),
        ValueRef::Uuid(uuid) if *wanted == Type::UUID => out.put_slice(uuid.as_bytes()),
        ValueRef::IntList(list) => return write_array(wanted, list.iter().map(|int| ValueRef::Int(*int)), out),
        ValueRef::TextList(list) => return write_array(wanted, list.iter().map(|text| ValueRef::Text(text)), out),
        ValueRef::BytesList(list) => return write_array(wanted, list.iter().map(|bytes| ValueRef::Bytes(bytes)), out),
        ValueRef::UuidList(list) => return write_array(wanted, list.iter().map(|uuid| ValueRef::Uuid(*uuid)), out),
        _ => return Err(mismatch(value, wanted)),
    }
    Ok(IsNull::No)
}

fn write_int(int: i64, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
    match *wanted {
        Type::INT8 => out.put_i64(int),
        Type::INT4 => out.put_i32(i32::try_from(int)?),
        Type::INT2 => out.put_i16(i16::try_from(int)?),
        Type::FLOAT8 => out.put_f64(int as f64),
        Type::NUMERIC => write_numeric(int, out),
        _ => return Err(mismatch(&ValueRef::Int(int), wanted)),
    }
    Ok(IsNull::No)
}

/// PostgreSQL's binary array: one dimension from 1, each element with its length in bytes.
fn write_array<'a>(
    wanted: &Type,
    values: impl ExactSizeIterator<Item = ValueRef<'a>>,
    out: &mut BytesMut,
) -> Result<IsNull, Refusal> {
    let Kind::Array(member) = wanted.kind() else {
        return Err(format!("a list was given where {} is wanted", wanted.name()).into());
    };
    let has_elements = values.len() > 0;
    out.put_i32(i32::from(has_elements));
    out.put_i32(1);
    out.put_u32(member.oid());
    if has_elements {
        out.put_i32(i32::try_from(values.len())?);
        out.put_i32(1);
    }
    for value in values {
        write_element(&value, member, out)?;
    }
    Ok(IsNull::No)
}

fn write_element(value: &ValueRef<'_>, member: &Type, out: &mut BytesMut) -> Result<(), Refusal> {
    let length_at = out.len();
    out.put_i32(NULL_LENGTH);
    if let IsNull::No = write_value(value, member, out)? {
        let length = i32::try_from(out.len() - length_at - 4)?;
        out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

const NULL_LENGTH: i32 = -1;
const JSONB_VERSION: u8 = 1;
const NUMERIC_NEGATIVE: u16 = 0x4000;

/// PostgreSQL's NUMERIC: digits in base 10,000 with the weight of the first.
fn write_numeric(int: i64, out: &mut BytesMut) {
    let mut digits: Vec<i16> = Vec::new();
    let mut rest = int.unsigned_abs();
    while rest > 0 {
        digits.push((rest % 10_000) as i16);
        rest /= 10_000;
    }
    out.put_i16(digits.len() as i16);
    out.put_i16(digits.len() as i16 - 1);
    out.put_u16(if int < 0 { NUMERIC_NEGATIVE } else { 0 });
    out.put_i16(0);
    for digit in digits.iter().rev() {
        out.put_i16(*digit);
    }
}

fn mismatch(value: &ValueRef<'_>, wanted: &Type) -> Refusal {
    format!("{} was given where {} is wanted", value.kind(), wanted.name()).into()
}

fn is_text(kind: &Type) -> bool {
    matches!(*kind, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON)
}

/// A column of an answer.
pub struct Cell<'a>(pub ValueRef<'a>);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Refusal> {
        read_value(kind, raw).map(Cell)
    }

    fn from_sql_null(_: &Type) -> Result<Self, Refusal> {
        Ok(Cell(ValueRef::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn read_value<'a>(kind: &Type, raw: &'a [u8]) -> Result<ValueRef<'a>, Refusal> {
    Ok(match *kind {
        Type::INT8 => ValueRef::Int(i64::from_be_bytes(raw.try_into()?)),
        Type::INT4 => ValueRef::Int(i64::from(i32::from_be_bytes(raw.try_into()?))),
        Type::INT2 => ValueRef::Int(i64::from(i16::from_be_bytes(raw.try_into()?))),
        Type::FLOAT8 => ValueRef::Real(f64::from_be_bytes(raw.try_into()?)),
        Type::FLOAT4 => ValueRef::Real(f64::from(f32::from_be_bytes(raw.try_into()?))),
        Type::NUMERIC => read_numeric(raw)?,
        Type::BOOL => ValueRef::Bool(raw == [1]),
        Type::UUID => ValueRef::Uuid(Uuid::from_slice(raw)?),
        Type::BYTEA => ValueRef::Bytes(raw),
        Type::VOID => ValueRef::Null,
        Type::JSONB => ValueRef::Text(std::str::from_utf8(raw.get(1..).unwrap_or_default())?),
        _ if is_text(kind) => ValueRef::Text(std::str::from_utf8(raw)?),
        _ => return Err(format!("a {}, which SQLite has not; cast it", kind.name()).into()),
    })
}

/// An integer when it is one (the sum of BIGINT), else the nearest real number (an average).
fn read_numeric<'a>(raw: &[u8]) -> Result<ValueRef<'a>, Refusal> {
    let words: Vec<i16> = raw.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect();
    let [_, weight, sign, _, digits @ ..] = words.as_slice() else {
        return Err("a malformed NUMERIC".into());
    };
    let sign = match *sign as u16 {
        0 => 1,
        NUMERIC_NEGATIVE => -1,
        _ => return Ok(ValueRef::Real(f64::NAN)),
    };
    let places = i32::from(*weight) + 1 - digits.len() as i32;
    let whole = digits.iter().try_fold(0_i128, |sum, digit| sum.checked_mul(10_000)?.checked_add(i128::from(*digit)));
    let exact = u32::try_from(places).ok().and_then(|places| whole?.checked_mul(10_000_i128.checked_pow(places)?));
    if let Some(int) = exact.and_then(|size| i64::try_from(size * sign).ok()) {
        return Ok(ValueRef::Int(int));
    }
    let size = digits.iter().fold(0.0, |sum, digit| sum * 10_000.0 + f64::from(*digit)) * 10_000_f64.powi(places);
    Ok(ValueRef::Real(size * sign as f64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_integer_is_the_same_as_a_numeric() {
        for int in [0, 1, -1, 9_999, 10_000, 123_456_789, -100_000_000, i64::MAX, i64::MIN] {
            let mut out = BytesMut::new();
            write_int(int, &Type::NUMERIC, &mut out).unwrap();
            assert_eq!(read_value(&Type::NUMERIC, &out).unwrap(), ValueRef::Int(int));
        }
    }

    #[test]
    fn a_numeric_with_a_fraction_is_a_real_number() {
        // -12345.678: the digits 1, 2345, 6780 with three of them behind the point.
        let words: [u16; 7] = [3, 1, NUMERIC_NEGATIVE, 3, 1, 2_345, 6_780];
        let raw: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let ValueRef::Real(real) = read_numeric(&raw).unwrap() else { panic!("not a real number") };
        assert!((real + 12_345.678).abs() < 1e-9, "{real}");
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let refusal = write_value(&ValueRef::Int(5), &Type::TEXT, &mut BytesMut::new()).err().unwrap();
        assert_eq!(refusal.to_string(), "an integer was given where text is wanted");
        assert!(write_int(1 << 40, &Type::INT4, &mut BytesMut::new()).is_err());
        assert!(write_value(&ValueRef::IntList(&[1]), &Type::INT8, &mut BytesMut::new()).is_err());
    }
}
