//! A short list of names with their figures, for panels too narrow for a table.

use maud::{Markup, html};

/// One name with its figure.
#[derive(Debug, Clone)]
pub struct TallyLine {
    pub label: String,
    /// The whole line opens this address.
    pub href: Option<String>,
    /// Badges before the figure.
    pub marks: Markup,
    /// Already formatted for the reader.
    pub figure: String,
}

/// The lines, the most important first; `label` says what they are.
pub fn tally(label: &str, lines: &[TallyLine]) -> Markup {
    html! {
        ul class="tally" aria-label=(label) {
            @for line in lines {
                li class="tally-line" {
                    @match &line.href {
                        Some(href) => { a class="tally-label" href=(href) { (line.label) } }
                        None => { span class="tally-label" title=(line.label) { (line.label) } }
                    }
                    @if !line.marks.0.is_empty() { span class="tally-marks" { (line.marks) } }
                    span class="tally-figure" { (line.figure) }
                }
            }
        }
    }
}
