//! Set-up, sign-in, sessions, members, keys, and what stands in front of every route.

mod backups;
mod identity_provider;
mod mail;
mod passkeys;
mod second_factor;
mod shell;
mod single_sign_on;
mod trail;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use crm::kernel::{Access, Actor, Language, Permission, Role, Scope};
use crm::workspaces;
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use tower::ServiceExt;
use words::{EmailAddress, Span, UserId};

const PASSWORD: &str = "brass lantern over the harbour";
const OTHER_PASSWORD: &str = "seven quiet otters on a raft";

const OWNER: [(&str, &str); 8] = [
    ("owner_name", "Ana Martin"),
    ("email", "Ana@Example.com"),
    ("password", PASSWORD),
    ("shop_name", "Chez Ana"),
    ("language", "fr"),
    ("currency", "EUR"),
    ("country", "FR"),
    ("time_zone", "Europe/Paris"),
];

/// The path of a link of this installation.
fn path_of<'a>(test: &TestApp, url: &'a str) -> &'a str {
    url.strip_prefix(test.app.settings.public_url.as_str()).expect("links begin with the public address")
}

async fn set_up_path(test: &TestApp) -> String {
    let url = workspaces::ensure_setup_link(&test.app).await.unwrap().expect("there is no owner yet");
    path_of(test, &url).to_owned()
}

async fn set_up(test: &TestApp) -> Answer {
    let path = set_up_path(test).await;
    test.post_form(&path, "", &OWNER).await
}

async fn sign_in(test: &TestApp, password: &str) -> Answer {
    test.post_form("/sign-in", "", &[("email", "ana@example.com"), ("password", password)]).await
}

async fn is_signed_in(test: &TestApp, cookie: &str) -> bool {
    test.get("/account/confirm", cookie).await.status == StatusCode::OK
}

/// The link that a page shows once.
fn link_in(test: &TestApp, answer: &Answer, kind: &str) -> String {
    let start = format!("{}/{kind}/", test.app.settings.public_url);
    let at = answer.body.find(&start).unwrap_or_else(|| panic!("no {kind} link in {}", answer.body));
    let link: String = answer.body[at..].chars().take_while(|letter| !"<\"' ".contains(*letter)).collect();
    path_of(test, &link).to_owned()
}

// Set-up ------------------------------------------------------------------------------------------

