//! Passkeys: every way in which they count, and every answer that is not quite right.

mod authenticator;

use axum::http::{Method, StatusCode, header};
use crm::kernel::{Language, Role};
use crm::workspaces::{self, AuditFilter, ShopSettings};
use db::{DbError, sql};
use serde_json::Value;
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use words::{Span, UserId};

use self::authenticator::Authenticator;
use super::{PASSWORD, is_signed_in, set_up, sign_in};

const AT: &str = "https://crm.example.com";
const LIST: &str = "/account/second-factor";
const STEP: &str = "/sign-in/second-step";

/// What a page's script is given to hand to the authenticator.
async fn options(test: &TestApp, path: &str, cookie: &str) -> Value {
    let answer = test.post_form(path, cookie, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.json()
}

/// A challenge of the sign-in page, and the cookie of the browser that holds it.
async fn challenge(test: &TestApp) -> (Value, String) {
    let answer = test.post_form("/sign-in/passkey/options", "", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    (answer.json(), answer.cookie())
}

async fn answer(test: &TestApp, cookie: &str, credential: &str) -> Answer {
    test.post_form("/sign-in/passkey", cookie, &[("credential", credential), ("next", "/members")]).await
}

async fn sign_in_with(test: &TestApp, device: &mut Authenticator) -> Answer {
    let (options, cookie) = challenge(test).await;
    answer(test, &cookie, &device.sign(&options)).await
}

async fn add(test: &TestApp, session: &str, device: &mut Authenticator) -> Answer {
    let options = options(test, "/account/passkeys/options", session).await;
    send_new(test, session, &device.make(&options)).await
}

async fn send_new(test: &TestApp, session: &str, credential: &str) -> Answer {
    test.post_form("/account/passkeys", session, &[("name", "Téléphone"), ("credential", credential)]).await
}

/// An owner with a session, and his phone with a passkey of its own.
async fn owner_with_passkey(test: &TestApp) -> (String, Authenticator) {
    let session = set_up(test).await.cookie();
    let mut device = Authenticator::at(AT);
    let added = add(test, &session, &mut device).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    (session, device)
}

/// Somebody else of the shop with a passkey of his own.
async fn colleague(test: &TestApp, email: &str) -> (UserId, String, Authenticator) {
    let (user, session) = test.member_called(email, Role::Agent).await;
    let mut device = Authenticator::at(AT);
    assert_eq!(add(test, &session, &mut device).await.status, StatusCode::OK);
    (user, session, device)
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.header("set-cookie").is_empty()
}

fn leads_to_second_step(answer: &Answer) -> bool {
    answer.header("location").starts_with(STEP)
}

/// The recovery codes that a page shows once.
fn recovery_codes(answer: &Answer) -> Vec<String> {
    let start = answer.body.find("<code>").unwrap_or_else(|| panic!("no code in {}", answer.body)) + "<code>".len();
    let shown: String = answer.body[start..].chars().take_while(|letter| *letter != '<').collect();
    shown.lines().map(str::to_owned).collect()
}

async fn actions(test: &TestApp) -> Vec<String> {
    let workspace = test.workspace().await;
    let lines = workspaces::list_audit(&test.app, workspace, AuditFilter::default(), i64::MAX, 100).await.unwrap();
    lines.into_iter().map(|line| line.action).collect()
}

async fn passkeys_stored(test: &TestApp) -> i64 {
    let count = |tx: &mut db::Tx<'_>| -> Result<i64, DbError> {
        tx.query_one(sql("SELECT COUNT(*) FROM passkeys"), &[], |row| row.get(0))
    };
    test.app.db.read(count).await.unwrap()
}

/// The path of the one passkey that a member's page lists.
async fn path_of_passkey(test: &TestApp, session: &str) -> String {
    let page = test.get(LIST, session).await.body;
    let at = page.find("/account/passkeys/0").unwrap_or_else(|| panic!("no passkey in {page}"));
    page[at..].split("/rename").next().unwrap().to_owned()
}

// What a passkey is good for ---------------------------------------------------------------------------

on_both!(a_passkey_signs_in_without_a_password_and_counts_as_both_factors, |db| async move {
    let test = TestApp::at(db, AT);
    let owner = set_up(&test).await.cookie();
    assert_eq!(test.get("/", &owner).await.header("location"), LIST, "owners owe a second factor here");
    let mut device = Authenticator::at(AT);
    let asked = options(&test, "/account/passkeys/options", &owner).await;
    assert_eq!((&asked["rp"]["id"], &asked["rp"]["name"]), (&"crm.example.com".into(), &"Entente".into()));
    let selection = &asked["authenticatorSelection"];
    assert_eq!((&selection["userVerification"], &selection["residentKey"]), (&"required".into(), &"required".into()));
    let added = send_new(&test, &owner, &device.make(&asked)).await;
    assert_eq!(recovery_codes(&added).len(), 10, "with the first second factor come recovery codes");
    assert_eq!(test.get("/", &owner).await.status, StatusCode::OK, "nothing is owed any more");

    let (options, cookie) = challenge(&test).await;
    assert_eq!((&options["userVerification"], &options["rpId"]), (&"required".into(), &"crm.example.com".into()));
    assert_eq!(options["allowCredentials"], serde_json::json!([]), "nobody is named");
    let entered = answer(&test, &cookie, &device.sign(&options)).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/members"));
    assert!(entered.cookie().starts_with("__Host-entente="), "{}", entered.cookie());
    assert_eq!(test.get("/", &entered.cookie()).await.status, StatusCode::OK);
    assert_eq!(actions(&test).await[..2], ["signed_in_with_passkey", "passkey_added"]);
    assert!(test.get(LIST, &owner).await.body.contains("Téléphone"));
});

on_both!(a_password_alone_lets_nobody_in_who_has_a_passkey, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, mut device) = owner_with_passkey(&test).await;
    let first = sign_in(&test, PASSWORD).await;
    assert!(leads_to_second_step(&first), "{}", first.header("location"));
    let step = first.cookie();
    assert!(!is_signed_in(&test, &step).await);
    assert!(test.get(STEP, &step).await.body.contains("/sign-in/second-step/passkey"));
    let asked = options(&test, "/sign-in/second-step/passkey/options", &step).await;
    let allowed = asked["allowCredentials"].as_array().unwrap();
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0]["id"], authenticator::encoded(&device.credential_id));
    let form = |credential: String| [("credential", credential), ("next", "/members".to_owned())];
    let send = async |credential: String| {
        let form = form(credential);
        test.post_form(
            "/sign-in/second-step/passkey",
            &step,
            &form.each_ref().map(|(name, value)| (*name, value.as_str())),
        )
        .await
    };
    let entered = send(device.sign(&asked)).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/members"));
    assert!(is_signed_in(&test, &entered.cookie()).await);
    assert_eq!(send(device.sign(&asked)).await.header("location"), "/sign-in", "the step is used up");
    let none = test.post_form("/sign-in/second-step/passkey/options", &step, &[]).await;
    assert_eq!(none.status, StatusCode::CONFLICT);
});

