//! One order, whatever order its events arrive in and however often they come.

use engine::orders::{OrderEvent, OrderHistory, OrderProblem, OrderStanding, OrderStatus};
use proptest::prelude::*;
use serde_json::{Value, json};
use words::Currency;

use crate::generate::{at, config};

fn read(name: &str, properties: &Value, seq: i64, millis: i64) -> OrderEvent {
    OrderEvent::from_call(name, properties, seq, at(millis)).unwrap().unwrap()
}

fn standing(events: &[OrderEvent]) -> OrderStanding {
    let mut history = OrderHistory::new();
    for event in events {
        history.fold(event).unwrap();
    }
    // What is stored between two events is its JSON.
    let stored = serde_json::to_string(&history).unwrap();
    let history: OrderHistory = serde_json::from_str(&stored).unwrap();
    history.standing("o1", Currency::EUR).unwrap()
}

fn event() -> impl Strategy<Value = (&'static str, Value, i64)> {
    let names = prop::sample::select(vec!["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"]);
    let amount = || prop::option::of(0_i64..50);
    let product = (0_i64..3, amount(), 0_i64..3)
        .prop_map(|(id, price, quantity)| json!({ "product_id": id, "price": price, "quantity": quantity }));
    let currency = prop::option::of(prop::sample::select(vec!["EUR", "USD"]));
    let products = prop::option::of(prop::collection::vec(product, 0..3));
    (names, amount(), amount(), currency, products, 0_i64..5).prop_map(|(name, total, tax, currency, products, at)| {
        let properties = json!({
            "order_id": "o1", "total": total, "tax": tax, "currency": currency, "products": products,
        });
        (name, properties, at)
    })
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn every_permutation_and_repetition_of_events_gives_one_standing(
        (events, shuffled) in prop::collection::vec(event(), 1..7)
            .prop_map(|events| {
                let numbered = events.iter().enumerate();
                numbered.map(|(seq, (name, properties, millis))| read(name, properties, seq as i64, *millis)).collect()
            })
            .prop_flat_map(|events: Vec<OrderEvent>| {
                let twice: Vec<OrderEvent> = events.iter().chain(&events).cloned().collect();
                (Just(events), Just(twice).prop_shuffle())
            })
    ) {
        let standing_in_order = standing(&events);
        prop_assert_eq!(standing(&shuffled), standing_in_order.clone());
        prop_assert!(standing_in_order.refunded_minor >= 0);
        prop_assert!(standing_in_order.refunded_minor <= standing_in_order.total_minor);
        prop_assert!(standing_in_order.net_minor >= 0);
    }
}

#[track_caller]
fn check(calls: &[(&str, Value)], status: OrderStatus, total: i64, refunded: i64, net: i64) {
    let numbered = calls.iter().enumerate();
    let events: Vec<OrderEvent> = numbered
        .map(|(seq, (name, properties))| {
            let mut properties = properties.clone();
            properties["order_id"] = json!("o1");
            read(name, &properties, seq as i64, seq as i64)
        })
        .collect();
    let standing = standing(&events);
    let found = (standing.status, standing.total_minor, standing.refunded_minor, standing.net_minor);
    assert_eq!(found, (status, total, refunded, net), "{calls:?}");
}

#[test]
fn an_order_stands_where_its_events_put_it() {
    let completed = |properties| ("Order Completed", properties);
    let refunded = |properties| ("Order Refunded", properties);
    let lines = json!([{ "product_id": 1, "price": 29.9, "quantity": 2 }, { "sku": "S", "price": "10.10" }]);
    let whole = || completed(json!({ "total": 59.8 }));
    check(&[whole()], OrderStatus::Completed, 5_980, 0, 5_980);
    check(&[completed(json!({ "revenue": "59.80", "tax": 3 }))], OrderStatus::Completed, 5_980, 0, 5_980);
    check(&[completed(json!({ "products": lines }))], OrderStatus::Completed, 6_990, 0, 6_990);
    check(&[completed(json!({ "total": 1200, "currency": "jpy" }))], OrderStatus::Completed, 1_200, 0, 1_200);
    check(&[completed(json!({ "total": 1.005 }))], OrderStatus::Completed, 101, 0, 101);
    check(&[whole(), ("Order Updated", json!({ "total": 40 }))], OrderStatus::Updated, 4_000, 0, 4_000);
    check(&[whole(), refunded(json!({ "total": 10 }))], OrderStatus::PartiallyRefunded, 5_980, 1_000, 4_980);
    check(&[whole(), refunded(json!({ "total": -10 }))], OrderStatus::PartiallyRefunded, 5_980, 1_000, 4_980);
    check(&[whole(), refunded(json!({}))], OrderStatus::Refunded, 5_980, 5_980, 0);
    check(
        &[whole(), refunded(json!({ "amount": 40 })), refunded(json!({ "amount": 40 }))],
        OrderStatus::Refunded,
        5_980,
        5_980,
        0,
    );
    check(
        &[completed(json!({ "products": lines })), refunded(json!({ "products": [{ "product_id": "1" }] }))],
        OrderStatus::PartiallyRefunded,
        6_990,
        2_990,
        4_000,
    );
    check(&[refunded(json!({ "total": 10 }))], OrderStatus::Pending, 0, 0, 0);
    check(&[("Order Updated", json!({ "total": 5 }))], OrderStatus::Updated, 500, 0, 500);
    check(&[("Order Cancelled", json!({})), whole()], OrderStatus::Cancelled, 5_980, 0, 0);
}

#[test]
fn a_line_keeps_what_the_call_says_of_the_product() {
    let products = json!([{
        "product_id": 10, "sku": "TS-1", "name": "T-shirt", "category": "Tops", "brand": "Acme", "price": 29.9, "quantity": 1.5,
    }]);
    let event = read("Order Completed", &json!({ "order_id": 1001, "products": products }), 1, 5);
    assert_eq!(event.order_id, "1001");
    let standing = standing(&[event]);
    assert_eq!((standing.total_minor, standing.ordered_at), (4_485, at(5)));
    assert_eq!(
        serde_json::to_value(&standing.lines).unwrap(),
        json!([{
            "product_id": "10", "sku": "TS-1", "name": "T-shirt", "category": "Tops", "brand": "Acme",
            "price_minor": 2_990, "quantity_thousandths": 1_500,
        }])
    );
}

#[test]
fn calls_that_are_no_order_are_told_apart_from_broken_ones() {
    let from_call = |name, properties: Value| OrderEvent::from_call(name, &properties, 1, at(0));
    assert_eq!(from_call("Product Viewed", json!({ "order_id": 1 })), None);
    let problem = |properties| from_call("Order Completed", properties).unwrap().unwrap_err();
    assert_eq!(problem(json!({})), OrderProblem::NoOrderId);
    assert_eq!(problem(json!("order")), OrderProblem::NoOrderId);
    assert_eq!(problem(json!({ "order_id": " " })), OrderProblem::NoOrderId);
    let bad = |field: &str| OrderProblem::BadAmount { field: field.to_owned() };
    assert_eq!(problem(json!({ "order_id": 1, "total": "12 €" })), bad("total"));
    assert_eq!(problem(json!({ "order_id": 1, "total": 1e20 })), bad("total"));
    assert_eq!(problem(json!({ "order_id": 1, "products": [{ "price": [] }] })), bad("price"));
    assert_eq!(problem(json!({ "order_id": 1, "currency": "EURO" })), OrderProblem::BadCurrency);
    assert_eq!(problem(json!({ "order_id": 1, "products": { "a": 1 } })), OrderProblem::BadProducts);
}
