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

/// Bars over time or over kinds, and the same as a table.
#[derive(Debug, Clone)]
pub struct BarChart {
    title: String,
    heads: [String; 2],
    bars: Vec<Bar>,
    top: f64,
    top_shown: String,
}

#[derive(Debug, Clone)]
struct Bar {
    label: String,
    value: f64,
    shown: String,
}

impl BarChart {
    /// `heads` are those of the table's two columns ("Day", "Orders"); `written` says how the reader writes a value.
    pub fn new(
        title: impl Into<String>,
        heads: [&str; 2],
        values: Vec<(String, f64)>,
        written: impl Fn(f64) -> String,
    ) -> Self {
        let top = top_of(values.iter().map(|(_, value)| *value));
        let bars = values.into_iter().map(|(label, value)| Bar { label, value, shown: written(value) }).collect();
        Self { title: title.into(), heads: heads.map(str::to_owned), bars, top, top_shown: written(top) }
    }

    pub fn render(&self, language: Language) -> Markup {
        html! {
            figure class="chart" {
                figcaption class="visually-hidden" { (self.title) }
                div class="chart-plot" role="img" aria-label=(self.title) {
                    div class="chart-scale" aria-hidden="true" { span { (self.top_shown) } span { "0" } }
                    div class="chart-bars" { @for (index, bar) in self.bars.iter().enumerate() { (self.bar(index, bar)) } }
                }
                details class="chart-figures" {
                    summary { (t(language, "chart-table")) }
                    (self.figures())
                }
            }
        }
    }

    fn bar(&self, index: usize, bar: &Bar) -> Markup {
        let height = (bar.value.max(0.0) / self.top * 100.0).min(100.0);
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

/// The rounded top of a scale: a number whose half is easy to read, too.
fn top_of(values: impl Iterator<Item = f64>) -> f64 {
    let highest = values.fold(0.0, f64::max);
    if highest <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(highest.log10().floor());
    let tops = [1.0, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    tops.into_iter().map(|step| step * power).find(|top| *top >= highest).unwrap_or(highest)
}

fn points(values: &[f64]) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = highest - lowest;
    // What stays the same is drawn in the middle, and nothing at the bottom.
    let level = if highest > 0.0 { 0.5 } else { 0.0 };
    let step = 100.0 / (values.len() - 1) as f64;
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        let share = if range > 0.0 { (value - lowest) / range } else { level };
        // Two units of room above and below, so that the line is not cut.
        let _ = write!(text, "{:.1},{:.1} ", index as f64 * step, 30.0 - share * 28.0);
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_scale_is_the_next_round_number() {
        for (highest, top) in [(0.0, 1.0), (1.0, 1.0), (41.0, 50.0), (51.0, 60.0), (0.07, 0.08), (1234.0, 1600.0)] {
            assert!((top_of([highest].into_iter()) - top).abs() < 1e-9, "{highest}");
        }
    }

    #[test]
    fn a_line_of_equal_values_is_drawn_in_the_middle_and_one_of_nothing_at_the_bottom() {
        assert!(!sparkline("one", &[1.0]).into_string().contains("NaN"));
        assert_eq!(points(&[2.0, 2.0]), "0.0,16.0 100.0,16.0");
        assert_eq!(points(&[0.0, 0.0]), "0.0,30.0 100.0,30.0");
    }
}
