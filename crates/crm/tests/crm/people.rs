//! People on screen and for programs, through the router, on both databases.

use std::collections::BTreeSet;

use crate::shop::Shop;
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use crm::kernel::{Role, Scope};
use db::DbError;
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use words::{SegmentId, Span};

impl Shop {
    async fn page(&self, path: &str) -> String {
        let answer = self.test.get(path, &self.cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    async fn built(&self, name: &str, condition: Value) -> SegmentId {
        let id = self.define(name, &condition).await;
        self.build().await;
        id
    }

    async fn set(&self, path: &str, traits: Value) -> Answer {
        self.test.send_json(Method::PATCH, path, &self.key, &json!({ "traits": traits })).await
    }
}

/// Ana bought twice, Luc is known, a visitor looked once.
fn three_people() -> Value {
    json!([
        {"type": "identify", "messageId": "1", "userId": "ana", "anonymousId": "phone-1",
         "traits": {"email": "Ana@Example.com", "firstName": "Zoé", "lastName": "Durand", "country": "FR", "points": 12}},
        {"type": "page", "messageId": "2", "anonymousId": "phone-1", "properties": {"title": "Lamps <b>", "path": "/lamps"}},
        {"type": "track", "event": "Order Completed", "messageId": "3", "userId": "ana",
         "properties": {"order_id": "A-1", "total": 40, "currency": "EUR"}},
        {"type": "track", "event": "Order Completed", "messageId": "4", "userId": "ana",
         "properties": {"order_id": "A-2", "total": 60.5, "currency": "EUR"}},
        {"type": "identify", "messageId": "5", "userId": "luc", "traits": {"email": "luc@example.com", "name": "Luc Petit"}},
        {"type": "track", "event": "Quiz Done", "messageId": "6", "anonymousId": "visitor-1", "properties": {"score": 3}},
    ])
}

on_both!(a_program_finds_a_person_by_any_way_of_writing_an_identifier, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let id = shop.person("email:%20ANA@example.COM").await;
    assert_eq!(shop.person("user_id:ana").await, id);
    assert_eq!(shop.person("anonymous_id:phone-1").await, id);
    let nobody = shop.api("/api/v1/profiles?identifier=email:nobody@example.com").await;
    assert_eq!(nobody, json!({"data": [], "next": null}));
    let refused = shop.test.get_json("/api/v1/profiles?identifier=ana", &shop.key).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (StatusCode::BAD_REQUEST, json!("bad_identifier")));
});

on_both!(a_profile_tells_who_somebody_is_and_what_follows_from_his_events, |db| async move {
    let shop = Shop::open(db).await;
    let segment = shop.built("Buyers", json!({"metric": "orders_count", "op": "gte", "value": 2})).await;
    shop.send(three_people()).await;
    let id = shop.person("user_id:ana").await;
    let profile = shop.api(&format!("/api/v1/profiles/{id}")).await;
    assert_eq!(profile["name"], "Zoé Durand");
    assert_eq!(profile["traits"]["points"], 12);
    assert_eq!(profile["lifecycle_stage"], "customer");
    let computed = &profile["computed"];
    assert_eq!((computed["orders_count"].as_u64(), computed["revenue"].as_f64()), (Some(2), Some(100.5)));
    assert_eq!((computed["average_order_value"].as_f64(), &computed["currency"]), (Some(50.25), &json!("EUR")));
    let kinds: Vec<&str> =
        profile["identifiers"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["user_id", "email", "anonymous_id"]);
    assert_eq!(profile["identifiers"][1]["value"], "ana@example.com");
    assert_eq!(profile["identifiers"][1]["rule"], "first_event");
    assert_eq!(profile["segments"][0]["id"], segment.to_string());
    assert_eq!(profile["merged_from"], json!([]));
});

