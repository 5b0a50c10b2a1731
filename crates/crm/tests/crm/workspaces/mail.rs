//! Mail to members, through a mail server that others made: links for forgotten passwords, invitations, words about an
//! account, and what becomes of letters that do not arrive at once.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use crm::kernel::{Actor, Role};
use crm::outbox::{self, LetterLine, State};
use crm::workspaces;
use db::{Db, DbError, sql};
use testkit::app::{Answer, TestApp};
use testkit::mail_server::{MailServer, QUICK, relay_to, some_trust};
use testkit::on_both;
use testkit::ports::free_port;
use words::Span;

use super::second_factor::enrol;
use super::{OTHER_PASSWORD, PASSWORD, is_signed_in, link_in, path_of, set_up, sign_in};

/// Plain: there nobody owes a second factor.
const HOME: &str = "http://crm.shop.example";
const FORM: &str = "/forgot-password";

fn installation(db: Db, server: &MailServer) -> TestApp {
    TestApp::with_relay(db, HOME, server.relay())
}

async fn ask(test: &TestApp, email: &str) -> Answer {
    test.post_form(FORM, "", &[("email", email)]).await
}

/// Lets the worker do what is due.
async fn deliver(test: &TestApp) -> usize {
    outbox::send_due(&test.app).await.unwrap()
}

async fn letters(test: &TestApp) -> Vec<LetterLine> {
    outbox::last_letters(&test.app, test.workspace().await).await.unwrap()
}

async fn rows(test: &TestApp) -> Vec<(String, String)> {
    let all = sql("SELECT kind, state FROM outbox ORDER BY kind, state");
    let read = move |tx: &mut db::Tx<'_>| tx.query(all, &[], |row| Ok((row.get(0)?, row.get(1)?)));
    let found: Result<Vec<(String, String)>, DbError> = test.app.db.read(read).await;
    found.unwrap()
}

on_both!(a_forgotten_password_is_chosen_anew_by_a_link_in_a_letter, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    set_up(&test).await;
    let session = sign_in(&test, PASSWORD).await.cookie();
    let page = test.get("/sign-in", "").await;
    assert!(page.body.contains("href=\"/forgot-password\""));
    assert_eq!(test.get(FORM, "").await.status, StatusCode::OK);

    let asked = ask(&test, " Ana@Example.com ").await;
    assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, "/forgot-password/sent"));
    assert!(test.get("/forgot-password/sent", "").await.body.contains("Look into your inbox"));
    deliver(&test).await;
    let letter = server.wait_for("ana@example.com", 1).remove(0);
    // She chose French when she set the shop up.
    assert_eq!(letter.header("subject"), "Chez Ana\u{a0}: choisissez un nouveau mot de passe");
    assert!(letter.text().contains("Bonjour Ana Martin,"));
    let path = path_of(&test, &letter.link()).to_owned();
    assert!(path.starts_with("/reset/") && letter.html().contains(&format!("href=\"{HOME}{path}\"")));

    assert_eq!(test.get(&path, "").await.status, StatusCode::OK);
    let done = test.post_form(&path, "", &[("password", OTHER_PASSWORD)]).await;
    assert_eq!(done.header("location"), "/sign-in?done=password-reset");
    assert!(!is_signed_in(&test, &session).await, "every session ended");
    assert_eq!(test.post_form(&path, "", &[("password", PASSWORD)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sign_in(&test, OTHER_PASSWORD).await.status, StatusCode::SEE_OTHER);
    deliver(&test).await;
    let told = server.wait_for("ana@example.com", 2).remove(1);
    assert!(told.header("subject").contains("nouveau mot de passe a été choisi"), "{}", told.header("subject"));
    assert!(!told.whole().contains("/reset/"), "a word about an account holds no secret");
});

