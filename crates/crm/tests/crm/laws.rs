//! The laws of the loop over random shop lives: live = recomputation from the log, SQLite = PostgreSQL, parting restores.

use std::collections::BTreeMap;

use crm::demo::random::Random;
use crm::desk::segments::members_at;
use crm::kernel::Actor;
use crm::profiles::store::PersonState;
use crm::profiles::{self, Standing};
use crm::segments;
use crm::stream;
use db::{Db, DbError};
use engine::facts::Facts;
use serde_json::{Value, json};
use words::{Span, Timestamp};

use crate::shop::Shop;

/// Conditions of every kind, among them windows that open and close while the script runs.
fn conditions() -> Vec<Value> {
    vec![
        json!({"event": "Product Viewed", "count": {"op": "gte", "value": 3}, "within": "2h"}),
        json!({"event": "Product Viewed", "where": [{"property": "category", "op": "eq", "value": "SHOES"}],
               "count": {"op": "lt", "value": 2}, "within": "1h"}),
        json!({"event": "Order Completed", "sum": {"property": "total", "op": "gte", "value": 60}, "within": "5h"}),
        json!({"metric": "orders_count", "op": "gte", "value": 2}),
        json!({"metric": "revenue", "op": "gt", "value": 40}),
        json!({"all": [{"trait": "country", "op": "eq", "value": "fr"},
                       {"not": {"event": "Order Completed", "within": "3h"}}]}),
        json!({"any": [{"metric": "lifecycle_stage", "op": "eq", "value": "customer"},
                       {"metric": "last_seen_at", "op": "not_within_last", "value": "90m"}]}),
        json!({"consent": {"channel": "email", "purpose": "marketing"}, "state": "granted"}),
        json!({"metric": "cart_items", "op": "gte", "value": 1}),
        json!({"event": "Page Viewed", "count": {"op": "eq", "value": 0}}),
    ]
}

impl Shop {
    /// Replaying an instant finds those who were members then, of each segment that was there.
    async fn check_replay(&self, seed: u64, at: Timestamp, members: Membership) {
        for (no, then) in members {
            let (workspace, plans) = (self.workspace, self.test.app.stream.plans().clone());
            let ids = self.test.app.db.read(move |tx| {
                let definition = plans.of(tx, workspace)?.definition(no).map(|found| found.id).unwrap();
                let mut profiles = profiles::store::profiles_by_number(tx, workspace, &then)?;
                profiles.sort_by_key(|profile| profile.number);
                Ok::<_, DbError>((definition, profiles.into_iter().map(|profile| profile.id).collect::<Vec<_>>()))
            });
            let (segment, recorded) = ids.await.unwrap();
            let (mut replayed, mut after) = (Vec::new(), Some(0));
            while let Some(from) = after {
                let page = members_at(&self.test.app, workspace, segment, Some(at), from, 7).await.unwrap();
                replayed.extend(page.members);
                after = page.next_after;
            }
            assert_eq!(recorded, replayed, "live at {at} and its replay, segment {no}, seed {seed}");
        }
    }

    /// Merges the first two people, or undoes the newest merge that stands.
    async fn rearrange(&self, choice: u64) {
        let actor = Actor::system(self.workspace);
        let states = self.states().await;
        if choice.is_multiple_of(2) && states.len() > 2 {
            let pick = |index: u64| states[(index as usize) % states.len()].0;
            let (from, into) = (self.id_of(pick(choice / 2)).await, self.id_of(pick(choice / 2 + 1)).await);
            let _ = stream::merge_people(&self.test.app, &actor, from, into).await;
        } else {
            let workspace = self.workspace;
            let all: Vec<i64> = (1..200).collect();
            let read = move |tx: &mut db::Tx<'_>| profiles::store::merges_of(tx, workspace, &all);
            let merges = self.test.app.db.read(read).await.unwrap();
            if let Some(merge) = merges.iter().find(|merge| merge.undone_at.is_none()) {
                stream::undo_merge(&self.test.app, &actor, merge.id).await.unwrap();
            }
        }
    }

