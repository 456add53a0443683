//! Opening, placing, limiting, freezing and closing the accounts of a book.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{BookId, Commodity, Context, FieldFault};
use ledger::{AccountId, AccountPath, AccountText, NewAccount, Place, Request, Step};
use storage::{Level, Mode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Json};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::refusal;
use crate::routes::accounts::shown;
use crate::routes::transfers::{derived_id, first_seen};
use crate::wire::account::{
    AliasRequest, LedgerAccount, LimitsRequest, MoveRequest, OpenAccountRequest, limits, path,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::KeepBooks, routes!(open_account)))
        .routes(allow(Action::KeepBooks, routes!(limit_account)))
        .routes(allow(Action::KeepBooks, routes!(move_account)))
        .routes(allow(Action::KeepBooks, routes!(add_account_alias)))
        .routes(allow(Action::KeepBooks, routes!(freeze_account)))
        .routes(allow(Action::KeepBooks, routes!(thaw_account)))
        .routes(allow(Action::KeepBooks, routes!(close_account)))
}

/// Open a ledger account
///
/// With a path, it is placed in the chart of accounts in the same commit.
#[utoipa::path(post, path = "/books/{book}/accounts", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    request_body = OpenAccountRequest,
    responses((status = 201, description = "Opened.", body = LedgerAccount)))]
async fn open_account(
    State(app): State<App>,
    Ids(book): Ids<BookId>,
    command: Command<Json<OpenAccountRequest>>,
) -> Result<Response, ApiError> {
    let (ledger, context, body) = (&app.services.ledger, &command.context, &command.payload.0);
    let known = ledger.commodities(context, book).await?;
    let mut request = opening(context, body, &known)?;
    if let Some(text) = &body.path {
        let place = place(&app, context, book, &path("path", text)?).await?;
        request.place_account(book, account_id(context), place.group, &place.name);
    }
    let receipt = ledger.execute(context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "path"))?;
    // What an earlier call opened has the id that followed from its key then.
    let id = account_id(&first_seen(context, receipt.first_seen));
    let account = shown(&app, context, (book, id)).await?;
    Ok(position::at(answer::json(StatusCode::CREATED, &account)?, &receipt.position))
}

/// The steps that open an account; its id follows from the request's key.
fn opening(
    context: &Context,
    body: &OpenAccountRequest,
    known: &[Commodity],
) -> Result<Request, ApiError> {
    let same = known.iter().find(|one| one.code.as_str() == body.commodity);
    let commodity = match same {
        Some(commodity) => *commodity,
        None => Commodity::well_known(&body.commodity)
            .map_err(|error| ApiError::field(FieldFault::new("commodity", "malformed", error)))?,
    };
    let Commodity { code, scale } = commodity;
    let limits = limits(body.floor.as_deref(), body.ceiling.as_deref(), scale)?;
    let (id, kind) = (account_id(context), body.kind.into());
    let account = NewAccount { id, commodity: code, kind, limits, code: body.code };
    let steps = vec![Step::DefineCommodity { code, scale }, Step::OpenAccount(account)];
    let metadata = body.metadata.clone().unwrap_or_else(|| serde_json::json!({}));
    let account_texts = vec![AccountText { account: id, name: body.name.clone(), metadata }];
    Ok(Request { steps, account_texts, ..Request::default() })
}

fn account_id(context: &Context) -> AccountId {
    AccountId::from_uuid(derived_id(context, "account", 0))
}

/// Where something with a path of the request's body would stand.
pub(super) async fn place(
    app: &App,
    context: &Context,
    book: BookId,
    path: &AccountPath,
) -> Result<Place, ApiError> {
    let ledger = &app.services.ledger;
    let mut tx = app.services.database.begin(Level::of(context.tenant), Mode::Read).await?;
    ledger.book(&mut tx, book).await?;
    let place = ledger.place(&mut tx, book, path).await;
    tx.commit().await?;
    place.map_err(|error| refusal::of_one(error, "path"))
}