on_both!(a_link_by_mail_ends_after_half_an_hour_and_leaves_the_second_factor, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let cookie = set_up(&test).await.cookie();
    enrol(&test, &cookie).await;
    ask(&test, "ana@example.com").await;
    deliver(&test).await;
    let link = |at: usize| {
        let all = server.letters_to("ana@example.com");
        all.iter().filter(|letter| letter.text().contains("/reset/")).nth(at).map(testkit::mail_server::Arrived::link)
    };
    server.wait_for("ana@example.com", 2);
    let first = link(0).unwrap();
    test.advance(Span::from_minutes(30));
    assert_eq!(test.get(path_of(&test, &first), "").await.status, StatusCode::NOT_FOUND);

    ask(&test, "ana@example.com").await;
    deliver(&test).await;
    server.wait_for("ana@example.com", 3);
    let second = link(1).unwrap();
    test.post_form(path_of(&test, &second), "", &[("password", OTHER_PASSWORD)]).await;
    let entered = sign_in(&test, OTHER_PASSWORD).await;
    assert_eq!(entered.header("location"), "/sign-in/second-step?next=/");
});

on_both!(no_host_of_a_request_gets_into_a_letter, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    set_up(&test).await;
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-original-url", "https://evil.example/"),
        ("x-host", "evil.example"),
    ];
    for (name, value) in headers {
        test.advance(Span::from_hours(2));
        let request = Request::builder()
            .method(Method::POST)
            .uri(FORM)
            .header("host", if name == "host" { value } else { "crm.shop.example" })
            .header(name, value)
            .header("origin", HOME)
            .header("content-type", "application/x-www-form-urlencoded");
        let asked = test.send(request.body(Body::from("email=ana%40example.com")).unwrap()).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{name}");
        deliver(&test).await;
    }
    for letter in server.wait_for("ana@example.com", headers.len()) {
        assert!(letter.link().starts_with(&format!("{HOME}/reset/")), "{}", letter.link());
        assert!(!letter.whole().contains("evil"));
    }
});

on_both!(nobody_learns_from_the_form_who_has_an_account, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    set_up(&test).await;
    let (gone, _) = test.member_called("gone@example.com", Role::Viewer).await;
    let owner = sign_in(&test, PASSWORD).await.cookie();
    test.post_form(&format!("/members/{gone}/disable"), &owner, &[]).await;
    deliver(&test).await;
    server.wait_for("gone@example.com", 1);

    let mut answers = BTreeSet::new();
    for email in
        ["ana@example.com", "nobody@example.com", "gone@example.com", "no address", "", "ana@example.com\r\nBcc: x"]
    {
        let answer = ask(&test, email).await;
        let headers: Vec<String> =
            answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        answers.insert((answer.status.as_u16(), headers, answer.body));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // As many rows for each; those to nobody are thrown away by who would send them.
    let reset = rows(&test).await.into_iter().filter(|(_, state)| state == "waiting").count();
    assert_eq!(reset, 6);
    deliver(&test).await;
    server.wait_for("ana@example.com", 1);
    assert_eq!(server.letters().len(), 2, "one to Ana, and the one before");
    assert!(rows(&test).await.iter().all(|(kind, state)| kind != "nobody" && state == "sent"));
});

on_both!(nobodys_inbox_is_filled_and_a_network_that_asks_too_often_waits, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    set_up(&test).await;
    for _ in 0..10 {
        assert_eq!(ask(&test, "ana@example.com").await.status, StatusCode::SEE_OTHER);
    }
    deliver(&test).await;
    server.wait_for("ana@example.com", 3);
    let mut last = ask(&test, "nobody@example.com").await;
    for number in 0..40 {
        last = ask(&test, &format!("nobody{number}@example.com")).await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!last.header("retry-after").is_empty());
    // Asking for letters takes nothing from signing in.
    assert_eq!(sign_in(&test, PASSWORD).await.status, StatusCode::SEE_OTHER);
    test.advance(Span::from_minutes(20));
    ask(&test, "ana@example.com").await;
    deliver(&test).await;
    server.wait_for("ana@example.com", 4);
});

on_both!(an_invitation_goes_by_mail_and_is_shown_too, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let owner = set_up(&test).await.cookie();
    let invited = [("email", "luc@example.com"), ("role", "agent")];
    let shown = test.post_form("/members/invite", &owner, &invited).await;
    assert!(shown.body.contains("luc@example.com") && shown.body.contains("part par e-mail"), "{}", shown.body);
    let path = link_in(&test, &shown, "join");
    deliver(&test).await;
    let letter = server.wait_for("luc@example.com", 1).remove(0);
    assert_eq!(letter.link(), format!("{HOME}{path}"));
    assert_eq!(letter.header("subject"), "Vous êtes invité à rejoindre Chez Ana");
    let members = test.get("/members", &owner).await;
    assert!(members.body.contains("envoyé"), "the list says that it was sent");
    let joined = [("name", "Luc"), ("password", OTHER_PASSWORD)];
    assert_eq!(test.post_form(&path, "", &joined).await.status, StatusCode::SEE_OTHER);
});

