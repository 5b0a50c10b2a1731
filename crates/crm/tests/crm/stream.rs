//! The loop, through its real door: calls go in by HTTP, the truth is read from the database.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use crm::doctor::Sample;
use crm::intake::import::{Calls, Format, ImportKind, Progress};
use crm::kernel::{Actor, Scope, Shown, Sight};
use crm::profiles::{self, Standing};
use crm::segments::{self, DefinedAt};
use crm::stream::{self, backfill, ticker};
use crm::{commerce, intake};
use db::{Db, DbError};
use engine::condition::Condition;
use engine::facts::Facts;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use words::{ProfileId, Span, Timestamp, WorkspaceId};

/// A shop with an ingest key and an API key.
struct Shop {
    test: TestApp,
    workspace: WorkspaceId,
    ingest_key: String,
    api_key: String,
}

impl Shop {
    async fn open(db: Db) -> Self {
        let test = TestApp::new(db);
        let workspace = test.workspace().await;
        let origins = vec!["https://shop.example".to_owned()];
        let source =
            intake::create_source(&test.app, workspace, "Shop", intake::SourceKind::Site, origins).await.unwrap();
        let api_key = test.api_key(&[Scope::EventsWrite]).await;
        Self { test, workspace, ingest_key: source.ingest_key, api_key }
    }

    /// The same shop, to be served by another process.
    fn of_another_process(&self) -> Self {
        let (ingest_key, api_key) = (self.ingest_key.clone(), self.api_key.clone());
        Self { test: TestApp::new(self.test.app.db.clone()), workspace: self.workspace, ingest_key, api_key }
    }

    async fn post(&self, path: &str, key: &str, body: String) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("x-write-key", key)
            .header(header::CONTENT_TYPE, "text/plain");
        self.test.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a batch from a page of the shop.
    async fn browser(&self, calls: Value) -> Answer {
        self.post("/v1/batch", &self.ingest_key, json!({ "batch": calls }).to_string()).await
    }

    /// Sends a batch from the shop's server.
    async fn server(&self, calls: Value) -> Answer {
        self.post("/v1/batch", &self.api_key, json!({ "batch": calls }).to_string()).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut db::Tx<'_>, WorkspaceId) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        let workspace = self.workspace;
        self.test.app.db.read(move |tx| read(tx, workspace)).await.unwrap()
    }

    /// The person behind an identifier: number, facts, standing.
    async fn person(&self, kind: &str, value: &str) -> Option<(i64, ProfileId, Facts, Standing)> {
        let (kind, value) = (kind.to_owned(), value.to_owned());
        self.read(move |tx, workspace| {
            let owned = profiles::store::owners_of(tx, workspace, &kind, &[value])?;
            let Some((_, number)) = owned.into_iter().next() else { return Ok(None) };
            let profile = profiles::store::profiles_by_number(tx, workspace, &[number])?.remove(0);
            let root = profiles::store::root_of(tx, workspace, profile)?;
            let state = profiles::store::states_of(tx, workspace, &[root.number])?.remove(0);
            Ok(Some((root.number, root.id, state.facts, state.standing)))
        })
        .await
    }

    async fn number(&self, kind: &str, value: &str) -> i64 {
        self.person(kind, value).await.map_or(0, |(number, ..)| number)
    }

    /// Defines a segment and lets the backfill finish it.
    async fn segment(&self, condition: Value) -> u32 {
        let condition = Condition::parse(&condition).unwrap();
        let (workspace, at) = (self.workspace, DefinedAt { now: self.test.now(), id_bytes: self.test.app.id_bytes() });
        let made = self
            .test
            .app
            .db
            .write(move |tx| segments::create_segment(tx, workspace, "A segment", condition, at))
            .await
            .unwrap();
        while backfill::step(&self.test.app, workspace).await.unwrap() {}
        made.no
    }

    async fn members(&self, no: u32) -> Vec<i64> {
        self.read(move |tx, workspace| segments::store::members_after(tx, workspace, no, 0, 10_000)).await
    }

