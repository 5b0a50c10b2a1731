//! `doctor`: a sound shop has no findings, and a row of each kind that is damaged is named.

use crm::doctor::{Sample, examine};
use db::{Db, DbError, Tx, sql};
use serde_json::json;
use words::{Span, WorkspaceId};

use crate::shop::Shop;

impl Shop {
    /// Thirty people and two segments, in which everything is as it should be.
    async fn sound(db: Db) -> Self {
        let shop = Self::with_history(db, 3, 30, 40).await;
        for condition in [
            json!({"event": "Product Viewed", "within": "30d"}),
            json!({"metric": "orders_count", "op": "gte", "value": 1}),
        ] {
            shop.define("A segment", &condition).await;
        }
        shop.build().await;
        shop.tick().await;
        shop
    }

    /// The kinds of what is found, each once.
    async fn found(&self) -> Vec<&'static str> {
        let mut kinds: Vec<&str> = self.findings().await.iter().map(|finding| finding.check).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    async fn write(
        &self,
        damage: impl FnOnce(&mut Tx<'_>, WorkspaceId) -> Result<usize, DbError> + Clone + Send + 'static,
    ) {
        let workspace = self.workspace;
        let changed = self.test.app.db.write(move |tx| damage(tx, workspace)).await.unwrap();
        assert!(changed > 0, "the damage is done");
    }
}

/// Damages one row, and looks whether the doctor names just this kind.
macro_rules! each_damage {
    ($($name:ident: $kind:literal, $text:expr;)+) => {
        $(testkit::on_both!($name, |db| async move {
            let shop = Shop::sound(db).await;
            shop.write(|tx, workspace| tx.execute(sql($text), &[&workspace])).await;
            let found = shop.found().await;
            assert!(found.contains(&$kind), "{found:?}");
        });)+
    };
}

testkit::on_both!(a_sound_shop_has_no_findings, |db| async move {
    let shop = Shop::sound(db).await;
    assert_eq!(shop.found().await, Vec::<&str>::new());
    shop.test.advance(Span::from_days(3));
    assert_eq!(shop.found().await, Vec::<&str>::new(), "timers that are due wait for the ticker");
    let sampled = examine(&shop.test.app, shop.workspace, Sample::People(10)).await.unwrap();
    assert!(sampled.findings.is_empty() && sampled.recomputed >= 10 && sampled.recomputed < sampled.people);
});

testkit::on_both!(a_timer_that_should_have_fired_is_named, |db| async move {
    let shop = Shop::sound(db).await;
    shop.test.advance(Span::from_days(40));
    // The stream goes on while the ticker sleeps.
    shop.send(&[json!({"type": "track", "event": "Ping", "userId": "somebody-else"})]).await;
    assert_eq!(shop.found().await, ["timers"]);
    shop.tick().await;
    assert_eq!(shop.found().await, Vec::<&str>::new());
});

each_damage! {
    a_counter_that_fell_back_is_named: "counters",
        "UPDATE counters SET value = 1 WHERE workspace_id = $1 AND name = 'seq'";
    a_forgotten_message_is_named: "message_ids",
        "INSERT INTO counters (workspace_id, name, value)
         SELECT workspace_id, 'messages_through', value FROM counters WHERE workspace_id = $1 AND name = 'seq'";
    an_event_of_nobody_is_named: "events",
        "UPDATE events SET number = 900000 WHERE workspace_id = $1
           AND seq = (SELECT MAX(seq) FROM events WHERE workspace_id = $1)";
    a_wrong_count_of_a_stage_is_named: "sums",
        "UPDATE people_counts SET people = people + 1 WHERE workspace_id = $1";
    a_wrong_count_of_members_is_named: "sums",
        "UPDATE segment_counts SET members = members + 1 WHERE workspace_id = $1";
    a_wrong_count_of_a_chunk_is_named: "sums",
        "UPDATE segment_members SET members = members + 1 WHERE workspace_id = $1 AND segment_no = 1";
    a_wrong_sum_of_orders_is_named: "sums",
        "UPDATE order_sums SET net_minor = net_minor + 1 WHERE workspace_id = $1
           AND quarter = (SELECT MIN(quarter) FROM order_sums WHERE workspace_id = $1)";
    an_identifier_of_nobody_is_named: "identifiers",
        "UPDATE identifiers SET number = 900000 WHERE workspace_id = $1
           AND value = (SELECT MIN(value) FROM identifiers WHERE workspace_id = $1 AND kind = 'email')";
    a_lost_state_is_named: "states",
        "DELETE FROM person_states WHERE workspace_id = $1 AND number = 5";
    a_state_of_nobody_is_named: "states",
        "DELETE FROM profiles WHERE workspace_id = $1 AND number = 5";
    a_merge_into_nobody_is_named: "merges",
        "UPDATE profiles SET merged_into = 900000 WHERE workspace_id = $1 AND number = 5";
    a_merge_in_a_circle_is_named: "merges",
        "UPDATE profiles SET merged_into = number WHERE workspace_id = $1 AND number = 5";
    a_row_of_the_list_that_lies_is_named: "list",
        "UPDATE people SET orders_count = 99 WHERE workspace_id = $1 AND number = 5";
    a_lost_last_visit_is_named: "list",
        "DELETE FROM last_visits WHERE workspace_id = $1 AND number = 5";
    a_lost_timer_is_named: "timers",
        "DELETE FROM timers WHERE workspace_id = $1";
    a_lost_place_of_an_event_is_named: "places",
        "DELETE FROM event_places WHERE workspace_id = $1";
    places_of_somebody_else_are_named: "places",
        "UPDATE person_states
         SET recent = (SELECT recent FROM person_states WHERE workspace_id = $1 ORDER BY number LIMIT 1)
         WHERE workspace_id = $1";
    a_lost_row_of_members_is_named: "members",
        "DELETE FROM segment_members WHERE workspace_id = $1 AND segment_no = 1";
    a_lost_event_is_named: "memberships",
        "DELETE FROM events WHERE workspace_id = $1 AND kind <> 100";
    an_order_that_nobody_placed_is_named: "orders",
        "UPDATE orders SET history = '{}' WHERE workspace_id = $1
           AND order_id = (SELECT MIN(order_id) FROM orders WHERE workspace_id = $1)";
    lines_without_an_order_are_named: "orders",
        "DELETE FROM orders WHERE workspace_id = $1
           AND order_id = (SELECT MAX(order_id) FROM orders WHERE workspace_id = $1)";
}