/// Set an account's limits
///
/// They do not undo what is beyond them already: such a balance may move towards the limit, not
/// away from it. Holds count as if they were posted.
#[utoipa::path(put, path = "/books/{book}/accounts/{account}/limits", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    request_body = LimitsRequest,
    responses((status = 200, description = "With its limits.", body = LedgerAccount)))]
async fn limit_account(
    State(app): State<App>,
    caller: Caller,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    Json(body): Json<LimitsRequest>,
) -> Result<Response, ApiError> {
    let known = app.services.ledger.account(&caller.context, book, account).await?;
    let step = Step::SetLimits { account, limits: body.read(known.scale)? };
    let request = Request { steps: vec![step], ..Request::default() };
    change(&app, &caller.context, (book, account), request).await
}

/// Move an account in the chart of accounts
///
/// Its balance goes along, from now on; with another name at the end of the path it is renamed.
#[utoipa::path(post, path = "/books/{book}/accounts/{account}/move", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    request_body = MoveRequest,
    responses((status = 200, description = "Where it stands now.", body = LedgerAccount)))]
async fn move_account(
    State(app): State<App>,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    command: Command<Json<MoveRequest>>,
) -> Result<Response, ApiError> {
    app.services.ledger.account(&command.context, book, account).await?;
    let place = place(&app, &command.context, book, &command.payload.0.read()?).await?;
    let mut request = Request::default();
    request.place_account(book, account, place.group, &place.name);
    change(&app, &command.context, (book, account), request).await
}

/// Add an alias
///
/// Another name by which the account is found.
#[utoipa::path(post, path = "/books/{book}/accounts/{account}/aliases", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    request_body = AliasRequest,
    responses((status = 200, description = "With its aliases.", body = LedgerAccount)))]
async fn add_account_alias(
    State(app): State<App>,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    command: Command<Json<AliasRequest>>,
) -> Result<Response, ApiError> {
    let mut request = Request::default();
    request.add_alias(account, &command.payload.0.read()?);
    let receipt = app.services.ledger.execute(&command.context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "alias"))?;
    let account = shown(&app, &command.context, (book, account)).await?;
    Ok(position::at(answer::ok(&account)?, &receipt.position))
}

/// Freeze an account
///
/// Nothing is posted on it and nothing new is held, until it is thawed. Its open holds may be
/// voided and expire, but not be posted.
#[utoipa::path(post, path = "/books/{book}/accounts/{account}/freeze", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    responses((status = 200, description = "Frozen.", body = LedgerAccount)))]
async fn freeze_account(
    State(app): State<App>,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let step = Step::Freeze { account, frozen: true };
    let request = Request { steps: vec![step], ..Request::default() };
    change(&app, &command.context, (book, account), request).await
}

/// Thaw an account
#[utoipa::path(post, path = "/books/{book}/accounts/{account}/thaw", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("account" = String, Path, description = "The account.")),
    responses((status = 200, description = "Thawed.", body = LedgerAccount)))]
async fn thaw_account(
    State(app): State<App>,
    Ids((book, account)): Ids<(BookId, AccountId)>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let step = Step::Freeze { account, frozen: false };
    let request = Request { steps: vec![step], ..Request::default() };
    change(&app, &command.context, (book, account), request).await
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
    let request = Request { steps: vec![Step::CloseAccount { account }], ..Request::default() };
    change(&app, &command.context, (book, account), request).await
}

/// Does what a request about one account says, and shows the account after it.
async fn change(
    app: &App,
    context: &Context,
    (book, account): (BookId, AccountId),
    request: Request,
) -> Result<Response, ApiError> {
    let receipt = app.services.ledger.execute(context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "path"))?;
    let account = shown(app, context, (book, account)).await?;
    Ok(position::at(answer::ok(&account)?, &receipt.position))
}
