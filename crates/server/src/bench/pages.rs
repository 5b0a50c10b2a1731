//! How long the server takes for each page.

use std::net::SocketAddr;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use crm::kernel::{App, Role};
use crm::{segments, workspaces};
use tower::ServiceExt as _;
use words::WorkspaceId;

use super::{Figure, figure, fill, percentile};
use crate::failure::Failure;
use crate::installation;

const RUNS: usize = 100;
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;
const MEMBER: &str = "bench@example.com";
/// Conditions as an address carries them: an eighth of all people, a figure that few reach, something that some did lately.
const CONDITIONS: [(&str, &str); 3] = [
    ("a trait", "%7B%22trait%22:%22country%22,%22op%22:%22eq%22,%22value%22:%22FR%22%7D"),
    ("a figure", "%7B%22metric%22:%22revenue%22,%22op%22:%22gte%22,%22value%22:400%7D"),
    (
        "behaviour",
        "%7B%22event%22:%22Event%203%22,%22count%22:%7B%22op%22:%22gte%22,%22value%22:2%7D,%22within%22:%2230d%22%7D",
    ),
];

pub async fn measure(app: &App, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let cookie = sign_in(app).await?;
    let workspace = installation::first_workspace(app).await?;
    for (name, path) in addresses(app, workspace).await? {
        let request = || {
            Request::builder()
                .uri(path.as_str())
                .header(header::ACCEPT, "text/html")
                .header(header::COOKIE, cookie.as_str())
                .body(Body::empty())
        };
        let (status, median_ms, p99_ms) = time(app, RUNS, request).await?;
        if status != StatusCode::OK {
            return Err(Failure::failed(format!("the page {path} answers {status}")));
        }
        figures.push(figure(format!("page {name}, median"), median_ms, "ms"));
        figures.push(figure(format!("page {name}, 99 %"), p99_ms, "ms"));
    }
    Ok(())
}

/// Every kind of page: what it is called in the figures, and its address.
async fn addresses(app: &App, workspace: WorkspaceId) -> Result<Vec<(String, String)>, Failure> {
    let plain = [
        "/",
        "/orders",
        "/orders?only=first",
        "/live",
        "/people",
        "/people?q=person+77",
        "/people?q=bench-77",
        "/segments",
        "/segments/new",
        "/sources",
        "/palette?q=person+77",
        "/palette?q=bench-77",
    ]
    .map(str::to_owned);
    let sorts = ["last_seen", "newest", "name", "revenue", "orders"];
    let sorted = sorts.map(|sort| format!("/people?sort={sort}"));
    let stages = ["visitor", "prospect", "customer", "loyal", "dormant"];
    let staged = stages.iter().flat_map(|stage| sorts.map(|sort| format!("/people?stage={stage}&sort={sort}")));
    let all = plain.into_iter().chain(sorted).chain(staged);
    let mut addresses: Vec<(String, String)> = all.map(|path| (path.clone(), path)).collect();
    let conditioned =
        CONDITIONS.map(|(name, text)| (format!("/people?condition={{{name}}}"), format!("/people?condition={text}")));
    addresses.extend(conditioned);
    if let Some(person) = fill::somebody(app, workspace).await? {
        addresses.push(("/people/{id}".to_owned(), format!("/people/{person}")));
    }
    let definitions = app.db.read(move |tx| segments::store::definitions(tx, workspace)).await?;
    if let Some(segment) = definitions.first() {
        let id = segment.id;
        addresses.push(("/segments/{id}".to_owned(), format!("/segments/{id}")));
        addresses.push(("/people?segment={id}".to_owned(), format!("/people?segment={id}")));
    }
    Ok(addresses)
}

async fn sign_in(app: &App) -> Result<String, Failure> {
    let workspace = installation::first_workspace(app).await?;
    let email = MEMBER.parse().map_err(Failure::failed)?;
    let user = workspaces::add_member(app, workspace, email, "Bench", Role::Owner).await?;
    let session = workspaces::start_session(app, workspace, user, Role::Owner, "bench").await?;
    Ok(format!("{}={}", workspaces::cookie_name(app), session.token))
}

/// Sends the same request so often: the last status, the median and the 99th percentile of the time from request to whole body;
/// of fewer than a hundred the latter is the slowest, mostly the first.
pub async fn time<E: std::fmt::Display>(
    app: &App,
    runs: usize,
    request: impl Fn() -> Result<Request<Body>, E>,
) -> Result<(StatusCode, f64, f64), Failure> {
    let router = crm::web::router(app.clone());
    let mut times = Vec::with_capacity(runs);
    let mut status = StatusCode::OK;
    for _ in 0..runs {
        let mut request = request().map_err(Failure::failed)?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        let begun = Instant::now();
        let response = router.clone().oneshot(request).await.map_err(Failure::failed)?;
        status = response.status();
        to_bytes(response.into_body(), MAX_PAGE_BYTES).await.map_err(Failure::failed)?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok((status, percentile(&times, 0.5), percentile(&times, 0.99)))
}
