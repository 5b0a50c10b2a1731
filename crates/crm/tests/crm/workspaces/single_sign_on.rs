//! Signing in with an identity provider: who gets in and who does not, against one that also lies, floods and hangs.

use axum::http::{Method, StatusCode};
use crm::kernel::{Actor, Role};
use crm::workspaces::{self, AuditFilter};
use db::{Db, DbError, sql};
use serde_json::{Value, json};
use testkit::app::{Answer, TestApp, form_body};
use testkit::on_both;
use words::Span;

use super::identity_provider::{IdentityProvider, Manner, object, query};
use super::second_factor::enrol;
use super::{PASSWORD, is_signed_in, set_up, sign_in};

const BEGIN: &str = "/sign-in/sso";
const AT: &str = "http://127.0.0.1:8080";

/// An installation with its owner, `ana@example.com`, and a provider that knows her.
async fn open(db: Db) -> (TestApp, IdentityProvider) {
    let idp = IdentityProvider::start().await;
    let test = TestApp::with_provider(db, AT, idp.provider());
    set_up(&test).await;
    (test, idp)
}

/// A browser that pressed the button.
struct Visitor {
    cookie: String,
    /// Where it was sent.
    address: String,
}

async fn leave(test: &TestApp) -> Visitor {
    let answer = test.get(&format!("{BEGIN}?next=/members"), "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    Visitor { cookie: answer.cookie(), address: answer.header("location").to_owned() }
}

fn way_back(fields: &[(String, String)]) -> String {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    format!("/sign-in/sso/return?{}", form_body(&fields))
}

/// Presses the button, signs in at the provider, and comes back.
async fn go_through(test: &TestApp, idp: &IdentityProvider) -> Answer {
    let visitor = leave(test).await;
    test.get(&way_back(&idp.answer_to(&visitor.address)), &visitor.cookie).await
}

/// The cookies of an answer, to send back: not those that are taken away.
fn cookies(answer: &Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let pairs = lines.filter_map(|line| line.split(';').next()).filter(|pair| !pair.ends_with('='));
    pairs.collect::<Vec<_>>().join("; ")
}

fn check_refused(answer: &Answer, code: &str, what: &str) {
    assert_eq!(answer.header("location"), format!("/sign-in?problem=sso-{code}"), "{what}");
    assert_eq!(cookies(answer), "", "{what}: a refusal lets nobody in");
}

async fn trail(test: &TestApp, action: &str) -> Vec<(String, String)> {
    let workspace = test.workspace().await;
    let filter = AuditFilter { action: action.to_owned(), ..AuditFilter::default() };
    let lines = workspaces::list_audit(&test.app, workspace, filter, i64::MAX, 100).await.unwrap();
    lines.into_iter().map(|line| (line.subject, line.detail)).collect()
}

async fn users(test: &TestApp) -> i64 {
    let count = test.app.db.read(|tx| tx.query_one(sql("SELECT COUNT(*) FROM users"), &[], |row| row.get(0))).await;
    count.unwrap()
}

// Who gets in ---------------------------------------------------------------------------------------

on_both!(a_verified_address_links_a_member_once_and_from_then_on_the_subject_counts, |db| async move {
    let (test, idp) = open(db).await;
    let page = test.get("/sign-in?next=/members", "").await;
    assert!(page.body.contains("href=\"/sign-in/sso?next=/members\"") && page.body.contains("Sign in with Example"));
    let entered = go_through(&test, &idp).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/members"));
    assert!(is_signed_in(&test, &cookies(&entered)).await);
    let linked = trail(&test, "sso_linked").await;
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0].1, idp.url);

    idp.is_visited_by(json!({"sub": "ana-1", "email": "changed@example.com", "email_verified": false}));
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await, "her address there has changed");
    assert_eq!(trail(&test, "sso_linked").await.len(), 1);

    idp.is_visited_by(json!({"sub": "ana-2", "email": "ana@example.com", "email_verified": true}));
    check_refused(&go_through(&test, &idp).await, "other-person", "somebody who got her address later");
    assert_eq!(users(&test).await, 1);
});