on_both!(only_the_members_own_passkey_takes_his_second_step, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, device) = owner_with_passkey(&test).await;
    let (_, _, other) = colleague(&test, "luc@example.com").await;
    let owners = device.user_handle.clone();
    for (what, handle) in [("his own", other.user_handle.clone()), ("none", None), ("the owner's", owners)] {
        let step = sign_in(&test, PASSWORD).await.cookie();
        let asked = options(&test, "/sign-in/second-step/passkey/options", &step).await;
        let mut liar = Authenticator { user_handle: handle, ..other.clone() };
        let refused =
            test.post_form("/sign-in/second-step/passkey", &step, &[("credential", &liar.sign(&asked))]).await;
        assert!(is_refused(&refused), "a colleague's passkey naming {what}: {}", refused.status);
    }
    // A challenge of the sign-in page, signed for it, is no second step, and the other way round.
    let step = sign_in(&test, PASSWORD).await.cookie();
    let (public, _) = challenge(&test).await;
    let credential = device.clone().sign(&public);
    let refused = test.post_form("/sign-in/second-step/passkey", &step, &[("credential", &credential)]).await;
    assert!(is_refused(&refused));
    assert_eq!(actions(&test).await.iter().filter(|action| *action == "passkey_refused").count(), 3);
});

on_both!(wrong_answers_to_the_second_step_are_slowed_like_codes, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, mut device) = owner_with_passkey(&test).await;
    let step = sign_in(&test, PASSWORD).await.cookie();
    let send = async |path: &str, field: &str, value: &str| test.post_form(path, &step, &[(field, value)]).await;
    for answer in ["{}", "", "not json"] {
        assert!(is_refused(&send("/sign-in/second-step/passkey", "credential", answer).await), "{answer}");
    }
    for _ in 0..2 {
        assert!(is_refused(&send(STEP, "code", "000000").await));
    }
    let asked = options(&test, "/sign-in/second-step/passkey/options", &step).await;
    let late = send("/sign-in/second-step/passkey", "credential", &device.sign(&asked)).await;
    assert_eq!((late.status, late.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "61"));
    test.advance(Span::from_minutes(1));
    let asked = options(&test, "/sign-in/second-step/passkey/options", &step).await;
    let entered = send("/sign-in/second-step/passkey", "credential", &device.sign(&asked)).await;
    assert!(is_signed_in(&test, &entered.cookie()).await);
});

