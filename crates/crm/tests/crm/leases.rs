//! Work that one process does at a time: who has lost it writes nothing, and who ends gives it back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crm::kernel::App;
use crm::leases::{self, Lease, Refused, Work};
use db::{Db, DbError, Engine, sql};
use testkit::app::TestApp;
use tokio::sync::{Semaphore, mpsc};

/// Every step waits to be let go, then writes who did it.
struct Notes {
    who: &'static str,
    has_begun: mpsc::UnboundedSender<&'static str>,
    may_write: Arc<Semaphore>,
    ended: mpsc::UnboundedSender<(&'static str, bool)>,
}

impl Work for Notes {
    const NAME: &'static str = "notes";

    async fn step(&mut self, app: &App, lease: Lease) -> Result<Duration, Refused> {
        self.has_begun.send(self.who).unwrap();
        self.may_write.acquire().await.unwrap().forget();
        let who = self.who;
        let written = app
            .db
            .write(move |tx| {
                leases::hold(tx, lease)?;
                let note = sql("INSERT INTO idempotency_keys
                                  (workspace_id, key, route, request_digest, status, answer, created_at)
                                VALUES ($1, $2, '', $3, 0, '', 0)");
                tx.execute(note, &[&uuid::Uuid::nil(), &who, &vec![0_u8]])?;
                Ok::<_, Refused>(())
            })
            .await;
        self.ended.send((who, written.is_ok())).unwrap();
        written.map(|()| Duration::from_secs(3_600))
    }
}

/// A process that shares the database.
struct Process {
    app: App,
    may_write: Arc<Semaphore>,
    work: tokio::task::JoinHandle<()>,
}

fn start(
    db: Db,
    who: &'static str,
    has_begun: &mpsc::UnboundedSender<&'static str>,
    ended: &mpsc::UnboundedSender<(&'static str, bool)>,
) -> Process {
    let (app, may_write) = (TestApp::new(db).app, Arc::new(Semaphore::new(0)));
    let notes = Notes { who, has_begun: has_begun.clone(), may_write: Arc::clone(&may_write), ended: ended.clone() };
    let work = tokio::spawn(leases::alone(app.clone(), notes));
    Process { app, may_write, work }
}

testkit::on_both!(a_process_that_slept_past_its_lease_writes_nothing, |db| async move {
    let (has_begun, mut begun) = mpsc::unbounded_channel();
    let (ended, mut end) = mpsc::unbounded_channel();
    let one = start(db.clone(), "one", &has_begun, &ended);
    assert_eq!(begun.recv().await, Some("one"));
    // The first gives no sign any more: it waits in the middle of its step.
    let waits = Instant::now();
    let other = start(db.clone(), "other", &has_begun, &ended);
    assert_eq!(begun.recv().await, Some("other"));
    if db.engine() == Engine::Postgres {
        let waited = waits.elapsed();
        assert!(waited < leases::LEASE + Duration::from_secs(2), "{waited:?}");
    }
    other.may_write.add_permits(1);
    assert_eq!(end.recv().await, Some(("other", true)));
    one.may_write.add_permits(1);
    assert_eq!(end.recv().await, Some(("one", false)));
    let notes = db.read(|tx| tx.query(sql("SELECT key FROM idempotency_keys"), &[], |row| row.get::<String>(0)));
    assert_eq!(notes.await.unwrap(), ["other"]);
    if db.engine() == Engine::Postgres {
        // Who ends gives the work back, and another goes on at once.
        let ends = Instant::now();
        other.app.ending.announce();
        other.work.await.unwrap();
        assert_eq!(begun.recv().await, Some("one"));
        assert!(ends.elapsed() < Duration::from_secs(2), "{:?}", ends.elapsed());
    }
    one.app.ending.announce();
    one.work.await.unwrap();
    let held: Result<i64, DbError> =
        db.read(|tx| tx.query_one(sql("SELECT held_until FROM leases"), &[], |row| row.get(0))).await;
    assert_eq!(held.unwrap() == 0, db.engine() == Engine::Postgres);
});
