//! Books: the ledger itself, for whoever keeps one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{Amount, BookId, Commodity, Context, FieldFault, Timestamp, time};
use ledger::{Account, AccountId, AccountText, At, Limits, NewAccount, Request, Step};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Json, Query};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::routes::transfers::{derived_id, first_seen};
use crate::wire::book::{
    AccountLine, AtQuery, Book, CommodityBody, LedgerAccount, OpenAccountRequest, PastBalance,
    TrialBalance, TrialTotal, text,
};
use crate::wire::page::{Page, PageQuery};

/// Lists that are paged; a cursor of one is none of another.
const HISTORY: u32 = 0x6869_7374;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(list_books)))
        .routes(allow(Action::ReadBooks, routes!(get_book)))
        .routes(allow(Action::ReadBooks, routes!(list_commodities)))
        .routes(allow(Action::KeepBooks, routes!(define_commodity)))
        .routes(allow(Action::KeepBooks, routes!(open_account)))
        .routes(allow(Action::ReadBooks, routes!(get_account)))
        .routes(allow(Action::KeepBooks, routes!(close_account)))
        .routes(allow(Action::ReadBooks, routes!(get_balance)))
        .routes(allow(Action::ReadBooks, routes!(list_history)))
        .routes(allow(Action::ReadBooks, routes!(get_trial_balance)))
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
    let receipt = app.services.ledger.execute(&command.context, book, request).await?;
    let response = answer::json(StatusCode::CREATED, &command.payload.0)?;
    Ok(position::at(response, &receipt.position))
}

/// Open a ledger account
#[utoipa::path(post, path = "/books/{book}/accounts", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    request_body = OpenAccountRequest,
    responses((status = 201, description = "Opened.", body = LedgerAccount)))]
async fn open_account(
    State(app): State<App>,
    Ids(book): Ids<BookId>,
    command: Command<Json<OpenAccountRequest>>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let known = ledger.commodities(&command.context, book).await?;
    let request = opening(&command.context, &command.payload.0, &known)?;
    let receipt = ledger.execute(&command.context, book, request).await?;
    // What an earlier call opened has the id that followed from its key then.
    let id = account_id(&first_seen(&command.context, receipt.first_seen));
    let account = ledger.account(&command.context, book, id).await?;
    let body = LedgerAccount::of(&account, Some(command.payload.0.name.clone()))?;
    Ok(position::at(answer::json(StatusCode::CREATED, &body)?, &receipt.position))
}

/// The steps that open an account; its id follows from the request's key.
fn opening(
    context: &Context,
    body: &OpenAccountRequest,
    known: &[Commodity],
) -> Result<Request, ApiError> {
    let wrong = |field: &str, error: &dyn std::fmt::Display| {
        ApiError::field(FieldFault::new(field, "malformed", error))
    };
    let same = known.iter().find(|one| one.code.as_str() == body.commodity);
    let commodity = match same {
        Some(commodity) => *commodity,
        None => {
            Commodity::well_known(&body.commodity).map_err(|error| wrong("commodity", &error))?
        }
    };
    let bound = |field: &str, text: &Option<String>| {
        let read = text.as_deref().map(|text| Amount::parse(text, commodity.scale));
        read.transpose().map_err(|error| wrong(field, &error))
    };
    let limits =
        Limits { floor: bound("floor", &body.floor)?, ceiling: bound("ceiling", &body.ceiling)? };
    let id = account_id(context);
    let (code, kind) = (body.code, body.kind.into());
    let account = NewAccount { id, commodity: commodity.code, kind, limits, code };
    let Commodity { code, scale } = commodity;
    let steps = vec![Step::DefineCommodity { code, scale }, Step::OpenAccount(account)];
    let metadata = body.metadata.clone().unwrap_or_else(|| serde_json::json!({}));
    let account_texts = vec![AccountText { account: id, name: body.name.clone(), metadata }];
    Ok(Request { steps, account_texts, ..Request::default() })
}

