//! What operators and their machines ask: is the process alive, can it answer, and how is it.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use futures_util::future::join_all;

use crate::answer;
use crate::app::App;
use crate::problem::{ApiError, Written};
use crate::services::{Gauge, HealthCheck};
use crate::wire::health::{Check, Health, Status};

const PROMETHEUS: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

/// The process answers: nothing else is asked.
async fn live() -> Result<Response, ApiError> {
    answer::ok(&Health { status: Status::Up, checks: Vec::new() })
}

/// Every dependency answers; says which does not.
async fn ready(State(app): State<App>) -> Result<Response, ApiError> {
    let limit = Duration::from_millis(app.services.limits.check_ms_max);
    let checks = join_all(app.services.checks.iter().map(|check| ask(check, limit))).await;
    if checks.iter().all(|check| check.status == Status::Up) {
        return answer::ok(&Health { status: Status::Up, checks });
    }
    let health = Health { status: Status::Down, checks };
    let mut response = answer::json(StatusCode::SERVICE_UNAVAILABLE, &health)?;
    response.extensions_mut().insert(Written);
    Ok(response)
}

async fn ask(check: &HealthCheck, limit: Duration) -> Check {
    let answer = tokio::time::timeout(limit, (check.ask)()).await;
    let answer = answer.unwrap_or_else(|_| Err("takes too long".to_owned()));
    let (status, detail) = match answer {
        Ok(detail) => (Status::Up, detail),
        Err(detail) => (Status::Down, detail),
    };
    Check { name: check.name, status, detail }
}

async fn metrics(State(app): State<App>) -> Response {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (requests, streams) = (count(app.requests.total()), count(app.streams.total()));
    let sockets = count(app.sockets.count());
    let own = [
        Gauge::new("florin_requests_under_way", "Requests of tenants.", move || requests),
        Gauge::new("florin_live_streams", "Open live streams.", move || streams),
        Gauge::new("florin_sockets", "Open sockets.", move || sockets),
    ];
    let limit = Duration::from_millis(app.services.limits.check_ms_max);
    let read =
        async |gauge: &Gauge| tokio::time::timeout(limit, (gauge.read)()).await.unwrap_or_default();
    let gauges: Vec<&Gauge> = own.iter().chain(&app.services.gauges).collect();
    let readings = join_all(gauges.iter().map(|gauge| read(gauge))).await;
    let gauges: Vec<_> = gauges.into_iter().zip(readings).collect();
    let mut response = Response::new(Body::from(app.metrics.write(&gauges)));
    response.headers_mut().insert(header::CONTENT_TYPE, PROMETHEUS);
    response
}
