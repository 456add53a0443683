//! Cases: looked at, worked on, decided.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cases::{CaseFilter, CaseId};
use identity::{Action, Role};
use kernel::{FieldFault, Timestamp, UserId};
use objects::ObjectId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Json, Query};
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::case::{
    AssignCaseRequest, Case, CaseEntry, CasesQuery, ChangeCaseRequest, CommentRequest,
    DecideCaseRequest,
};
use crate::wire::page::{Page, PageQuery};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadCases, routes!(list_cases)))
        .routes(allow(Action::ReadCases, routes!(get_case)))
        .routes(allow(Action::ReadCases, routes!(list_case_entries)))
        .routes(allow(Action::WorkOnCases, routes!(comment_case)))
        .routes(allow(Action::WorkOnCases, routes!(assign_case)))
        .routes(allow(Action::WorkOnCases, routes!(change_case)))
        .routes(allow(Action::WorkOnCases, routes!(decide_case)))
}

/// List cases
///
/// Those that the caller's role sees, the latest first.
#[utoipa::path(get, path = "/cases", tag = "cases", params(CasesQuery),
    responses((status = 200, description = "The cases.", body = Page<Case>)))]
async fn list_cases(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CasesQuery>,
) -> Result<Response, ApiError> {
    let CasesQuery { state, assignee, limit, cursor } = query;
    let state = state.map(cases::CaseState::from);
    let tag = tag(&format!("cases {state:?} {assignee:?}"));
    let page = PageQuery { limit, cursor }.read(tag)?;
    let assignee = assignee.as_deref().map(|text| user("assignee", text)).transpose()?;
    let mut tx = caller.read(&app).await?;
    let (role, filter) = (caller.claims.role, CaseFilter { state, assignee });
    let found = cases::cases(&mut tx, role, filter, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(found, |case| seen(&app, role, case)))
}

/// Get a case
#[utoipa::path(get, path = "/cases/{case}", tag = "cases",
    params(("case" = String, Path, description = "The case.")),
    responses((status = 200, description = "As it stands.", body = Case)))]
async fn get_case(
    State(app): State<App>,
    caller: Caller,
    Ids(case): Ids<CaseId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let found = cases::case(&mut tx, caller.claims.role, case).await?;
    tx.commit().await?;
    answer::ok(&seen(&app, caller.claims.role, found))
}

/// List what happened to a case
///
/// The earliest first, all on one page.
#[utoipa::path(get, path = "/cases/{case}/entries", tag = "cases",
    params(("case" = String, Path, description = "The case.")),
    responses((status = 200, description = "Its history.", body = Page<CaseEntry>)))]
async fn list_case_entries(
    State(app): State<App>,
    caller: Caller,
    Ids(case): Ids<CaseId>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let entries = cases::history(&mut tx, caller.claims.role, case).await?;
    tx.commit().await?;
    answer::ok(&Page::only(entries.into_iter().map(CaseEntry::from).collect()))
}

/// Comment on a case
///
/// With a file, where one is named, which is kept from then on.
#[utoipa::path(post, path = "/cases/{case}/comments", tag = "cases",
    params(("case" = String, Path, description = "The case.")), request_body = CommentRequest,
    responses((status = 200, description = "As it stands.", body = Case)))]
async fn comment_case(
    State(app): State<App>,
    caller: Caller,
    Ids(case): Ids<CaseId>,
    command: Command<Json<CommentRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let Json(request) = &turn.payload;
    let which = (caller.claims.role, case);
    match request.object.as_deref() {
        Some(text) => {
            let object = text.parse::<ObjectId>();
            let fault = |error| ApiError::field(FieldFault::new("object", "id", error));
            let file = (object.map_err(fault)?, request.comment.as_str());
            cases::attach(&mut turn.tx, &turn.context, which, file).await?;
        }
        None => cases::comment(&mut turn.tx, &turn.context, which, &request.comment).await?,
    }
    let stands = cases::case(&mut turn.tx, which.0, case).await?;
    turn.answer(StatusCode::OK, &seen(&app, which.0, stands)).await
}

/// Assign a case
///
/// To a member who may decide such cases, and who is told; or to nobody.
#[utoipa::path(post, path = "/cases/{case}/assign", tag = "cases",
    params(("case" = String, Path, description = "The case.")), request_body = AssignCaseRequest,
    responses((status = 200, description = "As it stands.", body = Case)))]
async fn assign_case(
    State(app): State<App>,
    caller: Caller,
    Ids(case): Ids<CaseId>,
    command: Command<Json<AssignCaseRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let to = turn.payload.0.to.as_deref().map(|text| user("to", text)).transpose()?;
    let what = ((caller.claims.role, case), to);
    let service = &app.services.cases;
    let stands = cases::assign(&mut turn.tx, &turn.context, service, what).await?;
    turn.answer(StatusCode::OK, &seen(&app, caller.claims.role, stands)).await
}

/// Change a case
///
/// How much it matters, when it is due.
#[utoipa::path(post, path = "/cases/{case}/change", tag = "cases",
    params(("case" = String, Path, description = "The case.")), request_body = ChangeCaseRequest,
    responses((status = 200, description = "As it stands.", body = Case)))]
async fn change_case(
    State(app): State<App>,
    caller: Caller,
    Ids(case): Ids<CaseId>,
    command: Command<Json<ChangeCaseRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let which = (caller.claims.role, case);
    let ChangeCaseRequest { priority, due_at } = &turn.payload.0;
    let due_at = due_at.as_deref().map(str::parse::<Timestamp>).transpose();
    let due_at =
        due_at.map_err(|error| ApiError::field(FieldFault::new("due_at", "time", error)))?;
    if let Some(priority) = priority.map(cases::Priority::from) {
        cases::prioritise(&mut turn.tx, &turn.context, which, priority).await?;
    }
    if let Some(due_at) = due_at {
        cases::postpone(&mut turn.tx, &turn.context, which, due_at).await?;
    }
    let stands = cases::case(&mut turn.tx, which.0, case).await?;
    turn.answer(StatusCode::OK, &seen(&app, which.0, stands)).await
}

/// Decide a case
///
/// What is decided is done with it: both, or neither.
#[utoipa::path(post, path = "/cases/{case}/decide", tag = "cases",
    params(("case" = String, Path, description = "The case.")), request_body = DecideCaseRequest,
    responses((status = 200, description = "As it stands.", body = Case)))]
async fn decide_case(
    State(app): State<App>,
    caller: Caller,
    Ids(case): Ids<CaseId>,
    command: Command<Json<DecideCaseRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let DecideCaseRequest { choice, comment } = &turn.payload.0;
    let what = ((caller.claims.role, case), (choice.as_str(), comment.as_str()));
    let service = &app.services.cases;
    let stands = cases::decide(&mut turn.tx, &turn.context, service, what).await?;
    turn.answer(StatusCode::OK, &seen(&app, caller.claims.role, stands)).await
}

/// A case as a role sees it.
fn seen(app: &App, role: Role, case: cases::Case) -> Case {
    let service = &app.services.cases;
    let may = case.state == cases::CaseState::Open && service.decides(&case.kind, role);
    let choices = service.choices(&case.kind);
    Case::of(case, choices, may)
}

fn user(field: &str, text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|error| ApiError::field(FieldFault::new(field, "id", error)))
}
