//! Requests for approval: looked at, decided, taken back; words handed to others.

use approvals::{ApprovalId, DelegationId, Verdict};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{Actor, Context, FieldFault, Timestamp, UserId};
use storage::{Level, Mode, Tx};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wealth::ImportId;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Empty, Ids, Json, Query};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::approval::{
    Approval, ApprovalDelegation, ApprovalsQuery, NewDelegationRequest, ReasonRequest,
};
use crate::wire::page::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadApprovals, routes!(list_approvals)))
        .routes(allow(Action::ReadApprovals, routes!(list_delegations)))
        .routes(allow(Action::DecideApprovals, routes!(delegate_approvals)))
        .routes(allow(Action::DecideApprovals, routes!(end_delegation)))
        .routes(allow(Action::ReadApprovals, routes!(get_approval)))
        .routes(allow(Action::DecideApprovals, routes!(approve_request)))
        .routes(allow(Action::DecideApprovals, routes!(refuse_request)))
        .routes(allow(Action::DecideApprovals, routes!(withdraw_request)))
        .routes(allow(Action::ImportStatements, routes!(ask_undo_approval)))
}

/// List requests for approval
///
/// The latest first.
#[utoipa::path(get, path = "/approvals", tag = "approvals", params(ApprovalsQuery),
    responses((status = 200, description = "The requests.", body = Page<Approval>)))]
async fn list_approvals(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ApprovalsQuery>,
) -> Result<Response, ApiError> {
    let ApprovalsQuery { state, limit, cursor } = query;
    let state = state.map(approvals::ApprovalState::from);
    let page = PageQuery { limit, cursor }.read(tag(&format!("approvals {state:?}")))?;
    let mut tx = caller.read(&app).await?;
    let found = approvals::approvals(&mut tx, &caller.context, state, &page).await?;
    let items = seen(&mut tx, &caller.context, found.items).await?;
    tx.commit().await?;
    answer::ok(&Page { items, next_cursor: found.next.as_ref().map(ToString::to_string) })
}

/// Get a request for approval
#[utoipa::path(get, path = "/approvals/{approval}", tag = "approvals",
    params(("approval" = String, Path, description = "The request.")),
    responses((status = 200, description = "As it stands.", body = Approval)))]
async fn get_approval(
    State(app): State<App>,
    caller: Caller,
    Ids(approval): Ids<ApprovalId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = approvals::approval(&mut tx, &caller.context, approval).await?;
    let seen = one(&mut tx, &caller.context, found).await?;
    tx.commit().await?;
    answer::ok(&seen)
}

/// Approve a request
///
/// By whoever is of its roles and did not ask, or has the word of somebody who is. Once enough have
/// approved, the command may be done: once, and as it stands there.
#[utoipa::path(post, path = "/approvals/{approval}/approve", tag = "approvals",
    params(("approval" = String, Path, description = "The request.")),
    request_body = ReasonRequest,
    responses((status = 200, description = "As it stands.", body = Approval)))]
async fn approve_request(
    State(app): State<App>,
    Ids(approval): Ids<ApprovalId>,
    command: Command<Json<ReasonRequest>>,
) -> Result<Response, ApiError> {
    decide(app, command, (approval, Verdict::Approve)).await
}

/// Refuse a request
///
/// One refusal ends it.
#[utoipa::path(post, path = "/approvals/{approval}/refuse", tag = "approvals",
    params(("approval" = String, Path, description = "The request.")),
    request_body = ReasonRequest,
    responses((status = 200, description = "As it stands.", body = Approval)))]
async fn refuse_request(
    State(app): State<App>,
    Ids(approval): Ids<ApprovalId>,
    command: Command<Json<ReasonRequest>>,
) -> Result<Response, ApiError> {
    decide(app, command, (approval, Verdict::Refuse)).await
}

/// Withdraw a request
///
/// By whoever asked; also one that is approved and not used.
#[utoipa::path(post, path = "/approvals/{approval}/withdraw", tag = "approvals",
    params(("approval" = String, Path, description = "The request.")),
    responses((status = 200, description = "As it stands.", body = Approval)))]
async fn withdraw_request(
    State(app): State<App>,
    Ids(approval): Ids<ApprovalId>,
    command: Command<Empty>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let stands = approvals::withdraw(&mut turn.tx, &turn.context, approval).await?;
    let seen = one(&mut turn.tx, &turn.context, stands).await?;
    turn.answer(StatusCode::OK, &seen).await
}

