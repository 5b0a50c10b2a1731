//! The filters of a list as chips: each can be changed or taken away, the address holds them all.

use maud::{Markup, html};

use super::button::Button;
use super::icon::{Icon, icon};
use crate::kernel::texts::{Language, t, t_with};

/// One filter in force.
#[derive(Debug, Clone)]
pub struct FilterChip {
    /// "Country is France"
    pub label: String,
    /// The list without this filter.
    pub remove_href: String,
}

/// The chips, then what adds one (a button or a menu), then "clear all" when there are two or more.
pub fn filter_chips(language: Language, chips: &[FilterChip], add: &Markup, clear_href: &str) -> Markup {
    html! {
        div class="filters" role="group" aria-label=(t(language, "filters-label")) {
            @for chip in chips {
                span class="chip" {
                    span class="chip-label" { (chip.label) }
                    a class="chip-remove" href=(chip.remove_href)
                        aria-label=(t_with(language, "filter-remove", &[("filter", chip.label.as_str().into())])) { (icon(Icon::X)) }
                }
            }
            (add)
            @if chips.len() > 1 { (Button::ghost(t(language, "filters-clear")).small().link(clear_href)) }
        }
    }
}