on_both!(a_recovery_code_stands_for_a_passkey_once, |db| async move {
    let test = TestApp::at(db, AT);
    let owner = set_up(&test).await.cookie();
    let codes = recovery_codes(&add(&test, &owner, &mut Authenticator::at(AT)).await);
    let second = add(&test, &owner, &mut Authenticator::at(AT)).await;
    assert_eq!(second.header("location"), "/account/second-factor?done=passkey-added", "codes come once");
    let step = sign_in(&test, PASSWORD).await.cookie();
    assert!(is_signed_in(&test, &test.post_form(STEP, &step, &[("code", &codes[0])]).await.cookie()).await);
    let step = sign_in(&test, PASSWORD).await.cookie();
    assert!(is_refused(&test.post_form(STEP, &step, &[("code", &codes[0])]).await));
});

on_both!(a_passkey_proves_anew_who_sits_there, |db| async move {
    let test = TestApp::at(db, AT);
    let (owner, mut device) = owner_with_passkey(&test).await;
    let (_, _, mut other) = colleague(&test, "luc@example.com").await;
    test.advance(Span::from_minutes(10));
    let asks = async || test.post_form("/settings/security", &owner, &[("role-owner", "on")]).await;
    assert!(asks().await.header("location").starts_with("/account/confirm"));
    let page = test.get("/account/confirm?next=/members", &owner).await;
    assert!(page.body.contains("/account/confirm/passkey"));
    let confirm = async |credential: &str| {
        test.post_form("/account/confirm/passkey", &owner, &[("credential", credential), ("next", "/members")]).await
    };
    let asked = options(&test, "/account/confirm/passkey/options", &owner).await;
    assert!(is_refused(&confirm(&other.sign(&asked)).await));
    assert!(is_refused(&confirm(&device.clone().sign(&asked)).await), "the challenge was used up by the other");
    assert!(is_refused(&confirm("{}").await));
    assert!(asks().await.header("location").starts_with("/account/confirm"));
    let asked = options(&test, "/account/confirm/passkey/options", &owner).await;
    assert_eq!(confirm(&device.sign(&asked)).await.header("location"), "/members");
    assert_eq!(asks().await.header("location"), "/settings/security?done=security-saved");
});

// What is not quite right ----------------------------------------------------------------------------------