on_both!(an_invitation_that_is_over_before_its_letter_left_is_not_sent, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let owner = set_up(&test).await.cookie();
    for email in ["luc@example.com", "eva@example.com", "eva@example.com"] {
        test.post_form("/members/invite", &owner, &[("email", email), ("role", "agent")]).await;
    }
    assert_eq!(rows(&test).await.len(), 2, "the second invitation of Eva stands for the first");
    let page = test.get("/members", &owner).await.body;
    let (_, row) = page.split_once("luc@example.com").expect("the invitation is listed");
    let (_, at) = row.split_once("/members/invitations/").expect("it can be withdrawn");
    let withdraw = format!("/members/invitations/{}", at.split('"').next().unwrap());
    assert_eq!(test.post_form(&withdraw, &owner, &[]).await.header("location"), "/members?done=invitation-withdrawn");
    assert_eq!(rows(&test).await, [("invitation".to_owned(), "waiting".to_owned())]);
    deliver(&test).await;
    server.wait_for("eva@example.com", 1);
    assert_eq!(server.letters().len(), 1);
});

#[test]
fn no_preposition_stands_before_the_name_of_a_shop() {
    for language in ["fr", "en"] {
        let file = testkit::process::repository().join(format!("locales/{language}/mail.ftl"));
        for line in std::fs::read_to_string(file).unwrap().lines() {
            for (at, _) in line.match_indices("{ $shop }") {
                let word = line[..at].trim_end().rsplit([' ', '=']).next().unwrap();
                let is_verb = ["rejoindre", "pas", "join", "know"].contains(&word);
                assert!(word.is_empty() || is_verb, "{language}: {line}");
            }
        }
    }
}

/// Subjects of the letters to somebody, in the order in which they came.
fn subjects(server: &MailServer, to: &str, count: usize) -> Vec<String> {
    server.wait_for(to, count).iter().map(|letter| letter.header("subject")).collect()
}

on_both!(members_are_told_of_what_changes_in_their_account_whoever_did_it, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let owner = set_up(&test).await.cookie();
    let (luc, luc_cookie) = test.member_called("luc@example.com", Role::Viewer).await;
    deliver(&test).await;
    assert_eq!(server.letters().len(), 0, "who makes a shop or is added is told nothing");

    let change = [("current", PASSWORD), ("password", OTHER_PASSWORD)];
    test.post_form("/account/password", &owner, &change).await;
    let phone = enrol(&test, &owner).await;
    assert!(!phone.code(&test).is_empty());
    for (verb, form) in [("role", &[("role", "agent")][..]), ("disable", &[]), ("enable", &[]), ("reset-link", &[])] {
        let answer = test.post_form(&format!("/members/{luc}/{verb}"), &owner, form).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{verb}: {}", answer.body);
        // Letters of one instant have no order.
        deliver(&test).await;
        test.advance(Span::from_secs(1));
    }
    test.post_form(&format!("/members/{luc}/remove"), &owner, &[]).await;
    deliver(&test).await;
    assert_eq!(
        subjects(&server, "luc@example.com", 5),
        [
            "Chez Ana\u{a0}: votre rôle a changé",
            "Chez Ana\u{a0}: vous ne pouvez plus vous connecter",
            "Chez Ana\u{a0}: vous pouvez de nouveau vous connecter",
            "Chez Ana\u{a0}: un lien pour un nouveau mot de passe a été créé pour vous",
            "Chez Ana\u{a0}: vous n’êtes plus membre",
        ]
    );
    assert_eq!(
        subjects(&server, "ana@example.com", 2),
        ["Chez Ana\u{a0}: votre mot de passe a été changé", "Chez Ana\u{a0}: second facteur activé pour votre compte"]
    );
    let role = &server.letters_to("luc@example.com")[0];
    assert!(role.text().contains("Conseiller"), "{}", role.text());
    assert!(role.text().contains("administrateur"), "another did it: {}", role.text());
    let changed = &server.letters_to("ana@example.com")[0];
    assert!(changed.text().contains("connectée en votre nom"), "she did it: {}", changed.text());
    assert!(changed.text().contains(&format!("{HOME}/account")));
    assert!(server.letters().iter().all(|letter| !letter.whole().contains("/reset/")), "no notice holds a secret");
    drop(luc_cookie);
});

