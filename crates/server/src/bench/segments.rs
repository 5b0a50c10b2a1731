//! How long a preview of a segment takes, through the same route that programs use.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use crm::kernel::{Actor, App, Scope};
use crm::workspaces::create_api_key;
use serde_json::{Value, json};
use words::{Span, WorkspaceId};

use super::pages::time;
use super::{Figure, figure};
use crate::failure::Failure;
use crate::installation;

const RUNS: usize = 5;

pub async fn measure(app: &App, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let workspace = installation::first_workspace(app).await?;
    let key = create_api_key(app, &Actor::system(workspace), "bench".to_owned(), Scope::ALL.to_vec(), None)
        .await
        .map_err(Failure::failed)?;
    for (name, condition) in previews() {
        let body = json!({ "condition": condition }).to_string();
        let request = || {
            Request::builder()
                .method(Method::POST)
                .uri("/api/v1/segments/preview")
                .header(header::AUTHORIZATION, format!("Bearer {}", key.secret))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.clone()))
        };
        let (status, median_ms, _) = time(app, RUNS, request).await?;
        if status != StatusCode::OK {
            return Err(Failure::failed(format!("the preview of {name} answers {status}")));
        }
        figures.push(figure(format!("preview: {name}"), median_ms, "ms"));
    }
    replays(app, workspace, &key.secret, figures).await
}

/// Who was in a segment a week ago: of a trait, of a figure and of behaviour in a window, a page of members each.
async fn replays(app: &App, workspace: WorkspaceId, key: &str, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let then = app.now().minus(Span::from_days(7));
    let definitions = app.db.read(move |tx| crm::segments::store::definitions(tx, workspace)).await?;
    let wanted = [("a window of 30 days", "Bench 0"), ("a trait and orders", "Bench 60"), ("a figure", "Bench 76")];
    for (what, name) in wanted {
        let Some(segment) = definitions.iter().find(|definition| definition.name == name) else { continue };
        let path = format!("/api/v1/segments/{}/members?at={then}", segment.id);
        let request = || {
            Request::builder()
                .uri(path.as_str())
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .body(Body::empty())
        };
        let (status, median_ms, _) = time(app, RUNS, request).await?;
        if status != StatusCode::OK {
            return Err(Failure::failed(format!("the replay of {what} answers {status}")));
        }
        figures.push(figure(format!("replay, a page of members: {what}"), median_ms, "ms"));
    }
    Ok(())
}

fn previews() -> [(&'static str, Value); 5] {
    [
        ("a trait", json!({"trait": "country", "op": "eq", "value": "FR"})),
        ("a figure", json!({"metric": "orders_count", "op": "gte", "value": 1})),
        (
            "traits and figures",
            json!({"all": [
                {"trait": "country", "op": "in", "value": ["FR", "BE"]},
                {"trait": "points", "op": "gt", "value": 500},
                {"metric": "revenue", "op": "gte", "value": 100},
            ]}),
        ),
        ("behaviour", json!({"event": "Event 3", "count": {"op": "gte", "value": 2}, "within": "30d"})),
        (
            "behaviour with properties",
            json!({
                "event": "Event 3", "where": [{"property": "category", "op": "eq", "value": "shoes"}],
                "sum": {"property": "value", "op": "gte", "value": 50}, "within": "30d",
            }),
        ),
    ]
}
