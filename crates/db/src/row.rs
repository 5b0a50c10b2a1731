//! Reading a row: the column, the wanted type, and an error that names both.

use uuid::Uuid;
use words::{Country, Currency, EmailAddress, Phone, Span, Timestamp};

use crate::error::DbError;
use crate::value::{Value, ValueRef};
use crate::wire::Cell;

/// One row of an answer, valid until the next is read.
pub struct Row<'a>(Source<'a>);

enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a ::postgres::Row),
}

/// A type that can be read from a column. A domain's enum implements it by parsing [`ValueRef::Text`].
pub trait FromValue: Sized {
    /// What an error says was wanted: "an integer".
    const WANTED: &'static str;

    /// Reads the value, or `None` when it is no such thing.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self(Source::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a ::postgres::Row) -> Self {
        Self(Source::Postgres(row))
    }

    /// Reads the column at `index`, counted from 0.
    ///
    /// # Errors
    /// [`DbError::Type`] when there is no such column or it holds something else.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, DbError> {
        let value = self.value(index)?;
        let found = value.kind();
        T::from_value(value).ok_or_else(|| self.mismatch(index, T::WANTED, found.to_owned()))
    }

    /// The column at `index` without a copy, for reading many rows. Booleans and UUIDs come from SQLite as integers and
    /// bytes: [`Row::get`] understands both.
    ///
    /// # Errors
    /// [`DbError::Type`] when there is no such column, or it holds nothing that either engine would give.
    pub fn value(&self, index: usize) -> Result<ValueRef<'_>, DbError> {
        let refused = |message: String| self.mismatch(index, "a value", message);
        match &self.0 {
            Source::Sqlite(row) => match row.get_ref(index).map_err(|error| refused(error.to_string()))? {
                rusqlite::types::ValueRef::Null => Ok(ValueRef::Null),
                rusqlite::types::ValueRef::Integer(int) => Ok(ValueRef::Int(int)),
                rusqlite::types::ValueRef::Real(real) => Ok(ValueRef::Real(real)),
                rusqlite::types::ValueRef::Blob(bytes) => Ok(ValueRef::Bytes(bytes)),
                rusqlite::types::ValueRef::Text(bytes) => std::str::from_utf8(bytes)
                    .map(ValueRef::Text)
                    .map_err(|_| refused("text that is not UTF-8".to_owned())),
            },
            Source::Postgres(row) => {
                row.try_get::<_, Cell<'_>>(index).map(|cell| cell.0).map_err(|error| refused(error.to_string()))
            }
        }
    }

    fn mismatch(&self, index: usize, wanted: &'static str, found: String) -> DbError {
        let name = match &self.0 {
            Source::Sqlite(row) => row.as_ref().column_name(index).map(str::to_owned).ok(),
            Source::Postgres(row) => row.columns().get(index).map(|column| column.name().to_owned()),
        };
        let column = name.map_or_else(|| format!("{index} (missing)"), |name| format!("{index} ({name})"));
        DbError::Type { column, wanted, found }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if value == ValueRef::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// Reads a type by one pattern and one expression that answers an `Option`.
macro_rules! read {
    ($($type:ty, $wanted:literal: $($pattern:pat => $read:expr),*;)*) => {$(
        impl FromValue for $type {
            const WANTED: &'static str = $wanted;

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    $($pattern => $read,)*
                    _ => None,
                }
            }
        }
    )*};
}

read! {
    i64, "an integer": ValueRef::Int(int) => Some(int);
    i32, "an integer of 32 bits": ValueRef::Int(int) => int.try_into().ok();
    u32, "an integer of 32 bits without sign": ValueRef::Int(int) => int.try_into().ok();
    u8, "an integer of 8 bits without sign": ValueRef::Int(int) => int.try_into().ok();
    f64, "a number": ValueRef::Real(real) => Some(real), ValueRef::Int(int) => Some(int as f64);
    bool, "a boolean": ValueRef::Bool(bool) => Some(bool), ValueRef::Int(0) => Some(false), ValueRef::Int(1) => Some(true);
    String, "text": ValueRef::Text(text) => Some(text.to_owned());
    Box<str>, "text": ValueRef::Text(text) => Some(text.into());
    Vec<u8>, "bytes": ValueRef::Bytes(bytes) => Some(bytes.to_vec()), ValueRef::Uuid(uuid) => Some(uuid.as_bytes().to_vec());
    Uuid, "a UUID": ValueRef::Uuid(uuid) => Some(uuid), ValueRef::Bytes(bytes) => Uuid::from_slice(bytes).ok();
    Timestamp, "Unix milliseconds": ValueRef::Int(millis) => Some(Self::from_millis(millis));
    Span, "milliseconds": ValueRef::Int(millis) => (millis >= 0).then_some(Self::from_millis(millis));
    EmailAddress, "an e-mail address": ValueRef::Text(text) => text.parse().ok();
    Phone, "a telephone number": ValueRef::Text(text) => text.parse().ok();
    Country, "a country": ValueRef::Text(text) => text.parse().ok();
    Currency, "a currency": ValueRef::Text(text) => text.parse().ok();
}

impl FromValue for Value {
    const WANTED: &'static str = "a value";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Some(value.to_owned())
    }
}

impl<const N: usize> FromValue for [u8; N] {
    const WANTED: &'static str = "bytes of a fixed length";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

macro_rules! read_ids {
    ($($id:ty),*) => {
        read! { $($id, "an id": ValueRef::Uuid(uuid) => Some(<$id>::from_uuid(uuid)),
            ValueRef::Bytes(bytes) => Uuid::from_slice(bytes).ok().map(<$id>::from_uuid);)* }
    };
}

words::every_id!(read_ids);
