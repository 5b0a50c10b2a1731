//! Erasing people: nothing of them is left in any row, and everything else is as it was; on both databases.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use crm::intake::import::{Calls, Format, ImportFile, ImportKind, Progress, import};
use crm::kernel::Role;
use crm::privacy::register::{REGISTER, Retention, Whose};
use db::{Db, DbError, Tx, Value as Stored, sql};
use serde_json::{Value, json};
use testkit::app::Answer;
use testkit::on_both;

use crate::shop::Shop;

impl Shop {
    /// With the segments that every shop begins with.
    async fn provisioned(db: Db) -> Self {
        let shop = Self::open(db).await;
        crm::desk::provision(&shop.test.app, shop.workspace).await.unwrap();
        shop
    }

    async fn person_if_any(&self, identifier: &str) -> Option<String> {
        let path = format!("/api/v1/profiles?identifier={identifier}");
        let found = self.test.get_json(&path, &self.key).await.json();
        found["data"][0]["id"].as_str().map(str::to_owned)
    }

    async fn profile_with_id(&self, id: &str) -> Value {
        self.test.get_json(&format!("/api/v1/profiles/{id}"), &self.key).await.json()
    }

    async fn erase(&self, id: &str) -> Value {
        let path = format!("/api/v1/profiles/{id}");
        let answer = self.test.send_json(Method::DELETE, &path, &self.key, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header("idempotency-key", key);
        self.test.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn built_segment(&self, condition: &Value) -> String {
        let id = self.define("Named", condition).await;
        self.build().await;
        id.to_string()
    }

    /// The rows of all tables in which a text stands, however they hold it.
    async fn rows_with(&self, text: &'static str) -> Vec<String> {
        let read = self.test.app.db.read(move |tx| {
            let mut found = Vec::new();
            for table in tx.tables()? {
                tx.each_row_of(&table, &mut |row| {
                    let holds = row.iter().any(|value| match value {
                        Stored::Text(held) => held.to_lowercase().contains(text),
                        Stored::Bytes(held) => String::from_utf8_lossy(held).to_lowercase().contains(text),
                        _ => false,
                    });
                    if holds {
                        found.push(format!("{}: {row:?}", table.name()));
                    }
                    ControlFlow::Continue(())
                })?;
            }
            Ok::<_, DbError>(found)
        });
        read.await.unwrap()
    }

    async fn tables_with(&self, text: &'static str) -> BTreeSet<String> {
        let rows = self.rows_with(text).await;
        rows.iter().map(|row| row.split(':').next().unwrap().to_owned()).collect()
    }
}

/// In every text of the person that is erased.
const CANARY: &str = "kanari";

/// Zoé in every place that a person can be in, and Luc beside her.
async fn plant(shop: &Shop) -> (String, String) {
    shop.send(json!([
        {"type": "identify", "messageId": "c1", "userId": "kanari-1", "anonymousId": "kanari-phone",
         "traits": {"email": "kanari@example.com", "phone": "+33698765432", "firstName": "Kanari", "lastName": "Durand",
                    "note": "likes kanari seeds", "address": {"city": "Kanariville"}},
         "context": {"campaign": {"name": "kanari-spring"}, "page": {"url": "https://shop.example/kanari"}}},
        {"type": "track", "event": "Kanari Sung", "messageId": "c2", "userId": "kanari-1",
         "properties": {"song": "kanari song"}},
        {"type": "track", "event": "Order Completed", "messageId": "c3", "userId": "kanari-1",
         "properties": {"order_id": "kanari-order", "total": 40, "currency": "EUR",
                        "products": [{"product_id": "kanari-seed", "name": "Kanari seed", "price": 40, "quantity": 1}]}},
        {"type": "track", "event": "Consent Updated", "messageId": "c4", "userId": "kanari-1",
         "properties": {"channel": "email", "purpose": "marketing", "state": "denied"}},
        {"type": "alias", "messageId": "c5", "userId": "kanari-1", "previousId": "kanari-old"},
        // Somebody who is found to be the same by hand, and one who shares an address without being the same.
        {"type": "identify", "messageId": "c6", "userId": "kanari-2", "traits": {"nickname": "kanari two"}},
        {"type": "identify", "messageId": "c7", "userId": "luc", "traits": {"email": "luc@example.com", "name": "Luc"}},
        {"type": "identify", "messageId": "c8", "userId": "luc", "traits": {"age": 40}},
        {"type": "track", "event": "Order Completed", "messageId": "c9", "userId": "luc",
         "properties": {"order_id": "L-1", "total": 25, "currency": "EUR"}},
        {"type": "track", "event": "Seen", "messageId": "c10", "userId": "kanari-1", "anonymousId": "luc-phone"},
        {"type": "track", "event": "Seen", "messageId": "c11", "userId": "luc", "anonymousId": "luc-phone"},
    ]))
    .await;
    // More identifiers than one person may have: those beyond are listed, and are his too.
    let many = (0..25).map(|one| {
        json!({"type": "identify", "messageId": format!("d{one}"), "userId": "kanari-1",
               "traits": {"email": format!("kanari{one}@example.com")}})
    });
    shop.send(Value::Array(many.collect())).await;
    let (one, two) = (shop.person("user_id:kanari-1").await, shop.person("user_id:kanari-2").await);
    let luc = shop.person("user_id:luc").await;
    let merged = shop.post_once(&format!("/api/v1/profiles/{two}/merge"), "kanari-key", &json!({ "into": one })).await;
    assert_eq!(merged.status, StatusCode::OK, "{}", merged.body);
    shop.built_segment(&json!({"event": "Kanari Sung", "count": {"op": "gte", "value": 1}})).await;
    let letter = json!({"message_id": "x", "kind": 1, "is_public": false, "is_for_ever": false,
        "claims": [{"kind": "user_id", "value": "kanari-1"}], "blocked": [], "previous_id": null, "at_ms": 0,
        "received_at_ms": 0, "properties": {"song": "kanari"}, "context": {}, "traits": null, "rest": {}, "is_bot": false});
    let workspace = shop.workspace;
    let aside = move |tx: &mut Tx<'_>| {
        tx.execute(
            sql("INSERT INTO dead_letters (workspace_id, id, at, source_no, name, reason, body)
                 VALUES ($1, $2, 0, 1, 'Kanari', 'because of kanari', $3)"),
            &[&workspace, &uuid::Uuid::from_u128(7), &letter.to_string()],
        )?;
        tx.execute(
            sql("INSERT INTO rejects (workspace_id, source_no, id, at, code, detail, sample)
                 VALUES ($1, 1, $2, 0, 'bad_field', 'of KANARI@example.com', '{\"phone\": \"06 98 76 54 32\"}')"),
            &[&workspace, &uuid::Uuid::from_u128(8)],
        )?;
        tx.execute(
            sql("INSERT INTO rejects (workspace_id, source_no, id, at, code, detail, sample)
                 VALUES ($1, 1, $2, 0, 'bad_field', 'of somebody else', '{}')"),
            &[&workspace, &uuid::Uuid::from_u128(9)],
        )
    };
    shop.test.app.db.write(aside).await.unwrap();
    (one, luc)
}

on_both!(nothing_of_an_erased_person_is_left_in_any_row_and_his_neighbours_are_untouched, |db| async move {
    let shop = Shop::provisioned(db).await;
    let (one, luc) = plant(&shop).await;
    let planted = shop.tables_with(CANARY).await;
    for table in ["events", "identifiers", "people", "person_states", "leaf_states", "orders", "order_lines"] {
        assert!(planted.contains(table), "{table} of {planted:?}");
    }
    for table in ["dead_letters", "rejects", "idempotency_keys", "event_names", "blocked_identifiers"] {
        assert!(planted.contains(table), "{table} of {planted:?}");
    }
    let neighbour = shop.profile_with_id(&luc).await;
    let segment = shop.built_segment(&json!({"metric": "orders_count", "op": "gte", "value": 1})).await;

    let certificate = shop.erase(&one).await;
    assert_eq!((&certificate["state"], &certificate["is_genuine"]), (&json!("done"), &json!(true)));
    let erased = &certificate["erased"];
    assert_eq!((erased["profiles"].as_u64(), erased["orders"].as_u64()), (Some(2), Some(1)), "{erased}");
    assert_eq!((erased["order_lines"].as_u64(), erased["dead_letters"].as_u64()), (Some(1), Some(1)), "{erased}");
    assert_eq!((erased["rejects"].as_u64(), erased["kept_answers"].as_u64()), (Some(1), Some(1)), "{erased}");
    assert!(erased["events"].as_u64() > Some(30), "{erased}");

    let left: Vec<String> = shop.rows_with(CANARY).await;
    // The name and the condition of a segment are the shop's own words.
    let left: Vec<&String> = left.iter().filter(|row| !row.starts_with("segments:")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(shop.rows_with("698765432").await, [""; 0]);
    let places = |tx: &mut db::Tx<'_>| {
        tx.query_one(
            sql("SELECT COUNT(*) FROM event_places WHERE number NOT IN (SELECT number FROM profiles)"),
            &[],
            |row| row.get::<i64>(0),
        )
    };
    assert_eq!(shop.test.app.db.read(places).await.unwrap(), 0, "nor is told where his events stood");
    assert_eq!(shop.test.get_json(&format!("/api/v1/profiles/{one}"), &shop.key).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.profile_with_id(&luc).await["traits"], neighbour["traits"]);
    assert_eq!(shop.profile_with_id(&luc).await["computed"], neighbour["computed"]);
    let members = shop.test.get_json(&format!("/api/v1/segments/{segment}"), &shop.key).await.json();
    assert_eq!(members["count"], 1, "{members}");
    assert_eq!(shop.findings().await, []);
    let again = shop.erase(&one).await;
    assert_eq!(again["id"], certificate["id"], "asked twice, told twice");
});

on_both!(a_repeat_of_an_erased_persons_call_changes_nothing_and_a_new_call_makes_somebody_new, |db| async move {
    let shop = Shop::provisioned(db).await;
    let call =
        json!([{"type": "identify", "messageId": "m1", "userId": "ana", "traits": {"email": "ana@example.com"}}]);
    shop.send(call.clone()).await;
    let first = shop.person("user_id:ana").await;
    shop.erase(&first).await;
    shop.send(call).await;
    assert_eq!(shop.person_if_any("user_id:ana").await, None);
    shop.test.advance(words::Span::from_millis(5));
    shop.send(json!([{"type": "identify", "messageId": "m2", "userId": "ana"}])).await;
    let second = shop.person("user_id:ana").await;
    assert_ne!(first, second);
    assert_eq!(shop.findings().await, []);
});

on_both!(an_order_of_which_somebody_else_spoke_too_becomes_what_his_calls_make_of_it, |db| async move {
    let shop = Shop::provisioned(db).await;
    let order = |id: &str, user: &str, name: &str, total: u64| {
        json!({"type": "track", "event": name, "messageId": id, "userId": user,
               "properties": {"order_id": "shared", "total": total, "currency": "EUR"}})
    };
    shop.send(json!([order("1", "ana", "Order Completed", 40), order("2", "luc", "Order Completed", 55)])).await;
    let (ana, luc) = (shop.person("user_id:ana").await, shop.person("user_id:luc").await);
    assert_eq!(shop.profile_with_id(&ana).await["computed"]["orders_count"], 1);
    shop.erase(&ana).await;
    assert_eq!(shop.profile_with_id(&luc).await["computed"]["orders_count"], 1);
    assert_eq!(shop.profile_with_id(&luc).await["computed"]["revenue"], 55.0);
    assert_eq!(shop.findings().await, []);
});

on_both!(a_suppressed_address_gets_its_consent_back_from_nobody_but_its_owner, |db| async move {
    let shop = Shop::provisioned(db).await;
    let consent = |id: &str, more: Value| {
        let mut call = json!({"type": "track", "event": "Consent Updated", "messageId": id, "userId": "ana",
            "context": {"traits": {"email": "ana@example.com"}},
            "properties": {"channel": "email", "purpose": "marketing", "state": "granted"}});
        call["properties"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    shop.send(json!([consent("1", json!({"state": "denied"}))])).await;
    let erased = shop.erase(&shop.person("user_id:ana").await).await;
    assert_eq!(erased["suppressed"], 1);
    shop.test.advance(words::Span::from_millis(5));
    shop.send(json!([consent("2", json!({}))])).await;
    let ana = shop.person("user_id:ana").await;
    assert_eq!(shop.profile_with_id(&ana).await["consents"], json!([]));
    let timeline = shop.test.get_json(&format!("/api/v1/profiles/{ana}/timeline"), &shop.key).await.body;
    assert!(timeline.contains("Consent Suppressed"), "listed: {timeline}");

    // A file says that he has just said so; it does not count.
    let line = consent("3", json!({"given_by": "person"})).to_string();
    let file: Box<dyn ImportFile> = Box::new(std::io::Cursor::new(line.into_bytes()));
    let zone = jiff::tz::TimeZone::UTC;
    let calls = Calls::open(file, ImportKind::Events, Format::Jsonl, None, &zone).unwrap();
    let told = import(&shop.test.app, shop.workspace, calls, Progress::Apply, |_| Ok(())).await.unwrap();
    assert_eq!(told.accepted, 1);
    assert_eq!(shop.profile_with_id(&ana).await["consents"], json!([]));
    assert_eq!(shop.findings().await, []);

    shop.send(json!([consent("4", json!({"given_by": "person"}))])).await;
    assert_eq!(shop.profile_with_id(&ana).await["consents"][0]["state"], "granted");
    shop.send(json!([consent("5", json!({"state": "withdrawn"})), consent("6", json!({}))])).await;
    assert_eq!(shop.profile_with_id(&ana).await["consents"][0]["state"], "granted", "off the list by his own word");
});

on_both!(never_contact_suppresses_every_address_and_keeps_nothing_but_keyed_hashes, |db| async move {
    let shop = Shop::provisioned(db).await;
    shop.send(json!([{"type": "identify", "messageId": "1", "userId": "ana",
                      "traits": {"email": "ana@example.com", "phone": "+33612345678"}}]))
        .await;
    let ana = shop.person("user_id:ana").await;
    let path = format!("/api/v1/profiles/{ana}?never_contact=true&reason=other");
    let answer = shop.test.send_json(Method::DELETE, &path, &shop.key, &Value::Null).await.json();
    assert_eq!((&answer["suppressed"], &answer["reason"]), (&json!(2), &json!("other")));
    assert_eq!(shop.rows_with("ana@example").await, [""; 0]);
    assert_eq!(shop.rows_with("612345678").await, [""; 0]);
    let bad = format!("/api/v1/profiles/{ana}?reason=anger");
    let refused = shop.test.send_json(Method::DELETE, &bad, &shop.key, &Value::Null).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
});

on_both!(the_suppression_list_tells_how_many_and_of_one_address_whether, |db| async move {
    let shop = Shop::provisioned(db).await;
    let dpo = shop.test.sign_in_as(Role::Dpo).await;
    let path = "/privacy/suppressions";
    assert!(shop.test.get(path, &dpo).await.body.contains("Nothing yet"));
    let traits = json!({"email": "ana@example.com", "phone": "+33612345678"});
    shop.send(json!([{"type": "identify", "messageId": "1", "userId": "ana", "traits": traits}])).await;
    let ana = shop.person("user_id:ana").await;
    let erase = format!("/api/v1/profiles/{ana}?never_contact=true");
    shop.test.send_json(Method::DELETE, &erase, &shop.key, &Value::Null).await;
    let listed = shop.test.get(path, &dpo).await.body;
    assert!(listed.contains("Asked never to be contacted again") && listed.contains("SMS"), "{listed}");
    for (address, told) in [
        (" Ana@Example.com ", "do not contact it"),
        ("06 12 34 56 78", "do not contact it"),
        ("luc@example.com", "not on the list"),
    ] {
        let answer = shop.test.post_form(path, &dpo, &[("address", address)]).await;
        assert!(answer.status == StatusCode::OK && answer.body.contains(told), "{address}: {}", answer.body);
    }
    let wrong = shop.test.post_form(path, &dpo, &[("address", "nobody")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("no email address and no phone number"));
    let marketer = shop.test.sign_in_as(Role::Marketer).await;
    assert_eq!(shop.test.get(path, &marketer).await.status, StatusCode::FORBIDDEN);
});

on_both!(the_register_is_a_page_that_names_every_table_with_its_purpose, |db| async move {
    let shop = Shop::provisioned(db).await;
    let dpo = shop.test.sign_in_as(Role::Dpo).await;
    let page = shop.test.get("/privacy/register", &dpo).await.body;
    for table in REGISTER {
        assert!(page.contains(&format!("<code>{}</code>", table.name)), "{}", table.name);
    }
    for told in ["Legitimate interest (GDPR art. 6(1)(f))", "32 days", "Until the person is erased", "Deleted at once"]
    {
        assert!(page.contains(told), "{told}");
    }
});

on_both!(a_member_types_the_word_and_a_changed_certificate_shows, |db| async move {
    let shop = Shop::provisioned(db).await;
    shop.send(json!([{"type": "identify", "messageId": "1", "userId": "ana", "traits": {"name": "Ana Durand"}}])).await;
    let ana = shop.person("user_id:ana").await;
    let path = format!("/people/{ana}/erase");
    let viewer = shop.test.sign_in_as(Role::Marketer).await;
    assert_eq!(shop.test.get(&path, &viewer).await.status, StatusCode::FORBIDDEN);
    let dpo = shop.test.sign_in_as(Role::Dpo).await;
    let page = shop.test.get(&path, &dpo).await;
    assert!(page.status == StatusCode::OK && page.body.contains("Ana Durand"), "{}", page.status);
    let wrong = shop.test.post_form(&path, &dpo, &[("reason", "request"), ("word", "yes")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(shop.person_if_any("user_id:ana").await.is_some());
    let done = shop.test.post_form(&path, &dpo, &[("reason", "request"), ("word", "erase")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let certificate = done.header("location").to_owned();
    assert!(shop.test.get(&certificate, &dpo).await.body.contains("Done, genuine"));
    assert!(!shop.test.get(&certificate, &dpo).await.body.contains("Durand"));
    shop.test.advance(words::Span::from_hours(1));
    let stale = shop.test.get(&path, &dpo).await;
    assert!(stale.header("location").starts_with("/account/confirm"), "{:?}", stale.headers);
    let workspace = shop.workspace;
    let forge = move |tx: &mut Tx<'_>| {
        tx.execute(sql("UPDATE erasures SET asked_at = 1 WHERE workspace_id = $1"), &[&workspace])
    };
    shop.test.app.db.write(forge).await.unwrap();
    assert!(shop.test.get("/privacy/erasures", &dpo).await.body.contains("Changed"));
    assert!(shop.findings().await[0].detail.contains("is not the one that was given out"));
});

on_both!(every_column_is_told_in_the_register, |db| async move {
    let read = db.read(|tx| {
        let tables = tx.tables()?;
        let columns = tables.iter().map(|table| {
            let columns: BTreeSet<String> = table.columns().into_iter().map(str::to_owned).collect();
            (table.name().to_owned(), columns)
        });
        Ok::<_, DbError>(columns.collect::<std::collections::BTreeMap<_, _>>())
    });
    let schema = read.await.unwrap();
    let told: std::collections::BTreeMap<String, BTreeSet<String>> = REGISTER
        .iter()
        .map(|table| {
            let names = table.columns.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned()));
            (table.name.to_owned(), names.collect())
        })
        .collect();
    assert_eq!(told, schema, "say in crates/crm/src/privacy/register.rs whose each column is, and how it is erased");
});

#[test]
fn what_is_personal_has_a_lawful_basis_and_an_end() {
    for table in REGISTER {
        let holds = |wanted: fn(&Whose) -> bool| table.columns.iter().any(|(whose, _)| wanted(whose));
        let is_of_people = holds(|whose| matches!(whose, Whose::Person(_)));
        let is_personal = holds(|whose| matches!(whose, Whose::Person(_) | Whose::Member | Whose::Tombstone));
        assert!(!is_personal || !table.purpose.bases().is_empty(), "{}: by what right", table.name);
        let ends = !matches!(table.retention, Retention::WithMember | Retention::WithShop);
        // "view usr_… prf_…" for an hour stands with the tries of sign-ins.
        assert!(!is_of_people || ends, "{}: until when", table.name);
        let outlives = holds(|whose| *whose == Whose::Tombstone);
        assert!(!outlives || !is_of_people, "{}: a tombstone tells nobody's data", table.name);
    }
}
