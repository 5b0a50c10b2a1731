//! Port 80 beside TLS: leads to the public address, and answers the challenges of an ACME authority.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Redirect;
use axum::routing::get;

/// What an authority asks for now: the answer by token.
#[derive(Clone, Default)]
pub struct Challenges(Arc<Mutex<HashMap<String, String>>>);

impl Challenges {
    pub fn put(&self, token: String, answer: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token, answer);
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn get(&self, token: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }
}

/// `public_url` and never the request's `Host`, which is the sender's to choose.
pub fn router(public_url: String, challenges: Challenges) -> Router {
    let lead = move |uri: Uri| {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let to = Redirect::permanent(&format!("{public_url}{path}"));
        async move { to }
    };
    Router::new()
        .route("/.well-known/acme-challenge/{token}", get(answer_challenge))
        .with_state(challenges)
        .fallback(lead)
}

async fn answer_challenge(
    State(challenges): State<Challenges>,
    Path(token): Path<String>,
) -> Result<String, StatusCode> {
    challenges.get(&token).ok_or(StatusCode::NOT_FOUND)
}