on_both!(a_timeline_is_read_newest_first_in_pages_without_gap_or_repeat, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let id = shop.person("user_id:ana").await;
    let whole = shop.api(&format!("/api/v1/profiles/{id}/timeline")).await;
    let whole: Vec<i64> = whole["data"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert!(whole.is_sorted_by(|one, next| one > next) && whole.len() >= 4, "{whole:?}");
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.api(&format!("/api/v1/profiles/{id}/timeline?limit=2&cursor={cursor}")).await;
        paged.extend(page["data"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, whole);
});

on_both!(a_list_is_read_in_pages_and_a_segment_lists_its_members, |db| async move {
    let shop = Shop::open(db).await;
    let calls: Vec<Value> = (0..7)
        .map(|one| json!({"type": "identify", "messageId": one.to_string(), "userId": format!("u{one}"), "traits": {"level": one}}))
        .collect();
    let segment = shop.built("High", json!({"trait": "level", "op": "gte", "value": 4})).await;
    shop.send(json!(calls)).await;
    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = shop.api(&format!("/api/v1/profiles?limit=3&cursor={cursor}")).await;
        for one in page["data"].as_array().unwrap() {
            assert!(seen.insert(one["id"].as_str().unwrap().to_owned()));
        }
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    let members = shop.api(&format!("/api/v1/profiles?segment={segment}")).await;
    assert_eq!(members["data"].as_array().unwrap().len(), 3);
    let why = shop.api(&format!("/api/v1/profiles/{}/segments", shop.person("user_id:u5").await)).await;
    assert_eq!(why["data"][0]["why"]["is_true"], true);
    assert_eq!(why["data"][0]["why"]["measured"], 5);
});

on_both!(patched_traits_are_told_to_segments_before_the_answer, |db| async move {
    let shop = Shop::open(db).await;
    let segment = shop.built("Gold", json!({"trait": "tier", "op": "eq", "value": "gold"})).await;
    shop.send(three_people()).await;
    let path = format!("/api/v1/profiles/{}", shop.person("user_id:ana").await);
    let answer = shop.set(&path, json!({"tier": "gold", "points": null, "phone": "06 12 34 56 78"})).await;
    let profile = answer.json();
    assert_eq!(profile["traits"]["tier"], "gold");
    assert_eq!(profile["traits"].get("points"), None);
    assert_eq!(profile["segments"][0]["id"], segment.to_string());
    assert_eq!(shop.person("phone:+33612345678").await, profile["id"].as_str().unwrap());
    let newest = shop.api(&format!("{path}/timeline")).await;
    assert!(
        newest["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["type"] == "identify" && one["traits"]["tier"] == "gold")
    );
    assert_eq!(shop.set(&path, json!("gold")).await.json()["code"], "bad_body");
});

on_both!(in_a_list_everybody_is_answered_as_he_is_alone, |db| async move {
    let shop = Shop::open(db).await;
    shop.built("Buyers", json!({"metric": "orders_count", "op": "gte", "value": 2})).await;
    shop.send(three_people()).await;
    let zoe = json!({"type": "identify", "messageId": "7", "userId": "zoe", "traits": {"phone": "+33612345678"}});
    let max = json!({"type": "identify", "messageId": "8", "userId": "max", "traits": {"email": "max@example.com"}});
    shop.send([zoe, max]).await;
    // Luc became part of Ana; Max had been Zoé for a while, so both tell of that merge.
    let [ana, luc, zoe, max] = ["ana", "luc", "zoe", "max"].map(|user| format!("user_id:{user}"));
    let (ana, luc) = (shop.person(&ana).await, shop.person(&luc).await);
    let (zoe, max) = (shop.person(&zoe).await, shop.person(&max).await);
    shop.post(&format!("/api/v1/profiles/{luc}/merge"), &json!({"into": ana})).await;
    shop.post(&format!("/api/v1/profiles/{max}/merge"), &json!({"into": zoe})).await;
    shop.post(&format!("/api/v1/profiles/{max}/unmerge"), &json!({})).await;

    let listed = shop.api("/api/v1/profiles").await["data"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 4, "Ana with Luc, Zoé, Max and a visitor");
    for one in &listed {
        assert_eq!(one, &shop.api(&format!("/api/v1/profiles/{}", one["id"].as_str().unwrap())).await);
    }
    let found = |id: &str| listed.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(found(&ana)["merged_from"][0]["id"], luc.as_str());
    assert_eq!(found(&ana)["segments"][0]["name"], "Buyers");
    assert_eq!(found(&ana)["identifiers"].as_array().unwrap().len(), 5);
    assert_eq!((&found(&zoe)["merged_from"], &found(&max)["merged_from"]), (&json!([]), &json!([])));
});

on_both!(a_merge_by_a_program_answers_the_person_and_can_be_undone, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let (ana, luc) = (shop.person("user_id:ana").await, shop.person("user_id:luc").await);
    let merged = shop.post(&format!("/api/v1/profiles/{luc}/merge"), &json!({"into": ana})).await.json();
    assert!(merged["merge"].as_str().unwrap().starts_with("mrg_"));
    assert_eq!(merged["profile"]["id"], ana.as_str());
    assert_eq!(merged["profile"]["merged_from"][0]["id"], luc.as_str());
    let of_luc = shop.api(&format!("/api/v1/profiles/{luc}")).await;
    assert_eq!(of_luc["id"], ana.as_str());
    let again = shop.post(&format!("/api/v1/profiles/{luc}/merge"), &json!({"into": ana})).await;
    assert_eq!((again.status, again.json()["code"].clone()), (StatusCode::CONFLICT, json!("same_person")));
    let no_object = shop.post(&format!("/api/v1/profiles/{luc}/unmerge"), &json!([])).await;
    assert_eq!(no_object.status, StatusCode::BAD_REQUEST);
    let parted = shop.post(&format!("/api/v1/profiles/{luc}/unmerge"), &Value::Null).await.json();
    assert_eq!((&parted["merge"], &parted["profile"]["id"]), (&merged["merge"], &json!(luc)));
    let nothing = shop.post(&format!("/api/v1/profiles/{ana}/unmerge"), &json!({"merge": merged["merge"]})).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
});

on_both!(an_unmerge_without_a_name_frees_the_profile_it_is_asked_of, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let (ana, luc) = (shop.person("user_id:ana").await, shop.person("user_id:luc").await);
    let visitor = shop.person("anonymous_id:visitor-1").await;
    for from in [&luc, &visitor] {
        shop.post(&format!("/api/v1/profiles/{from}/merge"), &json!({ "into": ana })).await;
        shop.test.advance(Span::from_minutes(1));
    }
    let parted = shop.post(&format!("/api/v1/profiles/{luc}/unmerge"), &json!({})).await.json();
    assert_eq!(parted["profile"]["id"], luc.as_str());
    assert_eq!(shop.person("anonymous_id:visitor-1").await, ana);
});

