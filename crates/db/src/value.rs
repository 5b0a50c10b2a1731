//! What can be bound to a statement: one owned and one borrowed form, and the types that become them.

use std::borrow::Cow;

use uuid::Uuid;
use words::{Country, Currency, EmailAddress, Phone, Span, Timestamp};

/// A value that a row holds or a statement takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Uuid(Uuid),
    /// For `IN LIST($1)` on integer columns.
    IntList(Vec<i64>),
    /// For `IN LIST($1)` on text columns.
    TextList(Vec<String>),
    /// For `IN LIST($1)` on byte columns.
    BytesList(Vec<Vec<u8>>),
    /// For `IN LIST($1)` on id columns.
    UuidList(Vec<Uuid>),
}

/// A value on its way into a statement or out of a row, without a copy.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Bool(bool),
    Uuid(Uuid),
    IntList(&'a [i64]),
    TextList(Cow<'a, [String]>),
    BytesList(&'a [Vec<u8>]),
    UuidList(Cow<'a, [Uuid]>),
}

/// A type that can be bound. A domain's enum implements it with `ValueRef::Text(self.as_str())`.
pub trait ToValue {
    /// The value to bind.
    fn to_value(&self) -> ValueRef<'_>;
}

impl ValueRef<'_> {
    /// How many values a list holds; `None` for what is no list.
    pub(crate) fn list_length(&self) -> Option<usize> {
        match self {
            Self::IntList(list) => Some(list.len()),
            Self::TextList(list) => Some(list.len()),
            Self::BytesList(list) => Some(list.len()),
            Self::UuidList(list) => Some(list.len()),
            _ => None,
        }
    }

    /// One value of a list.
    pub(crate) fn listed(&self, at: usize) -> Option<ValueRef<'_>> {
        match self {
            Self::IntList(list) => list.get(at).copied().map(ValueRef::Int),
            Self::TextList(list) => list.get(at).map(|text| ValueRef::Text(text)),
            Self::BytesList(list) => list.get(at).map(|bytes| ValueRef::Bytes(bytes)),
            Self::UuidList(list) => list.get(at).copied().map(ValueRef::Uuid),
            _ => None,
        }
    }

    /// The same value, owned.
    pub fn to_owned(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(int) => Value::Int(*int),
            Self::Real(real) => Value::Real(*real),
            Self::Text(text) => Value::Text((*text).to_owned()),
            Self::Bytes(bytes) => Value::Bytes((*bytes).to_vec()),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Uuid(uuid) => Value::Uuid(*uuid),
            Self::IntList(list) => Value::IntList(list.to_vec()),
            Self::TextList(list) => Value::TextList(list.to_vec()),
            Self::BytesList(list) => Value::BytesList(list.to_vec()),
            Self::UuidList(list) => Value::UuidList(list.to_vec()),
        }
    }

    /// The kind of value, for error texts.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Bool(_) => "a boolean",
            Self::Uuid(_) => "a UUID",
            Self::IntList(_) => "a list of integers",
            Self::TextList(_) => "a list of texts",
            Self::BytesList(_) => "a list of bytes",
            Self::UuidList(_) => "a list of UUIDs",
        }
    }

    /// Why one of the engines could not store this value as it is: PostgreSQL refuses NUL in text, and SQLite turns NaN
    /// into NULL.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        let has_nul = |text: &str| text.as_bytes().contains(&0);
        match self {
            Self::Text(text) if has_nul(text) => Some("text must not hold U+0000"),
            Self::TextList(list) if list.iter().any(|text| has_nul(text)) => Some("text must not hold U+0000"),
            Self::Real(real) if real.is_nan() => Some("a number must not be NaN"),
            _ => None,
        }
    }

    /// Appends bytes that are equal for equal values only; how rows are compared by key.
    pub(crate) fn write_key(&self, key: &mut Vec<u8>) {
        let (tag, bytes): (u8, Cow<'_, [u8]>) = match self {
            Self::Null => (0, Cow::Borrowed(&[])),
            Self::Int(int) => (1, Cow::Owned(int.to_be_bytes().to_vec())),
            Self::Real(real) => (2, Cow::Owned((real + 0.0).to_be_bytes().to_vec())),
            Self::Text(text) => (3, Cow::Borrowed(text.as_bytes())),
            Self::Bytes(bytes) => (4, Cow::Borrowed(bytes)),
            Self::Bool(bool) => (5, Cow::Owned(vec![u8::from(*bool)])),
            Self::Uuid(uuid) => (6, Cow::Owned(uuid.as_bytes().to_vec())),
            list => (7, Cow::Owned(format!("{list:?}").into_bytes())),
        };
        key.push(tag);
        key.extend_from_slice(&bytes.len().to_be_bytes());
        key.extend_from_slice(&bytes);
    }
}