on_both!(the_address_may_stand_behind_the_user_info_endpoint, |db| async move {
    let (test, idp) = open(db).await;
    idp.is_visited_by(json!({"sub": "ana-1"}));
    idp.conduct().user_info = json!({"sub": "somebody else", "email": "ana@example.com", "email_verified": true});
    check_refused(&go_through(&test, &idp).await, "unverified", "an address of another subject");
    idp.conduct().user_info = json!({"sub": "ana-1", "email": "ana@example.com", "email_verified": true});
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);
});

on_both!(an_invited_person_joins_with_what_the_invitation_says, |db| async move {
    let (test, idp) = open(db).await;
    let actor = Actor::system(test.workspace().await);
    let url = workspaces::invite(&test.app, &actor, "bob@example.com".parse().unwrap(), Role::Analyst).await.unwrap();
    let bob = json!({"sub": "bob", "email": "Bob@Example.com", "email_verified": true, "name": " Bob  Morane "});
    idp.is_visited_by(bob);
    let entered = go_through(&test, &idp).await;
    assert!(is_signed_in(&test, &cookies(&entered)).await);
    let members = workspaces::list_members(&test.app, &actor).await.unwrap();
    let member = members.iter().find(|member| member.email.as_str() == "bob@example.com").unwrap();
    assert_eq!((member.name.as_str(), member.role), ("Bob Morane", Role::Analyst));
    let path = url.strip_prefix(AT).unwrap();
    assert_eq!(test.get(path, "").await.status, StatusCode::NOT_FOUND, "the invitation is used up");
    assert_eq!(trail(&test, "member_joined").await.len(), 1);
    let by_password = test.post_form("/sign-in", "", &[("email", "bob@example.com"), ("password", "")]).await;
    assert_eq!(by_password.status, StatusCode::UNPROCESSABLE_ENTITY, "he has no password");
});

on_both!(strangers_and_unverified_addresses_are_refused_and_make_nobody_a_member, |db| async move {
    let (test, idp) = open(db).await;
    for (claims, code) in [
        (json!({"sub": "eve", "email": "eve@example.com", "email_verified": true}), "stranger"),
        (json!({"sub": "eve", "email": "ana@example.com", "email_verified": false}), "unverified"),
        (json!({"sub": "eve", "email": "ana@example.com"}), "unverified"),
        (json!({"sub": "eve", "email": "no address", "email_verified": true}), "unverified"),
        (json!({"sub": "eve"}), "unverified"),
    ] {
        idp.is_visited_by(claims.clone());
        let refused = go_through(&test, &idp).await;
        check_refused(&refused, code, &claims.to_string());
        let page = test.get(refused.header("location"), "").await;
        assert!(page.status == StatusCode::OK && page.body.contains("role=\"alert\""), "{}", page.body);
        assert!(page.body.contains("name=\"password\""), "the password still opens the door");
    }
    let lines = trail(&test, "sso_refused").await;
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|(subject, _)| !subject.contains("eve")), "no personal data in the trail: {lines:?}");
    assert_eq!((users(&test).await, trail(&test, "sso_linked").await.len()), (1, 0));
});

on_both!(a_disabled_member_cannot_get_in_by_the_provider, |db| async move {
    let (test, idp) = open(db).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let (bob, _) = test.member_called("bob@example.com", Role::Viewer).await;
    let (cid, _) = test.member_called("cid@example.com", Role::Viewer).await;
    let claims = |name: &str| json!({"sub": name, "email": format!("{name}@example.com"), "email_verified": true});
    idp.is_visited_by(claims("bob"));
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);
    for user in [bob, cid] {
        let answer = test.post_form(&format!("/members/{user}/disable"), &owner, &[]).await;
        assert_eq!(answer.header("location"), "/members?done=member-disabled");
    }
    for name in ["bob", "cid"] {
        idp.is_visited_by(claims(name));
        check_refused(&go_through(&test, &idp).await, "stranger", name);
    }
    let lines = trail(&test, "sso_refused").await;
    assert!(lines.iter().any(|(subject, _)| *subject == bob.to_string()), "{lines:?}");
    assert_eq!(trail(&test, "sso_linked").await.len(), 1, "a disabled member is not linked");
});

// The second factor, and proofs ----------------------------------------------------------------------

