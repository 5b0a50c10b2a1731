//! Elements with a list of attributes: maud cannot splice such a list, so this is the one place that writes tags by hand.

use std::fmt::Write as _;

use maud::{Escaper, Markup, PreEscaped};

/// Attributes in the order in which they were added. Names are literals of this crate; values are escaped.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes(Vec<(&'static str, Option<String>)>);

impl Attributes {
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name, Some(value.into())));
    }

    /// An attribute that says something by being there: `disabled`, `required`.
    pub(super) fn set_flag(&mut self, name: &'static str) {
        self.0.push((name, None));
    }

    pub(super) fn append(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }
}

/// `<tag attributes>body</tag>`
pub(super) fn element(tag: &'static str, attributes: &Attributes, body: &Markup) -> Markup {
    let mut html = open(tag, attributes);
    html.push_str(&body.0);
    html.push_str("</");
    html.push_str(tag);
    html.push('>');
    PreEscaped(html)
}

/// `<tag attributes>` of an element that holds nothing (`input`).
pub(super) fn void_element(tag: &'static str, attributes: &Attributes) -> Markup {
    PreEscaped(open(tag, attributes))
}

fn open(tag: &str, attributes: &Attributes) -> String {
    let mut html = format!("<{tag}");
    for (name, value) in &attributes.0 {
        html.push(' ');
        html.push_str(name);
        if let Some(value) = value {
            html.push_str("=\"");
            // Writing to a String cannot fail.
            let _ = Escaper::new(&mut html).write_str(value);
            html.push('"');
        }
    }
    html.push('>');
    html
}
