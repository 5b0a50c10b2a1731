//! Which conditions somebody may ask: who may not see who people are may not find it out by counting either.

use engine::condition::{Condition, EventCondition, Measure, Test};
use serde_json::Value;
use thiserror::Error;

use crate::kernel::{Field, MASK, Sight};

/// A condition that its asker may ask. Whatever counts, lists or keeps people by a condition takes one of these.
#[derive(Clone, Debug)]
pub struct Askable(Condition);

/// A part of a condition compares what its asker may not see.
#[derive(Debug, Error)]
#[error("“{name}” may tell who somebody is, which you may not see; ask whether it is known, or for something else")]
pub struct HiddenField {
    pub name: String,
    /// The offending node, such as `all[1].where[0]`.
    pub path: String,
}

impl Askable {
    pub fn of(condition: Condition, sight: Sight) -> Result<Self, HiddenField> {
        match hidden_in(&condition, sight, "") {
            Some(hidden) => Err(hidden),
            None => Ok(Self(condition)),
        }
    }

    pub fn condition(&self) -> &Condition {
        &self.0
    }

    pub fn into_condition(self) -> Condition {
        self.0
    }
}

/// Whether every part of a condition may be read by somebody of this sight.
pub(super) fn is_open(condition: &Condition, sight: Sight) -> bool {
    hidden_in(condition, sight, "").is_none()
}

fn hidden_in(condition: &Condition, sight: Sight, path: &str) -> Option<HiddenField> {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let first = |parts: &[Condition], key: &str| {
        let mut parts = parts.iter().enumerate();
        parts.find_map(|(index, part)| hidden_in(part, sight, &below(&format!("{key}[{index}]"))))
    };
    match condition {
        Condition::All(parts) => first(parts, "all"),
        Condition::Any(parts) => first(parts, "any"),
        Condition::Not(part) => hidden_in(part, sight, &below("not")),
        Condition::Trait { name, test } if !may_test(sight, Field::Trait(name), test) => {
            Some(HiddenField { name: name.clone(), path: path.to_owned() })
        }
        Condition::Event(event) => hidden_of_event(event, sight, &below),
        Condition::Trait { .. } | Condition::Metric { .. } | Condition::Consent { .. } | Condition::Segment(_) => None,
    }
}

fn hidden_of_event(event: &EventCondition, sight: Sight, below: &dyn Fn(&str) -> String) -> Option<HiddenField> {
    for (index, filter) in event.filters.iter().enumerate() {
        let field = Field::Property { event: &event.event, path: &filter.property };
        if !may_test(sight, field, &filter.test) {
            return Some(HiddenField { name: filter.property.clone(), path: below(&format!("where[{index}]")) });
        }
    }
    match &event.measure {
        Some(Measure::Sum { property, .. }) if !sight.may_sum(&event.event, property) => {
            Some(HiddenField { name: property.clone(), path: below("sum") })
        }
        _ => None,
    }
}

fn may_test(sight: Sight, field: Field<'_>, test: &Test) -> bool {
    sight.may_ask(field, test.op(), test.value().as_ref())
}

/// The condition as JSON, with masks for what its reader may not see. Such a text is no condition that he could send back.
pub(super) fn printed(condition: &Condition, sight: Sight) -> Value {
    let mut json = condition.print();
    mask(condition, sight, &mut json);
    json
}

fn mask(condition: &Condition, sight: Sight, json: &mut Value) {
    match condition {
        Condition::All(parts) => mask_all(parts, sight, &mut json["all"]),
        Condition::Any(parts) => mask_all(parts, sight, &mut json["any"]),
        Condition::Not(part) => mask(part, sight, &mut json["not"]),
        Condition::Trait { name, test } if !may_test(sight, Field::Trait(name), test) => json["value"] = MASK.into(),
        Condition::Event(event) => {
            for (index, filter) in event.filters.iter().enumerate() {
                let field = Field::Property { event: &event.event, path: &filter.property };
                if !may_test(sight, field, &filter.test) {
                    json["where"][index]["value"] = MASK.into();
                }
            }
            if let Some(Measure::Sum { property, .. }) = &event.measure
                && !sight.may_sum(&event.event, property)
            {
                json["sum"]["value"] = MASK.into();
            }
        }
        Condition::Trait { .. } | Condition::Metric { .. } | Condition::Consent { .. } | Condition::Segment(_) => {}
    }
}

