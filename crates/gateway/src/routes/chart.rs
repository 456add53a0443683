//! The chart of accounts: its groups, and the tree with the balances that are kept.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{BookId, Commodity, CommodityCode, Context, FieldFault, Position};
use ledger::{GroupId, Request, Step};
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
use crate::routes::account_changes::place;
use crate::routes::transfers::{derived_id, first_seen, tag};
use crate::wire::account::{MoveRequest, limits};
use crate::wire::chart::{AccountGroup, Chart, ChartQuery, GroupLimitsRequest, OpenGroupRequest};
use crate::wire::page::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(get_chart)))
        .routes(allow(Action::ReadBooks, routes!(list_groups)))
        .routes(allow(Action::KeepBooks, routes!(open_group)))
        .routes(allow(Action::ReadBooks, routes!(get_group)))
        .routes(allow(Action::KeepBooks, routes!(move_group)))
        .routes(allow(Action::KeepBooks, routes!(limit_group)))
}

/// Get the chart of accounts
///
/// The tree, or a group with what is below it, as it stood at one moment. The balances of groups
/// are kept with each posting, not summed on asking. More than 10,000 groups and accounts are
/// refused (422, `too_much`): ask for a part.
#[utoipa::path(get, path = "/books/{book}/chart", tag = "books",
    params(("book" = String, Path, description = "The book."), ChartQuery),
    responses((status = 200, description = "The tree.", body = Chart)))]
async fn get_chart(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<ChartQuery>,
) -> Result<Response, ApiError> {
    let (ledger, below) = (&app.services.ledger, query.read()?);
    let mut tx = caller.read(&app).await?;
    ledger.book(&mut tx, book).await?;
    let top = match &below {
        None => None,
        Some(below) => Some(ledger.group_at(&mut tx, book, below).await?),
    };
    let chart = ledger.chart(&caller.context, &mut tx, book, top).await?;
    tx.commit().await?;
    answer::ok(&Chart::of(chart, top)?)
}

/// List groups
///
/// Those of the chart of accounts, in the order of opening.
#[utoipa::path(get, path = "/books/{book}/groups", tag = "books",
    params(("book" = String, Path, description = "The book."), PageQuery),
    responses((status = 200, description = "The groups.", body = Page<AccountGroup>)))]
async fn list_groups(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let page = page.read(tag(&format!("groups {book}")))?;
    let mut tx = caller.read(&app).await?;
    let found = app.services.ledger.group_page(&caller.context, &mut tx, book, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(found, |group| AccountGroup::of(&group)))
}

/// Open a group
///
/// The groups above it must be there.
#[utoipa::path(post, path = "/books/{book}/groups", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    request_body = OpenGroupRequest,
    responses((status = 201, description = "Opened.", body = AccountGroup)))]
async fn open_group(
    State(app): State<App>,
    Ids(book): Ids<BookId>,
    command: Command<Json<OpenGroupRequest>>,
) -> Result<Response, ApiError> {
    let context = &command.context;
    let place = place(&app, context, book, &command.payload.0.read()?).await?;
    let mut request = Request::default();
    request.open_group(book, group_id(context), place.group, &place.name);
    let receipt = app.services.ledger.execute(context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "path"))?;
    let group = group_id(&first_seen(context, receipt.first_seen));
    shown(&app, context, (book, group), (StatusCode::CREATED, &receipt.position)).await
}

/// The id of a group; it follows from the request's key.
fn group_id(context: &Context) -> GroupId {
    GroupId::from_uuid(derived_id(context, "group", 0))
}

/// Get a group
#[utoipa::path(get, path = "/books/{book}/groups/{group}", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("group" = String, Path, description = "The group.")),
    responses((status = 200, description = "As it stands now.", body = AccountGroup)))]
async fn get_group(
    State(app): State<App>,
    caller: Caller,
    Ids(ids): Ids<(BookId, GroupId)>,
) -> Result<Response, ApiError> {
    shown(&app, &caller.context, ids, (StatusCode::OK, &Position::default())).await
}

/// Move a group in the chart of accounts
///
/// With all that is below it, and their balances, from now on; with another name at the end of the
/// path it is renamed.
#[utoipa::path(post, path = "/books/{book}/groups/{group}/move", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("group" = String, Path, description = "The group.")),
    request_body = MoveRequest,
    responses((status = 200, description = "Where it stands now.", body = AccountGroup)))]
async fn move_group(
    State(app): State<App>,
    Ids((book, group)): Ids<(BookId, GroupId)>,
    command: Command<Json<MoveRequest>>,
) -> Result<Response, ApiError> {
    let context = &command.context;
    known(&app, context, (book, group)).await?;
    let place = place(&app, context, book, &command.payload.0.read()?).await?;
    let mut request = Request::default();
    request.move_group(book, group, place.group, &place.name);
    let receipt = app.services.ledger.execute(context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "path"))?;
    shown(&app, context, (book, group), (StatusCode::OK, &receipt.position)).await
}

/// Set a group's limits
///
/// In one commodity, of debits less credits: what a participant owes at most over all its accounts,
/// a net debit cap, is a ceiling. They do not undo what is beyond them already.
#[utoipa::path(put, path = "/books/{book}/groups/{group}/limits", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("group" = String, Path, description = "The group.")),
    request_body = GroupLimitsRequest,
    responses((status = 200, description = "With its limits.", body = AccountGroup)))]
async fn limit_group(
    State(app): State<App>,
    caller: Caller,
    Ids((book, group)): Ids<(BookId, GroupId)>,
    Json(body): Json<GroupLimitsRequest>,
) -> Result<Response, ApiError> {
    let (ledger, context) = (&app.services.ledger, &caller.context);
    known(&app, context, (book, group)).await?;
    let Commodity { code: commodity, scale } =
        commodity(&ledger.commodities(context, book).await?, &body.commodity)?;
    let limits = limits(body.floor.as_deref(), body.ceiling.as_deref(), scale)?;
    let step = Step::LimitGroup { group, commodity, limits };
    let request = Request { steps: vec![step], ..Request::default() };
    let receipt = ledger.execute(context, book, request).await;
    let receipt = receipt.map_err(|error| refusal::of_one(error, "group"))?;
    shown(&app, context, (book, group), (StatusCode::OK, &receipt.position)).await
}

/// A commodity that the book knows.
fn commodity(known: &[Commodity], text: &str) -> Result<Commodity, ApiError> {
    let wrong = |error: &dyn std::fmt::Display| {
        ApiError::field(FieldFault::new("commodity", "commodity", error))
    };
    let code: CommodityCode = CommodityCode::parse(text).map_err(|error| wrong(&error))?;
    let found = known.iter().find(|one| one.code == code);
    found.copied().ok_or_else(|| wrong(&"the book does not know the commodity"))
}

/// Refuses a group that is not there.
async fn known(app: &App, context: &Context, ids: (BookId, GroupId)) -> Result<(), ApiError> {
    shown(app, context, ids, (StatusCode::OK, &Position::default())).await.map(|_| ())
}

/// A group as it stands now.
async fn shown(
    app: &App,
    context: &Context,
    (book, group): (BookId, GroupId),
    (status, position): (StatusCode, &Position),
) -> Result<Response, ApiError> {
    let mut tx = app.services.database.begin(Level::of(context.tenant), Mode::Read).await?;
    let found = app.services.ledger.group(context, &mut tx, book, group).await?;
    tx.commit().await?;
    Ok(position::at(answer::json(status, &AccountGroup::of(&found))?, position))
}
