//! A shop with one of everything that has an id, and all rows of the database as text.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use crm::kernel::{Actor, Language, Role, Scope};
use crm::workspaces::{self, ShopSettings};
use db::{DbError, Value as Stored, sql};
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use words::{ApiKeyId, ConflictId, SourceId, WorkspaceId};

/// One shop of an installation.
pub struct Tenant {
    pub workspace: WorkspaceId,
    /// The owner's session.
    pub cookie: String,
    /// An API key with every scope.
    pub key: String,
    /// The ingest key of its site.
    pub ingest_key: String,
    /// One id of each kind, by its three letters; `session`, `invitation` and `passkey` are bare UUIDs, `seq` a place in the log.
    pub ids: BTreeMap<&'static str, String>,
}

impl Tenant {
    /// A shop whose people, members and addresses bear its name.
    pub async fn open(test: &TestApp, name: &str) -> Self {
        let settings = ShopSettings { name: name.to_owned(), ..ShopSettings::of_a_new_installation(Language::English) };
        let workspace = workspaces::create_workspace(&test.app, settings).await.unwrap();
        crm::desk::provision(&test.app, workspace).await.unwrap();
        let actor = Actor::system(workspace);
        let key = workspaces::create_api_key(&test.app, &actor, "All".to_owned(), Scope::ALL.to_vec(), None).await;
        let email = format!("owner@{name}.example").parse().unwrap();
        let owner = workspaces::add_member(&test.app, workspace, email, "Owner", Role::Owner).await.unwrap();
        let cookie = session(test, workspace, owner, Role::Owner).await;
        let mut tenant =
            Self { workspace, cookie, key: key.unwrap().secret, ingest_key: String::new(), ids: BTreeMap::new() };
        tenant.fill(test, name).await;
        tenant.add_passkey(test, owner).await;
        tenant
    }

    /// A passkey of the owner, as far as others could touch it: no authenticator holds its key.
    async fn add_passkey(&mut self, test: &TestApp, owner: words::UserId) {
        let id = uuid::Uuid::from_bytes(owner.as_uuid().into_bytes().map(|byte| byte ^ 1));
        let insert = move |tx: &mut db::Tx<'_>| {
            let credential_id = owner.as_uuid().as_bytes().to_vec();
            tx.execute(
                sql("INSERT INTO passkeys (user_id, id, credential_id, party, credential, name, created_at, last_used_at)
                     VALUES ($1, $2, $3, 'localhost', '{}', 'Phone', 0, NULL)"),
                &[&owner, &id, &credential_id],
            )
        };
        assert_eq!(test.app.db.write(insert).await.unwrap(), 1);
        self.ids.insert("passkey", id.to_string());
    }

    async fn fill(&mut self, test: &TestApp, name: &str) {
        let person = |who: &str, email: &str| {
            json!({"type": "identify", "messageId": format!("{name}-{who}"), "userId": format!("{name}-{who}"),
                   "anonymousId": format!("{name}-{who}-phone"), "traits": {"email": email, "firstName": name}})
        };
        let shared = format!("shared@{name}.example");
        let calls = json!([
            person("ana", &format!("ana@{name}.example")),
            person("luc", &format!("luc@{name}.example")),
            person("one", &shared),
            person("two", &shared),
            person("gone", &format!("gone@{name}.example")),
            {"type": "track", "event": "Order Completed", "messageId": format!("{name}-order"), "userId": format!("{name}-ana"),
             "properties": {"order_id": format!("{name}-1"), "total": 40, "currency": "EUR"}},
        ]);
        let sent = test.send_json(Method::POST, "/v1/batch", &self.key, &json!({ "batch": calls })).await;
        assert_eq!((sent.status, sent.json()), (StatusCode::OK, json!({"success": true})));
        let (ana, luc) = (self.person(test, name, "ana").await, self.person(test, name, "luc").await);
        let other = self.person(test, name, "one").await;
        let merged = self.post(test, &format!("/api/v1/profiles/{luc}/merge"), &json!({ "into": ana })).await;
        let draft =
            json!({"name": format!("Of {name}"), "condition": {"trait": "firstName", "op": "eq", "value": name}});
        let segment = self.post(test, "/api/v1/segments", &draft).await;
        let gone = self.person(test, name, "gone").await;
        let path = format!("/api/v1/profiles/{gone}");
        let erased = test.send_json(Method::DELETE, &path, &self.key, &Value::Null).await;
        assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
        self.ids.insert("ers", erased.json()["id"].as_str().unwrap().to_owned());
        let timeline = test.get_json(&format!("/api/v1/profiles/{ana}/timeline"), &self.key).await.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.ids.insert("seq", timeline["data"][0]["seq"].to_string());
        self.ids.insert("prf", ana);
        self.ids.insert("other", other);
        self.ids.insert("mrg", text(&merged.json()["merge"]));
        self.ids.insert("seg", text(&segment.json()["id"]));
        self.ids.insert("wsp", self.workspace.to_string());
        self.add_members(test, name).await;
        self.find_the_rest(test).await;
    }

    /// A member with a session, and somebody who was invited.
    async fn add_members(&mut self, test: &TestApp, name: &str) {
        let email = format!("member@{name}.example").parse().unwrap();
        let member = workspaces::add_member(&test.app, self.workspace, email, "Member", Role::Viewer).await.unwrap();
        session(test, self.workspace, member, Role::Viewer).await;
        self.ids.insert("usr", member.to_string());
        let email = format!("guest@{name}.example");
        let invited = test.post_form("/members/invite", &self.cookie, &[("email", &email), ("role", "viewer")]).await;
        assert_eq!(invited.status, StatusCode::OK, "{}", invited.body);
    }

