//! Every cookie that any answer sets, read as a browser reads it (RFC 6265).

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use crm::workspaces;
use testkit::app::TestApp;
use testkit::on_both;
use tower::ServiceExt as _;

use super::tenant::{Tenant, kind_of, own_request, parameters};

const PASSWORD: &str = "brass lantern over the harbour";

/// A `Set-Cookie` line, taken apart.
#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    attributes: Vec<(String, String)>,
}

impl Cookie {
    fn parse(line: &str) -> Self {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        let attributes = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
        let attributes = attributes.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { name: name.to_owned(), value: value.to_owned(), attributes }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What S10 asks of every cookie on a public address.
    fn check(&self, what: &str) {
        assert!(self.attribute("httponly").is_some(), "{what}: {self:?}");
        assert!(self.attribute("secure").is_some(), "{what}: {self:?}");
        assert_eq!(self.attribute("samesite"), Some("Lax"), "{what}: {self:?}");
        assert_eq!(self.attribute("path"), Some("/"), "{what}: {self:?}");
        assert_eq!(self.attribute("domain"), None, "{what}: {self:?}");
        let seconds: i64 = self.attribute("max-age").expect("an end").parse().unwrap();
        let is_choice = ["entente-language", "entente-theme"].contains(&self.name.as_str());
        assert!(is_choice || self.name.starts_with("__Host-"), "{what}: {self:?}");
        assert!((0..=if is_choice { 31_536_000 } else { 604_800 }).contains(&seconds), "{what}: {self:?}");
        if is_choice {
            assert!(["fr", "en", "light", "dark", "auto", "system"].contains(&self.value.as_str()), "{what}: {self:?}");
        } else if !self.value.is_empty() {
            assert!(self.value.len() >= 43, "{what}: 256 bits in base64 are 43 letters: {self:?}");
            assert!(uuid::Uuid::parse_str(&self.value).is_err(), "{what}: {self:?}");
        }
    }
}

on_both!(every_cookie_of_every_answer_is_for_this_host_alone_and_unseen_by_scripts, |db| async move {
    let test = TestApp::at(db, "https://crm.example.com");
    let own = Tenant::open(&test, "amelie").await;
    let mut seen = Vec::new();
    for route in crm::web::route_table().routes {
        let path = parameters(route.path).fold(route.path.to_owned(), |path, parameter| {
            let value = match kind_of(route.path, parameter) {
                "token" | "call" => "track",
                kind => own.ids[kind].as_str(),
            };
            path.replace(&format!("{{{parameter}}}"), value)
        });
        let form = "language=fr&theme=dark&email=a%40b.example&password=a+wrong+password+1&next=%2F";
        let form = if path.starts_with("/api/") || path == "/sign-out" { "" } else { form };
        for cookie in ["", own.cookie.as_str(), "__Host-entente=forged; __Host-entente-step=forged"] {
            let mut request = own_request(&test, &route.method, &path, &own, form);
            let headers = request.headers_mut();
            headers.remove(header::COOKIE);
            if !cookie.is_empty() && path != "/sign-out" {
                headers.insert(header::COOKIE, cookie.parse().unwrap());
            }
            let answer = test.router.clone().oneshot(request).await.unwrap();
            for line in answer.headers().get_all(header::SET_COOKIE) {
                let cookie = Cookie::parse(line.to_str().unwrap());
                cookie.check(&format!("{} {path}", route.method));
                seen.push(cookie.name);
            }
        }
    }
    for line in cookies_of_a_sign_in(&test).await {
        let cookie = Cookie::parse(&line);
        cookie.check("a sign-in");
        seen.push(cookie.name);
    }
    for name in ["__Host-entente", "entente-language", "entente-theme"] {
        assert!(seen.iter().any(|one| one == name), "{name} was never set: {seen:?}");
    }
});

/// An owner on a network of his own signs in; a public address asks him for a second factor then.
async fn cookies_of_a_sign_in(test: &TestApp) -> Vec<String> {
    let email = "root@crm.example".parse().unwrap();
    workspaces::create_owner(&test.app, email, PASSWORD.to_owned(), crm::kernel::Language::English).await.unwrap();
    let body = testkit::app::form_body(&[("email", "root@crm.example"), ("password", PASSWORD)]);
    let request =
        Request::builder().method(Method::POST).uri("/sign-in").header(header::ORIGIN, "https://crm.example.com");
    let mut request =
        request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body)).unwrap();
    let peer: std::net::SocketAddr = "198.51.100.9:40000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = test.send(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}
