//! `GET /events`: tells open screens that something changed, as server-sent events.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use db::DbError;
use http_body_util::channel::{Channel, Sender};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval};
use words::WorkspaceId;

use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::workspaces::{self, open_session, session_token};

/// Open screens of one process; each costs a task and a socket.
const MAX_SCREENS: usize = 2_000;
/// A screen is told at most this often.
const BEAT: Duration = Duration::from_secs(1);
/// Proxies close what is silent for longer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How long after its session's end a screen may still be told that something changed: five seconds at most.
const RECHECK_SESSION: Duration = Duration::from_secs(3);
/// Messages that wait for a slow screen; it then misses news, which the next one makes good.
const WAITING: usize = 4;

static SCREENS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_SCREENS)));

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/events", Access::Member(Permission::SeeHome), listen);
}

async fn listen(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Ok(place) = Arc::clone(&SCREENS).try_acquire_owned() else {
        return Err(Problem::too_many("too many screens are open; close some and load this page again", 30));
    };
    let Some(token) = session_token(&app, &headers).map(str::to_owned) else {
        return Err(Problem::unauthorized("sign in first"));
    };
    let (sender, body) = Channel::<Bytes, Infallible>::new(WAITING);
    let screen = Screen { workspace: visit.actor.workspace, token, sender, _place: place, app };
    tokio::spawn(screen.serve());
    let mut response = Body::new(body).into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies of the nginx family hold answers back unless told not to.
    answer.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Somebody's open page.
struct Screen {
    app: App,
    workspace: WorkspaceId,
    token: String,
    sender: Sender<Bytes, Infallible>,
    _place: OwnedSemaphorePermit,
}

/// Why a screen is told nothing any more.
enum End {
    /// The page is closed, the session ended or the server stops.
    Over,
    Db(DbError),
}

impl From<DbError> for End {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl Screen {
    async fn serve(mut self) {
        if let Err(End::Db(error)) = self.tell_until_the_end().await {
            // The browser connects again by itself.
            tracing::warn!(%error, "a live screen lost its connection to the database");
        }
    }

    async fn tell_until_the_end(&mut self) -> Result<(), End> {
        let mut news = self.app.news.listen();
        let ending = self.app.ending.clone();
        let (mut beat, mut life, mut session) = (every(BEAT), every(SIGN_OF_LIFE), every(RECHECK_SESSION));
        let mut heard = self.newest().await?;
        // What changed between the page's making and this moment.
        let mut has_news = true;
        self.send(": listening\nretry: 2000\n\n".to_owned()).await?;
        loop {
            tokio::select! {
                changed = news.recv() => match changed {
                    Ok(changed) if changed.workspace == self.workspace => {
                        heard = heard.max(changed.seq);
                        has_news = true;
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => has_news = true,
                    Err(RecvError::Closed) => return Err(End::Over),
                },
                // An open page must not hold the process back; the browser connects again by itself.
                () = ending.announced() => return Err(End::Over),
                _ = beat.tick() => {
                    if has_news {
                        self.send(format!("event: changed\ndata: {{\"seq\":{heard}}}\n\n")).await?;
                        has_news = false;
                    }
                }
                _ = life.tick() => self.send(":\n\n".to_owned()).await?,
                _ = session.tick() => {
                    if open_session(&self.app, &self.token, workspaces::Sender::OpenPage).await?.is_none() {
                        return Err(End::Over);
                    }
                }
            }
        }
    }

    async fn newest(&self) -> Result<i64, DbError> {
        let workspace = self.workspace;
        self.app.db.read(move |tx| crate::stream::log::newest_seq(tx, workspace)).await
    }

    async fn send(&mut self, message: String) -> Result<(), End> {
        self.sender.send_data(Bytes::from(message)).await.map_err(|_| End::Over)
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
