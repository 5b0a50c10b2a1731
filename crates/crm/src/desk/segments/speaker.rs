//! Says the leaves of conditions: traits, computed values, events, consents and other segments, in the reader's language.

use ::words::{Money, SegmentId, Span, Timestamp};
use engine::condition::{Condition, ConsentState, EventCondition, Measure, Metric, MetricKind};
use engine::explain::FilterText;
use maud::{Markup, Render, html};
use serde_json::{Value, json};

use super::labels::{known_word, metric_label, property_label, trait_label};
use super::words::SegmentNames;
use crate::desk::event_label;
use crate::kernel::texts::format_decimal;
use crate::kernel::{Field, MASK};
use crate::ui::PageContext;

/// A sentence of plain and of stressed pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Vec<(String, Stress)>);

#[derive(Clone, Debug)]
enum Stress {
    Plain,
    Strong,
    /// Hidden, with the reason.
    Masked(String),
}

impl Line {
    fn plainly(mut self, text: impl Into<String>) -> Self {
        self.0.push((text.into(), Stress::Plain));
        self
    }

    fn strongly(mut self, text: impl Into<String>) -> Self {
        self.0.push((text.into(), Stress::Strong));
        self
    }

    /// A value, stressed where it is shown.
    fn valued(mut self, context: &PageContext, text: String) -> Self {
        let stress = match text.as_str() {
            MASK => Stress::Masked(context.t("masked-for-your-role").into_owned()),
            _ => Stress::Strong,
        };
        self.0.push((text, stress));
        self
    }

    fn followed_by(mut self, other: Line) -> Self {
        self.0.extend(other.0);
        self
    }

    pub fn plain(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" ").replace(" ,", ",")
    }
}

impl Render for Line {
    fn render(&self) -> Markup {
        html! {
            @for (index, (text, stress)) in self.0.iter().enumerate() {
                @if index > 0 && text != "," { " " }
                @match stress {
                    Stress::Strong => strong { (text) },
                    Stress::Plain => (text),
                    Stress::Masked(reason) => span class="masked" title=(reason) { (text) },
                }
            }
        }
    }
}

/// What an event leaf asks, whether it comes from a condition or from its explanation.
pub(super) struct EventWords<'a> {
    pub event: &'a str,
    pub filters: &'a [FilterText],
    pub sum_of: Option<&'a str>,
    pub op: &'a str,
    pub value: &'a Value,
    pub within: Option<Span>,
}

/// Says leaves in the reader's language.
pub(super) struct Speaker<'a> {
    pub context: &'a PageContext,
    pub names: &'a SegmentNames,
}

