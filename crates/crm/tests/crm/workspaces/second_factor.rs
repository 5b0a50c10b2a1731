//! The second factor, and what it guards: every way in, the secrets at rest, and proofs that are asked for anew.

use axum::http::{Method, StatusCode};
use crm::kernel::{Access, Actor, Proof, Role, Vault};
use crm::workspaces;
use db::{DbError, sql};
use testkit::app::{Answer, TestApp};
use testkit::on_both;
use totp_rs::{Algorithm, Secret, TOTP};
use words::{Span, UserId};

use super::{PASSWORD, head_of, is_signed_in, link_in, own_request, path_for, path_of, set_up, sign_in};

const BEGIN: &str = "/account/second-factor/begin";
const CONFIRM: &str = "/account/second-factor/confirm";
const STEP: &str = "/sign-in/second-step";

/// A member's phone, and what he wrote down.
pub struct Phone {
    app: TOTP,
    key: String,
    recovery_codes: Vec<String>,
}

impl Phone {
    pub fn code(&self, test: &TestApp) -> String {
        self.app.generate(test.now().as_millis().unsigned_abs() / 1000)
    }
}

/// What stands in the first `<code>` of a page.
fn shown_code(answer: &Answer) -> String {
    let start = answer.body.find("<code>").unwrap_or_else(|| panic!("no code in {}", answer.body)) + "<code>".len();
    answer.body[start..].chars().take_while(|letter| *letter != '<').collect()
}

/// Sets the second factor up as its page asks.
pub async fn enrol(test: &TestApp, cookie: &str) -> Phone {
    assert_eq!(test.post_form(BEGIN, cookie, &[]).await.header("location"), "/account/second-factor");
    let page = test.get("/account/second-factor", cookie).await;
    assert!(page.body.contains("class=\"qr-code\""), "the page shows a picture");
    let key = shown_code(&page).replace(' ', "");
    let seed = Secret::Encoded(key.clone()).to_bytes().unwrap();
    let app = TOTP::new(Algorithm::SHA1, 6, 0, 30, seed).unwrap();
    let mut phone = Phone { app, key, recovery_codes: Vec::new() };
    let done = test.post_form(CONFIRM, cookie, &[("code", &phone.code(test))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    phone.recovery_codes = shown_code(&done).lines().map(str::to_owned).collect();
    assert_eq!(phone.recovery_codes.len(), 10);
    // The code that was just used counts once.
    test.advance(Span::from_secs(60));
    phone
}

/// An owner who has a second factor, and the session he set it up in.
async fn owner_with_phone(test: &TestApp) -> (String, Phone) {
    let cookie = set_up(test).await.cookie();
    let phone = enrol(test, &cookie).await;
    (cookie, phone)
}

/// The cookie of the second step after a right password.
async fn first_step(test: &TestApp) -> String {
    let answer = sign_in(test, PASSWORD).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/sign-in/second-step?next=/"));
    let cookie = answer.cookie();
    assert!(cookie.starts_with("entente-step="), "{cookie}");
    cookie
}

on_both!(after_the_password_a_code_of_the_app_is_asked_for, |db| async move {
    let test = TestApp::new(db);
    let (_, phone) = owner_with_phone(&test).await;
    let step = first_step(&test).await;
    assert!(!is_signed_in(&test, &step).await, "the password alone is no session");
    let page = test.get(STEP, &step).await;
    assert!(page.status == StatusCode::OK && page.body.contains("one-time-code"));
    assert_eq!(test.get(STEP, "").await.header("location"), "/sign-in");

    for wrong in ["000000", "", "12345", "not a code"] {
        let answer = test.post_form(STEP, &step, &[("code", wrong)]).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::UNPROCESSABLE_ENTITY, ""), "{wrong}");
    }
    let form = [("code", phone.code(&test)), ("next", "/members".to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let right = test.post_form(STEP, &step, &form).await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, "/members"));
    assert!(is_signed_in(&test, &right.cookie()).await);
    assert_eq!(test.post_form(STEP, &step, &form).await.header("location"), "/sign-in", "the step is used up");
});

