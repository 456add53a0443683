//! Accounts of a book: looking for them, their balances, days and statements.

use axum::extract::State;
use axum::response::Response;
use identity::Action;
use kernel::{Amount, BookId, Context};
use ledger::AccountId;
use storage::{Level, Mode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Query};
use crate::problem::ApiError;
use crate::routes::books::read_at;
use crate::routes::transfers::tag;
use crate::wire::account::LedgerAccount;
use crate::wire::book::{AccountLine, AtQuery, PastBalance, text};
use crate::wire::page::{Page, PageQuery};
use crate::wire::search::{
    AccountQuery, BalanceDay, BalanceDays, FoundAccounts, LedgerStatement, PeriodQuery,
};

/// Lists that are paged; a cursor of one is none of another.
const HISTORY: u32 = 0x6869_7374;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(list_accounts)))
        .routes(allow(Action::ReadBooks, routes!(get_account)))
        .routes(allow(Action::ReadBooks, routes!(get_balance)))
        .routes(allow(Action::ReadBooks, routes!(list_history)))
        .routes(allow(Action::ReadBooks, routes!(list_days)))
        .routes(allow(Action::ReadBooks, routes!(get_statement)))
}

/// List ledger accounts
///
/// With their balances as they stand now, in the order of opening. Accounts are read from the
/// engine and their texts from a table, 50,000 in one call at most: a page that ends there says so,
/// and its cursor goes on behind them.
#[utoipa::path(get, path = "/books/{book}/accounts", tag = "books",
    params(("book" = String, Path, description = "The book."), AccountQuery),
    responses((status = 200, description = "The accounts.", body = FoundAccounts)))]
async fn list_accounts(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<AccountQuery>,
) -> Result<Response, ApiError> {
    let asked = AccountQuery { limit: None, cursor: None, ..query };
    let (limit, cursor) = (query.limit, query.cursor);
    let page = PageQuery { limit, cursor }.read(tag(&format!("accounts {book} {asked:?}")))?;
    let search = asked.read()?;
    let mut tx = caller.read(&app).await?;
    let ledger = &app.services.ledger;
    let found = ledger.search_accounts(&caller.context, &mut tx, &search, (book, &page)).await?;
    tx.commit().await?;
    answer::ok(&FoundAccounts::of(found)?)
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
    answer::ok(&shown(&app, &caller.context, (book, account)).await?)
}

/// An account as it stands now, with its texts and its place in the chart.
pub(super) async fn shown(
    app: &App,
    context: &Context,
    (book, account): (BookId, AccountId),
) -> Result<LedgerAccount, ApiError> {
    let ledger = &app.services.ledger;
    let found = ledger.account(context, book, account).await?;
    let mut tx = app.services.database.begin(Level::of(context.tenant), Mode::Read).await?;
    let described = ledger.described(&mut tx, book, vec![found]).await?;
    tx.commit().await?;
    let one = described.into_iter().next();
    LedgerAccount::of(one.ok_or_else(|| ApiError::internal("an account was not described"))?)
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

/// List an account's balances by day
///
/// By effective date, the days on which something changed. Reads the account's own run, all of it:
/// an account with more than a million postings is refused (422, `too_much`).
#[utoipa::path(get, path = "/books/{book}/accounts/{account}/days", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account."), PeriodQuery),
    responses((status = 200, description = "The days.", body = BalanceDays)))]
async fn list_days(
    State(app): State<App>,
    caller: Caller,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let known = ledger.account(&caller.context, book, account).await?;
    ledger.wait_for_book(book).await?;
    let mut tx = caller.read(&app).await?;
    let found = ledger.account_days(&mut tx, book, query.read(account)?).await?;
    tx.commit().await?;
    answer::ok(&BalanceDays {
        account: account.to_string(),
        commodity: known.commodity.to_string(),
        opening: text(found.opening, known.scale),
        days: found.days.iter().map(|day| BalanceDay::of(day, known.scale)).collect(),
        scanned: found.scanned as u64,
    })
}

/// Get a statement of account
///
/// What happened in a period of effective dates: the opening balance, every line with the balance
/// after it, the closing balance. Reads the account's own run; more than 10,000 lines, or an
/// account with more than a million postings, are refused (422, `too_much`).
#[utoipa::path(get, path = "/books/{book}/accounts/{account}/statement", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account."), PeriodQuery),
    responses((status = 200, description = "The statement.", body = LedgerStatement)))]
async fn get_statement(
    State(app): State<App>,
    caller: Caller,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let known = ledger.account(&caller.context, book, account).await?;
    ledger.wait_for_book(book).await?;
    let mut tx = caller.read(&app).await?;
    let found = ledger.statement(&mut tx, book, query.read(account)?).await?;
    tx.commit().await?;
    let line = |line| AccountLine::of(line, known.scale);
    answer::ok(&LedgerStatement {
        account: account.to_string(),
        commodity: known.commodity.to_string(),
        from: query.from,
        to: query.to,
        opening: text(found.opening, known.scale),
        closing: text(found.closing, known.scale),
        scanned: found.scanned as u64,
        lines: found.lines.into_iter().map(line).collect(),
    })
}