    async fn id_of(&self, number: i64) -> words::ProfileId {
        let workspace = self.workspace;
        let read = move |tx: &mut db::Tx<'_>| profiles::store::profiles_by_number(tx, workspace, &[number]);
        self.test.app.db.read(read).await.unwrap()[0].id
    }

    async fn states(&self) -> Vec<(i64, Facts, Standing)> {
        let workspace = self.workspace;
        let read = move |tx: &mut db::Tx<'_>| profiles::store::states_after(tx, workspace, 0, 1_000);
        let states = self.test.app.db.read(read).await.unwrap();
        states.into_iter().map(|state| (state.number, state.facts, state.standing)).collect()
    }

    /// Every membership, by the bitmaps, by the people's standing and by the log: three ways that must agree.
    async fn check(&self, seed: u64, step: usize) -> Vec<(u32, Vec<i64>)> {
        let (workspace, now) = (self.workspace, self.test.now());
        let plans = self.test.app.stream.plans().clone();
        let checked = self.test.app.db.read(move |tx| {
            let book = plans.of(tx, workspace)?;
            let states = profiles::store::states_after(tx, workspace, 0, 1_000)?;
            let mut all = Vec::new();
            for definition in &book.definitions {
                let bits = segments::store::members_after(tx, workspace, definition.no, 0, 10_000)?;
                let standing: Vec<i64> = states
                    .iter()
                    .filter(|state| state.standing.memberships.contains_key(&definition.no))
                    .map(|state| state.number)
                    .collect();
                all.push((definition.no, bits, standing, Vec::new()));
            }
            let profiles_of =
                |state: &PersonState| state.standing.leaves.iter().copied().chain([state.number]).collect();
            let people: Vec<Vec<i64>> = states.iter().map(profiles_of).collect();
            let pasts = stream::pasts_of(tx, workspace, &book, &book.plan, &people, now)?;
            for (state, past) in states.iter().zip(pasts) {
                for (no, _, _, recomputed) in &mut all {
                    if book.plan.evaluate(*no, &past.facts, now).is_member {
                        recomputed.push(state.number);
                    }
                }
            }
            Ok::<_, DbError>(all)
        });
        let mut members = Vec::new();
        for (no, bits, standing, recomputed) in checked.await.unwrap() {
            assert_eq!(bits, standing, "bits and standing of segment {no}, seed {seed}, step {step}");
            assert_eq!(bits, recomputed, "live and recomputed of segment {no}, seed {seed}, step {step}");
            members.push((no, bits));
        }
        members
    }
}

/// One step of a shop's life, the same for both databases.
enum Step {
    Send(Vec<Value>),
    Wait(Span),
    Rearrange(u64),
    Define(Value),
}

fn script(seed: u64, steps: usize) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mut message = 0;
    let mut later = conditions().split_off(6);
    (0..steps)
        .map(|_| match random.below(10) {
            0..=5 => {
                let calls = (0..=random.below(4)).map(|_| call(&mut random, &mut message)).collect();
                Step::Send(calls)
            }
            6 | 7 => Step::Wait(Span::from_millis(1 + random.below(80 * 60_000) as i64)),
            8 => Step::Rearrange(random.below(1_000)),
            _ => later.pop().map_or(Step::Rearrange(1), Step::Define),
        })
        .collect()
}