/// Ask for approval to undo an import
///
/// Where it was booked more than 30 days ago and somebody else of the family may approve. Once they
/// have, it is undone with the same reason.
#[utoipa::path(post, path = "/imports/{import}/undo/approval", tag = "approvals",
    params(("import" = String, Path, description = "The import.")), request_body = ReasonRequest,
    responses((status = 201, description = "The request.", body = Approval)))]
async fn ask_undo_approval(
    State(app): State<App>,
    Ids(import): Ids<ImportId>,
    command: Command<Json<ReasonRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let what = (import, turn.payload.0.reason.as_str());
    let asked = app.services.wealth.ask_undo(&turn.context, &mut turn.tx, what).await?;
    let seen = one(&mut turn.tx, &turn.context, asked).await?;
    turn.answer(StatusCode::CREATED, &seen).await
}

/// List delegations
///
/// Those that stand now, the oldest first; they are few, so there is one page.
#[utoipa::path(get, path = "/approvals/delegations", tag = "approvals",
    responses((status = 200, description = "The delegations.", body = Page<ApprovalDelegation>)))]
async fn list_delegations(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = approvals::delegations(&mut tx, &caller.context).await?;
    tx.commit().await?;
    answer::ok(&Page::only(found.into_iter().map(ApprovalDelegation::from).collect()))
}

/// Delegate
///
/// Lets another member decide with the caller's word until a time.
#[utoipa::path(post, path = "/approvals/delegations", tag = "approvals",
    request_body = NewDelegationRequest,
    responses((status = 201, description = "Handed over.", body = ApprovalDelegation)))]
async fn delegate_approvals(
    State(app): State<App>,
    command: Command<Json<NewDelegationRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let Json(request) = &turn.payload;
    let fault = |field: &str, rule: &str, detail: String| {
        ApiError::field(FieldFault::new(field, rule, detail))
    };
    let to = request.to.parse::<UserId>();
    let to = to.map_err(|error| fault("to", "id", error.to_string()))?;
    let until = request.until.parse::<Timestamp>();
    let until = until.map_err(|error| fault("until", "time", error.to_string()))?;
    let made = approvals::delegate(&mut turn.tx, &turn.context, (to, until)).await?;
    turn.answer(StatusCode::CREATED, &ApprovalDelegation::from(made)).await
}

/// End a delegation
///
/// One of the caller's own word.
#[utoipa::path(delete, path = "/approvals/delegations/{delegation}", tag = "approvals",
    params(("delegation" = String, Path, description = "The delegation.")),
    responses((status = 204, description = "Ended.")))]
async fn end_delegation(
    State(app): State<App>,
    caller: Caller,
    Ids(delegation): Ids<DelegationId>,
) -> Result<Response, ApiError> {
    let level = Level::Tenant(caller.context.tenant);
    let mut tx = app.services.database.begin(level, Mode::Write).await?;
    approvals::end_delegation(&mut tx, &caller.context, delegation).await?;
    tx.commit().await?;
    Ok(answer::nothing())
}

async fn decide(
    app: App,
    command: Command<Json<ReasonRequest>>,
    (approval, verdict): (ApprovalId, Verdict),
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let word = (verdict, turn.payload.0.reason.as_str());
    let stands = approvals::decide(&mut turn.tx, &turn.context, approval, word).await?;
    let seen = one(&mut turn.tx, &turn.context, stands).await?;
    turn.answer(StatusCode::OK, &seen).await
}

/// A request as the caller sees it.
async fn one(
    tx: &mut Tx,
    context: &Context,
    found: approvals::Approval,
) -> Result<Approval, ApiError> {
    let seen = seen(tx, context, vec![found]).await?.pop();
    seen.ok_or_else(|| ApiError::internal("a request is lost"))
}

/// Requests as the caller sees them.
async fn seen(
    tx: &mut Tx,
    context: &Context,
    found: Vec<approvals::Approval>,
) -> Result<Vec<Approval>, ApiError> {
    let may = match context.actor {
        Actor::User { id } => approvals::decidable(tx, context, (id, &found)).await?,
        Actor::Owner | Actor::System { .. } | Actor::Anonymous => vec![false; found.len()],
    };
    found.into_iter().zip(may).map(|(one, may)| Approval::of(one, may)).collect()
}