fn account_id(context: &Context) -> AccountId {
    AccountId::from_uuid(derived_id(context, "account", 0))
}

/// Get a ledger account
#[utoipa::path(get, path = "/books/{book}/accounts/{account}", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    responses((status = 200, description = "As it stands now.", body = LedgerAccount)))]
async fn get_account(
    State(app): State<App>,
    caller: Caller,
    Ids((book, account)): Ids<(BookId, AccountId)>,
) -> Result<Response, ApiError> {
    let found = app.services.ledger.account(&caller.context, book, account).await?;
    let name = names(&app, &caller, book).await?.remove(&account);
    answer::ok(&LedgerAccount::of(&found, name)?)
}

/// Close a ledger account
///
/// Nothing is booked on it any more. Nothing may be held on it.
#[utoipa::path(post, path = "/books/{book}/accounts/{account}/close", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    responses((status = 200, description = "Closed.", body = LedgerAccount)))]
async fn close_account(
    State(app): State<App>,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let request = Request { steps: vec![Step::CloseAccount { account }], ..Request::default() };
    let receipt = ledger.execute(&command.context, book, request).await?;
    let found = ledger.account(&command.context, book, account).await?;
    let response = answer::ok(&LedgerAccount::of(&found, None)?)?;
    Ok(position::at(response, &receipt.position))
}

/// Get a balance at a past time
#[utoipa::path(get, path = "/books/{book}/accounts/{account}/balance", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account."), AtQuery),
    responses((status = 200, description = "The balance.", body = PastBalance)))]
async fn get_balance(
    State(app): State<App>,
    caller: Caller,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    Query(at): Query<AtQuery>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let found = ledger.account(&caller.context, book, account).await?;
    let mut tx = caller.read(&app).await?;
    let balances = ledger.balances_at(&mut tx, book, read_at(&app, &at)?).await?;
    tx.commit().await?;
    let balance = balances.into_iter().find(|one| one.0 == account);
    let balance = balance.map_or(Amount::ZERO, |one| one.1);
    answer::ok(&PastBalance {
        account: account.to_string(),
        balance: text(balance, found.scale),
        commodity: found.commodity.to_string(),
    })
}

/// List an account's history
///
/// What the account saw, the latest first, with the balance after each line.
#[utoipa::path(get, path = "/books/{book}/accounts/{account}/history", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account."), PageQuery),
    responses((status = 200, description = "The lines.", body = Page<AccountLine>)))]
async fn list_history(
    State(app): State<App>,
    caller: Caller,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let page = page.read(HISTORY)?;
    let scale = ledger.account(&caller.context, book, account).await?.scale;
    let mut tx = caller.read(&app).await?;
    let lines = ledger.history(&mut tx, book, account, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(lines, |line| AccountLine::of(line, scale)))
}

/// Get the trial balance
///
/// Every account's balance at one time, and for each commodity the sums of debits and credits.
#[utoipa::path(get, path = "/books/{book}/trial-balance", tag = "books",
    params(("book" = String, Path, description = "The book."), AtQuery),
    responses((status = 200, description = "The balances.", body = TrialBalance)))]
async fn get_trial_balance(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(at): Query<AtQuery>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let accounts = ledger.accounts(&caller.context, book).await?;
    let mut tx = caller.read(&app).await?;
    let balances = ledger.balances_at(&mut tx, book, read_at(&app, &at)?).await?;
    tx.commit().await?;
    answer::ok(&trial_balance(&accounts, &balances.into_iter().collect())?)
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

async fn names(
    app: &App,
    caller: &Caller,
    book: BookId,
) -> Result<BTreeMap<AccountId, String>, ApiError> {
    let mut tx = caller.read(app).await?;
    let names = app.services.ledger.account_names(&mut tx, book).await?;
    tx.commit().await?;
    Ok(names.into_iter().collect())
}

fn read_at(app: &App, at: &AtQuery) -> Result<At, ApiError> {
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
