//! The condition builder: a form field that holds the condition as JSON, and becomes a tree of controls where scripts run.

use engine::condition::{Condition, ConsentState, Metric};
use engine::lifecycle::Stage;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::labels::{known_word, known_words, metric_label};
use super::words::SegmentNames;
use crate::desk::event_label;
use crate::ui::{Field, Icon, PageContext, icon};

/// The field of this name with the condition in it. It asks `/segments/preview` while it is edited; on a page without
/// scripts it is a text area.
pub fn builder(context: &PageContext, name: &str, condition: Option<&Condition>, names: &SegmentNames) -> Markup {
    let text = condition.map_or_else(String::new, |condition| pretty(&condition.print()));
    field(context, name, &text, None, &catalogue(context, condition, names))
}

/// The same with what somebody typed and what is wrong with it.
pub(super) fn field(context: &PageContext, name: &str, text: &str, error: Option<String>, catalogue: &Value) -> Markup {
    let area = Field::area(name, context.t("segment-condition"), 8)
        .value(text)
        .hint(context.t("segment-condition-hint"))
        .error(error)
        .attribute("spellcheck", "false");
    html! {
        condition-builder class="builder" data-module="condition-builder" data-preview="/segments/preview"
            data-suggest="/segments/suggest" data-catalogue=(catalogue) {
            div class="builder-main" { (area) }
            div class="builder-preview panel" role="status" aria-live="polite" {
                p class="builder-preview-empty" { (context.t("segment-preview-empty")) }
            }
        }
    }
}

/// A condition as one writes it by hand.
pub(super) fn pretty(condition: &Value) -> String {
    serde_json::to_string_pretty(condition).unwrap_or_default()
}

/// Words, names and pictures that the script needs.
pub(super) fn catalogue(context: &PageContext, condition: Option<&Condition>, names: &SegmentNames) -> Value {
    let texts: Map<String, Value> = TEXTS
        .iter()
        .map(|key| ((*key).to_owned(), json!(context.t(&format!("segment-builder-{}", key.replace('_', "-"))))))
        .collect();
    let icons: Map<String, Value> =
        ICONS.iter().map(|(name, picture)| ((*name).to_owned(), json!(icon(*picture).into_string()))).collect();
    let metrics = Metric::ALL
        .map(|(metric, name, kind)| json!({"name": name, "label": metric_label(context, metric), "kind": kind}));
    let stages = Stage::ALL
        .map(|stage| json!({"name": stage.as_str(), "label": context.t(&format!("event-stage-{}", stage.as_str()))}));
    let states = ConsentState::ALL.map(
        |state| json!({"name": state.as_str(), "label": context.t(&format!("segment-consent-{}", state.as_str()))}),
    );
    let words = |list: &str| -> Vec<Value> {
        known_words(list)
            .into_iter()
            .map(|word| json!({"name": word, "label": known_word(context, list, word)}))
            .collect()
    };
    let mut events = Vec::new();
    if let Some(condition) = condition {
        collect_events(condition, &mut events);
    }
    let events: Vec<Value> =
        events.into_iter().map(|name| json!({"name": name, "label": event_label(context, name)})).collect();
    json!({
        "texts": texts, "icons": icons, "metrics": metrics, "stages": stages, "states": states, "events": events,
        "channels": words("channel"), "purposes": words("purpose"), "segments": names.choices(),
        "zone": context.zone.iana_name().unwrap_or("UTC"),
    })
}

fn collect_events<'a>(condition: &'a Condition, events: &mut Vec<&'a str>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| collect_events(part, events)),
        Condition::Not(part) => collect_events(part, events),
        Condition::Event(event) if !events.contains(&event.event.as_str()) => events.push(&event.event),
        _ => {}
    }
}

/// Each is the text `segment-builder-{key}`.
const TEXTS: &[&str] = &[
    "trait",
    "metric",
    "event",
    "segment",
    "channel",
    "purpose",
    "state",
    "operator",
    "value",
    "values",
    "values-hint",
    "property",
    "measure",
    "measure-count",
    "measure-sum",
    "times",
    "within",
    "window",
    "ever",
    "where",
    "and",
    "or",
    "true",
    "false",
    "add-filter",
    "remove-filter",
    "unit-s",
    "unit-m",
    "unit-h",
    "unit-d",
    "unit-w",
    "group",
    "group-all",
    "group-any",
    "group-none",
    "kind-trait",
    "kind-metric",
    "kind-event",
    "kind-segment",
    "kind-consent",
    "add-condition",
    "add-group",
    "add-trait",
    "add-metric",
    "add-event",
    "add-segment",
    "add-consent",
    "empty-root",
    "empty-group",
    "unfinished",
    "waiting",
    "more",
    "remove",
    "duplicate",
    "move-up",
    "move-down",
    "move-in",
    "move-out",
    "wrap",
    "op-eq",
    "op-ne",
    "op-in",
    "op-not_in",
    "op-lt",
    "op-lte",
    "op-gt",
    "op-gte",
    "op-contains",
    "op-starts_with",
    "op-ends_with",
    "op-exists",
    "op-not_exists",
    "op-before",
    "op-after",
    "op-within_last",
    "op-not_within_last",
    "op-number-eq",
    "op-number-ne",
    "op-number-lt",
    "op-number-lte",
    "op-number-gt",
    "op-number-gte",
];

const ICONS: [(&str, Icon); 17] = [
    ("trait", Icon::IdCard),
    ("metric", Icon::Hash),
    ("event", Icon::Zap),
    ("segment", Icon::Layers),
    ("consent", Icon::ShieldCheck),
    ("plus", Icon::Plus),
    ("x", Icon::X),
    ("trash", Icon::Trash2),
    ("ellipsis", Icon::Ellipsis),
    ("arrow-up", Icon::ArrowUp),
    ("arrow-down", Icon::ArrowDown),
    ("folder", Icon::Folder),
    ("folder-plus", Icon::FolderPlus),
    ("corner-down-left", Icon::CornerDownLeft),
    ("copy", Icon::Copy),
    ("filter", Icon::Filter),
    ("chevron-down", Icon::ChevronDown),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Language;
    use crate::kernel::texts::t;

    #[test]
    fn every_word_of_the_builder_is_there_in_both_languages() {
        for key in TEXTS.iter().map(|key| format!("segment-builder-{}", key.replace('_', "-"))) {
            for language in Language::ALL {
                assert_ne!(t(language, &key), key.as_str(), "{language:?}");
            }
        }
    }
}
