//! How the words of this slice are stored.

use db::{FromValue, ToValue, ValueRef};

use crate::kernel::{Language, Role};
use crate::workspaces::one_time_links::Purpose;
use crate::workspaces::passkeys::Ceremony;

/// Stores an enum under its code.
macro_rules! stored_by_code {
    ($type:ty, $wanted:literal, $code:ident => $parse:expr) => {
        impl ToValue for $type {
            fn to_value(&self) -> ValueRef<'_> {
                ValueRef::Text(self.code())
            }
        }

        impl FromValue for $type {
            const WANTED: &'static str = $wanted;

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                let ValueRef::Text($code) = value else { return None };
                $parse
            }
        }
    };
}

stored_by_code!(Role, "a role", code => code.parse().ok());
stored_by_code!(Language, "a language", code => Self::from_code(code));
stored_by_code!(Purpose, "the purpose of a link", code => Self::ALL.into_iter().find(|purpose| purpose.code() == code));
stored_by_code!(Ceremony, "what a challenge is for", code => Self::ALL.into_iter().find(|ceremony| ceremony.code() == code));