    async fn log_names(&self) -> Vec<String> {
        let rows = self.read(|tx, workspace| stream::log::newest(tx, workspace, 100)).await;
        rows.into_iter().rev().map(|row| row.name).collect()
    }

    async fn tick(&self) {
        while ticker::wake_due(&self.test.app, self.workspace).await.unwrap().0 > 0 {}
    }

    /// Has every message id forgotten whose time has come; answers how many.
    async fn forget_messages(&self) -> usize {
        let mut forgotten = 0;
        for first in 0..=u8::MAX {
            forgotten += stream::forget::forget_slice(&self.test.app, first, self.test.now()).await.unwrap();
        }
        forgotten
    }

    /// Brings the index of message ids up to the end of the log, as rounds do it at times.
    async fn index_messages(&self) {
        let (workspace, now) = (self.workspace, self.test.now());
        self.test.app.db.write(move |tx| stream::index_messages(tx, workspace, now)).await.unwrap();
    }

    /// Imports a file of contacts; answers how many rows were new and how many known.
    async fn import(&self, text: &'static str) -> (u64, u64) {
        let calls =
            Calls::open(Box::new(std::io::Cursor::new(text)), ImportKind::Contacts, Format::Csv, None, &TimeZone::UTC);
        let applied =
            intake::import::import(&self.test.app, self.workspace, calls.unwrap(), Progress::Apply, |_| Ok(()));
        let summary = applied.await.unwrap();
        (summary.accepted, summary.repeated)
    }

    fn actor(&self) -> Actor {
        Actor::system(self.workspace)
    }
}

fn viewed(message: &str, anonymous: &str) -> Value {
    json!({"type": "track", "event": "Product Viewed", "messageId": message, "anonymousId": anonymous,
           "properties": {"category": "shoes"}})
}

testkit::on_both!(an_event_is_applied_before_its_answer_and_once, |db| async move {
    let shop = Shop::open(db).await;
    let no = shop.segment(json!({"event": "Product Viewed"})).await;
    for _ in 0..2 {
        let answer = shop.browser(json!([viewed("m1", "a1"), viewed("m1", "a1")])).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, r#"{"success":true}"#));
    }
    assert_eq!(shop.members(no).await, [shop.number("anonymous_id", "a1").await]);
    assert_eq!(shop.log_names().await, ["Product Viewed", "Segment Entered"]);
});

testkit::on_both!(what_one_process_keeps_in_memory_never_hides_what_another_wrote, |db| async move {
    let shop = Shop::open(db).await;
    let other = shop.of_another_process();
    let no = shop.segment(json!({"event": "Product Viewed", "count": {"op": "gte", "value": 6}})).await;
    for round in 0..3 {
        shop.browser(json!([viewed(&format!("m{round}"), "a1")])).await;
        assert!(shop.members(no).await.is_empty(), "round {round}");
        other.browser(json!([viewed(&format!("n{round}"), "a1")])).await;
    }
    let (number, _, facts, _) = shop.person("anonymous_id", "a1").await.unwrap();
    assert_eq!(facts.figures().events_count, 6);
    assert_eq!(shop.members(no).await, [number]);
});

testkit::on_both!(a_sum_that_kept_only_what_decides_is_counted_again_when_an_amount_takes_away, |db| async move {
    let shop = Shop::open(db).await;
    let no = shop
        .segment(json!({
            "event": "Points", "sum": {"property": "n", "op": "gte", "value": 100}, "within": "90d",
        }))
        .await;
    let expected = [(60, false), (60, true), (60, true), (-100, false), (30, true), (-20, false)];
    for (index, (points, is_member)) in expected.into_iter().enumerate() {
        let call = json!({"type": "track", "event": "Points", "userId": "u1", "messageId": format!("m{index}"),
                          "properties": {"n": points}});
        shop.server(json!([call])).await;
        assert_eq!(!shop.members(no).await.is_empty(), is_member, "after {points}");
    }
    // In one request, too: what came before in it is not in the log yet.
    let call = |id: &str, points: i64| json!({"type": "track", "event": "Points", "userId": "u2", "messageId": id, "properties": {"n": points}});
    shop.server(json!([call("a", 90), call("b", 90), call("c", 90)])).await;
    shop.server(json!([call("d", 90), call("e", -300)])).await;
    assert!(shop.members(no).await.is_empty());
    shop.server(json!([call("f", 40)])).await;
    assert_eq!(shop.members(no).await, [shop.number("user_id", "u2").await]);
});

