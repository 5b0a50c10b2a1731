//! A shop that tests talk to as its programs and its owner do.

use axum::http::{Method, StatusCode};
use crm::kernel::{Role, Scope};
use db::Db;
use serde_json::{Value, json};
use testkit::app::TestApp;

/// A shop whose programs may do everything, and an owner who is signed in.
pub struct Shop {
    pub test: TestApp,
    pub key: String,
    pub cookie: String,
}

impl Shop {
    pub async fn open(db: Db) -> Self {
        let test = TestApp::new(db);
        let key = test.api_key(&Scope::ALL).await;
        let cookie = test.sign_in_as(Role::Owner).await;
        Self { test, key, cookie }
    }

    pub async fn send(&self, calls: Value) {
        let answer = self.test.send_json(Method::POST, "/v1/batch", &self.key, &json!({ "batch": calls })).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"success": true})));
    }

    pub async fn api(&self, path: &str) -> Value {
        let answer = self.test.get_json(path, &self.key).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    /// The id of the only person with this identifier.
    pub async fn person(&self, identifier: &str) -> String {
        let found = self.api(&format!("/api/v1/profiles?identifier={identifier}")).await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{identifier}");
        found["data"][0]["id"].as_str().unwrap().to_owned()
    }
}