on_both!(a_sign_in_with_a_new_browser_is_told_once, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    set_up(&test).await;
    deliver(&test).await;
    let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    ];
    let enter = async |agent: &str| {
        let request = test
            .request(Method::POST, "/sign-in", "")
            .header("origin", HOME)
            .header("user-agent", agent)
            .header("content-type", "application/x-www-form-urlencoded");
        let form = testkit::app::form_body(&[("email", "ana@example.com"), ("password", PASSWORD)]);
        assert_eq!(test.send(request.body(Body::from(form)).unwrap()).await.status, StatusCode::SEE_OTHER);
        deliver(&test).await;
    };
    // While she makes her account nothing is new.
    enter(agents[0]).await;
    test.advance(Span::from_hours(1));
    enter(agents[0]).await;
    assert_eq!(server.letters().len(), 0);
    enter(agents[1]).await;
    enter(agents[1]).await;
    let letter = server.wait_for("ana@example.com", 1).remove(0);
    assert!(letter.text().contains("Firefox · Linux"), "{}", letter.text());
    test.advance(Span::from_days(91));
    enter(agents[0]).await;
    server.wait_for("ana@example.com", 2);
});

on_both!(without_a_mail_server_links_are_shown_and_nothing_waits, |db| async move {
    let test = TestApp::new(db);
    let owner = set_up(&test).await.cookie();
    let page = test.get("/sign-in", "").await;
    assert!(page.body.contains("An administrator of your shop") && !page.body.contains("/forgot-password"));
    assert!(test.get(FORM, "").await.body.contains("An administrator of your shop"));
    assert_eq!(ask(&test, "ana@example.com").await.status, StatusCode::OK);
    let shown = test.post_form("/members/invite", &owner, &[("email", "luc@example.com"), ("role", "agent")]).await;
    link_in(&test, &shown, "join");
    test.post_form("/account/password", &owner, &[("current", PASSWORD), ("password", OTHER_PASSWORD)]).await;
    test.post_form("/settings/mail/test", &owner, &[]).await;
    let settings = test.get("/settings/mail", &owner).await;
    assert!(settings.body.contains("smtp_url"), "{}", settings.body);
    assert_eq!(deliver(&test).await, 0);
    assert_eq!(rows(&test).await, []);
});

on_both!(a_test_mail_goes_to_oneself_and_the_settings_tell_what_came_of_it, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let owner = set_up(&test).await.cookie();
    let (_, unlucky) = test.member_called("refused@example.com", Role::Owner).await;
    for (cookie, told) in [(&owner, "envoyé"), (&unlucky, "550")] {
        // The page waits a little for the answer, and the worker is this test.
        let (sent, _) = tokio::join!(test.post_form("/settings/mail/test", cookie, &[]), async {
            for _ in 0..500 {
                if deliver(&test).await > 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        });
        assert_eq!(sent.header("location"), "/settings/mail");
        let page = test.get("/settings/mail", &owner).await;
        assert!(page.body.contains(told) && page.body.contains("127.0.0.1"), "{}", page.body);
        assert!(!page.body.contains("refused@example.com"), "addresses are not told");
    }
    assert_eq!(server.wait_for("ana@example.com", 1)[0].header("subject"), "Chez Ana\u{a0}: les e-mails arrivent");
});