testkit::on_both!(a_bad_event_is_listed_and_its_neighbours_are_applied, |db| async move {
    let shop = Shop::open(db).await;
    let answer = shop
        .browser(
            json!([viewed("m1", "a1"), {"type": "track", "anonymousId": "a1"}, {"type": "dance"}, viewed("m2", "a2")]),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let rejected: Vec<(u64, String)> = answer.json()["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["index"].as_u64().unwrap(), one["code"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(rejected, [(1, "no_event_name".to_owned()), (2, "unknown_type".to_owned())]);
    assert_eq!(shop.log_names().await.len(), 2);
});

testkit::on_both!(an_anonymous_visitor_becomes_known_and_keeps_his_history, |db| async move {
    let shop = Shop::open(db).await;
    shop.browser(json!([viewed("m1", "a1")])).await;
    let before = shop.number("anonymous_id", "a1").await;
    shop.browser(json!([{"type": "identify", "messageId": "m2", "anonymousId": "a1", "userId": "u1",
                         "traits": {"email": " Ana@Example.com ", "phone": "01 99 00 12 34"}}]))
        .await;
    for (kind, value) in [("user_id", "u1"), ("email", "ana@example.com"), ("phone", "+33199001234")] {
        assert_eq!(shop.number(kind, value).await, before, "{kind}");
    }
    let (_, _, facts, standing) = shop.person("user_id", "u1").await.unwrap();
    assert_eq!(facts.figures().events_count, 2);
    assert_eq!(standing.stage.unwrap().stage.as_str(), "prospect");
});

testkit::on_both!(a_second_device_joins_the_person_and_can_be_parted_again, |db| async move {
    let shop = Shop::open(db).await;
    let viewers = shop.segment(json!({"event": "Product Viewed", "count": {"op": "gte", "value": 3}})).await;
    shop.browser(json!([
        {"type": "identify", "messageId": "m1", "anonymousId": "a1", "userId": "u1"},
        viewed("m2", "a1"), viewed("m3", "a1"), viewed("m4", "a2"),
    ]))
    .await;
    let (phone, laptop) = (shop.number("user_id", "u1").await, shop.number("anonymous_id", "a2").await);
    assert_ne!(phone, laptop);
    assert!(shop.members(viewers).await.is_empty());

    shop.browser(json!([{"type": "identify", "messageId": "m5", "anonymousId": "a2", "userId": "u1"}])).await;
    assert_eq!(shop.number("anonymous_id", "a2").await, phone);
    assert_eq!(shop.members(viewers).await, [phone]);
    let merges = shop.read(move |tx, workspace| profiles::store::merges_of(tx, workspace, &[laptop])).await;
    assert_eq!(merges.len(), 1);
    assert!(merges[0].rule.starts_with("same_event") && merges[0].event_seq.is_some(), "{merges:?}");

    shop.browser(json!([viewed("m6", "a2")])).await;
    stream::undo_merge(&shop.test.app, &shop.actor(), merges[0].id).await.unwrap();
    let (_, _, laptop_facts, _) = shop.person("anonymous_id", "a2").await.unwrap();
    let (_, _, phone_facts, _) = shop.person("user_id", "u1").await.unwrap();
    assert_eq!(shop.number("anonymous_id", "a2").await, laptop);
    assert_eq!((phone_facts.figures().events_count, laptop_facts.figures().events_count), (4, 2));
    assert!(shop.members(viewers).await.is_empty());

    // What a person parted, no rule joins again.
    shop.browser(json!([{"type": "identify", "messageId": "m7", "anonymousId": "a2", "userId": "u1"}])).await;
    assert_eq!(shop.number("anonymous_id", "a2").await, laptop);
    let conflicts = shop.read(|tx, workspace| profiles::store::open_conflicts(tx, workspace, 10)).await;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].reason, "parted_by_a_person");
});

