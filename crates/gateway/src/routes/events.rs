//! The log, live.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use identity::Action;
use kernel::{FieldFault, Position};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::Query;
use crate::live::{Follower, From};
use crate::problem::ApiError;
use crate::serve::Cut;
use crate::stream::{self, Reader};
use crate::wire::event::{Event, EventsQuery};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::ReadEvents, routes!(events)))
}

/// The log, live
///
/// Server-sent events: `id:` is the position after the event, `event:` its type, `data:` its
/// envelope. Connecting again with `Last-Event-ID` goes on where the stream ended. It ends with an
/// event `end` whose `reason` is `shutting_down`, `token_expired`, `revoked`, `slow_reader` or
/// `unavailable`.
#[utoipa::path(get, path = "/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header,
        description = "The `id:` of the last event that was read.")),
    responses((status = 200, description = "The stream.", body = Event,
        content_type = "text/event-stream")))]
async fn events(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
    cut: Option<axum::Extension<Cut>>,
) -> Result<Response, ApiError> {
    let from = From::Position(begin_at(&headers, query)?);
    let place = app.stream_of(caller.context.tenant)?;
    let follower = Follower::new(&app, caller.context.tenant, from).await?;
    let Caller { claims, context } = caller;
    let reader = Reader { context, claims, follower, place, cut: cut.map(|cut| cut.0) };
    let mut response = Response::new(Body::from_stream(stream::events(app, reader)));
    response.headers_mut().insert(header::CONTENT_TYPE, EVENT_STREAM);
    Ok(response)
}

fn begin_at(headers: &HeaderMap, query: EventsQuery) -> Result<Position, ApiError> {
    let header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?"));
    let (field, text) = match (header, query.after.as_deref()) {
        (Some(text), _) => ("Last-Event-ID", text),
        (None, Some(text)) => ("after", text),
        (None, None) => return Ok(Position::default()),
    };
    text.parse().map_err(|error| ApiError::field(FieldFault::new(field, "position", error)))
}
