//! What the features promise, each in the words of its row, through the router on both databases.

use crate::shop::Shop;
use axum::http::StatusCode;
use crm::kernel::Role;
use serde_json::{Value, json};
use testkit::on_both;
use words::Span;

impl Shop {
    /// The profile of the only person with this identifier.
    async fn profile(&self, identifier: &str) -> Value {
        self.api(&format!("/api/v1/profiles/{}", self.person(identifier).await)).await
    }

    /// The names on somebody's timeline, the oldest first; without those that Entente wrote itself.
    async fn told(&self, profile: &Value) -> Vec<String> {
        let lines = self.api(&format!("/api/v1/profiles/{}/timeline", profile["id"].as_str().unwrap())).await;
        let lines = lines["data"].as_array().unwrap().iter().rev();
        let name = |line: &Value| line["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("page").to_owned();
        let own = ["Segment Entered", "Segment Exited", "Lifecycle Stage Changed"];
        lines.map(name).filter(|name| !own.contains(&name.as_str())).collect()
    }

    async fn page_of(&self, profile: &Value) -> String {
        let answer = self.test.get(&format!("/people/{}", profile["id"].as_str().unwrap()), &self.cookie).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    }

    /// How many meet a condition, by the preview and as members of a segment that is built of it.
    async fn counted(&self, condition: &Value) -> (u64, u64) {
        let body = json!({ "condition": condition });
        let preview = self.post("/api/v1/segments/preview", &body).await;
        let name: String = condition.to_string().chars().take(60).collect();
        let body = json!({ "name": name, "condition": condition });
        let made = self.post("/api/v1/segments", &body).await;
        assert_eq!((preview.status, made.status), (StatusCode::OK, StatusCode::CREATED), "{}", made.body);
        self.build().await;
        let segment = self.api(&format!("/api/v1/segments/{}", made.json()["id"].as_str().unwrap())).await;
        (preview.json()["count"].as_u64().unwrap(), segment["count"].as_u64().unwrap())
    }
}

/// An event of somebody with a message id made of what it is.
fn event(who: (&str, &str), name: &str, properties: Value) -> Value {
    let (kind, value) = who;
    let id = format!("{name}-{value}-{properties}");
    let mut call = json!({"type": "track", kind: value, "event": name, "messageId": id});
    call["properties"] = properties;
    call
}

on_both!(one_page_shows_identity_orders_preferences_consent_and_segments_of_a_customer, |db| async move {
    let shop = Shop::open(db).await;
    let traits =
        json!({"email": "ana@example.com", "first_name": "Ana", "last_name": "Martin", "favourite_colour": "brass"});
    let consent = json!({"purposes": {"marketing": true}, "channel": "email"});
    shop.send(json!([
        {"type": "identify", "messageId": "1", "userId": "ana", "traits": traits},
        event(("userId", "ana"), "Order Completed", json!({"order_id": "A-1", "total": 40, "currency": "EUR"})),
        event(("userId", "ana"), "Consent Updated", consent),
    ]))
    .await;
    assert_eq!(shop.counted(&json!({"metric": "orders_count", "op": "gte", "value": 1})).await, (1, 1));
    let page = shop.page_of(&shop.profile("user_id:ana").await).await;
    for text in
        ["Ana Martin", "ana@example.com", "brass", "A-1", "€40.00", "Order placed", "granted", "{&quot;metric&quot;"]
    {
        assert!(page.to_lowercase().contains(&text.to_lowercase()), "{text}: {page}");
    }
});

on_both!(one_timeline_has_every_channel_in_the_order_of_time, |db| async move {
    let shop = Shop::open(db).await;
    let started = shop.test.now();
    shop.test.advance(Span::from_hours(2));
    let names = [
        "Product Viewed",
        "Email Opened",
        "Conversation Started",
        "Ticket Opened",
        "Order Completed",
        "Receipt Issued",
        "Call Ended",
    ];
    let calls: Vec<Value> = (0_i64..)
        .zip(names)
        .map(|(place, name)| {
            let mut call = event(("userId", "ana"), name, json!({"order_id": "A-1", "total": 40}));
            call["timestamp"] = json!(started.plus(Span::from_minutes(place)).to_string());
            call
        })
        .collect();
    // They arrive the other way round, each alone.
    for call in calls.iter().rev() {
        shop.send(json!([call])).await;
    }
    let profile = shop.profile("user_id:ana").await;
    assert_eq!(shop.told(&profile).await, names);
    let last = event(("userId", "ana"), "Store Visit", json!({}));
    shop.send(json!([last])).await;
    assert_eq!(shop.told(&profile).await.last().unwrap(), "Store Visit");
});

on_both!(an_order_changes_count_average_total_and_date_before_its_answer, |db| async move {
    let shop = Shop::open(db).await;
    let order = |id: &str, total: f64| {
        event(("userId", "ana"), "Order Completed", json!({"order_id": id, "total": total, "currency": "EUR"}))
    };
    shop.send(json!([order("A-1", 40.0)])).await;
    let first = shop.profile("user_id:ana").await["computed"].clone();
    shop.test.advance(Span::from_hours(1));
    shop.send(json!([order("A-2", 80.5)])).await;
    let second = shop.profile("user_id:ana").await["computed"].clone();
    let figures = |computed: &Value| {
        ["orders_count", "revenue", "average_order_value"].map(|name| computed[name].as_f64().unwrap())
    };
    assert_eq!((figures(&first), figures(&second)), ([1.0, 40.0, 40.0], [2.0, 120.5, 60.25]));
    let date = |computed: &Value| computed["last_order_at"].as_str().unwrap().to_owned();
    assert!(date(&first) < date(&second) && date(&second) == shop.test.now().to_string(), "{first} {second}");
});

on_both!(everybody_has_one_stage_that_changes_by_rule_with_its_date_and_reason, |db| async move {
    let shop = Shop::open(db).await;
    let mut seen = Vec::new();
    let order =
        |id: &str| event(("userId", "ana"), "Order Completed", json!({"order_id": id, "total": 40, "currency": "EUR"}));
    let steps = [
        vec![event(("anonymousId", "phone-1"), "Product Viewed", json!({}))],
        vec![
            json!({"type": "identify", "messageId": "i", "anonymousId": "phone-1", "userId": "ana", "traits": {"email": "ana@example.com"}}),
        ],
        vec![order("A-1")],
        vec![order("A-2"), order("A-3")],
        vec![],
    ];
    for calls in steps {
        if calls.is_empty() {
            shop.test.advance(Span::from_days(181));
            shop.tick().await;
        } else {
            shop.test.advance(Span::from_hours(1));
            shop.send(json!(calls)).await;
        }
        let profile = shop.profile("anonymous_id:phone-1").await;
        let since = profile["lifecycle_stage_since"].as_str().unwrap().to_owned();
        seen.push((profile["lifecycle_stage"].as_str().unwrap().to_owned(), since));
    }
    let stages: Vec<&str> = seen.iter().map(|(stage, _)| stage.as_str()).collect();
    assert_eq!(stages, ["visitor", "prospect", "customer", "loyal", "dormant"]);
    assert!(seen.is_sorted_by(|(_, one), (_, next)| one < next), "{seen:?}");
    // The owner's session ended in that half year.
    let cookie = shop.test.member_called("later@example.com", Role::Owner).await.1;
    let shop = Shop { cookie, ..shop };
    let page = shop.page_of(&shop.profile("user_id:ana").await).await;
    assert!(page.contains("Dormant") && page.contains("No visit and no order since"), "{page}");
});

on_both!(one_profile_is_found_by_two_emails_a_phone_a_login_a_customer_number_and_a_card, |db| async move {
    let shop = Shop::open(db).await;
    let identify =
        |id: &str, traits: Value| json!({"type": "identify", "messageId": id, "userId": "ana", "traits": traits});
    shop.send(json!([
        identify("1", json!({"email": "ana@example.com", "phone": "06 12 34 56 78"})),
        identify(
            "2",
            json!({"email": "ana@work.example", "customer_number": "C2000001", "loyalty_card": "2990100000003"})
        ),
    ]))
    .await;
    let id = shop.profile("user_id:ana").await["id"].clone();
    for identifier in [
        "email:ana@example.com",
        "email:ANA@Work.example",
        "phone:%2B33612345678",
        "phone:0612345678",
        "customer_number:C2000001",
        "loyalty_card:2990100000003",
    ] {
        assert_eq!(shop.profile(identifier).await["id"], id, "{identifier}");
    }
});

on_both!(after_a_sign_up_the_views_of_thirty_anonymous_days_are_on_the_timeline, |db| async move {
    let shop = Shop::open(db).await;
    for day in 0..30 {
        shop.send(json!([event(("anonymousId", "phone-1"), "Product Viewed", json!({ "day": day }))])).await;
        shop.test.advance(Span::from_days(1));
    }
    let sign_up = json!({"type": "identify", "messageId": "i", "anonymousId": "phone-1", "userId": "ana"});
    shop.send(json!([sign_up, event(("userId", "ana"), "Signed Up", json!({}))])).await;
    let told = shop.told(&shop.profile("user_id:ana").await).await;
    assert_eq!(told.iter().filter(|name| *name == "Product Viewed").count(), 30, "{told:?}");
    assert_eq!(told.last().unwrap(), "Signed Up");
});

on_both!(a_subscriber_a_store_card_and_a_phone_become_one_profile_and_the_page_says_by_which_rule, |db| async move {
    let shop = Shop::open(db).await;
    let identify = |id: &str, who: &str, traits: Value| json!({"type": "identify", "messageId": id, "anonymousId": who, "traits": traits});
    shop.send(json!([
        identify("1", "site", json!({"email": "ana@example.com"})),
        identify("2", "till", json!({"loyalty_card": "2990100000003"})),
        identify("3", "sms", json!({"phone": "+33612345678"})),
    ]))
    .await;
    let apart = [shop.profile("email:ana@example.com").await, shop.profile("loyalty_card:2990100000003").await];
    assert_ne!(apart[0]["id"], apart[1]["id"]);
    // At the till she gives her address with the card, and her number in her account.
    shop.send(json!([
        identify("4", "till", json!({"loyalty_card": "2990100000003", "email": "ana@example.com"})),
        identify("5", "account", json!({"email": "ana@example.com", "phone": "+33612345678"})),
    ]))
    .await;
    let joined = shop.profile("email:ana@example.com").await;
    for identifier in ["loyalty_card:2990100000003", "phone:%2B33612345678", "anonymous_id:sms"] {
        assert_eq!(shop.profile(identifier).await["id"], joined["id"], "{identifier}");
    }
    let page = shop.page_of(&joined).await;
    assert!(
        page.contains("2990100000003") && page.contains("in one event") && page.contains("named in the first event"),
        "{page}"
    );
});

on_both!(an_event_of_the_shops_own_is_usable_in_segments_at_once, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(json!([
        event(("anonymousId", "a"), "quiz_done", json!({"score": 8, "answers": {"room": "kitchen"}})),
        event(("anonymousId", "b"), "quiz_done", json!({"score": 3, "answers": {"room": "hall"}})),
    ]))
    .await;
    let of_score = |value: u64| json!({"event": "quiz_done", "where": [{"property": "score", "op": "gte", "value": value}], "within": "30d"});
    assert_eq!(shop.counted(&of_score(5)).await, (1, 1));
    let room = json!({"property": "answers.room", "op": "eq", "value": "Hall"});
    assert_eq!(shop.counted(&json!({"event": "quiz_done", "where": [room]})).await, (1, 1));
    assert_eq!(shop.counted(&of_score(1)).await, (2, 2));
});