on_both!(the_set_up_link_makes_one_owner_and_is_gone_afterwards, |db| async move {
    let test = TestApp::new(db);
    let path = set_up_path(&test).await;
    assert_eq!(test.get(&path, "").await.status, StatusCode::OK);
    let done = test.post_form(&path, "", &OWNER).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/welcome"));
    assert!(is_signed_in(&test, &done.cookie()).await);

    assert_eq!(test.get(&path, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.post_form(&path, "", &OWNER).await.status, StatusCode::NOT_FOUND);
    assert_eq!(workspaces::ensure_setup_link(&test.app).await.unwrap(), None);
    let workspace = test.app.db.read(workspaces::the_first).await.unwrap().unwrap();
    assert_eq!(workspace.settings.name, "Chez Ana");
    assert_eq!(workspace.settings.language, Language::French);
});

on_both!(a_set_up_link_ends_after_an_hour_or_with_the_next_start, |db| async move {
    let test = TestApp::new(db);
    let first = set_up_path(&test).await;
    let second = set_up_path(&test).await;
    assert_eq!(test.get(&first, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get("/setup/wrong", "").await.status, StatusCode::NOT_FOUND);
    test.advance(Span::from_minutes(59));
    assert_eq!(test.get(&second, "").await.status, StatusCode::OK);
    test.advance(Span::from_minutes(1));
    assert_eq!(test.get(&second, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.post_form(&second, "", &OWNER).await.status, StatusCode::NOT_FOUND);
});

on_both!(a_set_up_form_that_is_not_right_is_shown_again_and_the_link_still_works, |db| async move {
    let test = TestApp::new(db);
    let path = set_up_path(&test).await;
    for (field, value) in [
        ("owner_name", " "),
        ("email", "ana"),
        ("password", "too short"),
        ("password", "chez ana 2025"),
        ("shop_name", ""),
        ("currency", "ECU"),
        ("time_zone", "Mars/Base"),
    ] {
        let form = OWNER.map(|(name, right)| if name == field { (name, value) } else { (name, right) });
        let answer = test.post_form(&path, "", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        assert!(answer.body.contains("aria-invalid"), "{field} {value}");
        assert!(!answer.body.contains(PASSWORD), "a page never holds a password");
    }
    assert_eq!(test.post_form(&path, "", &OWNER).await.status, StatusCode::SEE_OTHER);
});

on_both!(admin_create_makes_an_owner_and_lets_him_back_in, |db| async move {
    let test = TestApp::new(db);
    let email: EmailAddress = "ana@example.com".parse().unwrap();
    let create =
        |password: &str| workspaces::create_owner(&test.app, email.clone(), password.to_owned(), Language::English);
    let user = create(PASSWORD).await.unwrap();
    let cookie = sign_in(&test, PASSWORD).await.cookie();
    assert!(is_signed_in(&test, &cookie).await);

    assert_eq!(create(OTHER_PASSWORD).await.unwrap(), user);
    assert!(!is_signed_in(&test, &cookie).await);
    assert_eq!(sign_in(&test, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_signed_in(&test, &sign_in(&test, OTHER_PASSWORD).await.cookie()).await);
    assert!(create("short").await.is_err());
    assert_eq!(workspaces::ensure_setup_link(&test.app).await.unwrap(), None);
});

// Sessions ----------------------------------------------------------------------------------------

on_both!(the_session_cookie_is_for_this_host_alone_and_unseen_by_scripts, |db| async move {
    let test = TestApp::at(db, "https://crm.example.com");
    let done = set_up(&test).await;
    let cookie = done.header("set-cookie");
    let (value, flags) = cookie.split_once("; ").unwrap();
    let token = value.strip_prefix("__Host-entente=").unwrap();
    assert_eq!(token.len(), 43, "256 bits in base64");
    assert_eq!(flags, "Path=/; HttpOnly; SameSite=Lax; Max-Age=43200; Secure");
    assert!(is_signed_in(&test, value).await);
    assert!(!is_signed_in(&test, &value.replace("__Host-entente", "entente")).await);
});

on_both!(on_plain_http_the_session_cookie_has_no_flag_that_browsers_would_refuse, |db| async move {
    let test = TestApp::new(db);
    let cookie = set_up(&test).await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("entente=") && !cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
});

on_both!(signing_in_begins_a_new_session_and_ends_the_one_that_the_browser_had, |db| async move {
    let test = TestApp::new(db);
    let first = set_up(&test).await.cookie();
    let form = [("email", "ANA@example.com"), ("password", PASSWORD)];
    let second = test.post_form("/sign-in", &first, &form).await.cookie();
    assert_ne!(first, second);
    assert!(!is_signed_in(&test, &first).await);
    assert!(is_signed_in(&test, &second).await);

    let planted = "entente=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let third = test.post_form("/sign-in", planted, &form).await.cookie();
    assert_ne!(planted, third);
    assert!(!is_signed_in(&test, planted).await);
});

on_both!(signing_out_ends_the_session_for_good, |db| async move {
    let test = TestApp::new(db);
    let cookie = set_up(&test).await.cookie();
    let left = test.post_form("/sign-out", &cookie, &[]).await;
    assert_eq!((left.status, left.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(left.header("set-cookie").contains("entente=; ") && left.header("set-cookie").contains("Max-Age=0"));
    assert!(!is_signed_in(&test, &cookie).await);
});

on_both!(a_session_ends_when_it_is_left_alone, |db| async move {
    let test = TestApp::new(db);
    for (role, idle) in [(Role::Owner, Span::from_hours(1)), (Role::Viewer, Span::from_hours(8))] {
        let cookie = test.sign_in_as(role).await;
        test.advance(idle.minus(Span::from_secs(1)));
        assert!(is_signed_in(&test, &cookie).await, "{role}: being seen extends it");
        test.advance(idle.minus(Span::from_secs(1)));
        assert!(is_signed_in(&test, &cookie).await, "{role}: and again");
        test.advance(idle);
        assert!(!is_signed_in(&test, &cookie).await, "{role}");
    }
});

on_both!(a_session_ends_after_its_longest_time_however_busy, |db| async move {
    let test = TestApp::new(db);
    for (role, longest) in [(Role::Admin, Span::from_hours(12)), (Role::Marketer, Span::from_days(7))] {
        let cookie = test.sign_in_as(role).await;
        let half_hours = longest.as_millis() / Span::from_minutes(30).as_millis();
        for _ in 1..half_hours {
            test.advance(Span::from_minutes(30));
            assert!(is_signed_in(&test, &cookie).await, "{role}");
        }
        test.advance(Span::from_minutes(30));
        assert!(!is_signed_in(&test, &cookie).await, "{role}");
    }
});

on_both!(a_member_sees_his_sessions_and_ends_the_others, |db| async move {
    let test = TestApp::new(db);
    let (here, there) = (test.sign_in_as(Role::Agent).await, test.sign_in_as(Role::Agent).await);
    let page = test.get("/account", &here).await.body;
    let at = page.find("/account/sessions/0").expect("the other session has a button");
    let end: String = page[at..].chars().take_while(|letter| *letter != '"').collect();
    let stranger = test.member_called("luc@example.com", Role::Agent).await.1;
    test.post_form(&end, &stranger, &[]).await;
    assert!(is_signed_in(&test, &there).await, "nobody ends the session of somebody else");
    test.post_form(&end, &here, &[]).await;
    assert!(!is_signed_in(&test, &there).await);

    let again = test.sign_in_as(Role::Agent).await;
    test.post_form("/account/sessions/end-others", &here, &[]).await;
    assert!(is_signed_in(&test, &here).await && !is_signed_in(&test, &again).await);
});

// Signing in --------------------------------------------------------------------------------------

on_both!(an_unknown_address_a_wrong_password_and_a_disabled_member_get_the_same_answer, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let (other, _) = test.member_called("luc@example.com", Role::Viewer).await;
    test.post_form(&format!("/members/{other}/disable"), &owner, &[]).await;
    let mut pages = Vec::new();
    for email in ["ana@example.com", "luc@example.com", "nobody@example.com", "not an address"] {
        let form = [("email", email), ("password", "a wrong password 1")];
        let answer = test.post_form("/sign-in", "", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert_eq!(answer.header("set-cookie"), "", "{email}");
        pages.push(answer.body.replace(email, "…"));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
});

on_both!(sign_in_leads_back_to_paths_of_this_installation_only, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let asked = test.get("/members?x=1&y=é".replace('é', "%C3%A9").as_str(), "").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert_eq!(asked.header("location"), "/sign-in?next=/members%3Fx%3D1%26y%3D%25C3%25A9");
    for (next, location) in [
        ("/members?x=1", "/members?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("", "/"),
    ] {
        let form = [("email", "ana@example.com"), ("password", PASSWORD), ("next", next)];
        let answer = test.post_form("/sign-in", "", &form).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, location), "{next}");
    }
});

/// A sign-in from a network of its own.
async fn sign_in_from(test: &TestApp, peer: &str, password: &str) -> Answer {
    let peer: SocketAddr = format!("{peer}:40000").parse().unwrap();
    let body = testkit::app::form_body(&[("email", "ana@example.com"), ("password", password)]);
    let request = test
        .request(Method::POST, "/sign-in", "")
        .header("origin", test.app.settings.public_url.as_str())
        .header("content-type", "application/x-www-form-urlencoded")
        .extension(ConnectInfo(peer));
    test.send(request.body(Body::from(body)).unwrap()).await
}

on_both!(a_thousand_wrong_tries_cost_few_hashes_and_do_not_lock_the_owner_out, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let mut compared = 0;
    for _ in 0..1000 {
        let answer = sign_in_from(&test, "203.0.113.7", "a wrong password 1").await;
        match answer.status {
            StatusCode::UNPROCESSABLE_ENTITY => compared += 1,
            StatusCode::TOO_MANY_REQUESTS => assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1),
            status => panic!("{status}"),
        }
        test.advance(Span::from_millis(3_600));
    }
    assert!((1..=20).contains(&compared), "{compared} hashes in an hour");
    assert_eq!(sign_in_from(&test, "198.51.100.9", PASSWORD).await.status, StatusCode::SEE_OTHER);
});

on_both!(the_owner_gets_in_from_his_usual_network_while_many_networks_guess, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    assert_eq!(sign_in_from(&test, "198.51.100.9", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let mut compared = 0;
    for network in 0..60 {
        let answer = sign_in_from(&test, &format!("203.0.{network}.7"), "a wrong password 1").await;
        compared += usize::from(answer.status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(compared <= 8, "{compared} hashes at once");
    assert_eq!(sign_in_from(&test, "198.51.100.200", PASSWORD).await.status, StatusCode::SEE_OTHER);
    test.advance(Span::from_minutes(5));
    assert_eq!(sign_in_from(&test, "192.0.2.1", PASSWORD).await.status, StatusCode::SEE_OTHER, "nobody is locked out");
});

on_both!(a_client_cannot_choose_its_network_by_a_header, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let mut refused = 0;
    for network in 0..10 {
        let body = testkit::app::form_body(&[("email", "ana@example.com"), ("password", "a wrong password 1")]);
        let request = test
            .request(Method::POST, "/sign-in", "")
            .header("origin", test.app.settings.public_url.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", format!("198.51.{network}.1"));
        let answer = test.send(request.body(Body::from(body)).unwrap()).await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 5);
});

// Members -----------------------------------------------------------------------------------------

on_both!(an_invited_person_joins_once_with_the_role_that_was_offered, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    let made = test.post_form("/members/invite", &owner, &[("email", "luc@example.com"), ("role", "agent")]).await;
    assert_eq!(made.status, StatusCode::OK);
    let path = link_in(&test, &made, "join");
    assert!(test.get("/members", &owner).await.body.contains("luc@example.com"));

    let shown = test.get(&path, "").await;
    assert!(shown.body.contains("luc@example.com") && shown.body.contains("Chez Ana"));
    let weak = test.post_form(&path, "", &[("name", "Luc"), ("password", "luc@example.com")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = [("name", "Luc Petit"), ("password", OTHER_PASSWORD), ("role", "owner")];
    let joined = test.post_form(&path, "", &answer).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER);
    assert!(is_signed_in(&test, &joined.cookie()).await);
    assert_eq!(test.get("/members", &joined.cookie()).await.status, StatusCode::FORBIDDEN, "an agent, no owner");
    assert_eq!(test.post_form(&path, "", &answer).await.status, StatusCode::NOT_FOUND);
});

on_both!(an_invitation_ends_after_seven_days_or_when_it_is_withdrawn, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let form = [("email", "luc@example.com"), ("role", "agent")];
    let first = link_in(&test, &test.post_form("/members/invite", &owner, &form).await, "join");
    let page = test.get("/members", &owner).await.body;
    let at = page.find("/members/invitations/").unwrap();
    let withdraw: String = page[at..].chars().take_while(|letter| *letter != '"').collect();
    test.post_form(&withdraw, &owner, &[]).await;
    assert_eq!(test.get(&first, "").await.status, StatusCode::NOT_FOUND);

    let second = link_in(&test, &test.post_form("/members/invite", &owner, &form).await, "join");
    test.advance(Span::from_days(7).minus(Span::from_secs(1)));
    assert_eq!(test.get(&second, "").await.status, StatusCode::OK);
    test.advance(Span::from_secs(1));
    assert_eq!(test.get(&second, "").await.status, StatusCode::NOT_FOUND);
});

on_both!(an_invitation_never_replaces_the_password_of_somebody_known, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let elsewhere = workspaces::ShopSettings::of_a_new_installation(Language::English);
    let elsewhere = workspaces::create_workspace(&test.app, elsewhere).await.unwrap();
    let email: EmailAddress = "ana@example.com".parse().unwrap();
    let url = workspaces::invite(&test.app, &Actor::system(elsewhere), email, Role::Viewer).await.unwrap();
    let path = path_of(&test, &url);
    let wrong = test.post_form(path, "", &[("name", "Ana"), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = test.post_form(path, "", &[("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&test, PASSWORD).await.status, StatusCode::SEE_OTHER);
});

on_both!(the_last_owner_can_neither_be_removed_nor_demoted_nor_disabled, |db| async move {
    let test = TestApp::new(db);
    let (owner, cookie) = test.member(Role::Owner).await;
    for (verb, form) in [("remove", &[][..]), ("disable", &[]), ("role", &[("role", "admin")])] {
        let answer = test.post_form(&format!("/members/{owner}/{verb}"), &cookie, form).await;
        assert_eq!(answer.header("location"), "/members?problem=last-owner", "{verb}");
        assert!(is_signed_in(&test, &cookie).await, "{verb}");
    }
    let (second, _) = test.member_called("second@example.com", Role::Owner).await;
    let answer = test.post_form(&format!("/members/{owner}/role"), &cookie, &[("role", "admin")]).await;
    assert_eq!(answer.header("location"), "/members?done=role-changed");
    let answer = test.post_form(&format!("/members/{second}/remove"), &cookie, &[]).await;
    assert_eq!(answer.header("location"), "/members?problem=only-owners");
    assert!(test.get("/members", &cookie).await.body.contains("second@example.com"));
});

on_both!(an_administrator_neither_makes_nor_touches_owners, |db| async move {
    let test = TestApp::new(db);
    let (owner, _) = test.member(Role::Owner).await;
    let (admin, cookie) = test.member(Role::Admin).await;
    for (path, form) in [
        (format!("/members/{owner}/remove"), &[][..]),
        (format!("/members/{owner}/disable"), &[]),
        (format!("/members/{owner}/reset-link"), &[]),
        (format!("/members/{owner}/role"), &[("role", "viewer")]),
        (format!("/members/{admin}/role"), &[("role", "owner")]),
    ] {
        let answer = test.post_form(&path, &cookie, form).await;
        assert_eq!(answer.header("location"), "/members?problem=only-owners", "{path}");
    }
    let invited = test.post_form("/members/invite", &cookie, &[("email", "x@example.com"), ("role", "owner")]).await;
    assert_eq!(invited.status, StatusCode::UNPROCESSABLE_ENTITY);
});

on_both!(a_member_who_is_disabled_or_removed_is_signed_out_at_once, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let (agent, cookie) = test.member(Role::Agent).await;
    test.post_form(&format!("/members/{agent}/disable"), &owner, &[]).await;
    assert!(!is_signed_in(&test, &cookie).await);
    test.post_form(&format!("/members/{agent}/enable"), &owner, &[]).await;
    let cookie = test.sign_in_as(Role::Agent).await;
    assert!(is_signed_in(&test, &cookie).await);
    test.post_form(&format!("/members/{agent}/remove"), &owner, &[]).await;
    assert!(!is_signed_in(&test, &cookie).await);
});

on_both!(members_of_another_workspace_are_out_of_reach, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let elsewhere = workspaces::ShopSettings::of_a_new_installation(Language::English);
    let elsewhere = workspaces::create_workspace(&test.app, elsewhere).await.unwrap();
    let email: EmailAddress = "luc@example.com".parse().unwrap();
    let luc = workspaces::add_member(&test.app, elsewhere, email, "Luc", Role::Viewer).await.unwrap();
    for verb in ["remove", "disable", "enable", "reset-link"] {
        let answer = test.post_form(&format!("/members/{luc}/{verb}"), &owner, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert!(!test.get("/members", &owner).await.body.contains("luc@example.com"));
    let (shared, _) = test.member_called("luc@example.com", Role::Viewer).await;
    assert_eq!(shared, luc);
    let answer = test.post_form(&format!("/members/{luc}/reset-link"), &owner, &[]).await;
    assert_eq!(answer.header("location"), "/members?problem=signs-in-elsewhere");
});

// New passwords -----------------------------------------------------------------------------------

on_both!(a_link_for_a_new_password_works_once_and_ends_every_session, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let session = sign_in(&test, PASSWORD).await.cookie();
    let (_, keeper) = test.member_called("keeper@example.com", Role::Owner).await;
    let ana = user_of(&test, "ana@example.com").await;
    let made = test.post_form(&format!("/members/{ana}/reset-link"), &keeper, &[]).await;
    let path = link_in(&test, &made, "reset");
    assert_eq!(test.get(&path, "").await.status, StatusCode::OK);
    let weak = test.post_form(&path, "", &[("password", "password1234")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_signed_in(&test, &session).await);

    let done = test.post_form(&path, "", &[("password", OTHER_PASSWORD)]).await;
    assert_eq!(done.header("location"), "/sign-in?done=password-reset");
    assert_eq!(done.header("set-cookie"), "", "a new password does not sign in by itself");
    assert!(!is_signed_in(&test, &session).await);
    assert_eq!(test.post_form(&path, "", &[("password", PASSWORD)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sign_in(&test, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&test, OTHER_PASSWORD).await.status, StatusCode::SEE_OTHER);
});

on_both!(a_link_for_a_new_password_ends_after_half_an_hour_and_follows_no_host_header, |db| async move {
    let test = TestApp::at(db, "https://crm.example.com");
    let owner = test.sign_in_as(Role::Owner).await;
    let (agent, _) = test.member(Role::Agent).await;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/members/{agent}/reset-link"))
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("origin", "https://crm.example.com")
        .header("cookie", &owner);
    let made = test.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(made.status, StatusCode::OK);
    assert!(!made.body.contains("evil.example"));
    let path = link_in(&test, &made, "reset");
    assert!(path.len() >= "/reset/".len() + 22, "at least 128 bits");
    test.advance(Span::from_minutes(30).minus(Span::from_secs(1)));
    assert_eq!(test.get(&path, "").await.status, StatusCode::OK);
    test.advance(Span::from_secs(1));
    assert_eq!(test.get(&path, "").await.status, StatusCode::NOT_FOUND);
});

async fn user_of(test: &TestApp, email: &str) -> UserId {
    let workspace = test.workspace().await;
    workspaces::add_member(&test.app, workspace, email.parse().unwrap(), "Ana", Role::Owner).await.unwrap()
}

on_both!(a_member_changes_his_password_with_the_old_one_and_his_other_sessions_end, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    let (here, there) = (sign_in(&test, PASSWORD).await.cookie(), sign_in(&test, PASSWORD).await.cookie());
    let change = |current, password| [("current", current), ("password", password)];
    let wrong = test.post_form("/account/password", &here, &change("not the old one", OTHER_PASSWORD)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_signed_in(&test, &there).await);
    let right = test.post_form("/account/password", &here, &change(PASSWORD, OTHER_PASSWORD)).await;
    assert_eq!(right.header("location"), "/account?done=password-changed");
    assert!(is_signed_in(&test, &here).await && !is_signed_in(&test, &there).await);
    assert_eq!(sign_in(&test, OTHER_PASSWORD).await.status, StatusCode::SEE_OTHER);
});

// Preferences and settings ------------------------------------------------------------------------

on_both!(language_and_theme_follow_the_member_and_come_back_to_the_page, |db| async move {
    let test = TestApp::new(db);
    let cookie = test.sign_in_as(Role::Viewer).await;
    let form = [("language", "fr"), ("theme", "dark"), ("density", "compact"), ("back", "/account")];
    let chosen = test.post_form("/preferences", &cookie, &form).await;
    assert_eq!((chosen.status, chosen.header("location")), (StatusCode::SEE_OTHER, "/account"));
    let page = test.get("/account", &cookie).await.body;
    assert!(page.contains("<html lang=\"fr\" data-theme=\"dark\" data-density=\"compact\">"));
    let partly = test.post_form("/preferences", &cookie, &[("theme", "light"), ("back", "//evil.example")]).await;
    assert_eq!(partly.header("location"), "/");
    let page = test.get("/account", &cookie).await.body;
    assert!(page.contains("<html lang=\"fr\" data-theme=\"light\" data-density=\"compact\">"));
});

on_both!(who_has_not_signed_in_keeps_his_language_in_a_cookie, |db| async move {
    let test = TestApp::new(db);
    let chosen = test.post_form("/preferences", "", &[("language", "fr")]).await;
    assert_eq!(chosen.cookie(), "entente-language=fr");
    assert!(test.get("/sign-in", &chosen.cookie()).await.body.contains("<html lang=\"fr\""));
    assert!(test.get("/sign-in", "").await.body.contains("<html lang=\"en\""));
    assert!(test.get("/nowhere", &chosen.cookie()).await.body.contains("<html lang=\"fr\""));
});

on_both!(two_people_who_edit_the_settings_at_once_do_not_overwrite_each_other, |db| async move {
    let test = TestApp::new(db);
    let cookie = test.sign_in_as(Role::Admin).await;
    let form = |name, version| {
        [
            ("shop_name", name),
            ("language", "en"),
            ("currency", "GBP"),
            ("country", "GB"),
            ("time_zone", "Europe/London"),
            ("version", version),
        ]
    };
    let saved = test.post_form("/settings", &cookie, &form("First", "1")).await;
    assert_eq!(saved.header("location"), "/settings?done=settings-saved");
    let late = test.post_form("/settings", &cookie, &form("Second", "1")).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("First") && !late.body.contains("Second"));
    let wrong = test.post_form("/settings", &cookie, &form("", "2")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let workspace = test.app.db.read(workspaces::the_first).await.unwrap().unwrap();
    assert_eq!((workspace.settings.name.as_str(), workspace.version), ("First", 2));
    assert_eq!(workspace.settings.currency.to_string(), "GBP");
});

// API keys ----------------------------------------------------------------------------------------

on_both!(an_api_key_is_shown_once_and_only_its_digest_is_kept, |db| async move {
    let test = TestApp::new(db);
    let cookie = test.sign_in_as(Role::Owner).await;
    let form = [("name", "Warehouse"), ("scope-profiles-read", "on"), ("scope-events-write", "on")];
    let made = test.post_form("/settings/keys", &cookie, &form).await;
    assert_eq!(made.status, StatusCode::OK);
    let at = made.body.find("<code>ent_api_").unwrap() + "<code>".len();
    let secret: String = made.body[at..].chars().take_while(|letter| *letter != '<').collect();
    assert_eq!(secret.len(), "ent_api_".len() + 43);
    assert!(!test.get("/settings/keys", &cookie).await.body.contains(&secret));

    let program = workspaces::authenticate(&test.app, &secret).await.unwrap().unwrap();
    assert_eq!(program.scopes, [Scope::EventsWrite, Scope::ProfilesRead]);
    let workspace = test.workspace().await;
    let key = workspaces::list_api_keys(&test.app, workspace).await.unwrap().remove(0);
    assert_eq!(key.prefix, secret[..12]);
    assert_eq!(key.last_used_at, Some(test.now()));
    assert!(!format!("{key:?}").contains(&secret[12..]));
    assert_eq!(workspaces::authenticate(&test.app, &secret[..secret.len() - 1]).await.unwrap().map(|it| it.key), None);
    assert_eq!(workspaces::authenticate(&test.app, "ent_api_").await.unwrap().map(|it| it.key), None);
});

on_both!(an_api_key_ends_when_it_is_revoked_or_expires, |db| async move {
    let test = TestApp::new(db);
    let actor = Actor::system(test.workspace().await);
    let scopes = vec![Scope::ProfilesRead];
    let end = test.now().plus(Span::from_hours(1));
    let create =
        |expires_at| workspaces::create_api_key(&test.app, &actor, "Test".to_owned(), scopes.clone(), expires_at);
    let (short, long) = (create(Some(end)).await.unwrap(), create(None).await.unwrap());
    let works = async |secret: &str| workspaces::authenticate(&test.app, secret).await.unwrap().is_some();
    assert!(works(&short.secret).await && works(&long.secret).await);
    test.advance(Span::from_hours(1));
    assert!(!works(&short.secret).await && works(&long.secret).await);
    workspaces::revoke_api_key(&test.app, &actor, long.id).await.unwrap();
    assert!(!works(&long.secret).await);
    assert!(workspaces::revoke_api_key(&test.app, &actor, long.id).await.is_err());
    assert!(create(Some(test.now())).await.is_err());
});

on_both!(a_key_form_without_a_name_or_a_scope_is_shown_again, |db| async move {
    let test = TestApp::new(db);
    let cookie = test.sign_in_as(Role::Owner).await;
    for form in [
        &[("name", ""), ("scope-profiles-read", "on")][..],
        &[("name", "Warehouse")],
        &[("name", "Warehouse"), ("scope-profiles-read", "on"), ("expires_on", "2025-11-20")],
        &[("name", "Warehouse"), ("scope-profiles-read", "on"), ("expires_on", "tomorrow")],
    ] {
        let answer = test.post_form("/settings/keys", &cookie, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
    }
    let workspace = test.workspace().await;
    assert!(workspaces::list_api_keys(&test.app, workspace).await.unwrap().is_empty());
});

// What stands in front of every route ---------------------------------------------------------------

/// A path of the route with something in the place of each parameter.
fn path_for(route: &str) -> String {
    route
        .split('/')
        .map(|part| if part.starts_with('{') { "00000000-0000-7000-8000-000000000000" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// The answer without its body: some routes never stop sending.
async fn head_of(test: &TestApp, request: Request<Body>) -> axum::http::response::Parts {
    test.router.clone().oneshot(request).await.unwrap().into_parts().0
}

/// As one of our own pages would send it, with an empty form.
fn own_request(test: &TestApp, method: &Method, path: &str, cookie: &str) -> Request<Body> {
    let request = test.request(method.clone(), path, cookie);
    if *method == Method::GET {
        return request.body(Body::empty()).unwrap();
    }
    let request = request
        .header("origin", test.app.settings.public_url.as_str())
        .header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::empty()).unwrap()
}

fn program_request(method: &Method, path: &str, key: &str) -> Request<Body> {
    let request = Request::builder().method(method.clone()).uri(path).header("authorization", format!("Bearer {key}"));
    request.header("content-type", "application/json").body(Body::from("{}")).unwrap()
}

fn is_sent_to_sign_in(answer: &axum::http::response::Parts) -> bool {
    let location = answer.headers.get("location").map(|location| location.to_str().unwrap());
    answer.status == StatusCode::SEE_OTHER && location.is_some_and(|path| path.starts_with("/sign-in?next="))
}

on_both!(every_route_admits_exactly_the_roles_that_its_permission_names, |db| async move {
    let test = TestApp::new(db);
    test.sign_in_as(Role::Owner).await;
    let mut members = Vec::new();
    for role in Role::ALL {
        members.push((role, test.member_called(&format!("matrix-{role}@example.com"), role).await.1));
    }
    let key = test.api_key(&Scope::ALL).await;
    for route in crm::web::route_table().routes {
        let Access::Member(permission) = route.access else { continue };
        let (method, path) = (&route.method, path_for(route.path));
        let what = format!("{method} {path}");
        for request in [own_request(&test, method, &path, ""), own_request(&test, method, &path, "entente=forged")] {
            let anonymous = head_of(&test, request).await;
            match *method {
                Method::GET => assert!(is_sent_to_sign_in(&anonymous), "{what}: {}", anonymous.status),
                _ => assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED, "{what}"),
            }
        }
        for (role, cookie) in &members {
            let answer = head_of(&test, own_request(&test, method, &path, cookie)).await;
            let is_admitted = !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert_eq!(is_admitted, role.may(permission), "{what} as {role}: {}", answer.status);
            assert!(!is_sent_to_sign_in(&answer), "{what} as {role}");
        }
        let program = head_of(&test, program_request(method, &path, &key)).await;
        assert!(program.status.is_client_error(), "{what}: a key is no session");
    }
});

on_both!(every_api_route_admits_exactly_the_scopes_that_its_permission_names, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((scope, test.api_key(&[scope]).await));
    }
    for route in crm::web::route_table().routes {
        let Access::Program(permission) = route.access else { continue };
        let (method, path) = (&route.method, path_for(route.path));
        let what = format!("{method} {path}");
        let with_cookie = head_of(&test, own_request(&test, method, &path, &owner)).await;
        assert_eq!(with_cookie.status, StatusCode::UNAUTHORIZED, "{what}: a cookie is no key");
        let forged = head_of(&test, program_request(method, &path, "ent_api_forged")).await;
        assert_eq!(forged.status, StatusCode::UNAUTHORIZED, "{what}");
        for (scope, key) in &keys {
            let answer = head_of(&test, program_request(method, &path, key)).await;
            let is_admitted = !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert_eq!(is_admitted, scope.may(permission), "{what} with {scope}: {}", answer.status);
        }
    }
});

#[test]
fn every_role_and_every_permission_has_a_place_in_the_matrix() {
    for permission in Permission::ALL {
        assert!(Role::Owner.may(permission), "{permission:?}");
    }
    for role in Role::ALL {
        assert!(role.may(Permission::EditOwnAccount) && role.may(Permission::SeeHome), "{role}");
        assert!(role >= Role::Admin || !role.may(Permission::EditMembers), "{role}");
        // Not a door to any route: what the routes answer is masked without it (`attacks/masks.rs`).
        let sees_contacts = !matches!(role, Role::Viewer | Role::Analyst);
        assert_eq!(role.may(Permission::SeeContact), sees_contacts, "{role}");
    }
    let doors = [Access::Member(Permission::SeeContact), Access::Program(Permission::SeeContact)];
    assert!(crm::web::route_table().routes.iter().all(|route| !doors.contains(&route.access)));
}

on_both!(no_route_of_a_browser_takes_changes_from_another_site, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let own = test.app.settings.public_url.clone();
    let table = crm::web::route_table();
    let form = "application/x-www-form-urlencoded";
    let mut checked = 0;
    for route in &table.routes {
        let is_of_browsers = matches!(route.access, Access::Public | Access::Member(_));
        if !is_of_browsers || route.method == Method::GET {
            continue;
        }
        checked += 1;
        let path = path_for(route.path);
        for headers in [
            &[("content-type", form)][..],
            &[("content-type", form), ("sec-fetch-site", "same-origin")],
            &[("content-type", form), ("origin", "https://evil.example")],
            &[("content-type", form), ("origin", "null")],
            &[("content-type", form), ("origin", &own), ("sec-fetch-site", "cross-site")],
            &[("content-type", form), ("origin", &own), ("sec-fetch-site", "same-site")],
            &[("content-type", "multipart/form-data; boundary=x"), ("origin", "https://evil.example")],
            &[("content-type", "text/plain"), ("origin", &own)],
        ] {
            let mut request = test.request(route.method.clone(), &path, &owner);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = head_of(&test, request.body(Body::from("a=b")).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path} {headers:?}", route.method);
        }
        let is_read_too = table.routes.iter().any(|other| other.method == Method::GET && other.path == route.path);
        if !is_read_too {
            let answer = head_of(&test, own_request(&test, &Method::GET, &path, &owner)).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "GET {path} changes nothing");
        }
    }
    assert!(checked >= 15, "{checked} routes");
    assert!(is_signed_in(&test, &owner).await, "nothing of all that ended the session");
});

fn assert_safe_headers(answer: &axum::http::response::Parts, what: &str) {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(
        header("content-security-policy"),
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        "{what}"
    );
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    let is_for_shops = what.ends_with("/sdk.js") || what.ends_with("/sdk-banner.js");
    let resources = if is_for_shops { "cross-origin" } else { "same-origin" };
    assert_eq!(header("cross-origin-resource-policy"), resources, "{what}");
    assert!(header("permissions-policy").contains("geolocation=()"), "{what}");
    assert_eq!(header("strict-transport-security"), "max-age=63072000; includeSubDomains", "{what}");
    assert_ne!(header("cache-control"), "", "{what}");
}

on_both!(every_answer_carries_the_security_headers, |db| async move {
    let test = TestApp::at(db, "https://crm.example.com");
    let owner = test.sign_in_as(Role::Owner).await;
    for route in crm::web::route_table().routes {
        let path = path_for(route.path);
        let what = format!("{} {path}", route.method);
        for cookie in ["", owner.as_str()] {
            let answer = head_of(&test, own_request(&test, &route.method, &path, cookie)).await;
            assert_safe_headers(&answer, &what);
            if matches!(route.access, Access::Member(_)) {
                assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
            }
        }
    }
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::GET, "/api/v1/nowhere"),
        (Method::DELETE, "/sign-in"),
        (Method::TRACE, "/"),
        (Method::GET, "/assets/nothing.css"),
    ] {
        let answer = head_of(&test, own_request(&test, &method, path, "")).await;
        assert!(answer.status.is_client_error(), "{method} {path}");
        assert_safe_headers(&answer, path);
    }
});

on_both!(errors_are_pages_for_people_and_problems_for_programs, |db| async move {
    let test = TestApp::new(db);
    let page = test.get("/nowhere", "").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert!(page.body.contains("Nothing here"));
    let api = test.get_json("/api/v1/nowhere", "").await;
    assert_eq!((api.status, api.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
    let method = test.send_json(Method::DELETE, "/sign-in", "", &serde_json::json!({})).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.json()["code"], "method_not_allowed");

    let viewer = test.sign_in_as(Role::Viewer).await;
    test.post_form("/preferences", &viewer, &[("language", "fr")]).await;
    let refused = test.get("/settings", &viewer).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("Ce n’est pas pour vous"), "in the language of the member");
});

on_both!(a_body_larger_than_a_megabyte_is_refused, |db| async move {
    let test = TestApp::new(db);
    let large = "x".repeat(1024 * 1024 + 1);
    let answer = test.post_form("/sign-in", "", &[("email", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
});

on_both!(health_says_alive_and_ready, |db| async move {
    let test = TestApp::new(db);
    assert_eq!(test.get("/healthz", "").await.status, StatusCode::OK);
    assert_eq!(test.get("/readyz", "").await.status, StatusCode::OK);
    test.app.db.clone().close().await;
    assert_eq!(test.get("/healthz", "").await.status, StatusCode::OK);
    assert_eq!(test.get("/readyz", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
});
