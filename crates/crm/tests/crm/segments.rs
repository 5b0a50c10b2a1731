//! Segments through the API and the screens: counts, windows, replays, previews, explanations.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use crm::kernel::Role;
use serde_json::{Value, json};
use words::{Span, Timestamp};

use crate::shop::Shop;

impl Shop {
    async fn viewed(&self, user: &str, category: &str) {
        let at = self.test.now();
        let call = json!({"type": "track", "event": "Product Viewed", "userId": user,
            "messageId": format!("{user}-{category}-{at}"), "properties": {"category": category}});
        self.send([call]).await;
    }

    /// Makes a segment and lets it be built.
    async fn segment(&self, condition: Value) -> String {
        let made = self.post("/api/v1/segments", &json!({"name": "A segment", "condition": condition})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        self.build().await;
        made.json()["id"].as_str().unwrap().to_owned()
    }

    async fn count(&self, id: &str) -> i64 {
        self.api(&format!("/api/v1/segments/{id}")).await["count"].as_i64().unwrap()
    }

    /// All members, page by page; `at` is empty for now.
    async fn members(&self, id: &str, at: &str) -> BTreeSet<String> {
        let mut members = BTreeSet::new();
        let mut address = format!("/api/v1/segments/{id}/members?limit=40{at}");
        loop {
            let page = self.api(&address).await;
            members.extend(page["data"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return members };
            address = format!("/api/v1/segments/{id}/members?limit=40{at}&cursor={next}");
        }
    }
}

fn at(instant: Timestamp) -> String {
    format!("&at={instant}")
}

testkit::on_both!(a_new_segment_is_built_in_the_background_and_then_live, |db| async move {
    let shop = Shop::open(db).await;
    shop.viewed("ana", "shoes").await;
    let condition = json!({"event": "Product Viewed"});
    let made = shop.post("/api/v1/segments", &json!({"name": "Looked", "condition": condition})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert_eq!((&made["status"], &made["count"], &made["progress"]), (&json!("building"), &json!(0), &json!(0.0)));
    assert_eq!((&made["name"], &made["condition"]), (&json!("Looked"), &condition));
    shop.build().await;
    let built = shop.api(&format!("/api/v1/segments/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((&built["status"], &built["count"]), (&json!("live"), &json!(1)));
    assert_eq!(built["as_of"], json!(shop.test.now()));
    assert_eq!(built.get("progress"), None);
    assert_eq!(shop.api("/api/v1/segments").await["data"][0]["id"], made["id"]);
});

testkit::on_both!(an_event_moves_its_person_before_its_answer, |db| async move {
    let shop = Shop::open(db).await;
    let three = json!({"event": "Product Viewed", "where": [{"property": "category", "op": "eq", "value": "shoes"}],
        "count": {"op": "gte", "value": 2}, "within": "30d"});
    let id = shop.segment(three).await;
    shop.viewed("ana", "shoes").await;
    shop.viewed("ana", "hats").await;
    assert_eq!(shop.count(&id).await, 0);
    shop.test.advance(Span::from_minutes(1));
    shop.viewed("ana", "shoes").await;
    assert_eq!(shop.count(&id).await, 1);
    assert_eq!(shop.members(&id, "").await.len(), 1);
});

testkit::on_both!(a_window_closes_to_the_millisecond, |db| async move {
    let shop = Shop::open(db).await;
    let id = shop.segment(json!({"event": "Product Viewed", "within": "1h"})).await;
    shop.viewed("ana", "shoes").await;
    shop.test.advance(Span::from_millis(3_599_999));
    shop.tick().await;
    assert_eq!(shop.count(&id).await, 1);
    shop.test.advance(Span::from_millis(1));
    shop.tick().await;
    assert_eq!(shop.count(&id).await, 0);
});

testkit::on_both!(the_answer_does_not_wait_for_the_ticker, |db| async move {
    let shop = Shop::open(db).await;
    let id = shop.segment(json!({"event": "Product Viewed", "within": "1h"})).await;
    shop.viewed("ana", "shoes").await;
    shop.test.advance(Span::from_hours(1));
    assert_eq!((shop.count(&id).await, shop.members(&id, "").await.len()), (0, 0));
});

testkit::on_both!(the_past_is_replayed_as_it_was, |db| async move {
    let shop = Shop::open(db).await;
    let id = shop
        .segment(json!({"all": [
        {"event": "Product Viewed", "within": "2h"}, {"metric": "lifecycle_stage", "op": "eq", "value": "prospect"}]}))
        .await;
    let before = shop.test.now();
    shop.test.advance(Span::from_minutes(1));
    shop.viewed("ana", "shoes").await;
    let during = shop.test.now();
    shop.test.advance(Span::from_hours(3));
    assert_eq!(shop.members(&id, &at(before)).await.len(), 0);
    assert_eq!(shop.members(&id, &at(during)).await.len(), 1);
    assert_eq!(shop.members(&id, &at(shop.test.now())).await.len(), 0);
    let future = shop.test.now().plus(Span::from_millis(1));
    let refused = shop.test.get_json(&format!("/api/v1/segments/{id}/members?at={future}"), &shop.key).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (StatusCode::BAD_REQUEST, json!("in_the_future")));
});

/// Conditions of every kind over the demo shop.
fn conditions() -> Vec<Value> {
    vec![
        json!({"all": []}),
        json!({"trait": "country", "op": "eq", "value": "FR"}),
        json!({"not": {"trait": "email", "op": "exists"}}),
        json!({"metric": "orders_count", "op": "gte", "value": 2}),
        json!({"metric": "revenue", "op": "gt", "value": 150}),
        json!({"metric": "last_order_at", "op": "not_within_last", "value": "20d"}),
        json!({"metric": "lifecycle_stage", "op": "in", "value": ["prospect", "loyal"]}),
        json!({"metric": "events_count", "op": "gte", "value": 20}),
        json!({"metric": "cart_items", "op": "gt", "value": 0}),
        json!({"event": "Product Viewed", "count": {"op": "gte", "value": 3}, "within": "30d"}),
        json!({"event": "Product Viewed", "count": {"op": "lt", "value": 3}, "within": "2w"}),
        json!({"event": "Order Completed", "sum": {"property": "total", "op": "gte", "value": 100}, "within": "45d"}),
        json!({"event": "page", "where": [{"property": "context.page.path", "op": "starts_with", "value": "/"}]}),
        json!({"consent": {"channel": "email", "purpose": "marketing"}, "state": "granted"}),
        json!({"any": [
            {"all": [{"event": "Product Added", "within": "7d"}, {"event": "Order Completed", "count": {"op": "eq", "value": 0}, "within": "7d"}]},
            {"metric": "first_seen_at", "op": "within_last", "value": "3d"}]}),
    ]
}

testkit::on_both!(preview_live_members_and_replay_agree_over_a_whole_shop, |db| async move {
    let shop = Shop::with_history(db, 7, 150, 60).await;
    let mut found = 0;
    for condition in conditions() {
        let preview = shop.post("/api/v1/segments/preview", &json!({"condition": condition})).await.json();
        let id = shop.segment(condition.clone()).await;
        let live = shop.members(&id, "").await;
        let count = i64::try_from(live.len()).unwrap();
        assert_eq!(preview["count"], json!(count), "preview of {condition}");
        assert_eq!(preview["sample"].as_array().unwrap().len(), live.len().min(10), "sample of {condition}");
        assert_eq!(shop.count(&id).await, count, "count of {condition}");
        assert_eq!(shop.members(&id, &at(shop.test.now())).await, live, "replay of {condition}");
        found += usize::from(!live.is_empty());
    }
    assert!(found >= 12, "most conditions find somebody: {found}");
});

testkit::on_both!(a_segment_may_refer_to_another_which_is_then_kept, |db| async move {
    let shop = Shop::open(db).await;
    shop.viewed("ana", "shoes").await;
    let first = shop.segment(json!({"event": "Product Viewed"})).await;
    let second = shop.segment(json!({"not": {"segment": first}})).await;
    let third = shop.segment(json!({"all": [{"segment": first}, {"not": {"segment": second}}]})).await;
    assert_eq!((shop.count(&first).await, shop.count(&second).await, shop.count(&third).await), (1, 0, 1));
    let path = format!("/api/v1/segments/{first}");
    let refused = shop.test.send_json(Method::DELETE, &path, &shop.key, &Value::Null).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (StatusCode::CONFLICT, json!("segment_in_use")));
    let circle = json!({"condition": {"segment": third}});
    let refused = shop.test.send_json(Method::PATCH, &path, &shop.key, &circle).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (StatusCode::BAD_REQUEST, json!("condition_circle")));
    let change = json!({"condition": {"event": "Product Added"}});
    assert_eq!(shop.test.send_json(Method::PATCH, &path, &shop.key, &change).await.status, StatusCode::OK);
    assert_eq!(shop.api(&format!("/api/v1/segments/{third}")).await["status"], json!("building"));
    shop.build().await;
    assert_eq!((shop.count(&first).await, shop.count(&second).await, shop.count(&third).await), (0, 1, 0));
});

testkit::on_both!(a_bad_condition_is_refused_with_the_path_of_its_node, |db| async move {
    let shop = Shop::open(db).await;
    let cases = [
        (
            json!({"all": [{"all": []}, {"trait": "country", "op": "is", "value": "FR"}]}),
            "condition_unknown_word",
            "all[1].op",
        ),
        (
            json!({"any": [{"not": {"event": "page", "where": [{"property": "path", "op": "eq"}]}}]}),
            "condition_missing_field",
            "any[0].not.where[0]",
        ),
        (json!("everybody"), "condition_wrong_type", ""),
        (json!({"metric": "luck", "op": "eq", "value": 1}), "condition_unknown_word", "metric"),
        (json!({"segment": "seg_01h455vb4pex5vsknk084sn02q"}), "", ""),
    ];
    for (condition, code, node) in &cases {
        let calls = [
            ("/api/v1/segments", json!({"name": "Bad", "condition": condition})),
            ("/api/v1/segments/preview", json!({"condition": condition})),
        ];
        for (path, call) in calls {
            let answer = shop.post(path, &call).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{condition}: {}", answer.body);
            let body = answer.json();
            assert!(!body["detail"].as_str().unwrap().is_empty());
            if !code.is_empty() {
                assert_eq!((body["code"].as_str(), body["path"].as_str()), (Some(*code), Some(*node)), "{body}");
            }
        }
    }
    assert_eq!(shop.api("/api/v1/segments").await["data"], json!([]));
    let unnamed = shop.post("/api/v1/segments", &json!({"name": " ", "condition": {"all": []}})).await;
    assert_eq!((unnamed.status, unnamed.json()["code"].clone()), (StatusCode::BAD_REQUEST, json!("bad_name")));
    let strange = shop.post("/api/v1/segments", &json!({"name": "A", "condition": {"all": []}, "colour": 1})).await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
});

testkit::on_both!(a_change_takes_the_version_that_was_seen_and_builds_anew, |db| async move {
    let shop = Shop::open(db).await;
    shop.viewed("ana", "shoes").await;
    let id = shop.segment(json!({"event": "Product Viewed"})).await;
    let path = format!("/api/v1/segments/{id}");
    let change = json!({"name": "Others", "condition": {"event": "Product Added"}, "version": 1});
    let changed = shop.test.send_json(Method::PATCH, &path, &shop.key, &change).await.json();
    assert_eq!(
        (&changed["name"], &changed["status"], &changed["version"]),
        (&json!("Others"), &json!("building"), &json!(2))
    );
    shop.build().await;
    assert_eq!(shop.count(&id).await, 0);
    let stale = shop.test.send_json(Method::PATCH, &path, &shop.key, &change).await;
    assert_eq!((stale.status, stale.json()["code"].clone()), (StatusCode::CONFLICT, json!("segment_changed")));
    assert_eq!(
        shop.test.send_json(Method::DELETE, &path, &shop.key, &Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(shop.test.get_json(&path, &shop.key).await.status, StatusCode::NOT_FOUND);
});

testkit::on_both!(the_same_idempotency_key_makes_one_segment, |db| async move {
    let shop = Shop::open(db).await;
    let body = json!({"name": "Once", "condition": {"all": []}}).to_string();
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/segments")
            .header(header::AUTHORIZATION, format!("Bearer {}", shop.key))
            .header("idempotency-key", "one-and-the-same");
        let answer = shop.test.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        ids.insert(answer.json()["id"].to_string());
    }
    assert_eq!(ids.len(), 1);
});

testkit::on_both!(an_explanation_says_why_in_and_why_not, |db| async move {
    let shop = Shop::open(db).await;
    let id = shop
        .segment(json!({"all": [
        {"event": "Product Viewed", "count": {"op": "gte", "value": 1}, "within": "1h"},
        {"trait": "country", "op": "ne", "value": "DE"}]}))
        .await;
    shop.viewed("ana", "shoes").await;
    let everybody = shop.segment(json!({"all": []})).await;
    let profile = shop.members(&everybody, "").await.into_iter().next().unwrap();
    let entered = shop.test.now();
    let path = format!("/api/v1/segments/{id}/explain?profile={profile}");
    let why = shop.api(&path).await;
    assert_eq!((&why["is_member"], &why["since"]), (&json!(true), &json!(entered)));
    assert_eq!(why["until"], json!(entered.plus(Span::from_hours(1))));
    let views = &why["why"]["parts"][0];
    assert_eq!((&views["measured"], views["evidence"].as_array().unwrap().len()), (&json!(1), 1));
    shop.test.advance(Span::from_hours(1));
    let why = shop.api(&path).await;
    assert_eq!((&why["is_member"], &why["since"]), (&json!(false), &Value::Null));
    assert_eq!(why["why"]["parts"][0]["measured"], json!(0));
    assert_eq!((&why["why"]["parts"][0]["is_true"], &why["why"]["parts"][1]["is_true"]), (&json!(false), &json!(true)));
});

testkit::on_both!(the_screens_make_change_delete_and_restore_a_segment, |db| async move {
    let shop = Shop::open(db).await;
    shop.viewed("ana", "shoes").await;
    let cookie = shop.test.sign_in_as(Role::Marketer).await;
    let empty = shop.test.get("/segments", &cookie).await;
    assert!(empty.body.contains("No segment yet"), "{}", empty.body);
    let bad = shop
        .test
        .post_form("/segments/new", &cookie, &[("name", "Looked"), ("condition", r#"{"any":[{"event":1}]}"#)])
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.body.contains("any[0].event — This value has the wrong type."), "{}", bad.body);
    let form = [("name", "Looked"), ("condition", r#"{"event":"Product Viewed","within":"30d"}"#)];
    let counted = shop.test.post_form("/segments/new", &cookie, &[form[0], form[1], ("action", "preview")]).await;
    assert!(counted.body.contains(r#"<p class="builder-count">1</p>"#), "{}", counted.body);
    let made = shop.test.post_form("/segments/new", &cookie, &form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let address = made.header("location").split('?').next().unwrap().to_owned();
    assert!(shop.test.get(&address, &cookie).await.body.contains("Building"));
    shop.build().await;
    let page = shop.test.get(&address, &cookie).await;
    assert!(page.body.contains("Product viewed") && page.body.contains("in the last 30 days"), "{}", page.body);
    assert!(shop.test.get(&format!("{address}/edit"), &cookie).await.body.contains("Looked"));
    let gone = shop.test.post_form(&format!("{address}/delete"), &cookie, &[]).await;
    let after = shop.test.get(gone.header("location"), &cookie).await;
    assert!(after.body.contains(&format!("{address}/restore")), "{}", after.body);
    let back = shop.test.post_form(&format!("{address}/restore"), &cookie, &[]).await;
    assert_eq!(back.header("location"), format!("{address}?done=restored"));
    shop.build().await;
    let id = address.rsplit('/').next().unwrap();
    assert_eq!((shop.count(id).await, shop.members(id, "").await.len()), (1, 1));
});

testkit::on_both!(who_may_only_look_sees_no_way_to_change, |db| async move {
    let shop = Shop::open(db).await;
    let id = shop.segment(json!({"event": "Product Viewed"})).await;
    let cookie = shop.test.sign_in_as(Role::Viewer).await;
    let page = shop.test.get(&format!("/segments/{id}"), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("/edit") && !page.body.contains("/delete"));
    for path in ["/segments/new".to_owned(), format!("/segments/{id}/edit")] {
        assert_eq!(shop.test.get(&path, &cookie).await.status, StatusCode::FORBIDDEN);
    }
});

testkit::on_both!(names_and_values_are_suggested_from_the_data, |db| async move {
    let shop = Shop::open(db).await;
    for (user, country) in [("ana", "FR"), ("luc", "FR"), ("eva", "DE")] {
        let call =
            json!({"type": "identify", "userId": user, "messageId": user, "traits": {"country": country, "age": 30}});
        shop.send(json!([call])).await;
        shop.viewed(user, "shoes").await;
    }
    let cookie = shop.test.sign_in_as(Role::Marketer).await;
    let names = shop.test.get("/segments/suggest", &cookie).await.json();
    let traits = names["traits"].as_array().unwrap();
    let country = traits.iter().find(|one| one["name"] == "country").unwrap();
    assert_eq!((&country["type"], &country["values"]), (&json!("text"), &json!(["FR", "DE"])));
    assert_eq!(traits.iter().find(|one| one["name"] == "age").unwrap()["type"], json!("number"));
    assert!(names["events"].as_array().unwrap().iter().any(|one| one["label"] == "Product viewed"));
    let seen = shop.test.get("/segments/suggest?event=Product%20Viewed", &cookie).await.json();
    assert_eq!(
        seen["properties"][0],
        json!({"name": "category", "label": "category", "type": "text", "values": ["shoes"]})
    );
});

testkit::on_both!(the_screen_of_the_past_shows_who_was_in_it_then, |db| async move {
    let shop = Shop::open(db).await;
    let id = shop.segment(json!({"event": "Product Viewed", "within": "2h"})).await;
    let cookie = shop.test.sign_in_as(Role::Viewer).await;
    let page = format!("/segments/{id}/as-of");
    let see = |instant: &str| {
        let path = format!("{page}?at={instant}");
        let (test, cookie) = (&shop.test, &cookie);
        async move { test.get(&path, cookie).await }
    };
    // The clock of the tests shows 14:20 in Paris.
    let nothing = see("2025-11-22T14:00").await;
    assert!(nothing.body.contains("No event has arrived yet"), "{}", nothing.body);
    assert!(!shop.test.get(&format!("/segments/{id}"), &cookie).await.body.contains("/as-of"));
    shop.viewed("ana", "shoes").await;
    shop.test.advance(Span::from_hours(1));
    shop.viewed("luc", "hats").await;
    shop.test.advance(Span::from_hours(2));
    assert!(shop.test.get(&format!("/segments/{id}"), &cookie).await.body.contains("/as-of"));
    let (first, second) = (see("2025-11-22T14:30").await, see("2025-11-22T15:30").await);
    for (answer, count) in [(&first, 1), (&second, 2), (&see("2025-11-22T16:21").await, 1)] {
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains(&format!(r#"<p class="stat-value">{count}</p>"#)), "{count}: {}", answer.body);
        assert_eq!(answer.body.matches(r#"href="/people/prf_"#).count(), count, "{}", answer.body);
        assert!(answer.body.contains("Recomputed from the log"));
    }
    assert!(first.body.contains("22\u{a0}Nov 2025, 14:30") && first.body.contains("No longer in it"), "{}", first.body);
    for (instant, sentence) in [
        ("2025-11-22T14:19", "The log begins on 22\u{a0}Nov 2025, 14:20"),
        ("2025-11-22T17:21", "lies in the future"),
        ("soon", "This is no date and time"),
        ("", "This is no date and time"),
    ] {
        let refused = see(instant).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{instant}");
        assert!(refused.body.contains(sentence), "{instant}: {}", refused.body);
    }
    let unknown = "/segments/seg_01h455vb4pex5vsknk084sn02q/as-of?at=2025-11-22T14:30";
    assert_eq!(shop.test.get(unknown, &cookie).await.status, StatusCode::NOT_FOUND);
});

/// Where "next" of a pager leads, if it leads anywhere.
fn next_page(body: &str) -> Option<String> {
    let tags = body.split("<a").skip(1).filter_map(|rest| rest.split('>').next());
    let tag = tags.into_iter().find(|tag| tag.contains(r#"rel="next""#))?;
    Some(tag.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

testkit::on_both!(the_past_of_many_is_turned_page_by_page_and_counted, |db| async move {
    let shop = Shop::with_history(db, 7, 150, 60).await;
    let id = shop.segment(json!({"not": {"event": "Never Seen"}})).await;
    let cookie = shop.test.sign_in_as(Role::Viewer).await;
    let everybody = shop.members(&id, &at(shop.test.now())).await;
    assert!(everybody.len() > 50, "{}", everybody.len());
    let (mut seen, mut pages) = (BTreeSet::new(), 0);
    let mut address = Some(format!("/segments/{id}/as-of?at=2025-11-22T14:20"));
    while let Some(path) = address {
        let body = shop.test.get(&path, &cookie).await.body;
        let links = body.split(r#"href="/people/"#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        seen.extend(links.filter(|id| id.starts_with("prf_")));
        pages += 1;
        address = next_page(&body);
        if pages == 1 {
            assert!(body.contains(&format!(r#"<p class="stat-value">{}</p>"#, everybody.len())), "{body}");
        }
    }
    assert_eq!((seen, pages), (everybody.clone(), everybody.len().div_ceil(50)));
    let step = format!("/segments/{id}/as-of/count?at=2025-11-22T14:20&after=0&found=1000");
    let counted = shop.test.get(&step, &cookie).await.body;
    let sum = format!("1,{:03}", everybody.len());
    assert!(counted.contains(&sum) && !counted.contains("hx-get"), "{counted}");
});

testkit::on_both!(the_list_is_searched_sorted_and_turned_page_by_page, |db| async move {
    let shop = Shop::open(db).await;
    for user in ["ana", "luc"] {
        shop.viewed(user, "shoes").await;
    }
    for nth in 0..60 {
        let condition = json!({"event": if nth == 33 { "Product Viewed" } else { "Never Seen" }});
        let name = format!("Été {nth:02}");
        let made = shop.post("/api/v1/segments", &json!({"name": name, "condition": condition})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    shop.build().await;
    let cookie = shop.test.sign_in_as(Role::Viewer).await;
    let list = |path: &str| {
        let (test, cookie, path) = (&shop.test, &cookie, path.to_owned());
        async move { test.get(&path, cookie).await.body }
    };
    let names = |body: &str| -> Vec<String> {
        let rows = body.split(r#"<span class="segment-name"><span>"#).skip(1);
        rows.map(|row| row.split('<').next().unwrap().to_owned()).collect()
    };
    let first = list("/segments").await;
    let second = list(&next_page(&first).unwrap()).await;
    assert_eq!((names(&first).len(), names(&second).len(), next_page(&second)), (50, 10, None));
    let all: Vec<String> = names(&first).into_iter().chain(names(&second)).collect();
    assert_eq!(all, (0..60).map(|nth| format!("Été {nth:02}")).collect::<Vec<_>>());
    // Capitals make no difference, and what is typed into the address breaks nothing.
    assert_eq!(names(&list("/segments?q=%20%C3%A9t%C3%A9%204&sort=-name").await).first().unwrap(), "Été 49");
    assert_eq!(names(&list("/segments?sort=members").await)[..2], ["Été 33", "Été 00"]);
    assert_eq!(names(&list("/segments?sort=-members").await)[0], "Été 00");
    assert!(list("/segments?q=%3Cnobody%3E").await.contains("No segment of this name"));
    assert_eq!(names(&list("/segments?sort=luck").await), names(&first));
});