on_both!(a_nested_condition_reads_traits_orders_behaviour_and_engagement, |db| async move {
    let shop = Shop::open(db).await;
    let mut calls = Vec::new();
    for (who, country, orders, viewed, opened) in [
        ("ana", "FR", 2, true, true),
        ("luc", "FR", 2, true, false),
        ("zoe", "BE", 2, true, true),
        ("tom", "FR", 0, true, true),
        ("eva", "FR", 2, false, true),
    ] {
        calls.push(json!({"type": "identify", "messageId": who, "userId": who, "traits": {"country": country}}));
        for number in 0..orders {
            let order = json!({"order_id": format!("{who}-{number}"), "total": 40, "currency": "EUR"});
            calls.push(event(("userId", who), "Order Completed", order));
        }
        if viewed {
            calls.push(event(("userId", who), "Product Viewed", json!({"category": "lamps"})));
        }
        if opened {
            calls.push(event(("userId", who), "Email Opened", json!({"campaign": "spring"})));
        }
    }
    shop.send(json!(calls)).await;
    let condition = json!({"all": [
        {"any": [{"trait": "country", "op": "eq", "value": "FR"}, {"trait": "country", "op": "eq", "value": "CH"}]},
        {"metric": "orders_count", "op": "gte", "value": 2},
        {"event": "Product Viewed", "where": [{"property": "category", "op": "eq", "value": "lamps"}], "within": "30d"},
        {"not": {"event": "Email Opened", "count": {"op": "eq", "value": 0}, "within": "90d"}},
    ]});
    assert_eq!(shop.counted(&condition).await, (1, 1));
});

