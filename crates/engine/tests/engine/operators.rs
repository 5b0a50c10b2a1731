//! Every operator with every type of value, in one table.

use engine::event::EventFact;
use engine::{Condition, Facts, LazyJson, Plan};
use serde_json::{Value, json};
use words::Currency;

use crate::generate::at;

/// The answer about a property `p` of the one event there is; the same must come out for a trait.
#[track_caller]
fn check(value: Value, op: &str, operand: Value, expected: bool) {
    let properties = if value == json!("missing!") { json!({}) } else { json!({ "p": value }) };
    let mut filter = json!({ "property": "p", "op": op });
    if operand != Value::Null {
        filter["value"] = operand.clone();
    }
    let mut of_trait = filter.clone();
    of_trait.as_object_mut().unwrap().remove("property");
    of_trait["trait"] = json!("p");
    let found = [holds(&json!({ "event": "E", "where": [filter] }), &properties), holds(&of_trait, &properties)];
    assert_eq!(found, [expected; 2], "{properties} {op} {operand}");
}

/// The answer after one event, named E at the start, whose properties are the person's traits too.
fn holds(condition: &Value, properties: &Value) -> bool {
    let condition = Condition::parse(condition).unwrap();
    let plan = crate::membership::plan_of(&[condition]);
    let mut facts = Facts::new();
    let context = json!({ "page": { "path": "/shoes" }, "campaign.name": "spring" });
    let event = EventFact {
        seq: 1,
        name: "E",
        at: at(0),
        properties: LazyJson::value(properties),
        context: LazyJson::value(&context),
        traits: Some(LazyJson::value(properties)),
    };
    plan.fold_event(&mut facts, &event, at(0));
    plan.evaluate(0, &facts, at(0)).is_member
}

fn missing() -> Value {
    json!("missing!")
}

#[test]
fn equality_compares_within_a_type_and_folds_text() {
    for (value, operand, is_equal) in [
        (json!("Shoes"), json!("sHOES"), true),
        (json!("É"), json!("e\u{301}"), true),
        (json!("shoes"), json!("shoe"), false),
        (json!("a\"b\\c\u{1F600}"), json!("A\"B\\C\u{1F600}"), true),
        (json!(3), json!(3.0), true),
        (json!(3), json!("3"), false),
        (json!("3"), json!(3), false),
        (json!(0.1), json!(0.1), true),
        (json!(true), json!(true), true),
        (json!(true), json!("true"), false),
        (json!(1), json!(true), false),
        (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64), false),
        (json!(["shoes"]), json!("shoes"), false),
        (json!({"a": 1}), json!("a"), false),
        (Value::Null, json!("null"), false),
        (missing(), json!("shoes"), false),
        (json!(""), json!(""), true),
    ] {
        check(value.clone(), "eq", operand.clone(), is_equal);
        check(value.clone(), "ne", operand.clone(), !is_equal);
        check(value.clone(), "in", json!([7, operand]), is_equal);
        check(value, "not_in", json!([7, operand]), !is_equal);
    }
    check(json!("x"), "in", json!([]), false);
    check(json!("x"), "not_in", json!([]), true);
    let many: Vec<Value> = (0..100).map(|number| json!(format!("Value {number}"))).collect();
    check(json!("VALUE 42"), "in", json!(many), true);
    check(json!("VALUE 100"), "in", json!(many), false);
}

#[test]
fn order_is_of_numbers_and_of_times() {
    let day = |day: u8| json!(format!("2026-01-0{day}T00:00:00Z"));
    for (value, operand, order) in [
        (json!(1), json!(2), Some(-1)),
        (json!(2.5), json!(2), Some(1)),
        (json!(2), json!(2.0), Some(0)),
        (day(1), day(2), Some(-1)),
        (json!("2026-01-02T01:00:00+01:00"), day(2), Some(0)),
        (json!("2026-01-03"), day(2), Some(1)),
        (json!("a"), json!("b"), None),
        (json!("10"), json!("9"), None),
        (json!("10"), json!(9), None),
        (json!(20_260_101), day(2), None),
        (json!("20260101"), day(2), None),
        (json!(true), json!(0), None),
        (json!([5]), json!(1), None),
        (missing(), json!(1), None),
    ] {
        check(value.clone(), "lt", operand.clone(), order == Some(-1));
        check(value.clone(), "lte", operand.clone(), matches!(order, Some(-1 | 0)));
        check(value.clone(), "gt", operand.clone(), order == Some(1));
        check(value, "gte", operand, matches!(order, Some(0 | 1)));
    }
    check(day(1), "before", day(2), true);
    check(day(2), "before", day(2), false);
    check(day(3), "after", day(2), true);
    check(day(2), "after", day(2), false);
    check(json!(5), "before", day(2), false);
    check(missing(), "after", day(2), false);
}