on_both!(a_merge_sent_twice_under_one_key_happens_once, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let (ana, luc) = (shop.person("user_id:ana").await, shop.person("user_id:luc").await);
    let path = format!("/api/v1/profiles/{luc}/merge");
    let send = |body: String| {
        let request = shop
            .test
            .request(Method::POST, &path, "")
            .header(header::AUTHORIZATION, format!("Bearer {}", shop.key))
            .header("idempotency-key", "once")
            .body(Body::from(body));
        shop.test.send(request.unwrap())
    };
    let first = send(json!({"into": ana}).to_string()).await;
    let second = send(json!({"into": ana}).to_string()).await;
    assert_eq!((first.status, &first.body), (StatusCode::OK, &second.body));
    assert_eq!(second.header("idempotent-replayed"), "true");
    let other = send(json!({"into": luc}).to_string()).await;
    assert_eq!(other.json()["code"], "idempotency_key_reused");
});

on_both!(what_does_not_exist_is_not_found, |db| async move {
    let shop = Shop::open(db).await;
    for path in ["prf_nonsense", "prf_00000000000000000000000001", "seg_00000000000000000000000001"] {
        for tail in ["", "/timeline", "/segments"] {
            let answer = shop.test.get_json(&format!("/api/v1/profiles/{path}{tail}"), &shop.key).await;
            assert_eq!((answer.status, answer.json()["code"].clone()), (StatusCode::NOT_FOUND, json!("not_found")));
        }
        assert_eq!(shop.test.get(&format!("/people/{path}"), &shop.cookie).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(shop.test.get_json("/api/v1/profiles?segment=seg_1", &shop.key).await.status, StatusCode::NOT_FOUND);
});

on_both!(a_key_that_may_only_read_changes_nobody, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let path = format!("/api/v1/profiles/{}", shop.person("user_id:ana").await);
    let reader = shop.test.api_key(&[Scope::ProfilesRead]).await;
    assert_eq!(shop.test.get_json(&path, &reader).await.status, StatusCode::OK);
    let change = shop.test.send_json(Method::PATCH, &path, &reader, &json!({"traits": {"a": 1}})).await;
    assert_eq!(change.status, StatusCode::FORBIDDEN);
    let merge = shop.test.send_json(Method::POST, &format!("{path}/merge"), &reader, &json!({"into": "prf_1"})).await;
    assert_eq!(merge.status, StatusCode::FORBIDDEN);
});

on_both!(the_list_shows_people_by_stage_search_segment_and_condition, |db| async move {
    let shop = Shop::open(db).await;
    let buyers = shop.built("Buyers & friends", json!({"metric": "orders_count", "op": "gte", "value": 2})).await;
    shop.send(three_people()).await;
    let shows = |page: &str| ["Zoé Durand", "Luc Petit", "Visitor #3"].map(|name| page.contains(name));
    let condition = "%7B%22trait%22%3A%22country%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A%22FR%22%7D";
    for (path, expected) in [
        ("/people".to_owned(), [true, true, true]),
        ("/people?sort=revenue".to_owned(), [true, true, true]),
        ("/people?sort=newest".to_owned(), [true, true, true]),
        ("/people?sort=name".to_owned(), [true, true, false]),
        ("/people?stage=customer".to_owned(), [true, false, false]),
        ("/people?stage=prospect&sort=newest".to_owned(), [false, true, false]),
        ("/people?stage=customer&sort=revenue".to_owned(), [true, false, false]),
        ("/people?stage=customer&sort=name".to_owned(), [true, false, false]),
        ("/people?stage=customer&sort=orders".to_owned(), [true, false, false]),
        ("/people?q=ZO%C3%89%20d".to_owned(), [true, false, false]),
        ("/people?q=LUC@".to_owned(), [false, true, false]),
        ("/people?q=A-2".to_owned(), [true, false, false]),
        ("/people?q=visitor-1".to_owned(), [false, false, true]),
        ("/people?q=nobody".to_owned(), [false, false, false]),
        (format!("/people?segment={buyers}"), [true, false, false]),
        (format!("/people?condition={condition}"), [true, false, false]),
    ] {
        assert_eq!(shows(&shop.page(&path).await), expected, "{path}");
    }
    let chosen = shop.page("/people?columns=city&columns=phone").await;
    assert!(chosen.contains("data-label=\"City\"") && !chosen.contains("data-label=\"Revenue\""));
    assert!(shop.page("/people?condition=%7B%7D").await.contains("These conditions cannot be read"));
});

on_both!(filters_apply_together_and_each_can_be_taken_away, |db| async move {
    let shop = Shop::open(db).await;
    let calls: Vec<Value> = (0..12)
        .flat_map(|one| {
            let user = format!("u{one}");
            let buys = json!({"type": "track", "event": "Order Completed", "messageId": format!("o{one}"), "userId": user,
                              "properties": {"order_id": format!("O-{one}"), "total": one + 1, "currency": "EUR"}});
            let name = if one < 8 { "Éloïse" } else { "Luc" };
            let is = json!({"type": "identify", "messageId": format!("i{one}"), "userId": user,
                            "traits": {"name": format!("{name} Person{one:03}"), "level": one}});
            if one % 2 == 0 { vec![is, buys] } else { vec![is] }
        })
        .collect();
    let high = shop.built("High", json!({"trait": "level", "op": "gte", "value": 2})).await;
    shop.send(json!(calls)).await;
    let up_to_six = "%7B%22trait%22%3A%22level%22%2C%22op%22%3A%22lte%22%2C%22value%22%3A6%7D";
    for (query, expected) in [
        ("sort=newest".to_owned(), (0..12).rev().collect::<Vec<u32>>()),
        ("stage=customer&sort=newest".to_owned(), vec![10, 8, 6, 4, 2, 0]),
        (format!("stage=customer&segment={high}"), vec![10, 8, 6, 4, 2]),
        (format!("stage=customer&segment={high}&q=elo"), vec![6, 4, 2]),
        (format!("stage=prospect&segment={high}&q=ELO"), vec![7, 5, 3]),
        (format!("segment={high}&condition={up_to_six}"), vec![6, 5, 4, 3, 2]),
        (format!("stage=customer&condition={up_to_six}"), vec![6, 4, 2, 0]),
        (format!("q=luc&condition={up_to_six}"), vec![]),
        (format!("stage=customer&segment={high}&q=elo&condition={up_to_six}&sort=revenue"), vec![6, 4, 2]),
        (format!("stage=customer&segment={high}&condition={up_to_six}&sort=name"), vec![2, 4, 6]),
    ] {
        assert_eq!(numbers_on(&shop.page(&format!("/people?{query}")).await), expected, "{query}");
    }
    let all = format!("/people?stage=customer&segment={high}&q=elo&condition={up_to_six}&sort=revenue");
    let page = shop.page(&all).await;
    let removals: Vec<&str> =
        page.split("chip-remove\" href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(removals.len(), 4, "{removals:?}");
    for (gone, left) in ["q=", "stage=", "segment=", "condition="].iter().zip(&removals) {
        assert!(!left.contains(&format!("?{gone}")) && !left.contains(&format!(";{gone}")), "{gone} in {left}");
        assert_eq!(left.matches('=').count(), 4, "{left}");
        assert!(left.ends_with("sort=revenue"));
    }
    assert!(page.contains("Save as segment") && page.contains("lifecycle_stage"));
});

on_both!(a_condition_lists_everybody_whom_it_finds_in_pages, |db| async move {
    let shop = Shop::open(db).await;
    let calls: Vec<Value> = (0..180)
        .map(|one| {
            json!({"type": "identify", "messageId": one.to_string(), "userId": format!("u{one}"),
                          "traits": {"name": format!("Person{one:03}"), "level": one % 3}})
        })
        .collect();
    shop.send(json!(calls)).await;
    let condition = "%7B%22trait%22%3A%22level%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A0%7D";
    for (sort, is_upwards) in [("newest", false), ("last_seen", false), ("name", true), ("revenue", false)] {
        let (mut seen, mut path, mut pages) = (Vec::new(), format!("/people?condition={condition}&sort={sort}"), 0);
        loop {
            let page = shop.page(&path).await;
            (pages, seen) = (pages + 1, [seen, numbers_on(&page)].concat());
            match link(&page, "next") {
                Some(next) => path = next,
                None => break,
            }
        }
        let mut expected: Vec<u32> = (0..180).filter(|one| one % 3 > 0).collect();
        if !is_upwards {
            expected.reverse();
        }
        assert_eq!((seen, pages), (expected, 3), "{sort}");
    }
});

/// The numbers of the people of a page in its order: `Person007` is 7.
fn numbers_on(page: &str) -> Vec<u32> {
    let mut found: Vec<u32> = page.split("Person").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok()).collect();
    found.dedup();
    found
}

on_both!(a_search_knows_names_and_numbers_however_they_are_written, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(json!([
        {"type": "identify", "messageId": "1", "userId": "K-77",
         "traits": {"name": "Éloïse Le Goff-Œuvrard", "email": "eloise.lg@example.com", "phone": "06 12 34 56 78"}},
        {"type": "identify", "messageId": "2", "userId": "luc", "traits": {"firstName": "Luc", "lastName": "Elouard"}},
        {"type": "track", "event": "Order Completed", "messageId": "3", "userId": "luc",
         "properties": {"order_id": "CMD-2024-17", "total": 4, "currency": "EUR"}},
    ]))
    .await;
    for (typed, eloise, luc) in [
        ("elo", true, true),
        ("Elo", true, true),
        ("ÉLOÏ", true, false),
        ("eloise le goff oeuv", true, false),
        ("oeuvrard", true, false),
        ("Éloïse.LG", true, false),
        ("06 12 34", true, false),
        ("+33 6 12 34 56 78", true, false),
        ("k-7", true, false),
        ("elouard luc", false, true),
        ("cmd-2024", false, true),
        ("#CMD-2024-17", false, true),
        ("2024", false, false),
        ("goff", false, false),
    ] {
        let typed = typed.replace('+', "%2B").replace('#', "%23").replace(' ', "%20");
        for path in [format!("/people?q={typed}"), format!("/palette?q={typed}")] {
            let page = shop.page(&path).await;
            let found = ["Éloïse Le Goff", "Luc Elouard"].map(|name| page.contains(name));
            assert_eq!(found, [eloise, luc], "{path}");
        }
    }
});

