//! How long the server takes for each page.

use std::net::SocketAddr;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use crm::kernel::{App, Role};
use crm::workspaces;
use tower::ServiceExt as _;

use super::{Figure, figure, fill, percentile};
use crate::failure::Failure;
use crate::installation;

const RUNS: usize = 15;
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;
const MEMBER: &str = "bench@example.com";

pub async fn measure(app: &App, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let cookie = sign_in(app).await?;
    let workspace = installation::first_workspace(app).await?;
    let person = fill::somebody(app, workspace).await?;
    let mut paths: Vec<String> = [
        "/",
        "/people",
        "/people?sort=revenue",
        "/people?q=person+77",
        "/segments",
        "/segments/new",
        "/live",
        "/sources",
        "/orders",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(person.map(|id| format!("/people/{id}")));
    for path in paths {
        let request = || {
            Request::builder()
                .uri(path.as_str())
                .header(header::ACCEPT, "text/html")
                .header(header::COOKIE, cookie.as_str())
                .body(Body::empty())
        };
        let (status, median_ms, longest_ms) = time(app, RUNS, request).await?;
        // A page that this version does not have is no figure.
        if status == StatusCode::OK {
            let name = if path.starts_with("/people/") { "/people/{id}" } else { path.as_str() };
            figures.push(figure(format!("page {name}, median"), median_ms, "ms"));
            figures.push(figure(format!("page {name}, longest"), longest_ms, "ms"));
        }
    }
    Ok(())
}

async fn sign_in(app: &App) -> Result<String, Failure> {
    let workspace = installation::first_workspace(app).await?;
    let email = MEMBER.parse().map_err(Failure::failed)?;
    let user = workspaces::add_member(app, workspace, email, "Bench", Role::Owner).await?;
    let session = workspaces::start_session(app, workspace, user, Role::Owner, "bench").await?;
    Ok(format!("{}={}", workspaces::cookie_name(app), session.token))
}

/// Sends the same request so often: the last status, the median and the longest time from request to whole body.
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
    Ok((status, percentile(&times, 0.5), percentile(&times, 1.0)))
}
