//! Serde for types whose wire format is their text: `Display` writes it, `FromStr` reads it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};

/// Reads a `T` from borrowed text, so that no `String` is made on the way.
pub struct TextVisitor<T>(pub PhantomData<T>, pub &'static str);

impl<T> Visitor<'_> for TextVisitor<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.1)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Gives a type that is `Display` and `FromStr` its serde as text; the second argument ends "invalid type: expected …".
macro_rules! serde_as_text {
    ($type:ty, $expected:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = $crate::serde_text::TextVisitor(std::marker::PhantomData::<$type>, $expected);
                deserializer.deserialize_str(visitor)
            }
        }
    };
}

pub(crate) use serde_as_text;
