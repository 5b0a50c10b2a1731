//! A shop that tests talk to as its programs and its owner do.

use axum::http::{Method, StatusCode};
use crm::demo;
use crm::doctor::{Finding, Sample, examine};
use crm::kernel::{Role, Scope};
use crm::segments::{self, DefinedAt};
use crm::stream::{backfill, ticker};
use db::Db;
use engine::condition::Condition;
use serde::Serialize;
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp};
use words::{SegmentId, WorkspaceId};

/// A shop whose programs may do everything, and an owner who is signed in.
pub struct Shop {
    pub test: TestApp,
    pub workspace: WorkspaceId,
    pub key: String,
    pub cookie: String,
}

impl Shop {
    pub async fn open(db: Db) -> Self {
        let test = TestApp::new(db);
        let workspace = test.workspace().await;
        let key = test.api_key(&Scope::ALL).await;
        let cookie = test.sign_in_as(Role::Owner).await;
        Self { test, workspace, key, cookie }
    }

    /// A shop in which that many people went about for that many days; the seed tells who did what.
    pub async fn with_history(db: Db, seed: u64, people: usize, days: u32) -> Self {
        let shop = Self::open(db).await;
        let history: Vec<Value> =
            demo::Shop::new(seed, people).history(shop.test.now(), days).map(|event| event.body).collect();
        for batch in history.chunks(200) {
            shop.send(batch).await;
        }
        shop
    }

    pub async fn send(&self, calls: impl Serialize) {
        let answer = self.test.send_json(Method::POST, "/v1/batch", &self.key, &json!({ "batch": calls })).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"success": true})));
    }

    pub async fn api(&self, path: &str) -> Value {
        let answer = self.test.get_json(path, &self.key).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.test.send_json(Method::POST, path, &self.key, body).await
    }

    /// The id of the only person with this identifier.
    pub async fn person(&self, identifier: &str) -> String {
        let found = self.api(&format!("/api/v1/profiles?identifier={identifier}")).await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{identifier}");
        found["data"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Defines a segment, which [`Shop::build`] fills.
    pub async fn define(&self, name: &str, condition: &Value) -> SegmentId {
        let (name, condition) = (name.to_owned(), Condition::parse(condition).unwrap());
        let (workspace, at) = (self.workspace, DefinedAt { now: self.test.now(), id_bytes: self.test.app.id_bytes() });
        let define = move |tx: &mut db::Tx<'_>| segments::create_segment(tx, workspace, &name, condition, at);
        self.test.app.db.write(define).await.unwrap().id
    }

    /// The backfill, to its end.
    pub async fn build(&self) {
        while backfill::step(&self.test.app, self.workspace).await.unwrap() {}
    }

    /// Whatever is due by now happens.
    pub async fn tick(&self) {
        while ticker::wake_due(&self.test.app, self.workspace).await.unwrap().0 > 0 {}
    }

    /// What the doctor finds wrong.
    pub async fn findings(&self) -> Vec<Finding> {
        examine(&self.test.app, self.workspace, Sample::Everybody).await.unwrap().findings
    }
}
