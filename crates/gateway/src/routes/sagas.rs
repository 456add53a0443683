//! Sagas of the caller's tenant: looked at, undone, helped on. They are begun by what asks for
//! them, not here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use sagas::SagaId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Query};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::page::{Page, PageQuery};
use crate::wire::saga::{Saga, SagaLine, SagaStory, SagasQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadJobs, routes!(list_sagas)))
        .routes(allow(Action::ReadJobs, routes!(get_saga)))
        .routes(allow(Action::SteerJobs, routes!(undo_saga)))
        .routes(allow(Action::SteerJobs, routes!(retry_saga)))
}

/// List sagas
///
/// The latest first.
#[utoipa::path(get, path = "/sagas", tag = "jobs", params(SagasQuery),
    responses((status = 200, description = "The sagas.", body = Page<Saga>)))]
async fn list_sagas(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SagasQuery>,
) -> Result<Response, ApiError> {
    let SagasQuery { status, limit, cursor } = query;
    let status = status.map(sagas::Status::from);
    let page = PageQuery { limit, cursor }.read(tag(&format!("sagas {status:?}")))?;
    let mut tx = caller.read(&app).await?;
    let found = sagas::sagas(&mut tx, status, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(found, |saga| Saga::of(&saga, caller.context.tenant)))
}

/// Get a saga
///
/// With its story: what was told to it, from the beginning.
#[utoipa::path(get, path = "/sagas/{saga}", tag = "jobs",
    params(("saga" = String, Path, description = "The saga.")),
    responses((status = 200, description = "As it stands.", body = SagaStory)))]
async fn get_saga(
    State(app): State<App>,
    caller: Caller,
    Ids(saga): Ids<SagaId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = sagas::saga(&mut tx, saga).await?;
    let lines = sagas::lines(&mut tx, saga).await?;
    tx.commit().await?;
    let tenant = caller.context.tenant;
    let story = lines.into_iter().map(|line| SagaLine::of(line, tenant)).collect();
    answer::ok(&SagaStory { saga: Saga::of(&found, tenant), story })
}

/// Undo a saga
///
/// It hears of it in its turn, and goes back unless that comes too late; its story tells.
#[utoipa::path(post, path = "/sagas/{saga}/undo", tag = "jobs",
    params(("saga" = String, Path, description = "The saga.")),
    responses((status = 202, description = "As it stood.", body = Saga)))]
async fn undo_saga(
    State(app): State<App>,
    Ids(saga): Ids<SagaId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = sagas::undo(&mut turn.tx, &turn.context, saga).await?;
    let shown = Saga::of(&stands, turn.context.tenant);
    turn.answer(StatusCode::ACCEPTED, &shown).await
}

/// Retry a saga
///
/// Has the step taken again of one that is stuck.
#[utoipa::path(post, path = "/sagas/{saga}/retry", tag = "jobs",
    params(("saga" = String, Path, description = "The saga.")),
    responses((status = 202, description = "As it stood.", body = Saga)))]
async fn retry_saga(
    State(app): State<App>,
    Ids(saga): Ids<SagaId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = sagas::again(&mut turn.tx, &turn.context, saga).await?;
    let shown = Saga::of(&stands, turn.context.tenant);
    turn.answer(StatusCode::ACCEPTED, &shown).await
}
