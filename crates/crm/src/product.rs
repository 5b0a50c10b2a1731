//! The product put together: what every handler is given, and the work that runs beside requests.

use std::sync::Arc;

use db::Db;
use tokio::task::JoinHandle;

use crate::intake::{Health, Senders};
use crate::kernel::{App, Chance, Clock, Ending, News, Parts, Settings, SteadyClock, Throttle};
use crate::stream::{Stream, backfill, forget, others, ticker};
use crate::{outbox, privacy};

impl Parts {
    /// The parts of the product on the current tokio runtime, with the stream started; the other background
    /// work is started by [`App::start_workers`].
    pub fn new(db: Db, clock: Clock, chance: Chance, settings: Settings) -> Self {
        let news = News::default();
        let vault = settings.vault.clone();
        let stream = Stream::start(db.clone(), Arc::clone(&clock), Arc::clone(&chance), news.clone(), vault);
        Self {
            db,
            clock,
            chance,
            settings: Arc::new(settings),
            stream,
            news,
            senders: Senders::default(),
            throttle: Throttle::default(),
            health: Health::default(),
            ending: Ending::default(),
            steady_clock: SteadyClock::default(),
            provider: None,
            relay: None,
        }
    }
}

impl App {
    pub fn new(db: Db, clock: Clock, chance: Chance, settings: Settings) -> Self {
        Parts::new(db, clock, chance, settings).into()
    }

    /// Starts what runs beside requests until the end is announced: timers, building of segments, forgetting of message
    /// ids, erasures that were interrupted and letters, each in one process at a time; health figures, and what other
    /// processes changed, in every one.
    pub fn start_workers(&self) -> Workers {
        Workers(vec![
            tokio::spawn(ticker::run(self.clone())),
            tokio::spawn(backfill::run(self.clone())),
            tokio::spawn(forget::run(self.clone())),
            tokio::spawn(privacy::run(self.clone())),
            tokio::spawn(outbox::run(self.clone())),
            self.until_the_end(self.health.clone().run(self.clone())),
            self.until_the_end(others::run(self.clone())),
        ])
    }

    /// A step that waits for the database is dropped at the end; its transaction is done whole or not at all.
    fn until_the_end(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let ending = self.ending.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                () = ending.announced() => {}
            }
        })
    }
}

/// The work beside requests.
pub struct Workers(Vec<JoinHandle<()>>);

impl Workers {
    /// Waits until all have ended: then nobody asks the database any more.
    pub async fn ended(self) {
        for worker in self.0 {
            if let Err(error) = worker.await {
                tracing::error!(%error, "work beside requests had ended early");
            }
        }
    }
}