fn mask_all(parts: &[Condition], sight: Sight, json: &mut Value) {
    for (index, part) in parts.iter().enumerate() {
        mask(part, sight, &mut json[index]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    /// Where the condition asks what must not be seen; empty when it may be asked.
    fn fault(condition: &Value) -> String {
        let condition = Condition::parse(condition).unwrap();
        assert!(Askable::of(condition.clone(), Sight::Whole).is_ok());
        assert_eq!(printed(&condition, Sight::Whole), condition.print());
        match Askable::of(condition.clone(), Sight::Masked) {
            Ok(asked) => {
                assert_eq!(printed(&condition, Sight::Masked), asked.condition().print());
                String::new()
            }
            Err(hidden) => {
                let shown = printed(&condition, Sight::Masked);
                assert_ne!(shown, condition.print(), "what may not be asked is not printed either");
                format!("{} {}", hidden.name, hidden.path)
            }
        }
    }

    #[test]
    fn groups_figures_and_behaviour_may_be_asked_and_who_somebody_is_may_not() {
        let check = |condition: Value, wanted: &str| assert_eq!(fault(&condition), wanted, "{condition}");
        check(json!({"trait": "country", "op": "eq", "value": "FR"}), "");
        check(json!({"trait": "address.city", "op": "starts_with", "value": "Ly"}), "");
        check(json!({"trait": "email", "op": "exists"}), "");
        check(json!({"trait": "newsletter", "op": "eq", "value": true}), "");
        check(json!({"metric": "revenue", "op": "gte", "value": 100}), "");
        check(json!({"consent": {"channel": "email", "purpose": "marketing"}, "state": "granted"}), "");
        check(json!({"event": "Contact Form Sent", "count": {"op": "gte", "value": 2}}), "");
        check(
            json!({"event": "Product Viewed", "where": [{"property": "name", "op": "contains", "value": "lamp"}]}),
            "",
        );
        check(json!({"event": "Order Completed", "sum": {"property": "total", "op": "gte", "value": 100}}), "");
        let on_page = |op: &str, value: &str| json!({"event": "Page Viewed", "where": [{"property": "context.page.path", "op": op, "value": value}]});
        check(on_page("eq", "/sale/lamps"), "");
        check(on_page("starts_with", "/sale/"), "");
        check(on_page("starts_with", "/members/an"), "context.page.path where[0]");
        check(on_page("contains", "ana"), "context.page.path where[0]");
        check(on_page("eq", "/members/ana@example.com"), "context.page.path where[0]");
        check(json!({"trait": "email", "op": "eq", "value": "ana@example.com"}), "email ");
        check(json!({"trait": "tags.ana", "op": "exists"}), "tags.ana ");
        check(json!({"trait": "birthday", "op": "within_last", "value": "1d"}), "birthday ");
        check(json!({"trait": "shoe_size", "op": "eq", "value": 42}), "shoe_size ");
        check(
            json!({"all": [{"trait": "city", "op": "exists"}, {"not": {"trait": "lastName", "op": "starts_with", "value": "M"}}]}),
            "lastName all[1].not",
        );
        check(
            json!({"any": [{"event": "Quiz Done", "where": [{"property": "name", "op": "eq", "value": "Ana"}]}]}),
            "name any[0].where[0]",
        );
        check(
            json!({"event": "Form Sent", "sum": {"property": "phone", "op": "gte", "value": 612_345_678}}),
            "phone sum",
        );
        check(
            json!({"event": "Form Sent", "where": [{"property": "value", "op": "eq", "value": "Ana"}]}),
            "value where[0]",
        );
    }
}
