//! What stands where there is nothing to tell.

use maud::{Markup, html};

pub fn dash() -> Markup {
    html! { span class="nothing" { "—" } }
}
