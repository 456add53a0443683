//! The outermost layer: every request gets an id, a time limit and a net for panics; every answer
//! gets its id, the headers that keep browsers safe, a line in the access log and a place in the
//! histogram.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use kernel::RequestId;

use crate::app::App;
use crate::caller::Who;
use crate::metrics::Observation;
use crate::problem::{ApiError, finish};

/// The header with the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// What the histogram and the log call a path that no route has.
const NO_ROUTE: &str = "none";

/// Answers that are no pages load nothing and are framed by nobody.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

const SAFETY: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

pub(crate) async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::from_uuid(app.services.env.new_uuid());
    request.extensions_mut().insert(id);
    let method = method_name(&request);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);

    let limit = Duration::from_millis(app.services.limits.request_ms_max);
    let answer = AssertUnwindSafe(tokio::time::timeout(limit, next.run(request))).catch_unwind();
    let mut response = match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => too_slow().into_response(),
        Err(panic) => ApiError::internal(panic_text(panic.as_ref())).into_response(),
    };
    finish(&mut response, id);
    dress(response.headers_mut(), id);

    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    app.metrics.observe(Observation { method, route, status, duration_us });
    let who = response.extensions().get::<Who>();
    let (tenant, user) = (who.map(|who| who.tenant), who.map(|who| who.user));
    tracing::info!(
        request_id = %id, method, route, status, duration_us,
        tenant = tenant.map(tracing::field::display), user = user.map(tracing::field::display),
        "answered"
    );
    response
}

/// The method's name; all that are unknown are one, so that no caller makes names in our metrics.
fn method_name(request: &Request) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = request.method().as_str();
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("OTHER")
}

fn too_slow() -> ApiError {
    let text = "the request took too long and was given up";
    ApiError::new(StatusCode::GATEWAY_TIMEOUT, "request_timeout", text)
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_else(|| "without a text".to_owned()))
}

fn dress(headers: &mut HeaderMap, id: RequestId) {
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in SAFETY {
        headers.insert(name, value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NO_PAGE);
    // What is a tenant's is kept by no cache; pages say for themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
