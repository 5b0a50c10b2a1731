//! Whether the time of an answer tells who has an account: medians of 300 samples for each kind of address.
//!
//! `cargo run -p testkit --example enumeration`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use crm::kernel::{Actor, Language, Role};
use crm::workspaces::{self, ShopSettings};
use testkit::app::TestApp;
use testkit::databases::fresh_sqlite;
use testkit::mail_server::{QUICK, relay_to, some_trust};
use words::Span;

const SAMPLES: usize = 300;
const PASSWORD: &str = "brass lantern over the harbour";

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// Asks for each address in turn, so that whatever else the machine does meets all alike.
async fn measure(test: &TestApp, what: &str, arms: &[&str], ask: impl AsyncFn(&str)) {
    let mut times = vec![Vec::new(); arms.len()];
    for _ in 0..SAMPLES {
        for (arm, address) in arms.iter().enumerate() {
            let begun = Instant::now();
            ask(address).await;
            times[arm].push(begun.elapsed());
        }
        // The brake on guessing must not answer in the place of what is measured.
        test.advance(Span::from_hours(1));
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    for (address, median) in arms.iter().zip(&medians) {
        println!("{what:<10} {address:<24} {median:8.2} ms");
    }
    let gap = medians.iter().fold(f64::MIN, |most, one| most.max(*one))
        - medians.iter().fold(f64::MAX, |least, one| least.min(*one));
    println!("{what:<10} gap between medians     {gap:8.2} ms\n");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (db, _folder) = fresh_sqlite(crm::MIGRATIONS);
    // Letters are put into the outbox, and nobody hands them over.
    let relay = relay_to("smtp://127.0.0.1:9", &some_trust(), QUICK);
    let test = TestApp::with_relay(db, "http://127.0.0.1:8080", relay);
    let owner = "ana@example.com".parse().unwrap();
    workspaces::create_owner(&test.app, owner, PASSWORD.to_owned(), Language::English).await.unwrap();
    test.member_called("luc@example.com", Role::Viewer).await;
    let elsewhere = ShopSettings::of_a_new_installation(Language::English);
    let elsewhere = workspaces::create_workspace(&test.app, elsewhere).await.unwrap();
    let known = "known@example.com".parse().unwrap();
    workspaces::add_member(&test.app, elsewhere, known, "Known", Role::Viewer).await.unwrap();

    let arms = ["ana@example.com", "luc@example.com", "nobody@example.com"];
    measure(&test, "sign-in", &arms, async |address| {
        let form = [("email", address), ("password", "a wrong password 1")];
        let answer = test.post_form("/sign-in", "", &form).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
    })
    .await;
    let arms = ["ana@example.com", "luc@example.com", "nobody@example.com", "no address"];
    measure(&test, "forgot", &arms, async |address| {
        let answer = test.post_form("/forgot-password", "", &[("email", address)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    })
    .await;
    let actor = Actor::system(test.workspace().await);
    let arms = ["known@example.com", "nobody@example.com"];
    measure(&test, "invite", &arms, async |address| {
        workspaces::invite(&test.app, &actor, address.parse().unwrap(), Role::Viewer).await.unwrap();
    })
    .await;
}
