//! Facts about one thing: panels, definition lists, code to copy.

use maud::{Markup, html};

use super::button::Button;
use super::icon::Icon;
use super::nothing::dash;
use crate::kernel::texts::{Language, t};

/// A label and what it is.
#[derive(Debug, Clone)]
pub struct Fact {
    pub label: String,
    pub value: Markup,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: Markup) -> Self {
        Self { label: label.into(), value }
    }

    pub fn text(label: impl Into<String>, value: &str) -> Self {
        Self::new(label, html! { (value) })
    }
}

/// A definition list; a fact without a value shows a dash.
pub fn facts(facts: &[Fact]) -> Markup {
    html! {
        dl class="facts" {
            @for fact in facts {
                div class="fact" {
                    dt { (fact.label) }
                    dd { @if fact.value.0.is_empty() { (dash()) } @else { (fact.value) } }
                }
            }
        }
    }
}

/// A bordered part of a page with a title; `actions` stand at the end of the title's line.
pub fn panel(title: &str, actions: &Markup, body: &Markup) -> Markup {
    html! {
        section class="panel" {
            header class="panel-head" {
                h2 class="panel-title" { (title) }
                @if !actions.0.is_empty() { div class="panel-actions" { (actions) } }
            }
            div class="panel-body" { (body) }
        }
    }
}

/// Code in a box with a button that copies it.
pub fn code_block(language: Language, code: &str) -> Markup {
    html! {
        copy-button class="code-block" {
            pre tabindex="0" { code { (code) } }
            (Button::secondary(t(language, "copy")).small().icon(Icon::Copy).inert().attribute("data-copy", ""))
        }
    }
}
