//! Transfers between the accounts of a book.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::id::made_at;
use kernel::{Amount, BookId, CommandKey, Context, PageRequest, Timestamp, Uuid};
use ledger::query::TransferKind;
use ledger::{NewReversal, Request, Step, TransferId, TransferView};
use storage::crypto::{sha256, short};
use storage::{Level, Mode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Json, Query};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::refusal;
use crate::wire::page::PageQuery;
use crate::wire::search::{FoundTransfers, TransferQuery};
use crate::wire::transfer::{ReverseTransferRequest, Transfer, TransferRecord};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(list_transfers)))
        .routes(allow(Action::ReadBooks, routes!(get_transfer)))
        .routes(allow(Action::ReadBooks, routes!(get_transfer_record)))
        .routes(allow(Action::PostTransfers, routes!(reverse_transfer)))
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
    let left = left(&app, &caller.context, book, &found.page.items).await?;
    answer::ok(&FoundTransfers::of(found, &left))
}

/// What is left of those holds among some transfers that are open.
async fn left(
    app: &App,
    context: &Context,
    book: BookId,
    views: &[TransferView],
) -> Result<BTreeMap<TransferId, Amount>, ApiError> {
    let holds = views.iter().filter(|view| view.kind == TransferKind::Hold).map(|view| view.id);
    Ok(app.services.ledger.holds_left(context, book, holds.collect()).await?)
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
    answer::ok(&shown(&app, &caller.context, (book, transfer)).await?)
}

/// A transfer; of an open hold with what is left of it.
async fn shown(
    app: &App,
    context: &Context,
    (book, transfer): (BookId, TransferId),
) -> Result<Transfer, ApiError> {
    let mut tx = app.services.database.begin(Level::of(context.tenant), Mode::Read).await?;
    let view = app.services.ledger.transfer(&mut tx, book, transfer).await?;
    tx.commit().await?;
    let left = left(app, context, book, std::slice::from_ref(&view)).await?;
    let left = left.get(&view.id).copied();
    Ok(Transfer::of(view, left))
}

/// Get a transfer's record
///
/// Where it stands in the book's journal, whose records are chained by their hashes, and who sent
/// it.
#[utoipa::path(get, path = "/books/{book}/transfers/{transfer}/record", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("transfer" = String, Path, description = "The transfer.")),
    responses((status = 200, description = "The record.", body = TransferRecord)))]
async fn get_transfer_record(
    State(app): State<App>,
    caller: Caller,
    Ids((book, transfer)): Ids<(BookId, TransferId)>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let record = app.services.ledger.transfer_record(&mut tx, book, transfer).await?;
    tx.commit().await?;
    answer::ok(&TransferRecord::of(&record))
}

/// Reverse a transfer
///
/// Takes it back in full: the same amount the other way round, with the same code. Each transfer is
/// reversed once at most; a reversal may be reversed.
#[utoipa::path(post, path = "/books/{book}/transfers/{transfer}/reversal", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("transfer" = String, Path, description = "The transfer to take back.")),
    request_body = ReverseTransferRequest,
    responses((status = 201, description = "The reversal.", body = Transfer)))]
async fn reverse_transfer(
    State(app): State<App>,
    Ids((book, original)): Ids<(BookId, TransferId)>,
    command: Command<Json<ReverseTransferRequest>>,
) -> Result<Response, ApiError> {
    let Command { context, payload: Json(body), .. } = command;
    let (ledger, chosen) = (&app.services.ledger, body.id()?);
    let id = chosen.unwrap_or_else(|| reversal_id(&context));
    let effective = body.effective(&context)?;
    let reversal = ledger.reversal(&context, book, NewReversal { id, original, effective }).await?;
    let steps = vec![Step::Transfer(reversal)];
    let transfer_texts = body.text(id).into_iter().collect();
    let request = Request { steps, transfer_texts, ..Request::default() };
    let receipt = ledger.execute(&context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "id"))?;
    let made = || reversal_id(&first_seen(&context, receipt.first_seen));
    ledger.wait_for(&receipt.position).await?;
    let reversal = shown(&app, &context, (book, chosen.unwrap_or_else(made))).await?;
    Ok(position::at(answer::json(StatusCode::CREATED, &reversal)?, &receipt.position))
}

/// The id of a reversal for which the caller chose none.
fn reversal_id(context: &Context) -> TransferId {
    TransferId::from_uuid(derived_id(context, "reversal", 0))
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
