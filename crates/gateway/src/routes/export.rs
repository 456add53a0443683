//! A whole book as text that other programs read.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::unfold;
use identity::Action;
use kernel::BookId;
use ledger::{Export, LedgerError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Query};
use crate::load::Place;
use crate::problem::ApiError;
use crate::wire::export::{BookFormat, ExportQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::ReadBooks, routes!(export_book)))
}

/// Export a book
///
/// As it stands when the answer begins, in chunks: a book of any size takes little memory. CSV and
/// JSON lines hold everything, beancount and hledger what moved. An answer that breaks off is no
/// book: its connection ends before the last chunk.
#[utoipa::path(get, path = "/books/{book}/export", tag = "books",
    params(("book" = String, Path, description = "The book."), ExportQuery),
    responses((status = 200, description = "The book.", body = String,
        content_type = "text/plain")))]
async fn export_book(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let place = app.stream_of(caller.context.tenant)?;
    let format = query.format.unwrap_or(BookFormat::Jsonl);
    let export = app.services.ledger.export(&caller.context, book, format.into()).await?;
    let mut response = Response::new(Body::from_stream(unfold((export, Some(place)), chunk)));
    let kind = HeaderValue::from_static(format.media_type());
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// What is being written, and the tenant's place until it is.
type Writing = (Export, Option<Place>);

/// The next chunk. After a failure there is none, and the connection ends before its time.
async fn chunk((mut export, place): Writing) -> Option<(Result<Bytes, LedgerError>, Writing)> {
    place.as_ref()?;
    match export.next().await {
        Ok(None) => None,
        Ok(Some(text)) => Some((Ok(Bytes::from(text)), (export, place))),
        Err(error) => {
            tracing::error!(%error, "an export broke off");
            Some((Err(error), (export, None)))
        }
    }
}
