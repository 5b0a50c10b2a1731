//! Events that cannot be applied: a panic in the middle of a group, and what becomes of its neighbours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crm::doctor::{Sample, examine};
use crm::intake::{self, Surroundings, parse_call};
use crm::kernel::{App, Role, Sight};
use crm::stream::{self, Group, Incoming, Receipt, Remembered, Retried, Trust, retry_dead_letters};
use crm::workspaces::ClientAddress;
use serde_json::{Value, json};
use testkit::app::{TestApp, repeatable_chance};
use words::{Country, WorkspaceId};

/// A shop whose source of chance can be broken: then nobody new can be given an id, and the stream panics over him.
struct Shop {
    test: TestApp,
    app: App,
    workspace: WorkspaceId,
    source_no: i64,
    is_broken: Arc<AtomicBool>,
}

impl Shop {
    async fn open(db: db::Db) -> Self {
        let test = TestApp::new(db.clone());
        let workspace = test.workspace().await;
        let source = intake::create_source(&test.app, workspace, "Shop", intake::SourceKind::Site, Vec::new()).await;
        let is_broken = Arc::new(AtomicBool::new(false));
        let (whole, broken) = (repeatable_chance(), Arc::clone(&is_broken));
        let chance = Arc::new(move |bytes: &mut [u8]| {
            assert!(!broken.load(Ordering::SeqCst), "no chance is left");
            whole(bytes);
        });
        let app = App::new(db, Arc::clone(&test.app.clock), chance, (*test.app.settings).clone());
        Self { test, app, workspace, source_no: source.unwrap().no, is_broken }
    }

    fn event(&self, id: usize, visitor: &str) -> Incoming {
        let kinds = ["user_id".to_owned(), "email".to_owned(), "anonymous_id".to_owned()];
        let around = Surroundings {
            received_at: self.app.now(),
            sent_at: None,
            country: Country::FR,
            kinds: &kinds,
            peer: ClientAddress(None),
            has_browser: true,
            fresh_id: &String::new,
        };
        let call: Value = json!({"type": "track", "event": "Seen", "messageId": format!("m{id}"), "anonymousId": visitor,
                                 "properties": {"colour": "blue"}});
        parse_call(call, None, &around).unwrap()
    }

    async fn send(&self, events: Vec<Incoming>) -> Receipt {
        let (workspace, source_no) = (self.workspace, self.source_no);
        let group = Group { workspace, source_no, trust: Trust::Public, remembered: Remembered::AsPromised, events };
        self.app.stream.submit(group).await.unwrap()
    }

    async fn count(&self, name: &'static str) -> usize {
        let workspace = self.workspace;
        let rows = self.app.db.read(move |tx| stream::log::newest(tx, workspace, 1_000)).await.unwrap();
        rows.iter().filter(|row| row.name == name).count()
    }

    async fn set_aside(&self) -> Vec<stream::DeadLetter> {
        let workspace = self.workspace;
        self.app.db.read(move |tx| stream::dead_letters(tx, workspace, 100)).await.unwrap()
    }

    async fn findings(&self) -> Vec<String> {
        let report = examine(&self.app, self.workspace, Sample::Everybody).await.unwrap();
        report.findings.into_iter().map(|finding| format!("{}: {}", finding.check, finding.detail)).collect()
    }
}

testkit::on_both!(a_panic_sets_its_event_aside_and_its_neighbours_are_applied, |db| async move {
    let shop = Shop::open(db).await;
    shop.send(vec![shop.event(0, "known")]).await;
    shop.is_broken.store(true, Ordering::SeqCst);
    // Two strangers among a hundred calls of somebody known.
    let visitor =
        |number: usize| if number == 31 || number == 77 { format!("stranger {number}") } else { "known".into() };
    let receipt = shop.send((1..=100).map(|number| shop.event(number, &visitor(number))).collect()).await;
    assert_eq!(receipt, Receipt { accepted: 98, repeated: 0, dead: 2 });
    assert_eq!(shop.count("Seen").await, 99);
    let aside = shop.set_aside().await;
    assert_eq!(aside.len(), 2);
    assert!(
        aside
            .iter()
            .all(|letter| letter.name == "Seen"
                && letter.reason(Sight::Whole).text().unwrap().contains("no chance is left")),
        "{aside:?}"
    );
    assert_eq!(shop.findings().await.len(), 1, "{:?}", shop.findings().await);
    assert!(shop.findings().await[0].starts_with("dead_letters: 2 events"));
});

testkit::on_both!(what_was_set_aside_is_applied_once_when_its_cause_is_gone, |db| async move {
    let shop = Shop::open(db).await;
    shop.is_broken.store(true, Ordering::SeqCst);
    let receipt = shop.send(vec![shop.event(1, "a"), shop.event(2, "b")]).await;
    assert_eq!(receipt, Receipt { accepted: 0, repeated: 0, dead: 2 });
    // A client that sends again fills no second letter.
    shop.send(vec![shop.event(1, "a")]).await;
    assert_eq!(shop.set_aside().await.len(), 2);
    assert_eq!(retry_dead_letters(&shop.app, shop.workspace).await.unwrap(), Retried { applied: 0, failed: 2 });
    assert_eq!((shop.set_aside().await.len(), shop.count("Seen").await), (2, 0));
    shop.is_broken.store(false, Ordering::SeqCst);
    assert_eq!(retry_dead_letters(&shop.app, shop.workspace).await.unwrap(), Retried { applied: 2, failed: 0 });
    assert_eq!((shop.set_aside().await.len(), shop.count("Seen").await), (0, 2));
    let receipt = shop.send(vec![shop.event(1, "a"), shop.event(2, "b")]).await;
    assert_eq!(receipt, Receipt { accepted: 0, repeated: 2, dead: 0 });
    assert_eq!(shop.findings().await, Vec::<String>::new());
});

testkit::on_both!(members_see_what_was_set_aside_and_those_who_edit_sources_try_again, |db| async move {
    let shop = Shop::open(db).await;
    let cookie = shop.test.sign_in_as(Role::Owner).await;
    assert!(!shop.test.get("/sources", &cookie).await.body.contains("could not be applied"));
    shop.is_broken.store(true, Ordering::SeqCst);
    shop.send(vec![shop.event(1, "a")]).await;
    let page = shop.test.get("/sources", &cookie).await.body;
    assert!(page.contains("1 event could not be applied") && page.contains("no chance is left"), "{page}");
    let viewer = shop.test.sign_in_as(Role::Viewer).await;
    assert_eq!(shop.test.post_form("/sources/dead-letters", &viewer, &[]).await.status, 403);
    let done = shop.test.post_form("/sources/dead-letters", &cookie, &[]).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/sources?done=retried"));
    assert_eq!(shop.count("Seen").await, 1);
    assert!(!shop.test.get("/sources", &cookie).await.body.contains("could not be applied"));
});