on_both!(the_provider_does_not_lead_around_the_second_factor, |db| async move {
    let (test, idp) = open(db).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let phone = enrol(&test, &owner).await;
    for methods in [json!(["pwd"]), json!(["pwd", "otp", "mfa"]), Value::Null] {
        idp.conduct().lies = object(json!({"amr": methods}));
        let answer = go_through(&test, &idp).await;
        assert_eq!(answer.header("location"), "/sign-in/second-step?next=/members", "{methods}");
        let step = cookies(&answer);
        assert!(step.starts_with("entente-step=") && !is_signed_in(&test, &step).await, "{methods}");
    }
    let step = cookies(&go_through(&test, &idp).await);
    let code = phone.code(&test);
    let entered = test.post_form("/sign-in/second-step", &step, &[("code", &code), ("next", "/members")]).await;
    assert!(is_signed_in(&test, &cookies(&entered)).await);
});

on_both!(a_second_factor_of_the_provider_counts_where_the_administrator_says_so, |db| async move {
    let idp = IdentityProvider::start().await;
    let trusting = idp.provider_that(|settings| settings.trusts_second_factor = true);
    let test = TestApp::with_provider(db, AT, trusting);
    let owner = set_up(&test).await.cookie();
    enrol(&test, &owner).await;
    for (methods, is_in) in [(json!(["pwd"]), false), (json!(["pwd", "mfa"]), true), (json!(["hwk"]), true)] {
        idp.conduct().lies = object(json!({"amr": methods}));
        assert_eq!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await, is_in, "{methods}");
    }
});

on_both!(who_owes_a_second_factor_owes_it_after_the_provider_too, |db| async move {
    let idp = IdentityProvider::start().await;
    let trusting = idp.provider_that(|settings| settings.trusts_second_factor = true);
    let test = TestApp::with_provider(db, AT, trusting);
    set_up(&test).await;
    let actor = Actor::system(test.workspace().await);
    workspaces::require_second_factor(&test.app, &actor, vec![Role::Owner]).await.unwrap();
    idp.conduct().lies = object(json!({"amr": ["mfa"]}));
    let cookie = cookies(&go_through(&test, &idp).await);
    assert!(is_signed_in(&test, &cookie).await);
    assert_eq!(test.get("/members", &cookie).await.header("location"), "/account/second-factor");
});

on_both!(a_session_is_as_fresh_as_the_provider_says, |db| async move {
    let (test, idp) = open(db).await;
    let now_s = test.now().as_millis() / 1000;
    for (auth_time, is_fresh) in [(json!(now_s - 5), true), (json!(now_s - 3_600), false), (Value::Null, false)] {
        idp.conduct().lies = object(json!({"auth_time": auth_time}));
        let cookie = cookies(&go_through(&test, &idp).await);
        let answer = test.post_form("/account/sso/unlink", &cookie, &[]).await;
        assert_eq!(answer.header("location").starts_with("/account/confirm"), !is_fresh, "{auth_time}");
    }
});

on_both!(a_member_proves_himself_by_the_provider_anew, |db| async move {
    let (test, idp) = open(db).await;
    let cookie = cookies(&go_through(&test, &idp).await);
    let page = test.get("/account/confirm?next=/account", &cookie).await;
    assert!(page.body.contains("action=\"/account/confirm/sso\""), "{}", page.body);
    let way = |lies: Value| {
        let (test, idp, cookie) = (&test, &idp, &cookie);
        idp.conduct().lies = object(lies);
        async move {
            let page = test.post_form("/account/confirm/sso", cookie, &[("next", "/account")]).await;
            let address = address_in(&page, idp);
            assert_eq!((query(&address)["max_age"].as_str(), query(&address)["prompt"].as_str()), ("0", "login"));
            let both = format!("{cookie}; {}", cookies(&page));
            test.get(&way_back(&idp.answer_to(&address)), &both).await
        }
    };
    let is_fresh = async || {
        let answer = test.post_form("/account/sso/unlink", &cookie, &[]).await;
        !answer.header("location").starts_with("/account/confirm")
    };
    let now_s = test.now().as_millis() / 1000;
    // A provider that signs in without asking, and one that does not say.
    for lies in [json!({"auth_time": now_s - 3_600}), json!({})] {
        assert_eq!(way(lies).await.header("location"), "/account?problem=sso-unbelievable");
        assert!(!is_fresh().await);
    }
    // Somebody else's account proves nothing.
    assert_eq!(
        way(json!({"auth_time": now_s, "sub": "bob"})).await.header("location"),
        "/account?problem=sso-other-person"
    );
    assert!(!is_fresh().await);
    assert_eq!(way(json!({"auth_time": now_s})).await.header("location"), "/account");
    assert!(is_fresh().await);
});

