//! What happened, newest first, in days.

use maud::{Markup, html};

use super::badge::Tone;
use super::icon::{Icon, icon};

/// The events of one day.
#[derive(Debug, Clone)]
pub struct TimelineDay {
    /// "Today", "Monday 3 Nov 2025"
    pub label: String,
    pub items: Vec<TimelineItem>,
}

/// One event.
#[derive(Debug, Clone)]
pub struct TimelineItem {
    pub icon: Icon,
    pub tone: Tone,
    pub title: Markup,
    /// A second, quieter line: where it came from, what it was about.
    pub note: Option<Markup>,
    /// "14:03" or a `time_ago`
    pub time: Markup,
    /// What unfolds: properties, the why.
    pub details: Option<Markup>,
}

/// The days with their events. The whole line unfolds an event that has details.
pub fn timeline(days: &[TimelineDay]) -> Markup {
    html! {
        div class="timeline" {
            @for day in days {
                section class="timeline-day" {
                    h2 class="timeline-date" { (day.label) }
                    ol class="timeline-items" { @for item in &day.items { li class="timeline-item" { (line(item)) } } }
                }
            }
        }
    }
}

fn line(item: &TimelineItem) -> Markup {
    let body = html! {
        span class={ "timeline-icon " (item.tone.class()) } { (icon(item.icon)) }
        span class="timeline-text" {
            span class="timeline-title" { (item.title) }
            @if let Some(note) = &item.note { span class="timeline-note" { (note) } }
        }
        span class="timeline-time" { (item.time) }
    };
    match &item.details {
        None => html! { div class="timeline-line" { (body) } },
        Some(details) => html! {
            details {
                summary class="timeline-line" { (body) span class="timeline-fold" { (icon(Icon::ChevronRight)) } }
                div class="timeline-details" { (details) }
            }
        },
    }
}