fn call(random: &mut Random, message: &mut u64) -> Value {
    *message += 1;
    let id = format!("m{message}");
    let anonymous = format!("a{}", random.below(5));
    let user = format!("u{}", random.below(3));
    let category = if random.below(2) == 0 { "shoes" } else { "lamps" };
    let order = format!("o{}", random.below(6));
    let total = 10 + random.below(60);
    let mut call = match random.below(9) {
        0 | 1 => {
            json!({"type": "track", "event": "Product Viewed", "anonymousId": anonymous, "properties": {"category": category}})
        }
        2 => json!({"type": "page", "anonymousId": anonymous, "name": "Home"}),
        3 => {
            json!({"type": "identify", "anonymousId": anonymous, "userId": user, "traits": {"country": if total > 40 { "FR" } else { "DE" }}})
        }
        4 => json!({"type": "identify", "anonymousId": anonymous, "traits": {"email": format!("{user}@shop.example")}}),
        5 => {
            json!({"type": "track", "event": "Order Completed", "userId": user, "properties": {"order_id": order, "total": total, "currency": "EUR"}})
        }
        6 if total > 40 => {
            json!({"type": "track", "event": "Order Updated", "anonymousId": anonymous, "properties": {"order_id": order, "total": total + 5}})
        }
        6 => {
            json!({"type": "track", "event": "Order Refunded", "userId": user, "properties": {"order_id": order, "total": 5}})
        }
        7 => json!({"type": "track", "event": "Consent Updated", "userId": user,
                    "properties": {"channel": "email", "purpose": "marketing", "state": if total > 40 { "granted" } else { "withdrawn" }}}),
        _ => json!({"type": "track", "event": "Product Added", "anonymousId": anonymous,
                    "properties": {"product_id": category, "price": 9.5, "quantity": 1}}),
    };
    call["messageId"] = json!(id);
    // Some events are told late, and some clocks run ahead.
    let skew = match random.below(6) {
        0 => -(random.below(6 * 60) as i64),
        1 => random.below(4) as i64,
        _ => 0,
    };
    if skew != 0 {
        let at = testkit::app::START.as_millis() + skew * 60_000;
        call["timestamp"] = json!(words::Timestamp::from_millis(at).to_string());
    }
    call
}

/// The members of each segment, by its number.
type Membership = Vec<(u32, Vec<i64>)>;

async fn live(db: Db, seed: u64, steps: usize) -> (Vec<Membership>, Vec<(i64, Vec<u8>)>) {
    let shop = Shop::open(db).await;
    for condition in &conditions()[..6] {
        shop.define("A segment", condition).await;
    }
    let (mut history, mut instants) = (Vec::new(), BTreeMap::new());
    for (step, action) in script(seed, steps).into_iter().enumerate() {
        match action {
            Step::Send(calls) => shop.send(&calls).await,
            Step::Wait(span) => shop.test.advance(span),
            Step::Rearrange(choice) => shop.rearrange(choice).await,
            Step::Define(condition) => drop(shop.define("A segment", &condition).await),
        }
        // The backfill takes a step now and then, as it does beside the stream.
        shop.build().await;
        shop.tick().await;
        let members = shop.check(seed, step).await;
        // What is true at an instant is what the last step at that instant made.
        instants.insert(shop.test.now(), members.clone());
        history.push(members);
    }
    for (at, members) in instants {
        shop.check_replay(seed, at, members).await;
    }
    let facts = shop.states().await.into_iter().map(|(number, facts, _)| (number, facts.encode())).collect();
    (history, facts)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn live_membership_is_what_the_log_says_at_every_step() {
    for seed in 1..=30 {
        let (db, _folder) = testkit::databases::fresh_sqlite(crm::MIGRATIONS);
        runtime().block_on(live(db, seed, 40));
    }
}

#[test]
fn both_databases_live_the_same_life() {
    if testkit::databases::is_postgres_skipped() {
        return;
    }
    for seed in 100..=102 {
        let (sqlite, _folder) = testkit::databases::fresh_sqlite(crm::MIGRATIONS);
        let (postgres, _guard) = testkit::databases::fresh_postgres(crm::MIGRATIONS);
        let runtime = runtime();
        let (one, other) = runtime.block_on(async { (live(sqlite, seed, 30).await, live(postgres, seed, 30).await) });
        assert!(one == other, "seed {seed}");
    }
}
