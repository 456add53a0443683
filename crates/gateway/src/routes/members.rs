//! The members of the caller's tenant.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::Json;
use crate::idempotency::{Begun, Command};
use crate::problem::ApiError;
use crate::wire::member::{AddMemberRequest, Member};
use crate::wire::page::Page;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadMembers, routes!(list_members)))
        .routes(allow(Action::AddMembers, routes!(add_member)))
}

/// List members
///
/// The oldest first; they are few, so there is one page.
#[utoipa::path(get, path = "/members", tag = "members",
    responses((status = 200, description = "The members.", body = Page<Member>)))]
async fn list_members(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let members = app.services.identity.members(&caller.context, &mut tx).await?;
    tx.commit().await?;
    answer::ok(&Page::only(members.into_iter().map(Member::from).collect()))
}

/// Add a member
///
/// They must have registered. They see this tenant once they sign in to it.
#[utoipa::path(post, path = "/members", tag = "members", request_body = AddMemberRequest,
    responses((status = 201, description = "Added.", body = Member)))]
async fn add_member(
    State(app): State<App>,
    command: Command<Json<AddMemberRequest>>,
) -> Result<Response, ApiError> {
    let mut turn = match command.begin(&app).await? {
        Begun::First(turn) => turn,
        Begun::Again(answer) => return Ok(answer),
    };
    let (identity, Json(request)) = (&app.services.identity, &turn.payload);
    let (email, role) = (request.email.as_str(), request.role.into());
    let member = identity.add_member(&turn.context, &mut turn.tx, email, role).await?;
    turn.answer(StatusCode::CREATED, &Member::from(member)).await
}