on_both!(a_long_list_leads_forward_and_back, |db| async move {
    let shop = Shop::open(db).await;
    let calls: Vec<Value> = (0..120)
        .map(|one| json!({"type": "identify", "messageId": one.to_string(), "userId": format!("u{one}"), "traits": {"name": format!("Person {one:03}")}}))
        .collect();
    shop.send(json!(calls)).await;
    for sort in ["name", "newest", "last_seen", "revenue"] {
        let (mut seen, mut path) = (BTreeSet::new(), format!("/people?sort={sort}"));
        let mut pages = 0;
        loop {
            let page = shop.page(&path).await;
            pages += 1;
            assert!(page.contains("120"), "the count stands in the title");
            let names = page.split("Person ").skip(1).map(|rest| rest[..3].to_owned());
            seen.extend(names);
            match link(&page, "next") {
                Some(next) => path = next,
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (120, 3), "{sort}");
        let before = link(&shop.page(&path).await, "prev").unwrap();
        assert!(link(&shop.page(&before).await, "prev").is_some());
    }
});

/// The address of the link with this `rel`.
fn link(page: &str, rel: &str) -> Option<String> {
    let tag = page
        .split("<a ")
        .find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(&format!("rel=\"{rel}\""))))?;
    let href = tag.split("href=\"").nth(1)?.split('"').next()?;
    Some(href.replace("&amp;", "&"))
}

