//! One big number: what it is, how it moved, its last weeks.

use maud::{Markup, html};

use super::badge::Tone;
use super::icon::{Icon, icon};
use crate::kernel::texts::{Language, t, t_with};

/// Which way a figure went, and whether that is good news.
#[derive(Debug, Clone)]
pub struct Delta {
    pub direction: Direction,
    /// "12 %", "3 people"
    pub amount: String,
    /// `Good` or `Bad` where up and down have a meaning, else `Neutral`.
    pub tone: Tone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    Same,
}

/// A tile with a figure. The value has the id given by `live`, so that news from the server can replace it.
#[derive(Debug, Clone)]
pub struct Stat {
    label: String,
    value: String,
    delta: Option<Delta>,
    note: Option<String>,
    chart: Option<Markup>,
    href: Option<String>,
    id: Option<String>,
}

impl Stat {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), delta: None, note: None, chart: None, href: None, id: None }
    }

    pub fn delta(mut self, delta: Delta) -> Self {
        self.delta = Some(delta);
        self
    }

    /// What the delta compares with: "than yesterday at this time".
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// A [`sparkline`](super::sparkline) under the figure.
    pub fn chart(mut self, chart: Markup) -> Self {
        self.chart = Some(chart);
        self
    }

    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    /// The id of the tile, for morphing.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    pub fn render_in(&self, language: Language) -> Markup {
        html! {
            div class="stat" id=[self.id.as_deref()] {
                p class="stat-label" {
                    @match &self.href { Some(href) => { a class="row-link" href=(href) { (self.label) } } None => { (self.label) } }
                }
                p class="stat-value" { (self.value) }
                @if self.delta.is_some() || self.note.is_some() {
                    p class="stat-change" {
                        @if let Some(delta) = &self.delta { (change(delta, language)) }
                        @if let Some(note) = &self.note { span class="stat-note" { (note) } }
                    }
                }
                @if let Some(chart) = &self.chart { div class="stat-chart" { (chart) } }
            }
        }
    }
}

/// Tiles in a row that wraps.
pub fn stat_row(language: Language, stats: &[Stat]) -> Markup {
    html! { div class="stat-row" { @for stat in stats { (stat.render_in(language)) } } }
}

fn change(delta: &Delta, language: Language) -> Markup {
    let (key, arrow) = match delta.direction {
        Direction::Up => ("delta-up", Icon::ArrowUpRight),
        Direction::Down => ("delta-down", Icon::ArrowDownRight),
        Direction::Same => ("delta-same", Icon::Minus),
    };
    let spoken = match delta.direction {
        Direction::Same => t(language, key),
        _ => t_with(language, key, &[("amount", delta.amount.as_str().into())]),
    };
    html! {
        span class={ "delta " (delta.tone.class()) } {
            (icon(arrow))
            span aria-hidden="true" { (delta.amount) }
            span class="visually-hidden" { (spoken) }
        }
    }
}