testkit::on_both!(two_user_ids_never_merge_silently, |db| async move {
    let shop = Shop::open(db).await;
    shop.server(json!([
        {"type": "identify", "messageId": "m1", "userId": "u1", "traits": {"email": "ana@example.com"}},
        {"type": "identify", "messageId": "m2", "userId": "u2", "traits": {"email": "ana@example.com"}},
    ]))
    .await;
    assert_ne!(shop.number("user_id", "u1").await, shop.number("user_id", "u2").await);
    assert_eq!(shop.number("email", "ana@example.com").await, shop.number("user_id", "u1").await);
    let conflicts = shop.read(|tx, workspace| profiles::store::open_conflicts(tx, workspace, 10)).await;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].identifier.value, "ana@example.com");
});

testkit::on_both!(a_public_key_can_neither_merge_known_people_nor_speak_for_them, |db| async move {
    let shop = Shop::open(db).await;
    shop.server(json!([
        {"type": "identify", "messageId": "m1", "userId": "u1", "traits": {"email": "ana@example.com"}},
        {"type": "identify", "messageId": "m2", "traits": {"email": "bob@example.com"}},
    ]))
    .await;
    let (ana, bob) = (shop.number("user_id", "u1").await, shop.number("email", "bob@example.com").await);
    shop.browser(json!([
        {"type": "identify", "messageId": "m3", "userId": "u1", "traits": {"email": "bob@example.com"}},
        {"type": "alias", "messageId": "m4", "userId": "u1", "previousId": "bob@example.com"},
        {"type": "track", "event": "Consent Updated", "messageId": "m5", "userId": "u1",
         "properties": {"channel": "email", "purpose": "marketing", "state": "granted"}},
    ]))
    .await;
    assert_eq!((shop.number("user_id", "u1").await, shop.number("email", "bob@example.com").await), (ana, bob));
    let (_, _, facts, _) = shop.person("user_id", "u1").await.unwrap();
    assert_eq!(facts.consents().iter().count(), 0);
    assert!(shop.log_names().await.contains(&"Consent Claimed".to_owned()));

    shop.server(json!([{"type": "track", "event": "Consent Updated", "messageId": "m6", "userId": "u1",
                        "properties": {"channel": "email", "purpose": "marketing", "state": "granted"}}]))
        .await;
    let (_, _, facts, _) = shop.person("user_id", "u1").await.unwrap();
    assert_eq!(facts.consents().iter().count(), 1);
});

testkit::on_both!(a_server_may_alias_two_user_ids, |db| async move {
    let shop = Shop::open(db).await;
    shop.server(json!([
        {"type": "identify", "messageId": "m1", "userId": "old"},
        {"type": "identify", "messageId": "m2", "userId": "new"},
        {"type": "alias", "messageId": "m3", "userId": "new", "previousId": "old"},
    ]))
    .await;
    assert_eq!(shop.number("user_id", "old").await, shop.number("user_id", "new").await);
});

testkit::on_both!(values_that_identify_nobody_are_blocked_with_a_reason, |db| async move {
    let shop = Shop::open(db).await;
    let answer = shop
        .browser(json!([
            {"type": "identify", "messageId": "m1", "userId": "null", "anonymousId": "a1"},
            {"type": "identify", "messageId": "m2", "userId": "null", "anonymousId": "a2"},
        ]))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_ne!(shop.number("anonymous_id", "a1").await, shop.number("anonymous_id", "a2").await);
    let blocked = shop.read(|tx, workspace| profiles::store::blocked_identifiers(tx, workspace, 10)).await;
    assert_eq!(blocked.len(), 1);
    assert_eq!((blocked[0].identifier.value.as_str(), blocked[0].times), ("null", 2));
});

