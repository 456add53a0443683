//! Positions: a write says how far the journal was with it, and a reader that sends that back sees
//! at least as much, or learns that the data here is older.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use kernel::{FieldFault, Position};

use crate::app::App;
use crate::problem::ApiError;

/// The header of answers to writes, and of reads that must see them.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("florin-position");

/// Lets a request wait until the tables have reached the position that it names.
pub(crate) async fn wait(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(value) = request.headers().get(POSITION) {
        let read = value.to_str().unwrap_or_default().parse::<Position>();
        let fault = |error| FieldFault::new(POSITION.as_str(), "position", error);
        let position = read.map_err(|error| ApiError::field(fault(error)))?;
        app.services.ledger.wait_for(&position).await?;
    }
    Ok(next.run(request).await)
}

/// The answer, with the position of what it did.
pub(crate) fn at(mut response: Response, position: &Position) -> Response {
    if let Ok(value) = HeaderValue::from_str(&position.to_string()) {
        response.headers_mut().insert(POSITION, value);
    }
    response
}