type Lie = (&'static str, fn(&mut Authenticator));

/// What may be wrong with an answer, whatever it answers to.
const LIES: [Lie; 12] = [
    ("another site", |device| device.origin = "https://evil.example".to_owned()),
    ("a name that looks alike", |device| device.origin = "https://crm.example.com.evil.example".to_owned()),
    ("a name below", |device| device.origin = "https://shop.crm.example.com".to_owned()),
    ("the name above", |device| device.origin = "https://example.com".to_owned()),
    ("another port", |device| device.origin = "https://crm.example.com:8443".to_owned()),
    ("plain http", |device| device.origin = "http://crm.example.com".to_owned()),
    ("for another name", |device| device.rp_id = "evil.example".to_owned()),
    ("for the name above", |device| device.rp_id = "example.com".to_owned()),
    ("inside a frame", |device| device.is_framed = true),
    ("nobody there", |device| device.is_present = false),
    ("nobody verified", |device| device.is_verified = false),
    ("another type", |device| device.kind = Some("payment.get")),
];

/// What may be wrong with an answer that signs in.
const SIGNING_LIES: [Lie; 8] = [
    ("that of making one", |device| device.kind = Some("webauthn.create")),
    ("the counter stands", |device| device.counter -= 1),
    ("the counter goes back", |device| device.counter = 1),
    ("the counter is gone", |device| device.counter = 0),
    ("no user named", |device| device.user_handle = None),
    ("another user named", |device| device.user_handle = Some(vec![7; 16])),
    ("an unknown passkey", |device| device.credential_id = vec![7; 16]),
    ("another key", |device| device.key = Authenticator::at(AT).key),
];

on_both!(no_answer_that_is_not_quite_right_signs_in, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, mut device) = owner_with_passkey(&test).await;
    assert!(is_signed_in(&test, &sign_in_with(&test, &mut device).await.cookie()).await);
    let mut accepted = 0;
    for (what, lie) in LIES.into_iter().chain(SIGNING_LIES) {
        // A network is slowed after thirty tries in an hour; this is about the answers.
        test.advance(Span::from_hours(1));
        let mut liar = device.clone();
        lie(&mut liar);
        let refused = sign_in_with(&test, &mut liar).await;
        assert!(is_refused(&refused), "{what}: {} {}", refused.status, refused.header("set-cookie"));
        accepted += usize::from(is_signed_in(&test, &refused.cookie()).await);
    }
    for (what, spoil) in SPOILS {
        test.advance(Span::from_hours(1));
        let (options, cookie) = challenge(&test).await;
        let mut credential: Value = serde_json::from_str(&device.clone().sign(&options)).unwrap();
        spoil(&mut credential);
        assert!(is_refused(&answer(&test, &cookie, &credential.to_string()).await), "{what}");
    }
    assert_eq!(accepted, 0);
    assert!(is_signed_in(&test, &sign_in_with(&test, &mut device).await.cookie()).await, "the truth still does");
});