testkit::on_both!(orders_are_one_order_whatever_order_their_calls_arrive_in, |db| async move {
    let shop = Shop::open(db).await;
    let buyers = shop.segment(json!({"metric": "revenue", "op": "gte", "value": 50})).await;
    let refund = json!({"type": "track", "event": "Order Refunded", "messageId": "m1", "userId": "u1",
                        "properties": {"order_id": "o1", "total": 20}});
    let completed = json!({"type": "track", "event": "Order Completed", "messageId": "m2", "userId": "u1",
                           "properties": {"order_id": "o1", "total": 89.9, "currency": "EUR",
                                          "products": [{"product_id": "p1", "price": 89.9, "quantity": 1}]}});
    shop.server(json!([refund])).await;
    assert!(shop.members(buyers).await.is_empty());
    shop.server(json!([completed.clone()])).await;
    let (number, _, facts, _) = shop.person("user_id", "u1").await.unwrap();
    assert_eq!(shop.members(buyers).await, [number]);
    let sales = facts.sales(words::Currency::EUR);
    assert_eq!((sales.orders, sales.net_minor, sales.refunded_minor), (1, 6_990, 2_000));
    let orders = shop.read(move |tx, workspace| commerce::store::orders_of(tx, workspace, &[number], 10)).await;
    assert_eq!((orders.len(), orders[0].total_minor, orders[0].refunded_minor), (1, 8_990, 2_000));

    let mut again = completed;
    again["messageId"] = json!("m3");
    shop.server(json!([again])).await;
    let (_, _, facts, _) = shop.person("user_id", "u1").await.unwrap();
    assert_eq!(facts.sales(words::Currency::EUR).net_minor, 6_990);
});

testkit::on_both!(a_window_closes_at_its_exact_instant, |db| async move {
    let shop = Shop::open(db).await;
    let recent = shop.segment(json!({"event": "Product Viewed", "within": "1h"})).await;
    shop.browser(json!([viewed("m1", "a1")])).await;
    let number = shop.number("anonymous_id", "a1").await;
    shop.test.advance(Span::from_millis(3_599_999));
    shop.tick().await;
    assert_eq!(shop.members(recent).await, [number]);
    shop.test.advance(Span::from_millis(1));
    shop.tick().await;
    assert!(shop.members(recent).await.is_empty());
    let left = shop.read(|tx, workspace| stream::log::newest(tx, workspace, 1)).await;
    assert_eq!((left[0].name.as_str(), left[0].at), ("Segment Left", shop.test.now()));
});

testkit::on_both!(a_late_wake_up_dates_the_exit_at_the_instant_it_happened, |db| async move {
    let shop = Shop::open(db).await;
    let recent = shop.segment(json!({"event": "Product Viewed", "within": "1h"})).await;
    shop.browser(json!([viewed("m1", "a1")])).await;
    let closes = shop.test.now().plus(Span::from_millis(3_600_000));
    shop.test.advance(Span::from_millis(9_000_000));
    shop.browser(json!([{"type": "page", "messageId": "m2", "anonymousId": "a1"}])).await;
    assert!(shop.members(recent).await.is_empty());
    let rows = shop.read(|tx, workspace| stream::log::newest(tx, workspace, 10)).await;
    let exit = rows.iter().find(|row| row.name == "Segment Left").unwrap();
    assert_eq!(exit.at, closes);
});

testkit::on_both!(a_segment_built_later_knows_the_whole_past, |db| async move {
    let shop = Shop::open(db).await;
    let calls: Vec<Value> = (0..40).map(|index| viewed(&format!("m{index}"), &format!("a{}", index % 7))).collect();
    shop.browser(json!(calls)).await;
    let often = shop
        .segment(json!({"event": "Product Viewed", "where": [{"property": "category", "op": "eq", "value": "SHOES"}],
                                    "count": {"op": "gte", "value": 6}}))
        .await;
    assert_eq!(shop.members(often).await.len(), 5);
    shop.browser(json!([viewed("m100", "a5")])).await;
    assert_eq!(shop.members(often).await.len(), 6);
});

