//! Values that tell who a person is, as far as the reader may see them.

use maud::{Markup, html};

use super::context::PageContext;
use super::nothing::dash;
use crate::kernel::{MASK, Shown};

/// The text, a dash, or the mask.
pub fn shown(context: &PageContext, shown: Shown<'_>) -> Markup {
    match shown {
        Shown::Text(text) => html! { (text) },
        Shown::Nothing => dash(),
        Shown::Hidden => masked(context, MASK),
    }
}

/// What stands for a hidden value, with the reason as a tooltip and for screen readers.
pub fn masked(context: &PageContext, text: &str) -> Markup {
    let reason = context.t("masked-for-your-role");
    html! {
        span class="masked" title=(reason) {
            @if text == MASK {
                span aria-hidden="true" { (text) } span class="visually-hidden" { (reason) }
            } @else { (text) }
        }
    }
}