type Spoil = (&'static str, fn(&mut Value));

/// Flips a bit in the middle of a part of the answer.
fn flip(credential: &mut Value, part: &str) {
    let text = credential["response"][part].as_str().unwrap();
    let at = text.len() / 2;
    let letter = if &text[at..=at] == "A" { "B" } else { "A" };
    credential["response"][part] = format!("{}{letter}{}", &text[..at], &text[at + 1..]).into();
}

const SPOILS: [Spoil; 7] = [
    ("the signature", |credential| flip(credential, "signature")),
    ("the data", |credential| flip(credential, "authenticatorData")),
    ("what the browser says", |credential| flip(credential, "clientDataJSON")),
    ("no signature", |credential| credential["response"]["signature"] = "".into()),
    ("no data", |credential| credential["response"]["authenticatorData"] = "".into()),
    ("an id that is another's", |credential| credential["rawId"] = "AAAA".into()),
    ("nothing", |credential| *credential = Value::Null),
];

on_both!(a_challenge_counts_once_for_five_minutes_and_for_the_browser_that_holds_it, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, mut device) = owner_with_passkey(&test).await;
    let (options, cookie) = challenge(&test).await;
    let credential = device.sign(&options);
    assert!(is_refused(&answer(&test, "", &credential).await), "without its cookie");
    let (_, other) = challenge(&test).await;
    assert!(is_refused(&answer(&test, &other, &credential).await), "another browser's");
    assert!(is_signed_in(&test, &answer(&test, &cookie, &credential).await.cookie()).await);
    assert!(is_refused(&answer(&test, &cookie, &credential).await), "sent again");
    assert!(is_refused(&answer(&test, &cookie, &device.sign(&options)).await), "signed again");

    // An answer that was not right uses the challenge up too.
    let (options, cookie) = challenge(&test).await;
    let liar = Authenticator { is_verified: false, ..device.clone() }.sign(&options);
    assert!(is_refused(&answer(&test, &cookie, &liar).await));
    assert!(is_refused(&answer(&test, &cookie, &device.clone().sign(&options)).await));

    for (seconds, is_late) in [(299, false), (300, true)] {
        let (options, cookie) = challenge(&test).await;
        let credential = device.sign(&options);
        test.advance(Span::from_secs(seconds));
        let entered = answer(&test, &cookie, &credential).await;
        assert_eq!(is_refused(&entered), is_late, "after {seconds} s");
    }
    // A challenge that nobody made here.
    let made_up = serde_json::json!({"challenge": authenticator::encoded(&[7; 32])});
    assert!(is_refused(&answer(&test, &cookie, &device.clone().sign(&made_up)).await));
    // Two pages of one browser each hold their own.
    let (first, cookie) = challenge(&test).await;
    let again = test.post_form("/sign-in/passkey/options", &cookie, &[]).await;
    assert_eq!(again.cookie(), cookie);
    for options in [first, again.json()] {
        assert!(is_signed_in(&test, &answer(&test, &cookie, &device.sign(&options)).await.cookie()).await);
    }
});

on_both!(of_fifty_answers_at_once_to_one_challenge_one_enters, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, mut device) = owner_with_passkey(&test).await;
    let (options, cookie) = challenge(&test).await;
    // Each counts on, so that only the challenge can refuse it.
    let credentials: Vec<String> = (0..50).map(|_| device.sign(&options)).collect();
    let tries = credentials.iter().map(|credential| answer(&test, &cookie, credential)).collect();
    let answers = super::super::second_factor::join_all(tries).await;
    let entered = answers.iter().filter(|answer| answer.cookie().starts_with("__Host-entente=")).count();
    assert_eq!(entered, 1);
});

on_both!(a_network_whose_passkeys_are_refused_is_slowed, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, device) = owner_with_passkey(&test).await;
    let mut stranger = Authenticator::at(AT);
    stranger.user_handle.clone_from(&device.user_handle);
    for _ in 0..30 {
        assert!(is_refused(&sign_in_with(&test, &mut stranger).await));
    }
    let slowed = sign_in_with(&test, &mut stranger).await;
    assert_eq!((slowed.status, slowed.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "11"));
    test.advance(Span::from_secs(10));
    assert!(is_signed_in(&test, &sign_in_with(&test, &mut device.clone()).await.cookie()).await);
});

on_both!(why_a_passkey_is_refused_is_not_told, |db| async move {
    let test = TestApp::at(db, AT);
    let (owner, device) = owner_with_passkey(&test).await;
    let (luc, _, mut disabled) = colleague(&test, "luc@example.com").await;
    let done = test.post_form(&format!("/members/{luc}/disable"), &owner, &[]).await;
    assert_eq!(done.header("location"), "/members?done=member-disabled");
    let mut unknown = Authenticator { user_handle: device.user_handle.clone(), ..Authenticator::at(AT) };
    let mut forged = Authenticator { key: Authenticator::at(AT).key, ..device.clone() };
    let mut unverified = Authenticator { is_verified: false, ..device.clone() };
    let mut told = Vec::new();
    for device in [&mut disabled, &mut unknown, &mut forged, &mut unverified] {
        let refused = sign_in_with(&test, device).await;
        assert!(is_refused(&refused));
        told.push(refused.body);
    }
    assert!(told.iter().all(|body| *body == told[0]), "one answer for all");
    assert_eq!(actions(&test).await[..2], ["passkey_refused", "passkey_refused"], "the forged and the unverified one");
});