testkit::on_both!(an_event_from_long_ago_counts_by_its_own_time, |db| async move {
    let shop = Shop::open(db).await;
    let recent = shop.segment(json!({"event": "Product Viewed", "within": "30d"})).await;
    let mut late = viewed("m1", "a1");
    late["timestamp"] = json!("2020-01-01T00:00:00Z");
    let mut ahead = viewed("m2", "a2");
    ahead["timestamp"] = json!("2035-01-01T00:00:00Z");
    shop.browser(json!([late, ahead])).await;
    assert_eq!(shop.members(recent).await, [shop.number("anonymous_id", "a2").await]);
    let rows = shop.read(|tx, workspace| stream::log::newest(tx, workspace, 10)).await;
    let at = |message: &str| rows.iter().find(|row| row.message_id(Sight::Whole) == Shown::Text(message)).unwrap().at;
    assert_eq!(at("m1"), Timestamp::parse_rfc3339("2020-01-01T00:00:00Z").unwrap());
    assert_eq!(at("m2"), shop.test.now());
});

testkit::on_both!(a_bot_stays_out_of_profiles, |db| async move {
    let shop = Shop::open(db).await;
    let mut call = viewed("m1", "bot");
    call["context"] = json!({"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"});
    assert_eq!(shop.browser(json!([call])).await.status, StatusCode::OK);
    assert!(shop.person("anonymous_id", "bot").await.is_none());
    assert_eq!(shop.log_names().await, ["Product Viewed"]);
});

testkit::on_both!(members_merged_by_hand_are_one_person_until_it_is_undone, |db| async move {
    let shop = Shop::open(db).await;
    shop.server(json!([
        {"type": "identify", "messageId": "m1", "userId": "u1", "traits": {"city": "Lyon"}},
        {"type": "identify", "messageId": "m2", "userId": "u2", "traits": {"city": "Nice", "vip": true}},
    ]))
    .await;
    let (_, first, first_facts, _) = shop.person("user_id", "u1").await.unwrap();
    let (_, second, second_facts, _) = shop.person("user_id", "u2").await.unwrap();
    let merge = stream::merge_people(&shop.test.app, &shop.actor(), second, first).await.unwrap();
    let (_, _, merged, _) = shop.person("user_id", "u2").await.unwrap();
    assert_eq!(merged.trait_value("city"), Some(json!("Nice")));
    assert_eq!(merged.figures().events_count, 2);
    stream::undo_merge(&shop.test.app, &shop.actor(), merge).await.unwrap();
    assert!(stream::undo_merge(&shop.test.app, &shop.actor(), merge).await.is_err());
    assert_eq!(shop.person("user_id", "u1").await.unwrap().2, first_facts);
    assert_eq!(shop.person("user_id", "u2").await.unwrap().2, second_facts);
});

testkit::on_both!(a_page_of_an_unlisted_origin_may_not_send, |db| async move {
    let shop = Shop::open(db).await;
    for (origin, status) in [
        ("https://shop.example", StatusCode::OK),
        ("https://SHOP.example", StatusCode::OK),
        ("https://shop.example.evil.example", StatusCode::FORBIDDEN),
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("http://shop.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
    ] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/page")
            .header(header::ORIGIN, origin)
            .header("x-write-key", &shop.ingest_key)
            .body(Body::from(json!({"anonymousId": "a1", "messageId": origin}).to_string()))
            .unwrap();
        let answer = shop.test.send(request).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.body);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, if status == StatusCode::OK { origin } else { "" });
    }
});