on_both!(fifty_replays_of_one_code_at_once_let_one_in, |db| async move {
    let test = TestApp::new(db);
    let (_, phone) = owner_with_phone(&test).await;
    let (step, code) = (first_step(&test).await, phone.code(&test));
    let form = [("code", code.as_str())];
    let mut replays = Vec::new();
    for _ in 0..50 {
        replays.push(test.post_form(STEP, &step, &form));
    }
    let mut entered = 0;
    for answer in join_all(replays).await {
        let is_in = answer.cookie().starts_with("entente=");
        entered += usize::from(is_in);
        let refused = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::TOO_MANY_REQUESTS, StatusCode::SEE_OTHER];
        assert!(is_in || refused.contains(&answer.status), "{}", answer.status);
    }
    assert_eq!(entered, 1);

    test.advance(Span::from_minutes(6));
    let (first, second, code) = (first_step(&test).await, first_step(&test).await, phone.code(&test));
    let form = [("code", code.as_str())];
    assert!(is_signed_in(&test, &test.post_form(STEP, &first, &form).await.cookie()).await);
    let replayed = test.post_form(STEP, &second, &form).await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY, "a code that was seen over a shoulder");
});

/// Lets all of them go on at once, on this thread.
pub(super) async fn join_all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, answer) in &mut waiting {
            if answer.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        if waiting.iter().any(|(_, answer)| answer.is_none()) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(waiting.iter_mut().filter_map(|(_, answer)| answer.take()).collect())
    })
    .await
}