on_both!(a_persons_page_shows_what_is_known_and_why, |db| async move {
    let shop = Shop::open(db).await;
    shop.built("Buyers", json!({"metric": "orders_count", "op": "gte", "value": 2})).await;
    shop.send(three_people()).await;
    let id = shop.person("user_id:ana").await;
    let page = shop.page(&format!("/people/{id}")).await;
    for shown in [
        "Zoé Durand",
        "ana@example.com",
        "named in the first event",
        "France",
        "€100.50",
        "Buyers",
        "Lamps &lt;b&gt;",
        "A-2",
        "2 orders.",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("Lamps <b>"));
    let orders = shop.page(&format!("/people/{id}?kind=order")).await;
    assert!(orders.contains("A-1") && !orders.contains("Lamps"));
    let segment = page.split("/segments/").nth(1).unwrap().split('"').next().unwrap();
    let why = shop.page(&format!("/people/{id}/why?segment={segment}")).await;
    assert!(why.contains("Why in “Buyers”?") && why.contains(">Member<"));
    let event = page.split(&format!("/people/{id}/events/")).nth(1).unwrap().split('"').next().unwrap();
    assert!(shop.page(&format!("/people/{id}/events/{event}")).await.contains("Ana@Example.com"));
});

on_both!(a_person_is_told_why_not_in_any_other_segment, |db| async move {
    let shop = Shop::open(db).await;
    let buyers = shop.built("Buyers", json!({"metric": "orders_count", "op": "gte", "value": 2})).await;
    let quiz = shop.built("Quiz & fun", json!({"event": "Quiz Done"})).await;
    shop.send(three_people()).await;
    let id = shop.person("user_id:ana").await;
    let page = shop.page(&format!("/people/{id}")).await;
    assert!(page.contains(&format!("<option value=\"{quiz}\">Quiz &amp; fun</option>")));
    assert!(!page.contains(&format!("<option value=\"{buyers}\">")), "he is in it");
    let path = format!("/people/{id}/why?segment={quiz}");
    let whole = shop.page(&path).await;
    assert!(whole.contains("Why not in “Quiz &amp; fun”?") && whole.contains("Not a member"));
    assert!(whole.contains("reason reason-false"));
    let request = shop.test.request(Method::GET, &path, &shop.cookie).header("hx-request", "true");
    let piece = shop.test.send(request.body(Body::empty()).unwrap()).await;
    assert!(piece.body.contains("Not a member") && !piece.body.contains("<html"), "{}", piece.body);
    let none = shop.test.get(&format!("/people/{id}/why?segment=seg_1"), &shop.cookie).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
});