on_both!(every_letter_is_well_formed_and_no_name_becomes_a_header, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let owner = set_up(&test).await.cookie();
    let evil = "Ana\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>\u{0}";
    test.post_form("/account/name", &owner, &[("name", evil)]).await;
    let shop = [
        ("shop_name", "Chez\r\nBcc: eve@example.com\r\n.\r\nMAIL FROM:<eve@example.com>"),
        ("language", "fr"),
        ("currency", "EUR"),
        ("country", "FR"),
        ("time_zone", "Europe/Paris"),
        ("version", "1"),
    ];
    assert_eq!(test.post_form("/settings", &owner, &shop).await.status, StatusCode::SEE_OTHER);
    for (email, role) in
        [("luc@exämple.com", "agent"), ("\"a b\"@example.com", "viewer"), ("x@example.com\r\nBcc: e@e.fr", "viewer")]
    {
        test.post_form("/members/invite", &owner, &[("email", email), ("role", role)]).await;
    }
    test.post_form("/account/password", &owner, &[("current", PASSWORD), ("password", OTHER_PASSWORD)]).await;
    ask(&test, "ana@example.com").await;
    deliver(&test).await;
    server.wait_for("ana@example.com", 2);
    server.wait_for("luc@xn--exmple-cua.com", 1);
    let mut ids = BTreeSet::new();
    for letter in server.letters() {
        assert_eq!(letter.defects(), [""; 0], "{}", letter.whole());
        assert_eq!(letter.header("bcc"), "");
        assert_eq!(letter.header("auto-submitted"), "auto-generated");
        assert_eq!(letter.header("from"), "L’Atelier <crm@shop.example>");
        assert_eq!(letter.header("to"), letter.to());
        assert_eq!(letter.header("content-language"), "fr");
        assert!(!letter.header("date").is_empty());
        assert!(ids.insert(letter.header("message-id")) && letter.header("message-id").ends_with("@shop.example>"));
        assert!(!letter.html().contains("<script") && !letter.html().contains("src="), "{}", letter.html());
    }
    assert!(server.letters().iter().all(|letter| letter.to() != "eve@example.com"));
});

/// What each letter came to, by the name before the `@`.
async fn fates(
    test: &TestApp,
    ids: &BTreeMap<uuid::Uuid, &'static str>,
) -> BTreeMap<&'static str, (State, String, i64)> {
    let lines = letters(test).await.into_iter();
    lines.map(|line| (ids[&line.id], (line.state, line.trouble, line.tries))).collect()
}

const FAULTS: [&str; 10] = [
    "refused",
    "greylisted",
    "content-refused",
    "full",
    "drops-early",
    "hangs-early",
    "drops-once",
    "drops-late",
    "hangs-late",
    "garbage",
];

on_both!(whatever_the_mail_server_does_each_letter_ends_as_promised, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let workspace = test.workspace().await;
    let mut ids = BTreeMap::new();
    for name in FAULTS {
        let email = format!("{name}@example.com").parse().unwrap();
        workspaces::invite(&test.app, &Actor::system(workspace), email, Role::Viewer).await.unwrap();
        let known: BTreeSet<_> = ids.keys().copied().collect();
        let line = letters(&test).await.into_iter().find(|line| !known.contains(&line.id)).unwrap();
        ids.insert(line.id, name);
    }
    deliver(&test).await;
    let told = |state: State, trouble: &str, tries: i64| (state, trouble.to_owned(), tries);
    let first = fates(&test, &ids).await;
    assert_eq!(first["refused"], told(State::Refused, "recipient 550", 1));
    assert_eq!(first["greylisted"], told(State::Waiting, "recipient 451", 1));
    assert_eq!(first["content-refused"], told(State::Refused, "answer 554", 1));
    assert_eq!(first["full"], told(State::Waiting, "answer 452", 1));
    assert_eq!(first["drops-early"], told(State::Waiting, "recipient broken-off", 1));
    assert_eq!(first["hangs-early"], told(State::Waiting, "recipient late", 1));
    assert_eq!(first["drops-once"], told(State::Waiting, "answer broken-off", 1));
    assert_eq!(first["drops-late"], told(State::Waiting, "answer broken-off", 1));
    assert_eq!(first["hangs-late"], told(State::Waiting, "answer late", 1));
    assert_eq!(first["garbage"], told(State::Waiting, "answer broken-off", 1));
    assert_eq!(deliver(&test).await, 0, "nothing is tried again at once");

    test.advance(Span::from_minutes(1));
    deliver(&test).await;
    let second = fates(&test, &ids).await;
    assert_eq!(second["greylisted"], told(State::Sent, "", 2));
    assert_eq!(second["drops-once"], told(State::Sent, "", 2));
    assert_eq!(second["drops-late"], told(State::Uncertain, "answer broken-off", 2));
    assert_eq!(second["hangs-late"], told(State::Uncertain, "answer late", 2));
    assert_eq!(second["garbage"], told(State::Uncertain, "answer broken-off", 2));
    assert_eq!(second["full"], told(State::Waiting, "answer 452", 2));

    // What may have gone is not sent a third time, and what cannot go ends.
    for _ in 0..5 {
        test.advance(Span::from_hours(12));
        deliver(&test).await;
    }
    let last = fates(&test, &ids).await;
    assert!(last.values().all(|(state, ..)| state.is_decided()), "{last:?}");
    for name in ["full", "drops-early", "hangs-early"] {
        assert_eq!(last[name].0, State::Expired, "{name}");
    }
    for (name, copies) in [("drops-once", 2), ("drops-late", 2), ("hangs-late", 2), ("garbage", 2), ("greylisted", 1)] {
        let arrived = server.wait_for(&format!("{name}@example.com"), copies);
        let ids: BTreeSet<String> = arrived.iter().map(|letter| letter.header("message-id")).collect();
        assert_eq!(ids.len(), 1, "{name}: every copy is the same letter");
    }
    let left = sql("SELECT COUNT(*) FROM outbox WHERE letter IS NOT NULL");
    let left: Result<i64, DbError> = test.app.db.read(move |tx| tx.query_one(left, &[], |row| row.get(0))).await;
    assert_eq!(left.unwrap(), 0, "what was decided says nothing any more");
    test.advance(Span::from_days(31));
    deliver(&test).await;
    assert_eq!(letters(&test).await, []);
});

