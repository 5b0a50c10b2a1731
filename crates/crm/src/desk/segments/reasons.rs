//! An explanation as a tree of sentences: each with its check or cross, since when, until when, by which events.

use engine::EventRecord;
use engine::explain::{Explanation, Reason};
use maud::{Markup, html};
use serde_json::Value;
use words::{ProfileId, Span, Timestamp};

use super::explain::Explained;
use super::speaker::{EventWords, Line, Speaker, number_text};
use super::words::SegmentNames;
use crate::desk::event_title;
use crate::ui::{Icon, PageContext, icon, time_ago};

/// Why a person is in a segment, or not, for the person's page.
pub fn explanation(context: &PageContext, person: ProfileId, explained: &Explained, names: &SegmentNames) -> Markup {
    let teller = Teller { context, person, explained, speaker: Speaker { context, names } };
    html! { ul class="reasons" { (teller.node(&explained.explanation)) } }
}

struct Teller<'a> {
    context: &'a PageContext,
    person: ProfileId,
    explained: &'a Explained,
    speaker: Speaker<'a>,
}

impl Teller<'_> {
    fn node(&self, node: &Explanation) -> Markup {
        let (class, sign, word) = match node.is_true {
            true => ("reason reason-true", Icon::CircleCheck, "segment-reason-true"),
            false => ("reason reason-false", Icon::X, "segment-reason-false"),
        };
        html! {
            li class=(class) {
                span class="reason-sign" { (icon(sign)) span class="visually-hidden" { (self.context.t(word)) } }
                div class="reason-text" {
                    (self.sentence(node))
                    (self.times(node))
                    (self.events(node))
                }
            }
        }
    }

    fn sentence(&self, node: &Explanation) -> Markup {
        match &node.reason {
            Reason::All { parts } => self.group("segment-words-all", parts.iter()),
            Reason::Any { parts } => self.group("segment-words-any", parts.iter()),
            Reason::Not { part } => self.group("segment-words-not", std::iter::once(&**part)),
            Reason::Segment { segment, part } => html! {
                p { (self.speaker.segment_line(*segment)) }
                ul class="reasons" { (self.node(part)) }
            },
            Reason::Trait { name, op, value, measured } => {
                let found = measured.as_ref().map(|value| self.speaker.trait_value(name, value));
                self.measured(&self.speaker.trait_line(name, op, value.as_ref()), found)
            }
            Reason::Metric { metric, op, value, measured } => {
                let found = measured.as_ref().map(|value| self.speaker.metric_value(*metric, value));
                self.measured(&self.speaker.metric_line(*metric, op, value.as_ref()), found)
            }
            Reason::Consent { channel, purpose, value, measured } => {
                let found = self.context.t(&format!("segment-consent-{}", measured.as_str()));
                self.measured(&self.speaker.consent_line(channel, purpose, *value), Some(found.into_owned()))
            }
            Reason::Event { event, filters, sum_of, op, value, within, measured, .. } => {
                let within = within.as_deref().and_then(|text| text.parse::<Span>().ok());
                let words = EventWords { event, filters, sum_of: sum_of.as_deref(), op, value, within };
                self.measured(&self.speaker.event_line(&words), Some(self.counted(sum_of.as_deref(), measured)))
            }
        }
    }

    fn group<'n>(&self, key: &str, parts: impl Iterator<Item = &'n Explanation>) -> Markup {
        html! {
            p class="condition-words-head" { (self.context.t(key)) }
            ul class="reasons" { @for part in parts { (self.node(part)) } }
        }
    }

    fn measured(&self, line: &Line, found: Option<String>) -> Markup {
        let found = found.filter(|found| !found.is_empty());
        let found = found.unwrap_or_else(|| self.context.t("segment-reason-unknown").into_owned());
        html! {
            p { (line) }
            p class="reason-note" { (self.context.t_with("segment-reason-measured", &[("value", found.into())])) }
        }
    }

    fn counted(&self, sum_of: Option<&str>, measured: &Value) -> String {
        match sum_of {
            Some(_) => number_text(self.context, measured),
            None => {
                let count = measured.as_i64().unwrap_or(0);
                self.context.t_with("segment-reason-times", &[("count", count.into())]).into_owned()
            }
        }
    }

    fn times(&self, node: &Explanation) -> Markup {
        let line = |key: &str, at: Timestamp| {
            self.context.t_with(key, &[("date", self.context.date_time(at).into())]).into_owned()
        };
        html! {
            @if node.since.is_some() || node.until.is_some() {
                p class="reason-note" {
                    @if let Some(since) = node.since { (line("segment-reason-since", since)) }
                    @if node.since.is_some() && node.until.is_some() { " · " }
                    @if let Some(until) = node.until { (line("segment-reason-until", until)) }
                }
            }
        }
    }

    fn events(&self, node: &Explanation) -> Markup {
        let Reason::Event { evidence, .. } = &node.reason else { return Markup::default() };
        let named: Vec<&EventRecord> = evidence.iter().filter_map(|seq| self.explained.evidence.get(seq)).collect();
        html! {
            @if !named.is_empty() {
                ul class="reason-events" {
                    @for event in named {
                        @let title = event_title(self.context, event);
                        li {
                            a href={ "/people/" (self.person) "#event-" (event.seq) } {
                                (title.title) @if !title.detail.is_empty() { " · " (title.detail) }
                            }
                            " " (time_ago(self.context, event.at))
                        }
                    }
                }
            }
        }
    }
}