#[test]
fn contains_looks_into_text_and_lists() {
    check(json!("Red Shoes"), "contains", json!("D SH"), true);
    check(json!("Élan"), "contains", json!("é"), true);
    check(json!("Red Shoes"), "contains", json!("blue"), false);
    check(json!(["Red", 3, true]), "contains", json!("RED"), true);
    check(json!(["Red", 3, true]), "contains", json!(3), true);
    check(json!(["Red", 3, true]), "contains", json!(true), true);
    check(json!(["Red"]), "contains", json!("Re"), false);
    check(json!(33), "contains", json!(3), false);
    check(json!({"red": 1}), "contains", json!("red"), false);
    check(missing(), "contains", json!(""), false);
    check(json!("Élan"), "starts_with", json!("éL"), true);
    check(json!("Elan"), "starts_with", json!("eLA"), true);
    check(json!("Elan"), "starts_with", json!("Elans"), false);
    check(json!("Elan"), "starts_with", json!(""), true);
    check(json!("Elan"), "ends_with", json!("AN"), true);
    check(json!("Elan"), "ends_with", json!("E"), false);
    check(json!(["Elan"]), "starts_with", json!("E"), false);
}

#[test]
fn existence_is_of_everything_but_null() {
    for (value, exists) in [
        (json!(0), true),
        (json!(""), true),
        (json!(false), true),
        (json!([]), true),
        (json!({}), true),
        (Value::Null, false),
        (missing(), false),
    ] {
        check(value.clone(), "exists", Value::Null, exists);
        check(value, "not_exists", Value::Null, !exists);
    }
}

#[test]
fn within_last_holds_from_its_instant_until_the_window_has_passed() {
    for (value, is_recent) in [
        (json!(at(0).to_string()), true),
        (json!(at(-9_999).to_string()), true),
        (json!(at(-10_000).to_string()), false),
        (json!(at(1).to_string()), false),
        (json!("10s"), false),
        (json!(5), false),
        (missing(), false),
    ] {
        check(value.clone(), "within_last", json!("10s"), is_recent);
        check(value, "not_within_last", json!("10s"), !is_recent);
    }
}

#[test]
fn paths_reach_into_objects_lists_and_the_context() {
    let properties = json!({
        "products": [{ "brand": "Acme", "size": { "eu": 42 } }, { "brand": "Best" }],
        "a.b": 1, "a": { "b": 2, "c.d": 3 }, "context.page.path": null,
    });
    let check = |property: &str, op: &str, value: Value, expected: bool| {
        let mut filter = json!({ "property": property, "op": op });
        if value != Value::Null {
            filter["value"] = value;
        }
        let condition = json!({ "event": "E", "where": [filter] });
        assert_eq!(holds(&condition, &properties), expected, "{condition}");
    };
    check("products.brand", "eq", json!("best"), true);
    check("products.brand", "ne", json!("best"), false);
    check("products.brand", "not_in", json!(["other"]), true);
    check("products.size.eu", "gte", json!(42), true);
    check("products.size.eu", "exists", Value::Null, true);
    check("products.size.us", "not_exists", Value::Null, true);
    check("a.b", "eq", json!(1), true);
    check("a.c.d", "eq", json!(3), true);
    check("a.b.c", "exists", Value::Null, false);
    check("context.page.path", "exists", Value::Null, false);
    check("context.page", "exists", Value::Null, true);
    check("context.campaign.name", "eq", json!("spring"), true);
    check("page.path", "exists", Value::Null, false);
}

#[test]
fn a_sum_adds_numbers_exactly_and_nothing_else() {
    let cases = [
        (vec![json!(0.1), json!(0.2)], json!(0.3), true),
        (vec![json!("5"), Value::Null, json!(true), json!(2)], json!(2), true),
        (vec![json!(-1), json!(1)], json!(0), true),
        (vec![json!(0.000_000_4)], json!(0), true),
        (vec![json!(0.000_000_5)], json!(0.000_001), true),
        (vec![], json!(0), true),
        (vec![json!(33.33), json!(33.33), json!(33.34)], json!(100), true),
    ];
    for (amounts, total, expected) in cases {
        for within in [None, Some("1d")] {
            let mut json = json!({ "event": "E", "sum": { "property": "p", "op": "eq", "value": total } });
            if let Some(within) = within {
                json["within"] = json!(within);
            }
            let plan = crate::membership::plan_of(&[Condition::parse(&json).unwrap()]);
            let mut facts = Facts::new();
            for (seq, amount) in amounts.iter().enumerate() {
                let text = json!({ "p": amount }).to_string();
                let event = EventFact {
                    seq: seq as i64,
                    name: "E",
                    at: at(0),
                    properties: LazyJson::text(&text),
                    context: LazyJson::text(""),
                    traits: None,
                };
                plan.fold_event(&mut facts, &event, at(0));
            }
            assert_eq!(plan.evaluate(0, &facts, at(0)).is_member, expected, "{amounts:?} {total}");
        }
    }
}

#[test]
fn an_empty_all_is_true_and_an_empty_any_is_false() {
    assert!(holds(&json!({"all": []}), &json!({})));
    assert!(!holds(&json!({"any": []}), &json!({})));
    assert!(!holds(&json!({"not": {"all": []}}), &json!({})));
}

#[test]
fn nobody_is_in_a_segment_that_the_plan_does_not_know() {
    let verdict = Plan::empty(Currency::EUR).evaluate(5, &Facts::new(), at(0));
    assert!(!verdict.is_member);
}