on_both!(a_visitor_bears_a_figure_and_no_initials, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let page = shop.page("/people?q=visitor-1").await;
    assert!(page.contains("avatar-nameless") && !page.contains(">V3<"));
    let known = shop.page("/people?stage=customer").await;
    assert!(known.contains(">ZD<") && !known.contains("avatar-nameless"));
});

/// The address that the page asks for by itself and that holds this text.
fn asked(page: &str, text: &str) -> String {
    let mut addresses = page.split("hx-get=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    addresses.find(|address| address.contains(text)).unwrap().replace("&amp;", "&")
}

on_both!(older_events_come_page_by_page_and_new_ones_by_themselves, |db| async move {
    let shop = Shop::open(db).await;
    let calls: Vec<Value> = (0..120)
        .map(|one| json!({"type": "track", "event": format!("Step {one:03}"), "messageId": one.to_string(), "userId": "ana"}))
        .collect();
    shop.send(json!(calls)).await;
    let id = shop.person("user_id:ana").await;
    let page = shop.page(&format!("/people/{id}")).await;
    assert!(page.contains("Step 119") && page.contains("Step 081") && !page.contains("Step 060"));
    let older = shop.page(&asked(&page, "before=")).await;
    assert!(older.contains("Step 060") && !older.contains("Step 119") && !older.contains("<html"));
    let news = asked(&page, "since=");
    assert_eq!(shop.test.get(&news, &shop.cookie).await.status, StatusCode::NO_CONTENT);
    shop.test.advance(Span::from_minutes(1));
    shop.send(json!([{"type": "track", "event": "Quite New", "messageId": "new", "userId": "ana"}])).await;
    let news = shop.page(&news).await;
    assert!(news.contains("Quite New") && news.contains("Step 081") && !news.contains("Step 060"));
});

on_both!(a_member_edits_a_person_and_only_what_changed_is_told, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let id = shop.person("user_id:ana").await;
    let edit = format!("/people/{id}/edit");
    let page = shop.page(&edit).await;
    assert!(page.contains("trait:points") && page.contains("trait:city"));
    let fields = [
        ("trait:points", "15"),
        ("trait:firstName", "Zoé"),
        ("trait:country", ""),
        ("new_name", "tier"),
        ("new_value", "gold"),
    ];
    let saved = shop.test.post_form(&edit, &shop.cookie, &fields).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (StatusCode::SEE_OTHER, format!("/people/{id}?done=saved").as_str())
    );
    let traits = shop.api(&format!("/api/v1/profiles/{id}")).await["traits"].clone();
    assert_eq!((&traits["points"], &traits["tier"], traits.get("country")), (&json!(15), &json!("gold"), None));
    let told = shop.api(&format!("/api/v1/profiles/{id}/timeline?limit=1")).await["data"][0]["traits"].clone();
    assert_eq!(told, json!({"points": 15, "country": null, "tier": "gold"}));
    let viewer = shop.test.sign_in_as(Role::Viewer).await;
    assert_eq!(shop.test.get(&edit, &viewer).await.status, StatusCode::FORBIDDEN);
    assert!(!shop.test.get(&format!("/people/{id}"), &viewer).await.body.contains("/edit"));
});

