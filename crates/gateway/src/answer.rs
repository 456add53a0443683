//! Answers: JSON with a status.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::problem::ApiError;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Marks an answer whose reader waits for each piece of it: nothing may hold a piece back until
/// there is more to compress.
#[derive(Clone, Copy)]
pub(crate) struct AsItComes;

/// `value` as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response, ApiError> {
    let bytes = serde_json::to_vec(value).map_err(ApiError::internal)?;
    Ok(raw(status, bytes))
}

/// 200 with `value`.
pub(crate) fn ok(value: &impl Serialize) -> Result<Response, ApiError> {
    json(StatusCode::OK, value)
}

/// JSON that is written already.
pub(crate) fn raw(status: StatusCode, json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// 204.
pub(crate) fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