on_both!(codes_are_tried_five_times_a_minute_at_most, |db| async move {
    let test = TestApp::new(db);
    let (_, phone) = owner_with_phone(&test).await;
    test.advance(Span::from_minutes(10));
    let step = first_step(&test).await;
    for _ in 0..5 {
        assert_eq!(test.post_form(STEP, &step, &[("code", "000000")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Another first step buys no more tries.
    for step in [&step, &first_step(&test).await] {
        let right = test.post_form(STEP, step, &[("code", &phone.code(&test))]).await;
        assert_eq!((right.status, right.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "61"));
    }
    test.advance(Span::from_minutes(1));
    let right = test.post_form(STEP, &step, &[("code", &phone.code(&test))]).await;
    assert!(is_signed_in(&test, &right.cookie()).await);
});

on_both!(a_recovery_code_lets_in_once, |db| async move {
    let test = TestApp::new(db);
    let (cookie, phone) = owner_with_phone(&test).await;
    let [one, two] = [&phone.recovery_codes[0], &phone.recovery_codes[1]];
    assert!(one != two && one.len() == 29, "five groups of five of 32 letters: 125 bits");
    let step = first_step(&test).await;
    let spoken = one.to_uppercase().replace('-', " ");
    assert!(is_signed_in(&test, &test.post_form(STEP, &step, &[("code", &spoken)]).await.cookie()).await);
    let again = test.post_form(STEP, &first_step(&test).await, &[("code", one)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(test.get("/account/second-factor", &cookie).await.body.contains("Il reste 9 codes de secours"));

    let renewed = test.post_form("/account/second-factor/recovery-codes", &cookie, &[]).await;
    assert_eq!(shown_code(&renewed).lines().count(), 10);
    let old = test.post_form(STEP, &first_step(&test).await, &[("code", two)]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY, "new codes end the old ones");
});

on_both!(setting_up_and_giving_up_a_second_factor_end_the_other_sessions, |db| async move {
    let test = TestApp::new(db);
    let here = set_up(&test).await.cookie();
    let there = sign_in(&test, PASSWORD).await.cookie();
    let phone = enrol(&test, &here).await;
    assert!(is_signed_in(&test, &here).await && !is_signed_in(&test, &there).await);
    let step = first_step(&test).await;
    let there = test.post_form(STEP, &step, &[("code", &phone.code(&test))]).await.cookie();
    assert!(is_signed_in(&test, &there).await);
    test.post_form("/account/second-factor/remove", &here, &[]).await;
    assert!(is_signed_in(&test, &here).await && !is_signed_in(&test, &there).await);
    assert!(is_signed_in(&test, &sign_in(&test, PASSWORD).await.cookie()).await);
});

on_both!(a_seed_that_is_in_use_is_not_replaced_by_beginning_again, |db| async move {
    let test = TestApp::new(db);
    let (cookie, phone) = owner_with_phone(&test).await;
    test.post_form(BEGIN, &cookie, &[]).await;
    assert!(!test.get("/account/second-factor", &cookie).await.body.contains("qr-code"));
    let step = first_step(&test).await;
    assert!(is_signed_in(&test, &test.post_form(STEP, &step, &[("code", &phone.code(&test))]).await.cookie()).await);
});

// Every way in --------------------------------------------------------------------------------------

on_both!(no_way_in_leads_around_the_second_factor, |db| async move {
    let test = TestApp::new(db);
    let (owner, phone) = owner_with_phone(&test).await;
    let asked = |answer: &Answer| {
        assert!(answer.header("location").starts_with("/sign-in/second-step"), "{}", answer.header("location"));
        assert!(answer.cookie().starts_with("entente-step="));
    };

    // An invitation to another shop, accepted with the password.
    let settings = workspaces::ShopSettings::of_a_new_installation(crm::kernel::Language::English);
    let other = workspaces::create_workspace(&test.app, settings).await.unwrap();
    let email: words::EmailAddress = "ana@example.com".parse().unwrap();
    let url = workspaces::invite(&test.app, &Actor::system(other), email.clone(), Role::Viewer).await.unwrap();
    asked(&test.post_form(path_of(&test, &url), "", &[("password", PASSWORD)]).await);

    // The one-click link of the demo shop.
    let (workspace, user) = (test.workspace().await, owner_id(&test).await);
    let url = workspaces::make_sign_in_link(&test.app, workspace, user).await.unwrap();
    asked(&test.post_form(path_of(&test, &url), "", &[]).await);

    // A new password: by the command line, and by a link.
    let new_password = "nine patient herons at dusk";
    workspaces::create_owner(&test.app, email, new_password.to_owned(), crm::kernel::Language::English).await.unwrap();
    assert!(!is_signed_in(&test, &owner).await);
    asked(&sign_in(&test, new_password).await);
    let (agent, session) = test.member_called("luc@example.com", Role::Agent).await;
    let before = enrol(&test, &session).await;
    let step = sign_in(&test, new_password).await.cookie();
    let owner = test.post_form(STEP, &step, &[("code", &phone.code(&test))]).await.cookie();
    let made = test.post_form(&format!("/members/{agent}/reset-link"), &owner, &[]).await;
    let link = link_in(&test, &made, "reset");
    let reset = test.post_form(&link, "", &[("password", PASSWORD)]).await;
    assert_eq!((reset.header("location"), reset.header("set-cookie")), ("/sign-in?done=password-reset", ""));
    let form = [("email", "luc@example.com"), ("password", PASSWORD)];
    let step = test.post_form("/sign-in", "", &form).await;
    asked(&step);
    let entered = test.post_form(STEP, &step.cookie(), &[("code", &before.code(&test))]).await;
    assert!(is_signed_in(&test, &entered.cookie()).await, "the phone still counts after a new password");

    // A key is no session, and a session's cookie is no key: the program routes know neither second step nor cookie.
    let programs =
        crm::web::route_table().routes.into_iter().filter(|route| matches!(route.access, Access::Program(_)));
    for route in programs {
        let answer = head_of(&test, own_request(&test, &route.method, &path_for(route.path), &step.cookie())).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", route.path);
    }
});

async fn owner_id(test: &TestApp) -> UserId {
    let actor = Actor::system(test.workspace().await);
    let members = workspaces::list_members(&test.app, &actor).await.unwrap();
    members.iter().find(|member| member.role == Role::Owner).unwrap().user
}

on_both!(who_owes_a_second_factor_can_do_nothing_but_set_one_up, |db| async move {
    let test = TestApp::new(db);
    let owner = test.sign_in_as(Role::Owner).await;
    let saved = test.post_form("/settings/security", &owner, &[("role-agent", "on"), ("role-owner", "on")]).await;
    assert_eq!(saved.header("location"), "/settings/security?done=security-saved");
    let agent = test.sign_in_as(Role::Agent).await;
    let viewer = test.sign_in_as(Role::Viewer).await;
    assert_eq!(test.get("/people", &viewer).await.status, StatusCode::OK, "viewers are not asked");
    let mut open = Vec::new();
    for route in crm::web::route_table().routes {
        let Access::Member(_) = route.access else { continue };
        let path = path_for(route.path);
        for cookie in [&agent, &owner] {
            let answer = head_of(&test, own_request(&test, &route.method, &path, cookie)).await;
            let location = answer.headers.get("location").map(|location| location.to_str().unwrap());
            let is_led_away = answer.status == StatusCode::SEE_OTHER && location == Some("/account/second-factor");
            match route.proof {
                Proof::Full | Proof::Fresh => assert!(is_led_away, "{} {path}: {}", route.method, answer.status),
                Proof::Owing | Proof::FreshOwing => assert_ne!(answer.status, StatusCode::FORBIDDEN, "{path}"),
            }
        }
        if matches!(route.proof, Proof::Owing | Proof::FreshOwing) {
            open.push(format!("{} {}", route.method, route.path));
        }
    }
    open.sort();
    let expected = [
        "GET /account/confirm",
        "GET /account/passkeys/add",
        "GET /account/second-factor",
        "POST /account/confirm",
        "POST /account/confirm/passkey",
        "POST /account/confirm/passkey/options",
        "POST /account/confirm/sso",
        "POST /account/passkeys",
        "POST /account/passkeys/options",
        "POST /account/second-factor/begin",
        "POST /account/second-factor/confirm",
    ];
    assert_eq!(open, expected);
    let program = test.get_json("/people", &test.api_key(&crm::kernel::Scope::ALL).await).await;
    assert!(program.status.is_client_error());

    enrol(&test, &agent).await;
    assert_eq!(test.get("/people", &agent).await.status, StatusCode::OK);
});

on_both!(on_a_public_address_owners_and_administrators_need_a_second_factor_from_the_start, |db| async move {
    let test = TestApp::at(db, "https://crm.example.com");
    let owner = set_up(&test).await.cookie();
    assert_eq!(test.get("/", &owner).await.header("location"), "/account/second-factor");
    let page = test.get("/account/second-factor", &owner).await;
    assert!(page.body.contains("Votre boutique demande un second facteur"));
    enrol(&test, &owner).await;
    assert_eq!(test.get("/", &owner).await.status, StatusCode::OK);
});

on_both!(an_administrator_lets_in_again_who_lost_his_phone, |db| async move {
    let test = TestApp::new(db);
    let (owner, _) = owner_with_phone(&test).await;
    let (agent, session) = test.member_called("luc@example.com", Role::Agent).await;
    enrol(&test, &session).await;
    let (_, admin) = test.member_called("eve@example.com", Role::Admin).await;
    let path = |user: UserId| format!("/members/{user}/remove-second-factor");
    let refused = test.post_form(&path(owner_id(&test).await), &admin, &[]).await;
    assert_eq!(refused.header("location"), "/members?problem=only-owners");
    assert!(test.get("/members", &owner).await.body.contains("second facteur"));
    let done = test.post_form(&path(agent), &admin, &[]).await;
    assert_eq!(done.header("location"), "/members?done=second-factor-removed");
    assert!(!is_signed_in(&test, &session).await, "whoever has the phone is out, too");

    let email: words::EmailAddress = "ana@example.com".parse().unwrap();
    assert!(workspaces::forget_second_factor_of(&test.app, email).await.unwrap());
    assert!(is_signed_in(&test, &sign_in(&test, PASSWORD).await.cookie()).await);
});

// Proofs asked for anew ---------------------------------------------------------------------------------

on_both!(what_would_let_an_intruder_stay_asks_for_the_password_anew, |db| async move {
    let test = TestApp::new(db);
    let owner = set_up(&test).await.cookie();
    let table = crm::web::route_table();
    let fresh = |proof: Proof| matches!(proof, Proof::Fresh | Proof::FreshOwing);
    let asking: Vec<_> = table.routes.iter().filter(|route| fresh(route.proof)).collect();
    for path in [
        "/members/invite",
        "/members/{user}/role",
        "/members/{user}/reset-link",
        "/members/{user}/remove-second-factor",
        "/settings/keys",
        "/settings/security",
        BEGIN,
        CONFIRM,
        "/account/second-factor/remove",
        "/account/passkeys",
        "/account/passkeys/options",
        "/account/passkeys/{passkey}/rename",
        "/account/passkeys/{passkey}/remove",
        "/account/sso/link",
        "/account/sso/unlink",
        "/people/{id}/erase",
    ] {
        assert!(asking.iter().any(|route| route.path == path && route.method == Method::POST), "{path}");
    }
    test.advance(Span::from_minutes(10));
    for route in &asking {
        let path = path_for(route.path);
        let mut request = own_request(&test, &route.method, &path, &owner);
        request.headers_mut().insert("referer", "http://127.0.0.1:8080/members?x=1".parse().unwrap());
        let answer = head_of(&test, request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", route.path);
        // Of a page itself, of a form the page on which it stands.
        let next = if route.method == Method::GET { path.as_str() } else { "/members%3Fx%3D1" };
        assert_eq!(answer.headers["location"], format!("/account/confirm?next={next}"), "{}", route.path);
        // The same when htmx asks in the browser's place: it accepts anything.
        let mut boosted = own_request(&test, &route.method, &path_for(route.path), &owner);
        for (name, value) in [("accept", "*/*"), ("hx-request", "true"), ("hx-boosted", "true")] {
            boosted.headers_mut().insert(name, value.parse().unwrap());
        }
        assert_eq!(head_of(&test, boosted).await.status, StatusCode::SEE_OTHER, "{}", route.path);
    }
    let form = [("password", "not the password"), ("next", "/members")];
    assert_eq!(test.post_form("/account/confirm", &owner, &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let still = test.post_form("/settings/security", &owner, &[]).await;
    assert!(still.header("location").starts_with("/account/confirm"));
    let form = [("password", PASSWORD), ("next", "/members")];
    assert_eq!(test.post_form("/account/confirm", &owner, &form).await.header("location"), "/members");
    let done = test.post_form("/settings/security", &owner, &[]).await;
    assert_eq!(done.header("location"), "/settings/security?done=security-saved");
});

// Secrets at rest ---------------------------------------------------------------------------------------

/// All bytes of the rows that hold anything of a second factor or of a session.
async fn stored_bytes(test: &TestApp) -> Vec<u8> {
    let read = |tx: &mut db::Tx<'_>| -> Result<Vec<u8>, DbError> {
        let mut all: Vec<Vec<u8>> = Vec::new();
        all.extend(tx.query(sql("SELECT seed FROM totp_seeds"), &[], |row| row.get(0))?);
        all.extend(tx.query(sql("SELECT digest FROM recovery_codes"), &[], |row| row.get(0))?);
        all.extend(tx.query(sql("SELECT chain_key FROM audit_heads"), &[], |row| row.get(0))?);
        all.extend(tx.query(sql("SELECT token_digest FROM sessions"), &[], |row| row.get(0))?);
        all.extend(tx.query(sql("SELECT token_digest FROM one_time_tokens"), &[], |row| row.get(0))?);
        let texts: Vec<String> =
            tx.query(sql("SELECT actor || action || subject || detail FROM audit_entries"), &[], |row| row.get(0))?;
        all.extend(texts.into_iter().map(String::into_bytes));
        Ok(all.concat())
    };
    test.app.db.read(read).await.unwrap()
}

on_both!(the_database_holds_no_secret_that_signs_anybody_in, |db| async move {
    let test = TestApp::new(db);
    let (cookie, phone) = owner_with_phone(&test).await;
    let step = first_step(&test).await;
    let stored = stored_bytes(&test).await;
    let holds = |canary: &[u8]| stored.windows(canary.len()).any(|part| part == canary);
    assert!(stored.len() > 10 * 32, "the rows are there");
    assert!(!holds(&phone.app.secret) && !holds(phone.key.as_bytes()), "the seed");
    for code in &phone.recovery_codes {
        assert!(!holds(code.as_bytes()) && !holds(code.replace('-', "").as_bytes()), "a recovery code");
    }
    for cookie in [&cookie, &step] {
        assert!(!holds(cookie.split_once('=').unwrap().1.as_bytes()), "a token");
    }
});

on_both!(a_sealed_seed_opens_in_its_own_row_only, |db| async move {
    let test = TestApp::new(db);
    let (_, phone) = owner_with_phone(&test).await;
    let (user, session) = test.member_called("luc@example.com", Role::Agent).await;
    let other = enrol(&test, &session).await;
    // Who can write to the database puts his own sealed seed into the owner's row.
    let owner = owner_id(&test).await;
    let swap = move |tx: &mut db::Tx<'_>| {
        let seed: Vec<u8> =
            tx.query_one(sql("SELECT seed FROM totp_seeds WHERE user_id = $1"), &[&user], |row| row.get(0))?;
        tx.execute(sql("UPDATE totp_seeds SET seed = $2 WHERE user_id = $1"), &[&owner, &seed])
    };
    test.app.db.write(swap).await.unwrap();
    for code in [other.code(&test), phone.code(&test)] {
        let answer = test.post_form(STEP, &first_step(&test).await, &[("code", &code)]).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::SERVICE_UNAVAILABLE, ""));
    }
});

on_both!(a_change_of_the_key_keeps_every_secret_and_the_old_key_opens_none, |db| async move {
    let test = TestApp::new(db.clone());
    let (_, phone) = owner_with_phone(&test).await;
    let old = test.app.settings.vault.clone();
    let both = old.with_new_key(&test.app.chance);
    let (sealing, chance) = (both.clone(), test.app.chance.clone());
    let count = db.write(move |tx| workspaces::seal_again(tx, &sealing, &chance)).await.unwrap();
    assert_eq!(count, 2, "one seed and the key of one trail");
    let only = both.without_old_keys();
    let opens = async |vault: Vault| db.read(move |tx| workspaces::check_vault(tx, &vault)).await.unwrap();
    assert!(opens(only.clone()).await.is_ok() && opens(old).await.is_err());
    assert!(db.read(workspaces::has_sealed_secrets).await.unwrap());

    let settings = crm::kernel::Settings { vault: only, ..(*test.app.settings).clone() };
    let later = TestApp::with_settings(db, settings);
    later.advance(test.now().since(later.now()));
    // Chance repeats in tests; the new process must not make the tokens of the old one again.
    (later.app.chance)(&mut [0; 100_000]);
    let step = first_step(&later).await;
    assert!(is_signed_in(&later, &later.post_form(STEP, &step, &[("code", &phone.code(&later))]).await.cookie()).await);
    let workspace = later.workspace().await;
    let vault = later.app.settings.vault.clone();
    let findings = later.app.db.read(move |tx| workspaces::verify_audit(tx, workspace, &vault)).await.unwrap();
    assert_eq!(findings, Vec::<String>::new(), "the chain goes on under the new key");
});
