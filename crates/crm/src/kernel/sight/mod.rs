//! How much of who people are somebody sees, and the one way in which the rest is hidden.
//!
//! A [`Sight`] is what the permission `SeeContact` gives its holder. What tells who a person is leaves its slice only
//! together with one: as [`Shown`], or as JSON in which what is not known to be harmless (`harmless.rs`) is hidden. What
//! may not be seen may not be asked for either ([`Sight::may_ask`]): both read the same list. Without a decision a page
//! sees nothing: the default is [`Sight::Masked`].

mod harmless;
mod place;
mod tree;

#[cfg(test)]
mod laws;

use serde_json::Value;

use self::harmless::Kind;
use super::actor::Actor;
use super::permission::Permission;

/// Stands for every hidden value: the same whatever is behind it, so that neither its length nor its letters are told.
pub const MASK: &str = "•••";

/// How much of who people are somebody sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    Whole,
    /// Groups, figures and behaviour; people are told apart by the ids of their profiles only.
    #[default]
    Masked,
}

/// A text that tells who somebody is, as its reader may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Nothing is known.
    Nothing,
    Text(&'a str),
    /// Something is known, and the reader may not see it.
    Hidden,
}

impl<'a> Shown<'a> {
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nothing | Self::Hidden => None,
        }
    }
}

/// What a value is called and where it stands: by this it is decided whether it is harmless.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// A trait, or a dotted path into one.
    Trait(&'a str),
    /// A property of an event, or a dotted path; `context.` leads into the event's context.
    Property { event: &'a str, path: &'a str },
}

/// What becomes of a hidden value in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// The mask stands in its place: for readers.
    Marked,
    /// It is left out: for what makes sentences of the rest.
    LeftOut,
}

impl Sight {
    pub fn of(actor: &Actor) -> Self {
        if actor.may(Permission::SeeContact) { Self::Whole } else { Self::Masked }
    }

    pub fn is_masked(self) -> bool {
        self == Self::Masked
    }

    /// A text that tells who somebody is.
    pub fn shown(self, text: &str) -> Shown<'_> {
        match self {
            _ if text.is_empty() => Shown::Nothing,
            Self::Whole => Shown::Text(text),
            Self::Masked => Shown::Hidden,
        }
    }

    /// The value of a field; a harmless one as it is.
    pub fn value(self, field: Field<'_>, value: &Value, hidden: Hidden) -> Value {
        match self {
            Self::Whole => value.clone(),
            Self::Masked => tree::masked(field, value, hidden),
        }
    }

    /// All traits, or all that an `identify` call says.
    pub fn traits(self, traits: &Value, hidden: Hidden) -> Value {
        self.value(Field::Trait(""), traits, hidden)
    }

    /// All properties of an event.
    pub fn properties(self, event: &str, properties: &Value, hidden: Hidden) -> Value {
        self.value(Field::Property { event, path: "" }, properties, hidden)
    }

    /// The context of an event.
    pub fn context(self, event: &str, context: &Value, hidden: Hidden) -> Value {
        self.value(Field::Property { event, path: "context" }, context, hidden)
    }

    /// Whether a field may be compared with a value by an operator of conditions. That something is there may be asked
    /// of every field; truths are shown under every name.
    pub fn may_ask(self, field: Field<'_>, op: &str, value: Option<&Value>) -> bool {
        if self == Self::Whole {
            return true;
        }
        let kind = harmless::kind_of(field);
        let is_whole_name = !field.path().trim_start_matches("context.").contains('.');
        match (op, value) {
            (_, Some(Value::Bool(_))) | ("exists" | "not_exists", _) => kind.is_some() || is_whole_name,
            (_, value) => match kind {
                Some(Kind::Plain) => true,
                Some(Kind::Figure) => value.is_some_and(is_of_numbers),
                Some(Kind::Path) => value.is_some_and(|value| place::may_ask(op, value)),
                Some(Kind::Url | Kind::Site) | None => false,
            },
        }
    }

    /// Whether a property may be summed up.
    pub fn may_sum(self, event: &str, path: &str) -> bool {
        self == Self::Whole || harmless::kind_of(Field::Property { event, path }) == Some(Kind::Figure)
    }

    /// Whether a field of which something is shown is offered to somebody who makes a condition.
    pub fn may_choose(self, field: Field<'_>) -> bool {
        self == Self::Whole || !matches!(harmless::kind_of(field), Some(Kind::Url | Kind::Site))
    }
}

fn is_of_numbers(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().all(Value::is_number),
        value => value.is_number(),
    }
}

impl<'a> Field<'a> {
    fn path(self) -> &'a str {
        match self {
            Self::Trait(path) | Self::Property { path, .. } => path,
        }
    }
}
