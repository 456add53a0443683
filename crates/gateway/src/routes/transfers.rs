//! Transfers between the accounts of a book.

use axum::extract::State;
use axum::response::Response;
use identity::Action;
use kernel::id::made_at;
use kernel::{BookId, CommandKey, Context, PageRequest, Timestamp, Uuid};
use ledger::TransferId;
use storage::crypto::{sha256, short};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Query};
use crate::problem::ApiError;
use crate::wire::book::Transfer;
use crate::wire::page::PageQuery;
use crate::wire::search::{FoundTransfers, TransferQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(list_transfers)))
        .routes(allow(Action::ReadBooks, routes!(get_transfer)))
}

/// List transfers
///
/// The latest first. With a reference or an account, what they name is read from their sorted runs;
/// everything else is looked for in the table, within the booked period. One call looks at 50,000
/// at most: a page that ends there says so, and its cursor goes on behind them.
#[utoipa::path(get, path = "/books/{book}/transfers", tag = "books",
    params(("book" = String, Path, description = "The book."), TransferQuery),
    responses((status = 200, description = "The transfers.", body = FoundTransfers)))]
async fn list_transfers(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<TransferQuery>,
) -> Result<Response, ApiError> {
    let asked = TransferQuery { limit: None, cursor: None, ..query };
    let (limit, cursor) = (query.limit, query.cursor);
    let tag = tag(&format!("transfers {book} {asked:?}"));
    let page: PageRequest = PageQuery { limit, cursor }.read(tag)?;
    let ledger = &app.services.ledger;
    let mut tx = caller.read(&app).await?;
    ledger.book(&mut tx, book).await?;
    let hash = match &asked.reference {
        None => None,
        // A tenant that never had a reference has none with this hash either.
        Some(text) => Some(ledger.reference_hash(&mut tx, text).await?.unwrap_or_default()),
    };
    let found = ledger.search_transfers(&mut tx, book, &asked.read(hash)?, &page).await?;
    tx.commit().await?;
    answer::ok(&FoundTransfers::of(found))
}

/// Get a transfer
#[utoipa::path(get, path = "/books/{book}/transfers/{transfer}", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("transfer" = String, Path, description = "The transfer.")),
    responses((status = 200, description = "The transfer.", body = Transfer)))]
async fn get_transfer(
    State(app): State<App>,
    caller: Caller,
    Ids((book, transfer)): Ids<(BookId, TransferId)>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let view = app.services.ledger.transfer(&mut tx, book, transfer).await?;
    tx.commit().await?;
    answer::ok(&Transfer::of(view))
}

/// A number that stands for a list and its filter, in the cursors of its pages.
pub(super) fn tag(list: &str) -> u32 {
    let hash = sha256(&[list.as_bytes()]);
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// A context as it was when the key of its request was first seen.
pub(super) fn first_seen(context: &Context, time: Option<Timestamp>) -> Context {
    let then = |key: CommandKey| CommandKey { first_seen: time.unwrap_or(key.first_seen), ..key };
    Context { key: context.key.map(then), ..context.clone() }
}

/// An id that follows from the request's key and says when that was first seen. A repetition names
/// the same thing by the id of its [`first_seen`].
pub(super) fn derived_id(context: &Context, what: &str, index: usize) -> Uuid {
    let Some(key) = context.key else { return context.env.new_uuid() };
    let parts = [what.as_bytes(), &key.id.to_be_bytes(), &(index as u64).to_be_bytes()];
    let millis = u64::try_from(key.first_seen.micros() / 1_000).unwrap_or(0);
    made_at(u128::from(millis) << 80, short(sha256(&parts)))
}
