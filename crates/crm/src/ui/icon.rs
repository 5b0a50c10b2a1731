//! Icons drawn into the page: no request, no flash, coloured by the text around them.

use maud::{Markup, PreEscaped, html};

include!(concat!(env!("OUT_DIR"), "/icons.rs"));

/// An icon of the size of the text beside it; it says nothing to screen readers, the text does.
pub fn icon(icon: Icon) -> Markup {
    html! {
        svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false" { (PreEscaped(icon.shape())) }
    }
}
