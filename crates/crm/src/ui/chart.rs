//! Small charts drawn on the server: lines without axes, and bars with a table that says the same.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::kernel::texts::{Language, t};

/// A line of the last values, stretched over its box. `title` says in words what it shows.
pub fn sparkline(title: &str, values: &[f64]) -> Markup {
    if values.len() < 2 {
        return html! { svg class="sparkline" viewBox="0 0 100 32" role="img" aria-label=(title) {} };
    }
    let line = points(values);
    html! {
        svg class="sparkline" viewBox="0 0 100 32" preserveAspectRatio="none" role="img" aria-label=(title) {
            title { (title) }
            polygon class="sparkline-area" points={ "0,32 " (line) " 100,32" } {}
            polyline class="sparkline-line" points=(line) {}
        }
    }
}

/// One bar: what it is, how high, and the height as the reader writes it.
#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub shown: String,
}

/// Bars over time or over kinds, and the same as a table.
#[derive(Debug, Clone)]
pub struct BarChart {
    pub title: String,
    /// The heads of the table's two columns: "Day", "Orders".
    pub heads: [String; 2],
    pub bars: Vec<Bar>,
    /// The top of the scale as the reader writes it, from the value that [`BarChart::top`] gives.
    pub top_shown: String,
}

impl BarChart {
    /// The rounded top of the scale for these values: a number whose half is easy to read, too.
    pub fn top(values: impl IntoIterator<Item = f64>) -> f64 {
        let highest = values.into_iter().fold(0.0, f64::max);
        if highest <= 0.0 {
            return 1.0;
        }
        let power = 10_f64.powf(highest.log10().floor());
        [1.0, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
            .into_iter()
            .map(|step| step * power)
            .find(|top| *top >= highest)
            .unwrap_or(highest)
    }

    pub fn render(&self, language: Language) -> Markup {
        let top = Self::top(self.bars.iter().map(|bar| bar.value));
        html! {
            figure class="chart" {
                figcaption class="visually-hidden" { (self.title) }
                div class="chart-plot" role="img" aria-label=(self.title) {
                    div class="chart-scale" aria-hidden="true" { span { (self.top_shown) } span { "0" } }
                    div class="chart-bars" { @for (index, bar) in self.bars.iter().enumerate() { (self.bar(index, bar, top)) } }
                }
                details class="chart-figures" {
                    summary { (t(language, "chart-table")) }
                    (self.figures())
                }
            }
        }
    }

    fn bar(&self, index: usize, bar: &Bar, top: f64) -> Markup {
        let height = (bar.value.max(0.0) / top * 100.0).min(100.0);
        let is_labelled = index.is_multiple_of(self.bars.len().div_ceil(MAX_LABELS).max(1));
        html! {
            div class="chart-bar" title={ (bar.label) " · " (bar.shown) } {
                svg width="100%" height="100%" aria-hidden="true" {
                    rect x="0" width="100%" rx="3" y=(format!("{:.2}%", 100.0 - height)) height=(format!("{height:.2}%")) {}
                }
                span class="chart-label" { @if is_labelled { (bar.label) } }
            }
        }
    }

    fn figures(&self) -> Markup {
        html! {
            table {
                thead { tr { th scope="col" { (self.heads[0]) } th scope="col" class="number" { (self.heads[1]) } } }
                tbody { @for bar in &self.bars { tr { th scope="row" { (bar.label) } td class="number" { (bar.shown) } } } }
            }
        }
    }
}

/// More labels than this run into each other on a phone.
const MAX_LABELS: usize = 7;

fn points(values: &[f64]) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = highest - lowest;
    let step = 100.0 / (values.len() - 1) as f64;
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        let share = if range > 0.0 { (value - lowest) / range } else { 0.5 };
        // Two units of room above and below, so that the line is not cut.
        let _ = write!(text, "{:.1},{:.1} ", index as f64 * step, 30.0 - share * 28.0);
    }
    text.truncate(text.trim_end().len());
    text
}
