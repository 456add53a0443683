//! Books: the ledger itself, for whoever keeps one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{Amount, BookId, Commodity, FieldFault, Timestamp, time};
use ledger::{Account, AccountId, At, Request, Step};
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
use crate::wire::account::path;
use crate::wire::book::{
    AtQuery, Book, CommodityBody, PastBalance, PeriodLock, TrialBalance, TrialQuery, TrialTotal,
    text,
};
use crate::wire::page::Page;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(list_books)))
        .routes(allow(Action::ReadBooks, routes!(get_book)))
        .routes(allow(Action::ReadBooks, routes!(list_commodities)))
        .routes(allow(Action::KeepBooks, routes!(define_commodity)))
        .routes(allow(Action::ReadBooks, routes!(get_trial_balance)))
        .routes(allow(Action::ReadBooks, routes!(get_period_lock)))
        .routes(allow(Action::KeepBooks, routes!(lock_period)))
}

/// List books
///
/// The oldest first; they are few, so there is one page.
#[utoipa::path(get, path = "/books", tag = "books",
    responses((status = 200, description = "The books.", body = Page<Book>)))]
async fn list_books(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let books = app.services.ledger.books(&mut tx).await?;
    tx.commit().await?;
    answer::ok(&Page::only(books.into_iter().map(Book::from).collect()))
}

/// Get a book
#[utoipa::path(get, path = "/books/{book}", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    responses((status = 200, description = "The book.", body = Book)))]
async fn get_book(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let book = app.services.ledger.book(&mut tx, book).await?;
    tx.commit().await?;
    answer::ok(&Book::from(book))
}

/// List commodities
///
/// Those that the book knows, in the order in which it came to know them.
#[utoipa::path(get, path = "/books/{book}/commodities", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    responses((status = 200, description = "The commodities.", body = Page<CommodityBody>)))]
async fn list_commodities(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
) -> Result<Response, ApiError> {
    let found = app.services.ledger.commodities(&caller.context, book).await?;
    let body = |one: Commodity| CommodityBody { code: one.code.to_string(), scale: one.scale };
    answer::ok(&Page::only(found.into_iter().map(body).collect()))
}

/// Define a commodity
///
/// A second time with the same decimals changes nothing.
#[utoipa::path(post, path = "/books/{book}/commodities", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    request_body = CommodityBody,
    responses((status = 201, description = "The book knows it.", body = CommodityBody)))]
async fn define_commodity(
    State(app): State<App>,
    Ids(book): Ids<BookId>,
    command: Command<Json<CommodityBody>>,
) -> Result<Response, ApiError> {
    let Commodity { code, scale } = command.payload.0.read()?;
    let request =
        Request { steps: vec![Step::DefineCommodity { code, scale }], ..Request::default() };
    let receipt = app.services.ledger.execute(&command.context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "code"))?;
    let response = answer::json(StatusCode::CREATED, &command.payload.0)?;
    Ok(position::at(response, &receipt.position))
}

/// Get the trial balance
///
/// Every account's balance at one time, and for each commodity the sums of debits and credits; of
/// the whole book, or of what now stands below a group.
#[utoipa::path(get, path = "/books/{book}/trial-balance", tag = "books",
    params(("book" = String, Path, description = "The book."), TrialQuery),
    responses((status = 200, description = "The balances.", body = TrialBalance)))]
async fn get_trial_balance(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<TrialQuery>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let below = query.below.as_deref().map(|below| path("below", below)).transpose()?;
    let at = AtQuery { as_of: query.as_of, known_at: query.known_at };
    let mut tx = caller.read(&app).await?;
    let accounts = match below {
        None => ledger.accounts(&caller.context, book).await?,
        Some(below) => {
            let group = ledger.group_at(&mut tx, book, &below).await?;
            ledger.accounts_below(&caller.context, book, group).await?
        }
    };
    let balances = ledger.balances_at(&mut tx, book, read_at(&app, &at)?).await?;
    tx.commit().await?;
    answer::ok(&trial_balance(&accounts, &balances.into_iter().collect())?)
}

/// Get the period lock
#[utoipa::path(get, path = "/books/{book}/period-lock", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    responses((status = 200, description = "Up to when periods are closed.", body = PeriodLock)))]
async fn get_period_lock(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
) -> Result<Response, ApiError> {
    let until = app.services.ledger.locked_until(&caller.context, book).await?;
    answer::ok(&PeriodLock::of(until))
}

/// Lock a period
///
/// No transfer may count from that date or earlier any more, whatever it does; null opens all
/// periods. What is there stays, and holds still expire.
#[utoipa::path(put, path = "/books/{book}/period-lock", tag = "books",
    params(("book" = String, Path, description = "The book.")), request_body = PeriodLock,
    responses((status = 200, description = "Up to when periods are closed.", body = PeriodLock)))]
async fn lock_period(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Json(body): Json<PeriodLock>,
) -> Result<Response, ApiError> {
    let until = body.read()?;
    let request = Request { steps: vec![Step::LockPeriod { until }], ..Request::default() };
    let receipt = app.services.ledger.execute(&caller.context, book, request).await?;
    let response = answer::ok(&PeriodLock::of(until))?;
    Ok(position::at(response, &receipt.position))
}

fn trial_balance(
    accounts: &[Account],
    balances: &BTreeMap<AccountId, Amount>,
) -> Result<TrialBalance, ApiError> {
    let mut lines = Vec::new();
    let mut sums: BTreeMap<Commodity, [Amount; 2]> = BTreeMap::new();
    for account in accounts {
        let Some(balance) = balances.get(&account.id) else { continue };
        let commodity = Commodity { code: account.commodity, scale: account.scale };
        let debit_positive = account.kind.natural(*balance);
        let sides = sums.entry(commodity).or_default();
        let side = &mut sides[usize::from(debit_positive.is_negative())];
        *side = side.checked_add(debit_positive.abs()).map_err(ApiError::internal)?;
        lines.push(PastBalance {
            account: account.id.to_string(),
            balance: text(*balance, account.scale),
            commodity: account.commodity.to_string(),
        });
    }
    let total = |(commodity, [debit, credit]): (Commodity, [Amount; 2])| TrialTotal {
        commodity: commodity.code.to_string(),
        debit: text(debit, commodity.scale),
        credit: text(credit, commodity.scale),
    };
    Ok(TrialBalance { accounts: lines, totals: sums.into_iter().map(total).collect() })
}

pub(super) fn read_at(app: &App, at: &AtQuery) -> Result<At, ApiError> {
    let date = match &at.as_of {
        None => app.services.env.now().date(),
        Some(text) => time::parse_date(text)
            .map_err(|error| ApiError::field(FieldFault::new("as_of", "date", error)))?,
    };
    let known_at = at.known_at.as_deref().map(str::parse::<Timestamp>).transpose();
    let known_at =
        known_at.map_err(|error| ApiError::field(FieldFault::new("known_at", "time", error)))?;
    Ok(At::Effective { date, known_at })
}