// Making one -------------------------------------------------------------------------------------------------

on_both!(no_passkey_is_made_by_an_answer_that_is_not_quite_right, |db| async move {
    let test = TestApp::at(db, AT);
    let owner = set_up(&test).await.cookie();
    let (_, other) = test.member_called("luc@example.com", Role::Agent).await;
    for (what, lie) in LIES.into_iter().chain([("that of signing", LIE_OF_SIGNING)]) {
        let mut liar = Authenticator::at(AT);
        lie(&mut liar);
        let refused = add(&test, &owner, &mut liar).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    }
    let mut device = Authenticator::at(AT);
    let asked = options(&test, "/account/passkeys/options", &owner).await;
    let credential = device.make(&asked);
    let refused = send_new(&test, &other, &credential).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "another member's session");
    test.advance(Span::from_minutes(5));
    assert_eq!(send_new(&test, &owner, &credential).await.status, StatusCode::UNPROCESSABLE_ENTITY, "too late");
    let (public, _) = challenge(&test).await;
    let mut wrong = asked.clone();
    wrong["challenge"] = public["challenge"].clone();
    let refused = send_new(&test, &owner, &device.make(&wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a challenge of the sign-in page");
    for text in ["", "{}", "null", "[1]"] {
        assert_eq!(send_new(&test, &owner, text).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    }
    assert_eq!(passkeys_stored(&test).await, 0);

    let asked = options(&test, "/account/passkeys/options", &owner).await;
    let credential = device.make(&asked);
    assert_eq!(send_new(&test, &owner, &credential).await.status, StatusCode::OK);
    let again = send_new(&test, &owner, &credential).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the challenge is used up");
    let known = options(&test, "/account/passkeys/options", &owner).await;
    assert_eq!(known["excludeCredentials"][0]["id"], authenticator::encoded(&device.credential_id));
    let other_key = Authenticator { credential_id: device.credential_id.clone(), ..Authenticator::at(AT) };
    let taken = add(&test, &other, &mut other_key.clone()).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY, "an id that is another member's");
    assert_eq!(passkeys_stored(&test).await, 1);
    let nameless = test.post_form("/account/passkeys", &owner, &[("name", " "), ("credential", &credential)]).await;
    assert!(nameless.body.contains("aria-invalid"));
});

const LIE_OF_SIGNING: fn(&mut Authenticator) = |device| device.kind = Some("webauthn.get");

on_both!(adding_and_removing_a_passkey_end_the_other_sessions_and_leave_lines, |db| async move {
    let test = TestApp::at(db, AT);
    let here = set_up(&test).await.cookie();
    let there = sign_in(&test, PASSWORD).await.cookie();
    let mut device = Authenticator::at(AT);
    add(&test, &here, &mut device).await;
    assert!(is_signed_in(&test, &here).await && !is_signed_in(&test, &there).await);
    let there = sign_in_with(&test, &mut device).await.cookie();
    let path = path_of_passkey(&test, &here).await;
    let renamed = test.post_form(&format!("{path}/rename"), &here, &[("name", "  Clé  bleue ")]).await;
    assert_eq!(renamed.header("location"), "/account/second-factor?done=passkey-renamed");
    assert!(test.get(LIST, &here).await.body.contains("Clé bleue"));
    let unnamed = test.post_form(&format!("{path}/rename"), &here, &[("name", " ")]).await;
    assert_eq!(unnamed.header("location"), "/account/second-factor?problem=passkey-name");
    assert!(is_signed_in(&test, &there).await);

    let removed = test.post_form(&format!("{path}/remove"), &here, &[]).await;
    assert_eq!(removed.header("location"), "/account/second-factor?done=passkey-removed");
    assert!(is_signed_in(&test, &here).await && !is_signed_in(&test, &there).await);
    assert!(is_refused(&sign_in_with(&test, &mut device).await));
    let lines = ["passkey_removed", "passkey_renamed", "signed_in_with_passkey", "passkey_added"];
    assert_eq!(actions(&test).await[..4], lines);
    let gone = test.post_form(&format!("{path}/remove"), &here, &[]).await;
    assert_eq!(gone.header("location"), LIST, "the last second factor is gone, and one is owed");
});

on_both!(with_the_last_second_factor_go_the_recovery_codes, |db| async move {
    let test = TestApp::at(db, AT);
    let (user, session) = test.member_called("luc@example.com", Role::Agent).await;
    let codes = recovery_codes(&add(&test, &session, &mut Authenticator::at(AT)).await);
    assert_eq!(codes.len(), 10);
    let path = path_of_passkey(&test, &session).await;
    assert!(test.get(LIST, &session).await.body.contains("last second factor"), "what follows is said before");
    test.post_form(&format!("{path}/remove"), &session, &[]).await;
    let left = move |tx: &mut db::Tx<'_>| -> Result<i64, DbError> {
        let count = sql("SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1");
        tx.query_one(count, &[&user], |row| row.get(0))
    };
    assert_eq!(test.app.db.read(left).await.unwrap(), 0);
});