/// Where the page in between leads.
fn address_in(page: &Answer, idp: &IdentityProvider) -> String {
    let start = format!("href=\"{}/authorize", idp.url);
    let at = page.body.find(&start).unwrap_or_else(|| panic!("no way to the provider in {}", page.body)) + 6;
    page.body[at..].split('"').next().unwrap().replace("&amp;", "&")
}

on_both!(a_member_links_his_account_himself_and_removes_the_link, |db| async move {
    let (test, idp) = open(db).await;
    let cookie = sign_in(&test, PASSWORD).await.cookie();
    idp.is_visited_by(json!({"sub": "ana-at-work"}));
    assert!(test.get("/account", &cookie).await.body.contains("action=\"/account/sso/link\""));
    let page = test.post_form("/account/sso/link", &cookie, &[]).await;
    let both = format!("{cookie}; {}", cookies(&page));
    let back = way_back(&idp.answer_to(&address_in(&page, &idp)));
    // Another session of the same browser is not the one that began.
    let other = sign_in(&test, PASSWORD).await.cookie();
    let page_again = test.post_form("/account/sso/link", &cookie, &[]).await;
    let swapped = way_back(&idp.answer_to(&address_in(&page_again, &idp)));
    let answer = test.get(&swapped, &format!("{other}; {}", cookies(&page_again))).await;
    assert_eq!(answer.header("location"), "/account?problem=sso-gone");

    assert_eq!(test.get(&back, &both).await.header("location"), "/account?done=sso-linked");
    assert!(test.get("/account", &cookie).await.body.contains("action=\"/account/sso/unlink\""));
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);

    assert_eq!(
        test.post_form("/account/sso/unlink", &cookie, &[]).await.header("location"),
        "/account?done=sso-unlinked"
    );
    check_refused(&go_through(&test, &idp).await, "unverified", "the link is gone");
    assert_eq!((trail(&test, "sso_linked").await.len(), trail(&test, "sso_unlinked").await.len()), (1, 1));

    test.advance(Span::from_minutes(11));
    for path in ["/account/sso/link", "/account/sso/unlink"] {
        let stale = test.post_form(path, &cookie, &[]).await;
        assert!(stale.header("location").starts_with("/account/confirm"), "{path} asks for a fresh proof");
    }
});

// The way there and back -----------------------------------------------------------------------------

on_both!(a_state_works_once_for_ten_minutes_in_the_browser_that_began_it, |db| async move {
    let (test, idp) = open(db).await;
    let (mine, other) = (leave(&test).await, leave(&test).await);
    assert!(mine.cookie.starts_with("entente-sso="));
    assert_eq!(query(&mine.address)["redirect_uri"], format!("{AT}/sign-in/sso/return"));
    let back = way_back(&idp.answer_to(&mine.address));
    for (cookie, what) in [("", "no cookie"), (other.cookie.as_str(), "another browser"), ("entente-sso=x", "forged")] {
        check_refused(&test.get(&back, cookie).await, "gone", what);
    }
    assert_eq!(idp.token_requests(), 0, "nobody's code was sent to the provider");
    let forged = [("code".to_owned(), "c".to_owned()), ("state".to_owned(), "s".to_owned())];
    check_refused(&test.get(&way_back(&forged), &mine.cookie).await, "gone", "another state");
    check_refused(&test.get("/sign-in/sso/return", &mine.cookie).await, "gone", "no state");
    assert!(is_signed_in(&test, &cookies(&test.get(&back, &mine.cookie).await)).await);
    check_refused(&test.get(&back, &mine.cookie).await, "gone", "used twice");
    assert_eq!(idp.token_requests(), 1);

    let late = leave(&test).await;
    test.advance(Span::from_minutes(11));
    check_refused(&test.get(&way_back(&idp.answer_to(&late.address)), &late.cookie).await, "gone", "too late");
    let left: Result<i64, DbError> = {
        leave(&test).await;
        test.app.db.read(|tx| tx.query_one(sql("SELECT COUNT(*) FROM sso_attempts"), &[], |row| row.get(0))).await
    };
    assert_eq!(left.unwrap(), 1, "what is over is forgotten");
});

