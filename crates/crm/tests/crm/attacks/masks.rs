//! Who may not see who people are: every answer to him is read for what a person can hold, and nothing can be found out by
//! asking.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use crm::kernel::{Access, Permission, Role, Scope};
use crm::profiles;
use crm::workspaces;
use db::{Tx, sql};
use engine::identity::{IdentifierRule, default_rules};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use tower::ServiceExt;
use words::Span;

use super::tenant::{Tenant, kind_of, parameters};

/// Every text and number by which a person could be known, each found nowhere else. Small letters: answers are compared so.
const CANARIES: &[&str] = &[
    // Identifiers, standard and of the shop's own.
    "zqmail",
    "zqmany",
    "zqshared",
    "698765432",
    "zquser",
    "zqanon",
    "zqcust",
    "zqcard",
    "zqclub",
    "zqold",
    // Traits, standard and of the shop's own, nested, in lists, as numbers.
    "zqfirst",
    "zqlast",
    "1983-07-19",
    "zqstreet",
    "zqpost",
    "zqcompany",
    "zqtitle",
    "zqavatar",
    "zqnote",
    "zqchild",
    "zqtag",
    "7319462",
    "zqleaf",
    // Events: forms, searches, reviews, pages with their queries, the context, ids of messages.
    "zqname",
    "zqform",
    "zqmessage",
    "zqvalue",
    "zqsearch",
    "zqreview",
    "zqquery",
    "zqfragment",
    "zqheading",
    "zqreferrer",
    "zqpath",
    "zqctx",
    "zqdevice",
    "zqsent",
    // Orders: addresses, notes, what is written on a thing.
    "zqship",
    "zqbill",
    "zqordernote",
    "zqengraved",
    // What was refused and what was set aside.
    "zqreject",
    "zqdetail",
    "zqdead",
];

/// A shop with somebody whose every field is a canary.
struct Planted {
    tenant: Tenant,
    /// A segment whose condition names him.
    named: String,
    seqs: Vec<i64>,
}

fn rules() -> Vec<IdentifierRule> {
    let mut rules = default_rules();
    let custom = IdentifierRule { kind: "club_id".to_owned(), precedence: 9, ..rules[1].clone() };
    rules.push(custom);
    rules
}

/// Calls of one person who already is the tenant's first one.
fn calls(user: &str, leaf: &str) -> Value {
    let address = |word: &str| json!({"street": format!("7 rue {word}"), "city": "Lyon", "name": word});
    json!([
        {"type": "identify", "messageId": "zqsent-1", "userId": user, "anonymousId": "zqanon-1",
         "traits": {"email": "zqmail@example.com", "phone": "+33698765432", "firstName": "Zqfirst", "lastName": "Zqlast",
                    "customer_number": "ZQCUST-1", "loyalty_card": "zqcard-1", "club_id": "zqclub-1",
                    "birthday": "1983-07-19", "address": {"street": "1 rue Zqstreet", "postalCode": "zqpost", "city": "Lyon"},
                    "company": "Zqcompany", "title": "Zqtitle", "avatar": "https://i.example/zqavatar.png",
                    "note": "likes zqnote", "child": {"zqchild": {"called": "zqchild"}}, "tags": ["zqtag"],
                    "account": 7_319_462, "city": "Lyon", "country": "FR", "newsletter": true},
         "context": {"traits": {"email": "zqctx@example.com"}, "device": {"id": "zqdevice"}}},
        {"type": "identify", "messageId": "zqsent-2", "userId": "zquser-7", "traits": {"email": "zqshared@example.com"}},
        {"type": "identify", "messageId": "zqsent-3", "userId": "zquser-8", "traits": {"email": "zqshared@example.com"}},
        {"type": "identify", "messageId": "zqsent-4", "userId": leaf, "traits": {"nickname": "zqleaf"}},
        {"type": "alias", "messageId": "zqsent-5", "userId": user, "previousId": "zqold-1"},
        {"type": "track", "event": "Contact Form Sent", "messageId": "zqsent-6", "userId": user,
         "properties": {"name": "Zqname", "title": "Zqname", "email": "zqform@example.com", "message": "says zqmessage",
                        "value": "zqvalue"}},
        {"type": "track", "event": "Products Searched", "messageId": "zqsent-7", "userId": user,
         "properties": {"query": "zqsearch"}},
        {"type": "track", "event": "Product Reviewed", "messageId": "zqsent-8", "userId": user,
         "properties": {"product_id": "p1", "name": "Oak lamp", "rating": 5, "review_body": "zqreview"}},
        {"type": "track", "event": "Order Completed", "messageId": "zqsent-9", "userId": user,
         "properties": {"order_id": "A-77", "total": 40, "currency": "EUR", "note": "zqordernote",
                        "shipping_address": address("zqship"), "billing": address("zqbill"),
                        "products": [{"product_id": "p1", "name": "Oak lamp", "price": 40, "quantity": 1,
                                      "engraving": "zqengraved"}]}},
        {"type": "page", "messageId": "zqsent-10", "userId": user, "properties": {"title": "Zqheading"},
         "context": {"page": {"url": "https://shop.example/members/zqpath@example.com?email=zqquery#zqfragment",
                              "path": "/members/zqpath@example.com", "title": "Zqheading", "search": "?email=zqquery",
                              "referrer": "https://search.example/zqreferrer?q=zqreferrer"}}},
    ])
}