on_both!(a_member_merges_two_people_and_undoes_it, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let (ana, luc) = (shop.person("user_id:ana").await, shop.person("user_id:luc").await);
    let search = shop.page(&format!("/people/{ana}/merge?q=luc")).await;
    assert!(search.contains(&format!("other={luc}")));
    let both = shop.page(&format!("/people/{ana}/merge?other={luc}")).await;
    assert!(both.contains("ana@example.com") && both.contains("luc@example.com"));
    let merged =
        shop.test.post_form(&format!("/people/{ana}/merge"), &shop.cookie, &[("other", &luc), ("into", &ana)]).await;
    assert_eq!(merged.status, StatusCode::SEE_OTHER);
    let target = merged.header("location").to_owned();
    let page = shop.page(&target).await;
    assert!(page.contains("The two are one person now") && page.contains("merged by hand, by Ana Martin"));
    let of_luc = shop.test.get(&format!("/people/{luc}"), &shop.cookie).await;
    assert_eq!((of_luc.status, of_luc.header("location")), (StatusCode::SEE_OTHER, format!("/people/{ana}").as_str()));
    let undo = page.split("action=\"/people/merges/").nth(1).unwrap().split('"').next().unwrap();
    let parted = shop.test.post_form(&format!("/people/merges/{undo}"), &shop.cookie, &[]).await;
    assert_eq!(parted.header("location"), format!("/people/{ana}?done=parted"));
    assert!(shop.page(&format!("/people/{luc}")).await.contains("Luc Petit"));
});

