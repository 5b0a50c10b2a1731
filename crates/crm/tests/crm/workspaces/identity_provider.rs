//! An identity provider of the tests' own: it does what OpenID Connect asks, and misbehaves as it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use crm::workspaces::{Provider, ProviderSettings};
use outgoing::{Client, Limits, Origin, Trust};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use testkit::app::START;

pub const CLIENT: &str = "entente-of-the-tests";
pub const SECRET: &str = "between us two";

/// How an address answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Well,
    Redirects,
    Floods,
    Hangs,
    Fails,
}

/// Who signs in there, and what the provider gets wrong.
#[derive(Clone)]
pub struct Conduct {
    pub claims: Map<String, Value>,
    /// Claims in place of the right ones; `null` leaves one out.
    pub lies: Map<String, Value>,
    pub algorithm: &'static str,
    /// The seed of the key that signs, and of the one that is published.
    pub signs_with: u8,
    pub publishes: u8,
    pub user_info: Value,
    pub metadata: Map<String, Value>,
    /// The `iss` of the answer to the browser.
    pub sender: Option<String>,
    pub discovery: Manner,
    pub tokens: Manner,
}

#[derive(Default)]
struct Seen {
    /// Code to nonce and challenge.
    codes: HashMap<String, (String, String)>,
    token_requests: usize,
    discoveries: usize,
}

/// A provider on this machine; it ends with the test's runtime.
#[derive(Clone)]
pub struct IdentityProvider {
    pub url: String,
    conduct: Arc<Mutex<Conduct>>,
    seen: Arc<Mutex<Seen>>,
}

/// A value as a JSON object.
pub fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("no object: {value}") };
    map
}

impl IdentityProvider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let conduct = Conduct {
            claims: object(json!({"sub": "ana-1", "email": "ana@example.com", "email_verified": true})),
            lies: Map::new(),
            algorithm: "EdDSA",
            signs_with: 1,
            publishes: 1,
            user_info: Value::Null,
            metadata: Map::new(),
            sender: Some(url.clone()),
            discovery: Manner::Well,
            tokens: Manner::Well,
        };
        let provider = Self { url, conduct: Arc::new(Mutex::new(conduct)), seen: Arc::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(tokens))
            .route("/userinfo", get(user_info))
            .route("/elsewhere", get(elsewhere).post(elsewhere))
            .with_state(provider.clone());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(std::future::IntoFuture::into_future(axum::serve(listener, service)));
        provider
    }

    /// The product's side of it, with short patience.
    pub fn provider(&self) -> Provider {
        self.provider_that(|_| {})
    }

    pub fn provider_that(&self, change: impl FnOnce(&mut ProviderSettings)) -> Provider {
        let mut settings = ProviderSettings {
            issuer: self.url.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.to_owned()),
            name: "Example".to_owned(),
            trusts_second_factor: false,
        };
        change(&mut settings);
        let limits = Limits { within: Duration::from_millis(500), ..Limits::default() };
        let home = Origin::parse(&settings.issuer).unwrap();
        Provider::new(settings, Client::new(home, Trust::of_this_system().unwrap(), limits))
    }

    pub fn conduct(&self) -> MutexGuard<'_, Conduct> {
        self.conduct.lock().unwrap()
    }

    /// Who signs in there from now on.
    pub fn is_visited_by(&self, claims: Value) {
        self.conduct().claims = object(claims);
    }

    pub fn token_requests(&self) -> usize {
        self.seen.lock().unwrap().token_requests
    }

    pub fn discoveries(&self) -> usize {
        self.seen.lock().unwrap().discoveries
    }

    /// What the provider's own page does when somebody has signed in: the query of the way back.
    pub fn answer_to(&self, address: &str) -> Vec<(String, String)> {
        let asked = query(address);
        assert_eq!(address.split('?').next(), Some(format!("{}/authorize", self.url).as_str()));
        for (name, expected) in [("response_type", "code"), ("client_id", CLIENT), ("code_challenge_method", "S256")] {
            assert_eq!(asked.get(name).map(String::as_str), Some(expected), "{address}");
        }
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{address}");
        assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43, "{address}");
        let mut seen = self.seen.lock().unwrap();
        let code = format!("code-{}", seen.codes.len() + 1);
        seen.codes.insert(code.clone(), (asked["nonce"].clone(), asked["code_challenge"].clone()));
        let mut answer = vec![("code".to_owned(), code), ("state".to_owned(), asked["state"].clone())];
        answer.extend(self.conduct().sender.clone().map(|sender| ("iss".to_owned(), sender)));
        answer
    }

    fn id_token(&self, nonce: &str, access_token: &str) -> String {
        let conduct = self.conduct().clone();
        let now_s = START.as_millis() / 1000;
        let hash = &Sha512::digest(access_token)[..32];
        let mut claims = object(json!({
            "iss": self.url, "aud": CLIENT, "iat": now_s, "exp": now_s + 300, "nonce": nonce,
            "at_hash": URL_SAFE_NO_PAD.encode(hash),
        }));
        claims.extend(conduct.claims);
        for (name, value) in conduct.lies {
            if value.is_null() {
                claims.remove(&name)
            } else {
                claims.insert(name, value)
            };
        }
        let head = json!({"alg": conduct.algorithm, "kid": format!("key-{}", conduct.signs_with), "typ": "JWT"});
        let encoded = |value: &str| URL_SAFE_NO_PAD.encode(value);
        let text = format!("{}.{}", encoded(&head.to_string()), encoded(&Value::Object(claims).to_string()));
        let signature = match conduct.algorithm {
            "none" => Vec::new(),
            "HS256" => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            _ => key(conduct.signs_with).sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// The query of an address.
pub fn query(address: &str) -> HashMap<String, String> {
    let pairs = address.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(pairs.as_bytes()).into_owned().collect()
}

/// The answer of an address that misbehaves.
async fn misbehave(manner: Manner) -> Option<Response> {
    match manner {
        Manner::Well => None,
        Manner::Redirects => Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response()),
        Manner::Floods => Some("x".repeat(2_000_000).into_response()),
        Manner::Fails => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Manner::Hangs => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            None
        }
    }
}