impl Planted {
    async fn open(test: &TestApp) -> Self {
        let tenant = Tenant::open(test, "amelie").await;
        let workspace = tenant.workspace;
        let own_rules = move |tx: &mut Tx<'_>| profiles::store::insert_identifier_rules(tx, workspace, &rules());
        test.app.db.write(own_rules).await.unwrap();
        // Senders are remembered for a second, with the types of their shop.
        test.advance(Span::from_millis(2_000));
        // A segment more is a new plan, which knows the new types too.
        let draft = json!({"name": "Named", "condition": {"all": [
            {"trait": "lastName", "op": "eq", "value": "Zqlast"},
            {"event": "Contact Form Sent", "where": [{"property": "message", "op": "contains", "value": "zqmessage"}]}]}});
        let named = test.send_json(Method::POST, "/api/v1/segments", &tenant.key, &draft).await.json();
        let named = named["id"].as_str().unwrap().to_owned();
        send(test, &tenant, calls("amelie-ana", "amelie-luc")).await;
        // Beyond what one person may have, they are listed as values that identify nobody.
        let many = (0..9).map(|one| {
            json!({"type": "identify", "messageId": format!("zqsent-m{one}"), "userId": "amelie-ana",
                   "traits": {"email": format!("zqmany{one}@example.com")}})
        });
        send(test, &tenant, Value::Array(many.collect())).await;
        let last = json!({"type": "identify", "messageId": "zqsent-z", "userId": "amelie-ana",
                          "traits": {"email": "zqmail@example.com"}});
        send(test, &tenant, json!([last])).await;
        while crm::stream::backfill::step(&test.app, workspace).await.unwrap() {}
        set_aside(test, &tenant).await;
        let path = format!("/api/v1/profiles/{}/timeline?limit=500", tenant.ids["prf"]);
        let timeline = test.get_json(&path, &tenant.key).await.json();
        let seqs = timeline["data"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
        Self { tenant, named, seqs }
    }

    /// Every page that shows somebody in a way of its own, beside the routes as they are.
    fn addresses(&self) -> Vec<String> {
        let (person, named) = (&self.tenant.ids["prf"], &self.named);
        let everybody = "%7B%22all%22%3A%5B%5D%7D";
        let mut addresses: Vec<String> = [
            "/people?columns=email&columns=phone&columns=city&columns=country".to_owned(),
            "/people?sort=name".to_owned(),
            "/people?sort=newest&stage=customer".to_owned(),
            format!("/people?condition={everybody}"),
            format!("/people?segment={named}"),
            "/people?q=A-77".to_owned(),
            format!("/people?q={person}"),
            format!("/palette?q={person}"),
            "/palette?q=A-77".to_owned(),
            "/palette?q=named".to_owned(),
            format!("/people/{person}/why?segment={named}"),
            format!("/segments/{named}"),
            format!("/segments/{named}/edit"),
            format!("/segments/new?from={named}"),
            format!("/segments/{named}/as-of?at=2025-11-22T14:46"),
            format!("/segments/{}/as-of?at=2025-11-22T14:46", self.tenant.ids["seg"]),
            "/orders?only=first".to_owned(),
            format!("/people/{person}/merge?q=A-77"),
            format!("/people/{person}/merge?other={}", self.tenant.ids["other"]),
            "/api/v1/segments".to_owned(),
            format!("/api/v1/segments/{named}"),
            format!("/api/v1/segments/{named}/members"),
            format!("/api/v1/segments/{named}/explain?profile={person}"),
        ]
        .into();
        for kind in ["visit", "cart", "order", "identity", "consent", "segment", "other"] {
            addresses.push(format!("/people/{person}?kind={kind}"));
        }
        addresses.extend(self.seqs.iter().map(|seq| format!("/people/{person}/events/{seq}")));
        let names = [
            "Identified",
            "Contact Form Sent",
            "Products Searched",
            "Product Reviewed",
            "Order Completed",
            "Page Viewed",
        ];
        addresses.extend(names.map(|name| format!("/segments/suggest?event={}", name.replace(' ', "+"))));
        addresses
    }

    /// Everything that one reader is answered: pages with his cookie, the API with his key, open screens.
    async fn walk(&self, test: &TestApp, reader: &Reader) -> Vec<(String, Answer)> {
        let mut asked: Vec<String> = crm::web::route_table()
            .routes
            .into_iter()
            .filter(|route| route.method == Method::GET && route.path != "/events")
            .filter(|route| matches!(route.access, Access::Member(_) | Access::Program(_) | Access::Public))
            .map(|route| self.filled(route.path))
            .collect();
        assert!(asked.len() >= 40, "{} routes are read", asked.len());
        asked.extend(self.addresses());
        let mut heard = Vec::new();
        for path in asked {
            for piece in [None, Some("side-panel")] {
                let answer = test.send(reader.request(test, &Method::GET, &path, piece, "")).await;
                assert!(!answer.status.is_server_error(), "{path}: {} {}", answer.status, answer.body);
                heard.push((format!("{path} {piece:?}"), answer));
            }
        }
        let everybody = json!({"condition": {"all": []}}).to_string();
        for path in ["/segments/preview", "/api/v1/segments/preview"] {
            let answer = reader.post(test, path, &everybody).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            heard.push((path.to_owned(), answer));
        }
        heard
    }

    fn filled(&self, route: &str) -> String {
        let path = parameters(route).fold(route.to_owned(), |path, name| {
            let id = self.tenant.ids.get(kind_of(route, name)).map_or("x", String::as_str);
            path.replace(&format!("{{{name}}}"), id)
        });
        match path.rsplit('/').next() {
            Some("why") => format!("{path}?segment={}", self.tenant.ids["seg"]),
            Some("explain") => format!("{path}?profile={}", self.tenant.ids["prf"]),
            Some("as-of" | "count") => format!("{path}?at=2025-11-22T14:46"),
            _ => path,
        }
    }
}

async fn send(test: &TestApp, tenant: &Tenant, calls: Value) {
    let sent = test.send_json(Method::POST, "/v1/batch", &tenant.key, &json!({ "batch": calls })).await;
    assert_eq!((sent.status, sent.json()), (StatusCode::OK, json!({"success": true})), "{}", sent.body);
}

/// A call that was refused and an event that could not be applied.
async fn set_aside(test: &TestApp, tenant: &Tenant) {
    let workspace = tenant.workspace;
    let source: words::SourceId = tenant.ids["src"].parse().unwrap();
    let write = move |tx: &mut Tx<'_>| {
        let number: Vec<i64> = tx.query(
            sql("SELECT no FROM sources WHERE workspace_id = $1 AND id = $2"),
            &[&workspace, &source],
            |row| row.get(0),
        )?;
        tx.execute(
            sql("INSERT INTO dead_letters (workspace_id, id, at, source_no, name, reason, body)
                 VALUES ($1, $2, 0, $3, 'Seen', 'because of zqdead', '{\"email\": \"zqdead\"}')"),
            &[&workspace, &uuid::Uuid::from_u128(7), &number[0]],
        )?;
        tx.execute(
            sql("INSERT INTO rejects (workspace_id, source_no, id, at, code, detail, sample)
                 VALUES ($1, $2, $3, 0, 'bad_field', 'of zqdetail', '{\"phone\": \"zqreject\"}')"),
            &[&workspace, &number[0], &uuid::Uuid::from_u128(8)],
        )
    };
    assert_eq!(test.app.db.write(write).await.unwrap(), 1);
}

/// A member with his cookie and, for the routes of programs, a key that sees as much as he does.
struct Reader {
    role: Role,
    cookie: String,
    key: String,
}

impl Reader {
    async fn of(test: &TestApp, planted: &Planted, role: Role) -> Self {
        let workspace = planted.tenant.workspace;
        let email = format!("reader-{role}@example.com").parse().unwrap();
        let user = workspaces::add_member(&test.app, workspace, email, "Reader", role).await.unwrap();
        let session = workspaces::start_session(&test.app, workspace, user, role, "Test").await.unwrap();
        let cookie = format!("{}={}", workspaces::cookie_name(&test.app), session.token);
        let scopes: Vec<Scope> = match role.may(Permission::SeeContact) {
            true => Scope::ALL.into(),
            false => Scope::ALL.into_iter().filter(|scope| !scope.may(Permission::SeeContact)).collect(),
        };
        let actor = crm::kernel::Actor::system(workspace);
        let key = workspaces::create_api_key(&test.app, &actor, "Reader".to_owned(), scopes, None).await.unwrap();
        Self { role, cookie, key: key.secret }
    }

    async fn get(&self, test: &TestApp, path: &str) -> Answer {
        test.send(self.request(test, &Method::GET, path, None, "")).await
    }

    async fn post(&self, test: &TestApp, path: &str, json: &str) -> Answer {
        test.send(self.request(test, &Method::POST, path, None, json)).await
    }

    fn request(&self, test: &TestApp, method: &Method, path: &str, target: Option<&str>, json: &str) -> Request<Body> {
        let mut request = match path.starts_with("/api/") {
            true => Request::builder()
                .method(method)
                .uri(path)
                .header(header::AUTHORIZATION, format!("Bearer {}", self.key)),
            false => test.request(method.clone(), path, &self.cookie),
        };
        if *method != Method::GET {
            request = request
                .header(header::ORIGIN, test.app.settings.public_url.as_str())
                .header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(target) = target {
            request = request.header("hx-request", "true").header("hx-target", target);
        }
        request.body(Body::from(json.to_owned())).unwrap()
    }
}

fn found_in(answer: &Answer) -> BTreeSet<&'static str> {
    let headers = answer.headers.values().filter_map(|value| value.to_str().ok());
    let told: String = headers.chain([answer.body.as_str()]).collect::<Vec<_>>().join("\n").to_lowercase();
    CANARIES.iter().copied().filter(|canary| told.contains(canary)).collect()
}

on_both!(a_role_without_the_contact_permission_meets_nobody_in_any_answer, |db| async move {
    let test = TestApp::new(db);
    let planted = Planted::open(&test).await;
    let owner = Reader::of(&test, &planted, Role::Owner).await;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, answer) in planted.walk(&test, &owner).await {
        found_in(&answer).into_iter().for_each(|canary| *seen.entry(canary).or_default() += 1);
    }
    let missed: Vec<&&str> = CANARIES.iter().filter(|canary| !seen.contains_key(**canary)).collect();
    assert!(missed.is_empty(), "the owner meets all of them, or the walk would prove nothing: {missed:?}");
    for role in Role::ALL.into_iter().filter(|role| !role.may(Permission::SeeContact)) {
        let reader = Reader::of(&test, &planted, role).await;
        let mut pages_with_somebody = 0;
        for (path, answer) in planted.walk(&test, &reader).await {
            let found = found_in(&answer);
            assert!(found.is_empty(), "{role} meets {found:?} at {path}: {}", answer.body);
            pages_with_somebody += usize::from(answer.body.contains(&planted.tenant.ids["prf"]));
        }
        assert!(pages_with_somebody >= 20, "{role} still works with people: {pages_with_somebody} pages show them");
    }
});

on_both!(an_open_screen_is_told_that_something_changed_and_not_of_whom, |db| async move {
    let test = TestApp::new(db);
    let planted = Planted::open(&test).await;
    let viewer = Reader::of(&test, &planted, Role::Viewer).await;
    let mut request = viewer.request(&test, &Method::GET, "/events", None, "");
    request.extensions_mut().insert(ConnectInfo::<SocketAddr>("127.0.0.1:50000".parse().unwrap()));
    let mut body = test.router.clone().oneshot(request).await.unwrap().into_body();
    let again =
        json!([{"type": "identify", "messageId": "zqsent-l", "userId": "amelie-ana", "traits": {"note": "zqnote"}}]);
    send(&test, &planted.tenant, again).await;
    let (mut told, mut changes) = (String::new(), 0);
    while changes < 1 {
        let frame = tokio::time::timeout(Duration::from_secs(10), body.frame()).await.expect("within ten seconds");
        let piece = String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
        changes += usize::from(piece.starts_with("event: changed"));
        told.push_str(&piece);
    }
    assert!(!told.to_lowercase().contains("zq"), "{told}");
});

/// What is true of the planted person and what is true of nobody, alike in their form.
const GUESSES: &[(&str, &str, &str)] = &[
    ("email", "zqmail@example.com", "zxmail@example.com"),
    ("phone", "+33698765432", "+33698765433"),
    ("firstName", "Zqfirst", "Zxfirst"),
    ("lastName", "Zqlast", "Zxlast"),
    ("customer_number", "ZQCUST-1", "ZXCUST-1"),
    ("loyalty_card", "zqcard-1", "zxcard-1"),
    ("club_id", "zqclub-1", "zxclub-1"),
    ("address.street", "1 rue Zqstreet", "1 rue Zxstreet"),
    ("company", "Zqcompany", "Zxcompany"),
    ("note", "likes zqnote", "likes zxnote"),
];

/// A value of a query, as browsers write it.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What an answer says, whatever was asked for.
fn said(answer: &Answer, asked: &str) -> (StatusCode, String) {
    let spellings = [crm::desk::people::encoded(asked), encoded(asked), asked.to_owned()];
    let body = spellings.iter().fold(answer.body.clone(), |body, text| body.replace(text, "@"));
    (answer.status, body)
}

on_both!(nobody_is_found_by_name_address_or_number_by_who_may_not_see_them, |db| async move {
    let test = TestApp::new(db);
    let planted = Planted::open(&test).await;
    let owner = Reader::of(&test, &planted, Role::Owner).await;
    let readers = [Reader::of(&test, &planted, Role::Viewer).await, Reader::of(&test, &planted, Role::Analyst).await];
    let more = [("user_id", "zquser-7", "zxuser-7"), ("anonymous_id", "zqanon-1", "zxanon-1")];
    for (field, real, nobodys) in GUESSES.iter().chain(&more) {
        for place in ["/people?q=", "/palette?q="] {
            let ask = async |reader: &Reader, text: &str| {
                said(&reader.get(&test, &format!("{place}{}", encoded(text))).await, text)
            };
            for reader in &readers {
                assert_eq!(ask(reader, real).await, ask(reader, nobodys).await, "{}: {place}{real}", reader.role);
            }
            let is_searched = !["address.street", "company", "note"].contains(field);
            assert_eq!(ask(&owner, real).await != ask(&owner, nobodys).await, is_searched, "owner: {place}{real}");
        }
        let identifier = encoded(&format!("{field}:{real}"));
        for reader in &readers {
            let path = format!("/api/v1/profiles?identifier={identifier}");
            let answer = reader.get(&test, &path).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        }
    }
    // By what tells nothing of him he is found, under his number.
    for reader in &readers {
        let page = reader.get(&test, "/people?q=A-77").await.body;
        assert!(page.contains(&planted.tenant.ids["prf"]), "{}", reader.role);
        let usual = reader.get(&test, "/people").await.body;
        let by_name = reader.get(&test, "/people?sort=name").await.body;
        assert_eq!(order_of(&by_name), order_of(&usual), "{}: the order of names is not offered", reader.role);
        assert!(!usual.contains("sort=name"), "{}", reader.role);
    }
    let by_name = owner.get(&test, "/people?sort=name").await.body;
    let usual = owner.get(&test, "/people").await.body;
    assert_ne!(order_of(&by_name), order_of(&usual), "the owner sorts by name");
});

/// The ids of people in the order of the page.
fn order_of(page: &str) -> Vec<String> {
    let mut ids: Vec<String> = page.split("/people/prf_").skip(1).map(|part| part.chars().take(26).collect()).collect();
    ids.dedup();
    ids
}

/// Conditions by which somebody could be found out, letter by letter, about a value.
fn guesses(name: &str, value: &str) -> Vec<Value> {
    let beginning: String = value.chars().take(4).collect();
    vec![
        json!({"trait": name, "op": "eq", "value": value}),
        json!({"trait": name, "op": "ne", "value": value}),
        json!({"trait": name, "op": "in", "value": [value]}),
        json!({"trait": name, "op": "starts_with", "value": beginning}),
        json!({"trait": name, "op": "contains", "value": beginning}),
        json!({"all": [{"metric": "orders_count", "op": "gte", "value": 1}, {"not": {"trait": name, "op": "eq", "value": value}}]}),
        json!({"event": "Identified", "where": [{"property": "context.traits.email", "op": "eq", "value": value}]}),
        json!({"event": "Contact Form Sent", "where": [{"property": name, "op": "starts_with", "value": beginning}]}),
    ]
}

on_both!(no_condition_finds_out_who_somebody_is, |db| async move {
    let test = TestApp::new(db);
    let planted = Planted::open(&test).await;
    let owner = Reader::of(&test, &planted, Role::Owner).await;
    let readers = [Reader::of(&test, &planted, Role::Viewer).await, Reader::of(&test, &planted, Role::Analyst).await];
    for (name, real, nobodys) in GUESSES {
        for (guess, other) in guesses(name, real).into_iter().zip(guesses(name, nobodys)) {
            let draft = |condition: &Value| json!({ "condition": condition }).to_string();
            for path in ["/segments/preview", "/api/v1/segments/preview"] {
                for reader in &readers {
                    let first = reader.post(&test, path, &draft(&guess)).await;
                    let second = reader.post(&test, path, &draft(&other)).await;
                    assert!(first.status.is_client_error(), "{} {path} {guess}: {}", reader.role, first.body);
                    assert_eq!((first.status, &first.body), (second.status, &second.body), "{guess}");
                }
                let answer = owner.post(&test, path, &draft(&guess)).await;
                assert_eq!(answer.status, StatusCode::OK, "owner {path} {guess}: {}", answer.body);
            }
            for reader in &readers {
                let list = async |condition: &Value| {
                    let text = condition.to_string();
                    reader.get(&test, &format!("/people?condition={}", encoded(&text))).await
                };
                let (first, second) = (list(&guess).await, list(&other).await);
                let who = (order_of(&first.body), order_of(&second.body));
                assert_eq!(who, (Vec::new(), Vec::new()), "{} {guess}", reader.role);
                assert!(first.body.contains("may tell who somebody is"), "{} is told why: {guess}", reader.role);
            }
        }
    }
    check_that_no_such_segment_is_made(&test, &planted, &readers[1]).await;
});

/// An analyst makes segments of groups and behaviour, none of who people are, and cannot change one that is of that.
async fn check_that_no_such_segment_is_made(test: &TestApp, planted: &Planted, analyst: &Reader) {
    let count =
        async || test.get_json("/api/v1/segments", &planted.tenant.key).await.json()["data"].as_array().unwrap().len();
    let before = count().await;
    let guess = json!({"trait": "lastName", "op": "starts_with", "value": "Zq"});
    let form = async |path: &str, condition: &Value| {
        let fields = [("name", "Guess"), ("condition", &condition.to_string()), ("version", "1"), ("action", "")];
        test.post_form(path, &analyst.cookie, &fields).await.status
    };
    assert_eq!(form("/segments/new", &guess).await, StatusCode::UNPROCESSABLE_ENTITY);
    let edit = format!("/segments/{}/edit", planted.named);
    assert_eq!(form(&edit, &json!({"all": []})).await, StatusCode::FORBIDDEN);
    let draft = json!({"name": "Guess", "condition": guess});
    let made = analyst.post(test, "/api/v1/segments", &draft.to_string()).await;
    assert_eq!((made.status, &made.json()["code"]), (StatusCode::FORBIDDEN, &json!("contact_hidden")));
    let shown = analyst.get(test, &format!("/api/v1/segments/{}", planted.named)).await;
    let back = json!({"condition": shown.json()["condition"]}).to_string();
    let path = format!("/api/v1/segments/{}", planted.named);
    let sent_back = test.send(analyst.request(test, &Method::PATCH, &path, None, &back)).await;
    assert_eq!(sent_back.status, StatusCode::FORBIDDEN, "a masked condition cannot be sent back: {}", sent_back.body);
    assert_eq!(count().await, before);
    let behaviour = json!({"all": [
        {"trait": "country", "op": "eq", "value": "FR"}, {"trait": "email", "op": "exists"},
        {"metric": "revenue", "op": "gte", "value": 10},
        {"event": "Product Reviewed", "where": [{"property": "name", "op": "eq", "value": "Oak lamp"}], "within": "30d"}]});
    assert_eq!(form("/segments/new", &behaviour).await, StatusCode::SEE_OTHER);
    assert_eq!(count().await, before + 1);
}

on_both!(the_builder_offers_no_field_that_tells_who_somebody_is, |db| async move {
    let test = TestApp::new(db);
    let planted = Planted::open(&test).await;
    let (owner, analyst) =
        (Reader::of(&test, &planted, Role::Owner).await, Reader::of(&test, &planted, Role::Analyst).await);
    let names = async |reader: &Reader, path: &str, list: &str| {
        let offered = reader.get(&test, path).await.json();
        let names = offered[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<BTreeSet<String>>()
    };
    let traits = names(&analyst, "/segments/suggest", "traits").await;
    assert_eq!(traits, ["address.city", "city", "country", "newsletter"].map(str::to_owned).into());
    let all = names(&owner, "/segments/suggest", "traits").await;
    assert!(all.is_superset(&traits) && all.contains("email") && all.contains("note"), "{all:?}");
    let form = "/segments/suggest?event=Contact+Form+Sent";
    assert_eq!(names(&analyst, form, "properties").await, BTreeSet::new());
    assert!(names(&owner, form, "properties").await.contains("message"));
    let review = "/segments/suggest?event=Product+Reviewed";
    assert_eq!(names(&analyst, review, "properties").await, ["name", "product_id", "rating"].map(str::to_owned).into());
});