on_both!(a_sign_in_at_the_provider_ends_the_session_that_the_browser_had, |db| async move {
    let (test, idp) = open(db).await;
    let before = sign_in(&test, PASSWORD).await.cookie();
    let visitor = leave(&test).await;
    let both = format!("{before}; {}", visitor.cookie);
    let entered = test.get(&way_back(&idp.answer_to(&visitor.address)), &both).await;
    assert!(is_signed_in(&test, &cookies(&entered)).await);
    assert!(!is_signed_in(&test, &before).await, "nobody can have planted it");
});

on_both!(only_a_page_of_ours_leads_to_the_provider, |db| async move {
    let (test, _idp) = open(db).await;
    for (site, goes) in [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)] {
        let request = test.request(Method::GET, BEGIN, "").header("sec-fetch-site", site);
        let answer = test.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.header("location") != "/sign-in", goes, "{site}");
    }
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let answer = test.get(&format!("{BEGIN}?{}", form_body(&[("next", next)])), "").await;
        let stored = test.app.db.read(|tx| {
            tx.query(sql("SELECT next FROM sso_attempts WHERE next <> '/'"), &[], |row| row.get::<String>(0))
        });
        assert_eq!((answer.status, stored.await.unwrap()), (StatusCode::SEE_OTHER, Vec::new()), "{next}");
    }
});

on_both!(a_network_leaves_for_the_provider_two_hundred_times_at_once_and_no_more, |db| async move {
    let (test, _idp) = open(db).await;
    for _ in 0..200 {
        assert!(!test.get(BEGIN, "").await.header("location").starts_with("/sign-in"));
    }
    check_refused(&test.get(BEGIN, "").await, "too-soon", "one more");
    test.advance(Span::from_secs(2));
    assert!(!test.get(BEGIN, "").await.header("location").starts_with("/sign-in"));
});

