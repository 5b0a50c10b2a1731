//! SQL text as types that cannot hold a runtime string.

use crate::value::{ToValue, Value};

/// A statement that stands in the source as a literal.
#[derive(Clone, Copy, Debug)]
pub struct Sql(&'static str);

/// Marks a literal as SQL; a test finds every `sql("…")` and prepares it on both engines.
pub const fn sql(text: &'static str) -> Sql {
    Sql(text)
}

impl Sql {
    /// The statement as it stands in the source.
    pub const fn text(self) -> &'static str {
        self.0
    }
}

/// SQL composed at run time from literals and bound values. No other text can enter it.
///
/// Literals bring their own blanks: `Fragment::new("SELECT … WHERE a = ")`, then `push_bind(5)`.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(&'static str),
    Bind(Value),
}

impl Fragment {
    /// A fragment that begins with a literal.
    pub fn new(text: &'static str) -> Self {
        Self { pieces: vec![Piece::Text(text)] }
    }

    /// Appends a literal. It must not hold `$1`: bound values number themselves.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.pieces.push(Piece::Text(text));
        self
    }

    /// Appends a bound value.
    pub fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.pieces.push(Piece::Bind(value.into()));
        self
    }

    /// Appends `IN LIST(…)` with a bound list; an empty list matches nothing.
    pub fn push_in_list(&mut self, list: impl Into<Value>) -> &mut Self {
        self.push(" IN LIST(").push_bind(list).push(")")
    }

    /// Appends another fragment with its values.
    pub fn push_fragment(&mut self, other: Self) -> &mut Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// Appends fragments with a literal between each two.
    pub fn push_joined(&mut self, separator: &'static str, fragments: impl IntoIterator<Item = Self>) -> &mut Self {
        for (index, fragment) in fragments.into_iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            self.push_fragment(fragment);
        }
        self
    }

    /// How many values are bound; both engines take at most 32,766.
    pub fn bind_count(&self) -> usize {
        self.binds().count()
    }

    /// The text with `$1`, `$2`, … in order.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut number = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Bind(_) => {
                    number += 1;
                    text.push('$');
                    text.push_str(&number.to_string());
                }
            }
        }
        text
    }

    /// The bound values as parameters.
    pub(crate) fn parameters(&self) -> Vec<&dyn ToValue> {
        self.binds().map(|value| value as &dyn ToValue).collect()
    }

    fn binds(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Bind(value) => Some(value),
            Piece::Text(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bound_values_number_themselves_across_fragments() {
        let mut condition = Fragment::new("b = ");
        condition.push_bind("x").push(" AND c").push_in_list(vec![1_i64, 2]);
        let mut whole = Fragment::new("SELECT a FROM t WHERE a > ");
        whole.push_bind(3).push(" AND ").push_fragment(condition);
        assert_eq!(whole.text(), "SELECT a FROM t WHERE a > $1 AND b = $2 AND c IN LIST($3)");
        assert_eq!(whole.bind_count(), 3);
    }
}