    /// What no answer names is read from its table.
    async fn find_the_rest(&mut self, test: &TestApp) {
        let own = |row: &Row, column: &str| row[column] == Stored::Bytes(self.workspace.as_uuid().as_bytes().to_vec());
        let tables = tables(test).await;
        let first = |table: &str, sort: &dyn Fn(&Row) -> bool| {
            let row = tables[table].iter().find(|row| own(row, "workspace_id") && sort(row));
            row.unwrap_or_else(|| panic!("no row of the shop in {table}")).clone()
        };
        let site = first("sources", &|row| row["kind"] == Stored::Text("site".to_owned()));
        let Stored::Text(ingest_key) = &site["ingest_key"] else { panic!("an ingest key is text") };
        self.ingest_key.clone_from(ingest_key);
        self.ids.insert("src", SourceId::from_uuid(uuid_of(&site["id"])).to_string());
        self.ids.insert("key", ApiKeyId::from_uuid(uuid_of(&first("api_keys", &|_| true)["id"])).to_string());
        let conflict = first("identity_conflicts", &|_| true);
        self.ids.insert("cfl", ConflictId::from_uuid(uuid_of(&conflict["id"])).to_string());
        let invitation = first("one_time_tokens", &|row| row["purpose"] == Stored::Text("join".to_owned()));
        self.ids.insert("invitation", uuid_of(&invitation["id"]).to_string());
        self.ids.insert("session", uuid_of(&first("sessions", &|_| true)["id"]).to_string());
    }

    async fn person(&self, test: &TestApp, name: &str, who: &str) -> String {
        let path = format!("/api/v1/profiles?identifier=user_id:{name}-{who}");
        test.get_json(&path, &self.key).await.json()["data"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn post(&self, test: &TestApp, path: &str, body: &Value) -> Answer {
        let answer = test.send_json(Method::POST, path, &self.key, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer
    }
}

async fn session(test: &TestApp, workspace: WorkspaceId, user: words::UserId, role: Role) -> String {
    let session = workspaces::start_session(&test.app, workspace, user, role, "Test").await.unwrap();
    format!("{}={}", workspaces::cookie_name(&test.app), session.token)
}

/// A row by its columns.
pub type Row = BTreeMap<String, Stored>;

/// Every row of every table.
pub async fn tables(test: &TestApp) -> BTreeMap<String, Vec<Row>> {
    let read = test.app.db.read(|tx| {
        let mut all = BTreeMap::new();
        for table in tx.tables()? {
            let columns: Vec<String> = table.columns().into_iter().map(str::to_owned).collect();
            let mut rows: Vec<Row> = Vec::new();
            tx.each_row_of(&table, &mut |row| {
                rows.push(columns.iter().cloned().zip(row).collect());
                ControlFlow::Continue(())
            })?;
            all.insert(table.name().to_owned(), rows);
        }
        Ok::<_, DbError>(all)
    });
    read.await.unwrap()
}

/// Every row as text, in an order of its own: two of these are equal when nothing changed. Of the columns that tell
/// only that somebody was here, nothing is shown.
pub async fn contents(test: &TestApp, untold: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let told = |table: &str, mut row: Row| {
        row.retain(|column, _| !untold.contains(&(table, column.as_str())));
        format!("{row:?}")
    };
    let mut contents = BTreeMap::new();
    for (table, rows) in tables(test).await {
        let mut lines: Vec<String> = rows.into_iter().map(|row| told(&table, row)).collect();
        lines.sort();
        if !untold.contains(&(table.as_str(), "")) {
            contents.insert(table, lines);
        }
    }
    contents
}

pub fn uuid_of(value: &Stored) -> uuid::Uuid {
    match value {
        Stored::Bytes(bytes) => uuid::Uuid::from_slice(bytes).unwrap(),
        other => panic!("{other:?} is no UUID"),
    }
}

/// The three letters of what a parameter of a route stands for; `token` is a secret and no id.
pub fn kind_of(path: &str, parameter: &str) -> &'static str {
    match (path.split('/').find(|part| !["", "api", "v1"].contains(part)).unwrap(), parameter) {
        (_, "token") => "token",
        (_, "call") => "call",
        (_, "seq") => "seq",
        (_, "session") => "session",
        (_, "invitation") => "invitation",
        (_, "passkey") => "passkey",
        ("people" | "profiles", "id") => "prf",
        ("people", "merge") => "mrg",
        ("people", "conflict") => "cfl",
        ("privacy" | "erasures", "id") => "ers",
        ("segments", "id") => "seg",
        ("sources", "id") => "src",
        ("members", "user") => "usr",
        ("settings", "key") => "key",
        ("account", "workspace") => "wsp",
        _ => panic!("{path} has the parameter {{{parameter}}}: say here what it stands for"),
    }
}

/// The parameters of a route's path.
pub fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// A request of a page of ours, or of a program for the routes of programs.
pub fn own_request(test: &TestApp, method: &Method, path: &str, tenant: &Tenant, body: &str) -> Request<Body> {
    if path.starts_with("/api/") {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", tenant.key));
        let body = if body.is_empty() && method != Method::GET { "{}" } else { body };
        return request.body(Body::from(body.to_owned())).unwrap();
    }
    let mut request = test.request(method.clone(), path, &tenant.cookie);
    if *method != Method::GET {
        let origin = test.app.settings.public_url.as_str();
        request =
            request.header(header::ORIGIN, origin).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    request.body(Body::from(body.to_owned())).unwrap()
}