// Others ---------------------------------------------------------------------------------------------------------

on_both!(nobody_touches_the_passkeys_of_another_member, |db| async move {
    let test = TestApp::at(db, AT);
    let (owner, mut device) = owner_with_passkey(&test).await;
    let (_, other, _) = colleague(&test, "luc@example.com").await;
    let path = path_of_passkey(&test, &owner).await;
    for verb in ["rename", "remove"] {
        let refused = test.post_form(&format!("{path}/{verb}"), &other, &[("name", "Taken")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert!(!test.get(LIST, &owner).await.body.contains("Taken"));
    assert!(is_signed_in(&test, &sign_in_with(&test, &mut device).await.cookie()).await);
});

on_both!(a_passkey_opens_its_users_shop_and_no_other, |db| async move {
    let test = TestApp::at(db, AT);
    let (_, owner) = owner_with_passkey(&test).await;
    let first = test.workspace().await;
    let settings = ShopSettings::of_a_new_installation(Language::English);
    let other = workspaces::create_workspace(&test.app, settings).await.unwrap();
    let email = "eve@example.com".parse().unwrap();
    let eve = workspaces::add_member(&test.app, other, email, "Eve", Role::Agent).await.unwrap();
    let session = workspaces::start_session(&test.app, other, eve, Role::Agent, "Test").await.unwrap().token;
    let mut device = Authenticator::at(AT);
    assert_eq!(add(&test, &format!("__Host-entente={session}"), &mut device).await.status, StatusCode::OK);
    let entered = sign_in_with(&test, &mut device).await.cookie();
    let shops = test.get("/account/shops", &entered).await.body;
    assert!(shops.contains("My shop") && !shops.contains("Chez Ana"), "{shops}");
    let refused = test.post_form(&format!("/account/shops/{first}"), &entered, &[]).await;
    assert_eq!((refused.status, refused.header("set-cookie")), (StatusCode::NOT_FOUND, ""));
    // Naming the owner of the first shop does not help her.
    let mut liar = Authenticator { user_handle: owner.user_handle, ..device };
    assert!(is_refused(&sign_in_with(&test, &mut liar).await));
});

on_both!(an_administrator_takes_lost_passkeys_away, |db| async move {
    let test = TestApp::at(db, AT);
    let (owner, mut device) = owner_with_passkey(&test).await;
    let (luc, session, mut lost) = colleague(&test, "luc@example.com").await;
    assert!(
        test.get("/members", &owner).await.body.matches("second facteur").count() >= 2,
        "the list tells who has one"
    );
    let done = test.post_form(&format!("/members/{luc}/remove-second-factor"), &owner, &[]).await;
    assert_eq!(done.header("location"), "/members?done=second-factor-removed");
    assert!(!is_signed_in(&test, &session).await);
    assert!(is_refused(&sign_in_with(&test, &mut lost).await));
    assert!(workspaces::forget_second_factor_of(&test.app, "ana@example.com".parse().unwrap()).await.unwrap());
    assert!(is_refused(&sign_in_with(&test, &mut device).await));
    assert!(is_signed_in(&test, &sign_in(&test, PASSWORD).await.cookie()).await);
});

// Addresses -----------------------------------------------------------------------------------------------------

on_both!(where_no_passkey_can_be_used_none_is_offered_and_the_page_says_why, |db| async move {
    for (address, why) in
        [("http://127.0.0.1:8080", "which is a number"), ("http://crm.example.com", "over https only")]
    {
        let test = TestApp::at(db.clone(), address);
        let (_, session) = test.member_called("luc@example.com", Role::Agent).await;
        assert!(!test.get("/sign-in", "").await.body.contains("passkey-form"), "{address}");
        let page = test.get(LIST, &session).await.body;
        assert!(page.contains(why) && page.contains(address) && !page.contains("/account/passkeys/add"), "{address}");
        assert!(test.get("/account/passkeys/add", &session).await.body.contains(why));
        for path in ["/sign-in/passkey/options", "/account/passkeys/options", "/account/confirm/passkey/options"] {
            assert_eq!(test.post_form(path, &session, &[]).await.status, StatusCode::CONFLICT, "{path}");
        }
        for path in ["/sign-in/passkey", "/account/passkeys", "/account/confirm/passkey"] {
            let form = [("credential", "{}"), ("name", "Phone")];
            assert_eq!(test.post_form(path, &session, &form).await.status, StatusCode::CONFLICT, "{path}");
        }
    }
    let test = TestApp::at(db, "http://localhost:8080");
    assert!(test.get("/sign-in", "").await.body.contains("passkey-form"));
});

on_both!(the_name_is_that_of_the_settings_whatever_a_request_says, |db| async move {
    let test = TestApp::at(db.clone(), AT);
    let owner = set_up(&test).await.cookie();
    for path in ["/sign-in/passkey/options", "/account/passkeys/options"] {
        let request = test
            .request(Method::POST, path, &owner)
            .header(header::ORIGIN, AT)
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example");
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        request.headers_mut().insert(header::HOST, "evil.example".parse().unwrap());
        let asked = test.send(request).await;
        assert!(!asked.body.contains("evil") && asked.body.contains("crm.example.com"), "{}", asked.body);
    }
    // A passkey that was made under another address works under that one only, and is shown as such.
    let mut device = Authenticator::at(AT);
    add(&test, &owner, &mut device).await;
    let moved = TestApp::at(db, "https://new.example.com");
    let page = moved.get(LIST, &owner).await.body;
    assert!(page.contains("ne sert qu’à crm.example.com"), "{page}");
    let mut there = Authenticator {
        origin: "https://new.example.com".to_owned(),
        rp_id: "new.example.com".to_owned(),
        ..device.clone()
    };
    assert!(is_refused(&sign_in_with(&moved, &mut there).await));
    assert!(is_refused(&sign_in_with(&moved, &mut device).await));
});

on_both!(a_challenge_of_one_process_is_answered_to_another, |db| async move {
    let one = TestApp::at(db.clone(), AT);
    let (_, mut device) = owner_with_passkey(&one).await;
    let (options, cookie) = challenge(&one).await;
    let two = TestApp::at(db, AT);
    // Chance repeats in tests; the second process must not make the tokens of the first again.
    (two.app.chance)(&mut [0; 100_000]);
    let entered = answer(&two, &cookie, &device.sign(&options)).await;
    assert!(is_signed_in(&one, &entered.cookie()).await);
});
