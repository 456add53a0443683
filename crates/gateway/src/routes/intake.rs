//! Lines of a book that come in as a stream.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use identity::{Action, authorise};
use kernel::{Actor, BookId, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer::AsItComes;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Query, is_media, unsupported};
use crate::intake::{self, Intake};
use crate::problem::ApiError;
use crate::serve::Cut;
use crate::wire::intake::{IntakeAnswer, IntakeLine, IntakeQuery};

/// Newline-delimited JSON.
const LINES: &str = "application/x-ndjson";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::PostTransfers, routes!(stream_lines)))
}

/// Stream lines into a book
///
/// Any number of lines on one connection, read as they come and answered as they come: each is a
/// transfer, an account or a commodity, and stands on its own. The lines that are there go to the
/// ledger together, up to 8,190; none waits for another. A line names its own id, so that all of
/// it can be sent again after a connection broke off: what was done is `existing` then. That is
/// why this takes no `Idempotency-Key`. The last line of the answer has an `end`; an answer
/// without one broke off.
#[utoipa::path(post, path = "/books/{book}/stream", tag = "books",
    params(("book" = String, Path, description = "The book."), IntakeQuery),
    request_body(content = IntakeLine, content_type = "application/x-ndjson"),
    responses((status = 200, description = "Line by line.", body = IntakeAnswer,
        content_type = "application/x-ndjson")))]
async fn stream_lines(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<IntakeQuery>,
    request: Request,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    app.services.ledger.book(&mut tx, book).await?;
    tx.commit().await?;
    if !is_media(request.headers(), LINES) {
        return Err(unsupported("the body must be application/x-ndjson"));
    }
    let place = app.stream_of(caller.context.tenant)?;
    let keeps_books = authorise(caller.claims.role, Action::KeepBooks).is_ok();
    let cut = request.extensions().get::<Cut>().cloned();
    // Who works in this process has no token whose time could be over.
    let is_owner = caller.context.actor == Actor::Owner;
    let until = (!is_owner).then(|| Timestamp::EPOCH.plus_seconds(caller.claims.exp));
    let (context, answers) = (caller.context, query.answers.unwrap_or_default());
    let intake = Intake { app, context, book, answers, keeps_books, until, place, cut };
    let answer = Body::from_stream(intake::run(intake, request.into_body()));
    let mut response = Response::new(answer);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(LINES));
    response.extensions_mut().insert(AsItComes);
    Ok(response)
}
