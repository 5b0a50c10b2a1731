//! What is a condition, what is not, and where the mistake is.

use engine::condition::{Condition, ErrorCode, MAX_DEPTH, MAX_LEAVES};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate::{condition_json, config};

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn printing_a_parsed_condition_gives_what_parses_to_the_same(json in condition_json()) {
        let parsed = Condition::parse(&json).unwrap();
        prop_assert_eq!(Condition::parse(&parsed.print()).unwrap(), parsed);
    }
}

#[test]
fn the_examples_of_the_contract_print_as_they_were_written() {
    for json in [
        json!({"trait": "country", "op": "eq", "value": "FR"}),
        json!({"event": "Product Viewed", "where": [{"property": "category", "op": "eq", "value": "shoes"}],
            "count": {"op": "gte", "value": 3}, "within": "30d"}),
        json!({"event": "Order Completed", "sum": {"property": "total", "op": "gte", "value": 100}, "within": "14d"}),
        json!({"metric": "orders_count", "op": "gte", "value": 2}),
        json!({"segment": "seg_00000000000000000000000000"}),
        json!({"consent": {"channel": "email", "purpose": "marketing"}, "state": "granted"}),
        json!({"all": []}),
        json!({"any": [{"not": {"trait": "a.b", "op": "not_within_last", "value": "24h"}}]}),
        json!({"trait": "tags", "op": "in", "value": ["a", 1, true, 1.5]}),
    ] {
        assert_eq!(Condition::parse(&json).unwrap().print(), json);
    }
}

#[test]
fn a_call_may_be_named_by_its_word() {
    let page = Condition::parse(&json!({"event": "page"})).unwrap();
    assert_eq!(page, Condition::parse(&json!({"event": "Page Viewed"})).unwrap());
}

#[track_caller]
fn check(json: Value, path: &str, code: ErrorCode, hint: &str) {
    let error = Condition::parse(&json).unwrap_err();
    assert_eq!((error.path.as_str(), error.code), (path, code), "{error}");
    assert!(error.detail.contains(hint), "{error}");
}

#[test]
fn a_mistake_is_refused_with_its_place_and_what_was_meant() {
    let fine = json!({"trait": "a", "op": "exists"});
    let view = |filter: Value| json!({"event": "View", "where": [filter]});
    check(
        json!({"all": [fine, fine, view(json!({"property": "p", "op": "equals", "value": 1}))]}),
        "all[2].where[0].op",
        ErrorCode::UnknownWord,
        "known are: eq",
    );
    check(json!(3), "", ErrorCode::WrongType, "object");
    check(json!({}), "", ErrorCode::UnknownNode, "trait");
    check(json!({"trait": "a", "metric": "b"}), "", ErrorCode::UnknownNode, "either");
    check(json!({"all": {}}), "all", ErrorCode::WrongType, "list");
    check(json!({"not": [fine]}), "not", ErrorCode::WrongType, "object");
    check(json!({"any": [], "op": "eq"}), "op", ErrorCode::UnknownField, "any");
    check(json!({"trait": "a", "opp": "eq"}), "opp", ErrorCode::UnknownField, "did you mean \"op\"");
    check(json!({"trait": "a"}), "", ErrorCode::MissingField, "\"op\"");
    check(json!({"trait": "a", "op": "eq"}), "", ErrorCode::MissingField, "\"value\"");
    check(json!({"trait": "", "op": "exists"}), "trait", ErrorCode::BadValue, "1 to");
    check(json!({"trait": "a", "op": "eq", "value": null}), "value", ErrorCode::WrongType, "not_exists");
    check(json!({"trait": "a", "op": "eq", "value": [1]}), "value", ErrorCode::WrongType, "text");
    check(json!({"trait": "a", "op": "in", "value": "x"}), "value", ErrorCode::WrongType, "list");
    check(json!({"trait": "a", "op": "in", "value": [1, null]}), "value[1]", ErrorCode::WrongType, "null");
    check(json!({"trait": "a", "op": "lt", "value": true}), "value", ErrorCode::WrongType, "number");
    check(json!({"trait": "a", "op": "exists", "value": 1}), "value", ErrorCode::BadValue, "no value");
    check(json!({"trait": "a", "op": "before", "value": "soon"}), "value", ErrorCode::BadValue, "date");
    check(json!({"trait": "a", "op": "starts_with", "value": 1}), "value", ErrorCode::WrongType, "text");
    for window in ["30", "30 d", "1y", "-1d", "0d", "5ms", "", "36501d", "99999999999999999999d"] {
        check(json!({"event": "A", "within": window}), "within", ErrorCode::BadValue, "");
    }
    check(
        json!({"metric": "order_count", "op": "exists"}),
        "metric",
        ErrorCode::UnknownWord,
        "did you mean \"orders_count\"",
    );
    check(json!({"segment": "vip"}), "segment", ErrorCode::BadValue, "seg_");
    check(json!({"consent": {"channel": "email"}, "state": "granted"}), "consent", ErrorCode::MissingField, "purpose");
    check(
        json!({"consent": {"channel": "a", "purpose": "b"}, "state": "yes"}),
        "state",
        ErrorCode::UnknownWord,
        "granted",
    );
    check(
        json!({"event": "A", "count": {"op": "gte", "value": 1001}, "within": "1d"}),
        "count.value",
        ErrorCode::BadValue,
        "1000",
    );
    check(json!({"event": "A", "count": {"op": "gte", "value": 1.5}}), "count.value", ErrorCode::BadValue, "whole");
    check(json!({"event": "A", "count": {"op": "gte", "value": -1}}), "count.value", ErrorCode::BadValue, "whole");
    check(json!({"event": "A", "count": {"op": "in", "value": 1}}), "count.op", ErrorCode::UnknownWord, "gte");
    check(
        json!({"event": "A", "sum": {"property": "p", "op": "gte", "value": "1"}}),
        "sum.value",
        ErrorCode::WrongType,
        "number",
    );
    check(json!({"event": "A", "sum": {"op": "gte", "value": 1}}), "sum", ErrorCode::MissingField, "property");
    check(
        json!({"event": "A", "sum": {"property": "p", "op": "gte", "value": 1}, "count": {"op": "gte", "value": 1}}),
        "",
        ErrorCode::UnknownNode,
        "\"all\"",
    );
}

#[test]
fn a_condition_is_at_most_eight_deep() {
    let mut json = json!({"trait": "a", "op": "exists"});
    for _ in 1..MAX_DEPTH {
        json = json!({"not": json});
    }
    assert!(Condition::parse(&json).is_ok());
    let path = ["not"; MAX_DEPTH].join(".");
    check(json!({"not": json}), &path, ErrorCode::TooDeep, "8");
}

#[test]
fn a_condition_has_at_most_a_hundred_leaves() {
    let leaf = json!({"trait": "a", "op": "exists"});
    let most = json!({"any": vec![leaf.clone(); MAX_LEAVES]});
    assert!(Condition::parse(&most).is_ok());
    check(json!({"any": vec![leaf; MAX_LEAVES + 1]}), "any[100]", ErrorCode::TooMany, "100");
}