impl Speaker<'_> {
    fn t(&self, key: &str) -> String {
        self.context.t(key).into_owned()
    }

    pub fn leaf(&self, condition: &Condition) -> Line {
        match condition {
            Condition::Trait { name, test } => self.trait_line(name, test.op(), test.value().as_ref()),
            Condition::Metric { metric, test } => self.metric_line(*metric, test.op(), test.value().as_ref()),
            Condition::Segment(id) => self.segment_line(*id),
            Condition::Consent { channel, purpose, state } => self.consent_line(channel, purpose, *state),
            Condition::Event(event) => self.event_condition(event),
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => Line::default(),
        }
    }

    pub fn segment_line(&self, id: SegmentId) -> Line {
        let name = self.names.name(id).unwrap_or_else(|| self.t("segment-words-gone"));
        Line::default().plainly(self.t("segment-words-in")).strongly(name)
    }

    pub fn consent_line(&self, channel: &str, purpose: &str, state: ConsentState) -> Line {
        let about = format!(
            "{} · {}",
            known_word(self.context, "channel", channel),
            known_word(self.context, "purpose", purpose)
        );
        let state = self.t(&format!("segment-consent-{}", state.as_str()));
        Line::default().plainly(self.t("segment-words-consent")).strongly(about).plainly(":").strongly(state)
    }

    pub fn trait_line(&self, name: &str, op: &str, value: Option<&Value>) -> Line {
        let subject = Line::default().plainly(trait_label(self.context, name));
        let kind = kind_of_value(op, value);
        let is_open = self.names.sight().may_ask(Field::Trait(name), op, value);
        self.test(subject, kind, op, value.map(|value| self.open(is_open, || self.value_of(name, kind, value))))
    }

    /// The words of a value, or the mask.
    fn open(&self, is_open: bool, words: impl FnOnce() -> String) -> String {
        if is_open { words() } else { MASK.to_owned() }
    }

    pub fn metric_line(&self, metric: Metric, op: &str, value: Option<&Value>) -> Line {
        let subject = Line::default().plainly(metric_label(self.context, metric));
        let kind = metric.kind();
        self.test(subject, kind, op, value.map(|value| self.value_of(metric.as_str(), kind, value)))
    }

    /// What was measured, as the reader writes it.
    pub fn metric_value(&self, metric: Metric, value: &Value) -> String {
        self.value_of(metric.as_str(), metric.kind(), value)
    }

    pub fn trait_value(&self, name: &str, value: &Value) -> String {
        self.value_of(name, MetricKind::Text, value)
    }

    fn event_condition(&self, event: &EventCondition) -> Line {
        let one = json!(1);
        let filters: Vec<FilterText> = event
            .filters
            .iter()
            .map(|filter| FilterText {
                property: filter.property.clone(),
                op: filter.test.op(),
                value: filter.test.value(),
            })
            .collect();
        let within = event.within.as_ref().map(engine::condition::Window::span);
        let (sum_of, op, value) = match &event.measure {
            None => (None, "gte", one),
            Some(Measure::Count { op, value }) => (None, op.as_str(), json!(value)),
            Some(Measure::Sum { property, op, value }) => (Some(property.as_str()), op.as_str(), json!(value)),
        };
        self.event_line(&EventWords { event: &event.event, filters: &filters, sum_of, op, value: &value, within })
    }

    pub fn event_line(&self, event: &EventWords<'_>) -> Line {
        let mut line = Line::default().strongly(event_label(self.context, event.event));
        line = match event.sum_of {
            None => line.plainly(self.times(event.op, event.value)),
            Some(property) => {
                let of = [("property", property_label(self.context, property).into())];
                line.plainly("·")
                    .plainly(self.context.t_with("segment-words-sum", &of).into_owned())
                    .plainly(self.t(&format!("segment-sign-{}", event.op)))
                    .valued(
                        self.context,
                        self.open(self.names.sight().may_sum(event.event, property), || {
                            number_text(self.context, event.value)
                        }),
                    )
            }
        };
        for (index, filter) in event.filters.iter().enumerate() {
            let joint = if index == 0 { "segment-words-where" } else { "segment-words-and" };
            line = line.plainly(self.t(joint)).followed_by(self.property_line(event.event, filter));
        }
        match event.within {
            None => line,
            Some(within) => line.plainly(",").plainly(window_text(self.context, within)),
        }
    }

    fn property_line(&self, event: &str, filter: &FilterText) -> Line {
        let subject = Line::default().plainly(property_label(self.context, &filter.property));
        let kind = kind_of_value(filter.op, filter.value.as_ref());
        let field = Field::Property { event, path: &filter.property };
        let is_open = self.names.sight().may_ask(field, filter.op, filter.value.as_ref());
        let words = |value| self.open(is_open, || self.value_of(&filter.property, kind, value));
        let value = filter.value.as_ref().map(words);
        self.test(subject, kind, filter.op, value)
    }

    fn times(&self, op: &str, value: &Value) -> String {
        let count = value.as_i64().unwrap_or(0);
        let key = match (op, count) {
            ("eq" | "lte", 0) | ("lt", 1) => "segment-times-never".to_owned(),
            _ => format!("segment-times-{op}"),
        };
        self.context.t_with(&key, &[("count", count.into())]).into_owned()
    }

    fn test(&self, subject: Line, kind: MetricKind, op: &str, value: Option<String>) -> Line {
        let key = match (kind, op) {
            (MetricKind::Number | MetricKind::Amount, "eq" | "ne" | "lt" | "lte" | "gt" | "gte") => {
                format!("segment-sign-{op}")
            }
            (MetricKind::Time, "lt" | "lte" | "gt" | "gte") => format!("segment-op-time-{op}"),
            (_, "within_last") => return subject.valued(self.context, value.unwrap_or_default()),
            _ => format!("segment-op-{}", op.replace('_', "-")),
        };
        let line = subject.plainly(self.t(&key));
        match value {
            Some(value) => line.valued(self.context, value),
            None => line,
        }
    }

    fn value_of(&self, name: &str, kind: MetricKind, value: &Value) -> String {
        match value {
            Value::Array(values) => {
                let spoken: Vec<String> = values.iter().map(|value| self.value_of(name, kind, value)).collect();
                spoken.join(", ")
            }
            Value::Number(number) => self.number(kind, number.as_f64().unwrap_or(0.0)),
            Value::Bool(true) => self.t("segment-value-true"),
            Value::Bool(false) => self.t("segment-value-false"),
            Value::String(text) => self.text_value(name, kind, text),
            Value::Null | Value::Object(_) => String::new(),
        }
    }

    fn number(&self, kind: MetricKind, number: f64) -> String {
        if kind == MetricKind::Amount
            && let Some(Ok(money)) = self.names.currency().map(|currency| Money::from_f64(number, currency))
        {
            return self.context.money(money);
        }
        number_text(self.context, &json!(number))
    }

    fn text_value(&self, name: &str, kind: MetricKind, text: &str) -> String {
        if name == "lifecycle_stage" && engine::lifecycle::Stage::ALL.iter().any(|stage| stage.as_str() == text) {
            return self.t(&format!("event-stage-{text}"));
        }
        if name == "country" && text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
            let key = format!("country-{text}");
            let label = self.t(&key);
            return if label == key { text.to_owned() } else { label };
        }
        if kind == MetricKind::Time {
            if let Ok(span) = text.parse::<Span>() {
                return window_text(self.context, span);
            }
            if let Ok(at) = Timestamp::parse_rfc3339(text) {
                return self.context.date_time(at);
            }
        }
        text.to_owned()
    }
}

/// A trait or property has no declared type: the operator and the operand tell it.
fn kind_of_value(op: &str, value: Option<&Value>) -> MetricKind {
    match (op, value) {
        ("before" | "after" | "within_last" | "not_within_last", _) => MetricKind::Time,
        ("lt" | "lte" | "gt" | "gte", Some(Value::String(_))) => MetricKind::Time,
        (_, Some(Value::Number(_))) => MetricKind::Number,
        _ => MetricKind::Text,
    }
}

pub(super) fn number_text(context: &PageContext, value: &Value) -> String {
    if value.as_str() == Some(MASK) {
        return MASK.to_owned();
    }
    let number = value.as_f64().unwrap_or(0.0);
    let decimals = if number.fract() == 0.0 { 0 } else { 2 };
    format_decimal(number, decimals, context.language)
}

/// "in the last 30 days": the largest unit that divides the window.
fn window_text(context: &PageContext, within: Span) -> String {
    let seconds = within.as_millis() / 1000;
    let units = [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];
    let unit = units.into_iter().find(|(_, size)| seconds % size == 0).unwrap_or(("seconds", 1));
    context.t_with(&format!("segment-window-{}", unit.0), &[("count", (seconds / unit.1).into())]).into_owned()
}
