//! The product put together: what every handler is given, and the work that runs beside requests.

use std::sync::Arc;

use db::Db;

use crate::intake::{Health, Senders, Throttle};
use crate::kernel::{App, Chance, Clock, News, Settings};
use crate::stream::{Stream, backfill, forget, ticker};

impl App {
    /// Puts the product together on the current tokio runtime and starts the stream; the other background work is
    /// started by [`App::start_workers`].
    pub fn new(db: Db, clock: Clock, chance: Chance, settings: Settings) -> Self {
        let news = News::default();
        let stream = Stream::start(db.clone(), Arc::clone(&clock), Arc::clone(&chance), news.clone());
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
        }
    }

    /// Starts what runs beside requests: timers, building of segments, forgetting message ids, health figures.
    pub fn start_workers(&self) {
        tokio::spawn(ticker::run(self.clone()));
        tokio::spawn(backfill::run(self.clone()));
        tokio::spawn(forget::run(self.clone()));
        tokio::spawn(self.health.clone().run(self.clone()));
    }
}