on_both!(letters_wait_while_the_mail_server_is_away_and_follow_each_other_on_one_connection, |db| async move {
    let port = free_port();
    let relay = relay_to(&format!("smtp://127.0.0.1:{port}"), &some_trust(), QUICK);
    let test = TestApp::with_relay(db, HOME, relay);
    let actor = Actor::system(test.workspace().await);
    for number in 0..5 {
        let email = format!("guest{number}@example.com").parse().unwrap();
        workspaces::invite(&test.app, &actor, email, Role::Viewer).await.unwrap();
    }
    deliver(&test).await;
    assert!(
        letters(&test).await.iter().all(|line| line.state == State::Waiting && line.trouble == "connect unreachable")
    );
    let Some(server) = MailServer::start_with(&serde_json::json!({"port": port})) else { return };
    test.advance(Span::from_minutes(1));
    deliver(&test).await;
    let peers: BTreeSet<u64> =
        (0..5).map(|number| server.wait_for(&format!("guest{number}@example.com"), 1)[0].peer()).collect();
    assert_eq!(peers.len(), 1, "one connection for all");
    assert!(letters(&test).await.iter().all(|line| line.state == State::Sent && line.trouble.is_empty()));
});

on_both!(a_letter_that_a_dead_process_was_handing_over_goes_once_more_and_is_then_uncertain, |db| async move {
    let Some(server) = MailServer::start() else { return };
    let test = installation(db, &server);
    let actor = Actor::system(test.workspace().await);
    for email in ["once@example.com", "twice@example.com"] {
        workspaces::invite(&test.app, &actor, email.parse().unwrap(), Role::Viewer).await.unwrap();
    }
    let die = async |doubts: i64| {
        let die = sql("UPDATE outbox SET state = 'handed', tries = tries + 1, doubts = $1 WHERE state = 'waiting'");
        let died: Result<usize, DbError> = test.app.db.write(move |tx| tx.execute(die, &[&doubts])).await;
        died.unwrap()
    };
    assert_eq!(die(0).await, 2);
    deliver(&test).await;
    server.wait_for("once@example.com", 1);
    server.wait_for("twice@example.com", 1);
    workspaces::invite(&test.app, &actor, "lost@example.com".parse().unwrap(), Role::Viewer).await.unwrap();
    die(1).await;
    deliver(&test).await;
    let states: Vec<State> = letters(&test).await.iter().map(|line| line.state).collect();
    assert_eq!(states.iter().filter(|state| **state == State::Uncertain).count(), 1, "{states:?}");
    assert_eq!(server.letters_to("lost@example.com").len(), 0);
});
