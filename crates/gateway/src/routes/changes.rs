//! The changes of a book, live.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use identity::Action;
use kernel::{Actor, BookId, Timestamp};
use ledger::ChangePlace;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer::AsItComes;
use crate::app::App;
use crate::caller::Caller;
use crate::changes::{self, Form, Reader};
use crate::extract::{Ids, Query};
use crate::problem::ApiError;
use crate::serve::Cut;
use crate::wire::changes::{ChangesQuery, LedgerChange};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::ReadBooks, routes!(stream_changes)))
}

/// Read a book's changes, live
///
/// Every transfer, holds and what becomes of them included, in order, with the balances of both
/// accounts after it. Server-sent events, whose `id:` is the place of the change; with
/// `Accept: application/x-ndjson` a line each, and empty lines where nothing is new. Ends with an
/// event `end` whose `reason`, or a line whose `end`, is `up_to_date` (with `follow=false`),
/// `shutting_down`, `token_expired`, `slow_reader` or `unavailable`.
#[utoipa::path(get, path = "/books/{book}/changes", tag = "books",
    params(("book" = String, Path, description = "The book."), ChangesQuery,
        ("Last-Event-ID" = Option<String>, Header,
            description = "The `id:` of the last event that was read.")),
    responses((status = 200, description = "The stream.", body = LedgerChange,
        content_type = "text/event-stream")))]
async fn stream_changes(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<ChangesQuery>,
    headers: HeaderMap,
    cut: Option<axum::Extension<Cut>>,
) -> Result<Response, ApiError> {
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let after = last.or(query.after.as_deref());
    let after = after.map(str::parse::<ChangePlace>).transpose()?.unwrap_or_default();
    let place = app.stream_of(caller.context.tenant)?;
    let mut changes = app.services.ledger.changes(&caller.context, book, after).await?;
    let follows = query.follow.unwrap_or(true);
    if !follows {
        changes = changes.until_now().await?;
    }
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let (form, kind) = match accepted.is_some_and(|text| text.contains("application/x-ndjson")) {
        true => (Form::Lines, "application/x-ndjson"),
        false => (Form::Events, "text/event-stream"),
    };
    let is_owner = caller.context.actor == Actor::Owner;
    let until = (!is_owner).then(|| Timestamp::EPOCH.plus_seconds(caller.claims.exp));
    let (context, cut) = (caller.context, cut.map(|cut| cut.0));
    let reader = Reader { app, context, changes, follows, form, until, _place: place, cut };
    let mut response = Response::new(Body::from_stream(changes::run(reader)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.extensions_mut().insert(AsItComes);
    Ok(response)
}