async fn elsewhere() -> &'static str {
    panic!("a redirect was followed");
}

async fn discovery(State(provider): State<IdentityProvider>) -> Response {
    provider.seen.lock().unwrap().discoveries += 1;
    let conduct = provider.conduct().clone();
    if let Some(bad) = misbehave(conduct.discovery).await {
        return bad;
    }
    let url = &provider.url;
    let mut metadata = object(json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"), "userinfo_endpoint": format!("{url}/userinfo"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "none", "HS256"],
        "authorization_response_iss_parameter_supported": true,
    }));
    metadata.extend(conduct.metadata);
    Json(Value::Object(metadata)).into_response()
}

async fn keys(State(provider): State<IdentityProvider>) -> Json<Value> {
    let seed = provider.conduct().publishes;
    let public = URL_SAFE_NO_PAD.encode(key(seed).public_key().as_ref());
    let id = format!("key-{seed}");
    Json(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id, "x": public}]}))
}

/// Checks what a provider must: who asks, and that he knows what the challenge was made of.
async fn tokens(
    State(provider): State<IdentityProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    provider.seen.lock().unwrap().token_requests += 1;
    let manner = provider.conduct().tokens;
    if let Some(bad) = misbehave(manner).await {
        return bad;
    }
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+"))));
    if headers.get(header::AUTHORIZATION).is_none_or(|sent| sent.as_bytes() != basic.as_bytes()) {
        return refused("invalid_client");
    }
    let known = provider.seen.lock().unwrap().codes.remove(&form["code"]);
    let Some((nonce, challenge)) = known else { return refused("invalid_grant") };
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(form.get("code_verifier").map_or("", String::as_str)));
    if made != challenge || !form["redirect_uri"].ends_with("/sign-in/sso/return") {
        return refused("invalid_grant");
    }
    let id_token = provider.id_token(&nonce, "access-1");
    Json(json!({"access_token": "access-1", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
        .into_response()
}

async fn user_info(State(provider): State<IdentityProvider>, headers: HeaderMap) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access-1");
    Json(provider.conduct().user_info.clone()).into_response()
}
