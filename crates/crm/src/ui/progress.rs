//! What shows that something is on its way.

use maud::{Markup, html};

use crate::kernel::texts::{Language, t, t_with};

/// A bar with its words: "Building segment, 12,000 of 500,000".
pub fn progress(language: Language, label: &str, done: u64, total: u64) -> Markup {
    let variables = [("done", done.into()), ("total", total.into())];
    let amount = t_with(language, "progress-of", &variables);
    html! {
        label class="progress" {
            span class="progress-label" { (label) span class="progress-amount" { (amount) } }
            progress value=(done) max=(total.max(1)) { (amount) }
        }
    }
}

/// Grey lines where text will be.
pub fn skeleton(language: Language, lines: usize) -> Markup {
    html! {
        div class="skeleton" role="status" {
            span class="visually-hidden" { (t(language, "loading")) }
            @for _ in 0..lines { span class="skeleton-line" aria-hidden="true" {} }
        }
    }
}
