//! What holds of the mask, whatever is behind it.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::harmless::{Kind, kind_of};
use super::*;
use crate::kernel::permission::{Role, Scope};

/// Stands in every secret text and in no name.
const SECRET: &str = "Zyx";

/// Names that shops use, harmless or not, and some that nobody has thought of.
fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "email",
        "phone",
        "name",
        "firstName",
        "last_name",
        "address",
        "street",
        "country",
        "city",
        "birthday",
        "note",
        "products",
        "total",
        "value",
        "category",
        "url",
        "path",
        "referrer",
        "page",
        "title",
        "campaign",
        "ip",
        "user_id",
        "customer_number",
        "shipping_address",
        "createdAt",
        "gender",
        "query",
        "purposes",
        "context",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => "[a-z_]{1,12}"]
}

/// JSON in which every text and every number is a secret.
fn secret() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-z@. 0-9]{0,12}".prop_map(|text| Value::from(format!("{text}{SECRET}"))),
        (612_345_000_i64..612_346_000).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..5)
                .prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

/// Texts and numbers by the path on which they stand.
fn leaves(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(parts) => {
            for (name, part) in parts {
                leaves(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, part, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(path, item, found)),
        Value::Null | Value::Bool(_) => {}
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

fn all_of(path: &str, value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    leaves(path, value, &mut found);
    found
}

proptest! {
    #[test]
    fn nothing_is_shown_that_is_not_named_harmless(value in secret(), is_trait in any::<bool>()) {
        for hidden in [Hidden::Marked, Hidden::LeftOut] {
            let shown = match is_trait {
                true => Sight::Masked.traits(&value, hidden),
                false => Sight::Masked.properties("Form Sent", &value, hidden),
            };
            for (path, leaf) in all_of("", &shown) {
                let field = if is_trait { Field::Trait(&path) } else { Field::Property { event: "Form Sent", path: &path } };
                let is_mask = leaf == json!(MASK);
                prop_assert!(is_mask || kind_of(field).is_some(), "{path}: {leaf}");
            }
        }
    }

    #[test]
    fn what_may_not_be_asked_is_not_shown(value in secret(), path in prop::collection::vec(name(), 1..3)) {
        let path = path.join(".");
        for field in [Field::Trait(&path), Field::Property { event: "Product Viewed", path: &path }] {
            let shown = Sight::Masked.value(field, &value, Hidden::Marked);
            let asked = json!("anything");
            if matches!(kind_of(field), None | Some(Kind::Figure)) {
                prop_assert!(!Sight::Masked.may_ask(field, "starts_with", Some(&asked)));
                if value.is_string() {
                    prop_assert_eq!(shown, json!(MASK));
                }
            }
        }
    }

    #[test]
    fn a_mask_tells_neither_length_nor_letters(one in "\\PC{1,40}", other in "\\PC{1,40}") {
        let masked = |text: &str| Sight::Masked.value(Field::Trait("email"), &json!(text), Hidden::Marked);
        prop_assert_eq!(masked(&one), masked(&other));
        prop_assert_eq!(Sight::Masked.shown(&one), Sight::Masked.shown(&other));
    }

    #[test]
    fn who_sees_everything_sees_it_as_it_is(value in secret()) {
        prop_assert_eq!(&Sight::Whole.traits(&value, Hidden::Marked), &value);
        prop_assert_eq!(&Sight::Whole.properties("Form Sent", &value, Hidden::LeftOut), &value);
        prop_assert_eq!(&Sight::Whole.context("Form Sent", &value, Hidden::Marked), &value);
    }

    #[test]
    fn masking_twice_masks_no_more(value in secret()) {
        let once = Sight::Masked.properties("Order Completed", &value, Hidden::Marked);
        prop_assert_eq!(&Sight::Masked.properties("Order Completed", &once, Hidden::Marked), &once);
    }

    /// Also of addresses that are none.
    #[test]
    fn no_query_fragment_or_name_of_a_user_is_left_of_an_address(
        host in "[a-z]{1,8}(\\.[a-z]{2,3})?", part in "[a-z-]{1,8}", secret in "[a-z0-9@%+]{1,12}",
    ) {
        let secret = format!("{SECRET}{secret}");
        let addresses = [
            format!("https://{host}/{part}?email={secret}#{secret}"),
            format!("https://{secret}@{host}/{part}"),
            format!("https://{secret}:{secret}@{host}?{secret}"),
            format!("https://{host}#{secret}"),
            format!("https://{host}/{part};{secret}"),
            format!("mailto:{secret}"),
            format!("https://{host}/{part}/{secret}@mail"),
            format!("https://{host}/{part}/{secret}%40mail"),
        ];
        for address in addresses {
            let context = json!({ "page": { "url": address, "referrer": address, "path": address } });
            let shown = Sight::Masked.context("Page Viewed", &context, Hidden::Marked).to_string();
            prop_assert!(!shown.contains(SECRET), "{address}: {shown}");
        }
    }

    #[test]
    fn a_path_that_may_be_asked_is_one_that_is_shown_whole(path in "/[a-zA-Z0-9@%/._-]{0,30}", op in "(eq|in|starts_with|contains|ends_with)") {
        let value = if op == "in" { json!([path]) } else { json!(path) };
        let field = Field::Property { event: "Page Viewed", path: "context.page.path" };
        if Sight::Masked.may_ask(field, &op, Some(&value)) {
            prop_assert_eq!(Sight::Masked.value(field, &json!(path), Hidden::Marked), json!(path));
        }
    }
}

#[test]
fn what_tells_of_things_and_groups_is_shown() {
    let order = json!({
        "order_id": "A-7", "total": 49.5, "currency": "EUR", "is_gift": true, "note": "for Ana",
        "shipping_address": {"street": "1 rue X"}, "shipping": {"name": "Ana"}, "email": "a@example.com",
        "products": [{"name": "Oak lamp", "price": 49.5, "engraving": "Ana"}],
    });
    let marked = json!({
        "order_id": "A-7", "total": 49.5, "currency": "EUR", "is_gift": true, "note": MASK,
        "shipping_address": MASK, "shipping": MASK, "email": MASK,
        "products": [{"name": "Oak lamp", "price": 49.5, "engraving": MASK}],
    });
    assert_eq!(Sight::Masked.properties("Order Completed", &order, Hidden::Marked), marked);
    let left = json!({
        "order_id": "A-7", "total": 49.5, "currency": "EUR", "is_gift": true,
        "products": [{"name": "Oak lamp", "price": 49.5}],
    });
    assert_eq!(Sight::Masked.properties("Order Completed", &order, Hidden::LeftOut), left);
    let traits = json!({"email": "a@example.com", "city": "Lyon", "address": {"city": "Lyon", "street": "1 rue X"},
        "children": {"Paul": 7}, "ana@example.com": 1});
    let marked = json!({"email": MASK, "city": "Lyon", "address": {"city": "Lyon", "street": MASK}, "children": MASK, MASK: MASK});
    assert_eq!(Sight::Masked.traits(&traits, Hidden::Marked), marked);
    let context = json!({"ip": "192.0.2.0", "userAgent": "Firefox", "client": {"browser": "Firefox"},
        "page": {"path": "/lamps/oak", "title": "Ana’s lamps", "url": "https://shop.example/lamps/oak?u=ana",
                 "referrer": "https://search.example/q/ana"}});
    let marked = json!({"ip": MASK, "userAgent": MASK, "client": {"browser": "Firefox"},
        "page": {"path": "/lamps/oak", "title": MASK, "url": "https://shop.example/lamps/oak",
                 "referrer": "https://search.example/"}});
    assert_eq!(Sight::Masked.context("Page Viewed", &context, Hidden::Marked), marked);
    let choice = json!({"purposes": {"analytics": false}, "channel": "email"});
    assert_eq!(Sight::Masked.properties("Consent Updated", &choice, Hidden::Marked), choice);
}

#[test]
fn the_name_of_a_product_is_harmless_and_the_name_in_a_form_is_not() {
    let named = json!({ "name": "Ana" });
    let shown = |event: &str| Sight::Masked.properties(event, &named, Hidden::Marked);
    assert_eq!(shown("Product Viewed"), named);
    for event in ["Contact Form Sent", "Grouped", "Identified", "Signed Up", "Products Searched"] {
        assert_eq!(shown(event), json!({ "name": MASK }), "{event}");
    }
}

#[test]
fn an_amount_of_buying_and_a_page_of_the_shop_are_no_words_for_what_somebody_typed() {
    let typed = json!({ "value": 612_345_678, "url": "https://social.example/ana.martin", "path": "/ana-martin" });
    let hidden = json!({ "value": MASK, "url": MASK, "path": MASK });
    assert_eq!(Sight::Masked.properties("Form Sent", &typed, Hidden::Marked), hidden);
    let cart = json!({ "value": 49.5 });
    assert_eq!(Sight::Masked.properties("Cart Viewed", &cart, Hidden::Marked), cart);
    let page = json!({ "url": "https://shop.example/lamps", "path": "/lamps" });
    assert_eq!(Sight::Masked.properties("Page Viewed", &page, Hidden::Marked), page);
    assert!(!Sight::Masked.may_sum("Form Sent", "value") && Sight::Masked.may_sum("Cart Viewed", "value"));
}

/// A form would else write masks in the place of what it could not show.
#[test]
fn who_changes_people_sees_who_they_are() {
    for permission in [Permission::EditPeople, Permission::MergePeople] {
        for role in Role::ALL {
            assert!(!role.may(permission) || role.may(Permission::SeeContact), "{role}");
        }
        for scope in Scope::ALL {
            assert!(!scope.may(permission) || scope.may(Permission::SeeContact), "{scope}");
        }
    }
    let masked = Role::ALL.into_iter().filter(|role| !role.may(Permission::SeeContact));
    assert_eq!(masked.collect::<Vec<_>>(), [Role::Viewer, Role::Analyst]);
    let masked = Scope::ALL.into_iter().filter(|scope| !scope.may(Permission::SeeContact));
    let blind = [Scope::EventsWrite, Scope::ProfilesErase, Scope::SegmentsRead, Scope::SegmentsWrite];
    assert_eq!(masked.collect::<Vec<_>>(), blind);
    assert_eq!(Sight::default(), Sight::Masked);
}