on_both!(a_new_shop_has_its_usual_segments_with_real_counts_after_its_first_data, |db| async move {
    let shop = Shop::open(db).await;
    let workspace = shop.test.workspace().await;
    crm::desk::provision(&shop.test.app, workspace).await.unwrap();
    let now = shop.test.now();
    let at = |days: i64, mut call: Value| {
        call["timestamp"] = json!(now.minus(Span::from_days(days)).minus(Span::from_hours(2)).to_string());
        call
    };
    let order = |who: &str, number: u32, total: u32, days: i64| {
        let properties = json!({"order_id": format!("{who}-{number}"), "total": total, "currency": "EUR"});
        at(days, event(("userId", who), "Order Completed", properties))
    };
    let mut calls: Vec<Value> = (0..3).map(|number| order("vip", number, 200, 3)).collect();
    calls.push(order("first", 0, 40, 3));
    calls.extend((0..2).map(|number| order("risk", number, 40, 100)));
    calls.push(order("gone", 0, 40, 200));
    let vase = json!({"product_id": "9", "price": 25, "quantity": 1});
    calls.push(at(0, event(("anonymousId", "cart"), "Product Added", vase)));
    calls.push(at(0, json!({"type": "identify", "messageId": "i", "userId": "known"})));
    shop.send(json!(calls)).await;
    shop.build().await;
    shop.tick().await;
    let listed = shop.api("/api/v1/segments").await;
    let counts: Vec<(&str, u64)> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["count"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("New visitors", 1),
        ("Prospects", 1),
        ("First-time buyers", 1),
        ("Repeat buyers", 2),
        ("VIP", 1),
        ("At risk", 1),
        ("Dormant", 1),
        ("Cart left", 1),
    ];
    assert_eq!(counts, expected);
});
