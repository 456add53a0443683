//! Payees and remittances: value that goes from one book to another, of the same tenant or not.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{Amount, FieldFault};
use remittances::{NewPayee, NewRemittance, PayeeId, RemittanceId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Json, Query};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::page::{Page, PageQuery};
use crate::wire::remittance::{
    NewRemittanceRequest, OpenPayeeRequest, Payee, PayeeLookup, PayeeShown, Remittance,
    RemittancesQuery,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::KeepBooks, routes!(open_payee)))
        .routes(allow(Action::ReadBooks, routes!(list_payees)))
        .routes(allow(Action::PostTransfers, routes!(look_up_payee)))
        .routes(allow(Action::KeepBooks, routes!(close_payee)))
        .routes(allow(Action::PostTransfers, routes!(send_remittance)))
        .routes(allow(Action::ReadBooks, routes!(list_remittances)))
        .routes(allow(Action::ReadBooks, routes!(get_remittance)))
        .routes(allow(Action::PostTransfers, routes!(recall_remittance)))
}

/// Open a payee
///
/// Opens an account to whoever is given the payee's id: it says neither whose it is nor which
/// account.
#[utoipa::path(post, path = "/payees", tag = "remittances", request_body = OpenPayeeRequest,
    responses((status = 201, description = "Opened.", body = Payee)))]
async fn open_payee(
    State(app): State<App>,
    command: Command<Json<OpenPayeeRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let OpenPayeeRequest { book, account, name } = &turn.payload.0;
    let new = NewPayee {
        book: read("book", book)?,
        account: read("account", account)?,
        name: name.clone(),
    };
    let service = &app.services.remittances;
    let payee = service.open_payee(&mut turn.tx, &turn.context, new).await?;
    turn.answer(StatusCode::CREATED, &Payee::from(payee)).await
}

/// List payees
///
/// The latest first, closed ones among them.
#[utoipa::path(get, path = "/payees", tag = "remittances", params(PageQuery),
    responses((status = 200, description = "The payees.", body = Page<Payee>)))]
async fn list_payees(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let page = query.read(tag("payees"))?;
    let mut tx = caller.read(&app).await?;
    let found = app.services.remittances.payees(&mut tx, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(found, Payee::from))
}

/// Look up a payee
///
/// What somebody who was given a payee's id sees before sending: whose it is, in their own words.
#[utoipa::path(get, path = "/payees/lookup", tag = "remittances", params(PayeeLookup),
    responses((status = 200, description = "The payee.", body = PayeeShown)))]
async fn look_up_payee(
    State(app): State<App>,
    _caller: Caller,
    Query(query): Query<PayeeLookup>,
) -> Result<Response, ApiError> {
    let payee: PayeeId = read("payee", &query.payee)?;
    answer::ok(&PayeeShown::from(app.services.remittances.payee_shown(payee).await?))
}

/// Close a payee
///
/// Nothing more can be sent to it. What is announced already still arrives.
#[utoipa::path(post, path = "/payees/{payee}/close", tag = "remittances",
    params(("payee" = String, Path, description = "The payee.")),
    responses((status = 200, description = "Closed.", body = Payee)))]
async fn close_payee(
    State(app): State<App>,
    Ids(payee): Ids<PayeeId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let service = &app.services.remittances;
    let closed = service.close_payee(&mut turn.tx, &turn.context, payee).await?;
    turn.answer(StatusCode::OK, &Payee::from(closed)).await
}

/// Send a remittance
///
/// From then on it goes its way, from book to book: held, in transit, there; or it comes back.
/// Whether the account has so much is decided where it is held.
#[utoipa::path(post, path = "/remittances", tag = "remittances",
    request_body = NewRemittanceRequest,
    responses((status = 202, description = "Asked for.", body = Remittance)))]
async fn send_remittance(
    State(app): State<App>,
    command: Command<Json<NewRemittanceRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let service = &app.services.remittances;
    let NewRemittanceRequest { book, account, payee, amount, reference } = &turn.payload.0;
    let payee: PayeeId = read("payee", payee)?;
    let scale = service.payee_shown(payee).await?.commodity.scale;
    let new = NewRemittance {
        book: read("book", book)?,
        account: read("account", account)?,
        payee,
        amount: Amount::parse(amount, scale).map_err(|error| malformed("amount", error))?,
        reference: reference.clone(),
    };
    let asked = service.ask(&mut turn.tx, &turn.context, new).await?;
    turn.answer(StatusCode::ACCEPTED, &Remittance::from(asked)).await
}

/// List remittances
///
/// What was sent and what came, the latest first.
#[utoipa::path(get, path = "/remittances", tag = "remittances", params(RemittancesQuery),
    responses((status = 200, description = "The remittances.", body = Page<Remittance>)))]
async fn list_remittances(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<RemittancesQuery>,
) -> Result<Response, ApiError> {
    let RemittancesQuery { direction, limit, cursor } = query;
    let direction = direction.map(remittances::Direction::from);
    let page = PageQuery { limit, cursor }.read(tag(&format!("remittances {direction:?}")))?;
    let mut tx = caller.read(&app).await?;
    let found = app.services.remittances.remittances(&mut tx, direction, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(found, Remittance::from))
}

/// Get a remittance
///
/// As this side sees it; between two books of one tenant, as the side that sends does.
#[utoipa::path(get, path = "/remittances/{remittance}", tag = "remittances",
    params(("remittance" = String, Path, description = "The remittance.")),
    responses((status = 200, description = "As it stands.", body = Remittance)))]
async fn get_remittance(
    State(app): State<App>,
    caller: Caller,
    Ids(remittance): Ids<RemittanceId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = app.services.remittances.remittance(&mut tx, remittance).await?;
    tx.commit().await?;
    answer::ok(&Remittance::from(found))
}

/// Recall a remittance
///
/// It comes back where it has not left the account yet; its saga tells.
#[utoipa::path(post, path = "/remittances/{remittance}/recall", tag = "remittances",
    params(("remittance" = String, Path, description = "The remittance.")),
    responses((status = 202, description = "As it stood.", body = Remittance)))]
async fn recall_remittance(
    State(app): State<App>,
    Ids(remittance): Ids<RemittanceId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let service = &app.services.remittances;
    let stands = service.recall(&mut turn.tx, &turn.context, remittance).await?;
    turn.answer(StatusCode::ACCEPTED, &Remittance::from(stands)).await
}

fn read<T: FromStr<Err: Display>>(field: &str, value: &str) -> Result<T, ApiError> {
    value.parse().map_err(|error| malformed(field, error))
}

fn malformed(field: &str, error: impl ToString) -> ApiError {
    ApiError::field(FieldFault::new(field, "malformed", error))
}