impl ToValue for Value {
    fn to_value(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Int(*int),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes),
            Self::Bool(bool) => ValueRef::Bool(*bool),
            Self::Uuid(uuid) => ValueRef::Uuid(*uuid),
            Self::IntList(list) => ValueRef::IntList(list),
            Self::TextList(list) => ValueRef::TextList(Cow::Borrowed(list)),
            Self::BytesList(list) => ValueRef::BytesList(list),
            Self::UuidList(list) => ValueRef::UuidList(Cow::Borrowed(list)),
        }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, ToValue::to_value)
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> ValueRef<'_> {
        (**self).to_value()
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Into::into)
    }
}

/// Makes a row for `insert_many`: each value becomes a [`Value`].
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

/// Binds a type, and turns it into a [`Value`], by one expression each.
macro_rules! bind {
    ($($type:ty, $this:ident => $borrowed:expr, $owned:expr;)*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> ValueRef<'_> {
                let $this = self;
                $borrowed
            }
        }

        impl From<$type> for Value {
            fn from($this: $type) -> Self {
                $owned
            }
        }
    )*};
}

bind! {
    i64, it => ValueRef::Int(*it), Self::Int(it);
    i32, it => ValueRef::Int(i64::from(*it)), Self::Int(i64::from(it));
    i16, it => ValueRef::Int(i64::from(*it)), Self::Int(i64::from(it));
    u32, it => ValueRef::Int(i64::from(*it)), Self::Int(i64::from(it));
    u16, it => ValueRef::Int(i64::from(*it)), Self::Int(i64::from(it));
    u8, it => ValueRef::Int(i64::from(*it)), Self::Int(i64::from(it));
    f64, it => ValueRef::Real(*it), Self::Real(it);
    bool, it => ValueRef::Bool(*it), Self::Bool(it);
    String, it => ValueRef::Text(it), Self::Text(it);
    Vec<u8>, it => ValueRef::Bytes(it), Self::Bytes(it);
    Uuid, it => ValueRef::Uuid(*it), Self::Uuid(it);
    Timestamp, it => ValueRef::Int(it.as_millis()), Self::Int(it.as_millis());
    Span, it => ValueRef::Int(it.as_millis()), Self::Int(it.as_millis());
    EmailAddress, it => ValueRef::Text(it.as_str()), Self::Text(it.as_str().to_owned());
    Phone, it => ValueRef::Text(it.as_str()), Self::Text(it.as_str().to_owned());
    Country, it => ValueRef::Text(it.as_str()), Self::Text(it.as_str().to_owned());
    Currency, it => ValueRef::Text(it.as_str()), Self::Text(it.as_str().to_owned());
    Vec<i64>, it => ValueRef::IntList(it), Self::IntList(it);
    Vec<String>, it => ValueRef::TextList(Cow::Borrowed(it)), Self::TextList(it);
    Vec<&str>, it => text_list(it), Self::TextList(it.into_iter().map(str::to_owned).collect());
    Vec<Vec<u8>>, it => ValueRef::BytesList(it), Self::BytesList(it);
    Vec<Uuid>, it => ValueRef::UuidList(Cow::Borrowed(it)), Self::UuidList(it);
}

/// Binds an unsized type, whose reference turns into a [`Value`].
macro_rules! bind_unsized {
    ($($type:ty, $this:ident => $borrowed:expr;)*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> ValueRef<'_> {
                let $this = self;
                $borrowed
            }
        }

        impl From<&$type> for Value {
            fn from(value: &$type) -> Self {
                value.to_value().to_owned()
            }
        }
    )*};
}

bind_unsized! {
    str, it => ValueRef::Text(it);
    [u8], it => ValueRef::Bytes(it);
    [i64], it => ValueRef::IntList(it);
    [String], it => ValueRef::TextList(Cow::Borrowed(it));
    [&str], it => text_list(it);
    [Uuid], it => ValueRef::UuidList(Cow::Borrowed(it));
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into_owned())
    }
}

impl From<Box<str>> for Value {
    fn from(text: Box<str>) -> Self {
        Self::Text(text.into_string())
    }
}

fn text_list<'a>(texts: &[&str]) -> ValueRef<'a> {
    ValueRef::TextList(texts.iter().map(|text| (*text).to_owned()).collect())
}

macro_rules! bind_ids {
    ($($id:ty),*) => {$(
        bind! {
            $id, it => ValueRef::Uuid(it.as_uuid()), Self::Uuid(it.as_uuid());
            Vec<$id>, it => ValueRef::UuidList(it.iter().map(|id| id.as_uuid()).collect()),
                Self::UuidList(it.iter().map(|id| id.as_uuid()).collect());
        }
        bind_unsized! {
            [$id], it => ValueRef::UuidList(it.iter().map(|id| id.as_uuid()).collect());
        }
    )*};
}

words::every_id!(bind_ids);