#[tokio::test]
async fn on_a_public_address_the_cookie_is_for_this_host_alone() {
    let (db, _folder) = testkit::databases::fresh_sqlite(crm::MIGRATIONS);
    let idp = IdentityProvider::start().await;
    let test = TestApp::with_provider(db, "https://crm.example.com", idp.provider());
    let answer = test.get(BEGIN, "").await;
    let cookie = answer.header("set-cookie");
    let (name, rest) = cookie.split_once('=').unwrap();
    assert_eq!(name, "__Host-entente-sso");
    assert!(rest.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure"), "{cookie}");
    assert_eq!(query(answer.header("location"))["redirect_uri"], "https://crm.example.com/sign-in/sso/return");
}

#[tokio::test]
async fn without_a_provider_nothing_of_it_is_there() {
    let (db, _folder) = testkit::databases::fresh_sqlite(crm::MIGRATIONS);
    let test = TestApp::new(db);
    let cookie = set_up(&test).await.cookie();
    for path in [BEGIN, "/sign-in/sso/return?state=s&code=c"] {
        assert_eq!(test.get(path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!test.get("/sign-in?problem=sso-gone", "").await.body.contains("/sso"));
    assert!(!test.get("/account", &cookie).await.body.contains("/sso"));
}

// Providers that lie, and providers that fail --------------------------------------------------------

on_both!(an_answer_that_is_not_true_in_every_point_lets_nobody_in, |db| async move {
    let (test, idp) = open(db).await;
    let right = idp.conduct().clone();
    let now_s = test.now().as_millis() / 1000;
    let lies = [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{}/", idp.url)}),
        json!({"iss": null}),
        json!({"aud": "another client"}),
        json!({"aud": ["entente-of-the-tests", "another client"]}),
        json!({"aud": null}),
        json!({"azp": "another client"}),
        json!({"exp": now_s}),
        json!({"exp": now_s - 3_600}),
        json!({"exp": null}),
        json!({"iat": now_s + 3_600}),
        json!({"at_hash": "AAAA"}),
        json!({"sub": null}),
    ];
    for lie in lies {
        idp.conduct().lies = object(lie.clone());
        check_refused(&go_through(&test, &idp).await, "unbelievable", &lie.to_string());
    }
    *idp.conduct() = right.clone();
    for algorithm in ["none", "HS256", "RS256"] {
        idp.conduct().algorithm = algorithm;
        check_refused(&go_through(&test, &idp).await, "unbelievable", algorithm);
    }
    *idp.conduct() = right.clone();
    idp.conduct().signs_with = 9;
    check_refused(&go_through(&test, &idp).await, "unbelievable", "a key that is not published");
    *idp.conduct() = right.clone();
    for sender in [None, Some("https://evil.example".to_owned())] {
        idp.conduct().sender.clone_from(&sender);
        let asked = idp.token_requests();
        check_refused(&go_through(&test, &idp).await, "unbelievable", &format!("iss is {sender:?}"));
        assert_eq!(idp.token_requests(), asked, "a code of somebody else is not sent on");
    }
    *idp.conduct() = right;
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await, "the truth still does");
    assert_eq!(trail(&test, "sso_linked").await.len(), 1);
});

on_both!(a_refusal_at_the_provider_is_told_and_uses_the_state_up, |db| async move {
    let (test, idp) = open(db).await;
    let visitor = leave(&test).await;
    let state = query(&visitor.address)["state"].clone();
    let refusal = [("error", "access_denied"), ("state", &state), ("iss", &idp.url)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let back = way_back(&refusal);
    check_refused(&test.get(&back, &visitor.cookie).await, "cancelled", "access_denied");
    check_refused(&test.get(&back, &visitor.cookie).await, "gone", "again");
});

on_both!(a_code_that_the_provider_does_not_know_lets_nobody_in, |db| async move {
    let (test, idp) = open(db).await;
    let visitor = leave(&test).await;
    let mut answer = idp.answer_to(&visitor.address);
    answer[0].1 = "code of somebody else".to_owned();
    check_refused(&test.get(&way_back(&answer), &visitor.cookie).await, "unbelievable", "an unknown code");
});

on_both!(a_new_key_of_the_provider_is_fetched_when_it_is_met, |db| async move {
    let (test, idp) = open(db).await;
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);
    assert_eq!(idp.discoveries(), 1, "what it says of itself is remembered for a while");
    idp.conduct().signs_with = 2;
    idp.conduct().publishes = 2;
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);
    assert_eq!(idp.discoveries(), 2);
});

on_both!(a_provider_that_is_down_or_misbehaves_is_told_of_and_the_password_still_works, |db| async move {
    let (test, idp) = open(db).await;
    for manner in [Manner::Redirects, Manner::Floods, Manner::Hangs, Manner::Fails] {
        idp.conduct().discovery = manner;
        let before = idp.discoveries();
        for _ in 0..3 {
            let refused = test.get(BEGIN, "").await;
            check_refused(&refused, "unreachable", &format!("{manner:?}"));
            let page = test.get(refused.header("location"), "").await;
            assert!(page.body.contains("cannot be reached right now"), "{}", page.body);
        }
        assert_eq!(idp.discoveries(), before + 1, "who presses again is told at once");
        assert!(is_signed_in(&test, &sign_in(&test, PASSWORD).await.cookie()).await);
        test.advance(Span::from_secs(6));
    }
    for lie in [
        json!({"issuer": "https://evil.example"}),
        json!({"jwks_uri": "http://192.0.2.1/keys"}),
        json!({"jwks_uri": "https://127.0.0.1:9/keys"}),
        json!({"authorization_endpoint": "no address"}),
    ] {
        idp.conduct().discovery = Manner::Well;
        idp.conduct().metadata = object(lie.clone());
        check_refused(&test.get(BEGIN, "").await, "unreachable", &lie.to_string());
        test.advance(Span::from_secs(6));
    }
    idp.conduct().metadata.clear();
    for (manner, code) in [
        (Manner::Redirects, "unbelievable"),
        (Manner::Floods, "unreachable"),
        (Manner::Hangs, "unreachable"),
        (Manner::Fails, "unbelievable"),
    ] {
        idp.conduct().tokens = manner;
        check_refused(&go_through(&test, &idp).await, code, &format!("{manner:?}"));
    }
    idp.conduct().tokens = Manner::Well;
    assert!(is_signed_in(&test, &cookies(&go_through(&test, &idp).await)).await);
});
