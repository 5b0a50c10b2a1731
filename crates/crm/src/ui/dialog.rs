//! What opens above a page: dialogs in the middle, the side panel at its edge.

use maud::{Markup, html};

use super::button::Button;
use super::icon::Icon;
use crate::kernel::texts::{Language, t};

/// A modal dialog, closed until a button with `.opens_dialog(id)` opens it. Its foot holds the buttons.
pub fn dialog(language: Language, id: &str, title: &str, body: &Markup, foot: &Markup) -> Markup {
    let title_id = format!("{id}-title");
    html! {
        dialog class="dialog" id=(id) aria-labelledby=(title_id) closedby="any" {
            h2 class="dialog-title" id=(title_id) { (title) }
            div class="dialog-body" { (body) }
            @if !foot.0.is_empty() { footer class="dialog-foot" { (foot) } }
            // Last in the order of the keyboard, so that the dialog opens with the focus on its first field.
            div class="dialog-close" { (Button::ghost(t(language, "close")).small().icon_only(Icon::X).closes_dialog(id)) }
        }
    }
}

/// What an htmx request of a row puts into `#side-panel`; `href` is the same thing as a page of its own.
pub fn side_panel(language: Language, title: &str, href: &str, close_href: &str, body: &Markup) -> Markup {
    html! {
        header class="side-panel-head" {
            h2 class="side-panel-title" tabindex="-1" { a href=(href) { (title) } }
            (Button::ghost(t(language, "close")).small().icon_only(Icon::X).link(close_href).attribute("data-close-panel", ""))
        }
        div class="side-panel-body" { (body) }
    }
}