testkit::on_both!(a_message_is_remembered_for_thirty_days_and_then_forgotten, |db| async move {
    let shop = Shop::open(db).await;
    // What a client calls its messages is no matter: only an import is remembered for longer.
    for message in ["m1", "import-00112233445566778899aabbccddeeff"] {
        shop.browser(json!([viewed(message, "a1")])).await;
    }
    shop.browser(json!([viewed("m1", "a1")])).await;
    shop.index_messages().await;
    shop.test.advance(Span::from_days(30));
    assert_eq!(shop.forget_messages().await, 0);
    shop.browser(json!([viewed("m1", "a1")])).await;
    assert_eq!(shop.log_names().await.len(), 2);
    shop.test.advance(Span::from_days(4));
    assert_eq!(shop.forget_messages().await, 2);
});

testkit::on_both!(the_rows_of_a_file_are_remembered_for_ever, |db| async move {
    let shop = Shop::open(db).await;
    assert_eq!(shop.import("email,city\nana@example.com,Lyon\nluc@example.com,Nice\n").await, (2, 0));
    shop.test.advance(Span::from_days(3_650));
    assert_eq!(shop.forget_messages().await, 0);
    assert_eq!(shop.import("email,city\nluc@example.com,Nice\nzoe@example.com,Lille\n").await, (1, 1));
});

testkit::on_both!(
    a_call_or_a_person_with_too_many_traits_is_told_the_limit_and_its_neighbours_are_applied,
    |db| async move {
        let shop = Shop::open(db).await;
        let named = |from: usize, count: usize| -> Value {
            (from..from + count)
                .map(|no| (format!("t{no:04}"), Value::from(no)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let identify = |id: &str, user: &str, traits: Value| json!({"type": "identify", "messageId": id, "userId": user, "traits": traits});
        let answer = shop
            .server(json!([
                identify("m1", "u", named(0, 250)),
                identify("m2", "u", named(250, 251)),
                identify("m3", "u", json!({ "n".repeat(201): 1 })),
                {"type": "alias", "messageId": "m4", "userId": "u", "previousId": "p".repeat(3_000)},
                {"type": "alias", "messageId": "m5", "userId": "u", "previousId": "null"},
                identify("m6", "u", named(250, 250)),
            ]))
            .await;
        let rejected = answer.json()["rejected"].clone();
        let codes: Vec<&str> = rejected.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["too_many_traits", "long_trait_name", "bad_previous_id", "bad_previous_id"]);
        assert_eq!(rejected[0]["detail"], "the call names 251 traits; a call names at most 250");
        shop.server(json!([identify("m7", "u", named(500, 250)), identify("m8", "u", named(750, 249))])).await;
        shop.server(json!([identify("m9", "u", named(998, 3)), identify("m10", "u", json!({"t0001": "changed"}))]))
            .await;
        let long = "x".repeat(30_000);
        let larger = |id: &str, name: &str| identify(id, "v", json!({ name: long, format!("{name}2"): 1 }));
        shop.server(json!([larger("m11", "a"), larger("m12", "b"), larger("m13", "c")])).await;

        let (number, _, facts, _) = shop.person("user_id", "u").await.unwrap();
        assert_eq!(facts.traits().iter().count(), stream::MAX_TRAITS_OF_A_PERSON);
        assert_eq!(facts.trait_value("t0999"), Some(json!(999)));
        assert_eq!(facts.trait_value("t1000"), None);
        assert_eq!(facts.trait_value("t0001"), Some(json!("changed")), "what he has may change");
        let (large, _, facts, _) = shop.person("user_id", "v").await.unwrap();
        assert_eq!((facts.trait_value("c"), facts.trait_value("c2")), (None, Some(json!(1))));
        let told = shop.read(|tx, workspace| stream::log::newest(tx, workspace, 100)).await;
        let told: Vec<(i64, String)> = told
            .into_iter()
            .filter(|row| row.name == "Traits Refused")
            .map(|row| (row.number, row.unmasked().properties["traits"].to_string()))
            .collect();
        assert_eq!(told, [(large, r#"["c"]"#.to_owned()), (number, r#"["t1000"]"#.to_owned())]);
        // The log holds what was applied, so every recomputation agrees.
        let report = crm::doctor::examine(&shop.test.app, shop.workspace, Sample::Everybody).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
);