on_both!(a_conflict_is_decided_by_a_person, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(json!([
        {"type": "identify", "messageId": "1", "userId": "one", "traits": {"email": "shared@example.com"}},
        {"type": "identify", "messageId": "2", "userId": "two", "traits": {"phone": "+33612345678"}},
        {"type": "identify", "messageId": "3", "userId": "two", "traits": {"email": "shared@example.com"}},
        {"type": "identify", "messageId": "4", "userId": "three", "traits": {"phone": "+33612345678"}},
        {"type": "identify", "messageId": "5", "userId": "undefined", "anonymousId": "x"},
    ]))
    .await;
    let page = shop.page("/people/conflicts").await;
    assert!(page.contains("shared@example.com") && page.contains("A word that programs write"));
    let actions: Vec<&str> =
        page.split("action=\"/people/conflicts/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(actions.len(), 2);
    let decide = |conflict: &str, decision: &'static str| {
        let path = format!("/people/conflicts/{conflict}");
        let (test, cookie) = (&shop.test, shop.cookie.clone());
        async move { test.post_form(&path, &cookie, &[("decision", decision)]).await }
    };
    let apart = decide(actions[0], "keep_apart").await;
    assert_eq!(apart.header("location"), "/people/conflicts?done=kept-apart");
    let merged = decide(actions[1], "merge").await;
    assert!(merged.header("location").contains("done=merged"), "{merged:?}");
    assert!(shop.page("/people/conflicts").await.contains("Nothing to decide"));
});

on_both!(a_row_opens_in_the_side_panel, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(three_people()).await;
    let id = shop.person("user_id:ana").await;
    let request = shop
        .test
        .request(Method::GET, &format!("/people/{id}"), &shop.cookie)
        .header("hx-request", "true")
        .header("hx-target", "side-panel");
    let answer = shop.test.send(request.body(Body::empty()).unwrap()).await;
    assert!(answer.body.contains("side-panel-title") && !answer.body.contains("<html"));
});

on_both!(every_page_speaks_french_without_a_missing_word, |db| async move {
    let shop = Shop::open(db).await;
    shop.built("Buyers", json!({"metric": "orders_count", "op": "gte", "value": 2})).await;
    shop.send(three_people()).await;
    shop.test.post_form("/preferences", &shop.cookie, &[("language", "fr")]).await;
    let id = shop.person("user_id:ana").await;
    for path in [
        "/people".to_owned(),
        format!("/people/{id}"),
        format!("/people/{id}/edit"),
        format!("/people/{id}/merge"),
        "/people/conflicts".to_owned(),
        "/people/filter".to_owned(),
    ] {
        let page = shop.page(&path).await;
        assert!(page.contains("<html lang=\"fr\""), "{path}");
        for key in
            ["people-", "person-", "figure-", "trait-name", "conflict-", "rule-", "identifier-email", "stage-reason"]
        {
            let shown = page.matches(&format!(">{key}")).count();
            assert_eq!(shown, 0, "{key} in {path}");
        }
    }
});

#[test]
fn the_description_names_every_route_of_the_api() {
    let table = crm::web::route_table();
    let routes: BTreeSet<(String, String)> = table
        .routes
        .iter()
        .filter(|route| route.path.starts_with("/api/v1/") || route.path.starts_with("/v1/"))
        .filter(|route| route.method != Method::OPTIONS)
        .map(|route| (route.path.to_owned(), route.method.as_str().to_lowercase()))
        .collect();
    let document = serde_json::to_value(crm::desk::openapi_document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| (path.clone(), method.clone()))
        })
        .collect();
    assert_eq!(described, routes);
}

on_both!(anybody_may_read_the_description_of_the_api, |db| async move {
    let test = TestApp::new(db);
    let answer = test.get_json("/api/v1/openapi.json", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.json()["paths"]["/api/v1/profiles/{id}"]["patch"].is_object());
});

on_both!(the_list_by_last_visit_is_the_list_of_all_stages_merged, |db| async move {
    let shop = Shop::open(db).await;
    for round in 0..4 {
        let calls: Vec<Value> = (0..6)
            .map(|one| {
                let name = if one % 2 == 0 { "Order Completed" } else { "Looked" };
                json!({"type": "track", "event": name, "messageId": format!("{round}-{one}"), "anonymousId": format!("v{round}{one}"),
                       "properties": {"order_id": format!("O-{round}-{one}"), "total": 5}})
            })
            .collect();
        shop.send(json!(calls)).await;
        shop.test.advance(Span::from_minutes(20));
    }
    let workspace = shop.test.workspace().await;
    let seen = shop.test.app.db.read(move |tx| {
        let sort = crm::profiles::SortBy::LastSeen;
        let people = crm::profiles::store::list_people(tx, workspace, sort, None, 50)?;
        Ok::<_, DbError>(people.iter().map(|one| (one.row.last_seen_at, one.number)).collect::<Vec<_>>())
    });
    let seen = seen.await.unwrap();
    assert_eq!(seen.len(), 24);
    assert!(seen.is_sorted_by(|one, next| one > next));
});
